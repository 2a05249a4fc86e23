#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What must never happen: a mixture of two rulesets after a kill, a change of the kernel by wrong input or without
# privilege, a touch of somebody else's table, a second apply that sends something.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

KILLS=${KILLS:-20}
RANDOM=${SEED:-$$}

# ---- helpers -----------------------------------------------------------------------------------------------------------

# big VARIANT: 60 policies of 50 rules, and 200 endpoints; two variants have no rule in common.
big() {
  awk -v variant="$1" 'BEGIN {
    for (i = 0; i < 200; i++)
      printf "---\napiVersion: projectcalico.org/v3\nkind: WorkloadEndpoint\n" \
        "metadata: {name: w%d, namespace: big, labels: {group: g%d}}\n" \
        "spec: {node: lab-1, interfaceName: cali-%d, ipNetworks: [10.80.%d.%d/32], profiles: [kns.big]}\n",
        i, (i + variant) % 60, i, variant, i + 1
    for (i = 0; i < 60; i++) {
      printf "---\napiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: {name: p%d-%d, namespace: big}\n" \
        "spec:\n  selector: group == \"g%d\"\n  ingress:\n", variant, i, i
      for (j = 0; j < 50; j++)
        printf "  - {action: %s, protocol: TCP, source: {nets: [172.%d.%d.0/24]}, destination: {ports: [%d]}}\n",
          j % 7 ? "Allow" : "Deny", 16 + variant, j, 1000 + i * 50 + j
    }
  }'
}

# unchanged DESCRIPTION STATUS COMMAND...: it ends with this status, says something, and the whole ruleset stays as it was.
unchanged() {
  local description=$1 wanted=$2 status=0 before after
  shift 2
  before=$(lab_nft list ruleset)
  "$@" >"$LAB_DIR/out" 2>"$LAB_DIR/err" </dev/null || status=$?
  after=$(lab_nft list ruleset)
  if [[ $status = "$wanted" && $before = "$after" && -s $LAB_DIR/err ]]; then
    check_result 0 "$description"
  else
    check_result 1 "$description" "exit $status (wanted $wanted), ruleset $([[ $before = "$after" ]] || echo NOT) as before"$'\n'"$(
      head -c 1500 "$LAB_DIR/out" "$LAB_DIR/err")"
  fi
}

# garbage DESCRIPTION <<text: as the only file of the input.
garbage() {
  cat >"$LAB_DIR/garbage/a.yaml"
  unchanged "garbage: $1" 2 lab_polc apply "$LAB_DIR/garbage" --node lab-1 --force
}

mirror() { # DIR NODE
  lab_exec mirror nft flush ruleset
  "$POLC" compile "$1" --node "$2" -o nft 2>/dev/null | lab_exec mirror nft -f - &&
    diff <(lab_listing mirror) <(lab_listing router)
}

lab_begin safety
lab_router
lab_netns mirror
mkdir "$LAB_DIR/one" "$LAB_DIR/two" "$LAB_DIR/garbage" "$LAB_DIR/empty"
one=$LAB_DIR/one two=$LAB_DIR/two
big 1 >"$one/a.yaml"
big 2 >"$two/a.yaml"
lab_nft -f - <<END
table inet foreign {
  set s { type ipv4_addr; flags interval; elements = { 192.0.2.0/24 }; }
  chain forward { type filter hook forward priority 10; policy accept; ip saddr @s drop; }
}
table ip polc { chain c { accept; }; }
END
foreign=$(lab_nft list ruleset)

# ---- before and after --------------------------------------------------------------------------------------------------

check_status 'without a table, diff finds a difference' 1 lab_polc diff "$one" --node lab-1
check_status 'without a table, status says so' 1 lab_polc status
check_ok 'apply --dry-run' lab_polc apply --dry-run "$one" --node lab-1
check_eq 'changed nothing' "$foreign" "$(lab_nft list ruleset)"
check_ok 'apply' lab_polc apply "$one" --node lab-1
listing_one=$(lab_listing router)
check_eq 'the tables of others are as before' "$foreign" \
  "$(lab_nft list table inet foreign && lab_nft list table ip polc)"
check_ok 'diff finds nothing' lab_polc diff "$one" --node lab-1
check_match 'a second apply says so' '^up to date' "$(lab_polc apply "$one" --node lab-1 2>/dev/null)"
check_eq 'and sends nothing' 0 "$(lab_committed lab_polc apply "$one" --node lab-1)"
check_eq 'apply --dry-run of something else commits nothing' 0 "$(
  lab_committed lab_polc apply --dry-run --force "$two" --node lab-1)"
