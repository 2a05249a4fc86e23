#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A second apply changes what differs and nothing else: rules of other chains keep their handles, rules that stay keep
# their counters, the same input sends nothing. When nobody else has committed anything since the last apply, the kernel is
# not read again; a foreign change of any kind makes apply read all of it.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

lab_begin delta
lab_router
lab_netns mirror
lab_netns guest
ip -n "$LAB_ROUTER" link add cali1 type veth peer name eth0 netns "${LAB_NS[guest]}"
ip -n "$LAB_ROUTER" -batch - <<END
link set cali1 up
addr add 10.9.0.254/24 dev cali1
END
ip -n "${LAB_NS[guest]}" -batch - <<END
addr add 10.9.0.1/24 dev eth0
link set eth0 up
END
input=$LAB_DIR/input.yaml

# policies PORT ADDRESS: one policy of the guest for each of two directions, and a set.
policies() {
  cat >"$input" <<END
apiVersion: projectcalico.org/v3
kind: FelixConfiguration
metadata: {name: default}
spec: {defaultEndpointToHostAction: Accept}
---
apiVersion: projectcalico.org/v3
kind: WorkloadEndpoint
metadata: {name: w, namespace: a, labels: {app: w}}
spec: {node: n1, interfaceName: cali1, ipNetworks: [10.9.0.1/32]}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkSet
metadata: {name: friends, labels: {kind: friends}}
spec: {nets: [192.0.2.1/32, 192.0.2.2/32, $2/32]}
---
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: out, namespace: a}
spec:
  selector: app == "w"
  types: [Egress]
  egress:
  - {action: Allow, protocol: ICMP}
  - {action: Allow, protocol: TCP, destination: {ports: [$1]}}
---
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: in, namespace: a}
spec:
  selector: app == "w"
  types: [Ingress]
  ingress:
  - {action: Allow, source: {selector: kind == "friends", namespaceSelector: global()}}
END
}

apply() { lab_polc apply "$input" --node n1; }

# handles: of every rule outside of polc's info chain, with its chain.
handles() {
  lab_nft -a list table inet polc |
    awk '/chain/ { chain = $2 } /handle/ && !/chain|set |map |table/ { print chain, $NF }' | grep -v '^polc.info'
}

# counted: what the rule for ICMP has counted.
counted() {
  lab_nft list chain inet polc np/a/out/out | awk '/l4proto icmp/ { for (i = 1; i < NF; i++) if ($i == "packets") print $(i + 1) }'
}

ping_host() {
  lab_connect guest --retries 1 icmp:10.9.0.254 | grep -q ' ok$'
}

# right DESCRIPTION: the table is what nft makes of the input.
right() {
  lab_exec mirror nft flush ruleset
  lab_polc compile "$input" --node n1 -o nft | lab_exec mirror nft -f -
  check_eq "$1: the table is right" "$(lab_listing mirror)" "$(lab_listing router)"
}

# ---- what is changed, and what is not ----------------------------------------------------------------------------------

policies 80 192.0.2.3
check_ok 'apply' apply
right 'at first'
check_eq 'the same input sends nothing' 0 "$(lab_committed apply)"
check_match 'the same input: says so' '^up to date: generation 1$' "$(apply 2>/dev/null)"
ping_host
ping_host
before=$(handles)
check_eq 'the rule counts' 2 "$(counted)"

policies 443 192.0.2.3
check_match 'one rule changes' '^applied: generation 2: 1 policy changed$' "$(apply 2>/dev/null)"
check_eq 'rules of other chains were not touched' "$(grep -v '^np/a/out/out' <<<"$before")" \
  "$(handles | grep -v '^np/a/out/out')"
check_eq 'the chain was written anew' 0 "$(handles | grep -cxFf <(grep '^np/a/out/out' <<<"$before") || true)"
check_eq 'a rule that stays keeps its counter' 2 "$(counted)"
right 'one rule changes'

before=$(handles)
policies 443 192.0.2.4
check_match 'one address changes' '^applied: generation 3: 1 set \+1 -1$' "$(apply 2>/dev/null)"
check_eq 'no rule was touched' "$before" "$(handles)"
check_eq 'nor its counter' 2 "$(counted)"
right 'one address changes'

# ---- what is read ------------------------------------------------------------------------------------------------------

# requests COMMAND...: how many messages polc sends to the kernel's sockets.
requests() {
  strace -f -qq -e trace=sendto,sendmsg -o "$LAB_DIR/trace" ip netns exec "$LAB_ROUTER" "$POLC" "$@" >"$LAB_DIR/output" 2>&1 ||
    true
  grep -c 'sendto\|sendmsg' "$LAB_DIR/trace"
}

# foreign DESCRIPTION COMMAND...: after the command all is read, and put right; then it is known again.
foreign() {
  local description=$1
  shift
  "$@"
  if command -v strace >/dev/null; then
    sent=$(requests apply "$input" --node n1)
    check_result $((sent <= little)) "$description: all is read" "$sent messages, and $little when all is known"
  else
    check_ok "$description: apply" apply
  fi
  right "$description"
  check_eq "$description: nothing more to send" 0 "$(lab_committed apply)"
}

if command -v strace >/dev/null; then
  apply >/dev/null 2>&1
  little=$(requests apply "$input" --node n1)
  check_result $((little > 20)) 'nobody has changed anything: little is read' "$little messages"
  check_match 'nobody has changed anything: said' '^up to date' "$(cat "$LAB_DIR/output")"
else
  check_skip 'how much is read' 'needs strace'
fi
foreign 'another table' lab_nft add table inet other
foreign 'a rule more' lab_nft add rule inet polc np/a/out/out accept
foreign 'a rule less' lab_nft flush chain inet polc np/a/in/in
foreign 'an element more' lab_nft add element inet polc to4 '{ 10.9.0.7 : accept }'
foreign 'a chain more' lab_nft add chain inet polc mine
foreign 'the table put to sleep' lab_nft add table inet polc '{ flags dormant; }'
foreign 'the table deleted' lab_nft delete table inet polc
foreign 'the whole ruleset flushed' lab_nft flush ruleset

# What is known of another namespace, another boot, or not quite, is not known here.
apply >/dev/null 2>&1
known=$LAB_DIR/state/kernel
lab_nft add rule inet polc np/a/out/out accept
spoil() { # DESCRIPTION SED-PROGRAM: makes the record say that all is as it was, but for one thing
  local state
  state=$(sed -n 's/^state //p' "$known")
  sed -e "s/^state .*/state $((state + 1))/" -e "$2" "$known" >"$LAB_DIR/spoiled"
  cp "$LAB_DIR/spoiled" "$known"
  check_match "$1: the table is read, and put right" 'repaired what somebody did: 1 rule added' "$(apply 2>/dev/null)"
  lab_nft add rule inet polc np/a/out/out accept
}
spoil 'another boot' 's/^boot .*/boot 00000000-0000-0000-0000-000000000000/'
spoil 'another namespace' 's/^namespace .*/namespace 1/'
spoil 'another table' 's/^table .*/table other/'
spoil 'another polc' 's/^program .*/program 1:2:3:4.5/'
spoil 'torn' '/^end/d'
rm -f "$known"
check_match 'no record: the table is read, and put right' 'repaired what somebody did: 1 rule added' "$(apply 2>/dev/null)"
right 'after all that'
lab_summary
