// SPDX-License-Identifier: GPL-2.0-or-later
// Digests: the secret and each part, at a fixed place, then the text.
#include "digest.h"

#include <polc/base/sha256.h>
#include <sys/random.h>
#include <time.h>

enum { TEXT_MAX = 255 };

struct material {
    uint8_t secret[32];
    uint8_t client[17], server[17]; // family and bytes
    uint16_t numbers[4];
    uint8_t text[TEXT_MAX];
};

void digest_secret_make(struct digest_secret *ret)
{
    // Before the random numbers of the kernel are ready, at the start of a machine, the clock must do.
    if (getrandom(ret->bytes, sizeof ret->bytes, GRND_NONBLOCK) != (ssize_t)sizeof ret->bytes) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        memcpy(ret->bytes, &now, sizeof now < sizeof ret->bytes ? sizeof now : sizeof ret->bytes);
    }
}

static void put_address(uint8_t *place, const struct ip_addr *addr)
{
    place[0] = addr->family;
    memcpy(place + 1, addr->bytes, sizeof addr->bytes);
}

static uint8_t hex_digit(char digit)
{
    return (uint8_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

static struct digest digest_of_bytes(const void *data, size_t size)
{
    char hex[65];
    struct digest ret;
    sha256_hex(data, size, hex);
    for (size_t i = 0; i < sizeof ret.bytes; i++) {
        ret.bytes[i] = (uint8_t)(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
    }
    return ret;
}

struct digest digest_make(const struct digest_secret *secret, const struct digest_of *of)
{
    struct material material = {.numbers = {of->client_port, of->server_port, of->id, of->type}};
    size_t length = strnlen(of->text, sizeof material.text);
    memcpy(material.secret, secret->bytes, sizeof material.secret);
    put_address(material.client, &of->client);
    put_address(material.server, &of->server);
    memcpy(material.text, of->text, length);
    return digest_of_bytes(&material, offsetof(struct material, text) + length);
}

// Cheap: it is asked for with every packet of a flood.
uint32_t digest_client(const struct digest_secret *secret, uint32_t interface,
                       const struct ip_addr *client)
{
    uint64_t keys[2], words[2], hash;
    memcpy(keys, secret->bytes, sizeof keys);
    memcpy(words, client->bytes, sizeof words);
    hash = (keys[0] ^ interface) * (keys[1] | 1);
    hash = (hash ^ hash >> 29 ^ words[0]) * (keys[1] | 1);
    hash = (hash ^ hash >> 29 ^ words[1]) * (keys[1] | 1);
    return (uint32_t)(hash >> 32);
}

uint32_t digest_hash(const struct digest *digest)
{
    uint32_t ret;
    memcpy(&ret, digest->bytes, sizeof ret);
    return ret;
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}
