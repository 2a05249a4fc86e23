#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# polc dns watch, with real name servers: what workloads ask for opens what the rules name, and nothing else does. Exact
# names, wildcards, aliases, both families, UDP and TCP; the end of a time to live; addresses that change; a resolver that
# is down; a watcher that is killed; rules that change under it.
# shellcheck disable=SC2119 # functions with options that are not for those of this script
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib_dns.sh"

FLOOR=4 # s, that an address stays at least

dns_lab dns_watch
DNS_SETTINGS="polc.io/dns-min-ttl: ${FLOOR}s"
dns_zone twilio.com <<'END'
@ 60 A 203.0.113.1
api 60 A 203.0.113.2
api 60 AAAA 2001:db8:1::2
a.b 60 A 203.0.113.3
media 60 CNAME media.edge.cdn.net.
short 1 A 203.0.113.4
many 60 A 203.0.113.11
many 60 A 203.0.113.12
many 60 A 203.0.113.13
many 60 AAAA 2001:db8:1::11
tcp 60 A 203.0.113.14
late 60 A 203.0.113.15
later 60 A 203.0.113.16
six 60 AAAA 2001:db8:1::17
home 60 A 127.0.0.1
home 60 A 169.254.169.254
UPPER 60 A 203.0.113.18
* 60 A 203.0.113.19
END
seq 1 200 | sed 's/.*/big 60 A 100.64.1.&/' >>"$LAB_DIR/zones/twilio.com"
seq 1 200 | sed 's/.*/bigger 60 A 100.64.2.&/' >>"$LAB_DIR/zones/twilio.com"
dns_zone cdn.net <<'END'
media.edge 60 CNAME node.edge
node.edge 60 A 203.0.113.20
END
dns_zone stripe.com <<'END'
@ 60 A 203.0.113.30
api 60 A 203.0.113.31
www.api 60 A 203.0.113.32
rr 1 A 203.0.113.33
END
dns_zone shop.net <<'END'
www 60 A 203.0.113.40
www.eu 60 A 203.0.113.41
www.eu.west 60 A 203.0.113.42
END
dns_zone github.com <<'END'
@ 60 A 203.0.113.50
xtwilio 60 A 203.0.113.51
api.twilio.com 60 A 203.0.113.52
END
dns_zone partner.org <<'END'
@ 60 A 203.0.113.60
desk 60 A 203.0.113.61
host 60 A 203.0.113.62
END
dns_auth_start
dns_resolver_start

apply() { # asks nobody; what it knows, it has from the watcher
  dns_apply --resolve-timeout 0 2>/dev/null
}
rules() { # DOMAIN...
  dns_rules '*.twilio.com' api.stripe.com rr.stripe.com 'www.*.shop.net' "$@" >"$RULES/rules.yaml"
}
# A network set with nets and domains, for whoever deals with partners, in a namespace of its own; and the host itself.
cat >"$RULES/more.yaml" <<'END'
apiVersion: projectcalico.org/v3
kind: NetworkSet
metadata: {name: partners, namespace: shop, labels: {deals: partner}}
spec: {nets: [203.0.113.200/32], allowedEgressDomains: [desk.partner.org]}
---
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: partners, namespace: shop}
spec:
  order: 20
  types: [Egress]
  egress:
  - {action: Allow, protocol: TCP, destination: {selector: deals == 'partner', ports: [443]}}
---
apiVersion: projectcalico.org/v3
kind: HostEndpoint
metadata: {name: out, labels: {role: out}}
spec: {node: lab-1, interfaceName: ext-world}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: host}
spec:
  order: 20
  selector: role == 'out'
  types: [Egress]
  egress:
  - {action: Allow, protocol: TCP, destination: {domains: [host.partner.org], ports: [443]}}
END

# ---- before anything is known --------------------------------------------------------------------------------------------

rules
check_match 'apply, which asks nobody' '^applied: generation 1' "$(apply)"
check_eq 'without a watcher a name opens nothing' timeout "$(dns_reach pay api.twilio.com)"
check_eq 'nor is anything in the sets' '' "$(dns_elements)"
dns_stop "$DNS_RESOLVER_PID" # what it has in its cache, every other look-up would find there as well
dns_resolver_start
dns_watch_start
dns_watch_follows

# ---- what a name opens ---------------------------------------------------------------------------------------------------

reach() { # WHAT NAME WANTED [TYPE [PORT]]
  check_eq "$1: $2 $3" "$3" "$(dns_reach pay "$2" "${4:-A}" "${5:-443}")"
}
reach 'an exact name' api.stripe.com ok
reach 'below a wildcard' api.twilio.com ok
reach 'below a wildcard, a new name' fresh-1.twilio.com ok
reach 'below a wildcard, several labels' a.b.twilio.com ok
reach 'a wildcard in the middle' www.eu.shop.net ok
reach 'a wildcard in the middle, several labels' www.eu.west.shop.net ok
reach 'an alias of an alias' media.twilio.com ok
reach 'IPv6' api.twilio.com ok AAAA
reach 'IPv6 alone' six.twilio.com ok AAAA
reach 'whatever the letter case' uPPer.TWILIO.com ok
check_eq 'every address of a name, not only the one that is used' 'yes yes yes' \
  "$(dns_ask pay many.twilio.com >/dev/null; dns_within 1000 dns_holds 203.0.113.13 yes >/dev/null
     echo "$(dns_holds 203.0.113.11) $(dns_holds 203.0.113.12) $(dns_holds 203.0.113.13)")"
check_eq 'each family by its own question' no "$(dns_holds 2001:db8:1::11)"
check_eq 'asked over TCP' ok \
  "$(dns_ask pay tcp.twilio.com A $DNS_SERVER +tcp >/dev/null; dns_within 1000 dns_connect pay 203.0.113.14 ok)"
