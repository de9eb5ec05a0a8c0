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
  case $preset in
    mingw*) # built or found in the user's cache; Wine's prefix is made before tests need it
      WEFT_WINDOWS_LIBRARIES=$(cmake/scripts/windows-libraries.sh)
      export WEFT_WINDOWS_LIBRARIES
      cmake/scripts/wine.sh hostname > /dev/null
      ;;
  esac
  [ -e "build/$preset/build.ninja" ] || cmake --preset "$preset"
  cmake --build --preset "$preset"
  ctest --preset "$preset" --parallel 4
done
printf '\nAll tests passed on: %s (%s s)\n' "$*" $(($(date +%s) - began))
