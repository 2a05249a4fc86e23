// SPDX-License-Identifier: GPL-2.0-or-later
// Records -> groups of flows that fare alike for the same reason, counted once where both ends report them.
#include "internal.h"

struct tally {
    uint64_t records, flows, bytes, otherwise;
};

// What tells groups apart; equal bytes are one group.
struct group_key {
    const char *source_type, *source_ns, *source_name;
    const char *dest_type, *dest_ns, *dest_name, *dest_domains;
    struct decider deciders[PLANS];
    int32_t protocol, port, icmp_type;
    uint8_t source_kind, dest_kind, change, doubts;
};

// What the ends of one flow report alike, whatever becomes of it: how many flows there are is then no matter of policies.
struct subject_key {
    const struct end *source, *dest;
    int32_t protocol, port, icmp_type, source_port, names;
    int32_t padding;
};

struct subject {
    struct impact_group *group;
    struct tally tallies[REPORTERS];
};

// ---- source ports -----------------------------------------------------------------------------------------------------

static bool asks_source_port(const struct plan_policy *policy)
{
    for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
        for (size_t i = 0; i < policy->rules[direction].count; i++) {
            const struct plan_side *side = &policy->rules[direction].items[i].match.source;
            if (side->has_ports || side->not_ports.count > 0 || side->named_ports >= 0 ||
                side->not_named_ports >= 0) {
                return true;
            }
        }
    }
    return policy->stage == PLAN_UNTRACKED; // failsafe ports are of both ends there
}

// Nearly nobody asks, and flows that differ in it alone then are one question.
static bool by_source_port(const struct plan *plan)
{
    for (size_t i = 0; i < plan->policies.count; i++) {
        if (asks_source_port(&plan->policies.items[i])) {
            return true;
        }
    }
    for (size_t i = 0; i < plan->profiles.count; i++) {
        if (asks_source_port(&plan->profiles.items[i])) {
            return true;
        }
    }
    return false;
}

struct impact *impact_new(struct arena *arena, const struct plan *before, const struct plan *after,
                          const struct traffic_diff *traffic, bool all)
{
    enum { SCRATCH_LIMIT = 1 << 30 };
    struct impact *impact = arena_new_of(arena, struct impact);
    *impact = (struct impact){
        .arena = arena,
        .scratch = arena_new(SCRATCH_LIMIT),
        .plans = {before, after},
        .traffic = traffic,
        .texts = strtab_new(arena),
        .space = space_new(arena),
        .ends = strmap_new(arena),
        .answers = strmap_new(arena),
        .groups = strmap_new(arena),
        .subjects = strmap_new(arena),
        .all = all,
    };
    for (int i = 0; i < PLANS; i++) {
        impact->evaluators[i] = flow_evaluator_new(arena, impact->plans[i]);
        impact->names[i] = flowlog_names_new(arena, impact->plans[i]);
        impact->by_source_port |= by_source_port(impact->plans[i]);
    }
    rows_make(impact, traffic, &impact->rows);
    names_make(impact);
    return impact;
}

// ---- questions --------------------------------------------------------------------------------------------------------

static struct question question_of(struct impact *impact, const struct flowlog_record *record,
                                   const struct end *source, const struct end *dest)
{
    enum { CODES = 256 };
    uint8_t protocol = record->proto != NULL ? flow_protocol_parse(record->proto) : 0;
    struct flow flow = {.protocol = protocol,
                        .icmp_type = (int16_t)record->icmp_type,
                        .icmp_code = (int16_t)record->icmp_code};
    struct question question = {
        .protocol = protocol != 0 ? protocol : NOT_RECORDED,
        .port = (int32_t)record->dest.port,
        .source_port = (int32_t)record->source.port,
        .icmp_first = NOT_RECORDED,
        .gone = source->label.kind == IMPACT_GONE || dest->label.kind == IMPACT_GONE,
        .names = names_of_record(impact, &record->domains),
    };
    memcpy(question.sources, source->sets, sizeof question.sources);
    memcpy(question.dests, dest->sets, sizeof question.dests);
    flow_default_icmp(&flow); // as everywhere: without a type it is an echo request
    if (flow.icmp_type >= 0) {
        question.icmp_first = flow.icmp_type * CODES + flow.icmp_code;
    }
    bool maybe_udp = protocol == PROTO_UDP || protocol == 0; // there it tells DHCP from others
    bool has_ports = protocol == 0 || proto_has_ports(protocol);
    if (!has_ports) { // logs write 0
        question.port = NOT_RECORDED;
    }
    if (!has_ports || !(impact->by_source_port || maybe_udp)) {
        question.source_port = NOT_RECORDED;
    }
    question.icmp_last = question.icmp_first;
    names_restrict(impact, &question);
    return question;
}

