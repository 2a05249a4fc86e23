// SPDX-License-Identifier: GPL-2.0-or-later
// Takes away from a case what it does not need for being wrong.
#pragma once

#include "case.h"

// Whether a smaller case is still wrong in the same way. The arena is rewound after the call.
typedef bool still_wrong(struct arena *arena, const struct test_case *test_case, void *context);

// Drops documents, then rules, fields and entries, for as long as the case stays wrong.
void shrink_case(struct arena *arena, struct test_case *test_case, still_wrong *test,
                 void *context);
