#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Somebody changes polc's table by hand: status, diff and apply tell that from what the input changes, rule by rule and
# element by element, and apply puts it right.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

lab_begin drift
lab_router
policies=$LAB_DIR/policies
mkdir "$policies"
cat >"$policies/a.yaml" <<'EOF'
apiVersion: projectcalico.org/v3
kind: WorkloadEndpoint
metadata: {name: w, namespace: a, labels: {app: w}}
spec: {node: n1, interfaceName: cali1, ipNetworks: [10.0.0.1/32], profiles: [kns.a]}
---
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: web, namespace: a}
spec:
  selector: app == "w"
  ingress:
  - {action: Allow, protocol: TCP, destination: {ports: [80]}}
  - {action: Deny, protocol: TCP, destination: {ports: [81]}}
  - {action: Allow, source: {nets: [192.0.2.0/25, 198.51.100.0/24, 203.0.113.0/25]}}
EOF
more='---
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: more, namespace: a}
spec: {selector: app == "w", ingress: [{action: Allow, protocol: UDP, destination: {ports: [53]}}]}'
ip -n "$LAB_ROUTER" link add cali1 type veth peer name far1

polc() {
  local verb=$1
  shift
  lab_polc "$verb" "$policies" --node n1 "$@"
}

# rule_handle CHAIN PATTERN: the handle of the first rule of polc's chain that nft lists so.
rule_handle() {
  lab_nft -a list chain inet polc "$1" | awk -v pattern="$2" '$0 ~ pattern { print $NF; exit }'
}

# drifted DESCRIPTION SUMMARY DIFF COMMAND...: after the command, status and apply say the summary, and diff the lines;
# apply makes the table what it was.
drifted() {
  local description=$1 summary=$2 lines=$3
  shift 3
  "$@"
  check_status "$description: status" 1 polc status
  check_match "$description: what status says" "kernel +CHANGED BY SOMEBODY: $summary  " "$(cat "$LAB_DIR/output")"
  check_match "$description: the input is no other" 'input +is what is loaded' "$(cat "$LAB_DIR/output")"
  check_status "$description: diff" 1 polc diff
  check_eq "$description: what diff says" "$lines" "$(sed '1d;/^$/,$d' "$LAB_DIR/output")"
  check_match "$description: apply says what it repaired" "^applied: generation [0-9]+: repaired what somebody did: $summary\$" \
    "$(polc apply)"
  check_eq "$description: apply put it right" "$wanted" "$(lab_listing router)"
  check_status "$description: nothing is left" 0 polc status
}

check_ok 'apply' polc apply
wanted=$(lab_listing router)
check_status 'nothing has changed: status' 0 polc status
check_match 'nothing has changed: what status says' 'kernel +has it as polc loaded it' "$(cat "$LAB_DIR/output")"

drifted 'a rule more' '1 rule added to chain np/a/web/in' '~ chain np/a/web/in
    + tcp dport { 22, 2222 } accept comment "let me in"     (first)' \
  lab_nft insert rule inet polc np/a/web/in tcp dport '{ 22, 2222 }' accept comment '"let me in"'
drifted 'a rule less' '1 rule missing in chain np/a/web/in' "~ chain np/a/web/in
    - tcp dport 81 counter goto flow/deny     (np/a/web in 1 a.yaml:13)" \
  lab_nft delete rule inet polc np/a/web/in handle "$(rule_handle np/a/web/in 'dport 81')"
drifted 'another rule' '1 rule changed in chain np/a/web/in' "~ chain np/a/web/in
    ~ tcp dport 81 accept
        was tcp dport 81 counter goto flow/deny     (np/a/web in 1 a.yaml:13)" \
  lab_nft replace rule inet polc np/a/web/in handle "$(rule_handle np/a/web/in 'dport 81')" tcp dport 81 accept
drifted 'a chain of somebody' 'chain mine added' '+ chain mine
    + ip saddr 10.9.0.0/16 drop     (first)' \
  lab_nft add chain inet polc mine '{ ip saddr 10.9.0.0/16 drop; }'
