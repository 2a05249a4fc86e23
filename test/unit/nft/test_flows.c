// SPDX-License-Identifier: GPL-2.0-or-later
// The flow table as it is read: sets that nft filled, sets of somebody else under those names, and none at all.
#include "kernel_helper.h"

#include <inttypes.h>

#define DECLARE_SETS                                                                               \
    "nft -f - <<'E'\n"                                                                             \
    "table inet polc {\n"                                                                          \
    " set flows4 { type ipv4_addr . ipv4_addr . inet_proto . inet_service; size 16;"               \
    "  flags dynamic,timeout; timeout 1h; counter; }\n"                                            \
    " set flows6 { type ipv6_addr . ipv6_addr . inet_proto . inet_service; size 16;"               \
    "  flags dynamic,timeout; timeout 1h; counter; }\n"                                            \
    " set denied4 { type ipv4_addr . ipv4_addr . inet_proto . inet_service; size 16;"              \
    "  flags dynamic,timeout; timeout 1h; counter; }\n"                                            \
    " chain flow/allow { counter packets 5 bytes 300 accept comment \"flow table full\"; }\n"      \
    " chain flow/deny-icmp { counter packets 9 bytes 9; counter packets 2 bytes 120"               \
    "  comment \"flow table full\"; }\n"                                                           \
    "}\n"                                                                                          \
    "E\n"

static struct nft_flow_table read_flows(struct arena *arena)
{
    struct nft_flow_table table;
    struct nft_failure failure;
    require(nft_read_flows(arena, "polc", &table, &failure) == NFT_DONE);
    return table;
}

static const char *flow_text(struct arena *arena, const struct nft_flow *flow)
{
    char source[IP_TEXT_MAX], dest[IP_TEXT_MAX];
    return arena_printf(arena, "%s %s %u %u%s %" PRIu64 " %" PRIu64,
                        ip_addr_text(flow->source, source), ip_addr_text(flow->dest, dest),
                        flow->protocol, flow->port, flow->denied ? " denied" : "", flow->packets,
                        flow->bytes);
}

NETNS_TEST(flows_are_read_with_their_counters)
{
    static const char *const expected[] = {
        "10.0.0.1 10.0.0.2 1 2048 1 84",
        "10.0.0.1 10.0.0.2 6 80 3 180",
        "10.0.0.1 10.0.0.2 6 80 denied 7 420",
        "10.0.0.1 10.0.0.2 47 0 2 200",
        "fd00::1 fd00::2 17 53 18446744073709551615 90",
    };
    if (!has_nft()) {
        return;
    }
    struct arena *arena = arena_new((size_t)1 << 28);
    shell(DECLARE_SETS);
    shell(
        "nft add element inet polc flows4 '{ 10.0.0.1 . 10.0.0.2 . tcp . 80 counter packets 3 bytes 180,"
        " 10.0.0.1 . 10.0.0.2 . gre . 0 counter packets 2 bytes 200,"
        " 10.0.0.1 . 10.0.0.2 . icmp . 2048 counter packets 1 bytes 84 timeout 2h expires 30m }'");
    shell(
        "nft add element inet polc flows6"
        " '{ fd00::1 . fd00::2 . udp . 53 counter packets 18446744073709551615 bytes 90 expires 50m }'");
    shell("nft add element inet polc denied4"
          " '{ 10.0.0.1 . 10.0.0.2 . tcp . 80 counter packets 7 bytes 420 }'");
    struct nft_flow_table table = read_flows(arena);
    require(table.enabled && table.size == 16 && table.used == 3 && table.lost == 7 &&
            table.timeout_ms == 3600 * 1000);
    require(table.count == ARRAY_COUNT(expected));
    for (size_t i = 0; i < table.count; i++) {
        const char *text = flow_text(arena, &table.items[i]);
        if (strcmp(text, expected[i]) != 0) {
            fprintf(stderr, "expected %s\n     got %s\n", expected[i], text);
        }
        require(strcmp(text, expected[i]) == 0);
    }
    // An element's own time-out, and the set's; the clock runs meanwhile.
    require(table.items[0].idle_ms >= 90 * 60 * 1000 && table.items[0].idle_ms < 91 * 60 * 1000);
    require(table.items[4].idle_ms >= 10 * 60 * 1000 && table.items[4].idle_ms < 11 * 60 * 1000);
    require(table.items[1].idle_ms >= 0 && table.items[1].idle_ms < 60 * 1000);
    arena_free(arena);
}

