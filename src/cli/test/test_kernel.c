// SPDX-License-Identifier: GPL-2.0-or-later
// polc test --kernel: the hosts and endpoints of the input as a lab, each host with its compiled ruleset, and a packet for
// every flow of every case.
#include "test.h"

#include <polc/domains.h>
#include <polc/lab.h>
#include <unistd.h>

struct bench {
    struct run *run;
    struct expect_suite *suite;
    const struct flow_evaluator *evaluator;
    struct {
        VEC_FIELDS(struct lab_node);
    } nodes;
    struct {
        VEC_FIELDS(const struct nft_ruleset *);
    } rulesets; // of each node
    struct {
        VEC_FIELDS(struct nft_domain_elements);
    } fills; // of each node: what its sets of domains hold
    const struct dns_book
        *book; // which names have which addresses; also those that stand for others
    struct {
        VEC_FIELDS(struct lab_station);
    } stations;
    struct {
        VEC_FIELDS(struct lab_probe);
    } probes;
    struct strmap *node_numbers;    // name -> number + 1
    struct strmap *station_numbers; // id of an endpoint, or name of a party -> number + 1
    struct strmap *probe_numbers;   // flow -> number + 1
};

// ---- hosts ------------------------------------------------------------------------------------------------------

struct uplinks {
    VEC_FIELDS(struct lab_uplink);
};

static void add_uplink(struct arena *arena, struct uplinks *uplinks, const char *name,
                       const struct host_interface *interface)
{
    struct ip_addr *addresses = arena_array_of(arena, struct ip_addr, interface->address_count);
    for (size_t i = 0; i < interface->address_count; i++) {
        addresses[i] = interface->addresses[i].addr;
    }
    vec_push(arena, uplinks, (struct lab_uplink){name, addresses, interface->address_count});
}

static bool is_workload_interface(const struct run *run, const char *node, const char *name)
{
    for (size_t i = 0; i < run->model->interfaces.count; i++) {
        const struct model_interface *interface = &run->model->interfaces.items[i];
        if (strcmp(interface->name, name) == 0 && interface->workload &&
            (interface->node == NULL || strcmp(interface->node, node) == 0)) {
            return true;
        }
    }
    return false;
}

// The interfaces of a host that lead to others.
static void find_uplinks(struct bench *bench, const char *node, struct uplinks *ret)
{
    struct run *run = bench->run;
    const struct host_node *known = host_find(&run->inventory, node);
    for (size_t i = 0; known != NULL && i < known->count; i++) {
        const struct host_interface *interface = &known->items[i];
        if (!interface->loopback && !is_workload_interface(run, node, interface->name)) {
            add_uplink(run->arena, ret, interface->name, interface);
        }
    }
    if (ret->count == 0) {
        add_uplink(run->arena, ret, "uplink0", &(struct host_interface){0});
    }
}

static const struct nft_ruleset *compile_node(struct bench *bench, const char *node,
                                              struct nft_domain_elements *ret_fill)
{
    struct run *run = bench->run;
    struct nft_lower_options options = {.table = run->options.table, .version = POLC_VERSION};
    const struct model *model = resolve(run->input, diags_new(run->arena, run->sources),
                                        &run->resources, node, &run->inventory);
    const struct plan *plan = plan_build(run->arena, model);
    const struct domain_rules rules = domain_rules_of_plan(run->arena, plan);
    *ret_fill = (struct nft_domain_elements){0};
    domains_elements(run->arena, &rules, bench->book, 0, ret_fill);
    return nft_lower(run->arena, plan, run->sources, &options);
}

static void add_fact(struct dns_book *book, const char *name, struct ip_addr addr)
{
    dns_book_add(book, &(struct dns_fact){
                           .name = name, .addr = addr, .ttl = DNS_TTL_MAX, .source = DNS_FILE});
}

// What the evaluator was told, for as long as the packets take.
static const struct dns_book *book_of(struct run *run, const struct expect_suite *suite)
{
    struct dns_book *book = dns_book_new(run->arena);
    struct dns_view facts = {0};
    if (suite->book != NULL) {
        facts = dns_book_all(suite->book);
    }
    for (size_t i = 0; i < facts.count; i++) {
        add_fact(book, facts.items[i]->name, facts.items[i]->addr);
    }
    for (size_t i = 0; i < suite->parties.count; i++) {
        const struct expect_party *party = &suite->parties.items[i];
        for (size_t j = 0; party->names != NULL && j < party->address_count; j++) {
            add_fact(book, party->names->items[0], party->addresses[j]);
        }
    }
    return book;
}

