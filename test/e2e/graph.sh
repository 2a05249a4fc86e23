#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The graph of real connections, from the kernel alone: what is allowed, what is denied, what a staged policy would close,
# each flow once, and what is allowed besides; and the command that the graph ends with shows the flows that it is about.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

lab_begin graph
lab_router
lab_workload web cali-web 10.70.0.1 fd70::1
lab_workload db cali-db 10.70.0.2 fd70::2
lab_workload job cali-job 10.70.0.3 fd70::3
lab_workload outside ext-x 203.0.113.1 2001:db8::1
rules=$LAB_DIR/rules
mkdir "$rules"

endpoint() { # NAME NAMESPACE
  cat <<END
---
apiVersion: projectcalico.org/v3
kind: WorkloadEndpoint
metadata: {name: $1, namespace: $2, labels: {app: $1}}
spec:
  node: lab-1
  interfaceName: cali-$1
  profiles: [projectcalico-default-allow]
  ipNetworks: [${LAB_V4[$1]}/32, "${LAB_V6[$1]}/128"]
END
}
{
  endpoint web shop
  endpoint db shop
  endpoint job batch
  cat <<'END'
---
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  selector: app == "db"
  ingress:
  - {action: Allow, protocol: TCP, source: {selector: app == "web"}, destination: {ports: [80]}}
---
apiVersion: projectcalico.org/v3
kind: StagedNetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  selector: app == "web"
  types: [Egress]
  egress:
  - {action: Allow, destination: {selector: app == "db"}}
END
} >"$rules/rules.yaml"
for name in web db job outside; do
  lab_serve "$name" tcp:80 tcp:81
done
check_ok 'apply' lab_polc apply "$rules" --node lab-1 --force=S005
export LAB_TIMEOUT=400
lab_connect web --retries 0 tcp:db:80 tcp:[db]:80 tcp:db:81 tcp:outside:80 >/dev/null || true
lab_connect job --retries 0 tcp:db:80 tcp:web:80 >/dev/null || true

# edges OPTION...: "SOURCE SIGN DESTINATION PORTS FLOWS" of each row.
edges() {
  lab_polc graph --node lab-1 "$@" | awk '
    NR > 1 && $1 == "SOURCE" { rows = 1; next }
    !NF { rows = 0 }
    rows { match($0, / (denied|allowed|staged would deny) +[0-9]+/); n = split(substr($0, RSTART, RLENGTH), word, " ")
           print $1, $2, $3, $4, word[n] }'
}

check_eq 'the graph of what the kernel recorded' 'batch/job -x shop/db tcp/80 1
batch/job -> shop/web tcp/80 1
shop/web -x shop/db tcp/81 1
shop/web -> shop/db tcp/80 2
shop/web ~x pub tcp/80 1' "$(edges)"
check_eq 'by namespace' 'batch -x shop tcp/80 1
batch -> shop tcp/80 1
shop -x shop tcp/81 1
shop -> shop tcp/80 2
shop ~x pub tcp/80 1' "$(edges --by namespace)"
check_eq 'what is denied' 'batch/job -x shop/db tcp/80 1
shop/web -x shop/db tcp/81 1' "$(edges --denied)"

# Everybody may reach all but db, which web has used.
check_eq 'what is allowed and nobody used' 'batch/job any
shop/db any
shop/web any
any batch/job
any shop/web' "$(lab_polc graph --node lab-1 --allowed | awk '$2 == ".>" { print $1, $3 }')"
check_eq 'flows are the same beside it' "$(edges)" "$(edges --allowed | grep -v ' \.> ')"

next=$(lab_polc graph --node lab-1 | sed -n 's/^next: polc //p')
check_match 'it ends with a command' '^flows .*batch.*--denied' "$next"
check_eq 'which shows the flows of the worst edge' 'batch job shop db 80' \
  "$(eval "lab_polc $next" | awk 'NR == 2 { print $1, $2, $3, $4, $5 }')"
check_match 'a drawing of it' '<svg .*</svg>' "$(lab_polc graph --node lab-1 -o svg | tr '\n' ' ')"

lab_summary
