// SPDX-License-Identifier: GPL-2.0-or-later
// The kernel's flow table and conntrack -> a snapshot. The flow table has what began, or was denied, since a while;
// conntrack has what is connected now, and its bytes.
#include "flow_kernel.h"

#include "dns_gate.h"

#include <errno.h>
#include <inttypes.h>
#include <polc/base/file.h>
#include <polc/live.h>
#include <time.h>

enum { MS = 1000, NS_IN_MS = 1000000, BYTE = 8 };

static int64_t now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return (int64_t)time.tv_sec * MS + time.tv_nsec / NS_IN_MS;
}

// ---- the flow table -------------------------------------------------------------------------------------------------

static void add_seen(struct arena *arena, const struct nft_flow *flow, int64_t now,
                     struct flowlog_snapshot *ret)
{
    struct flowlog_key key = {flow->source, flow->dest, flow->protocol, flow->port, flow->denied};
    vec_push(arena, &ret->seen,
             (struct flowlog_seen){key, flow->packets, flow->bytes, (now - flow->idle_ms) / MS});
}

static int read_table(struct run *run, struct arena *arena, struct flowlog_snapshot *ret,
                      struct flow_kernel *kernel)
{
    struct nft_flow_table table = {0};
    struct nft_failure failure = {0};
    CLOSING int gate = dns_gate_enter(run, DNS_GATE_TABLE);
    enum nft_status status = nft_read_flows(arena, run->options.table, &table, &failure);
    if (status != NFT_DONE) {
        return report_failure(run, status, &failure);
    }
    int64_t now = now_ms();
    ret->time = now / MS;
    for (size_t i = 0; i < table.count; i++) {
        add_seen(arena, &table.items[i], now, ret);
    }
    kernel->recorded = table.enabled;
    kernel->lost = table.lost;
    kernel->size = table.size;
    kernel->used = table.used;
    return POLC_EXIT_OK;
}

// ---- conntrack ------------------------------------------------------------------------------------------------------

struct tracking {
    struct arena *arena;
    struct flowlog_snapshot *snapshot;
    const struct flow_evaluator *evaluator;
    struct flow_kernel *kernel;
};

// The destination is the one behind DNAT, as policy saw it.
static struct flowlog_key key_of(const struct live_connection *connection)
{
    const struct live_tuple *original = &connection->original;
    bool icmp = original->icmp_type >= 0;
    return (struct flowlog_key){
        .source = original->source,
        .dest = connection->reply.source,
        .protocol = original->protocol,
        .port = icmp ? (uint16_t)(original->icmp_type << BYTE | original->icmp_code)
                     : connection->reply.source_port,
    };
}

static bool is_judged(const struct flow_evaluator *evaluator,
                      const struct live_connection *connection)
{
    struct flow_way way;
    const struct live_tuple *original = &connection->original;
    const struct flow flow = {
        .source = original->source,
        .destination = connection->reply.source,
        .protocol = original->protocol,
        .source_port = original->source_port,
        .destination_port = connection->reply.source_port,
        .icmp_type = original->icmp_type,
        .icmp_code = original->icmp_code,
    };
    if (evaluator == NULL) {
        return false;
    }
    flow_way(evaluator, &flow, &way);
    return way.count > 0;
}

static void take_connection(const struct live_connection *connection, void *context)
{
    struct tracking *tracking = context;
    struct flowlog_key key = key_of(connection);
    bool cut = live_connection_is_cut_mark(connection);
    if (cut || (!flowlog_snapshot_has(tracking->snapshot, &key) &&
                !is_judged(tracking->evaluator, connection))) {
        return;
    }
    tracking->kernel->live |= !connection->over;
    tracking->kernel->counted |= connection->counted;
    vec_push(tracking->arena, &tracking->snapshot->connections,
             (struct flowlog_connection){
                 .key = key,
                 .id = connection->id,
                 .source_port = connection->original.source_port,
                 .over = connection->over,
                 .counted = connection->counted,
                 .bytes_out = connection->bytes,
                 .bytes_in = connection->reply_bytes,
                 .packets_out = connection->packets,
                 .packets_in = connection->reply_packets,
             });
}

int flow_kernel_read(struct run *run, struct arena *arena, const struct flow_evaluator *evaluator,
                     struct flowlog_snapshot *ret, struct flow_kernel *ret_kernel)
{
    struct tracking tracking = {
        .arena = arena, .snapshot = ret, .evaluator = evaluator, .kernel = ret_kernel};
    *ret = (struct flowlog_snapshot){0};
    *ret_kernel = (struct flow_kernel){0};
    int code = read_table(run, arena, ret, ret_kernel);
    if (code != POLC_EXIT_OK) {
        return code;
    }
    flowlog_snapshot_sort(ret);
    ret_kernel->track_error = live_connections_each(arena, take_connection, &tracking);
    ret->tracked = ret_kernel->track_error == 0;
    flowlog_snapshot_sort(ret);
    return POLC_EXIT_OK;
}

// ---- what cannot be told ----------------------------------------------------------------------------------------------

void flow_kernel_notes(const struct run *run, const struct flow_kernel *kernel)
{
    if (run->options.quiet) {
        return;
    }
    if (!kernel->recorded) {
        fputs("note: the kernel records no flows: only connections that conntrack still knows\n",
              stderr);
    }
    if (kernel->lost > 0) {
        fprintf(stderr,
                "note: %" PRIu64 " connection%s not recorded: the flow table is full (%u flows)\n",
                kernel->lost, kernel->lost == 1 ? " was" : "s were", kernel->size);
    }
    if (kernel->track_error != 0) {
        fprintf(stderr, "note: conntrack cannot be read (%s): nothing is known of bytes\n",
                strerror(kernel->track_error));
    } else if (run->options.verbose && kernel->live && !kernel->counted) {
        fputs(
            "note: conntrack does not count bytes     (sysctl net.netfilter.nf_conntrack_acct=1)\n",
            stderr);
    }
}
