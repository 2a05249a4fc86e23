# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The Debian 12 packages that polc needs, in one place: for contrib/quickstart and contrib/check.

# To build it, and to run the end-to-end lab.
PACKAGES_BUILD=(build-essential cmake pkg-config libnftnl-dev libmnl-dev libyaml-dev libjansson-dev libc-ares-dev
  check nftables iproute2)
# To run every test: a second compiler, sanitizers and fuzzers, valgrind, and the linters.
PACKAGES_TEST=(clang libclang-rt-14-dev valgrind mandoc shellcheck strace universal-ctags time jq
  python3-jsonschema dnsmasq-base unbound python3-unbound bind9-dnsutils)
# For the pages that polc makes; where they cannot be had, the test of these is skipped.
PACKAGES_BROWSER=(chromium python3)

# packages_missing NAME...: those that are not installed.
packages_missing() {
  local name
  for name; do
    if [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) != installed ]]; then
      echo "$name"
    fi
  done
}

# need_packages build|test|browser: installs what is missing, with apt-get, as root.
need_packages() {
  local packages=("${PACKAGES_BUILD[@]}") missing
  [[ $1 != test ]] || packages+=("${PACKAGES_TEST[@]}")
  [[ $1 != browser ]] || packages=("${PACKAGES_BROWSER[@]}")
  if ! command -v dpkg-query >/dev/null; then
    echo "packages: this is not Debian; polc needs what is there called: ${packages[*]}" >&2
    return 0
  fi
  mapfile -t missing < <(packages_missing "${packages[@]}")
  if ((${#missing[@]} == 0)); then
    echo "packages: all ${#packages[@]} are there"
    return 0
  fi
  if ((EUID != 0)); then
    printf 'packages: missing, and only root can install them:\n  apt-get install %s\n' "${missing[*]}" >&2
    return 1
  fi
  echo "packages: installing ${missing[*]}"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
}
