#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel's flow table, with real packets: what is recorded of workloads and of a host endpoint, once for each
# connection, allowed or denied, at every place where one can be; a table that is full; and what outlives a change. Read
# with nft, which knows nothing of polc.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# ---- the lab: workloads a and b, and x outside, behind the host endpoint of ext-x ---------------------------------------

lab_begin flowtable
lab_router
lab_workload a cali-a 10.70.0.1 fd70::1
lab_workload b cali-b 10.70.0.2 fd70::2
lab_workload x ext-x 203.0.113.1 2001:db8::1
lab_workload y ext-y 203.0.113.2 2001:db8::2
rules=$LAB_DIR/rules
mkdir "$rules"

object() { # KIND "NAME[, FIELD...]", then the lines of its spec
  printf '%s\n' --- 'apiVersion: projectcalico.org/v3' "kind: $1" "metadata: {name: $2}" spec:
}
workloads() {
  local name
  for name in a b; do
    object WorkloadEndpoint "$name, namespace: lab, labels: {app: $name}"
    printf '%s\n' '  node: lab-1' "  interfaceName: cali-$name" '  profiles: [projectcalico-default-allow]' \
      "  ipNetworks: [${LAB_V4[$name]}/32, \"${LAB_V6[$name]}/128\"]"
  done
}
# settings SIZE [TIMEOUT] [LINE]
settings() {
  object FelixConfiguration \
    "default, annotations: {polc.io/flow-table-size: \"$1\", polc.io/flow-table-timeout: \"${2:-1h}\"}"
  printf '  %s\n' "${3:-logPrefix: seen}"
}
# apply TITLE <<YAML
apply() {
  { workloads; cat; } >"$rules/policies.yaml"
  check_ok "$1: apply" lab_polc apply "$rules" --node lab-1 --force=S005
  check_ok "$1: diff finds nothing" lab_polc diff "$rules" --node lab-1
}

# seen KIND: what the sets of a kind hold, "FAMILY SOURCE DESTINATION PROTOCOL PORT CONNECTIONS" a line, with the names of the
# lab.
seen() {
  local family
  for family in 4 6; do
    lab_nft list set inet polc "$1$family" | tr ',{}' '\n' |
      sed -nE "s/^[\t ]*(elements = )?([0-9a-f:.]+) \. ([0-9a-f:.]+) \. ([a-z0-9-]+) \. ([0-9]+) .*packets ([0-9]+) .*/v$family \2 \3 \4 \5 \6/p"
  done | sed -E 's/(10\.70\.0\.1|fd70::1) /a /g; s/(10\.70\.0\.2|fd70::2) /b /g; s/(203\.0\.113\.1|2001:db8::1) /x /g
    s/(203\.0\.113\.2|2001:db8::2) /y /g; s/(10\.99\.0\.1|fd99::1) /host /g' | LC_ALL=C sort
}
forget() {
  local kind
  for kind in flows4 flows6 denied4 denied6; do
    lab_nft flush set inet polc "$kind"
  done
}
# recorded TITLE ALLOWED DENIED, and begins anew
recorded() {
  check_eq "$1: allowed" "$2" "$(seen flows)"
  check_eq "$1: denied" "$3" "$(seen denied)"
  forget
}
# connect NAME TARGET...: once each, whatever comes of it
connect() {
  local name=$1
  lab_connect "$name" --retries 0 "${@:2}" >/dev/null
}
lost() {
  lab_polc status "$rules" --node lab-1 -o json 2>/dev/null | sed -n 's/.*"lost": \([0-9]*\).*/\1/p'
}

for name in a b x y router; do
  lab_serve "$name" echo:7 tcp:80 tcp:81 udp:53
done
export LAB_TIMEOUT=400

# ---- workloads -----------------------------------------------------------------------------------------------------------

