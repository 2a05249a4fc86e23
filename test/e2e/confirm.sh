#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Changes that take themselves back, and generations that are loaded again: confirmed in time, late and never; the death
# of everybody around; SIGKILL at each step; a disk that is full, read-only, or damaged; a reboot in the middle. After
# each the kernel holds one generation, whole, and the next command works.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# ---- helpers -----------------------------------------------------------------------------------------------------------

# policy NAME PORT: a directory with two workloads, and one policy that opens this port.
policy() {
  mkdir -p "$LAB_DIR/$1"
  cat >"$LAB_DIR/$1/all.yaml" <<END
apiVersion: projectcalico.org/v3
kind: WorkloadEndpoint
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {node: lab-1, interfaceName: cali-web, ipNetworks: [10.70.0.1/32, "fd70::1/128"]}
---
apiVersion: projectcalico.org/v3
kind: WorkloadEndpoint
metadata: {name: db, namespace: shop, labels: {app: db}}
spec: {node: lab-1, interfaceName: cali-db, ipNetworks: [10.70.0.2/32, "fd70::2/128"]}
---
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  selector: app == "web"
  ingress:
  - {action: Allow, protocol: TCP, source: {selector: app == "db"}, destination: {ports: [$2]}}
END
}

polc() {
  lab_polc "$@" 2>>"$LAB_DIR/messages"
}

# apply NAME OPTION...: the policy NAME.
apply() {
  polc apply "$LAB_DIR/$1" --node lab-1 --force=S003 "${@:2}"
}

fresh() {
  lab_nft flush ruleset
  rm -rf "$POLC_STATE_DIR"
  mkdir "$POLC_STATE_DIR"
}

# loaded: the name of the policy that the kernel has, whole; "nothing"; or "a mixture".
loaded() {
  local name listing
  listing=$(lab_listing router 2>/dev/null) || { echo nothing; return; }
  for name in a b c; do
    if [[ -e $LAB_DIR/listing.$name && $listing = "$(<"$LAB_DIR/listing.$name")" ]]; then
      echo "$name"
      return
    fi
  done
  echo 'a mixture'
}

# state N: what the history says of generation N.
state() {
  polc history -o json | jq -r --argjson n "$1" '.[] | select(.generation == $n) | .state'
}

# wait_until SECONDS COMMAND...: until it succeeds.
wait_until() {
  local tries=$(($1 * 20))
  shift
  until "$@"; do
    ((tries-- > 0)) || return 1
    sleep 0.05
  done
}

is_loaded() { [[ $(loaded) = "$1" ]]; }
is_state() { [[ $(state "$1") = "$2" ]]; }

# comes_back NAME: within some seconds the kernel has it again, and the history agrees.
comes_back() { # DESCRIPTION NAME GENERATION
  if wait_until 15 is_loaded "$2" && wait_until 5 is_state "$3" 'taken back'; then
    check_result 0 "$1"
  else
    check_result 1 "$1" "loaded: $(loaded), generation $3 is $(state "$3")"$'\n'"$(polc history)"
  fi
}

# dies STEP COMMAND...: the process is killed there.
dies() {
  local status=0
  POLC_TEST_DIE_AT=$1 "${@:2}" >/dev/null 2>&1 || status=$?
  check_eq "killed at $1" 137 "$status"
}

one_of() { # DESCRIPTION NAME...: what is loaded is one of these
  local now
  now=$(loaded)
  check_match "$1: whole" "^($(tr ' ' '|' <<<"${*:2}"))\$" "$now"
}

token() { # N
  pgrep -af -- '--if-pending' | grep -F "$(realpath "$POLC_STATE_DIR")" | sed -E 's/.*--if-pending ([0-9a-f]+).*/\1/' | tail -n 1
}

armed() { [[ -n $(token) ]]; }
none_armed() { ! armed; }

# ---- confirmation ------------------------------------------------------------------------------------------------------

