// SPDX-License-Identifier: GPL-2.0-or-later
// What the tests of resources share: YAML text in, decoded resources and the codes of its
// diagnostics out.
#pragma once

#include "unit.h"

#include <polc/resource.h>

static struct arena *arena;
static struct diags *diags;
static struct resources *resources;

__attribute__((constructor)) static void begin(void)
{
    arena = arena_new((size_t)1 << 30);
}

__attribute__((destructor)) static void end(void)
{
    arena_free(arena);
}

__attribute__((unused)) static void decode(const char *text)
{
    struct sources *sources = sources_new(arena);
    diags = diags_new(arena, sources);
    resources = arena_new_of(arena, struct resources);
    struct res_decoder *decoder = res_decoder_new(arena, diags, resources);
    const struct loader loader = {arena, sources, diags, NULL, res_decode_object, decoder};
    load_text(&loader, "test.yaml", text, strlen(text));
}

__attribute__((unused)) static const char *printed(bool json)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    diags_print(diags, out, &(struct diag_print_options){.json = json, .max = 10000});
    fclose(out);
    const char *copy = arena_strdup(arena, text);
    free(text);
    return copy;
}

// The codes in order of their places: "P021 V001".
__attribute__((unused)) static const char *codes(void)
{
    static const char start[] = "{\"code\": \"";
    struct strbuf buffer = {.arena = arena};
    const char *text = printed(true);
    while ((text = strstr(text, start)) != NULL) {
        text += strlen(start);
        strbuf_addf(&buffer, "%s%.4s", buffer.length > 0 ? " " : "", text);
    }
    return strbuf_text(&buffer);
}

// Object text with a kind of Calico.
__attribute__((unused)) static const char *object(const char *kind, const char *metadata,
                                                  const char *spec)
{
    return arena_printf(
        arena,
        "apiVersion: projectcalico.org/v3\nkind: %s\nmetadata: {name: x%s%s}\nspec:\n%s\n---\n",
        kind, metadata[0] != '\0' ? ", " : "", metadata, spec);
}

// A GlobalNetworkPolicy with one ingress rule, whose fields are given as a flow map's content.
__attribute__((unused)) static const char *rule(const char *fields)
{
    return object("GlobalNetworkPolicy", "",
                  arena_printf(arena, "  ingress:\n  - {action: Allow%s%s}",
                               fields[0] != '\0' ? ", " : "", fields));
}

#define EXPECT_CODES(expected)                                                                     \
    do {                                                                                           \
        const char *expect_found = codes();                                                        \
        ck_assert_msg(strcmp(expect_found, (expected)) == 0, "expected <%s>, got <%s>:\n%s",       \
                      (expected), expect_found, printed(false));                                   \
    } while (0)
