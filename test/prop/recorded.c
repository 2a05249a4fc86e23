// SPDX-License-Identifier: GPL-2.0-or-later
// What the kernel's flow table has recorded of the packets of one round, against what the simulator says.
#include "recorded.h"
#include "records.h"

#include <inttypes.h>

bool recorded_read(struct arena *arena, const struct wire *wire, struct nft_flow_table *ret)
{
    struct nft_failure failure;
    wire_enter(wire, WIRE_HOST);
    enum nft_status status = nft_read_flows(arena, "polc", ret, &failure);
    wire_enter(wire, -1);
    return status == NFT_DONE;
}

struct records {
    VEC_FIELDS(struct sim_record);
};

static bool is_flow(const struct sim_record *record, const struct nft_flow *flow)
{
    return text_begins(record->set->name, SET_DENIED) == flow->denied &&
           ip_addr_compare(record->source, flow->source) == 0 &&
           ip_addr_compare(record->destination, flow->dest) == 0 &&
           record->protocol == flow->protocol && record->port == flow->port;
}

static uint64_t packets_of(const struct nft_flow_table *table, const struct nft_flow *flow)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct nft_flow *other = &table->items[i];
        if (ip_addr_compare(other->source, flow->source) == 0 &&
            ip_addr_compare(other->dest, flow->dest) == 0 && other->protocol == flow->protocol &&
            other->port == flow->port && other->denied == flow->denied) {
            return other->packets;
        }
    }
    return 0;
}

static const char *compare_flow(const struct subject *subject, const struct records *expected,
                                const struct nft_flow *flow, uint64_t counted)
{
    char source[IP_TEXT_MAX], dest[IP_TEXT_MAX];
    uint64_t wanted = 0;
    for (size_t i = 0; i < expected->count; i++) {
        wanted += is_flow(&expected->items[i], flow);
    }
    return wanted == counted
               ? NULL
               : arena_printf(subject->arena,
                              "%s -> %s protocol %u port %u, %s, is recorded %" PRIu64
                              " times, not %" PRIu64,
                              ip_addr_text(flow->source, source), ip_addr_text(flow->dest, dest),
                              flow->protocol, flow->port, flow->denied ? "denied" : "allowed",
                              counted, wanted);
}

static struct records expect(const struct subject *subject, const struct shot *shots, size_t count)
{
    struct records expected = {0};
    for (size_t i = 0; i < count; i++) {
        struct sim sim = {.arena = subject->arena};
        bool discovery = records_is_discovery(&shots[i].probe->flow);
        if (!shots[i].skipped) {
            subject_simulate(subject, shots[i].probe, discovery ? SIM_CT_UNTRACKED : SIM_CT_NEW,
                             &sim);
        }
        for (size_t j = 0; j < sim.records.count; j++) {
            vec_push(subject->arena, &expected, sim.records.items[j]);
        }
    }
    return expected;
}

static struct nft_flow flow_of(const struct sim_record *record)
{
    return (struct nft_flow){.source = record->source,
                             .dest = record->destination,
                             .protocol = record->protocol,
                             .port = record->port,
                             .denied = text_begins(record->set->name, SET_DENIED)};
}

const char *recorded_compare(const struct subject *subject, const struct shot *shots, size_t count,
                             const struct nft_flow_table *before,
                             const struct nft_flow_table *after)
{
    struct records expected = expect(subject, shots, count);
    const char *problem = NULL;
    for (size_t i = 0; i < after->count && problem == NULL; i++) {
        const struct nft_flow *flow = &after->items[i];
        problem = compare_flow(subject, &expected, flow, flow->packets - packets_of(before, flow));
    }
    for (size_t i = 0; i < expected.count && problem == NULL; i++) {
        struct nft_flow flow = flow_of(&expected.items[i]);
        problem = compare_flow(subject, &expected, &flow,
                               packets_of(after, &flow) - packets_of(before, &flow));
    }
    return after->lost == before->lost ? problem : NULL; // tables of one flow are in the game, too
}
