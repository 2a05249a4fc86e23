// SPDX-License-Identifier: GPL-2.0-or-later
// Who the references of the cases mean: the parties of the suite, by the same references that `trace` takes.
#include "ref.h"
#include "test.h"

struct finder {
    struct run *run;
    struct expect_suite *suite;
    struct strmap *endpoints; // name of a reference -> struct model_endpoint
    struct strmap *hosts;     // the same -> struct model_host
    struct strmap *stand_ins; // name in DNS -> number + 1 of the addresses that stand for its own
};

static void index_model(struct finder *finder)
{
    const struct model *model = finder->run->model;
    struct arena *arena = finder->run->arena;
    finder->endpoints = strmap_new(arena);
    finder->hosts = strmap_new(arena);
    for (size_t i = 0; i < model->endpoints.count; i++) {
        struct model_endpoint *endpoint = &model->endpoints.items[i];
        strmap_put(finder->endpoints, res_full_name(arena, &endpoint->res->meta), endpoint);
    }
    for (size_t i = 0; i < model->hosts.count; i++) {
        strmap_put(finder->hosts, model->hosts.items[i].id, &model->hosts.items[i]);
    }
}

static void set_addresses(struct arena *arena, struct expect_party *party,
                          const struct res_nets *nets)
{
    party->addresses = arena_array_of(arena, struct ip_addr, nets->count);
    for (size_t i = 0; i < nets->count; i++) {
        party->addresses[party->address_count++] = nets->items[i].cidr.addr;
    }
}

static struct expect_party workload_party(struct arena *arena,
                                          const struct model_endpoint *endpoint)
{
    struct expect_party party = {.name = res_full_name(arena, &endpoint->res->meta),
                                 .endpoint = endpoint,
                                 .node = endpoint->res->node.text,
                                 .ports = &endpoint->res->ports,
                                 .known = true};
    set_addresses(arena, &party, &endpoint->res->addresses);
    return party;
}

// The host that has the address on one of its interfaces; NULL when none is known to have it.
static const char *node_with(const struct model *model, struct ip_addr addr)
{
    for (size_t i = 0; i < model->interfaces.count; i++) {
        const struct model_interface *interface = &model->interfaces.items[i];
        for (size_t j = 0; !interface->loopback && j < interface->address_count; j++) {
            if (ip_addr_compare(interface->addresses[j].addr, addr) == 0) {
                return interface->node != NULL ? interface->node : model->node;
            }
        }
    }
    return NULL;
}

static void set_node(const struct model *model, struct expect_party *party, const char *name)
{
    static const char node[] = "node/";
    if (party->endpoint != NULL) {
        party->node = party->endpoint->res->node.text;
        party->ports = &party->endpoint->res->ports;
    } else if (party->host != NULL) {
        party->node = party->host->res->node.text;
        party->ports = &party->host->res->ports;
    } else if (text_begins(name, node)) {
        party->node = name + strlen(node);
    } else if (party->address_count > 0) {
        party->node = node_with(model, party->addresses[0]);
    }
}

// A reference gives one address of each family; of a workload every address counts, unless it was named by one of them:
// then it is a party of its own, which is not all of the endpoint.
static struct expect_party party_of(struct finder *finder, const struct ref_end *end,
                                    const char *address)
{
    struct arena *arena = finder->run->arena;
    const struct model_endpoint *endpoint = strmap_get(finder->endpoints, end->name);
    const struct model_host *host = strmap_get(finder->hosts, end->name);
    if (endpoint != NULL && address == NULL) {
        return workload_party(arena, endpoint);
    }
    struct expect_party party = {
        .name = address != NULL ? address : end->name, .endpoint = endpoint, .host = host};
    party.known = address == NULL && (host != NULL || strcmp(end->name, "pub") == 0);
    party.addresses = arena_array_of(arena, struct ip_addr, end->address_count);
    party.address_count = end->address_count;
    memcpy(party.addresses, end->addresses, end->address_count * sizeof *end->addresses);
    set_node(finder->run->model, &party, end->name);
    return party;
}

// The text of an address as polc writes it; NULL when the reference is none.
static const char *address_text(struct arena *arena, const char *text)
{
    char buffer[IP_TEXT_MAX];
    struct ip_addr addr;
    return ip_addr_parse(text, strlen(text), &addr) == ADDR_OK
               ? arena_strdup(arena, ip_addr_text(addr, buffer))
               : NULL;
}

static bool find(struct finder *finder, const char *text, struct ref *ret,
                 struct ref_problem *problem)
{
    return ref_find(finder->run->arena, finder->run->model, text, ret, problem);
}

// Each name in DNS without addresses gets some of its own: in the kernel they are told apart by them.
static bool find_destination(struct finder *finder, const char *text, struct ref *ret,
                             struct ref_problem *problem)
{
    size_t known = (size_t)strmap_get(finder->stand_ins, text);
    size_t number = known > 0 ? known - 1 : strmap_count(finder->stand_ins);
    bool found = ref_find_destination(finder->run->arena, finder->run->model, finder->suite->book,
                                      number, text, ret, problem);
    if (found && ret->ends.items[0].stands_in) {
        strmap_put(finder->stand_ins, text, (void *)(number + 1));
    }
    return found;
}

// All addresses of the name are those of one party.
static struct expect_party domain_party(struct finder *finder, const struct ref *ref)
{
    struct arena *arena = finder->run->arena;
    struct expect_party party = {.name = ref->ends.items[0].domain, .domain = true};
    VEC(struct ip_addr) addresses = {0};
    for (size_t i = 0; i < ref->ends.count; i++) {
        for (size_t j = 0; j < ref->ends.items[i].address_count; j++) {
            vec_push(arena, &addresses, ref->ends.items[i].addresses[j]);
        }
    }
    party.addresses = addresses.items;
    party.address_count = addresses.count;
    if (ref->ends.items[0].stands_in) {
        struct flow_strings *names = arena_new_of(arena, struct flow_strings);
        vec_push(arena, names, party.name);
        party.names = names;
    } else {
        set_node(finder->run->model, &party, party.name);
    }
    return party;
}

