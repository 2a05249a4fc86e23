// SPDX-License-Identifier: GPL-2.0-or-later
// What names a query or a connection in the tables of this module: half a SHA-256 over all that it is, and over a secret of
// this process, so that nobody can make two that are the same, or many that fall into one place.
#pragma once

#include <polc/base.h>
#include <polc/net.h>

struct digest {
    uint8_t bytes[16];
};

// Four random words of this process.
struct digest_secret {
    uint8_t bytes[32];
};
void digest_secret_make(struct digest_secret *ret);

// The two ends of a conversation, and what is said in it; `text` "" and `id` 0 for the conversation itself.
struct digest_of {
    struct ip_addr client, server;
    uint16_t client_port, server_port;
    uint16_t id, type;
    const char *text;
};
struct digest digest_make(const struct digest_secret *secret, const struct digest_of *of);
// Of a client behind an interface, as far as shares want to tell them apart.
uint32_t digest_client(const struct digest_secret *secret, uint32_t interface,
                       const struct ip_addr *client);

uint32_t digest_hash(const struct digest *digest);
bool digest_equal(const struct digest *a, const struct digest *b);
