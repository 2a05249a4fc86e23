// SPDX-License-Identifier: GPL-2.0-or-later
// What somebody did to the table, with nft as the somebody: told rule by rule and element by element, in nft's own words.
#include "kernel_helper.h"

static const char *const signs[] = {[NFT_ADDED] = "+", [NFT_REMOVED] = "-", [NFT_CHANGED] = "~"};

static void add_rules(struct strbuf *text, const struct nft_drift_object *object)
{
    for (size_t i = 0; i < object->rules.count; i++) {
        const struct nft_drift_rule *rule = &object->rules.items[i];
        strbuf_addf(text, " %s[%s]", signs[rule->kind], rule->text != NULL ? rule->text : "?");
        if (rule->was != NULL) {
            strbuf_addf(text, " was [%s]", rule->was);
        }
        strbuf_addf(text, "@%zu", rule->after);
    }
}

// "~chain c +[tcp dport 22 accept]@1; ~set s +10.0.0.1 +1-0"
static const char *drift_text(struct made *made)
{
    struct strbuf text = {.arena = made->arena};
    struct nft_failure failure;
    struct nft_kernel *kernel = dumped(made->arena);
    struct nft_drift *drift = nft_find_drift(made->arena, &made->ruleset, kernel);
    require(nft_read_drift_rules(made->arena, kernel, drift, &failure) == NFT_DONE);
    strbuf_add(&text, drift->dormant ? "dormant " : drift->table_missing ? "missing " : "");
    for (size_t i = 0; i < drift->count; i++) {
        const struct nft_drift_object *object = &drift->items[i];
        strbuf_addf(&text, "%s%s%s", text.length > 0 ? "; " : "", signs[object->kind],
                    object->name);
        if (object->change != NULL) {
            strbuf_addf(&text, " (%s)", object->change);
        }
        add_rules(&text, object);
        for (size_t j = 0; j < object->elements.count; j++) {
            strbuf_addf(&text, " %s%s", signs[object->elements.items[j].kind],
                        object->elements.items[j].text);
        }
        if (object->is_set) {
            strbuf_addf(&text, " +%zu-%zu", object->elements_added, object->elements_removed);
        }
    }
    require(nft_drift_empty(drift) == (text.length == 0));
    return strbuf_text(&text);
}

static void require_drift(struct made *made, const char *command, const char *expected)
{
    shell(command);
    const char *text = drift_text(made);
    if (strcmp(text, expected) != 0) {
        fprintf(stderr, "after: %s\nexpected: %s\n     got: %s\n", command, expected, text);
        _exit(EXIT_FAILURE);
    }
    commit(made);
    require(strcmp(drift_text(made), "") == 0);
}

// A base chain, a chain of three rules, a set of nets, a map.
static struct made make_table(void)
{
    struct made made = make_ruleset();
    struct chain *base = make_base(&made, "forward", HOOK_FORWARD, 0);
    struct chain *rules = make_chain(&made, "c");
    struct set *map = make_set(&made, "m", SET_VERDICTS);
    make_cidrs(&made, "s", SET_CIDRS, true, "10.0.0.0/8 172.16.0.0/12");
    MAKE_RULE(&made, base, NULL, make_vmap(KEY_IP_DADDR, map));
    MAKE_RULE(&made, rules, "gnp/a in 0 x.yaml:1", make_port(80), make_counter(),
              make_verdict(VERDICT_ACCEPT, NULL));
    MAKE_RULE(&made, rules, "gnp/a in 1 x.yaml:2", make_port(81), make_counter(),
              make_verdict(VERDICT_ACCEPT, NULL));
    MAKE_RULE(&made, rules, "gnp/a in 2 x.yaml:3", make_verdict(VERDICT_DROP, NULL));
    make_jump(&made, map, NULL, "10.0.0.1", VERDICT_JUMP, "c");
    return made;
}

#define HANDLE(text) "$(nft -a list chain inet polc c | awk '/" text "/ { print $NF; exit }')"

