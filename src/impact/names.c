// SPDX-License-Identifier: GPL-2.0-or-later
// Names of destinations, as far as the domains of rules tell them apart. Of a record without them all are tried: for each
// pattern a name that matches it and, besides, only patterns that are wider. A rule with domains can only allow, and one
// name is enough for it; where a packet passes two that ask (a workload, and a host endpoint behind it), two names may be
// needed. More tell nothing new: of names with which one side lets a packet pass and the other does not, those two do, too.
#include "internal.h"

#include <polc/dns.h>

// Sets of domains of both plans, by one number: those of the plan before stand first.
struct namings {
    struct dns_index *index;
    uint32_t count, of_before; // sets
    VEC(struct naming) all;
    struct strmap *numbers; // sets -> number in `all` + 1
    size_t tried;           // those of patterns; the others are of records
    struct space_domains *known[PLANS];
    struct flow_evaluator *open[PLANS]; // to which nothing is known
    uint32_t askers[FAMILIES];          // addresses of workloads that rules with domains govern
    uint8_t *asked;                     // by set: who asks for it
    uint8_t all_asked;                  // for any
    bool complete;                      // a book says which addresses there are
};

// Who asks for names; a packet passes no more than two of them.
enum { BY_WORKLOADS = 1, BY_HOSTS = 2, BY_UNTRACKED = 4 };

// ---- sets of names --------------------------------------------------------------------------------------------------

static void index_plan(struct namings *names, const struct plan *plan, uint32_t first)
{
    for (size_t i = 0; i < plan->domains.count; i++) {
        for (size_t j = 0; j < plan->domains.items[i].count; j++) {
            dns_index_add(names->index, plan->domains.items[i].patterns[j], first + (uint32_t)i);
        }
    }
}

static void add_sets(const struct impact *impact, const char *name, bool *sets)
{
    struct arena_mark mark = arena_mark(impact->scratch);
    struct dns_sets found = {0};
    if (dns_name_problem(name) == NULL) {
        dns_index_find(impact->namings->index, impact->scratch,
                       dns_name_canonical(impact->scratch, name), &found);
    }
    for (size_t i = 0; i < found.count; i++) {
        sets[found.items[i]] = true;
    }
    arena_rewind(impact->scratch, mark);
}

static void add_naming(struct impact *impact, const struct flow_strings *texts, const bool *sets)
{
    struct namings *names = impact->namings;
    struct naming *naming = vec_add(impact->arena, &names->all);
    *naming = (struct naming){.sets = arena_array_of(impact->arena, bool, names->count)};
    for (size_t i = 0; i < names->count; i++) {
        naming->sets[i] = sets[i];
        naming->asked |= sets[i] ? names->asked[i] : 0;
    }
    for (size_t i = 0; i < texts->count; i++) {
        vec_push(impact->arena, &naming->names, arena_strdup(impact->arena, texts->items[i]));
    }
    strmap_put_n(names->numbers, naming->sets, names->count, (void *)names->all.count);
}

static int32_t find_naming(struct impact *impact, const struct flow_strings *texts)
{
    struct namings *names = impact->namings;
    struct arena_mark mark = arena_mark(impact->scratch);
    bool *sets = arena_array_of(impact->scratch, bool, names->count);
    for (size_t i = 0; i < texts->count; i++) {
        add_sets(impact, texts->items[i], sets);
    }
    size_t known = (size_t)strmap_get_n(names->numbers, sets, names->count);
    if (known == 0) {
        add_naming(impact, texts, sets);
        known = names->all.count;
    }
    arena_rewind(impact->scratch, mark);
    return (int32_t)known - 1;
}

// A label that no pattern has.
static const char *fresh_label(const struct impact *impact)
{
    const char *label = "any";
    bool used = true;
    for (unsigned number = 1; used; number++) {
        used = false;
        for (int i = 0; i < PLANS; i++) {
            for (size_t j = 0; j < impact->plans[i]->domains.count && !used; j++) {
                used = strstr(impact->plans[i]->domains.items[j].name, label) != NULL;
            }
        }
        label = used ? arena_printf(impact->arena, "any%u", number) : label;
    }
    return label;
}

