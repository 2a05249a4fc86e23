# SPDX-License-Identifier: GPL-2.0-or-later
# A plan (`polc compile -o plan`) -> the same ingress policies for IPv4 in another layout, against which test/bench/packets
# measures: one chain for each endpoint that asks its policies one after another, a chain for each policy with two rules
# for each rule of it, and mark bits that carry what was decided back to the chain before. It is written after what
# Calico's Felix makes for nftables, not by it, and as cheap as that form allows: ports are compared before sets are
# looked up, and endpoints are found by one look-up as in polc's own layout.
#   jq -r --arg table NAME -f reference.jq
def ACCEPT: "0x00010000"; def PASS: "0x00020000"; def DROP: "0x00040000"; def ALL: "0x00070000";
def id: gsub("[^A-Za-z0-9]"; "_");
def protocol: {"6": "tcp", "17": "udp", "132": "sctp"}[tostring];
def list: if length == 1 then .[0] else "{ \(join(", ")) }" end;
def ports: map(tostring | sub(":"; "-")) | list;
def match($sets):
  ([if (.destination.ports // []) != [] then "\(.protocol | protocol) dport \(.destination.ports | ports)"
    elif .protocol then "meta l4proto \(.protocol)" else empty end]
   + [if .source.ipset then "ip saddr @\($sets[.source.ipset])" else empty end]
   + [if .source.nets then "ip saddr { \(.source.nets | join(", ")) }" else empty end]) | join(" ");
def bit: {"allow": ACCEPT, "pass": PASS, "deny": DROP}[.];
def leave: if . == "deny" then "drop" else "return" end;
def rule($sets):
  "    \(match($sets)) counter meta mark set meta mark | \(.action | bit)",
  "    meta mark & \(.action | bit) == \(.action | bit) counter \(.action | leave)";
def policy($sets):
  "  chain pi-\(.id | id) {", ((.ingress // [])[] | rule($sets)), "  }";
def tier($tiers):
  "    meta mark set meta mark & 0xfffdffff",
  (.policies[] |
    "    meta mark & \(PASS) == 0 jump pi-\(id)",
    "    meta mark & \(ACCEPT) == \(ACCEPT) counter return"),
  if $tiers[.tier] == "Pass" then empty else "    meta mark & \(PASS) == 0 counter drop" end;
def endpoint($plan; $tiers):
  "  chain tw-\(.id | id) {",
  "    ct state established,related counter accept",
  "    ct state invalid counter drop",
  "    meta mark set meta mark & 0xfffeffff",
  ($plan.classes[.ingressClass].tiers[] | tier($tiers)),
  "    counter drop",
  "  }";
. as $plan
| ([.ipsets | to_entries[] | {key: .value.name, value: "s\(.key)"}] | from_entries) as $sets
| ([.tiers[] | {key: .name, value: .defaultAction}] | from_entries) as $tiers
| "table inet \($table) {",
  (.ipsets[] | select(.members) | "  set \($sets[.name]) { type ipv4_addr; flags interval; elements = { \([.members[] | select(contains(":") | not)] | join(", ")) } }"),
  (.policies[] | policy($sets)),
  (.endpoints[] | endpoint($plan; $tiers)),
  "  map to { type ipv4_addr : verdict; elements = { \([.endpoints[] | . as $e | .addresses[] | "\(.) : jump tw-\($e.id | id)"] | join(", ")) } }",
  "  chain forward {",
  "    type filter hook forward priority filter; policy accept;",
  "    meta mark set meta mark & 0xfff8ffff",
  "    iifname \"cali*\" counter drop",
  "    ip daddr vmap @to",
  "    meta mark & \(ACCEPT) == \(ACCEPT) counter accept",
  "  }",
  "}"