// ---- groups -----------------------------------------------------------------------------------------------------------

static struct group_key key_of(const struct question *question, const struct end *source,
                               const struct end *dest, const struct answer *answer)
{
    enum { CODES = 256 };
    struct group_key key;
    memset(&key, 0, sizeof key); // padding too
    key.source_type = source->label.type;
    key.source_ns = source->label.ns;
    key.source_name = source->label.name;
    key.dest_type = dest->label.type;
    key.dest_ns = dest->label.ns;
    key.dest_name = dest->label.name;
    key.dest_domains = dest->label.domains;
    if (answer->change == IMPACT_UNCERTAIN) { // the reason tells them apart
        key.source_kind = source->label.kind;
        key.dest_kind = dest->label.kind;
    }
    memcpy(key.deciders, answer->deciders, sizeof key.deciders);
    key.protocol = question->protocol;
    key.port = question->port;
    key.icmp_type =
        question->icmp_first == NOT_RECORDED ? NOT_RECORDED : question->icmp_first / CODES;
    key.change = answer->change;
    key.doubts = answer->doubts;
    return key;
}

// Where source ports are no matter, examples have that of the record.
static void keep_source_port(const struct flowlog_record *record, struct impact_group *group)
{
    for (size_t i = 0; i < group->example_count; i++) {
        struct flow *flow = &group->examples[i].flow;
        if (proto_has_ports(flow->protocol) && record->source.port != FLOWLOG_UNKNOWN) {
            flow->source_port = (uint16_t)record->source.port;
        }
    }
}

// A naming has the names of whoever came first; a record's own say more.
static void keep_names(struct impact *impact, const struct flowlog_record *record,
                       struct impact_group *group)
{
    struct flow_strings *names = arena_new_of(impact->arena, struct flow_strings);
    for (size_t i = 0; i < record->domains.count; i++) {
        vec_push(impact->arena, names, arena_strdup(impact->arena, record->domains.items[i]));
    }
    for (size_t i = 0; i < group->example_count && names->count > 0; i++) {
        group->examples[i].flow.names = names;
    }
}

static struct impact_group *find_group(struct impact *impact, const struct flowlog_record *record,
                                       const struct question *question, const struct end *source,
                                       const struct end *dest, const struct answer *answer)
{
    struct group_key key = key_of(question, source, dest, answer);
    struct impact_group *group = strmap_get_n(impact->groups, &key, sizeof key);
    if (group == NULL) {
        group = arena_new_of(impact->arena, struct impact_group);
        *group = (struct impact_group){
            .change = answer->change,
            .doubts = answer->doubts,
            .source = source->label,
            .dest = dest->label,
            .protocol = (uint8_t)(question->protocol == NOT_RECORDED ? 0 : question->protocol),
            .port = question->port,
            .icmp_type = (int16_t)key.icmp_type,
            .example_count = answer->example_count,
            .examples = {answer->examples[0], answer->examples[1]},
        };
        keep_source_port(record, group);
        keep_names(impact, record, group);
        strmap_put_n(impact->groups, &key, sizeof key, group);
    }
    group->reachable |= answer->reachable;
    return group;
}

static struct subject *find_subject(struct impact *impact, const struct flowlog_record *record,
                                    const struct question *question, const struct end *source,
                                    const struct end *dest, const struct answer *answer)
{
    const struct subject_key key = {
        .source = source,
        .dest = dest,
        .protocol = question->protocol,
        .port = question->port,
        .icmp_type = question->icmp_first,
        .source_port = question->source_port,
        .names = question->names,
    };
    struct subject *subject = strmap_get_n(impact->subjects, &key, sizeof key);
    if (subject == NULL) {
        subject = arena_new_of(impact->arena, struct subject);
        subject->group = find_group(impact, record, question, source, dest, answer);
        strmap_put_n(impact->subjects, &key, sizeof key, subject);
    }
    return subject;
}

