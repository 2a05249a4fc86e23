#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Host endpoints, with real packets: a host with two interfaces, a forwarding path between them, a workload, and a NAT
# rule of its own in another table. Each kind of policy (normal, applyOnForward, preDNAT, doNotTrack), their precedence,
# failsafe ports, "*", and what is never policed. After each apply, diff must find nothing.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# ---- the lab -----------------------------------------------------------------------------------------------------------
#   out 192.0.2.2 -- eth0 192.0.2.1 [router] 198.51.100.1 eth1 -- 198.51.100.2 inside
#                                     cali-w -- 10.70.0.1 w, cali-v -- 10.70.0.2 v

# side NAME IFACE V4-NET V6-NET: a namespace behind an interface; the router is .1, the other end .2. Neighbours are found
# by ARP and neighbour discovery, which no policy may cut.
side() {
  local name=$1 iface=$2 v4=$3 v6=$4
  lab_netns "$name"
  LAB_V4[$name]=$v4.2 LAB_V6[$name]=${v6}2
  ip -n "$LAB_ROUTER" link add "$iface" type veth peer name eth0 netns "${LAB_NS[$name]}"
  ip -n "$LAB_ROUTER" -batch - <<END
addr add $v4.1/24 dev $iface
addr add ${v6}1/64 dev $iface nodad
link set $iface up
END
  ip -n "${LAB_NS[$name]}" -batch - <<END
addr add $v4.2/24 dev eth0
addr add ${v6}2/64 dev eth0 nodad
link set eth0 up
route add default via $v4.1
route add default via ${v6}1
END
  # A lost solicitation is asked again before a connection counts as dropped.
  lab_sysctl router "ipv6/neigh/$iface/retrans_time_ms=100" "ipv4/neigh/$iface/retrans_time_ms=100"
  lab_sysctl "$name" ipv6/neigh/eth0/retrans_time_ms=100 ipv4/neigh/eth0/retrans_time_ms=100
}

make_lab() {
  local name
  lab_router
  side out eth0 192.0.2 2001:db8:a::
  side inside eth1 198.51.100 2001:db8:b::
  lab_workload w cali-w 10.70.0.1 fd70::1
  lab_workload v cali-v 10.70.0.2 fd70::2
  LAB_V4[host]=192.0.2.1 LAB_V6[host]=2001:db8:a::1
  LAB_V4[host1]=198.51.100.1 LAB_V6[host1]=2001:db8:b::1
  for name in out inside w v router; do
    lab_serve "$name" tcp:22 tcp:80 tcp:81 tcp:8081 udp:53 udp:67 udp:81
  done
  # What a container engine would have: published ports, and a service address that the host itself uses.
  lab_nft -f - <<END
table ip publish {
  chain in {
    type nat hook prerouting priority dstnat; policy accept;
    ip daddr 192.0.2.1 tcp dport 8080 dnat to 198.51.100.2:80
    ip daddr 192.0.2.1 tcp dport 8082 dnat to 10.70.0.1:80
  }
  chain out {
    type nat hook output priority -100; policy accept;
    ip daddr 192.0.2.99 tcp dport 80 dnat to 198.51.100.2:80
  }
}
END
}

# forget_neighbours: so that the next connection needs neighbour discovery in both directions.
forget_neighbours() {
  ip -n "$LAB_ROUTER" neigh flush dev eth0 >/dev/null 2>&1 || true
  ip -n "${LAB_NS[out]}" neigh flush dev eth0 >/dev/null 2>&1 || true
}

# ---- writing and applying ----------------------------------------------------------------------------------------------

