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

UNIT_TESTS("nft flow table", flows_are_read_with_their_counters,
           sets_of_another_form_are_no_flow_table)
