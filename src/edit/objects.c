// SPDX-License-Identifier: GPL-2.0-or-later
// Wishes for the objects of a source -> edits, proved: the edited text is read again, and every object must be what it
// was, but for what was wished.
#include "internal.h"

#include <polc/base/sha256.h>
#include <polc/base/strbuf.h>

enum { HASH_SIZE = 65 };
#define SCRATCH_MAX ((size_t)8 << 30)

// What is left of an object to compare it by.
struct digest {
    const struct edit_wish *wish; // NULL: it is to stay as it is
    const char *api_version;      // what it is to have
    char hash[HASH_SIZE];         // of all but what is wished
};

struct scan {
    struct editor *editor;
    const struct edit_wish *wishes; // by place
    size_t wish_count, granted;
    struct {
        VEC_FIELDS(struct digest);
    } digests;
    size_t seen;           // second reading: objects so far
    struct arena *scratch; // of one object
};

// ---- one object ------------------------------------------------------------------------------------------------------

static void add_text(struct strbuf *out, const char *text)
{
    strbuf_addf(out, "%zu:%s", text != NULL ? strlen(text) : 0, text != NULL ? text : "");
}

static void add_node(struct strbuf *out, const struct node *node, const char *without)
{
    without = node->type == NODE_MAP ? without : NULL; // items of a list have no key
    if (node->type == NODE_SCALAR) {
        strbuf_addf(out, "%c", node_is_null(node) ? '~' : "pqb"[node->style]);
        add_text(out, node_is_null(node) ? "" : node->text);
        return;
    }
    size_t count = 0;
    size_t start = out->length;
    strbuf_add(out, node->type == NODE_MAP ? "{" : "[");
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        if (without != NULL && strcmp(child->key, without) == 0) {
            continue;
        }
        if (node->type == NODE_MAP) {
            add_text(out, child->key);
        }
        add_node(out, child, NULL);
        count++;
    }
    strbuf_add(out, node->type == NODE_MAP ? "}" : "]");
    if (without != NULL && count == 0) { // the last field went: of a map in lines nothing is left
        out->length = start;
        strbuf_add(out, "~0:");
    }
}

static void hash_object(struct scan *scan, const struct load_object *object,
                        const struct edit_wish *wish, char ret[HASH_SIZE])
{
    struct arena_mark mark = arena_mark(scan->scratch);
    struct strbuf out = {.arena = scan->scratch};
    if (wish == NULL) {
        add_text(&out, object->api_version);
        add_text(&out, object->kind);
    }
    for (const struct node *child = object->root->first; child != NULL; child = child->next) {
        bool is_type = strcmp(child->key, "kind") == 0 || strcmp(child->key, "apiVersion") == 0;
        bool is_spec = strcmp(child->key, "spec") == 0;
        if (wish == NULL || !is_type) {
            add_text(&out, child->key);
            add_node(&out, child, wish != NULL && is_spec ? wish->without : NULL);
        }
    }
    sha256_hex(strbuf_text(&out), out.length, ret);
    arena_rewind(scan->scratch, mark);
}

// ---- the text as it is -------------------------------------------------------------------------------------------------

static int compare_wishes(const void *a, const void *b)
{
    return loc_compare(((const struct edit_wish *)a)->object,
                       ((const struct edit_wish *)b)->object);
}

static const struct edit_wish *find_wish(const struct scan *scan, struct loc loc)
{
    loc.source = scan->wishes[0].object.source; // this reading has but one, with the number 0
    const struct edit_wish key = {.object = loc};
    return bsearch(&key, scan->wishes, scan->wish_count, sizeof key, compare_wishes);
}

static void read_object(void *context, const struct load_object *object)
{
    struct scan *scan = context;
    struct digest *digest = vec_add(scan->editor->arena, &scan->digests);
    digest->wish = find_wish(scan, object->root->loc);
    hash_object(scan, object, digest->wish, digest->hash);
    if (digest->wish != NULL) {
        const char *wanted = digest->wish->api_version;
        digest->api_version =
            arena_strdup(scan->editor->arena, wanted != NULL ? wanted : object->api_version);
        scan->granted++;
        fields_edit(scan->editor, digest->wish, object);
    }
}

static int compare_edits(const void *a, const void *b)
{
    const struct edit *left = a, *right = b;
    return (left->start > right->start) - (left->start < right->start);
}

