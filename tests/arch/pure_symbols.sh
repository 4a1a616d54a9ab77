#!/bin/sh
# usage: pure_symbols.sh NM LIBRARY.a [EXTRA-PREFIX…]
# A pure library may use memory, strings, formatting and our own functions, nothing else. An allow-list: what is not
# known to be harmless is refused. Sanitizers and the compiler's own helpers are let through.
set -eu
nm=$1 lib=$2
shift 2
extra=''
for p in "$@"; do extra="$extra|$p.*"; done
allowed='tw_.*|bcmp|mem(cpy|move|set|cmp|chr|rchr|mem)|str(len|cmp|ncmp|chr|rchr|str|nlen|spn|cspn|casecmp|ncasecmp)'
allowed="$allowed|v?snprintf|malloc|calloc|realloc|free|abort|qsort|bsearch|strto(l|ul|ll|ull)"
allowed="$allowed|__.*_chk|__stack_chk_fail|__asan_.*|__ubsan_.*|__sanitizer_.*|__sancov_.*|__lsan_.*|__gcov_.*|_GLOBAL_OFFSET_TABLE_"
allowed="$allowed|__isoc99_.*|__ctype_b_loc|__errno_location|__llvm_.*|__start___sancov.*|__stop___sancov.*"
own=$("$nm" --defined-only "$lib" | awk 'NF == 3 {print $3}' | sort -u)
used=$("$nm" -u "$lib" | awk '$1 == "U" || $1 == "w" {print $2}' | sort -u)
bad=$(printf '%s\n' "$used" | grep -Evx "($allowed$extra)" | grep -Fvx "$own" || true)
if [ -n "$bad" ]; then
    echo "$lib is PURE and must not use:"
    echo "$bad" | sed 's/^/  /'
    exit 1
fi
