# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A lab for domain rules, on top of lib.sh: two workloads, a caching resolver, an authoritative server, and a world of many
# addresses behind the router. Zones are real ones of an unbound; what a workload finds is what its resolver says.
#
#   . lib.sh; . lib_dns.sh
#   dns_lab dns_watch
#   dns_zone twilio.com <<<'api 30 A 203.0.113.1'
#   dns_auth_start; dns_resolver_start
#   dns_rules '*.twilio.com' >"$RULES/rules.yaml"
#   dns_reach pay api.twilio.com        # "ok", "timeout", or "no address"

# shellcheck disable=SC2034 # tests use it
DNS_TOOL=$LAB_ROOT/test/tools/dns_tool.py
DNS_SERVER=10.80.0.53 DNS_SERVER6=fd80::53
DNS_AUTH=10.80.0.54 DNS_AUTH6=fd80::54
DNS_AUTH_PID='' DNS_RESOLVER_PID='' DNS_WATCH_PID=''
RULES=

# dns_lab NAME: begins the lab. The world has 203.0.113.0/24, 100.64.0.0/16, 2001:db8:1::/64, and listens on 443, 80 and 7 (echo).
dns_lab() {
  local program
  PATH=$PATH:/usr/sbin:/sbin
  lab_begin "$1"
  for program in unbound dnsmasq dig python3; do
    command -v "$program" >/dev/null || lab_skip_all "needs $program"
  done
  chmod 755 "$LAB_DIR" # who gives up its privileges must find its files
  RULES=$LAB_DIR/rules
  mkdir "$RULES" "$LAB_DIR/zones"
  lab_router
  lab_workload pay cali-pay 10.70.0.1 fd70::1
  lab_workload shop cali-shop 10.70.0.2 fd70::2
  lab_workload resolver ext-resolver $DNS_SERVER $DNS_SERVER6
  lab_workload auth ext-auth $DNS_AUTH $DNS_AUTH6
  lab_workload world ext-world 198.51.100.9 2001:db8:9::9
  ip -n "${LAB_NS[world]}" -batch - <<'END'
route add local 203.0.113.0/24 dev lo
route add local 100.64.0.0/16 dev lo
route add local 2001:db8:1::/64 dev lo
END
  ip -n "$LAB_ROUTER" -batch - <<'END'
route add 203.0.113.0/24 via 198.51.100.9 dev ext-world onlink
route add 100.64.0.0/16 via 198.51.100.9 dev ext-world onlink
route add 2001:db8:1::/64 via 2001:db8:9::9 dev ext-world onlink
END
  lab_serve world tcp:443 tcp:80 echo:7
}

# ---- name servers ------------------------------------------------------------------------------------------------------

# dns_zone ZONE <<lines "NAME TTL TYPE DATA": what the authoritative server says of a zone; NAME is below it, "@" itself.
dns_zone() {
  # shellcheck disable=SC2016 # of a zone
  { printf '$ORIGIN %s.\n@ 60 SOA ns.%s. root.%s. 1 3600 600 86400 1\n@ 60 NS ns.%s.\nns 60 A %s\n' \
    "$1" "$1" "$1" "$1" "$DNS_AUTH"
    cat; } >"$LAB_DIR/zones/$1"
}

dns_unbound_common() {
  printf '%s\n' 'server:' '  username: ""' '  chroot: ""' "  directory: \"$LAB_DIR\"" '  use-syslog: no' \
    '  module-config: "iterator"' '  access-control: 0.0.0.0/0 allow' '  access-control: ::/0 allow' \
    '  do-ip6: yes' '  num-threads: 1' '  so-reuseport: no' '  msg-cache-size: 16m' '  rrset-cache-size: 32m' \
    '  qname-minimisation: no' '  rrset-roundrobin: yes' '  infra-keep-probing: yes' '  infra-host-ttl: 1' \
    '  ip-ratelimit: 0' '  ratelimit: 0' '  minimal-responses: yes' '  edns-buffer-size: 4096' '  max-udp-size: 4096' \
    "  pidfile: \"$1.pid\"" "  logfile: \"$1.log\""
}

# dns_start NAME COMMAND...: a server in the namespace of that name; sets REPLY to its process.
dns_start() {
  ip netns exec "${LAB_NS[$1]}" "${@:2}" >"$LAB_DIR/$1.out" 2>&1 </dev/null & # no function: its process would be a shell
  REPLY=$!
}

