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
  } END { print "unlisted 600 A 203.0.113.1\n*.flood 600 A 203.0.113.2"
    for (i = 1; i <= 10; i++) printf "late%d 600 A 203.0.113.%d\n", i, 10 + i }' >"$LAB_DIR/records"
dns_zone load.net <"$LAB_DIR/records"
dns_auth_start
dns_resolver_start
mapfile -t domains < <(seq 0 $((DOMAINS - 1)) | awk '{ print ($1 % 2 ? "n" : "*.w") $1 ".load.net" }')
domains+=(late{1,2,3,4,5,6,7,8,9,10}.load.net)
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

some_learned() {
  if (($(count) >= 100)); then echo yes; fi
}

check_eq 'nothing is known' '0 0' "$(count) $(sample)"
sed -E 's/ .*/.load.net/;/^(unlisted|late|[*])/d' "$LAB_DIR/records" | lab_exec pay python3 "$DNS_TOOL" load $DNS_SERVER $RATE >"$LAB_DIR/load" &
load=$!
check_eq 'the first answers are learned' yes "$(dns_within 10000 some_learned yes)"
dns_rules "${domains[@]}" more.load.net >"$RULES/rules.yaml"
check_match 'other rules are applied meanwhile' '^applied: generation 2' "$(apply)"
check_match 'and their state read' '^generation +2, ' "$(lab_polc status 2>&1 || true)"
check_ok 'while answers come' kill -0 "$load"
wait "$load"
check_match "every name asked for, at $RATE a second" "^$DOMAINS answered" "$(<"$LAB_DIR/load")"
check_eq 'every answer was learned' $DOMAINS "$(dns_within 3000 count $DOMAINS)"
check_eq 'and lets through' 10 "$(sample)"
check_eq 'a name of the same zone that no rule has' timeout "$(dns_reach pay unlisted.load.net)"
check_eq 'the watcher has missed nothing' 0 "$(grep -c 'leave out' "$LAB_DIR/router.out" || true)"

# A workload that asks as fast as it can, for names that nobody allows, takes nothing away from others.
all_known() { # of ten names
  dns_elements | tr ' ' '\n' | grep -c '^203\.0\.113\.1[1-9]$\|^203\.0\.113\.20$' || true
}
seq -f 'n%g.flood.load.net' 1 20000 | lab_exec shop python3 "$DNS_TOOL" load $DNS_SERVER 10000 >"$LAB_DIR/flood" &
flood=$!
sleep 0.5
for i in 1 2 3 4 5 6 7 8 9 10; do
  until [[ -n $(dns_ask pay "late$i.load.net") ]]; do :; done # the resolver may be too busy for some
done
wait $flood
check_eq 'ten names, asked for beside a flood of another workload, are all learned' 10 "$(dns_within 30000 all_known 10)"
check_eq 'the watcher is small' yes "$(awk '/^VmHWM/ { print $2 < 200000 ? "yes" : $2 }' "/proc/$DNS_WATCH_PID/status")"

# What it says of one is the pattern that has the name, not all ten thousand of its list.
dns_watch_stop
dns_watch_start -v
dns_watch_follows
[[ -n $(dns_ask pay n0.w0.load.net) ]]
said() { grep -c '^n0\.w0\.load\.net  100\.64\.0\.1  [0-9]*m  for \*\.w0\.load\.net$' "$LAB_DIR/router.out" || true; }
check_eq 'it says which pattern has a name' 1 "$(dns_within 3000 said 1)"

dns_watch_stop -KILL
check_eq 'killed: what was learned stays' "$((DOMAINS + 10)) 10" "$(count) $(sample)"
lab_nft delete table inet polc
check_match 'the table is gone; apply' '^applied: ' "$(apply)"
check_eq 'fills it with all of it in one transaction' "$((DOMAINS + 10)) 10" "$(count) $(sample)"
lab_summary
