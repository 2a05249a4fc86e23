// SPDX-License-Identifier: GPL-2.0-or-later
// Where what is enforced ends in a Deny of everything that nobody thought of: behind it there is nothing to learn from.
#include "internal.h"

struct search {
    struct recommend *run;
    const struct recommend_subject *subject;
    const char *id;    // of the endpoint
    uint8_t direction; // enum plan_direction
};

static void report(const struct search *search, const char *text, const char *policy,
                   struct loc loc)
{
    struct recommend *run = search->run;
    for (size_t i = 0; i < run->hiddens.count; i++) {
        struct recommend_hidden *hidden = &run->hiddens.items[i];
        if (hidden->subject == search->subject && hidden->direction == search->direction &&
            strcmp(hidden->text, text) == 0) {
            hidden->others++;
            return;
        }
    }
    vec_push(run->arena, &run->hiddens,
             (struct recommend_hidden){search->subject, search->id, 0, search->direction, text,
                                       policy, loc});
}

// The first rule that takes whatever comes to it; NULL when there is none. `ret_last`: the last policy that was asked.
static const struct plan_rule *find_catch_all(const struct search *search,
                                              const struct plan_class_tier *tier,
                                              const struct plan_policy **ret_last)
{
    for (size_t i = 0; i < tier->policies.count; i++) {
        const struct plan_policy *policy =
            &search->run->plan->policies.items[tier->policies.items[i]];
        const struct plan_rules *rules = &policy->rules[search->direction];
        if (policy->staged) {
            continue;
        }
        *ret_last = policy;
        for (size_t j = 0; j < rules->count; j++) {
            if (rules->items[j].action != PLAN_LOG && takes_everything(&rules->items[j])) {
                return &rules->items[j];
            }
        }
    }
    return NULL;
}

// Whether what the tier does not decide goes on.
static bool goes_on(const struct search *search, const struct plan_class_tier *class_tier)
{
    struct arena *arena = search->run->arena;
    const struct plan *plan = search->run->plan;
    const struct plan_tier *tier = &plan->tiers.items[class_tier->tier];
    const struct plan_policy *policy = NULL;
    const struct plan_rule *rule = find_catch_all(search, class_tier, &policy);
    const char *name = policy != NULL ? flow_policy_name(arena, plan, policy) : NULL;
    if (rule != NULL && rule->action == PLAN_DENY) {
        report(search, arena_printf(arena, "rule %u of %s", rule->index, name), name, rule->loc);
    } else if (rule == NULL && !tier->pass) {
        const char *text =
            arena_printf(arena, "the end of tier %s, which %s arms", tier->name, name);
        report(search, text, name, policy->loc);
    }
    return rule != NULL ? rule->action == PLAN_PASS : tier->pass;
}

// Whether profiles allow whatever comes to them: the tier is asked before they are, so what one of them denies could be
// opened.
static bool allow_everything(const struct search *search, const struct plan_class *class)
{
    for (size_t i = 0; i < class->profiles.count; i++) {
        const struct plan_policy *profile =
            &search->run->plan->profiles.items[class->profiles.items[i]];
        const struct plan_rules *rules = &profile->rules[search->direction];
        for (size_t j = 0; j < rules->count; j++) {
            if (rules->items[j].action != PLAN_LOG && rules->items[j].action != PLAN_ALLOW) {
                return false;
            }
            if (rules->items[j].action == PLAN_ALLOW && takes_everything(&rules->items[j])) {
                return true;
            }
        }
    }
    return false;
}

static void search_class(const struct search *search, uint32_t number, struct loc loc)
{
    if (number == PLAN_NO_CLASS) {
        return;
    }
    const struct plan_class *class = &search->run->plan->classes.items[number];
    for (size_t i = 0; i < class->tiers.count; i++) {
        if (class->tiers.items[i].enforced && !goes_on(search, &class->tiers.items[i])) {
            return;
        }
    }
    if (!allow_everything(search, class)) {
        report(search, "its profiles, which do not allow everything", NULL, loc);
    }
}

void find_hidden(struct recommend *run)
{
    const struct plan *plan = run->plan;
    for (size_t i = 0; i < plan->endpoints.count + plan->hosts.count; i++) {
        bool host = i >= plan->endpoints.count;
        const struct plan_endpoint *endpoint = host ? NULL : &plan->endpoints.items[i];
        const struct plan_host *own = host ? &plan->hosts.items[i - plan->endpoints.count] : NULL;
        const struct owner *owner = strmap_get(run->owners, host ? own->id : endpoint->id);
        for (size_t j = 0; owner != NULL && j < owner->subjects.count; j++) {
            for (uint8_t direction = 0; direction < PLAN_DIRECTIONS; direction++) {
                const struct search search = {run, &run->subjects.items[owner->subjects.items[j]],
                                              host ? own->id : endpoint->id, direction};
                search_class(&search,
                             host ? own->classes[PLAN_NORMAL][direction]
                                  : endpoint->classes[direction],
                             host ? own->loc : endpoint->loc);
            }
        }
    }
}
