#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# polc flows, top and flows record, with real packets: what the flow table and conntrack know is named, judged and counted
# once; what happened stays when the policy changes; --follow shows what comes; recording loses nothing and counts nothing
# twice, whatever interrupts it.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

lab_begin flows
command -v jq >/dev/null || lab_skip_all 'no jq here'
lab_router
lab_workload web cali-web 10.70.0.1 fd70::1
lab_workload db cali-db 10.70.0.2 fd70::2
lab_workload out eth9 192.0.2.9 -
rules=$LAB_DIR/rules
log=$LAB_DIR/flows.jsonl
mkdir "$rules"

# ---- policies ----------------------------------------------------------------------------------------------------------------

endpoint() { # NAME
  printf '%s\n' --- 'apiVersion: projectcalico.org/v3' 'kind: WorkloadEndpoint' \
    "metadata: {name: $1, namespace: lab, labels: {app: $1}}" \
    "spec: {node: lab-1, interfaceName: cali-$1, ipNetworks: [${LAB_V4[$1]}/32, \"${LAB_V6[$1]}/128\"], profiles: [projectcalico-default-allow]}"
}

# write_policies PORT: db takes TCP to these ports, UDP to 53 and pings; web may not go out to 81 of anything.
write_policies() {
  {
    endpoint web
    endpoint db
    printf '%s\n' --- 'apiVersion: projectcalico.org/v3' 'kind: GlobalNetworkSet' 'metadata: {name: partner}' \
      'spec: {nets: [192.0.2.0/24]}' \
      --- 'apiVersion: projectcalico.org/v3' 'kind: NetworkPolicy' 'metadata: {name: db, namespace: lab}' 'spec:' \
      '  selector: app == "db"' '  ingress:' \
      "  - {action: Allow, protocol: TCP, destination: {ports: [$1]}}" \
      '  - {action: Allow, protocol: UDP, destination: {ports: [53]}}' '  - {action: Allow, protocol: ICMP}' \
      --- 'apiVersion: projectcalico.org/v3' 'kind: NetworkPolicy' 'metadata: {name: web, namespace: lab}' 'spec:' \
      '  selector: app == "web"' '  egress:' '  - {action: Deny, protocol: TCP, destination: {ports: [81]}}' '  - {action: Allow}' \
      --- 'apiVersion: projectcalico.org/v3' 'kind: StagedNetworkPolicy' 'metadata: {name: strict, namespace: lab}' 'spec:' \
      '  order: 1' '  selector: app == "db"' '  ingress:' '  - {action: Deny, protocol: UDP}' '  - {action: Pass}'
  } >"$rules/all.yaml"
}

# flows FILTER [OPTION...]: "SOURCE>DEST PORT REPORTER ACTION xFLOWS" of the records that match, sorted.
flows() {
  lab_polc flows -q -o json "$@" 2>>"$LAB_DIR/stderr" | shown
}
shown() {
  jq -r '[.source_name_aggr + ">" + .dest_name_aggr, .proto + "/" + ((.dest_port // .icmp_type) | tostring), .reporter, .action,
          "x" + (.num_flows | tostring)] | join(" ")' | LC_ALL=C sort
}
sum() { # FIELD FILTER-OF-JQ FILE...: over records
  local field=$1 filter=$2
  shift 2
  cat "$@" | jq -s "map(select($filter) | .$field // 0) | add // 0"
}

# ---- before there is a table ---------------------------------------------------------------------------------------------------

write_policies 80,82
lab_serve db tcp:80 echo:82 tcp:83 udp:53
lab_serve out tcp:443
check_status 'without a table there are no flows' 1 lab_polc flows
check_match 'and it says so' 'nothing is loaded' "$(cat "$LAB_DIR/output")"
check_status 'nor are they recorded' 1 lab_polc flows record "$log"

check_ok 'apply' lab_polc apply "$rules" --node lab-1
check_status 'no flow yet' 1 lab_polc flows

# ---- what the kernel knows -------------------------------------------------------------------------------------------------------

expect web 'a connection' <<'END'
tcp:db:80 ok
tcp:db:80 ok
tcp:[db]:80 ok
udp:db:53 ok
icmp:db ok
tcp:out:443 ok
tcp:db:81 timeout
tcp:db:83 timeout
END
check_eq 'allowed flows have a record for each end' "web>db icmp/8 dst allow x1
web>db icmp/8 src allow x1
web>db tcp/80 dst allow x1
web>db tcp/80 dst allow x2
web>db tcp/80 src allow x1
web>db tcp/80 src allow x2
web>db udp/53 dst allow x1
web>db udp/53 src allow x1
web>partner tcp/443 src allow x1" "$(flows 'action == allow && dest_port != 83')"
check_match 'denied by the source: one record' '^web>db tcp/81 src deny x[1-9]$' "$(flows 'dest_port == 81')"
check_match 'denied by the destination: the source allows it' \
  '^web>db tcp/83 dst deny x([1-9])'$'\n''web>db tcp/83 src allow x[1-9]$' "$(flows 'dest_port == 83')"
