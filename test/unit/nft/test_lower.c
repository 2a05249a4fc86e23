// SPDX-License-Identifier: GPL-2.0-or-later
// Plan -> ruleset: alternatives of a rule, chains of tiers and policies, kinds of sets, dispatch
// (semantics.md 3-6; catalogue 53, 66-77, 93-102, 108, 109).
#include "lower.h"
#include "lower_helper.h"

#define IN  "ip saddr @sel4.671d2ee83a5a"
#define IN6 "ip6 saddr @sel6.671d2ee83a5a"

struct rule_case {
    const char *name, *fields; // of one Allow rule
    const char *expected;      // its nft rules
};

// Names of sets come from their content or selector and do not change: has(w) is 671d2ee83a5a.
static const struct rule_case alternatives[] = {
    {"nothing", "", "accept"},
    {"protocol", "protocol: TCP", "meta l4proto tcp accept"},
    {"not protocol", "notProtocol: UDP", "meta l4proto != udp accept"},
    {"number", "protocol: 255", "meta l4proto 255 accept"},
    {"version", "ipVersion: 6", "meta nfproto ipv6 accept"},
    {"65: ICMP by name is IPv4", "protocol: ICMP", "meta nfproto ipv4 meta l4proto icmp accept"},
    {"65: ICMP by number", "protocol: 1", "meta l4proto icmp accept"},
    {"type", "protocol: ICMP, icmp: {type: 8}", "icmp type 8 accept"},
    {"type and code", "protocol: ICMPv6, icmp: {type: 1, code: 4}",
     "icmpv6 type 1 icmpv6 code 4 accept"},
    {"other type", "protocol: ICMP, notICMP: {type: 8}", "icmp type != 8 accept"},
    {"66: the pair is negated", "protocol: ICMP, notICMP: {type: 8, code: 0}",
     "icmp type != 8 accept\nicmp type 8 icmp code != 0 accept"},
    {"port", "protocol: TCP, destination: {ports: [80]}", "tcp dport 80 accept"},
    {"range", "protocol: UDP, source: {ports: [\"1:9\"]}", "udp sport 1-9 accept"},
    {"71: list", "protocol: SCTP, destination: {ports: [80, 443]}",
     "sctp dport @ports.80_443 accept"},
    {"not port", "protocol: TCP, destination: {notPorts: [80]}", "tcp dport != 80 accept"},
    {"not range", "protocol: TCP, source: {notPorts: [\"1:9\"]}", "tcp sport != 1-9 accept"},
    {"not list", "protocol: TCP, destination: {notPorts: [80, 443]}",
     "tcp dport != @ports.80_443 accept"},
    {"prefix", "source: {nets: [10.0.0.0/8]}", "ip saddr 10.0.0.0/8 accept"},
    {"host", "destination: {nets: [\"fd00::1/128\"]}", "ip6 daddr fd00::1 accept"},
    {"68: not prefix", "source: {notNets: [10.0.0.0/8]}", "ip saddr != 10.0.0.0/8 accept"},
    {"not host", "source: {notNets: [10.0.0.1/32]}", "ip saddr != 10.0.0.1 accept"},
    {"every address of a family", "source: {nets: [0.0.0.0/0]}", "meta nfproto ipv4 accept"},
    {"all but all", "source: {notNets: [0.0.0.0/1, 128.0.0.0/1]}", ""},
    {"selector", "source: {selector: has(w)}", IN " accept\n" IN6 " accept"},
    {"28: not selector", "source: {notSelector: has(w)}",
     "ip saddr != @sel4.671d2ee83a5a accept\nip6 saddr != @sel6.671d2ee83a5a accept"},
    {"53: empty selector", "source: {selector: has(nothing)}", ""},
    {"not empty selector", "source: {notSelector: has(nothing)}",
     "meta nfproto ipv4 accept\nmeta nfproto ipv6 accept"},
    {"70: nets and selector", "source: {nets: [10.0.0.0/8], selector: has(w)}",
     "ip saddr 10.0.0.0/8 " IN " accept"},
    {"one family of the selector", "ipVersion: 6, source: {selector: has(w)}", IN6 " accept"},
    {"both sides", "source: {nets: [10.0.0.0/8]}, destination: {nets: [10.1.0.0/16]}",
     "ip saddr 10.0.0.0/8 ip daddr 10.1.0.0/16 accept"},
    {"named port", "protocol: TCP, destination: {ports: [http]}",
     "meta l4proto tcp ip daddr . meta l4proto . th dport @port4.3c666beb1bd0 accept\n"
     "meta l4proto tcp ip6 daddr . meta l4proto . th dport @port6.3c666beb1bd0 accept"},
    {"74: nobody declares it", "protocol: UDP, destination: {ports: [http]}", ""},
    {"75: not a port that nobody declares", "protocol: UDP, destination: {notPorts: [http]}",
     "meta nfproto ipv4 meta l4proto udp accept\nmeta nfproto ipv6 meta l4proto udp accept"},
    {"72: numeric or named",
     "ipVersion: 4, protocol: TCP, destination: {selector: has(w), ports: [80, http]}",
     "tcp dport 80 ip daddr @sel4.671d2ee83a5a accept\n"
     "meta l4proto tcp ip daddr . meta l4proto . th dport @port4.cc8d30e12297 accept"},
    {"protocol and not protocol", "protocol: TCP, notProtocol: UDP",
     "meta l4proto tcp meta l4proto != udp accept"},
};

