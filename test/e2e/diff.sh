#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# polc diff against the kernel: what it calls opened and closed is what real packets find, for every pair of workloads,
# every port and both IP versions; and what it says without a table, of older generations, and without its state.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

lab_begin diff
cp -r "$LAB_ROOT/policies/quarantine" "$LAB_DIR/quarantine"
dir=$LAB_DIR/quarantine
export POLC_STATE_DIR=$LAB_DIR/state
sample_begin "$dir"

polc() {
  local verb=$1
  shift
  lab_polc "$verb" "$dir" --node "$LAB_NODE" "$@"
}

# predicted FILE: of the pairs that lab_probe_matrix tries, those in a row of this diff: "SOURCE DESTINATION PORT BEFORE AFTER".
predicted() {
  lab_endpoints "$dir" | python3 -c '
import ipaddress, json, sys
rows = json.load(open(sys.argv[1]))["traffic"]["rows"]
ports = [port.split(":") for port in sys.argv[2:]]
ends = [line.split() for line in sys.stdin]

def has(end, address):
    return any(ipaddress.ip_address(address) in ipaddress.ip_network(net) for net in end["addresses"])

def serves(service, protocol, port):
    number = {"tcp": 6, "udp": 17}[protocol]
    ranges = service.get("destination_ports", [[0, 65535]])
    sources = service.get("source_ports", [[0, 65535]])
    return (service["protocols"][0] <= number <= service["protocols"][1]
            and any(first <= int(port) <= last for first, last in ranges)
            and any(first <= 40000 <= last for first, last in sources))

word = {"allow": "ok", "deny": "timeout"}
for source in ends:
    for destination in ends:
        for column in 3, 4:
            for protocol, port in ports:
                for row in rows:
                    if (source != destination and has(row["source"], source[column])
                            and has(row["destination"], destination[column])
                            and any(serves(service, protocol, port) for service in row["services"])):
                        print(4 if column == 3 else 6, source[0], destination[0], protocol + ":" + port,
                              word[row["from"]], word[row["to"]])
' "$1" "${SAMPLE_PORTS[@]}" | sort
}

probe_all() {
  lab_probe_matrix 4 "${SAMPLE_PORTS[@]}" | sed 's/^/4 /'
  lab_probe_matrix 6 "${SAMPLE_PORTS[@]}" | sed 's/^/6 /'
}

# compare DESCRIPTION: applies the input, and what changes for packets is what diff said before.
compare() {
  local before after
  before=$(probe_all | sort)
  check_status "$1: diff sees it" 1 polc diff -o json
  cp "$LAB_DIR/output" "$LAB_DIR/diff.json"
  check_ok "$1: apply" polc apply
  after=$(probe_all | sort)
  check_eq "$1: what packets find is what diff said" "$(predicted "$LAB_DIR/diff.json")" \
    "$(paste -d' ' <(echo "$before") <(echo "$after") | awk '$5 != $10 { print $1, $2, $3, $4, $5, $10 }' | sort)"
  check_match "$1: and there is something" ' (ok timeout|timeout ok)' "$(predicted "$LAB_DIR/diff.json")"
}

compare 'nothing is loaded'
check_ok 'then nothing differs' polc diff
sed -i -e 's/quarantine: "true"/quarantine: "false"/' -e 's/labels: {app: db}/labels: {app: db, quarantine: "true"}/' \
  "$dir/10-endpoints.yaml"
compare 'one leaves quarantine, another one goes there'

check_status 'the generation before' 1 polc diff --base 1 -o json
check_eq 'says the same again' "$(predicted "$LAB_DIR/diff.json")" "$(cp "$LAB_DIR/output" "$LAB_DIR/again.json" && predicted "$LAB_DIR/again.json")"
check_ok 'the one that is loaded' polc diff --base 2
check_status 'one that never was' 2 polc diff --base 99
check_match 'and it names those that there are' 'hint: .* has: 1, 2 ' "$(cat "$LAB_DIR/output")"

sed -i 's/port: 5432/port: 5433/' "$dir/10-endpoints.yaml"
rm -rf "$POLC_STATE_DIR"
check_status 'without the state directory' 1 polc diff
check_match 'diff says why' '^traffic is not decided: ' "$(cat "$LAB_DIR/output")"
lab_summary
