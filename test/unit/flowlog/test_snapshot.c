// SPDX-License-Identifier: GPL-2.0-or-later
// What is new between two looks at the kernel: nothing is counted twice, nothing is lost that is known.
#include "flowlog_helper.h"

#include "unit.h"

enum { NOW = 1000 };

static struct flowlog_key key_of(const char *source, const char *dest, uint8_t protocol,
                                 uint16_t port)
{
    struct flowlog_key key = {.protocol = protocol, .port = port};
    ck_assert_int_eq(ip_addr_parse(source, strlen(source), &key.source), ADDR_OK);
    ck_assert_int_eq(ip_addr_parse(dest, strlen(dest), &key.dest), ADDR_OK);
    return key;
}

static struct flowlog_key web_key(bool denied)
{
    struct flowlog_key key = key_of("10.0.0.1", "10.0.0.2", PROTO_TCP, 80);
    key.denied = denied;
    return key;
}

static void see(struct flowlog_snapshot *snapshot, bool denied, uint64_t count, int64_t time)
{
    vec_push(arena, &snapshot->seen,
             (struct flowlog_seen){web_key(denied), count, count * 60, time});
}

static void track(struct flowlog_snapshot *snapshot, uint32_t id, bool over, uint64_t bytes)
{
    vec_push(arena, &snapshot->connections,
             (struct flowlog_connection){.key = web_key(false),
                                         .id = id,
                                         .source_port = (uint16_t)(40000 + id),
                                         .over = over,
                                         .counted = bytes > 0,
                                         .bytes_out = bytes,
                                         .bytes_in = 2 * bytes,
                                         .packets_out = bytes / 10,
                                         .packets_in = bytes / 5});
}

// "ACTION PORT start-end flows STARTED/COMPLETED out BYTES/PACKETS in BYTES/PACKETS; ..."
static const char *news(const struct flowlog_snapshot *before, struct flowlog_snapshot *now)
{
    struct flowlog_records records = {0};
    struct strbuf text = {.arena = arena};
    now->time = NOW;
    flowlog_snapshot_sort(now);
    reader = flowlog_reader_new(arena);
    flowlog_since(reader, before, now, &records);
    for (size_t i = 0; i < records.count; i++) {
        const struct flowlog_record *item = &records.items[i];
        ck_assert_int_eq(item->num_flows, item->num_flows_started);
        strbuf_addf(&text, "%s%s %d %d-%d flows %d/%d", i > 0 ? "; " : "", item->action,
                    (int)item->dest.port, (int)item->start_time, (int)item->end_time,
                    (int)item->num_flows, (int)item->num_flows_completed);
        if (item->bytes_out != FLOWLOG_UNKNOWN) {
            strbuf_addf(&text, " out %d/%d in %d/%d", (int)item->bytes_out, (int)item->packets_out,
                        (int)item->bytes_in, (int)item->packets_in);
        }
    }
    return strbuf_text(&text);
}

START_TEST(all_is_new_at_first)
{
    struct flowlog_snapshot now = {0};
    ck_assert_str_eq(news(NULL, &now), "");
    see(&now, false, 3, 900);
    ck_assert_str_eq(news(NULL, &now), "allow 80 -1-900 flows 3/-1");
    see(&now, true, 2, 800);
    now.tracked = true;
    ck_assert_str_eq(news(NULL, &now), "deny 80 -1-800 flows 2/2 out 120/2 in 0/0; "
                                       "allow 80 -1-900 flows 3/3");
    // One is live: what conntrack counts is of that one, and the flow goes on.
    track(&now, 1, false, 100);
    track(&now, 2, true, 50);
    ck_assert_str_eq(news(NULL, &now), "deny 80 -1-800 flows 2/2 out 120/2 in 0/0; "
                                       "allow 80 -1-1000 flows 3/2 out 150/15 in 300/30");
}
END_TEST

START_TEST(conntrack_alone)
{
    struct flowlog_snapshot before = {.time = 940, .tracked = true};
    struct flowlog_snapshot now = {.tracked = true};
    track(&now, 1, false, 0);
    track(&now, 2, true, 0);
    ck_assert_str_eq(news(NULL, &now), "allow 80 -1-1000 flows 2/1");
    track(&before, 1, false, 0);
    flowlog_snapshot_sort(&before);
    ck_assert_str_eq(news(&before, &now), "allow 80 940-1000 flows 1/1");
}
END_TEST

START_TEST(nothing_twice)
{
    struct flowlog_snapshot before = {.time = 940, .tracked = true};
    struct flowlog_snapshot now = {.tracked = true};
    see(&before, false, 3, 900);
    see(&before, true, 7, 900);
    track(&before, 1, false, 100);
    flowlog_snapshot_sort(&before);
    see(&now, false, 3, 900);
    see(&now, true, 7, 900);
    track(&now, 1, false, 100);
    ck_assert_str_eq(news(&before, &now), "");
    // Bytes of the same connection; and one more that is over already.
    now.connections.items[0].bytes_out = 130;
    ck_assert_str_eq(news(&before, &now), "allow 80 940-1000 flows 0/0 out 30/0 in 0/0");
    now.seen.items[0].count = 4;
    now.seen.items[0].time = 950;
    ck_assert_str_eq(news(&before, &now), "allow 80 950-1000 flows 1/1 out 30/0 in 0/0");
    // The live one has ended, and is forgotten.
    now.connections.count = 0;
    ck_assert_str_eq(news(&before, &now), "allow 80 950-950 flows 1/2");
    now.seen.items[0].count = 3;
    ck_assert_str_eq(news(&before, &now), "allow 80 940-1000 flows 0/1");
}
END_TEST

