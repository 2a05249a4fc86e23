// SPDX-License-Identifier: GPL-2.0-or-later
// Which object a finding is in: by its place, so that findings of every stage have one. What objects say about findings
// (polc.io/lint-ignore), and fingerprints, which stay when lines move.
#include "internal.h"

#include <polc/base/sha256.h>
#include <stdlib.h>

enum { CODE_LENGTH = 4, HEX_SIZE = 65, FINGERPRINT_LENGTH = 32 };

// Every object of the input by its place.
struct objects {
    VEC_FIELDS(const struct res_meta *);
};

static int compare_starts(const void *a, const void *b)
{
    return loc_compare((*(const struct res_meta *const *)a)->start,
                       (*(const struct res_meta *const *)b)->start);
}

// The vectors are of different types, each with a member `meta`.
#define ADD_ALL(vector)                                                                            \
    for (size_t i = 0; i < (vector).count; i++) {                                                  \
        vec_push(arena, objects, &(vector).items[i].meta);                                         \
    }

static struct objects *objects_new(struct arena *arena, const struct resources *resources)
{
    struct objects *objects = arena_new_of(arena, struct objects);
    ADD_ALL(resources->tiers)
    ADD_ALL(resources->policies)
    ADD_ALL(resources->netsets)
    ADD_ALL(resources->workloads)
    ADD_ALL(resources->hosts)
    ADD_ALL(resources->profiles)
    ADD_ALL(resources->namespaces)
    ADD_ALL(resources->service_accounts)
    ADD_ALL(resources->felix)
    ADD_ALL(resources->tests)
    vec_sort(objects, compare_starts);
    return objects;
}

// The object that a place is in, or NULL: the last one that does not begin behind it, if it is in the same file.
static const struct res_meta *objects_at(const struct objects *objects, struct loc loc)
{
    size_t low = 0;
    size_t high = loc.line > 0 ? objects->count : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (loc_compare(objects->items[middle]->start, loc) <= 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    const struct res_meta *found = low > 0 ? objects->items[low - 1] : NULL;
    return found != NULL && found->start.source == loc.source ? found : NULL;
}

// ---- polc.io/lint-ignore --------------------------------------------------------------------------------------

static const struct res_label *ignore_annotation(const struct res_meta *meta)
{
    for (size_t i = 0; i < meta->annotation_count; i++) {
        if (strcmp(meta->annotations[i].key, "polc.io/lint-ignore") == 0) {
            return &meta->annotations[i];
        }
    }
    return NULL;
}

// The next word of the list when it is a code by its form; the first other word begins the reason.
static bool next_code(const char **text, char ret_code[CODE_LENGTH + 1])
{
    *text += strspn(*text, ", \t");
    size_t length = strcspn(*text, ",: \t\n");
    bool form = length == CODE_LENGTH && strspn(*text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 1 &&
                strspn(*text + 1, "0123456789") >= CODE_LENGTH - 1;
    if (form) {
        memcpy(ret_code, *text, CODE_LENGTH);
        ret_code[CODE_LENGTH] = '\0';
        *text += length;
    }
    return form;
}

static bool ignores(const struct res_meta *meta, enum diag_code code)
{
    const struct res_label *annotation = ignore_annotation(meta);
    char name[CODE_LENGTH + 1];
    for (const char *at = annotation != NULL ? annotation->value : ""; next_code(&at, name);) {
        if (strcmp(name, diag_code_name(code)) == 0) {
            return true;
        }
    }
    return false;
}

static bool keep_unless_ignored(struct diag *diag, void *context)
{
    const struct res_meta *meta = objects_at(context, diag->loc);
    return diag_code_severity(diag->code) == DIAG_ERROR || meta == NULL ||
           !ignores(meta, diag->code);
}

static void report_unknown(const struct lint *lint, const struct res_meta *meta,
                           const struct res_label *annotation, const char *name)
{
    struct diag *diag = diag_report(lint->diags, DIAG_L602, annotation->value_loc,
                                    "there is no finding %s that could be ignored", name);
    diag_label(diag, "%s", lint_object_text(lint, meta));
    diag_hint(diag, "polc explain      (the list of all codes)");
}

void lint_annotations(const struct lint *lint)
{
    const struct objects *objects = objects_new(lint->arena, lint->resources);
    for (size_t i = 0; i < objects->count; i++) {
        const struct res_meta *meta = objects->items[i];
        const struct res_label *annotation = ignore_annotation(meta);
        const char *at = annotation != NULL ? annotation->value : "";
        char name[CODE_LENGTH + 1];
        size_t codes = 0;
        for (; next_code(&at, name); codes++) {
            enum diag_code code = diag_code_find(name);
            if (code == DIAG_CODE_COUNT || diag_code_severity(code) == DIAG_ERROR) {
                report_unknown(lint, meta, annotation, name);
            }
        }
        if (annotation != NULL && codes == 0) {
            struct diag *diag =
                diag_report(lint->diags, DIAG_L602, annotation->value_loc,
                            "polc.io/lint-ignore names no code, so it ignores nothing");
            diag_label(diag, "%s", lint_object_text(lint, meta));
            diag_hint(diag, "polc.io/lint-ignore: \"L501 this workload uses addresses only\"");
        }
    }
}

size_t lint_drop_ignored(struct arena *arena, struct diags *diags,
                         const struct resources *resources)
{
    struct objects *objects = objects_new(arena, resources);
    size_t before, after;
    diags_all(diags, &before);
    diags_keep(diags, keep_unless_ignored, objects);
    diags_all(diags, &after);
    return before - after;
}

// ---- fingerprints ---------------------------------------------------------------------------------------------

void lint_fingerprint(struct arena *arena, struct diags *diags, const struct resources *resources)
{
    struct objects *objects = objects_new(arena, resources);
    struct strmap *seen = strmap_new(arena);
    size_t count;
    struct diag *const *all = diags_all(diags, &count);
    for (size_t i = 0; i < count; i++) {
        const struct diag *diag = all[i];
        const struct res_meta *meta = objects_at(objects, diag->loc);
        const char *text = arena_printf(arena, "%s\n%s\n%s\n%s\n%s", diag_code_name(diag->code),
                                        meta != NULL ? res_kind_info(meta->kind)->name : "",
                                        meta != NULL ? res_full_name(arena, meta) : "",
                                        diag->key != NULL ? diag->key : diag->message,
                                        diag->key != NULL ? "" : "-");
        // The second one of the same text in one object is another finding.
        size_t *times = strmap_get(seen, text);
        if (times == NULL) {
            times = arena_new_of(arena, size_t);
            strmap_put(seen, text, times);
        }
        const char *numbered = arena_printf(arena, "%s\n%zu", text, (*times)++);
        char hex[HEX_SIZE];
        sha256_hex(numbered, strlen(numbered), hex);
        hex[FINGERPRINT_LENGTH] = '\0';
        diag_fingerprint(all[i], hex);
    }
}

static bool keep_unless_known(struct diag *diag, void *context)
{
    return strmap_get(context, diag->fingerprint) == NULL;
}

size_t lint_drop_known(struct arena *arena, struct diags *diags, struct diags *base)
{
    struct strmap *known = strmap_new(arena);
    size_t count, before, after;
    struct diag *const *all = diags_all(base, &count);
    for (size_t i = 0; i < count; i++) {
        strmap_put(known, all[i]->fingerprint, all[i]);
    }
    diags_all(diags, &before);
    diags_keep(diags, keep_unless_known, known);
    diags_all(diags, &after);
    return before - after;
}
