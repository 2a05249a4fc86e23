// SPDX-License-Identifier: GPL-2.0-or-later
// Messages in TCP connections: several in a segment, one in several, segments that come twice or not at all, and what
// looks like a message in the middle of one.
#include "streams.h"
#include "unit.h"
#include "watch_helper.h"

enum { INTERFACE = 7, ISN = 0xfffffff0 }; // sequence numbers wrap in the tests

static const struct ends ends = {"192.0.2.53", "10.65.0.10", 53, 40000};

struct seen {
    size_t sizes[64];
    uint8_t first[64];
    size_t count;
};

static void see(const uint8_t *message, size_t size, void *context)
{
    struct seen *seen = context;
    if (seen->count < 64) {
        seen->first[seen->count] = size > 0 ? message[0] : 0;
        seen->sizes[seen->count++] = size;
    }
}

struct lab {
    struct arena *arena;
    struct digest_secret secret;
    struct streams *streams;
    struct seen seen;
    uint64_t now;
};

static void begin(struct lab *lab)
{
    *lab = (struct lab){.arena = arena_new((size_t)1 << 26)};
    digest_secret_make(&lab->secret);
    lab->streams = streams_new(lab->arena, &lab->secret);
}

static enum stream_status send_from(struct lab *lab, const struct ends *from, uint32_t sequence,
                                    unsigned flags, const void *data, size_t size)
{
    static struct wire wire;
    struct packet packet;
    wire = tcp_packet(from, sequence, flags, data, size);
    ck_assert_int_eq(packet_parse(wire.bytes, wire.size, &packet), PACKET_FINE);
    return streams_take(lab->streams, &packet, INTERFACE, lab->now, see, &lab->seen);
}

static enum stream_status send_data(struct lab *lab, uint32_t offset, const void *data, size_t size)
{
    return send_from(lab, &ends, ISN + 1 + offset, 0, data, size);
}

static void shake_hands(struct lab *lab)
{
    ck_assert_int_eq(send_from(lab, &ends, ISN, TEST_SYN, "", 0), STREAM_FINE);
}

static const uint8_t two_messages[] = {0, 3, 'a', 'b', 'c', 0, 2, 'd', 'e'};

START_TEST(several_in_one_segment)
{
    struct lab lab;
    begin(&lab);
    shake_hands(&lab);
    ck_assert_int_eq(send_data(&lab, 0, two_messages, sizeof two_messages), STREAM_FINE);
    ck_assert_uint_eq(lab.seen.count, 2);
    ck_assert_uint_eq(lab.seen.sizes[0], 3);
    ck_assert_uint_eq(lab.seen.sizes[1], 2);
    ck_assert_uint_eq(lab.seen.first[1], 'd');
    arena_free(lab.arena);
}
END_TEST

START_TEST(cut_at_every_byte)
{
    for (size_t cut = 0; cut <= sizeof two_messages; cut++) {
        struct lab lab;
        begin(&lab);
        shake_hands(&lab);
        send_data(&lab, 0, two_messages, cut);
        send_data(&lab, (uint32_t)cut, two_messages + cut, sizeof two_messages - cut);
        ck_assert_uint_eq(lab.seen.count, 2);
        ck_assert_uint_eq(lab.seen.sizes[0], 3);
        ck_assert_uint_eq(lab.seen.first[0], 'a');
        ck_assert_uint_eq(lab.seen.sizes[1], 2);
        ck_assert_uint_eq(lab.seen.first[1], 'd');
        arena_free(lab.arena);
    }
}
END_TEST

START_TEST(byte_by_byte_and_each_twice)
{
    struct lab lab;
    begin(&lab);
    shake_hands(&lab);
    shake_hands(&lab);
    for (uint32_t i = 0; i < sizeof two_messages; i++) {
        ck_assert_int_eq(send_data(&lab, i, two_messages + i, 1), STREAM_FINE);
        ck_assert_int_eq(send_data(&lab, i, two_messages + i, 1), STREAM_FINE);
        shake_hands(&lab); // late copies of the first segment
    }
    ck_assert_uint_eq(lab.seen.count, 2);
    arena_free(lab.arena);
}
END_TEST

START_TEST(an_overlap_is_taken_once)
{
    struct lab lab;
    begin(&lab);
    shake_hands(&lab);
    send_data(&lab, 0, two_messages, 6);
    send_data(&lab, 2, two_messages + 2, sizeof two_messages - 2);
    ck_assert_uint_eq(lab.seen.count, 2);
    ck_assert_uint_eq(lab.seen.first[1], 'd');
    arena_free(lab.arena);
}
END_TEST

