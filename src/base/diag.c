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
    struct diag_related related = {loc, arena_vprintf(diag->owner->arena, format, args)};
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

void diag_key(struct diag *diag, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    diag->key = arena_vprintf(diag->owner->arena, format, args);
    va_end(args);
}

void diag_fingerprint(struct diag *diag, const char *fingerprint)
{
    diag->fingerprint = arena_strdup(diag->owner->arena, fingerprint);
}

static int compare(const void *a, const void *b)
{
    const struct diag *left = *(struct diag *const *)a;
    const struct diag *right = *(struct diag *const *)b;
    int order = loc_compare(left->loc, right->loc);
    if (order != 0) {
        return order;
    }
    return left->code != right->code ? (left->code < right->code ? -1 : 1)
                                     : strcmp(left->message, right->message);
}

struct diag *const *diags_all(struct diags *diags, size_t *ret_count)
{
    vec_sort(&diags->all, compare);
    *ret_count = diags->all.count;
    return diags->all.items;
}

void diags_keep(struct diags *diags, bool (*keep)(struct diag *diag, void *context), void *context)
{
    size_t count = 0;
    for (size_t i = 0; i < diags->all.count; i++) {
        struct diag *diag = diags->all.items[i];
        if (keep(diag, context)) {
            diags->all.items[count++] = diag;
        } else {
            diags->counts[codes[diag->code].severity]--;
        }
    }
    diags->all.count = count;
}

size_t diags_count(const struct diags *diags, enum diag_severity severity)
{
    return diags->counts[severity];
}

const char *diag_severity_name(enum diag_severity severity)
{
    static const char *const names[] = {"error", "warning", "note"};
    _Static_assert(ARRAY_COUNT(names) == DIAG_SEVERITY_COUNT, "one name per severity");
    return names[severity];
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