check_eq '--denied' 2 "$(flows --denied | wc -l)"
check_eq 'what a staged policy would deny' 'web>db udp/53 dst allow x1' "$(flows --would-deny)"
check_eq 'packets of what was denied are counted' true \
  "$(lab_polc flows -o json 'dest_port == 81' | jq '.packets_out >= 1 and .bytes_out >= 40 and .packets_in == 0')"
check_eq 'without accounting nothing is said of bytes' null "$(lab_polc flows -o json 'dest_port == 443' | jq .bytes_out)"
check_match 'top counts them' 'tcp +4 ' "$(lab_polc top proto --where 'reporter == src && action == allow && dest_port != 83')"
check_eq 'a past that is too far' '' "$(flows --since 1s 'dest_port == 1')"

# ---- bytes, and the end of a connection ------------------------------------------------------------------------------------------

lab_sysctl router netfilter/nf_conntrack_acct=1
lab_talk_begin web tcp:db:82
check_eq 'a connection that stays' ok "$(lab_talk)"
live=$(lab_polc flows -o json 'dest_port == 82')
check_eq 'its bytes are those of who reports' true \
  "$(jq -s '(map(select(.reporter == "src"))[0].bytes_out > 100) and (.[0].bytes_out == .[1].bytes_in) and (.[0].packets_in == .[1].packets_out)' <<<"$live")"
check_eq 'it has begun and not ended' '1 0' "$(jq -sr '.[0] | [.num_flows_started, .num_flows_completed] | join(" ")' <<<"$live")"
lab_talk_end
check_eq 'then it has ended' '1 1' \
  "$(lab_polc flows -o json 'dest_port == 82' | jq -sr '.[0] | [.num_flows_started, .num_flows_completed] | join(" ")')"

# Behind a translation the flow is one to where it really went, with its bytes.
lab_nft -f - <<END
table ip nat { chain pre { type nat hook prerouting priority dstnat; ip daddr $LAB_ROUTER_V4 tcp dport 8080 dnat to ${LAB_V4[db]}:82; }; }
END
lab_connect web tcp:router:8080 >/dev/null
check_eq 'a translated one is told by where it goes' '2 true' \
  "$(lab_polc flows -o json 'dest_port == 82 && reporter == src' | jq -r '[.num_flows, .bytes_out > 300] | join(" ")')"
check_eq 'and not by where it was sent' '' "$(flows 'dest_port == 8080')"
lab_nft delete table ip nat

# ---- the policy changes ------------------------------------------------------------------------------------------------------------

write_policies 80,82,83
check_match 'files that changed are noted' 'all.yaml has changed since' "$(lab_polc flows 2>&1 >/dev/null)"
check_ok 'apply of what allows port 83' lab_polc apply "$rules" --node lab-1
check_match 'what happened stays' '^web>db tcp/83 dst deny x[1-9]'$'\n' "$(flows 'dest_port == 83')"
check_match 'the trace is by the present policies' 'default.db.allow.0' "$(lab_polc flows -q 'dest_port == 83 && reporter == dst')"
check_match 'and it is said that they differ' '1 flow fared otherwise' "$(lab_polc flows 2>&1 >/dev/null)"
check_match 'with a PATH it is what the policies say' '^web>db tcp/83 dst allow' "$(flows "$rules" 'dest_port == 83')"
lab_connect web tcp:db:83 >/dev/null
check_match 'one flow that was denied and then allowed' 'dst allow x1'$'\n''web>db tcp/83 dst deny x[1-9]'$'\n' "$(flows 'dest_port == 83')"

# ---- --follow ------------------------------------------------------------------------------------------------------------------------

follow=$LAB_DIR/follow
lab_polc flows -o json --follow --exit-when-quiet 4s 'dest_port in {80, 443}' >"$follow" 2>>"$LAB_DIR/stderr" &
follower=$!
lab_polc flows --follow --since 1h 2>/dev/null | head -n 2 >"$follow.head" &
reader=$!
sleep 1.5
lab_connect web tcp:db:80 udp:db:53 >/dev/null
wait "$reader"
check_match '--follow ends when nobody reads any more' '^TIME .*'$'\n''[0-9:]{8} +lab +web' "$(cat "$follow.head")"
sleep 1
lab_connect web tcp:out:443 >/dev/null
check_ok '--follow ends when it is quiet' wait "$follower"
check_eq 'each that came, once' "web>db tcp/80 dst allow x1
web>db tcp/80 src allow x1
web>partner tcp/443 src allow x1" "$(shown <"$follow")"

# ---- recording ---------------------------------------------------------------------------------------------------------------------

check_ok 'record' lab_polc flows record "$log"
check_eq 'for the owner only' 600 "$(stat -c %a "$log")"
all=$(sum num_flows 'true' "$log")
check_eq 'all of it' 1 "$((all > 15))"
check_match 'a second record has nothing new' '^recorded: 0 records' "$(lab_polc flows record "$log")"
check_ok 'an apply does not change that' lab_polc apply "$rules" --node lab-1
check_match 'nothing new after it' '^recorded: 0 records' "$(lab_polc flows record "$log")"

