// SPDX-License-Identifier: GPL-2.0-or-later
// Netlink messages, as another kernel or another program might make them, through the decoder of dumps; then what was read
// is compared with a ruleset, and its comments are taken apart. The type of each message says what it is.
#include "compare.h"
#include "decode.h"
#include "domains.h"
#include "flows.h"
#include "read_dnat.h"

#include <linux/netfilter/nf_tables.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz {
    struct arena *arena;
    struct nft_kernel *kernel;
    struct raw_elements raw;
    struct kernel_chain *chain; // that rules go to
    struct kernel_set *set;     // that elements go to
    struct decoded_rule rule;
    struct flow_reader *flows;
};

static void take_chain(struct fuzz *fuzz, const struct nlmsghdr *message)
{
    struct kernel_chain *chain = arena_new_of(fuzz->arena, struct kernel_chain);
    if (decode_chain(fuzz->arena, message, "polc", chain)) {
        vec_push(fuzz->arena, &fuzz->kernel->chains, chain);
        strmap_put(fuzz->kernel->chain_names, chain->name, chain);
        fuzz->chain = chain;
    }
}

static void take_rule(struct fuzz *fuzz, const struct nlmsghdr *message)
{
    struct decoded_rule *rule = &fuzz->rule;
    if (!decode_rule(message, rule) || fuzz->chain == NULL) {
        return;
    }
    struct kernel_rule kept = {.handle = rule->handle, .hash = exprs_hash(&rule->exprs)};
    if (rule->comment != NULL) {
        kept.comment = arena_strndup(fuzz->arena, rule->comment, rule->comment_length);
    }
    vec_push(fuzz->arena, fuzz->chain, kept);
}

// The same rule as one of another table, that may publish ports.
static void take_foreign_rule(struct fuzz *fuzz, const struct nlmsghdr *message)
{
    struct nft_base_chains bases = {.count = 0};
    struct nft_published_ports ports = {.count = 0};
    struct dnat_readings readings = {fuzz->arena, "none", &bases, &ports};
    dnat_take_rule(message, &readings);
    for (size_t i = 0; i < ports.count; i++) {
        if (ports.items[i].rule == NULL || ports.items[i].target == NULL) {
            abort();
        }
    }
}

// The same set and elements as those of the flow table.
static void take_flows(struct fuzz *fuzz, const struct nlmsghdr *message, netlink_handler handler)
{
    static const struct flow_set sets[] = {{"flows4", IP_V4, false}, {"denied6", IP_V6, true}};
    struct nft_flow_table table = {.count = 0};
    fuzz->flows->ret = &table;
    for (size_t i = 0; i < ARRAY_COUNT(sets); i++) {
        fuzz->flows->set = &sets[i];
        handler(message, fuzz->flows);
    }
    for (size_t i = 0; i < table.count; i++) {
        if (table.items[i].idle_ms < 0) {
            abort();
        }
    }
}

// The same elements as those of a domain set.
static void take_domains(struct fuzz *fuzz, const struct nlmsghdr *message)
{
    static const uint8_t families[] = {IP_V4, IP_V6};
    struct nft_domain_elements elements = {.count = 0};
    struct domain_reader reader = {.arena = fuzz->arena, .ret = &elements};
    for (size_t i = 0; i < ARRAY_COUNT(families); i++) {
        reader.family = families[i];
        domains_take_elements(message, &reader);
    }
    size_t count = elements.count;
    domain_elements_merge(&elements, 0);
    for (size_t i = 1; i < elements.count; i++) {
        if (domain_element_compare(&elements.items[i - 1], &elements.items[i]) >= 0) {
            abort();
        }
    }
    if (elements.count > count || (count > 0 && elements.count == 0)) {
        abort();
    }
}

static void finish_set(struct fuzz *fuzz)
{
    if (fuzz->set != NULL) {
        raw_elements_finish(fuzz->arena, &fuzz->raw, fuzz->set);
    }
}

static void take_set(struct fuzz *fuzz, const struct nlmsghdr *message)
{
    finish_set(fuzz);
    struct kernel_set *set = arena_new_of(fuzz->arena, struct kernel_set);
    decode_set(fuzz->arena, message, set);
    vec_push(fuzz->arena, &fuzz->kernel->sets, set);
    strmap_put(fuzz->kernel->set_names, set->name, set);
    raw_elements_start(&fuzz->raw, set);
    fuzz->set = set;
}

static void take(struct fuzz *fuzz, const struct nlmsghdr *message)
{
    if (message->nlmsg_type == NLMSG_ERROR) {
        netlink_error_text(message);
        return;
    }
    switch (NFNL_MSG_TYPE(message->nlmsg_type)) {
    case NFT_MSG_NEWCHAIN:
        take_chain(fuzz, message);
        break;
    case NFT_MSG_NEWRULE:
        take_rule(fuzz, message);
        take_foreign_rule(fuzz, message);
        take_flows(fuzz, message, flows_take_rule);
        break;
    case NFT_MSG_NEWSET:
        take_set(fuzz, message);
        take_flows(fuzz, message, flows_take_set);
        break;
    case NFT_MSG_NEWSETELEM:
        take_flows(fuzz, message, flows_take_elements);
        take_domains(fuzz, message);
        if (fuzz->set != NULL) {
            raw_elements_add(&fuzz->raw, message, fuzz->kernel->texts);
        }
        break;
    default:
        break;
    }
}

// Each message in a block of its own size, so that a byte behind its end is a byte too far; padded, as netlink is.
static void take_all(struct fuzz *fuzz, const uint8_t *data, size_t size)
{
    while (size >= MNL_NLMSG_HDRLEN + sizeof(struct nfgenmsg)) {
        struct nlmsghdr header;
        memcpy(&header, data, sizeof header);
        if (header.nlmsg_len < MNL_NLMSG_HDRLEN + sizeof(struct nfgenmsg) ||
            header.nlmsg_len > size) {
            return;
        }
        struct nlmsghdr *message = calloc(1, MNL_ALIGN(header.nlmsg_len));
        memcpy(message, data, header.nlmsg_len);
        take(fuzz, message);
        free(message);
        size_t step = MNL_ALIGN(header.nlmsg_len);
        data += step < size ? step : size;
        size -= step < size ? step : size;
    }
}

static void use(struct fuzz *fuzz)
{
    struct nft_ruleset wanted = {.table = "polc"};
    struct nft_diff *diff = nft_compare(fuzz->arena, &wanted, fuzz->kernel);
    nft_diff_empty(diff);
    nft_kernel_info(fuzz->arena, fuzz->kernel);
    nft_kernel_policies(fuzz->arena, fuzz->kernel);
    nft_kernel_counts(fuzz->kernel);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)1 << 30);
    struct nft_kernel kernel = {
        .table = "polc",
        .exists = true,
        .chain_names = strmap_new(arena),
        .set_names = strmap_new(arena),
        .texts = strtab_new(arena),
    };
    struct fuzz *fuzz = arena_new_of(arena, struct fuzz);
    fuzz->arena = arena;
    fuzz->kernel = &kernel;
    fuzz->flows = arena_new_of(arena, struct flow_reader);
    fuzz->flows->arena = arena;
    take_all(fuzz, data, size);
    finish_set(fuzz);
    use(fuzz);
    raw_elements_free(&fuzz->raw);
    arena_free(arena);
    return 0;
}
