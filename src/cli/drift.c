// SPDX-License-Identifier: GPL-2.0-or-later
// What somebody did to polc's table: found by comparing the kernel with the generation that it names, and told in one
// line or object by object.
#include "drift.h"

static const char signs[] = {[NFT_ADDED] = '+', [NFT_REMOVED] = '-', [NFT_CHANGED] = '~'};
static const char *const kinds[] = {
    [NFT_ADDED] = "added", [NFT_REMOVED] = "removed", [NFT_CHANGED] = "changed"};

static void make_safe(struct arena *arena, const char **text)
{
    *text = *text != NULL ? safe_text(arena, *text) : NULL;
}

// Names and comments of others may hold anything.
static void make_drift_safe(struct arena *arena, struct nft_drift *found)
{
    for (size_t i = 0; i < found->count; i++) {
        struct nft_drift_object *object = &found->items[i];
        make_safe(arena, &object->name);
        for (size_t j = 0; j < object->rules.count; j++) {
            make_safe(arena, &object->rules.items[j].text);
            make_safe(arena, &object->rules.items[j].was);
            make_safe(arena, &object->rules.items[j].comment);
        }
        for (size_t j = 0; j < object->elements.count; j++) {
            make_safe(arena, &object->elements.items[j].text);
        }
    }
}

void drift_read(struct run *run, const struct nft_kernel *kernel, struct drift *ret)
{
    struct nft_failure failure;
    *ret = (struct drift){.found = NULL};
    loaded_read(run, kernel, &ret->loaded);
    ret->problem = ret->loaded.problem;
    if (ret->problem == NULL && ret->loaded.other_version != NULL) {
        ret->problem = arena_printf(run->arena, "it was loaded by polc %s, and this is polc %s",
                                    ret->loaded.other_version, POLC_VERSION);
    }
    if (ret->problem == NULL) {
        ret->found = nft_find_drift(run->arena, ret->loaded.ruleset, kernel);
        // Without their text the rules are still there, by their handles.
        nft_read_drift_rules(run->arena, kernel, ret->found, &failure);
        make_drift_safe(run->arena, ret->found);
    }
}

bool drift_is_there(const struct drift *drift)
{
    return drift->found != NULL && !nft_drift_empty(drift->found);
}

const struct nft_kernel *drift_base(struct run *run, const struct nft_kernel *kernel,
                                    const struct drift *drift)
{
    return drift_is_there(drift) ? nft_kernel_of(run->arena, drift->loaded.ruleset) : kernel;
}

// ---- in one line --------------------------------------------------------------------------------------------------

static size_t count_rules(const struct nft_drift_object *object, enum nft_change_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < object->rules.count; i++) {
        count += object->rules.items[i].kind == kind;
    }
    return count;
}

static const char *separator(const struct strbuf *text)
{
    return text->length > 0 ? ", " : "";
}

static void add_count(struct strbuf *text, size_t count, const char *noun, const char *what,
                      const char *name)
{
    if (count > 0) {
        strbuf_addf(text, "%s%zu %s%s %s %s", separator(text), count, noun, plural(count), what,
                    name);
    }
}

static void summarize_object(struct strbuf *text, const struct nft_drift_object *object)
{
    const char *noun = object->is_set ? "set" : "chain";
    if (object->kind != NFT_CHANGED) {
        strbuf_addf(text, "%s%s %s %s", separator(text), noun, object->name,
                    object->kind == NFT_ADDED ? "added" : "missing");
        return;
    }
    if (object->change != NULL) {
        strbuf_addf(text, "%s%s of %s %s", separator(text), object->change, noun, object->name);
    }
    if (object->is_set) {
        add_count(text, object->elements_added, "element", "added to set", object->name);
        add_count(text, object->elements_removed, "element", "missing in set", object->name);
    } else {
        add_count(text, count_rules(object, NFT_ADDED), "rule", "added to chain", object->name);
        add_count(text, count_rules(object, NFT_REMOVED), "rule", "missing in chain", object->name);
        add_count(text, count_rules(object, NFT_CHANGED), "rule", "changed in chain", object->name);
    }
}

const char *drift_summary(struct arena *arena, const struct nft_drift *found)
{
    enum { SHOWN = 4 };
    struct strbuf text = {.arena = arena};
    if (found->dormant) {
        strbuf_add(&text, "the table put to sleep");
    }
    for (size_t i = 0; i < found->count && i < SHOWN; i++) {
        summarize_object(&text, &found->items[i]);
    }
    if (found->count > SHOWN) {
        strbuf_addf(&text, ", and in %zu more chains and sets", found->count - SHOWN);
    }
    return strbuf_text(&text);
}

