#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Guests behind bridges, with real packets. br0 has only guests: its packets are guests' or spoofed. br1 also has the
# uplink to a network: nobody there may lose anything because of the one guest that is policed. What passes between two
# ports of a bridge is policed only when the kernel shows it (S004), and never silently not.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# ---- the lab -----------------------------------------------------------------------------------------------------------
#   a 10.1.0.1 -- tap-a \                                    / tap-c -- c 10.2.0.1
#                        br0 10.1.0.254 [router] 10.2.0.254 br1
#   b 10.1.0.2 -- tap-b /                                    \ uplink -- lan 10.2.0.9

add_bridge() { # NAME V4 V6
  ip -n "$LAB_ROUTER" -batch - <<END
link add $1 type bridge
addr add $2/24 dev $1
addr add $3/64 dev $1 nodad
link set $1 up
END
}

# guest NAME PORT BRIDGE V4-NET V6-NET HOST: a namespace behind a port; neighbours are found by ARP and discovery.
guest() {
  local name=$1 port=$2 bridge=$3 v4=$4 v6=$5 host=$6
  lab_netns "$name"
  LAB_V4[$name]=$v4.$host LAB_V6[$name]=$v6$host
  ip -n "$LAB_ROUTER" link add "$port" type veth peer name eth0 netns "${LAB_NS[$name]}"
  ip -n "$LAB_ROUTER" link set "$port" master "$bridge" up
  ip -n "${LAB_NS[$name]}" -batch - <<END
addr add $v4.$host/24 dev eth0
addr add $v6$host/64 dev eth0 nodad
link set eth0 up
route add default via $v4.254
route add default via ${v6}fe
END
  lab_sysctl "$name" ipv6/neigh/eth0/retrans_time_ms=100 ipv4/neigh/eth0/retrans_time_ms=100
  lab_serve "$name" tcp:80 tcp:81
}

make_lab() {
  lab_router
  add_bridge br0 10.1.0.254 fd01::fe
  add_bridge br1 10.2.0.254 fd02::fe
  guest a tap-a br0 10.1.0 fd01:: 1
  guest b tap-b br0 10.1.0 fd01:: 2
  guest c tap-c br1 10.2.0 fd02:: 1
  guest lan uplink br1 10.2.0 fd02:: 9
  LAB_V4[host]=10.2.0.254 LAB_V6[host]=fd02::fe
  lab_serve router tcp:80
}

bridged() { # 0|1: whether the kernel shows bridged packets to the firewall
  lab_sysctl router bridge/bridge-nf-call-iptables="$1" bridge/bridge-nf-call-ip6tables="$1"
}

endpoint() { # NAME PORT
  printf '%s\n' --- 'apiVersion: projectcalico.org/v3' 'kind: WorkloadEndpoint' \
    "metadata: {name: $1, namespace: lab, labels: {app: $1}}" \
    "spec: {node: lab-1, interfaceName: $2, profiles: [projectcalico-default-allow]," \
    "  ipNetworks: [${LAB_V4[$1]}/32, \"${LAB_V6[$1]}/128\"]}"
}

lab_begin bridge
make_lab
if [[ ! -e /proc/sys/net/bridge/bridge-nf-call-iptables ]]; then
  lab_skip_all 'no br_netfilter in this kernel'
fi
policies=$LAB_DIR/policies.yaml
{
  endpoint a tap-a
  endpoint b tap-b
  endpoint c tap-c
  cat <<'END'
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: to-b}
spec:
  selector: app == "b"
  types: [Ingress]
  ingress:
  - {action: Allow, protocol: TCP, source: {selector: app == "a"}, destination: {ports: [80]}}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: of-c}
spec:
  selector: app == "c"
  types: [Ingress, Egress]
  ingress:
  - {action: Allow, protocol: TCP, source: {nets: [10.2.0.9/32]}, destination: {ports: [80]}}
  - {action: Allow, protocol: TCP, source: {nets: ["fd02::9/128"]}, destination: {ports: [80]}}
  egress:
  - {action: Allow, protocol: TCP, destination: {ports: [81]}}
END
} >"$policies"

everything_works() { # DESCRIPTION
  expect a "$1" <<END
tcp:b:80 ok
tcp:b:81 ok
tcp:[b]:81 ok
tcp:c:80 ok
END
  expect c "$1" <<END
tcp:lan:80 ok
tcp:[lan]:80 ok
tcp:b:80 ok
END
  expect lan "$1" <<END
tcp:c:81 ok
tcp:a:80 ok
tcp:host:80 ok
END
}

bridged 0
everything_works 'before polc'

# ---- packets that the firewall would not see ------------------------------------------------------------------------

check_status 'bridged packets are not seen: refused' 5 lab_polc apply "$policies" --node lab-1
check_match 'the refusal names br0' 'refused\[S004\]: .* IPv4 and IPv6 packets between the ports of br0' \
  "$(cat "$LAB_DIR/output")"
