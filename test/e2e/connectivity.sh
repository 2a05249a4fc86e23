#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# polc test --kernel: assertions against packets, on one host and between hosts, as root and as somebody else; what is
# asserted wrongly fails, and it is the packets that decide.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

lab_begin connectivity

# Two hosts; on the second two workloads are the ports of a bridge. web talks to the databases, the databases to each other.
mkdir "$LAB_DIR/in"
cat >"$LAB_DIR/in/endpoints.yaml" <<'END'
apiVersion: projectcalico.org/v3
kind: WorkloadEndpoint
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {node: n1, interfaceName: cali-web, ipNetworks: [10.81.0.1/32, "fd81::1/128"], profiles: [kns.shop]}
---
apiVersion: projectcalico.org/v3
kind: WorkloadEndpoint
metadata: {name: cron, namespace: shop, labels: {app: cron}}
spec: {node: n1, ipNetworks: [10.81.0.2/32, "fd81::2/128"], profiles: [kns.shop]}
---
apiVersion: projectcalico.org/v3
kind: WorkloadEndpoint
metadata: {name: db-1, namespace: shop, labels: {app: db}}
spec:
  node: n2
  interfaceName: br0
  ipNetworks: [10.82.0.1/32, "fd82::1/128"]
  profiles: [kns.shop]
  ports: [{name: postgres, protocol: TCP, port: 5432}]
---
apiVersion: projectcalico.org/v3
kind: WorkloadEndpoint
metadata: {name: db-2, namespace: shop, labels: {app: db}}
spec:
  node: n2
  interfaceName: br0
  ipNetworks: [10.82.0.2/32, "fd82::2/128"]
  profiles: [kns.shop]
  ports: [{name: postgres, protocol: TCP, port: 5432}]
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
END
cat >"$LAB_DIR/in/policies.yaml" <<'END'
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  selector: app == "web"
  types: [Ingress, Egress]
  ingress:
  - {action: Allow, protocol: TCP, destination: {ports: [443]}}
  - {action: Allow, protocol: ICMP, icmp: {type: 8}}
  - {action: Allow, protocol: ICMPv6, icmp: {type: 128}}
  egress:
  - {action: Allow, protocol: TCP, destination: {selector: app == "db", ports: [postgres]}}
---
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  selector: app == "db"
  types: [Ingress, Egress]
  ingress:
  - {action: Allow, protocol: TCP, source: {selector: 'app in {"web", "db"}'}, destination: {ports: [5432]}}
  - {action: Allow, protocol: SCTP, source: {selector: app == "db"}, destination: {ports: ["7000:7010"]}}
  - {action: Allow, protocol: 112, source: {selector: app == "db"}}
  egress:
  - {action: Allow, destination: {selector: app == "db"}}
---
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: cron, namespace: shop}
spec:
  selector: app == "cron"
  types: [Ingress, Egress]
  egress:
  - {action: Allow, protocol: UDP, destination: {nets: [192.0.2.0/24], ports: [123]}}
END
mkdir "$LAB_DIR/right" "$LAB_DIR/wrong"
cat >"$LAB_DIR/right/tests.yaml" <<'END'
apiVersion: polc.io/v1
kind: ConnectivityTest
metadata: {name: right}
spec:
  closed: true
  cases:
  - {from: shop/web, to: app == "db", protocol: TCP, port: postgres, expect: allow}
  - {from: shop/db*, to: shop/db*, protocol: TCP, port: postgres, expect: allow}
  - {from: shop/db*, to: shop/db*, protocol: SCTP, ports: ["7000:7010"], expect: allow}
  - {from: shop/db*, to: shop/db*, protocol: 112, expect: allow}
  - {from: pub, to: shop/web, protocol: TCP, port: 443, expect: allow}
  - {from: pub, to: shop/web, protocol: ICMP, icmp: {type: 8}, expect: allow}
  - {from: pub, to: shop/web, protocol: ICMPv6, icmp: {type: 128}, expect: allow}
  - {from: shop/cron, to: 192.0.2.123, protocol: UDP, port: 123, expect: allow}
  - {from: shop/cron, to: [192.0.2.123, pub, shop/web], protocol: TCP, expect: deny}
  - {from: shop/web, to: app == "db", protocol: UDP, expect: deny}
