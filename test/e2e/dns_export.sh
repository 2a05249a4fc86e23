#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# polc dns export with the resolvers that it is for: dnsmasq and unbound fill the domain sets before they answer, so that
# the first connection to a name that was never asked for succeeds; what they keep, and what a restart of them, an apply in
# between and the end of a time-out do.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

DEBIAN_PATH=/usr/sbin:/usr/bin:/sbin:/bin
FIRST=$LAB_ROOT/test/tools/first_connection.py
NAMES=150

for program in dnsmasq unbound setpriv /usr/bin/python3; do
  PATH=$PATH:$DEBIAN_PATH command -v "$program" >/dev/null || lab_skip_all "needs $program"
done
[[ -e /usr/lib/python3/dist-packages/unboundmodule.py ]] || lab_skip_all 'needs python3-unbound'

# ---- the lab: a workload, and the world with a name server ---------------------------------------------------------------

lab_begin dns_export
lab_router
lab_workload web cali-web 10.70.0.1 fd70::1
lab_workload world ext-world 198.51.100.9 2001:db8:9::9
ip -n "${LAB_NS[world]}" -batch - <<'END'
route add local 203.0.113.0/24 dev lo
route add local 2001:db8:1::/64 dev lo
END
ip -n "$LAB_ROUTER" -batch - <<'END'
route add 203.0.113.0/24 via 198.51.100.9 dev ext-world onlink
route add 2001:db8:1::/64 via 2001:db8:9::9 dev ext-world onlink
END
chmod 755 "$LAB_DIR" # the resolvers give up their privileges
lab_serve world tcp:80

rules=$LAB_DIR/rules
mkdir "$rules"
object() { # KIND "NAME[, FIELD...]", then the lines of its spec
  printf '%s\n' --- 'apiVersion: projectcalico.org/v3' "kind: $1" "metadata: {name: $2}" spec:
}
# rules SET-TIMEOUT [NAME...]: with more names that are allowed
rules() {
  object FelixConfiguration "default, annotations: {polc.io/dns-set-timeout: \"$1\", polc.io/dns-min-ttl: 2s}"
  printf '%s\n' '  defaultEndpointToHostAction: Accept' '  dnsTrustedServers: [10.99.0.1]'
  object WorkloadEndpoint 'web, namespace: shop, labels: {app: web}'
  printf '%s\n' '  node: lab-1' '  interfaceName: cali-web' \
    "  ipNetworks: [${LAB_V4[web]}/32, \"${LAB_V6[web]}/128\"]"
  object GlobalNetworkSet 'shops, labels: {role: shops}'
  printf '%s\n' '  allowedEgressDomains: ["*.shop.test", pay.test]'
  object GlobalNetworkPolicy egress
  cat <<END
  selector: app == "web"
  types: [Egress]
  egress:
  - {action: Allow, protocol: UDP, destination: {nets: [10.99.0.1/32], ports: [53]}}
  - {action: Allow, protocol: TCP, destination: {selector: role == "shops", ports: [80]}}
  - {action: Allow, protocol: TCP, destination: {domains: [$(printf '"%s", ' 'www.*.odd.test' "${@:2}")], ports: [80]}}
END
}
apply() { # SET-TIMEOUT [NAME...]
  rules "$@" >"$rules/rules.yaml"
  lab_polc apply "$rules" --node lab-1 --resolve-timeout 0 2>"$LAB_DIR/apply.notes"
}

# The world's names: n1.shop.test to nNAMES.shop.test and d*, u* likewise, each with addresses of its own.
start_world() {
  local i
  {
    printf '%s\n' no-hosts no-resolv 'listen-address=198.51.100.9' bind-interfaces 'local-ttl=6' \
      "pid-file=$LAB_DIR/world.pid" "log-facility=$LAB_DIR/world.log"
    for ((i = 1; i <= NAMES; i++)); do
      printf 'host-record=n%d.shop.test,203.0.113.%d,2001:db8:1::%d\n' "$i" "$i" "$i"
    done
    printf '%s\n' 'host-record=pay.test,203.0.113.201' 'host-record=below.pay.test,203.0.113.202' \
      'host-record=shop.test,203.0.113.203' 'host-record=other.test,203.0.113.204,2001:db8:1::204' \
      'host-record=www.a.odd.test,203.0.113.205' 'host-record=www.odd.test,203.0.113.206' \
      'host-record=edge.cdn.test,203.0.113.207' 'cname=alias.shop.test,edge.cdn.test' \
      'host-record=notshop.test,203.0.113.208' 'cname=front.test,pay.test' 'host-record=home.shop.test,127.0.0.1' \
      'host-record=a.b.shop.test,203.0.113.209' 'host-record=new.test,203.0.113.210'
  } >"$LAB_DIR/world.conf"
  start world dnsmasq --keep-in-foreground --conf-file="$LAB_DIR/world.conf"
}

