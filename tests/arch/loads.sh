#!/bin/sh
# usage: loads.sh READELF PROGRAM LIBRARY…: the program must not load these libraries. They load dozens of others, and
# a command would wait for them each time it is run.
set -eu
readelf=$1 program=$2
shift 2
loaded=$("$readelf" -d "$program" | sed -n 's/.*(NEEDED).*\[\(.*\)\]$/\1/p')
printf '%s\n' "$loaded" | grep -q '^libc\.so' # else nothing was read
for library in "$@"; do
    if printf '%s\n' "$loaded" | grep "^$library[-.]"; then
        echo "is loaded by $program, whatever the command is"
        exit 1
    fi
done
