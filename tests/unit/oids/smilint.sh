#!/bin/sh
# usage: smilint.sh SMILINT MODULE-FILE…   smilint ends with 0 whatever it finds, so its silence is the test
# What we send (*.txt) is for others to load: nothing at all may be found in it.
set -u
smilint=$1
shift
found=$(for module in "$@"; do
    case $module in *.txt) level=6 ;; *) level=3 ;; esac
    SMIPATH=mibs "$smilint" -l "$level" "./$module"
done 2>&1)
[ -z "$found" ] || { echo "$found"; exit 1; }
