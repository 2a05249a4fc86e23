// SPDX-License-Identifier: GPL-2.0-or-later
// Diagnostics as collected; shared by collecting and printing.
#pragma once

#include <polc/base/diag.h>
#include <polc/base/strbuf.h>
#include <polc/base/strmap.h>
#include <polc/base/vec.h>

struct related {
    struct loc loc;
    const char *text;
};

struct diag {
    struct diags *owner;
    enum diag_code code;
    struct loc loc;
    const char *message, *label, *hint;
    struct {
        VEC_FIELDS(struct related);
    } related;
};

struct diags {
    struct arena *arena;
    struct sources *sources;
    struct strmap *seen;
    struct {
        VEC_FIELDS(struct diag *);
    } all;
    size_t counts[DIAG_SEVERITY_COUNT];
};
