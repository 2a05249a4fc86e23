#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# polc dns watch and those who lie: answers of servers that nobody trusts, answers that nobody asked for, guesses, answers in
# the name of a server from a workload, and every kind of malformed or mistaken answer that a trusted server can send. None
# of them opens anything. What is honest in the same way, in the same place, does: each part ends with that.
# shellcheck disable=SC2119 # functions with options that are not for those of this script
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib_dns.sh"

LIAR=10.80.0.66  # a trusted server whose answers are wrong
LIE=203.0.113.66 # what each of them would open

dns_lab dns_spoof
DNS_TRUSTED+=", $LIAR"
dns_zone twilio.com <<<'* 60 A 203.0.113.1'
dns_auth_start
dns_resolver_start
ip -n "${LAB_NS[resolver]}" addr add $LIAR/32 dev eth0
ip -n "$LAB_ROUTER" route add $LIAR/32 via $DNS_SERVER dev ext-resolver onlink

apply() { # asks nobody
  dns_apply --resolve-timeout 0 2>/dev/null
}
dns_rules '*.twilio.com' >"$RULES/rules.yaml"
check_match 'apply' '^applied: generation 1' "$(apply)"
dns_watch_start
dns_watch_follows
check_eq 'an honest answer' ok "$(dns_reach pay honest.twilio.com)"

opens() { # yes when the lie does
  sleep 0.3
  dns_holds $LIE
}
liar() { # NAMESPACE ADDRESS
  dns_start "$1" python3 "$DNS_TOOL" liar "$2"
  LIAR_PID=$REPLY
  until grep -q '^ready' "$LAB_DIR/$1.out" 2>/dev/null; do sleep 0.02; done
}
forge() { # FROM-NAMESPACE SERVER CLIENT:PORT ID NAME ADDRESS [COUNT]
  lab_exec "$1" python3 "$DNS_TOOL" forge "${@:2}"
}
until_asked() { # PORT: a query of pay from there is on its way
  local tries=0
  until lab_exec pay ss -Huan "sport = :$1" | grep -q . || ((++tries > 150)); do sleep 0.02; done
  sleep 0.1
}
# ask_and PORT ID NAME COMMAND...: what a query of pay gets, with a resolver that sleeps and COMMAND behind it.
ask_and() {
  kill -STOP "$DNS_RESOLVER_PID"
  lab_exec pay python3 "$DNS_TOOL" ask $DNS_SERVER "$1" "$2" "$3" 3 >"$LAB_DIR/asked" &
  local asking=$!
  until_asked "$1"
  "${@:4}"
  wait $asking
  kill -CONT "$DNS_RESOLVER_PID"
  cat "$LAB_DIR/asked"
}

# ---- another server ------------------------------------------------------------------------------------------------------

liar world 198.51.100.9
check_eq 'a server that nobody trusts is asked' 203.0.113.67 "$(dns_ask pay honest.twilio.com A 198.51.100.9)"
check_eq 'over TCP, too' 203.0.113.67 "$(dns_ask pay honest.twilio.com A 198.51.100.9 +tcp)"
check_eq 'and opens nothing' 'timeout no' "$(dns_connect pay 203.0.113.67) $(dns_holds 203.0.113.67)"
dns_stop "$LIAR_PID"

# ---- answers in the name of a trusted one --------------------------------------------------------------------------------

check_match 'nobody asked, and an answer comes all the same' '^id 7' \
  "$(lab_exec pay python3 "$DNS_TOOL" ask 198.51.100.9 4000 1 x.twilio.com 2 >"$LAB_DIR/asked" &
     until_asked 4000; forge world $DNS_SERVER 10.70.0.1:4000 7 x.twilio.com $LIE; wait; cat "$LAB_DIR/asked")"
check_eq 'it opens nothing' no "$(opens)"
check_match 'a guess of the id that is wrong' '^id 8' \
  "$(ask_and 4001 9 id.twilio.com forge world $DNS_SERVER 10.70.0.1:4001 8 id.twilio.com $LIE)"
