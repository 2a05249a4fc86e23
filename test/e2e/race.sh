#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Somebody else changes the firewall between polc's dump and its commit, or all the time; two applies run at the same time;
# the kernel refuses one rule of a change, or takes no large message. Whatever happens, the kernel has the old or the new
# ruleset, whole. The first needs a polc that was built with POLC_TESTING, which waits for a fifo before it sends.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

lab_begin race
lab_router
lab_netns mirror
shop=$LAB_ROOT/policies/hipstershop
quarantine=$LAB_ROOT/policies/quarantine

apply_shop() { lab_polc apply "$shop" --node shop-1 --force -q; }
apply_quarantine() { lab_polc apply "$quarantine" --node quarantine-1 --force -q; }

# paused_apply COMMAND...: runs polc apply up to its commit, then the command, then lets polc go on. Sets `status`.
paused_apply() {
  local fifo=$LAB_DIR/fifo pid
  status=0
  rm -f "$fifo"
  mkfifo "$fifo"
  POLC_TEST_PAUSE_BEFORE_COMMIT=$fifo lab_polc apply "$shop" --node shop-1 --force >"$LAB_DIR/apply" 2>/dev/null &
  pid=$!
  exec 9> >(timeout 60 cat >"$fifo") # opening the fifo itself would wait for ever if polc never did
  until [[ -n $(find "/proc/$pid" -maxdepth 0 2>/dev/null) ]] && waits_for_fifo || ! kill -0 "$pid" 2>/dev/null; do
    sleep 0.02
  done
  "$@"
  exec 9>&-
  wait "$pid" || status=$?
}

# Whether some process of the router's namespace has the fifo open.
waits_for_fifo() {
  local process
  for process in $(ip netns pids "$LAB_ROUTER"); do
    if [[ -n $(find "/proc/$process/fd" -lname "$LAB_DIR/fifo" 2>/dev/null) ]]; then
      return 0
    fi
  done
  return 1
}

apply_shop
wanted=$(lab_listing router)
lab_polc delete --yes >/dev/null

if "$POLC" version | grep -q testing; then
  paused_apply lab_nft add table inet foreign
  check_eq 'a foreign change before the commit: apply succeeds' 0 "$status"
  check_match 'and says so' '^applied' "$(cat "$LAB_DIR/apply")"
  check_eq 'the ruleset is right' "$wanted" "$(lab_listing router)"
  check_ok 'the foreign table is there' lab_nft list table inet foreign
  check_ok 'diff finds nothing' lab_polc diff "$shop" --node shop-1

  apply_quarantine
  paused_apply lab_nft flush chain inet polc forward
  check_eq 'a foreign change of the table itself: apply succeeds' 0 "$status"
  check_eq 'and repairs it' "$wanted" "$(lab_listing router)"

  apply_quarantine
  paused_apply lab_nft delete table inet polc
  check_eq 'the table is deleted meanwhile: apply succeeds' 0 "$status"
  check_eq 'and makes it anew' "$wanted" "$(lab_listing router)"
else
  check_skip 'a foreign change between dump and commit' 'this polc was built without POLC_TESTING'
fi

apply_quarantine
other=$(lab_listing router)
for round in {1..10}; do
  status=0
  apply_shop >"$LAB_DIR/first" 2>&1 &
  apply_quarantine >"$LAB_DIR/second" 2>&1 || status=$?
  wait $! || status=$?
  found=neither
  case $(lab_listing router) in
    "$wanted") found=shop ;;
    "$other") found=quarantine ;;
  esac
  check_match "two applies at once, round $round: one of them is in force" '^(shop|quarantine)$' "$found"
  check_match "round $round: both ended well, or one found the other busy" '^[06]$' "$status"
done

# ---- somebody who never stops -----------------------------------------------------------------------------------------

# flood: commits until the file is gone.
flood() {
  while [[ -e $LAB_DIR/flood ]]; do
    lab_nft -f "$LAB_DIR/flood.nft" 2>/dev/null || true
  done
}

# nft itself may read for ever while somebody commits: the flood ends before anybody lists.
flood_begin() {
  touch "$LAB_DIR/flood"
  flood &
  first=$!
  flood &
  second=$!
}

flood_end() {
  rm "$LAB_DIR/flood"
  wait "$first" "$second"
}

