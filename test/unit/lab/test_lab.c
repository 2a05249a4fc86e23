// SPDX-License-Identifier: GPL-2.0-or-later
// The lab without policy: every packet arrives between all places, and one that a host does not forward does not.
#include "unit.h"

#include <fcntl.h>
#include <net/if.h>
#include <polc/lab.h>
#include <unistd.h>

static const struct ip_addr addresses[][2] = {
    {{IP_V4, {10, 91, 0, 1}}, {IP_V6, {0xfd, 0x91, [15] = 1}}},
    {{IP_V4, {10, 91, 0, 2}}, {IP_V6, {0xfd, 0x91, [15] = 2}}},
    {{IP_V4, {10, 91, 0, 3}}, {IP_V6, {0xfd, 0x91, [15] = 3}}},
    {{IP_V4, {10, 91, 0, 4}}, {IP_V6, {0xfd, 0x91, [15] = 4}}},
    {{IP_V4, {10, 91, 0, 5}}, {IP_V6, {0xfd, 0x91, [15] = 5}}},
    {{IP_V4, {192, 0, 2, 1}}, {IP_V6, {0x20, 1, 0x0d, 0xb8, [15] = 1}}},
    {{IP_V4, {10, 91, 0, 6}}, {IP_V6, {0xfd, 0x91, [15] = 6}}},
};

static const struct lab_uplink uplinks[][2] = {
    {{"up0", addresses[4], 2}, {"up1", addresses[6], 2}},
    {{"up0", NULL, 0}},
};
static const struct lab_node nodes[] = {{"one", uplinks[0], 2}, {"two", uplinks[1], 1}};

static const struct lab_station stations[] = {
    {LAB_WORKLOAD, 0, "cali1", NULL, addresses[0], 2},
    {LAB_WORKLOAD, 0, "br0", NULL, addresses[1], 2}, // two on one interface: a bridge
    {LAB_WORKLOAD, 0, "br0", "tap7", addresses[2], 2},
    {LAB_WORKLOAD, 1, NULL, NULL, addresses[3], 2},
    {LAB_HOST, 0, NULL, NULL, addresses[4], 2},
    {LAB_OUTSIDE, 0, NULL, NULL, addresses[5], 2},
    {LAB_HOST, 0, NULL, NULL, addresses[6], 2}, // by its other uplink
};

enum { STATIONS = ARRAY_COUNT(stations), MAX_PROBES = 1000 };

static struct lab_probe probes[MAX_PROBES];
static size_t probe_count;

// Every ordered pair, in both families and all kinds of protocol.
static void make_probes(void)
{
    static const uint8_t protocols[] = {PROTO_TCP, PROTO_UDP, PROTO_ICMP, PROTO_SCTP, 253};
    probe_count = 0;
    for (uint32_t pair = 0; pair < STATIONS * STATIONS; pair++) {
        // The two stations of one host are one machine.
        bool same = pair / STATIONS == pair % STATIONS ||
                    (pair / STATIONS | pair % STATIONS << 8) == 0x604 ||
                    (pair / STATIONS | pair % STATIONS << 8) == 0x406;
        for (size_t i = 0; i < 2 * ARRAY_COUNT(protocols) && !same; i++) {
            struct lab_probe probe = {.from = pair / STATIONS,
                                      .to = pair % STATIONS,
                                      .protocol = protocols[i / 2],
                                      .source_port = 40000,
                                      .destination_port = 80,
                                      .icmp_type = 8,
                                      .expected = true};
            probe.source = stations[probe.from].addresses[i % 2];
            probe.destination = stations[probe.to].addresses[i % 2];
            if (probe.protocol == PROTO_ICMP && i % 2 == 1) {
                probe.protocol = PROTO_ICMPV6;
                probe.icmp_type = 128;
            }
            probes[probe_count++] = probe;
        }
    }
}

static const char *all_forward(void *context, size_t node)
{
    ++*(size_t *)context;
    return node < 2 ? NULL : "there is no such node";
}

