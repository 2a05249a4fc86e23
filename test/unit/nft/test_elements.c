// SPDX-License-Identifier: GPL-2.0-or-later
// Set elements in the kernel of a namespace: what differs is sent, and no more.
#include "kernel_helper.h"

static const struct nft_object_change *change_of(const struct nft_diff *diff, const char *name)
{
    for (size_t i = 0; i < diff->count; i++) {
        if (strcmp(diff->items[i].name, name) == 0) {
            return &diff->items[i];
        }
    }
    return NULL;
}

// A table with one base chain that drops what is in the set.
static struct chain *user_of(struct made *made, const struct set *set)
{
    struct chain *base = make_base(made, "forward", HOOK_FORWARD, 0);
    if (set->content == SET_VERDICTS) {
        MAKE_RULE(made, base, NULL, make_vmap(KEY_IP_SADDR, set));
    } else if (set->content == SET_PADDED) {
        enum rule_key key = set->family == IP_V6 ? KEY_IP6_SADDR : KEY_IP_SADDR;
        MAKE_RULE(made, base, NULL, make_lookup2(key, KEY_L4PROTO, set),
                  make_verdict(VERDICT_DROP, NULL));
    } else {
        enum rule_key key = set->content == SET_PORTS ? KEY_TCP_DPORT
                            : set->family == IP_V6    ? KEY_IP6_SADDR
                                                      : KEY_IP_SADDR;
        MAKE_RULE(made, base, NULL, make_lookup(key, set), make_verdict(VERDICT_DROP, NULL));
    }
    return base;
}

static struct made one_set(enum set_content content, bool interval, const char *text)
{
    struct made made = make_ruleset();
    struct set *set = make_cidrs(&made, "s", content, interval, text);
    set->size = interval && content == SET_CIDRS ? 0 : 64;
    user_of(&made, set);
    return made;
}

struct delta {
    enum set_content content;
    bool interval;
    const char *before, *after;
    size_t added, removed;
};

static void check_delta(const struct delta *delta)
{
    struct made before = one_set(delta->content, delta->interval, delta->before);
    struct made after = one_set(delta->content, delta->interval, delta->after);
    commit(&before);
    struct nft_diff *diff = compared(&after);
    const struct nft_object_change *change = change_of(diff, "s");
    require(diff->count == 1 && change != NULL && change->is_set && change->kind == NFT_CHANGED);
    require(change->elements_added == delta->added && change->elements_removed == delta->removed);
    commit(&after);
    commit(&before);
    make_free(&before);
    make_free(&after);
}

NETNS_TEST(elements_that_differ_are_added_and_removed)
{
    static const struct delta deltas[] = {
        {SET_CIDRS, false, "10.0.0.1/32 10.0.0.2/32", "10.0.0.2/32 10.0.0.3/32 10.0.0.4/32", 2, 1},
        {SET_CIDRS, false, "::1/128 fd00::1/128", "::1/128", 0, 1},
        {SET_CIDRS, true, "10.0.0.0/24", "10.0.0.0/25", 1, 1},
        {SET_CIDRS, true, "10.0.0.0/24 10.0.1.0/25", "10.0.0.0/24 10.0.2.0/23", 1, 1},
        {SET_CIDRS, true, "10.0.0.0/24 10.0.1.0/25", "10.0.1.0/25", 0, 1},
        {SET_CIDRS, true, "10.0.0.0/24", "10.0.0.0/24 10.0.1.0/25", 1, 0},
        {SET_CIDRS, true, "10.0.0.0/8 255.0.0.0/8", "0.0.0.0/0", 1, 2},
        {SET_CIDRS, true, "0.0.0.0/0", "0.0.0.0/1", 1, 1},
        {SET_CIDRS, true, "255.255.255.255/32", "255.255.255.254/31", 1, 1},
        {SET_CIDRS, true, "fd00::/8", "::/0", 1, 1},
        {SET_CIDRS, true, "fd00::/8 fe80::/10 ff00::/8", "fe80::/10 ff00::/9", 1, 2},
        {SET_PADDED, true, "10.0.0.0/24", "10.0.0.0/25", 1, 1},
        {SET_PADDED, true, "10.0.0.0/24 10.0.1.0/25", "10.0.1.0/25", 0, 1},
        {SET_PADDED, true, "10.0.0.0/8 255.0.0.0/8", "0.0.0.0/0", 1, 2},
        {SET_PADDED, true, "0.0.0.0/0", "128.0.0.0/1", 1, 1},
        {SET_PADDED, true, "fd00::/8", "fd00::/8 fe80::/10", 1, 0},
    };
    for (size_t i = 0; i < ARRAY_COUNT(deltas); i++) {
        check_delta(&deltas[i]);
    }
}

