#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Staged policies, with real packets: they decide nothing, and each counts the new connections for which it would be the
# deciding rule, as pending traces have it. Several in several tiers, Pass, a tier with nothing but staged ones, both
# directions, IPv4 and IPv6; each kind of policy of host endpoints; what is counted survives apply; enforced, they do what
# they have counted.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

lab_begin staged
dir=$LAB_DIR/rules
mkdir "$dir"
lab_router
lab_workload web cali-web 10.70.0.1 fd70::1
lab_workload db cali-db 10.70.0.2 fd70::2
lab_workload old cali-old 10.70.0.3 fd70::3
for name in web db old; do
  lab_serve "$name" tcp:80 tcp:81 tcp:5432 udp:53
done

object() { # KIND "NAME[, FIELD...]", then the lines of its spec
  printf '%s\n' --- 'apiVersion: projectcalico.org/v3' "kind: $1" "metadata: {name: $2}" spec:
}

{ for name in web db old; do
    object WorkloadEndpoint "$name, namespace: lab, labels: {app: $name}"
    cat <<END
  node: lab-1
  orchestrator: k8s
  interfaceName: cali-$name
  profiles: [projectcalico-default-allow]
  ipNetworks: [${LAB_V4[$name]}/32, "${LAB_V6[$name]}/128"]
END
  done; } >"$dir/endpoints.yaml"

# Tiers in this order: security (the rest is denied), audit (only staged policies), default.
{ object Tier security
  echo '  order: 10'
  object Tier audit
  echo '  order: 20'
  object GlobalNetworkPolicy security.base
  cat <<'END'
  tier: security
  order: 100
  types: [Ingress, Egress]
  ingress:
  - {action: Deny, protocol: TCP, destination: {ports: [81]}}
  - {action: Pass}
  egress:
  - {action: Pass}
END
  object NetworkPolicy 'db, namespace: lab'
  cat <<'END'
  selector: app == "db"
  ingress:
  - {action: Allow, protocol: TCP, source: {selector: app == "web"}, destination: {ports: [5432]}}
END
} >"$dir/enforced.yaml"

staged() {
  object StagedGlobalNetworkPolicy security.quarantine
  cat <<'END'
  tier: security
  order: 1
  selector: app == "old"
  types: [Ingress, Egress]
  ingress:
  - {action: Log, protocol: ICMP}
  - {action: Deny, protocol: ICMP}
  - {action: Allow, protocol: TCP, destination: {ports: [81]}}
  egress:
  - {action: Deny, protocol: UDP}
  - {action: Pass, protocol: TCP, destination: {ports: [80]}}
END
  object StagedNetworkPolicy 'audit.web, namespace: lab'
  cat <<'END'
  tier: audit
  selector: app == "web"
  ingress:
  - {action: Allow, protocol: TCP, source: {nets: [10.70.0.2/32]}, destination: {ports: [80]}}
  - {action: Allow, protocol: TCP, source: {nets: ["fd70::2/128"]}, destination: {ports: [80]}}
  - {action: Pass, protocol: TCP, destination: {ports: [5432]}}
END
  printf '%s\n' --- 'apiVersion: projectcalico.org/v3' 'kind: StagedKubernetesNetworkPolicy' \
    'metadata: {name: dns, namespace: lab}' 'spec:'
  cat <<'END'
  podSelector: {}
  policyTypes: [Ingress]
  ingress:
  - ports: [{port: 53, protocol: UDP}]
END
}

apply() { lab_polc apply "$dir" --node lab-1; }

# settled TITLE: the table is what the input says, and nobody has changed it.
settled() {
  check_match "$1: a second apply finds it up to date" '^up to date' "$(apply 2>&1)"
  check_ok "$1: diff finds nothing" lab_polc diff "$dir" --node lab-1
}

