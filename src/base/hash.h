// SPDX-License-Identifier: GPL-2.0-or-later
// The keyed hash of the string maps.
#pragma once

#include <stddef.h>
#include <stdint.h>

// The same in the whole process, and another in the next one.
struct hash_key {
    uint64_t words[2];
};
struct hash_key hash_key(void);

// SipHash-1-3 of a string. Never let its order be seen.
uint32_t hash_text(const struct hash_key *key, const void *text, size_t length);
