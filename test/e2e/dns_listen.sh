#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# polc dns watch as a process, and how it hears: who it is and what it may, one reader of a log group, the service manager,
# how often a connection comes too early; a service address behind which the server is, processes of the host itself, a
# resolver on the host, a flood of queries, and apply again and again while names are asked for.
# shellcheck disable=SC2119 # functions with options that are not for those of this script
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib_dns.sh"

RACE=$LAB_ROOT/test/tools/dns_race.py
SERVICE=10.96.0.10 # an address that is nobody's: what is sent there goes to the resolver
NAMES=500

dns_lab dns_listen
DNS_TRUSTED+=", $SERVICE, 127.0.0.53"
seq 0 $((NAMES - 1)) | awk '{ printf "r%d 60 A 100.64.%d.%d\n", $1, $1 / 250, $1 % 250 + 1 }' >"$LAB_DIR/records"
dns_zone race.net <"$LAB_DIR/records"
dns_zone twilio.com <<'END'
service 60 A 203.0.113.1
host 60 A 203.0.113.2
stub 60 A 203.0.113.3
calm 60 A 203.0.113.4
after 60 A 203.0.113.5
busy 60 A 203.0.113.6
END
dns_auth_start
dns_resolver_start

# The rules, and the host's own way out to the world, which is policed as well.
rules() { # DOMAIN...
  dns_rules '*.twilio.com' '*.race.net' "$@"
  cat <<END
---
apiVersion: projectcalico.org/v3
kind: HostEndpoint
metadata: {name: uplink, labels: {app: uplink}}
spec: {node: lab-1, interfaceName: ext-world}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: uplink}
spec:
  order: 20
  selector: app == 'uplink'
  types: [Egress]
  egress:
  - {action: Allow, protocol: TCP, destination: {ports: [443], domains: ['*.twilio.com', '*.race.net']}}
END
}
names() { # FIRST LAST
  seq -f 'r%g.race.net' "$1" "$2"
}
race() { # PAUSE FIRST LAST
  # shellcheck disable=SC2046 # names without blanks
  lab_exec pay python3 "$RACE" $DNS_SERVER 443 "$1" $(names "$2" "$3")
}
field() { # NAME: of the watcher's status
  awk -v name="$1:" '$1 == name { print $2 }' "/proc/$DNS_WATCH_PID/status"
}
said() { # PATTERN: whether the watcher has said so
  if grep -qE "$1" "$LAB_DIR/router.out"; then echo yes; else echo no; fi
}

# ---- the process -----------------------------------------------------------------------------------------------------------

dns_start router "$POLC" dns watch
early=$REPLY
check_eq 'before the first apply it waits' yes "$(dns_within 2000 said 'waiting for polc apply' yes)"
rules >"$RULES/rules.yaml"
check_match 'apply' '^applied: generation 1' "$(dns_apply --resolve-timeout 0 2>/dev/null)"
check_eq 'and follows' yes "$(dns_within 3000 said '^generation 1: 1 list' yes)"
check_status 'a second one is refused' 6 lab_polc dns watch
check_match 'by the name of the first' "log group 53 is read by process $early \(polc\)" "$(cat "$LAB_DIR/output")"
dns_stop "$early"
check_match 'told to end, it says what it heard' 'heard 0 answers' "$(cat "$LAB_DIR/router.out")"

python3 - "$LAB_DIR/notify" >"$LAB_DIR/notified" <<'END' &
import socket, sys
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
    manager.bind(sys.argv[1])
    manager.settimeout(10)
    while (text := manager.recv(4096).decode()) != "STOPPING=1":
        print(text, flush=True)
END
manager=$!
until [[ -S $LAB_DIR/notify ]]; do sleep 0.02; done
export NOTIFY_SOCKET=$LAB_DIR/notify
chmod 777 "$LAB_DIR/notify"
chmod 755 "$POLC_STATE_DIR"
dns_watch_start --user nobody
unset NOTIFY_SOCKET
dns_watch_follows
check_eq 'another user, one capability, no others to be had' \
  "$(id -u nobody) 0000000000001000 0000000000001000 0000000000000000 1" \
  "$(field Uid) $(field CapEff) $(field CapBnd) $(field CapInh) $(field NoNewPrivs)"
check_eq 'whose store it is' nobody "$(stat -c %U "$POLC_STATE_DIR/dns-watch/observed")"
check_eq 'and the gate, which nobody else may hold' 'root nogroup 640' "$(stat -c '%U %G %a' "$POLC_STATE_DIR/dns/gate")"
check_status 'somebody else cannot keep it waiting' 66 \
  setpriv --reuid=1 --regid=1 --clear-groups flock -n "$POLC_STATE_DIR/dns/gate" true
check_eq 'it learns' ok "$(dns_reach pay calm.twilio.com)"
dns_watch_stop
check_status 'root without its capabilities may not write there' 3 lab_polc dns watch
check_match 'and hears who may' '^hint: polc dns watch --user nobody' "$(grep hint "$LAB_DIR/output")"
wait $manager
check_match 'the service manager heard that it is ready' 'READY=1' "$(cat "$LAB_DIR/notified")"
check_match 'for what' 'STATUS=generation 1: 1 list of names' "$(cat "$LAB_DIR/notified")"

