// SPDX-License-Identifier: GPL-2.0-or-later
// A run of recommending, and the tiers that its policies stand in.
#include "internal.h"

#include <math.h>
#include <time.h>

static const char *const tier_names[] = {"namespace-isolation", "hostendpoint-isolation"};

// The first of 1, 2, 5, 10, 20 ... that is greater.
static double round_above(double order)
{
    static const double steps[] = {1, 2, 5};
    for (double unit = 1;; unit *= 10) {
        for (size_t i = 0; i < ARRAY_COUNT(steps); i++) {
            if (unit * steps[i] > order) {
                return unit * steps[i];
            }
        }
    }
}

static bool is_used(const struct model *model, size_t tier)
{
    for (size_t i = 0; i < model->policies.count; i++) {
        if (model->policies.items[i].tier == tier) {
            return true;
        }
    }
    return false;
}

// Behind every tier that is there: then it can only close, and what comes to it is what nothing else has decided.
static double last_order(const struct model *model)
{
    double last = 0;
    for (size_t i = 0; i < model->tiers.count; i++) {
        const struct model_tier *tier = &model->tiers.items[i];
        bool counts = tier->loc.line > 0 || is_used(model, i) || strcmp(tier->name, "default") == 0;
        if (counts && tier->order > last) {
            last = tier->order;
        }
    }
    return isinf(last) ? last : round_above(last);
}

static void find_tiers(struct recommend *run)
{
    for (size_t i = 0; i < ARRAY_COUNT(tier_names); i++) {
        struct recommend_tier *ret = &run->tiers[i];
        *ret = (struct recommend_tier){.name = tier_names[i], .order = last_order(run->model)};
        for (size_t j = 0; j < run->model->tiers.count; j++) {
            const struct model_tier *tier = &run->model->tiers.items[j];
            if (strcmp(tier->name, ret->name) == 0) {
                *ret = (struct recommend_tier){tier->name, true, tier->order};
            }
        }
    }
}

struct recommend *recommend_new(struct arena *arena, struct arena *scratch,
                                const struct model *model, const struct plan *plan,
                                const struct recommend_options *options)
{
    struct recommend *run = arena_new_of(arena, struct recommend);
    run->arena = arena;
    run->scratch = scratch;
    run->model = model;
    run->plan = plan;
    run->options = *options;
    run->evaluator = flow_evaluator_new(arena, plan);
    run->names = flowlog_names_new(arena, plan);
    run->universes = strmap_new(arena);
    run->choices = strmap_new(arena);
    run->flow_numbers = strmap_new(arena);
    run->end = FLOWLOG_UNKNOWN;
    find_tiers(run);
    find_owners(run);
    return run;
}

const struct recommend_subjects *recommend_subjects(const struct recommend *run)
{
    return &run->subjects;
}

const struct recommend_flows *recommend_flows(const struct recommend *run)
{
    return &run->flows;
}

const struct recommend_hiddens *recommend_hiddens(const struct recommend *run)
{
    return &run->hiddens;
}

const struct recommend_tier *recommend_tier(const struct recommend *run, bool hosts)
{
    return &run->tiers[hosts];
}

int64_t recommend_end(const struct recommend *run)
{
    return run->end;
}

size_t recommend_unreadable(const struct recommend *run)
{
    return run->unreadable;
}

// ---- words ----------------------------------------------------------------------------------------------------------

const char *recommend_class_text(enum recommend_class class)
{
    static const char *const texts[] = {"Namespace", "Workload", "Host",    "NetworkSet", "Service",
                                        "Address",   "Domains",  "Private", "Public"};
    _Static_assert(ARRAY_COUNT(texts) == RECOMMEND_PEERS, "one text per class");
    return texts[class];
}

const char *recommend_status_text(enum recommend_status status)
{
    static const char *const texts[] = {"Learning", "Stabilizing", "Stable"};
    return texts[status];
}

const char *recommend_time_text(struct arena *arena, int64_t time)
{
    char text[32];
    struct tm broken;
    time_t when = (time_t)time;
    if (time == FLOWLOG_UNKNOWN || gmtime_r(&when, &broken) == NULL ||
        strftime(text, sizeof text, "%FT%TZ", &broken) == 0) {
        return NULL;
    }
    return arena_strdup(arena, text);
}

// The first of them.
static const char *names_text(struct arena *arena, const struct flow_strings *names)
{
    enum { SHOWN_MAX = 3 };
    struct strbuf text = {.arena = arena};
    for (size_t i = 0; i < names->count && i < SHOWN_MAX; i++) {
        strbuf_addf(&text, "%s%s", i > 0 ? ", " : "", names->items[i]);
    }
    if (names->count > SHOWN_MAX) {
        strbuf_addf(&text, " and %zu more", names->count - SHOWN_MAX);
    }
    return strbuf_text(&text);
}

const char *recommend_flow_text(struct arena *arena, const struct recommend_flow *flow)
{
    char source[IP_TEXT_MAX], destination[IP_TEXT_MAX];
    const char *name = flow->destination;
    if (flow->domains.count > 0) {
        bool alone = strcmp(name, "pub") == 0;
        name = arena_printf(arena, "%s%s%s", alone ? "" : name, alone ? "" : ", ",
                            names_text(arena, &flow->domains));
    }
    return arena_printf(arena, "%s (%s) -> %s (%s) %s", ip_addr_text(flow->flow.source, source),
                        flow->source, ip_addr_text(flow->flow.destination, destination), name,
                        flow_service_text(arena, &flow->flow));
}
