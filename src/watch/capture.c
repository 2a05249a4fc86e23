// SPDX-License-Identifier: GPL-2.0-or-later
// The log group of the kernel (nfnetlink_log). Kernel facts: a group has one reader; a command to the group of another one
// is refused with EPERM, as without privilege; a threshold of 1 hands on each packet at once, so that queries come before
// their answers; each message takes as much of the receive buffer as was set for it, at least.
#include "capture.h"

#include <polc/netlink.h>
#include <polc/watch.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <stdio.h>
#include <sys/socket.h>

enum {
    RECEIVE_BUFFER = 32 << 20, // a flood of some 20,000 messages
    MESSAGE_BUFFER = 512,      // for what is smaller; larger packets get more
    FLUSH_HUNDREDTHS = 1,      // of a second
    MEMORY_LIMIT = 1 << 20,
    COPY_ALL = 0xffff, // the kernel cuts it to what it can
};

struct watch_capture {
    struct arena *arena; // this, and the buffer
    struct netlink netlink;
    bool begun;        // a sequence number has come:
    uint32_t sequence; // of the next packet
    uint64_t lost;
};

static struct nlmsghdr *message(struct netlink *netlink, uint16_t type, uint8_t family,
                                uint16_t group)
{
    struct nlmsghdr *message = mnl_nlmsg_put_header(netlink->buffer);
    message->nlmsg_type = type;
    struct nfgenmsg *head = mnl_nlmsg_put_extra_header(message, sizeof *head);
    *head = (struct nfgenmsg){family, NFNETLINK_V0, htons(group)};
    return message;
}

// All in one: between two messages packets would come in other ways.
static int bind_group(struct netlink *netlink, uint16_t group)
{
    struct nfulnl_msg_config_cmd command = {NFULNL_CFG_CMD_BIND};
    struct nfulnl_msg_config_mode mode = {htonl(COPY_ALL), NFULNL_COPY_PACKET, 0};
    struct nlmsghdr *request =
        message(netlink, NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG, AF_UNSPEC, group);
    mnl_attr_put(request, NFULA_CFG_CMD, sizeof command, &command);
    mnl_attr_put(request, NFULA_CFG_MODE, sizeof mode, &mode);
    mnl_attr_put_u32(request, NFULA_CFG_NLBUFSIZ, htonl(MESSAGE_BUFFER));
    mnl_attr_put_u32(request, NFULA_CFG_TIMEOUT, htonl(FLUSH_HUNDREDTHS));
    mnl_attr_put_u32(request, NFULA_CFG_QTHRESH, htonl(1));
    mnl_attr_put_u16(request, NFULA_CFG_FLAGS, htons(NFULNL_CFG_F_SEQ));
    return netlink_request(netlink, request, NULL, NULL);
}

// Whether the kernel takes requests of this process at all.
static bool is_privileged(struct netlink *netlink)
{
    struct nlmsghdr *request =
        message(netlink, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN, AF_UNSPEC, 0);
    return netlink_request(netlink, request, NULL, NULL) != -EPERM;
}

