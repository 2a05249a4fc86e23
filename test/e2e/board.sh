#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The board, with real packets: each connection counts at the rules that decide it, at both of its ends, and nowhere else;
# counts outlive an apply; what was recorded tells what nobody uses; the watching board gives the terminal back.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

lab_begin board
lab_router
lab_workload client cali-c 10.70.0.1 fd70::1
lab_workload web cali-w 10.70.0.2 fd70::2
lab_netns out
ip -n "$LAB_ROUTER" link add up0 type veth peer name eth0 netns "${LAB_NS[out]}"
ip -n "$LAB_ROUTER" addr add 192.0.2.1/24 dev up0
ip -n "$LAB_ROUTER" link set up0 up
ip -n "${LAB_NS[out]}" addr add 192.0.2.2/24 dev eth0
ip -n "${LAB_NS[out]}" link set eth0 up
LAB_V4[host]=192.0.2.1
# A connection that is over is soon forgotten: else its rules are in use for two more minutes.
lab_sysctl router netfilter/nf_conntrack_tcp_timeout_{time_wait,close,close_wait,last_ack,fin_wait,syn_sent}=1
lab_serve web tcp:25 tcp:80 tcp:443 tcp:8080 tcp:8081 tcp:9999
lab_serve client tcp:7
lab_serve router tcp:22 tcp:80

cat >"$LAB_DIR/in.yaml" <<'END'
apiVersion: projectcalico.org/v3
kind: Tier
metadata: {name: edge}
spec: {order: 10, defaultAction: Pass}
---
apiVersion: projectcalico.org/v3
kind: Profile
metadata: {name: open}
spec: {ingress: [{action: Allow}], egress: [{action: Allow}]}
---
apiVersion: projectcalico.org/v3
kind: WorkloadEndpoint
metadata: {name: client, namespace: shop, labels: {app: client}}
spec: {node: n1, interfaceName: cali-c, ipNetworks: [10.70.0.1/32, "fd70::1/128"], profiles: [open]}
---
apiVersion: projectcalico.org/v3
kind: WorkloadEndpoint
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {node: n1, interfaceName: cali-w, ipNetworks: [10.70.0.2/32, "fd70::2/128"], profiles: [open]}
---
apiVersion: projectcalico.org/v3
kind: HostEndpoint
metadata: {name: up, labels: {app: host}}
spec: {node: n1, interfaceName: up0}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: edge.guard}
spec:
  tier: edge
  selector: app == "web"
  types: [Ingress]
  ingress:
  - {action: Deny, protocol: TCP, destination: {ports: [25]}}
  - {action: Pass}
---
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  order: 20
  selector: app == "web"
  types: [Ingress]
  ingress:
  - {action: Allow, protocol: TCP, source: {selector: app == "client"}, destination: {ports: [80]}}
  - {action: Allow, protocol: TCP, destination: {ports: [443]}}
  - {action: Allow, protocol: TCP, destination: {ports: [8080]}}
  - {action: Allow, protocol: TCP, destination: {ports: [8081]}}
  - {action: Allow, protocol: TCP, destination: {ports: [53]}}
---
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: out, namespace: shop}
spec:
  selector: app == "client"
  types: [Egress]
  egress: [{action: Allow}]
---
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: never, namespace: shop}
spec:
  order: 30
  selector: app == "web"
  types: [Ingress]
  ingress: [{action: Allow, protocol: UDP, destination: {ports: [5353]}}]
---
apiVersion: projectcalico.org/v3
kind: StagedNetworkPolicy
metadata: {name: tight, namespace: shop}
spec:
  order: 10
  selector: app == "web"
  types: [Ingress]
  ingress:
  - {action: Deny, protocol: TCP, destination: {ports: [443]}}
  - {action: Allow, protocol: TCP, destination: {ports: [80]}}
END

board() {
  lab_polc board "$@"
}

# counts: "POLICY DIRECTION RULES ACTION CONNECTIONS" of each rule that was hit, then the ends and ports that were.
counts() {
  board -o json | jq -r '
    (.tiers[].policies[], .profiles.profiles[]) as $p | $p.rules[] | select(.connections > 0)
      | "\($p.id) \(.direction) \(.rules) \(.action) \(.connections)"'
  board -o json | jq -r '
    (.tiers[] | .name as $t | ({denied: .denied_at_end}, {would_deny: .would_deny_at_end}) | to_entries[]
      | .key as $k | .value | to_entries[] | select(.value.connections > 0)
      | "end of \($t) \(.key) \($k) \(.value.connections)"),
    (.failsafes[] | select(.connections > 0) | "failsafe \(.direction) \(.port) \(.connections)")'
}

