#!/bin/sh
# windows-libraries.sh: builds SDL2, SDL2_net, libcurl, Mbed TLS and CUnit as static libraries for Windows from Debian's
# source packages, once, and prints the prefix they are in as the only line on stdout.
#
# The prefix lies in the user's cache. Its name is made of the packages' versions and of this file, so a security
# update or a change here builds anew, and any number of checkouts share one build.
set -eu
exec 3>&1 >&2 # from here on everything is progress; the answer goes to 3

say() { echo "windows-libraries: $*"; }

# Prints the version of an installed package, or nothing.
installed() { dpkg-query -W -f '${db:Status-Status} ${source:Version}\n' "$1" 2>/dev/null | sed -n 's/^installed //p'; }

# Prints the version that is installed, or else the one that would be.
version() {
  found=$(installed "$1")
  [ -n "$found" ] || found=$(apt-cache policy "$1" | sed -n 's/^  Candidate: *//p')
  echo "$1 ${found:-unknown}"
}

apt() { DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600 "$@"; }

cache="${XDG_CACHE_HOME:-$HOME/.cache}/weft"
mkdir -p "$cache"
exec 9>"$cache/windows-libraries.lock"

missing=
for package in gcc-mingw-w64-x86-64-win32 g++-mingw-w64-x86-64-win32 dpkg-dev cmake ninja-build; do
  [ -n "$(installed $package)" ] || missing="$missing $package"
done
if [ -n "$missing" ]; then
  flock 9
  say "installing$missing"
  # shellcheck disable=SC2086 # a list of words
  apt install $missing || { apt update && apt install $missing; }
  flock -u 9
fi

versions=$(for package in libsdl2-dev libsdl2-net-dev libcurl4-openssl-dev libmbedtls-dev libcunit1-dev \
  gcc-mingw-w64-x86-64-win32; do
  version $package
done)
key=$({ echo "$versions"; cat "$0"; } | sha256sum | cut -c 1-12)
prefix="$cache/windows-$key"

# The folder gets its name when all is in it, so its being there is the stamp.
if [ -d "$prefix" ]; then
  echo "$prefix" >&3
  exit
fi
flock 9
if [ -d "$prefix" ]; then # another run built it while this one waited
  echo "$prefix" >&3
  exit
fi

rm -rf "$cache"/windows-build.* # of runs that were killed; none other builds while we hold the lock
work=$(mktemp -d "$cache/windows-build.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work"

# --- sources -------------------------------------------------------------------------------------------------------
# The machine's own package sources, read as sources of source packages, with lists and caches of their own: nothing
# of the machine's configuration changes, and no root is needed.
say "fetching sources"
mkdir -p apt/parts apt/lists/partial apt/cache/archives/partial
for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
  [ ! -f "$list" ] || sed -n 's/^deb[[:space:]]/deb-src /p' "$list" >"apt/parts/$(basename "$list" .list).list"
done
for list in /etc/apt/sources.list.d/*.sources; do
  [ ! -f "$list" ] || sed 's/^Types:.*/Types: deb-src/' "$list" >"apt/parts/$(basename "$list")"
done
source_apt() {
  apt-get -q -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$work/apt/parts" \
    -o Dir::State::lists="$work/apt/lists" -o Dir::Cache="$work/apt/cache" -o APT::Sandbox::User= "$@"
}
source_apt update || say "some package sources cannot be read; going on with the others"
# curl and Mbed TLS need Debian's patches, which are their security fixes. Those of the others touch manual pages,
# tests and Linux paths only, so upstream's archive does.
source_apt source --download-only curl mbedtls
source_apt source --download-only --tar-only libsdl2 libsdl2-net cunit
dpkg-source --no-check -x curl_*.dsc curl >/dev/null # apt has checked them already
dpkg-source --no-check -x mbedtls_*.dsc mbedtls >/dev/null
for archive in libsdl2_*.orig.tar.* libsdl2-net_*.orig.tar.* cunit_*.orig.tar.*; do
  folder=${archive%%_*}
  mkdir "$folder"
  tar -xf "$archive" -C "$folder" --strip-components=1
done

# --- builds --------------------------------------------------------------------------------------------------------
# Everything is configured for the final prefix but installed under $work/stage, and moved there at the end.
stage="$work/stage$prefix"
mkdir -p "$stage/include/CUnit" "$stage/lib"
# A copy, so that CMakeLists of others see nothing else of ours.
cat >toolchain.cmake <<CMAKE
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_C_COMPILER x86_64-w64-mingw32-gcc-win32)
set(CMAKE_CXX_COMPILER x86_64-w64-mingw32-g++-win32) # SDL2 asks for one
set(CMAKE_RC_COMPILER x86_64-w64-mingw32-windres)
set(CMAKE_C_FLAGS_INIT "-D_WIN32_WINNT=0x0A00 -w")
set(CMAKE_FIND_ROOT_PATH "$stage")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
CMAKE

