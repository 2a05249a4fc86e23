// SPDX-License-Identifier: GPL-2.0-or-later
// Unit tests of src/edit/text.c: edits applied, and the hunks that show them.
#include "unit.h"

#include <polc/edit.h>

static const char twenty[] =
    "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n17\n18\n19\n20\n";

// Each edit: where the word stands, and what it becomes; "" in front of a word inserts.
struct word {
    const char *before, *after;
};

static struct edits find_words(struct arena *arena, const char *text, const struct word *words,
                               size_t count)
{
    struct edits edits = {0};
    for (size_t i = 0; i < count; i++) {
        const char *at = strstr(text, words[i].before);
        ck_assert_ptr_nonnull(at);
        size_t start = (size_t)(at - text);
        vec_push(arena, &edits,
                 (struct edit){start, start + strlen(words[i].before), words[i].after});
    }
    return edits;
}

static void expect(const char *text, const struct word *words, size_t count, const char *hunks)
{
    struct arena *arena = arena_new((size_t)1 << 30);
    struct edits edits = find_words(arena, text, words, count);
    ck_assert_str_eq(edit_hunks(arena, (struct edit_text){text, strlen(text)}, &edits), hunks);
    arena_free(arena);
}

START_TEST(applied)
{
    struct arena *arena = arena_new((size_t)1 << 30);
    const char *text = "one two three";
    struct edits edits = find_words(
        arena, text, (struct word[]){{"one", "1"}, {"two ", ""}, {"three", "3 and more"}}, 3);
    struct edit_text after = edit_apply(arena, (struct edit_text){text, strlen(text)}, &edits);
    ck_assert_uint_eq(after.size, strlen("1 3 and more"));
    ck_assert_mem_eq(after.text, "1 3 and more", after.size);
    after = edit_apply(arena, (struct edit_text){text, strlen(text)}, &(struct edits){0});
    ck_assert_mem_eq(after.text, text, strlen(text));
    arena_free(arena);
}
END_TEST

START_TEST(hunks)
{
    expect(twenty, NULL, 0, "");
    expect(twenty, (struct word[]){{"10", "ten"}}, 1,
           "@@ -7,7 +7,7 @@\n 7\n 8\n 9\n-10\n+ten\n 11\n 12\n 13\n");
    expect(twenty, (struct word[]){{"1\n2", "one\n2"}}, 1,
           "@@ -1,4 +1,4 @@\n-1\n+one\n 2\n 3\n 4\n");
    // two lines side by side: what goes first, then what comes
    expect(twenty, (struct word[]){{"19", "a"}, {"20", "b"}}, 2,
           "@@ -16,5 +16,5 @@\n 16\n 17\n 18\n-19\n-20\n+a\n+b\n");
    // two edits in one line
    expect("a b c\n", (struct word[]){{"a", "A"}, {"c", "C"}}, 2,
           "@@ -1,1 +1,1 @@\n-a b c\n+A b C\n");
}
END_TEST

START_TEST(distances)
{
    // six lines between two changes are one hunk, seven are two, and numbers move by what came and went
    expect(twenty, (struct word[]){{"3\n", ""}, {"10", "10"}}, 2,
           "@@ -1,6 +1,5 @@\n 1\n 2\n-3\n 4\n 5\n 6\n");
    expect(twenty, (struct word[]){{"3\n", ""}, {"10", "ten"}}, 2,
           "@@ -1,13 +1,12 @@\n 1\n 2\n-3\n 4\n 5\n 6\n 7\n 8\n 9\n-10\n+ten\n 11\n 12\n 13\n");
    expect(twenty, (struct word[]){{"3\n", ""}, {"11", "a\nb"}}, 2,
           "@@ -1,6 +1,5 @@\n 1\n 2\n-3\n 4\n 5\n 6\n"
           "@@ -8,7 +7,8 @@\n 8\n 9\n 10\n-11\n+a\n+b\n 12\n 13\n 14\n");
}
END_TEST

START_TEST(ends_of_lines)
{
    // the line behind an insertion is not changed
    expect("a\n  b\n", (struct word[]){{"  b", "  n\n  b"}}, 1,
           "@@ -1,2 +1,3 @@\n a\n+  n\n   b\n");
    expect("a", (struct word[]){{"a", "b"}}, 1,
           "@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n");
    expect("a\r\nb\r\n", (struct word[]){{"b", "c"}}, 1, "@@ -1,2 +1,2 @@\n a\n-b\n+c\n");
    expect("a\n", (struct word[]){{"a\n", ""}}, 1, "@@ -1,1 +0,0 @@\n-a\n");
}
END_TEST

UNIT_TESTS("edit text", applied, hunks, distances, ends_of_lines)