test_in_time() {
  fresh
  check_ok 'apply a' apply a
  check_ok 'apply b, to be confirmed' apply b --confirm=20s
  check_match 'prints the deadline' 'taken back in 20 s.*polc confirm' "$(<"$LAB_DIR/output")"
  check_eq 'b is loaded at once' b "$(loaded)"
  check_eq 'it waits' pending "$(state 2)"
  check_status 'another apply is refused meanwhile' 6 apply c
  check_status 'so is delete' 6 polc delete --yes
  check_status 'and restore' 6 polc restore
  check_eq 'nothing of that changed anything' b "$(loaded)"
  check_ok 'confirm' polc confirm
  check_eq 'it is confirmed' confirmed "$(state 2)"
  check_ok 'the one who waited goes' wait_until 5 none_armed
  check_eq 'b stays' b "$(loaded)"
  check_status 'a second confirm finds nothing' 1 polc confirm
}

test_too_late() {
  fresh
  apply a >/dev/null
  check_ok 'apply b for a second' apply b --confirm=1s
  comes_back 'a is back' a 2
  check_status 'confirm comes too late' 4 polc confirm
  check_status 'the same input is refused' 5 apply b
  check_match 'by its code' 'S006' "$(tail -n 5 "$LAB_DIR/messages")"
  sed -i '1i # a comment' "$LAB_DIR/b/all.yaml"
  check_status 'a comment makes it no other input' 5 apply b
  check_ok 'with --confirm it may be tried again' apply b --confirm=20s
  polc confirm >/dev/null
  check_eq 'and be kept' b "$(loaded)"
  apply a >/dev/null
  check_ok 'what was confirmed once is no longer refused' apply b
}

test_first_one() {
  fresh
  check_ok 'the first apply ever, for a second' apply a --confirm=1s
  comes_back 'nothing was there before: nothing is there again' nothing 1
}

test_wait() {
  fresh
  apply a >/dev/null
  check_status '--wait ends with 4 when nobody confirms' 4 apply b --confirm=1s --wait
  check_eq 'a is back by then' a "$(loaded)"
  apply c --confirm=20s --wait >"$LAB_DIR/waited" &
  local pid=$! status=0
  wait_until 10 is_loaded c
  wait_until 5 polc confirm >/dev/null
  wait "$pid" || status=$?
  check_eq '--wait ends with 0 when somebody does' 0 "$status"
  check_match 'and says so' confirmed "$(<"$LAB_DIR/waited")"
}

test_deaths() {
  fresh
  apply a >/dev/null
  lab_exec router setsid bash -c "'$POLC' apply '$LAB_DIR/b' --node lab-1 --confirm=2s; kill -9 0" >/dev/null 2>&1 || true
  check_eq 'the session that applied is dead' b "$(loaded)"
  comes_back 'and it is taken back' a 2
  lab_exec router setsid bash -c "trap '' TERM; '$POLC' apply '$LAB_DIR/c' --node lab-1 --confirm=2s --wait & sleep 1; kill -HUP 0; kill -9 0" \
    >/dev/null 2>&1 || true
  comes_back 'so with --wait, after a hang-up' a 3
  cp "$POLC" "$LAB_DIR/polc"
  lab_exec router "$LAB_DIR/polc" apply "$LAB_DIR/b" --node lab-1 --confirm=2s >/dev/null 2>&1
  rm "$LAB_DIR/polc"
  comes_back 'so when the program is removed' a 4
}

# The waiting one is killed: whoever comes next does its work.
test_waiting_one_dies() {
  fresh
  apply a >/dev/null
  POLC_TEST_DIE_AT=reload-compared apply b --confirm=1s >/dev/null
  wait_until 5 none_armed
  check_eq 'nobody took it back' b "$(loaded)"
  check_status 'confirm is too late all the same' 4 polc confirm
  check_eq 'and takes it back' a "$(loaded)"
  POLC_TEST_DIE_AT=reload-committed apply c --confirm=1s >/dev/null
  wait_until 5 none_armed
  one_of 'killed behind the commit of a take-back' a
  check_ok 'the next apply goes on' apply b --confirm=20s
  check_match 'the killed one is not in the way' '^(taken back|failed)$' "$(state 3)"
  check_ok 'confirm' polc confirm
}