static void try_patterns(struct impact *impact, const struct plan *plan, const char *label)
{
    for (size_t i = 0; i < plan->domains.count; i++) {
        for (size_t j = 0; j < plan->domains.items[i].count; j++) {
            const char *pattern = plan->domains.items[i].patterns[j];
            const char *star = strchr(pattern, '*');
            struct flow_strings texts = {0};
            vec_push(impact->arena, &texts,
                     star == NULL ? pattern
                                  : arena_printf(impact->arena, "%.*s%s%s", (int)(star - pattern),
                                                 pattern, label, star + 1));
            find_naming(impact, &texts);
        }
    }
}

// ---- who asks for names -----------------------------------------------------------------------------------------------

struct ranges {
    VEC_FIELDS(struct range);
};

static void add_workloads(const struct impact *impact, int plan, struct ranges ret[FAMILIES])
{
    const struct flow_evaluator *evaluator = impact->evaluators[plan];
    for (size_t i = 0; i < impact->plans[plan]->endpoints.count; i++) {
        const struct plan_endpoint *endpoint = &impact->plans[plan]->endpoints.items[i];
        bool asks = flow_asks_names(evaluator, endpoint->classes[PLAN_OUT]);
        for (size_t j = 0; asks && j < endpoint->address_count; j++) {
            wide value = wide_of_addr(endpoint->addresses[j]);
            int family = endpoint->addresses[j].family == IP_V4 ? FAMILY_V4 : FAMILY_V6;
            vec_push(impact->scratch, &ret[family], (struct range){value, value});
        }
    }
}

static void note_rules(const struct plan_policy *policy, uint8_t who, uint8_t *asked)
{
    const struct plan_rules *rules = &policy->rules[PLAN_OUT];
    for (size_t i = 0; i < rules->count; i++) {
        int32_t set = rules->items[i].match.destination.domains;
        if (set >= 0) {
            asked[set] |= who;
        }
    }
}

static void note_class(const struct plan *plan, const struct plan_class *class, uint8_t *asked)
{
    uint8_t who = !class->host                     ? BY_WORKLOADS
                  : class->stage == PLAN_UNTRACKED ? BY_UNTRACKED
                                                   : BY_HOSTS;
    for (size_t i = 0; i < class->tiers.count; i++) {
        const struct plan_indexes *policies = &class->tiers.items[i].policies;
        for (size_t j = 0; j < policies->count; j++) {
            note_rules(&plan->policies.items[policies->items[j]], who, asked);
        }
    }
    for (size_t i = 0; i < class->profiles.count; i++) {
        note_rules(&plan->profiles.items[class->profiles.items[i]], who, asked);
    }
}

static void note_sets(const struct plan *plan, uint8_t *asked)
{
    for (size_t i = 0; i < plan->classes.count; i++) {
        if (plan->classes.items[i].direction == PLAN_OUT) {
            note_class(plan, &plan->classes.items[i], asked);
        }
    }
}

static void find_askers(struct impact *impact)
{
    struct namings *names = impact->namings;
    struct arena_mark mark = arena_mark(impact->scratch);
    struct ranges ranges[FAMILIES] = {0};
    for (int i = 0; i < PLANS; i++) {
        add_workloads(impact, i, ranges);
        note_sets(impact->plans[i], names->asked + (i == BEFORE ? 0 : names->of_before));
    }
    for (uint32_t i = 0; i < names->count; i++) {
        names->all_asked |= names->asked[i];
    }
    for (int family = 0; family < FAMILIES; family++) {
        names->askers[family] =
            space_ranges(impact->space, ranges[family].items, ranges[family].count);
    }
    arena_rewind(impact->scratch, mark);
}

// Who may ask for names on the ways of a question's packets.
static uint8_t askers_of(const struct impact *impact, const struct question *question)
{
    const struct namings *names = impact->namings;
    bool workloads = false;
    for (int family = 0; family < FAMILIES && !workloads; family++) {
        workloads = space_and(impact->space, names->askers[family], question->sources[family]) !=
                    SPACE_EMPTY;
    }
    return (uint8_t)(names->all_asked & (workloads ? UINT8_MAX : ~BY_WORKLOADS));
}

// ---- all of it --------------------------------------------------------------------------------------------------------

