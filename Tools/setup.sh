#!/usr/bin/env bash
# Installs Debian's or Ubuntu's packages, where they are missing: Tools/setup.sh PACKAGE...
# Does nothing, and needs no network, where all are installed.
#
# OPTIONAL: a data set's package, without which everything else works: where it cannot be had, this
# says so and succeeds.
# LIBRARIES: what pkg-config calls the libraries that the packages hold; a system without apt that
# has them is as good.
set -euo pipefail

optional=${OPTIONAL:-}
libraries=${LIBRARIES:-}

installed() { dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }

if ! command -v apt-get > /dev/null || ! command -v dpkg-query > /dev/null; then
  # shellcheck disable=SC2086
  if [ -n "$libraries" ] && pkg-config --exists $libraries 2>/dev/null; then exit 0; fi
  echo "setup: this system has no apt. Install by its own means what Debian calls $*" >&2
  [ -z "$libraries" ] || echo "until \"pkg-config --exists $libraries\" succeeds." >&2
  exit 1
fi

required=()
for package in "$@"; do installed "$package" || required+=("$package"); done
if [ -n "$optional" ] && installed "$optional"; then optional=; fi
if [ ${#required[@]} = 0 ] && [ -z "$optional" ]; then exit 0; fi

sudo=()
if [ "$(id -u)" != 0 ]; then
  if ! command -v sudo > /dev/null; then
    echo "setup: neither root nor sudo here; have installed: ${required[*]} $optional" >&2
    [ ${#required[@]} = 0 ]
    exit
  fi
  sudo=(sudo)
fi
apt() { "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q "$@"; }

echo "setup: installing ${required[*]} $optional"
apt update || echo 'setup: trying with the old package lists' >&2
if [ -n "$optional" ] && ! apt-cache show "$optional" > /dev/null 2>&1; then
  echo "setup: apt does not know $optional. On Ubuntu it is in \"universe\" (sudo" >&2
  echo 'add-apt-repository universe, then make setup). Or put the four .gz files of' >&2
  echo 'github.com/zalandoresearch/fashion-mnist into a folder and name it to the example' >&2
  echo '(swift run -c release fashion-mnist --help). Going on without.' >&2
  optional=
fi
if [ -n "$optional" ]; then required+=("$optional"); fi
if [ ${#required[@]} != 0 ]; then apt install -y --no-install-recommends "${required[@]}"; fi
