// SPDX-License-Identifier: GPL-2.0-or-later
// Diagnostics: what is wrong, where, why, and what to type. The one who finds a problem reports it;
// nobody reports it again on the way up.
#pragma once

#include <polc/base/source.h>
#include <polc/base/vec.h>
#include <stdio.h>

enum diag_severity { DIAG_ERROR, DIAG_WARNING, DIAG_NOTE, DIAG_SEVERITY_COUNT };

// Codes are stable; the table is src/base/diag_codes.def: code, severity, short text, long text.
enum diag_code {
#define DIAG(code, severity, title, text) DIAG_##code,
#include <polc/base/diag_codes.def>
#undef DIAG
    DIAG_CODE_COUNT
};

struct diags;

struct diag_related {
    struct loc loc;
    const char *text;
};

// One of them. Printers and filters read it; it is made and changed by the functions below only.
struct diag {
    struct diags *owner;
    enum diag_code code;
    struct loc loc;
    const char *message, *label, *hint; // label and hint may be NULL
    struct {
        VEC_FIELDS(struct diag_related);
    } related;
    const char *key;         // see diag_key; NULL
    const char *fingerprint; // see diag_fingerprint; NULL
};

// `sources` is used to quote lines when printing.
struct diags *diags_new(struct arena *arena, struct sources *sources);

// Reports a problem; the severity comes from the code table. Returns it for the calls below.
// The same code, place and message twice is kept once.
struct diag *diag_report(struct diags *diags, enum diag_code code, struct loc loc,
                         const char *format, ...) __attribute__((format(printf, 4, 5)));

// Text behind the caret line, e.g. did you mean "ingress"?
void diag_label(struct diag *diag, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Another place that matters, with its own text.
void diag_related(struct diag *diag, struct loc loc, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// What to type. At most one; may hold several lines.
void diag_hint(struct diag *diag, const char *format, ...) __attribute__((format(printf, 2, 3)));

// What tells it from others of its code in the same object, whatever the line: the content of a rule, say.
void diag_key(struct diag *diag, const char *format, ...) __attribute__((format(printf, 2, 3)));

// A name that stays when lines move, for comparing two runs. Printed by the forms for machines.
void diag_fingerprint(struct diag *diag, const char *fingerprint);

// All of them, sorted as they are printed; valid until the next report.
struct diag *const *diags_all(struct diags *diags, size_t *ret_count);

// Drops those for which `keep` says no.
void diags_keep(struct diags *diags, bool (*keep)(struct diag *diag, void *context), void *context);

size_t diags_count(const struct diags *diags, enum diag_severity severity);

struct diag_print_options {
    bool color;
    bool json;  // an array of objects instead of text
    size_t max; // errors and warnings shown; 0 means 100
};

// Sorted by source, line, column. Does not print the closing count. Prints nothing for none (json: []).
void diags_print(struct diags *diags, FILE *out, const struct diag_print_options *options);

const char *diag_severity_name(enum diag_severity severity); // "warning"
const char *diag_code_name(enum diag_code code);             // "P021"
const char *diag_code_title(enum diag_code code);            // one line
const char *diag_code_text(enum diag_code code);             // the long text of `explain`
enum diag_severity diag_code_severity(enum diag_code code);
// The code of a name such as "P021"; DIAG_CODE_COUNT when there is none.
enum diag_code diag_code_find(const char *name);
