// SPDX-License-Identifier: GPL-2.0-or-later
// A line of input -> what is printed of it, and where the caret goes. The line is walked twice: to measure, then to take
// the part that is shown. One character is one column.
#include "excerpt.h"

#include <polc/base/strbuf.h>
#include <polc/base/utf8.h>

enum {
    TAB_WIDTH = 8,
    WIDTH_MAX = 120,
    BEFORE_CARET = 40, // columns kept before the caret of a long line
};

#define CUT "..."
enum { CUT_WIDTH = sizeof CUT - 1 };

bool is_printable(uint32_t character)
{
    bool control = character < 0x20 || (character >= 0x7f && character < 0xa0);
    bool direction = character == 0x200e || character == 0x200f || character == 0x61c ||
                     (character >= 0x202a && character <= 0x202e) ||
                     (character >= 0x2066 && character <= 0x2069);
    bool invisible = character == 0xfeff || character == 0x2028 || character == 0x2029;
    return !control && !direction && !invisible;
}

// A walk over the characters of a line.
struct walk {
    const char *line;
    size_t length, at;
    size_t column; // of the next character, from 1
    size_t printed,
        width;        // of the current one: where it begins in the printed line, its columns there
    const char *text; // of the current one
    size_t size;
};

static bool next_character(struct walk *walk)
{
    uint32_t character;
    if (walk->at == walk->length || walk->column > UINT16_MAX) {
        return false;
    }
    walk->printed += walk->width;
    walk->width = 1;
    walk->text = walk->line + walk->at;
    walk->size = utf8_read(walk->text, walk->length - walk->at, &character);
    walk->at += walk->size > 0 ? walk->size : 1;
    walk->column++;
    if (walk->size == 0) {
        walk->text = REPLACEMENT;
        walk->size = strlen(REPLACEMENT);
    } else if (character == '\t') {
        walk->width = TAB_WIDTH - walk->printed % TAB_WIDTH;
    } else if (!is_printable(character)) {
        walk->text = "?";
        walk->size = 1;
    }
    return true;
}

static struct walk start_walk(const char *line, size_t length)
{
    return (struct walk){.line = line, .length = length, .column = 1};
}

// Sets the caret and returns the width of the whole line.
static size_t measure(const char *line, size_t length, struct loc loc, struct excerpt *ret)
{
    struct walk walk = start_walk(line, length);
    size_t end = 0;
    ret->caret = ret->caret_end = SIZE_MAX;
    while (next_character(&walk)) {
        if (walk.column - 1 == loc.column) {
            ret->caret = walk.printed;
        }
        if (walk.column - 1 == (size_t)loc.column + loc.length) {
            ret->caret_end = walk.printed;
        }
        end = walk.printed + walk.width;
    }
    ret->caret = ret->caret != SIZE_MAX ? ret->caret : end;
    ret->caret_end = ret->caret_end != SIZE_MAX ? ret->caret_end : end;
    ret->caret_end = ret->caret_end > ret->caret ? ret->caret_end : ret->caret + 1;
    return end;
}

static const char *take(struct arena *arena, const char *line, size_t length, size_t from,
                        size_t to)
{
    struct strbuf text = {.arena = arena};
    struct walk walk = start_walk(line, length);
    while (next_character(&walk) && walk.printed < to) {
        if (walk.printed >= from && walk.text[0] == '\t') {
            strbuf_addf(&text, "%*s", (int)walk.width, "");
        } else if (walk.printed >= from) {
            strbuf_add_n(&text, walk.text, walk.size);
        } else if (walk.printed + walk.width > from) {
            strbuf_addf(&text, "%*s", (int)(walk.printed + walk.width - from),
                        ""); // a tab that is cut
        }
    }
    return strbuf_text(&text);
}

struct excerpt excerpt_make(struct arena *arena, const char *line, size_t length, struct loc loc)
{
    struct excerpt ret;
    size_t width = measure(line, length, loc, &ret);
    if (width <= WIDTH_MAX) {
        ret.text = take(arena, line, length, 0, width);
        return ret;
    }
    size_t from = 0;
    if (ret.caret > BEFORE_CARET && ret.caret_end > WIDTH_MAX - CUT_WIDTH) {
        size_t last = width - (WIDTH_MAX - CUT_WIDTH); // from here on everything fits
        from = ret.caret - BEFORE_CARET < last ? ret.caret - BEFORE_CARET : last;
    }
    size_t before = from > 0 ? CUT_WIDTH : 0;
    size_t to = from + WIDTH_MAX - before;
    bool cut = to < width;
    to -= cut ? CUT_WIDTH : 0;
    ret.text = arena_printf(arena, "%s%s%s", before > 0 ? CUT : "",
                            take(arena, line, length, from, to), cut ? CUT : "");
    ret.caret_end = (ret.caret_end < to ? ret.caret_end : to) - from + before;
    ret.caret = ret.caret - from + before;
    return ret;
}
