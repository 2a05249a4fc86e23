#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# policies/payment, with a real resolver: a namespace that is labelled for it reaches *.twilio.com, and no other public
# address. As README tells it: staged first, seen in the flows by name, enforced; then what is looked up opens, and only that.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

lab_begin payment
for tool in dnsmasq dig jq; do
  command -v $tool >/dev/null || lab_skip_all "no $tool here"
done
cp -r "$LAB_ROOT/policies/payment" "$LAB_DIR/payment"
dir=$LAB_DIR/payment
tries=0
notify=billing/notify web=shop/web
lab_router
lab_from_policies "$dir"
lab_workload resolver eth1 10.72.0.53 fd72::53
lab_workload api eth2 203.0.113.20 2600:1f00::20
lab_workload voice eth3 203.0.113.21 -
lab_workload apex eth4 203.0.113.22 -
lab_workload new eth5 203.0.113.23 -
lab_workload hub eth6 198.51.100.30 -
for host in api voice apex new hub; do
  lab_serve $host tcp:443 tcp:80
done

# ---- names ---------------------------------------------------------------------------------------------------------------

# An authoritative server is what a resolver looks like from here: it answers, and nothing is asked behind it.
ip netns exec "${LAB_NS[resolver]}" dnsmasq --keep-in-foreground --conf-file=/dev/null --pid-file --no-resolv --no-hosts --bind-interfaces \
  --listen-address=10.72.0.53 --listen-address=fd72::53 --local-ttl=120 --user=root --log-facility="$LAB_DIR/dnsmasq" \
  --host-record=api.twilio.com,203.0.113.20,2600:1f00::20 \
  --host-record=edge.provider.example,203.0.113.21 --cname=eu.voice.twilio.com,edge.provider.example \
  --host-record=twilio.com,203.0.113.22 --host-record=new.sub.twilio.com,203.0.113.23 \
  --host-record=github.com,198.51.100.30 --host-record=twilio.com.evil.example,198.51.100.30 &

# resolve WORKLOAD NAME [TYPE]: its addresses, as the workload is told, in one line.
resolve() {
  lab_exec "$1" dig +short +time=1 +tries=3 @10.72.0.53 "$2" "${3:-A}" | grep -v '[a-z]\.$' | LC_ALL=C sort | xargs
}
until [[ $(resolve $notify api.twilio.com) = 203.0.113.20 ]]; do
  ((++tries < 50)) || { echo 'Bail out! no answer from dnsmasq'; exit 1; }
  sleep 0.1
