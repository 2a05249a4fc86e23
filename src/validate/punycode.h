// SPDX-License-Identifier: GPL-2.0-or-later
// Names with letters beyond ASCII, for hints.
#pragma once

#include <polc/base.h>

// The "xn--" form of a name in UTF-8 (RFC 3492, 5891), in lower case as far as that is plain; NULL when the text is no UTF-8
// or too long.
const char *name_in_ascii(struct arena *arena, const char *name);
