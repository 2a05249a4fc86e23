// SPDX-License-Identifier: GPL-2.0-or-later
// SipHash-1-3 (Aumasson, Bernstein). Labels and keys may come from somebody who wants them to collide; the key is the
// random bytes that the kernel gives each process, so that there is no state to keep and no system call to make.
#include "hash.h"

#include <string.h>
#include <sys/auxv.h>

struct state {
    uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t x, unsigned n)
{
    return x << n | x >> (64 - n);
}

static void mix(struct state *s)
{
    s->v0 += s->v1;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v2 = rotate(s->v2, 32);
}

static void add_word(struct state *s, uint64_t word)
{
    s->v3 ^= word;
    mix(s);
    s->v0 ^= word;
}

struct hash_key hash_key(void)
{
    struct hash_key key = {0};
    const void *random = (const void *)getauxval(AT_RANDOM);
    if (random != NULL) {
        memcpy(&key, random, sizeof key);
    }
    return key;
}

static struct state keyed_state(const struct hash_key *key)
{
    return (struct state){key->words[0] ^ 0x736f6d6570736575, key->words[1] ^ 0x646f72616e646f6d,
                          key->words[0] ^ 0x6c7967656e657261, key->words[1] ^ 0x7465646279746573};
}

uint32_t hash_text(const struct hash_key *key, const void *text, size_t length)
{
    struct state s = keyed_state(key);
    const unsigned char *bytes = text;
    size_t left = length;
    uint64_t word;
    for (; left >= sizeof word; left -= sizeof word, bytes += sizeof word) {
        memcpy(&word, bytes, sizeof word);
        add_word(&s, word);
    }
    word = 0;
    memcpy(&word, bytes, left);
    add_word(&s, word | (uint64_t)length << 56);
    s.v2 ^= 0xff;
    mix(&s);
    mix(&s);
    mix(&s);
    return (uint32_t)(s.v0 ^ s.v1 ^ s.v2 ^ s.v3);
}
