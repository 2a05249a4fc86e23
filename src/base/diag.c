// SPDX-License-Identifier: GPL-2.0-or-later
// Collecting diagnostics, and the table of codes.
#include "diag_internal.h"

#include <stdlib.h>
#include <strings.h>

static const struct {
    const char *name, *title, *text;
    enum diag_severity severity;
} codes[] = {
#define DIAG(code, severity, title, text) {#code, title, text, DIAG_##severity},
#include <polc/base/diag_codes.def>
#undef DIAG
};

struct diags *diags_new(struct arena *arena, struct sources *sources)
{
    struct diags *diags = arena_new_of(arena, struct diags);
    diags->arena = arena;
    diags->sources = sources;
    diags->seen = strmap_new(arena);
    return diags;
}

struct diag *diag_report(struct diags *diags, enum diag_code code, struct loc loc,
                         const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *message = arena_vprintf(diags->arena, format, args);
    va_end(args);
    const char *key = arena_printf(diags->arena, "%d:%u:%u:%u:%s", (int)code, loc.source, loc.line,
                                   loc.column, message);
    struct diag *diag = arena_new_of(diags->arena, struct diag);
    struct diag *known = strmap_put(diags->seen, key, diag);
    if (known != diag) {
        *diag = (struct diag){.owner = diags}; // a place for labels that nobody will read
        return diag;
    }
    *diag = (struct diag){.owner = diags, .code = code, .loc = loc, .message = message};
    vec_push(diags->arena, &diags->all, diag);
    diags->counts[codes[code].severity]++;
    return diag;
}

void diag_label(struct diag *diag, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    diag->label = arena_vprintf(diag->owner->arena, format, args);
    va_end(args);
}

void diag_related(struct diag *diag, struct loc loc, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct related related = {loc, arena_vprintf(diag->owner->arena, format, args)};
    va_end(args);
    vec_push(diag->owner->arena, &diag->related, related);
}

void diag_hint(struct diag *diag, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    diag->hint = arena_vprintf(diag->owner->arena, format, args);
    va_end(args);
}

size_t diags_count(const struct diags *diags, enum diag_severity severity)
{
    return diags->counts[severity];
}

const char *diag_code_name(enum diag_code code)
{
    return codes[code].name;
}

const char *diag_code_title(enum diag_code code)
{
    return codes[code].title;
}

const char *diag_code_text(enum diag_code code)
{
    return codes[code].text;
}

enum diag_severity diag_code_severity(enum diag_code code)
{
    return codes[code].severity;
}

enum diag_code diag_code_find(const char *name)
{
    for (size_t i = 0; i < DIAG_CODE_COUNT; i++) {
        if (strcasecmp(codes[i].name, name) == 0) {
            return (enum diag_code)i;
        }
    }
    return DIAG_CODE_COUNT;
}
