// SPDX-License-Identifier: GPL-2.0-or-later
// Staged policies made into enforced ones: what the evaluator says of them as if they were enforced must be what
// happens when they are.
#pragma once

#include "case.h"

// False when the case has no staged policy.
bool promote_case(struct arena *arena, const struct test_case *test_case, struct test_case *ret);
