// SPDX-License-Identifier: GPL-2.0-or-later
// Counters of a table in the kernel, added up by what they count for.
#include "encode.h"
#include "kernel_helper.h"

#include <stdlib.h>

// Loads a table as nft has it, with the values of its counters, and reads the counters.
static struct nft_counters counters_of(struct arena *arena, const char *rules)
{
    struct nft_kernel *kernel;
    struct nft_failure failure;
    shell(arena_printf(arena, "nft -f - <<'END'\n%s\nEND", rules));
    require(nft_dump_rules(arena, "polc", &kernel, &failure) == NFT_DONE);
    require(nft_kernel_exists(kernel) && nft_kernel_handle(kernel) != 0);
    return nft_kernel_counters(arena, kernel);
}

static const struct nft_counter *find(const struct nft_counters *counters, const char *id,
                                      int direction, const char *what)
{
    for (size_t i = 0; i < counters->count; i++) {
        const struct nft_counter *counter = &counters->items[i];
        if (strcmp(counter->id, id) == 0 && counter->direction == direction &&
            texts_equal(counter->what, what)) {
            return counter;
        }
    }
    return NULL;
}

static void require_counter(const struct nft_counters *counters, enum nft_counter_kind kind,
                            const char *id, int direction, const char *what, uint64_t packets)
{
    const struct nft_counter *counter = find(counters, id, direction, what);
    require(counter != NULL);
    require(counter->kind == kind && counter->packets == packets && counter->bytes == 10 * packets);
}

NETNS_TEST(rules_of_one_thing_are_added_up)
{
    if (!has_nft()) {
        return;
    }
    struct arena *arena = arena_new(1 << 20);
    struct nft_counters counters = counters_of(
        arena, "table inet polc {\n"
               "set s { type ipv4_addr; }\n"
               "chain polc.info { counter packets 9 bytes 90 return comment \"polc 1\"; }\n"
               "chain a {\n"
               "ip saddr @s counter packets 1 bytes 10 accept comment \"gnp/x in 0 f.yaml:3\"\n"
               "counter packets 2 bytes 20 accept comment \"gnp/x in 0 other.yaml:7\"\n"
               "counter packets 4 bytes 40 accept comment \"gnp/x out 0 f.yaml:9\"\n"
               "tcp dport 80 comment \"gnp/x in 1-2 f.yaml:3\"\n" // no counter: its map has chains
               "counter packets 32 bytes 320\n"
               "counter packets 64 bytes 640 comment \"flow table full\"\n"
               "}\n"
               "chain b {\n"
               "tcp dport 1 counter packets 8 bytes 80 accept comment \"gnp/x in 1,2 f.yaml:4\"\n"
               "counter packets 16 bytes 160 drop comment \"tier/t in end f.yaml:10\"\n"
               "counter packets 3 bytes 30 drop comment \"profile in end\"\n"
               "tcp dport 22 counter packets 5 bytes 50 accept comment \"failsafe in tcp/22\"\n"
               "counter packets 7 bytes 70 return comment \"pending tier/s out end f.yaml:4\"\n"
               "tcp dport 1 return comment \"pending gnp/x in 0 f.yaml:4\"\n"
               "ct state invalid counter packets 6 bytes 60 drop comment \"conntrack invalid\"\n"
               "}\n}");
    require(counters.count == 8);
    require_counter(&counters, NFT_COUNTER_RULE, "gnp/x", PLAN_IN, "0", 3);
    require_counter(&counters, NFT_COUNTER_RULE, "gnp/x", PLAN_OUT, "0", 4);
    require_counter(&counters, NFT_COUNTER_RULE, "gnp/x", PLAN_IN, "1,2", 8);
    require_counter(&counters, NFT_COUNTER_END, "tier/t", PLAN_IN, NULL, 16);
    require_counter(&counters, NFT_COUNTER_END, "profile", PLAN_IN, NULL, 3);
    require_counter(&counters, NFT_COUNTER_PENDING_END, "tier/s", PLAN_OUT, NULL, 7);
    require_counter(&counters, NFT_COUNTER_FAILSAFE, "failsafe", PLAN_IN, "tcp/22", 5);
    require_counter(&counters, NFT_COUNTER_OTHER, "conntrack invalid", PLAN_IN, NULL, 6);
    arena_free(arena);
}

START_TEST(lists_are_ranges)
{
    static const struct {
        const char *what, *ranges;
    } rows[] = {
        {"0", "0-0 "},
        {"12", "12-12 "},
        {"1-3", "1-3 "},
        {"0,2,5-7", "0-0 2-2 5-7 "},
        {"0,2,4..30", "0-0 2-2 4..30 "},
        {"", ""},
        {"x", ""},
    };
    struct arena *arena = arena_new(1 << 16);
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct strbuf text = {.arena = arena};
        const char *at = rows[i].what;
        uint32_t first, last;
        bool cut;
        while (nft_counter_range(&at, &first, &last, &cut)) {
            strbuf_addf(&text, "%u%s%u ", first, cut ? ".." : "-", last);
        }
        ck_assert_str_eq(strbuf_text(&text), rows[i].ranges);
    }
    arena_free(arena);
}
END_TEST

UNIT_TESTS("counters", rules_of_one_thing_are_added_up, lists_are_ranges)
