#!/bin/sh
# usage: smilint.sh SMILINT MODULE-FILE…   smilint ends with 0 whatever it finds, so its silence is the test
set -u
smilint=$1
shift
found=$(for module in "$@"; do SMIPATH=mibs "$smilint" -l 3 "./$module"; done 2>&1)
[ -z "$found" ] || { echo "$found"; exit 1; }
