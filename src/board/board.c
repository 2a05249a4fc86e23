// SPDX-License-Identifier: GPL-2.0-or-later
// Plan and counters -> the board: each counter finds its policy by its id, and each rule of a policy its counter.
#include "internal.h"

#include <polc/base/sha256.h>

struct builder {
    struct arena *arena;
    struct board *board;
    const struct board_options *options;
    struct strmap *
        by_id; // as the kernel has it -> struct board_policy *, or of "tier/NAME" struct board_tier *
    struct strmap *keys; // -> how often, from 1
};

static void add_count(struct board_count *sum, const struct nft_counter *counter)
{
    sum->packets += counter->packets;
    sum->bytes += counter->bytes;
}

// ---- the frame: tiers and policies -----------------------------------------------------------------------------

// "NS/NAME" without the name of the tier, which stands above it.
static const char *short_name(struct arena *arena, const struct plan *plan,
                              const struct plan_policy *policy)
{
    const char *tier = plan->tiers.items[policy->tier].name;
    size_t length = strlen(tier);
    const char *name = policy->name;
    if (text_begins(name, tier) && name[length] == '.' && name[length + 1] != '\0') {
        name += length + 1;
    }
    return policy->ns != NULL && policy->ns[0] != '\0'
               ? arena_printf(arena, "%s/%s", policy->ns, name)
               : name;
}

static void put_id(struct builder *builder, const char *id, void *value)
{
    strmap_put(builder->by_id, nft_policy_id(builder->arena, id), value);
}

static struct board_policy new_policy(struct builder *builder, const struct plan_policy *policy)
{
    const struct strmap *states = builder->options->states;
    uintptr_t state = states != NULL ? (uintptr_t)strmap_get(states, policy->id) : BOARD_LOADED;
    return (struct board_policy){
        .policy = policy,
        .name = short_name(builder->arena, builder->board->plan, policy),
        .state = (uint8_t)state,
        .row_of = {arena_array_of(builder->arena, uint32_t, policy->rules[PLAN_IN].count),
                   arena_array_of(builder->arena, uint32_t, policy->rules[PLAN_OUT].count)},
    };
}

static void add_policy(struct builder *builder, struct board_policy *policy)
{
    put_id(builder, policy->policy->id, policy);
    vec_push(builder->arena, &builder->board->all, policy);
}

// All policies first: the map keeps pointers into the vectors.
static void frame(struct builder *builder)
{
    struct board *board = builder->board;
    const struct plan *plan = board->plan;
    struct arena *arena = builder->arena;
    for (size_t i = 0; i < plan->policies.count; i++) {
        const struct plan_policy *policy = &plan->policies.items[i];
        const struct plan_tier *tier = &plan->tiers.items[policy->tier];
        size_t count = board->tiers.count;
        if (count == 0 || board->tiers.items[count - 1].tier != tier) {
            vec_push(arena, &board->tiers, (struct board_tier){.tier = tier});
        }
        vec_push(arena, &board->tiers.items[board->tiers.count - 1].policies,
                 new_policy(builder, policy));
    }
    for (size_t i = 0; i < plan->profiles.count; i++) {
        vec_push(arena, &board->profiles.policies, new_policy(builder, &plan->profiles.items[i]));
    }
    for (size_t i = 0; i < board->tiers.count; i++) {
        struct board_tier *tier = &board->tiers.items[i];
        put_id(builder, arena_printf(arena, "tier/%s", tier->tier->name), tier);
        for (size_t j = 0; j < tier->policies.count; j++) {
            add_policy(builder, &tier->policies.items[j]);
        }
    }
    for (size_t i = 0; i < board->profiles.policies.count; i++) {
        add_policy(builder, &board->profiles.policies.items[i]);
    }
}

// ---- counters -> rows ------------------------------------------------------------------------------------------

static bool is_new_stranger(const struct board *board, const char *id)
{
    for (size_t i = 0; i < board->strangers.count; i++) {
        if (strcmp(board->strangers.items[i], id) == 0) {
            return false;
        }
    }
    return true;
}

