// SPDX-License-Identifier: GPL-2.0-or-later
// Input texts and places. A line index is made for a source when one of its lines is asked for the first time.
#include <polc/base/source.h>

#include <polc/base/safe_text.h>
#include <polc/base/vec.h>

enum { LINES_PER_ENTRY = 256 }; // an entry for each line would double what a large input takes

struct line_index {
    VEC_FIELDS(size_t); // where every 256th line starts
};

struct sources {
    struct arena *arena;
    struct {
        VEC_FIELDS(struct source);
    } all;
    struct {
        VEC_FIELDS(struct line_index);
    } lines;
};

struct sources *sources_new(struct arena *arena)
{
    struct sources *sources = arena_new_of(arena, struct sources);
    sources->arena = arena;
    return sources;
}

uint32_t sources_add(struct sources *sources, const char *path, const char *text, size_t size)
{
    vec_push(sources->arena, &sources->all,
             (struct source){.path = path, .text = text, .size = size});
    vec_push(sources->arena, &sources->lines, (struct line_index){0});
    return (uint32_t)(sources->all.count - 1);
}

size_t sources_count(const struct sources *sources)
{
    return sources->all.count;
}

const struct source *sources_get(const struct sources *sources, uint32_t number)
{
    return number < sources->all.count ? &sources->all.items[number] : NULL;
}

size_t source_break_size(const char *at, size_t left)
{
    unsigned char first = (unsigned char)at[0];
    if (first == '\n') {
        return 1;
    }
    if (first == '\r') {
        return left > 1 && at[1] == '\n' ? 2 : 1;
    }
    if (first == 0xc2) {
        return left > 1 && at[1] == '\x85' ? 2 : 0;
    }
    bool separator =
        first == 0xe2 && left > 2 && at[1] == '\x80' && (at[2] == '\xa8' || at[2] == '\xa9');
    return separator ? 3 : 0;
}

// Behind the next line break; SIZE_MAX when there is none.
static size_t next_line(const struct source *source, size_t at)
{
    while (at < source->size) {
        size_t size = source_break_size(source->text + at, source->size - at);
        at += size > 0 ? size : 1;
        if (size > 0) {
            return at;
        }
    }
    return SIZE_MAX;
}

static void index_lines(struct arena *arena, const struct source *source, struct line_index *index)
{
    size_t line = 0;
    for (size_t at = 0; at != SIZE_MAX; at = next_line(source, at)) {
        if (line++ % LINES_PER_ENTRY == 0) {
            vec_push(arena, index, at);
        }
    }
}

// Where the line that starts at `start` ends, or is no longer shown: JSON on one line may be all of a large input, and
// columns end at UINT16_MAX.
static size_t line_end(const struct source *source, size_t start)
{
    enum { SHOWN_MAX = 5 * UINT16_MAX }; // a character has four bytes at most
    size_t limit = source->size - start < SHOWN_MAX ? source->size : start + SHOWN_MAX;
    size_t end = start;
    while (end < limit && source_break_size(source->text + end, source->size - end) == 0) {
        end++;
    }
    return end;
}

static const struct line_index *lines_of(struct sources *sources, uint32_t number)
{
    struct line_index *index = &sources->lines.items[number];
    if (index->count == 0) {
        index_lines(sources->arena, &sources->all.items[number], index);
    }
    return index;
}

const char *sources_line(struct sources *sources, struct loc loc, size_t *ret_length)
{
    const struct source *source = sources_get(sources, loc.source);
    if (source == NULL || loc.line == 0) {
        return NULL;
    }
    const struct line_index *index = lines_of(sources, loc.source);
    size_t entry = (loc.line - 1) / LINES_PER_ENTRY;
    if (entry >= index->count) {
        return NULL;
    }
    size_t start = index->items[entry];
    for (size_t i = entry * LINES_PER_ENTRY + 1; i < loc.line && start != SIZE_MAX; i++) {
        start = next_line(source, start);
    }
    if (start == SIZE_MAX) {
        return NULL;
    }
    size_t end = line_end(source, start);
    *ret_length = end - start;
    return source->text + start;
}

struct loc sources_loc_at(struct sources *sources, uint32_t number, size_t offset)
{
    const struct source *source = sources_get(sources, number);
    const struct line_index *index = lines_of(sources, number);
    size_t low = 0; // the last entry that does not start behind the byte
    size_t high = index->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (index->items[middle] <= offset) {
            low = middle;
        } else {
            high = middle;
        }
    }
    size_t start = index->items[low];
    size_t line = low * LINES_PER_ENTRY + 1;
    for (size_t at = next_line(source, start); at <= offset; at = next_line(source, at)) {
        start = at;
        line++;
    }
    size_t column = 1;
    for (size_t at = start; at < offset && at < source->size; at++) {
        column += ((unsigned char)source->text[at] & 0xc0) != 0x80;
    }
    return (struct loc){number, (uint32_t)line,
                        (uint16_t)(column < UINT16_MAX ? column : UINT16_MAX), 1};
}

const char *loc_text(struct arena *arena, const struct sources *sources, struct loc loc)
{
    const struct source *source = sources_get(sources, loc.source);
    if (source == NULL || loc.line == 0) {
        return "";
    }
    const char *path = safe_text(arena, source->path);
    return loc.column > 0 ? arena_printf(arena, "%s:%u:%u", path, loc.line, loc.column)
                          : arena_printf(arena, "%s:%u", path, loc.line);
}

const char *loc_short(struct arena *arena, const struct sources *sources, struct loc loc)
{
    const struct source *source = sources_get(sources, loc.source);
    if (source == NULL || loc.line == 0) {
        return "";
    }
    const char *slash = strrchr(source->path, '/');
    const char *name = slash != NULL ? slash + 1 : source->path;
    return arena_printf(arena, "%s:%u", safe_text(arena, name), loc.line);
}

int loc_compare(struct loc a, struct loc b)
{
    if (a.source != b.source) {
        return a.source < b.source ? -1 : 1;
    }
    if (a.line != b.line) {
        return a.line < b.line ? -1 : 1;
    }
    return (a.column > b.column) - (a.column < b.column);
}
