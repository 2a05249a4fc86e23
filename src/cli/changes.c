// SPDX-License-Identifier: GPL-2.0-or-later
// A structural difference -> what it means: which policies, tiers and sets change. A rule's comment names its policy:
// "ID in|out INDEX PLACE".
#include "cli.h"

#include <stdlib.h>

bool is_policy_id(const char *id)
{
    size_t length = strcspn(id, "/");
    for (int kind = 0; kind < RES_KIND_COUNT; kind++) {
        const struct res_kind_info *info = res_kind_info((enum res_kind)kind);
        if (info->policy && strlen(info->short_name) == length &&
            memcmp(info->short_name, id, length) == 0) {
            return id[length] == '/';
        }
    }
    return false;
}

static bool contains(const struct nft_names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->items[i], name) == 0) {
            return true;
        }
    }
    return false;
}

struct summary {
    struct run *run;
    struct change_list *list;
    struct strmap *known; // id -> struct policy_change *
    struct nft_names in_kernel;
    struct strmap *wanted; // ids of the plan
};

// The id of a rule that comes from the input: the first word of a comment with at least three.
static const char *comment_id(struct arena *arena, const char *comment)
{
    if (comment == NULL) {
        return NULL;
    }
    size_t length = strcspn(comment, " ");
    const char *rest = comment + length;
    bool from_input = text_begins(rest, " in ") || text_begins(rest, " out ");
    return from_input ? arena_strndup(arena, comment, length) : NULL;
}

static const char *comment_place(const char *comment)
{
    const char *at = comment;
    for (int word = 0; word < 3 && at != NULL; word++) {
        at = strchr(at, ' ');
        at = at != NULL ? at + 1 : NULL;
    }
    return at;
}

static void add_rule_change(struct summary *summary, const struct nft_rule_change *change)
{
    struct arena *arena = summary->run->arena;
    const char *id = comment_id(arena, change->comment);
    if (id == NULL || change->moved) {
        return;
    }
    struct policy_change *policy = strmap_get(summary->known, id);
    if (policy == NULL) {
        policy = arena_new_of(arena, struct policy_change);
        policy->id = id;
        strmap_put(summary->known, id, policy);
    }
    if (change->kind == NFT_ADDED) {
        policy->rules_added++;
        policy->loc = policy->loc.line == 0 || loc_compare(change->loc, policy->loc) < 0
                          ? change->loc
                          : policy->loc;
    } else {
        policy->rules_removed++;
        policy->place = policy->place != NULL ? policy->place : comment_place(change->comment);
    }
}

static void add_object(struct summary *summary, const struct nft_object_change *object)
{
    struct change_list *list = summary->list;
    if (object->is_set) {
        list->set_count++;
        list->forgets |= object->forgets;
        list->elements_added += object->elements_added;
        list->elements_removed += object->elements_removed;
        return;
    }
    list->chain_count++;
    for (size_t i = 0; i < object->rules.count; i++) {
        add_rule_change(summary, &object->rules.items[i]);
    }
}

static uint8_t change_kind(const struct summary *summary, const struct policy_change *policy)
{
    if (!is_policy_id(policy->id)) {
        return policy->rules_removed == 0 ? NFT_ADDED
               : policy->rules_added == 0 ? NFT_REMOVED
                                          : NFT_CHANGED;
    }
    bool before = contains(&summary->in_kernel, policy->id);
    bool after = strmap_get(summary->wanted, policy->id) != NULL;
    return before && after ? NFT_CHANGED : after ? NFT_ADDED : NFT_REMOVED;
}

static int compare_changes(const void *a, const void *b)
{
    return strcmp(((const struct policy_change *)a)->id, ((const struct policy_change *)b)->id);
}

static struct strmap *plan_ids(struct run *run)
{
    struct strmap *ids = strmap_new(run->arena);
    for (size_t i = 0; i < run->plan->policies.count; i++) {
        strmap_put(ids, nft_policy_id(run->arena, run->plan->policies.items[i].id), ids);
    }
    return ids;
}

struct change_list summarize(struct run *run, const struct nft_kernel *kernel,
                             const struct nft_diff *diff)
{
    struct change_list list = {0};
    struct summary summary = {
        .run = run,
        .list = &list,
        .known = strmap_new(run->arena),
        .in_kernel = nft_kernel_policies(run->arena, kernel),
        .wanted = plan_ids(run),
    };
    for (size_t i = 0; i < diff->count; i++) {
        add_object(&summary, &diff->items[i]);
    }
    void *cursor = NULL;
    void *value;
    while (strmap_next(summary.known, &cursor, NULL, &value)) {
        struct policy_change *policy = value;
        policy->kind = change_kind(&summary, policy);
        list.policy_counts[policy->kind] += is_policy_id(policy->id);
        vec_push(run->arena, &list.policies, *policy);
    }
    vec_sort(&list.policies, compare_changes);
    return list;
}

const char *summary_text(struct arena *arena, const struct change_list *changes)
{
    static const char *const words[] = {
        [NFT_ADDED] = "added", [NFT_REMOVED] = "removed", [NFT_CHANGED] = "changed"};
    static const uint8_t order[] = {NFT_CHANGED, NFT_ADDED, NFT_REMOVED};
    struct strbuf text = {.arena = arena};
    for (size_t i = 0; i < ARRAY_COUNT(order); i++) {
        size_t count = changes->policy_counts[order[i]];
        if (count > 0) {
            strbuf_addf(&text, "%s%zu polic%s %s", text.length > 0 ? ", " : "", count,
                        count == 1 ? "y" : "ies", words[order[i]]);
        }
    }
    if (changes->set_count > 0) {
        strbuf_addf(&text, "%s%zu set%s +%zu -%zu", text.length > 0 ? ", " : "", changes->set_count,
                    plural(changes->set_count), changes->elements_added, changes->elements_removed);
    }
    if (changes->forgets) {
        strbuf_addf(&text, "%srecorded flows forgotten", text.length > 0 ? ", " : "");
    }
    if (changes->chain_count > 0 && text.length == 0) {
        strbuf_addf(&text, "%zu chain%s changed", changes->chain_count,
                    plural(changes->chain_count));
    }
    return strbuf_text(&text);
}

struct nft_names removed_policies(struct run *run, const struct nft_kernel *kernel)
{
    struct nft_names in_kernel = nft_kernel_policies(run->arena, kernel);
    struct strmap *wanted = plan_ids(run);
    struct nft_names removed = {0};
    for (size_t i = 0; i < in_kernel.count; i++) {
        if (is_policy_id(in_kernel.items[i]) && strmap_get(wanted, in_kernel.items[i]) == NULL) {
            vec_push(run->arena, &removed, in_kernel.items[i]);
        }
    }
    return removed;
}
