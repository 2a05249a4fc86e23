// SPDX-License-Identifier: GPL-2.0-or-later
// The base chains of all tables but one: what else judges packets on this host.
#include "kernel.h"
#include "netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_arp.h>
#include <linux/netfilter_bridge.h>

struct listing {
    struct arena *arena;
    const char *except_table; // of family inet
    struct nft_base_chains *chains;
};

static const char *family_text(uint8_t family)
{
    switch (family) {
    case NFPROTO_INET:
        return "inet";
    case NFPROTO_IPV4:
        return "ip";
    case NFPROTO_IPV6:
        return "ip6";
    case NFPROTO_ARP:
        return "arp";
    case NFPROTO_BRIDGE:
        return "bridge";
    case NFPROTO_NETDEV:
        return "netdev";
    default:
        return "unknown";
    }
}

static const char *hook_text(uint8_t family, uint32_t hook)
{
    static const char *const inet[] = {"prerouting", "input",       "forward",
                                       "output",     "postrouting", "ingress"};
    static const char *const arp[] = {"input", "output", "forward"};
    static const char *const netdev[] = {"ingress", "egress"};
    if (family == NFPROTO_ARP) {
        return hook < ARRAY_COUNT(arp) ? arp[hook] : "unknown";
    }
    if (family == NFPROTO_NETDEV) {
        return hook < ARRAY_COUNT(netdev) ? netdev[hook] : "unknown";
    }
    return hook < ARRAY_COUNT(inet) ? inet[hook] : "unknown";
}

struct nft_base_chains nft_kernel_base_chains(struct arena *arena, const struct nft_kernel *kernel)
{
    struct nft_base_chains chains = {.count = 0};
    for (size_t i = 0; i < kernel->chains.count; i++) {
        const struct kernel_chain *chain = kernel->chains.items[i];
        if (chain->base) {
            vec_push(arena, &chains,
                     (struct nft_base_chain){.family = family_text(NFPROTO_INET),
                                             .table = kernel->table,
                                             .name = safe_text(arena, chain->name),
                                             .type = chain->type,
                                             .hook = hook_text(NFPROTO_INET, chain->hook),
                                             .priority = chain->priority,
                                             .policy_drop = chain->policy_drop});
        }
    }
    return chains;
}

// Names of others, for people.
static const char *shown(struct arena *arena, const struct nlattr *name)
{
    return safe_text(arena, arena_strdup(arena, netlink_text(name)));
}

static void take_chain(const struct nlmsghdr *reply, void *context)
{
    struct listing *listing = context;
    const struct nlattr *attrs[NFTA_CHAIN_MAX + 1], *hook[NFTA_HOOK_MAX + 1];
    netlink_attributes(reply, attrs, NFTA_CHAIN_MAX);
    uint8_t family = netlink_family(reply);
    if (attrs[NFTA_CHAIN_HOOK] == NULL || attrs[NFTA_CHAIN_TABLE] == NULL ||
        (family == NFPROTO_INET &&
         strcmp(netlink_text(attrs[NFTA_CHAIN_TABLE]), listing->except_table) == 0)) {
        return;
    }
    netlink_nested(attrs[NFTA_CHAIN_HOOK], hook, NFTA_HOOK_MAX);
    struct nft_base_chain chain = {
        .family = family_text(family),
        .table = shown(listing->arena, attrs[NFTA_CHAIN_TABLE]),
        .name = shown(listing->arena, attrs[NFTA_CHAIN_NAME]),
        .type = arena_strdup(listing->arena, netlink_text(attrs[NFTA_CHAIN_TYPE])),
        .hook = hook_text(family, netlink_u32(hook[NFTA_HOOK_HOOKNUM])),
        .priority = (int)netlink_u32(hook[NFTA_HOOK_PRIORITY]),
        .policy_drop =
            attrs[NFTA_CHAIN_POLICY] != NULL && netlink_u32(attrs[NFTA_CHAIN_POLICY]) == NF_DROP,
    };
    vec_push(listing->arena, listing->chains, chain);
}

static int list_chains(struct netlink *netlink, void *context)
{
    struct listing *listing = context;
    struct nlmsghdr *request =
        netlink_prepare(netlink, NFT_MSG_GETCHAIN, NLM_F_DUMP, NFPROTO_UNSPEC);
    *listing->chains = (struct nft_base_chains){.count = 0};
    return netlink_request(netlink, request, take_chain, listing);
}

enum nft_status nft_dump_base_chains(struct arena *arena, const char *except_table,
                                     struct nft_base_chains *ret, struct nft_failure *reterr)
{
    struct listing listing = {arena, except_table, ret};
    return netlink_read_whole(arena, list_chains, &listing, "reading the chains", reterr);
}
