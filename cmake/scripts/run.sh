#!/bin/sh
# run.sh [ARGUMENTS OF weft-lessons]: installs what is missing, builds the lessons and
# runs them all, or what the arguments say ("run 10", "list", "--help").
set -eu
cd "$(dirname "$0")/../.."

cmake/scripts/setup.sh lessons
[ -e build/lessons/build.ninja ] || cmake --preset lessons
cmake --build --preset lessons
[ $# -gt 0 ] || set -- run --all
exec build/lessons/bin/weft-lessons "$@"