START_TEST(a_rule_has_alternatives)
{
    for (size_t i = 0; i < ARRAY_COUNT(alternatives); i++) {
        const struct rule_case *test = &alternatives[i];
        const char *rule_fields = arena_printf(arena, "{action: Allow%s%s}",
                                               test->fields[0] != '\0' ? ", " : "", test->fields);
        const char *found = rules_text(lower_rules("ingress", rule_fields, ""), "gnp/p/in");
        ck_assert_msg(strcmp(found, test->expected) == 0, "%s: expected\n%s\ngot\n%s", test->name,
                      test->expected, found);
    }
}
END_TEST

// One packet is logged once: where alternatives overlap, the second leaves out what the first has
// logged.
START_TEST(log_alternatives_exclude_each_other)
{
    const char *found =
        rules_text(lower_rules("ingress",
                               "{action: Log, ipVersion: 4, protocol: TCP, destination: "
                               "{ports: [80, http]}}",
                               ""),
                   "gnp/p/in");
    ck_assert_str_eq(
        found,
        "meta nfproto ipv4 tcp dport 80 log prefix \"calico-packet: \" level info\n"
        "meta l4proto tcp tcp dport != 80 ip daddr . meta l4proto . th dport @port4.3c666beb1bd0 "
        "log prefix \"calico-packet: \" level info");
}
END_TEST

