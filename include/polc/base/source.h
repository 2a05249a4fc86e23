// SPDX-License-Identifier: GPL-2.0-or-later
// Input texts and places in them.
#pragma once

#include <polc/base/arena.h>
#include <stdint.h>

// A place in an input text. line 0 means "no place". Lines and columns count from 1; columns and
// lengths count UTF-8 characters, not bytes, as libyaml's marks do. Saturates at UINT16_MAX.
struct loc {
    uint32_t source;
    uint32_t line;
    uint16_t column;
    uint16_t length;
};

#define LOC_NONE ((struct loc){0})

// One input text, kept until the end of the run so that diagnostics can quote it.
struct source {
    const char *path; // as the user would name it; "<stdin>" for "-"
    const char *text; // not terminated
    size_t size;      // bytes
};

struct sources;
struct sources *sources_new(struct arena *arena);

// Adds a text; `path` and `text` must outlive the table. Returns its number, used in struct loc.
uint32_t sources_add(struct sources *sources, const char *path, const char *text, size_t size);
size_t sources_count(const struct sources *sources);
const struct source *sources_get(const struct sources *sources, uint32_t number);

// The line at a place, without its line end, up to the last column that a place can have; NULL when there is none.
// Amortised: sources keep a line index once one was asked for.
const char *sources_line(struct sources *sources, struct loc loc, size_t *ret_length);

// Bytes of the line break at `at`, of which `left` (at least 1) remain; 0 when there is none. YAML 1.1 and so libyaml's
// marks also end a line at a lone CR, at U+0085, U+2028 and U+2029.
size_t source_break_size(const char *at, size_t left);

// The place of a byte of a source, one character long.
struct loc sources_loc_at(struct sources *sources, uint32_t number, size_t offset);

// "path:12" or "path:12:5", safe to print (safe_text.h); "" for no place. loc_short gives the last path component only.
const char *loc_text(struct arena *arena, const struct sources *sources, struct loc loc);
const char *loc_short(struct arena *arena, const struct sources *sources, struct loc loc);

int loc_compare(struct loc a, struct loc b);
