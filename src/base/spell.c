// SPDX-License-Identifier: GPL-2.0-or-later
// Optimal string alignment: the distance of one row needs the two rows before it.
#include <polc/base/spell.h>

#include <string.h>
#include <strings.h>

enum { WORD_MAX = 128 }; // longer words are cut: nobody misspells one by a few letters

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t spell_distance(const char *a, const char *b)
{
    size_t rows[3][WORD_MAX + 1];
    size_t a_length = strnlen(a, WORD_MAX);
    size_t b_length = strnlen(b, WORD_MAX);
    for (size_t j = 0; j <= b_length; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= a_length; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3];
        const size_t *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t best = least(above[j] + 1, row[j - 1] + 1);
            best = least(best, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                best = least(best, two_above[j - 2] + 1);
            }
            row[j] = best;
        }
    }
    return rows[a_length % 3][b_length];
}

const char *spell_best(const char *word, const char *const *candidates, size_t count)
{
    size_t limit = strlen(word) / 3 > 1 ? strlen(word) / 3 : 1;
    const char *best = NULL;
    size_t best_distance = limit + 1;
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(word, candidates[i]) == 0) {
            return candidates[i];
        }
        size_t distance = spell_distance(word, candidates[i]);
        if (distance < best_distance) {
            best = candidates[i];
            best_distance = distance;
        }
    }
    return best;
}