NETNS_TEST(port_ranges_change)
{
    static const struct port_range ranges[][3] = {{{1, 5}, {6, 10}, {60000, 65535}},
                                                  {{0, 0}, {80, 80}, {443, 443}},
                                                  {{0, 65535}},
                                                  {{1, 6}, {7, 10}, {65535, 65535}}};
    static const size_t counts[] = {3, 3, 1, 3};
    for (size_t i = 0; i < ARRAY_COUNT(counts); i++) {
        struct made made = make_ruleset();
        user_of(&made, make_ports(&made, "p", ranges[i], counts[i]));
        commit(&made);
        make_free(&made);
    }
}

static struct made with_map(const char *first, const char *second, bool catch_all)
{
    struct made made = make_ruleset();
    struct set *map = make_set(&made, "m", SET_VERDICTS);
    map->size = 64;
    make_jump(&made, map, NULL, "10.0.0.1", VERDICT_JUMP, first);
    make_jump(&made, map, NULL, "10.0.0.2", VERDICT_JUMP, second);
    make_jump(&made, map, NULL, "10.0.0.3", VERDICT_CONTINUE, NULL);
    if (catch_all) {
        make_jump(&made, map, NULL, NULL, VERDICT_GOTO, first);
    }
    user_of(&made, map);
    make_chain(&made, first);
    if (strcmp(first, second) != 0) {
        make_chain(&made, second);
    }
    return made;
}

NETNS_TEST(a_map_element_points_elsewhere)
{
    struct made old = with_map("a", "b", false), new = with_map("a", "c", false),
                other = with_map("c", "c", true);
    commit(&old);
    struct nft_diff *diff = compared(&new);
    const struct nft_object_change *change = change_of(diff, "m");
    require(diff->count == 3 && change != NULL); // chain b goes, c comes, the map changes
    require(change->elements_added == 1 && change->elements_removed == 1);
    commit(&new);
    commit(&other);
    change = change_of(compared(&new), "m");
    require(change->elements_added == 1 && change->elements_removed == 2);
    commit(&new);
    commit(&old);
    make_free(&old);
    make_free(&new);
    make_free(&other);
}

NETNS_TEST(interface_names_and_addresses_key_a_map)
{
    struct made made = make_ruleset();
    struct set *map = make_set(&made, "m", SET_VERDICTS),
               *names = make_set(&made, "n", SET_IFNAMES);
    static const char *const list[] = {"cali1", "a-longer-name15"};
    map->size = 64;
    make_jump(&made, map, "cali1", "fd00::1", VERDICT_JUMP, "a");
    make_jump(&made, map, "cali2", "fd00::1", VERDICT_DROP, NULL);
    make_jump(&made, map, NULL, NULL, VERDICT_GOTO, "a");
    map->family = IP_V6;
    names->ifnames = list;
    names->count = 2;
    make_chain(&made, "a");
    commit(&made);
    names->count = 1;
    map->count = 2;
    commit(&made);
    make_free(&made);
}

NETNS_TEST(triples_are_read_back)
{
    struct made made = make_ruleset();
    struct set *set = make_set(&made, "t", SET_TRIPLES);
    static struct plan_port_member members[] = {
        {.addr = {IP_V4, {10, 0, 0, 1}}, .protocol = PROTO_TCP, .port = 80},
        {.addr = {IP_V4, {10, 0, 0, 1}}, .protocol = PROTO_UDP, .port = 80},
        {.addr = {IP_V4, {10, 0, 0, 1}}, .protocol = PROTO_TCP, .port = 8080},
    };
    set->triples = members;
    set->count = 3;
    commit(&made);
    set->count = 2;
    commit(&made);
    make_free(&made);
}

// ---- shape and size ------------------------------------------------------------------------

