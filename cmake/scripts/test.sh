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
  repeat=1
  case $preset in
    mingw*) # built or found in the user's cache; Wine's prefix is made before tests need it
      # One start in a thousand, Wine 8 ends with 1 before the program's first instruction
      # and without a word. A test that fails twice has said something.
      repeat=2
      WEFT_WINDOWS_LIBRARIES=$(cmake/scripts/windows-libraries.sh)
      export WEFT_WINDOWS_LIBRARIES
      cmake/scripts/wine.sh hostname > /dev/null
      ;;
  esac
  [ -e "build/$preset/build.ninja" ] || cmake --preset "$preset"
  cmake --build --preset "$preset"
  ctest --preset "$preset" --parallel 4 --repeat until-pass:$repeat
done
printf '\nAll tests passed on: %s (%s s)\n' "$*" $(($(date +%s) - began))
