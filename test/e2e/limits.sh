#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Limits and refusals: files that are too large or unreadable, a kernel that refuses a rule or has no nf_tables, the S codes
# of `apply`, and input of the size of a large cluster.
set -euo pipefail
# shellcheck source=test/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

lab_begin limits
lab_router
shop=$LAB_ROOT/policies/hipstershop
stars=$LAB_ROOT/policies/stars
generate=$LAB_ROOT/test/bench/generate
breaker=$(dirname "$POLC")/break_rule.so
[[ -e $breaker ]] || breaker=$(dirname "$PROBE")/break_rule.so

# says STATUS PATTERN DESCRIPTION COMMAND...: the exit status, and what is said on stderr.
says() {
  local wanted=$1 pattern=$2 description=$3
  shift 3
  check_status "$description" "$wanted" "$@"
  check_match "$description: the message" "$pattern" "$(cat "$LAB_DIR/output")"
}

# ---- files -------------------------------------------------------------------------------------------------------------

truncate -s 5G "$LAB_DIR/large.yaml"
says 2 'error\[F003\].*larger than 4 GiB' 'a file of 5 GiB' lab_polc apply "$LAB_DIR/large.yaml" --node shop-1
rm "$LAB_DIR/large.yaml"
install -m 600 "$shop/00-tiers.yaml" "$LAB_DIR/secret.yaml"
chmod 755 "$LAB_DIR"
says 1 'error\[F001\].*Permission denied' 'an unreadable file' \
  setpriv --reuid=65534 --regid=65534 --clear-groups "$POLC" validate "$LAB_DIR/secret.yaml"

# ---- the kernel --------------------------------------------------------------------------------------------------------

# The first socket is the one that asks for the interfaces.
if command -v strace >/dev/null; then
  says 3 'error\[N303\].*no nf_tables' 'a kernel without nf_tables' lab_exec router strace -f -o /dev/null \
    -e trace=socket -e inject=socket:error=EPROTONOSUPPORT:when=2+ "$POLC" apply "$shop" --node shop-1
else
  check_skip 'a kernel without nf_tables' 'needs strace'
fi
if [[ -e $breaker ]]; then
  broken() { lab_exec router env LD_PRELOAD="$breaker" POLC_BREAK_COMMENT='app-hipstershop.redis-cart in 0 ' "$@"; }
  says 3 'redis-cart.yaml:[0-9]+:[0-9]+: error\[N310\]: the kernel refused .*nothing was changed' \
    'a rule that the kernel refuses is named with its place' broken "$POLC" apply "$shop" --node shop-1
  check_eq 'nothing was changed' '' "$(lab_nft list ruleset)"
else
  check_skip 'a rule that the kernel refuses' "needs $breaker"
fi

# Replies that the kernel had no room for: it says ENOBUFS in their place. That is no refusal: what became of the
# transaction is asked for. The reply behind the largest message is the one that gets lost.
if command -v strace >/dev/null; then
  traced() { lab_exec router strace -f -qq -e trace=sendmsg,sendto,recvfrom "$@"; }
  check_ok 'apply, traced' traced -o "$LAB_DIR/trace" "$POLC" apply "$shop" --node shop-1
  wanted=$(lab_listing router)
  lost=$(awk '
    / recvfrom\(/ { replies++ }
    / send(msg|to)\(/ && $NF > largest { largest = $NF; number = replies + 1 }
    END { print number }' "$LAB_DIR/trace")
  check_ok 'delete' lab_polc delete --yes
  check_ok 'a reply that is lost is no failure' traced -o "$LAB_DIR/trace" \
    -e inject=recvfrom:error=ENOBUFS:when="$lost" "$POLC" apply "$shop" --node shop-1
  check_match 'it was lost' 'ENOBUFS.*INJECTED' "$(cat "$LAB_DIR/trace")"
  check_eq 'and the ruleset is whole' "$wanted" "$(lab_listing router)"
  check_ok 'nor is it one for diff' lab_polc diff "$shop" --node shop-1
  check_ok 'delete' lab_polc delete --yes
else
  check_skip 'lost replies' 'needs strace'
fi

# ---- refusals ----------------------------------------------------------------------------------------------------------

mkdir "$LAB_DIR/nothing"
says 5 'refused\[S001\].*nothing was changed' 'S001: an empty input' lab_polc apply "$LAB_DIR/nothing" --node shop-1
says 5 'refused\[S002\].*nearest "shop-1"' 'S002: nothing for this host' lab_polc apply "$shop" --node shop-2
check_eq 'nothing was changed by either' '' "$(lab_nft list ruleset)"
check_ok 'apply' lab_polc apply "$shop" --node shop-1
before=$(lab_listing router)
says 5 'refused\[S003\].*replaces the [0-9]+ policies of .*hipstershop' 'S003: other input with fewer policies' \
  lab_polc apply "$stars" --node "$(lab_endpoints "$stars" | awk '{ print $2; exit }')"
check_eq 'nothing was changed by it' "$before" "$(lab_listing router)"
says 5 'refused\[S003\]' 'S003 is not forced by the code of another' \
  lab_polc apply "$shop/00-tiers.yaml" -f "$shop/10-endpoints.yaml" --node shop-1 --force=S001,S002
check_ok 'S003 forced' lab_polc apply "$shop/00-tiers.yaml" -f "$shop/10-endpoints.yaml" --node shop-1 --force=S003
check_ok 'more input than before is no refusal' lab_polc apply "$shop" --node shop-1

# ---- size --------------------------------------------------------------------------------------------------------------

"$generate" cluster 100000 10000 "$LAB_DIR/cluster"
check_ok '100,000 pods and 10,000 policies' lab_polc apply "$LAB_DIR/cluster" --node node-7 --force -q
check_ok 'and no difference after it' lab_polc diff "$LAB_DIR/cluster" --node node-7
"$generate" cidrs 400000 "$LAB_DIR/cidrs"
check_ok 'a set of 400,000 CIDRs' lab_polc apply "$LAB_DIR/cidrs" --node bench-1 --force -q
check_ok 'and no difference after it either' lab_polc diff "$LAB_DIR/cidrs" --node bench-1
sed -i '100000d' "$LAB_DIR/cidrs/set.yaml"
check_match 'one CIDR less is one element less' '1 set \+0 -1' \
  "$(lab_polc apply "$LAB_DIR/cidrs" --node bench-1 2>/dev/null)"
check_ok 'delete' lab_polc delete --yes
lab_summary
