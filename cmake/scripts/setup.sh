#!/bin/sh
# setup.sh lessons|tests|check|bench: installs what this machine lacks to build and run the
# lessons, all tests as well, everything that .ci/run does, or weft-bench with its peers. Debian and its kin by
# apt-get, macOS by Homebrew; elsewhere it says what is needed. Does nothing, quickly,
# when all is there.
set -eu

what=${1:-lessons}

say() { printf 'setup: %s\n' "$*"; }

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo > /dev/null; then
    sudo "$@"
  else
    say "run this as root, or install sudo: needed for $*" >&2
    exit 1
  fi
}

on_debian() {
  packages="gcc libc6-dev cmake ninja-build libcurl4-openssl-dev libmbedtls-dev"
  [ "$what" = lessons ] || packages="$packages g++ libcunit1-dev libsdl2-dev libsdl2-net-dev python3"
  [ "$what" != check ] || packages="$packages gcc-mingw-w64-x86-64-win32 \
    g++-mingw-w64-x86-64-win32 wine wine64 dpkg-dev npm clang-format ca-certificates \
    clang libclang-rt-dev"
  [ "$what" != bench ] || packages="gcc g++ libc6-dev cmake ninja-build libcurl4-openssl-dev \
    pkg-config libglib2.0-dev libuv1-dev libapr1-dev libaprutil1-dev libtbb-dev \
    libconcurrentqueue-dev golang-go cargo librust-crossbeam-channel-dev librust-rayon-dev \
    librust-parking-lot-dev python3 libboost-dev libzmq3-dev libopenmpi-dev openmpi-bin \
    liburing-dev librust-tokio-dev libsdl2-dev libsdl2-net-dev"
  missing=
  for package in $packages; do
    case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null) in
      installed) ;;
      *) missing="$missing $package" ;;
    esac
  done
  # An npm that came without Debian's package is as good.
  if command -v npm > /dev/null; then
    missing=$(printf '%s' "$missing" | sed 's/ npm\b//')
  fi
  [ -n "$missing" ] || return 0
  say "installing$missing"
  as_root apt-get update -q
  # shellcheck disable=SC2086 # a list of words
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
}

on_macos() {
  command -v brew > /dev/null || {
    say "install Homebrew first (https://brew.sh), and Xcode's command line tools" >&2
    exit 1
  }
  missing=
  for tool in cmake ninja; do
    command -v $tool > /dev/null || missing="$missing $tool"
  done
  if [ "$what" != lessons ]; then
    for package in cunit sdl2 sdl2_net python3; do
      brew list --versions $package > /dev/null || missing="$missing $package"
    done
  fi
  [ -n "$missing" ] || return 0
  say "installing$missing"
  # shellcheck disable=SC2086 # a list of words
  brew install $missing
}

if command -v apt-get > /dev/null; then
  on_debian
elif [ "$(uname)" = Darwin ]; then
  on_macos
else
  for tool in cc cmake ninja; do
    command -v $tool > /dev/null || {
      say "this system is not known here: install a C compiler, CMake, Ninja and libcurl's" \
        "headers (for the tests CUnit, SDL2, SDL2_net and Python 3 too); $tool is missing" >&2
      exit 1
    }
  done
fi
