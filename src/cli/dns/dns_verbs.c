// SPDX-License-Identifier: GPL-2.0-or-later
// The verbs of polc dns: one row each, named with both words, as the table in verbs.c has them.
#include "cli.h"

const struct verb dns_verbs[] = {
    {.name = NULL},
};
