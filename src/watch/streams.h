// SPDX-License-Identifier: GPL-2.0-or-later
// What servers send over TCP, cut into messages. A connection is followed from its begin, byte by byte: in the middle of
// one, nobody can tell a message from what is written inside of one, which the owner of a name chooses.
#pragma once

#include "packet.h"
#include "table.h"

struct streams;

struct streams *streams_new(struct arena *arena, const struct digest_secret *secret);

enum stream_status {
    STREAM_FINE,
    STREAM_CROWDED, // this client has too many connections, or too many unfinished messages: it is not followed
    STREAM_BROKEN, // of a connection that is not followed, or something is missing: it is not followed any more
};

typedef void (*stream_handler)(const uint8_t *message, size_t size, void *context);

// A segment that the server has sent, to a client behind the interface. Whole messages go to the handler.
enum stream_status streams_take(struct streams *streams, const struct packet *segment,
                                uint32_t interface, uint64_t now, stream_handler handler,
                                void *context);
