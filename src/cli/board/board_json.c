// SPDX-License-Identifier: GPL-2.0-or-later
// The board for other programs (contrib/schema/board.json): everything, whatever the text leaves out.
#include "board_page.h"

#include "state.h"
#include "trace.h"

#include <jansson.h>
#include <math.h>

static json_t *count_json(const struct board_count *count)
{
    return json_pack("{s:I, s:I}", "connections", (json_int_t)count->packets, "bytes",
                     (json_int_t)count->bytes);
}

static json_t *ends_json(const struct board_count ends[PLAN_DIRECTIONS])
{
    return json_pack("{s:o, s:o}", "in", count_json(&ends[PLAN_IN]), "out",
                     count_json(&ends[PLAN_OUT]));
}

static json_t *time_json(const struct board_page *page, int64_t seconds)
{
    return seconds > 0 ? json_string(entry_time_utc(page->run->arena, seconds)) : json_null();
}

static json_t *hit_json(const struct board_page *page, const struct board_hit *hit)
{
    return hit->by == 0 ? json_null()
                        : json_pack("{s:o, s:o}", "after", time_json(page, hit->after), "by",
                                    time_json(page, hit->by));
}

// Packets and bytes of whole connections, both ways; null when no flow is known.
static json_t *traffic_json(const struct board_count *traffic)
{
    return traffic->packets == 0 ? json_null()
                                 : json_pack("{s:I, s:I}", "packets", (json_int_t)traffic->packets,
                                             "bytes", (json_int_t)traffic->bytes);
}

static const char *place_text(const struct board_page *page, struct loc loc)
{
    return safe_text(page->run->arena, trace_place(page->run, loc));
}

static json_t *row_json(const struct board_page *page, const struct board_row *row)
{
    return json_pack("{s:s, s:s?, s:s, s:b, s:b, s:I, s:I, s:o, s:o, s:o, s:s, s:s}", "direction",
                     board_direction_text(row->direction), "rules", row->indexes, "action",
                     plan_action_text((enum plan_action)row->action), "counted_alone",
                     (int)row->alone, "left_out", (int)(row->kind == BOARD_LEFT_OUT), "connections",
                     (json_int_t)row->count.packets, "bytes", (json_int_t)row->count.bytes,
                     "traffic", traffic_json(&row->traffic), "last_hit", hit_json(page, &row->last),
                     "recorded_since", time_json(page, row->since), "matches",
                     safe_text(page->run->arena, row->text), "at",
                     row->rule != NULL ? place_text(page, row->rule->loc) : "");
}

static json_t *sums_json(const struct board_policy *policy, int direction)
{
    json_t *object = json_object();
    for (int action = 0; action < PLAN_ACTION_COUNT; action++) {
        if (board_has(policy, direction, (enum plan_action)action)) {
            json_object_set_new(object, plan_action_text((enum plan_action)action),
                                count_json(&policy->sums[direction][action]));
        }
    }
    return object;
}

// A connection that is logged is decided by a rule behind that, and counts there.
static struct board_count decided(const struct board_policy *policy)
{
    struct board_count count = policy->all;
    for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
        const struct board_count *logged = &policy->sums[direction][PLAN_LOG];
        count.packets -= logged->packets;
        count.bytes -= logged->bytes;
    }
    return count;
}

static json_t *policy_json(const struct board_page *page, const struct board_policy *policy)
{
    const struct plan_policy *plan = policy->policy;
    const struct board_count count = decided(policy);
    json_t *rules = json_array();
    for (size_t i = 0; i < policy->rows.count; i++) {
        json_array_append_new(rules, row_json(page, &policy->rows.items[i]));
    }
    json_t *object = json_pack(
        "{s:s, s:s, s:s?, s:s, s:b, s:s, s:s, s:I, s:I, s:o, s:o, s:o, s:o, s:o}", "id", plan->id,
        "kind", plan->kind, "namespace", plan->ns, "name", plan->name, "staged", (int)plan->staged,
        "state", board_state_text(policy->state), "at", place_text(page, plan->loc), "connections",
        (json_int_t)count.packets, "bytes", (json_int_t)count.bytes, "traffic",
        traffic_json(&policy->traffic), "last_hit", hit_json(page, &policy->last), "in",
        sums_json(policy, PLAN_IN), "out", sums_json(policy, PLAN_OUT), "rules", rules);
    json_object_set_new(object, "order",
                        isfinite(plan->order) ? json_real(plan->order) : json_null());
    return object;
}

