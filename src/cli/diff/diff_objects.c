// SPDX-License-Identifier: GPL-2.0-or-later
// What differs between the compiled ruleset and the kernel's table: policies by their rules, chains and sets.
#include "diff.h"

static const char signs[] = {[NFT_ADDED] = '+', [NFT_REMOVED] = '-', [NFT_CHANGED] = '~'};
static const char *const kinds[] = {
    [NFT_ADDED] = "added", [NFT_REMOVED] = "removed", [NFT_CHANGED] = "changed"};

// One line of the text; `object` has rules to show below it.
struct row {
    char sign;
    const char *name, *what, *place;
    const struct nft_object_change *object;
};

struct rows {
    VEC_FIELDS(struct row);
};

static const char *place_text(struct run *run, struct loc loc, const char *fallback)
{
    const char *text = loc_text(run->arena, run->sources, loc);
    return text[0] != '\0' ? text : fallback != NULL ? fallback : "";
}

static const char *rules_text(struct arena *arena, size_t added, size_t removed)
{
    struct strbuf text = {.arena = arena};
    if (added > 0) {
        strbuf_addf(&text, "+%zu ", added);
    }
    if (removed > 0) {
        strbuf_addf(&text, "-%zu ", removed);
    }
    strbuf_add(&text, added + removed == 1 ? "rule" : "rules");
    return strbuf_text(&text);
}

static struct rows policy_rows(struct run *run, const struct change_list *list)
{
    struct rows rows = {0};
    for (size_t i = 0; i < list->policies.count; i++) {
        const struct policy_change *policy = &list->policies.items[i];
        vec_push(run->arena, &rows,
                 (struct row){
                     .sign = signs[policy->kind],
                     .name = policy->id,
                     .what = rules_text(run->arena, policy->rules_added, policy->rules_removed),
                     .place = place_text(run, policy->loc, policy->place),
                 });
    }
    return rows;
}

static const char *object_what(struct run *run, const struct nft_object_change *object)
{
    if (object->is_set) {
        return arena_printf(run->arena, "+%zu -%zu elements", object->elements_added,
                            object->elements_removed);
    }
    size_t added = 0;
    for (size_t i = 0; i < object->rules.count; i++) {
        added += object->rules.items[i].kind == NFT_ADDED;
    }
    return rules_text(run->arena, added, object->rules.count - added);
}

// Where an object comes from, and for a set what it stands for.
static const char *object_place(struct run *run, const struct nft_object_change *object)
{
    const char *place = place_text(run, object->loc, NULL);
    if (object->comment == NULL) {
        return place;
    }
    return place[0] != '\0' ? arena_printf(run->arena, "%s  %s", place, object->comment)
                            : object->comment;
}

static struct rows object_rows(struct run *run, const struct nft_diff *diff)
{
    struct rows rows = {0};
    for (size_t i = 0; i < diff->count; i++) {
        const struct nft_object_change *object = &diff->items[i];
        vec_push(run->arena, &rows,
                 (struct row){
                     .sign = signs[object->kind],
                     .name = arena_printf(run->arena, "%s %s", object->is_set ? "set  " : "chain",
                                          object->name),
                     .what = object_what(run, object),
                     .place = object_place(run, object),
                     .object = object,
                 });
    }
    return rows;
}

static int column_width(const struct rows *rows, bool names)
{
    size_t width = 0;
    for (size_t i = 0; i < rows->count; i++) {
        size_t length = strlen(names ? rows->items[i].name : rows->items[i].what);
        width = length > width ? length : width;
    }
    return (int)width;
}

static void print_rows(const struct rows *rows, bool with_rules)
{
    int names = column_width(rows, true);
    int whats = column_width(rows, false);
    for (size_t i = 0; i < rows->count; i++) {
        const struct row *row = &rows->items[i];
        if (row->place[0] != '\0') {
            printf("%c %-*s  %-*s  %s\n", row->sign, names, row->name, whats, row->what,
                   row->place);
        } else {
            printf("%c %-*s  %s\n", row->sign, names, row->name, row->what);
        }
        for (size_t j = 0; with_rules && row->object != NULL && j < row->object->rules.count; j++) {
            const struct nft_rule_change *rule = &row->object->rules.items[j];
            printf("    %c %s\n", signs[rule->kind], rule->comment);
        }
    }
}

void diff_print_object_policies(struct run *run, const struct change_list *list)
{
    struct rows policies = policy_rows(run, list);
    print_rows(&policies, false);
    if (policies.count > 0) {
        putchar('\n');
    }
}

void diff_print_objects(struct run *run, const struct nft_diff *diff,
                        const struct change_list *list, bool policies_told)
{
    if (!policies_told || run->options.verbose) {
        struct rows objects = object_rows(run, diff);
        print_rows(&objects, run->options.verbose);
        putchar('\n');
    }
    if (!policies_told) {
        printf("%zu policies changed, %zu added, %zu removed; ", list->policy_counts[NFT_CHANGED],
               list->policy_counts[NFT_ADDED], list->policy_counts[NFT_REMOVED]);
    }
    if (list->set_count > 0) {
        printf("%zu set%s +%zu -%zu; ", list->set_count, plural(list->set_count),
               list->elements_added, list->elements_removed);
    }
    printf("%zu chain%s\n", list->chain_count, plural(list->chain_count));
}

static json_t *policy_json(struct run *run, const struct policy_change *policy)
{
    return json_pack("{s:s, s:s, s:I, s:I, s:s}", "policy", policy->id, "change",
                     kinds[policy->kind], "rules_added", (json_int_t)policy->rules_added,
                     "rules_removed", (json_int_t)policy->rules_removed, "at",
                     place_text(run, policy->loc, policy->place));
}

static json_t *object_json(struct run *run, const struct nft_object_change *object)
{
    json_t *rules = json_array();
    for (size_t i = 0; i < object->rules.count; i++) {
        const struct nft_rule_change *rule = &object->rules.items[i];
        json_array_append_new(rules,
                              json_pack("{s:s, s:s?, s:s}", "change", kinds[rule->kind], "comment",
                                        rule->comment, "at", place_text(run, rule->loc, NULL)));
    }
    json_t *json = json_pack("{s:s, s:s, s:s?, s:s}", object->is_set ? "set" : "chain",
                             object->name, "change", kinds[object->kind], "comment",
                             object->comment, "at", place_text(run, object->loc, NULL));
    if (object->is_set) {
        json_object_set_new(json, "elements_added",
                            json_integer((json_int_t)object->elements_added));
        json_object_set_new(json, "elements_removed",
                            json_integer((json_int_t)object->elements_removed));
        json_decref(rules);
    } else {
        json_object_set_new(json, "rules", rules);
    }
    return json;
}

json_t *diff_json_objects(struct run *run, const struct nft_diff *diff)
{
    json_t *objects = json_array();
    for (size_t i = 0; i < diff->count; i++) {
        json_array_append_new(objects, object_json(run, &diff->items[i]));
    }
    return objects;
}

json_t *diff_json_object_policies(struct run *run, const struct change_list *list)
{
    json_t *policies = json_array();
    for (size_t i = 0; i < list->policies.count; i++) {
        json_array_append_new(policies, policy_json(run, &list->policies.items[i]));
    }
    return policies;
}