// An entry that timed out and came again, and connections that got the same ports again.
START_TEST(what_was_forgotten_is_new)
{
    struct flowlog_snapshot before = {.time = 940, .tracked = true};
    struct flowlog_snapshot now = {.tracked = true};
    see(&before, false, 30, 900);
    track(&before, 1, true, 1000);
    flowlog_snapshot_sort(&before);
    see(&now, false, 2, 990);
    track(&now, 3, false, 10);
    ck_assert_str_eq(news(&before, &now), "allow 80 940-1000 flows 2/1 out 10/1 in 20/2");
    now.seen.items[0].count = 31;
    now.connections.count = 0;
    track(&now, 1, true, 400); // counts that are lower than they were
    ck_assert_str_eq(news(&before, &now), "allow 80 990-990 flows 1/1 out 400/40 in 800/80");
}
END_TEST

START_TEST(icmp_and_protocols_without_ports)
{
    struct flowlog_snapshot now = {.time = NOW};
    vec_push(
        arena, &now.seen,
        (struct flowlog_seen){key_of("fd00::1", "fd00::2", PROTO_ICMPV6, 128 << 8), 1, 64, 900});
    vec_push(arena, &now.seen,
             (struct flowlog_seen){key_of("10.0.0.1", "10.0.0.2", 47, 0), 1, 64, 950});
    flowlog_snapshot_sort(&now);
    struct flowlog_records records = {0};
    reader = flowlog_reader_new(arena);
    flowlog_since(reader, NULL, &now, &records);
    ck_assert_int_eq(records.count, 2);
    ck_assert_str_eq(records.items[0].proto, "icmp6");
    ck_assert_str_eq(records.items[0].dest.ip, "fd00::2");
    ck_assert_int_eq(records.items[0].icmp_type, 128);
    ck_assert_int_eq(records.items[0].icmp_code, 0);
    ck_assert_int_eq(records.items[0].dest.port, FLOWLOG_UNKNOWN);
    ck_assert_int_eq(records.items[0].start_time, 900);
    ck_assert_str_eq(records.items[1].proto, "47");
    ck_assert_int_eq(records.items[1].icmp_type, FLOWLOG_UNKNOWN);
    ck_assert_int_eq(records.items[1].dest.port, FLOWLOG_UNKNOWN);
}
END_TEST

START_TEST(bytes_and_back)
{
    struct flowlog_snapshot before = {.time = 940, .tracked = true}, again;
    struct flowlog_snapshot now = {.tracked = true};
    struct strbuf bytes = {.arena = arena};
    see(&before, false, 3, 900);
    see(&before, true, 7, 900);
    track(&before, 1, false, 100);
    track(&before, 2, true, 100);
    flowlog_snapshot_write(&before, &bytes);
    const uint8_t *data = (const uint8_t *)bytes.text;
    ck_assert(flowlog_snapshot_read(arena, data, bytes.length, &again));
    ck_assert_int_eq(again.time, 940);
    ck_assert(again.tracked);
    see(&now, false, 4, 950);
    see(&now, true, 8, 950);
    track(&now, 1, false, 130);
    track(&now, 2, true, 100);
    flowlog_snapshot_sort(&before);
    ck_assert_str_eq(news(&again, &now), news(&before, &now));
    ck_assert_str_eq(news(&again, &now), "deny 80 950-950 flows 1/1 out 60/1 in 0/0; "
                                         "allow 80 950-1000 flows 1/1 out 30/3 in 60/6");
    for (size_t size = 1; size < bytes.length; size++) { // a torn one is none, or has less
        flowlog_snapshot_read(arena, data, size, &again);
    }
    ck_assert(!flowlog_snapshot_read(arena, data, bytes.length - 1, &again));
}
END_TEST

START_TEST(a_ledger_is_whole_or_none)
{
    struct flowlog_ledger ledger = {.boot_id = "boot",
                                    .namespace = 7,
                                    .lost = 3,
                                    .path = "/x/flows.jsonl",
                                    .device = 1,
                                    .inode = 2,
                                    .offset = (uint64_t)5 << 32,
                                    .length = 6};
    struct flowlog_ledger again;
    struct strbuf bytes = {.arena = arena};
    see(&ledger.snapshot, true, 7, 900);
    flowlog_ledger_write(&ledger, &bytes);
    uint8_t *data = (uint8_t *)bytes.text;
    ck_assert_ptr_null(flowlog_ledger_read(arena, data, bytes.length, &again));
    ck_assert_str_eq(again.boot_id, "boot");
    ck_assert_str_eq(again.path, "/x/flows.jsonl");
    ck_assert_uint_eq(again.offset, ledger.offset);
    ck_assert_uint_eq(again.length, 6);
    ck_assert_uint_eq(again.snapshot.seen.count, 1);
    ck_assert_uint_eq(again.snapshot.seen.items[0].count, 7);
    for (size_t size = 0; size < bytes.length; size++) {
        ck_assert_ptr_nonnull(flowlog_ledger_read(arena, data, size, &again));
    }
    for (size_t i = 0; i < bytes.length; i++) {
        data[i] ^= 1;
        ck_assert_ptr_nonnull(flowlog_ledger_read(arena, data, bytes.length, &again));
        data[i] ^= 1;
    }
}
END_TEST

UNIT_TESTS("flowlog: snapshots", a_ledger_is_whole_or_none, all_is_new_at_first, conntrack_alone,
           nothing_twice, what_was_forgotten_is_new, icmp_and_protocols_without_ports,
           bytes_and_back)