check_eq 'and the ruleset is the same' "$listing_one" "$(lab_listing router)"
check_ok 'compile -o nft loads as the same ruleset' mirror "$one" lab-1

# ---- killed in the middle ----------------------------------------------------------------------------------------------

check_eq 'apply of something else is one transaction' 1 "$(lab_committed lab_polc apply --force "$two" --node lab-1)"
listing_two=$(lab_listing router)
check_ok 'compile -o nft loads as the same ruleset again' mirror "$two" lab-1
check_ok 'and back' lab_polc apply --force "$one" --node lab-1
begin=$EPOCHREALTIME
check_ok 'and again' lab_polc apply --force "$two" --node lab-1
duration=$((${EPOCHREALTIME/./} - ${begin/./})) # us
check_match 'the two rulesets differ' differ "$([[ $listing_one = "$listing_two" ]] || echo differ)"

kill_apply() { # DIR: kills an apply after a random part of the time that one takes
  local delay=$((RANDOM * duration / 28000)) pid
  ip netns exec "$LAB_ROUTER" "$POLC" apply "$1" --node lab-1 --force -q >/dev/null 2>&1 &
  pid=$!
  sleep "$(printf '%d.%06d' $((delay / 1000000)) $((delay % 1000000)))"
  kill -9 "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
}

now=two stayed=0 changed=0
for ((i = 1; i <= KILLS; i++)); do
  target=$([[ $now = one ]] && echo two || echo one)
  kill_apply "$LAB_DIR/$target"
  listing=$(lab_listing router)
  case $listing in
    "$listing_one") found=one ;;
    "$listing_two") found=two ;;
    *) found='a mixture' ;;
  esac
  check_match "kill -9, number $i: the old or the new ruleset" '^(one|two)$' "$found"
  if [[ $found = "$now" ]]; then stayed=$((stayed + 1)); else changed=$((changed + 1)) now=$found; fi
done
echo "# an apply takes $((duration / 1000)) ms; after $stayed kills the old ruleset stood, after $changed the new one"
check_ok 'after all that, apply works' lab_polc apply --force "$one" --node lab-1
check_eq 'and gives the ruleset that it gave at first' "$listing_one" "$(lab_listing router)"

# ---- refused for safety ------------------------------------------------------------------------------------------------

unchanged 'S001: an empty directory' 5 lab_polc apply "$LAB_DIR/empty" --node lab-1
unchanged 'S002: nothing for this host' 5 lab_polc apply "$one" --node lab-2
unchanged 'S003: other input, with fewer policies' 5 lab_polc apply "$two" --node lab-1

# ---- garbage -----------------------------------------------------------------------------------------------------------

head=$'apiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: {name: x, namespace: big}\nspec:'
rule="$head"$'\n  ingress:\n  - '
unchanged 'garbage: no such path' 2 lab_polc apply "$LAB_DIR/nowhere" --node lab-1
unchanged 'garbage: no such option' 2 lab_polc apply --frobnicate "$one"
unchanged 'garbage: no such verb' 2 lab_polc aply "$one"
garbage 'random bytes' < <(head -c 65536 /dev/urandom)
garbage 'a NUL byte' < <(printf 'apiVersion: v1\nkind: \0Namespace\n')
garbage 'not UTF-8' < <(printf '%s\n  selector: a == "\xff\xfe"\n' "$head")
garbage 'text' <<<'hello'
garbage 'YAML that does not close' <<<'{apiVersion: [v1'
garbage 'a tab as indentation' < <(printf '%s\n\tselector: all()\n' "$head")
garbage 'a million brackets' < <(head -c 1000000 /dev/zero | tr '\0' '[')
garbage 'nesting over 64' < <(printf '%s\n  selector: ' "$head"; printf '[%.0s' {1..80}; printf ']%.0s' {1..80})
garbage 'aliases without end' < <(
  echo 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]'
  for i in {1..9}; do
    echo "a$i: &a$i [*a$((i - 1)), *a$((i - 1)), *a$((i - 1)), *a$((i - 1)), *a$((i - 1)), *a$((i - 1)), *a$((i - 1))]"
  done)
