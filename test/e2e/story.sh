#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The tutorial of README.md, "From no policy to least privilege", with real packets: its commands, as they stand there, in
# the lab of contrib/shop. Between them, what the reader should see; at the end the matrix of the sample holds.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=../../contrib/lib/shop.sh
. "$LAB_ROOT/contrib/lib/shop.sh"
# shellcheck source-path=SCRIPTDIR source=../../contrib/lib/schema.sh
. "$LAB_ROOT/contrib/lib/schema.sh"

# ---- the commands of README.md -----------------------------------------------------------------------------------------

mapfile -t COMMANDS < <(awk '
  /^## / { inside = /^## From no policy to least privilege/ }
  inside && /^    / { sub(/^    /, ""); print }' "$LAB_ROOT/README.md")
NEXT=0

on_host() { (cd "$SHOP" && lab_exec router env "${SHOP_ENVIRONMENT[@]}" timeout 120 "$@"); }
polc() { on_host polc "$@"; }

# step STATUS BEGIN: runs the next command of README.md, which begins so; its output is in $said.
said=
step() {
  local command=${COMMANDS[NEXT]:-nothing}
  NEXT=$((NEXT + 1))
  if [[ $command != "$2"* ]]; then
    check_result 1 "README goes on with: $2" "it goes on with: $command"
    lab_summary
    exit 1
  fi
  check_status "$command" "$1" on_host bash -c "$command"
  said=$(<"$LAB_DIR/output")
}

# edges ACTION: the edges of the graph on which that became of something, "SOURCE DESTINATION PORT".
edges() {
  polc graph --by endpoint -o json | jq -r --arg action "$1" '
    .edges[] | . as $edge | .services[] | select(any(.decisions[]; .action == $action)) |
    "\($edge.source) \($edge.dest) \(.port)" | gsub("endpoint/"; "")' | LC_ALL=C sort -u
}

# valid SCHEMA VERB...: what the verb prints as JSON is as the schema says.
valid() {
  local schema=$1
  shift
  if [[ -n $NO_SCHEMAS ]]; then
    check_skip "polc $1 -o json" "$NO_SCHEMAS"
  else
    check_eq "polc $* -o json is as contrib/schema says" '' "$(polc "$@" -o json 2>/dev/null | schema_refused "$schema")"
  fi
}

NO_SCHEMAS=$(schema_missing)
lab_begin story
if ! command -v jq >/dev/null; then
  lab_skip_all 'needs jq'
fi
shop_begin

# ---- the shop runs with no policy --------------------------------------------------------------------------------------

step 0 'polc apply shop'
check_match 'no policy is loaded' 'applied: generation 1' "$said"
step 0 'traffic '
check_eq 'the visits get through' '32 connections, 32 got through' "$said"
step 0 'polc flows '
check_eq 'each edge, by both ends' 32 "$(grep -c '__PROFILE__.kns.hipstershop|allow|0' <<<"$said")"
step 0 'polc top dest_name_aggr'
check_match 'who is spoken to' 'productcatalogservice ' "$said"
step 0 'polc graph'
check_eq 'sixteen edges, all allowed' 16 "$(grep -c ' ->  .* allowed ' <<<"$said")"
valid flow flows
valid top top dest_name_aggr --by source_name_aggr
valid graph graph --by endpoint

# ---- staged policies ---------------------------------------------------------------------------------------------------

step 0 'polc flows record'
check_eq 'each flow of both families, by both ends' 'recorded: 64 records' "$said"
valid recommend recommend 'wep/hipstershop/*' -f shop --flows flows.json
check_eq 'the records are as contrib/schema says' '' "$([[ -n $NO_SCHEMAS ]] || schema_refused flow <"$SHOP/flows.json")"
step 0 'polc recommend'
check_match 'a policy for each that was heard of' '12 files written to shop' "$said"
check_match 'and none for the one that was not' 'emailservice: no policy: no flow to learn from' "$said"
check_ok 'it is valid' polc validate shop
check_status 'lint has nothing to say' 0 polc lint shop
step 0 'polc apply shop'
check_match 'staged policies' 'generation 2: 11 policies added' "$said"
on_host traffic >/dev/null
check_status 'what was recorded is allowed by them' 1 polc flows --would-deny

# ---- the missing flow --------------------------------------------------------------------------------------------------

step 0 'traffic visits mail'
check_eq 'nothing is denied' '34 connections, 34 got through' "$said"
step 0 'polc board'
check_match 'the board has it' '~ end of tier: would deny 2 out' "$said"
check_match 'and what would be allowed' '~ .*hipstershop/redis-cart' "$said"
step 0 'polc flows --would-deny'
check_match 'which flow' 'checkoutservice +hipstershop +emailservice +8080 +src .*staged:namespace-isolation.checkoutservice[|]deny[|]-1' "$said"
check_eq 'and no other' 2 "$(wc -l <<<"$said")"
check_eq 'the graph marks it' '1' "$(polc graph | grep -c 'checkoutservice *~x *hipstershop/emailservice')"
valid flow flows --would-deny
valid board board --rules
valid graph graph --by service
valid graph graph --by namespace
valid impact impact shop --enforce namespace-isolation.checkoutservice
valid edit enforce -f shop namespace-isolation.checkoutservice --dry-run
step 0 'polc flows record'
check_match 'what is new' '^recorded: [0-9]+ records$' "$said"
step 0 'polc recommend'
check_match 'it takes the place of what it made before' 'takes the place of the staged policy at shop/hipstershop.checkoutservice.yaml' "$said"
check_eq 'twelve policies' 12 "$(polc get policies shop -o name | wc -l)"
step 0 'polc apply shop'
check_match 'one more, one changed' 'generation 3: 1 policy changed, 1 policy added' "$said"
step 1 'polc flows --would-deny'

# ---- enforced ----------------------------------------------------------------------------------------------------------

step 0 'polc impact shop'
check_match 'nothing would change' $'\n0 of [0-9]+ flows would change$' "$said"
step 0 'polc enforce'
check_match 'it says the same' $'\n0 of [0-9]+ flows would change\n' "$said"
check_eq 'all are enforced' 12 "$(grep -c '^enforced: StagedNetworkPolicy -> NetworkPolicy' <<<"$said")"
check_match 'what is loaded is not what is in the files' 'input +differs' "$(polc status || true)"
valid diff diff shop
valid status status shop
valid result apply shop --dry-run
valid history history
step 0 'polc apply --confirm'
check_match 'it waits' 'generation 4: .*unless: polc confirm' "${said//$'\n'/ }"
step 0 'traffic visits mail'
check_match 'all of the shop works, and so it stays' $'34 connections, 34 got through\nconfirmed: generation 4' "$said"
check_eq 'no edge of the graph is denied' '' "$(edges deny)"
check_eq 'the edges are those of the matrix' \
  "$(printf '%s\n' "${!SAMPLE_ALLOWED[@]}" | sed -E 's/ tcp:/ /' | LC_ALL=C sort)" "$(edges allow)"

step 0 'try checkoutservice redis-cart 6379'
check_eq 'it is refused' timeout "$said"
step 0 'polc flows --denied'
check_match 'and recorded' 'checkoutservice +hipstershop +redis-cart +6379 +src .*namespace-isolation.checkoutservice[|]deny[|]-1' "$said"
step 1 'polc trace shop'
check_match 'why' 'decided by  end of tier namespace-isolation' "$said"
valid trace trace shop --from checkoutservice --to redis-cart:6379
valid trace trace shop --flows flows.json
valid flow flows --denied
polc board --record >/dev/null
valid unused board --unused --since 1s
valid edit stage -f shop namespace-isolation.frontend --dry-run
valid diagnostics lint shop
valid objects get policies shop
valid objects eval 'app == "frontend"' shop
valid test test "$SHOP_SAMPLE"
valid version version
step 0 'polc graph '
check_eq 'the one denied edge' 1 "$(grep -c 'hipstershop/checkoutservice *-x *hipstershop/redis-cart ' <<<"$said")"
check_eq 'no other is denied' 'hipstershop/checkoutservice hipstershop/redis-cart 6379' "$(edges deny)"
step 0 'polc graph -o html'
check_match 'a page' '<!doctype html' "$(head -c 200 "$SHOP/graph.html" | tr '[:upper:]' '[:lower:]')"
step 0 'polc graph shop --allowed'
check_eq 'what was learned is what is allowed' 17 "$(grep -c '^hipstershop/[a-z-]* *\.> ' <<<"$said")"
check_eq 'README has no more commands' "${#COMMANDS[@]}" "$NEXT"

sample_compare 4
sample_compare 6

# ---- a shop that is killed, and whose output nobody reads any more, leaves nothing behind --------------------------------

shop_namespaces() { ip netns list | grep -c "^polc-shop-$1\." || true; }
# shellcheck disable=SC2016 # expanded by the inner shell
setsid bash -c 'echo $$ >"$0" && exec "$1" sleep 60' "$LAB_DIR/shop-pid" "$LAB_ROOT/contrib/shop" 2>&1 | true &
for ((i = 0; i < 100; i++)); do
  [[ ! -s $LAB_DIR/shop-pid ]] || pid=$(<"$LAB_DIR/shop-pid")
  [[ -z ${pid:-} ]] || ! pgrep -g "$pid" -x sleep >/dev/null || break
  sleep 0.1
done
check_eq 'another shop is there' 13 "$(shop_namespaces "$pid")"
kill -- "-$pid"
wait "$!" || true
for ((i = 0; i < 100 && $(shop_namespaces "$pid") > 0; i++)); do
  sleep 0.1
done
check_eq 'and gone when it is killed' 0 "$(shop_namespaces "$pid")"
lab_summary