static uint32_t node_number(struct bench *bench, const char *node)
{
    size_t known = (size_t)strmap_get(bench->node_numbers, node);
    if (known == 0) {
        struct arena *arena = bench->run->arena;
        struct uplinks uplinks = {0};
        find_uplinks(bench, node, &uplinks);
        vec_push(arena, &bench->nodes, (struct lab_node){node, uplinks.items, uplinks.count});
        struct nft_domain_elements fill;
        vec_push(arena, &bench->rulesets, compile_node(bench, node, &fill));
        vec_push(arena, &bench->fills, fill);
        known = bench->nodes.count;
        strmap_put(bench->node_numbers, node, (void *)known);
    }
    return (uint32_t)known - 1;
}

// ---- stations and probes ----------------------------------------------------------------------------------------

static struct lab_station make_workload(struct bench *bench, const struct expect_party *party)
{
    const struct res_nets *nets = &party->endpoint->res->addresses;
    struct ip_addr *addresses = arena_array_of(bench->run->arena, struct ip_addr, nets->count);
    for (size_t i = 0; i < nets->count; i++) {
        addresses[i] = nets->items[i].cidr.addr;
    }
    return (struct lab_station){.place = LAB_WORKLOAD,
                                .node = node_number(bench, party->node),
                                .interface = party->endpoint->interface,
                                .port = party->endpoint->port,
                                .addresses = addresses,
                                .address_count = nets->count};
}

// A host is one station, whatever it is called by.
static struct lab_station make_host(struct bench *bench, const struct expect_party *party)
{
    struct lab_station station = {.place = LAB_HOST, .node = node_number(bench, party->node)};
    const struct lab_node *node = &bench->nodes.items[station.node];
    VEC(struct ip_addr) addresses = {0};
    for (size_t i = 0; i < node->uplink_count; i++) {
        for (size_t j = 0; j < node->uplinks[i].address_count; j++) {
            vec_push(bench->run->arena, &addresses, node->uplinks[i].addresses[j]);
        }
    }
    station.addresses = addresses.items;
    station.address_count = addresses.count;
    return station;
}

static bool has_address(const struct ip_addr *addresses, size_t count, struct ip_addr addr)
{
    for (size_t i = 0; i < count; i++) {
        if (ip_addr_compare(addresses[i], addr) == 0) {
            return true;
        }
    }
    return false;
}

static void add_outside(struct bench *bench, struct lab_station *station,
                        const struct expect_party *party)
{
    size_t count = station->address_count;
    struct ip_addr *addresses =
        arena_array_of(bench->run->arena, struct ip_addr, count + party->address_count);
    if (count > 0) {
        memcpy(addresses, station->addresses, count * sizeof *addresses);
    }
    for (size_t i = 0; i < party->address_count; i++) {
        if (!has_address(addresses, count, party->addresses[i])) {
            addresses[count++] = party->addresses[i];
        }
    }
    station->addresses = addresses;
    station->address_count = count;
}

static uint32_t known_station(struct bench *bench, const char *name,
                              const struct expect_party *party)
{
    size_t known = (size_t)strmap_get(bench->station_numbers, name);
    if (known == 0) {
        struct lab_station station = {.place = LAB_OUTSIDE};
        if (party->endpoint != NULL) {
            station = make_workload(bench, party);
        } else if (party->node != NULL) {
            station = make_host(bench, party);
        }
        vec_push(bench->run->arena, &bench->stations, station);
        known = bench->stations.count;
        strmap_put(bench->station_numbers, name, (void *)known);
    }
    return (uint32_t)known - 1;
}

// The rest of the world is one station, with the addresses of all parties that are none of ours.
static uint32_t station_number(struct bench *bench, uint32_t number)
{
    const struct expect_party *party = &bench->suite->parties.items[number];
    if (party->endpoint != NULL) {
        return known_station(bench, party->endpoint->id, party);
    }
    if (party->node != NULL) {
        return known_station(bench, arena_printf(bench->run->arena, "node/%s", party->node), party);
    }
    uint32_t outside = known_station(bench, "outside", party);
    add_outside(bench, &bench->stations.items[outside], party);
    return outside;
}