# dns_until_answers NAME ADDRESS NAME-TO-ASK-FOR
dns_until_answers() {
  local tries=0
  until lab_exec "$1" dig +time=1 +tries=1 "@$2" "$3" SOA >/dev/null 2>&1; do
    ((++tries < 60)) || { printf 'Bail out! %s does not answer: %s\n' "$1" "$(tail -n 5 "$LAB_DIR/$1".*)"; exit 1; }
    sleep 0.1
  done
}

# dns_stop PID [SIGNAL]: and waits for its end.
dns_stop() {
  kill "${2:--TERM}" "$1"
  wait "$1" 2>/dev/null || true # also so that bash does not tell of it
}

dns_zones() {
  find "$LAB_DIR/zones" -type f -printf '%f\n' | sort
}

dns_auth_start() {
  local zone
  { dns_unbound_common auth
    printf '%s\n' "  interface: $DNS_AUTH" "  interface: $DNS_AUTH6"
    while read -r zone; do
      printf '%s\n' auth-zone: "  name: $zone" "  zonefile: \"zones/$zone\"" '  for-downstream: yes' '  for-upstream: yes'
    done < <(dns_zones); } >"$LAB_DIR/auth.conf"
  dns_start auth unbound -d -c "$LAB_DIR/auth.conf"
  DNS_AUTH_PID=$REPLY
  dns_until_answers auth $DNS_AUTH "$(dns_zones | head -n 1)"
}

# dns_auth_reload: after dns_zone of a zone that is known.
dns_auth_reload() {
  kill -HUP "$DNS_AUTH_PID"
  sleep 0.3
  dns_until_answers auth $DNS_AUTH "$(dns_zones | head -n 1)"
}

# dns_resolver_start [unbound|dnsmasq]: a resolver that caches, for all zones.
dns_resolver_start() {
  local zone
  if [[ ${1:-unbound} = dnsmasq ]]; then
    dns_start resolver dnsmasq --keep-in-foreground --conf-file=/dev/null --no-hosts --no-resolv --bind-interfaces \
      --listen-address=$DNS_SERVER --listen-address=$DNS_SERVER6 --server=$DNS_AUTH --cache-size=10000 \
      --pid-file="$LAB_DIR/resolver.pid" --log-facility="$LAB_DIR/resolver.log" --user=root
  else
    { dns_unbound_common resolver
      printf '%s\n' "  interface: $DNS_SERVER" "  interface: $DNS_SERVER6"
      while read -r zone; do
        printf '%s\n' stub-zone: "  name: $zone" "  stub-addr: $DNS_AUTH"
      done < <(dns_zones); } >"$LAB_DIR/resolver.conf"
    dns_start resolver unbound -d -c "$LAB_DIR/resolver.conf"
  fi
  # shellcheck disable=SC2034 # tests use it
  DNS_RESOLVER_PID=$REPLY
  dns_until_answers resolver $DNS_SERVER "$(dns_zones | head -n 1)"
}

# ---- rules -------------------------------------------------------------------------------------------------------------

# dns_rules DOMAIN...: the lab's policy: pay may ask the resolver (and every other server, which only the lab's own spoofs
# use), and reach the domains on 443 and 7; shop may ask. More settings in DNS_SETTINGS (lines of annotations), the trusted
# servers in DNS_TRUSTED.
DNS_TRUSTED="$DNS_SERVER, \"[$DNS_SERVER6]:53\""
DNS_SETTINGS='polc.io/dns-min-ttl: 1s'
dns_rules() {
  cat <<END
apiVersion: projectcalico.org/v3
kind: FelixConfiguration
metadata: {name: default, annotations: {$DNS_SETTINGS}}
spec: {dnsTrustedServers: [$DNS_TRUSTED]}
---
apiVersion: projectcalico.org/v3
kind: WorkloadEndpoint
metadata: {name: pay, namespace: payments, labels: {app: pay}}
spec: {node: lab-1, interfaceName: cali-pay, ipNetworks: [10.70.0.1/32, "fd70::1/128"], profiles: [projectcalico-default-allow]}
---
apiVersion: projectcalico.org/v3
kind: WorkloadEndpoint
metadata: {name: shop, namespace: shop, labels: {app: shop}}
spec: {node: lab-1, interfaceName: cali-shop, ipNetworks: [10.70.0.2/32, "fd70::2/128"], profiles: [projectcalico-default-allow]}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: ask}
spec:
  order: 10
  types: [Egress]
  egress:
  - {action: Allow, protocol: UDP, destination: {ports: [53]}}
  - {action: Allow, protocol: TCP, destination: {ports: [53]}}
