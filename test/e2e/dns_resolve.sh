#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# polc apply and polc dns refresh ask trusted servers for the exact names of rules: both families, aliases, names without an
# address, times to live, addresses that change, servers that are silent or refuse; what rollback and restore have without
# asking. Real name servers, real connections, and nobody who watches.
# shellcheck disable=SC2119,SC2120 # functions with options that are not for those of this script
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib_dns.sh"

FLOOR=6 # s, that an address stays at least

dns_lab dns_resolve
DNS_SETTINGS="polc.io/dns-min-ttl: ${FLOOR}s"
dns_zone stripe.com <<'END'
@ 60 A 203.0.113.1
api 600 A 203.0.113.2
api 600 AAAA 2001:db8:1::2
files 600 CNAME files.edge.cdn.net.
short 1 A 203.0.113.3
rr 1 A 203.0.113.4
home 60 A 127.0.0.1
mail 60 MX 10 api
END
dns_zone cdn.net <<'END'
files.edge 600 CNAME node.edge
node.edge 600 A 203.0.113.20
node.edge 600 AAAA 2001:db8:1::20
END
dns_zone refused.net <<<'@ 60 A 203.0.113.40'
dns_auth_start
dns_resolver_start

names=(api.stripe.com files.stripe.com short.stripe.com rr.stripe.com)
apply() { # OPTION...
  dns_apply "$@" 2>&1
}
seconds() { # COMMAND...: how many it takes, whole ones
  local start=$SECONDS
  "$@" >/dev/null 2>&1 || true
  echo $((SECONDS - start))
}

# ---- apply ---------------------------------------------------------------------------------------------------------------

dns_rules "${names[@]}" >"$RULES/rules.yaml"
check_match 'apply' '^applied: generation 1' "$(apply)"
check_eq 'every address of every name is in its set' \
  '2001:db8:1::2 2001:db8:1::20 203.0.113.2 203.0.113.20 203.0.113.3 203.0.113.4' "$(dns_elements)"
check_eq 'and lets through, without a look-up of the workload' 'ok ok ok ok' \
  "$(dns_connect pay 203.0.113.2) $(dns_connect pay 2001:db8:1::2) $(dns_connect pay 203.0.113.20) $(dns_connect pay 2001:db8:1::20)"
check_eq 'not to another port, not to another name, not from a workload without the rule' 'timeout timeout timeout' \
  "$(dns_connect pay 203.0.113.2 80) $(dns_connect pay 203.0.113.1) $(dns_connect shop 203.0.113.2)"

dns_rules "${names[@]}" nowhere.stripe.com home.stripe.com mail.stripe.com '*.twilio.com' >"$RULES/rules.yaml"
check_status 'names without an address do not fail it' 0 lab_polc apply "$RULES" --node lab-1
check_match 'it names them' 'nowhere\.stripe\.com' "$(cat "$LAB_DIR/output")"
check_match 'the one whose address no name may open, too' 'home\.stripe\.com' "$(cat "$LAB_DIR/output")"
check_eq 'in one warning' 1 "$(grep -c 'warning\[W102\]' "$LAB_DIR/output" || true)"
check_eq 'what was known is in the set of the new list' 'ok ok' \
  "$(dns_connect pay 203.0.113.2) $(dns_connect pay 2001:db8:1::20)"

# ---- time ----------------------------------------------------------------------------------------------------------------

dns_rules "${names[@]}" >"$RULES/rules.yaml"
apply >/dev/null
check_ok 'refresh' lab_polc dns refresh
check_eq 'a short time to live: gone behind the floor' no "$(dns_within $((FLOOR * 2000)) dns_holds 203.0.113.3 no)"
check_eq 'a long one stays' 'yes timeout' "$(dns_holds 203.0.113.2) $(dns_connect pay 203.0.113.3)"
dns_zone stripe.com <<'END'
api 600 A 203.0.113.2
short 1 A 203.0.113.3
rr 1 A 203.0.113.5
rr 1 A 203.0.113.6
END
dns_auth_reload
before=$(lab_listing)
check_ok 'refresh' lab_polc dns refresh
check_eq 'what a name has now' 'ok ok ok' \
  "$(dns_connect pay 203.0.113.3) $(dns_connect pay 203.0.113.5) $(dns_connect pay 203.0.113.6)"
check_eq 'what it had is over' no "$(dns_holds 203.0.113.4)"
without_elements() {
  awk '/^\tset dom/ { inside = 1 } inside && /elements = / { skip = 1 } !skip { print } /}$/ { skip = 0 } /^\t}$/ { inside = 0 }'
}
check_eq 'refresh changes elements and nothing else' "$(without_elements <<<"$before")" "$(lab_listing | without_elements)"
check_match 'apply finds nothing to do' '^up to date' "$(apply)"

# ---- servers that are not there ------------------------------------------------------------------------------------------

dns_stop "$DNS_AUTH_PID"
dns_stop "$DNS_RESOLVER_PID"
check_status 'refresh without a server says so' 3 lab_polc dns refresh
check_eq 'what is known stays until it ends' 'ok' "$(dns_connect pay 203.0.113.2)"
dns_rules "${names[@]}" new.stripe.com >"$RULES/rules.yaml"
check_status 'apply without a server does not fail' 0 lab_polc apply "$RULES" --node lab-1
check_match 'says who does not answer' 'no answer from 10\.80\.0\.53:53' "$(cat "$LAB_DIR/output")"
check_eq 'and keeps what is known' ok "$(dns_connect pay 203.0.113.2)"
# Silence, which takes longer to notice than a refusal.
lab_exec resolver ip addr del $DNS_SERVER/32 dev eth0
lab_exec resolver ip -6 addr del $DNS_SERVER6/128 dev eth0
mapfile -t many < <(seq -f 'n%g.stripe.com' 1 500)
dns_rules "${names[@]}" "${many[@]}" >"$RULES/rules.yaml"
check_match 'servers that are silent, 500 names: no longer than --resolve-timeout' '^[0-3]$' \
  "$(seconds lab_polc apply "$RULES" --node lab-1 --resolve-timeout 1s)"
check_eq 'and what is known is still known' ok "$(dns_connect pay 203.0.113.2)"
dns_rules "${names[@]}" other.stripe.com >"$RULES/rules.yaml"
check_match '--resolve-timeout 0 asks nobody' '^[01]$' "$(seconds lab_polc apply "$RULES" --node lab-1 --resolve-timeout 0)"

# ---- without asking --------------------------------------------------------------------------------------------------------

check_ok 'rollback, without a server' lab_polc rollback
check_eq 'has what is known' ok "$(dns_connect pay 203.0.113.2)"
dns_rules api.stripe.com >"$RULES/rules.yaml"
check_ok 'apply that waits for a confirmation' lab_polc apply "$RULES" --node lab-1 --resolve-timeout 0 --confirm=1s
check_eq 'the shorter list has what the longer one had' 'ok timeout' "$(dns_connect pay 203.0.113.2) $(dns_connect pay 203.0.113.20)"
check_eq 'taken back, the longer one has it all again' ok "$(dns_within 5000 dns_connect pay 203.0.113.20 ok)"
lab_nft delete table inet polc
check_ok 'somebody deleted the table; restore' lab_polc restore
check_eq 'has it, too' ok "$(dns_connect pay 203.0.113.2)"
lab_summary
