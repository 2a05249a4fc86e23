#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Ten thousand domains and a thousand answers a second: polc dns watch learns every one of them, loses nothing, and what it
# learned opens exactly that; a restart of it, and of the table, loses nothing either.
# shellcheck disable=SC2119 # functions with options that are not for those of this script
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib_dns.sh"

DOMAINS=10000 # half of them exact names, half of them wildcards
RATE=1000     # answers a second

address_of() { # NUMBER
  echo "100.64.$(($1 / 250)).$(($1 % 250 + 1))"
}

apply() { # asks nobody; what it knows, it has from the watcher
  dns_apply --resolve-timeout 0 2>/dev/null
}

dns_lab dns_load
seq 0 $((DOMAINS - 1)) | awk '{
    name = $1 % 2 ? "n" $1 : "n" $1 ".w" $1   # the second kind below "*.w..."
    printf "%s 600 A 100.64.%d.%d\n", name, $1 / 250, $1 % 250 + 1
  } END { print "unlisted 600 A 203.0.113.1" }' >"$LAB_DIR/records"
dns_zone load.net <"$LAB_DIR/records"
dns_auth_start
dns_resolver_start
mapfile -t domains < <(seq 0 $((DOMAINS - 1)) | awk '{ print ($1 % 2 ? "n" : "*.w") $1 ".load.net" }')
dns_rules "${domains[@]}" >"$RULES/rules.yaml"
check_match "apply of $DOMAINS domains" '^applied: generation 1' "$(apply)"
dns_watch_start
dns_watch_follows

count() {
  lab_nft -j list table inet polc | jq '[.nftables[].set | select(. != null) | select(.name | startswith("dom4")) | .elem[]?] | length'
}
sample() { # how many of ten addresses can be reached
  local i targets=()
  for ((i = 3; i < DOMAINS; i += DOMAINS / 10)); do
    targets+=("tcp:$(address_of $i):443")
  done
  lab_connect pay --retries 0 "${targets[@]}" | grep -c ' ok$' || true
}

check_eq 'nothing is known' '0 0' "$(count) $(sample)"
check_match "every name asked for, at $RATE a second" "^$DOMAINS answered" \
  "$(sed -E 's/ .*/.load.net/;/^unlisted/d' "$LAB_DIR/records" | lab_exec pay python3 "$DNS_TOOL" load $DNS_SERVER $RATE)"
check_eq 'every answer was learned' $DOMAINS "$(dns_within 3000 count $DOMAINS)"
check_eq 'and lets through' 10 "$(sample)"
check_eq 'a name of the same zone that no rule has' timeout "$(dns_reach pay unlisted.load.net)"
check_eq 'the watcher has missed nothing' 0 "$(grep -c 'leave out' "$LAB_DIR/router.out" || true)"

dns_watch_stop -KILL
check_eq 'killed: what was learned stays' "$DOMAINS 10" "$(count) $(sample)"
lab_nft delete table inet polc
check_match 'the table is gone; apply' '^applied: ' "$(apply)"
check_eq 'fills it with all of it in one transaction' "$DOMAINS 10" "$(count) $(sample)"
lab_summary