apply 'workloads alone' <<END
END
connect a tcp:b:80 tcp:[b]:80 udp:b:53 udp:[b]:53 icmp:b icmp:[b] tcp:x:80 udp:[x]:53
connect a tcp:b:80
connect x tcp:a:80 tcp:y:80 tcp:router:80 # not an endpoint's: between x, y and the host
connect router tcp:a:80 tcp:x:80          # what the host sends to a workload is not policed
recorded 'workloads, both ends local or one' 'v4 a b icmp 2048 1
v4 a b tcp 80 2
v4 a b udp 53 1
v4 a x tcp 80 1
v4 x a tcp 80 1
v6 a b ipv6-icmp 32768 1
v6 a b tcp 80 1
v6 a b udp 53 1
v6 a x udp 53 1' ''

# Many packets of one connection are one connection, with an answer or without.
lab_connect a --retries 3 --from "${LAB_V4[a]}#7000" udp:x:99 >/dev/null
lab_talk_begin a tcp:b:7
check_eq 'a connection that stays' 'ok ok' "$(lab_talk) $(lab_talk)"
lab_talk_end
recorded 'one connection of many packets' 'v4 a b tcp 7 1
v4 a x udp 99 1' ''

# A protocol without ports: an empty packet of 99 in IPv4, by hand.
lab_exec a python3 - "${LAB_V4[b]}" <<'PY' 2>/dev/null || true
import socket, sys
socket.socket(socket.AF_INET, socket.SOCK_RAW, 99).sendto(b"12345678", (sys.argv[1], 0))
PY
if command -v python3 >/dev/null; then
  recorded 'a protocol without ports' 'v4 a b 99 0 1' ''
else
  check_skip 'a protocol without ports' 'no python3 to send it'
fi

# An address that is not its own: no endpoint opened anything.
ip -n "${LAB_NS[a]}" addr add 10.70.0.9/32 dev eth0
lab_connect a --retries 0 --from 10.70.0.9#7001 udp:b:53 >/dev/null
recorded 'a borrowed address' '' ''

apply 'denied on either side' <<END
$(object GlobalNetworkPolicy out)
  selector: app == "a"
  types: [Egress]
  egress:
  - {action: Deny, protocol: TCP, destination: {ports: [81]}}
  - {action: Allow}
$(object GlobalNetworkPolicy in)
  selector: app == "b"
  types: [Ingress]
  ingress:
  - {action: Allow, protocol: TCP, destination: {ports: [80, 81]}}
END
connect a tcp:b:80 tcp:b:81 tcp:[b]:81 udp:b:53 icmp:[b] tcp:x:81 tcp:x:80
connect x tcp:b:81 udp:[b]:53
connect a tcp:router:80 # defaultEndpointToHostAction
recorded 'denied on either side' 'v4 a b tcp 80 1
v4 a x tcp 80 1
v4 x b tcp 81 1' 'v4 a b tcp 81 1
v4 a b udp 53 1
v4 a host tcp 80 1
v4 a x tcp 81 1
v6 a b ipv6-icmp 32768 1
v6 a b tcp 81 1
v6 x b udp 53 1'

# ---- a host endpoint ---------------------------------------------------------------------------------------------------

hep() {
  object HostEndpoint 'ext, labels: {role: host}'
  printf '  %s\n' 'node: lab-1' 'interfaceName: ext-x'
}
apply 'host endpoint' <<END
$(hep)
$(object GlobalNetworkPolicy host)
  selector: role == "host"
  types: [Ingress, Egress]
  ingress: [{action: Allow, protocol: TCP, destination: {ports: [80]}}]
  egress: [{action: Allow, protocol: UDP}]
END
connect x tcp:router:80 "tcp:[router]:80" tcp:router:81 udp:router:53 icmp:router tcp:y:80
connect router tcp:x:80 udp:[x]:53 udp:x:53 # the last one is a failsafe port too
connect x tcp:router:22                     # a failsafe port where nobody listens
connect y tcp:router:80 tcp:x:80
recorded 'host endpoint, in and out' 'v4 host x udp 53 1
v4 x host tcp 22 1
v4 x host tcp 80 1
v6 host x udp 53 1
v6 x host tcp 80 1' 'v4 host x tcp 80 1
v4 x host icmp 2048 1
v4 x host tcp 81 1
v4 x host udp 53 1'

