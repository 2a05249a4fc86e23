// SPDX-License-Identifier: GPL-2.0-or-later
// polc diff: what `apply` would change, by policy and by object.
#include "cli.h"

#include <jansson.h>

static const char signs[] = {[NFT_ADDED] = '+', [NFT_REMOVED] = '-', [NFT_CHANGED] = '~'};
static const char *const kinds[] = {
    [NFT_ADDED] = "added", [NFT_REMOVED] = "removed", [NFT_CHANGED] = "changed"};

enum { NAME_WIDTH = 44, WHAT_WIDTH = 24 };

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

static void print_row(char sign, const char *name, const char *what, const char *place)
{
    if (place[0] != '\0') {
        printf("%c %-*s %-*s %s\n", sign, NAME_WIDTH, name, WHAT_WIDTH, what, place);
    } else {
        printf("%c %-*s %s\n", sign, NAME_WIDTH, name, what);
    }
}

static void print_policies(struct run *run, const struct change_list *list)
{
    for (size_t i = 0; i < list->policies.count; i++) {
        const struct policy_change *policy = &list->policies.items[i];
        print_row(signs[policy->kind], policy->id,
                  rules_text(run->arena, policy->rules_added, policy->rules_removed),
                  place_text(run, policy->loc, policy->place));
    }
}

// Rules in chains that no policy owns, or that a person put there.
static void print_foreign_rules(const struct nft_object_change *object)
{
    for (size_t i = 0; i < object->rules.count; i++) {
        const struct nft_rule_change *rule = &object->rules.items[i];
        printf("    %c %s\n", signs[rule->kind], rule->comment);
    }
}

static void print_objects(struct run *run, const struct nft_diff *diff)
{
    for (size_t i = 0; i < diff->count; i++) {
        const struct nft_object_change *object = &diff->items[i];
        size_t added = 0;
        for (size_t j = 0; j < object->rules.count; j++) {
            added += object->rules.items[j].kind == NFT_ADDED;
        }
        const char *what = object->is_set
                               ? arena_printf(run->arena, "+%zu -%zu elements",
                                              object->elements_added, object->elements_removed)
                               : rules_text(run->arena, added, object->rules.count - added);
        print_row(
            signs[object->kind],
            arena_printf(run->arena, "%s %s", object->is_set ? "set  " : "chain", object->name),
            what, object->comment != NULL ? object->comment : place_text(run, object->loc, NULL));
        if (!object->is_set && run->options.verbose) {
            print_foreign_rules(object);
        }
    }
}

static void print_text(struct run *run, const struct nft_diff *diff, const struct change_list *list)
{
    if (diff->table_missing) {
        printf("the kernel has no table \"%s\" yet\n\n", run->options.table);
    }
    print_policies(run, list);
    if (list->policies.count > 0) {
        putchar('\n');
    }
    print_objects(run, diff);
    printf("\n%zu policies changed, %zu added, %zu removed; %zu set%s +%zu -%zu; %zu chain%s\n",
           list->policy_counts[NFT_CHANGED], list->policy_counts[NFT_ADDED],
           list->policy_counts[NFT_REMOVED], list->set_count, plural(list->set_count),
           list->elements_added, list->elements_removed, list->chain_count,
           plural(list->chain_count));
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

static void print_json(struct run *run, const struct nft_diff *diff, const struct change_list *list)
{
    json_t *policies = json_array();
    json_t *objects = json_array();
    for (size_t i = 0; i < list->policies.count; i++) {
        json_array_append_new(policies, policy_json(run, &list->policies.items[i]));
    }
    for (size_t i = 0; i < diff->count; i++) {
        json_array_append_new(objects, object_json(run, &diff->items[i]));
    }
    json_t *root =
        json_pack("{s:b, s:b, s:o, s:o}", "differs", (int)!nft_diff_empty(diff), "table_missing",
                  (int)diff->table_missing, "policies", policies, "objects", objects);
    json_dumpf(root, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(root);
}

int cmd_diff(struct run *run)
{
    if (run->options.base != NULL && strcmp(run->options.base, "kernel") != 0) {
        complain("--base %s is not supported yet; polc diff compares with the kernel",
                 run->options.base);
        return POLC_EXIT_USAGE;
    }
    int code = pipeline_until_ruleset(run);
    if (code != POLC_EXIT_OK) {
        return code;
    }
    run_report(run);
    struct nft_kernel *kernel;
    struct nft_failure failure = {0};
    run->diags = diags_new(run->arena, run->sources);
    enum nft_status status = nft_dump(run->arena, run->options.table, &kernel, &failure);
    if (status != NFT_DONE) {
        return report_failure(run, status, &failure);
    }
    struct nft_diff *diff = nft_compare(run->arena, run->ruleset, kernel);
    struct change_list list = summarize(run, kernel, diff);
    bool same = nft_diff_empty(diff);
    if (run->options.output == OUTPUT_JSON) {
        print_json(run, diff, &list);
    } else if (!same) {
        print_text(run, diff, &list);
    } else if (!run->options.quiet) {
        printf("no difference: the kernel has generation %u\n",
               nft_kernel_info(run->arena, kernel).generation);
    }
    return same ? POLC_EXIT_OK : POLC_EXIT_NO;
}
