// SPDX-License-Identifier: GPL-2.0-or-later
// Any text with staged policies through the editor: it refuses, or gives a text that reads without an error and in which
// none of them is staged any more.
#include <polc/edit.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char staged[] = "Staged";

struct collection {
    struct arena *arena;
    VEC(struct edit_wish) wishes;
};

static bool is_staged(const struct load_object *object)
{
    return object->api_version != NULL && object->kind != NULL &&
           strncmp(object->kind, staged, strlen(staged)) == 0;
}

static void collect(void *context, const struct load_object *object)
{
    struct collection *collection = context;
    if (is_staged(object)) {
        vec_push(collection->arena, &collection->wishes,
                 (struct edit_wish){.object = object->root->loc,
                                    .kind = "NetworkPolicy",
                                    .api_version = object->kind[strlen(staged)] == 'K'
                                                       ? "networking.k8s.io/v1"
                                                       : NULL,
                                    .without = "stagedAction"});
    }
}

static void count(void *context, const struct load_object *object)
{
    size_t *objects = context;
    *objects += is_staged(object);
}

static void check(const struct collection *collection, struct edit_text after)
{
    struct sources *sources = sources_new(collection->arena);
    struct diags *diags = diags_new(collection->arena, sources);
    size_t left = 0;
    const struct loader loader = {collection->arena, sources, diags, NULL, count, &left};
    load_text(&loader, "fuzz.yaml", after.text, after.size);
    if (diags_count(diags, DIAG_ERROR) > 0 || left > 0) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct collection collection = {.arena = arena_new((size_t)1 << 30)};
    struct arena *arena = collection.arena;
    struct sources *sources = sources_new(arena);
    struct diags *diags = diags_new(arena, sources);
    struct edits edits;
    struct edit_problem problem;
    const struct loader loader = {arena, sources, diags, NULL, collect, &collection};
    load_text(&loader, "fuzz.yaml", (const char *)data, size);
    if (collection.wishes.count > 0 && diags_count(diags, DIAG_ERROR) == 0 &&
        edit_objects(arena, sources, 0, collection.wishes.items, collection.wishes.count, &edits,
                     &problem)) {
        const struct source *source = sources_get(sources, 0);
        struct edit_text text = {source->text, source->size};
        edit_hunks(arena, text, &edits);
        check(&collection, edit_apply(arena, text, &edits));
    }
    arena_free(arena);
    return 0;
}
