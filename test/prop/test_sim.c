// SPDX-License-Identifier: GPL-2.0-or-later
// The simulator on small hand-made rulesets: what nftables promises about chains, verdicts, maps and matches.
#include "sim.h"

#include <check.h>

#define RULE(...)                                                                                  \
    {                                                                                              \
        .stmts = (const struct stmt[]){__VA_ARGS__},                                               \
        .stmt_count = sizeof((const struct stmt[]){__VA_ARGS__}) / sizeof(struct stmt)             \
    }
#define CHAIN(title, at_hook, at_priority, ...)                                                    \
    &(struct chain)                                                                                \
    {                                                                                              \
        .name = (title), .hook = (at_hook), .priority = (at_priority),                             \
        .items = (struct rule[]){__VA_ARGS__},                                                     \
        .count = sizeof((struct rule[]){__VA_ARGS__}) / sizeof(struct rule)                        \
    }
#define RULESET(...)                                                                               \
    &(struct nft_ruleset)                                                                          \
    {                                                                                              \
        .table = "t", .chains.items = (struct chain *[]){__VA_ARGS__},                             \
        .chains.count = sizeof((struct chain *[]){__VA_ARGS__}) / sizeof(struct chain *)           \
    }

static const struct stmt accept = {.kind = STMT_VERDICT, .verdict = VERDICT_ACCEPT};
static const struct stmt drop = {.kind = STMT_VERDICT, .verdict = VERDICT_DROP};
static const struct stmt go_back = {.kind = STMT_VERDICT, .verdict = VERDICT_RETURN};
static const struct stmt count = {.kind = STMT_COUNTER};

static struct stmt to(enum verdict_kind verdict, const char *chain)
{
    return (struct stmt){.kind = STMT_VERDICT, .verdict = verdict, .chain = chain};
}

static struct stmt match(enum rule_key key, enum match_op op, uint8_t first, uint8_t second)
{
    return (struct stmt){
        .kind = STMT_MATCH, .op = op, .key_count = 1, .keys = {key}, .value = {first, second}};
}

static const struct sim_packet web = {
    .source = {IP_V4, {10, 0, 0, 1}},
    .destination = {IP_V4, {10, 0, 1, 130}},
    .protocol = PROTO_TCP,
    .source_port = 40000,
    .destination_port = 80,
    .in_interface = "eth0",
    .out_interface = "cali1",
    .ct_state = SIM_CT_NEW,
};

static bool passes(const struct nft_ruleset *ruleset, const struct sim_packet *packet)
{
    struct sim sim = {.ruleset = ruleset};
    bool passed = sim_packet_way(&sim, packet) == SIM_ACCEPT;
    ck_assert_ptr_null(sim.error);
    return passed;
}

// One rule in a forward chain: does it match?
static bool matches(struct stmt stmt, const struct sim_packet *packet)
{
    return !passes(RULESET(CHAIN("f", HOOK_FORWARD, 0, RULE(stmt, drop))), packet);
}

START_TEST(chains_return_where_they_were_jumped_to)
{
    struct stmt jump = to(VERDICT_JUMP, "a"), leave = to(VERDICT_GOTO, "b");
    // The end of a chain, and return, go back behind the jump.
    ck_assert(!passes(RULESET(CHAIN("f", HOOK_FORWARD, 0, RULE(jump), RULE(drop)),
                              CHAIN("a", HOOK_NONE, 0, RULE(go_back), RULE(accept))),
                      &web));
    ck_assert(passes(RULESET(CHAIN("f", HOOK_FORWARD, 0, RULE(jump), RULE(accept), RULE(drop)),
                             CHAIN("a", HOOK_NONE, 0, RULE(count))),
                     &web));
    // The end of a chain that was reached by goto goes back to where the last jump was.
    ck_assert(!passes(RULESET(CHAIN("f", HOOK_FORWARD, 0, RULE(jump), RULE(drop)),
                              CHAIN("a", HOOK_NONE, 0, RULE(leave), RULE(accept)),
                              CHAIN("b", HOOK_NONE, 0, RULE(count))),
                      &web));
    // In a base chain, goto and return lead to the policy.
    ck_assert(passes(RULESET(CHAIN("f", HOOK_FORWARD, 0, RULE(leave), RULE(drop)),
                             CHAIN("b", HOOK_NONE, 0, RULE(count))),
                     &web));
    ck_assert(passes(RULESET(CHAIN("f", HOOK_FORWARD, 0, RULE(go_back), RULE(drop))), &web));
}
END_TEST

