#!/bin/sh
# test.sh [PRESET ...]: installs what is missing, builds and runs all tests, on each of
# this machine's backends, or for the presets that are named (see CMakePresets.json).
set -eu
cd "$(dirname "$0")/../.."

cmake/scripts/setup.sh tests
[ $# -gt 0 ] || set -- native baseline sdl2
began=$(date +%s)
for preset in "$@"; do
  printf '\n==== %s ====\n' "$preset"
  [ -e "build/$preset/build.ninja" ] || cmake --preset "$preset"
  cmake --build --preset "$preset"
  ctest --preset "$preset" --parallel 4
done
printf '\nAll tests passed on: %s (%s s)\n' "$*" $(($(date +%s) - began))
