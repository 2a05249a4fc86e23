#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Live connections, with real TCP: what a new policy contradicts is counted, listed and, with --cut, ended, and nothing
# else; a server that speaks first does not bring it back; and the first ruleset of a host that tracked nothing before
# does not cut its connections.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

lab_begin live
lab_router
lab_workload a cali-a 10.70.0.1 fd70::1
lab_workload b cali-b 10.70.0.2 fd70::2
rules=$LAB_DIR/rules
mkdir "$rules"

# ---- connections that stay open, several at a time -------------------------------------------------------------------------

declare -A TALK_PID=() TALK_IN=() TALK_OUT=()

# open NAME FROM TARGET: a connection called NAME.
open() {
  local name=$1 in=$LAB_DIR/talk.$1.in out=$LAB_DIR/talk.$1.out first fd
  rm -f "$in" "$out"
  mkfifo "$in" "$out"
  lab_target "$3"
  ip netns exec "${LAB_NS[$2]}" "$PROBE" talk --timeout "$LAB_TIMEOUT" "$REPLY" <"$in" >"$out" &
  TALK_PID[$name]=$!
  exec {fd}>"$in" && TALK_IN[$name]=$fd
  exec {fd}<"$out" && TALK_OUT[$name]=$fd
  read -r -t 10 first <&"${TALK_OUT[$name]}" || first=nothing
  check_eq "$name opens" ok "${first##* }"
}

# say NAME: what comes of a message. hear NAME SERVER-PID: the same, when the server speaks first.
say() {
  local line
  echo "${2:-hello}" >&"${TALK_IN[$1]}"
  read -r -t 10 line <&"${TALK_OUT[$1]}" || line='- gone'
  echo "${line##* }"
}
hear() {
  kill -USR1 "$2"
  say "$1" hear
}

close() {
  local name fd
  for name; do
    kill "${TALK_PID[$name]}" 2>/dev/null || true # others have inherited the fifo: it does not end
    wait "${TALK_PID[$name]}" 2>/dev/null || true
    fd=${TALK_IN[$name]}
    exec {fd}>&-
    fd=${TALK_OUT[$name]}
    exec {fd}<&-
  done
}

entries() { # TEXT...: how many of conntrack have all of these
  local lines text
  lines=$(lab_exec router cat /proc/net/nf_conntrack)
  for text; do
    lines=$(grep -F -- "$text" <<<"$lines" || true)
  done
  grep -c . <<<"$lines" || true
}

# ---- policies ----------------------------------------------------------------------------------------------------------------

endpoint() { # NAME: a workload that is open but for its policies
  printf '%s\n' --- 'apiVersion: projectcalico.org/v3' 'kind: WorkloadEndpoint' \
    "metadata: {name: $1, namespace: lab, labels: {app: $1}}" \
    "spec: {node: lab-1, interfaceName: cali-$1, ipNetworks: [${LAB_V4[$1]}/32, \"${LAB_V6[$1]}/128\"], profiles: [projectcalico-default-allow]}"
}

policy() { # NAME SELECTOR LINE...: the lines of its spec
  printf '%s\n' --- 'apiVersion: projectcalico.org/v3' 'kind: GlobalNetworkPolicy' "metadata: {name: $1}" 'spec:' \
    "  selector: $2"
  printf '  %s\n' "${@:3}"
}

# to_b LINE...: the workloads, and a policy for b.
to_b() {
  { endpoint a; endpoint b; policy web 'app == "b"' "$@"; } >"$rules/rules.yaml"
}

apply() { # OPTION...
  lab_polc apply "$rules" --node lab-1 "$@" 2>&1
}

both_open='ingress: [{action: Allow, protocol: TCP, destination: {ports: [7, 8]}}]'

only_8=('ingress:' '- {action: Allow, protocol: TCP, destination: {ports: [8]}}'
  '- {action: Deny, protocol: TCP, destination: {ports: [7]}}')

lab_serve b echo:7 echo:8
server=$LAB_SERVE_PID

# ---- a new policy contradicts live connections ---------------------------------------------------------------------------------