START_TEST(accept_ends_one_base_chain_and_drop_all)
{
    ck_assert(!passes(RULESET(CHAIN("late", HOOK_FORWARD, 1, RULE(drop)),
                              CHAIN("early", HOOK_FORWARD, -1, RULE(accept))),
                      &web));
    ck_assert(!passes(RULESET(CHAIN("late", HOOK_FORWARD, 1, RULE(accept)),
                              CHAIN("early", HOOK_FORWARD, -1, RULE(drop))),
                      &web));
    ck_assert(!passes(RULESET(CHAIN("f", HOOK_FORWARD, 0, RULE(accept)),
                              CHAIN("p", HOOK_POSTROUTING, 0, RULE(drop))),
                      &web));
    ck_assert(passes(
        RULESET(CHAIN("i", HOOK_INPUT, 0, RULE(drop)), CHAIN("o", HOOK_OUTPUT, 0, RULE(drop))),
        &web));
    struct sim_packet from_host = web, to_host = web;
    from_host.in_interface = to_host.out_interface = "";
    ck_assert(!passes(RULESET(CHAIN("o", HOOK_OUTPUT, 0, RULE(drop))), &from_host));
    ck_assert(!passes(RULESET(CHAIN("i", HOOK_INPUT, 0, RULE(drop))), &to_host));
    ck_assert(passes(RULESET(CHAIN("f", HOOK_FORWARD, 0, RULE(drop))), &to_host));
}
END_TEST

START_TEST(values_are_compared_as_the_kernel_does)
{
    struct stmt net = {.kind = STMT_MATCH,
                       .op = OP_PREFIX,
                       .key_count = 1,
                       .keys = {KEY_IP_DADDR},
                       .bits = 25,
                       .value = {10, 0, 1, 128}};
    ck_assert(matches(net, &web));
    net.value[3] = 0;
    ck_assert(!matches(net, &web));
    net.op = OP_NOT_PREFIX;
    ck_assert(matches(net, &web));
    ck_assert(matches(match(KEY_TCP_DPORT, OP_EQ, 0, 80), &web));
    ck_assert(!matches(match(KEY_TCP_DPORT, OP_NE, 0, 80), &web));
    struct stmt range = match(KEY_TCP_DPORT, OP_RANGE, 0, 70);
    range.value_end[1] = 80;
    ck_assert(matches(range, &web));
    range.value_end[1] = 79;
    ck_assert(!matches(range, &web));
    struct stmt name = {.kind = STMT_MATCH,
                        .op = OP_PREFIX,
                        .key_count = 1,
                        .keys = {KEY_OIFNAME},
                        .bits = 32,
                        .value = "cali"};
    ck_assert(matches(name, &web));
    name.keys[0] = KEY_IIFNAME;
    ck_assert(!matches(name, &web));
}
END_TEST

START_TEST(what_a_packet_does_not_have_never_matches)
{
    struct sim_packet ping = web, v6 = web;
    ping.protocol = PROTO_ICMP;
    ping.icmp_type = 8;
    v6.source.family = v6.destination.family = IP_V6;
    ck_assert(!matches(match(KEY_UDP_DPORT, OP_NE, 0, 53), &web)); // nft checks the protocol first
    ck_assert(!matches(match(KEY_IP_SADDR, OP_NE, 10, 9), &v6));
    ck_assert(!matches(match(KEY_ICMPV6_TYPE, OP_NE, 1, 0), &ping));
    ck_assert(matches(match(KEY_ICMP_TYPE, OP_NE, 1, 0), &ping));
    ck_assert(matches(match(KEY_ICMP_TYPE, OP_EQ, 8, 0), &ping));
}
END_TEST