NETNS_TEST(a_set_of_another_shape_is_made_anew)
{
    struct made hash = one_set(SET_CIDRS, false, "10.0.0.1/32"),
                tree = one_set(SET_CIDRS, true, "10.0.0.0/24");
    struct made six = one_set(SET_CIDRS, false, "fd00::1/128");
    commit(&hash);
    const struct nft_object_change *change = change_of(compared(&tree), "s");
    require(change->elements_added == 1 && change->elements_removed == 1);
    commit(&tree);
    commit(&six);
    commit(&hash);
    make_free(&hash);
    make_free(&tree);
    make_free(&six);
}

static void add_hosts(struct made *made, struct set *set, size_t count)
{
    for (size_t i = set->count; i < count; i++) {
        struct ip_addr addr = {IP_V4, {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}};
        make_cidr(made, set, cidr_of_addr(addr));
    }
}

NETNS_TEST(a_set_grows_beyond_its_size)
{
    struct made made = make_ruleset();
    struct set *set = make_set(&made, "s", SET_CIDRS), *padded = make_set(&made, "t", SET_PADDED);
    padded->interval = true;
    set->size = padded->size = 4;
    add_hosts(&made, set, 4);
    add_hosts(&made, padded, 4);
    user_of(&made, set);
    commit(&made);
    set->size = padded->size = 2000;
    add_hosts(&made, set, 2000);
    add_hosts(&made, padded, 2000);
    commit(&made);
    set->size = 4000; // alone
    commit(&made);
    make_free(&made);
}

NETNS_TEST(a_full_set_exchanges_all_its_elements)
{
    struct made made = make_ruleset(), other = make_ruleset();
    struct set *set = make_set(&made, "s", SET_CIDRS), *that = make_set(&other, "s", SET_CIDRS);
    set->size = that->size = 100;
    add_hosts(&made, set, 100);
    for (uint8_t i = 0; i < 100; i++) {
        make_cidr(&other, that, cidr_of_addr((struct ip_addr){IP_V4, {11, 0, 0, i}}));
    }
    commit(&made);
    commit(&other);
    make_free(&made);
    make_free(&other);
}

NETNS_TEST(a_hundred_thousand_elements)
{
    struct made made = make_ruleset();
    struct set *hash = make_set(&made, "h", SET_CIDRS), *tree = make_set(&made, "t", SET_CIDRS);
    hash->size = 131072;
    tree->interval = true;
    add_hosts(&made, hash, 100000);
    for (uint32_t i = 0; i < 50000; i++) {
        uint32_t base = 0x0a000000u + i * 256; // all adjacent
        struct ip_addr addr = {
            IP_V4, {(uint8_t)(base >> 24), (uint8_t)(base >> 16), (uint8_t)(base >> 8), 0}};
        make_cidr(&made, tree, (struct cidr){addr, 24});
    }
    commit(&made);
    tree->cidrs.items += 10000;
    tree->count = tree->cidrs.count -= 10001;
    hash->cidrs.items += 5;
    hash->count = hash->cidrs.count -= 5;
    commit(&made);
    make_free(&made);
}

// ---- sets that others wrote ----------------------------------------------------------------

NETNS_TEST(elements_changed_by_hand_are_put_right)
{
    if (!has_nft()) {
        return;
    }
    struct made made = one_set(SET_CIDRS, true, "10.0.0.0/24 10.0.1.0/25 255.255.255.0/24");
    commit(&made);
    shell(
        "nft add element inet polc s { 10.5.0.0/16 }; nft delete element inet polc s { 10.0.1.0/25 }");
    const struct nft_object_change *change = change_of(compared(&made), "s");
    require(change->elements_added == 1 && change->elements_removed == 1);
    commit(&made);
    shell(
        "nft flush set inet polc s && nft add element inet polc s { 10.0.0.0/24, 10.0.1.0/25, 255.255.255.0/24 }");
    require_same(&made);
    shell("nft add element inet polc s { 9.0.0.0/24, 9.0.1.0-9.0.1.9 }");
    commit(&made);
    make_free(&made);
}

