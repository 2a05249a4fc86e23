// SPDX-License-Identifier: GPL-2.0-or-later
// Published ports in the forms that iptables writes: its own matches and targets inside rules of nftables. nft's own form
// is in the golden case lint-published.
#include "netns.h"

#include <polc/nft.h>

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/xt_tcpudp.h>

// Sizes that iptables' modules want are those of aligned structures.
#define XT_SIZE(type) ((sizeof(type) + 7) / 8 * 8)

static struct mnl_nlmsg_batch *batch;
static uint32_t sequence = 1;

static struct nlmsghdr *next_message(uint16_t type, uint16_t family)
{
    uint16_t flags = NLM_F_CREATE | (type == NFT_MSG_NEWRULE ? NLM_F_APPEND | NLM_F_ACK : 0);
    return nftnl_nlmsg_build_hdr(mnl_nlmsg_batch_current(batch), type, family, flags, sequence++);
}

static void add_table(uint16_t family)
{
    struct nftnl_table *table = nftnl_table_alloc();
    nftnl_table_set_str(table, NFTNL_TABLE_NAME, "nat");
    nftnl_table_nlmsg_build_payload(next_message(NFT_MSG_NEWTABLE, family), table);
    mnl_nlmsg_batch_next(batch);
    nftnl_table_free(table);
    struct nftnl_chain *chain = nftnl_chain_alloc();
    nftnl_chain_set_str(chain, NFTNL_CHAIN_TABLE, "nat");
    nftnl_chain_set_str(chain, NFTNL_CHAIN_NAME, "PREROUTING");
    nftnl_chain_set_str(chain, NFTNL_CHAIN_TYPE, "nat");
    nftnl_chain_set_u32(chain, NFTNL_CHAIN_HOOKNUM, NF_INET_PRE_ROUTING);
    nftnl_chain_set_s32(chain, NFTNL_CHAIN_PRIO, -100);
    nftnl_chain_nlmsg_build_payload(next_message(NFT_MSG_NEWCHAIN, family), chain);
    mnl_nlmsg_batch_next(batch);
    nftnl_chain_free(chain);
}

static struct nftnl_expr *protocol_load(void)
{
    struct nftnl_expr *expr = nftnl_expr_alloc("meta");
    nftnl_expr_set_u32(expr, NFTNL_EXPR_META_KEY, NFT_META_L4PROTO);
    nftnl_expr_set_u32(expr, NFTNL_EXPR_META_DREG, NFT_REG_1);
    return expr;
}

static struct nftnl_expr *protocol_compare(uint8_t protocol)
{
    struct nftnl_expr *expr = nftnl_expr_alloc("cmp");
    nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
    nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_OP, NFT_CMP_EQ);
    nftnl_expr_set(expr, NFTNL_EXPR_CMP_DATA, &protocol, sizeof protocol);
    return expr;
}

// Both structures are as large as the kernel wants them, and owned by the expression.
static struct nftnl_expr *port_match(const char *name, uint16_t min, uint16_t max)
{
    struct nftnl_expr *expr = nftnl_expr_alloc("match");
    bool tcp = strcmp(name, "tcp") == 0;
    struct xt_tcp *info = calloc(1, tcp ? XT_SIZE(struct xt_tcp) : XT_SIZE(struct xt_udp));
    info->spts[1] = UINT16_MAX;
    info->dpts[0] = min;
    info->dpts[1] = max;
    nftnl_expr_set_str(expr, NFTNL_EXPR_MT_NAME, name);
    nftnl_expr_set_u32(expr, NFTNL_EXPR_MT_REV, 0);
    nftnl_expr_set(expr, NFTNL_EXPR_MT_INFO, info,
                   (uint32_t)(tcp ? XT_SIZE(struct xt_tcp) : XT_SIZE(struct xt_udp)));
    return expr;
}

static struct nftnl_expr *dnat_target(int family, const char *address, uint16_t port)
{
    struct nftnl_expr *expr = nftnl_expr_alloc("target");
    struct nf_nat_range2 *range = calloc(1, XT_SIZE(struct nf_nat_range2));
    range->flags = NF_NAT_RANGE_MAP_IPS | (port != 0 ? NF_NAT_RANGE_PROTO_SPECIFIED : 0);
    inet_pton(family, address, &range->min_addr);
    range->max_addr = range->min_addr;
    range->min_proto.all = range->max_proto.all = htons(port);
    nftnl_expr_set_str(expr, NFTNL_EXPR_TG_NAME, "DNAT");
    nftnl_expr_set_u32(expr, NFTNL_EXPR_TG_REV, 2);
    nftnl_expr_set(expr, NFTNL_EXPR_TG_INFO, range, (uint32_t)XT_SIZE(struct nf_nat_range2));
    return expr;
}