START_TEST(sets_and_maps)
{
    struct cidr nets[] = {{{IP_V4, {10, 0, 0, 0}}, 30}, {{IP_V4, {10, 0, 2, 0}}, 24}};
    struct set set = {
        .name = "s", .content = SET_CIDRS, .family = IP_V4, .count = 2, .cidrs = {nets, 2}};
    struct stmt in = {
        .kind = STMT_MATCH, .op = OP_SET, .key_count = 1, .keys = {KEY_IP_SADDR}, .set = &set};
    ck_assert(matches(in, &web));
    in.keys[0] = KEY_IP_DADDR;
    ck_assert(!matches(in, &web));
    in.op = OP_NOT_SET;
    ck_assert(matches(in, &web));
    struct map_element elements[] = {
        {.ifname = "eth0", .addr = {IP_V4, {10, 0, 0, 1}}, .verdict = VERDICT_DROP},
        {.ifname = "eth1", .addr = {IP_V4, {10, 0, 0, 1}}, .verdict = VERDICT_CONTINUE},
        {.catch_all = true, .verdict = VERDICT_ACCEPT}};
    struct set map = {.name = "m",
                      .content = SET_VERDICTS,
                      .family = IP_V4,
                      .with_ifname = true,
                      .verdicts = elements,
                      .count = 2};
    struct stmt vmap = {
        .kind = STMT_VMAP, .key_count = 2, .keys = {KEY_IIFNAME, KEY_IP_SADDR}, .set = &map};
    struct nft_ruleset *ruleset =
        RULESET(CHAIN("f", HOOK_FORWARD, 0, RULE(vmap, accept), RULE(drop)));
    struct sim_packet other = web;
    ck_assert(!passes(ruleset, &web));
    other.in_interface = "eth1"; // continue: the rest of the rule
    ck_assert(passes(ruleset, &other));
    other.in_interface = "eth2"; // a miss ends the rule, not the chain
    ck_assert(!passes(ruleset, &other));
    map.count = 3;
    ck_assert(passes(ruleset, &other));
}
END_TEST

START_TEST(connection_tracking_and_marks)
{
    struct stmt invalid = match(KEY_CT_STATE, OP_BITS, SIM_CT_INVALID, 0);
    struct stmt new = match(KEY_CT_STATE, OP_BITS, SIM_CT_NEW, 0);
    struct stmt untracked = match(KEY_CT_STATE, OP_BITS, SIM_CT_UNTRACKED, 0);
    struct stmt notrack = {.kind = STMT_NOTRACK};
    struct stmt set = {.kind = STMT_SET_MARK, .mark = {.keep = ~8u, .set = 4}};
    struct stmt marked = match(KEY_MARK, OP_BITS, 4, 0), old = match(KEY_MARK, OP_BITS, 8, 0);
    struct sim_packet packet = web;
    packet.mark = 9;
    // Before connection tracking every packet is invalid.
    ck_assert(!passes(RULESET(CHAIN("raw", HOOK_PREROUTING, -300, RULE(invalid, drop))), &web));
    ck_assert(!passes(RULESET(CHAIN("mangle", HOOK_PREROUTING, -150, RULE(new, drop))), &web));
    ck_assert(!passes(RULESET(CHAIN("raw", HOOK_PREROUTING, -300, RULE(notrack, accept)),
                              CHAIN("f", HOOK_FORWARD, 0, RULE(untracked, drop))),
                      &web));
    ck_assert(passes(RULESET(CHAIN("late", HOOK_PREROUTING, -150, RULE(notrack, accept)),
                             CHAIN("f", HOOK_FORWARD, 0, RULE(untracked, drop))),
                     &web));
    ck_assert(!passes(RULESET(CHAIN("raw", HOOK_PREROUTING, -300, RULE(set, accept)),
                              CHAIN("f", HOOK_FORWARD, 0, RULE(marked, drop))),
                      &packet));
    ck_assert(passes(RULESET(CHAIN("raw", HOOK_PREROUTING, -300, RULE(set, accept)),
                             CHAIN("f", HOOK_FORWARD, 0, RULE(old, drop))),
                     &packet));
}
END_TEST

START_TEST(actions)
{
    struct stmt reject = {.kind = STMT_REJECT};
    struct stmt limit = {.kind = STMT_LIMIT, .limit = {1, 5, 1}};
    struct sim_packet flood = web;
    flood.limits_exceeded = true;
    ck_assert(!passes(RULESET(CHAIN("f", HOOK_FORWARD, 0, RULE(count, reject))), &web));
    ck_assert(!passes(RULESET(CHAIN("f", HOOK_FORWARD, 0, RULE(limit, drop))), &web));
    ck_assert(passes(RULESET(CHAIN("f", HOOK_FORWARD, 0, RULE(limit, drop))), &flood));
}
END_TEST