size_t board_rule_at(const struct plan_rules *rules, uint32_t index)
{
    size_t low = 0, high = rules->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (rules->items[middle].index < index) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

// The rules that a list of indexes names. What a list that was cut leaves out has the action of the others, and no
// counter of its own.
static void add_rules(struct builder *builder, struct board_policy *policy,
                      const struct nft_counter *counter, struct board_row *row)
{
    const struct plan_rules *rules = &policy->policy->rules[counter->direction];
    struct strbuf text = {.arena = builder->arena};
    const char *at = counter->what;
    uint32_t first, last;
    size_t count = 0;
    bool cut;
    while (nft_counter_range(&at, &first, &last, &cut)) {
        for (size_t i = board_rule_at(rules, first);
             i < rules->count && rules->items[i].index <= last; i++) {
            const struct plan_rule *rule = &rules->items[i];
            if (row->rule == NULL) {
                row->rule = rule;
                row->action = rule->action;
            }
            if (rule->action != row->action) {
                continue;
            }
            policy->row_of[counter->direction][i] = (uint32_t)policy->rows.count + 1;
            strbuf_addf(&text, "%s%s", count++ > 0 ? "; or " : "",
                        builder->options->text(builder->arena, builder->board->plan, rule));
        }
    }
    row->alone = count == 1;
    row->text = strbuf_text(&text);
}

static void add_row(struct builder *builder, struct board_policy *policy,
                    const struct nft_counter *counter)
{
    bool end = counter->kind == NFT_COUNTER_END;
    struct board_row row = {.kind = end ? BOARD_END : BOARD_RULES,
                            .direction = counter->direction,
                            .action = PLAN_DENY,
                            .indexes = counter->what,
                            .alone = true,
                            .count = {counter->packets, counter->bytes},
                            .text = "everything"};
    if (!end) {
        add_rules(builder, policy, counter, &row);
    }
    if (end || row.rule != NULL) { // else of an index that the policy does not have: not polc's
        builder->board->together |= !row.alone;
        vec_push(builder->arena, &policy->rows, row);
    }
}

static void take_counter(struct builder *builder, const struct nft_counter *counter)
{
    struct board *board = builder->board;
    void *found = strmap_get(builder->by_id, counter->id);
    struct board_early early = {.direction = counter->direction,
                                .count = {counter->packets, counter->bytes}};
    if (counter->kind == NFT_COUNTER_FAILSAFE) {
        early.what = counter->what;
        vec_push(builder->arena, &board->failsafes, early);
    } else if (counter->kind == NFT_COUNTER_OTHER) {
        early.what = counter->id;
        vec_push(builder->arena, &board->drops, early);
    } else if (counter->kind == NFT_COUNTER_PENDING_END) {
        if (found != NULL && text_begins(counter->id, "tier/")) {
            add_count(&((struct board_tier *)found)->pending_ends[counter->direction], counter);
        }
    } else if (strcmp(counter->id, "profile") == 0) {
        add_count(&board->profiles.ends[counter->direction], counter);
    } else if (found != NULL && text_begins(counter->id, "tier/")) {
        add_count(&((struct board_tier *)found)->ends[counter->direction], counter);
    } else if (found != NULL) {
        struct board_policy *policy = found;
        add_count(&policy->all, counter);
        if (policy->state == BOARD_LOADED) {
            add_row(builder, policy, counter);
        }
    } else if (counter->kind == NFT_COUNTER_RULE && is_new_stranger(board, counter->id)) {
        vec_push(builder->arena, &board->strangers, counter->id);
    }
}

// ---- what the rows lack ------------------------------------------------------------------------------------------

static void add_left_out(struct builder *builder, struct board_policy *policy)
{
    for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
        const struct plan_rules *rules = &policy->policy->rules[direction];
        for (size_t i = 0; i < rules->count; i++) {
            const struct plan_rule *rule = &rules->items[i];
            if (policy->row_of[direction][i] > 0) {
                continue;
            }
            struct board_row row = {
                .kind = BOARD_LEFT_OUT,
                .direction = (uint8_t)direction,
                .action = rule->action,
                .rule = rule,
                .indexes = arena_printf(builder->arena, "%u", rule->index),
                .alone = true,
                .text = builder->options->text(builder->arena, builder->board->plan, rule)};
            vec_push(builder->arena, &policy->rows, row);
            policy->row_of[direction][i] = (uint32_t)policy->rows.count;
        }
    }
}