# start NAME COMMAND...: in the background, as a process that lab_end knows.
start() {
  (exec ip netns exec "${LAB_NS[$1]}" "${@:2}") &
}

# ---- what the workload sees ----------------------------------------------------------------------------------------------

# first NAME... [-6]: "NAME RESULT" of the first connection behind a lookup, joined by ";".
first() {
  local kind=A names=()
  for name; do
    if [[ $name = -6 ]]; then kind=AAAA; else names+=("$name"); fi
  done
  printf '%s\n' "${names[@]}" | lab_exec web "$FIRST" 10.99.0.1 80 "$kind" | awk '{ printf "%s%s %s", sep, $1, $3; sep = "; " }'
}
# failures A|AAAA COUNT: how many of so many fresh names do not take the first connection.
failures() {
  seq -f 'n%g.shop.test' "$2" | lab_exec web "$FIRST" 10.99.0.1 80 "$1" | grep -vc ' ok$' || true
}
# without a lookup
again() { # ADDRESS...
  lab_connect web --retries 0 "${@/#/tcp:}" | awk '{ printf "%s%s", sep, $NF; sep = "; " }'
}
# The domain sets, with what they hold.
domain_sets() {
  lab_nft list table inet polc | awk '/^\tset dom/ { inside = 1 } inside; /^\t}/ { inside = 0 }'
}
# The one of the network set, for IPv4.
shops_set() {
  domain_sets | awk '/set dom4/ { set = $2 } /pay.test/ { print set; exit }'
}
# How many lines of them have an address.
holds() { # ADDRESS
  domain_sets | grep -cF " $1 " || true
}
until_gone() { # ADDRESS
  local tries=0
  until [[ $(holds "$1") = 0 ]] || ((++tries > 150)); do sleep 0.2; done
}
until_ready() { # FILE-OF-ITS-PID
  local tries=0
  until [[ -s $1 ]] && lab_exec router dig +time=1 +tries=1 @10.99.0.1 ready.test >/dev/null 2>&1; do
    ((++tries < 100)) || { echo "Bail out! the resolver does not answer: $(tail -n 5 "$LAB_DIR"/*.log)"; exit 1; }
    sleep 0.1
  done
}
stop() { # FILE-OF-ITS-PID
  local pid tries=0
  pid=$(cat "$1")
  kill "$pid"
  while kill -0 "$pid" 2>/dev/null && ((++tries < 200)); do sleep 0.05; done
  rm -f "$1"
}
start_world

# ---- what holds for both -------------------------------------------------------------------------------------------------

# resolver NAME PID-FILE START-FUNCTION: what a resolver has to be good for, from a table without an address on.
resolver() {
  local title=$1 pid=$2 begin=$3
  "$begin"
  until_ready "$pid"
  check_eq "$title: nothing is known" 0 "$(holds '{')"
  check_eq "$title: without a lookup there is no way" 'timeout' "$(again 203.0.113.1:80)"
  check_eq "$title: $NAMES fresh names, first connection, refused over IPv4" 0 "$(failures A "$NAMES")"
  check_eq "$title: $NAMES fresh names, first connection, refused over IPv6" 0 "$(failures AAAA "$NAMES")"
  check_eq "$title: exact name, several labels, alias" 'pay.test ok; a.b.shop.test ok; alias.shop.test ok' \
    "$(first pay.test a.b.shop.test alias.shop.test)"
  check_eq "$title: names that nobody allows" 'other.test timeout; notshop.test timeout' "$(first other.test notshop.test)"
  check_eq "$title: nor over IPv6" 'other.test timeout' "$(first other.test -6)"
  check_eq "$title: asked for again" 'n1.shop.test ok; pay.test ok' "$(first n1.shop.test pay.test)"

  check_match "$title: an apply in between" '^applied' "$(apply "$SET_TIMEOUT" new.test)"
  check_eq "$title: leaves the set that it does not change" 'ok; ok' "$(again 203.0.113.1:80 '[2001:db8:1::2]:80')"
  check_eq "$title: whose names go on to be learned" 'pay.test ok' "$(first pay.test)"
  check_eq "$title: a name that came with it is not known to the resolver yet" 'new.test timeout' "$(first new.test)"
  stop "$pid"
  "$begin"
  until_ready "$pid"
  check_eq "$title: what was learned outlives the resolver" 'ok; ok' "$(again 203.0.113.1:80 '[2001:db8:1::2]:80')"
  check_eq "$title: made anew, it has the new name" 'new.test ok; n2.shop.test ok' "$(first new.test n2.shop.test)"
}

