// SPDX-License-Identifier: GPL-2.0-or-later
// Generator: YAML in block style, one thing a line.
#include "gen.h"

void gen_line(struct gen *gen, int depth, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = arena_vprintf(gen->arena, format, args);
    va_end(args);
    strbuf_addf(&gen->document, "%*s%s\n", 2 * depth, "", text);
}

void gen_begin(struct gen *gen, const char *api, const char *kind, const char *ns, const char *name)
{
    gen->document = (struct strbuf){.arena = gen->arena};
    gen_line(gen, 0, "apiVersion: %s", api);
    gen_line(gen, 0, "kind: %s", kind);
    gen_line(gen, 0, "metadata:");
    gen_line(gen, 1, "name: %s", name);
    if (ns != NULL) {
        gen_line(gen, 1, "namespace: %s", ns);
    }
}

void gen_end(struct gen *gen)
{
    const char *name = arena_printf(gen->arena, "%02zu.yaml", gen->out->count);
    vec_push(gen->arena, gen->out, (struct case_document){name, strbuf_text(&gen->document)});
}

static bool is_taken(const struct gen *gen, const char *name)
{
    for (size_t i = 0; i < gen->names.count; i++) {
        if (strcmp(gen->names.items[i], name) == 0) {
            return true;
        }
    }
    return false;
}

const char *gen_fresh_name(struct gen *gen, const char *kind, const char *ns, const char *wanted)
{
    const char *name = wanted;
    for (int i = 2;; i++) {
        const char *full = arena_printf(gen->arena, "%s %s/%s", kind, ns != NULL ? ns : "", name);
        if (!is_taken(gen, full)) {
            vec_push(gen->arena, &gen->names, full);
            return name;
        }
        name = arena_printf(gen->arena, "%s%d", wanted, i);
    }
}
