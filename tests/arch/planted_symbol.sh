#!/bin/sh
# usage: planted_symbol.sh CC AR NM pure_symbols.sh: a pure library that reads the clock must be refused, by name.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '#include <time.h>\nlong tw_now(void);\nlong tw_now(void) { return (long)time(0); }\n' >"$work/bad.c"
printf '#include <string.h>\nsize_t tw_len(const char *s);\nsize_t tw_len(const char *s) { return strlen(s); }\n' >"$work/good.c"
for f in bad good; do
    "$1" -c "$work/$f.c" -o "$work/$f.o"
    "$2" rcs "$work/$f.a" "$work/$f.o"
done
"$4" "$3" "$work/good.a"
if "$4" "$3" "$work/bad.a" >"$work/out"; then
    echo 'a library that calls time() passed as pure'
    exit 1
fi
grep -qx '  time' "$work/out"
