// SPDX-License-Identifier: GPL-2.0-or-later
// One growing buffer of netlink messages: mapped, so that growing moves pages and not bytes (50,000
// rules are about 25 MB). Kernel facts: a transaction is NFNL_MSG_BATCH_BEGIN, messages,
// NFNL_MSG_BATCH_END in one datagram; an error names its message by sequence number only.
#include "batch.h"

#include "attr.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/mman.h>

enum { FIRST_CAPACITY = 1024 * 1024, FIRST_ORIGINS = 1024 };

__attribute__((noreturn)) static void out_of_memory(void)
{
    fputs("polc: out of memory; nothing was changed\n", stderr);
    exit(POLC_EXIT_INTERNAL);
}

static void reserve(struct batch *batch)
{
    if (batch->capacity - batch->length >= BATCH_MESSAGE_MAX) {
        return;
    }
    size_t capacity = batch->capacity == 0 ? FIRST_CAPACITY : batch->capacity * 2;
    void *data =
        batch->capacity == 0
            ? mmap(NULL, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
            : mremap(batch->data, batch->capacity, capacity, MREMAP_MAYMOVE);
    if (data == MAP_FAILED) {
        out_of_memory();
    }
    batch->data = data;
    batch->capacity = capacity;
}

static uint32_t add_origin(struct batch *batch, struct origin origin)
{
    if (batch->count == batch->origin_capacity) {
        size_t capacity = batch->count == 0 ? FIRST_ORIGINS : batch->count * 2;
        void *grown = reallocarray(batch->origins, capacity, sizeof *batch->origins);
        if (grown == NULL) {
            out_of_memory();
        }
        batch->origins = grown;
        batch->origin_capacity = capacity;
    }
    batch->origins[batch->count++] = origin;
    return (uint32_t)batch->count;
}

static struct nlmsghdr *start(struct batch *batch, uint16_t type, uint16_t flags,
                              struct nfgenmsg header, struct origin origin)
{
    reserve(batch);
    struct nlmsghdr *message = mnl_nlmsg_put_header(batch->data + batch->length);
    message->nlmsg_type = type;
    message->nlmsg_flags = NLM_F_REQUEST | flags;
    message->nlmsg_seq = add_origin(batch, origin);
    *(struct nfgenmsg *)mnl_nlmsg_put_extra_header(message, sizeof header) = header;
    return message;
}

struct nlmsghdr *batch_start(struct batch *batch, uint16_t type, uint16_t flags,
                             struct origin origin)
{
    struct nfgenmsg header = {.nfgen_family = NFPROTO_INET, .version = NFNETLINK_V0};
    return start(batch, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags, header, origin);
}

void batch_finish(struct batch *batch, const struct nlmsghdr *message)
{
    batch->length += MNL_ALIGN(message->nlmsg_len);
}

void batch_open(struct batch *batch, uint32_t generation_id)
{
    struct nfgenmsg header = {.res_id = htons(NFNL_SUBSYS_NFTABLES)};
    struct origin origin = {.kind = ORIGIN_BATCH};
    struct nlmsghdr *message = start(batch, NFNL_MSG_BATCH_BEGIN, 0, header, origin);
    attr_put_u32(message, NFNL_BATCH_GENID, htonl(generation_id));
    batch_finish(batch, message);
}

void batch_close(struct batch *batch)
{
    struct nfgenmsg header = {.res_id = htons(NFNL_SUBSYS_NFTABLES)};
    struct origin origin = {.kind = ORIGIN_BATCH};
    batch_finish(batch, start(batch, NFNL_MSG_BATCH_END, 0, header, origin));
}

const struct origin *batch_origin(const struct batch *batch, uint32_t seq)
{
    return seq >= 1 && seq <= batch->count ? &batch->origins[seq - 1] : NULL;
}

void batch_clear(struct batch *batch)
{
    batch->length = batch->count = 0;
}

void batch_free(struct batch *batch)
{
    if (batch->capacity > 0) {
        munmap(batch->data, batch->capacity);
    }
    free(batch->origins);
    *batch = (struct batch){0};
}