static void add_party(struct finder *finder, struct expect_side *side,
                      const struct expect_party *party)
{
    uint32_t number = expect_party(finder->run->arena, finder->suite, party);
    vec_push(finder->run->arena, &side->parties, number);
}

static void set_problem(struct expect_case *item, const struct res_text *text, const char *message,
                        const char *advice)
{
    if (item->problem == NULL) {
        item->problem = message;
        item->hint = advice;
        item->problem_loc = text->loc;
    }
}

// "to: NAME:PORT" of a case that names no port: the port of the case, of TCP where no protocol is named.
static bool take_port(struct finder *finder, struct expect_case *item, uint16_t port,
                      const struct res_text *text)
{
    bool ports = item->protocol == 0 || proto_has_ports(item->protocol);
    bool same =
        item->ports.count == 1 && item->port_of_reference && item->ports.items[0].min == port;
    if (!ports || (item->ports.count > 0 && !same)) {
        return false;
    }
    if (!same) {
        vec_push(finder->run->arena, &item->ports,
                 (struct res_port){.min = port, .max = port, .loc = text->loc});
        item->protocol = item->protocol != 0 ? item->protocol : (uint8_t)PROTO_TCP;
        item->port_of_reference = true;
    }
    return true;
}

static void take_reference(struct finder *finder, struct expect_case *item,
                           struct expect_side *side, const struct res_text *text)
{
    struct ref ref;
    struct ref_problem problem;
    struct arena *arena = finder->run->arena;
    bool is_destination = side == &item->to;
    if (!(is_destination ? find_destination(finder, text->text, &ref, &problem)
                         : find(finder, text->text, &ref, &problem))) {
        set_problem(item, text, problem.message, problem.hint);
        return;
    }
    // A service has a port of its own; which port is meant is for the case to say.
    bool service = text_begins(text->text, "svc/");
    bool has_port = ref.port != 0 && (!service || strchr(text->text, ':') != NULL);
    if (has_port && !(is_destination && !service && take_port(finder, item, ref.port, text))) {
        bool other = is_destination && item->port_of_reference;
        set_problem(item, text,
                    arena_printf(arena, "\"%s\" has %s", text->text,
                                 other ? "another port than the one before it" : "a port"),
                    other ? "a case for each port" : "ports stand in \"ports\"");
    }
    if (ref.ends.items[0].domain != NULL) {
        struct expect_party party = domain_party(finder, &ref);
        add_party(finder, side, &party);
        return;
    }
    for (size_t i = 0; i < ref.ends.count; i++) {
        struct expect_party party =
            party_of(finder, &ref.ends.items[i], address_text(arena, text->text));
        add_party(finder, side, &party);
    }
}

static void take_side(struct finder *finder, struct expect_case *item, struct expect_side *side)
{
    for (size_t i = 0; i < side->references.count; i++) {
        take_reference(finder, item, side, &side->references.items[i]);
    }
}

// Endpoints and the rest of the world: what "closed" speaks of.
static void add_known(struct finder *finder)
{
    const struct model *model = finder->run->model;
    struct ref ref;
    struct ref_problem problem;
    for (size_t i = 0; i < model->endpoints.count; i++) {
        if (model->endpoints.items[i].res->addresses.count > 0) {
            struct expect_party party =
                workload_party(finder->run->arena, &model->endpoints.items[i]);
            expect_party(finder->run->arena, finder->suite, &party);
        }
    }
    for (size_t i = 0; i < model->hosts.count; i++) {
        if (find(finder, model->hosts.items[i].id, &ref, &problem)) {
            struct expect_party party = party_of(finder, &ref.ends.items[0], NULL);
            expect_party(finder->run->arena, finder->suite, &party);
        }
    }
    if (find(finder, "pub", &ref, &problem)) {
        struct expect_party party = party_of(finder, &ref.ends.items[0], NULL);
        expect_party(finder->run->arena, finder->suite, &party);
    }
}

static bool has_local(const struct expect_suite *suite, const struct expect_side *side)
{
    for (size_t i = 0; i < side->parties.count; i++) {
        if (suite->parties.items[side->parties.items[i]].local) {
            return true;
        }
    }
    return false;
}

// With --node, a case that the node has no part in says nothing.
static void drop_elsewhere(struct expect_suite *suite, const char *node)
{
    size_t count = 0;
    for (size_t i = 0; i < suite->cases.count; i++) {
        const struct expect_case *item = &suite->cases.items[i];
        if (node == NULL || item->problem != NULL || item->closed ||
            has_local(suite, &item->from) || has_local(suite, &item->to)) {
            suite->cases.items[count++] = *item;
        }
    }
    suite->cases.count = count;
}

void test_find_parties(struct run *run, struct expect_suite *suite, const char *node)
{
    struct finder finder = {.run = run, .suite = suite, .stand_ins = strmap_new(run->arena)};
    index_model(&finder);
    add_known(&finder);
    for (size_t i = 0; i < suite->cases.count; i++) {
        struct expect_case *item = &suite->cases.items[i];
        take_side(&finder, item, &item->from);
        take_side(&finder, item, &item->to);
    }
    for (size_t i = 0; i < suite->parties.count; i++) {
        struct expect_party *party = &suite->parties.items[i];
        party->local = node == NULL || (party->node != NULL && strcmp(party->node, node) == 0);
    }
    drop_elsewhere(suite, node);
}
