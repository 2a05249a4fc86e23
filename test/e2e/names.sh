#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The names of destinations in the log, from what was learned on this host: flows, --follow, record, top and graph, with real
# connections. The stores of facts are written here, as apply and the watcher do; test/e2e/payment.sh has the real ones.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

lab_begin names
command -v jq >/dev/null || lab_skip_all 'no jq here'
lab_router
lab_workload web cali-web 10.70.0.1 fd70::1
lab_workload job cali-job 10.70.0.2 fd70::2
lab_workload api eth8 203.0.113.7 -
lab_workload hub eth9 203.0.113.9 -
rules=$LAB_DIR/rules
log=$LAB_DIR/flows.jsonl
mkdir "$rules"

endpoint() { # NAMESPACE NAME
  printf '%s\n' --- 'apiVersion: projectcalico.org/v3' 'kind: WorkloadEndpoint' \
    "metadata: {name: $2, namespace: $1, labels: {app: $2}}" \
    "spec: {node: lab-1, interfaceName: cali-$2, ipNetworks: [${LAB_V4[$2]}/32, \"${LAB_V6[$2]}/128\"], profiles: [projectcalico-default-allow]}"
}
{
  endpoint shop web
  endpoint batch job
} >"$rules/all.yaml"

# learn STORE NAME ADDRESS [AGO [TTL]]: as somebody learned it so many seconds ago.
learn() {
  mkdir -p "$(dirname "$POLC_STATE_DIR/$1")"
  printf '%s %s watch %s %s\n' "$(($(date +%s) - ${4:-0}))" "${5:-300}" "$2" "$3" >>"$POLC_STATE_DIR/$1"
}
# names FILTER [OPTION...]: "SOURCE PORT NAME,NAME" of the records that match, sorted.
names() {
  lab_polc flows -q -o json "$@" | named
}
named() {
  jq -r '[.source_name_aggr, (.dest_port | tostring), (.dest_domains // ["-"] | join(","))] | join(" ")' | LC_ALL=C sort -u
}

lab_serve api tcp:443 tcp:80
lab_serve hub tcp:443
check_ok 'apply' lab_polc apply "$rules" --node lab-1
expect web 'connections' <<'END'
tcp:api:443 ok
tcp:api:80 ok
tcp:hub:443 ok
END
expect job 'one from another namespace' <<'END'
tcp:api:443 ok
END

# ---- what is known -----------------------------------------------------------------------------------------------------

check_eq 'nothing is known of names' $'job 443 -\nweb 443 -\nweb 80 -' "$(names)"
check_match 'and no column is lost on that' '^SOURCE_NAMESPACE +SOURCE_NAME_AGGR +DEST_NAMESPACE +DEST_NAME_AGGR +DEST_PORT' \
  "$(lab_polc flows)"
learn dns/resolved api.pay.example 203.0.113.7
learn dns-watch/observed edge.pay.example 203.0.113.7
learn dns-watch/observed git.example 203.0.113.9
check_eq 'both stores are read, and all names of an address shown' $'job 443 api.pay.example,edge.pay.example
web 443 api.pay.example,edge.pay.example
web 443 git.example
web 80 api.pay.example,edge.pay.example' "$(names)"
check_match 'beside where it went' 'web +- +pub +git.example +443 ' "$(lab_polc flows)"
check_eq 'a filter by name' 'web 443 git.example' "$(names 'dest_domains = git.example')"
check_eq 'one of several' $'job 443 api.pay.example,edge.pay.example
web 443 api.pay.example,edge.pay.example
web 443 git.example' "$(names 'dest_domains in {api.pay.example, git.example} && dest_port = 443')"
check_eq 'a wildcard' 2 "$(names 'dest_domains = *.pay.example && source_namespace = shop' | wc -l)"
check_match 'several namespaces use a name' $'\n''api.pay.example +shop, batch +3 ' \
  "$(lab_polc top dest_domains --by source_namespace --where 'reporter = src')"
check_match 'and one has only one' $'\n''git.example +shop +1 ' "$(lab_polc top dest_domains --by source_namespace)"
check_match 'the graph shows names' 'shop/web +-> +git.example +tcp/443 +allowed +1 ' "$(lab_polc graph)"
check_match 'and all of them' 'batch/job +-> +api.pay.example, edge.pay.example +tcp/443 +allowed +1 ' "$(lab_polc graph)"

# ---- what is kept ------------------------------------------------------------------------------------------------------

check_ok 'record' lab_polc flows record "$log"
rm -r "$POLC_STATE_DIR/dns" "$POLC_STATE_DIR/dns-watch"
check_eq 'without the stores nothing is known' $'job 443 -\nweb 443 -\nweb 80 -' "$(names)"
check_eq 'but what was recorded stays' $'job 443 api.pay.example,edge.pay.example
web 443 api.pay.example,edge.pay.example
web 443 git.example
web 80 api.pay.example,edge.pay.example' "$(names --flows "$log")"

# A name that ended long before the flow, and one that came behind it, give way to what held.
learn dns-watch/observed old.example 203.0.113.9 86400 60
check_eq 'where none held, the nearest' 'web 443 old.example' "$(names 'dest_ip = 203.0.113.9')"
learn dns-watch/observed git.example 203.0.113.9 3600 7200
check_eq 'where one held, that' 'web 443 git.example' "$(names 'dest_ip = 203.0.113.9')"
printf '%s' "$(date +%s) 60 watch torn.exam" >>"$POLC_STATE_DIR/dns-watch/observed"
check_eq 'a line that is being written is none yet' 'web 443 git.example' "$(names 'dest_ip = 203.0.113.9')"
printf 'ple 203.0.113.9\n' >>"$POLC_STATE_DIR/dns-watch/observed"

# ---- --follow ----------------------------------------------------------------------------------------------------------

follow=$LAB_DIR/follow
lab_polc flows -o json --follow --exit-when-quiet 4s 'reporter = src' >"$follow" 2>>"$LAB_DIR/stderr" &
follower=$!
sleep 1.5
learn dns-watch/observed fresh.pay.example 203.0.113.7
lab_connect web tcp:api:80 >/dev/null
check_ok '--follow' wait "$follower"
check_eq 'what is learned while it goes on counts' 'web 80 fresh.pay.example' "$(named <"$follow")"

lab_summary
