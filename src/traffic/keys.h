// SPDX-License-Identifier: GPL-2.0-or-later
// Sequences of numbers, each known by one number: 0, 1, 2, ... in the order in which they came.
#pragma once

#include <polc/base.h>

struct keys;
struct keys *keys_new(struct arena *arena);
// The number of a sequence. *ret_new says whether it is a new one; NULL: nobody asks.
uint32_t keys_number(struct keys *keys, const uint32_t *words, size_t count, bool *ret_new);
const uint32_t *keys_words(const struct keys *keys, uint32_t number, size_t *ret_count);
size_t keys_count(const struct keys *keys);
