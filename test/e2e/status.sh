#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# polc status: what governs each interface of the host, which ports other tables publish and what polices them, and who
# else stands on polc's hooks.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

lab_begin status
lab_router
policies=$LAB_DIR/policies.yaml
cat >"$policies" <<'EOF'
apiVersion: projectcalico.org/v3
kind: HostEndpoint
metadata: {name: lan, labels: {host: lan}}
spec: {node: n1, interfaceName: lan}
---
apiVersion: projectcalico.org/v3
kind: HostEndpoint
metadata: {name: wan, labels: {host: wan}}
spec: {node: n1, interfaceName: wan}
---
apiVersion: projectcalico.org/v3
kind: WorkloadEndpoint
metadata: {name: w, namespace: a, labels: {app: w}}
spec: {node: n1, interfaceName: cali1, ipNetworks: [10.0.0.1/32]}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: published}
spec:
  selector: host == "lan"
  preDNAT: true
  applyOnForward: true
  ingress: [{action: Deny, protocol: TCP, destination: {ports: [8080]}}]
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: forwarded}
spec:
  selector: host == "wan"
  applyOnForward: true
  ingress: [{action: Allow, protocol: TCP, destination: {ports: [443]}}]
EOF
ip -n "$LAB_ROUTER" -batch - <<'EOF'
link add lan type bridge
link add wan type bridge
link add spare type bridge
link add cali1 type veth peer name cali7
link add port0 type veth peer name port1
link set port0 master spare
link set port1 master spare
addr add 192.0.2.1/24 dev lan
EOF
lab_nft -f - <<'EOF'
table ip nat {
  chain PREROUTING {
    type nat hook prerouting priority -100
    tcp dport 8080 dnat to 172.17.0.2:80
    tcp dport 8443 dnat to 172.17.0.2:443
    ip daddr 192.0.2.1 udp dport 53 dnat to 172.17.0.3
  }
}
table inet fw {
  chain forward {
    type filter hook forward priority 10; policy drop
  }
  chain in {
    type filter hook input priority -5
  }
}
table bridge other {
  chain forward {
    type filter hook forward priority 0
  }
}
EOF

# part HEADING: the lines of one part of the status.
part() {
  awk -v heading="$1" '/^[^ ]/ { on = $1 == heading } on' "$LAB_DIR/output"
}

# query EXPRESSION: of the status as JSON; `s` is the document.
query() {
  python3 -c "import json, sys; s = json.load(open(sys.argv[1])); print($1)" "$LAB_DIR/status.json"
}

check_status 'before the first apply' 1 lab_polc status
check_match 'nothing is policed' 'no table inet polc: polc polices nothing on this host' "$(cat "$LAB_DIR/output")"
check_ok 'apply' lab_polc apply "$policies" --node n1
check_status 'status' 0 lab_polc status

check_match 'when it was loaded, and by whom' '^loaded +20[0-9]{2}-[0-9-]+ [0-9:]+ by [^ ]+, applied$' \
  "$(part loaded)"
check_eq 'what governs each interface' "interfaces  cali1  wep/a/w
            cali7  no endpoint: named like a workload's, so that what it sends is dropped
            lan    hep/lan
            spare  NOTHING: not policed
            wan    hep/wan" "$(part interfaces)"
check_eq 'published ports, and what polices them' \
  'published   tcp/8080 -> 172.17.0.2:80     (table ip nat, chain PREROUTING)
              from lan: policed by gnp/published of hep/lan
              from spare: NOTHING polices it
              from wan: policed by end of tier default of hep/wan
            tcp/8443 -> 172.17.0.2:443     (table ip nat, chain PREROUTING)
              from lan: NO POLICY of hep/lan sees it
              from spare: NOTHING polices it
              from wan: policed by gnp/forwarded of hep/wan
            udp/53 of 192.0.2.1 -> 172.17.0.3     (table ip nat, chain PREROUTING)
              from lan: NO POLICY of hep/lan sees it' "$(part published)"
check_eq 'who else is on the same hooks' "hooks       prerouting    -150  polc's host-prednat
                          -100  table ip nat, chain PREROUTING (nat)
            input           -5  table inet fw, chain in
                             0  polc's input
            forward         -1  polc's host-forward-in
                             0  polc's forward
                            10  table inet fw, chain forward, drops what it does not accept" "$(part hooks)"

lab_polc status -o json >"$LAB_DIR/status.json"
if command -v python3 >/dev/null; then
  check_eq 'JSON: interfaces' "['spare']" \
    "$(query '[i["interface"] for i in s["interfaces"] if i["governed_by"] == "nothing"]')"
  check_eq 'JSON: ports of a bridge' "['spare', 'spare']" \
    "$(query '[i["name"] for i in s["interfaces"] if i["governed_by"] == "master"]')"
  check_eq 'JSON: a chain behind polc' "['after']" \
    "$(query '[c["polc"] for c in s["other_base_chains"] if c["family"] == "inet" and c["hook"] == "forward"]')"
  check_eq 'JSON: a chain of another family' '[None]' \
    "$(query '[c["polc"] for c in s["other_base_chains"] if c["family"] == "bridge"]')"
  check_eq 'JSON: what polices a port' "['gnp/published', None, 'end of tier default']" \
    "$(query '[f["policy"] for f in s["published"][0]["from"]]')"
else
  check_skip 'status as JSON' 'needs python3'
fi

# An interface that came after the apply is nobody's; one that is gone is not listed.
ip -n "$LAB_ROUTER" link add new0 type bridge
ip -n "$LAB_ROUTER" link del cali1
check_status 'status after interfaces came and went' 0 lab_polc status
check_eq 'what governs them' 'interfaces  lan    hep/lan
            new0   NOTHING: not policed
            spare  NOTHING: not policed
            wan    hep/wan' "$(part interfaces)"
lab_summary
