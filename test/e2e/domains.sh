#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Domain sets in the kernel, with real packets: what a rule with names lets through while its sets are empty, filled, and run
# out; that a change, a dry run, a rollback and a second apply leave alone what others have put there; and which DNS messages
# go to the log group. The sets are filled with nft, as a resolver or an operator would.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# ---- the lab: workloads web and other; pay, mail and dns outside ------------------------------------------------------------

lab_begin domains
lab_router
lab_workload web cali-web 10.70.0.1 fd70::1
lab_workload other cali-other 10.70.0.2 fd70::2
lab_workload pay ext-pay 203.0.113.1 2001:db8::1
lab_workload mail ext-mail 203.0.113.2 2001:db8::2
lab_workload dns ext-dns 203.0.113.53 2001:db8::53
rules=$LAB_DIR/rules
SERVICE=10.96.0.10 # where the cluster's name service is asked; NAT makes it dns
mkdir "$rules"

object() { # KIND "NAME[, FIELD...]", then the lines of its spec
  printf '%s\n' --- 'apiVersion: projectcalico.org/v3' "kind: $1" "metadata: {name: $2}" spec:
}
{
  for name in web other; do
    object WorkloadEndpoint "$name, namespace: lab, labels: {app: $name}"
    printf '%s\n' '  node: lab-1' "  interfaceName: cali-$name" '  profiles: [projectcalico-default-allow]' \
      "  ipNetworks: [${LAB_V4[$name]}/32, \"${LAB_V6[$name]}/128\"]"
  done
  object FelixConfiguration default
  printf '%s\n' "  dnsTrustedServers: [\"${LAB_V4[dns]}\", \"[${LAB_V6[dns]}]:53\", $SERVICE]"
  object GlobalNetworkSet 'partners, labels: {who: partner}'
  printf '%s\n' "  nets: [${LAB_V4[mail]}/32]" '  allowedEgressDomains: [partner.example.com]'
} >"$rules/lab.yaml"

# policy FILE LINE...: egress rules of web
policy() {
  local file=$1
  shift
  {
    object NetworkPolicy 'web, namespace: lab'
    printf '%s\n' "  selector: app == 'web'" '  types: [Egress]' '  egress:'
    printf '  - %s\n' "$@"
  } >"$file"
}
dns_rule='{action: Allow, protocol: UDP, destination: {ports: [53]}}'
pay_rule='{action: Allow, protocol: TCP, destination: {domains: ["*.pay.example.com", www.example.com], ports: [80]}}'
partner_rule="{action: Allow, protocol: TCP, destination: {selector: who == 'partner', namespaceSelector: global(), ports: [80]}}"
policy "$rules/web.yaml" "$dns_rule" "$pay_rule" "$partner_rule"

apply() { # TITLE [OPTION...]: its line
  local title=$1 line
  shift
  line=$(lab_polc apply "$rules" --node lab-1 --force "$@" 2>/dev/null) || true
  check_match "$title" '^(applied|up to date|would apply)' "$line"
  REPLY=$line
}
# reaches NAME TARGET...: what comes of it, in one line
reaches() {
  local name=$1
  shift
  lab_connect "$name" --retries 0 "$@" | sed 's/.* //' | tr '\n' ' '
}
# set_of COMMENT FAMILY: the name of the set with these patterns
set_of() {
  lab_nft list sets | awk -v comment="$1" -v family="dom$2." '
    $1 == "set" { name = $2 } index($0, "comment \"" comment "\"") && index(name, family) == 1 { print name }'
}
put() { # SET ELEMENTS
  lab_nft add element inet polc "$1" "{ $2 }"
}

for name in pay mail other; do
  lab_serve "$name" tcp:80 tcp:81
done
lab_serve dns udp:53 udp:54 tcp:53
export LAB_TIMEOUT=400

# ---- what a rule with names lets through ------------------------------------------------------------------------------------

apply 'apply'
pay4=$(set_of '*.pay.example.com www.example.com' 4) pay6=$(set_of '*.pay.example.com www.example.com' 6)
partner4=$(set_of partner.example.com 4)
check_match 'each list has a set per family' '^dom4\.[0-9a-f]{20} dom6\.[0-9a-f]{20} dom4\.[0-9a-f]{20}$' \
  "$pay4 $pay6 $partner4"
check_eq 'empty sets match nothing, the nets of a set do' 'timeout timeout ok ' \
  "$(reaches web tcp:pay:80 'tcp:[pay]:80' tcp:mail:80)"