first='.reporter == "src" and .dest_port == 80 and .source_ip == "10.70.0.1"'
before=$(sum num_flows "$first" "$log")
lab_connect web tcp:db:80 tcp:db:80 >/dev/null
check_ok 'record of two more' lab_polc flows record "$log"
check_eq 'are two more' $((before + 2)) "$(sum num_flows "$first" "$log")"
check_eq 'the window begins with the last record' true \
  "$(jq -s 'map(select('"$first"')) | last | .start_time >= (now - 30) and .start_time <= .end_time' "$log")"

mv "$log" "$log.old"
lab_connect web tcp:db:80 >/dev/null
check_ok 'a new file goes on where the old one ended' lab_polc flows record "$log"
check_eq 'with one' 1 "$(sum num_flows "$first" "$log")"

# crash STEP: a record that ends there, after one more connection.
crash() {
  lab_connect web tcp:db:80 >/dev/null
  POLC_TEST_DIE_AT=$1 lab_polc flows record "$log" >/dev/null 2>&1 || true
}
if POLC_TEST_DIE_AT=record-announced lab_polc flows record -q "$log" 2>/dev/null; then
  check_skip 'interrupted records' 'polc was built without POLC_TESTING'
else
  crash record-announced
  check_eq 'nothing was written yet' 1 "$(sum num_flows "$first" "$log")"
  check_ok 'the next record' lab_polc flows record "$log"
  check_eq 'has it, once' 2 "$(sum num_flows "$first" "$log")"
  crash record-appended
  check_eq 'it was written' 3 "$(sum num_flows "$first" "$log")"
  check_ok 'the next record knows' lab_polc flows record "$log"
  check_eq 'that it is there' 3 "$(sum num_flows "$first" "$log")"
  crash record-appended
  truncate -s -70 "$log"
  check_ok 'a record after half of it was written' lab_polc flows record "$log"
  check_eq 'has it whole, and once' 4 "$(sum num_flows "$first" "$log")"
fi

printf '{"source_ip":"10.7' >>"$log"
lab_connect web tcp:db:80 >/dev/null
check_ok 'a torn line is cut off' lab_polc flows record "$log"
check_ok 'so that all lines are flows' lab_polc flows --flows "$log"
truncate -s -1 "$log"
lab_connect web tcp:db:80 >/dev/null
check_ok 'a whole one without its end' lab_polc flows record "$log"
check_ok 'is ended' lab_polc flows --flows "$log"

# Several at once, while connections are made.
before=$(sum num_flows "$first" "$log")
recorders=()
for _ in 1 2 3 4; do
  lab_polc flows record -q "$log" &
  recorders+=($!)
  lab_connect web tcp:db:80 tcp:db:80 >/dev/null
done
check_ok 'four records at once' wait "${recorders[@]}"
check_ok 'a last record' lab_polc flows record "$log"
check_eq 'eight more, by several at once' $((before + 8)) "$(sum num_flows "$first" "$log")"

check_status 'a file of something else is refused' 2 lab_polc flows record "$rules/all.yaml"
check_match 'and says so' 'not a file of flows' "$(cat "$LAB_DIR/output")"
for text in '{"a":1}' $'{\n  "a": 1\n}' $'{"a":1}\n'; do
  printf '%s' "$text" | tee "$LAB_DIR/other.copy" >"$LAB_DIR/other.json"
  check_status "other JSON is refused: ${text//$'\n'/ }" 2 lab_polc flows record "$LAB_DIR/other.json"
  check_ok 'and left as it was' cmp "$LAB_DIR/other.copy" "$LAB_DIR/other.json"
done
check_status 'a directory that is not there' 3 lab_polc flows record "$LAB_DIR/none/flows"
lab_connect web tcp:db:80 >/dev/null
size=$(stat -c %s "$log")
check_ok 'a file that would grow too large' lab_polc flows record "$log" --max-size 1K
check_eq 'is put aside' "$size" "$(stat -c %s "$log.1")"
check_eq 'and a new one begun' 1 "$(sum num_flows "$first" "$log")"

# ---- all of it is as the schema says -------------------------------------------------------------------------------------------------

if python3 -c 'import jsonschema' 2>/dev/null; then
  { cat "$log" "$log.1" "$log.old"; lab_polc flows -o json 2>/dev/null; } >"$LAB_DIR/records"
  check_eq 'every record is as the schema says' '' "$(python3 -W ignore -c '
import json, sys, jsonschema
validator = jsonschema.Draft7Validator(json.load(open(sys.argv[1])))
for line in open(sys.argv[2]):
    for error in validator.iter_errors(json.loads(line)):
        print(error.json_path, error.message[:100])' "$LAB_ROOT/contrib/schema/flow.json" "$LAB_DIR/records" | sort -u)"
else
  check_skip 'every record is as the schema says' 'no jsonschema for Python'
fi
lab_summary
