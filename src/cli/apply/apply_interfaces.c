// SPDX-License-Identifier: GPL-2.0-or-later
// S005: an interface of this host that is governed now would be governed by nothing. What governs now says the loaded
// generation; where the state directory does not have it, the interfaces that the kernel's table names count.
#include "apply.h"
#include "status.h"

struct lost {
    VEC_FIELDS(const char *); // "eth0 (hep/up)"
};

static bool is_governed(const struct plan *plan, const struct host_interface *interface)
{
    uint8_t kind = governor_of(plan, interface).kind;
    return kind != GOVERNED_BY_NOTHING && kind != GOVERNED_BY_MASTER;
}

static bool has_one_of(const struct host_interface *interface, const struct plan_host *host)
{
    for (size_t i = 0; i < interface->address_count; i++) {
        for (size_t j = 0; j < host->address_count; j++) {
            if (ip_addr_compare(interface->addresses[i].addr, host->addresses[j]) == 0) {
                return true;
            }
        }
    }
    return false;
}

// A service address that has moved on takes its host endpoint with it: that is no mistake in the input.
static bool is_governed_now(const struct plan *loaded, const struct host_interface *interface)
{
    const struct plan_host *host = governor_of(loaded, interface).host_endpoint;
    bool moved = host != NULL && host->address_count > 0 && !has_one_of(interface, host);
    return is_governed(loaded, interface) && !moved;
}

static bool is_named(const struct nft_names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->items[i], name) == 0) {
            return true;
        }
    }
    return false;
}

// A port of a bridge is governed by what governs the bridge: that one is looked at by itself.
static struct lost find_lost(struct apply *apply, const struct host_node *node)
{
    struct run *run = apply->run;
    const struct loaded *loaded = apply_loaded(apply);
    struct nft_names named = {.count = 0};
    struct lost lost = {.count = 0};
    if (loaded->plan == NULL) {
        named = nft_kernel_interfaces(run->arena, apply->kernel);
    }
    for (size_t i = 0; i < node->count; i++) {
        const struct host_interface *interface = &node->items[i];
        bool now = loaded->plan != NULL ? is_governed_now(loaded->plan, interface)
                                        : is_named(&named, interface->name);
        if (!now || interface->master != NULL || is_governed(run->plan, interface)) {
            continue;
        }
        struct governor governor = {.name = NULL};
        if (loaded->plan != NULL) {
            governor = governor_of(loaded->plan, interface);
        }
        vec_push(run->arena, &lost,
                 governor.name != NULL
                     ? arena_printf(run->arena, "%s (%s)", interface->name, governor.name)
                     : interface->name);
    }
    return lost;
}

int apply_guard_interfaces(struct apply *apply)
{
    struct run *run = apply->run;
    struct host_inventory inventory = {.count = 0};
    if (!apply->changed || !nft_kernel_exists(apply->kernel) ||
        host_read_kernel(run->arena, run->plan->node, &inventory) != 0) {
        return POLC_EXIT_OK;
    }
    struct lost lost = find_lost(apply, &inventory.items[0]);
    if (lost.count == 0) {
        return POLC_EXIT_OK;
    }
    bool end = refuse(run, DIAG_S005, "nothing would govern %zu interface%s of this host any more",
                      lost.count, plural(lost.count));
    fprintf(stderr, "  governed now: %s\n", words_join(run->arena, lost.items, lost.count, ", "));
    if (end) {
        hint("%s     (or keep %s in the input)", forced_again(run, DIAG_S005, false),
             lost.count == 1 ? "its endpoint" : "their endpoints");
    }
    return end ? POLC_EXIT_SAFETY : POLC_EXIT_OK;
}

const struct loaded *apply_loaded(struct apply *apply)
{
    if (apply->loaded == NULL) {
        struct loaded *loaded = arena_new_of(apply->run->arena, struct loaded);
        loaded_read(apply->run, apply->kernel, loaded);
        apply->loaded = loaded;
    }
    return apply->loaded;
}
