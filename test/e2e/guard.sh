#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The lock-out guard, with real connections: whoever comes in, and however, is not cut (S007); failsafe ports that are in
# use stay open to somebody; an interface does not silently lose what governs it (S005); connections that conntrack does
# not take are named (S008); a table of somebody else stays (S010). What is refused changes nothing, and what is forced stands in the history.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
unset SSH_CONNECTION

lab_begin guard
lab_router
lab_workload a cali-a 10.70.0.1 fd70::1
lab_workload admin ext-adm 10.70.0.3 fd70::3
rules=$LAB_DIR/rules
mkdir "$rules"
lab_serve router echo:22 echo:2200

# ---- sessions ----------------------------------------------------------------------------------------------------------------

# session NAME FROM TARGET: a connection that stays open, as of an SSH session.
declare -A SESSION=()
session() {
  local out=$LAB_DIR/session.$1 first
  mkfifo "$out"
  lab_target "$3"
  sleep "$LAB_SERVE_SECONDS" | ip netns exec "${LAB_NS[$2]}" "$PROBE" talk "$REPLY" >"$out" &
  SESSION[$1]=$!
  read -r -t 10 first <"$out" || first=nothing
  check_eq "session $1" ok "${first##* }"
}

# port_of PEER LOCAL-PORT: the port of the peer in the router's table of established connections.
port_of() {
  lab_exec router ss -Htn state established "sport = :$2" | awk -v peer="$1" '
    { at = $4; port = at; sub(/.*:/, "", port); sub(/:[0-9]+$/, "", at); gsub(/[][]/, "", at); sub(/^::ffff:/, "", at)
      sub(/%.*/, "", at) }
    at == peer { print port; exit }'
}

# as SSH_CONNECTION OPTION...: polc apply by that caller. Leaves $output and $status.
output='' status=0
as() {
  status=0
  output=$(lab_exec router env SSH_CONNECTION="$1" timeout 120 "$POLC" apply "$rules" --node lab-1 "${@:2}" 2>&1) || status=$?
}

table() { # "yes" when polc's table is there
  if lab_nft list table inet polc >/dev/null 2>&1; then echo yes; else echo no; fi
}

fresh() {
  lab_nft flush ruleset
  rm -rf "$POLC_STATE_DIR"
  mkdir "$POLC_STATE_DIR"
}

refused() { # DESCRIPTION PATTERN: the last apply was refused, for this reason
  check_eq "$1: refused" 5 "$status"
  check_match "$1: says so" "$2" "$output"
}
passed() {
  check_eq "$1: passes" 0 "$status"
  [[ $status = 0 ]] || printf '%s\n' "$output" | sed 's/^/#   /'
}

# ---- policies ----------------------------------------------------------------------------------------------------------------

# host LIST LINE...: the failsafe ports, and a policy for the host endpoint of the admin's interface.
host() {
  {
    printf '%s\n' 'apiVersion: projectcalico.org/v3' 'kind: FelixConfiguration' 'metadata: {name: default}' \
      "spec: {failsafeInboundHostPorts: [$1], failsafeOutboundHostPorts: []}"
    printf '%s\n' --- 'apiVersion: projectcalico.org/v3' 'kind: HostEndpoint' \
      'metadata: {name: adm, labels: {host: adm}}' 'spec: {node: lab-1, interfaceName: ext-adm}'
    printf '%s\n' --- 'apiVersion: projectcalico.org/v3' 'kind: GlobalNetworkPolicy' 'metadata: {name: host}' \
      'spec:' '  selector: host == "adm"'
    printf '  %s\n' "${@:2}"
  } >"$rules/host.yaml"
}
no_ssh='ingress: [{action: Deny, protocol: TCP, destination: {ports: [22]}}, {action: Allow}]'

session four admin tcp:router:22
port4=$(port_of 10.70.0.3 22)
ssh4="10.70.0.3 $port4 $LAB_ROUTER_V4 22"

# ---- S007: the caller's connection -----------------------------------------------------------------------------------------------

host '' "$no_ssh"
as "$ssh4"
refused 'IPv4' 'refused\[S007\]: this would cut the connection that you came by: tcp 10\.70\.0\.3:[0-9]+ -> host 10\.99\.0\.1:22; nothing was changed'
check_match 'which rule' 'denied by rule 0 of GlobalNetworkPolicy host +[^ ]+host\.yaml:[0-9]+' "$output"
check_match 'how it was found' 'SSH_CONNECTION of process [0-9]+' "$output"
check_match 'what keeps it' 'failsafeInboundHostPorts: \[\{protocol: TCP, port: 22, net: "10\.70\.0\.3/32"\}\]' "$output"
check_eq 'nothing is loaded' no "$(table)"
as "$ssh4" --dry-run
refused 'a dry run' 'S007'