object() { # KIND "NAME[, FIELD...]", then the lines of its spec
  printf '%s\n' --- 'apiVersion: projectcalico.org/v3' "kind: $1" "metadata: {name: $2}" spec:
}
gnp() { object GlobalNetworkPolicy "$1"; }
hep() { # NAME INTERFACE EXTRA-LINE...
  object HostEndpoint "$1, labels: {role: host, if: $1}"
  printf '  node: lab-1\n  interfaceName: "%s"\n' "$2"
  printf '  %s\n' "${@:3}"
}
settings() {
  object FelixConfiguration default
  printf '  %s\n' "$@"
}
workloads() {
  local name
  for name in w v; do
    printf '%s\n' --- 'apiVersion: projectcalico.org/v3' 'kind: WorkloadEndpoint' \
      "metadata: {name: $name, namespace: lab, labels: {app: $name}}" \
      'spec:' '  node: lab-1' "  interfaceName: cali-$name" '  profiles: [projectcalico-default-allow]' \
      "  ipNetworks: [${LAB_V4[$name]}/32, \"${LAB_V6[$name]}/128\"]"
  done
}

# policies TITLE <<YAML: applies the workloads and these.
policies() {
  title=$1
  { workloads; cat; } >"$rules/policies.yaml"
  # What a host endpoint governed, the next rules often leave alone.
  check_ok "$title: apply" lab_polc apply "$rules" --node lab-1 --force=S005
  check_ok "$title: diff finds nothing" lab_polc diff "$rules" --node lab-1
}

lab_begin host
make_lab
rules=$LAB_DIR/rules
title=
mkdir "$rules"

open_paths() { # DESCRIPTION: everything that the lab can do
  expect out "$1" <<END
tcp:host:22 ok
tcp:host:80 ok
tcp:[host]:80 ok
udp:host:81 ok
icmp:host ok
tcp:inside:80 ok
tcp:[inside]:80 ok
tcp:host:8080 ok
tcp:host:8082 ok
tcp:w:80 ok
END
  expect router "$1" <<END
tcp:out:80 ok
tcp:[out]:80 ok
tcp:inside:80 ok
tcp:192.0.2.99:80 ok
tcp:127.0.0.1:80 ok
tcp:host:81 ok
tcp:w:80 ok
END
  expect w "$1" <<END
tcp:v:80 ok
tcp:out:80 ok
END
}

open_paths 'before polc'
policies 'no host endpoint' <<END
END
open_paths 'no host endpoint'

# ---- a host endpoint alone -------------------------------------------------------------------------------------------

# catalogue 116
policies 'no policy, no profile' <<END
$(hep eth0 eth0)
END
forget_neighbours
expect out "$title: only failsafe ports, forwarded traffic is free" <<END
tcp:host:22 ok
tcp:[host]:22 ok
tcp:host:80 timeout
tcp:[host]:80 timeout
udp:host:81 timeout
icmp:host timeout
tcp:inside:80 ok
tcp:[inside]:80 ok
tcp:host:8080 ok
tcp:w:80 ok
END
forget_neighbours
expect router "$title: out, with neighbour discovery, only failsafe ports" <<END
tcp:[out]:80 timeout
tcp:out:80 timeout
udp:out:53 ok
udp:[out]:53 ok
udp:out:67 ok
udp:out:81 timeout
tcp:inside:80 ok
tcp:127.0.0.1:80 ok
tcp:host:81 ok
tcp:w:80 ok
tcp:192.0.2.99:80 ok
END
expect inside "$title: another interface is left alone" <<END
tcp:host1:80 ok
icmp:host1 ok
tcp:[host1]:81 ok
tcp:out:80 ok
END

# catalogue 117
policies 'the default profile allows everything' <<END
$(hep eth0 eth0 'profiles: [projectcalico-default-allow]')
END
open_paths "$title"

# ---- normal policy -----------------------------------------------------------------------------------------------------

policies 'normal policy' <<END
$(hep eth0 eth0)
$(gnp web)
  selector: role == "host"
  types: [Ingress, Egress]
  ingress:
  - {action: Allow, protocol: TCP, destination: {ports: [80]}}
  - {action: Allow, protocol: ICMP}
  egress:
  - {action: Allow, protocol: TCP, destination: {ports: [81]}}
END
expect out "$title: in" <<END
tcp:host:22 ok
tcp:host:80 ok
tcp:[host]:80 ok
tcp:host:81 timeout
udp:host:81 timeout
icmp:host ok
icmp:[host] timeout
tcp:inside:81 ok
tcp:host:8080 ok
tcp:w:81 ok
END
expect router "$title: out" <<END
tcp:out:81 ok
tcp:[out]:81 ok
tcp:out:80 timeout
tcp:inside:80 ok
END

