// SPDX-License-Identifier: GPL-2.0-or-later
// Packets that were copied to a log group: pieces of two bytes of length (the highest bit: delivered) and a packet, as one
// listener hears them. Nothing is read behind a packet, an answer needs its query, and what a query does not ask for
// changes nothing. The same bytes are messages of the kernel as well.
#include "capture.h"
#include "packet.h"

#include <polc/netlink.h>
#include <polc/watch.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LATER = 1000 * 1000 }; // ms: everything that was remembered is over

static size_t answers;

static void take_answer(const struct dns_answer *answer, void *context)
{
    answers++;
    if (context == NULL || answer->question[0] == '\0' || answer->names.count == 0) {
        abort();
    }
}

// In memory of its own, so that a read behind the end is found.
static void listen_to(struct watch_listener *listener, const uint8_t *data, size_t size,
                      bool delivered, uint64_t now)
{
    struct packet packet;
    uint8_t *copy = malloc(size > 0 ? size : 1);
    memcpy(copy, data, size);
    if (packet_parse(copy, size, &packet) == PACKET_FINE &&
        (packet.payload < copy || packet.payload + packet.size > copy + size)) {
        abort();
    }
    struct watch_copy piece = {copy, size, delivered, size > 0 ? data[0] : 0, 1};
    watch_listener_take(listener, &piece, now, take_answer, listener);
    free(copy);
}

static void decode(const uint8_t *data, size_t size)
{
    struct watch_copy copy;
    bool numbered;
    uint32_t sequence;
    uint8_t *aligned = malloc(size + NLMSG_ALIGNTO);
    memcpy(aligned, data, size);
    const struct nlmsghdr *message = (const struct nlmsghdr *)(const void *)aligned;
    for (int left = (int)size; netlink_message_ok(message, left);
         message = mnl_nlmsg_next(message, &left)) {
        if (capture_decode(message, &copy, &numbered, &sequence) &&
            (copy.bytes < aligned || copy.bytes + copy.size > aligned + size)) {
            abort();
        }
    }
    free(aligned);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct watch_listener *listener;
    static uint64_t now;
    if (listener == NULL) {
        struct ip_port servers[] = {{{IP_V4, {192, 0, 2, 53}}, 53},
                                    {{IP_V6, {0x20, 0x01, 0x0d, 0xb8, [15] = 0x53}}, 53}};
        listener = watch_listener_new(arena_new((size_t)1 << 28));
        watch_listener_trust(listener, servers, ARRAY_COUNT(servers));
    }
    decode(data, size);
    now += LATER;
    answers = 0;
    struct watch_counts before = *watch_listener_counts(listener);
    while (size >= 2) {
        size_t length = (size_t)((data[0] & 0x7f) << 8 | data[1]);
        length = length < size - 2 ? length : size - 2;
        listen_to(listener, data + 2, length, (data[0] & 0x80) != 0, now);
        data += length + 2;
        size -= length + 2;
    }
    const struct watch_counts *after = watch_listener_counts(listener);
    if (after->of[WATCH_ANSWER] - before.of[WATCH_ANSWER] != answers) {
        abort();
    }
    return 0;
}