void names_make(struct impact *impact)
{
    const struct plan *const *plans = impact->plans;
    size_t count = plans[BEFORE]->domains.count + plans[AFTER]->domains.count;
    if (count == 0) {
        return;
    }
    struct namings *names = arena_new_of(impact->arena, struct namings);
    impact->namings = names;
    names->index = dns_index_new(impact->arena);
    names->numbers = strmap_new(impact->arena);
    names->of_before = (uint32_t)plans[BEFORE]->domains.count;
    names->count = (uint32_t)count;
    names->asked = arena_array_of(impact->arena, uint8_t, count);
    index_plan(names, plans[BEFORE], 0);
    index_plan(names, plans[AFTER], names->of_before);
    find_askers(impact);
    find_naming(impact, &(struct flow_strings){0});
    names->all.items[0].rows = &impact->rows;
    const char *label = fresh_label(impact);
    for (int i = 0; i < PLANS; i++) {
        try_patterns(impact, plans[i], label);
        names->open[i] = flow_evaluator_new(impact->arena, plans[i]);
        flow_evaluator_set_names(names->open[i], NULL, false);
    }
    names->tried = names->all.count;
}

int32_t names_of_record(struct impact *impact, const struct flow_strings *domains)
{
    return impact->namings == NULL || domains->count == 0 ? NOT_RECORDED
                                                          : find_naming(impact, domains);
}

// What has a name is an address that an answer may open.
void names_restrict(struct impact *impact, struct question *question)
{
    size_t count;
    const struct cidr *nets = dns_unusable_nets(&count);
    const struct cidrset unusable = {(struct cidr *)nets, count};
    for (int family = 0; family < FAMILIES && question->names != NOT_RECORDED; family++) {
        uint32_t *set = &question->dests[family];
        *set =
            space_minus(impact->space, *set,
                        space_cidrs(impact->space, &unusable, family == FAMILY_V4 ? IP_V4 : IP_V6));
    }
}

struct naming *naming_get(const struct impact *impact, size_t number)
{
    return &impact->namings->all.items[number];
}

// ---- what is known ----------------------------------------------------------------------------------------------------

struct found {
    VEC_FIELDS(struct cidr);
};

static void sort_facts(struct impact *impact, const struct dns_book *book)
{
    struct namings *names = impact->namings;
    struct dns_view facts = dns_book_all(book);
    struct found *found = arena_array_of(impact->arena, struct found, names->count);
    bool *sets = arena_array_of(impact->arena, bool, names->count);
    for (size_t i = 0; i < facts.count; i++) {
        memset(sets, 0, names->count * sizeof *sets);
        add_sets(impact, facts.items[i]->name, sets);
        for (uint32_t j = 0; j < names->count; j++) {
            if (sets[j]) {
                vec_push(impact->arena, &found[j], cidr_of_addr(facts.items[i]->addr));
            }
        }
    }
    for (int i = 0; i < PLANS; i++) {
        names->known[i] =
            arena_array_of(impact->arena, struct space_domains, impact->plans[i]->domains.count);
        for (size_t j = 0; j < impact->plans[i]->domains.count; j++) {
            struct found *list = &found[i == BEFORE ? j : names->of_before + j];
            names->known[i][j].addresses = (struct cidrset){list->items, list->count};
            cidrset_normalize(&names->known[i][j].addresses);
        }
    }
}

void impact_set_names(struct impact *impact, const struct dns_book *book)
{
    if (impact->namings == NULL) {
        return;
    }
    for (int i = 0; i < PLANS; i++) {
        flow_evaluator_set_names(impact->evaluators[i], book, true);
    }
    sort_facts(impact, book);
    impact->namings->complete = true;
    impact->namings->tried = 1;
    impact->namings->all.items[0].rows = NULL; // the given ones know no name
}

// ---- rows -------------------------------------------------------------------------------------------------------------

static const struct space_domains *domains_of(const struct impact *impact, int plan,
                                              const bool *sets)
{
    size_t count = impact->plans[plan]->domains.count;
    struct space_domains *domains = arena_array_of(impact->arena, struct space_domains, count);
    for (size_t i = 0; i < count; i++) {
        if (impact->namings->known[plan] != NULL) {
            domains[i] = impact->namings->known[plan][i];
        }
        domains[i].any = sets[i];
    }
    return domains;
}

const struct rows *naming_rows(struct impact *impact, size_t number)
{
    struct naming *naming = naming_get(impact, number);
    if (naming->rows == NULL) {
        const struct traffic_domains domains = {
            .before = domains_of(impact, BEFORE, naming->sets),
            .after = domains_of(impact, AFTER, &naming->sets[impact->namings->of_before])};
        struct rows *rows = arena_new_of(impact->arena, struct rows);
        rows_make(impact,
                  traffic_compare_named(impact->arena, impact->plans[BEFORE], impact->plans[AFTER],
                                        false, &domains),
                  rows);
        naming->rows = rows;
    }
    return naming->rows;
}

