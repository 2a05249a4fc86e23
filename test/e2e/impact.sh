#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# polc impact foretells what a change does to flows that were: they are recorded from real packets in the kernel's flow
# table, the change is applied, and the same connections are tried again.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

lab_begin impact
lab_router
lab_workload client cali-c 10.70.0.1 fd70::1
lab_workload other cali-o 10.70.0.3 fd70::3
lab_workload web cali-w 10.70.0.2 fd70::2
lab_serve web tcp:80 tcp:443 tcp:8080

write() { # FILE KIND RULES...: the policy of web
  {
    cat <<'END'
apiVersion: projectcalico.org/v3
kind: Profile
metadata: {name: open}
spec: {ingress: [{action: Allow}], egress: [{action: Allow}]}
END
    local name address
    for name in client:c:1 web:w:2 other:o:3; do
      address=${name##*:}
      printf -- '---\napiVersion: projectcalico.org/v3\nkind: WorkloadEndpoint\n'
      printf 'metadata: {name: %s, namespace: shop, labels: {app: %s}}\n' "${name%%:*}" "${name%%:*}"
      printf 'spec: {node: n1, interfaceName: cali-%s, ipNetworks: [10.70.0.%s/32, "fd70::%s/128"], profiles: [open]}\n' \
        "$(cut -d: -f2 <<<"$name")" "$address" "$address"
    done
    printf -- '---\napiVersion: projectcalico.org/v3\nkind: %s\nmetadata: {name: web, namespace: shop}\n' "$2"
    printf 'spec:\n  selector: app == "web"\n  types: [Ingress]\n  ingress:\n'
    printf -- '  - %s\n' "${@:3}"
  } >"$LAB_DIR/$1"
}
write old.yaml NetworkPolicy '{action: Allow, protocol: TCP, destination: {ports: [80, 443]}}'
write new.yaml NetworkPolicy '{action: Allow, protocol: TCP, source: {selector: app == "client"}, destination: {ports: [80, 8080]}}'

# changes FILE OPTION...: "CHANGE SOURCE SERVICE" of each flow that changes.
changes() {
  lab_polc impact "$@" -o json 2>/dev/null |
    jq -r '.groups[] | select(.change != "uncertain") | "\(.change) \(.source.name_aggr) \(.service)"' | sort
}

try_all() {
  expect client "$1" <<END
tcp:web:80 $2
tcp:[web]:443 $3
tcp:web:8080 $4
END
  expect other "$1" <<END
tcp:web:80 $5
tcp:web:443 $6
END
}

check_status 'with nothing loaded there is nothing to compare with' 2 lab_polc impact "$LAB_DIR/new.yaml" --node n1
check_ok 'apply' lab_polc apply "$LAB_DIR/old.yaml" --node n1
try_all 'before' ok ok timeout ok ok

# ---- what is foretold ----------------------------------------------------------------------------------------------------

check_status 'the same policies change nothing' 0 lab_polc impact "$LAB_DIR/old.yaml" --node n1
check_eq 'nothing at all' '' "$(changes "$LAB_DIR/old.yaml" --node n1)"
check_status 'others do' 1 lab_polc impact "$LAB_DIR/new.yaml" --node n1
check_eq 'two ends and three services fare otherwise' \
  'closed client tcp/443
closed other tcp/443
closed other tcp/80
opened client tcp/8080' "$(changes "$LAB_DIR/new.yaml" --node n1)"
check_match 'the rule that decided, and the one that will' 'was  shop/default.web ingress rule 0 .*old.yaml:.*now  end of tier default' \
  "$(lab_polc impact "$LAB_DIR/new.yaml" --node n1 2>&1 || true)"
check_eq 'deleting the policy opens what it denies' 'opened client tcp/8080' "$(changes --delete web)"

# ---- and what happens ------------------------------------------------------------------------------------------------------

lab_polc flows -o json >"$LAB_DIR/flows.jsonl"
check_ok 'the change is applied' lab_polc apply "$LAB_DIR/new.yaml" --node n1
try_all 'after' ok timeout ok timeout timeout
check_status 'nothing is left to change' 0 lab_polc impact "$LAB_DIR/new.yaml" --node n1 --flows "$LAB_DIR/flows.jsonl"
check_match 'flows of before had another verdict' 'flows had another verdict when they were recorded' \
  "$(lab_polc impact "$LAB_DIR/new.yaml" --node n1 --flows "$LAB_DIR/flows.jsonl" 2>&1)"

# ---- a staged policy, from trial to force ------------------------------------------------------------------------------------

write staged.yaml StagedNetworkPolicy '{action: Allow, protocol: TCP, destination: {ports: [443]}}'
check_ok 'a staged policy decides nothing' lab_polc apply "$LAB_DIR/staged.yaml" --node n1 --force
try_all 'staged' ok ok ok ok ok
check_eq 'it would close all but tcp/443' 'closed client tcp/80
closed client tcp/8080
closed other tcp/80' "$(changes --enforce web --since 1m)"
check_ok 'enforcing it says so' lab_polc enforce web -f "$LAB_DIR/staged.yaml"
check_match 'with the flows of the kernel' 'closed +shop/other +-> +shop/web +tcp/80 +allow -> DENY' "$(cat "$LAB_DIR/output")"
check_ok 'and applied' lab_polc apply "$LAB_DIR/staged.yaml" --node n1
try_all 'enforced' timeout ok timeout timeout ok

lab_summary