// Chain number i jumps to number i + 1; the last one goes to `last`.
// A counter counts the packets that come to it: not behind a match that does not hold, and each time anew.
START_TEST(counters)
{
    struct arena *arena = arena_new(1 << 24);
    struct stmt other = match(KEY_L4PROTO, OP_EQ, PROTO_UDP, 0);
    struct stmt same = match(KEY_L4PROTO, OP_EQ, PROTO_TCP, 0);
    const struct nft_ruleset *ruleset =
        RULESET(CHAIN("forward", HOOK_FORWARD, 0, RULE(other, count), RULE(count, same),
                      RULE(to(VERDICT_JUMP, "c")), RULE(to(VERDICT_JUMP, "c")), RULE(accept)),
                CHAIN("c", HOOK_NONE, 0, RULE(same, count, go_back), RULE(count, accept)));
    struct sim sim = {.ruleset = ruleset, .arena = arena};
    ck_assert(sim_packet_way(&sim, &web) == SIM_ACCEPT);
    const struct chain *base = ruleset->chains.items[0], *called = ruleset->chains.items[1];
    ck_assert_uint_eq(sim.counted.count, 3);
    ck_assert_ptr_eq(sim.counted.items[0], &base->items[1]);
    ck_assert_ptr_eq(sim.counted.items[1], &called->items[0]);
    ck_assert_ptr_eq(sim.counted.items[2], &called->items[0]);
    arena_free(arena);
}
END_TEST

static const char *check_row(struct arena *arena, size_t length, const char *last)
{
    struct nft_ruleset ruleset = {.table = "t"};
    for (size_t i = 0; i < length; i++) {
        struct chain *chain = arena_new_of(arena, struct chain);
        struct stmt *stmt = arena_new_of(arena, struct stmt);
        const char *next = i + 1 < length ? arena_printf(arena, "c%zu", i + 1) : last;
        *stmt = next != NULL ? to(i % 2 ? VERDICT_GOTO : VERDICT_JUMP, next) : accept;
        *chain = (struct chain){.name = arena_printf(arena, "c%zu", i),
                                .hook = i == 0 ? HOOK_FORWARD : HOOK_NONE};
        vec_push(arena, chain, (struct rule){.stmts = stmt, .stmt_count = 1});
        vec_push(arena, &ruleset.chains, chain);
    }
    return sim_check(arena, &ruleset);
}

START_TEST(what_the_kernel_refuses)
{
    struct arena *arena = arena_new(1 << 24);
    ck_assert_ptr_null(check_row(arena, 16, NULL));
    ck_assert_ptr_nonnull(check_row(arena, 17, NULL));
    ck_assert_ptr_nonnull(check_row(arena, 3, "c1")); // a loop
    ck_assert_ptr_nonnull(check_row(arena, 3, "c0")); // a base chain
    ck_assert_ptr_nonnull(check_row(arena, 3, "nowhere"));
    struct cidr nets[] = {{{IP_V4, {10, 0, 0, 0}}, 24}, {{IP_V4, {10, 0, 0, 128}}, 25}};
    struct set set = {
        .name = "s", .content = SET_PADDED, .family = IP_V4, .count = 2, .cidrs = {nets, 2}};
    struct nft_ruleset *ruleset = RULESET(CHAIN("f", HOOK_FORWARD, 0, RULE(accept)));
    vec_push(arena, &ruleset->sets, &set);
    ck_assert_ptr_nonnull(sim_check(arena, ruleset));
    nets[1].addr.bytes[2] = 1;
    ck_assert_ptr_null(sim_check(arena, ruleset));
    set.size = 1;
    ck_assert_ptr_nonnull(sim_check(arena, ruleset));
    ruleset = RULESET(CHAIN("f", HOOK_FORWARD, 0, RULE(accept, count)));
    ck_assert_ptr_nonnull(sim_check(arena, ruleset)); // nothing may stand behind a verdict
    arena_free(arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("simulator");
    TCase *test = tcase_create("rulesets");
    tcase_add_test(test, chains_return_where_they_were_jumped_to);
    tcase_add_test(test, accept_ends_one_base_chain_and_drop_all);
    tcase_add_test(test, values_are_compared_as_the_kernel_does);
    tcase_add_test(test, what_a_packet_does_not_have_never_matches);
    tcase_add_test(test, sets_and_maps);
    tcase_add_test(test, connection_tracking_and_marks);
    tcase_add_test(test, actions);
    tcase_add_test(test, counters);
    tcase_add_test(test, what_the_kernel_refuses);
    suite_add_tcase(suite, test);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
