// SPDX-License-Identifier: GPL-2.0-or-later
// Diagnostics as collected; shared by collecting and printing.
#pragma once

#include <polc/base/diag.h>
#include <polc/base/strbuf.h>
#include <polc/base/strmap.h>
#include <polc/base/vec.h>

struct diags {
    struct arena *arena;
    struct sources *sources;
    struct strmap *seen;
    struct {
        VEC_FIELDS(struct diag *);
    } all;
    size_t counts[DIAG_SEVERITY_COUNT];
};