// ---- object by object ---------------------------------------------------------------------------------------------

static const char *rule_text(struct run *run, const struct nft_drift_rule *rule)
{
    return rule->text != NULL ? rule->text
                              : arena_printf(run->arena, "a rule with handle %llu, gone meanwhile",
                                             (unsigned long long)rule->handle);
}

static void print_rule(struct run *run, const struct nft_drift_rule *rule)
{
    printf("    %c %s", signs[rule->kind], rule_text(run, rule));
    if (rule->kind == NFT_ADDED && rule->after != SIZE_MAX) {
        rule->after == 0
            ? printf("     (first)")
            : printf("     (after %zu rule%s of polc)", rule->after, plural(rule->after));
    }
    if (rule->was != NULL) {
        printf("\n        was %s", rule->was);
    }
    printf("%s%s%s\n", rule->comment != NULL ? "     (" : "",
           rule->comment != NULL ? rule->comment : "", rule->comment != NULL ? ")" : "");
}

static void print_elements(struct run *run, const struct nft_drift_object *object)
{
    enum { SHOWN = 10 };
    size_t all = object->elements_added + object->elements_removed;
    size_t shown = run->options.verbose ? object->elements.count : SHOWN;
    shown = shown < object->elements.count ? shown : object->elements.count;
    for (size_t i = 0; i < shown; i++) {
        printf("    %c %s\n", signs[object->elements.items[i].kind],
               object->elements.items[i].text);
    }
    if (all > shown) {
        printf("      and %zu more\n", all - shown);
    }
}

void drift_print(struct run *run, const struct drift *drift)
{
    if (drift->problem != NULL && drift->loaded.exists) {
        printf("changes by somebody else are not told apart: %s\n\n", drift->problem);
    }
    if (!drift_is_there(drift)) {
        return;
    }
    const struct nft_drift *found = drift->found;
    printf("changed by somebody since generation %u was loaded; polc apply puts it right:\n",
           drift->loaded.number);
    if (found->dormant) {
        printf("~ table put to sleep (dormant): nothing is policed\n");
    }
    for (size_t i = 0; i < found->count; i++) {
        const struct nft_drift_object *object = &found->items[i];
        printf("%c %s %s%s%s\n", signs[object->kind], object->is_set ? "set  " : "chain",
               object->name, object->change != NULL ? ": " : "",
               object->change != NULL ? object->change : "");
        for (size_t j = 0; j < object->rules.count; j++) {
            print_rule(run, &object->rules.items[j]);
        }
        print_elements(run, object);
    }
    putchar('\n');
}

// ---- for machines -------------------------------------------------------------------------------------------------

static json_t *object_json(const struct nft_drift_object *object)
{
    json_t *rules = json_array(), *elements = json_array();
    for (size_t i = 0; i < object->rules.count; i++) {
        const struct nft_drift_rule *rule = &object->rules.items[i];
        json_array_append_new(rules,
                              json_pack("{s:s, s:s?, s:s?, s:s?, s:I}", "change", kinds[rule->kind],
                                        "rule", rule->text, "was", rule->was, "comment",
                                        rule->comment, "handle", (json_int_t)rule->handle));
    }
    for (size_t i = 0; i < object->elements.count; i++) {
        const struct nft_drift_element *element = &object->elements.items[i];
        json_array_append_new(elements, json_pack("{s:s, s:s}", "change", kinds[element->kind],
                                                  "element", element->text));
    }
    return json_pack("{s:s, s:s, s:s?, s:o, s:o, s:I, s:I}", object->is_set ? "set" : "chain",
                     object->name, "change", kinds[object->kind], "detail", object->change, "rules",
                     rules, "elements", elements, "elements_added",
                     (json_int_t)object->elements_added, "elements_removed",
                     (json_int_t)object->elements_removed);
}

json_t *drift_json(const struct drift *drift)
{
    json_t *objects = json_array();
    for (size_t i = 0; drift->found != NULL && i < drift->found->count; i++) {
        json_array_append_new(objects, object_json(&drift->found->items[i]));
    }
    return json_pack("{s:b, s:s?, s:b, s:b, s:o}", "known", (int)(drift->found != NULL), "problem",
                     drift->problem, "there", (int)drift_is_there(drift), "dormant",
                     (int)(drift->found != NULL && drift->found->dormant), "objects", objects);
}