# ---- nothing is loaded -------------------------------------------------------------------------------------------------

check_status 'without a table there is no board' 1 board
check_match 'and it says so' 'nothing is loaded' "$(board 2>&1 || true)"
check_status 'nor with a PATH' 1 board "$LAB_DIR/in.yaml" --node n1

# ---- what each connection counts at ------------------------------------------------------------------------------------

check_ok 'apply' lab_polc apply "$LAB_DIR/in.yaml" --node n1
check_eq 'before the first packet all is nothing' '' "$(counts)"
expect client 'connections' <<'END'
tcp:web:80 ok
tcp:[web]:80 ok
tcp:web:443 ok
tcp:web:8080 ok
tcp:web:8081 ok
END
expect web 'the other way' <<'END'
tcp:client:7 ok
END
expect out 'to the host' <<'END'
tcp:host:22 ok
END
check_eq 'each allowed connection counts once at each end, staged policies by themselves' \
  'failsafe in tcp/22 1
gnp/edge.guard in 1 pass 5
np/shop/out out 0 allow 5
np/shop/web in 0 allow 2
np/shop/web in 1-4 allow 3
profile/open in 0 allow 1
profile/open out 0 allow 1
snp/shop/tight in 0 deny 1
snp/shop/tight in 1 allow 2' "$(counts | sort)"
check_match 'rules that the kernel has as one are said to be one' 'rules that the kernel has as one' "$(board --rules)"

expect client 'denied' <<'END'
tcp:web:25 timeout
tcp:web:9999 timeout
END
check_eq 'what is denied counts where it is denied, as often as it is tried' 'end of default in denied
gnp/edge.guard in 0 deny' "$(counts | sort | sed -n 's/^\(gnp.* deny\|end.* denied\) [1-9][0-9]*$/\1/p')"
check_match 'and the board says what to look at' 'next: polc flows --(denied|would-deny)' "$(board)"

# ---- an apply ------------------------------------------------------------------------------------------------------------

before=$(counts | sort | grep -v would_deny)
cp "$LAB_DIR/in.yaml" "$LAB_DIR/first.yaml"
sed -i 's/ports: \[443\]}}$/ports: [443, 444]}}/; s/order: 20/order: 21/' "$LAB_DIR/in.yaml"
check_ok 'another order, and another port' lab_polc apply "$LAB_DIR/in.yaml" --node n1
after=$(counts | sort | grep -v would_deny)
check_eq 'counters of rules that are as they were go on' "$(grep -v '1-4\|snp' <<<"$before")" "$(grep -v '1-4\|snp' <<<"$after")"
check_match 'with the PATH of other rules a policy shows only that it was hit' \
  'by the rules that are loaded, not these' "$(board "$LAB_DIR/first.yaml" --node n1 2>/dev/null)"
check_ok 'with that of the same ones all' lab_polc board "$LAB_DIR/in.yaml" --node n1
check_eq 'a policy that is not loaded is said to be' 'gnp/new not-loaded' "$(
  { cat "$LAB_DIR/in.yaml"; printf -- '---\napiVersion: projectcalico.org/v3\nkind: GlobalNetworkPolicy\nmetadata: {name: new}\nspec: {selector: all(), ingress: [{action: Deny}]}\n'; } >"$LAB_DIR/more.yaml"
  board "$LAB_DIR/more.yaml" --node n1 -o json | jq -r '.tiers[].policies[] | select(.state != "loaded") | "\(.id) \(.state)"')"

# ---- what nobody uses ----------------------------------------------------------------------------------------------------

# unused TIME: "POLICY RULES RESULT" of what was not hit for so long.
unused() {
  board --unused --since "$1" -o json 2>/dev/null | jq -r '.[] | "\(.policy) \(.rules // "all") \(.result)"' | sort
}