policies 'host endpoint found by its address' <<END
$(object HostEndpoint 'by-address, labels: {role: host}')
  node: lab-1
  expectedIPs: [198.51.100.1, "2001:db8:b::1"]
$(gnp web)
  selector: role == "host"
  ingress: [{action: Allow, protocol: TCP, destination: {ports: [80]}}]
END
expect inside "$title" <<END
tcp:host1:80 ok
tcp:host1:81 timeout
tcp:[host1]:81 timeout
END
expect out "$title: not on the other interface" <<END
tcp:host:81 ok
END

# catalogue 134
policies 'what NAT sends elsewhere is judged by its final interface' <<END
$(hep eth1 eth1)
$(gnp out)
  selector: if == "eth1"
  types: [Egress]
  egress: [{action: Deny, protocol: TCP, destination: {ports: [80], nets: [198.51.100.2/32]}}, {action: Allow}]
END
expect router "$title" <<END
tcp:192.0.2.99:80 timeout
tcp:inside:80 timeout
tcp:inside:81 ok
tcp:out:80 ok
END
policies 'and not by that of its first destination' <<END
$(hep eth0 eth0)
$(gnp out)
  selector: if == "eth0"
  types: [Egress]
  egress: [{action: Deny}]
END
expect router "$title" <<END
tcp:192.0.2.99:80 ok
tcp:out:80 timeout
END
policies 'the same with Reject' <<END
$(settings 'nftablesFilterDenyAction: Reject')
$(hep eth1 eth1)
$(gnp out)
  selector: if == "eth1"
  types: [Egress]
  egress: [{action: Deny, destination: {nets: [198.51.100.2/32]}}, {action: Allow}]
END
LAB_TIMEOUT=1500 expect router "$title" <<END
tcp:192.0.2.99:80 timeout
tcp:inside:80 refused
END

# ---- failsafe ports ----------------------------------------------------------------------------------------------------

policies 'own list of failsafe ports' <<END
$(settings 'failsafeInboundHostPorts:' '- {protocol: tcp, port: 80, net: 192.0.2.0/24}' '- {protocol: TCP, port: 81, net: 198.51.100.0/24}' \
  '- {protocol: UDP, port: 81}' 'failsafeOutboundHostPorts: []')
$(hep eth0 eth0)
END
expect out "$title" <<END
tcp:host:80 ok
tcp:[host]:80 timeout
tcp:host:81 timeout
tcp:host:22 timeout
udp:host:81 ok
udp:[host]:81 ok
END
expect router "$title" <<END
udp:out:53 timeout
END

# ---- applyOnForward ----------------------------------------------------------------------------------------------------

# catalogue 130
policies 'applyOnForward, in' <<END
$(hep eth0 eth0 'profiles: [projectcalico-default-allow]')
$(gnp transit)
  selector: role == "host"
  applyOnForward: true
  types: [Ingress]
  ingress:
  - {action: Allow, protocol: TCP, destination: {ports: [80]}}
END
expect out "$title: judges what is forwarded, behind NAT, and what is for the host" <<END
tcp:inside:80 ok
tcp:[inside]:80 ok
tcp:inside:81 timeout
tcp:inside:22 timeout
tcp:host:8080 ok
tcp:w:80 ok
tcp:w:81 timeout
tcp:host:80 ok
tcp:host:81 timeout
tcp:host:22 ok
END
expect inside "$title: not the way out" <<END
tcp:out:81 ok
tcp:out:22 ok
END

policies 'applyOnForward, out' <<END
$(hep eth0 eth0)
$(gnp transit)
  selector: role == "host"
  applyOnForward: true
  types: [Egress]
  egress:
  - {action: Allow, protocol: TCP, destination: {ports: [81]}}