START_TEST(actions)
{
    static const struct {
        const char *direction, *rules, *chain, *expected;
    } cases[] = {
        {"ingress", "{action: Deny}", "gnp/p/in", "drop"},
        {"ingress", "{action: Allow}", "gnp/p/in", "accept"},
        {"egress", "{action: Deny}", "gnp/p/out", "drop"},
        {"egress", "{action: Allow}", "gnp/p/out",
         "goto dispatch/to"}, // the destination half follows
        {"egress", "{action: Log}, {action: Deny}", "gnp/p/out",
         "log prefix \"calico-packet: \" level info\ndrop"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        ck_assert_str_eq(
            rules_text(lower_rules(cases[i].direction, cases[i].rules, ""), cases[i].chain),
            cases[i].expected);
    }
}
END_TEST

START_TEST(settings_change_actions)
{
    const char *felix = thing("FelixConfiguration", "", "default", "",
                              "nftablesFilterDenyAction: Reject, logPrefix: \"%t %k %n %p %x\", "
                              "logActionRateLimit: 10/minute, logActionRateLimitBurst: 7");
    const struct nft_ruleset *ruleset =
        lower_rules("ingress", "{action: Log}, {action: Deny}", felix);
    ck_assert_str_eq(
        rules_text(ruleset, "gnp/p/in"),
        "limit rate 10/minute burst 7 packets log prefix \"default gnp p p %x: \" level "
        "info\nreject with icmpx type port-unreachable");
    const char *class = rules_text(ruleset, chain_like(ruleset, "class/in/")->name);
    ck_assert_msg(strstr(class, "drop") == strstr(class, "drop\n") &&
                      strstr(class, "reject") != NULL,
                  "%s", class);
    const char *invalid =
        thing("FelixConfiguration", "", "default", "", "disableConntrackInvalidCheck: true");
    ruleset = lower_rules("ingress", "{action: Deny}", invalid);
    ck_assert_ptr_null(
        strstr(rules_text(ruleset, chain_like(ruleset, "class/in/")->name), "invalid"));
}
END_TEST

// ---- tiers, policies, profiles -----------------------------------------------------------------

static const char *tier_rules(const char *ingress, const char *more)
{
    const struct nft_ruleset *ruleset = lower_rules("ingress", ingress, more);
    return rules_text(ruleset, chain_like(ruleset, "tier/default/in/")->name);
}

START_TEST(tiers_end)
{
    ck_assert_str_eq(tier_rules("", ""),
                     "jump gnp/p/in\ndrop"); // 93: no rule, but the end of the tier
    const struct nft_ruleset *ruleset =
        lower_rules("ingress", "",
                    join(thing("Tier", "", "t", "", "order: 1, defaultAction: Pass"),
                         thing("GlobalNetworkPolicy", "", "q", "", "tier: t"), NULL));
    ck_assert_str_eq(rules_text(ruleset, chain_like(ruleset, "tier/t/in/")->name),
                     "jump gnp/q/in"); // 96
}
END_TEST

// 98: Pass leaves the tier: it cannot stand in a chain of the policy, where it would only leave the
// policy.
START_TEST(pass_stands_in_the_tier_chain)
{
    static const struct {
        const char *rules, *expected;
    } cases[] = {
        {"{action: Pass}", "return\ndrop"},
        {"{action: Allow, protocol: TCP}, {action: Pass, protocol: 9}, {action: Deny, protocol: UDP}",
         "meta l4proto tcp accept\nmeta l4proto 9 return\nmeta l4proto udp drop\ndrop"},
        {"{action: Allow, protocol: 1}, {action: Allow, protocol: 2}, {action: Allow, protocol: "
         "3}, {action: Pass}",
         "meta l4proto icmp accept\nmeta l4proto 2 accept\nmeta l4proto 3 accept\nreturn\ndrop"},
        {"{action: Allow, protocol: 1}, {action: Allow, protocol: 2}, {action: Allow, protocol: "
         "3}, "
         "{action: Allow, protocol: 4}, {action: Pass}",
         "jump gnp/p/in/0\nreturn\ndrop"},
        {"{action: Pass, protocol: 9}, {action: Allow, protocol: 1}, {action: Allow, protocol: 2}, "
         "{action: Allow, protocol: 3}, {action: Allow, protocol: 4}",
         "meta l4proto 9 return\njump gnp/p/in/1\ndrop"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const char *found = tier_rules(cases[i].rules, "");
        ck_assert_msg(strcmp(found, cases[i].expected) == 0, "%s: got\n%s", cases[i].rules, found);
    }
}
END_TEST

// 95, 97, 101, 102: a class goes through its tiers, then its profiles, then drops.
START_TEST(classes_go_through_tiers_and_profiles)
{
    const char *text = join(thing("Tier", "", "early", "", "order: 1"),
                            thing("Profile", "", "many", "",
                                  "ingress: [{action: Deny, protocol: UDP}, {action: Allow}]"),
                            workload("a", "w", "", "10.0.0.1/32",
                                     "interfaceName: cali1, profiles: [many, kns.a, nowhere]"),
                            thing("GlobalNetworkPolicy", "", "b", "", ""),
                            thing("GlobalNetworkPolicy", "", "a", "", "tier: early"), NULL);
    const struct nft_ruleset *ruleset = lower_text(text);
    ck_assert_str_eq(
        rules_text(ruleset, chain_like(ruleset, "class/in/")->name),
        arena_printf(
            arena,
            "ct state invalid drop\njump %s\njump %s\njump profile/many/in\naccept\ndrop\ndrop",
            chain_like(ruleset, "tier/early/in/")->name,
            chain_like(ruleset, "tier/default/in/")->name));
    // Egress: no policy governs it, so that only the profiles are left; "many" says nothing there.
    ck_assert_str_eq(rules_text(ruleset, chain_like(ruleset, "class/out/")->name),
                     "ct state invalid drop\nudp dport 4789 drop\nmeta l4proto 4 drop\ngoto "
                     "dispatch/to\ndrop\ndrop");
    ck_assert_str_eq(rules_text(ruleset, "profile/many/in"), "meta l4proto udp drop\naccept");
}
END_TEST

// 100: Pass in a profile goes to the next profile.
START_TEST(pass_in_a_profile_leaves_the_profile)
{
    const char *text = join(thing("Profile", "", "one", "",
                                  "ingress: [{action: Pass, protocol: TCP}, {action: Allow}]"),
                            workload("a", "w", "", "10.0.0.1/32", "profiles: [one, kns.a]"), NULL);
    const struct nft_ruleset *ruleset = lower_text(text);
    ck_assert_str_eq(rules_text(ruleset, chain_like(ruleset, "class/in/")->name),
                     "ct state invalid drop\njump profile/one/in\naccept\ndrop");
    ck_assert_str_eq(rules_text(ruleset, "profile/one/in"), "meta l4proto tcp return\naccept");
}
END_TEST

// ---- names -------------------------------------------------------------------------------------

// What does not concern an object leaves its name and content as they are.
START_TEST(names_are_stable)
{
    const char *ingress =
        "{action: Allow, protocol: TCP, source: {selector: has(w), nets: [10.0.0.0/8, "
        "11.0.0.0/16]}, "
        "destination: {ports: [80, 443, http]}}, {action: Pass}";
    const char *more = join(thing("GlobalNetworkPolicy", "", "a", "",
                                  "selector: has(other), ingress: [{action: Deny, "
                                  "source: {selector: has(y), nets: [12.0.0.0/8, 14.0.0.0/8]}}]"),
                            workload("z", "v", "other: \"1\"", "10.9.9.9/32",
                                     "interfaceName: cali9, profiles: [kns.z]"),
                            thing("Tier", "", "new", "", "order: 3"), NULL);
    const struct nft_ruleset *before = lower_rules("ingress", ingress, "");
    const struct nft_ruleset *after = lower_rules("ingress", ingress, more);
    for (size_t i = 0; i < before->chains.count; i++) {
        const char *name = before->chains.items[i]->name;
        ck_assert_msg(find_chain(after, name) != NULL, "chain %s is gone", name);
        ck_assert_str_eq(rules_text(before, name), rules_text(after, name));
    }
    for (size_t i = 0; i < before->sets.count; i++) {
        ck_assert_msg(set_like(after, before->sets.items[i]->name) != NULL, "set %s is gone",
                      before->sets.items[i]->name);
    }
    ck_assert_uint_gt(after->chains.count, before->chains.count);
}
END_TEST

static void check_comment(const char *comment)
{
    if (comment == NULL) {
        return;
    }
    ck_assert_msg(strlen(comment) <= RULE_COMMENT_MAX, "%zu bytes: %s", strlen(comment), comment);
    for (const char *at = comment; *at != '\0'; at++) {
        ck_assert_msg(*at >= ' ' && *at <= '~' && *at != '"', "%s", comment);
    }
}

static char *repeated(char letter, size_t count)
{
    char *text = arena_alloc(arena, count + 1);
    memset(text, letter, count);
    text[count] = '\0';
    return text;
}

// Very long names, and paths with blanks, quotes and letters beyond ASCII.
START_TEST(comments_and_names_are_legal)
{
    static const char *const paths[] = {
        "short.yaml", "dir with blanks/and \"quotes\"/x.yaml",
        "gr\xc3\xb6\xc3\x9f"
        "e/\x01.yaml",
        "a/very/long/path/a/very/long/path/a/very/long/path/a/very/long/path/a/very/long/path/"
        "a/very/long/path/a/very/long/path/a/very/long/path/policy file.yaml"};
    const char *ns = repeated('n', 63), *tier = repeated('t', 63), *profile = repeated('p', 253);
    const char *spec =
        arena_printf(arena,
                     "tier: %s, ingress: [{action: Log}, {action: Pass, source: {selector: \"x != "
                     "'%s \xc3\xbc'\"}}]",
                     tier, repeated('v', 300));
    const char *text = join(
        thing("FelixConfiguration", "", "default", "", "logPrefix: \"%t %p\""),
        thing("Tier", "", tier, "", "order: 1"),
        thing("NetworkPolicy", ns, join("knp.default.", repeated('a', 200), "b", NULL), "", spec),
        thing("NetworkPolicy", ns, join("knp.default.", repeated('a', 200), "c", NULL), "",
              "ingress: [{action: Allow}]"),
        thing("Profile", "", profile, "", "ingress: [{action: Log}, {action: Allow}]"),
        workload(ns, profile, "", "10.0.0.1/32",
                 join("interfaceName: cali1, profiles: [", profile, ", \"odd \\\"name\"]", NULL)),
        NULL);
    for (size_t i = 0; i < ARRAY_COUNT(paths); i++) {
        plan_path = paths[i];
        const struct nft_ruleset *ruleset = lower_text(text);
        plan_path = "test.yaml";
        for (size_t j = 0; j < ruleset->chains.count; j++) {
            const struct chain *chain = ruleset->chains.items[j];
            ck_assert_uint_le(strlen(chain->name), 127);
            ck_assert_msg(
                chain->name[strspn(chain->name, "abcdefghijklmnopqrstuvwxyz0123456789./-_")] ==
                    '\0',
                "%s", chain->name);
            for (size_t k = 0; k < chain->count; k++) {
                check_comment(chain->items[k].comment);
            }
        }
        for (size_t j = 0; j < ruleset->sets.count; j++) {
            check_comment(ruleset->sets.items[j]->comment);
        }
    }
}
END_TEST

// Two policies whose names differ only at the end keep two chains.
START_TEST(long_names_stay_different)
{
    const char *a = join("np/", repeated('n', 63), "/", repeated('a', 200), "b", NULL);
    const char *b = join("np/", repeated('n', 63), "/", repeated('a', 200), "c", NULL);
    ck_assert_str_ne(short_id(arena, a), short_id(arena, b));
    ck_assert_str_eq(short_id(arena, a), short_id(arena, arena_strdup(arena, a)));
    ck_assert_str_eq(short_id(arena, "gnp/short"), "gnp/short");
    ck_assert_uint_eq(strlen(short_id(arena, a)), 72);
}
END_TEST

// The place at the end of a comment is one word, whatever the path.
START_TEST(comments_end_in_a_place)
{
    plan_path = "dir with blanks/in put.yaml";
    const struct nft_ruleset *ruleset = lower_rules("ingress", "{action: Allow}", "");
    plan_path = "test.yaml";
    ck_assert_str_eq(find_chain(ruleset, "gnp/p/in")->items[0].comment, "gnp/p in 0 in_put.yaml:3");
}
END_TEST

// ---- sets --------------------------------------------------------------------------------------

START_TEST(sizes_grow_in_steps)
{
    static const struct {
        size_t count;
        uint32_t size;
    } cases[] = {{0, 16},  {1, 16},      {12, 16},     {13, 16},     {14, 32},    {26, 32},
                 {27, 64}, {1000, 2048}, {1638, 2048}, {1639, 2048}, {1640, 4096}};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        uint32_t size = set_size(cases[i].count);
        ck_assert_uint_ge(size, cases[i].count);
        ck_assert_msg(size == cases[i].size, "%zu: got %u", cases[i].count, size);
    }
}
END_TEST

// Count prefixes 10.0.0.0/30, 10.0.0.8/30, ...: none of them siblings.
static const char *many_nets(size_t count)
{
    struct strbuf text = {.arena = arena};
    for (size_t i = 0; i < count; i++) {
        size_t address = i * 8;
        strbuf_addf(&text, "%s10.%zu.%zu.%zu/30", i > 0 ? "," : "", address >> 16,
                    address >> 8 & 255, address & 255);
    }
    return strbuf_text(&text);
}

START_TEST(kinds_of_sets)
{
    static const struct {
        size_t count;
        const char *prefix;
        enum set_content content;
    } cases[] = {
        {1, "sel4p.", SET_PADDED}, {16384, "sel4p.", SET_PADDED}, {16385, "sel4i.", SET_CIDRS}};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const char *set = thing("GlobalNetworkSet", "", "s", "set: s",
                                join("nets: [", many_nets(cases[i].count), "]", NULL));
        const struct nft_ruleset *ruleset =
            lower_rules("ingress", "{action: Allow, source: {selector: has(set)}}", set);
        const struct set *found = set_like(ruleset, cases[i].prefix);
        ck_assert_msg(found != NULL, "%zu prefixes: no set %s", cases[i].count, cases[i].prefix);
        ck_assert_uint_eq(found->content, cases[i].content);
        ck_assert(found->interval);
        ck_assert_uint_eq(found->count, cases[i].count);
        ck_assert_uint_eq(found->size, 0);
        ck_assert_ptr_null(set_like(ruleset, "sel6"));
    }
}
END_TEST

