// SPDX-License-Identifier: GPL-2.0-or-later
// Random pairs of policy directories, and records of random flows of which something is left out: what polc impact says for
// certain of a record holds for every flow that it stands for; where it is uncertain, it names two flows that the record
// stands for and that fare differently.
//
//   prop_impact SEED COUNT [--first N] [--flows N]
//
// Cases are those of prop_traffic.
#include "names.h"
#include "pairs.h"
#include "probe.h"

#include <inttypes.h>
#include <polc/impact.h>

enum { OTHERS = 40, EXIT_USAGE = 2 };

struct run {
    struct cases cases; // as many records of each case as flows
    size_t counts[IMPACT_CHANGES];
    size_t by_names; // records that are uncertain for their names
    size_t alike;    // flows besides the one that a record was made of
};

// What is left of a flow in its record.
struct mask {
    bool address[2], name[2]; // of the source and of the destination
    bool aggregate[2];        // the name of many, not of one
    bool port, source_port, protocol;
    const struct flow_strings *domains; // the names of the destination; NULL
};

// ---- records --------------------------------------------------------------------------------------------------------

static const struct flow_strings *random_names(struct arena *arena, struct rng *rng)
{
    struct flow_strings *names = arena_new_of(arena, struct flow_strings);
    struct dns_book *book = names_book(arena);
    void *cursor = NULL;
    for (const char *name; dns_book_next_name(book, &cursor, &name);) {
        if (rng_chance(rng, 20)) {
            vec_push(arena, names, name);
        }
    }
    return names;
}

static struct mask random_mask(struct rng *rng)
{
    struct mask mask = {.port = rng_chance(rng, 70),
                        .source_port = rng_chance(rng, 30),
                        .protocol = rng_chance(rng, 90)};
    for (int i = 0; i < 2; i++) {
        mask.address[i] = rng_chance(rng, 40);
        mask.name[i] = rng_chance(rng, 80);
        mask.aggregate[i] = rng_chance(rng, 60);
    }
    return mask;
}

static const char *known(const char *text)
{
    return strcmp(text, "-") == 0 ? NULL : text;
}

static void fill_end(struct arena *arena, const struct flowlog_names *names,
                     const struct mask *mask, int side, struct ip_addr addr, const char *other_ns,
                     struct flowlog_end *ret)
{
    char buffer[IP_TEXT_MAX];
    struct flowlog_name name = flowlog_name_address(names, addr, other_ns);
    ret->port = FLOWLOG_UNKNOWN;
    if (mask->address[side]) {
        ret->ip = arena_strdup(arena, ip_addr_text(addr, buffer));
    }
    if (mask->name[side]) {
        ret->type = name.type;
        ret->ns = known(name.ns);
        ret->name_aggr = known(name.aggregate);
        ret->name = mask->aggregate[side] ? NULL : known(name.name);
    }
}

static const char *workload_ns(const struct flowlog_names *names, struct ip_addr addr)
{
    struct flowlog_name name = flowlog_name_address(names, addr, NULL);
    return strcmp(name.type, "wep") == 0 ? name.ns : NULL;
}

static struct flowlog_record record_of(struct arena *arena, const struct flowlog_names *names,
                                       const struct mask *mask, const struct flow *flow)
{
    struct flowlog_record record = flowlog_unknown;
    fill_end(arena, names, mask, 0, flow->source, workload_ns(names, flow->destination),
             &record.source);
    fill_end(arena, names, mask, 1, flow->destination, workload_ns(names, flow->source),
             &record.dest);
    if (mask->protocol) {
        record.proto = arena_printf(arena, "%u", flow->protocol);
        record.icmp_type = flow->icmp_type;
        record.icmp_code = flow->icmp_code;
    }
    if (mask->domains != NULL) {
        record.domains = *mask->domains;
    }
    if (mask->port && proto_has_ports(flow->protocol)) {
        record.dest.port = flow->destination_port;
    }
    if (mask->source_port && proto_has_ports(flow->protocol)) {
        record.source.port = flow->source_port;
    }
    return record;
}

static const char *text_of(struct arena *arena, const struct flowlog_record *record)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    flowlog_write(record, out);
    fclose(out);
    const char *ret = arena_strndup(arena, text, size);
    free(text);
    return ret;
}

// ---- whom a record stands for ------------------------------------------------------------------------------------------