END
expect inside "$title" <<END
tcp:out:81 ok
tcp:out:80 timeout
tcp:[out]:81 ok
tcp:[out]:80 timeout
tcp:w:80 ok
END
expect w "$title: after the workload's own policy" <<END
tcp:out:81 ok
tcp:out:80 timeout
tcp:inside:80 ok
END
expect out "$title: not the way in" <<END
tcp:inside:80 ok
END

policies 'applyOnForward with only Pass falls off the end' <<END
$(hep eth0 eth0)
$(gnp transit)
  selector: role == "host"
  applyOnForward: true
  ingress: [{action: Pass}]
END
expect out "$title" <<END
tcp:inside:80 ok
tcp:w:81 ok
tcp:host:80 timeout
END

policies 'a policy of the workload stays' <<END
$(hep eth0 eth0)
$(gnp transit)
  selector: role == "host"
  applyOnForward: true
  ingress: [{action: Allow}]
$(gnp w)
  selector: app == "w"
  ingress: [{action: Allow, protocol: TCP, destination: {ports: [81]}}]
END
expect out "$title" <<END
tcp:w:81 ok
tcp:w:80 timeout
tcp:host:8082 timeout
END

# ---- preDNAT -----------------------------------------------------------------------------------------------------------

# catalogue 125, 126, 128
policies 'preDNAT sees the published port' <<END
$(hep eth0 eth0)
$(gnp published)
  selector: role == "host"
  preDNAT: true
  applyOnForward: true
  ingress:
  - {action: Deny, protocol: TCP, destination: {ports: [8080]}}
  - {action: Allow, protocol: TCP, destination: {ports: [80, 8082]}}
END
expect out "$title; Allow goes past normal policy, no match goes on, the failsafe port is open" <<END
tcp:host:8080 timeout
tcp:host:8082 ok
tcp:host:80 ok
tcp:[host]:80 ok
tcp:host:81 timeout
tcp:host:22 ok
tcp:inside:80 ok
tcp:inside:81 ok
END

# catalogue 124, 127
policies 'preDNAT Allow goes past forward policy in, not out, not the workload'"'"'s' <<END
$(hep eth0 eth0)
$(hep eth1 eth1)
$(gnp published)
  order: 1
  selector: if == "eth0"
  preDNAT: true
  applyOnForward: true
  ingress:
  - {action: Allow, protocol: TCP, destination: {ports: [80, 81, 8080, 8082]}}
$(gnp in)
  selector: if == "eth0"
  applyOnForward: true
  ingress: [{action: Deny}]
$(gnp out)
  selector: if == "eth1"
  applyOnForward: true
  types: [Egress]
  egress: [{action: Deny, protocol: TCP, destination: {ports: [81]}}, {action: Allow}]
$(gnp w)
  selector: app == "w"
  ingress: [{action: Deny}]
END
expect out "$title" <<END
tcp:host:8080 ok
tcp:inside:80 ok
tcp:inside:81 timeout
tcp:inside:8081 timeout
tcp:host:8082 timeout
tcp:w:80 timeout
tcp:v:80 ok
END

# A mark that somebody else has set must not stand for an Allow of polc.
lab_nft -f - <<END
table inet stranger {
  chain stamp {
    type filter hook prerouting priority -400; policy accept;
    meta mark set 0xffffffff
  }
}
END
expect out "$title: somebody else's mark is no Allow" <<END
tcp:host:81 ok
udp:host:81 timeout
tcp:inside:8081 timeout
END
lab_nft delete table inet stranger

# ---- doNotTrack ----------------------------------------------------------------------------------------------------------

untracked() {
  gnp untracked
  cat <<END
  selector: role == "host"
  doNotTrack: true
  applyOnForward: true
  types: [Ingress, Egress]
  ingress:
  - {action: Deny, protocol: TCP, destination: {ports: [81]}}
  - {action: Allow, protocol: TCP, destination: {ports: [80]}}
  - {action: Allow, protocol: UDP, destination: {ports: [81]}}
  egress:
  - {action: Allow, protocol: TCP, source: {ports: [80]}}
END
}
# The connections from out to the host's port 80 that are tracked, one a line.
tracked() {
  lab_exec router cat /proc/net/nf_conntrack | grep -o 'src=192.0.2.2 dst=192.0.2.1 sport=[0-9]* dport=80 ' | sort
}

