# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Labs and checks for the end-to-end tests, and for contrib/quickstart. A lab is a router and workloads, each in a
# network namespace of its own, made and taken away by the test: the machine's own namespace is never touched.
#
#   . lib.sh
#   lab_begin rules; lab_router
#   lab_workload web cali-web 10.70.0.1 fd70::1
#   lab_serve web tcp:80
#   check_eq 'web answers' "$(lab_connect db tcp:web:80)" 'tcp:10.70.0.1:80 ok'
#   lab_summary
#
# POLC and PROBE name the programs. All functions are to be called from the main shell, not from a subshell, except
# those that print a result.

LAB_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
POLC=$(realpath -m "${POLC:-$LAB_ROOT/build/polc}")
PROBE=$(realpath -m "${PROBE:-$LAB_ROOT/build/probe}")
LAB_TIMEOUT=${LAB_TIMEOUT:-700}  # ms until a connection counts as dropped
LAB_SERVE_SECONDS=${LAB_SERVE_SECONDS:-600}

# The router's own addresses, and what every workload sees as its gateway.
LAB_ROUTER_V4=10.99.0.1
LAB_ROUTER_V6=fd99::1
LAB_GATEWAY_V4=169.254.1.1
LAB_GATEWAY_V6=fe80::1
LAB_GATEWAY_MAC=ee:ee:ee:ee:ee:ee

LAB_NAME=
LAB_DIR=             # scratch files, gone at the end
LAB_ROUTER=          # the router's namespace
LAB_ENDPOINTS=()     # names of the workloads of lab_from_policies, in order
declare -A LAB_NS=() LAB_V4=() LAB_V6=()

# ---- the lab ---------------------------------------------------------------------------------------------------------

# lab_begin NAME: makes the scratch directory and sets the clean-up.
lab_begin() {
  LAB_NAME=$1
  LAB_PREFIX=polc-$1-$$
  if ((EUID != 0)); then
    lab_skip_all 'needs root, for network namespaces'
  fi
  LAB_DIR=$(mktemp -d "${TMPDIR:-/tmp}/$LAB_PREFIX.XXXXXX")
  export POLC_STATE_DIR=$LAB_DIR/state
  unset POLC_NODE POLC_DIR
  mkdir -p "$POLC_STATE_DIR"
  trap lab_end EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap : PIPE # bash says on stderr that its child was killed, where nobody may read any more
  trap 'exit 143' TERM
}

# lab_skip_all REASON: ends the test with the exit status that means "skipped".
lab_skip_all() {
  printf '1..0 # SKIP %s\n%s: 0 passed, 0 failed, 1 skipped\n' "$1" "$LAB_NAME"
  exit 77
}

# lab_end: stops what this shell started and what runs in the lab's namespaces, and removes these. Also runs on exit and
# signals.
lab_end() {
  local pid ns
  trap - EXIT
  { # in silence: bash would tell of each one that is killed
    for pid in $(jobs -p); do
      kill "$pid" || true
    done
    for ns in "${LAB_NS[@]}"; do # of `lab_exec NAME COMMAND &` what bash knows is a shell in front of the command
      ip netns pids "$ns" | xargs -r kill -KILL || true
    done
    wait || true
    for ns in "${LAB_NS[@]}"; do
      ip netns del "$ns" || true
    done
  } 2>/dev/null
  LAB_NS=()
  if [[ -n $LAB_DIR ]]; then
    rm -rf "$LAB_DIR"
    LAB_DIR=
  fi
}