// Rows were numbered as they came; now they stand in order.
static void renumber_rows(struct arena *arena, struct board_policy *policy)
{
    uint32_t *places = arena_array_of(arena, uint32_t, policy->rows.count + 1);
    for (size_t i = 0; i < policy->rows.count; i++) {
        places[policy->rows.items[i].number] = (uint32_t)i + 1;
    }
    for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
        for (size_t i = 0; i < policy->policy->rules[direction].count; i++) {
            policy->row_of[direction][i] = places[policy->row_of[direction][i]];
        }
    }
}

// By direction, then by the first rule; an end last.
static int compare_rows(const void *a, const void *b)
{
    const struct board_row *left = a, *right = b;
    if (left->direction != right->direction) {
        return left->direction < right->direction ? -1 : 1;
    }
    uint32_t here = left->rule != NULL ? left->rule->index : UINT32_MAX;
    uint32_t there = right->rule != NULL ? right->rule->index : UINT32_MAX;
    return (here > there) - (here < there);
}

// The same rule twice in one policy has two keys.
static const char *row_key(struct builder *builder, const struct board_policy *policy,
                           const struct board_row *row)
{
    enum { DIGITS = 16 };
    char hash[65];
    const char *text = arena_printf(builder->arena, "%s %s",
                                    plan_action_text((enum plan_action)row->action), row->text);
    sha256_hex(text, strlen(text), hash);
    const char *key = arena_printf(builder->arena, "%s %s %.*s", policy->policy->id,
                                   board_direction_text(row->direction), DIGITS, hash);
    size_t *times = strmap_get(builder->keys, key);
    if (times == NULL) {
        times = arena_new_of(builder->arena, size_t);
        strmap_put(builder->keys, key, times);
    }
    return ++*times == 1 ? key : arena_printf(builder->arena, "%s#%zu", key, *times);
}

static void finish_policy(struct builder *builder, struct board_policy *policy, bool loaded)
{
    const struct plan_policy *plan = policy->policy;
    bool has_rules = plan->rules[PLAN_IN].count + plan->rules[PLAN_OUT].count > 0;
    if (!loaded) {
        policy->state = BOARD_NOT_LOADED;
    }
    if (policy->state != BOARD_LOADED) {
        return;
    }
    if (plan->staged && has_rules && policy->rows.count == 0) {
        policy->state = BOARD_UNCOUNTED;
        return;
    }
    add_left_out(builder, policy);
    for (size_t i = 0; i < policy->rows.count; i++) {
        policy->rows.items[i].number = (uint32_t)i + 1;
    }
    vec_sort(&policy->rows, compare_rows);
    renumber_rows(builder->arena, policy);
    for (size_t i = 0; i < policy->rows.count; i++) {
        struct board_row *row = &policy->rows.items[i];
        struct board_count *sum = &policy->sums[row->direction][row->action];
        sum->packets += row->count.packets;
        sum->bytes += row->count.bytes;
        row->key = row_key(builder, policy, row);
    }
}

struct board *board_build(struct arena *arena, const struct plan *plan,
                          const struct nft_counters *counters, const struct board_options *options)
{
    struct board *board = arena_new_of(arena, struct board);
    board->plan = plan;
    struct builder builder = {.arena = arena,
                              .board = board,
                              .options = options,
                              .by_id = strmap_new(arena),
                              .keys = strmap_new(arena)};
    frame(&builder);
    for (size_t i = 0; counters != NULL && i < counters->count; i++) {
        take_counter(&builder, &counters->items[i]);
    }
    for (size_t i = 0; i < board->all.count; i++) {
        finish_policy(&builder, board->all.items[i], counters != NULL);
    }
    return board;
}

const char *board_direction_text(int direction)
{
    return direction == PLAN_IN ? "in" : "out";
}
