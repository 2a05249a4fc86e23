// SPDX-License-Identifier: GPL-2.0-or-later
// What becomes of the packets that a record may be: one answer when all of them agree, else two that do not, and what tells
// them apart.
#include "internal.h"

// ---- verdicts -------------------------------------------------------------------------------------------------------

static enum impact_change change_of(const struct impact_example *example)
{
    return example->before == example->after      ? IMPACT_SAME
           : example->after == (uint8_t)FLOW_DENY ? IMPACT_CLOSED
                                                  : IMPACT_OPENED;
}

static struct impact_example judge(const struct impact *impact, const struct flow *flow)
{
    return (struct impact_example){
        .flow = *flow,
        .before = (uint8_t)flow_verdict(impact->evaluators[BEFORE], flow, false),
        .after = (uint8_t)flow_verdict(impact->evaluators[AFTER], flow, false)};
}

// Host endpoints changed, and which of them this packet meets depends on an interface that nobody knows.
static bool is_undecided(const struct impact *impact, const struct flow *flow)
{
    for (int i = 0; i < PLANS && impact->traffic->undecided.count > 0; i++) {
        struct flow_way way;
        flow_way(impact->evaluators[i], flow, &way);
        if (way.interface_unknown) {
            return true;
        }
    }
    return false;
}

// ---- what it depends on ---------------------------------------------------------------------------------------------

static void take_part(struct flow *flow, const struct flow *from, enum impact_doubt part)
{
    if (part == IMPACT_BY_NAMES) {
        flow->names = from->names;
    } else if (part == IMPACT_BY_SOURCE) {
        flow->source = from->source;
    } else if (part == IMPACT_BY_DEST) {
        flow->destination = from->destination;
    } else if (part == IMPACT_BY_PORT) {
        flow->destination_port = from->destination_port;
    } else if (part == IMPACT_BY_SOURCE_PORT) {
        flow->source_port = from->source_port;
    } else {
        flow->protocol = from->protocol;
        flow->icmp_type = from->icmp_type;
        flow->icmp_code = from->icmp_code;
    }
}

// One part of a packet after the other is taken from `to`, until it fares like that.
static uint8_t find_doubts(const struct impact *impact, const struct flow *from,
                           const struct flow *to)
{
    static const uint8_t parts[] = {IMPACT_BY_NAMES,    IMPACT_BY_SOURCE, IMPACT_BY_DEST,
                                    IMPACT_BY_PROTOCOL, IMPACT_BY_PORT,   IMPACT_BY_SOURCE_PORT};
    struct flow flow = *from;
    struct impact_example last = judge(impact, &flow);
    uint8_t doubts = 0;
    if (from->source.family != to->source.family) { // both addresses have to be of one
        return IMPACT_BY_SOURCE | IMPACT_BY_DEST;
    }
    for (size_t i = 0; i < ARRAY_COUNT(parts); i++) {
        take_part(&flow, to, (enum impact_doubt)parts[i]);
        struct impact_example next = judge(impact, &flow);
        doubts |= change_of(&next) != change_of(&last) ? parts[i] : 0;
        last = next;
    }
    return doubts;
}

// ---- who decides ----------------------------------------------------------------------------------------------------

static struct decider decider_of(const struct flow_trace *trace, const struct flow_stage *stage)
{
    struct decider decider = {.tier = -1, .reason = trace->reason};
    if (stage == NULL) {
        return decider;
    }
    decider.reason = stage->reason;
    decider.direction = stage->direction;
    if (stage->enforced.count > 0) {
        const struct flow_step *step = &stage->enforced.items[stage->enforced.count - 1];
        decider.tier = step->tier;
        decider.policy = step->policy;
        decider.rule = step->rule;
    }
    return decider;
}

