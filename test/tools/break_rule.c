// SPDX-License-Identifier: GPL-2.0-or-later
// A library to preload: spoils one rule of the batch that polc sends, so that the kernel really refuses it. The rule is
// the first message that holds $POLC_BREAK_COMMENT; its expression "counter" becomes one that no kernel knows.
#define _GNU_SOURCE
#include <dlfcn.h>
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
