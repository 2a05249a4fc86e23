// SPDX-License-Identifier: GPL-2.0-or-later
// Endpoints, host endpoints and network sets as one list, and the condition of a selector that none of them meets.
#include "things.h"

void things_index(struct arena *arena, struct things *things)
{
    struct label_index *index = label_index_new(arena);
    for (uint32_t i = 0; i < things->count; i++) {
        label_index_add(index, i, things->items[i].labels);
    }
    things->index = index;
}

struct things things_of(struct arena *arena, const struct model *model, unsigned kinds)
{
    struct things ret = {0};
    for (size_t i = 0; i < model->endpoints.count && kinds & THING_WORKLOAD; i++) {
        const struct model_endpoint *endpoint = &model->endpoints.items[i];
        vec_push(arena, &ret,
                 (struct thing){THING_WORKLOAD, endpoint->id, &endpoint->labels,
                                endpoint->res->meta.ns, true});
    }
    for (size_t i = 0; i < model->hosts.count && kinds & THING_HOST; i++) {
        const struct model_host *host = &model->hosts.items[i];
        vec_push(arena, &ret,
                 (struct thing){THING_HOST, host->id, &host->labels, NULL,
                                host->res->expected_ips.count > 0});
    }
    for (size_t i = 0; i < model->netsets.count && kinds & THING_SET; i++) {
        const struct model_netset *set = &model->netsets.items[i];
        vec_push(arena, &ret,
                 (struct thing){THING_SET, set->id, &set->labels, set->res->meta.ns,
                                set->res->nets.count > 0 || set->res->domains.count > 0});
    }
    things_index(arena, &ret);
    return ret;
}

struct things things_select(struct arena *arena, const struct things *things, const struct sel *sel)
{
    struct things ret = {0};
    struct model_indexes chosen = {0};
    if (sel == NULL) {
        return *things;
    }
    if (things->index != NULL) {
        label_index_select(things->index, arena, sel, &chosen);
        for (size_t i = 0; i < chosen.count; i++) {
            vec_push(arena, &ret, things->items[chosen.items[i]]);
        }
        return ret;
    }
    for (size_t i = 0; i < things->count; i++) {
        if (sel_matches(sel, things->items[i].labels)) {
            vec_push(arena, &ret, things->items[i]);
        }
    }
    return ret;
}

bool things_any(struct arena *arena, const struct things *things, const struct sel *sel)
{
    if (sel != NULL && things->index != NULL) {
        struct model_indexes classes = {0};
        label_index_classes(things->index, arena, sel, &classes);
        return classes.count > 0;
    }
    for (size_t i = 0; i < things->count; i++) {
        if (sel == NULL || sel_matches(sel, things->items[i].labels)) {
            return true;
        }
    }
    return false;
}

const char *things_text(const struct lint *lint, const struct things *things)
{
    const char **ids = arena_array_of(lint->arena, const char *, things->count);
    for (size_t i = 0; i < things->count; i++) {
        ids[i] = things->items[i].id;
    }
    return lint_list_text(lint, ids, things->count);
}

const struct sel *namespace_sel(struct arena *arena, const struct sel *sel)
{
    const struct sel *inside = sel_has(arena, LABEL_NAMESPACE);
    return sel == NULL ? NULL
                       : sel_rewrite(arena, sel, PREFIX_NAMESPACE, inside, sel_not(arena, inside));
}

const struct sel *service_account_sel(struct arena *arena, const struct sel *sel)
{
    return sel == NULL ? NULL : sel_rewrite(arena, sel, PREFIX_SERVICE_ACCOUNT, NULL, NULL);
}

// ---- why nothing ----------------------------------------------------------------------------------------------

struct names {
    VEC_FIELDS(const char *);
};

// Of a few things, by looking at each.
static void collect_texts(struct arena *arena, const struct things *things, const char *key,
                          struct names *ret)
{
    struct strmap *seen = strmap_new(arena);
    for (size_t i = 0; i < things->count; i++) {
        const struct labels *labels = things->items[i].labels;
        for (size_t j = 0; j < labels->count; j++) {
            const struct label *label = &labels->items[j];
            const char *text = key == NULL ? label->key : label->value;
            bool wanted = key == NULL || strcmp(label->key, key) == 0;
            if (wanted && strmap_get(seen, text) == NULL) {
                strmap_put(seen, text, seen);
                vec_push(arena, ret, text);
            }
        }
    }
}