// A long list of nets in a rule has a set of its own, whose name stays when a member changes; shorter ones are shared.
START_TEST(long_lists_have_their_place)
{
    static const struct {
        size_t count;
        const char *name;
    } cases[] = {{64, "net4p.gnp/p/in/1/source"}, {65, "net4p.gnp/p/in/1/source"}};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const char *rules = join("{action: Deny, protocol: UDP}, {action: Allow, source: {nets: [",
                                 many_nets(cases[i].count), "]}}", NULL);
        const struct set *found = set_like(lower_rules("ingress", rules, ""), "net4p.");
        ck_assert_ptr_nonnull(found);
        ck_assert_uint_eq(found->count, cases[i].count);
        ck_assert_int_eq(strcmp(found->name, cases[i].name) == 0, cases[i].count > 64);
    }
}
END_TEST

START_TEST(hosts_are_a_hash)
{
    const char *set =
        thing("GlobalNetworkSet", "", "s", "set: s", "nets: [10.0.0.1, 10.0.0.4, \"fd00::1\"]");
    const struct nft_ruleset *ruleset =
        lower_rules("ingress", "{action: Allow, source: {selector: has(set)}}", set);
    const struct set *v4 = set_like(ruleset, "sel4."), *v6 = set_like(ruleset, "sel6.");
    ck_assert(v4 != NULL && v4->content == SET_CIDRS && !v4->interval && v4->size == 16 &&
              v4->count == 2);
    ck_assert(v6 != NULL && v6->content == SET_CIDRS && !v6->interval && v6->count == 1);
    ck_assert_str_eq(v4->comment, "has(set)");
    // One selector, one set for each family, in both directions and all rules.
    ruleset =
        lower_rules("egress",
                    "{action: Allow, destination: {selector: has(set)}}, {action: Deny, source: "
                    "{notSelector: has(set)}}",
                    set);
    ck_assert_str_eq(set_like(ruleset, "sel4.")->name, v4->name);
}
END_TEST