static uint64_t number_or(int64_t number, uint64_t unknown)
{
    return number == FLOWLOG_UNKNOWN ? unknown : (uint64_t)number;
}

static void count(struct tally *tally, const struct flowlog_record *record, bool otherwise)
{
    uint64_t flows = number_or(record->num_flows, 1);
    tally->records++;
    tally->flows += flows;
    tally->bytes += number_or(record->bytes_in, 0) + number_or(record->bytes_out, 0);
    tally->otherwise += otherwise ? flows : 0;
}

void impact_add(struct impact *impact, const struct flowlog_record *record)
{
    const struct end *source = find_end(impact, &record->source, &record->dest, NULL);
    const struct end *dest = find_end(impact, &record->dest, &record->source, &record->domains);
    struct question question = question_of(impact, record, source, dest);
    struct answer *answer = find_answer(impact, &question);
    struct subject *subject = find_subject(impact, record, &question, source, dest, answer);
    count(&subject->tallies[reporter_of(record)], record, was_otherwise(impact, answer, record));
}

// ---- the result -------------------------------------------------------------------------------------------------------

// What both ends report is one flow: the one who saw most counts, and either may have said something else than now.
static void sum_up(const struct subject *subject)
{
    const struct tally *most = &subject->tallies[BY_SOURCE], *rest = &subject->tallies[BY_NOBODY];
    struct impact_group *group = subject->group;
    uint64_t otherwise = 0;
    for (int i = 0; i < BY_NOBODY; i++) {
        const struct tally *tally = &subject->tallies[i];
        most = tally->flows > most->flows ? tally : most;
        otherwise = tally->otherwise > otherwise ? tally->otherwise : otherwise;
        group->records += tally->records;
    }
    group->records += rest->records;
    group->flows += most->flows + rest->flows;
    group->bytes += most->bytes + rest->bytes;
    group->otherwise += otherwise + rest->otherwise;
}

static int compare_optional(const char *a, const char *b)
{
    return strcmp(a != NULL ? a : "", b != NULL ? b : "");
}

static int compare_ends(const struct impact_end *a, const struct impact_end *b)
{
    int order = compare_optional(a->ns, b->ns);
    order = order != 0 ? order : compare_optional(a->name, b->name);
    order = order != 0 ? order : compare_optional(a->domains, b->domains);
    return order != 0 ? order : compare_optional(a->type, b->type);
}

static int compare_groups(const void *a, const void *b)
{
    const struct impact_group *x = a, *y = b;
    if (x->change != y->change) {
        return x->change < y->change ? -1 : 1;
    }
    if (x->flows != y->flows) {
        return x->flows > y->flows ? -1 : 1;
    }
    int order = compare_ends(&x->source, &y->source);
    order = order != 0 ? order : compare_ends(&x->dest, &y->dest);
    order = order != 0 ? order : x->protocol - y->protocol;
    order = order != 0 ? order : (x->port > y->port) - (x->port < y->port);
    order = order != 0 ? order : x->icmp_type - y->icmp_type;
    order = order != 0 ? order : x->doubts - y->doubts;
    order = order != 0 ? order
                       : ip_addr_compare(x->examples[0].flow.source, y->examples[0].flow.source);
    return order != 0
               ? order
               : ip_addr_compare(x->examples[0].flow.destination, y->examples[0].flow.destination);
}

const struct impact_result *impact_finish(struct impact *impact)
{
    struct impact_result *result = arena_new_of(impact->arena, struct impact_result);
    void *cursor = NULL, *value;
    const char *key;
    while (strmap_next(impact->subjects, &cursor, &key, &value)) {
        sum_up(value);
    }
    cursor = NULL;
    while (strmap_next(impact->groups, &cursor, &key, &value)) {
        const struct impact_group *group = value;
        vec_push(impact->arena, &result->groups, *group);
        result->flows += group->flows;
        result->otherwise += group->otherwise;
        result->counts[group->change] += group->flows;
        result->by_names += (group->doubts & IMPACT_BY_NAMES) != 0 ? group->flows : 0;
    }
    vec_sort(&result->groups, compare_groups);
    arena_free(impact->scratch);
    impact->scratch = NULL;
    return result;
}
