// SPDX-License-Identifier: GPL-2.0-or-later
// What governs each interface of this host: a host endpoint, workload endpoints, or nothing. The interfaces are those of
// now, so that one that came after the last apply is seen.
#include "status.h"

static bool governs_by_name(const struct plan_host *host, const char *interface)
{
    for (size_t i = 0; i < host->interfaces.count; i++) {
        if (strcmp(host->interfaces.items[i], interface) == 0) {
            return true;
        }
    }
    return false;
}

// By name or address, else the one for every interface.
static const struct plan_host *host_endpoint_of(const struct plan *plan, const char *interface)
{
    const struct plan_host *every = NULL;
    for (size_t i = 0; i < plan->hosts.count; i++) {
        const struct plan_host *host = &plan->hosts.items[i];
        if (governs_by_name(host, interface)) {
            return host;
        }
        every = host->all_interfaces ? host : every;
    }
    return every;
}

static bool same(const char *a, const char *b)
{
    return a != NULL && strcmp(a, b) == 0;
}

static struct governor workloads_of(const struct plan *plan, const char *interface)
{
    struct governor governor = {.kind = GOVERNED_BY_NOTHING};
    for (size_t i = 0; i < plan->endpoints.count; i++) {
        const struct plan_endpoint *endpoint = &plan->endpoints.items[i];
        if (same(endpoint->interface, interface) || same(endpoint->port, interface)) {
            governor.kind = GOVERNED_BY_WORKLOAD;
            governor.name = governor.name != NULL ? governor.name : endpoint->id;
            governor.count++;
        }
    }
    return governor;
}

struct governor governor_of(const struct plan *plan, const struct host_interface *interface)
{
    if (interface->loopback) {
        return (struct governor){.kind = GOVERNED_BY_LOOPBACK};
    }
    struct governor governor = workloads_of(plan, interface->name);
    if (governor.kind == GOVERNED_BY_WORKLOAD) {
        return governor;
    }
    if (interface->master != NULL) {
        return (struct governor){.kind = GOVERNED_BY_MASTER, .name = interface->master};
    }
    if (plan->endpoints.count > 0 && plan_is_workload_name(&plan->settings, interface->name)) {
        return (struct governor){.kind = GOVERNED_BY_PREFIX};
    }
    const struct plan_host *host = host_endpoint_of(plan, interface->name);
    if (host != NULL) {
        return (struct governor){.kind = GOVERNED_BY_HOST, .name = host->id, .host_endpoint = host};
    }
    return governor;
}

// ---- for people ---------------------------------------------------------------------------------------------------

static const char *governor_text(struct arena *arena, const struct governor *governor)
{
    switch ((enum governed_by)governor->kind) {
    case GOVERNED_BY_HOST:
        return governor->name;
    case GOVERNED_BY_WORKLOAD:
        return governor->count == 1
                   ? governor->name
                   : arena_printf(arena, "%s and %zu more", governor->name, governor->count - 1);
    case GOVERNED_BY_PREFIX:
        return "no endpoint: named like a workload's, so that what it sends is dropped";
    case GOVERNED_BY_MASTER:
        return arena_printf(arena, "seen as %s", governor->name);
    case GOVERNED_BY_LOOPBACK:
        return "never policed";
    case GOVERNED_BY_NOTHING:
        break;
    }
    return "NOTHING: not policed";
}

struct listing {
    const struct status *status;
    struct governor *governors; // one for each interface
    size_t counts[GOVERNED_BY_LOOPBACK + 1];
    int width;
};

static struct listing list_interfaces(const struct status *status)
{
    struct listing listing = {.status = status};
    size_t count = status->host->count;
    listing.governors = arena_array_of(status->run->arena, struct governor, count);
    for (size_t i = 0; i < count; i++) {
        const struct host_interface *interface = &status->host->items[i];
        listing.governors[i] = governor_of(status->plan, interface);
        listing.counts[listing.governors[i].kind]++;
        int width = (int)strlen(interface->name);
        listing.width = width > listing.width ? width : listing.width;
    }
    return listing;
}

// Many workloads are counted; whatever nothing governs is always there. Loopback and ports say nothing new.
static bool is_shown(const struct listing *listing, const struct governor *governor)
{
    enum { MANY = 8 };
    if (listing->status->run->options.verbose) {
        return true;
    }
    return governor->kind != GOVERNED_BY_LOOPBACK && governor->kind != GOVERNED_BY_MASTER &&
           (governor->kind != GOVERNED_BY_WORKLOAD || listing->counts[governor->kind] <= MANY);
}

void print_interfaces(const struct status *status)
{
    size_t line = 0, hidden = 0;
    if (status->plan == NULL || status->host == NULL) {
        return;
    }
    struct listing listing = list_interfaces(status);
    for (size_t i = 0; i < status->host->count; i++) {
        const struct governor *governor = &listing.governors[i];
        if (is_shown(&listing, governor)) {
            printf("%s%-*s  %s\n", status_heading("interfaces", line++), listing.width,
                   safe_text(status->run->arena, status->host->items[i].name),
                   governor_text(status->run->arena, governor));
        } else {
            hidden += governor->kind == GOVERNED_BY_WORKLOAD;
        }
    }
    if (hidden > 0) {
        printf("%s%zu more of workload endpoints     (-v lists them)\n",
               status_heading("interfaces", line), hidden);
    }
}

// ---- for machines -------------------------------------------------------------------------------------------------

json_t *interfaces_json(const struct status *status)
{
    static const char *const kinds[] = {
        [GOVERNED_BY_NOTHING] = "nothing",   [GOVERNED_BY_HOST] = "host endpoint",
        [GOVERNED_BY_WORKLOAD] = "workload", [GOVERNED_BY_PREFIX] = "unknown workload",
        [GOVERNED_BY_MASTER] = "master",     [GOVERNED_BY_LOOPBACK] = "loopback",
    };
    json_t *array = json_array();
    for (size_t i = 0; status->plan != NULL && status->host != NULL && i < status->host->count;
         i++) {
        const struct host_interface *interface = &status->host->items[i];
        struct governor governor = governor_of(status->plan, interface);
        json_array_append_new(array,
                              json_pack("{s:s, s:s, s:s?, s:I}", "interface",
                                        safe_text(status->run->arena, interface->name),
                                        "governed_by", kinds[governor.kind], "name", governor.name,
                                        "endpoints", (json_int_t)governor.count));
    }
    return array;
}
