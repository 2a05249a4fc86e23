#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# quarantine: its matrix; what changes when the label is put on and taken away; that what was tried is logged, counted and
# recorded. The kernel writes log lines of other network namespaces than the machine's only where
# net.netfilter.nf_log_all_netns says so, which is not for a test to change; where it does not, the counter of the rule that
# logs speaks.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

lab_begin quarantine
cp -r "$LAB_ROOT/policies/quarantine" "$LAB_DIR/quarantine"
dir=$LAB_DIR/quarantine
sample_begin "$dir"
sample_test "$dir"

sed -i 's/quarantine: "true"/quarantine: "false"/' "$dir/10-endpoints.yaml"
check_status 'the label is taken away: diff sees it' 1 lab_polc diff "$dir" --node "$LAB_NODE"
check_ok 'and apply' lab_polc apply "$dir" --node "$LAB_NODE"
expect orders/web-old 'web-old is like web again' <<END
tcp:orders/db:5432 ok
tcp:[orders/db]:5432 ok
tcp:orders/web:5432 timeout
END

# ---- the database goes into quarantine, by its label alone -------------------------------------------------------------

# counts DIRECTION: "LOGGED DENIED" of the policy's rules, as the board has them.
counts() {
  lab_polc board --rules -o json | jq -r --arg way "$1" '
    .tiers[] | select(.name == "security") | .policies[] | select(.name == "security.quarantine") |
    "\(.[$way].log.connections) \(.[$way].deny.connections)"'
}

prefix=quarantine-$$
printf '%s\n' 'apiVersion: projectcalico.org/v3' 'kind: FelixConfiguration' 'metadata: {name: default}' "spec: {logPrefix: \"$prefix\"}" \
  >"$dir/05-log.yaml"
sed -i 's/labels: {app: db}/labels: {app: db, quarantine: "true"}/' "$dir/10-endpoints.yaml"
check_status 'the diff says what is closed' 1 lab_polc diff "$dir" --node "$LAB_NODE"
check_match 'and by which policy' 'security.quarantine' "$(<"$LAB_DIR/output")"
check_ok 'the database goes into quarantine' lab_polc apply "$dir" --node "$LAB_NODE"
expect orders/web 'which cuts it off' <<END
tcp:orders/db:5432 timeout
tcp:[orders/db]:5432 timeout
END
lab_connect orders/db --retries 0 --timeout 300 tcp:orders/web:80 >/dev/null
check_match 'what it tries is recorded' 'orders +db +orders +web +80 +src .*security.quarantine[|]deny[|]1' \
  "$(lab_polc flows 'source_name_aggr == "db"' --denied)"
check_match 'and who comes to it' 'orders +web +orders +db +5432 +dst .*security.quarantine[|]deny[|]1' \
  "$(lab_polc flows 'dest_name_aggr == "db"' --denied)"
check_eq 'the rule that logs has the prefix' 2 \
  "$(lab_nft list table inet polc | grep -c "log prefix \"$prefix: \"")"
if command -v jq >/dev/null; then
  read -r logged denied <<<"$(counts in)"
  check_ok "what comes in is logged before it is denied ($logged, $denied)" test "$logged" -ge 2 -a "$logged" = "$denied"
  check_eq 'what is logged counts once, as denied' "$((denied + $(counts out | cut -d' ' -f2)))" \
    "$(lab_polc board -o json | jq '.tiers[].policies[] | select(.name == "security.quarantine") | .connections')"
  read -r logged denied <<<"$(counts out)"
  check_ok "and what goes out ($logged, $denied)" test "$logged" -ge 1 -a "$logged" = "$denied"
else
  check_skip 'what is logged' 'needs jq'
fi
if [[ $(cat /proc/sys/net/netfilter/nf_log_all_netns 2>/dev/null) = 1 ]]; then
  check_match 'the line in the log of the kernel' "$prefix.*SRC=10.69.0.13 DST=10.69.0.11 .*DPT=80" "$(dmesg | grep -F "$prefix")"
else
  check_skip 'the line in the log of the kernel' 'net.netfilter.nf_log_all_netns is off'
fi

sed -i 's/, quarantine: "true"}/}/' "$dir/10-endpoints.yaml"
check_ok 'the label is gone' lab_polc apply "$dir" --node "$LAB_NODE"
expect orders/web 'and the database is back' <<END
tcp:orders/db:5432 ok
tcp:[orders/db]:5432 ok
END
lab_summary
