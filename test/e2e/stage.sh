#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# polc stage and polc enforce: a staged policy decides nothing, for real packets; the way there and back leaves every
# sample as it was, byte for byte; and a kill at any moment leaves the old files or the new ones.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

lab_begin stage
for sample in "$LAB_ROOT"/policies/*/; do
  name=$(basename "$sample")
  cp -r "$sample" "$LAB_DIR/$name"
  "$POLC" get policies "$LAB_DIR/$name" -o name >"$LAB_DIR/names"
  mapfile -t enforced < <(grep -E '^(gnp|np|knp)/' "$LAB_DIR/names")
  check_ok "$name: all ${#enforced[@]} policies are staged" "$POLC" stage -q "${enforced[@]}" -f "$LAB_DIR/$name"
  check_eq "$name: none is left" '' "$("$POLC" get policies "$LAB_DIR/$name" -o name | grep -E '^(gnp|np|knp)/' || true)"
  check_ok "$name: and enforced" "$POLC" enforce -q "${enforced[@]}" -f "$LAB_DIR/$name"
  check_ok "$name: every byte is as before" diff -r "$sample" "$LAB_DIR/$name"
done

dir=$LAB_DIR/quarantine
sample_begin "$dir"
sample_test "$dir"

check_ok 'the quarantine is staged' "$POLC" stage security.quarantine -f "$dir"
check_match 'and says what that opens' 'opened .*orders/web-old' "$(cat "$LAB_DIR/output")"
expect orders/web-old 'nothing is loaded yet' <<END
tcp:orders/db:5432 timeout
tcp:[orders/db]:5432 timeout
END
check_ok 'apply' lab_polc apply "$dir" --node "$LAB_NODE"
expect orders/web-old 'then it decides nothing' <<END
tcp:orders/db:5432 ok
tcp:[orders/db]:5432 ok
END
check_ok 'it is enforced, only to see' "$POLC" enforce --dry-run staged:security.quarantine -f "$dir"
check_match 'and says what that closes' 'closed .*orders/web-old' "$(cat "$LAB_DIR/output")"
check_ok 'nothing was changed' lab_polc diff "$dir" --node "$LAB_NODE"
check_ok 'it is enforced' "$POLC" enforce staged:security.quarantine -f "$dir"
check_ok 'apply' lab_polc apply "$dir" --node "$LAB_NODE"
expect orders/web-old 'then it is cut off again' <<END
tcp:orders/db:5432 timeout
tcp:[orders/db]:5432 timeout
END

# ---- killed ------------------------------------------------------------------------------------------------------------

file=$dir/20-quarantine.yaml
cp "$file" "$LAB_DIR/old"
"$POLC" stage -q security.quarantine -f "$dir"
cp "$file" "$LAB_DIR/new"

# whole_after DELAY VERB: whether the file is one of the two when the verb is killed after so many seconds.
whole_after() {
  local pid
  "$POLC" "$2" -q security.quarantine -f "$dir" >/dev/null 2>&1 &
  pid=$!
  sleep "$1"
  kill -KILL $pid 2>/dev/null || true
  wait $pid 2>/dev/null || true
  cmp -s "$file" "$LAB_DIR/old" || cmp -s "$file" "$LAB_DIR/new"
}

torn=0
for i in $(seq 0 39); do
  verb=$( ((i % 2)) && echo stage || echo enforce)
  whole_after "0.0$(printf '%02d' $((i / 2)))" "$verb" || torn=$((torn + 1))
done
check_eq 'the file was old or new after each of 40 kills' 0 $torn
check_ok 'and the input is good' "$POLC" validate "$dir"
lab_summary
