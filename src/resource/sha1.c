// SPDX-License-Identifier: GPL-2.0-or-later
// SHA-1 (FIPS 180-4).
#include "sha1.h"

#include <string.h>

enum { BLOCK_SIZE = 64, ROUNDS = 80, LENGTH_SIZE = 8 };

static uint32_t rotate(uint32_t value, unsigned bits)
{
    return value << bits | value >> (32 - bits);
}

static void load_block(const uint8_t *block, uint32_t words[ROUNDS])
{
    for (size_t i = 0; i < 16; i++) {
        const uint8_t *bytes = block + 4 * i;
        words[i] = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
                   bytes[3];
    }
    for (size_t i = 16; i < ROUNDS; i++) {
        words[i] = rotate(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
    }
}

static uint32_t mix(size_t round, uint32_t b, uint32_t c, uint32_t d)
{
    switch (round / 20) {
    case 0:
        return ((b & c) | (~b & d)) + 0x5a827999;
    case 1:
        return (b ^ c ^ d) + 0x6ed9eba1;
    case 2:
        return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
    default:
        return (b ^ c ^ d) + 0xca62c1d6;
    }
}

static void add_block(uint32_t state[5], const uint8_t *block)
{
    uint32_t words[ROUNDS];
    load_block(block, words);
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    for (size_t i = 0; i < ROUNDS; i++) {
        uint32_t next = rotate(a, 5) + mix(i, b, c, d) + e + words[i];
        e = d;
        d = c;
        c = rotate(b, 30);
        b = a;
        a = next;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
}

// The rest of the data, a one bit, zeros, and the length in bits: one block or two.
static void add_tail(uint32_t state[5], const uint8_t *rest, size_t rest_size, size_t size)
{
    uint8_t blocks[2 * BLOCK_SIZE] = {0};
    size_t total = rest_size + 1 + LENGTH_SIZE <= BLOCK_SIZE ? BLOCK_SIZE : 2 * BLOCK_SIZE;
    memcpy(blocks, rest, rest_size);
    blocks[rest_size] = 0x80;
    uint64_t bits = (uint64_t)size * 8;
    for (size_t i = 0; i < LENGTH_SIZE; i++) {
        blocks[total - 1 - i] = (uint8_t)(bits >> (8 * i));
    }
    for (size_t i = 0; i < total; i += BLOCK_SIZE) {
        add_block(state, blocks + i);
    }
}

void sha1(const void *data, size_t size, uint8_t digest[SHA1_SIZE])
{
    uint32_t state[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    const uint8_t *bytes = data;
    size_t done = 0;
    for (; size - done >= BLOCK_SIZE; done += BLOCK_SIZE) {
        add_block(state, bytes + done);
    }
    add_tail(state, bytes + done, size - done, size);
    for (size_t i = 0; i < SHA1_SIZE; i++) {
        digest[i] = (uint8_t)(state[i / 4] >> (24 - 8 * (i % 4)));
    }
}
