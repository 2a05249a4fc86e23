// SPDX-License-Identifier: GPL-2.0-or-later
// Reassembly of the messages in a TCP connection (RFC 7766: two bytes of length, then the message). Segments come in order,
// or the connection is given up: whoever asked asks again. Most messages are in one segment and are not copied; others
// wait for their rest in one of a few buffers.
#include "streams.h"

enum {
    STREAMS = 4096,
    STREAM_LIFE = 120 * 1000, // ms without a segment
    BUFFERS = 64,
    BUFFER_LIFE = 10 * 1000,  // ms until an unfinished message may lose its buffer to another one
    MESSAGE_MAX = 2 + 0xffff, // with its length
};

struct stream {
    uint32_t first;    // sequence number of the first byte
    uint32_t expected; // that of the next one
    uint16_t buffer;   // number + 1; 0: none is unfinished
};

struct buffer {
    uint32_t owner; // entry; 0: free
    uint32_t have;  // bytes
    uint64_t begun; // time
    uint8_t bytes[MESSAGE_MAX];
};

struct streams {
    struct table *table;
    const struct digest_secret *secret;
    struct stream *items; // by entry
    struct buffer *buffers;
    size_t free_buffers;
    struct shares shares; // of buffers
};

struct streams *streams_new(struct arena *arena, const struct digest_secret *secret)
{
    struct streams *streams = arena_new_of(arena, struct streams);
    streams->table = table_new(arena, STREAMS, STREAM_LIFE);
    streams->secret = secret;
    streams->items = arena_array_of(arena, struct stream, STREAMS + 1);
    streams->buffers = arena_array_of(arena, struct buffer, BUFFERS);
    streams->free_buffers = BUFFERS;
    return streams;
}

static void release(struct streams *streams, uint32_t entry)
{
    struct stream *stream = &streams->items[entry];
    if (stream->buffer != 0) {
        streams->buffers[stream->buffer - 1].owner = 0;
        streams->free_buffers++;
        share_give(&streams->shares, table_share(streams->table, entry));
    }
    stream->buffer = 0;
}

static void end(struct streams *streams, uint32_t entry)
{
    release(streams, entry);
    table_remove(streams->table, entry);
}

static struct digest digest_of_segment(const struct streams *streams, const struct packet *segment)
{
    struct digest_of of = {.client = segment->destination,
                           .server = segment->source,
                           .client_port = segment->destination_port,
                           .server_port = segment->source_port,
                           .text = ""};
    return digest_make(streams->secret, &of);
}

// The server's first segment. One that comes again begins nothing anew.
static uint32_t begin(struct streams *streams, const struct packet *segment, uint32_t entry,
                      uint32_t interface, uint64_t now)
{
    struct digest digest = digest_of_segment(streams, segment);
    if (entry == TABLE_NONE) {
        uint32_t client = digest_client(streams->secret, interface, &segment->destination);
        entry = table_add(streams->table, &digest, share_of(interface, client), now);
    } else if (streams->items[entry].first != segment->sequence) {
        release(streams, entry);
    } else {
        return entry;
    }
    if (entry != TABLE_NONE) {
        streams->items[entry] =
            (struct stream){.first = segment->sequence, .expected = segment->sequence};
    }
    return entry;
}

// A message that does not go on loses its buffer, and its connection.
static void end_stale(struct streams *streams, uint64_t now)
{
    for (size_t i = 0; i < BUFFERS; i++) {
        struct buffer *buffer = &streams->buffers[i];
        if (buffer->owner != 0 && now - buffer->begun > BUFFER_LIFE) {
            end(streams, buffer->owner);
        }
    }
}