test_two_timers() {
  local token
  fresh
  apply a >/dev/null
  apply b --confirm=2s >/dev/null
  token=$(token)
  polc rollback --if-pending "$token" &
  local second=$! status=0
  wait "$second" || status=$?
  check_eq 'two wait for the same deadline' 0 "$status"
  comes_back 'one takes it back' a 2
  apply c --confirm=20s >/dev/null
  check_ok 'a late timer of the old one' polc rollback --if-pending "$token"
  check_eq 'does not touch the new one' 'c pending' "$(loaded) $(state 3)"
  token=$(token)
  polc confirm >/dev/null
  check_ok 'a timer that fires behind the confirmation' polc rollback --if-pending "$token"
  check_eq 'does not take it away' 'c confirmed' "$(loaded) $(state 3)"
}

# A confirmation at the moment of the deadline: either it holds and the generation stays, or it does not and it goes.
test_same_moment() {
  local i status said=0 right=0
  fresh
  apply a >/dev/null
  for i in 1 2 3 4 5 6; do
    status=0
    apply b --confirm=600ms >/dev/null
    sleep "0.5$i"
    polc confirm >/dev/null || status=$?
    wait_until 5 none_armed
    case $status in
      0) is_loaded b && said=$((said + 1)) ;;
      4) wait_until 5 is_loaded a && said=$((said + 1)) ;;
    esac
    right=$((right + 1))
    apply a >/dev/null 2>&1 || true
    is_loaded a || polc rollback >/dev/null
  done
  check_eq 'what confirm says is what stays' "$right" "$said"
}

# ---- the lock ----------------------------------------------------------------------------------------------------------

test_lock() {
  fresh
  apply a >/dev/null
  flock "$POLC_STATE_DIR/lock" sleep 3 &
  local holder=$!
  sleep 0.3
  check_status 'somebody else changes the firewall' 6 apply b --lock-timeout 0
  check_match 'who is named' 'process [0-9]+' "$(tail -n 3 "$LAB_DIR/messages")"
  check_status 'rollback too' 6 polc rollback --lock-timeout 100ms
  check_eq 'nothing changed' a "$(loaded)"
  check_ok 'waiting helps' apply b --lock-timeout 20s
  check_match 'and it says for whom' 'waiting for polc' "$(tail -n 20 "$LAB_DIR/messages")"
  wait "$holder"
  for name in a b c; do
    apply "$name" --lock-timeout 20s >/dev/null &
  done
  wait
  one_of 'three at once' a b c
}

# ---- a wall clock that somebody sets --------------------------------------------------------------------------------------

# history_of N FIELD
history_of() {
  polc history -o json | jq -r --argjson n "$1" --arg field "$2" '.[] | select(.generation == $n) | .[$field]'
}

test_clock() {
  local days=10 jumper clock=$LAB_DIR/clock by off
  jumper=$(dirname "$POLC")/jump_clock.so
  [[ -e $jumper ]] || jumper=$(dirname "$PROBE")/jump_clock.so
  if [[ ! -e $jumper ]]; then
    check_skip 'a clock that jumps' "no $jumper"
    return
  fi
  for by in $days -$days; do
    fresh
    rm -f "$clock"
    apply a >/dev/null
    POLC_TEST_CLOCK=$clock LD_PRELOAD=$jumper apply b --confirm=5s >/dev/null
    echo $((by * 86400)) >"$clock"
    sleep 1
    check_eq "$by days: it still waits" 'b pending' "$(loaded) $(state 2)"
    comes_back "$by days: the deadline is kept" a 2
    # Half a day more or less, so that the division rounds towards the whole days.
    off=$((($(date -d "$(history_of 2 ended)" +%s) - $(date +%s) + by * 43200 / days) / 86400))
    check_eq "$by days: by a clock that was set" "$by" "$off"
    POLC_TEST_CLOCK=$clock LD_PRELOAD=$jumper apply c --confirm=60s >/dev/null
    echo $((by * -86400)) >"$clock"
    check_ok "$by days, and back: confirmed in time" env POLC_TEST_CLOCK="$clock" LD_PRELOAD="$jumper" \
      ip netns exec "$LAB_ROUTER" "$POLC" confirm -q
    apply a >/dev/null
    check_ok "$by days: rollback knows what was before" polc rollback
    check_eq "$by days: c" c "$(loaded)"
    lab_nft flush ruleset
    check_ok "$by days: restore knows what was last" polc restore
    check_eq "$by days: c again" c "$(loaded)"
  done
}