// ---- which ones to try ------------------------------------------------------------------------------------------------

static bool has_several(uint8_t askers)
{
    return (askers & (askers - 1)) != 0;
}

static void add_number(struct impact *impact, uint32_t number, struct numbers *ret)
{
    for (size_t i = 0; i < ret->count; i++) {
        if (ret->items[i] == number) {
            return;
        }
    }
    vec_push(impact->scratch, ret, number);
}

// Two names for the packets that pass two of these askers, of those in `ret`; false when there are more than `most` namings
// then.
static bool add_pairs(struct impact *impact, uint8_t askers, size_t most, struct numbers *ret)
{
    const struct namings *names = impact->namings;
    size_t single = ret->count;
    for (size_t i = 0; i < single && has_several(askers); i++) {
        for (size_t j = i + 1; j < single; j++) {
            const struct naming *one = &names->all.items[ret->items[i]];
            const struct naming *other = &names->all.items[ret->items[j]];
            if (one->names.count == 0 || !has_several((one->asked | other->asked) & askers)) {
                continue;
            }
            const char *texts[] = {one->names.items[0], other->names.items[0]};
            const struct flow_strings both = {.items = texts, .count = ARRAY_COUNT(texts)};
            add_number(impact, (uint32_t)find_naming(impact, &both), ret);
            if (ret->count > most) {
                return false;
            }
        }
    }
    return true;
}

bool namings_of_question(struct impact *impact, const struct question *question,
                         struct numbers *ret)
{
    enum { COMPARED_MAX = 16 }; // each is one more comparison of all traffic
    *ret = (struct numbers){0};
    if (question->names != NOT_RECORDED) {
        add_number(impact, (uint32_t)question->names, ret);
        return true;
    }
    add_number(impact, 0, ret);
    uint8_t askers = impact->namings != NULL ? askers_of(impact, question) : 0;
    size_t count = askers != 0 ? impact->namings->tried : 1;
    for (uint32_t i = 1; i < count && i < COMPARED_MAX; i++) {
        add_number(impact, i, ret);
    }
    return count <= COMPARED_MAX && add_pairs(impact, askers, COMPARED_MAX, ret);
}

// Marks the sets whose names a packet may need.
static void mark_sets(const struct impact *impact, int plan, const struct flow *flow, bool *marked)
{
    struct flow_trace trace;
    flow_trace_hits(impact->namings->open[plan], impact->scratch, flow, &trace);
    for (size_t i = 0; i < trace.stages.count; i++) {
        const struct flow_steps *steps = &trace.stages.items[i].enforced;
        for (size_t j = 0; j < steps->count; j++) {
            if (steps->items[j].result == FLOW_STEP_MAYBE) {
                int32_t set = steps->items[j].rule->match.destination.domains;
                marked[set + (plan == BEFORE ? 0 : (int32_t)impact->namings->of_before)] = true;
            }
        }
    }
}

static bool is_marked(const struct impact *impact, const struct naming *naming, const bool *marked)
{
    for (uint32_t i = 0; i < impact->namings->count; i++) {
        if (naming->sets[i] && marked[i]) {
            return true;
        }
    }
    return false;
}

bool namings_of_flow(struct impact *impact, const struct flow *flow, struct numbers *ret)
{
    enum { TRIED_MAX = 1024 };
    struct namings *names = impact->namings;
    *ret = (struct numbers){0};
    add_number(impact, 0, ret);
    if (names == NULL || names->complete) {
        return false;
    }
    bool doubt = false;
    bool *marked = arena_array_of(impact->scratch, bool, names->count);
    for (int i = 0; i < PLANS; i++) {
        doubt |= flow_verdict_or_doubt(names->open[i], flow, false) == FLOW_UNCERTAIN;
        mark_sets(impact, i, flow, marked);
    }
    for (uint32_t i = 1; doubt && i < names->tried; i++) {
        if (is_marked(impact, &names->all.items[i], marked)) {
            vec_push(impact->scratch, ret, i);
        }
    }
    ret->partial = !add_pairs(impact, names->all_asked, ret->count + TRIED_MAX, ret);
    return doubt;
}