drifted 'another policy of a base chain' 'policy drop of chain forward' '~ chain forward: policy drop' \
  lab_nft add chain inet polc forward '{ policy drop; }'
drifted 'elements' '1 element added to set to4, 1 element missing in set to4' "$(
  printf '%s\n' '~ set   to4' "    - $(lab_nft list map inet polc to4 | grep -o '10.0.0.1 : [a-z]* [^ ,]*')" '    + 10.0.0.9 : accept'
)" lab_nft 'add element inet polc to4 { 10.0.0.9 : accept }; delete element inet polc to4 { 10.0.0.1 }'
drifted 'a table put to sleep' 'the table put to sleep' '~ table put to sleep (dormant): nothing is policed' \
  lab_nft add table inet polc '{ flags dormant; }'

# A change of the input and one by hand at once: each is told as what it is.
lab_nft add rule inet polc np/a/web/in tcp dport 22 accept
echo "$more" >"$policies/more.yaml"
check_status 'both at once: status' 1 polc status
check_match 'both at once: the hand' 'SOMEBODY: 1 rule added to chain np/a/web/in  ' "$(cat "$LAB_DIR/output")"
check_match 'both at once: the input' 'input +differs: 1 policy added' "$(cat "$LAB_DIR/output")"
check_match 'both at once: apply' '^applied: generation [0-9]+: 1 policy added.*; repaired what somebody did: 1 rule added to chain np/a/web/in$' \
  "$(polc apply)"
check_match 'history has it' 'repaired what somebody did' "$(cat "$LAB_DIR"/state/*.entry)"

# Comments of others cannot steer the terminal of whoever looks.
lab_nft add rule inet polc np/a/web/in tcp dport 22 accept comment "\"$(printf 'x\033[2J\377')\""
check_status 'an escape sequence in a comment: diff' 1 polc diff
check_match 'an escape sequence in a comment: is shown' 'comment "x\\u001b\[2J' "$(cat "$LAB_DIR/output")"
if command -v python3 >/dev/null; then
  check_eq 'an escape sequence in a comment: JSON' True \
    "$(polc status -o json | python3 -c 'import json, sys; print(json.load(sys.stdin)["drift"]["there"])')"
fi
check_ok 'an escape sequence in a comment: apply' polc apply

# What cannot be told is said to be so, and is no drift.
lab_nft add rule inet polc np/a/web/in tcp dport 22 accept
check_status 'another state directory: diff' 1 polc diff --state-dir "$LAB_DIR/other"
check_match 'another state directory: says why' 'changes by somebody else are not told apart: ' "$(cat "$LAB_DIR/output")"
check_match 'another state directory: the difference is there all the same' '~ chain np/a/web/in' "$(cat "$LAB_DIR/output")"
check_match 'another state directory: status' 'kernel +cannot tell whether somebody changed it: ' \
  "$(polc status --state-dir "$LAB_DIR/other" || true)"
check_match 'another state directory: apply puts it right' '^applied: generation [0-9]+: 1 chain changed$' \
  "$(polc apply --state-dir "$LAB_DIR/other")"

# A table that is gone, and made anew by somebody else.
lab_nft delete table inet polc
lab_nft add table inet polc
check_status 'an empty table of somebody: status' 1 polc status
check_match 'an empty table of somebody: said' 'polc did not make it' "$(cat "$LAB_DIR/output")"
check_ok 'an empty table of somebody: apply' polc apply
check_status 'all is well' 0 polc status

if command -v python3 >/dev/null; then
  lab_nft add rule inet polc np/a/web/in tcp dport 22 accept
  polc diff -o json >"$LAB_DIR/diff.json" || true
  check_eq 'JSON' "True True [('np/a/web/in', 'changed', [('added', 'tcp dport 22 accept')])] False" "$(python3 -c '
import json, sys
diff = json.load(open(sys.argv[1]))
drift = diff["drift"]
print(drift["known"], drift["there"],
      [(o["chain"], o["change"], [(r["change"], r["rule"]) for r in o["rules"]]) for o in drift["objects"]],
      diff["differs"])' "$LAB_DIR/diff.json")"
else
  check_skip 'drift as JSON' 'needs python3'
fi
lab_summary