static void add_rule(uint16_t family, const char *name, uint16_t min, uint16_t max,
                     struct nftnl_expr *target)
{
    struct nftnl_rule *rule = nftnl_rule_alloc();
    uint8_t protocol = strcmp(name, "tcp") == 0 ? IPPROTO_TCP : IPPROTO_UDP;
    nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, "nat");
    nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, "PREROUTING");
    nftnl_rule_set_u32(rule, NFTNL_RULE_COMPAT_PROTO, protocol);
    nftnl_rule_set_u32(rule, NFTNL_RULE_COMPAT_FLAGS, 0);
    nftnl_rule_add_expr(rule, protocol_load());
    nftnl_rule_add_expr(rule, protocol_compare(protocol));
    nftnl_rule_add_expr(rule, port_match(name, min, max));
    nftnl_rule_add_expr(rule, target);
    nftnl_rule_nlmsg_build_payload(next_message(NFT_MSG_NEWRULE, family), rule);
    mnl_nlmsg_batch_next(batch);
    nftnl_rule_free(rule);
}

// Each rule is answered; the first answer tells. False when the kernel has no such matches or targets.
static bool send_batch(void)
{
    static uint8_t reply[8192];
    struct mnl_socket *socket = mnl_socket_open(NETLINK_NETFILTER);
    require(socket != NULL && mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == 0);
    require(mnl_socket_sendto(socket, mnl_nlmsg_batch_head(batch), mnl_nlmsg_batch_size(batch)) >
            0);
    ssize_t size = mnl_socket_recvfrom(socket, reply, sizeof reply);
    bool good = size < 0 ||
                mnl_cb_run(reply, (size_t)size, 0, mnl_socket_get_portid(socket), NULL, NULL) >= 0;
    mnl_socket_close(socket);
    return good;
}

static const char *found_text(struct arena *arena, const struct nft_published *found)
{
    return arena_printf(arena, "v%u %u %u-%u %s, %s", found->family, found->protocol, found->min,
                        found->max, found->target, found->rule);
}

NETNS_TEST(rules_of_iptables_are_read)
{
    static uint8_t buffer[32768];
    struct arena *arena = arena_new((size_t)1 << 28);
    struct nft_published_ports ports;
    struct nft_failure failure;
    batch = mnl_nlmsg_batch_start(buffer, sizeof buffer / 2);
    nftnl_batch_begin(mnl_nlmsg_batch_current(batch), sequence++);
    mnl_nlmsg_batch_next(batch);
    add_table(NFPROTO_IPV4);
    add_table(NFPROTO_IPV6);
    add_rule(NFPROTO_IPV4, "tcp", 8080, 8080, dnat_target(AF_INET, "172.17.0.2", 80));
    add_rule(NFPROTO_IPV4, "udp", 5000, 5010, dnat_target(AF_INET, "172.17.0.3", 0));
    add_rule(NFPROTO_IPV4, "tcp", 0, UINT16_MAX,
             dnat_target(AF_INET, "172.17.0.4", 0)); // every port
    add_rule(NFPROTO_IPV6, "tcp", 8443, 8443, dnat_target(AF_INET6, "fd00::2", 443));
    nftnl_batch_end(mnl_nlmsg_batch_current(batch), sequence++);
    mnl_nlmsg_batch_next(batch);
    if (!send_batch()) {
        fprintf(stderr, "the kernel has no matches and targets of iptables: %s\n", strerror(errno));
        _exit(NETNS_SKIP);
    }
    require(nft_read_dnat(arena, "polc", &ports, &failure) == NFT_DONE);
    static const char *const expected[] = {
        "v4 6 8080-8080 172.17.0.2:80, table ip nat, chain PREROUTING",
        "v4 17 5000-5010 172.17.0.3, table ip nat, chain PREROUTING",
        "v6 6 8443-8443 [fd00::2]:443, table ip6 nat, chain PREROUTING",
    };
    require(ports.count == ARRAY_COUNT(expected));
    for (size_t i = 0; i < ARRAY_COUNT(expected); i++) {
        const char *text = found_text(arena, &ports.items[i]);
        if (strcmp(text, expected[i]) != 0) {
            fprintf(stderr, "expected %s\n     got %s\n", expected[i], text);
        }
        require(strcmp(text, expected[i]) == 0);
    }
    arena_free(arena);
    mnl_nlmsg_batch_stop(batch);
}

UNIT_TESTS("nft published ports", rules_of_iptables_are_read)
