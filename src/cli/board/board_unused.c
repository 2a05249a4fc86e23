// SPDX-License-Identifier: GPL-2.0-or-later
// polc board --unused: policies and rules that nobody used since a time, and how far back that is known.
#include "board_page.h"

#include "diff.h"
#include "state.h"
#include "trace.h"

#include <jansson.h>
#include <polc/report.h>

enum { DAY = 86400, MINUTE = 60, SINCE_DEFAULT = 30 };

struct unused {
    const struct board_page *page;
    int64_t from;
    struct report *table;
    json_t *list;
};

// ---- text -----------------------------------------------------------------------------------------------------------

// "30d", "3d", "loaded"
static const char *known_text(const struct unused *unused, enum board_use use, int64_t since)
{
    struct arena *arena = unused->page->run->arena;
    if (use == BOARD_NEVER) {
        return "since it was loaded";
    }
    int64_t age = unused->page->now - since;
    return age < MINUTE ? "recorded just now"
                        : arena_printf(arena, "recorded for %s", board_age(arena, age));
}

static const char *why_text(const struct board_row *row)
{
    return row->kind == BOARD_LEFT_OUT
               ? "gets no packet: rules before it take all, or it matches nothing"
               : row->text;
}

static void add(struct unused *unused, const struct board_policy *policy,
                const struct board_row *row, enum board_use use, int64_t since)
{
    struct run *run = unused->page->run;
    const char *direction = row != NULL ? board_direction_text(row->direction) : NULL;
    struct loc loc = row != NULL && row->rule != NULL ? row->rule->loc : policy->policy->loc;
    const char *place = safe_text(run->arena, trace_place(run, loc));
    report_row(unused->table, policy->policy->id);
    report_cell(unused->table, safe_text(run->arena, policy->policy->id));
    report_cell(unused->table, row == NULL
                                   ? "all rules"
                                   : arena_printf(run->arena, "%s %s", direction,
                                                  row->indexes != NULL ? row->indexes : "end"));
    report_cell(unused->table, known_text(unused, use, since));
    report_cell(unused->table, place);
    report_cell(unused->table, row == NULL ? NULL : safe_text(run->arena, why_text(row)));
    static const char *const words[] = {[BOARD_UNUSED] = "unused",
                                        [BOARD_UNUSED_HERE] = "unused-as-far-as-recorded",
                                        [BOARD_NEVER] = "never-hit"};
    json_array_append_new(
        unused->list,
        json_pack("{s:s, s:b, s:s?, s:s?, s:s, s:o, s:s}", "policy", policy->policy->id, "staged",
                  (int)policy->policy->staged, "direction", direction, "rules",
                  row != NULL ? row->indexes : NULL, "result", words[use], "recorded_since",
                  use == BOARD_NEVER ? json_null() : json_string(entry_time_utc(run->arena, since)),
                  "at", place));
}

// Since when all of its rows are recorded.
static int64_t known_since(const struct board_policy *policy)
{
    int64_t since = 0;
    for (size_t i = 0; i < policy->rows.count; i++) {
        int64_t own = policy->rows.items[i].since;
        since = own > since ? own : since;
    }
    return since;
}

static void add_policy(struct unused *unused, const struct board_policy *policy)
{
    enum board_use use = board_policy_use(policy, unused->from);
    if (use != BOARD_USED) {
        add(unused, policy, NULL, use, known_since(policy));
        return;
    }
    for (size_t i = 0; policy->state == BOARD_LOADED && i < policy->rows.count; i++) {
        const struct board_row *row = &policy->rows.items[i];
        enum board_use row_use = board_row_use(row, unused->from);
        if (row_use != BOARD_USED) {
            add(unused, policy, row, row_use, row->since);
        }
    }
}

// Since when the record has all rules that it has, at the earliest; 0: it has none.
static int64_t record_begins(const struct board *board)
{
    int64_t begin = 0;
    for (size_t i = 0; i < board->all.count; i++) {
        const struct board_policy *policy = board->all.items[i];
        for (size_t j = 0; j < policy->rows.count; j++) {
            int64_t since = policy->rows.items[j].since;
            begin = since > 0 && (begin == 0 || since < begin) ? since : begin;
        }
    }
    return begin;
}

static void print_notes(const struct unused *unused, const char *asked)
{
    const struct board_page *page = unused->page;
    const char *same = same_options(page->run, true);
    int64_t begin = record_begins(page->board);
    if (page->run->options.quiet) {
        return;
    }
    if (begin == 0) {
        fprintf(
            stderr,
            "note: nothing is recorded: only what was never hit since it was loaded can be told\n");
        hint("polc board --record%s     (each hour or so, by a timer; then --unused can tell)",
             same);
    } else if (page->now - begin < MINUTE) {
        fputs("note: the record has only begun: of what was hit before nobody knows when\n",
              stderr);
    } else if (begin > unused->from) {
        const char *age = board_age(page->run->arena, page->now - begin);
        fprintf(stderr,
                "note: the record goes back %s, not %s: of what was hit before nobody knows when\n",
                age, asked);
        hint("polc board --unused --since %s%s", age, same);
    }
}

int board_print_unused(const struct board_page *page)
{
    static const char *const columns[] = {"POLICY", "RULES", "NOT HIT", "AT", "MATCHES"};
    struct run *run = page->run;
    int64_t since = run->options.since > 0 ? (int64_t)(run->options.since / 1000)
                                           : (int64_t)SINCE_DEFAULT * DAY;
    const char *asked = board_age(run->arena, since);
    struct unused unused = {.page = page,
                            .from = page->now - since,
                            .table = report_new(run->arena, columns, ARRAY_COUNT(columns)),
                            .list = json_array()};
    for (size_t i = 0; i < page->board->all.count; i++) {
        const struct board_policy *policy = page->board->all.items[i];
        if (board_shows(page, policy) && !text_begins(policy->policy->id, "profile/")) {
            add_policy(&unused, policy);
        }
    }
    size_t count = report_count(unused.table);
    if (run->options.output == OUTPUT_JSON) {
        json_dumpf(unused.list, stdout, JSON_INDENT(2));
        putchar('\n');
    } else if (count > 0) {
        report_print(unused.table, REPORT_TABLE, stdout);
    } else if (!run->options.quiet) {
        printf("nothing is known to be unused for %s\n", asked);
    }
    json_decref(unused.list);
    fflush(stdout);
    print_notes(&unused, asked);
    return count > 0 ? POLC_EXIT_NO : POLC_EXIT_OK;
}
