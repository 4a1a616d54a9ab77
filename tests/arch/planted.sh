#!/bin/sh
# usage: planted.sh CMAKE SOURCE-DIR floor|purity|order
# Configures a small project that breaks one rule of tw_library, and succeeds when the configure step refuses it.
set -eu
cmake=$1 source=$2 kind=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/include/low"
printf 'int tw_x;\n' >"$work/x.c"
case $kind in
floor)
    rule='tw_library(high FLOOR 4 SOURCES x.c)
tw_library(low FLOOR 2 SOURCES x.c DEPS high)'
    want='low (floor 2) may not depend on high (floor 4)' ;;
purity)
    rule='tw_library(effects FLOOR 1 SOURCES x.c)
tw_library(core FLOOR 2 PURE SOURCES x.c DEPS effects)'
    want='core is PURE and may not depend on effects' ;;
order)
    rule='tw_library(low FLOOR 2 SOURCES x.c DEPS later)'
    want='depends on later, which is not defined' ;;
esac
cat >"$work/CMakeLists.txt" <<EOT
cmake_minimum_required(VERSION 3.25)
project(planted LANGUAGES C)
include($source/cmake/warnings.cmake)
include($source/cmake/trunkwatch.cmake)
$rule
EOT
if "$cmake" -S "$work" -B "$work/build" >"$work/out" 2>&1; then
    echo "the configure step let a broken rule pass: $kind"
    exit 1
fi
tr '\n' ' ' <"$work/out" | tr -s ' ' | grep -qF "$want" || {
    echo "refused, but not for the planted reason:"
    cat "$work/out"
    exit 1
}
