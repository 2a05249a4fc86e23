#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Endpoints behind a bridge, with real packets: routed traffic, traffic between two ports with the bridge switches on and
# off (refusal S004), neighbour discovery, neighbours that take an address, a port that moves to another bridge, and a
# bridge with an uplink, where an unknown source is a neighbour and not spoofed.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# ---- the lab -----------------------------------------------------------------------------------------------------------
#   g1, g2, g3 behind ports tap1, tap2, tap3 of br0 in the router; lan behind port up0 (added later); out behind eth0

GUEST_NET=10.80.0 GUEST_NET6=fd80::

# guest NAME PORT NUMBER BRIDGE
guest() {
  local name=$1 port=$2 number=$3 bridge=$4
  lab_netns "$name"
  LAB_V4[$name]=$GUEST_NET.$number LAB_V6[$name]=$GUEST_NET6$number
  ip -n "$LAB_ROUTER" link add "$port" type veth peer name eth0 netns "${LAB_NS[$name]}"
  ip -n "$LAB_ROUTER" -batch - <<END
link set $port master $bridge
link set $port up
END
  ip -n "${LAB_NS[$name]}" -batch - <<END
addr add $GUEST_NET.$number/24 dev eth0
addr add $GUEST_NET6$number/64 dev eth0 nodad
link set eth0 up
route add default via $GUEST_NET.254
route add default via ${GUEST_NET6}fe
END
  lab_sysctl "$name" ipv6/neigh/eth0/retrans_time_ms=100 ipv4/neigh/eth0/retrans_time_ms=100
  lab_serve "$name" tcp:80 tcp:81
}

make_lab() {
  lab_router
  ip -n "$LAB_ROUTER" -batch - <<END
link add br0 type bridge forward_delay 0 mcast_snooping 0
link add br1 type bridge forward_delay 0 mcast_snooping 0
addr add $GUEST_NET.254/24 dev br0
addr add ${GUEST_NET6}fe/64 dev br0 nodad
link set br0 up
link set br1 up
END
  lab_sysctl router ipv6/neigh/br0/retrans_time_ms=100 ipv4/neigh/br0/retrans_time_ms=100
  guest g1 tap1 1 br0
  guest g2 tap2 2 br0
  guest g3 tap3 3 br0
  lab_netns out
  LAB_V4[out]=192.0.2.2 LAB_V6[out]=2001:db8::2
  ip -n "$LAB_ROUTER" link add eth0 type veth peer name eth0 netns "${LAB_NS[out]}"
  ip -n "$LAB_ROUTER" -batch - <<END
addr add 192.0.2.1/24 dev eth0
addr add 2001:db8::1/64 dev eth0 nodad
link set eth0 up
END
  ip -n "${LAB_NS[out]}" -batch - <<END
addr add 192.0.2.2/24 dev eth0
addr add 2001:db8::2/64 dev eth0 nodad
link set eth0 up
route add default via 192.0.2.1
route add default via 2001:db8::1
END
  lab_serve out tcp:80
  lab_serve router tcp:80
}

# switches 0|1: whether bridged packets pass the inet hooks.
switches() {
  lab_sysctl router "bridge/bridge-nf-call-iptables=$1" "bridge/bridge-nf-call-ip6tables=$1"
}

# forget: so that the next connections need ARP and neighbour discovery.
forget() {
  local name
  for name in g1 g2 g3; do
    ip -n "${LAB_NS[$name]}" neigh flush dev eth0 >/dev/null 2>&1 || true
  done
  ip -n "$LAB_ROUTER" neigh flush dev br0 >/dev/null 2>&1 || true
}

endpoints() {
  local number
  for number in "$@"; do
    cat <<END
---
apiVersion: projectcalico.org/v3
kind: WorkloadEndpoint
metadata: {name: g$number, namespace: lab, labels: {app: g$number}}
spec:
  node: lab-1
  interfaceName: tap$number
  profiles: [projectcalico-default-allow]
  ipNetworks: [$GUEST_NET.$number/32, "$GUEST_NET6$number/128"]
END
  done
}

policy() {
  cat <<END
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: g1}
spec:
  selector: app == "g1"
  ingress: [{action: Allow, protocol: TCP, destination: {ports: [80]}}]
END
}

apply() { # TITLE [OPTION...]
  title=$1
  check_ok "$title: apply" lab_polc apply "$rules" --node lab-1 "${@:2}"
  check_ok "$title: diff finds nothing" lab_polc diff "$rules" --node lab-1
}

lab_begin bridge
if [[ ! -e /proc/sys/net/bridge/bridge-nf-call-iptables ]]; then
  lab_skip_all 'this kernel has no bridge-nf-call-iptables'
