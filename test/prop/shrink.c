// SPDX-License-Identifier: GPL-2.0-or-later
// Shrinking by text: the documents are YAML in block style, so a line with the deeper lines behind it is a part that
// can be taken away, whatever it means: a document, a rule, a list, an entry, a field. What is left need not be valid;
// then it is not wrong in the same way, and the part stays.
#include "shrink.h"

struct part {
    size_t begin, end; // bytes of the document
};

static size_t line_end(const char *text, size_t at)
{
    size_t end = at + strcspn(text + at, "\n");
    return text[end] == '\n' ? end + 1 : end;
}

static size_t indent(const char *text, size_t at)
{
    return strspn(text + at, " ");
}

// The part that begins with the line at `begin`.
static struct part part_at(const char *text, size_t begin)
{
    struct part part = {begin, line_end(text, begin)};
    while (text[part.end] != '\0' && indent(text, part.end) > indent(text, begin)) {
        part.end = line_end(text, part.end);
    }
    return part;
}

static const char *without(struct arena *arena, const char *text, struct part part)
{
    return arena_printf(arena, "%.*s%s", (int)part.begin, text, text + part.end);
}

static bool holds(struct arena *arena, const struct test_case *test_case, still_wrong *test,
                  void *context)
{
    struct arena_mark mark = arena_mark(arena);
    bool wrong = test(arena, test_case, context);
    arena_rewind(arena, mark);
    return wrong;
}

static bool drop_documents(struct arena *arena, struct test_case *test_case, still_wrong *test,
                           void *context)
{
    bool any = false;
    for (size_t i = test_case->count; i-- > 0;) {
        struct case_document dropped = test_case->items[i];
        size_t behind = test_case->count - i - 1;
        memmove(&test_case->items[i], &test_case->items[i + 1], behind * sizeof dropped);
        test_case->count--;
        if (holds(arena, test_case, test, context)) {
            any = true;
            continue;
        }
        memmove(&test_case->items[i + 1], &test_case->items[i], behind * sizeof dropped);
        test_case->items[i] = dropped;
        test_case->count++;
    }
    return any;
}

static bool drop_parts(struct arena *arena, struct test_case *test_case, size_t number,
                       still_wrong *test, void *context)
{
    struct case_document *document = &test_case->items[number];
    bool any = false;
    for (size_t at = 0; document->text[at] != '\0';) {
        const char *text = document->text;
        document->text = without(arena, text, part_at(text, at));
        if (holds(arena, test_case, test, context)) {
            any = true;
        } else {
            document->text = text;
            at = line_end(text, at);
        }
    }
    return any;
}

void shrink_case(struct arena *arena, struct test_case *test_case, still_wrong *test, void *context)
{
    for (bool any = true; any;) {
        any = drop_documents(arena, test_case, test, context);
        for (size_t i = 0; i < test_case->count; i++) {
            any |= drop_parts(arena, test_case, i, test, context);
        }
    }
}