# ---- too early -------------------------------------------------------------------------------------------------------------

dns_watch_start --user nobody
dns_watch_follows
printf '# a connection at once:           %s\n' "$(race 0 0 99)"
check_eq 'ahead of ordinary processes' 'policy: SCHED_RR' \
  "$(chrt -p "$DNS_WATCH_PID" | sed -nE 's/.*(policy: SCHED_RR).*/\1/p')"
check_match 'of a hundred new names, connected to at once, none is lost' ' 0 never' "$(race 0 100 199)"
chrt -o -p 0 "$DNS_WATCH_PID"
printf '# the same, as an ordinary one:    %s\n' "$(race 0 200 209)" # each that comes too early takes a second

# ---- ways of an answer -----------------------------------------------------------------------------------------------------

lab_nft -f - <<END
table ip lab {
  chain in { type nat hook prerouting priority dstnat; ip daddr $SERVICE udp dport 53 dnat to $DNS_SERVER; }
  chain out { type nat hook output priority -100; ip daddr $SERVICE udp dport 53 dnat to $DNS_SERVER; }
}
END
ip -n "$LAB_ROUTER" route add $SERVICE/32 via $DNS_SERVER dev ext-resolver onlink
check_eq 'the address of a service' 203.0.113.1 "$(dns_ask pay service.twilio.com A $SERVICE)"
check_eq 'opens as the client sees it' ok "$(dns_within 1000 dns_connect pay 203.0.113.1 ok)"
check_eq 'a process of the host may not connect' timeout "$(dns_connect router 203.0.113.2)"
check_eq 'asks the service' 203.0.113.2 "$(dns_ask router host.twilio.com A $SERVICE)"
check_eq 'and may' ok "$(dns_within 1000 dns_connect router 203.0.113.2 ok)"
dns_start router dnsmasq --keep-in-foreground --conf-file=/dev/null --no-hosts --no-resolv --bind-interfaces \
  --listen-address=127.0.0.53 --server=$DNS_SERVER --pid-file= --user=root
stub=$REPLY
dns_until_answers router 127.0.0.53 twilio.com
check_eq 'a resolver on the host, over its loopback interface' 203.0.113.3 \
  "$(dns_ask router stub.twilio.com A 127.0.0.53)"
check_eq 'opens' ok "$(dns_within 1000 dns_connect router 203.0.113.3 ok)"
dns_stop "$stub"

# ---- a flood ---------------------------------------------------------------------------------------------------------------

lab_exec shop python3 - $DNS_SERVER >"$LAB_DIR/flood" <<'END' &
import socket, struct, sys, time
sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(50)]
until, sent = time.monotonic() + 4, 0
while time.monotonic() < until:
    query = struct.pack("!6H", sent & 0xffff, 0x0100, 1, 0, 0, 0) + b"\1x\5flood\0" + struct.pack("!2H", 1, 1)
    try:
        sockets[sent % 50].sendto(query, (sys.argv[1], 53))
        sent += 1
    except OSError:
        pass
print(sent)
END
flood=$!
kill -STOP "$DNS_RESOLVER_PID"
sleep 2
kill -CONT "$DNS_RESOLVER_PID"
wait $flood
printf '# the flood: %s queries\n' "$(cat "$LAB_DIR/flood")"
check_eq 'behind a flood of another workload, which was not answered, names are learned' ok \
  "$(dns_within 20000 dns_reach pay after.twilio.com ok)"
check_ok 'the watcher is alive' kill -0 "$DNS_WATCH_PID"

# ---- apply, again and again ------------------------------------------------------------------------------------------------

for i in 1 2 3 4 5 6; do
  rules "n$((i % 2)).example.com" >"$RULES/rules.yaml"
  dns_apply --resolve-timeout 0 >/dev/null 2>&1
done &
applying=$!
check_match 'names asked for while rules change: all answered' '^250 answered' \
  "$(names 250 499 | lab_exec pay python3 "$DNS_TOOL" load $DNS_SERVER 50)"
wait $applying
held() { # whether the set has the address of each name
  local want have
  have=" $(dns_elements) "
  want=$(awk 'NR > 250 { print $4 }' "$LAB_DIR/records" | while read -r each; do
    [[ $have = *" $each "* ]] || echo "$each"; done | wc -l)
  echo "$want missing"
}
check_eq 'and all of them are in the set of the last rules' '0 missing' "$(dns_within 3000 held '0 missing')"

for set in $(lab_nft -j list sets inet | jq -r '.nftables[].set.name? // empty | select(startswith("dom4"))'); do
  lab_nft flush set inet polc "$set"
done
check_eq 'somebody emptied a set' timeout "$(dns_connect pay 203.0.113.1)"
kill -HUP "$DNS_WATCH_PID"
check_eq 'told to read again, it fills it with what it knows' ok "$(dns_within 2000 dns_connect pay 203.0.113.1 ok)"
dns_watch_stop
check_match 'what it heard' 'heard [0-9]+ answers' "$(tail -n 1 "$LAB_DIR/router.out")"
printf '# %s\n' "$(tail -n 1 "$LAB_DIR/router.out")"
lab_summary
