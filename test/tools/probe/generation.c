// SPDX-License-Identifier: GPL-2.0-or-later
// The generation id of nf_tables in this network namespace: every transaction that changes something adds one to it.
#include "probe.h"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

static void print_id(const uint8_t *reply, size_t size)
{
    size_t at = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(struct nfgenmsg));
    while (at + NLA_HDRLEN <= size) {
        struct nlattr attr;
        memcpy(&attr, reply + at, sizeof attr);
        if (attr.nla_type == NFTA_GEN_ID && attr.nla_len == NLA_HDRLEN + sizeof(uint32_t)) {
            uint32_t id;
            memcpy(&id, reply + at + NLA_HDRLEN, sizeof id);
            printf("%u\n", ntohl(id));
            return;
        }
        at += attr.nla_len > 0 ? NLA_ALIGN(attr.nla_len) : size;
    }
    fail_usage("no generation id in the reply", NULL);
}

int cmd_generation(int argc, char **argv)
{
    struct {
        struct nlmsghdr header;
        struct nfgenmsg message;
    } request = {.header = {.nlmsg_len = sizeof request,
                            .nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN,
                            .nlmsg_flags = NLM_F_REQUEST}};
    uint8_t reply[BUFFER_SIZE];
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
    if (argc > 0) {
        fail_usage("generation takes nothing", argv[0]);
    }
    ssize_t size = -1;
    if (fd >= 0 && send(fd, &request, sizeof request, 0) == (ssize_t)sizeof request) {
        size = recv(fd, reply, sizeof reply, 0);
    }
    if (size < 0) {
        perror("probe: netlink");
        return EXIT_FAILURE;
    }
    close(fd);
    print_id(reply, (size_t)size);
    return EXIT_SUCCESS;
}