// Keys of the labels of things, or with `key` the values of that one; each once. Of keys only those with the prefix,
// without it.
static struct names collect(const struct lint *lint, const struct things *things, const char *key,
                            const char *prefix)
{
    struct names all = {0}, ret = {0};
    void *cursor = NULL;
    const char *text;
    if (things->index == NULL) {
        collect_texts(lint->arena, things, key, &all);
    }
    while (things->index != NULL && label_index_next(things->index, key, &cursor, &text)) {
        vec_push(lint->arena, &all, text);
    }
    for (size_t i = 0; i < all.count; i++) {
        if (key != NULL || text_begins(all.items[i], prefix)) {
            vec_push(lint->arena, &ret, all.items[i] + (key == NULL ? strlen(prefix) : 0));
        }
    }
    return ret;
}

// Who would have to have the label.
static const char *nobody(const char *prefix)
{
    return strcmp(prefix, PREFIX_NAMESPACE) == 0         ? "no namespace"
           : strcmp(prefix, PREFIX_SERVICE_ACCOUNT) == 0 ? "no service account"
                                                         : "nothing";
}

static const char *why_key(const struct lint *lint, const struct things *things, const char *key,
                           const char *prefix)
{
    const char *shown = key + strlen(prefix);
    struct names keys = collect(lint, things, NULL, prefix);
    const char *best = spell_best(shown, keys.items, keys.count);
    const char *text = arena_printf(lint->arena, "%s has a label \"%s\"", nobody(prefix), shown);
    return best != NULL ? arena_printf(lint->arena, "%s; did you mean \"%s\"?", text, best) : text;
}

static const char *first_value(const struct sel *sel)
{
    if (sel->op == SEL_IN) {
        return sel->count > 0 ? sel->values[0] : "";
    }
    return sel->value;
}

static const char *why_condition(const struct lint *lint, const struct things *things,
                                 const struct sel *sel, const char *prefix)
{
    const char *text = sel_text(lint->arena, sel);
    if (strcmp(text, "projectcalico.org/orchestrator == \"k8s\"") == 0) {
        // What the selectors of Kubernetes demand without a word.
        return "no endpoint here is a pod or has \"orchestrator: k8s\"";
    }
    bool about_value = sel->op == SEL_EQ || sel->op == SEL_IN || sel->op == SEL_CONTAINS ||
                       sel->op == SEL_STARTS_WITH || sel->op == SEL_ENDS_WITH;
    if (!about_value && sel->op != SEL_HAS) {
        return arena_printf(lint->arena, "nothing meets %s", text);
    }
    if (!things_any(lint->arena, things, sel_has(lint->arena, sel->key))) {
        return why_key(lint, things, sel->key, prefix);
    }
    struct names values = collect(lint, things, sel->key, "");
    const char *shown = sel->key + strlen(prefix);
    const char *best = spell_best(first_value(sel), values.items, values.count);
    return best != NULL
               ? arena_printf(lint->arena, "nothing has that value; did you mean \"%s\"?", best)
               : arena_printf(lint->arena, "\"%s\" is only %s", shown,
                              lint_list_text(lint, values.items, values.count));
}

const char *why_nothing(const struct lint *lint, const struct things *things, const struct sel *sel,
                        const char *prefix)
{
    if (things->count == 0) {
        return "there is nothing that it could match";
    }
    if (sel->op == SEL_AND) {
        for (uint32_t i = 0; i < sel->count; i++) {
            if (!things_any(lint->arena, things, sel->children[i])) {
                return why_nothing(lint, things, sel->children[i], prefix);
            }
        }
        return "nothing meets all conditions at once";
    }
    if (sel->op == SEL_OR) {
        return "nothing meets any of the conditions";
    }
    // "!" and the conditions that an absent label meets have nothing to look up.
    return sel->op == SEL_NOT || sel->op == SEL_ALL || sel->op == SEL_GLOBAL
               ? arena_printf(lint->arena, "nothing meets %s", sel_text(lint->arena, sel))
               : why_condition(lint, things, sel, prefix);
}