static int take_group(struct netlink *netlink, uint16_t group)
{
    static const int size = RECEIVE_BUFFER;
    if (setsockopt(netlink->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0) {
        setsockopt(netlink->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    }
    int error = bind_group(netlink, group);
    return error == -EPERM && is_privileged(netlink) ? -EBUSY : error;
}

int watch_capture_open(uint16_t group, struct watch_capture **ret)
{
    struct arena *arena = arena_new(MEMORY_LIMIT);
    struct watch_capture *capture = arena_new_of(arena, struct watch_capture);
    capture->arena = arena;
    int error = netlink_open(&capture->netlink, arena, NETLINK_NETFILTER);
    error = error == 0 ? take_group(&capture->netlink, group) : error;
    *ret = capture;
    if (error != 0) {
        watch_capture_close(ret);
    }
    return -error;
}

void watch_capture_close(struct watch_capture **capture)
{
    if (*capture != NULL) {
        netlink_close(&(*capture)->netlink);
        arena_free((*capture)->arena);
    }
    *capture = NULL;
}

int watch_capture_fd(const struct watch_capture *capture)
{
    return capture->netlink.fd;
}

uint64_t watch_capture_lost(const struct watch_capture *capture)
{
    return capture->lost;
}

// ---- packets --------------------------------------------------------------------------------------------------

static uint32_t interface_of(const struct nlattr *port, const struct nlattr *interface)
{
    return netlink_u32(port != NULL ? port : interface);
}

// A hook that is not told is one of those that nothing is believed of.
static bool is_delivered(const struct nlattr *head)
{
    struct nfulnl_msg_packet_hdr packet;
    if (head == NULL || mnl_attr_get_payload_len(head) < sizeof packet) {
        return false;
    }
    memcpy(&packet, mnl_attr_get_payload(head), sizeof packet);
    return packet.hook == NF_INET_LOCAL_IN || packet.hook == NF_INET_POST_ROUTING;
}

bool capture_decode(const struct nlmsghdr *message, struct watch_copy *ret, bool *ret_numbered,
                    uint32_t *ret_sequence)
{
    const struct nlattr *attrs[NFULA_MAX + 1];
    if (message->nlmsg_type != (NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET) ||
        mnl_nlmsg_get_payload_len(message) < sizeof(struct nfgenmsg)) {
        return false;
    }
    netlink_attributes_behind(message, sizeof(struct nfgenmsg), attrs, NFULA_MAX);
    *ret_numbered = attrs[NFULA_SEQ] != NULL;
    *ret_sequence = netlink_u32(attrs[NFULA_SEQ]);
    if (attrs[NFULA_PAYLOAD] == NULL) {
        return false;
    }
    *ret = (struct watch_copy){
        .bytes = mnl_attr_get_payload(attrs[NFULA_PAYLOAD]),
        .size = mnl_attr_get_payload_len(attrs[NFULA_PAYLOAD]),
        .delivered = is_delivered(attrs[NFULA_PACKET_HDR]),
        .in = interface_of(attrs[NFULA_IFINDEX_PHYSINDEV], attrs[NFULA_IFINDEX_INDEV]),
        .out = interface_of(attrs[NFULA_IFINDEX_PHYSOUTDEV], attrs[NFULA_IFINDEX_OUTDEV]),
    };
    return true;
}

static void count_lost(struct watch_capture *capture, uint32_t sequence)
{
    if (capture->begun) {
        capture->lost += (uint32_t)(sequence - capture->sequence);
    }
    capture->begun = true;
    capture->sequence = sequence + 1;
}

static void take_messages(struct watch_capture *capture, int size, watch_copy_handler handler,
                          void *context)
{
    const struct nlmsghdr *message = (const struct nlmsghdr *)(const void *)capture->netlink.buffer;
    for (; netlink_message_ok(message, size); message = mnl_nlmsg_next(message, &size)) {
        struct watch_copy copy;
        bool numbered = false;
        uint32_t sequence = 0;
        bool whole = capture_decode(message, &copy, &numbered, &sequence);
        if (numbered) {
            count_lost(capture, sequence);
        }
        if (whole) {
            handler(&copy, context);
        }
    }
}

int watch_capture_read(struct watch_capture *capture, watch_copy_handler handler, void *context)
{
    for (int i = 0; i < WATCH_BATCH; i++) {
        ssize_t size =
            recv(capture->netlink.fd, capture->netlink.buffer, NETLINK_BUFFER, MSG_DONTWAIT);
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size < 0) {
            return errno == EAGAIN ? 0 : errno;
        }
        take_messages(capture, (int)size, handler, context);
    }
    return 0;
}

// ---- who has a group ------------------------------------------------------------------------------------------

static void close_file(FILE **file)
{
    if (*file != NULL) {
        fclose(*file);
    }
}

static uint32_t reader_of(uint16_t group)
{
    __attribute__((cleanup(close_file))) FILE *file =
        fopen("/proc/net/netfilter/nfnetlink_log", "re");
    unsigned number, reader;
    char line[128];
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "%u %u", &number, &reader) == 2 && number == group) {
            return reader;
        }
    }
    return 0;
}

const char *watch_capture_holder(struct arena *arena, uint16_t group)
{
    char name[32];
    uint32_t process = reader_of(group);
    if (process == 0) {
        return NULL;
    }
    __attribute__((cleanup(close_file))) FILE *file =
        fopen(arena_printf(arena, "/proc/%u/comm", process), "re");
    if (file == NULL || fgets(name, sizeof name, file) == NULL) {
        return arena_printf(arena, "process %u", process);
    }
    name[strcspn(name, "\n")] = '\0';
    return arena_printf(arena, "process %u (%s)", process, name);
}
