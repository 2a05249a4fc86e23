#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Names of domain rules that are looked up: by apply, by dns refresh, and what becomes of their addresses when names change,
# fail or cannot be asked for; with a real DNS server and real connections.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=contrib/lib/schema.sh
. "$LAB_ROOT/contrib/lib/schema.sh"

lab_begin refresh
command -v dnsmasq >/dev/null || lab_skip_all 'no dnsmasq here'
command -v jq >/dev/null || lab_skip_all 'no jq here'
lab_router
lab_workload web cali-web 10.70.0.1 fd70::1
lab_workload api eth8 203.0.113.7 2001:db8::7
lab_workload new eth9 203.0.113.9 2001:db8::9
rules=$LAB_DIR/rules
mkdir "$rules"
SERVER=

# ---- the DNS server ----------------------------------------------------------------------------------------------------

# dns_start LINE...: a server in the router's namespace with these lines of configuration; returns once it answers.
dns_start() {
  local tries=0
  {
    printf '%s\n' no-resolv no-hosts "listen-address=$LAB_ROUTER_V4" bind-interfaces 'local=/example/' 'local=/test/' \
      'host-record=up.example,192.0.2.1' "pid-file=" "$@"
  } >"$LAB_DIR/dnsmasq.conf"
  ip netns exec "$LAB_ROUTER" dnsmasq -k --user=root --conf-file="$LAB_DIR/dnsmasq.conf" &
  SERVER=$!
  until lab_exec router "$PROBE" connect --timeout 200 "udp:$LAB_ROUTER_V4:53" >/dev/null 2>&1 ||
    lab_exec router ss -Hlun 2>/dev/null | grep -q "$LAB_ROUTER_V4:53 "; do
    ((++tries < 100)) || { echo 'Bail out! no DNS server'; exit 1; }
    sleep 0.05
  done
}

dns_stop() {
  kill "$SERVER"
  wait "$SERVER" 2>/dev/null || true
}

# ---- what is loaded ------------------------------------------------------------------------------------------------------

# policy NAME...: egress of web to these names; addresses live for a few seconds only.
policy() {
  local names
  names=$(printf '"%s", ' "$@")
  cat >"$rules/all.yaml" <<END
apiVersion: projectcalico.org/v3
kind: FelixConfiguration
metadata: {name: default, annotations: {polc.io/dns-min-ttl: "${MIN_TTL:-600s}"}}
spec: {dnsTrustedServers: [$LAB_ROUTER_V4]}
---
apiVersion: projectcalico.org/v3
kind: WorkloadEndpoint
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {node: lab-1, interfaceName: cali-web, ipNetworks: [10.70.0.1/32, "fd70::1/128"]}
---
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: default.web, namespace: shop}
spec:
  tier: default
  selector: app == "web"
  types: [Egress]
  egress:
  - {action: Allow, protocol: TCP, destination: {domains: [${names%, }], ports: [443]}}
END
}

apply() {
  lab_polc apply "$rules" --node lab-1 "$@"
}

# exit_of COMMAND...: its exit status.
exit_of() {
  local code=0
  "$@" >/dev/null 2>&1 || code=$?
  echo "$code"
}

# in_sets: all addresses of domain sets, sorted.
in_sets() {
  lab_nft -j list table inet polc |
    jq -r '.nftables[].set // empty | select(.name | test("^dom[46]\\.")) | .elem[]? | .elem.val' | LC_ALL=C sort -u | paste -sd' '
}

lab_serve api tcp:443 tcp:80
lab_serve new tcp:443

# ---- apply looks up ----------------------------------------------------------------------------------------------------

dns_start host-record=api.example,203.0.113.7,2001:db8::7 cname=www.example,api.example
policy www.example gone.example
check_match 'apply says which names have no address' 'W102.*: no address came for 1 name, .*: gone\.example \(no such name\)' \
  "$(apply 2>&1)"
check_eq 'what a name is an alias of is in the sets' '2001:db8::7 203.0.113.7' "$(in_sets)"
expect web 'an allowed name, by its first packet' <<'END'
tcp:api:443 ok
tcp:[api]:443 ok
tcp:api:80 timeout
tcp:new:443 timeout
END
check_match 'a second apply changes nothing' '^up to date: generation 1' "$(apply -q 2>&1; apply 2>/dev/null)"
check_eq 'and sends nothing' 0 "$(lab_committed lab_polc apply "$rules" --node lab-1 -q)"

# ---- refresh -----------------------------------------------------------------------------------------------------------

lab_polc dns refresh -o json >"$LAB_DIR/refresh.json" 2>"$LAB_DIR/errors"
check_eq 'refresh as JSON' '1 2 refreshed 0' \
  "$(jq -r '"\(.generation) \(.names | length) \(.result) \(.added)"' "$LAB_DIR/refresh.json")"
check_eq 'with addresses and problems' 'gone.example  no such name www.example 2001:db8::7 203.0.113.7 null' "$(jq -r \
  '.names[] | [.name, ([.addresses[].address] | sort | join(" ")), (.problem | tostring)] | join(" ")' "$LAB_DIR/refresh.json" | paste -sd' ')"