apply 'host endpoint, what goes through' <<END
$(hep)
$(object GlobalNetworkPolicy transit)
  selector: role == "host"
  applyOnForward: true
  types: [Ingress, Egress]
  ingress: [{action: Allow, protocol: TCP, destination: {ports: [80]}}]
  egress: [{action: Allow, protocol: TCP, destination: {ports: [80]}}]
$(object GlobalNetworkPolicy in)
  selector: app == "b"
  types: [Ingress]
  ingress: [{action: Deny, source: {nets: [203.0.113.0/24]}}, {action: Allow}]
END
connect x tcp:y:80 tcp:y:81 tcp:a:80 tcp:[a]:81 tcp:b:80 tcp:[b]:80
connect a tcp:x:80 tcp:x:81 tcp:b:80 tcp:y:81
connect y tcp:x:80 tcp:[x]:81 tcp:a:81 tcp:router:80
recorded 'once, whoever judges: two host stages and two workloads' 'v4 a b tcp 80 1
v4 a x tcp 80 1
v4 a y tcp 81 1
v4 x a tcp 80 1
v4 x y tcp 80 1
v4 y a tcp 81 1
v4 y x tcp 80 1
v6 x b tcp 80 1' 'v4 a x tcp 81 1
v4 x b tcp 80 1
v4 x y tcp 81 1
v6 x a tcp 81 1
v6 y x tcp 81 1'

# Before NAT and before connection tracking: a denied packet has the address that it came with.
lab_nft -f - <<END
table ip publish {
  chain in {
    type nat hook prerouting priority dstnat; policy accept;
    ip daddr ${LAB_V4[router]} tcp dport { 8080, 8081 } dnat to ${LAB_V4[a]}:80
  }
}
END
apply 'before NAT' <<END
$(hep)
$(object GlobalNetworkPolicy early)
  selector: role == "host"
  preDNAT: true
  applyOnForward: true
  types: [Ingress]
  ingress:
  - {action: Deny, protocol: TCP, destination: {ports: [8081]}}
  - {action: Allow, protocol: TCP}
END
connect x tcp:router:8080 tcp:router:8081 tcp:router:80
recorded 'before NAT' 'v4 x a tcp 80 1
v4 x host tcp 80 1' 'v4 x host tcp 8081 1'

apply 'without connection tracking' <<END
$(hep)
$(object GlobalNetworkPolicy raw)
  selector: role == "host"
  doNotTrack: true
  applyOnForward: true
  types: [Ingress, Egress]
  ingress:
  - {action: Deny, protocol: UDP, destination: {ports: [53]}}
  - {action: Deny, protocol: ICMP}
  - {action: Allow}
  egress: [{action: Allow}]
END
connect x udp:router:53 icmp:router tcp:router:80
recorded 'without connection tracking: only what is denied' '' 'v4 x host icmp 2048 1
v4 x host udp 53 1'
lab_nft delete table ip publish

# A failsafe port passes before connection tracking, before NAT, and then as ever.
failsafe_count() {
  lab_polc board -o json | jq -r '[.failsafes[] | select(.port == "tcp/22" or .port == "tcp/22 reply") | .connections] | add'
}
apply 'a failsafe port on all hooks' <<END
$(hep)
$(for kind in preDNAT doNotTrack; do
  object GlobalNetworkPolicy "${kind,,}"
  cat <<POLICY
  selector: role == "host"
  $kind: true
  applyOnForward: true
  types: [Ingress]
  ingress:
  - {action: Deny, protocol: TCP, destination: {ports: [98]}}
POLICY
done)
END
before=$(failsafe_count)
connect x tcp:router:22
recorded 'a failsafe port on all hooks' 'v4 x host tcp 22 1' ''
check_eq 'is counted where it is a connection, and once' $((before + 1)) "$(failsafe_count)"