# counts: what staged policies have counted: "ID in|out RULE PACKETS", without zeros, added up over families and chains.
counts() {
  lab_nft list table inet polc | awk '
    match($0, /comment "/) && /counter packets [1-9]/ {
      comment = substr($0, RSTART + RLENGTH)
      sub(/"$/, "", comment)
      words = split(comment, word, " ")
      at = word[1] == "pending" ? 1 : 0
      if (word[1] !~ /^(sgnp|snp|sknp)\// && !at) next
      for (i = 1; i < NF; i++) if ($i == "packets") packets = $(i + 1)
      sum[(at ? "pending " : "") word[at + 1] " " word[at + 2] " " word[at + 3]] += packets
    }
    END { for (key in sum) print key, sum[key] }' | LC_ALL=C sort
}

# connect: every connection of the lab, once. Prints what became of them.
connect() {
  lab_connect web tcp:db:5432 tcp:db:80 udp:db:53 icmp:db tcp:[db]:5432 tcp:old:81 tcp:[old]:80 icmp:old icmp:[old]
  lab_connect db tcp:web:80 tcp:[web]:80 tcp:web:5432 tcp:web:81 udp:[web]:53 icmp:web
  lab_connect old tcp:web:80 tcp:[web]:80 udp:web:53 icmp:db tcp:db:5432
}

# ---- workloads ---------------------------------------------------------------------------------------------------------

check_ok 'apply without staged policies' apply
connect >"$LAB_DIR/without"
check_eq 'no chain counts for staged policies' 0 "$(lab_nft list table inet polc | grep -c pending || true)"

staged >"$dir/staged.yaml"
check_match 'apply with them' 'applied: generation 2: .*3 policies added' "$(apply 2>&1)"
settled 'with staged policies'
connect >"$LAB_DIR/with"
check_eq 'they decide nothing' "$(cat "$LAB_DIR/without")" "$(cat "$LAB_DIR/with")"

# Tier default would deny at its end: web to db:80 and by ping, to old:80 and by ping6; db to web:5432, which audit.web
# passes; old to db, both. Tier audit: what comes to web and audit.web does not name. web to old:81 would be allowed by
# the quarantine, where what is enforced denies it; db to web:81 is denied before it comes to tier audit.
counted=$(cat <<'END'
pending tier/audit in end 5
pending tier/default in end 7
sgnp/security.quarantine in 0 1
sgnp/security.quarantine in 1 1
sgnp/security.quarantine in 2 1
sgnp/security.quarantine out 0 1
sgnp/security.quarantine out 1 2
sknp/lab/dns in 0 1
snp/lab/audit.web in 0 1
snp/lab/audit.web in 1 1
snp/lab/audit.web in 2 1
END
)
check_eq 'each rule has counted what it would decide' "$counted" "$(counts)"
check_ok 'nobody has changed the table' lab_polc status --node lab-1 "$dir"

# ---- what is counted survives -----------------------------------------------------------------------------------------

# Every chain of that tier is another one with it: they are named by their policies.
{ object StagedGlobalNetworkPolicy audit.late
  printf '%s\n' '  tier: audit' '  order: 5000' "  selector: app == 'web'" '  ingress: [{action: Deny, protocol: UDP}]'
} >"$dir/late.yaml"
check_match 'another staged policy joins a tier' '^applied: generation 3: 1 policy added(, .*)?$' "$(apply 2>/dev/null)"
settled 'with another one'
check_eq 'what was counted stays' "$counted" "$(counts)"
lab_connect db udp:web:53 >/dev/null
check_eq 'and the new one counts behind the others' "$counted"$'\n'"sgnp/audit.late in 0 1" \
  "$(counts | grep -v audit.late; counts | grep audit.late)"
{ object StagedGlobalNetworkPolicy late
  printf '%s\n' '  order: 5000' "  selector: app == 'web'" '  ingress: [{action: Deny, protocol: SCTP}]'
} >"$dir/late.yaml"
check_match 'one goes, another joins the tier behind' '^applied: generation 4: 1 policy added, 1 policy removed(, .*)?$' \
  "$(apply 2>/dev/null)"
check_eq 'what the others counted stays, and what passes to that tier' "$counted" "$(counts)"
rm "$dir/late.yaml"
check_match 'it goes' '^applied: generation 5: 1 policy removed(, .*)?$' "$(apply 2>/dev/null)"
check_eq 'what the others counted stays' "$counted" "$(counts)"

# ---- enforced, they do what they have counted ---------------------------------------------------------------------------

check_ok 'the quarantine is enforced' "$POLC" enforce -q security.quarantine -f "$dir"
check_ok 'apply' apply
settled 'with the quarantine enforced'
expect old 'what it has counted as denied' <<END
udp:web:53 timeout
tcp:web:80 ok
tcp:[web]:80 ok
END
expect web 'what it has counted as denied or allowed' <<END
icmp:old timeout
tcp:old:81 ok
tcp:[old]:80 ok
icmp:[old] ok
END
check_eq 'and counts no more' 0 "$(counts | grep -c quarantine || true)"

# ---- host endpoints ----------------------------------------------------------------------------------------------------

rm "$dir/enforced.yaml" "$dir/staged.yaml"
lab_netns out
LAB_V4[out]=192.0.2.2 LAB_V6[out]=2001:db8:a::2
LAB_V4[host]=192.0.2.1 LAB_V6[host]=2001:db8:a::1
ip -n "$LAB_ROUTER" link add eth0 type veth peer name eth0 netns "${LAB_NS[out]}"
ip -n "$LAB_ROUTER" -batch - <<END
addr add 192.0.2.1/24 dev eth0
addr add 2001:db8:a::1/64 dev eth0 nodad
link set eth0 up
END
ip -n "${LAB_NS[out]}" -batch - <<END
addr add 192.0.2.2/24 dev eth0
addr add 2001:db8:a::2/64 dev eth0 nodad
link set eth0 up
route add default via 192.0.2.1
route add default via 2001:db8:a::1
END
for name in router out; do
  lab_serve "$name" tcp:22 tcp:80 tcp:81 udp:53 udp:81
done
{ object HostEndpoint 'eth0, labels: {role: host}'
  printf '%s\n' '  node: lab-1' '  interfaceName: eth0' '  profiles: [projectcalico-default-allow]'; } >"$dir/host.yaml"
check_ok 'a host endpoint' lab_polc apply "$dir" --node lab-1 --force=S001

# Neighbours are found before anything is counted.
host_connect() {
  lab_connect out tcp:host:80 tcp:[host]:80 tcp:host:22 udp:host:53 udp:[host]:81 tcp:web:80 icmp:web tcp:[web]:81
  lab_connect router udp:out:53 udp:out:81 udp:[out]:81 tcp:out:80
  lab_connect web icmp:out tcp:out:80 icmp:[out]
}
host_connect >/dev/null
host_connect >"$LAB_DIR/without"
check_eq 'everything is open' '' "$(grep -v ' ok$' "$LAB_DIR/without" || true)"

# Another table's mark: no bit of it is anybody else's.
lab_nft -f - <<'END'
table inet marks {
  chain prerouting { type filter hook prerouting priority -310; meta mark set 0xffffffff; }
  chain output { type filter hook output priority -310; meta mark set 0xffffffff; }
  chain input { type filter hook input priority 300; meta mark != 0xffffffff counter; }
  chain postrouting { type filter hook postrouting priority 300; meta mark != 0xffffffff counter; }
}
END

# catalogue 131
{ object StagedGlobalNetworkPolicy normal
  cat <<'END'
  order: 1
  selector: role == "host"
  types: [Ingress, Egress]
  ingress: [{action: Deny, protocol: TCP, destination: {ports: [80]}}]
  egress: [{action: Allow, protocol: UDP, destination: {ports: [81]}}]
END
  object StagedGlobalNetworkPolicy forward
  cat <<'END'
  order: 2
  selector: role == "host"
  applyOnForward: true
  types: [Ingress, Egress]
  ingress: [{action: Deny, protocol: TCP, destination: {ports: [80]}}]
  egress: [{action: Deny, protocol: ICMP}]
END
  object StagedGlobalNetworkPolicy prednat
  cat <<'END'
  selector: role == "host"
  applyOnForward: true
  preDNAT: true
  ingress: [{action: Deny, protocol: TCP, destination: {ports: [80]}}, {action: Allow, protocol: ICMP}]
END
  object StagedGlobalNetworkPolicy untracked
  cat <<'END'
  selector: role == "host"
  applyOnForward: true
  doNotTrack: true
  types: [Ingress, Egress]
  ingress: [{action: Allow, protocol: UDP, destination: {ports: [81]}}]
  egress: [{action: Deny, protocol: UDP, destination: {ports: [81]}}]
END
} >"$dir/staged.yaml"
check_match 'four kinds of staged policy' '4 policies added' "$(apply 2>&1)"
settled 'on a host endpoint'
host_connect >"$LAB_DIR/with"
check_eq 'they decide nothing' "$(cat "$LAB_DIR/without")" "$(cat "$LAB_DIR/with")"
check_eq 'and touch no mark' 0 "$(lab_nft list table inet marks | grep -c 'packets [1-9]' || true)"
check_eq 'nor connection tracking' 0 "$(lab_nft list table inet polc | grep -c notrack || true)"

# normal: host:80 by both families, not the failsafe port 22; out:81 by both. forward: web:80 in; ping from web out. preDNAT:
# host:80 by both and web:80; the ping to web. untracked: each packet, and there is one of each, both ways. Ends: in, udp to
# the host twice, and what is forwarded to web but for its port 80; out, tcp to out:80 from the host, from web, and ping6.
check_eq 'each has counted where it stands' "$(cat <<'END'
pending tier/default in end 4
pending tier/default out end 3
sgnp/forward in 0 1
sgnp/forward out 0 1
sgnp/normal in 0 2
sgnp/normal out 0 2
sgnp/prednat in 0 3
sgnp/prednat in 1 1
sgnp/untracked in 0 1
sgnp/untracked out 0 2
END
)" "$(counts)"

lab_summary
