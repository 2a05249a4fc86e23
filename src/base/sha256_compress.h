// SPDX-License-Identifier: GPL-2.0-or-later
// What does the work of SHA-256: plain C for every processor, and the instructions that newer x86 processors have for it.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { SHA256_BLOCK = 64, SHA256_ROUNDS = 64 };
extern const uint32_t sha256_constants[SHA256_ROUNDS];

// Works `count` whole blocks into the state.
typedef void (*sha256_compress_fn)(uint32_t state[8], const uint8_t *blocks, size_t count);

// NULL where this processor or this compiler has no such instructions.
sha256_compress_fn sha256_compress_x86(void);

// sha256_hex without them, for tests.
void sha256_hex_plain(const void *data, size_t size, char ret_hex[65]);