put "$pay4" "${LAB_V4[pay]} timeout 5m"
check_eq 'an address of the list' 'ok timeout timeout ' "$(reaches web tcp:pay:80 'tcp:[pay]:80' tcp:pay:81)"
put "$pay6" "${LAB_V6[pay]} timeout 5m"
check_eq 'and of the other family' 'ok ok timeout ' "$(reaches web tcp:pay:80 'tcp:[pay]:80' 'tcp:[mail]:80')"
put "$partner4" "${LAB_V4[pay]} timeout 1s"
lab_nft delete element inet polc "$pay4" "{ ${LAB_V4[pay]} }"
check_eq 'names beside nets' 'ok ok ' "$(reaches web tcp:pay:80 tcp:mail:80)"
sleep 1.5
check_eq 'an address that ran out' 'timeout ok ' "$(reaches web tcp:pay:80 tcp:mail:80)"
check_eq 'others do not ask the names' 'ok ok ' "$(reaches other tcp:pay:80 tcp:mail:81)"

# What the rules of the names counted, and the flow table recorded.
check_match 'counted with its rule' 'packets [1-9][0-9]* bytes [0-9]+ goto dispatch/to comment "np/lab/web out 1' \
  "$(lab_nft list chain inet polc np/lab/web/out | grep "@$pay4")"
check_match 'recorded' "${LAB_V4[web]} \. ${LAB_V4[pay]} \. tcp \. 80" "$(lab_nft list set inet polc flows4 | tr ',' '\n')"

# ---- which messages are copied ------------------------------------------------------------------------------------------

cat >"$LAB_DIR/copies.py" <<'PY'
# Reads log group 53 until it is killed, and writes "FROM PORT TO PORT PROTOCOL" a line for each packet that comes.
import socket, struct, sys

def message(kind, seq, payload):
    body = struct.pack("=BBH", 0, 0, socket.htons(53)) + payload
    return struct.pack("=IHHII", 16 + len(body), 4 << 8 | kind, 5, seq, 0) + body

def attribute(kind, payload):
    return struct.pack("=HH", 4 + len(payload), kind) + payload + bytes(-len(payload) % 4)

def packets(data):
    while len(data) >= 16:
        length, kind = struct.unpack_from("=IH", data)
        at = data[20:length] if kind == 4 << 8 else b""
        while len(at) >= 4:
            size, number = struct.unpack_from("=HH", at)
            if number == 9:
                yield at[4:size]
            elif number == 10 and at[4:size] != b"polc dns\0":
                print("prefix", at[4:size])
            at = at[(size + 3) & ~3:]
        data = data[(length + 3) & ~3:]

def tell(packet):
    four = packet[0] >> 4 == 4
    head, family = ((packet[0] & 15) * 4, socket.AF_INET) if four else (40, socket.AF_INET6)
    start, size = (12, 4) if four else (8, 16)
    ends = [socket.inet_ntop(family, packet[start + i * size:start + (i + 1) * size]) for i in (0, 1)]
    ports = struct.unpack_from(">HH", packet, head)
    protocol = {6: "tcp", 17: "udp"}.get(packet[9] if four else packet[6])
    print(ends[0], ports[0], ends[1], ports[1], protocol, flush=True)

reader = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
reader.bind((0, 0))
reader.send(message(1, 1, attribute(1, b"\1")) + message(1, 2, attribute(2, struct.pack(">IBB", 65535, 2, 0))))
print("ready", flush=True)
while True:
    for packet in packets(reader.recv(1 << 20)):
        tell(packet)
PY
: >"$LAB_DIR/copies"
ip netns exec "${LAB_NS[router]}" python3 "$LAB_DIR/copies.py" >>"$LAB_DIR/copies" 2>/dev/null &
until grep -q ready "$LAB_DIR/copies"; do sleep 0.05; done