done
# visit WORKLOAD NAME[:PORT]: looks it up and connects, as a program does.
visit() {
  local name=${2%:*} port=443 addr
  [[ $2 = *:* ]] && port=${2#*:}
  addr=$(resolve "$1" "$name")
  lab_connect "$1" --retries 1 "tcp:$addr:$port" | sed 's/.* //'
}
# seen FILTER [OPTION...]: "SOURCE PORT NAME,NAME ACTION" of the flows that match, sorted.
seen() {
  lab_polc flows -q -o json "$@" |
    jq -r '[.source_name_aggr, (.dest_port | tostring), (.dest_domains // ["-"] | join(",")), .action] | join(" ")' | LC_ALL=C sort -u
}
# within SECONDS COMMAND...: waits until it holds.
within() {
  local tries=$(($1 * 20))
  shift
  until "$@"; do
    ((--tries > 0)) || return 1
    sleep 0.05
  done
}

# ---- staged ---------------------------------------------------------------------------------------------------------------

check_ok 'the tests beside the policies hold' lab_polc test "$dir"
check_ok 'stage' lab_polc stage platform.payment-egress -f "$dir"
check_ok 'apply' lab_polc apply "$dir" --node "$LAB_NODE"
ip netns exec "$LAB_ROUTER" "$POLC" dns watch >"$LAB_DIR/watch" 2>&1 &
watcher=$! # the process itself, not a shell in front of it
check_ok 'the watcher has its log group' within 10 lab_exec router grep -q '^ *53 ' /proc/net/netfilter/nfnetlink_log

for name in api.twilio.com github.com twilio.com; do
  check_eq "staged, $name is reached" ok "$(visit $notify $name)"
done
check_eq 'from the other namespace, too' ok "$(visit $web github.com)"
check_eq 'and the log has the names' "notify 443 api.twilio.com allow
notify 443 github.com allow
notify 443 twilio.com allow
web 443 github.com allow" "$(seen 'dest_name_aggr = pub && dest_port = 443')"
check_eq 'what it would close' "notify 443 github.com allow
notify 443 twilio.com allow" "$(seen --would-deny)"
check_match 'as a person reads it' 'notify +- +pub +github.com +443 .*staged:platform.payment-egress' "$(lab_polc flows --would-deny)"
check_match 'who uses which name' $'\n''github.com +billing, shop +2 ' "$(lab_polc top dest_domains --by source_namespace)"

check_match 'a recommendation is by name' $'\n''      domains:'$'\n''      - github.com'$'\n' \
  "$(lab_polc recommend -q ns/shop -f "$dir")"

# ---- enforced -------------------------------------------------------------------------------------------------------------

check_status 'what if it were enforced' 1 lab_polc impact "$dir" --enforce platform.payment-egress
check_match 'the name that is closed' 'github.com' "$(<"$LAB_DIR/output")"
check_ok 'enforce' lab_polc enforce platform.payment-egress -f "$dir"
check_ok 'apply, enforced' lab_polc apply "$dir" --node "$LAB_NODE"
check_eq 'what was looked up before goes on, and nothing is lost with the change' ok \
  "$(lab_connect $notify --retries 0 tcp:api:443 | sed 's/.* //')"
check_eq 'by name' ok "$(visit $notify api.twilio.com)"
check_eq 'by name, over IPv6' '2600:1f00::20 ok' \
  "$(resolve $notify api.twilio.com AAAA) $(lab_connect $notify --retries 0 'tcp:[api]:443' | sed 's/.* //')"
check_eq 'not on another port' timeout "$(visit $notify api.twilio.com:80)"
check_eq 'not what nobody looked up' timeout "$(lab_connect $notify --retries 0 tcp:new:443 | sed 's/.* //')"
check_eq 'a name that was never seen before, with its first look-up' ok "$(visit $notify new.sub.twilio.com)"
check_eq 'a name behind a CNAME' ok "$(visit $notify eu.voice.twilio.com)"
check_eq 'not the name above' timeout "$(visit $notify twilio.com)"
check_eq 'not another one' timeout "$(visit $notify github.com)"
check_eq 'not one that only looks like it' timeout "$(visit $notify twilio.com.evil.example)"
check_eq 'another namespace is not concerned' ok "$(visit $web github.com)"
check_eq 'what was denied has the names of its address' 'notify 443 github.com,twilio.com.evil.example deny' \
  "$(seen --denied 'dest_domains = github.com')"
check_eq 'a CNAME is not what was asked for' 'notify 443 eu.voice.twilio.com allow' "$(seen 'dest_ip = 203.0.113.21')"
check_ok 'what is kept' lab_polc flows record "$LAB_DIR/flows.jsonl"

here=(lab_polc trace "$dir" --node "$LAB_NODE" --from "$notify" --to)
check_match 'a trace says what a rule allows now' \
  'this host +the rule allows api.twilio.com now: 203.0.113.20 \(for [0-9]+s\), 2600:1f00::20 \(' "$("${here[@]}" api.twilio.com:443)"
check_match 'and what it does not' 'this host +the rule allows nothing now: no address of sms.twilio.com is known' \
  "$("${here[@]}" sms.twilio.com:443)"
check_match 'of an address' 'this host +the rule allows it now: .* 203.0.113.21 ' "$("${here[@]}" 203.0.113.21:443 || true)"
check_match 'of one that it must not reach' 'this host +the rule does not allow it now' "$("${here[@]}" 203.0.113.22:443 || true)"

# ---- without the watcher --------------------------------------------------------------------------------------------------

kill "$watcher"
wait "$watcher" 2>/dev/null || true
check_status 'the watcher is gone' 1 lab_exec router grep -q '^ *53 ' /proc/net/netfilter/nfnetlink_log
check_eq 'what was learned stays' ok "$(lab_connect $notify --retries 0 tcp:voice:443 | sed 's/.* //')"
check_ok 'another apply' lab_polc apply "$dir" --node "$LAB_NODE"
check_eq 'keeps it' ok "$(lab_connect $notify --retries 0 tcp:voice:443 | sed 's/.* //')"
lab_nft delete table inet polc
check_ok 'the table is gone, and comes back' lab_polc restore
check_eq 'with what is known of names' ok "$(lab_connect $notify --retries 0 tcp:voice:443 | sed 's/.* //')"
lab_summary
