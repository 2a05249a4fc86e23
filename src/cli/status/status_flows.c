// SPDX-License-Identifier: GPL-2.0-or-later
// How full the kernel's flow table is, and what it could not take.
#include "status.h"

#include <inttypes.h>

enum { GROUP = 3, MS = 1000, LARGER = 4 };

// "65,536".
static const char *grouped(struct arena *arena, uint64_t number)
{
    struct strbuf text = {.arena = arena};
    const char *digits = arena_printf(arena, "%" PRIu64, number);
    size_t left = strlen(digits);
    for (; *digits != '\0'; digits++, left--) {
        if (text.length > 0 && left % GROUP == 0) {
            strbuf_add(&text, ",");
        }
        strbuf_add_n(&text, digits, 1);
    }
    return strbuf_text(&text);
}

void print_flow_table(const struct status *status)
{
    struct arena *arena = status->run->arena;
    const struct nft_flow_table *flows = &status->flows;
    if (!flows->enabled) {
        puts("flow table  off");
        return;
    }
    printf("flow table  %s flows, %s of %s in the fullest set, %s lost\n",
           grouped(arena, flows->count), grouped(arena, flows->used), grouped(arena, flows->size),
           grouped(arena, flows->lost));
    if (flows->lost > 0 && flows->size < RES_FLOWS_MAX / LARGER) {
        printf(
            "%ssets were full: a FelixConfiguration with the annotation polc.io/flow-table-size: "
            "\"%" PRIu64 "\" makes them larger\n",
            status_heading("flow table", 1), (uint64_t)flows->size * LARGER);
    }
}

// null without a flow table.
json_t *flow_table_json(const struct status *status)
{
    const struct nft_flow_table *flows = &status->flows;
    if (!flows->enabled) {
        return json_null();
    }
    return json_pack("{s:I, s:I, s:I, s:I, s:I}", "flows", (json_int_t)flows->count, "size",
                     (json_int_t)flows->size, "used", (json_int_t)flows->used, "lost",
                     (json_int_t)flows->lost, "timeout_seconds",
                     (json_int_t)(flows->timeout_ms / MS));
}
