// SPDX-License-Identifier: GPL-2.0-or-later
// Boards of plans from YAML text, and of counters by hand.
#pragma once

#include "plan/plan_helper.h"

#include <polc/board.h>

// "in 0 gnp/x 3": counts in packets; bytes are ten times as many. The list ends with a NULL.
static struct nft_counters counters;

__attribute__((unused)) static void count(enum nft_counter_kind kind, const char *id, int direction,
                                          const char *what, uint64_t packets)
{
    vec_push(arena, &counters,
             (struct nft_counter){.kind = (uint8_t)kind,
                                  .direction = (uint8_t)direction,
                                  .id = id,
                                  .what = what,
                                  .packets = packets,
                                  .bytes = 10 * packets});
}

// What a rule matches, for the tests: its place in the file is the same for none.
static const char *text_of_rule(struct arena *on, const struct plan *plan,
                                const struct plan_rule *rule)
{
    (void)plan;
    return arena_printf(
        on, "port %u",
        rule->match.destination.ports.count > 0 ? rule->match.destination.ports.items[0].min : 0);
}

__attribute__((unused)) static struct board *board_of(const struct plan *plan,
                                                      const struct strmap *states)
{
    const struct board_options options = {.text = text_of_rule, .states = states};
    return board_build(arena, plan, &counters, &options);
}

__attribute__((unused)) static struct board_policy *on_board(struct board *board, const char *id)
{
    for (size_t i = 0; i < board->all.count; i++) {
        if (strcmp(board->all.items[i]->policy->id, id) == 0) {
            return board->all.items[i];
        }
    }
    ck_abort_msg("no policy %s", id);
}

// "in 0 allow 3; out 1-2 deny 4 together; in 3 allow 0 left-out"
__attribute__((unused)) static const char *rows_text(const struct board_policy *policy)
{
    struct strbuf text = {.arena = arena};
    for (size_t i = 0; i < policy->rows.count; i++) {
        const struct board_row *row = &policy->rows.items[i];
        strbuf_addf(
            &text, "%s%s %s %s %llu%s%s", i > 0 ? "; " : "", board_direction_text(row->direction),
            row->indexes != NULL ? row->indexes : "end",
            plan_action_text((enum plan_action)row->action), (unsigned long long)row->count.packets,
            row->alone ? "" : " together", row->kind == BOARD_LEFT_OUT ? " left-out" : "");
    }
    return strbuf_text(&text);
}
