#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Policies of Kubernetes and services, with real packets: for each policy the whole truth table of a small cluster, every
# pair of pods and outside addresses on every port over IPv4 and IPv6, against what the Kubernetes API promises. The
# NetworkPolicies are those that its documentation explains.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# ---- the cluster: pods of namespaces x, y and z, and two addresses outside ---------------------------------------------

PORTS=(tcp:80 tcp:81 tcp:8080 udp:80)

pod() { # NAMESPACE/NAME LABELS V4 V6 PORTS [INTERFACE]
  cat <<END
- apiVersion: v1
  kind: Pod
  metadata:
    name: ${1#*/}
    namespace: ${1%/*}
    labels: {$2}
    annotations: {${6:+polc.io/interface: $6}}
    creationTimestamp: "2026-11-01T10:00:00Z"
    managedFields: [{manager: kubelet, operation: Update, fieldsType: FieldsV1, fieldsV1: {"f:status": {}}}]
  spec: {nodeName: lab-1, containers: [{name: c, image: pause, ports: [$5]}]}
  status: {phase: Running, podIP: $3, podIPs: [{ip: $3}, {ip: "$4"}]}
END
}

namespace() { # NAME LABELS
  printf '%s\n' '- apiVersion: v1' '  kind: Namespace' "  metadata: {name: $1, labels: {$2}}" '  status: {phase: Active}'
}

cluster() {
  printf '%s\n' 'apiVersion: v1' 'kind: List' 'metadata: {resourceVersion: ""}' 'items:'
  namespace x 'team: x'
  namespace y 'team: y, project: myproject'
  namespace z 'team: z'
  pod x/a 'app: a, role: frontend' 10.80.1.1 fd80:1::1 '{name: http, containerPort: 80}' cali-x-a
  pod x/b 'app: b, role: db' 10.80.1.2 fd80:1::2 '{name: http, containerPort: 8080}, {name: query, containerPort: 80, protocol: UDP}' cali-x-b
  pod y/a 'app: a, role: frontend' 10.80.2.1 fd80:2::1 '{name: http, containerPort: 81}' cali-y-a
  pod y/b 'app: b' 10.80.2.2 fd80:2::2 ''
  pod z/a 'app: a' 10.80.3.1 fd80:3::1 ''
}

# y/b is known by its address alone, z/a by the name that Calico gives its device.
make_lab() {
  local name hash
  hash=$(printf z.a | sha1sum)
  lab_router
  lab_workload x/a cali-x-a 10.80.1.1 fd80:1::1
  lab_workload x/b cali-x-b 10.80.1.2 fd80:1::2
  lab_workload y/a cali-y-a 10.80.2.1 fd80:2::1
  lab_workload y/b veth-y-b 10.80.2.2 fd80:2::2
  lab_workload z/a "cali${hash:0:11}" 10.80.3.1 fd80:3::1
  lab_workload out/1 ext-1 203.0.113.1 2001:db8:1::1
  lab_workload out/2 ext-2 203.0.113.130 2001:db8:2::1
  LAB_ENDPOINTS=(x/a x/b y/a y/b z/a out/1 out/2)
  for name in "${LAB_ENDPOINTS[@]}"; do
    lab_serve "$name" "${PORTS[@]}"
  done
}

# ---- the truth table ---------------------------------------------------------------------------------------------------

# verdict SOURCE DESTINATION PORT FAMILY: sets REPLY by the lines of $wanted, "allow|deny SOURCE DESTINATION PORT [FAMILY]"
# with patterns; the last line that fits counts, and what none fits is allowed.
verdict() {
  local line action source destination port family
  REPLY=ok
  for line in "${wanted[@]}"; do
    read -r action source destination port family <<<"$line"
    # shellcheck disable=SC2053 # these are patterns
    if [[ $1 == $source && $2 == $destination && $3 == $port && $4 == ${family:-*} ]]; then
      REPLY=$([[ $action = allow ]] && echo ok || echo timeout)
    fi
  done
}

# policies TITLE <<YAML: applies the cluster and these.
policies() {
  title=$1
  cat >"$input/policies.yaml"
  check_ok "$title: apply" lab_polc apply "$input" --node lab-1
  check_ok "$title: diff finds nothing" lab_polc diff "$input" --node lab-1
}

# flows 4|6 <matrix: each connection as a flow, for trace.
flows() {
  local source destination port result addresses=LAB_V$1
  while read -r source destination port result; do
    printf '{"source_ip": "%s", "dest_ip": "%s", "proto": "%s", "source_port": 40000, "dest_port": %s}\n' \
      "$(address_of "$source" "$addresses")" "$(address_of "$destination" "$addresses")" "${port%:*}" "${port#*:}"
  done
}

address_of() {
  local -n of=$2
  echo "${of[$1]}"
}

# evaluated 4|6 <matrix: what trace says of each connection, in the words of the probe.
evaluated() {
  flows "$1" | "$POLC" trace "$input" --node lab-1 --flows - -o json 2>/dev/null |
    sed -E 's/^\{"action": *"allow".*/ok/; s/^\{"action": *"deny".*/timeout/'
}

# table <<lines: compares every connection with what the lines say, and with what trace says.
table() {
  local wanted family matrix source destination port result wrong count
  mapfile -t wanted < <(grep -v '^ *#')
  for family in 4 6; do
    wrong='' count=0
    matrix=$(lab_probe_matrix "$family" "${PORTS[@]}")
    while read -r source destination port result; do
      count=$((count + 1))
      verdict "$source" "$destination" "$port" "v$family"
      [[ $result = "$REPLY" ]] || wrong+="$source -> $destination $port: $result, not $REPLY"$'\n'
    done <<<"$matrix"
    check_eq "$title: IPv$family, ${#LAB_ENDPOINTS[@]} by ${#LAB_ENDPOINTS[@]} by ${#PORTS[@]}" "$connections" "$count${wrong:+ $wrong}"
    check_eq "$title: IPv$family, trace agrees" '' \
      "$(evaluated "$family" <<<"$matrix" | paste -d' ' <(echo "$matrix") - | awk '$4 != $5' | head -n 5)"
  done
}

# knp NAME [NAMESPACE]: the head of a NetworkPolicy of Kubernetes; its spec follows.
knp() {
  printf '%s\n' --- 'apiVersion: networking.k8s.io/v1' 'kind: NetworkPolicy' "metadata: {name: $1, namespace: ${2:-x}}" spec:
}
cnp() { printf '%s\n' --- 'apiVersion: policy.networking.k8s.io/v1alpha2' 'kind: ClusterNetworkPolicy' "metadata: {name: $1}" spec:; }
anp() { printf '%s\n' --- 'apiVersion: policy.networking.k8s.io/v1alpha1' 'kind: AdminNetworkPolicy' "metadata: {name: $1}" spec:; }
banp() { printf '%s\n' --- 'apiVersion: policy.networking.k8s.io/v1alpha1' 'kind: BaselineAdminNetworkPolicy' 'metadata: {name: default}' spec:; }

lab_begin kubernetes
make_lab
input=$LAB_DIR/input
title=
connections=$((${#LAB_ENDPOINTS[@]} * (${#LAB_ENDPOINTS[@]} - 1) * ${#PORTS[@]}))
mkdir "$input"
cluster >"$input/cluster.yaml"

# ---- isolation ---------------------------------------------------------------------------------------------------------

policies 'no policy' </dev/null
table </dev/null

policies 'default deny ingress' <<END
$(knp default-deny-ingress)
  podSelector: {}
  policyTypes: [Ingress]
END
table <<END
deny * x/* *
END
expect router "$title, but not from the host" <<END
tcp:x/a:80 ok
tcp:[x/b]:8080 ok
END
expect y/a "$title, ICMP" <<END
icmp:x/a timeout
icmp:[x/a] timeout
icmp:z/a ok
END

policies 'default deny egress' <<END
$(knp default-deny-egress)
  podSelector: {}
  policyTypes: [Egress]
END
table <<END
deny x/* * *
END

policies 'default deny all' <<END
$(knp default-deny-all)
  podSelector: {}
  policyTypes: [Ingress, Egress]
END
table <<END
deny x/* * *
deny * x/* *
END

policies 'allow all ingress wins over default deny' <<END
$(knp default-deny-all)
  podSelector: {}
  policyTypes: [Ingress, Egress]
$(knp allow-all-ingress)
  podSelector: {}
  ingress: [{}]
  policyTypes: [Ingress]
END
table <<END
deny x/* * *
END

policies 'allow all egress wins over default deny' <<END
$(knp default-deny-all)
  podSelector: {}
  policyTypes: [Ingress, Egress]
$(knp allow-all-egress)
  podSelector: {}
  egress: [{}]
  policyTypes: [Egress]
END
table <<END
deny * x/* *
END

policies 'an empty spec is a default deny of ingress' <<END
$(knp nothing)
  {}
END
table <<END
deny * x/* *
END

policies 'policyTypes absent, with egress rules: both directions' <<END
$(knp absent)
  podSelector: {matchLabels: {role: db}}
  egress: [{to: [{podSelector: {}}]}]
END
table <<END
deny * x/b *
deny x/b * *
allow x/b x/a *
END

policies 'policyTypes [Egress]: ingress rules do not count' <<END
$(knp egress)
  podSelector: {matchLabels: {role: db}}
  policyTypes: [Egress]
  ingress: [{from: [{podSelector: {matchLabels: {app: none}}}]}]
  egress: [{ports: [{port: 80}]}]
END
table <<END
deny x/b * *
allow x/b * tcp:80
END

# ---- peers -------------------------------------------------------------------------------------------------------------

policies 'the example of the documentation' <<END
$(knp test-network-policy)
  podSelector: {matchLabels: {role: db}}
  policyTypes: [Ingress, Egress]
  ingress:
  - from:
    - ipBlock: {cidr: 203.0.113.0/24, except: [203.0.113.128/25]}
    - namespaceSelector: {matchLabels: {project: myproject}}
    - podSelector: {matchLabels: {role: frontend}}
    ports: [{protocol: TCP, port: 8080}]
  egress:
  - to: [{ipBlock: {cidr: 203.0.113.0/25}}]
    ports: [{protocol: TCP, port: 81}]
END
table <<END
deny * x/b *
deny x/b * *
allow out/1 x/b tcp:8080 v4
allow y/* x/b tcp:8080
allow x/a x/b tcp:8080
allow x/b out/1 tcp:81 v4
END

policies 'from a namespace' <<END
$(knp namespace)
  podSelector: {}
  ingress: [{from: [{namespaceSelector: {matchLabels: {team: y}}}]}]
END
table <<END
deny * x/* *
allow y/* x/* *
END

policies 'from pods of the own namespace alone' <<END
$(knp pods)
  podSelector: {}
  ingress: [{from: [{podSelector: {matchLabels: {app: a}}}]}]
END
table <<END
deny * x/* *
allow x/a x/* *
END

policies 'one peer with both selectors: and' <<END
$(knp and)
  podSelector: {matchLabels: {app: b}}
  ingress:
  - from:
    - namespaceSelector: {matchLabels: {team: y}}
      podSelector: {matchLabels: {app: a}}
END
table <<END
deny * x/b *
allow y/a x/b *
END

policies 'two peers with a selector each: or' <<END
$(knp or)
  podSelector: {matchLabels: {app: b}}
  ingress:
  - from:
    - namespaceSelector: {matchLabels: {team: y}}
    - podSelector: {matchLabels: {app: a}}
END
table <<END
deny * x/b *
allow y/* x/b *
allow x/a x/b *
END

policies 'every namespace is every pod, and nothing outside' <<END
$(knp namespaces)
  podSelector: {}
  policyTypes: [Ingress, Egress]
  ingress: [{from: [{namespaceSelector: {}}]}]
  egress: [{to: [{namespaceSelector: {}}]}]
END
table <<END
deny out/* x/* *
deny x/* out/* *
END

policies 'an empty list of peers is everything' <<END
$(knp anybody)
  podSelector: {}
  ingress: [{from: [], ports: [{port: 80}]}]
END
table <<END
deny * x/* *
allow * x/* tcp:80
END

policies 'namespaces by name' <<END
$(knp by-name)
  podSelector: {matchLabels: {app: a}}
  policyTypes: [Egress]
  egress:
  - to: [{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [y, z]}]}}]
END
table <<END
deny x/a * *
allow x/a y/* *
allow x/a z/* *
END

policies 'NotIn and DoesNotExist' <<END
$(knp negative)
  podSelector: {}
  ingress:
  - from:
    - namespaceSelector: {matchExpressions: [{key: team, operator: NotIn, values: [x, z]}]}
      podSelector: {matchExpressions: [{key: role, operator: DoesNotExist}]}
END
table <<END
deny * x/* *
allow y/b x/* *
END

policies 'ipBlock with except, IPv4' <<END
$(knp block)
  podSelector: {}
  policyTypes: [Ingress, Egress]
  ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/24, except: [203.0.113.128/25]}}]}]
  egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.80.0.0/16, 203.0.113.1/32]}}]}]
END
table <<END
deny * x/* *
deny x/* * *
allow out/1 x/* * v4
allow x/* out/2 * v4
END

policies 'ipBlock with except, IPv6' <<END
$(knp block)
  podSelector: {}
  policyTypes: [Ingress, Egress]
  ingress: [{from: [{ipBlock: {cidr: "2001:db8::/32", except: ["2001:db8:2::/48"]}}]}]
  egress: [{to: [{ipBlock: {cidr: "::/0", except: ["fd80::/16", "2001:db8:1::1/128"]}}]}]
END
table <<END
deny * x/* *
deny x/* * *
allow out/1 x/* * v6
allow x/* out/2 * v6
END

policies 'an ipBlock sees pods too' <<END
$(knp block)
  podSelector: {}
  ingress: [{from: [{ipBlock: {cidr: 10.80.2.1/32}}]}]
END
table <<END
deny * x/* *
allow y/a x/* * v4
END

# ---- ports -------------------------------------------------------------------------------------------------------------

policies 'a range of ports' <<END
$(knp range)
  podSelector: {}
  ingress: [{ports: [{protocol: TCP, port: 80, endPort: 81}]}]
END
table <<END
deny * x/* *
allow * x/* tcp:80
allow * x/* tcp:81
END

policies 'ports: [{}] is all of TCP' <<END
$(knp all-tcp)
  podSelector: {}
  policyTypes: [Ingress, Egress]
  ingress: [{ports: [{}]}]
  egress: [{ports: [{}]}]
END
table <<END
deny * x/* udp:*
deny x/* * udp:*
END

policies 'a protocol without a port' <<END
$(knp udp)
  podSelector: {}
  ingress: [{ports: [{protocol: UDP}, {protocol: UDP, port: 9}]}]
END
table <<END
deny * x/* *
allow * x/* udp:*
END

policies 'ports by name, each pod with its own number' <<END
$(knp named)
  podSelector: {}
  ingress: [{ports: [{port: http}]}]
END
table <<END
deny * x/* *
allow * x/a tcp:80
allow * x/b tcp:8080
END

policies 'ports by name in egress are those of the destination' <<END
$(knp named)
  podSelector: {matchLabels: {app: a}}
  policyTypes: [Egress]
  egress:
  - to: [{namespaceSelector: {}}]
    ports: [{port: http}, {protocol: UDP, port: query}, {protocol: UDP, port: http}]
END
table <<END
deny x/a * *
allow x/a x/b tcp:8080
allow x/a x/b udp:80
allow x/a y/a tcp:81
END

policies 'many peers, many ports' <<END
$(knp many)
  podSelector: {}
  ingress:
  - from: [{namespaceSelector: {matchLabels: {team: y}}}, {ipBlock: {cidr: 203.0.113.1/32}}, {ipBlock: {cidr: "2001:db8:2::/48"}}]
    ports: [{port: 80}, {port: "8080"}, {protocol: UDP, port: 80}]
  - from: [{podSelector: {matchLabels: {app: b}}}]
    ports: [{port: 81}]
END
table <<END
deny * x/* *
allow y/* x/* *
allow out/1 x/* * v4
allow out/2 x/* * v6
deny * x/* tcp:81
allow x/b x/a tcp:81
END

policies 'policies add up' <<END
$(knp one)
  podSelector: {}
  ingress: [{from: [{podSelector: {}}]}]
$(knp two)
  podSelector: {matchLabels: {app: b}}
  ingress: [{from: [{namespaceSelector: {matchLabels: {team: z}}}], ports: [{port: 80}]}]
$(knp three y)
  podSelector: {matchLabels: {app: b}}
  egress: [{ports: [{port: 81}]}]
  policyTypes: [Egress]
END
table <<END
deny * x/* *
allow x/* x/* *
allow z/a x/b tcp:80
deny y/b * *
allow y/b * tcp:81
deny y/b x/* *
END

policies 'a rule that cannot be converted goes, the isolation stays' <<END
$(knp dropped)
  podSelector: {}
  ingress:
  - ports: [{port: http, endPort: 90}]
  - ports: [{port: 81, endPort: 80}]
  - ports: [{port: 81}]
END
table <<END
deny * x/* *
allow * x/* tcp:81
END

# ---- cluster-wide policies ---------------------------------------------------------------------------------------------

policies 'Admin: deny, accept and pass come before NetworkPolicies' <<END
$(cnp admin)
  tier: Admin
  priority: 5
  subject: {namespaces: {matchLabels: {team: x}}}
  ingress:
  - {action: Deny, from: [{namespaces: {matchLabels: {team: z}}}]}
  - {action: Accept, from: [{pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: b}}}}], protocols: [{tcp: {destinationPort: {number: 80}}}]}
  - {action: Pass, from: [{namespaces: {matchLabels: {team: y}}}]}
  - {action: Accept, from: [{namespaces: {}}], protocols: [{udp: {}}]}
$(knp web)
  podSelector: {}
  ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 81}]}]
END
table <<END
deny * x/* *
# by the NetworkPolicy
allow ?/* x/* tcp:81
# by Accept
allow ?/b x/* tcp:80
allow x/* x/* udp:80
# by Deny
deny z/* x/* *
END

policies 'Admin: the lower priority is first; subject by pods' <<END
$(cnp last)
  tier: Admin
  priority: 1000
  subject: {namespaces: {}}
  egress: [{action: Deny, to: [{namespaces: {}}]}]
$(cnp first)
  tier: Admin
  priority: 0
  subject: {pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: a}}}}
  egress: [{action: Accept, to: [{pods: {namespaceSelector: {matchLabels: {team: y}}, podSelector: {}}}]}]
END
table <<END
deny ?/* ?/* *
allow ?/a y/* *
END

policies 'networks of both families in one peer; ports by name and range' <<END
$(cnp networks)
  tier: Admin
  priority: 1
  subject: {namespaces: {matchLabels: {team: x}}}
  egress:
  - {action: Accept, to: [{namespaces: {}}], protocols: [{destinationNamedPort: http}, {tcp: {destinationPort: {range: {start: 8000, end: 9000}}}}]}
  - {action: Deny, to: [{networks: [203.0.113.0/25, "2001:db8:1::/48"]}]}
  - {action: Deny, to: [{namespaces: {}}]}
END
table <<END
deny x/* out/1 *
deny x/* ?/* *
allow x/* ?/* tcp:8080
allow x/* x/a tcp:80
allow x/* y/a tcp:81
END

policies 'what cannot be matched fails closed' <<END
$(cnp closed)
  tier: Admin
  priority: 1
  subject: {namespaces: {matchLabels: {team: x}}}
  egress:
  - {action: Accept, to: [{nodes: {}}]}
  - {action: Accept, to: [{namespaces: {matchLabels: {team: y}}}]}
  - {action: Deny, to: [{domainNames: [example.com]}]}
$(cnp ignored)
  tier: Other
  priority: 1
  subject: {namespaces: {}}
  ingress: [{action: Deny, from: [{namespaces: {}}]}]
END
table <<END
deny x/* * *
allow x/* y/* *
END

baseline() {
  cnp baseline
  cat <<END
  tier: Baseline
  priority: 1
  subject: {namespaces: {matchLabels: {team: x}}}
  ingress: [{action: Deny, from: [{namespaces: {}}]}]
END
}

policies 'Baseline: without a NetworkPolicy it decides' <<END
$(baseline)
END
table <<END
deny ?/* x/* *
END

policies 'Baseline: where a NetworkPolicy selects, that one decides' <<END
$(baseline)
$(knp web)
  podSelector: {matchLabels: {app: b}}
  ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 80}]}]
END
table <<END
deny ?/* x/a *
deny * x/b *
allow ?/* x/b tcp:80
END

policies 'AdminNetworkPolicy and BaselineAdminNetworkPolicy' <<END
$(anp admin)
  priority: 3
  subject: {namespaces: {matchLabels: {team: x}}}
  ingress:
  - {action: Allow, from: [{namespaces: {matchLabels: {team: y}}}], ports: [{portNumber: {port: 80}}, {portNumber: {protocol: UDP, port: 80}}]}
  - {action: Deny, from: [{namespaces: {matchLabels: {team: y}}}], ports: [{portRange: {start: 80, end: 100}}]}
  - {action: Pass, from: [{namespaces: {}}], ports: [{namedPort: http}]}
$(banp)
  subject: {namespaces: {}}
  ingress: [{action: Deny, from: [{pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: a}}}}], ports: [{portRange: {start: 81, end: 65535}}]}]
END
table <<END
deny ?/a ?/* tcp:81
deny ?/a ?/* tcp:8080
allow y/* x/* tcp:80
allow y/* x/* udp:80
deny y/* x/* tcp:81
END

# ---- together with policies of Calico ----------------------------------------------------------------------------------

policies 'policies of Calico before and behind' <<END
---
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: before, namespace: x}
spec: {order: 999, selector: app == "b", types: [Ingress], ingress: [{action: Deny, protocol: TCP, destination: {ports: [80]}}]}
---
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: behind, namespace: x}
spec: {order: 1001, selector: app == "b", types: [Ingress], ingress: [{action: Deny, protocol: TCP, destination: {ports: [81]}}, {action: Allow, protocol: UDP}]}
$(knp web)
  podSelector: {matchLabels: {app: b}}
  ingress: [{ports: [{port: 80, endPort: 100}]}]
END
table <<END
deny * x/b *
allow * x/b tcp:81
allow * x/b udp:80
END

# ---- services ----------------------------------------------------------------------------------------------------------

services() {
  cat <<'END'
---
apiVersion: v1
kind: Service
metadata: {name: sliced, namespace: y}
spec: {clusterIP: 10.96.0.1, selector: {app: none}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: sliced-4, namespace: y, labels: {kubernetes.io/service-name: sliced}}
addressType: IPv4
endpoints: [{addresses: [10.80.2.1], conditions: {ready: true}}, {addresses: [203.0.113.1], conditions: {ready: false}}]
ports: [{name: http, port: 8080}, {name: query, port: 80, protocol: UDP}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: sliced-6, namespace: y, labels: {kubernetes.io/service-name: sliced}}
addressType: IPv6
endpoints: [{addresses: ["fd80:2::1"]}]
ports: [{name: http, port: 81}]
---
apiVersion: v1
kind: Endpoints
metadata: {name: old, namespace: z}
subsets: [{addresses: [{ip: 10.80.3.1}, {ip: "fd80:3::1"}], ports: [{port: 81}]}]
---
apiVersion: v1
kind: Service
metadata: {name: selected, namespace: x}
spec: {selector: {role: db}, ports: [{port: 1, targetPort: http}, {port: 2, targetPort: 81}]}
---
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: services, namespace: x}
spec:
  selector: app == "a"
  types: [Egress]
  egress:
  - {action: Deny, protocol: UDP, destination: {services: {name: sliced, namespace: y}}}
  - {action: Allow, destination: {services: {name: sliced, namespace: y}}}
  - {action: Allow, destination: {services: {name: old, namespace: z}}}
  - {action: Allow, destination: {services: {name: selected}}}
  - {action: Allow, destination: {services: {name: missing, namespace: x}}}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: from-services}
spec:
  selector: app == "b"
  namespaceSelector: team == "y"
  ingress:
  - {action: Allow, source: {services: {name: selected, namespace: x}}}
  - {action: Allow, protocol: TCP, source: {services: {name: sliced, namespace: y}}, destination: {ports: [80]}}
END
}

policies 'services in rules' < <(services)
table <<END
deny x/a * *
allow x/a y/a tcp:8080 v4
allow x/a out/1 tcp:8080 v4
allow x/a y/a tcp:81 v6
allow x/a z/a tcp:81
allow x/a x/b tcp:8080
allow x/a x/b tcp:81
deny * y/b *
allow x/b y/b *
allow y/a y/b tcp:80
allow out/1 y/b tcp:80 v4
END

# A service's own address is seen by nobody: packets are judged after they were sent on.
lab_nft -f - <<'END'
table ip cluster {
  chain prerouting {
    type nat hook prerouting priority dstnat
    ip daddr 10.96.0.1 tcp dport 80 dnat to 10.80.2.1:8080
    ip daddr 10.96.0.1 tcp dport 81 dnat to 10.80.2.1:81
  }
}
END
expect x/a 'by the address of the service' <<END
tcp:10.96.0.1:80 ok
tcp:10.96.0.1:81 timeout
END
policies 'nets of the services do not open them' <<END
---
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: services, namespace: x}
spec: {selector: app == "a", types: [Egress], egress: [{action: Allow, destination: {nets: [10.96.0.0/12]}}]}
END
expect x/a "$title" <<END
tcp:10.96.0.1:80 timeout
tcp:y/a:8080 timeout
END

lab_summary
