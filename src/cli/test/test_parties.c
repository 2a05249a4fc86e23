// SPDX-License-Identifier: GPL-2.0-or-later
// Who the references of the cases mean: the parties of the suite, by the same references that `trace` takes.
#include "ref.h"
#include "test.h"

struct finder {
    struct run *run;
    struct expect_suite *suite;
    struct strmap *endpoints; // name of a reference -> struct model_endpoint
    struct strmap *hosts;     // the same -> struct model_host
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

static void take_reference(struct finder *finder, struct expect_case *item,
                           struct expect_side *side, const struct res_text *text)
{
    struct ref ref;
    struct ref_problem problem;
    if (!find(finder, text->text, &ref, &problem)) {
        if (item->problem == NULL) {
            item->problem = problem.message;
            item->hint = problem.hint;
            item->problem_loc = text->loc;
        }
        return;
    }
    // A service has a port of its own; which port is meant is for the case to say.
    bool service = text_begins(text->text, "svc/");
    if (ref.port != 0 && item->problem == NULL && (!service || strchr(text->text, ':') != NULL)) {
        item->problem = arena_printf(finder->run->arena, "\"%s\" has a port", text->text);
        item->hint = "ports stand in \"ports\"";
        item->problem_loc = text->loc;
    }
    for (size_t i = 0; i < ref.ends.count; i++) {
        struct expect_party party =
            party_of(finder, &ref.ends.items[i], address_text(finder->run->arena, text->text));
        uint32_t number = expect_party(finder->run->arena, finder->suite, &party);
        vec_push(finder->run->arena, &side->parties, number);
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
    struct finder finder = {.run = run, .suite = suite};
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
