#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Whoever answers for the names below a wildcard can fill the set of its list, with as many names and addresses as there is
# room for. That takes the room from what shares the list and from nobody else: apply goes on, other lists have theirs, the
# watcher learns for them, and it is said.
# shellcheck disable=SC2119 # functions with options that are not for those of this script
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib_dns.sh"

dns_lab dns_full
dns_zone flood.com <<<'* 60 A 203.0.113.1'
dns_zone calm.com <<<'late 60 A 203.0.113.3'
dns_auth_start
dns_resolver_start
{ dns_rules '*.flood.com' beside.com
  dns_rules_for shop '*.calm.com'; } >"$RULES/rules.yaml"
mkdir -p "$POLC_STATE_DIR/dns-watch"
now=$(date +%s)
# As the watcher would have written it: 66,536 names with an address each, for the longest time that counts.
awk -v now="$now" 'BEGIN {
  for (i = 0; i < 65536; i++)
    printf "%d 604800 watch x%d.flood.com 100.64.%d.%d\n", now, i, i / 256, i % 256
  for (i = 0; i < 1000; i++)
    printf "%d 604800 watch y%d.flood.com 100.65.%d.%d\n", now, i, i / 256, i % 256
  printf "%d 300 watch beside.com 203.0.113.2\n%d 300 watch early.calm.com 203.0.113.4\n", now, now
}' >"$POLC_STATE_DIR/dns-watch/observed"

apply() {
  check_status "$1" 0 dns_apply --resolve-timeout 0
}
apply 'apply fills a set that is too small for what is known'
apply 'and once more'
check_match 'and says so' 'a set of addresses is full \(65536\)' "$(cat "$LAB_DIR/output")"
check_eq 'what has room is allowed' ok "$(dns_connect pay 100.64.0.1)"
check_eq 'what has none is not' timeout "$(dns_connect pay 203.0.113.2)"
check_eq 'another list has its own room' ok "$(dns_connect shop 203.0.113.4)"
dns_watch_start
dns_watch_follows
check_eq 'a new name of the full list' timeout "$(dns_reach pay new.flood.com)"
check_match 'of which the watcher tells' 'dom4\.[0-9a-f]+ is full: it has 65536 addresses' "$(cat "$LAB_DIR/router.out")"
check_eq 'and learns for the other one' ok "$(dns_reach shop late.calm.com)"
dns_watch_stop
lab_summary