garbage 'a key twice' <<<"$head"$'\n  order: 1\n  order: 2'
garbage 'an object twice' <<<"$head"$' {}\n---\n'"$head {}"
garbage 'neither apiVersion nor kind' <<<'spec: {}'
garbage 'a misspelled kind' <<<"${head/NetworkPolicy/NetworkPolcy} {}"
garbage 'a cluster-wide policy without a tier' <<<$'apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {name: x}'
garbage 'an unknown field' <<<"$head"$'\n  ingres: []'
garbage 'a selector that does not parse' <<<"$head"$'\n  selector: a = "b"'
garbage 'a selector that is too long' <<<"$head"$'\n  selector: a == "'"$(printf 'x%.0s' {1..1100})"'"'
garbage 'a tier that does not exist' <<<"$head"$'\n  tier: nowhere'
garbage 'a name that cannot be' <<<"${head/name: x/name: X_Y} {}"
garbage 'no action' <<<"$rule{protocol: TCP}"
garbage 'an action in lower case' <<<"$rule{action: allow}"
garbage 'a protocol in lower case' <<<"$rule{action: Allow, protocol: tcp}"
garbage 'ports without a protocol' <<<"$rule{action: Allow, destination: {ports: [80]}}"
garbage 'port 0' <<<"$rule{action: Allow, protocol: TCP, destination: {ports: [0]}}"
garbage 'a range with a hyphen' <<<"$rule{action: Allow, protocol: TCP, destination: {ports: [80-90]}}"
garbage 'a range backwards' <<<"$rule{action: Allow, protocol: TCP, destination: {ports: [\"90:80\"]}}"
garbage 'a CIDR with host bits' <<<"$rule{action: Allow, source: {nets: [10.0.0.1/8]}}"
garbage 'an address that is none' <<<"$rule{action: Allow, source: {nets: [10.0.0.256/32]}}"
garbage 'two families in one rule' <<<"$rule{action: Allow, source: {nets: [10.0.0.0/8]}, destination: {nets: [\"fd00::/8\"]}}"
garbage 'icmp on TCP' <<<"$rule{action: Allow, protocol: TCP, icmp: {type: 8}}"
garbage 'types twice' <<<"$head"$'\n  types: [Ingress, Ingress]'
garbage 'http, which nobody here can check' <<<"$rule{action: Allow, protocol: TCP, http: {methods: [GET]}}"
garbage 'a good policy and a bad one' <<<"$head"$' {}\n---\n'"${head/name: x/name: y}"$'\n  order: first'
: >"$LAB_DIR/garbage/a.yaml"
ln -s . "$LAB_DIR/garbage/loop"
unchanged 'garbage: a directory loop' 2 lab_polc apply "$LAB_DIR/garbage" --node lab-1 --force
rm "$LAB_DIR/garbage/loop"
mkfifo "$LAB_DIR/garbage/fifo.yaml"
unchanged 'garbage: a fifo' 2 lab_polc apply "$LAB_DIR/garbage" --node lab-1 --force
rm "$LAB_DIR/garbage/fifo.yaml"
ln -s nowhere "$LAB_DIR/garbage/dangling.yaml"
unchanged 'garbage: a link to nothing' 2 lab_polc apply "$LAB_DIR/garbage" --node lab-1 --force

# ---- without privilege -------------------------------------------------------------------------------------------------

powerless() {
  lab_exec router setpriv --bounding-set=-net_admin --inh-caps=-net_admin "$@"
}
unchanged 'apply without CAP_NET_ADMIN' 3 powerless "$POLC" apply "$two" --node lab-1 --force
check_match 'says what is missing' '[Cc][Aa][Pp]_[Nn][Ee][Tt]_[Aa][Dd][Mm][Ii][Nn]|root|privilege|permitted' "$(cat "$LAB_DIR/err")"
check_eq 'in one message' 1 "$(grep -cE '(^|[ :])(error|refused)\[' "$LAB_DIR/err")"
unchanged 'delete without CAP_NET_ADMIN' 3 powerless "$POLC" delete --yes
check_ok 'validate needs no privilege' powerless "$POLC" validate "$two"
check_ok 'nor does compile' powerless "$POLC" compile "$two" --node lab-1 -o nft

# ---- and away ----------------------------------------------------------------------------------------------------------

check_ok 'delete' lab_polc delete --yes
check_eq 'removes nothing but its own table' "$foreign" "$(lab_nft list ruleset)"
check_ok 'apply after delete' lab_polc apply "$two" --node lab-1
check_eq 'gives the same ruleset as apply over another one' "$listing_two" "$(lab_listing router)"
lab_summary