# catalogue 129
policies 'doNotTrack' <<END
$(hep eth0 eth0)
$(untracked)
END
before=$(tracked)
expect out "$title: allowed both ways, or only one way" <<END
tcp:host:80 ok
tcp:[host]:80 ok
tcp:host:81 timeout
udp:host:81 timeout
tcp:host:22 ok
tcp:host:8081 timeout
END
check_eq "$title: no connection is tracked for what it allows" '' "$(comm -13 <(echo "$before") <(tracked))"
expect router "$title: replies to failsafe connections out" <<END
udp:out:53 ok
END

policies 'doNotTrack Deny is final' <<END
$(hep eth0 eth0 'profiles: [projectcalico-default-allow]')
$(untracked)
END
expect out "$title; no match goes on to the profile" <<END
tcp:host:81 timeout
tcp:inside:81 timeout
tcp:host:8081 ok
udp:host:53 ok
END

# ---- "*" ---------------------------------------------------------------------------------------------------------------

policies 'every interface' <<END
$(hep all '*')
$(gnp web)
  selector: role == "host"
  types: [Ingress, Egress]
  ingress: [{action: Allow, protocol: TCP, destination: {ports: [80]}}]
  egress: [{action: Allow, protocol: TCP, destination: {ports: [81]}}]
END
expect out "$title" <<END
tcp:host:80 ok
tcp:host:81 timeout
tcp:inside:81 ok
tcp:w:81 ok
END
expect inside "$title" <<END
tcp:host1:80 ok
tcp:host1:81 timeout
END
expect router "$title: not loopback, not to its own workloads" <<END
tcp:out:81 ok
tcp:out:80 timeout
tcp:127.0.0.1:81 ok
tcp:[::1]:81 ok
tcp:host:81 ok
tcp:w:80 ok
tcp:[w]:80 ok
END
expect w "$title: from a workload, its own policy and defaultEndpointToHostAction" <<END
tcp:router:80 timeout
tcp:v:81 ok
tcp:out:80 ok
END

# catalogue 120
policies 'an interface with its own host endpoint does not fall to "*"' <<END
$(hep all '*')
$(hep eth1 eth1 'profiles: [projectcalico-default-allow]')
$(gnp web)
  selector: if == "all"
  ingress: [{action: Allow, protocol: TCP, destination: {ports: [80]}}]
END
expect out "$title" <<END
tcp:host:80 ok
tcp:host:81 timeout
END
expect inside "$title" <<END
tcp:host1:81 ok
END

# catalogue 122
policies 'applyOnForward on "*" judges workloads too' <<END
$(hep all '*' 'profiles: [projectcalico-default-allow]')
$(gnp transit)
  selector: role == "host"
  applyOnForward: true
  types: [Ingress, Egress]
  ingress: [{action: Allow, protocol: TCP, destination: {ports: [80, 81]}}]
  egress: [{action: Allow, protocol: TCP, destination: {ports: [80, 8081]}}]
END
expect w "$title" <<END
tcp:v:80 ok
tcp:v:81 timeout
tcp:v:8081 timeout
tcp:out:80 ok
tcp:out:81 timeout
END
expect router "$title: not what the host sends to its workloads" <<END
tcp:w:81 ok
END

# catalogue 123
policies 'preDNAT on "*" judges what workloads send' <<END
$(settings 'defaultEndpointToHostAction: Accept')
$(hep all '*')
$(gnp published)
  selector: role == "host"
  preDNAT: true
  applyOnForward: true
  ingress: [{action: Deny, protocol: TCP, destination: {ports: [81]}}]
END
expect w "$title" <<END
tcp:v:80 ok
tcp:v:81 timeout
tcp:router:80 ok
tcp:router:81 timeout
END

policies 'everything taken away again' <<END
END
open_paths "$title"
check_eq 'the base chains of host endpoints are gone' '' "$(lab_nft list table inet polc | grep 'chain host-' || true)"

lab_summary
