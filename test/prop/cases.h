// SPDX-License-Identifier: GPL-2.0-or-later
// Which cases a property test runs, from its command line, and where it leaves the ones that are wrong.
#pragma once

#include "case.h"

#include <getopt.h>

struct cases {
    uint64_t seed, first, count;
    size_t flows;    // probes of each case
    const char *out; // directory for shrunken cases, or NULL
};

// An option of one program; false when its value is wrong.
typedef bool (*cases_option_fn)(void *context, int option, const char *value);

// SEED COUNT [--first N] [--flows N] [--out DIR] and the options of `more`, which ends with a zeroed one and goes to
// `on_option` with its letter. False on a mistake; prints nothing.
enum { CASES_MAX_MORE = 4 };
bool cases_parse(struct cases *cases, int argc, char **argv, const struct option *more,
                 cases_option_fn on_option, void *context);

// SEED COUNT [--first N] [--flows N] and nothing else. On a mistake says how the program is called, and returns false.
bool cases_take(struct cases *cases, int argc, char **argv);

// Writes a case to DIR/SEED-NUMBER and says so; nothing without a directory.
void cases_write(const struct cases *cases, struct arena *arena, uint64_t number,
                 const struct test_case *test_case);