START_TEST(ports_and_triples)
{
    const struct nft_ruleset *ruleset =
        lower_rules("ingress",
                    "{action: Allow, protocol: TCP, destination: {ports: [http, 1, 3]}}, "
                    "{action: Deny, protocol: UDP, source: {notPorts: [3, 1]}}",
                    "");
    const struct set *ports = set_like(ruleset, "ports."), *triples = set_like(ruleset, "port4.");
    ck_assert_str_eq(ports->name, "ports.1_3");
    ck_assert(ports->interval && ports->count == 2 && ports->size == 0);
    ck_assert(!triples->interval && triples->count == 1 && triples->triples[0].port == 8080 &&
              triples->size == 16);
    ck_assert_uint_eq(set_like(ruleset, "port6.")->count, 1);
}
END_TEST

UNIT_TESTS("nft lower", a_rule_has_alternatives, log_alternatives_exclude_each_other, actions,
           settings_change_actions, tiers_end, pass_stands_in_the_tier_chain,
           classes_go_through_tiers_and_profiles, pass_in_a_profile_leaves_the_profile,
           names_are_stable, comments_and_names_are_legal,
           long_names_stay_different, comments_end_in_a_place, sizes_grow_in_steps, kinds_of_sets,
           hosts_are_a_hash, long_lists_have_their_place, ports_and_triples)