# copied: what came since the last time, each packet once, with the names of the lab; ports of clients are left out.
copied() {
  sleep 0.2
  sed -E '/^ready/d; s/(203\.0\.113\.53|2001:db8::53)/dns/g; s/(10\.70\.0\.1|fd70::1)/web/g; s/(10\.99\.0\.1|fd99::1)/host/g
    s/10\.96\.0\.10/service/g; s/ [0-9]{4,5}( |$)/ -\1/g' "$LAB_DIR/copies" | LC_ALL=C sort -u
  : >"$LAB_DIR/copies"
}
# ask NAME TARGET...
ask() {
  local name=$1
  shift
  lab_connect "$name" --retries 0 "$@" >/dev/null
}
lab_nft -f - <<END
table ip nat {
  chain pre { type nat hook prerouting priority dstnat; ip daddr $SERVICE dnat to ${LAB_V4[dns]}; }
  chain out { type nat hook output priority -100; ip daddr $SERVICE dnat to ${LAB_V4[dns]}; }
}
END
ip -n "${LAB_NS[router]}" route add $SERVICE/32 dev ext-dns
ask web udp:dns:53
check_eq 'a query and its answer' 'dns 53 web - udp
web - dns 53 udp' "$(copied)"
ask web 'udp:[dns]:53'
check_eq 'of the other family' 'dns 53 web - udp
web - dns 53 udp' "$(copied)"
ask router udp:dns:53
check_match 'of the host itself' 'dns 53 [^ ]+ - udp' "$(copied)"
ask web udp:$SERVICE:53
check_eq 'behind NAT, as the client sees them' 'service 53 web - udp
web - service 53 udp' "$(copied)"
ask router udp:$SERVICE:53
check_match 'NAT for the host itself' '^[^ ]+ - service 53 udp.service 53 [^ ]+ - udp$' "$(copied | tr '\n' '.' | sed 's/\.$//')"
ask other tcp:dns:53
check_eq 'answers over TCP' 'dns 53 10.70.0.2 - tcp' "$(copied)"
ask web udp:dns:54 udp:mail:53 tcp:mail:80
check_eq 'nothing of other ports and servers' '' "$(copied)"
lab_exec dns python3 -c 'import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("", int(sys.argv[2])))
s.sendto(b"x", (sys.argv[1], 5000))' "${LAB_V4[other]}" 54
check_eq 'no answer that nobody asked for' '' "$(copied)"
lab_nft -f - <<END
table ip drops {
  chain post { type filter hook postrouting priority 0; udp sport 53 drop; }
}
END
ask web udp:dns:53
check_eq 'no answer that is dropped' 'web - dns 53 udp' "$(copied)"
lab_nft delete table ip drops
lab_nft delete table ip nat

# ---- what leaves the sets alone -----------------------------------------------------------------------------------------

put "$pay4" "${LAB_V4[pay]} timeout 5m"
apply 'a second apply'
check_match 'a second apply has nothing to do' '^up to date' "$REPLY"
check_ok 'diff finds nothing' lab_polc diff "$rules" --node lab-1
check_ok 'status finds nothing' lab_polc status "$rules" --node lab-1
lab_nft flush set inet polc "$pay6"
check_ok 'a set that somebody emptied is no drift' lab_polc status "$rules" --node lab-1
policy "$rules/web.yaml" "$dns_rule" "$pay_rule" "$partner_rule" '{action: Deny, protocol: TCP, destination: {ports: [9]}}'
apply 'a dry run' --dry-run
apply 'another rule'
check_match 'the time goes on' "${LAB_V4[pay]} timeout 5m expires [34]m" "$(lab_nft list set inet polc "$pay4")"
check_eq 'and packets still pass' 'ok ' "$(reaches web tcp:pay:80)"

# A list that changes is another set. One that comes back is empty, unless somebody knows its addresses.
policy "$rules/web.yaml" "$dns_rule" "${pay_rule/, www.example.com/}" "$partner_rule"
apply 'a shorter list'
check_eq 'the old set is gone' '' "$(set_of '*.pay.example.com www.example.com' 4)"
check_match 'the new one is there' '^dom4' "$(set_of '*.pay.example.com' 4)"
check_ok 'rollback' lab_polc rollback
check_eq 'brings the old set back' "$pay4" "$(set_of '*.pay.example.com www.example.com' 4)"
policy "$rules/web.yaml" "$dns_rule" "$pay_rule" "$partner_rule" '{action: Deny, protocol: TCP, destination: {ports: [9]}}'
check_ok 'status after it' lab_polc status "$rules" --node lab-1
lab_nft flush ruleset
check_ok 'restore' lab_polc restore
check_eq 'makes the sets' "$pay4" "$(set_of '*.pay.example.com www.example.com' 4)"
before=$(lab_listing router)
lab_polc compile "$rules" --node lab-1 -o nft 2>/dev/null >"$LAB_DIR/table.nft"
lab_nft flush ruleset
check_ok 'what compile prints loads' lab_nft -f "$LAB_DIR/table.nft"
check_eq 'and is the same table' "$before" "$(lab_listing router)"
apply 'apply over it'
put "$pay4" "${LAB_V4[pay]} timeout 5m"
lab_nft delete rule inet polc np/lab/web/out handle "$(lab_nft -a list chain inet polc np/lab/web/out | sed -n 's/.*ip6 daddr @dom6.*"np.lab.web out 1.*# handle //p')"
check_status 'a rule that somebody took away is drift' 1 lab_polc status "$rules" --node lab-1
apply 'and comes again'
check_eq 'without its set being touched' 'ok ' "$(reaches web tcp:pay:80)"
policy "$rules/web.yaml" "$dns_rule" '{action: Deny}'
apply 'no names any more'
check_eq 'no set is left' '' "$(lab_nft list sets | grep -o 'dom[46]\.[0-9a-f]*' || true)"
check_eq 'no copies are left' '' "$(lab_nft list chains | grep -o 'dns/[a-z-]*' || true)"

lab_summary
