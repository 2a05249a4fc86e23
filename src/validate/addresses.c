// SPDX-License-Identifier: GPL-2.0-or-later
// Addresses that two endpoints of one node claim. With an interface each, different ones, they can
// be told apart.
#include "internal.h"

enum { MAX_KEY = 1024 };

// Who has claimed one address of one node so far.
struct claims {
    const struct res_workload *first;
    const struct res_workload *without_interface;
};

struct claim_maps {
    struct strmap *addresses;  // "NODE ADDRESS" -> struct claims
    struct strmap *interfaces; // "NODE ADDRESS INTERFACE" -> struct res_workload
};

static const struct res_workload *find_conflict(const struct claim_maps *maps,
                                                const struct claims *claims, const char *key,
                                                const struct res_workload *workload)
{
    const char *interface = workload->interface_name.text;
    if (interface == NULL) {
        return claims->first;
    }
    if (claims->without_interface != NULL) {
        return claims->without_interface;
    }
    char full_key[MAX_KEY + 32];
    snprintf(full_key, sizeof full_key, "%s %s", key, interface);
    return strmap_put(maps->interfaces, full_key, (void *)workload);
}

static void report_conflict(const struct check *check, const struct res_workload *workload,
                            const struct res_workload *other, const struct res_net *net)
{
    char buffer[IP_TEXT_MAX];
    struct diag *diag = diag_report(
        check->diags, DIAG_P060, net->loc, "%s and %s have the same address %s on node %s",
        object_text(check, &other->meta), object_text(check, &workload->meta),
        ip_addr_text(net->cidr.addr, buffer), workload->node.text);
    diag_related(diag, other->meta.loc, "%s", object_text(check, &other->meta));
    diag_hint(diag,
              "correct the address, or give both endpoints an \"interfaceName\" of their own");
}

static void claim(const struct check *check, const struct claim_maps *maps,
                  const struct res_workload *workload, const struct res_net *net)
{
    char key[MAX_KEY], buffer[IP_TEXT_MAX];
    snprintf(key, sizeof key, "%s %s", workload->node.text, ip_addr_text(net->cidr.addr, buffer));
    struct claims *claims = strmap_get(maps->addresses, key);
    if (claims == NULL) {
        claims = arena_new_of(check->arena, struct claims);
        claims->first = workload;
        strmap_put(maps->addresses, key, claims);
    }
    const struct res_workload *other = find_conflict(maps, claims, key, workload);
    if (other != workload) {
        report_conflict(check, workload, other, net);
    }
    if (workload->interface_name.text == NULL && claims->without_interface == NULL) {
        claims->without_interface = workload;
    }
}

void check_addresses(const struct check *check)
{
    struct claim_maps maps = {strmap_new(check->arena), strmap_new(check->arena)};
    for (size_t i = 0; i < check->resources->workloads.count; i++) {
        const struct res_workload *workload = &check->resources->workloads.items[i];
        for (size_t j = 0; workload->node.text != NULL && j < workload->addresses.count; j++) {
            claim(check, &maps, workload, &workload->addresses.items[j]);
        }
    }
}
