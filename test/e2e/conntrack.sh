#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What happens before policy, with real packets: packets that conntrack calls INVALID, service addresses that NAT turns
# into backends, and tunnels that a workload opens itself.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# ---- the lab: two workloads, and a service address that another table translates -----------------------------------------

endpoints() {
  local name
  for name in a b; do
    printf '%s\n' --- 'apiVersion: projectcalico.org/v3' 'kind: WorkloadEndpoint' \
      "metadata: {name: $name, namespace: lab, labels: {app: $name}}" \
      "spec: {node: lab-1, interfaceName: cali-$name, ipNetworks: [${LAB_V4[$name]}/32], profiles: [projectcalico-default-allow]}"
  done
}

object() { # KIND "NAME[, FIELD...]", then the lines of its spec
  printf '%s\n' --- 'apiVersion: projectcalico.org/v3' "kind: $1" "metadata: {name: $2}" spec:
}

# policies TITLE <<YAML: applies the endpoints and these.
policies() {
  title=$1
  { endpoints; cat; } >"$rules/policies.yaml"
  check_ok "$title: apply" lab_polc apply "$rules" --node lab-1
}

open_policy() {
  object GlobalNetworkPolicy open
  printf '  ingress: [{action: Allow}]\n  egress: [{action: Allow}]\n'
}

lab_begin conntrack
lab_router
lab_workload a cali-a 10.70.0.1 -
lab_workload b cali-b 10.70.0.2 -
lab_workload x ext-x 203.0.113.1 - # no endpoints
lab_workload y ext-y 203.0.113.2 -
lab_serve b tcp:80 tcp:8080 echo:7
lab_serve y echo:7
lab_serve router echo:7
rules=$LAB_DIR/rules
title=
mkdir "$rules"

# ---- INVALID: catalogue 107 ----------------------------------------------------------------------------------------------
# The connection begins before anything tracks it. With tcp_loose, conntrack takes its next packet for the first one of a
# connection; without, it calls it INVALID.

talk_untracked() { # FROM TO LOOSE DESCRIPTION WANTED <<POLICIES
  lab_polc delete --yes >/dev/null 2>&1 || true
  lab_talk_begin "$1" "tcp:$2:7"
  shift 2
  policies "$2"
  lab_sysctl router "netfilter/nf_conntrack_tcp_loose=$1"
  check_eq "$2" "$3" "$(lab_talk)"
  lab_talk_end
}

talk_untracked a b 1 'the middle of a connection, picked up' ok <<END
$(open_policy)
END
talk_untracked a b 0 'INVALID is dropped under allow-all' timeout <<END
$(open_policy)
END
talk_untracked a b 0 'INVALID passes when the check is turned off' ok <<END
$(object FelixConfiguration default)
  disableConntrackInvalidCheck: true
$(open_policy)
END
# Packets that concern no endpoint pass as with no table, whatever conntrack calls them.
for target in y router; do
  talk_untracked x "$target" 0 "INVALID from no endpoint to $target passes" ok <<END
$(object GlobalNetworkPolicy closed)
  types: [Ingress, Egress]
END
done
lab_sysctl router netfilter/nf_conntrack_tcp_loose=1

# ---- a service address: catalogue 83 ---------------------------------------------------------------------------------------

lab_nft -f - <<END
table ip services {
  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    ip daddr 10.96.0.1 tcp dport 80 dnat to ${LAB_V4[b]}:8080
  }
}
END
policies 'no policy' <<END
END
expect a "$title" <<END
tcp:10.96.0.1:80 ok
END
policies 'egress to service addresses matches no backend' <<END
$(object GlobalNetworkPolicy out)
  selector: app == "a"
  egress: [{action: Allow, destination: {nets: [10.96.0.0/12]}}]
END
expect a "$title" <<END
tcp:10.96.0.1:80 timeout
END
policies 'egress to the backend and its port does' <<END
$(object GlobalNetworkPolicy out)
  selector: app == "a"
  egress: [{action: Allow, protocol: TCP, destination: {nets: [${LAB_V4[b]}/32], ports: [8080]}}]
END
expect a "$title" <<END
tcp:10.96.0.1:80 ok
tcp:b:80 timeout
END

# ---- tunnels: catalogue 108 ------------------------------------------------------------------------------------------------

tunnel() { # NAME LOCAL REMOTE ADDRESS
  ip -n "${LAB_NS[$1]}" link add tunnel type ipip local "$2" remote "$3" 2>/dev/null &&
    ip -n "${LAB_NS[$1]}" addr add "$4" dev tunnel && ip -n "${LAB_NS[$1]}" link set tunnel up
}

lab_polc delete --yes >/dev/null
if tunnel a "${LAB_V4[a]}" "${LAB_V4[b]}" 10.71.0.1/24 && tunnel b "${LAB_V4[b]}" "${LAB_V4[a]}" 10.71.0.2/24; then
  expect a 'IPIP without polc' <<END
tcp:10.71.0.2:80 ok
END
  policies 'IPIP from a workload is dropped under allow-all' <<END
$(open_policy)
END
  expect a "$title" <<END
tcp:10.71.0.2:80 timeout
tcp:b:80 ok
END
else
  check_skip 'IPIP from a workload' 'this kernel has no IPIP tunnels'
fi

lab_summary