if [[ -z $(schema_missing) ]]; then
  check_eq 'as its schema says' '' "$(schema_refused refresh <"$LAB_DIR/refresh.json")"
fi
check_match 'names without an address are told' 'no address came for 1 of 2 names: gone\.example \(no such name\)' "$(<"$LAB_DIR/errors")"
dns_stop
dns_start host-record=www.example,203.0.113.9
listing=$(lab_listing router | grep -v elements)
check_match 'what a name has now is added' '^refreshed: generation 1, 2 names looked up, 1 address added' "$(lab_polc dns refresh 2>&1)"
check_eq 'no rule changes' "$listing" "$(lab_listing router | grep -v elements)"
expect web 'the new address, and the old one until its time is over' <<'END'
tcp:api:443 ok
tcp:new:443 ok
END
check_match 'refresh -v lists them' 'www\.example +2001:db8::7,203\.0\.113\.7,203\.0\.113\.9|www\.example +203\.0\.113\.7,203\.0\.113\.9,2001:db8::7' \
  "$(lab_polc dns refresh -v 2>/dev/null)"
dns_stop
dns_start
check_eq 'a name that is gone is no failure' 0 "$(exit_of lab_polc dns refresh)"
expect web 'and keeps its addresses' <<'END'
tcp:api:443 ok
tcp:new:443 ok
END

# ---- time that is over ---------------------------------------------------------------------------------------------------

dns_stop
rm -r "$POLC_STATE_DIR/dns"
lab_polc delete --yes >/dev/null
dns_start host-record=api.example,203.0.113.7,3
MIN_TTL=3s policy api.example
check_ok 'apply with a short life' apply
expect web 'allowed' <<'END'
tcp:api:443 ok
END
for ((tries = 0; tries < 200; tries++)); do
  [[ -n $(in_sets) ]] || break
  sleep 0.1
done
expect web 'an address whose time is over' <<'END'
tcp:api:443 timeout
END
check_match 'refresh brings it back' ' 1 address added' "$(lab_polc dns refresh)"
expect web 'allowed again' <<'END'
tcp:api:443 ok
END

# ---- the server is down ------------------------------------------------------------------------------------------------

policy api.example
check_ok 'apply with a long life' apply
check_eq 'refresh with a long life' 0 "$(exit_of lab_polc dns refresh)"
dns_stop
check_eq 'refresh says that nobody answers' 3 "$(exit_of lab_polc dns refresh)"
check_match 'and whom it asked' "no answer from $LAB_ROUTER_V4:53; nothing was changed" "$(lab_polc dns refresh 2>&1 || true)"
expect web 'what is known stays' <<'END'
tcp:api:443 ok
END
policy api.example other.example
rm "$POLC_STATE_DIR/dns/resolved"
check_match 'apply goes on without it' 'W102.*no answer from' "$(apply 2>&1)"
check_eq 'a longer list takes over what the kernel knew' '203.0.113.7' "$(in_sets)"
expect web 'without a gap' <<'END'
tcp:api:443 ok
END

# A server that takes questions and says nothing: nobody waits longer than the time-out.
lab_nft add table ip mute
lab_nft add chain ip mute in '{ type filter hook input priority 0; }'
lab_nft add rule ip mute in udp dport 53 drop
policy api.example other.example third.example
begin=$(date +%s%N)
check_ok 'apply with a silent server' apply --resolve-timeout 0 -q
without=$((($(date +%s%N) - begin) / 1000000))
policy api.example other.example fourth.example
begin=$(date +%s%N)
check_ok 'apply waits for it' apply --resolve-timeout 1s -q
with=$((($(date +%s%N) - begin) / 1000000))
check_ok "for the time-out, and hardly longer ($without and $with ms)" test "$with" -ge 1000 -a "$with" -lt $((4000 + 3 * without))
ip netns exec "$LAB_ROUTER" "$POLC" dns refresh --resolve-timeout 20s -q 2>/dev/null & # no function: it is to be killed
asking=$!
sleep 0.3
check_ok 'refresh asks without the lock' apply --lock-timeout 0 --resolve-timeout 0 -q
check_ok 'while it still asks' kill -0 "$asking"
kill "$asking"
wait "$asking" 2>/dev/null || true
lab_nft delete table ip mute

# ---- rollback and restore ------------------------------------------------------------------------------------------------

dns_start host-record=api.example,203.0.113.7
check_eq 'names are looked up again' 0 "$(exit_of lab_polc dns refresh)"
dns_stop
lab_nft delete table inet polc
check_match 'restore' '^restored: generation' "$(lab_polc restore)"
check_eq 'fills the sets with what is known' '203.0.113.7' "$(in_sets)"
expect web 'at once' <<'END'
tcp:api:443 ok
tcp:new:443 timeout
END
check_match 'rollback' '^loaded: generation' "$(lab_polc rollback)"
check_eq 'fills the sets too' '203.0.113.7' "$(in_sets)"
check_eq 'each generation that is kept has a file for the watcher' \
  "$(jq -r '.id? // empty' "$POLC_STATE_DIR"/dns/sets-*.json | cut -c1-16 | LC_ALL=C sort)" \
  "$(find "$POLC_STATE_DIR/dns" -name 'sets-*.json' -perm 644 | sed 's/.*sets-//; s/[.]json//' | LC_ALL=C sort)"