to_b "$both_open"
check_match 'the first apply' '^applied: generation 1' "$(apply)"
open four a tcp:b:7
open six a 'tcp:[b]:7'
open neighbour a tcp:b:8
open neighbour6 a 'tcp:[b]:8'
for name in four six neighbour neighbour6; do
  check_eq "$name talks" ok "$(say $name)"
done

to_b "${only_8[@]}"
output=$(apply --dry-run -v)
check_match 'a dry run counts them' 'note: 2 live connections would be no longer allowed' "$output"
output=$(apply --confirm)
check_match 'one that waits is confirmed before it may cut' "hint: polc confirm && polc apply --cut $rules" "$output"
lab_polc rollback >/dev/null
output=$(apply --force=S006 -v)
check_match 'apply counts them' 'note: 2 live connections are no longer allowed, and go on' "$output"
check_match 'with both ends and the rule' \
  'tcp +lab/a 10\.70\.0\.1:[0-9]+ -> lab/b 10\.70\.0\.2:7 +denied by rule 1 of GlobalNetworkPolicy web +[^ ]+:[0-9]+' "$output"
check_match 'of IPv6 too' 'lab/a \[fd70::1\]:[0-9]+ -> lab/b \[fd70::2\]:7' "$output"
check_match 'and how to end them' "hint: polc apply --cut $rules" "$output"
check_eq 'four goes on' ok "$(say four)"
check_eq 'six goes on' ok "$(say six)"

output=$(apply --cut -o json)
check_match 'up to date, and cut' '"result": "up to date".*"denied": 2, "cut": 2' "$output"
check_match 'JSON has the ends' '"source": \{"address": "10.70.0.1", "port": [0-9]+, "name": "lab/a"\}' "$output"
check_eq 'the server speaks first: four is dead' timeout "$(hear four "$server")"
check_eq 'and dead it stays when the client speaks' timeout "$(say four)"
check_eq 'the client speaks first: six is dead' timeout "$(say six)"
check_eq 'and dead it stays when the server speaks' timeout "$(hear six "$server")"
check_eq 'the neighbour lives' ok "$(say neighbour)"
check_eq 'the neighbour of IPv6 lives' ok "$(say neighbour6)"
check_match 'a second --cut finds nothing' '0 live connections: cut' "$(apply --cut)"
lab_nft flush ruleset
check_ok 'somebody flushes the rules, polc restore' lab_polc restore
check_eq 'four is still dead' timeout "$(hear four "$server")"

# ---- allowed again: the marks go ---------------------------------------------------------------------------------------------

check_eq 'marks keep the places' 2 "$(entries 'dport=0 ')"
to_b "$both_open"
check_match 'allowed again' '^applied' "$(apply)"
check_eq 'no mark is left' 0 "$(entries 'dport=0 ')"
to_b 'ingress: [{action: Allow, protocol: TCP, destination: {ports: [7]}}]'
check_match 'cut once more' '2 live connections: cut' "$(apply --cut)"
check_eq 'the neighbour is dead now' timeout "$(say neighbour)"
check_eq 'marks keep the places again' 2 "$(entries 'dport=0 ')"
check_ok 'rolled back' lab_polc rollback
check_eq 'no mark is left behind a rollback' 0 "$(entries 'dport=0 ')"
close four six neighbour neighbour6

# ---- another zone of conntrack -----------------------------------------------------------------------------------------------

to_b "$both_open"
apply >/dev/null
lab_nft -f - <<END
table inet zones {
  chain in {
    type filter hook prerouting priority raw; policy accept;
    iifname { "cali-a", "cali-b" } ct zone set 5
  }
}
END
open zoned a tcp:b:7
check_eq 'it is in that zone' 1 "$(entries 'dport=7 ' zone=5 ASSURED)"
to_b "${only_8[@]}"
check_match 'it is cut' '[0-9]+ live connections?: cut' "$(apply --cut)"
check_match 'and its place is kept in that zone' '^[1-9]' "$(entries 'dport=0 ' zone=5)" # ends of older ones may be too
check_eq 'it is dead: the server speaks first' timeout "$(hear zoned "$server")"
check_eq 'and the client' timeout "$(say zoned)"
close zoned
lab_nft delete table inet zones