static json_t *policies_json(const struct board_page *page, const struct board_tier *tier)
{
    json_t *policies = json_array();
    for (size_t i = 0; i < tier->policies.count; i++) {
        if (tier->tier == NULL || board_shows(page, &tier->policies.items[i])) {
            json_array_append_new(policies, policy_json(page, &tier->policies.items[i]));
        }
    }
    return policies;
}

static json_t *tiers_json(const struct board_page *page)
{
    json_t *tiers = json_array();
    for (size_t i = 0; i < page->board->tiers.count; i++) {
        const struct board_tier *tier = &page->board->tiers.items[i];
        if (!board_shows_tier(page, tier)) {
            continue;
        }
        json_t *object =
            json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "name", tier->tier->name, "default_action",
                      tier->tier->pass ? "pass" : "deny", "denied_at_end", ends_json(tier->ends),
                      "last_denied_at_end", hit_json(page, &tier->last), "would_deny_at_end",
                      ends_json(tier->pending_ends), "policies", policies_json(page, tier));
        json_object_set_new(object, "order",
                            isfinite(tier->tier->order) ? json_real(tier->tier->order)
                                                        : json_null());
        json_array_append_new(tiers, object);
    }
    return tiers;
}

static json_t *earlies_json(const struct board_page *page, const struct board_earlies *earlies,
                            bool ports)
{
    json_t *array = json_array();
    for (size_t i = 0; i < earlies->count; i++) {
        const struct board_early *early = &earlies->items[i];
        json_t *object = count_json(&early->count);
        json_object_set_new(object, ports ? "port" : "reason",
                            json_string(safe_text(page->run->arena, early->what)));
        if (ports) {
            json_object_set_new(object, "direction",
                                json_string(board_direction_text(early->direction)));
        }
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *flow_table_json(const struct board_page *page)
{
    const struct flow_kernel *flows = &page->flows;
    return !page->live || !flows->recorded
               ? json_null()
               : json_pack("{s:I, s:I, s:I}", "size", (json_int_t)flows->size, "used",
                           (json_int_t)flows->used, "lost", (json_int_t)flows->lost);
}

// JSON holds no text that is not UTF-8.
static const char *text_of(const struct board_page *page, const char *text)
{
    return text != NULL ? safe_text(page->run->arena, text) : NULL;
}

void board_print_json(const struct board_page *page)
{
    struct arena *arena = page->run->arena;
    const struct board *board = page->board;
    json_t *roots = json_array(), *strangers = json_array();
    for (size_t i = 0; i < page->info.root_count; i++) {
        json_array_append_new(roots, json_string(safe_text(arena, page->info.roots[i])));
    }
    for (size_t i = 0; i < board->strangers.count; i++) {
        json_array_append_new(strangers, json_string(safe_text(arena, board->strangers.items[i])));
    }
    json_t *profiles = json_pack("{s:o, s:o}", "denied_at_end", ends_json(board->profiles.ends),
                                 "profiles", policies_json(page, &board->profiles));
    json_t *root = json_pack(
        "{s:s, s:b, s:I, s:s?, s:o, s:o, s:o, s:s?, s:o, s:o, s:o, s:o, s:o, s:o}", "table",
        page->run->options.table, "loaded", (int)page->exists, "generation",
        (json_int_t)page->info.generation, "node", text_of(page, page->info.node), "roots", roots,
        "applied", time_json(page, page->entry != NULL ? page->entry->time : 0), "recorded",
        time_json(page, page->ledger != NULL ? page->ledger->time : 0), "rules_unknown",
        text_of(page, page->unknown), "tiers", tiers_json(page), "profiles", profiles, "failsafes",
        earlies_json(page, &board->failsafes, true), "drops",
        earlies_json(page, &board->drops, false), "not_in_input", strangers, "flow_table",
        flow_table_json(page));
    json_dumpf(root, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(root);
}
