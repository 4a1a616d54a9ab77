#!/bin/sh
# usage: budgets.sh SOURCE-DIR: no function over 100 lines, no file over 900 (docs/architecture.md). A comment
# "long: reason" on the line before the function allows it. And no function of one name in two files of one name: neither
# a debugger's break point nor the counts of coverage tell parse.c:fill from parse.c:fill.
set -eu
cd "$1"
fail=0
for f in $(find src fuzz -name '*.[ch]'); do
    n=$(wc -l <"$f")
    if [ "$n" -gt 900 ]; then
        echo "$f: $n lines, expected at most 900"
        fail=1
    fi
done
ctags -x --c-kinds=f --fields=+ne --_xformat='%N %n %{end} %F' -R src fuzz | awk '$3 - $2 + 1 > 100 {print}' >"${TMPDIR:-/tmp}/budgets.$$"
while read -r name start end file; do
    before=$((start > 1 ? start - 1 : 1))
    sed -n "${before}p" "$file" | grep -q 'long: ' && continue
    echo "$file:$start: $name has $((end - start + 1)) lines, expected at most 100"
    fail=1
done <"${TMPDIR:-/tmp}/budgets.$$"
rm -f "${TMPDIR:-/tmp}/budgets.$$"
twins=$(ctags -x --c-kinds=f --_xformat='%N %F' -R src | awk '{
    file = $2
    sub(".*/", "", file)
    if ((file " " $1) in seen) print $2 " and " seen[file " " $1] ": both have " $1 "(), rename one"
    seen[file " " $1] = $2
}')
if [ -n "$twins" ]; then
    echo "$twins"
    fail=1
fi
exit $fail