fi
make_lab
rules=$LAB_DIR/rules
title=
mkdir "$rules"
{ endpoints 1 2 3; policy; } >"$rules/all.yaml"

switches 1
expect g2 'before polc' <<END
tcp:g1:80 ok
tcp:g1:81 ok
tcp:[g1]:81 ok
tcp:out:80 ok
END
expect out 'before polc' <<END
tcp:g1:81 ok
tcp:[g1]:81 ok
END

# ---- the switches -------------------------------------------------------------------------------------------------------

switches 0
check_status 'switches off: apply refuses' 5 lab_polc apply "$rules" --node lab-1
check_match 'and says which policy, and how to turn them on' \
  'S004.*br0.*bridge-nf-call-iptables=1.*bridge-nf-call-ip6tables=1' "$(tr '\n' ' ' <"$LAB_DIR/output")"
check_status 'nothing was changed' 1 lab_nft list table inet polc
apply 'switches off, forced' --force=S004
expect g2 "$title: between two ports the kernel does not ask" <<END
tcp:g1:80 ok
tcp:g1:81 ok
END
expect out "$title: routed traffic is judged" <<END
tcp:g1:80 ok
tcp:g1:81 timeout
tcp:[g1]:80 ok
tcp:[g1]:81 timeout
END
lab_sysctl router bridge/bridge-nf-call-iptables=1
check_status 'one switch off: apply refuses' 5 lab_polc apply "$rules" --node lab-1

switches 1
apply 'switches on'
forget
expect g2 "$title: between two ports, with ARP and neighbour discovery" <<END
tcp:g1:80 ok
tcp:[g1]:80 ok
tcp:g1:81 timeout
tcp:[g1]:81 timeout
tcp:g3:81 ok
tcp:[g3]:81 ok
tcp:out:80 ok
tcp:[out]:80 ok
tcp:$GUEST_NET.254:80 timeout
END
forget
expect out "$title: routed" <<END
tcp:g1:80 ok
tcp:[g1]:80 ok
tcp:g1:81 timeout
tcp:[g1]:81 timeout
tcp:g3:81 ok
END
forget
expect router "$title: the host's own packets pass" <<END
tcp:g1:81 ok
tcp:[g1]:81 ok
END

# ---- neighbours -----------------------------------------------------------------------------------------------------------

ip -n "${LAB_NS[g2]}" addr add "$GUEST_NET.77/24" dev eth0
check_eq 'an address that no endpoint has is spoofed' "tcp:$GUEST_NET.3:81 timeout" \
  "$(lab_connect g2 --from "$GUEST_NET.77" tcp:g3:81)"
check_ok 'status' lab_polc status "$rules" --node lab-1
check_match 'status says that neighbours on a bridge can take an address' 'br0' "$(cat "$LAB_DIR/output")"

# ---- another bridge ----------------------------------------------------------------------------------------------------------

ip -n "$LAB_ROUTER" link set tap1 master br1
ip -n "$LAB_ROUTER" addr add 10.81.0.254/24 dev br1
ip -n "$LAB_ROUTER" route add "$GUEST_NET.1/32" dev br1
ip -n "$LAB_ROUTER" -6 route add "${GUEST_NET6}1/128" dev br1
lab_sysctl router ipv4/conf/br1/proxy_arp=1 ipv4/conf/br0/proxy_arp=1
check_status 'a port has moved: diff sees it' 1 lab_polc diff "$rules" --node lab-1
apply 'a port has moved'
forget
expect out "$title: the policy has moved with it" <<END
tcp:g1:80 ok
tcp:g1:81 timeout
END
expect g1 "$title: it may send" <<END
tcp:out:80 ok
END
ip -n "$LAB_ROUTER" route del "$GUEST_NET.1/32" dev br1
ip -n "$LAB_ROUTER" -6 route del "${GUEST_NET6}1/128" dev br1
lab_sysctl router ipv4/conf/br1/proxy_arp=0 ipv4/conf/br0/proxy_arp=0
ip -n "$LAB_ROUTER" link set tap1 master br0

# ---- an uplink: not every source behind the bridge is an endpoint's ------------------------------------------------------------

guest lan up0 50 br0
apply 'a bridge with an uplink'
forget
expect lan "$title: neighbours are judged by the policies of the endpoints" <<END
tcp:g1:80 ok
tcp:[g1]:80 ok
tcp:g1:81 timeout
tcp:[g1]:81 timeout
tcp:g3:81 ok
tcp:out:80 ok
tcp:$GUEST_NET.254:80 ok
END
forget
expect g1 "$title: endpoints reach them, and not their host" <<END
tcp:lan:81 ok
tcp:[lan]:81 ok
tcp:out:80 ok
tcp:$GUEST_NET.254:80 timeout
END

lab_summary