export_to() { # FILE OPTION
  lab_polc dns export "$2" "$rules" --node lab-1 >"$1" 2>"$LAB_DIR/export.notes"
}

# ---- dnsmasq -------------------------------------------------------------------------------------------------------------

start_dnsmasq() {
  export_to "$LAB_DIR/polc.conf" --dnsmasq
  printf '%s\n' no-hosts no-resolv 'server=198.51.100.9' 'listen-address=10.99.0.1' bind-interfaces 'user=nobody' \
    "pid-file=$LAB_DIR/dnsmasq.pid" "log-facility=$LAB_DIR/dnsmasq.log" "conf-file=$LAB_DIR/polc.conf" >"$LAB_DIR/dnsmasq.conf"
  start router dnsmasq --keep-in-foreground --conf-file="$LAB_DIR/dnsmasq.conf"
}

SET_TIMEOUT=1h
apply $SET_TIMEOUT >/dev/null
resolver dnsmasq "$LAB_DIR/dnsmasq.pid" start_dnsmasq
check_match 'dnsmasq: it says what it cannot be told' 'www\.\*\.odd\.test' "$(cat "$LAB_DIR/export.notes")"
check_eq 'dnsmasq: and fills nothing for that' 'www.a.odd.test timeout' "$(first www.a.odd.test)"
check_eq 'dnsmasq: wider, as its lines say: an apex, and what is below a name' 'shop.test ok; below.pay.test ok' \
  "$(first shop.test below.pay.test)"
check_eq 'dnsmasq: the comments that say so' 2 \
  "$(grep -cE '^# (\*\.shop\.test: dnsmasq takes shop\.test itself|pay\.test: dnsmasq takes every name below it), too$' "$LAB_DIR/polc.conf")"

# A name in the cache because another led to it: without cache-size=0 it would be answered, and never added.
check_eq 'dnsmasq: a name that another led to before' 'front.test timeout; pay.test ok' "$(
  lab_nft flush set inet polc "$(shops_set)"
  first front.test pay.test)"
stop "$LAB_DIR/dnsmasq.pid"

# The time of a set: over, whatever was added in between; then learned anew.
lab_polc delete --yes >/dev/null
apply 5s >/dev/null
start_dnsmasq
until_ready "$LAB_DIR/dnsmasq.pid"
check_eq 'dnsmasq: a set of 5 s' 'n5.shop.test ok' "$(first n5.shop.test)"
until_gone 203.0.113.5
check_eq 'dnsmasq: its time is over' 'timeout' "$(again 203.0.113.5:80)"
check_eq 'dnsmasq: asked for anew' 'n5.shop.test ok' "$(first n5.shop.test)"

# A client that keeps an answer, while the time of the set runs out that began before it.
kept() { # NAME ADDRESS
  first "$1" >/dev/null
  sleep 3.5
  first "$1" >/dev/null
  sleep 3.5
  again "$2:80"
}
check_eq 'dnsmasq: added again, it is not prolonged' 'timeout' "$(kept n21.shop.test 203.0.113.21)"
start router "$POLC" dns watch 2>"$LAB_DIR/watch.log"
hears() {
  lab_polc dns status | grep -c '^watch .*hears group' || true
}
tries=0
until [[ $(hears) = 1 ]] || ((++tries > 100)); do sleep 0.1; done
check_eq 'dnsmasq: with dns watch beside it, it is' 'ok' "$(kept n22.shop.test 203.0.113.22)"
check_match 'dns status: who learned it, and who did not' 'n22\.shop\.test +203\.0\.113\.22 +for [0-9]s +watch, [0-9]s ago' "$(lab_polc dns status)"
kill "$!"
tries=0
until [[ $(lab_polc dns status | grep -c '^watch *nobody') = 1 ]] || ((++tries > 100)); do sleep 0.1; done
check_match 'dns status: nobody hears any more' 'nobody hears group 53; learned last [0-9]+s ago' "$(lab_polc dns status)"
stop "$LAB_DIR/dnsmasq.pid"