# ---- rollback, restore, history ------------------------------------------------------------------------------------------

test_rollback() {
  fresh
  apply a -m 'first of all' >/dev/null
  apply b >/dev/null
  apply c >/dev/null
  mv "$LAB_DIR/a" "$LAB_DIR/b" "$LAB_DIR/c" "$LAB_DIR/elsewhere"
  check_ok 'a dry run' polc rollback --dry-run
  check_eq 'changes nothing' 'c applied' "$(loaded) $(state 3)"
  check_ok 'rollback, without the files' polc rollback
  check_eq 'loads the one before' 'b taken back' "$(loaded) $(state 3)"
  check_ok 'and again' polc rollback
  check_eq 'the one before that' a "$(loaded)"
  check_status 'there is no other before it' 2 polc rollback
  check_ok 'rollback to a number' polc rollback 3
  check_eq 'loads it' 'c applied' "$(loaded) $(state 3)"
  check_status 'a number that is none' 2 polc rollback 99
  lab_nft flush ruleset
  check_ok 'restore, without the files' polc restore
  check_eq 'loads the last one' c "$(loaded)"
  check_match 'and again does nothing' 'up to date' "$(polc restore)"
  lab_nft add rule inet polc input accept
  check_ok 'restore repairs' polc restore
  check_eq 'what somebody added' c "$(loaded)"
  check_match 'history knows why' 'first of all' "$(polc history)"
  mv "$LAB_DIR"/elsewhere/* "$LAB_DIR"
  check_ok 'the input that was rolled back' apply c
  polc rollback >/dev/null
  check_status 'is refused for a timer' 5 apply c
  check_ok 'unless forced' apply c --force=S006,S003
  check_eq 'which history knows' S006 "$(polc history -o json | jq -r '.[-1].forced[]' | grep S006)"
  polc delete --yes -m bye >/dev/null
  check_status 'what was deleted is not restored' 1 polc restore
  check_match 'and history knows' 'deleted.*bye' "$(polc history)"
  check_ok 'but may be rolled back to' polc rollback 1
  check_eq 'a is loaded' a "$(loaded)"
}

# A tier without policies makes no rule, and still is a part of what is loaded.
test_same_rules() {
  fresh
  apply a >/dev/null
  cat >"$LAB_DIR/a/tier.yaml" <<END
apiVersion: projectcalico.org/v3
kind: Tier
metadata: {name: later}
spec: {order: 900}
END
  check_match 'a tier more' 'applied: generation 2: no rule changed' "$(apply a)"
  check_eq 'no rule changed' a "$(loaded)"
  check_match 'and again: nothing' 'up to date: generation 2' "$(apply a)"
  rm "$LAB_DIR/a/tier.yaml"
}

# ---- kill -9 at each step ------------------------------------------------------------------------------------------------

test_kills() {
  local step
  for step in plan-kept entry-kept committed marked; do
    fresh
    apply a >/dev/null
    dies "$step" apply b
    one_of "apply killed at $step" a b
    check_ok 'the next apply works' apply c
    check_eq 'c is loaded' c "$(loaded)"
    check_ok 'rollback works' polc rollback
    one_of 'behind it' a b
    check_eq 'nothing is left open' '' "$(polc history -o json | jq -r '.[].state' | grep -E 'written|pending' || true)"
  done
  for step in plan-kept entry-kept armed committed marked; do
    fresh
    apply a >/dev/null
    dies "$step" apply b --confirm=2s
    one_of "apply --confirm killed at $step" a b
    wait_until 10 none_armed
    check_ok 'then a is loaded, by whoever is there' wait_until 5 is_loaded a
    check_ok 'the next apply works' apply c
    check_eq 'c is loaded' c "$(loaded)"
  done
  for step in reload-compiled reload-compared reload-committed rollback-marked; do
    fresh
    apply a >/dev/null
    apply b >/dev/null
    dies "$step" polc rollback
    one_of "rollback killed at $step" a b
    check_ok 'the next rollback works' polc rollback 1
    check_eq 'a is loaded' a "$(loaded)"
    lab_nft flush ruleset
    [[ $step != rollback-marked ]] || continue
    dies "$step" polc restore
    one_of "restore killed at $step" nothing a
    check_ok 'the next restore works' polc restore
    check_eq 'a is restored' a "$(loaded)"
  done
  fresh
  apply a >/dev/null
  apply b --confirm=2s >/dev/null
  dies confirming polc confirm
  comes_back 'confirm killed before it said so' a 2
}

# ---- the disk --------------------------------------------------------------------------------------------------------------

# on_small_disk: a disk of its own under the state directory, in a mount namespace of its own; there the lines of stdin.
on_small_disk() {
  { declare -p POLC LAB_DIR POLC_STATE_DIR
    cat <<'END'
mount -t tmpfs -o size=64k,mode=700 tmpfs "$POLC_STATE_DIR"
apply() { "$POLC" apply "$LAB_DIR/$1" --node lab-1 --force=S003 "${@:2}" 2>>"$LAB_DIR/messages"; }
fill() { dd if=/dev/zero of="$POLC_STATE_DIR/filler" bs=1k 2>/dev/null || true; }
END
    cat; } | lab_exec router unshare -m bash -s
}

test_disk() {
  fresh
  on_small_disk <<'END' >"$LAB_DIR/disk"
apply a; echo "a $?"
fill
apply b; echo "b $?"
"$POLC" history -o json | jq -r '"last " + .[-1].state'
"$POLC" restore >/dev/null; echo "restore $?"
rm "$POLC_STATE_DIR/filler"
apply b --confirm=2s >/dev/null; echo "confirm $?"
fill
sleep 3
"$POLC" history -o json | jq -r '"full " + .[-1].state'
"$POLC" confirm; echo "late $?"
END
  check_match 'a full disk: nothing is applied that could not be kept' $'b 3\nlast applied\nrestore 0' "$(<"$LAB_DIR/disk")"
  check_match 'and what waits is taken back' $'confirm 0\nfull taken back\nlate 4' "$(<"$LAB_DIR/disk")"
  check_eq 'a is loaded' a "$(loaded)"
  fresh
  on_small_disk <<'END' >"$LAB_DIR/disk"
apply a >/dev/null; apply b >/dev/null
mount -o remount,ro "$POLC_STATE_DIR"
apply c; echo "c $?"
"$POLC" history >/dev/null; echo "history $?"
"$POLC" diff "$LAB_DIR/b" --node lab-1 >/dev/null 2>&1; echo "diff $?"
END
  check_match 'a read-only disk' $'c 3\nhistory 0\ndiff 0' "$(<"$LAB_DIR/disk")"
  check_eq 'changes nothing' b "$(loaded)"
  fresh
  apply a >/dev/null
  rm -rf "$POLC_STATE_DIR"
  check_status 'no directory: no history' 1 polc history
  check_status 'nothing to restore' 1 polc restore
  check_status 'nothing to roll back to' 2 polc rollback
  check_ok 'the same input is kept again' apply a
  lab_nft flush ruleset
  check_ok 'so that it can be restored' polc restore
  check_eq 'a is loaded' a "$(loaded)"
}

test_damage() {
  fresh
  apply a >/dev/null
  apply b >/dev/null
  truncate -s -100 "$POLC_STATE_DIR/2.plan"
  check_status 'a torn generation is not loaded' 3 polc rollback 2
  lab_nft flush ruleset
  check_ok 'restore takes the one before it' polc restore
  check_eq 'a is loaded' a "$(loaded)"
  check_match 'and says so' 'generation 2 cannot be loaded' "$(tail -n 5 "$LAB_DIR/messages")"
  fresh
  apply a >/dev/null
  apply b >/dev/null
  printf 'x' | dd of="$POLC_STATE_DIR/2.entry" bs=1 seek=40 conv=notrunc 2>/dev/null
  check_match 'a damaged entry is named' '2.*damaged.*checksum' "$(polc history)"
  check_ok 'and stops no apply' apply c
  check_eq 'its number is not used again' applied "$(state 3)"
  check_status 'without the generation before it nothing can be taken back' 3 \
    env_damaged apply a --confirm=1s
}

env_damaged() {
  rm "$POLC_STATE_DIR/3.plan"
  "$@"
}

test_reboot() {
  fresh
  apply a >/dev/null
  apply b --confirm=300s >/dev/null
  lab_nft flush ruleset
  export POLC_TEST_BOOT_ID=another
  check_ok 'restore behind a reboot in the middle' polc restore
  unset POLC_TEST_BOOT_ID
  check_eq 'loads what had been confirmed' 'a taken back' "$(loaded) $(state 2)"
  wait_until 5 none_armed
  check_eq 'and it stays' a "$(loaded)"
}

# ---- systemd -----------------------------------------------------------------------------------------------------------

# A process namespace whose first process is in this network namespace, a directory that says that systemd runs, and a
# systemd-run that does what it is told.
test_systemd_run() {
  fresh
  apply a >/dev/null
  mkdir -p "$LAB_DIR/bin"
  cat >"$LAB_DIR/bin/systemd-run" <<'END'
#!/bin/bash
printf '%s\n' "$@" >"${0%/bin/*}/systemd-run.args"
while [[ $1 != -- ]]; do shift; done
shift
exec setsid "$@" >/dev/null 2>&1 &
END
  chmod +x "$LAB_DIR/bin/systemd-run"
  lab_exec router unshare --pid --fork --mount-proc bash -c "
    mount -t tmpfs tmpfs /run; mkdir -p /run/systemd/system
    PATH=$LAB_DIR/bin:\$PATH '$POLC' apply '$LAB_DIR/b' --node lab-1 --confirm=1s >/dev/null 2>&1
    sleep 4"
  check_match 'where systemd runs, it holds the one who waits' '--unit=polc-rollback-[0-9a-f]+' "$(<"$LAB_DIR/systemd-run.args")"
  check_eq 'which takes it back' 'a taken back' "$(loaded) $(state 2)"
  rm "$LAB_DIR/systemd-run.args"
  printf '#!/bin/sh\nexit 1\n' >"$LAB_DIR/bin/systemd-run"
  lab_exec router unshare --pid --fork --mount-proc bash -c "
    mount -t tmpfs tmpfs /run; mkdir -p /run/systemd/system
    PATH=$LAB_DIR/bin:\$PATH '$POLC' apply '$LAB_DIR/c' --node lab-1 --confirm=1s >/dev/null 2>&1
    sleep 4"
  check_eq 'when it cannot, a process on its own does' 'a taken back' "$(loaded) $(state 3)"
}

test_units() {
  local root=$LAB_DIR/root units=$LAB_ROOT/contrib/systemd
  if ! command -v systemd-analyze >/dev/null; then
    check_skip 'units' 'no systemd-analyze here'
    return
  fi
  mkdir -p "$root/lib/systemd/system/nftables.service.d" "$root/usr/sbin"
  cp "$units"/*.service "$units"/*.timer /lib/systemd/system/{network-pre,network-online,shutdown,sysinit,local-fs}.target \
    "$root/lib/systemd/system"
  cp "$units/nftables.conf" "$root/lib/systemd/system/nftables.service.d/polc.conf"
  printf '[Service]\nType=oneshot\nExecStart=/usr/sbin/polc\nExecReload=/usr/sbin/polc\n' \
    >"$root/lib/systemd/system/nftables.service"
  cp "$POLC" "$root/usr/sbin/polc"
  systemd-analyze verify --man=no --root="$root" polc-restore.service polc-lockdown.service polc.service polc.timer \
    nftables.service >"$LAB_DIR/verify" 2>&1 || true
  check_eq 'systemd finds no fault with the units' '' "$(<"$LAB_DIR/verify")"
}

# What polc-lockdown.service does, as it stands in the unit.
test_lockdown() {
  local words
  fresh
  read -ra words < <(sed -n 's|^ExecStart=/usr/sbin/polc ||p' "$LAB_ROOT/contrib/systemd/polc-lockdown.service" |
    sed "s|/run/polc/lockdown|$LAB_DIR/lockdown|; s|/usr/share/polc/lockdown|$LAB_ROOT/contrib/systemd|")
  lab_workload outside eth-out 10.70.0.9 fd70::9
  lab_serve router tcp:22 tcp:80
  check_ok 'lockdown' polc "${words[@]}"
  expect outside 'locked down' <<END
tcp:router:22 ok
tcp:[router]:22 ok
tcp:router:80 timeout
tcp:[router]:80 timeout
END
  check_status 'it is not what the next boot restores' 1 polc restore
  check_ok 'the next apply is not refused' polc apply "$LAB_DIR/a" --node lab-1
  check_eq 'and ends it' a "$(loaded)"
}

# ---- a rollback that waits -----------------------------------------------------------------------------------------------

test_rollback_confirm() {
  local step
  fresh
  apply a >/dev/null
  apply b >/dev/null
  mv "$LAB_DIR/a" "$LAB_DIR/b" "$LAB_DIR/elsewhere"
  check_match 'rollback --confirm' $'^loaded: generation 3: generation 1 again\nit is taken back in 2 s' "$(polc rollback --confirm=2s)"
  check_eq 'is loaded, and waits' 'a pending' "$(loaded) $(state 3)"
  check_status 'another one does not begin' 6 polc rollback 2 --confirm
  comes_back 'what it left comes back' b 3
  check_eq 'and counts as good' applied "$(state 2)"
  check_ok 'once more, by its number' polc rollback 1 --confirm=60s -q
  check_ok 'in time' polc confirm
  check_eq 'is kept' 'a confirmed' "$(loaded) $(state 4)"
  check_eq 'what it left is taken back' 'taken back' "$(state 2)"
  check_ok 'restore' polc restore
  check_eq 'knows it' a "$(loaded)"
  check_match 'nothing to wait for' '^up to date' "$(polc rollback 4 --confirm)"
  mv "$LAB_DIR"/elsewhere/* "$LAB_DIR"
  check_status 'a timer does not bring in again what was left' 5 apply b
  check_ok 'back to it, by hand' polc rollback 2 --confirm=60s
  check_ok 'and away from it at once' polc rollback
  check_eq 'a' a "$(loaded)"
  polc delete --yes >/dev/null
  check_ok 'where nothing is loaded' polc rollback 2 --confirm=1s
  comes_back 'nothing comes back' nothing 7
  for step in plan-kept entry-kept armed reload-compared reload-committed marked; do
    fresh
    apply a >/dev/null
    apply b >/dev/null
    dies "$step" polc rollback --confirm=1s
    one_of "a rollback that waits, killed at $step" a b
    check_ok 'the next command works' wait_until 10 polc rollback 2
    check_eq "killed at $step: b" b "$(loaded)"
  done
}

# ---- all of it ---------------------------------------------------------------------------------------------------------

lab_begin confirm
lab_router
mkdir "$LAB_DIR/elsewhere"
: >"$LAB_DIR/messages"
policy a 80
policy b 81
policy c 82
for name in a b c; do
  apply "$name" >/dev/null
  lab_listing router >"$LAB_DIR/listing.$name"
done
check_ok 'the three differ' test "$(sort -u "$LAB_DIR"/listing.? | wc -l)" -gt "$(sort -u "$LAB_DIR/listing.a" | wc -l)"
for test in ${TESTS:-in_time too_late first_one wait deaths waiting_one_dies two_timers same_moment lock clock rollback rollback_confirm same_rules kills disk damage reboot \
  systemd_run units lockdown}; do
  "test_$test"
done
lab_summary
