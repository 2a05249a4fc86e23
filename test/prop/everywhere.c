// SPDX-License-Identifier: GPL-2.0-or-later
// The plan of all nodes, which most verbs work on, against the plans of each: between two workloads of different nodes,
// and between a workload and the outside, what all nodes together allow is what each of them on the way allows.
#include "everywhere.h"

#include "scene.h"

static bool has_node_settings(const struct resources *resources)
{
    for (size_t i = 0; i < resources->felix.count; i++) {
        if (strncmp(resources->felix.items[i].meta.name, "node.", 5) == 0) {
            return true;
        }
    }
    return false;
}

bool everywhere_make(struct arena *arena, const struct test_case *test_case, struct everywhere *ret)
{
    struct built all, other;
    *ret = (struct everywhere){0};
    if (!build_case(arena, test_case, NULL, &all, NULL) ||
        !build_case(arena, test_case, SCENE_OTHER, &other, NULL)) {
        return false;
    }
    // With host endpoints the interfaces count, and settings of one node are not those of all.
    if (all.plan->hosts.count > 0 || has_node_settings(all.resources)) {
        return false;
    }
    ret->all = flow_evaluator_new(arena, all.plan);
    ret->other = flow_evaluator_new(arena, other.plan);
    ret->other_plan = other.plan;
    return true;
}

void everywhere_set_names(const struct everywhere *everywhere, const struct dns_book *book,
                          bool complete)
{
    if (everywhere->all != NULL) {
        flow_evaluator_set_names(everywhere->all, book, complete);
        flow_evaluator_set_names(everywhere->other, book, complete);
    }
}

static const struct plan_endpoint *owner_of(const struct plan *plan, struct ip_addr addr)
{
    for (size_t i = 0; i < plan->endpoints.count; i++) {
        const struct plan_endpoint *endpoint = &plan->endpoints.items[i];
        for (size_t j = 0; j < endpoint->address_count; j++) {
            if (ip_addr_compare(endpoint->addresses[j], addr) == 0) {
                return endpoint;
            }
        }
    }
    return NULL;
}

static bool is_outside(const char *interface)
{
    return strcmp(interface, scene_outside[0]) == 0 || strcmp(interface, scene_outside[1]) == 0;
}

// Whether the address alone says where the end is: a workload at its interface, or something outside.
static bool is_plain_end(const struct plan *plan, struct ip_addr addr, const char *interface)
{
    const struct plan_endpoint *endpoint = owner_of(plan, addr);
    if (endpoint == NULL || endpoint->interface == NULL) {
        return is_outside(interface);
    }
    return strcmp(endpoint->interface, interface) == 0;
}

const char *everywhere_compare(const struct everywhere *everywhere, const struct plan *plan,
                               const struct probe *probe, bool allowed_here)
{
    struct flow flow = probe->flow;
    flow.in_interface = flow.out_interface = NULL;
    if (everywhere->all == NULL || !is_plain_end(plan, flow.source, probe->in_interface) ||
        !is_plain_end(plan, flow.destination, probe->out_interface)) {
        return NULL;
    }
    bool leads_there = owner_of(everywhere->other_plan, flow.source) != NULL ||
                       owner_of(everywhere->other_plan, flow.destination) != NULL;
    bool allowed_there =
        !leads_there || flow_verdict(everywhere->other, &flow, false) == FLOW_ALLOW;
    bool allowed = flow_verdict(everywhere->all, &flow, false) == FLOW_ALLOW;
    return allowed == (allowed_here && allowed_there)
               ? NULL
               : "all nodes together say something else than each of them";
}