END
cat >"$LAB_DIR/wrong/tests.yaml" <<'END'
apiVersion: polc.io/v1
kind: ConnectivityTest
metadata: {name: wrong}
spec:
- {from: shop/web, to: shop/db-1, protocol: TCP, port: 5432, expect: allow}
- {from: shop/web, to: shop/db-1, protocol: TCP, port: 5432, expect: deny}
- {from: shop/cron, to: shop/db-1, protocol: TCP, port: 5432, expect: allow}
END

# Hosts: one by the name of its interface, one for all interfaces, one by its address and without connection tracking.
mkdir "$LAB_DIR/hosts"
cat >"$LAB_DIR/hosts/hosts.yaml" <<'END'
apiVersion: projectcalico.org/v3
kind: HostEndpoint
metadata: {name: n1-eth0, labels: {host: n1}}
spec: {node: n1, interfaceName: eth0, expectedIPs: [192.0.2.10, "2001:db8:2::10"]}
---
apiVersion: projectcalico.org/v3
kind: HostEndpoint
metadata: {name: n2-any, labels: {host: n2}}
spec: {node: n2, interfaceName: "*", expectedIPs: [192.0.2.20]}
---
apiVersion: projectcalico.org/v3
kind: HostEndpoint
metadata: {name: n3-ip, labels: {host: n3}}
spec: {node: n3, expectedIPs: [192.0.2.30]}
---
apiVersion: projectcalico.org/v3
kind: WorkloadEndpoint
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {node: n1, interfaceName: cali-web, ipNetworks: [10.81.0.1/32, "fd81::1/128"], profiles: [projectcalico-default-allow]}
---
apiVersion: projectcalico.org/v3
kind: WorkloadEndpoint
metadata: {name: db, namespace: shop, labels: {app: db}}
spec: {node: n2, interfaceName: cali-db, ipNetworks: [10.82.0.1/32, "fd82::1/128"], profiles: [projectcalico-default-allow]}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: hosts}
spec:
  selector: has(host)
  types: [Ingress, Egress]
  ingress:
  - {action: Allow, protocol: TCP, destination: {ports: [80]}}
  egress:
  - {action: Allow, protocol: TCP, destination: {ports: [443]}}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: forward}
spec:
  selector: host == "n1"
  applyOnForward: true
  order: 1
  types: [Ingress]
  ingress:
  - {action: Deny, protocol: UDP, destination: {ports: [99]}}
  - {action: Allow}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: raw}
spec:
  selector: host == "n3"
  doNotTrack: true
  applyOnForward: true
  types: [Ingress, Egress]
  ingress:
  - {action: Deny, protocol: TCP, destination: {ports: [81]}}
  - {action: Allow, protocol: UDP, destination: {ports: [53]}}
  egress:
  - {action: Allow, protocol: UDP, source: {ports: [53]}}
END
cat >"$LAB_DIR/hosts/tests.yaml" <<'END'
apiVersion: polc.io/v1
kind: ConnectivityTest
metadata: {name: hosts}
spec:
- {from: pub, to: [hep/n1-eth0, hep/n2-any, hep/n3-ip], protocol: TCP, port: 80, expect: allow}
- {description: a failsafe port, from: pub, to: [hep/n1-eth0, hep/n2-any, hep/n3-ip], protocol: TCP, port: 22, expect: allow}
- {from: pub, to: [hep/n2-any, hep/n3-ip], protocol: TCP, port: 443, expect: deny}
- {from: [hep/n1-eth0, hep/n2-any, hep/n3-ip], to: pub, protocol: TCP, port: 443, expect: allow}
- {from: [hep/n1-eth0, hep/n2-any, hep/n3-ip], to: pub, protocol: TCP, port: 80, expect: deny}
- {description: forwarded, from: [pub, shop/db], to: shop/web, protocol: UDP, port: 99, expect: deny}
- {from: [pub, shop/db], to: shop/web, protocol: UDP, port: 98, expect: allow}
- {description: untracked, from: pub, to: hep/n3-ip, protocol: UDP, port: 53, expect: allow}
- {from: pub, to: hep/n3-ip, protocol: UDP, port: 54, expect: deny}
- {from: shop/web, to: hep/n1-eth0, protocol: TCP, port: 443, expect: deny}
END

