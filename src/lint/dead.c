// SPDX-License-Identifier: GPL-2.0-or-later
// A rule is dead when in every class that its policy governs, in both IP versions, nothing of what it matches arrives at
// it. One packet that arrives anywhere ends the search, so that only dead rules cost much.
#include "dead.h"

enum {
    STEPS_PER_RULE = 1 << 17, // boxes that are looked at for one rule
    STEPS_PER_RUN = 1 << 27,
    RANGES_PER_RUN = 1 << 23, // of all sets together: 256 MB
};

struct classes {
    VEC_FIELDS(uint32_t);
};

struct dead {
    struct arena *arena;
    const struct plan *plan;
    struct judge *judge;
    struct classes *classes[PLAN_DIRECTIONS]; // by policy
    size_t steps;
};

struct dead *dead_new(struct arena *arena, const struct lint *lint, struct judge *judge)
{
    struct dead *dead = arena_new_of(arena, struct dead);
    *dead =
        (struct dead){.arena = arena, .plan = lint->plan, .judge = judge, .steps = STEPS_PER_RUN};
    for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
        dead->classes[direction] =
            arena_array_of(arena, struct classes, dead->plan->policies.count);
    }
    for (size_t i = 0; i < dead->plan->classes.count; i++) {
        const struct plan_class *class = &dead->plan->classes.items[i];
        for (size_t j = 0; j < class->tiers.count; j++) {
            const struct plan_indexes *policies = &class->tiers.items[j].policies;
            for (size_t k = 0; k < policies->count; k++) {
                vec_push(arena, &dead->classes[class->direction][policies->items[k]], (uint32_t)i);
            }
        }
    }
    return dead;
}

// What of the rule's packets the class is asked about at all.
static struct region start_region(struct walk *walk, int direction, struct target target,
                                  struct verdict *verdict)
{
    struct space *space = judge_space(walk->judge);
    struct region asked = judge_class(walk->judge, walk->arena, walk->family, walk->class);
    const struct region *boxes = judge_rule(walk->judge, walk->family, direction, target);
    struct region ret = {0};
    verdict->asked[walk->family == IP_V4 ? 0 : 1] |= asked.count > 0;
    for (size_t i = 0; i < asked.count; i++) {
        for (size_t j = 0; j < boxes->count; j++) {
            struct box common;
            if (box_and(space, &asked.items[i], &boxes->items[j], &common)) {
                vec_push(walk->arena, &ret, common);
            }
        }
    }
    return ret;
}

static struct walk start_walk(struct dead *dead, struct arena *arena, uint32_t class,
                              uint8_t family, struct target target)
{
    bool room = space_size(judge_space(dead->judge)) < RANGES_PER_RUN;
    size_t steps = dead->steps < STEPS_PER_RULE ? dead->steps : STEPS_PER_RULE;
    return (struct walk){
        .judge = dead->judge,
        .arena = arena,
        .class = class,
        .family = family,
        .budget = {room ? steps : 0},
        .alone = dead->plan->policies.items[target.policy].staged,
    };
}

// Failsafe ports, tunnels and neighbour discovery come before every rule and are the reason for few.
static bool comes_before(const struct decider *decider)
{
    return decider->kind != DECIDED_BY_RULE && decider->kind != DECIDED_BY_TIER_END;
}

// They are left out of what is told when something else has a part.
static void leave_out_before(struct deciders *deciders)
{
    size_t count = 0;
    for (size_t i = 0; i < deciders->count; i++) {
        count += !comes_before(&deciders->items[i]);
    }
    if (count == 0) {
        return;
    }
    count = 0;
    for (size_t i = 0; i < deciders->count; i++) {
        if (!comes_before(&deciders->items[i])) {
            deciders->items[count++] = deciders->items[i];
        }
    }
    deciders->count = count;
}

// A rule that logs has no verdict; not to log is another result.
static void keep_deciders(struct verdict *verdict, struct walk *walk, uint8_t action)
{
    leave_out_before(&walk->deciders);
    size_t main = walk->deciders.count;
    for (size_t i = walk->deciders.count; i-- > 0;) {
        main = walk->deciders.items[i].verdict != action ? i : main;
    }
    bool same = main == walk->deciders.count;
    if (verdict->fate == FATE_DEAD && (same || !verdict->same)) {
        return; // what is kept says as much
    }
    verdict->fate = FATE_DEAD;
    verdict->class = walk->class;
    verdict->family = walk->family;
    verdict->deciders = walk->deciders;
    verdict->same = same;
    verdict->main = same ? 0 : main;
}

static void judge_in_class(struct dead *dead, int direction, struct target target, uint32_t class,
                           uint8_t family, struct verdict *verdict)
{
    struct walk walk = start_walk(dead, dead->arena, class, family, target);
    struct region live = start_region(&walk, direction, target, verdict);
    if (live.count == 0) {
        return;
    }
    size_t steps = walk.budget.left;
    bool known = judge_walk(&walk, &live, &target);
    dead->steps -= steps - walk.budget.left;
    if (!known) {
        verdict->fate = FATE_UNKNOWN;
    } else if (live.count > 0) {
        verdict->fate = FATE_ALIVE;
    } else {
        const struct plan_policy *policy = &dead->plan->policies.items[target.policy];
        keep_deciders(verdict, &walk, policy->rules[direction].items[target.rule].action);
    }
}

struct verdict dead_judge(struct dead *dead, int direction, struct target target)
{
    static const uint8_t families[] = {IP_V4, IP_V6};
    struct verdict verdict = {.fate = FATE_NEVER};
    const struct classes *classes = &dead->classes[direction][target.policy];
    for (size_t i = 0; i < classes->count; i++) {
        for (size_t j = 0; j < ARRAY_COUNT(families); j++) {
            judge_in_class(dead, direction, target, classes->items[i], families[j], &verdict);
            if (verdict.fate == FATE_ALIVE || verdict.fate == FATE_UNKNOWN) {
                return verdict;
            }
        }
    }
    return verdict;
}