check_eq 'opens nothing' no "$(opens)"
check_match 'an answer for another name' '^id 9' \
  "$(ask_and 4002 9 asked.twilio.com forge world $DNS_SERVER 10.70.0.1:4002 9 other.twilio.com $LIE)"
check_eq 'opens nothing' no "$(opens)"
ask_and 4003 9 port.twilio.com forge world $DNS_SERVER 10.70.0.1:4004 9 port.twilio.com $LIE >"$LAB_DIR/got"
check_eq 'an answer to another port opens nothing' no "$(opens)"
check_match 'from another server than the one that was asked' '^(id 9|nothing)' \
  "$(ask_and 4005 9 server.twilio.com forge world $LIAR 10.70.0.1:4005 9 server.twilio.com $LIE)"
check_eq 'opens nothing' no "$(opens)"
check_match 'from another port of it' '^(id 9|nothing)' \
  "$(ask_and 4006 9 sport.twilio.com forge world $DNS_SERVER:54 10.70.0.1:4006 9 sport.twilio.com $LIE)"
check_eq 'opens nothing' no "$(opens)"
check_eq 'from a workload in the name of the resolver: not let through' nothing \
  "$(ask_and 4007 9 inside.twilio.com forge shop $DNS_SERVER 10.70.0.1:4007 9 inside.twilio.com $LIE)"
check_eq 'and it opens nothing' no "$(opens)"
check_eq 'an answer to a query of another workload opens nothing' no \
  "$(ask_and 4008 9 mine.twilio.com forge world $DNS_SERVER 10.70.0.2:4008 9 mine.twilio.com $LIE >/dev/null; opens)"
# Queries are copied before policy drops what is spoofed: what a workload sends in the name of servers is a query at most.
# Both directions of a talk between servers, or of one with itself.
for other in $DNS_SERVER $LIAR; do
  lab_exec shop python3 "$DNS_TOOL" forge-query "$DNS_SERVER" "$other" 10 talk.twilio.com
  lab_exec shop python3 "$DNS_TOOL" forge "$other" "$DNS_SERVER:53" 10 talk.twilio.com $LIE
done
check_eq 'a workload that plays servers which ask each other opens nothing' no "$(opens)"
# What they all lacked: the id, the name, the port, the server. With all of it it is the answer, for all that anybody sees.
check_match 'the id, the name, the port and the server' '^id 9' \
  "$(ask_and 4009 9 right.twilio.com forge world $DNS_SERVER 10.70.0.1:4009 9 right.twilio.com 203.0.113.68)"
check_eq 'that opens' yes "$(dns_within 1000 dns_holds 203.0.113.68 yes)"

# ---- wrong answers of a trusted one ----------------------------------------------------------------------------------------

liar resolver $LIAR
# What stands on a TCP connection to a trusted server is its word, whatever it was asked for; over UDP it must fit.
unasked=(id name)
lies=(sibling parent query opcode two more fewer tail cut short long forward self loop both authority additional chaos
  rubbish loopback metadata any all many)
asking=()
ask_liar() { # LIE OPTION
  ip netns exec "${LAB_NS[pay]}" dig "$2" +tries=1 +time=2 @$LIAR "$1.twilio.com" >/dev/null 2>&1 &
  asking+=($!)
}
for lie in "${unasked[@]}" "${lies[@]}"; do
  ask_liar "$lie" +notcp
done
for lie in "${lies[@]}"; do
  ask_liar "$lie" +tcp
done
for pid in "${asking[@]}"; do
  wait "$pid" || true
done
check_eq "${#lies[@]} kinds of wrong answers over UDP and TCP, ${#unasked[@]} more over UDP, open nothing" no "$(opens)"
check_eq 'nor an address that no name may open' '203.0.113.1 203.0.113.68' "$(dns_elements)"
check_eq 'an honest one of the same server, asked over UDP' 203.0.113.67 "$(dns_ask pay honest.twilio.com A $LIAR)"
check_eq 'opens' yes "$(dns_within 1000 dns_holds 203.0.113.67 yes)"
check_ok 'the watcher is alive' kill -0 "$DNS_WATCH_PID"
check_eq 'and goes on to learn' ok "$(dns_reach pay after.twilio.com)"
dns_watch_stop
lab_summary