static const char *flow_key(struct arena *arena, const struct flow *flow)
{
    char source[IP_TEXT_MAX], destination[IP_TEXT_MAX];
    return arena_printf(arena, "%s %s %u %u %u %d %d", ip_addr_text(flow->source, source),
                        ip_addr_text(flow->destination, destination), flow->protocol,
                        flow->source_port, flow->destination_port, flow->icmp_type,
                        flow->icmp_code);
}

static struct lab_probe make_probe(const struct expect_flow *item)
{
    const struct flow *flow = &item->flow;
    return (struct lab_probe){.source = flow->source,
                              .destination = flow->destination,
                              .protocol = flow->protocol,
                              .source_port = flow->source_port,
                              .destination_port = flow->destination_port,
                              .icmp_type = flow->icmp_type < 0 ? 0 : (uint8_t)flow->icmp_type,
                              .icmp_code = flow->icmp_code < 0 ? 0 : (uint8_t)flow->icmp_code,
                              .expected = item->allowed};
}

// Where it depends on an interface that is not known, the lab would only show its own guess.
static bool is_certain(struct bench *bench, const struct flow *flow)
{
    struct arena *arena = bench->run->arena;
    struct arena_mark mark = arena_mark(arena);
    struct flow_trace trace = {0};
    if (bench->run->plan->hosts.count > 0) {
        flow_trace(bench->evaluator, arena, flow, &trace);
    }
    bool certain = !trace.interface_unknown;
    arena_rewind(arena, mark);
    return certain;
}

static bool is_outside(const struct expect_party *party)
{
    return party->endpoint == NULL && party->node == NULL;
}

// The uplink with the longest prefix around an address; -1: none has one.
static int connected_uplink(const struct bench *bench, const char *node, struct ip_addr addr)
{
    const struct host_node *known = host_find(&bench->run->inventory, node);
    int ret = -1, uplink = 0, bits = -1;
    for (size_t i = 0; known != NULL && i < known->count; i++) {
        const struct host_interface *interface = &known->items[i];
        if (interface->loopback || is_workload_interface(bench->run, node, interface->name)) {
            continue;
        }
        for (size_t j = 0; j < interface->address_count; j++) {
            struct cidr cidr = interface->addresses[j];
            if (cidr_contains_addr(cidr, addr) && cidr.bits > bits) {
                ret = uplink;
                bits = cidr.bits;
            }
        }
        uplink++;
    }
    return ret;
}

// In the lab one station stands for all that is outside, and reaches a host by its first uplink: what would pass a host
// from one side to another, or take another uplink, is not sent. What a host itself sends takes the right one.
static bool is_way_of_lab(const struct bench *bench, const struct expect_flow *item)
{
    const struct expect_party *from = &bench->suite->parties.items[item->from];
    const struct expect_party *to = &bench->suite->parties.items[item->to];
    if (is_outside(from) && is_outside(to)) {
        return false;
    }
    bool sent_by_host = from->endpoint == NULL && from->node != NULL;
    if ((!is_outside(from) && !is_outside(to)) || sent_by_host) {
        return true;
    }
    const char *node = is_outside(from) ? to->node : from->node;
    struct ip_addr addr = is_outside(from) ? item->flow.source : item->flow.destination;
    return connected_uplink(bench, node, addr) <= 0;
}

// What the evaluator denies goes first, whatever the case expects: a packet that passes could make a later one look like
// its answer.
static void add_probe(struct bench *bench, const struct expect_flow *item)
{
    struct lab_probe probe = make_probe(item);
    const char *key = flow_key(bench->run->arena, &item->flow);
    if (!lab_can_send(&probe) || strmap_get(bench->probe_numbers, key) != NULL ||
        !is_way_of_lab(bench, item) || !is_certain(bench, &item->flow)) {
        return;
    }
    probe.from = station_number(bench, item->from);
    probe.to = station_number(bench, item->to);
    vec_push(bench->run->arena, &bench->probes, probe);
    strmap_put(bench->probe_numbers, key, (void *)bench->probes.count);
}

static void add_probes(struct bench *bench)
{
    for (size_t i = 0; i < bench->suite->cases.count; i++) {
        const struct expect_case *item = &bench->suite->cases.items[i];
        for (size_t j = 0; j < item->flows.count; j++) {
            add_probe(bench, &item->flows.items[j]);
        }
    }
}