check_eq 'asked over IPv6' ok \
  "$(dns_ask pay late.twilio.com A $DNS_SERVER6 >/dev/null; dns_within 1000 dns_connect pay 203.0.113.15 ok)"

reach 'the apex of a wildcard' twilio.com timeout
reach 'below an exact name' www.api.stripe.com timeout
reach 'beside an exact name' stripe.com timeout
reach 'a wildcard for no label' www.shop.net timeout
reach 'another domain' github.com timeout
reach 'an end that only looks like it' xtwilio.github.com timeout
reach 'the name below another domain' api.twilio.com.github.com timeout
reach 'another port' api.twilio.com timeout A 80
check_eq 'a workload that no rule lets' 'timeout' "$(dns_reach shop api.twilio.com)"
dns_ask pay home.twilio.com >/dev/null
reach 'an address that no name may open, and the next' fresh-2.twilio.com ok
check_eq 'that one is in no set' 'no no' "$(dns_holds 127.0.0.1) $(dns_holds 169.254.169.254)"

# An answer that is longer than a packet, in fragments, and one that is cut off and asked for again over TCP.
count_of() { # BEGINNING OF ADDRESSES
  dns_elements | tr ' ' '\n' | grep -c "^$1" || true
}
dns_ask pay big.twilio.com A $DNS_SERVER +bufsize=4096 +ignore >/dev/null
check_eq 'an answer in fragments' 200 "$(dns_within 1000 count_of 100.64.1. 200)"
dns_ask pay bigger.twilio.com A $DNS_SERVER +bufsize=512 >/dev/null
check_eq 'an answer that is cut off, then whole over TCP' 200 "$(dns_within 1000 count_of 100.64.2. 200)"

check_eq 'a network set: its nets need no name' ok "$(dns_connect shop 203.0.113.200)"
check_eq 'its domains do' 'timeout ok' "$(dns_connect shop 203.0.113.61) $(dns_reach shop desk.partner.org)"
check_eq 'others of the domain are not in it' timeout "$(dns_reach shop partner.org)"
check_eq 'nor is it for another namespace' timeout "$(dns_reach pay desk.partner.org)"
check_eq 'the host itself, which asks for itself' 'timeout ok timeout' \
  "$(dns_connect router 203.0.113.62) $(dns_reach router host.partner.org) $(dns_reach router partner.org)"

# ---- time ----------------------------------------------------------------------------------------------------------------

reach 'a time to live of a second, and the floor' short.twilio.com ok
lab_talk_begin pay tcp:203.0.113.4:7
check_eq 'it stays for the floor' yes "$(sleep $((FLOOR - 2)); dns_holds 203.0.113.4)"
check_eq 'and goes when it is over' no "$(dns_within $((FLOOR * 1000)) dns_holds 203.0.113.4 no)"
check_eq 'nothing new goes there' timeout "$(dns_connect pay 203.0.113.4)"
check_eq 'what is connected stays' ok "$(lab_talk)"
lab_talk_end
reach 'asked again' short.twilio.com ok
check_eq 'asked again and again it stays' 'yes' \
  "$(for _ in $(seq $((FLOOR + 2))); do dns_ask pay short.twilio.com >/dev/null; sleep 1; done; dns_holds 203.0.113.4)"

dns_ask pay rr.stripe.com >/dev/null
dns_zone stripe.com <<'END'
rr 1 A 203.0.113.34
rr 1 A 203.0.113.35
END
dns_auth_reload
now_told() { dns_ask pay rr.stripe.com | sort | head -n 1; }
check_eq 'a name whose addresses change' 203.0.113.34 "$(dns_within 8000 now_told 203.0.113.34)"
check_eq 'lets through to the new ones' ok "$(dns_reach pay rr.stripe.com)"
check_eq 'all that it has now, and what it had for as long as that was said' 'yes yes yes' \
  "$(dns_holds 203.0.113.33) $(dns_holds 203.0.113.34) $(dns_holds 203.0.113.35)"
check_eq 'which ends' no "$(dns_within $((FLOOR * 1000)) dns_holds 203.0.113.33 no)"

# ---- what goes away ------------------------------------------------------------------------------------------------------

dns_stop "$DNS_RESOLVER_PID"
check_eq 'without a resolver: what is known stays' 'ok ok' \
  "$(dns_connect pay 203.0.113.2) $(dns_connect pay 2001:db8:1::2)"
check_eq 'and nobody finds anything new' 'no address' "$(dns_reach pay fresh-3.twilio.com)"
dns_resolver_start dnsmasq
reach 'another resolver in its place' fresh-4.twilio.com ok

dns_watch_stop -KILL
check_eq 'without a watcher: what is known stays' ok "$(dns_connect pay 203.0.113.2)"
reach 'and a name that is new' later.twilio.com timeout
dns_watch_start
dns_watch_follows
reach 'it comes back' later.twilio.com ok
check_eq 'and still knows what it knew' ok "$(dns_connect pay 203.0.113.2)"
lab_nft delete table inet polc
check_match 'somebody deleted the table; apply' '^applied: ' "$(apply)"
check_eq 'it is filled with what was learned' ok "$(dns_within 3000 dns_connect pay 203.0.113.2 ok)"

rules github.com
check_match 'one more name' '^applied: ' "$(apply)"
check_eq 'the set of the longer list has what the shorter one had' ok "$(dns_connect pay 203.0.113.2)"
dns_watch_follows
reach 'the watcher follows' github.com ok
check_match 'an apply that changes nothing' '^up to date' "$(apply)"
check_ok 'elements are no drift' lab_polc status
dns_watch_stop
lab_summary
