// SPDX-License-Identifier: GPL-2.0-or-later
// Base chains of other tables on polc's hooks, in the order in which a packet meets them. An accept of one table does not
// stop the others; a drop of any does.
#include "status.h"

// A packet's way; ties: nobody knows which of two chains with one priority comes first.
static const char *const hooks[] = {"prerouting", "input", "forward", "output", "postrouting"};

struct stop {
    const struct nft_base_chain *chain;
    bool own;
};

struct way {
    VEC_FIELDS(struct stop);
};

static bool sees_ip(const struct nft_base_chain *chain)
{
    return strcmp(chain->family, "inet") == 0 || strcmp(chain->family, "ip") == 0 ||
           strcmp(chain->family, "ip6") == 0;
}

static int compare_stops(const void *a, const void *b)
{
    const struct stop *x = a, *y = b;
    if (x->chain->priority != y->chain->priority) {
        return x->chain->priority < y->chain->priority ? -1 : 1;
    }
    if (x->own != y->own) {
        return x->own ? 1 : -1;
    }
    int order = strcmp(x->chain->table, y->chain->table);
    return order != 0 ? order : strcmp(x->chain->name, y->chain->name);
}

static void add_stops(struct arena *arena, struct way *way, const struct nft_base_chains *chains,
                      bool own, const char *hook)
{
    for (size_t i = 0; i < chains->count; i++) {
        const struct nft_base_chain *chain = &chains->items[i];
        if (strcmp(chain->hook, hook) == 0 && (own || sees_ip(chain))) {
            vec_push(arena, way, (struct stop){.chain = chain, .own = own});
        }
    }
}

// Empty where only one side has a chain: there is nothing to say.
static struct way way_of(const struct status *status, const char *hook)
{
    struct way own = {0}, way = {0};
    add_stops(status->run->arena, &own, &status->own, true, hook);
    add_stops(status->run->arena, &way, &status->others, false, hook);
    if (own.count == 0 || way.count == 0) {
        return (struct way){0};
    }
    add_stops(status->run->arena, &way, &status->own, true, hook);
    vec_sort(&way, compare_stops);
    return way;
}

static const char *stop_text(struct arena *arena, const struct stop *stop)
{
    const struct nft_base_chain *chain = stop->chain;
    if (stop->own) {
        return arena_printf(arena, "polc's %s", chain->name);
    }
    return arena_printf(arena, "table %s %s, chain %s%s%s", chain->family, chain->table,
                        chain->name, strcmp(chain->type, "nat") == 0 ? " (nat)" : "",
                        chain->policy_drop ? ", drops what it does not accept" : "");
}

void print_hooks(const struct status *status)
{
    struct arena *arena = status->run->arena;
    size_t line = 0;
    for (size_t i = 0; i < ARRAY_COUNT(hooks); i++) {
        struct way way = way_of(status, hooks[i]);
        for (size_t j = 0; j < way.count; j++) {
            printf("%s%-11s  %5d  %s\n", status_heading("hooks", line++), j == 0 ? hooks[i] : "",
                   way.items[j].chain->priority, stop_text(arena, &way.items[j]));
        }
    }
}

// "before" or "after" polc's chain on the same hook, "same" with its priority; NULL: polc has none there.
static const char *position(const struct status *status, const struct nft_base_chain *chain)
{
    const char *text = NULL;
    for (size_t i = 0; i < status->own.count && sees_ip(chain); i++) {
        const struct nft_base_chain *own = &status->own.items[i];
        if (strcmp(own->hook, chain->hook) == 0) {
            const char *here = chain->priority < own->priority   ? "before"
                               : chain->priority > own->priority ? "after"
                                                                 : "same";
            text = text == NULL || strcmp(text, here) == 0 ? here : "between";
        }
    }
    return text;
}

json_t *hooks_json(const struct status *status)
{
    json_t *array = json_array();
    for (size_t i = 0; i < status->others.count; i++) {
        const struct nft_base_chain *chain = &status->others.items[i];
        json_array_append_new(
            array, json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:b, s:s?}", "family", chain->family,
                             "table", chain->table, "chain", chain->name, "type", chain->type,
                             "hook", chain->hook, "priority", chain->priority, "policy_drop",
                             (int)chain->policy_drop, "polc", position(status, chain)));
    }
    return array;
}
