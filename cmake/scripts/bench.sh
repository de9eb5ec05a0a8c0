#!/bin/sh
# bench.sh [ARGUMENTS OF weft-bench]: installs the peers that Debian packages, builds weft-bench
# and runs it. Without arguments: every case, five times, which takes about half an hour.
set -eu
cd "$(dirname "$0")/../.."

cmake/scripts/setup.sh bench
cmake --preset bench
cmake --build --preset bench
exec build/bench/tests/bench/bin/weft-bench "$@"
