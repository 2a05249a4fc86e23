// SPDX-License-Identifier: GPL-2.0-or-later
// Comparisons of texts and numbers.
#include <polc/base/compare.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int compare_u32(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

size_t texts_sort_unique(const char **texts, size_t count)
{
    size_t kept = 0;
    if (count > 1) {
        qsort(texts, count, sizeof *texts, compare_texts);
    }
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || strcmp(texts[kept - 1], texts[i]) != 0) {
            texts[kept++] = texts[i];
        }
    }
    return kept;
}

bool texts_equal(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

bool text_begins(const char *text, const char *beginning)
{
    return strncmp(text, beginning, strlen(beginning)) == 0;
}