static void find_deciders(const struct impact *impact, const struct flow *flow,
                          struct decider ret[PLANS])
{
    struct arena_mark mark = arena_mark(impact->scratch);
    struct flow_trace traces[PLANS];
    const struct flow_stage *stages[PLANS];
    for (int i = 0; i < PLANS; i++) {
        flow_trace_hits(impact->evaluators[i], impact->scratch, flow, &traces[i]);
    }
    flow_deciding_stages(&traces[BEFORE], &traces[AFTER], stages);
    for (int i = 0; i < PLANS; i++) {
        ret[i] = decider_of(&traces[i], stages[i]);
    }
    arena_rewind(impact->scratch, mark);
}

// ---- answers --------------------------------------------------------------------------------------------------------

// On the arena: namings move when one more is made.
static const struct flow_strings *names_text(const struct impact *impact, uint32_t number)
{
    if (impact->namings == NULL || naming_get(impact, number)->names.count == 0) {
        return NULL;
    }
    struct flow_strings *names = arena_new_of(impact->arena, struct flow_strings);
    *names = naming_get(impact, number)->names;
    return names;
}

// A change that may be goes before what stays as it is.
static void add_examples(const struct impact *impact, const struct cut *cut, struct answer *ret)
{
    static const uint8_t order[] = {IMPACT_CLOSED, IMPACT_OPENED, IMPACT_SAME};
    for (size_t i = 0; i < ARRAY_COUNT(order); i++) {
        uint8_t change = order[i];
        if (cut->families[change] == 0) {
            continue;
        }
        ret->reachable |= (uint8_t)(1 << change);
        if (ret->example_count < ARRAY_COUNT(ret->examples)) {
            ret->examples[ret->example_count++] = judge(impact, &cut->samples[change]);
        }
    }
}

static void keep_sample(struct cut *cut, const struct flow *flow, uint8_t change, uint8_t families)
{
    if (cut->families[change] == 0) {
        cut->samples[change] = *flow;
    }
    cut->families[change] |= families;
}

static void answer_one(struct impact *impact, const struct question *question,
                       const struct flow *flow, struct answer *ret)
{
    struct arena_mark mark = arena_mark(impact->scratch);
    struct numbers namings;
    struct cut cut = {0};
    uint8_t family = flow->source.family == IP_V4 ? PLAN_V4 : PLAN_V6;
    if (question->names != NOT_RECORDED) {
        namings_of_question(impact, question, &namings);
    } else {
        ret->named = namings_of_flow(impact, flow, &namings);
    }
    for (size_t i = 0; i < namings.count; i++) {
        struct flow named = *flow;
        named.names = names_text(impact, namings.items[i]);
        struct impact_example example = judge(impact, &named);
        keep_sample(&cut, &named, (uint8_t)change_of(&example), family);
    }
    arena_rewind(impact->scratch, mark);
    ret->one = true;
    add_examples(impact, &cut, ret);
    ret->change = (uint8_t)change_of(&ret->examples[0]);
    ret->doubts = ret->example_count > 1 ? IMPACT_BY_NAMES : 0;
    ret->doubts |= namings.partial ? IMPACT_BY_SIZE : 0;
    ret->doubts |= is_undecided(impact, flow) ? IMPACT_BY_INTERFACE : 0;
    ret->change = ret->doubts != 0 ? IMPACT_UNCERTAIN : ret->change;
}

static void cut_all(struct impact *impact, const struct question *question, struct cut *ret)
{
    struct numbers namings;
    *ret = (struct cut){.given_up = !namings_of_question(impact, question, &namings)};
    for (size_t i = 0; i < namings.count; i++) {
        struct arena_mark mark = arena_mark(impact->scratch);
        struct cut cut;
        cut_question(
            impact, question,
            impact->namings != NULL ? naming_rows(impact, namings.items[i]) : &impact->rows, &cut);
        for (uint8_t change = 0; change < IMPACT_CHANGES; change++) {
            if (cut.families[change] != 0) {
                cut.samples[change].names = names_text(impact, namings.items[i]);
                keep_sample(ret, &cut.samples[change], change, cut.families[change]);
            }
        }
        ret->given_up |= cut.given_up;
        arena_rewind(impact->scratch, mark);
    }
}