as "::ffff:10.70.0.3 $port4 ::ffff:$LAB_ROUTER_V4 22"
refused 'mapped into IPv6' '10\.70\.0\.3:[0-9]+ -> host 10\.99\.0\.1:22'

# sudo drops the variable; a shell above has it. The second command keeps the shell from becoming polc.
status=0
# shellcheck disable=SC2016 # expands in the inner shell
output=$(lab_exec router env SSH_CONNECTION="$ssh4" sh -c '
  env -u SSH_CONNECTION "$0" apply "$1" --node lab-1; exit $?' "$POLC" "$rules" 2>&1) || status=$?
refused 'in the environment of a parent' 'this would cut the connection that you came by'

as "10.70.0.3 1 $LAB_ROUTER_V4 22"
refused 'another session from the same address' 'from the same address as SSH_CONNECTION of process'

host '{protocol: TCP, port: 22, net: 10.70.0.3/32}' "$no_ssh"
as "$ssh4"
passed 'with the failsafe port of the hint'
fresh
host '{protocol: TCP, port: 22, net: 192.0.2.0/24}' "$no_ssh"
as "$ssh4"
refused 'a failsafe port of another net' 'port: 22, net: "192\.0\.2\.0/24"\}, \{protocol: TCP, port: 22, net: "10\.70\.0\.3/32"\}'
host '' 'ingress:' '- {action: Allow, protocol: TCP, source: {nets: [10.70.0.0/24]}, destination: {ports: [22]}}'
as "$ssh4"
passed 'policy that allows the office'
fresh

# ---- nothing to guard --------------------------------------------------------------------------------------------------------------

host '{protocol: TCP, port: 22, net: 192.0.2.0/24}' "$no_ssh"
as "192.0.2.200 4000 $LAB_ROUTER_V4 22" -v
passed 'a session that is over'
check_match 'and says so' 'the connection that SSH_CONNECTION names is over' "$output"
fresh
as "10.70.0.3 $port4 192.0.2.1 22" -v --dry-run
passed 'a session of another network namespace' # ... from an address that has no session here
check_match 'and says so' 'names an address that this network namespace does not have' "$output"
status=0
output=$(lab_polc apply "$rules" --node lab-1 --dry-run -v 2>&1) || status=$?
passed 'no session at all'
check_match 'and says so' 'the caller is not here over the network' "$output"

# ---- IPv6, link-local, the socket of an ancestor -------------------------------------------------------------------------------------

session six admin 'tcp:[router]:22'
host '' "$no_ssh"
as "fd70::3 $(port_of fd70::3 22) $LAB_ROUTER_V6 22"
refused 'IPv6' 'tcp \[fd70::3\]:[0-9]+ -> host \[fd99::1\]:22'
# Once it may be used: nobody else has it.
local_of() {
  local tries=0
  while ip -n "${LAB_NS[$1]}" -6 -o addr show dev "$2" scope link tentative | grep -q . && ((++tries < 250)); do
    sleep 0.02
  done
  ip -n "${LAB_NS[$1]}" -6 -o addr show dev "$2" scope link | awk '{ sub(/\/.*/, "", $4); print $4; exit }'
}
link=$(local_of router ext-adm)
if [[ -n $link ]]; then
  peer=$(local_of admin eth0)
  session link admin "tcp:[$link%eth0]:22"
  as "$peer%ext-adm $(port_of "$peer" 22) $link%ext-adm 22"
  refused 'a link-local address' "tcp \[$peer\]:[0-9]+ -> host \[$link\]:22"
else
  check_skip 'a link-local address' 'there is none'
fi

login() { # COMMAND...: by a connection to tcp/23, without SSH_CONNECTION
  local log=$LAB_DIR/login pid tries=0
  lab_exec router "$PROBE" login tcp:23 "$@" >"$log" 2>&1 &
  pid=$!
  until grep -q '^ready' "$log"; do
    ((++tries < 250)) || break
    sleep 0.02
  done
  session login admin tcp:router:23
  status=0
  wait "$pid" || status=$?
  output=$(<"$log")
}
host '' 'ingress: [{action: Deny, protocol: TCP, destination: {ports: [23]}}, {action: Allow}]'
login "$POLC" apply "$rules" --node lab-1
refused 'a socket of an ancestor' 'tcp 10\.70\.0\.3:[0-9]+ -> host 10\.99\.0\.1:23'
check_match 'which one' 'a socket of process [0-9]+, which started this one' "$output"

# ---- ways in -----------------------------------------------------------------------------------------------------------------------

# From a workload: a failsafe port does not help there.
session pod a tcp:router:22
printf '%s\n' --- 'apiVersion: projectcalico.org/v3' 'kind: WorkloadEndpoint' 'metadata: {name: a, namespace: lab}' \
  'spec: {node: lab-1, interfaceName: cali-a, ipNetworks: [10.70.0.1/32], profiles: [projectcalico-default-allow]}' \
  --- 'apiVersion: projectcalico.org/v3' 'kind: FelixConfiguration' 'metadata: {name: default}' \
  'spec: {defaultEndpointToHostAction: Drop}' >"$rules/host.yaml"
as "10.70.0.1 $(port_of 10.70.0.1 22) $LAB_ROUTER_V4 22"
refused 'from a workload' 'tcp lab/a 10\.70\.0\.1:[0-9]+ -> host 10\.99\.0\.1:22'
check_match 'which setting' 'defaultEndpointToHostAction Drop' "$output"
check_eq 'no hint that does not help' '' "$(grep failsafe <<<"$output" || true)"

# A port that another table sends to sshd's: preDNAT policy sees the one that was called.
lab_nft 'add table ip publish; add chain ip publish in { type nat hook prerouting priority dstnat; }'
lab_nft add rule ip publish in ip daddr $LAB_ROUTER_V4 tcp dport 2222 dnat to $LAB_ROUTER_V4:2200
session published admin tcp:router:2222
host '{protocol: TCP, port: 22}' 'preDNAT: true' 'applyOnForward: true' \
  'ingress: [{action: Deny, protocol: TCP, destination: {ports: [2222]}}, {action: Allow}]'
as "10.70.0.3 $(port_of 10.70.0.3 2200) $LAB_ROUTER_V4 2200"
refused 'a published port' 'denied by rule 0 of GlobalNetworkPolicy host'
check_match 'the hint has the port that was called' 'port: 2222, net: "10\.70\.0\.3/32"' "$output"
host '{protocol: TCP, port: 22}' 'preDNAT: true' 'applyOnForward: true' \
  'ingress: [{action: Deny, protocol: TCP, destination: {ports: [2200]}}, {action: Allow}]'
as "10.70.0.3 $(port_of 10.70.0.3 2200) $LAB_ROUTER_V4 2200" --dry-run
passed 'the port behind it is not asked for'
lab_nft delete table ip publish

# Without connection tracking the answers are policed too.
untracked=('doNotTrack: true' 'applyOnForward: true'
  'ingress: [{action: Allow, protocol: TCP, destination: {ports: [22]}}]')
host '' "${untracked[@]}"
as "$ssh4"
refused 'untracked, and no way back' 'denied by no profile of hep/adm allows it'
host '' "${untracked[@]}" 'egress: [{action: Allow, protocol: TCP, source: {ports: [22]}}]'
as "$ssh4" --dry-run
passed 'untracked both ways'

# ---- forced ------------------------------------------------------------------------------------------------------------------------

host '' "$no_ssh"
as "$ssh4" --force=S007
passed 'forced'
check_match 'and says so' 'forced\[S007\]: this would cut' "$output"
check_match 'it stands in the history' '"forced": \[ *"S007" *\]' "$(lab_polc history -o json | tr -d '\n' | tr -s ' ')"
fresh

# ---- S007: what was loaded before, and --cut ---------------------------------------------------------------------------------------

# run_as SSH_CONNECTION VERB...: another verb by that caller. Leaves $output and $status.
run_as() {
  status=0
  output=$(lab_exec router env SSH_CONNECTION="$1" timeout 120 "$POLC" "${@:2}" 2>&1) || status=$?
}
loaded() {
  lab_polc status "$rules" --node lab-1 -o json | jq .generation
}

host '' "$no_ssh"
as "$ssh4" --force=S007
passed 'a way in that is closed'
as "$ssh4" --cut
refused 'a cut, up to date' 'refused\[S007\]: this would cut the connection that you came by'
check_match 'says what becomes of it' 'apply --cut --force=S007 .*your connection ends' "$output"
host '{protocol: TCP, port: 22}' 'ingress: [{action: Allow}]'
as "$ssh4"
passed 'a way in that is open'
run_as "$ssh4" rollback
refused 'rollback to where it is closed' 'refused\[S007\]: this would cut the connection that you came by'
check_match 'its hint' 'hint: polc rollback --confirm --force=S007 ' "$output"
check_eq 'nothing is changed' 2 "$(loaded)"
run_as "$ssh4" rollback 1 --dry-run
refused 'a dry run to a number' 'S007'
check_match 'its hint' 'hint: polc rollback 1 --dry-run --force=S007 ' "$output"
run_as '' rollback 1
passed 'nobody over the network'
check_eq 'is not refused' 1 "$(loaded)"
run_as "$ssh4" rollback 2
passed 'to where it is open'
run_as "$ssh4" rollback 1 --force=S007
passed 'forced'
check_match 'and it stands in the history' 'rolled back to generation 1, forced S007' "$(lab_polc history)"
lab_nft flush ruleset
run_as "$ssh4" restore
refused 'restore' 'S007'
check_match 'its hint' 'hint: polc restore --force=S007 ' "$output"
run_as "$ssh4" restore --force=S007
passed 'restore, forced'
run_as "$ssh4" restore
passed 'restore of what is there'
check_match 'which is nothing' '^up to date' "$output"
as "$ssh4" --confirm
passed 'a generation that waits'
run_as "$ssh4" rollback
passed 'is taken back by whoever wants'
check_eq 'at once' 1 "$(loaded)"
fresh

# ---- S007: failsafe ports that are in use ----------------------------------------------------------------------------------------------

shut='ingress: [{action: Allow, protocol: TCP, source: {nets: [192.0.2.0/25]}, destination: {ports: [80]}}]'
apply_here() { as '' "$@"; }
host '' "$shut"
# The router's addresses are on lo: another one, on an interface that nothing governs, lets anybody in.
apply_here --dry-run
passed 'an interface that nothing governs'
ip -n "$LAB_ROUTER" link set cali-a down
ip -n "$LAB_ROUTER" addr add 10.98.0.1/32 dev ext-adm
ip -n "$LAB_ROUTER" -6 addr flush dev cali-a
ip -n "$LAB_ROUTER" -4 addr flush dev cali-a
apply_here
refused 'nobody gets in' 'refused\[S007\]: nobody could reach tcp/22 of this host any more'
check_match 'why' 'it is in use, and was a failsafe port until now; the list failsafeInboundHostPorts is empty now' "$output"
host '{protocol: TCP, port: 22, net: 192.0.2.0/24}' "$shut"
apply_here --dry-run
passed 'a shorter list'
host '' 'ingress: [{action: Allow, protocol: TCP, source: {nets: [192.0.2.0/25]}, destination: {ports: [22]}}]'
apply_here --dry-run
passed 'policy for one net'
host '' 'ingress:' '- {action: Deny, source: {nets: [192.0.2.0/25]}}' \
  '- {action: Allow, protocol: TCP, source: {nets: [192.0.2.0/25]}, destination: {ports: [22]}}'
apply_here --dry-run
refused 'policy for nobody' 'nobody could reach tcp/22'
# The list that holds now is that of the loaded generation: tcp/25, on which nobody listens, and tcp/2200.
host '{protocol: TCP, port: 25}, {protocol: TCP, port: 2200}, {protocol: TCP, port: 22}' "$shut"
apply_here
passed 'another list'
host '{protocol: TCP, port: 22}' "$shut"
apply_here
refused 'the list of the loaded generation' 'nobody could reach tcp/2200'
check_eq 'ports that nobody uses do not count' '' "$(grep tcp/25 <<<"$output" || true)"
apply_here --force=s007
passed 'forced, in small letters'
apply_here
passed 'up to date'

# ---- S005 --------------------------------------------------------------------------------------------------------------------------

fresh
ip -n "$LAB_ROUTER" link set cali-a up
workload() { # NAME
  printf '%s\n' --- 'apiVersion: projectcalico.org/v3' 'kind: WorkloadEndpoint' "metadata: {name: $1, namespace: lab}" \
    "spec: {node: lab-1, interfaceName: $2, ipNetworks: [$3/32], profiles: [projectcalico-default-allow]}"
}
lab_workload guest tap-guest 10.70.0.9 -
host '{protocol: TCP, port: 22}' 'ingress: [{action: Allow}]'
workload guest tap-guest 10.70.0.9 >"$rules/guest.yaml"
workload a cali-a 10.70.0.1 >"$rules/a.yaml"
apply_here
passed 'everything is governed'
rm "$rules/guest.yaml"
apply_here
refused 'the endpoint of an interface that is there' 'refused\[S005\]: nothing would govern 1 interface of this host any more'
check_match 'which one' 'governed now: tap-guest \(wep/lab/guest\)' "$output"
mv "$rules/host.yaml" "$LAB_DIR/host.yaml"
apply_here
refused 'a host endpoint too' 'governed now: ext-adm \(hep/adm\), tap-guest \(wep/lab/guest\)'
mv "$POLC_STATE_DIR" "$LAB_DIR/state.away"
mkdir "$POLC_STATE_DIR"
apply_here --dry-run
refused 'without the generation' 'governed now: ext-adm, tap-guest'
rm -r "$POLC_STATE_DIR"
mv "$LAB_DIR/state.away" "$POLC_STATE_DIR"
mv "$LAB_DIR/host.yaml" "$rules/host.yaml"
ip -n "$LAB_ROUTER" link del tap-guest
apply_here
passed 'an interface that is gone'
rm "$rules/a.yaml"
ip -n "$LAB_ROUTER" link set cali-a name eth7
apply_here
passed 'an interface of another name'
rm "$rules/host.yaml"
workload z cali-z 10.70.0.77 >"$rules/z.yaml"
apply_here --force=S003
refused 'forcing another refusal does not help' 'S005'
apply_here --force
passed 'forced'
check_match 'and it stands in the history' '"S005"' "$(lab_polc history -o json)"

# ---- S008 --------------------------------------------------------------------------------------------------------------------------

breaker=$(dirname "$POLC")/break_rule.so
[[ -e $breaker ]] || breaker=$(dirname "$PROBE")/break_rule.so
if [[ -e $breaker ]]; then
  fresh
  host '{protocol: TCP, port: 22}' 'ingress: [{action: Allow}]'
  status=0
  output=$(lab_exec router env LD_PRELOAD="$breaker" POLC_BREAK_CONNTRACK=1 "$POLC" apply "$rules" --node lab-1 2>&1) || status=$?
  refused 'conntrack takes nothing' 'refused\[S008\]: [0-9]+ connections? of this host (is|are) not tracked yet, and may be cut: conntrack does not take (it|them): '
  check_match 'which ones' 'tcp 10\.70\.0\.3:[0-9]+ -> host 10\.99\.0\.1:22' "$output"
  check_eq 'nothing is loaded' no "$(table)"
  status=0
  output=$(lab_exec router env LD_PRELOAD="$breaker" POLC_BREAK_CONNTRACK=1 "$POLC" apply "$rules" --node lab-1 --force=S008 2>&1) || status=$?
  passed 'forced'
else
  check_skip 'connections that conntrack does not take' "no $breaker"
fi

# ---- S010 --------------------------------------------------------------------------------------------------------------------------

fresh
rm "$rules"/*.yaml
workload a cali-a 10.70.0.1 >"$rules/a.yaml"
lab_nft 'table inet polc { set office { type ipv4_addr; }; chain input { type filter hook input priority 0; ip saddr @office accept; }; chain more { }; }'
theirs=$(lab_nft list table inet polc)
apply_here
refused 'a table of somebody else' 'refused\[S010\]: polc did not make the table inet polc: it has 2 chains with 1 rule; nothing was changed'
check_match 'how to look at it' 'hint: nft list table inet polc ' "$output"
check_eq 'nothing is kept' 1 "$(lab_polc history >/dev/null 2>&1 || echo $?)"
check_status 'delete leaves it too' 5 lab_polc delete --yes
check_match 'and says how it could go' 'hint: nft delete table inet polc' "$(<"$LAB_DIR/output")"
check_eq 'nothing was changed' "$theirs" "$(lab_nft list table inet polc)"
apply_here --table ours
check_eq 'a table of another name is made' 0 "$status"
check_eq 'and theirs is as it was' "$theirs" "$(lab_nft list table inet polc)"
lab_polc delete --yes --table ours >/dev/null
apply_here --force=S010
passed 'forced'
check_status 'it is replaced' 1 lab_nft list chain inet polc more
check_match 'and that stands in the history' '"S010"' "$(lab_polc history -o json)"
lab_nft flush table inet polc
apply_here
passed 'polc'"'"'s own table, flushed by somebody'
lab_nft delete table inet polc
lab_nft 'table inet polc { chain input { }; }'
check_status 'restore leaves a table of somebody else' 5 lab_polc restore -o json
check_match 'and says so to programs' '"result": "refused", "refusals": \[\{"code": "S010"' "$(<"$LAB_DIR/output")"
check_ok 'restore, forced' lab_polc restore --force=S010

for name in "${!SESSION[@]}"; do
  kill "${SESSION[$name]}" 2>/dev/null || true
done
lab_summary