# lab_netns NAME: a namespace under the lab's name for it.
lab_netns() {
  local ns=$LAB_PREFIX.${1//\//.}
  ip netns add "$ns"
  LAB_NS[$1]=$ns
  ip -n "$ns" link set lo up
}

# lab_exec NAME COMMAND...: runs a command in the namespace of a workload or of the router.
lab_exec() {
  local ns=${LAB_NS[$1]}
  shift
  ip netns exec "$ns" "$@"
}

# lab_sysctl NAME KEY=VALUE...: settings of one namespace of the lab; KEY is a path below /proc/sys/net.
lab_sysctl() {
  local name=$1
  shift
  # shellcheck disable=SC2016 # expands in the inner shell
  lab_exec "$name" sh -c 'for pair; do echo "${pair#*=}" >"/proc/sys/net/${pair%%=*}"; done' sh "$@"
}

# lab_router: forwards between the workloads; has addresses of its own on lo.
lab_router() {
  lab_netns router
  LAB_ROUTER=${LAB_NS[router]}
  lab_sysctl router ipv4/ip_forward=1 ipv4/conf/all/rp_filter=0 ipv4/conf/default/rp_filter=0 \
    ipv6/conf/all/forwarding=1 ipv6/conf/default/accept_dad=0 ipv6/conf/all/accept_dad=0
  ip -n "$LAB_ROUTER" -batch - <<END
addr add $LAB_ROUTER_V4/32 dev lo
addr add $LAB_ROUTER_V6/128 dev lo nodad
END
  LAB_V4[router]=$LAB_ROUTER_V4
  LAB_V6[router]=$LAB_ROUTER_V6
}

# lab_workload NAME IFACE V4 V6: a workload behind the router's interface IFACE; an address may be "-" for none.
# Neighbours are fixed on both ends, so that nothing depends on ARP or neighbour discovery.
lab_workload() {
  local name=$1 iface=$2 v4=${3#-} v6=${4#-} mac
  mac=$(printf '02:00:00:00:%02x:%02x' $((${#LAB_NS[@]} / 256)) $((${#LAB_NS[@]} % 256)))
  lab_netns "$name"
  LAB_V4[$name]=$v4 LAB_V6[$name]=$v6
  ip -n "$LAB_ROUTER" link add "$iface" address $LAB_GATEWAY_MAC type veth \
    peer name eth0 address "$mac" netns "${LAB_NS[$name]}"
  { echo 'link set eth0 up'
    lab_commands_inside "$v4" 32 $LAB_GATEWAY_V4
    lab_commands_inside "$v6" 128 $LAB_GATEWAY_V6; } | ip -n "${LAB_NS[$name]}" -batch -
  { echo "link set $iface up"
    lab_commands_outside "$v4" 32 "$iface" "$mac"
    lab_commands_outside "$v6" 128 "$iface" "$mac"; } | ip -n "$LAB_ROUTER" -batch -
}

lab_commands_inside() {
  local address=$1 length=$2 gateway=$3
  if [[ -n $address ]]; then
    echo "addr add $address/$length dev eth0$([[ $length = 32 ]] || echo ' nodad')"
    echo "neigh add $gateway lladdr $LAB_GATEWAY_MAC nud permanent dev eth0"
    [[ $length = 128 ]] || echo "route add $gateway dev eth0 scope link"
    echo "route add default via $gateway dev eth0"
  fi
}

lab_commands_outside() {
  local address=$1 length=$2 iface=$3 mac=$4
  if [[ -n $address ]]; then
    echo "route add $address/$length dev $iface"
    echo "neigh add $address lladdr $mac nud permanent dev $iface"
  fi
}

# lab_serve NAME SPEC...: listens in a namespace until the end of the test; returns once it listens. LAB_SERVE_PID is its
# process: SIGUSR1 makes it speak on its open connections.
lab_serve() {
  local name=$1 log=$LAB_DIR/serve.${1//\//.}.$RANDOM tries=0
  shift
  : >"$log"
  ip netns exec "${LAB_NS[$name]}" "$PROBE" serve --seconds "$LAB_SERVE_SECONDS" "$@" >"$log" 2>&1 &
  # shellcheck disable=SC2034 # tests use it
  LAB_SERVE_PID=$!
  until grep -q '^ready' "$log"; do
    if ((++tries > 250)); then
      printf 'Bail out! %s cannot listen on %s: %s\n' "$name" "$*" "$(cat "$log")"
      exit 1
    fi
    sleep 0.02
  done
}

# lab_target TARGET: sets REPLY to it with the lab's name replaced: tcp:web:80, tcp:[web]:80 (IPv6), icmp:web, icmp:[web].
# Something that is no name stays.
lab_target() {
  local protocol=${1%%:*} rest=${1#*:} name port=
  REPLY=$1
  if [[ $rest = \[*\]* ]]; then
    name=${rest%%\]*} name=${name#\[} port=${rest#*\]}
    REPLY=$protocol:[${LAB_V6[$name]:-$name}]$port
  else
    [[ $protocol = icmp ]] || port=:${rest##*:}
    name=${rest%"$port"}
    REPLY=$protocol:${LAB_V4[$name]:-$name}$port
  fi
}

# lab_connect NAME [OPTION VALUE]... TARGET...: tries all targets at once and prints a line for each (see test/tools/probe).
lab_connect() {
  local name=$1 arguments=(--timeout "$LAB_TIMEOUT") argument
  shift
  while [[ ${1:-} = --* ]]; do
    arguments+=("$1" "$2")
    shift 2
  done
  for argument; do
    lab_target "$argument"
    arguments+=("$REPLY")
  done
  lab_exec "$name" "$PROBE" connect "${arguments[@]}"
}

# lab_talk_begin NAME TARGET: opens one connection that stays; then lab_talk prints whether a message comes back over it.
lab_talk_begin() {
  local first
  lab_target "$2"
  coproc LAB_TALK { exec ip netns exec "${LAB_NS[$1]}" "$PROBE" talk --timeout "$LAB_TIMEOUT" "$REPLY"; }
  read -r -t 10 first <&"${LAB_TALK[0]}" || first='nothing'
  [[ $first = *' ok' ]] || printf '# talk %s: %s\n' "$2" "$first"
}

lab_talk() {
  local line
  echo hello >&"${LAB_TALK[1]}" || true
  read -r -t 10 line <&"${LAB_TALK[0]}" || line='- gone'
  echo "${line##* }"
}

lab_talk_end() {
  local pid=$LAB_TALK_PID fd=${LAB_TALK[1]}
  exec {fd}>&-
  wait "$pid" || true
}

# lab_polc VERB...: polc in the router's namespace, bounded in time.
lab_polc() {
  lab_exec router timeout 120 "$POLC" "$@"
}

# lab_nft ...: nft in the router's namespace.
lab_nft() {
  lab_exec router nft "$@"
}

# lab_listing [NAME]: the table of polc in a namespace, in a form that can be compared: without the values of counters and
# what packets and others left in sets that they fill, without polc's own notes on who loaded it, without the places in
# comments (a rule that only moved in its file is left as it is), and with its chains, sets and maps in the order of their
# names.
lab_listing() {
  lab_exec "${1:-router}" nft list table inet polc | lab_normalize
}

lab_normalize() {
  sed -E 's/counter packets [0-9]+ bytes [0-9]+/counter/g; s/(comment ".*) [^ "]+:[0-9]+"$/\1"/' |
    awk '/^\t(set|map|chain) / { block = 1; text = "" }
         block { text = text $0 "\001" }
         block && /^\t}$/ && text ~ /\tflags (dynamic|timeout)|\ttimeout / { sub(/\t\telements = [^}]*}\001/, "", text) }
         block && /^\t}$/ { block = 0; if (text !~ /^\tchain polc\.info /) print text; next }
         !block && NF { print "\t~ " $0 }' | LC_ALL=C sort | tr '\001' '\n'
}

# ---- samples -----------------------------------------------------------------------------------------------------------

# lab_endpoints PATH...: the WorkloadEndpoints of YAML files, one a line: NAMESPACE/NAME NODE INTERFACE V4 V6, with "-"
# for what is not there. Reads the plain style of the samples, one key a line, not YAML at large.
lab_endpoints() {
  # shellcheck disable=SC2016 # an awk program
  find "$@" -name '*.yaml' -type f -print0 | LC_ALL=C sort -z | xargs -0 -r awk '
    function flush() {
      if (kind == "WorkloadEndpoint") print ns "/" name, node, iface, v4, v6
      kind = ""; ns = "default"; name = node = iface = v4 = v6 = "-"; part = list = ""
    }
    function addresses(text,   items, i) {
      gsub(/[]["\047 ]/, "", text)
      split(text, items, ",")
      for (i in items) {
        sub(/\/.*/, "", items[i])
        if (items[i] ~ /:/) { if (v6 == "-") v6 = items[i] } else if (items[i] != "" && v4 == "-") v4 = items[i]
      }
    }
    BEGIN { flush() }
    FNR == 1 || /^---/ { flush() }
    { sub(/(^| )#.*/, ""); value = $2; gsub(/["\047]/, "", value) }
    /^[a-zA-Z]/ { part = $1; if (part == "kind:") kind = value }
    list && !/^ +- / { list = "" }
    list { sub(/^ +- /, ""); addresses($0) }
    part == "metadata:" && /^  name:/ { name = value }
    part == "metadata:" && /^  namespace:/ { ns = value }
    part == "spec:" && /^  node:/ { node = value }
    part == "spec:" && /^  interfaceName:/ { iface = value }
    part == "spec:" && /^  ipNetworks:/ { list = NF == 1; sub(/^ +ipNetworks:/, ""); addresses($0) }
    END { flush() }'
}

# lab_matrix_of FILE: the rows "| source | destination | port |" of a Markdown file as "SOURCE DESTINATION PROTO:PORT".
lab_matrix_of() {
  awk -F'|' 'NF >= 5 {
      for (i = 2; i <= 4; i++) gsub(/[ \t`]/, "", $i)
      if ($4 !~ /^[0-9]+(\/(tcp|udp))?$/) next
      split($4, port, "/")
      print $2, $3, (port[2] == "" ? "tcp" : port[2]) ":" port[1]
    }' "$1"
}

# lab_from_policies PATH...: a workload for each endpoint of a policy directory. Sets LAB_ENDPOINTS and LAB_NODE.
lab_from_policies() {
  local name node iface v4 v6
  LAB_ENDPOINTS=()
  while read -r name node iface v4 v6; do
    LAB_NODE=$node
    LAB_ENDPOINTS+=("$name")
    lab_workload "$name" "$iface" "$v4" "$v6" </dev/null
  done < <(lab_endpoints "$@")
}

# lab_endpoint NAME: sets REPLY to the full name of an endpoint that is written without its namespace.
lab_endpoint() {
  local name
  REPLY=$1
  for name in "${LAB_ENDPOINTS[@]}"; do
    if [[ $name = */"$1" ]]; then
      REPLY=$name
    fi
  done
}

# lab_fresh_ports COUNT: sets REPLY to the first of so many UDP ports that no flow of this lab was sent from. One from a port
# of an earlier flow would pass whatever the policy says, as long as conntrack remembers that. In a file: callers are
# subshells.
lab_fresh_ports() {
  REPLY=20000
  [[ ! -e $LAB_DIR/ports ]] || REPLY=$(<"$LAB_DIR/ports")
  ((REPLY + $1 < 64000)) || REPLY=20000
  echo $((REPLY + $1)) >"$LAB_DIR/ports"
}

# lab_probe_matrix 4|6 PROTO:PORT...: every ordered pair of LAB_ENDPOINTS on every port, all at once. Prints lines
# "SOURCE DESTINATION PROTO:PORT RESULT".
lab_probe_matrix() {
  local family=$1 ports=("${@:2}") source destination port first targets pids=()
  lab_fresh_ports $((${#LAB_ENDPOINTS[@]} * ${#ports[@]}))
  first=$REPLY
  for source in "${LAB_ENDPOINTS[@]}"; do
    targets=()
    for destination in "${LAB_ENDPOINTS[@]}"; do
      [[ $source != "$destination" ]] || continue
      for port in "${ports[@]}"; do
        if [[ $family = 4 ]]; then
          targets+=("${port%:*}:$destination:${port#*:}")
        else
          targets+=("${port%:*}:[$destination]:${port#*:}")
        fi
      done
    done
    lab_connect "$source" --retries 1 --udp-ports "$first" "${targets[@]}" >"$LAB_DIR/matrix.${source//\//.}" &
    pids+=($!)
    printf '%s\n' "${targets[@]}" >"$LAB_DIR/targets.${source//\//.}"
  done
  wait "${pids[@]}"
  for source in "${LAB_ENDPOINTS[@]}"; do
    paste -d' ' "$LAB_DIR/targets.${source//\//.}" "$LAB_DIR/matrix.${source//\//.}" |
      sed -E "s#^([a-z]+):\[?([^] ]+)\]?:([0-9]+) .* (.*)#$source \2 \1:\3 \4#"
  done
}

# sample_read README: the matrix that a sample promises. Sets SAMPLE_PORTS and SAMPLE_ALLOWED.
declare -A SAMPLE_ALLOWED=()
SAMPLE_PORTS=()
sample_read() {
  local source destination port
  SAMPLE_ALLOWED=()
  while read -r source destination port; do
    lab_endpoint "$source"
    source=$REPLY
    lab_endpoint "$destination"
    SAMPLE_ALLOWED["$source $REPLY $port"]=1
  done < <(lab_matrix_of "$1")
  mapfile -t SAMPLE_PORTS < <(lab_matrix_of "$1" | awk '{ print $3 }' | sort -u)
}

# sample_compare 4|6 [all]: connects every pair and compares with the matrix ("all": everything must get through). One
# check for each source.
sample_compare() {
  local family=$1 all=${2:-} source destination port result wanted
  declare -A count=() wrong=()
  while read -r source destination port result; do
    wanted=timeout
    if [[ -n $all || -n ${SAMPLE_ALLOWED["$source $destination $port"]:-} ]]; then
      wanted=ok
    fi
    count[$source]=$((${count[$source]:-0} + 1))
    if [[ $result != "$wanted" ]]; then
      wrong[$source]+="$destination $port: $result, not $wanted"$'\n'
    fi
  done < <(lab_probe_matrix "$family" "${SAMPLE_PORTS[@]}")
  for source in "${LAB_ENDPOINTS[@]}"; do
    check_eq "IPv$family${all:+ without policy} from $source, ${count[$source]:-0} connections" \
      '' "${wrong[$source]:-}"
  done
}

# sample_begin DIR: a lab for a sample, every workload listening on every port of its matrix.
sample_begin() {
  local name
  lab_router
  lab_from_policies "$1"
  sample_read "$1/README.md"
  check_ok "$(basename "$1"): ${#LAB_ENDPOINTS[@]} workloads, ${#SAMPLE_ALLOWED[@]} rows, ${#SAMPLE_PORTS[@]} ports" \
    test "${#SAMPLE_ALLOWED[@]}" -gt 0 -a "${#LAB_ENDPOINTS[@]}" -gt 1
  for name in "${LAB_ENDPOINTS[@]}"; do
    lab_serve "$name" "${SAMPLE_PORTS[@]}"
  done
}

# sample_apply DIR: applies it, and a second time.
sample_apply() {
  check_ok "apply $(basename "$1")" lab_polc apply "$1" --node "$LAB_NODE"
  check_match 'a second apply finds it up to date' '^up to date' "$(lab_polc apply "$1" --node "$LAB_NODE" 2>&1)"
  check_ok 'diff finds nothing' lab_polc diff "$1" --node "$LAB_NODE"
}

# sample_test DIR, after sample_begin DIR: everything gets through without policy; with it, what the matrix of its
# README.md says and nothing else, over IPv4 and IPv6.
sample_test() {
  sample_compare 4 all
  sample_compare 6 all
  sample_apply "$1"
  sample_compare 4
  sample_compare 6
}

# lab_committed COMMAND...: prints how many transactions a command makes in the router's namespace.
lab_committed() {
  local before after
  before=$(lab_exec router "$PROBE" generation)
  "$@" >/dev/null 2>&1 || true
  after=$(lab_exec router "$PROBE" generation)
  echo $((after - before))
}

# ---- checks ------------------------------------------------------------------------------------------------------------

CHECKS_PASSED=0
CHECKS_FAILED=0
CHECKS_SKIPPED=0

# check_result 0|1 DESCRIPTION [DETAIL]: one line of the Test Anything Protocol.
check_result() {
  local number=$((CHECKS_PASSED + CHECKS_FAILED + CHECKS_SKIPPED + 1))
  if [[ $1 = 0 ]]; then
    CHECKS_PASSED=$((CHECKS_PASSED + 1))
    printf 'ok %d - %s\n' "$number" "$2"
  else
    CHECKS_FAILED=$((CHECKS_FAILED + 1))
    printf 'not ok %d - %s\n' "$number" "$2"
    [[ -z ${3:-} ]] || printf '%s\n' "$3" | sed 's/^/#   /'
  fi
}

check_eq() {
  if [[ $2 = "$3" ]]; then
    check_result 0 "$1"
  else
    check_result 1 "$1" "expected: $2"$'\n'"     got: $3"
  fi
}

check_match() {
  if [[ $3 =~ $2 ]]; then
    check_result 0 "$1"
  else
    check_result 1 "$1" "expected a match of: $2"$'\n'"                got: $3"
  fi
}

# check_status DESCRIPTION STATUS COMMAND...: its exit status; leaves its output in $LAB_DIR/output.
check_status() {
  local description=$1 wanted=$2 status=0
  shift 2
  "$@" >"$LAB_DIR/output" 2>&1 </dev/null || status=$?
  if [[ $status = "$wanted" ]]; then
    check_result 0 "$description"
  else
    check_result 1 "$description" "exit $status, not $wanted, from: $*"$'\n'"$(head -n 20 "$LAB_DIR/output")"
  fi
}

check_ok() {
  check_status "$1" 0 "${@:2}"
}

check_skip() {
  CHECKS_SKIPPED=$((CHECKS_SKIPPED + 1))
  printf 'ok %d - %s # SKIP %s\n' $((CHECKS_PASSED + CHECKS_FAILED + CHECKS_SKIPPED)) "$1" "$2"
}

# expect NAME DESCRIPTION <<lines "TARGET RESULT": tries all targets at once from NAME; one check a line.
expect() {
  local name=$1 description=$2 line targets=() wants=() result i=0
  while read -r line; do
    targets+=("${line% *}")
    wants+=("${line##* }")
  done
  while read -r result; do
    check_eq "$description: $name -> ${targets[i]} ${wants[i]}" "${wants[i]}" "${result##* }"
    i=$((i + 1))
  done < <(lab_connect "$name" --retries 1 "${targets[@]}")
  if ((i != ${#targets[@]})); then
    check_result 1 "$description: $name" "$i of ${#targets[@]} targets were tried"
  fi
}

# lab_summary: the closing lines; its status is that of the test.
lab_summary() {
  printf '1..%d\n%s: %d passed, %d failed, %d skipped\n' $((CHECKS_PASSED + CHECKS_FAILED + CHECKS_SKIPPED)) \
    "$LAB_NAME" "$CHECKS_PASSED" "$CHECKS_FAILED" "$CHECKS_SKIPPED"
  ((CHECKS_FAILED == 0 && CHECKS_PASSED > 0))
}