END
  (($# == 0)) || dns_rules_for pay "$@"
}

# dns_rules_for APP DOMAIN...: one more policy.
dns_rules_for() {
  local domain
  printf '%s\n' --- 'apiVersion: projectcalico.org/v3' 'kind: GlobalNetworkPolicy' "metadata: {name: reach-$1}" 'spec:' \
    '  order: 20' "  selector: app == '$1'" '  types: [Egress]' '  egress:' \
    '  - action: Allow' '    protocol: TCP' '    destination:' '      ports: [443, 7]' '      domains:'
  for domain in "${@:2}"; do
    printf "      - '%s'\n" "$domain"
  done
}

# dns_apply [OPTION...]: the rules of $RULES.
dns_apply() {
  lab_polc apply "$RULES" --node lab-1 "$@"
}

# ---- what a workload sees ------------------------------------------------------------------------------------------------

# dns_ask WORKLOAD NAME [TYPE [@SERVER [OPTION...]]]: the addresses that it is told, a line each.
dns_ask() {
  lab_exec "$1" dig +short +tries=1 +time=2 "@${4:-$DNS_SERVER}" "$2" "${3:-A}" "${@:5}" 2>/dev/null |
    grep -E '^[0-9a-f.:]+$' || true
}

# dns_connect WORKLOAD ADDRESS [PORT]: one connection, without a look-up: "ok" or "timeout".
dns_connect() {
  local target=tcp:$2:${3:-443} result
  [[ $2 != *:* ]] || target=tcp:[$2]:${3:-443}
  result=$(lab_connect "$1" --retries 0 "$target")
  echo "${result##* }"
}

# dns_reach WORKLOAD NAME [TYPE [PORT]]: a look-up and at once a connection to the first address.
dns_reach() {
  local address
  address=$(dns_ask "$1" "$2" "${3:-A}" | head -n 1)
  [[ -n $address ]] || { echo 'no address'; return; }
  dns_connect "$1" "$address" "${4:-443}"
}

# ---- the sets --------------------------------------------------------------------------------------------------------------

# dns_elements: the addresses of all domain sets, sorted, with blanks between.
dns_elements() {
  lab_nft -j list table inet polc |
    jq -r '[.nftables[].set | select(. != null) | select(.name | startswith("dom")) | .elem[]? | .elem.val // .]
           | sort | unique | join(" ")'
}

# dns_holds ADDRESS: "yes" when a domain set has it.
dns_holds() {
  if [[ " $(dns_elements) " = *" $1 "* ]]; then echo yes; else echo no; fi
}

# dns_within MS COMMAND... = WANTED: runs it until it prints what is wanted, or the time is over; prints the last.
dns_within() {
  local until=$(($(date +%s%3N) + $1)) wanted=${*: -1} got
  shift
  while :; do
    got=$("${@:1:$#-1}")
    if [[ $got = "$wanted" ]] || (($(date +%s%3N) >= until)); then
      break
    fi
    sleep 0.05
  done
  echo "$got"
}

# ---- polc dns watch --------------------------------------------------------------------------------------------------------

# dns_watch_start [OPTION...]: returns when it listens. What it says is in $LAB_DIR/router.out.
dns_watch_start() {
  dns_start router "$POLC" dns watch "$@"
  DNS_WATCH_PID=$REPLY
  dns_watch_until 'polc dns watch listens' dns_watch_listens
}

# dns_watch_until WHAT COMMAND...: ends the test when it does not come about.
dns_watch_until() {
  local tries=0
  until "${@:2}"; do
    if ! kill -0 "$DNS_WATCH_PID" 2>/dev/null || ((++tries > 150)); then
      printf 'Bail out! not so: %s: %s\n' "$1" "$(tail -n 5 "$LAB_DIR/router.out")"
      exit 1
    fi
    sleep 0.05
  done
}

# dns_watch_follows: until it knows the generation that is loaded.
dns_watch_follows() {
  local number
  number=$({ lab_polc status -o json || true; } | jq -r .generation) # whatever else it finds
  dns_watch_until "polc dns watch knows generation $number" grep -q "^generation ${number}[: ]" "$LAB_DIR/router.out"
}

# Which groups somebody takes stands in /proc of the namespace.
dns_watch_listens() {
  # shellcheck disable=SC2016 # an awk program
  lab_exec router awk -v group="${DNS_GROUP:-53}" '$1 == group { found = 1 } END { exit !found }' \
    /proc/net/netfilter/nfnetlink_log 2>/dev/null
}

dns_watch_stop() { # [SIGNAL]
  dns_stop "$DNS_WATCH_PID" "${1:--TERM}"
}