// Insertions at one place are one edit, in the order in which they came.
static void join_edits(struct editor *editor, struct edits *ret)
{
    vec_sort(&editor->edits, compare_edits);
    for (size_t i = 0; i < editor->edits.count; i++) {
        struct edit next = editor->edits.items[i];
        struct edit *last = ret->count > 0 ? &ret->items[ret->count - 1] : NULL;
        if (last != NULL && next.start == last->end && next.end == next.start) {
            last->text = arena_printf(editor->arena, "%s%s", last->text, next.text);
        } else if (last != NULL && next.start < last->end) {
            editor->failed = true;
            editor->problem.text = "two of the changes are in one place";
        } else {
            vec_push(editor->arena, ret, next);
        }
    }
}

// ---- the text as it would be ---------------------------------------------------------------------------------------------

static bool is_granted(const struct digest *digest, const struct load_object *object)
{
    const struct edit_wish *wish = digest->wish;
    return object->kind != NULL && strcmp(object->kind, wish->kind) == 0 &&
           object->api_version != NULL && strcmp(object->api_version, digest->api_version) == 0 &&
           (wish->without == NULL ||
            node_get(node_get(object->root, "spec"), wish->without) == NULL);
}

static void check_object(void *context, const struct load_object *object)
{
    struct scan *scan = context;
    struct editor *editor = scan->editor;
    char hash[HASH_SIZE];
    size_t number = scan->seen++;
    if (editor->failed || number >= scan->digests.count) {
        return; // too many are noticed at the end
    }
    const struct digest *digest = &scan->digests.items[number];
    hash_object(scan, object, digest->wish, hash);
    if (strcmp(hash, digest->hash) == 0 && (digest->wish == NULL || is_granted(digest, object))) {
        return;
    }
    editor->failed = true;
    editor->problem = (struct edit_problem){
        object->root->loc, digest->wish == NULL
                               ? "this object would change too: it shares text with one that is "
                                 "named, by an anchor and an alias; write it out"
                               : "it would become another one than it should; change it by hand"};
}

static void check_result(struct scan *scan, const struct source *source, const struct edits *edits)
{
    struct editor *editor = scan->editor;
    struct sources *sources = sources_new(editor->arena);
    struct diags *diags = diags_new(editor->arena, sources);
    struct edit_text after = edit_apply(editor->arena, editor->text, edits);
    const struct loader loader = {.arena = editor->arena,
                                  .sources = sources,
                                  .diags = diags,
                                  .on_object = check_object,
                                  .context = scan};
    load_text(&loader, source->path, after.text, after.size);
    bool whole = scan->seen == scan->digests.count && diags_count(diags, DIAG_ERROR) == 0;
    if (!editor->failed && !whole) {
        editor->failed = true;
        editor->problem = (struct edit_problem){
            scan->wishes[0].object, "the file could not be read any more; change it by hand"};
    }
}

// ---- both --------------------------------------------------------------------------------------------------------------

// The first error of a reading.
static const char *first_error(struct diags *diags)
{
    size_t count;
    struct diag *const *all = diags_all(diags, &count);
    for (size_t i = 0; i < count; i++) {
        if (diag_code_severity(all[i]->code) == DIAG_ERROR) {
            return all[i]->message;
        }
    }
    return NULL;
}

bool edit_objects(struct arena *arena, struct sources *sources, uint32_t source,
                  const struct edit_wish *wishes, size_t count, struct edits *ret,
                  struct edit_problem *reterr)
{
    const struct source *read = sources_get(sources, source);
    struct edit_wish *sorted = arena_array_of(arena, struct edit_wish, count);
    memcpy(sorted, wishes, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_wishes);
    struct sources *again = sources_new(arena);
    struct diags *diags = diags_new(arena, again);
    struct editor editor = {.arena = arena, .sources = again, .text = {read->text, read->size}};
    struct scan scan = {.editor = &editor,
                        .wishes = sorted,
                        .wish_count = count,
                        .scratch = arena_new(SCRATCH_MAX)};
    *ret = (struct edits){0};
    const struct loader loader = {.arena = arena,
                                  .sources = again,
                                  .diags = diags,
                                  .on_object = read_object,
                                  .context = &scan};
    load_text(&loader, read->path, read->text, read->size);
    if (diags_count(diags, DIAG_ERROR) > 0) {
        editor.failed = true;
        editor.problem = (struct edit_problem){wishes[0].object, first_error(diags)};
    } else if (!editor.failed && scan.granted != count) {
        editor.failed = true;
        editor.problem = (struct edit_problem){
            wishes[0].object,
            "where it stands is not exact: its line is too long; lay the file out in lines first"};
    }
    if (!editor.failed) {
        join_edits(&editor, ret);
    }
    if (!editor.failed) {
        check_result(&scan, read, ret);
    }
    arena_free(scan.scratch);
    *reterr = editor.problem;
    reterr->loc.source = source;
    return !editor.failed;
}
