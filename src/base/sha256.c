// SPDX-License-Identifier: GPL-2.0-or-later
// SHA-256 as FIPS 180-4 section 6.2 states it.
#include <polc/base/sha256.h>

#include "sha256_compress.h"

#include <polc/base/vec.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { LENGTH_AT = 56 };

const uint32_t sha256_constants[SHA256_ROUNDS] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static inline uint32_t rotate(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

static void expand(const uint8_t *block, uint32_t w[SHA256_ROUNDS])
{
    for (int i = 0; i < 16; i++) {
        w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
               (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
    }
    for (int i = 16; i < SHA256_ROUNDS; i++) {
        uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
        uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
}

// Round i turns the names of the eight words instead of moving them: word 0 of the standard is v[-i mod 8].
static inline void one_round(uint32_t v[8], int i, uint32_t sum)
{
    uint32_t a = v[-i & 7], b = v[(1 - i) & 7], c = v[(2 - i) & 7], e = v[(4 - i) & 7];
    uint32_t s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    uint32_t choose = (e & v[(5 - i) & 7]) ^ (~e & v[(6 - i) & 7]);
    uint32_t t1 = v[(7 - i) & 7] + s1 + choose + sum;
    uint32_t s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    v[(3 - i) & 7] += t1;
    v[(7 - i) & 7] = t1 + s0 + ((a & b) ^ (a & c) ^ (b & c));
}

static void compress_block(uint32_t state[8], const uint8_t *block)
{
    UNINITIALIZED uint32_t w[SHA256_ROUNDS];
    uint32_t v[8];
    expand(block, w);
    memcpy(v, state, sizeof v);
    for (int i = 0; i < SHA256_ROUNDS;
         i += 8) { // eight in a row, so that the compiler knows the names
        one_round(v, 0, w[i] + sha256_constants[i]);
        one_round(v, 1, w[i + 1] + sha256_constants[i + 1]);
        one_round(v, 2, w[i + 2] + sha256_constants[i + 2]);
        one_round(v, 3, w[i + 3] + sha256_constants[i + 3]);
        one_round(v, 4, w[i + 4] + sha256_constants[i + 4]);
        one_round(v, 5, w[i + 5] + sha256_constants[i + 5]);
        one_round(v, 6, w[i + 6] + sha256_constants[i + 6]);
        one_round(v, 7, w[i + 7] + sha256_constants[i + 7]);
    }
    for (int i = 0; i < 8; i++) {
        state[i] += v[i];
    }
}

static void compress(uint32_t state[8], const uint8_t *blocks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        compress_block(state, blocks + i * SHA256_BLOCK);
    }
}

static void hash(sha256_compress_fn work, const void *data, size_t size, char ret_hex[65])
{
    uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    const uint8_t *bytes = data;
    size_t blocks = size / SHA256_BLOCK, left = size % SHA256_BLOCK;
    work(state, bytes, blocks);
    uint8_t tail[2 * SHA256_BLOCK] = {0};
    if (left > 0) {
        memcpy(tail, bytes + blocks * SHA256_BLOCK, left);
    }
    tail[left] = 0x80;
    size_t tail_blocks = left < LENGTH_AT ? 1 : 2;
    uint64_t bits = (uint64_t)size * 8;
    for (size_t i = 0; i < sizeof bits; i++) {
        tail[tail_blocks * SHA256_BLOCK - 1 - i] = (uint8_t)(bits >> 8 * i);
    }
    work(state, tail, tail_blocks);
    for (int i = 0; i < 8; i++) {
        snprintf(ret_hex + 8 * i, 9, "%08x", state[i]);
    }
}

void sha256_hex_plain(const void *data, size_t size, char ret_hex[65])
{
    hash(compress, data, size, ret_hex);
}

void sha256_hex(const void *data, size_t size, char ret_hex[65])
{
    sha256_compress_fn faster = sha256_compress_x86();
    hash(faster != NULL ? faster : compress, data, size, ret_hex);
}
