#!/bin/sh
# wine.sh PROGRAM.exe [ARGUMENT...]: runs a 64-bit Windows program, with its own exit code and streams.
#
# WEFT_WINEPREFIX: the folder of the Windows installation; made at the first call.
set -eu

# Debian keeps the 64-bit loader off PATH, and its `wine` asks for the 32-bit one.
for loader in /usr/lib/wine/wine64 "$(command -v wine64 || :)" "$(command -v wine || :)"; do
  [ ! -x "$loader" ] || break
done
if [ ! -x "$loader" ]; then
  echo "wine.sh: no 64-bit Wine here (Debian: apt-get install wine64)" >&2
  exit 127
fi

export WINEPREFIX="${WEFT_WINEPREFIX:-${XDG_CACHE_HOME:-$HOME/.cache}/weft/wine}"
case "$WINEPREFIX" in
  /*) ;;
  *) WINEPREFIX="$PWD/$WINEPREFIX" ;; # Wine refuses a relative one
esac
export WINEDEBUG=-all
# An empty right side means "not there": no question about Mono or Gecko, and no desktop menus.
export WINEDLLOVERRIDES="mscoree,mshtml,winemenubuilder.exe="
# Wine reads arguments in the locale's encoding; in the C locale anything beyond ASCII would be lost.
case "${LC_ALL:-${LC_CTYPE:-${LANG:-}}}" in
  *UTF-8* | *utf8*) ;;
  *) export LC_ALL=C.UTF-8 ;;
esac

ready="$WINEPREFIX/weft-ready"
if [ ! -e "$ready" ]; then
  mkdir -p "$WINEPREFIX"
  (
    flock 9
    # Wine's server outlives this call: it must inherit neither the lock nor our streams.
    if [ ! -e "$ready" ]; then
      "$loader" wineboot --init </dev/null >/dev/null 2>&1 9>&- || { echo "wine.sh: wineboot failed" >&2; exit 127; }
      # Only when the server ends is the registry on disk.
      for server in "${loader%/*}/wineserver64" "${loader%/*}/wineserver"; do
        [ ! -x "$server" ] || { "$server" -w </dev/null >/dev/null 2>&1 9>&- && break; }
      done
      : >"$ready"
    fi
  ) 9>"$WINEPREFIX.lock"
fi

# The first program of a session starts Wine's services, and they would hold its stdout open for a second or two after
# its end: whoever reads a pipe to the end (CTest does) would wait for them. So another program is the first.
"$loader" hostname </dev/null >/dev/null 2>&1 || :

exec "$loader" "$@"
