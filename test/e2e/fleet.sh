#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Host endpoints that name no interface, with real packets: by an address that comes and goes, and made for the node by
# templates. What the kernel's interfaces are at the time of the apply decides what is governed.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# ---- the lab -----------------------------------------------------------------------------------------------------------
#   out 192.0.2.2 -- eth0 192.0.2.1 [router] 198.51.100.1 eth1 -- 198.51.100.2 inside

side() { # NAME IFACE V4-NET
  local name=$1 iface=$2 v4=$3
  lab_netns "$name"
  LAB_V4[$name]=$v4.2
  ip -n "$LAB_ROUTER" link add "$iface" type veth peer name eth0 netns "${LAB_NS[$name]}"
  ip -n "$LAB_ROUTER" addr add "$v4.1/24" dev "$iface"
  ip -n "$LAB_ROUTER" link set "$iface" up
  ip -n "${LAB_NS[$name]}" addr add "$v4.2/24" dev eth0
  ip -n "${LAB_NS[$name]}" link set eth0 up
}

lab_begin fleet
lab_router
side out eth0 192.0.2
side inside eth1 198.51.100
LAB_V4[host]=192.0.2.1 LAB_V4[host1]=198.51.100.1 LAB_V4[moving]=203.0.113.1
ip -n "${LAB_NS[out]}" route add 203.0.113.0/24 via 192.0.2.1
ip -n "${LAB_NS[inside]}" route add 203.0.113.0/24 via 198.51.100.1
lab_serve router tcp:80 tcp:81

policies=$LAB_DIR/policies.yaml
apply() { # DESCRIPTION OPTION..., YAML on stdin
  cat >"$policies"
  check_ok "$1: apply" lab_polc apply "$policies" --node lab-1 "${@:2}"
  output=$(cat "$LAB_DIR/output")
  check_ok "$1: diff finds nothing" lab_polc diff "$policies" --node lab-1
}

# ---- by address --------------------------------------------------------------------------------------------------------

by_address() {
  cat <<'END'
apiVersion: projectcalico.org/v3
kind: HostEndpoint
metadata: {name: service}
spec: {node: lab-1, expectedIPs: [203.0.113.1]}
END
}

apply 'an address that is nowhere' < <(by_address)
check_match 'an address that is nowhere: said' 'W042.*governs nothing: no interface of lab-1' "$output"
expect out 'an address that is nowhere: nothing is policed' <<END
tcp:host:80 ok
END

ip -n "$LAB_ROUTER" addr add 203.0.113.1/32 dev eth0
apply 'the address is on eth0' < <(by_address)
check_match 'the address is on eth0: no warning' '^applied' "$output"
expect out 'the address is on eth0: all of eth0 is governed' <<END
tcp:host:80 timeout
tcp:moving:80 timeout
END
expect inside 'the address is on eth0: eth1 is not' <<END
tcp:host1:80 ok
tcp:moving:80 ok
END

ip -n "$LAB_ROUTER" addr del 203.0.113.1/32 dev eth0
ip -n "$LAB_ROUTER" addr add 203.0.113.1/32 dev eth1
apply 'the address moved to eth1' < <(by_address)
expect out 'the address moved to eth1: eth0 is free' <<END
tcp:host:80 ok
END
expect inside 'the address moved to eth1: it is governed' <<END
tcp:host1:80 timeout
END

# ---- for a fleet ---------------------------------------------------------------------------------------------------------

templates() { # the content of hostEndpoint, then a policy that selects by a label
  cat <<END
apiVersion: projectcalico.org/v3
kind: KubeControllersConfiguration
metadata: {name: default}
spec: {controllers: {node: {hostEndpoint: {$1}}}}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: web}
spec:
  selector: $2
  ingress:
  - {action: Allow, protocol: TCP, destination: {ports: [80]}}
END
}

apply 'a template by name' < <(templates \
  'autoCreate: Enabled, createDefaultHostEndpoint: Disabled, templates: [{generateName: t, interfacePattern: "1$", labels: {zone: inside}}]' \
  'zone == "inside"')
expect inside 'a template by name' <<END
tcp:host1:80 ok
tcp:host1:81 timeout
END
expect out 'a template by name: the other interface is not governed' <<END
tcp:host:81 ok
END

check_eq 'it is named as Calico names it, and --interfaces reads standard input' hep/lab-1-t-eth1-auto-hep \
  "$(lab_exec router ip -j addr | lab_polc get hep "$policies" --node lab-1 --interfaces - -o name)"

apply 'a template by address' --force=S005 < <(templates \
  'autoCreate: Enabled, createDefaultHostEndpoint: Disabled, templates: [{generateName: t, interfaceCIDRs: [192.0.2.0/24]}]' \
  'kubernetes.io/hostname == "lab-1"')
expect out 'a template by address' <<END
tcp:host:80 ok
tcp:host:81 timeout
END
expect inside 'a template by address: the other interface is not governed' <<END
tcp:host1:81 ok
END

apply 'the default one' < <(templates 'autoCreate: Enabled' 'has(projectcalico.org/created-by)')
expect out 'the default one' <<END
tcp:host:80 ok
tcp:host:81 timeout
END
expect inside 'the default one: on every interface' <<END
tcp:host1:80 ok
tcp:host1:81 timeout
END
expect router 'the default one: its profile leaves egress open' <<END
tcp:host:81 ok
END

apply 'disabled' --force=S005 < <(templates 'autoCreate: Disabled' 'all()')
expect out 'disabled: nothing is governed' <<END
tcp:host:81 ok
END

lab_summary