// The owner of a name chooses what stands in its records: bytes that look like a message of their own.
START_TEST(nothing_from_the_middle)
{
    static const uint8_t forged[] = {0, 4, 'e', 'v', 'i', 'l'};
    struct lab lab;
    begin(&lab);
    ck_assert_int_eq(send_data(&lab, 0, forged, sizeof forged), STREAM_BROKEN); // begin not seen
    shake_hands(&lab);
    ck_assert_int_eq(send_data(&lab, 100, forged, sizeof forged), STREAM_BROKEN); // a gap
    ck_assert_int_eq(send_data(&lab, 0, forged, sizeof forged), STREAM_BROKEN);   // given up
    ck_assert_uint_eq(lab.seen.count, 0);
    arena_free(lab.arena);
    // Inside of a longer message.
    uint8_t head[] = {0, 2 + sizeof forged, 'x', 'y'};
    begin(&lab);
    shake_hands(&lab);
    send_data(&lab, 0, head, sizeof head);
    send_data(&lab, sizeof head, forged, sizeof forged);
    ck_assert_uint_eq(lab.seen.count, 1);
    ck_assert_uint_eq(lab.seen.first[0], 'x');
    arena_free(lab.arena);
}
END_TEST

START_TEST(the_end_of_a_connection)
{
    static const unsigned flags[] = {TEST_FIN, TEST_RST};
    for (size_t i = 0; i < ARRAY_COUNT(flags); i++) {
        struct lab lab;
        begin(&lab);
        shake_hands(&lab);
        ck_assert_int_eq(send_from(&lab, &ends, ISN + 1, flags[i], "", 0), STREAM_FINE);
        ck_assert_int_eq(send_data(&lab, 0, two_messages, sizeof two_messages), STREAM_BROKEN);
        ck_assert_uint_eq(lab.seen.count, 0);
        arena_free(lab.arena);
    }
}
END_TEST

START_TEST(the_last_segment_counts)
{
    struct lab lab;
    begin(&lab);
    shake_hands(&lab);
    send_from(&lab, &ends, ISN + 1, TEST_FIN, two_messages, sizeof two_messages);
    ck_assert_uint_eq(lab.seen.count, 2);
    arena_free(lab.arena);
}
END_TEST

START_TEST(silence_ends_it)
{
    struct lab lab;
    begin(&lab);
    shake_hands(&lab);
    lab.now = 121 * 1000;
    ck_assert_int_eq(send_data(&lab, 0, two_messages, sizeof two_messages), STREAM_BROKEN);
    arena_free(lab.arena);
}
END_TEST

START_TEST(the_longest_message)
{
    static uint8_t data[2 + 0xffff] = {0xff, 0xff, 'z'};
    struct lab lab;
    begin(&lab);
    shake_hands(&lab);
    for (uint32_t at = 0; at < sizeof data; at += 1460) {
        size_t size = sizeof data - at < 1460 ? sizeof data - at : 1460;
        ck_assert_int_eq(send_data(&lab, at, data + at, size), STREAM_FINE);
    }
    ck_assert_uint_eq(lab.seen.count, 1);
    ck_assert_uint_eq(lab.seen.sizes[0], 0xffff);
    ck_assert_uint_eq(lab.seen.first[0], 'z');
    arena_free(lab.arena);
}
END_TEST

// A connection of this client, from another port of it, that leaves half a message.
static enum stream_status leave_half(struct lab *lab, const char *client, uint16_t port)
{
    struct ends from = {ends.source, client, 53, port};
    enum stream_status status = send_from(lab, &from, ISN, TEST_SYN, "", 0);
    return status == STREAM_FINE ? send_from(lab, &from, ISN + 1, 0, two_messages, 4) : status;
}

START_TEST(halves_of_one_client_leave_room_for_others)
{
    struct lab lab;
    begin(&lab);
    size_t crowded = 0;
    for (uint16_t i = 0; i < 100; i++) {
        crowded += leave_half(&lab, "10.65.0.66", (uint16_t)(1000 + i)) == STREAM_CROWDED;
    }
    ck_assert_uint_gt(crowded, 0);
    ck_assert_int_eq(leave_half(&lab, "10.65.0.10", 1), STREAM_FINE);
    // Later the halves are given up, and there is room again.
    lab.now = 11 * 1000;
    ck_assert_int_eq(leave_half(&lab, "10.65.0.66", 2000), STREAM_FINE);
    arena_free(lab.arena);
}
END_TEST

UNIT_TESTS("streams", several_in_one_segment, cut_at_every_byte, byte_by_byte_and_each_twice,
           an_overlap_is_taken_once, nothing_from_the_middle, the_end_of_a_connection,
           the_last_segment_counts, silence_ends_it, the_longest_message,
           halves_of_one_client_leave_room_for_others)