# ---- UDP, ICMP, DNAT ---------------------------------------------------------------------------------------------------------

lab_serve b udp:9 echo:10
server=$LAB_SERVE_PID
to_b 'ingress: [{action: Allow}]'
apply >/dev/null
lab_nft -f - <<END
table ip publish {
  chain in {
    type nat hook prerouting priority dstnat; policy accept;
    ip daddr $LAB_ROUTER_V4 tcp dport 7070 dnat to 10.70.0.2:10
  }
}
END
open udp a udp:b:9
check_eq 'a datagram comes back' ok "$(say udp)"
open published a tcp:router:7070
check_eq 'the published port answers' ok "$(say published)"
check_eq 'ping' "icmp:10.70.0.2 ok" "$(lab_connect a icmp:b)"
to_b 'ingress: [{action: Allow, protocol: TCP, destination: {ports: [8]}}]'
output=$(apply --cut -v)
check_match 'UDP, with the end of the tier' 'udp +lab/a 10\.70\.0\.1:[0-9]+ -> lab/b 10\.70\.0\.2:9 +denied by end of tier default' "$output"
check_match 'ICMP' 'icmp +lab/a 10\.70\.0\.1 -> lab/b 10\.70\.0\.2 +denied' "$output"
check_match 'DNAT: where it really goes' 'tcp +lab/a 10\.70\.0\.1:[0-9]+ -> lab/b 10\.70\.0\.2:10 +denied' "$output"
check_match 'all of them' "$(grep -c ' denied by ' <<<"$output") live connections: cut" "$output"
check_eq 'UDP is cut' timeout "$(say udp)"
check_eq 'the published connection is cut' timeout "$(hear published "$server")"
check_eq 'both ways' timeout "$(say published)"
close udp published
lab_nft delete table ip publish

# ---- the first ruleset of a host ---------------------------------------------------------------------------------------------
# The router is the host: on one connection it is the server, on the other the client. Policy allows neither again in the
# direction in which the peer speaks.

lab_workload c ext-c 10.70.0.3 fd70::3
lab_serve router echo:7
host_server=$LAB_SERVE_PID
lab_serve c echo:7
remote_server=$LAB_SERVE_PID

{
  printf '%s\n' --- 'apiVersion: projectcalico.org/v3' 'kind: HostEndpoint' 'metadata: {name: up, labels: {host: up}}' \
    'spec: {node: lab-1, interfaceName: ext-c}'
  policy host 'host == "up"' 'ingress: [{action: Allow, protocol: TCP, destination: {ports: [7]}}]' \
    'egress: [{action: Allow, protocol: TCP, destination: {ports: [7]}}]'
} >"$rules/rules.yaml"

for family in 4 6; do
  target=tcp:router:7 remote=tcp:c:7
  if [[ $family = 6 ]]; then
    target='tcp:[router]:7' remote='tcp:[c]:7'
  fi
  # The control: a ruleset that is loaded without polc apply.
  lab_polc delete --yes >/dev/null
  open control router "$remote"
  lab_polc compile "$rules" --node lab-1 -o nft | lab_nft -f -
  check_eq "IPv$family: without entries, a peer that speaks first is cut" timeout "$(hear control "$remote_server")"
  close control

  lab_polc delete --yes >/dev/null
  open in c "$target"
  open out router "$remote"
  check_match "IPv$family: a dry run" '^would apply' "$(apply --dry-run)"
  check_eq "IPv$family: enters nothing" 0 "$(entries ASSURED use=1 'dport=7 ')"
  check_match "IPv$family: the first apply" '^applied' "$(apply)"
  check_eq "IPv$family: the peer speaks first" ok "$(hear out "$remote_server")"
  check_eq "IPv$family: the host speaks first" ok "$(hear in "$host_server")"
  check_eq "IPv$family: both go on" 'ok ok' "$(say in) $(say out)"
  close in out
done

lab_summary
