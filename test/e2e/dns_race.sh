#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Everything at once: workloads that ask all the time, a watcher that learns, one that is killed again and again, apply with
# lists that change, refresh, and rollback. What was answered is in the sets at the end, nothing else is, and a connection to
# an address that is known never fails in between.
# shellcheck disable=SC2119 # functions with options that are not for those of this script
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib_dns.sh"

NAMES=3000
RATE=600 # a second: a transaction of the watcher every other millisecond

dns_lab dns_race
{ seq 1 $NAMES | awk '{ printf "n%d 600 A 100.64.%d.%d\n", $1, $1 / 250, $1 % 250 + 1 }'
  echo 'steady 1 A 203.0.113.1'; } | dns_zone twilio.com
dns_zone other.net <<<'* 60 A 203.0.113.66'
dns_zone stripe.com <<<'api 600 A 203.0.113.2'
dns_auth_start
dns_resolver_start

# The list of a round: always what is asked for, and a name of its own.
rules() {
  dns_rules '*.twilio.com' api.stripe.com "round-$1.stripe.com" >"$RULES/rules.yaml"
}
learned() {
  dns_elements | tr ' ' '\n' | grep -c '^100\.64\.' || true
}
ask_all() { # in the background; $! is to be waited for
  seq -f 'n%g.twilio.com' 1 $NAMES | lab_exec pay python3 "$DNS_TOOL" load $DNS_SERVER $RATE >"$LAB_DIR/asked" &
}
# A name whose time is always nearly over is asked for and connected to until the file is gone; every failure is a line.
stay_connected() {
  local result
  while [[ -e $LAB_DIR/on ]]; do
    dns_ask pay steady.twilio.com >/dev/null
    result=$(dns_connect pay 203.0.113.1)
    echo "$result" >>"$LAB_DIR/steady"
    dns_ask shop "x$RANDOM.other.net" >/dev/null
  done
}

DNS_SETTINGS='polc.io/dns-min-ttl: 5s'
rules 0
check_ok 'apply' dns_apply
dns_watch_start
dns_watch_follows
check_eq 'a name that is asked for all the time' ok "$(dns_reach pay steady.twilio.com)"
touch "$LAB_DIR/on"
stay_connected &
steady=$!

ask_all
asking=$!
try() { # COMMAND...
  "$@" >"$LAB_DIR/tried" 2>&1 || { echo "exit $? of: $*"; cat "$LAB_DIR/tried"; } >>"$LAB_DIR/failed"
}
: >"$LAB_DIR/failed"
for round in 1 2 3 4 5 6 7 8; do
  rules $round
  try dns_apply --resolve-timeout 100ms
  try lab_polc dns refresh
  try lab_polc board
done
try lab_polc rollback
check_eq 'eight times apply and refresh, one rollback' '' "$(<"$LAB_DIR/failed")"
wait $asking
check_match 'all was answered' "^$NAMES answered" "$(<"$LAB_DIR/asked")"
check_eq 'and is in the sets, those of the last generation' $NAMES "$(dns_within 10000 learned $NAMES)"
check_eq 'with what apply and refresh looked up' yes "$(dns_holds 203.0.113.2)"
check_eq 'and nothing of names that nobody has' no "$(dns_holds 203.0.113.66)"

rm "$LAB_DIR/on"
wait $steady
check_eq "$(wc -l <"$LAB_DIR/steady") connections in between, none refused" '' "$(grep -v '^ok$' "$LAB_DIR/steady" || true)"

# Somebody who fills a set of his own and waits for nobody, as resolvers do: more commits than five tries of apply get past.
lab_nft add table inet other '{ set s { type ipv4_addr; }; }'
fill() {
  local i=0
  while [[ -e $LAB_DIR/on ]]; do
    echo "add element inet other s { 10.$((i / 62500)).$((i / 250 % 250)).$((i % 250 + 1)) }"
    i=$((i + 1))
    sleep 0.05
  done
}
touch "$LAB_DIR/on"
: >"$LAB_DIR/failed"
fill > >(lab_nft -i >/dev/null 2>&1) &
filling=$!
for round in 9 10 11 12; do
  rules $round
  try dns_apply --resolve-timeout 0
done
rm "$LAB_DIR/on"
wait $filling
check_eq 'four times apply beside somebody who waits for nobody' '' "$(<"$LAB_DIR/failed")"
check_match 'and who was not idle' '^[1-9][0-9]*$' "$(lab_nft list set inet other s | grep -o '10\.[0-9.]*' | wc -l)"

# What a watcher was told and could not put into the kernel any more is lost with it, and told again at the next look-up:
# what it has put stays, and what its store has comes back.
before=$(learned)
for _ in 1 2 3; do
  dns_watch_stop -KILL
  dns_watch_start
done
dns_watch_follows
check_eq 'a watcher killed three times' "$before" "$(learned)"
lab_nft delete table inet polc
check_ok 'restore' lab_polc restore
check_eq 'all of it from the stores' "$before" "$(dns_within 10000 learned "$before")"
dns_watch_stop
lab_summary