NETNS_TEST(sets_of_another_form_are_no_flow_table)
{
    if (!has_nft()) {
        return;
    }
    struct arena *arena = arena_new((size_t)1 << 28);
    require(!read_flows(arena).enabled); // no table
    shell(
        "nft 'add table inet polc; add set inet polc flows4 { type ipv4_addr; flags dynamic,timeout; timeout 1h; };"
        " add set inet polc flows6 { type ipv6_addr . ipv6_addr . inet_proto . inet_service; };"
        " add element inet polc flows4 { 10.0.0.1 };"
        " add element inet polc flows6 { fd00::1 . fd00::2 . tcp . 80 };"
        " add set inet polc denied4 { type ipv4_addr . ipv4_addr . inet_proto . inet_service; flags interval; };"
        " add element inet polc denied4 { 10.0.0.0/8 . 10.0.0.2 . tcp . 80 }'");
    struct nft_flow_table table = read_flows(arena);
    require(!table.enabled && table.count == 0 && table.used == 0 && table.lost == 0);
    // One whose elements are not counted.
    shell(
        "nft 'delete set inet polc flows4;"
        " add set inet polc flows4 { type ipv4_addr . ipv4_addr . inet_proto . inet_service; flags dynamic; };"
        " add element inet polc flows4 { 10.0.0.1 . 10.0.0.2 . tcp . 80 }'");
    table = read_flows(arena);
    require(table.enabled && table.size == 0 && table.count == 1 && table.items[0].packets == 0 &&
            table.items[0].idle_ms == 0);
    arena_free(arena);
}

// ---- what a commit does to them ------------------------------------------------------------------------------------

static struct set *make_flow_set(struct made *made)
{
    struct set *set = make_set(made, "flows4", SET_FLOWS_SEEN);
    *set = (struct set){.name = set->name,
                        .content = set->content,
                        .family = IP_V4,
                        .dynamic = true,
                        .timeout = 3600,
                        .size = 64};
    struct chain *base = make_base(made, "forward", HOOK_FORWARD, 0);
    MAKE_RULE(made, base, NULL,
              (struct stmt){.kind = STMT_UPDATE,
                            .key_count = 4,
                            .keys = {KEY_IP_SADDR, KEY_IP_DADDR, KEY_L4PROTO, KEY_NO_PORT},
                            .set = set},
              make_verdict(VERDICT_ACCEPT, NULL));
    return set;
}

#define ADD_FLOW                                                                                   \
    "nft add element inet polc flows4 '{ 10.0.0.1 . 10.0.0.2 . tcp . 80 counter packets 3 bytes 180 }'"

NETNS_TEST(other_limits_are_set_in_place)
{
    struct made made = make_ruleset();
    struct set *set = make_flow_set(&made);
    commit(&made);
    if (!has_nft()) {
        return;
    }
    shell(ADD_FLOW);
    require_same(&made);
    set->size = 4096;
    set->timeout = 7200;
    struct nft_diff *diff = compared(&made);
    require(diff->count == 1 && !diff->items[0].forgets);
    commit(&made);
    struct nft_flow_table table = read_flows(made.arena);
    require(table.size == 4096 && table.timeout_ms == 7200 * 1000 && table.count == 1);
    require(table.items[0].packets == 3);
    // An element that is older than its set keeps its own time-out.
    require(table.items[0].idle_ms < 60 * 1000);
    make_free(&made);
}

NETNS_TEST(a_smaller_set_begins_anew)
{
    struct made made = make_ruleset();
    struct set *set = make_flow_set(&made);
    commit(&made);
    if (!has_nft()) {
        return;
    }
    shell(ADD_FLOW);
    set->size = 16;
    struct nft_diff *diff = compared(&made);
    require(diff->count == 1 && diff->items[0].forgets);
    commit(&made);
    struct nft_flow_table table = read_flows(made.arena);
    require(table.enabled && table.size == 16 && table.count == 0);
    made.ruleset.sets.count = 0;
    made.ruleset.chains.items[0]->count = 0;
    require(compared(&made)->items[1].forgets); // goes
    commit(&made);
    require(!read_flows(made.arena).enabled);
    make_free(&made);
}

NETNS_TEST(a_set_without_counters_is_another_one)
{
    struct made made = make_ruleset();
    make_flow_set(&made);
    commit(&made);
    if (!has_nft()) {
        return;
    }
    shell(
        "nft 'flush chain inet polc forward; delete set inet polc flows4;"
        " add set inet polc flows4 { type ipv4_addr . ipv4_addr . inet_proto . inet_service; size 64;"
        " flags dynamic,timeout; timeout 1h; };"
        " add rule inet polc forward update @flows4 { ip saddr . ip daddr . meta l4proto . th dport & 0 } accept'");
    require(compared(&made)->count == 1);
    commit(&made);
    shell("nft list set inet polc flows4 | grep -q counter");
    make_free(&made);
}

UNIT_TESTS("nft flow table", flows_are_read_with_their_counters,
           sets_of_another_form_are_no_flow_table, other_limits_are_set_in_place,
           a_smaller_set_begins_anew, a_set_without_counters_is_another_one)
