// SPDX-License-Identifier: GPL-2.0-or-later
// What egress policy cuts off although hardly anybody means to: DNS (L501), and the time of hosts (L502). Asked of the
// judge: is any packet to that port, to anybody, allowed?
#include "witness.h"

enum {
    PORT_DNS = 53,
    PORT_NTP = 123,
    STEPS = 1 << 16, // boxes looked at for one question
};

#define SCRATCH_LIMIT ((size_t)4 << 30)

struct reach {
    const struct lint *lint;
    struct judge *judge;
    struct arena *scratch;          // of one question
    struct strmap *cuts;            // who cuts off, and by what -> struct cut
    struct plan_indexes *endpoints; // of each class, the workload endpoints whose egress it governs
};

// A service that endpoints lose, and the policy that takes it.
struct cut {
    enum diag_code code;
    const char *service;
    struct decider decider;
    struct loc loc;
    struct {
        VEC_FIELDS(const char *);
    } names; // of endpoints
    struct witness witness;
};

struct service {
    enum diag_code code;
    const char *name;
    uint16_t port;
    bool tcp; // besides udp
};

static void add_part(struct arena *arena, struct space *space, const struct box *whole,
                     const struct service *service, struct region *ret)
{
    struct box box = *whole;
    const struct range protocols[] = {{PROTO_UDP, PROTO_UDP}, {PROTO_TCP, PROTO_TCP}};
    box.sides[SIDE_PROTOCOL] = space_ranges(space, protocols, service->tcp ? 2 : 1);
    box.sides[SIDE_DESTINATION_PORT] = space_range(space, service->port, service->port);
    vec_push(arena, ret, box);
}

enum answer { ANSWER_NO, ANSWER_YES, ANSWER_UNKNOWN, ANSWER_NOT_ASKED };

// Whether the class allows any packet of an IP version, or any to one service. Who decides a packet that is not allowed
// goes to *ret_decider.
static enum answer allows(struct reach *reach, uint32_t class, uint8_t family,
                          const struct service *service, struct decider *ret_decider)
{
    struct region allowed = {0}, live = {0};
    struct walk walk = {
        .judge = reach->judge,
        .arena = reach->scratch,
        .class = class,
        .family = family,
        .budget = {STEPS},
        .allowed = &allowed,
    };
    struct region asked = judge_class(reach->judge, reach->scratch, family, class);
    for (size_t i = 0; i < asked.count; i++) {
        service != NULL
            ? add_part(reach->scratch, judge_space(reach->judge), &asked.items[i], service, &live)
            : (void)vec_push(reach->scratch, &live, asked.items[i]);
    }
    if (live.count == 0) {
        return ANSWER_NOT_ASKED;
    }
    struct box first = live.items[0];
    bool known = judge_walk(&walk, &live, NULL);
    if (ret_decider != NULL) {
        *ret_decider = walk.deciders.count > 0 ? walk.deciders.items[0]
                                               : (struct decider){.kind = DECIDED_BY_NO_PROFILE,
                                                                  .verdict = PLAN_DENY,
                                                                  .sample = first};
    }
    return allowed.count > 0 ? ANSWER_YES : known ? ANSWER_NO : ANSWER_UNKNOWN;
}

static bool is_policed(const struct plan_class *class)
{
    for (size_t i = 0; i < class->tiers.count; i++) {
        if (class->tiers.items[i].enforced) {
            return true;
        }
    }
    return false;
}

// Where it is cut off: at the rule, at the policy that leads to the end of the tier, else at the endpoint itself.
static struct loc cut_loc(const struct decider *decider, struct loc endpoint)
{
    bool at_policy = decider->kind == DECIDED_BY_TIER_END && decider->policy != NULL;
    return decider->kind == DECIDED_BY_RULE ? decider->rule->loc
           : at_policy                      ? decider->policy->loc
                                            : endpoint;
}

static void add_cut(struct reach *reach, uint32_t class, const struct service *service,
                    uint8_t family, const struct decider *decider, const char *name,
                    struct loc endpoint)
{
    const struct lint *lint = reach->lint;
    struct loc loc = cut_loc(decider, endpoint);
    const char *key = arena_printf(lint->arena, "%d %u %u %u", (int)service->code, loc.source,
                                   loc.line, loc.column);
    struct cut *cut = strmap_get(reach->cuts, key);
    if (cut == NULL) {
        cut = arena_new_of(lint->arena, struct cut);
        *cut = (struct cut){
            .code = service->code,
            .service = service->name,
            .decider = *decider,
            .loc = loc,
        };
        // The usual one of the two: UDP.
        struct space *space = judge_space(reach->judge);
        struct box sample = decider->sample;
        uint32_t udp = space_range(space, PROTO_UDP, PROTO_UDP);
        if (space_and(space, sample.sides[SIDE_PROTOCOL], udp) != SPACE_EMPTY) {
            sample.sides[SIDE_PROTOCOL] = udp;
        }
        cut->witness = witness_of(reach->judge, class, &sample, family);
        strmap_put(reach->cuts, key, cut);
    }
    vec_push(lint->arena, &cut->names, name);
}

