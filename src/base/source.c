// SPDX-License-Identifier: GPL-2.0-or-later
// Input texts and places. A line index is made for a source when one of its lines is asked for the first time.
#include <polc/base/source.h>

#include <polc/base/vec.h>

struct line_index {
    VEC_FIELDS(size_t); // where each line starts
};

struct sources {
    struct arena *arena;
    struct { VEC_FIELDS(struct source); } all;
    struct { VEC_FIELDS(struct line_index); } lines;
};

struct sources *sources_new(struct arena *arena)
{
    struct sources *sources = arena_new_of(arena, struct sources);
    sources->arena = arena;
    return sources;
}

uint32_t sources_add(struct sources *sources, const char *path, const char *text, size_t size)
{
    vec_push(sources->arena, &sources->all, (struct source){.path = path, .text = text, .size = size});
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

static void index_lines(struct arena *arena, const struct source *source, struct line_index *index)
{
    vec_push(arena, index, 0);
    const char *end = source->text + source->size;
    for (const char *at = source->text; at < end; at++) {
        at = memchr(at, '\n', (size_t)(end - at));
        if (at == NULL) {
            break;
        }
        vec_push(arena, index, (size_t)(at + 1 - source->text));
    }
}

const char *sources_line(struct sources *sources, struct loc loc, size_t *ret_length)
{
    const struct source *source = sources_get(sources, loc.source);
    if (source == NULL || loc.line == 0) {
        return NULL;
    }
    struct line_index *index = &sources->lines.items[loc.source];
    if (index->count == 0) {
        index_lines(sources->arena, source, index);
    }
    if (loc.line > index->count) {
        return NULL;
    }
    size_t start = index->items[loc.line - 1];
    size_t end = loc.line < index->count ? index->items[loc.line] - 1 : source->size;
    if (end > start && source->text[end - 1] == '\r') {
        end--;
    }
    *ret_length = end - start;
    return source->text + start;
}

const char *loc_text(struct arena *arena, const struct sources *sources, struct loc loc)
{
    const struct source *source = sources_get(sources, loc.source);
    if (source == NULL || loc.line == 0) {
        return "";
    }
    return loc.column > 0 ? arena_printf(arena, "%s:%u:%u", source->path, loc.line, loc.column)
                          : arena_printf(arena, "%s:%u", source->path, loc.line);
}

const char *loc_short(struct arena *arena, const struct sources *sources, struct loc loc)
{
    const struct source *source = sources_get(sources, loc.source);
    if (source == NULL || loc.line == 0) {
        return "";
    }
    const char *slash = strrchr(source->path, '/');
    return arena_printf(arena, "%s:%u", slash != NULL ? slash + 1 : source->path, loc.line);
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