// False: there is none for this client.
static bool take_buffer(struct streams *streams, uint32_t entry, uint64_t now)
{
    struct share share = table_share(streams->table, entry);
    end_stale(streams, now);
    if (!share_take(&streams->shares, share, streams->free_buffers)) {
        return false;
    }
    for (uint16_t i = 0; i < BUFFERS; i++) {
        struct buffer *buffer = &streams->buffers[i];
        if (buffer->owner == 0) {
            buffer->owner = entry;
            buffer->have = 0;
            buffer->begun = now;
            streams->items[entry].buffer = (uint16_t)(i + 1);
            streams->free_buffers--;
            return true;
        }
    }
    POLC_UNREACHABLE("a free buffer is counted and is not there");
}

static size_t message_size(const uint8_t *bytes)
{
    return (size_t)(bytes[0] << 8 | bytes[1]) + 2;
}

struct rest {
    const uint8_t *at;
    size_t left;
};

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void move(struct buffer *buffer, struct rest *rest, size_t until)
{
    size_t size = buffer->have < until ? least(rest->left, until - buffer->have) : 0;
    memcpy(buffer->bytes + buffer->have, rest->at, size);
    buffer->have += (uint32_t)size;
    rest->at += size;
    rest->left -= size;
}

// Goes on with an unfinished message. False: it is not finished yet.
static bool fill(struct streams *streams, uint32_t entry, struct rest *rest, stream_handler handler,
                 void *context)
{
    struct buffer *buffer = &streams->buffers[streams->items[entry].buffer - 1];
    move(buffer, rest, 2);
    if (buffer->have < 2) {
        return false;
    }
    size_t size = message_size(buffer->bytes);
    move(buffer, rest, size);
    if (buffer->have < size) {
        return false;
    }
    handler(buffer->bytes + 2, size - 2, context);
    release(streams, entry);
    return true;
}

// Cuts what has come into messages. False when the last one is unfinished and cannot be kept.
static bool cut(struct streams *streams, uint32_t entry, struct rest rest, uint64_t now,
                stream_handler handler, void *context)
{
    const struct stream *stream = &streams->items[entry];
    while (rest.left > 0) {
        if (stream->buffer == 0 && rest.left >= 2 && message_size(rest.at) <= rest.left) {
            size_t size = message_size(rest.at);
            handler(rest.at + 2, size - 2, context);
            rest = (struct rest){rest.at + size, rest.left - size};
        } else if (stream->buffer == 0 && !take_buffer(streams, entry, now)) {
            return false;
        } else if (!fill(streams, entry, &rest, handler, context)) {
            return true;
        }
    }
    return true;
}

// The part of a segment that is new. False: there is a gap before it.
static bool new_part(struct stream *stream, const struct packet *segment, struct rest *ret)
{
    uint32_t known = stream->expected - segment->sequence; // bytes at its beginning; modulo 2^32
    if (known > (uint32_t)INT32_MAX) {
        return false;
    }
    size_t skip = least(known, segment->size);
    *ret = (struct rest){segment->payload + skip, segment->size - skip};
    stream->expected += (uint32_t)ret->left;
    return true;
}

enum stream_status streams_take(struct streams *streams, const struct packet *segment,
                                uint32_t interface, uint64_t now, stream_handler handler,
                                void *context)
{
    uint32_t entry;
    struct rest rest;
    while ((entry = table_overdue(streams->table, now)) != TABLE_NONE) {
        end(streams, entry);
    }
    struct digest digest = digest_of_segment(streams, segment);
    entry = table_find(streams->table, &digest);
    if (segment->syn) {
        entry = begin(streams, segment, entry, interface, now);
    }
    if (entry == TABLE_NONE) {
        return segment->syn ? STREAM_CROWDED : STREAM_BROKEN;
    }
    table_renew(streams->table, entry, now);
    enum stream_status status = STREAM_FINE;
    if (!segment->rst && !new_part(&streams->items[entry], segment, &rest)) {
        status = STREAM_BROKEN;
    } else if (!segment->rst && !cut(streams, entry, rest, now, handler, context)) {
        status = STREAM_CROWDED;
    }
    if (status != STREAM_FINE || segment->fin || segment->rst) {
        end(streams, entry);
    }
    return status;
}