check_match 'the refusal names br1' 'S004.*ports of br1' "$(cat "$LAB_DIR/output")"
check_match 'the hint turns both switches on' \
  'sysctl -w net.bridge.bridge-nf-call-iptables=1 net.bridge.bridge-nf-call-ip6tables=1' "$(cat "$LAB_DIR/output")"
check_status 'nothing was changed' 1 lab_polc status
lab_sysctl router bridge/bridge-nf-call-iptables=1
check_status 'IPv6 alone is missing: refused' 5 lab_polc apply "$policies" --node lab-1
check_match 'the hint turns on what is missing' 'sysctl -w net.bridge.bridge-nf-call-ip6tables=1 ' "$(cat "$LAB_DIR/output")"
bridged 0
check_ok 'forced' lab_polc apply "$policies" --node lab-1 --force=S004
expect a 'forced: only what is routed is policed' <<END
tcp:b:81 ok
tcp:c:80 timeout
END

# ---- packets that it sees -----------------------------------------------------------------------------------------------

bridged 1
check_ok 'bridged packets are seen: applied' lab_polc apply "$policies" --node lab-1
check_ok 'diff finds nothing' lab_polc diff "$policies" --node lab-1
# Everybody forgets everybody: discovery between two ports passes the firewall too, and no policy may cut it.
for name in a b c lan router; do
  lab_exec "$name" ip neigh flush all
done
expect a 'between two ports of br0' <<END
tcp:b:80 ok
tcp:[b]:80 ok
tcp:b:81 timeout
tcp:[b]:81 timeout
tcp:c:80 timeout
tcp:lan:80 ok
tcp:host:80 timeout
END
expect b 'between two ports of br0, unpoliced egress' <<END
tcp:a:80 ok
tcp:[a]:81 ok
END
expect lan 'the network behind the uplink: the guest is policed' <<END
tcp:c:80 ok
tcp:[c]:80 ok
tcp:c:81 timeout
tcp:[c]:81 timeout
END
expect lan 'the network behind the uplink: nobody else is' <<END
tcp:host:80 ok
tcp:[host]:80 ok
tcp:a:80 ok
END
expect router 'the host itself is not cut off' <<END
tcp:lan:80 ok
tcp:[lan]:81 ok
tcp:c:81 ok
END
expect c 'egress of a guest beside the uplink' <<END
tcp:lan:81 ok
tcp:[lan]:81 ok
tcp:lan:80 timeout
tcp:[lan]:80 timeout
END

# An endpoint may name the bridge; the uplink of it is still nobody's.
sed 's/interfaceName: tap-c/interfaceName: br1/' "$policies" >"$LAB_DIR/named.yaml"
check_ok 'an endpoint that names the bridge: applied' lab_polc apply "$LAB_DIR/named.yaml" --node lab-1 --force=S003
expect lan 'an endpoint that names the bridge: it is policed, nobody else is' <<END
tcp:c:80 ok
tcp:c:81 timeout
tcp:host:80 ok
tcp:a:80 ok
END
check_ok 'back to the port' lab_polc apply "$policies" --node lab-1

# ---- who could take whose address ---------------------------------------------------------------------------------------

# On br0 an address that no guest has is spoofed, wherever it goes.
ip -n "${LAB_NS[a]}" addr add 10.1.0.77/24 dev eth0
check_eq 'an address of nobody, to a neighbour' 'tcp:10.1.0.2:80 timeout' "$(lab_connect a --from 10.1.0.77 tcp:b:80)"
check_eq 'an address of nobody, routed' 'tcp:10.2.0.9:80 timeout' "$(lab_connect a --from 10.1.0.77 tcp:lan:80)"
status=$(lab_polc status 2>&1 || true)
check_match 'status names the neighbours' 'br0: wep/lab/a, wep/lab/b can send with each other'"'"'s addresses' "$status"
check_match 'status names the shared bridge' 'br1: wep/lab/c can send with any address' "$status"
check_ok 'apply again' lab_polc apply "$policies" --node lab-1
check_match 'so does a warning' 'W047.*bridge br1 has ports that are not of workload endpoints, such as uplink' \
  "$(cat "$LAB_DIR/output")"

# ---- another bridge -----------------------------------------------------------------------------------------------------

# The port of b moves to a bridge of its own: the next apply follows it.
add_bridge br2 10.3.0.254 fd03::fe
ip -n "$LAB_ROUTER" link set tap-b master br2
ip -n "$LAB_ROUTER" -batch - <<END
route add ${LAB_V4[b]}/32 dev br2
route add ${LAB_V6[b]}/128 dev br2
END
lab_sysctl router ipv4/conf/br2/proxy_arp=1 ipv4/conf/br0/proxy_arp=1
lab_exec b ip neigh flush all
check_status 'the port has moved: diff sees it' 1 lab_polc diff "$policies" --node lab-1
check_ok 'the port has moved: apply' lab_polc apply "$policies" --node lab-1
check_ok 'the port has moved: diff finds nothing' lab_polc diff "$policies" --node lab-1
expect lan 'the port has moved: routed to it' <<END
tcp:b:80 timeout
END
expect b 'the port has moved: what it sends is not spoofed' <<END
tcp:lan:80 ok
END

lab_summary