# ---- others --------------------------------------------------------------------------------------------------------------

mkfifo "$LAB_DIR/held"
flock "$POLC_STATE_DIR/lock" cat "$LAB_DIR/held" &
holder=$!
exec {held}>"$LAB_DIR/held"
dns_start host-record=api.example,203.0.113.7
check_eq 'somebody else changes the firewall' 6 "$(exit_of lab_polc dns refresh --lock-timeout 100ms)"
exec {held}>&-
wait "$holder" || true
check_eq 'and then no longer' 0 "$(exit_of lab_polc dns refresh --lock-timeout 100ms)"
lab_nft delete set inet polc "$(lab_nft list sets inet | awk '/set dom4/ { print $2; exit }')" 2>/dev/null ||
  lab_nft delete table inet polc
check_ok 'what nobody loaded has no names' test "$(exit_of lab_polc dns refresh)" = 1

# What changes elements waits while the table is read and changed as a whole; nobody can hold that up.
policy api.example other.example
check_ok 'apply makes the gate of the watcher' apply -q
flock -s "$POLC_STATE_DIR/dns/gate" cat "$LAB_DIR/held" &
holder=$!
exec {held}>"$LAB_DIR/held"
policy api.example
check_match 'who does not leave the gate is passed by' '^applied' "$(apply 2>/dev/null)"
exec {held}>&-
wait "$holder" || true
policy api.example other.example
lab_exec router env POLC_TEST_PAUSE_BEFORE_COMMIT="$LAB_DIR/held" "$POLC" apply "$rules" --node lab-1 -q &
pausing=$!
exec {held}>"$LAB_DIR/held"
check_eq 'apply holds the gate until its commit' 1 "$(exit_of flock -n -s "$POLC_STATE_DIR/dns/gate" true)"
exec {held}>&-
wait "$pausing" || true
check_eq 'and no longer' 0 "$(exit_of flock -n -s "$POLC_STATE_DIR/dns/gate" true)"

# Without dnsTrustedServers: the servers of this host, behind the stub of systemd-resolved too.
policy api.example
sed -i '/dnsTrustedServers/s/.*/spec: {}/' "$rules/all.yaml"
printf 'nameserver 127.0.0.53\noptions edns0\n' >"$LAB_DIR/stub.conf"
printf 'nameserver %s\n' "$LAB_ROUTER_V4" >"$LAB_DIR/real.conf"
rm "$POLC_STATE_DIR/dns/resolved"
on_host() { # what polc does on a host with these servers
  # shellcheck disable=SC2016 # expands in the inner shell
  lab_exec router unshare -m sh -c 'mount --make-rprivate / &&
    mount --bind "$1/stub.conf" "$(realpath /etc/resolv.conf)" && mount -t tmpfs tmpfs /run &&
    mkdir -p /run/systemd/resolve && cp "$1/real.conf" /run/systemd/resolve/resolv.conf &&
    shift && exec timeout 60 "$@"' sh "$LAB_DIR" "$POLC" "$@"
}
check_match 'servers of the host' '^applied' "$(on_host apply "$rules" --node lab-1)"
lab_exec router ip -j addr >"$LAB_DIR/interfaces.json"
check_match 'its interfaces from a file change nothing of that' '^up to date' \
  "$(on_host apply "$rules" --node lab-1 --interfaces "$LAB_DIR/interfaces.json" 2>&1)"
expect web 'are asked' <<'END'
tcp:api:443 ok
END
dns_stop

# ---- ten thousand names --------------------------------------------------------------------------------------------------

mapfile -t names < <(seq -f 'host-%.0f.test' 10000)
mapfile -t records < <(seq 0 9999 | awk '{ printf "host-record=host-%d.test,10.9.%d.%d\n", $1 + 1, $1 / 250, $1 % 250 + 1 }')
dns_start "${records[@]}"
policy "${names[@]}" api.example
begin=$(date +%s%N)
check_ok '10,000 names' apply
echo "# apply of 10,000 names: $((($(date +%s%N) - begin) / 1000000)) ms, $(in_sets | wc -w) addresses"
begin=$(date +%s%N)
check_match 'are refreshed' '^refreshed: .* 10001 names looked up' "$(lab_polc dns refresh 2>/dev/null)"
echo "# refresh of 10,000 names: $((($(date +%s%N) - begin) / 1000000)) ms"
check_eq 'all of them' 10000 "$(in_sets | tr ' ' '\n' | grep -c '^10[.]9[.]')"
begin=$(date +%s%N)
check_match 'and apply has nothing to do' '^up to date' "$(apply 2>/dev/null)"
echo "# apply of 10,000 known names: $((($(date +%s%N) - begin) / 1000000)) ms"
lab_summary
