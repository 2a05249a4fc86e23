// SPDX-License-Identifier: GPL-2.0-or-later
// probe generation: the kernel's generation id of nf_tables in this network namespace, which every transaction moves by
// one. Independent of polc's own way of asking.
#include "probe.h"

#include <arpa/inet.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct request {
    struct nlmsghdr header;
    struct nfgenmsg family;
};

// The attribute of a reply, or 0.
static uint32_t find_id(const char *reply, size_t size)
{
    size_t at = NLMSG_ALIGN(sizeof(struct request));
    struct nlattr attr;
    while (at + sizeof attr + sizeof(uint32_t) <= size) {
        memcpy(&attr, reply + at, sizeof attr);
        if ((attr.nla_type & NLA_TYPE_MASK) == NFTA_GEN_ID) {
            uint32_t id;
            memcpy(&id, reply + at + sizeof attr, sizeof id);
            return ntohl(id);
        }
        at += NLMSG_ALIGN(attr.nla_len > sizeof attr ? attr.nla_len : sizeof attr);
    }
    return 0;
}

int cmd_generation(int argc, char **argv)
{
    char reply[4096];
    struct request request = {
        .header = {.nlmsg_len = sizeof request,
                   .nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN,
                   .nlmsg_flags = NLM_F_REQUEST},
        .family = {.version = NFNETLINK_V0},
    };
    if (argc > 0) {
        fail_usage("nothing more", argv[0]);
    }
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
    ssize_t size = fd >= 0 && send(fd, &request, sizeof request, 0) >= 0
                       ? recv(fd, reply, sizeof reply, 0)
                       : -1;
    if (size < 0) {
        perror("probe generation");
        return 1;
    }
    close(fd);
    printf("%u\n", find_id(reply, (size_t)size));
    return 0;
}
