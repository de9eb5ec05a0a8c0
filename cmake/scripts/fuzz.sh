#!/bin/sh
# fuzz.sh [SECONDS [NAME ...]]: builds the fuzzers with Clang and runs each, or those that
# are named, for so long (default: 60), two at a time. Begins with the seeds in
# tests/fuzz/corpus and what earlier runs found, which stays in build/fuzz/corpus. Ends
# with 1 if one found something: the input is in build/fuzz/found then.
set -eu
cd "$(dirname "$0")/../.."

seconds=${1:-60}
[ $# -eq 0 ] || shift
# A Clang with libFuzzer, wherever it comes from.
if ! printf 'int LLVMFuzzerTestOneInput(void);int LLVMFuzzerTestOneInput(void){return 0;}' |
  clang -fsanitize=fuzzer,address -x c -o /dev/null - 2> /dev/null; then
  cmake/scripts/setup.sh check
fi
[ -e build/fuzz/build.ninja ] || cmake --preset fuzz
cmake --build --preset fuzz
if [ $# -eq 0 ]; then
  for source in tests/fuzz/fuzz_*.c; do
    name=${source##*/fuzz_}
    set -- "$@" "${name%.c}"
  done
fi

mkdir -p build/fuzz/found
fuzz() {
  seeds=tests/fuzz/corpus/$1
  mkdir -p "build/fuzz/corpus/$1"
  # len_control=0: a long sequence finds more than a short one from the first second.
  "build/fuzz/tests/fuzz/fuzz_$1" -max_total_time="$seconds" -max_len=512 -len_control=0 \
    -timeout=60 -print_final_stats=1 -artifact_prefix="build/fuzz/found/$1-" \
    "build/fuzz/corpus/$1" "$seeds" > "build/fuzz/$1.log" 2>&1
}

failed=
while [ $# -gt 0 ]; do
  fuzz "$1" &
  first=$!
  second=
  if [ $# -gt 1 ]; then
    fuzz "$2" &
    second=$!
  fi
  wait $first || failed="$failed $1"
  [ -z "$second" ] || wait $second || failed="$failed $2"
  for name in "$1" ${2:+"$2"}; do
    printf '%s: ' "$name"
    grep -a '^Done' "build/fuzz/$name.log" || grep -a -v '^#' "build/fuzz/$name.log" | tail -n 40
  done
  shift
  [ $# -eq 0 ] || shift
done
[ -z "$failed" ] || {
  printf 'fuzz.sh: these found something:%s; their inputs:\n' "$failed" >&2
  ls build/fuzz/found >&2
  exit 1
}