# No time for a set: what dnsmasq adds stays for good, and polc can still put in what has a time.
lab_polc delete --yes >/dev/null
apply 0s >/dev/null
start_dnsmasq
until_ready "$LAB_DIR/dnsmasq.pid"
check_eq 'dnsmasq: sets without a time of their own' 'n6.shop.test ok' "$(first n6.shop.test)"
check_match 'dnsmasq: for good' '[{,] 203\.0\.113\.6( }|,)' "$(domain_sets)"
lab_nft add element inet polc "$(shops_set)" '{ 203.0.113.7 timeout 1s }'
check_ok 'dnsmasq: diff finds nothing' lab_polc diff "$rules" --node lab-1
until_gone 203.0.113.7
check_eq 'dnsmasq: what has a time goes, what has none stays' 'timeout; ok' "$(again 203.0.113.7:80 203.0.113.6:80)"
stop "$LAB_DIR/dnsmasq.pid"

# ---- unbound -------------------------------------------------------------------------------------------------------------

# As systemd starts it with what the output says: as its user, with CAP_NET_ADMIN.
start_unbound() {
  export_to "$LAB_DIR/polc.py" --unbound
  cat >"$LAB_DIR/unbound.conf" <<END
server:
  interface: 10.99.0.1
  access-control: 0.0.0.0/0 allow
  do-daemonize: no
  use-syslog: no
  logfile: "$LAB_DIR/unbound/log"
  pidfile: "$LAB_DIR/unbound/pid"
  directory: "$LAB_DIR/unbound"
  chroot: ""
  username: ""
  num-threads: 2
  so-sndbuf: 0
  module-config: "python iterator"
  local-zone: "test." transparent
  do-not-query-localhost: no
python:
  python-script: "$LAB_DIR/polc.py"
forward-zone:
  name: "."
  forward-addr: 198.51.100.9
remote-control:
  control-enable: no
END
  mkdir -p "$LAB_DIR/unbound"
  chown unbound "$LAB_DIR/unbound"
  start router env -i PATH=$DEBIAN_PATH PYTHONPATH=/usr/lib/python3/dist-packages setpriv --reuid=unbound \
    --regid=unbound --clear-groups --no-new-privs --inh-caps=-all,+net_admin,+net_bind_service \
    --ambient-caps=-all,+net_admin,+net_bind_service unbound -d -c "$LAB_DIR/unbound.conf"
}

SET_TIMEOUT=1h
lab_polc delete --yes >/dev/null
apply $SET_TIMEOUT >/dev/null
resolver unbound "$LAB_DIR/unbound/pid" start_unbound
check_eq 'unbound: it can be told everything' '' "$(cat "$LAB_DIR/export.notes")"
check_eq 'unbound: a wildcard in the middle' 'www.a.odd.test ok; www.odd.test timeout' "$(first www.a.odd.test www.odd.test)"
check_eq 'unbound: exact: no apex, and nothing below a name' 'shop.test timeout; below.pay.test timeout' \
  "$(first shop.test below.pay.test)"
check_eq 'unbound: a name that another led to before' 'front.test ok; pay.test ok' "$(first front.test pay.test)"
first home.shop.test >/dev/null
check_eq 'unbound: the address of the host itself opens nothing' 0 "$(holds 127.0.0.1)"

# From its cache, into sets that somebody emptied.
check_eq 'unbound: in the cache' 'n9.shop.test ok' "$(first n9.shop.test)"
for set in $(domain_sets | awk '$1 == "set" { print $2 }'); do
  lab_nft flush set inet polc "$set"
done
check_eq 'unbound: the sets are empty' 'timeout' "$(again 203.0.113.9:80)"
check_eq 'unbound: an answer from the cache adds, too' 'n9.shop.test ok' "$(first n9.shop.test)"
check_match 'unbound: with what is left of the TTL' '203\.0\.113\.9 timeout [1-7]s expires' "$(domain_sets)"
# The TTL is 6 s: names that are asked for again and again stay, and go when nobody asks.
check_eq 'unbound: asked for each half second through two TTLs, refused' 0 "$(
  for ((i = 0; i < 26; i++)); do first n9.shop.test; echo; sleep 0.5; done | grep -vc ' ok$' || true)"
until_gone 203.0.113.9
check_eq 'unbound: nobody asks: its time is over' 'timeout' "$(again 203.0.113.9:80)"

# Without the table it answers all the same, says so, and goes on when the table is back.
lab_polc delete --yes >/dev/null
check_eq 'unbound: no table, no policy' 'n10.shop.test ok' "$(first n10.shop.test)"
check_match 'unbound: it says so' 'polc: cannot put addresses into table inet polc: .*No such file' "$(cat "$LAB_DIR/unbound/log")"
apply $SET_TIMEOUT new.test >/dev/null
check_eq 'unbound: the table is back' 'n10.shop.test ok; n11.shop.test ok; new.test ok' \
  "$(first n10.shop.test n11.shop.test new.test)"
stop "$LAB_DIR/unbound/pid"

lab_summary
