#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The largest answers there are: 4,000 addresses at the end of a chain of aliases, over TCP, as many as a workload can get
# its resolver to send, of a name that no rule has. The watcher is not ended for what it takes of the processor or of memory,
# and goes on to learn for others.
# shellcheck disable=SC2119 # functions with options that are not for those of this script
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib_dns.sh"

SECONDS_LONG=8 # a process that runs ahead for 2 s without a pause is ended

dns_lab dns_large
awk 'BEGIN {
  for (i = 0; i < 3950; i++) printf "c0 60 A 100.64.%d.%d\n", i / 250, i % 250 + 1
  for (i = 1; i <= 10; i++) printf "c%d 60 CNAME c%d\n", i, i - 1
}' | dns_zone large.com
dns_zone calm.com <<<'* 60 A 203.0.113.1'
dns_auth_start
dns_resolver_start
dns_rules '*.calm.com' >"$RULES/rules.yaml"
check_match 'apply' '^applied: generation 1' "$(dns_apply --resolve-timeout 0 2>/dev/null)"
dns_watch_start
dns_watch_follows

cat >"$LAB_DIR/ask.py" <<'END'
import select, socket, struct, sys, time
name = b"\3c10\5large\3com\0"
query = struct.pack("!6H", 1, 0x100, 1, 0, 0, 0) + name + struct.pack("!2H", 1, 1)
connections, end, size = [], time.monotonic() + float(sys.argv[2]), 0
while time.monotonic() < end:
    while len(connections) < 50:
        connections.append(socket.create_connection((sys.argv[1], 53)))
        connections[-1].sendall((struct.pack("!H", len(query)) + query) * 20)
    for each in select.select(connections, [], [], 0.2)[0]:
        data = each.recv(1 << 20)
        size += len(data)
        if not data:
            connections.remove(each)
            each.close()
print(size)
END
large=$(lab_exec shop python3 "$LAB_DIR/ask.py" $DNS_SERVER $SECONDS_LONG)
check_result $((large < 10000000)) 'many large answers' "$large bytes"
check_ok 'the watcher is alive' kill -0 "$DNS_WATCH_PID"
printf '# %d MB of answers; the watcher had %d MB\n' $((large / 1000000)) \
  $(($(awk '/^VmHWM/ { print $2 }' "/proc/$DNS_WATCH_PID/status") / 1000))
check_eq 'with less than its unit allows' yes \
  "$(awk '/^VmHWM/ { print $2 < 512 * 1024 ? "yes" : $2 " kB" }' "/proc/$DNS_WATCH_PID/status")"
reached() { # a new name each time: before the rest of the flood is worked off it may come too early
  dns_reach pay "n$((++asked)).calm.com"
}
asked=0
check_eq 'and learns for others' ok "$(dns_within 20000 reached ok)"
dns_watch_stop
check_match 'of all it heard' 'heard [0-9]+ answers' "$(cat "$LAB_DIR/router.out")"
lab_summary
