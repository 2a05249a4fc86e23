// SPDX-License-Identifier: GPL-2.0-or-later
// Comparisons of texts and numbers.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// Orders for vec_sort, qsort and bsearch: items that are texts (const char *, not NULL), by their bytes; uint32_t.
int compare_texts(const void *a, const void *b);
int compare_u32(const void *a, const void *b);

// Sorts texts by their bytes and keeps each once; returns how many are left.
size_t texts_sort_unique(const char **texts, size_t count);

// Either text may be NULL, which is the same as NULL only.
bool texts_equal(const char *a, const char *b);
bool text_begins(const char *text, const char *beginning);