check_status 'without a record only what was never hit is unused' 1 lab_polc board --unused
check_match 'which is listed' 'np/shop/never +all rules +since it was loaded' "$(cat "$LAB_DIR/output")"
check_match 'and the hint says how to record' 'polc board --record' "$(cat "$LAB_DIR/output")"
check_ok 'a reading' lab_polc board --record
sleep 7.1
expect client 'some go on' <<'END'
tcp:web:80 ok
END
check_ok 'another one' lab_polc board --record
check_eq 'rules that were not hit since are unused, those that were are not' \
  'gnp/edge.guard 0 unused
np/shop/never all unused
np/shop/web 1-4 unused
snp/shop/tight 0 unused' "$(unused 6s)"
check_eq 'what was hit before the first reading may have been hit at any time' \
  'np/shop/never all unused-as-far-as-recorded' "$(unused 1d)"
check_match 'and the note says so' 'of what was hit before nobody knows when' "$(board --unused --since 1d 2>&1)"
check_ok 'the table is made anew' lab_polc delete --yes
check_ok 'with counters that begin at nothing' lab_polc apply "$LAB_DIR/in.yaml" --node n1
check_ok 'a reading of these' lab_polc board --record
check_eq 'is no hit' "$(printf 'gnp/edge.guard 0 unused\nnp/shop/never all unused\nnp/shop/web 1-4 unused\nsnp/shop/tight 0 unused')" "$(unused 6s |
  grep -v 'edge.guard all\|edge.guard 1\|/web 0\|/web all\|/out\|tight 1\|tight all')"
expect client 'fewer than before' <<'END'
tcp:web:443 ok
END
check_ok 'a reading of more' lab_polc board --record
check_eq 'is one' '' "$(unused 6s | grep '1-4\|tight 0')"
echo torn >"$POLC_STATE_DIR/board.polc"
check_status 'a damaged record is not written over' 3 lab_polc board --record
check_match 'and the board goes on without it' 'what was recorded is not known' "$(board 2>&1)"
rm "$POLC_STATE_DIR/board.polc"

# ---- the watching board --------------------------------------------------------------------------------------------------

# watch_screen SECONDS KEYS: what the board writes to a terminal of 24 lines until it ends, and its status.
watch_screen() {
  local status=0
  { sleep "$1"; printf '%s' "$2"; sleep 1; } |
    lab_exec router timeout 20 script -qefc "stty rows 24 cols 100; exec $POLC board --watch=200ms --width 100" /dev/null || status=$?
  printf '\nstatus %s' "$status"
}

screen=$(watch_screen 3 q)
check_match 'it opens a screen of its own' $'\e\\[\\?1049h' "$screen"
check_match 'and gives it back' $'\e\\[\\?1049l' "$screen"
check_eq 'with q it ends well' 'status 0' "${screen##*$'\n'}"
check_eq 'it was drawn more than once' yes "$( (($(grep -c 'node n1' <<<"$screen") > 1)) && echo yes)"
status=0
screen=$(lab_exec router timeout 20 script -qefc "stty rows 24 cols 100; $POLC board --watch=200ms & sleep 2; kill -TERM \$!; wait \$!; stty -a" \
  /dev/null </dev/null) || status=$?
check_match 'a signal ends it, and gives the screen back as well' $'\e\\[\\?1049l.* icanon .* echo ' "$screen"
screen=$({ sleep 5; printf q; sleep 1; } | lab_exec router timeout 20 script -qefc \
  "stty rows 24 cols 120; (sleep 2; stty cols 50 </dev/tty) & exec $POLC board --watch=200ms" /dev/null) || true
check_match 'in a wide window tiers stand side by side' 'EDGE[^'$'\n'']*DEFAULT' "$screen"
check_eq 'when it becomes narrow, below each other' yes \
  "$(printf '%s\n' "$screen" | sed 's/\x1b\[[0-9;]*[a-zA-Z]//g' | grep -E '^EDGE +order 10 +Pass.?$' >/dev/null && echo yes)"
lab_exec router timeout 20 "$POLC" board --watch=200ms 2>"$LAB_DIR/errors" | head -n 1 >/dev/null || true
check_eq 'it ends quietly when nobody reads on' '' "$(<"$LAB_DIR/errors")"
lab_exec router timeout -s INT 4 "$POLC" board --watch=200ms >"$LAB_DIR/blocks" || true
check_eq 'where nobody looks it prints one board after the other' yes \
  "$( (($(grep -c '^generation' "$LAB_DIR/blocks") > 2)) && echo yes)"
check_eq 'without escapes' '' "$(grep $'\e' "$LAB_DIR/blocks" || true)"
lab_summary
