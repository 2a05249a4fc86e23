#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A workload that borrows the address of somebody else, with real packets: new connections, and packets that connection
# tracking takes for those of a connection that others have.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# ---- the lab: b may do anything, a nothing; x outside works together with a ---------------------------------------------

lab_begin spoof
lab_router
lab_workload a cali-a 10.70.0.1 fd70::1
lab_workload b cali-b 10.70.0.2 fd70::2
lab_workload x ext-x 203.0.113.1 2001:db8::1
rules=$LAB_DIR/rules
mkdir "$rules"
for name in a b; do
  printf '%s\n' --- 'apiVersion: projectcalico.org/v3' 'kind: WorkloadEndpoint' \
    "metadata: {name: $name, namespace: lab, labels: {app: $name}}" \
    "spec: {node: lab-1, interfaceName: cali-$name, ipNetworks: [${LAB_V4[$name]}/32, \"${LAB_V6[$name]}/128\"]," \
    '  profiles: [projectcalico-default-allow]}'
done >"$rules/policies.yaml"
cat >>"$rules/policies.yaml" <<END
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: quarantine}
spec: {selector: app == "a", types: [Ingress, Egress]}
END

# Counts what arrives at a port of x.
lab_exec x nft -f - <<END
table inet watch {
  counter port { }
  chain input { type filter hook input priority 10; policy accept; udp dport 5000 counter name port; }
}
END

# sends NAME ADDRESS#PORT X: whether a packet of NAME from that address arrives at port 5000 of x.
sends() {
  local before after
  before=$(lab_exec x nft list counter inet watch port | grep packets)
  lab_connect "$1" --retries 0 --from "$2" "udp:$3:5000" >/dev/null
  after=$(lab_exec x nft list counter inet watch port | grep packets)
  [[ $before = "$after" ]] && echo dropped || echo arrives
}

# take NAME ADDRESS: lets NAME use an address, whoever has it.
take() {
  if [[ $2 = *:* ]]; then
    ip -n "${LAB_NS[$1]}" addr add "$2/128" dev eth0 nodad
  else
    ip -n "${LAB_NS[$1]}" addr add "$2/32" dev eth0
  fi
}

LAB_TIMEOUT=200
take a "${LAB_V4[b]}"
take a "${LAB_V6[b]}"

# ---- the control: without polc all of it arrives -----------------------------------------------------------------------

check_eq 'without polc a borrowed address is good for anything' arrives \
  "$(sends a "${LAB_V4[b]}#9990" x)"
check_ok 'apply' lab_polc apply "$rules" --node lab-1

for family in 4 6; do
  declare -n address=LAB_V$family
  open='' close=''
  if [[ $family = 6 ]]; then
    open='[' close=']'
  fi
  x=$open${address[x]}$close b=$open${address[b]}$close
  check_eq "IPv$family: b reaches x" arrives "$(sends b "${address[b]}#9000" "$x")"
  check_eq "IPv$family: a does not" dropped "$(sends a "${address[a]}#9001" "$x")"
  check_eq "IPv$family: nor with the address of b" dropped "$(sends a "${address[b]}#9002" "$x")"

  # x opens a connection to b, or b one to x; what a sends fits into it.
  lab_connect x --retries 0 --from "${address[x]}#5000" "udp:$b:9003" >/dev/null
  check_eq "IPv$family: b answers x" arrives "$(sends b "${address[b]}#9003" "$x")"
  check_eq "IPv$family: a cannot answer for b" dropped "$(sends a "${address[b]}#9003" "$x")"
done

# ---- what the host and its workloads say to each other on the link --------------------------------------------------------

LAB_TIMEOUT=2000
take b 10.70.9.2
ip -n "$LAB_ROUTER" route add 10.70.9.2/32 dev cali-b
lab_serve b udp:7
check_eq 'an address that no endpoint has answers its host' 'udp:10.70.9.2:7 ok' \
  "$(lab_connect router udp:10.70.9.2:7)"
check_eq 'the link-local address of a workload answers its host' 'icmp:[fe80::ff:fe00:2%cali-b] ok' \
  "$(lab_connect router 'icmp:[fe80::ff:fe00:2%cali-b]')"

lab_summary