static const char *second_does_not(void *context, size_t node)
{
    (void)context;
    int fd = node == 1 ? open("/proc/sys/net/ipv4/ip_forward", O_WRONLY) : -1;
    bool good = node != 1 || (fd >= 0 && write(fd, "0", 1) == 1);
    close(fd);
    return good ? NULL : "cannot write ip_forward";
}

static const char *refuses(void *context, size_t node)
{
    (void)context;
    (void)node;
    return "no ruleset today";
}

static struct lab make_lab(const char *(*prepare)(void *, size_t))
{
    static size_t count;
    make_probes();
    return (struct lab){nodes,  ARRAY_COUNT(nodes), stations, STATIONS,
                        probes, probe_count,        prepare,  &count};
}

static enum lab_status run(struct arena *arena, const struct lab *lab, const char **ret_message)
{
    enum lab_status status = lab_run(arena, lab, ret_message);
    if (status == LAB_NOT_ALLOWED) {
        fprintf(stderr, "lab: skipped: no network namespace: %s\n", *ret_message);
    }
    return status;
}

static size_t interfaces(void)
{
    struct if_nameindex *list = if_nameindex();
    size_t count = 0;
    while (list != NULL && list[count].if_index != 0) {
        count++;
    }
    if_freenameindex(list);
    return count;
}

START_TEST(everything_arrives)
{
    struct arena *arena = arena_new((size_t)1 << 26);
    const char *message = NULL;
    struct lab lab = make_lab(all_forward);
    size_t before = interfaces();
    enum lab_status status = run(arena, &lab, &message);
    ck_assert_msg(status != LAB_FAILED, "%s", message);
    for (size_t i = 0; i < probe_count && status == LAB_DONE; i++) {
        ck_assert_msg(probes[i].arrived, "from %u to %u, IPv%u, protocol %u", probes[i].from,
                      probes[i].to, probes[i].source.family, probes[i].protocol);
    }
    ck_assert_uint_eq(before, interfaces());
    arena_free(arena);
}
END_TEST

START_TEST(some_are_dropped)
{
    struct arena *arena = arena_new((size_t)1 << 26);
    const char *message = NULL;
    struct lab lab = make_lab(second_does_not);
    // To and from the workload of the second host over IPv4 nothing passes.
    for (size_t i = 0; i < probe_count; i++) {
        bool second = probes[i].from == 3 || probes[i].to == 3;
        probes[i].expected = !second || probes[i].source.family == IP_V6;
    }
    enum lab_status status = run(arena, &lab, &message);
    ck_assert_msg(status != LAB_FAILED, "%s", message);
    for (size_t i = 0; i < probe_count && status == LAB_DONE; i++) {
        ck_assert_msg(probes[i].arrived == probes[i].expected, "from %u to %u, IPv%u, protocol %u",
                      probes[i].from, probes[i].to, probes[i].source.family, probes[i].protocol);
    }
    arena_free(arena);
}
END_TEST

START_TEST(failures_are_told)
{
    struct arena *arena = arena_new((size_t)1 << 26);
    const char *message = NULL;
    struct lab lab = make_lab(refuses);
    enum lab_status status = run(arena, &lab, &message);
    ck_assert(status == LAB_NOT_ALLOWED ||
              (status == LAB_FAILED && strcmp(message, "no ruleset today") == 0));
    static const struct lab_station clash = {LAB_WORKLOAD, 0, "up0", NULL, addresses[0], 2};
    lab = make_lab(all_forward);
    lab.stations = &clash;
    lab.station_count = 1;
    lab.probe_count = 0;
    status = run(arena, &lab, &message);
    ck_assert(status == LAB_NOT_ALLOWED ||
              (status == LAB_FAILED &&
               strcmp(message, "cannot make the interface up0: File exists") == 0));
    arena_free(arena);
}
END_TEST

UNIT_TESTS("lab/lab", everything_arrives, some_are_dropped, failures_are_told)
