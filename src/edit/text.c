// SPDX-License-Identifier: GPL-2.0-or-later
// A text and its edits -> the edited text, and the hunks of a unified diff. The edits say which lines differ: nothing is
// searched for.
#include <polc/edit.h>

enum { CONTEXT = 3 };

static void add_range(struct strbuf *out, struct edit_text text, size_t start, size_t end)
{
    if (end > start) {
        strbuf_add_n(out, text.text + start, end - start);
    }
}

// Bytes [start, end) with the edits that stand in them.
static struct edit_text apply_range(struct arena *arena, struct edit_text text, size_t start,
                                    size_t end, const struct edit *edits, size_t count)
{
    struct strbuf out = {.arena = arena};
    for (size_t i = 0; i < count; i++) {
        add_range(&out, text, start, edits[i].start);
        strbuf_add(&out, edits[i].text);
        start = edits[i].end;
    }
    add_range(&out, text, start, end);
    return (struct edit_text){strbuf_text(&out), out.length};
}

struct edit_text edit_apply(struct arena *arena, struct edit_text text, const struct edits *edits)
{
    return apply_range(arena, text, 0, text.size, edits->items, edits->count);
}

// ---- lines -----------------------------------------------------------------------------------------------------------

struct lines {
    VEC_FIELDS(struct edit_text); // each with its line end
};

static struct lines split(struct arena *arena, struct edit_text text)
{
    struct lines lines = {0};
    size_t at = 0;
    while (at < text.size) {
        const char *end = memchr(text.text + at, '\n', text.size - at);
        size_t next = end != NULL ? (size_t)(end + 1 - text.text) : text.size;
        vec_push(arena, &lines, (struct edit_text){text.text + at, next - at});
        at = next;
    }
    return lines;
}

static bool same_line(struct edit_text a, struct edit_text b)
{
    return a.size == b.size && memcmp(a.text, b.text, a.size) == 0;
}

static void add_line(struct strbuf *out, char sign, struct edit_text line)
{
    bool ended = line.size > 0 && line.text[line.size - 1] == '\n';
    line.size -= ended;
    line.size -= line.size > 0 && line.text[line.size - 1] == '\r';
    strbuf_addf(out, "%c", sign);
    add_range(out, line, 0, line.size);
    strbuf_add(out, ended ? "\n" : "\n\\ No newline at end of file\n");
}

// ---- changes of lines --------------------------------------------------------------------------------------------------

// Lines [first, first + old_count) of the text become other ones.
struct change {
    size_t first, old_count;
    struct lines lines;
};
struct changes {
    VEC_FIELDS(struct change);
};

// The number of the line that a byte stands in; of the end of the text that of the last line.
static size_t line_of(const struct lines *lines, const char *at)
{
    size_t low = 0, high = lines->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (lines->items[middle].text <= at) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

// Without the lines at both ends that stay: of an insertion in front of a line that line itself.
static void trim(const struct lines *lines, struct change *change)
{
    while (change->old_count > 0 && change->lines.count > 0 &&
           same_line(lines->items[change->first], change->lines.items[0])) {
        change->first++;
        change->old_count--;
        change->lines.items++;
        change->lines.count--;
    }
    while (change->old_count > 0 && change->lines.count > 0 &&
           same_line(lines->items[change->first + change->old_count - 1],
                     change->lines.items[change->lines.count - 1])) {
        change->old_count--;
        change->lines.count--;
    }
}

// Edits that touch the same lines are one change.
static struct changes find_changes(struct arena *arena, struct edit_text text,
                                   const struct lines *lines, const struct edits *edits)
{
    struct changes changes = {0};
    for (size_t i = 0; i < edits->count;) {
        const struct edit *first = &edits->items[i];
        size_t from = line_of(lines, text.text + first->start), to = from;
        while (i < edits->count && line_of(lines, text.text + edits->items[i].start) <= to) {
            const struct edit *edit = &edits->items[i++];
            size_t end = edit->end > edit->start ? edit->end - 1 : edit->end;
            to = line_of(lines, text.text + end);
        }
        size_t start = (size_t)(lines->items[from].text - text.text);
        size_t end = (size_t)(lines->items[to].text - text.text) + lines->items[to].size;
        struct edit_text after =
            apply_range(arena, text, start, end, first, (size_t)(&edits->items[i] - first));
        struct change change = {from, to - from + 1, split(arena, after)};
        trim(lines, &change);
        if (change.old_count + change.lines.count > 0) {
            vec_push(arena, &changes, change);
        }
    }
    return changes;
}

// ---- hunks -------------------------------------------------------------------------------------------------------------

static void add_context(struct strbuf *out, const struct lines *lines, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        add_line(out, ' ', lines->items[i]);
    }
}

// Changes [first, last) without a line between them: what goes, then what comes.
static void add_changes(struct strbuf *out, const struct lines *lines, const struct change *first,
                        const struct change *last)
{
    for (const struct change *change = first; change < last; change++) {
        for (size_t i = 0; i < change->old_count; i++) {
            add_line(out, '-', lines->items[change->first + i]);
        }
    }
    for (const struct change *change = first; change < last; change++) {
        for (size_t i = 0; i < change->lines.count; i++) {
            add_line(out, '+', change->lines.items[i]);
        }
    }
}

// "12,3": the first line, and how many; of none the line in front.
static void add_extent(struct strbuf *out, char sign, size_t first, size_t count)
{
    strbuf_addf(out, "%c%zu,%zu", sign, count > 0 ? first + 1 : first, count);
}

// Changes [first, last) with what stands around and between them. `shift`: how many lines more there were before.
static void add_hunk(struct strbuf *out, const struct lines *lines, const struct change *first,
                     const struct change *last, long shift)
{
    const struct change *end = last - 1;
    size_t from = first->first > CONTEXT ? first->first - CONTEXT : 0;
    size_t to = end->first + end->old_count + CONTEXT;
    to = to < lines->count ? to : lines->count;
    size_t added = 0, removed = 0;
    for (const struct change *change = first; change < last; change++) {
        added += change->lines.count;
        removed += change->old_count;
    }
    strbuf_add(out, "@@ ");
    add_extent(out, '-', from, to - from);
    strbuf_add(out, " ");
    add_extent(out, '+', (size_t)((long)from + shift), to - from + added - removed);
    strbuf_add(out, " @@\n");
    for (const struct change *change = first; change < last;) {
        const struct change *start = change;
        add_context(out, lines, from, start->first);
        for (from = start->first; change < last && change->first == from; change++) {
            from += change->old_count;
        }
        add_changes(out, lines, start, change);
    }
    add_context(out, lines, from, to);
}

const char *edit_hunks(struct arena *arena, struct edit_text text, const struct edits *edits)
{
    struct strbuf out = {.arena = arena};
    struct lines lines = split(arena, text);
    struct changes changes = find_changes(arena, text, &lines, edits);
    long shift = 0;
    for (size_t i = 0; i < changes.count;) {
        const struct change *first = &changes.items[i];
        long next_shift = shift;
        size_t end = first->first;
        while (i < changes.count && changes.items[i].first <= end + 2 * (size_t)CONTEXT) {
            const struct change *change = &changes.items[i++];
            end = change->first + change->old_count;
            next_shift += (long)change->lines.count - (long)change->old_count;
        }
        add_hunk(&out, &lines, first, &changes.items[i], shift);
        shift = next_shift;
    }
    return strbuf_text(&out);
}