# What the machine has: links and tables, which no lab may change.
machine() {
  ip -o link
  nft list tables
}

# test_kernel DIRECTORY...: as root.
test_kernel() {
  timeout 300 "$POLC" test "$@" --kernel
}

before=$(machine)
check_ok 'what is right holds in the kernel' test_kernel "$LAB_DIR/in" "$LAB_DIR/right"
check_match 'every flow was sent' '^11 of 11 assertions hold; ([0-9]+) flows judged, ([0-9]+) packets sent' \
  "$(cat "$LAB_DIR/output")"
check_ok 'one node has its part' test_kernel "$LAB_DIR/in" "$LAB_DIR/right" --node n2
for sample in stars vote storefront quarantine hipstershop; do
  check_ok "policies/$sample, with its matrix" test_kernel "$LAB_ROOT/policies/$sample" \
    --matrix "$LAB_ROOT/policies/$sample/README.md"
done
check_ok 'policies/payment, by name' test_kernel "$LAB_ROOT/policies/payment"

check_ok 'hosts' test_kernel "$LAB_DIR/hosts"
names=$LAB_ROOT/test/golden/test-names
check_ok 'destinations by name' test_kernel "$names/in.yaml" "$names/good.yaml"
check_match 'by packets' '7 of 7 assertions hold; 15 flows judged, 15 packets sent' "$(cat "$LAB_DIR/output")"
check_ok 'and by their addresses' test_kernel "$names/in.yaml" "$names/good.yaml" --dns "$names/dns.txt"
check_status 'what is wrong does not hold' 1 test_kernel "$LAB_DIR/in" "$LAB_DIR/wrong" -o tap
check_eq 'of three cases two' 'ok 1, not ok 2, not ok 3' \
  "$(sed -nE 's/^((not )?ok [0-9]+) .*/\1/p' "$LAB_DIR/output" | paste -sd, | sed 's/,/, /g')"

# Only what the evaluator allows is expected to arrive; without rulesets everything does.
check_status 'without rulesets it is the packets that fail' 1 env POLC_TEST_NO_RULESET=1 timeout 300 "$POLC" test \
  "$LAB_DIR/in" "$LAB_DIR/right" --kernel
check_match 'and that is said' 'ARRIVED.*the kernel passed it, against polc.s own evaluation: DENY' \
  "$(cat "$LAB_DIR/output")"
check_match 'of every case that denies' '8 of 11 assertions hold' "$(cat "$LAB_DIR/output")"

# Somebody else, in a user namespace.
chmod 711 "$LAB_DIR"
cp "$POLC" "$LAB_DIR/polc"
chmod -R a+rX "$LAB_DIR/in" "$LAB_DIR/right" "$LAB_DIR/polc"
as_user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
if "${as_user[@]}" unshare -rn true 2>/dev/null; then
  check_ok 'without privilege' timeout 300 "${as_user[@]}" "$LAB_DIR/polc" test "$LAB_DIR/in" "$LAB_DIR/right" --kernel
else
  check_skip 'without privilege' 'this kernel lets users make no namespaces'
fi
check_status 'where no namespace is to be had' 3 timeout 60 unshare -Ur sh -c \
  'echo 0 >/proc/sys/user/max_net_namespaces && exec "$@"' sh "$POLC" test "$LAB_DIR/in" "$LAB_DIR/right" --kernel
check_match 'and why' '^polc: --kernel needs network namespaces of its own' "$(cat "$LAB_DIR/output")"
check_eq 'nothing of the machine was touched' "$before" "$(machine)"
lab_summary
