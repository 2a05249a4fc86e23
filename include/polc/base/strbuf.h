// SPDX-License-Identifier: GPL-2.0-or-later
// A string builder on an arena. A zeroed one with its arena set is valid and empty.
#pragma once

#include <polc/base/arena.h>

struct strbuf {
    struct arena *arena;
    char *text; // always terminated once something was added; NULL before
    size_t length;
    size_t capacity;
};

void strbuf_add(struct strbuf *buffer, const char *text);
void strbuf_add_n(struct strbuf *buffer, const char *text, size_t length);
void strbuf_addf(struct strbuf *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// The text so far, "" when nothing was added. Stays owned by the arena.
const char *strbuf_text(const struct strbuf *buffer);
