#!/bin/sh
# usage: headers.sh SOURCE-DIR: every public header says what it is for, right after its guard; licences are named.
set -eu
cd "$1"
fail=0
for f in $(find src -path '*/include/*.h'); do
    sed -n '2,6p' "$f" | grep -q '^/\*' || { echo "$f: no opening comment about its role"; fail=1; }
done
for f in $(find src tests fuzz -name '*.[ch]'); do
    head -n 1 "$f" | grep -q 'SPDX-License-Identifier: ISC' || { echo "$f: no licence line"; fail=1; }
done
exit $fail