"$LAB_ROOT/test/bench/generate" rules 4000 "$LAB_DIR/many"
sed -i 's/^  - action: Allow$/  - action: Log\n  - action: Allow/' "$LAB_DIR/many/rules.yaml" # no rule becomes one with the next
check_ok 'many rules' lab_polc apply "$LAB_DIR/many" --node bench-1 --force -q
old=$(lab_listing router)
sed -i 's/ports: \[1003\]/ports: [2003]/' "$LAB_DIR/many/rules.yaml"
check_ok 'others' lab_polc apply "$LAB_DIR/many" --node bench-1 --force -q
new=$(lab_listing router)
sed -i 's/ports: \[2003\]/ports: [1003]/' "$LAB_DIR/many/rules.yaml"
check_ok 'and back' lab_polc apply "$LAB_DIR/many" --node bench-1 --force -q
sed -i 's/ports: \[1003\]/ports: [2003]/' "$LAB_DIR/many/rules.yaml"
printf 'add table ip flood\nadd chain ip flood c\ndelete table ip flood\n' >"$LAB_DIR/flood.nft"
for round in {1..3}; do
  status=0
  flood_begin
  lab_polc apply "$LAB_DIR/many" --node bench-1 --force -q >"$LAB_DIR/output" 2>&1 || status=$?
  flood_end
  check_match "a flood, round $round: done, or given up" '^[03]$' "$status"
  if [[ $status = 3 ]]; then
    check_match "a flood, round $round: says what happened" \
      'error\[N301\]: another program keeps changing the firewall.*nothing was changed' "$(cat "$LAB_DIR/output")"
    check_eq "a flood, round $round: the old ruleset is whole" "$old" "$(lab_listing router)"
  else
    check_eq "a flood, round $round: the new ruleset is whole" "$new" "$(lab_listing router)"
    sed -i 's/ports: \[2003\]/ports: [1003]/' "$LAB_DIR/many/rules.yaml"
    check_ok "a flood, round $round: and back" lab_polc apply "$LAB_DIR/many" --node bench-1 --force -q
    sed -i 's/ports: \[1003\]/ports: [2003]/' "$LAB_DIR/many/rules.yaml"
  fi
done
check_ok 'the flood is over: apply' lab_polc apply "$LAB_DIR/many" --node bench-1 --force -q
check_eq 'the flood is over: the new ruleset is whole' "$new" "$(lab_listing router)"

# ---- a kernel that refuses -----------------------------------------------------------------------------------------------

breaker=$(dirname "$PROBE")/break_rule.so
if [[ -e $breaker ]]; then
  sed -i 's/ports: \[2003\]/ports: [1003]/' "$LAB_DIR/many/rules.yaml"
  check_status 'a rule that the kernel refuses, of a change' 3 lab_exec router env LD_PRELOAD="$breaker" \
    POLC_BREAK_COMMENT='np/bench/p7 in ' "$POLC" apply "$LAB_DIR/many" --node bench-1 --force
  check_match 'it is named with its place' \
    'rules.yaml:[0-9]+:[0-9]+: error\[N310\]: the kernel refused .*nothing was changed' "$(cat "$LAB_DIR/output")"
  check_eq 'the old ruleset is whole' "$new" "$(lab_listing router)"
  check_ok 'without it all goes in' lab_polc apply "$LAB_DIR/many" --node bench-1 --force -q
else
  check_skip 'a rule that the kernel refuses' "needs $breaker"
fi

# ---- no room for a large message -----------------------------------------------------------------------------------------

# confined COMMAND...: in a user namespace of its own, where the limits of the host hold for the socket.
confined() {
  unshare -rn env POLC_STATE_DIR="$LAB_DIR/confined" "$@"
}

if confined nft add table inet t 2>/dev/null; then
  "$LAB_ROOT/test/bench/generate" cidrs 400000 "$LAB_DIR/large"
  # shellcheck disable=SC2016 # for the shell inside
  check_status 'a small socket buffer' 0 confined bash -c '
    "$1" apply "$2" --node shop-1 -q || exit 10
    nft list ruleset >"$4/before"
    "$1" apply "$3" --node bench-1 --force -q 2>"$4/message"
    status=$?
    nft list ruleset >"$4/after"
    case $status in
      0) ;;
      3) cmp -s "$4/before" "$4/after" || exit 11 ;;
      *) exit 12 ;;
    esac
    "$1" apply "$2" --node shop-1 --force -q || exit 13
    echo "$status" >"$4/status"' - "$POLC" "$shop" "$LAB_DIR/large" "$LAB_DIR"
  if [[ $(cat "$LAB_DIR/status") = 3 ]]; then
    check_match 'a small socket buffer: says what to do' 'error\[N304\]: sending [0-9]+ bytes.*net.core.wmem_max' \
      "$(cat "$LAB_DIR/message")"
  fi
else
  check_skip 'a small socket buffer' 'no user namespace to be had'
fi
lab_summary
