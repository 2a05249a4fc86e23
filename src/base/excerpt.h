// SPDX-License-Identifier: GPL-2.0-or-later
// The line of input under a diagnostic.
#pragma once

#include <polc/base/source.h>

#define REPLACEMENT "\xef\xbf\xbd" // U+FFFD, for what is not UTF-8

// False for controls, and for the marks that turn the direction of text or show nothing.
bool is_printable(uint32_t character);

struct excerpt {
    const char *text;        // as printed
    size_t caret, caret_end; // printed columns from 0; the end is at least one behind the caret
};

// Tabs are widened; of a long line the part around the place is taken.
struct excerpt excerpt_make(struct arena *arena, const char *line, size_t length, struct loc loc);
