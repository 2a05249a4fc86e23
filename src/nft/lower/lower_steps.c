// SPDX-License-Identifier: GPL-2.0-or-later
// The steps of policies, and what their rules are called.
#include "lower.h"

// Characters of a list of indexes; what is in the middle of a longer one is left out.
enum { LIST_MAX = 32 };

// The kernel walks the sets of a table for each one that it makes, and for each use of one. What is asked first comes
// first, since most packets come there.
enum { TUPLE_SETS_MAX = 1024 };

static struct plan_steps *place_of(const struct lower *lower, const struct plan_policy *policy,
                                   int direction)
{
    const struct plan *plan = lower->plan;
    bool profile = plan->profiles.count > 0 && policy >= plan->profiles.items &&
                   policy < plan->profiles.items + plan->profiles.count;
    size_t number = profile ? plan->policies.count + (size_t)(policy - plan->profiles.items)
                            : (size_t)(policy - plan->policies.items);
    return &lower->steps[number * PLAN_DIRECTIONS + (size_t)direction];
}

// How many sets or maps the steps need.
static size_t count_sets(const struct plan_steps *steps)
{
    size_t count = 0;
    for (size_t i = 0; i < steps->count; i++) {
        count += (steps->items[i].tuples[0].count > 0) + (steps->items[i].tuples[1].count > 0);
    }
    return count;
}

struct making {
    struct lower *lower;
    unsigned passes;
    size_t sets; // made so far
};

static void make_steps(struct making *making, const struct plan_policy *policy)
{
    struct lower *lower = making->lower;
    for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
        unsigned passes = making->sets < TUPLE_SETS_MAX ? making->passes
                                                        : making->passes & ~(unsigned)PLAN_FLATTEN;
        struct plan_steps *steps = place_of(lower, policy, direction);
        *steps = plan_steps(lower->arena, lower->scratch, lower->plan, policy, direction, passes);
        making->sets += count_sets(steps);
    }
}

// Staged policies come last: with them what is enforced must stay as it is without.
void lower_make_steps(struct lower *lower, unsigned passes)
{
    const struct plan *plan = lower->plan;
    struct making making = {lower, passes, 0};
    size_t count = plan->policies.count + plan->profiles.count;
    lower->steps = arena_array_of(lower->arena, struct plan_steps, count * PLAN_DIRECTIONS);
    for (int staged = 0; staged <= 1; staged++) {
        for (size_t i = 0; i < plan->policies.count; i++) {
            if (plan->policies.items[i].staged == (bool)staged) {
                make_steps(&making, &plan->policies.items[i]);
            }
        }
        for (size_t i = 0; staged == 0 && i < plan->profiles.count; i++) {
            make_steps(&making, &plan->profiles.items[i]);
        }
    }
}

const struct plan_steps *lower_steps(const struct lower *lower, const struct plan_policy *policy,
                                     int direction)
{
    return place_of(lower, policy, direction);
}

struct loc step_loc(const struct plan_policy *policy, int direction, const struct plan_step *step)
{
    return policy->rules[direction].items[step->sources.items[0]].loc;
}

// Adds "5" or "5-7" to a list.
static void add_range(struct strbuf *list, uint32_t first, uint32_t last)
{
    strbuf_addf(list, "%s%u", list->length > 0 ? "," : "", first);
    if (last != first) {
        strbuf_addf(list, "-%u", last);
    }
}

const char *step_comment(const struct lower *lower, const struct plan_policy *policy, int direction,
                         const struct plan_step *step, int action)
{
    const struct plan_rule *rules = policy->rules[direction].items;
    struct arena_mark mark = arena_mark(lower->scratch);
    struct strbuf list = {.arena = lower->scratch};
    const struct plan_rule *first = NULL;
    uint32_t start = 0, end = 0;
    bool cut = false;
    for (size_t i = 0; i < step->sources.count; i++) {
        const struct plan_rule *rule = &rules[step->sources.items[i]];
        if (action >= 0 && rule->action != action) {
            continue;
        }
        if (first == NULL) {
            first = rule;
            start = rule->index;
        } else if (rule->index != end + 1 && !cut) {
            add_range(&list, start, end);
            start = rule->index;
            cut = list.length > LIST_MAX;
        }
        end = rule->index;
    }
    if (cut) {
        strbuf_addf(&list, "..%u", end);
    } else {
        add_range(&list, start, end);
    }
    const char *comment = rule_comment(lower, policy->id, direction, strbuf_text(&list),
                                       first != NULL ? first->loc : LOC_NONE);
    arena_rewind(lower->scratch, mark);
    return comment;
}