// What was not sent is taken for what the evaluator says.
static void take_results(struct bench *bench, size_t *ret_left_out)
{
    *ret_left_out = 0;
    for (size_t i = 0; i < bench->suite->cases.count; i++) {
        struct expect_case *item = &bench->suite->cases.items[i];
        for (size_t j = 0; j < item->flows.count; j++) {
            struct expect_flow *flow = &item->flows.items[j];
            size_t number =
                (size_t)strmap_get(bench->probe_numbers, flow_key(bench->run->arena, &flow->flow));
            flow->arrived = number > 0 ? bench->probes.items[number - 1].arrived : flow->allowed;
            *ret_left_out += number == 0;
        }
    }
}

// ---- the lab ----------------------------------------------------------------------------------------------------

static const char *status_text(struct arena *arena, enum nft_status status,
                               const struct nft_failure *failure)
{
    const char *what = failure->what != NULL ? failure->what : "ruleset";
    const char *text = failure->message != NULL && failure->message[0] != '\0'
                           ? failure->message
                           : strerror(failure->error);
    switch (status) {
    case NFT_DONE:
        return NULL;
    case NFT_NO_PRIVILEGE:
        return "the kernel's firewall cannot be changed in the namespace";
    case NFT_UNSUPPORTED:
        return "this kernel has no nf_tables";
    case NFT_STALE:
        return "another program changes the firewall in the namespace";
    case NFT_REFUSED:
        return arena_printf(arena, "the kernel refused the %s%s%s: %s", what,
                            failure->comment != NULL ? " " : "",
                            failure->comment != NULL ? failure->comment : "", text);
    case NFT_SYSTEM_ERROR:
        break;
    }
    return arena_printf(arena, "%s: %s", what, text);
}

// In the namespace of the node.
static const char *load_ruleset(void *context, size_t node)
{
    struct bench *bench = context;
    struct arena *arena = bench->run->arena;
    const struct nft_ruleset *wanted = bench->rulesets.items[node];
#if defined(POLC_TESTING)
    // Without any ruleset everything arrives: shows that packets decide, and not the evaluator.
    if (getenv("POLC_TEST_NO_RULESET") != NULL) {
        return NULL;
    }
#endif
    struct nft_kernel *kernel;
    struct nft_failure failure = {0};
    struct nft_commit_options options = {.generation = 1, .fill = &bench->fills.items[node]};
    enum nft_status status = nft_dump(arena, bench->run->options.table, &kernel, &failure);
    if (status == NFT_DONE) {
        struct nft_diff *diff = nft_compare(arena, wanted, kernel);
        status = nft_commit(arena, wanted, kernel, diff, &options, &failure);
    }
    return status_text(arena, status, &failure);
}

static int report(enum lab_status status, const char *message)
{
    switch (status) {
    case LAB_DONE:
        return POLC_EXIT_OK;
    case LAB_NOT_ALLOWED:
        complain("--kernel needs network namespaces of its own, and none is to be had: %s",
                 message);
        hint(
            "as root, or where the system lets users make user namespaces; without --kernel no privilege is needed");
        break;
    case LAB_FAILED:
        complain("--kernel cannot build its lab: %s", message);
        break;
    }
    return POLC_EXIT_SYSTEM;
}

int test_in_kernel(struct run *run, struct expect_suite *suite, size_t *ret_sent,
                   size_t *ret_left_out)
{
    struct bench bench = {.run = run,
                          .suite = suite,
                          .evaluator = flow_evaluator_new(run->arena, run->plan),
                          .book = book_of(run, suite),
                          .node_numbers = strmap_new(run->arena),
                          .station_numbers = strmap_new(run->arena),
                          .probe_numbers = strmap_new(run->arena)};
    add_probes(&bench);
    struct lab lab = {.nodes = bench.nodes.items,
                      .node_count = bench.nodes.count,
                      .stations = bench.stations.items,
                      .station_count = bench.stations.count,
                      .probes = bench.probes.items,
                      .probe_count = bench.probes.count,
                      .prepare = load_ruleset,
                      .context = &bench};
    const char *message;
    bool shown = isatty(STDERR_FILENO) == 1 && !run->options.quiet;
    if (shown) {
        fprintf(stderr, "%zu packets between %zu endpoints on %zu hosts ...", lab.probe_count,
                lab.station_count, lab.node_count);
    }
    enum lab_status status = lab_run(run->arena, &lab, &message);
    if (shown) {
        fputs("\r\033[K", stderr);
    }
    if (status == LAB_DONE) {
        take_results(&bench, ret_left_out);
        *ret_sent = bench.probes.count;
    }
    return report(status, message);
}
