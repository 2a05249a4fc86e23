// SPDX-License-Identifier: GPL-2.0-or-later
// Mutations by text: the documents are YAML in block style, one thing a line.
#include "vary.h"

#include "gen.h"

struct line {
    size_t begin, end; // bytes, the line feed included
};

static struct line pick_line(struct rng *rng, const char *text)
{
    uint32_t count = 0;
    for (const char *at = text; *at != '\0'; at++) {
        count += *at == '\n';
    }
    struct line line = {0, 0};
    for (uint32_t wanted = rng_below(rng, count > 0 ? count : 1) + 1; wanted > 0; wanted--) {
        line.begin = line.end;
        line.end = line.begin + strcspn(text + line.begin, "\n") + 1;
    }
    return line;
}

// The line and the deeper ones behind it.
static const char *drop_part(struct arena *arena, struct rng *rng, const char *text)
{
    struct line line = pick_line(rng, text);
    size_t depth = strspn(text + line.begin, " ");
    size_t end = line.end;
    while (text[end] != '\0' && strspn(text + end, " ") > depth) {
        end += strcspn(text + end, "\n") + 1;
    }
    return arena_printf(arena, "%.*s%s", (int)line.begin, text, text + end);
}

static const char *replace(struct arena *arena, const char *text, const char *at, size_t length,
                           const char *with)
{
    return arena_printf(arena, "%.*s%s%s", (int)(at - text), text, with, at + length);
}

// One word of a line, of those that have others like them.
static const char *change_word(struct arena *arena, struct rng *rng, const char *text)
{
    static const char *const words[][2] = {
        {"Allow", "Deny"},           {"Deny", "Allow"},       {"Pass", "Deny"},
        {"Allow", "Pass"},           {"TCP", "UDP"},          {"UDP", "TCP"},
        {"nets", "notNets"},         {"true", "false"},       {"ports", "notPorts"},
        {"Drop", "Accept"},          {"order: ", "order: 1"}, {"==", "!="},
        {"selector", "notSelector"}, {"www.", "a."},          {"\"*.", "\""},
    };
    size_t first = rng_below(rng, ARRAY_COUNT(words));
    for (size_t i = 0; i < ARRAY_COUNT(words); i++) {
        const char *const *word = words[(first + i) % ARRAY_COUNT(words)];
        const char *at = strstr(text, word[0]);
        const char *next = at != NULL ? strstr(at + 1, word[0]) : NULL;
        at = next != NULL && rng_chance(rng, 50) ? next : at;
        if (at != NULL) {
            return replace(arena, text, at, strlen(word[0]), word[1]);
        }
    }
    return text;
}

static const char *change_digit(struct arena *arena, struct rng *rng, const char *text)
{
    struct line line = pick_line(rng, text);
    for (const char *at = text + line.begin; at < text + line.end && *at != '\0'; at++) {
        if (*at >= '0' && *at <= '9' && rng_chance(rng, 50)) {
            char digit[] = {(char)('0' + rng_below(rng, 10)), '\0'};
            return replace(arena, text, at, 1, digit);
        }
    }
    return text;
}

static void change_document(struct arena *arena, struct rng *rng, struct case_document *document)
{
    uint32_t choice = rng_below(rng, 3);
    document->text = choice == 0   ? drop_part(arena, rng, document->text)
                     : choice == 1 ? change_word(arena, rng, document->text)
                                   : change_digit(arena, rng, document->text);
}

// Mostly one with rules: they are what people change.
static struct case_document *pick_document(struct rng *rng, struct test_case *test_case)
{
    enum { TRIES = 4 };
    struct case_document *document = NULL;
    for (int i = 0; i < TRIES; i++) {
        document = &test_case->items[rng_below(rng, (uint32_t)test_case->count)];
        if (strstr(document->text, "action: ") != NULL) {
            break;
        }
    }
    return document;
}

static void mutate(struct arena *arena, struct rng *rng, const struct test_case *other,
                   struct test_case *test_case)
{
    uint32_t choice = rng_below(rng, 100);
    if (test_case->count == 0 || choice < 15) {
        struct case_document document = other->items[rng_below(rng, (uint32_t)other->count)];
        document.name = arena_printf(arena, "new-%zu.yaml", test_case->count);
        vec_push(arena, test_case, document);
        return;
    }
    struct case_document *document = pick_document(rng, test_case);
    if (choice < 30) {
        *document = test_case->items[--test_case->count];
    } else {
        change_document(arena, rng, document);
    }
}

void vary_case(struct arena *arena, struct rng *rng, uint64_t seed, uint64_t number,
               const struct test_case *from, struct test_case *ret)
{
    enum { MOST = 6, OTHER = 1 << 20 };
    struct test_case other;
    gen_case(arena, seed, number + OTHER, &other);
    *ret = (struct test_case){.bridged = from->bridged};
    for (size_t i = 0; i < from->count; i++) {
        vec_push(arena, ret, from->items[i]);
    }
    for (uint32_t i = rng_between(rng, 1, MOST); i > 0; i--) {
        mutate(arena, rng, &other, ret);
    }
}