NETNS_TEST(what_somebody_did_is_told_one_by_one)
{
    if (!has_nft()) {
        return;
    }
    static const struct {
        const char *command, *drift;
    } cases[] = {
        {"true", ""},
        {"nft add rule inet polc c tcp dport 22 accept", "~c +[tcp dport 22 accept]@3"},
        {"nft insert rule inet polc c ip saddr 192.0.2.0/24 counter drop comment '\"mine\"'",
         "~c +[ip saddr 192.0.2.0/24 counter drop comment \"mine\"]@0"},
        {"nft add rule inet polc c position " HANDLE("dport 80") " udp dport '{ 53, 123 }' accept",
         "~c +[udp dport { 53, 123 } accept]@1"},
        {"nft delete rule inet polc c handle " HANDLE("dport 81"),
         "~c -[tcp dport 81 counter accept]@1"},
        {"nft replace rule inet polc c handle " HANDLE("dport 81") " tcp dport 8081 accept",
         "~c ~[tcp dport 8081 accept] was [tcp dport 81 counter accept]@1"},
        {"nft flush chain inet polc c",
         "~c -[tcp dport 80 counter accept]@0 -[tcp dport 81 counter accept]@1 -[drop]@2"},
        {"nft add chain inet polc mine '{ ip daddr 10.9.9.9 reject; }'",
         "+mine +[ip daddr 10.9.9.9 reject with icmp code 3]@0"},
        {"nft add chain inet polc forward '{ policy drop; }'", "~forward (policy drop)"},
        {"nft add chain inet polc in '{ type filter hook input priority 5; }'", "+in"},
        {"nft add set inet polc mine '{ type inet_service; flags interval; elements = { 1-5 }; }'",
         "+mine +1-5 +1-0"},
        {"nft add element inet polc s '{ 192.0.2.0/25 }'", "~s +192.0.2.0/25 +1-0"},
        {"nft delete element inet polc s '{ 10.0.0.0/8 }'", "~s -10.0.0.0/8 +0-1"},
        {"nft flush set inet polc s", "~s -10.0.0.0/8 -172.16.0.0/12 +0-2"},
        {"nft delete element inet polc m '{ 10.0.0.1 }'; "
         "nft add element inet polc m '{ 10.0.0.1 : accept, 10.0.0.2 : drop }'",
         "~m +10.0.0.1 : accept -10.0.0.1 : jump c +10.0.0.2 : drop +2-1"},
        {"nft flush chain inet polc forward; nft flush map inet polc m; nft delete chain inet polc c",
         "-c -[tcp dport 80 counter accept]@0 -[tcp dport 81 counter accept]@1 -[drop]@2; "
         "~forward -[ip daddr vmap @m]@0; ~m -10.0.0.1 : jump c +0-1"},
        {"nft add table inet polc '{ flags dormant; }'", "dormant "},
        {"nft delete table inet polc", "missing "},
    };
    struct made made = make_table();
    commit(&made);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        require_drift(&made, cases[i].command, cases[i].drift);
    }
    make_free(&made);
}

NETNS_TEST(rules_are_written_as_nft_lists_them)
{
    if (!has_nft()) {
        return;
    }
    static const char *const rules[] = {
        "iifname \"eth0\" oifname \"cali*\" counter accept",
        "ip saddr != 10.0.0.1 ip daddr 10.0.0.0/9 tcp sport 5-10 tcp dport != 443 drop",
        "meta nfproto ipv6 meta l4proto sctp accept",
        "ip6 saddr fd00::/8 udp dport 53 jump c",
        "ct state established,related accept",
        "ct state invalid counter drop",
        "icmp type 8 icmp code 0 accept",
        "meta mark & 0x00000010 != 0x00000000 return",
        "limit rate 10/second burst 5 packets log prefix \"x \" level warn",
        "tcp dport > 1024 ip saddr @s goto c",
        "tcp dport { 22, 80-90 } reject with tcp reset",
        "ip saddr . tcp dport { 10.0.0.1 . 80, 10.0.0.2 . 81 } accept",
        "ip daddr vmap { 10.0.0.1 : accept, 10.0.0.2 : jump c }",
    };
    struct made made = make_table();
    commit(&made);
    for (size_t i = 0; i < ARRAY_COUNT(rules); i++) {
        shell(arena_printf(made.arena, "nft add rule inet polc forward '%s'", rules[i]));
        const char *expected = arena_printf(made.arena, "~forward +[%s]@1", rules[i]);
        const char *text = drift_text(&made);
        if (strcmp(text, expected) != 0) {
            fprintf(stderr, "expected: %s\n     got: %s\n", expected, text);
            _exit(EXIT_FAILURE);
        }
        commit(&made);
    }
    make_free(&made);
}

NETNS_TEST(many_elements_are_counted_and_some_are_listed)
{
    struct made made = make_ruleset();
    struct set *set = make_set(&made, "big", SET_CIDRS);
    for (uint32_t i = 0; i < 1000; i++) {
        struct ip_addr addr = {.family = IP_V4, .bytes = {10, 0, (uint8_t)(i >> 8), (uint8_t)i}};
        make_cidr(&made, set, cidr_of_addr(addr));
    }
    set->size = 2048;
    commit(&made);
    set->count = set->cidrs.count = 300; // what was loaded, if somebody had added 700
    struct nft_drift *drift = nft_find_drift(made.arena, &made.ruleset, dumped(made.arena));
    require(drift->count == 1 && drift->items[0].elements_added == 700);
    require(drift->items[0].elements.count <= NFT_DRIFT_ELEMENTS);
    require(strcmp(drift->items[0].elements.items[0].text, "10.0.1.44") == 0);
    make_free(&made);
}

UNIT_TESTS("drift", what_somebody_did_is_told_one_by_one, rules_are_written_as_nft_lists_them,
           many_elements_are_counted_and_some_are_listed)
