// SPDX-License-Identifier: GPL-2.0-or-later
// Counters of staged policies in the kernel. The optimizer makes one rule of several, so that numbers are compared by
// policy, direction and action.
#include "tally.h"

bool tally_read(struct arena *arena, const struct wire *wire, struct nft_counters *ret)
{
    struct nft_kernel *kernel;
    struct nft_failure failure;
    wire_enter(wire, WIRE_HOST);
    enum nft_status status = nft_dump_rules(arena, "polc", &kernel, &failure);
    wire_enter(wire, -1);
    if (status == NFT_DONE) {
        *ret = nft_kernel_counters(arena, kernel);
    }
    return status == NFT_DONE;
}

bool tally_expect(const struct subject *subject, const struct shot *shots, size_t count,
                  struct count_entries *ret)
{
    struct flow_trace trace;
    for (size_t i = 0; i < count; i++) {
        flow_trace(subject->evaluator, subject->arena, &shots[i].probe->flow, &trace);
        if (!counts_expect(subject, &trace, ret)) {
            return false;
        }
    }
    return true;
}

static bool is_of_entry(const struct subject *subject, const struct nft_counter *counter,
                        const struct count_entry *entry)
{
    if (counter->direction != entry->direction || strcmp(counter->id, entry->id) != 0) {
        return false;
    }
    return entry->rule == NULL ? counter->kind == NFT_COUNTER_PENDING_END
                               : counter->kind == NFT_COUNTER_RULE &&
                                     counts_same_action(subject->plan, counter->what, entry);
}

static uint64_t sum(const struct subject *subject, const struct nft_counters *counters,
                    const struct count_entry *entry)
{
    uint64_t packets = 0;
    for (size_t i = 0; i < counters->count; i++) {
        bool counts = is_of_entry(subject, &counters->items[i], entry);
        packets += counts ? counters->items[i].packets : 0;
    }
    return packets;
}

static bool same_kind(const struct count_entry *a, const struct count_entry *b)
{
    return a->direction == b->direction && strcmp(a->id, b->id) == 0 &&
           (a->rule == NULL) == (b->rule == NULL) &&
           (a->rule == NULL || a->rule->action == b->rule->action);
}

static const char *compare_entry(const struct subject *subject, const struct nft_counters *before,
                                 const struct nft_counters *after,
                                 const struct count_entries *expected,
                                 const struct count_entry *entry)
{
    uint64_t wanted = 0;
    uint64_t counted = sum(subject, after, entry) - sum(subject, before, entry);
    for (size_t i = 0; i < expected->count; i++) {
        wanted += same_kind(&expected->items[i], entry);
    }
    return wanted == counted
               ? NULL
               : arena_printf(subject->arena, "%s %s %s counted %llu packets, not %llu", entry->id,
                              entry->direction == PLAN_IN ? "in" : "out",
                              entry->rule == NULL ? "end" : plan_action_text(entry->rule->action),
                              (unsigned long long)counted, (unsigned long long)wanted);
}

// Every rule of every staged policy, also where nothing is expected.
static const char *compare_policy(const struct subject *subject, const struct nft_counters *before,
                                  const struct nft_counters *after,
                                  const struct count_entries *expected,
                                  const struct plan_policy *policy)
{
    const char *problem = NULL;
    for (int direction = 0; policy->staged && direction < PLAN_DIRECTIONS; direction++) {
        const struct plan_rules *rules = &policy->rules[direction];
        for (size_t i = 0; problem == NULL && i < rules->count; i++) {
            struct count_entry entry = {policy->id, (uint8_t)direction, &rules->items[i]};
            problem = compare_entry(subject, before, after, expected, &entry);
        }
    }
    return problem;
}

const char *tally_compare(const struct subject *subject, const struct nft_counters *before,
                          const struct nft_counters *after, const struct count_entries *expected)
{
    const struct plan *plan = subject->plan;
    const char *problem = NULL;
    for (size_t i = 0; problem == NULL && i < plan->policies.count; i++) {
        problem = compare_policy(subject, before, after, expected, &plan->policies.items[i]);
    }
    for (size_t i = 0; problem == NULL && i < 2 * plan->tiers.count; i++) {
        const char *id = arena_printf(subject->arena, "tier/%s", plan->tiers.items[i / 2].name);
        struct count_entry entry = {id, (uint8_t)(i % 2), NULL};
        problem = compare_entry(subject, before, after, expected, &entry);
    }
    return problem;
}