static void add_cuts(struct reach *reach, uint32_t class, const struct service *service,
                     uint8_t family, const struct decider *decider)
{
    const struct plan *plan = reach->lint->plan;
    bool of_hosts = plan->classes.items[class].host;
    const struct plan_indexes *endpoints = &reach->endpoints[class];
    for (size_t i = 0; i < endpoints->count; i++) {
        const struct plan_endpoint *endpoint = &plan->endpoints.items[endpoints->items[i]];
        add_cut(reach, class, service, family, decider, endpoint->id, endpoint->loc);
    }
    for (size_t i = 0; i < plan->hosts.count && of_hosts; i++) {
        const struct plan_host *host = &plan->hosts.items[i];
        if (host->classes[PLAN_NORMAL][PLAN_OUT] == class) {
            add_cut(reach, class, service, family, decider, host->id, host->loc);
        }
    }
}

// One class and one service: lost when no IP version that the class has can reach it, and one could ask.
static void check_service(struct reach *reach, uint32_t class, const struct service *service)
{
    static const uint8_t families[] = {IP_V6, IP_V4};
    struct decider decider = {.rule = NULL}, seen = {.rule = NULL};
    uint8_t family = 0;
    for (size_t i = 0; i < ARRAY_COUNT(families); i++) {
        enum answer answer = allows(reach, class, families[i], service, &seen);
        if (answer == ANSWER_YES || answer == ANSWER_UNKNOWN) {
            return;
        }
        if (answer == ANSWER_NO) {
            decider = seen;
            family = families[i];
        }
    }
    if (family != 0) {
        add_cuts(reach, class, service, family, &decider);
    }
}

// Who allows nothing at all means it.
static bool allows_something(struct reach *reach, uint32_t class)
{
    enum answer v4 = allows(reach, class, IP_V4, NULL, NULL);
    enum answer v6 = allows(reach, class, IP_V6, NULL, NULL);
    return v4 == ANSWER_YES || v4 == ANSWER_UNKNOWN || v6 == ANSWER_YES || v6 == ANSWER_UNKNOWN;
}

static void report(const struct lint *lint, const struct cut *cut)
{
    const char *names = lint_list_text(lint, cut->names.items, cut->names.count);
    struct diag *diag = cut->code == DIAG_L501
                            ? diag_report(lint->diags, DIAG_L501, cut->loc,
                                          "no DNS server can be reached from %s", names)
                            : diag_report(lint->diags, DIAG_L502, cut->loc,
                                          "no time server can be reached from %s", names);
    if (cut->decider.kind == DECIDED_BY_RULE) {
        diag_label(diag, "%s of %s denies it",
                   lint_rule_text(lint, PLAN_OUT, cut->decider.rule->index),
                   lint_policy_text(lint, cut->decider.policy));
    } else if (cut->decider.kind == DECIDED_BY_NO_PROFILE) {
        diag_label(diag, "no tier decides, and no profile allows it");
    } else if (cut->decider.kind == DECIDED_BY_TIER_END) {
        diag_label(diag, "the end of tier \"%s\" denies it",
                   lint->plan->tiers.items[cut->decider.tier].name);
    }
    diag_related(diag, LOC_NONE, "e.g. %s", witness_text(lint->arena, &cut->witness));
    diag_hint(
        diag,
        "- {action: Allow, protocol: UDP, destination: {ports: [%u]}}      (an egress rule; for one server add \"nets\")",
        cut->code == DIAG_L501 ? PORT_DNS : PORT_NTP);
    diag_key(diag, "%s", cut->service);
}

static struct plan_indexes *endpoints_of_classes(const struct lint *lint)
{
    const struct plan *plan = lint->plan;
    struct plan_indexes *ret =
        arena_array_of(lint->arena, struct plan_indexes, plan->classes.count);
    for (uint32_t i = 0; i < plan->endpoints.count; i++) {
        vec_push(lint->arena, &ret[plan->endpoints.items[i].classes[PLAN_OUT]], i);
    }
    return ret;
}

void lint_reach(const struct lint *lint, struct judge *judge)
{
    static const struct service dns = {DIAG_L501, "DNS", PORT_DNS, true};
    static const struct service ntp = {DIAG_L502, "NTP", PORT_NTP, false};
    struct reach reach = {
        .lint = lint,
        .judge = judge,
        .scratch = arena_new(SCRATCH_LIMIT),
        .cuts = strmap_new(lint->arena),
        .endpoints = endpoints_of_classes(lint),
    };
    struct arena_mark mark = arena_mark(reach.scratch);
    for (size_t i = 0; i < lint->plan->classes.count; i++) {
        const struct plan_class *class = &lint->plan->classes.items[i];
        if (class->direction == PLAN_OUT && class->stage == PLAN_NORMAL && is_policed(class) &&
            allows_something(&reach, (uint32_t)i)) {
            check_service(&reach, (uint32_t)i, &dns);
            if (class->host) { // a workload has the clock of its host
                check_service(&reach, (uint32_t)i, &ntp);
            }
        }
        arena_rewind(reach.scratch, mark);
    }
    void *cursor = NULL, *cut;
    const char *key;
    while (strmap_next(reach.cuts, &cursor, &key, &cut)) {
        report(lint, cut);
    }
    arena_free(reach.scratch);
}
