// SPDX-License-Identifier: GPL-2.0-or-later
// The messages of one transaction in one buffer, and what each of them was made from. Inside module
// nft only.
#pragma once

#include "ruleset.h"

#include <linux/netlink.h>

enum origin_kind {
    ORIGIN_BATCH,
    ORIGIN_TABLE,
    ORIGIN_CHAIN,
    ORIGIN_RULES,
    ORIGIN_RULE,
    ORIGIN_SET,
    ORIGIN_ELEMENTS
};

// What a message was made from, for naming it when the kernel refuses it.
struct origin {
    const char *name;        // of the chain or set
    const struct rule *rule; // ORIGIN_RULE
    const struct loc *loc;   // chains, sets, elements; NULL for removed ones
    uint32_t index;          // of the rule in its chain
    uint8_t kind;            // enum origin_kind
};

// A zeroed one is valid and empty. Sequence numbers count from 1: message N has origins[N - 1].
struct batch {
    uint8_t *data;
    size_t length, capacity;
    struct origin *origins;
    size_t count, origin_capacity;
};

// Starts a message of type NFT_MSG_* with room for BATCH_MESSAGE_MAX bytes. It stands until
// batch_finish.
enum { BATCH_MESSAGE_MAX = 128 * 1024 };
struct nlmsghdr *batch_start(struct batch *batch, uint16_t type, uint16_t flags,
                             struct origin origin);
void batch_finish(struct batch *batch, const struct nlmsghdr *message);

// The first message. With a generation id of 0 the kernel does not check it.
void batch_open(struct batch *batch, uint32_t generation_id);
// The last message; without it the kernel checks the batch and discards it.
void batch_close(struct batch *batch);

// What the message with that sequence number was made from; NULL when it is none of this batch.
const struct origin *batch_origin(const struct batch *batch, uint32_t seq);

// Takes all messages out; what was allocated stays for the next ones.
void batch_clear(struct batch *batch);
void batch_free(struct batch *batch);