NETNS_TEST(a_set_loaded_by_nft_is_the_same)
{
    if (!has_nft()) {
        return;
    }
    struct made made = one_set(SET_PADDED, true, "10.0.0.0/24 10.0.1.0/25");
    shell(
        "nft 'add table inet polc; add chain inet polc forward { type filter hook forward priority 0; };"
        "add set inet polc s { type ipv4_addr . inet_proto; flags interval; size 64; };"
        "add element inet polc s { 10.0.0.0/24 . 0-255, 10.0.1.0/25 . 0-255 };'");
    require(change_of(compared(&made), "s") == NULL);
    shell("nft delete element inet polc s { 10.0.1.0/25 . 0-255 }");
    require(change_of(compared(&made), "s")->elements_added == 1);
    commit(&made);
    make_free(&made);
}

// ---- elements of others --------------------------------------------------------------------

// Packets and other programs fill such a set: a commit that changes everything around it leaves its
// elements and their timers alone.
NETNS_TEST(a_dynamic_set_keeps_its_elements)
{
    struct made made = make_ruleset();
    struct set *set = make_set(&made, "flows", SET_TRIPLES);
    set->dynamic = true;
    set->timeout = 3600;
    set->size = 64;
    struct chain *base = make_base(&made, "forward", HOOK_FORWARD, 0);
    MAKE_RULE(&made, base, "a", make_verdict(VERDICT_ACCEPT, NULL));
    commit(&made);
    if (!has_nft()) {
        return;
    }
    shell("nft list set inet polc flows | grep -q 'flags dynamic,timeout' && "
          "nft list set inet polc flows | grep -q 'timeout 1h'");
    shell("nft add element inet polc flows '{ 10.0.0.1 . tcp . 80 timeout 30m expires 20m,"
          " 10.0.0.2 . udp . 53 }'");
    require_same(&made);
    require(nft_drift_empty(nft_find_drift(made.arena, &made.ruleset, dumped(made.arena))));
    MAKE_RULE(&made, base, "b", make_port(80), make_verdict(VERDICT_DROP, NULL));
    set->size = 4096;
    commit(&made);
    shell(
        "nft list set inet polc flows | grep -q 'size 4096' && "
        "nft list set inet polc flows | grep -q '10.0.0.1 . tcp . 80 timeout 30m expires 1[0-9]m' && "
        "nft list set inet polc flows | grep -q '10.0.0.2 . udp . 53 expires 5[0-9]m'");
    make_free(&made);
}

// The same of a set that no packet fills.
NETNS_TEST(a_domain_set_keeps_its_addresses)
{
    struct made made = make_ruleset();
    struct set *set = make_set(&made, "dom4.0", SET_DOMAINS);
    set->family = IP_V4;
    set->dynamic = true;
    set->timeout = 3600;
    set->size = 64;
    struct chain *base = make_base(&made, "forward", HOOK_FORWARD, 0);
    MAKE_RULE(&made, base, "a", make_lookup(KEY_IP_DADDR, set), make_verdict(VERDICT_ACCEPT, NULL));
    commit(&made);
    if (!has_nft()) {
        return;
    }
    shell("nft add element inet polc dom4.0 '{ 10.0.0.1 timeout 30m, 10.0.0.2 }'");
    require_same(&made);
    require(nft_drift_empty(nft_find_drift(made.arena, &made.ruleset, dumped(made.arena))));
    MAKE_RULE(&made, base, "b", make_port(80), make_verdict(VERDICT_DROP, NULL));
    set->timeout = 7200;
    commit(&made);
    shell("nft list set inet polc dom4.0 | grep -q 'timeout 2h' && "
          "! nft list set inet polc dom4.0 | grep -q dynamic && "
          "nft list set inet polc dom4.0 | grep -q '10.0.0.1 timeout 30m expires [23][0-9]m' && "
          "nft list set inet polc dom4.0 | grep -q '10.0.0.2 '");
    set->timeout = 0;
    commit(&made);
    set->timeout = 3600;
    commit(&made);
    shell("nft list set inet polc dom4.0 | grep -q '10.0.0.1 timeout 30m expires [23][0-9]m' && "
          "nft flush set inet polc dom4.0");
    require_same(&made);
    made.ruleset.sets.count = 0; // what goes is no record of packets
    base->count = 0;
    struct nft_diff *diff = compared(&made);
    require(diff->count == 2 && diff->items[1].is_set && !diff->items[1].forgets);
    make_free(&made);
}

