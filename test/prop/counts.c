// SPDX-License-Identifier: GPL-2.0-or-later
// Staged policies: every entry of the pending trace must have been counted once, and nothing else. Where the optimizer has
// made one rule of several, a packet that two of them match may count for either: then the action must be right.
#include "counts.h"

// ---- what the trace says --------------------------------------------------------------------------------------

static uint32_t class_of(const struct flow_stage *stage)
{
    return stage->host != NULL ? stage->host->classes[stage->stage][stage->direction]
                               : stage->endpoint->classes[stage->direction];
}

static bool has_staged(const struct plan *plan, const struct flow_stage *stage, int32_t tier)
{
    const struct plan_class *class = &plan->classes.items[class_of(stage)];
    for (size_t i = 0; i < class->tiers.count; i++) {
        const struct plan_indexes *policies = &class->tiers.items[i].policies;
        for (size_t j = 0; (int32_t) class->tiers.items[i].tier == tier && j < policies->count;
             j++) {
            if (plan->policies.items[policies->items[j]].staged) {
                return true;
            }
        }
    }
    return false;
}

static void add_expected(const struct subject *subject, const struct flow_stage *stage,
                         struct count_entries *ret)
{
    for (size_t i = 0; i < stage->pending.count; i++) {
        const struct flow_step *step = &stage->pending.items[i];
        struct count_entry entry = {.direction = stage->direction};
        if (step->result == FLOW_STEP_NO_MATCH || step->tier < 0) {
            continue;
        }
        if (step->reason == FLOW_BY_TIER_END) {
            entry.id = arena_printf(subject->arena, "tier/%s",
                                    subject->plan->tiers.items[step->tier].name);
            if (step->result == FLOW_STEP_DENY && has_staged(subject->plan, stage, step->tier)) {
                vec_push(subject->arena, ret, entry);
            }
        } else if (step->policy->staged) {
            entry.id = step->policy->id;
            entry.rule = step->rule;
            vec_push(subject->arena, ret, entry);
        }
    }
}

// What a packet meets before its source is found to be spoofed, the trace does not say.
static bool is_met_before(const struct plan *plan)
{
    for (size_t i = 0; i < plan->hosts.count; i++) {
        if (plan->hosts.items[i].all_interfaces) {
            return true;
        }
    }
    return false;
}

// The last of more tiers may be too deep to be counted (nft.h).
static bool has_too_many_tiers(const struct plan *plan, const struct flow_stage *stage)
{
    enum { TIERS_MAX = 5 };
    return stage->pending.count > 0 && plan->classes.items[class_of(stage)].tiers.count > TIERS_MAX;
}

bool counts_expect(const struct subject *subject, const struct flow_trace *trace,
                   struct count_entries *ret)
{
    for (size_t i = 0; i < trace->stages.count; i++) {
        const struct flow_stage *stage = &trace->stages.items[i];
        if (stage->reason == FLOW_BY_EARLIER) {
            continue;
        }
        bool spoofed = stage->reason == FLOW_BY_SPOOF && is_met_before(subject->plan);
        if (stage->pending_reason == FLOW_BY_EARLIER || spoofed ||
            has_too_many_tiers(subject->plan, stage)) {
            return false;
        }
        add_expected(subject, stage, ret);
        if (stage->verdict == FLOW_DENY) {
            break;
        }
    }
    return true;
}

// ---- what was counted -----------------------------------------------------------------------------------------

static bool in_list(const char *list, int64_t index)
{
    for (const char *at = list; *at >= '0' && *at <= '9';) {
        char *end;
        long long first = strtoll(at, &end, 10), last = first;
        if (*end == '-' || *end == '.') { // "5-7", or what a long list leaves out
            last = strtoll(end + strspn(end, "-."), &end, 10);
        }
        if (index >= first && index <= last) {
            return true;
        }
        at = *end == ',' ? end + 1 : end;
    }
    return false;
}

bool counts_same_action(const struct plan *plan, const char *list, const struct count_entry *entry)
{
    for (size_t i = 0; i < plan->policies.count; i++) {
        const struct plan_rules *rules = &plan->policies.items[i].rules[entry->direction];
        for (size_t j = 0; strcmp(plan->policies.items[i].id, entry->id) == 0 && j < rules->count;
             j++) {
            if (in_list(list, rules->items[j].index)) {
                return rules->items[j].action == entry->rule->action;
            }
        }
    }
    return false;
}

static bool is_entry(const struct plan *plan, const char *comment, const struct count_entry *entry,
                     bool exact)
{
    size_t length = strlen(entry->id);
    bool end = entry->rule == NULL;
    comment += end ? strlen("pending ") : 0;
    if (strncmp(comment, entry->id, length) != 0) {
        return false;
    }
    const char *direction = entry->direction == PLAN_IN ? " in " : " out ";
    if (strncmp(comment + length, direction, strlen(direction)) != 0) {
        return false;
    }
    const char *what = comment + length + strlen(direction);
    return end     ? strncmp(what, "end", 3) == 0
           : exact ? in_list(what, entry->rule->index)
                   : counts_same_action(plan, what, entry);
}

static bool begins(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static bool is_staged(const char *comment)
{
    return comment != NULL && (begins(comment, "sgnp/") || begins(comment, "snp/") ||
                               begins(comment, "sknp/") || begins(comment, "pending "));
}

static const char *compare_ruleset(const struct subject *subject, const struct probe *probe,
                                   const struct nft_ruleset *ruleset,
                                   const struct count_entries *expected, bool exact)
{
    struct sim sim = {.arena = subject->arena};
    struct subject with = *subject;
    bool *found = arena_array_of(subject->arena, bool, expected->count);
    with.ruleset = ruleset;
    subject_simulate(&with, probe, SIM_CT_NEW, &sim);
    for (size_t i = 0; i < sim.counted.count; i++) {
        const char *comment = sim.counted.items[i]->comment;
        size_t number = 0;
        while (number < expected->count &&
               (found[number] || !is_staged(comment) ||
                !is_entry(subject->plan, comment, &expected->items[number], exact))) {
            number++;
        }
        if (number < expected->count) {
            found[number] = true;
        } else if (is_staged(comment)) {
            return "a staged policy counts what its pending trace does not have";
        }
    }
    for (size_t i = 0; i < expected->count; i++) {
        if (!found[i]) {
            return "an entry of the pending trace is not counted";
        }
    }
    return NULL;
}

const char *counts_compare(const struct subject *subject, const struct probe *probe,
                           const struct flow_trace *trace)
{
    struct count_entries expected = {0};
    if (!counts_expect(subject, trace, &expected)) {
        return NULL;
    }
    const char *problem = compare_ruleset(subject, probe, subject->ruleset, &expected, false);
    for (size_t i = 0; i < BUILD_PASSES && problem == NULL; i++) {
        problem = compare_ruleset(subject, probe, subject->by_pass[i], &expected, i == 0);
    }
    return problem;
}