static bool has_address(const struct plan_name_member *member, struct ip_addr addr)
{
    for (size_t i = 0; i < member->address_count; i++) {
        if (ip_addr_compare(member->addresses[i], addr) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_called(const struct plan *plan, const struct flowlog_end *end, struct ip_addr addr)
{
    for (size_t i = 0; i < plan->names.count; i++) {
        const struct plan_name *name = &plan->names.items[i];
        for (size_t j = 0; texts_equal(name->ns, end->ns) && j < name->members.count; j++) {
            const struct plan_name_member *member = &name->members.items[j];
            bool same = texts_equal(end->name != NULL ? end->name : end->name_aggr,
                                    end->name != NULL ? member->name : name->aggregate);
            if (same && has_address(member, addr)) {
                return true;
            }
        }
    }
    return false;
}

static bool is_of_netset(const struct plan *plan, const struct flowlog_end *end,
                         struct ip_addr addr)
{
    for (size_t i = 0; i < plan->netsets.count; i++) {
        const struct plan_netset *netset = &plan->netsets.items[i];
        bool same = texts_equal(netset->ns, end->ns) && texts_equal(netset->name, end->name_aggr);
        for (size_t j = 0; same && j < netset->net_count; j++) {
            if (cidr_contains_addr(netset->nets[j], addr)) {
                return true;
            }
        }
    }
    return false;
}

static bool stands_for(const struct plan *plan, const struct flowlog_names *names,
                       const struct flowlog_end *end, struct ip_addr addr)
{
    char buffer[IP_TEXT_MAX];
    if (end->ip != NULL) {
        return strcmp(end->ip, ip_addr_text(addr, buffer)) == 0;
    }
    if (end->type == NULL) {
        return true;
    }
    if (strcmp(end->type, "net") == 0) {
        struct flowlog_name name = flowlog_name_address(names, addr, NULL);
        return strcmp(name.type, "net") == 0 && strcmp(name.aggregate, end->name_aggr) == 0;
    }
    return strcmp(end->type, "ns") == 0 ? is_of_netset(plan, end, addr)
                                        : is_called(plan, end, addr);
}

static bool is_example(const struct pair *pair, const struct flowlog_names *names,
                       const struct flowlog_record *record, const struct flow *flow)
{
    const struct plan *plan = pair->plans[0];
    return stands_for(plan, names, &record->source, flow->source) &&
           stands_for(plan, names, &record->dest, flow->destination) &&
           (record->proto == NULL || flow_protocol_parse(record->proto) == flow->protocol) &&
           (record->icmp_type < 0 || record->icmp_type == flow->icmp_type) &&
           (!proto_has_ports(flow->protocol) || record->dest.port == FLOWLOG_UNKNOWN ||
            record->dest.port == flow->destination_port) &&
           (!proto_has_ports(flow->protocol) || record->source.port == FLOWLOG_UNKNOWN ||
            record->source.port == flow->source_port);
}

// ---- what is said of it ------------------------------------------------------------------------------------------------

static enum impact_change change_of(const struct pair *pair, const struct flow *flow)
{
    enum flow_verdict before = flow_verdict(pair->evaluators[0], flow, false);
    enum flow_verdict after = flow_verdict(pair->evaluators[1], flow, false);
    return before == after ? IMPACT_SAME : after == FLOW_DENY ? IMPACT_CLOSED : IMPACT_OPENED;
}

static const struct impact_group *impact_of(const struct pair *pair,
                                            const struct flowlog_record *record)
{
    struct impact *impact =
        impact_new(pair->arena, pair->plans[0], pair->plans[1], pair->diff, true);
    impact_add(impact, record);
    const struct impact_result *result = impact_finish(impact);
    return result->groups.count == 1 ? &result->groups.items[0] : NULL;
}

static const char *check_examples(const struct pair *pair, const struct flowlog_names *names,
                                  const struct flowlog_record *record,
                                  const struct impact_group *group)
{
    enum impact_change changes[2] = {IMPACT_CHANGES, IMPACT_CHANGES};
    for (size_t i = 0; i < group->example_count; i++) {
        const struct flow *flow = &group->examples[i].flow;
        changes[i] = change_of(pair, flow);
        if (!is_example(pair, names, record, flow)) {
            return arena_printf(pair->arena, "an example that it does not stand for: %s",
                                pair_flow_text(pair->arena, flow));
        }
    }
    bool differs = group->example_count == 2 && changes[0] != changes[1];
    bool other_doubt = (group->doubts & (IMPACT_BY_INTERFACE | IMPACT_BY_SIZE)) != 0;
    if (group->change == IMPACT_UNCERTAIN) {
        return differs || other_doubt ? NULL : "uncertain, and both examples fare alike";
    }
    return changes[0] == (enum impact_change)group->change ? NULL : "the example fares otherwise";
}

static const char *check_flow(const struct pair *pair, const struct impact_group *group,
                              const struct flow *flow)
{
    enum impact_change change = change_of(pair, flow);
    bool may = (group->reachable & 1 << change) != 0;
    bool does = group->change == IMPACT_UNCERTAIN || group->change == (uint8_t)change;
    return pair_undecided(pair, flow) || (may && does)
               ? NULL
               : arena_printf(pair->arena, "said to be %u (of %x), but is %u: %s", group->change,
                              group->reachable, change, pair_flow_text(pair->arena, flow));
}

// By the names that the record has; of one without, by any names.
static const char *check_names(const struct pair *pair, const struct mask *mask,
                               const struct impact_group *group, const struct flow *flow,
                               struct rng *rng)
{
    enum { TRIES = 3 };
    struct flow named = *flow;
    named.names = mask->domains;
    const char *problem = check_flow(pair, group, &named);
    for (int i = 0; i < TRIES && problem == NULL && mask->domains == NULL; i++) {
        named.names = random_names(pair->arena, rng);
        problem = check_flow(pair, group, &named);
    }
    return problem;
}

// "pub" and "pvt" do not mean addresses that never leave a link.
static bool is_meant(const struct flowlog_end *end, struct ip_addr addr)
{
    size_t count;
    const struct cidr *nets = flow_special_nets(&count);
    for (size_t i = 0; i < count && end->ip == NULL && texts_equal(end->type, "net"); i++) {
        if (cidr_contains_addr(nets[i], addr)) {
            return false;
        }
    }
    return true;
}

static const char *check_record(struct run *run, const struct pair *pair,
                                const struct flowlog_names *names, const struct mask *mask,
                                const struct probes *probes, size_t number, struct rng *rng)
{
    struct flowlog_record record = record_of(pair->arena, names, mask, &probes->items[number].flow);
    const char *text = text_of(pair->arena, &record);
    const struct impact_group *group = impact_of(pair, &record);
    const char *problem = group == NULL ? "no group" : check_examples(pair, names, &record, group);
    for (size_t i = 0; i < probes->count && problem == NULL; i++) {
        struct flowlog_record other = record_of(pair->arena, names, mask, &probes->items[i].flow);
        const struct flow *flow = &probes->items[i].flow;
        if (strcmp(text_of(pair->arena, &other), text) == 0 &&
            is_meant(&other.source, flow->source) && is_meant(&other.dest, flow->destination)) {
            problem = check_names(pair, mask, group, flow, rng);
            run->alike += i != number;
        }
    }
    if (group != NULL) {
        run->counts[group->change]++;
        run->by_names += (group->doubts & IMPACT_BY_NAMES) != 0;
    }
    return problem != NULL ? arena_printf(pair->arena, "%s\n%s", problem, text) : NULL;
}

// Flows as a record has them; no ICMP of the other IP version.
static void tidy_up(struct probes *probes)
{
    size_t kept = 0;
    for (size_t i = 0; i < probes->count; i++) {
        struct flow flow = probes->items[i].flow;
        uint8_t other = flow.source.family == IP_V4 ? PROTO_ICMPV6 : PROTO_ICMP;
        flow.in_interface = flow.out_interface = NULL;
        flow.published = (struct ip_addr){0};
        if (flow.protocol != other) {
            probes->items[kept++].flow = flow;
        }
    }
    probes->count = kept;
}

static const char *check_pair(const struct pair *pair, void *context)
{
    struct run *run = context;
    const char *problem = NULL;
    const struct flowlog_names *names = flowlog_names_new(pair->arena, pair->plans[0]);
    for (int i = 0; i < 2 && problem == NULL; i++) {
        struct rng rng = rng_new(~pair->seed, 2 * pair->number + (uint64_t)i);
        struct probes probes;
        probes_make(pair->arena, pair->plans[i], &rng, run->cases.flows + OTHERS, &probes);
        tidy_up(&probes);
        for (size_t j = 0; j < run->cases.flows && j < probes.count && problem == NULL; j++) {
            struct mask mask = random_mask(&rng);
            const struct flow_strings *domains = random_names(pair->arena, &rng);
            if (domains->count > 0 && rng_chance(&rng, 30) &&
                dns_address_usable(probes.items[j].flow.destination)) {
                mask.domains = domains;
            }
            problem = check_record(run, pair, names, &mask, &probes, j, &rng);
        }
    }
    return problem;
}

int main(int argc, char **argv)
{
    struct run run = {.cases.flows = 60};
    if (!cases_take(&run.cases, argc, argv)) {
        return EXIT_USAGE;
    }
    struct pairs pairs = {.check = check_pair, .context = &run, .never_staged = true};
    pairs_run(&pairs, &run.cases);
    printf(
        "%s - seed %" PRIu64
        ": %zu pairs, %zu without a change of traffic; records: %zu closed, %zu opened, %zu uncertain (%zu by names), %zu unchanged;"
        " %zu more flows that they stand for\n",
        pairs.failures == 0 ? "ok" : "not ok", run.cases.seed, pairs.count, pairs.same,
        run.counts[IMPACT_CLOSED], run.counts[IMPACT_OPENED], run.counts[IMPACT_UNCERTAIN],
        run.by_names, run.counts[IMPACT_SAME], run.alike);
    return pairs.failures > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