// What it prints for nft is what it sends.
NETNS_TEST(a_domain_set_is_printed_with_its_flags)
{
    struct made made = make_ruleset();
    struct set *set = make_set(&made, "dom6.0", SET_DOMAINS);
    set->family = IP_V6;
    set->dynamic = true;
    set->timeout = 90;
    set->size = 64;
    set->comment = "www.example.com";
    struct chain *base = make_base(&made, "dns/answer-out", HOOK_POSTROUTING, 110);
    MAKE_RULE(&made, base, "a", make_lookup(KEY_IP6_DADDR, set),
              (struct stmt){.kind = STMT_COPY, .copy = {"polc dns", 53}});
    if (!has_nft()) {
        return;
    }
    for (size_t i = 0; i < 4; i++) {
        FILE *out = popen(i % 2 == 0 ? "nft -f -" : "nft -j -f -", "w");
        require(out != NULL);
        set->timeout = i < 2 ? 90 : 0; // none of its own: elements may have one all the same
        (i % 2 == 0 ? nft_print_text : nft_print_json)(&made.ruleset, out);
        require(pclose(out) == 0);
        require_same(&made);
        shell("nft add element inet polc dom6.0 '{ fd00::1 timeout 5m, fd00::2 }'");
        shell(i < 2 ? "nft list set inet polc dom6.0 | grep -q 'fd00::2 expires 1m'"
                    : "nft list set inet polc dom6.0 | grep -q 'fd00::2 }'");
        shell("nft delete table inet polc");
        commit(&made);
        shell("nft add element inet polc dom6.0 '{ fd00::1 timeout 5m, fd00::2 }'");
        shell("nft delete table inet polc");
    }
    make_free(&made);
}

// What it prints for nft is what it sends.
NETNS_TEST(a_dynamic_set_is_printed_with_its_flags)
{
    struct made made = make_ruleset();
    struct set *set = make_set(&made, "flows", SET_TRIPLES);
    set->dynamic = true;
    set->timeout = 90;
    set->size = 64;
    make_base(&made, "forward", HOOK_FORWARD, 0);
    if (!has_nft()) {
        return;
    }
    FILE *nft = popen("nft -f -", "w");
    require(nft != NULL);
    nft_print_text(&made.ruleset, nft);
    require(pclose(nft) == 0);
    require_same(&made);
    make_free(&made);
}

// ---- any change ----------------------------------------------------------------------------

static uint32_t random_next(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static struct made random_set(uint32_t *state, enum set_content content, bool interval)
{
    struct made made = make_ruleset();
    struct set *set = make_set(&made, "s", content);
    set->interval = interval;
    set->size = interval && content == SET_CIDRS ? 0 : 128;
    for (uint32_t i = random_next(state) % 40; i > 0; i--) {
        // Few addresses, so that neighbours and parents are common.
        struct ip_addr addr = {
            IP_V4, {(uint8_t)(random_next(state) % 2 * 255), 0, 0, (uint8_t)random_next(state)}};
        uint8_t bits = interval ? (uint8_t)(24 + random_next(state) % 9) : 32;
        make_cidr(&made, set, cidr_masked((struct cidr){addr, bits}));
    }
    cidrset_normalize(&set->cidrs);
    set->count = set->cidrs.count;
    user_of(&made, set);
    return made;
}

NETNS_TEST(any_set_becomes_any_other)
{
    static const struct {
        enum set_content content;
        bool interval;
    } kinds[] = {{SET_CIDRS, false}, {SET_CIDRS, true}, {SET_PADDED, true}};
    uint32_t state = 1;
    for (size_t kind = 0; kind < ARRAY_COUNT(kinds); kind++) {
        for (int i = 0; i < 100; i++) {
            struct made made = random_set(&state, kinds[kind].content, kinds[kind].interval);
            commit(&made);
            make_free(&made);
        }
    }
}

UNIT_TESTS("elements", elements_that_differ_are_added_and_removed, port_ranges_change,
           a_map_element_points_elsewhere, interface_names_and_addresses_key_a_map,
           triples_are_read_back, a_set_of_another_shape_is_made_anew, a_set_grows_beyond_its_size,
           a_full_set_exchanges_all_its_elements, a_hundred_thousand_elements,
           elements_changed_by_hand_are_put_right, a_set_loaded_by_nft_is_the_same,
           any_set_becomes_any_other, a_dynamic_set_keeps_its_elements,
           a_domain_set_keeps_its_addresses, a_domain_set_is_printed_with_its_flags,
           a_dynamic_set_is_printed_with_its_flags)