# Denied with an answer: an answer is nothing new.
apply 'Reject' <<END
$(settings 65536 1h 'nftablesFilterDenyAction: Reject')
$(object GlobalNetworkPolicy in)
  selector: app == "b"
  ingress: [{action: Deny, protocol: TCP}, {action: Allow}]
END
connect a tcp:b:80 tcp:[b]:80 icmp:b
recorded 'Reject' 'v4 a b icmp 2048 1' 'v4 a b tcp 80 1
v6 a b tcp 80 1'

# ---- a full table ------------------------------------------------------------------------------------------------------

apply 'a small table' <<END
$(settings 16)
END
check_eq 'nothing is lost yet' 0 "$(lost)"
ports=()
for ((port = 2000; port < 2100; port++)); do
  ports+=("udp:b:$port")
done
lab_serve b "${ports[@]/udp:b/udp}"
result=$(lab_connect a --retries 0 "${ports[@]}")
check_eq 'with a full table traffic goes on' 100 "$(grep -c ' ok$' <<<"$result")"
check_eq 'it holds what fits' 16 "$(seen flows | wc -l)"
check_eq 'and the rest is counted' 84 "$(lost)"
check_match 'status says so' '16 of 16 in the fullest set, 84 lost.*polc.io/flow-table-size: "64"' \
  "$(lab_polc status "$rules" --node lab-1 2>&1 | grep -A1 'flow table' | tr '\n' ' ')"
check_eq 'a flow that is in it is still counted' 2 \
  "$(connect a udp:b:"$(seen flows | head -n 1 | cut -d' ' -f5)"; seen flows | head -n 1 | cut -d' ' -f6)"
check_eq 'and not lost' 84 "$(lost)"

# ---- what outlives a change --------------------------------------------------------------------------------------------

before=$(seen flows)
apply 'larger' <<END
$(settings 64)
END
check_eq 'a larger table keeps its flows' "$before" "$(seen flows)"
connect a tcp:b:80 tcp:b:81
check_eq 'and takes more' 18 "$(seen flows | wc -l)"
apply 'another policy' <<END
$(settings 64)
$(object GlobalNetworkPolicy in)
  selector: app == "b"
  ingress: [{action: Allow}]
END
check_eq 'a change of policies keeps them' 18 "$(seen flows | wc -l)"
check_eq 'what was lost stays counted' 84 "$(lost)"
check_ok 'rollback' lab_polc rollback
check_eq 'rollback keeps them' 18 "$(seen flows | wc -l)"
lab_nft flush chain inet polc forward
check_ok 'restore' lab_polc restore
check_eq 'restore keeps them' 18 "$(seen flows | wc -l)"
apply 'another time' <<END
$(settings 64 2h)
END
check_eq 'another time-out keeps them' 18 "$(seen flows | wc -l)"
check_match 'and holds for new ones' 'timeout 2h' "$(lab_nft list set inet polc flows4)"
check_ok 'what was added by hand' lab_nft add element inet polc denied4 '{ 10.0.0.1 . 10.0.0.2 . tcp . 1 }'
check_ok 'is no drift' lab_polc diff "$rules" --node lab-1

# The kernel would not limit a set at all that holds more than fits.
apply 'smaller' <<END
$(settings 17)
END
check_match 'a smaller table begins anew, and history says so' 'recorded flows forgotten' \
  "$(lab_polc history --state-dir "$POLC_STATE_DIR" | tail -n 1)"
lab_connect a --retries 0 "${ports[@]}" >/dev/null
check_eq 'and holds what fits' 17 "$(seen flows | wc -l)"

apply 'off' <<END
$(settings 0)
END
check_eq 'without a table there are no sets' '' "$(lab_nft list sets inet | grep -E 'set (flows|denied)' || true)"
check_match 'and status says so' 'flow table  off' "$(lab_polc status "$rules" --node lab-1 2>&1)"
expect a 'without a table' <<END
tcp:b:80 ok
udp:b:53 ok
END
apply 'on again' <<END
END
connect a tcp:b:80
recorded 'on again' 'v4 a b tcp 80 1' ''

lab_summary
