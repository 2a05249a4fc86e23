// SPDX-License-Identifier: GPL-2.0-or-later
// A library to preload: spoils what polc sends, so that the kernel really refuses it. Of the batch one rule: the first
// message that holds $POLC_BREAK_COMMENT; its expression "counter" becomes one that no kernel knows. With
// $POLC_BREAK_CONNTRACK every connection that is entered into conntrack: its message becomes one that no kernel knows.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static void spoil(unsigned char *batch, size_t size, const char *comment)
{
    struct nlmsghdr *message = (struct nlmsghdr *)batch;
    int left = (int)size;
    for (; NLMSG_OK(message, (unsigned)left); message = NLMSG_NEXT(message, left)) {
        char *name = memmem(message, message->nlmsg_len, "counter", 8);
        if (memmem(message, message->nlmsg_len, comment, strlen(comment)) != NULL && name != NULL) {
            memcpy(name, "cuckoo!", 7);
            return;
        }
    }
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags);

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    ssize_t (*real)(int, const struct msghdr *, int) =
        (ssize_t(*)(int, const struct msghdr *, int))dlsym(RTLD_NEXT, "sendmsg");
    const char *comment = getenv("POLC_BREAK_COMMENT");
    if (comment != NULL) {
        spoil(message->msg_iov[0].iov_base, message->msg_iov[0].iov_len, comment);
    }
    return real(fd, message, flags);
}

ssize_t send(int fd, const void *message, size_t size, int flags);

ssize_t send(int fd, const void *message, size_t size, int flags)
{
    ssize_t (*real)(int, const void *, size_t, int) =
        (ssize_t(*)(int, const void *, size_t, int))dlsym(RTLD_NEXT, "send");
    struct nlmsghdr *header = (struct nlmsghdr *)message;
    if (getenv("POLC_BREAK_CONNTRACK") != NULL && size >= sizeof *header &&
        header->nlmsg_type == (NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW)) {
        header->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | 0xff;
    }
    return real(fd, message, size, flags);
}
