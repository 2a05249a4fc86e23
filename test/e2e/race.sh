#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Somebody else changes the firewall between polc's dump and its commit, or two applies run at the same time. The first
# needs a polc that was built with POLC_TESTING, which waits for a fifo before it sends.
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
lab_summary