static void answer_many(struct impact *impact, const struct question *question, struct answer *ret)
{
    struct cut cut;
    struct arena_mark mark = arena_mark(impact->scratch);
    cut_all(impact, question, &cut);
    arena_rewind(impact->scratch, mark);
    add_examples(impact, &cut, ret);
    if (ret->example_count == 0) { // ends of two IP versions: no packet at all
        ret->change = question->gone ? IMPACT_UNCERTAIN : IMPACT_SAME;
        return;
    }
    ret->change = (uint8_t)change_of(&ret->examples[0]);
    if (cut.given_up) {
        ret->doubts |= IMPACT_BY_SIZE;
    }
    if (ret->example_count > 1) {
        ret->doubts |= find_doubts(impact, &ret->examples[0].flow, &ret->examples[1].flow);
    }
    for (size_t i = 0; i < ret->example_count; i++) {
        ret->doubts |= is_undecided(impact, &ret->examples[i].flow) ? IMPACT_BY_INTERFACE : 0;
    }
    if (ret->doubts != 0 || ret->example_count > 1 || question->gone) {
        ret->change = IMPACT_UNCERTAIN;
    }
}

struct answer *find_answer(struct impact *impact, const struct question *question)
{
    struct flow flow;
    struct answer *answer = strmap_get_n(impact->answers, question, sizeof *question);
    if (answer != NULL) {
        return answer;
    }
    answer = arena_new_of(impact->arena, struct answer);
    if (is_one_flow(impact, question, &flow)) {
        answer_one(impact, question, &flow, answer);
    } else {
        answer_many(impact, question, answer);
    }
    if (answer->example_count > 0 && (impact->all || answer->change != IMPACT_SAME)) {
        find_deciders(impact, &answer->examples[0].flow, answer->deciders);
    }
    strmap_put_n(impact->answers, question, sizeof *question, answer);
    return answer;
}

// ---- what was recorded ------------------------------------------------------------------------------------------------

enum reporter reporter_of(const struct flowlog_record *record)
{
    static const uint8_t reporters[] = {[FLOW_REPORT_SOURCE] = BY_SOURCE,
                                        [FLOW_REPORT_DESTINATION] = BY_DEST,
                                        [FLOW_REPORT_FORWARD] = BY_FORWARD};
    for (size_t i = 0; i < ARRAY_COUNT(reporters); i++) {
        if (texts_equal(record->reporter, flow_reporter_text((enum flow_reporter)i))) {
            return (enum reporter)reporters[i];
        }
    }
    return BY_NOBODY;
}

static void find_sides(const struct impact *impact, struct answer *answer)
{
    struct arena_mark mark = arena_mark(impact->scratch);
    const struct flow *flow = &answer->examples[0].flow;
    struct flow_trace trace;
    struct flow_reports reports;
    flow_trace_hits(impact->evaluators[BEFORE], impact->scratch, flow, &trace);
    flow_reports_make(impact->scratch, impact->plans[BEFORE], &trace, &reports);
    for (size_t i = 0; i < reports.count; i++) {
        struct flowlog_record like = {
            .reporter = flow_reporter_text((enum flow_reporter)reports.items[i].reporter)};
        answer->sides[reporter_of(&like)] |= (uint8_t)(1 << reports.items[i].verdict);
        answer->sides[BY_NOBODY] |= (uint8_t)(1 << reports.items[i].verdict);
    }
    answer->sides_known = true;
    arena_rewind(impact->scratch, mark);
}

bool was_otherwise(struct impact *impact, struct answer *answer,
                   const struct flowlog_record *record)
{
    bool denied = texts_equal(record->action, "deny");
    bool may_differ = denied || answer->examples[0].before == (uint8_t)FLOW_DENY;
    if (record->action == NULL || !answer->one || answer->named || !may_differ ||
        (answer->doubts & IMPACT_BY_INTERFACE) != 0) {
        return false;
    }
    if (!answer->sides_known) {
        find_sides(impact, answer);
    }
    uint8_t side = answer->sides[reporter_of(record)];
    return side != 0 && denied != ((side & 1 << FLOW_DENY) != 0);
}
