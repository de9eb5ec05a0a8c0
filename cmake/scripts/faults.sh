#!/bin/sh
# faults.sh [CASE ...]: builds weft-faults (tests/faults) and runs every case, or those that
# are named, with all their trials. Ends with 1 if a trial ended wrongly or never.
set -eu
cd "$(dirname "$0")/../.."

[ -e build/native/build.ninja ] || cmake --preset native
cmake --build --preset native --target weft-faults
build/native/tests/faults/bin/weft-faults --full "$@"
