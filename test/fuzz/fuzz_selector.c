// SPDX-License-Identifier: GPL-2.0-or-later
// Selector text: parse, print, parse again; the text must not change, and evaluation must not
// depend on the way there.
#include <polc/selector.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
    if (!truth) {
        abort();
    }
}

static void check(struct arena *arena, const struct sel *sel)
{
    static const struct label items[] = {{"a", ""}, {"b", "x"}, {"c", "yx"}, {"in", "in"}};
    const char *text = sel_text(arena, sel);
    struct sel_error error = {0};
    struct sel *again = sel_parse(arena, text, strlen(text), &error);
    require(again != NULL);
    require(strcmp(sel_text(arena, again), text) == 0);
    for (size_t count = 0; count <= ARRAY_COUNT(items); count++) {
        struct labels labels = {items, count};
        require(sel_matches(sel, &labels) == sel_matches(again, &labels));
        require(sel_matches(sel_not(arena, sel), &labels) != sel_matches(sel, &labels));
    }
    sel_text(arena, sel_rewrite(arena, sel, "pcns.", sel_has(arena, "n"), sel_has(arena, "g")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)256 << 20);
    struct sel_error error = {0};
    struct sel *sel = sel_parse(arena, (const char *)data, size, &error);
    if (sel != NULL) {
        check(arena, sel);
    } else {
        require(error.message != NULL && error.offset + error.length <= size);
    }
    arena_free(arena);
    return 0;
}