# build FOLDER [CMAKE-OPTION...]
build() {
  name=$1
  shift
  say "building $name"
  if ! {
    cmake -S "$name" -B "build-$name" -G Ninja -Wno-dev -DCMAKE_TOOLCHAIN_FILE="$work/toolchain.cmake" \
      -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_LIBDIR=lib \
      -DBUILD_SHARED_LIBS=OFF "$@" &&
      cmake --build "build-$name" -j "${WEFT_JOBS:-2}" &&
      DESTDIR="$work/stage" cmake --install "build-$name"
  } >"$name.log" 2>&1; then
    tail -n 40 "$name.log"
    say "building $name failed"
    exit 1
  fi
}

# Threads, timers, events and what they stand on; none of pictures, sound and sticks. SDL's table of all its functions
# would want the pictures all the same, and would put all of SDL into every program; SDL says to edit it away here.
sed -i 's/^#define SDL_DYNAMIC_API 1/#define SDL_DYNAMIC_API 0/' libsdl2/src/dynapi/SDL_dynapi.h
build libsdl2 -DSDL_SHARED=OFF -DSDL_STATIC=ON -DSDL_TEST=OFF -DSDL2_DISABLE_SDL2MAIN=ON -DSDL_CCACHE=OFF \
  -DSDL_AUDIO=OFF -DSDL_VIDEO=OFF -DSDL_RENDER=OFF -DSDL_JOYSTICK=OFF -DSDL_HAPTIC=OFF -DSDL_HIDAPI=OFF \
  -DSDL_SENSOR=OFF -DSDL_POWER=OFF -DSDL_LOCALE=OFF -DSDL_MISC=OFF -DSDL_DIRECTX=OFF -DSDL_XINPUT=OFF
build libsdl2-net -DSDL2NET_SAMPLES=OFF
build curl -DBUILD_CURL_EXE=OFF -DBUILD_TESTING=OFF -DHTTP_ONLY=ON -DCURL_USE_SCHANNEL=ON \
  -DCURL_TARGET_WINDOWS_VERSION=0x0A00 -DCURL_ZLIB=OFF -DUSE_LIBIDN2=OFF -DCURL_USE_LIBPSL=OFF \
  -DCURL_USE_LIBSSH2=OFF -DENABLE_MANUAL=OFF -DPICKY_COMPILER=OFF \
  -DCMAKE_HAVE_LIBC_PTHREAD=ON # curl uses Win32 threads here but would pass -lpthread on to its users
build mbedtls -DENABLE_PROGRAMS=OFF -DENABLE_TESTING=OFF -DUSE_SHARED_MBEDTLS_LIBRARY=OFF -DMBEDTLS_FATAL_WARNINGS=OFF \
  -DGEN_FILES=OFF

# CUnit has no CMakeLists: seven files, compiled by hand. Its shipped CUnit.h is of an older version than its .in.
say "building cunit"
cunit_version=$(cut -d - -f 1 cunit/VERSION)
cunit_release=$(cut -d - -f 2 cunit/VERSION)
for header in Automated Basic Console CUError CUnit_intl MyMem TestDB TestRun Util; do
  cp "cunit/CUnit/Headers/$header.h" "$stage/include/CUnit/"
done
sed "s/@VERSION@/$cunit_version/; s/@RELEASE@/$cunit_release/" cunit/CUnit/Headers/CUnit.h.in \
  >"$stage/include/CUnit/CUnit.h"
mkdir build-cunit
for source in cunit/CUnit/Sources/Framework/*.c cunit/CUnit/Sources/Automated/Automated.c \
  cunit/CUnit/Sources/Basic/Basic.c cunit/CUnit/Sources/Console/Console.c; do
  x86_64-w64-mingw32-gcc-win32 -O2 -w -I"$stage/include/CUnit" -I"$stage/include" -c "$source" \
    -o "build-cunit/$(basename "$source" .c).o"
done
x86_64-w64-mingw32-ar rcs "$stage/lib/libcunit.a" build-cunit/*.o

echo "$versions" >"$stage/versions.txt"
mv "$stage" "$prefix"
say "done"
echo "$prefix" >&3
