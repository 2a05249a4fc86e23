// SPDX-License-Identifier: GPL-2.0-or-later
// Single facts of the board in words.
#include "board_page.h"

#include "state.h"

#include <inttypes.h>
#include <math.h>

enum { STEP = 1000, TENTHS = 10 };

static const char *scaled(struct arena *arena, uint64_t number, const char *const *units,
                          size_t count)
{
    size_t unit = 0;
    uint64_t whole = number, tenths = 0;
    while (whole >= STEP && unit + 1 < count) {
        tenths = whole % STEP / (STEP / TENTHS);
        whole /= STEP;
        unit++;
    }
    return unit == 0 || whole >= STEP / TENTHS
               ? arena_printf(arena, "%" PRIu64 "%s", whole, units[unit])
               : arena_printf(arena, "%" PRIu64 ".%" PRIu64 "%s", whole, tenths, units[unit]);
}

const char *board_number(struct arena *arena, uint64_t number)
{
    static const char *const units[] = {"", "k", "M", "G", "T", "P"};
    return scaled(arena, number, units, ARRAY_COUNT(units));
}

const char *board_bytes(struct arena *arena, uint64_t bytes)
{
    static const char *const units[] = {" B", " kB", " MB", " GB", " TB", " PB"};
    return scaled(arena, bytes, units, ARRAY_COUNT(units));
}

const char *board_order(struct arena *arena, double order)
{
    return isfinite(order) ? arena_printf(arena, "%.10g", order) : "-";
}

const char *board_age(struct arena *arena, int64_t seconds)
{
    static const struct {
        int64_t length;
        const char *unit;
    } units[] = {{86400, "d"}, {3600, "h"}, {60, "m"}};
    for (size_t i = 0; i < ARRAY_COUNT(units); i++) {
        if (seconds >= units[i].length) {
            return arena_printf(arena, "%" PRId64 "%s", seconds / units[i].length, units[i].unit);
        }
    }
    return arena_printf(arena, "%" PRId64 "s", seconds > 0 ? seconds : 0);
}

const char *board_last(const struct board_page *page, const struct board_hit *hit)
{
    struct arena *arena = page->run->arena;
    if (hit->by == 0) {
        return NULL;
    }
    const char *latest = board_age(arena, page->now - hit->by);
    const char *earliest = board_age(arena, page->now - hit->after);
    return strcmp(latest, earliest) == 0 ? arena_printf(arena, "last %s ago", latest)
                                         : arena_printf(arena, "last %s-%s ago", latest, earliest);
}

const char *board_headline(const struct board_page *page)
{
    struct arena *arena = page->run->arena;
    struct strbuf text = {.arena = arena};
    if (!page->exists) {
        return arena_printf(arena, "no table inet %s: nothing is loaded", page->run->options.table);
    }
    strbuf_addf(&text, "generation %u", page->info.generation);
    if (page->entry != NULL) {
        strbuf_addf(&text, ", applied %s", entry_time(arena, page->entry->time));
    }
    if (page->info.root_count > 0) {
        strbuf_addf(&text, " from %s",
                    words_join(arena, page->info.roots, page->info.root_count, ", "));
    }
    strbuf_addf(&text, ", node %s", page->info.node != NULL ? page->info.node : "-");
    return safe_text(arena, strbuf_text(&text));
}

const char *board_state_text(uint8_t state)
{
    static const char *const words[] = {[BOARD_LOADED] = "loaded",
                                        [BOARD_NOT_LOADED] = "not-loaded",
                                        [BOARD_CHANGED] = "changed",
                                        [BOARD_UNCOUNTED] = "not-counted"};
    return words[state];
}

bool board_shows(const struct board_page *page, const struct board_policy *policy)
{
    const char *staged = page->run->options.staged;
    if (staged == NULL || strcmp(staged, "show") == 0) {
        return true;
    }
    return policy->policy->staged == (strcmp(staged, "only") == 0);
}

bool board_shows_tier(const struct board_page *page, const struct board_tier *tier)
{
    for (size_t i = 0; i < tier->policies.count; i++) {
        if (board_shows(page, &tier->policies.items[i])) {
            return true;
        }
    }
    return false;
}

uint64_t board_sum(const struct board_policy *policy, enum plan_action action)
{
    return policy->sums[PLAN_IN][action].packets + policy->sums[PLAN_OUT][action].packets;
}

bool board_has(const struct board_policy *policy, int direction, enum plan_action action)
{
    for (size_t i = 0; i < policy->rows.count; i++) {
        const struct board_row *row = &policy->rows.items[i];
        if (row->direction == direction && row->action == action) {
            return true;
        }
    }
    return false;
}

bool board_never_hit(const struct board_policy *policy)
{
    return policy->state == BOARD_LOADED && policy->rows.count > 0 && policy->all.packets == 0 &&
           policy->last.by == 0;
}

uint64_t board_early_sum(const struct board_earlies *earlies, int direction)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < earlies->count; i++) {
        sum += earlies->items[i].direction == direction ? earlies->items[i].count.packets : 0;
    }
    return sum;
}

const char *board_flow_table(const struct board_page *page)
{
    struct arena *arena = page->run->arena;
    if (!page->live || !page->exists) {
        return NULL;
    }
    return page->flows.recorded
               ? arena_printf(arena, "%s of %s, %s lost", board_number(arena, page->flows.used),
                              board_number(arena, page->flows.size),
                              board_number(arena, page->flows.lost))
               : "none";
}

const char *board_next(const struct board_page *page)
{
    struct arena *arena = page->run->arena;
    const char *same = same_options(page->run, true);
    uint64_t would_deny = 0, denied = 0;
    bool never = false, any = false;
    for (size_t i = 0; i < page->board->tiers.count; i++) {
        const struct board_tier *tier = &page->board->tiers.items[i];
        any |= tier->policies.count > 0;
        for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
            uint64_t ends = tier->ends[direction].packets;
            uint64_t pending = tier->pending_ends[direction].packets; // these among them
            would_deny += pending > ends ? pending - ends : 0;
            denied += ends;
        }
    }
    for (size_t i = 0; i < page->board->all.count; i++) {
        const struct board_policy *policy = page->board->all.items[i];
        uint64_t *sum = policy->policy->staged ? &would_deny : &denied;
        *sum += board_sum(policy, PLAN_DENY);
        never |= board_never_hit(policy);
    }
    if (would_deny > 0) {
        return arena_printf(
            arena, "polc flows --would-deny%s     (what staged policies would deny)", same);
    }
    if (denied > 0) {
        return arena_printf(arena, "polc flows --denied%s     (what was denied)", same);
    }
    if (!any) {
        return arena_printf(arena, "polc recommend --all%s%s     (policies, from what was seen)",
                            page->run->options.default_paths ? "" : paths_option(page->run),
                            same_options(page->run, false));
    }
    return never ? arena_printf(arena, "polc board --unused%s     (what nobody uses)", same) : NULL;
}
