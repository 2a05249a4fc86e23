// SPDX-License-Identifier: GPL-2.0-or-later
// Builds the scene: a namespace for the host and one behind each of its interfaces. Neighbours are fixed and routes
// are whole prefixes, so that nothing depends on ARP, neighbour discovery or addresses being there.
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_ether.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *link_name(int place)
{
    return place < SCENE_SLOTS ? scene_slots[place].interface : scene_outside[place - SCENE_SLOTS];
}

void wire_enter(const struct wire *wire, int place)
{
    if (setns(place >= 0 ? wire->places[place] : wire->own, CLONE_NEWNET) != 0) {
        perror("setns");
        exit(EXIT_FAILURE);
    }
}

static int open_namespace(void)
{
    return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

// ---- settings -------------------------------------------------------------------------------------------------

static void set(const char *name, const char *value)
{
    char path[128];
    snprintf(path, sizeof path, "/proc/sys/net/%s", name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, value, strlen(value)) < 0) {
        fprintf(stderr, "# cannot set %s: %s\n", path, strerror(errno));
    }
    if (fd >= 0) {
        close(fd);
    }
}

static void set_host(void)
{
    set("ipv4/ip_forward", "1");
    set("ipv6/conf/all/forwarding", "1");
    set("ipv4/conf/all/rp_filter", "0"); // spoofed sources are for polc to drop
    set("ipv4/conf/default/rp_filter", "0");
    set("ipv4/conf/all/send_redirects", "0");
    set("ipv4/conf/default/send_redirects", "0");
    set("ipv6/conf/default/accept_dad", "0");
}

// Each packet comes alone, and whole.
static void set_conntrack(void)
{
    set("netfilter/nf_conntrack_checksum", "0");
}

// ---- links ----------------------------------------------------------------------------------------------------

static FILE *begin_batch(const struct wire *wire, int place)
{
    wire_enter(wire, place);
    FILE *batch = popen("ip -batch -", "w");
    wire_enter(wire, -1);
    return batch;
}

static void add_host_link(const struct wire *wire, FILE *batch, int place)
{
    const char *name = link_name(place);
    fprintf(batch,
            "link add %s address 02:00:00:00:00:%02x type veth peer name eth0 address "
            "02:00:00:00:01:%02x netns /proc/%d/fd/%d\n"
            "link set %s addrgenmode none\n"
            "link set %s up\n"
            "neigh add 169.254.0.2 lladdr 02:00:00:00:01:%02x nud permanent dev %s\n"
            "neigh add fe80::2 lladdr 02:00:00:00:01:%02x nud permanent dev %s\n",
            name, (unsigned)place, (unsigned)place, getpid(), wire->places[place], name, name,
            (unsigned)place, name, (unsigned)place, name);
}

static void add_route(FILE *batch, const char *prefix, const char *interface)
{
    bool v6 = strchr(prefix, ':') != NULL;
    fprintf(batch, "route add %s via %s dev %s%s\n", prefix, v6 ? "fe80::2" : "169.254.0.2",
            interface, v6 ? "" : " onlink");
}

static const char *slot_prefix(struct arena *arena, size_t slot, uint8_t family)
{
    char buffer[IP_TEXT_MAX];
    return arena_printf(arena, "%s/%u", ip_addr_text(scene_slot_address(slot, family, 0), buffer),
                        family == IP_V4 ? 29 : 125);
}

// The host's routes are those of scene_outside_of() and of the slots.
static bool build_host(struct arena *arena, const struct wire *wire)
{
    FILE *batch = begin_batch(wire, WIRE_HOST);
    const char *interface;
    char buffer[IP_TEXT_MAX];
    struct ip_addr addr;
    if (batch == NULL) {
        return false;
    }
    fprintf(batch, "link set lo up\n");
    for (int place = 0; place < WIRE_HOST; place++) {
        add_host_link(wire, batch, place);
    }
    for (size_t i = 0; scene_host_address(i, &addr, &interface); i++) {
        fprintf(batch, "addr add %s/%u dev %s\n", ip_addr_text(addr, buffer),
                ip_family_bits(addr.family), interface);
    }
    for (size_t slot = 0; slot < SCENE_SLOTS; slot++) {
        add_route(batch, slot_prefix(arena, slot, IP_V4), link_name((int)slot));
        add_route(batch, slot_prefix(arena, slot, IP_V6), link_name((int)slot));
    }
    for (const char *const *prefix = scene_behind_second; *prefix != NULL; prefix++) {
        add_route(batch, *prefix, scene_outside[1]);
    }
    add_route(batch, "0.0.0.0/0", scene_outside[0]);
    add_route(batch, "::/0", scene_outside[0]);
    return pclose(batch) == 0;
}

static void add_own(FILE *batch, const char *prefix)
{
    fprintf(batch, "route add local %s dev lo\n", prefix);
}

// The host's addresses lie in prefixes that are somebody else's own.
static void add_ways_to_host(FILE *batch)
{
    char buffer[IP_TEXT_MAX];
    const char *interface;
    struct ip_addr addr;
    for (size_t i = 0; scene_host_address(i, &addr, &interface); i++) {
        bool v4 = addr.family == IP_V4;
        fprintf(batch, "route add %s via %s dev eth0 table local%s\n", ip_addr_text(addr, buffer),
                v4 ? "169.254.0.1" : "fe80::1", v4 ? " onlink" : "");
    }
}

// A namespace behind the host: all that is routed to it is its own.
static bool build_place(struct arena *arena, const struct wire *wire, int place)
{
    FILE *batch = begin_batch(wire, place);
    if (batch == NULL) {
        return false;
    }
    fprintf(batch,
            "link set lo up\nlink set eth0 addrgenmode none\nlink set eth0 up\n"
            "neigh add 169.254.0.1 lladdr 02:00:00:00:00:%02x nud permanent dev eth0\n"
            "neigh add fe80::1 lladdr 02:00:00:00:00:%02x nud permanent dev eth0\n"
            "route add default via 169.254.0.1 dev eth0 onlink\n"
            "route add default via fe80::1 dev eth0\n",
            (unsigned)place, (unsigned)place);
    if (place < SCENE_SLOTS) {
        add_own(batch, slot_prefix(arena, (size_t)place, IP_V4));
        add_own(batch, slot_prefix(arena, (size_t)place, IP_V6));
    }
    const char *const *prefix = place == SCENE_SLOTS ? scene_behind_first : scene_behind_second;
    for (; place >= SCENE_SLOTS && *prefix != NULL; prefix++) {
        add_own(batch, *prefix);
    }
    if (place >= SCENE_SLOTS) {
        add_ways_to_host(batch);
    }
    return pclose(batch) == 0;
}

// ---- sockets --------------------------------------------------------------------------------------------------

static int raw_sender(int family)
{
    int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW);
    int on = 1;
    if (fd >= 0 && family == AF_INET6) {
        setsockopt(fd, IPPROTO_IPV6, IPV6_HDRINCL, &on, sizeof on);
    }
    return fd;
}

static bool open_sockets(struct wire *wire)
{
    enum { RECEIVE_BUFFER = 4 << 20 };
    int size = RECEIVE_BUFFER;
    bool opened = true;
    for (int place = 0; place < WIRE_PLACES; place++) {
        wire_enter(wire, place);
        wire->sender4[place] = raw_sender(AF_INET);
        wire->sender6[place] = raw_sender(AF_INET6);
        wire->capture[place] = -1;
        if (place != WIRE_HOST) {
            wire->capture[place] =
                socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ALL));
            setsockopt(wire->capture[place], SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
        }
        opened &= wire->sender4[place] >= 0 && wire->sender6[place] >= 0 &&
                  (place == WIRE_HOST || wire->capture[place] >= 0);
    }
    wire_enter(wire, -1);
    for (size_t i = 0; i < ARRAY_COUNT(wire->host4); i++) {
        wire->host4[i] = wire->host6[i] = -1;
    }
    return opened;
}

const char *wire_build(struct arena *arena, struct wire *ret)
{
    ret->own = open_namespace();
    ret->run = (uint32_t)getpid() << 16 | 1;
    for (int place = 0; place < WIRE_PLACES; place++) {
        if (unshare(CLONE_NEWNET) != 0 || (ret->places[place] = open_namespace()) < 0) {
            return "no network namespace to be had";
        }
        if (place == WIRE_HOST) {
            set_host();
        } else {
            set("ipv6/conf/default/accept_dad", "0");
        }
    }
    wire_enter(ret, -1);
    if (!build_host(arena, ret)) {
        return "the links and routes of the host cannot be made";
    }
    for (int place = 0; place < WIRE_HOST; place++) {
        if (!build_place(arena, ret, place)) {
            return "the routes behind the host cannot be made";
        }
    }
    return open_sockets(ret) ? NULL : "no raw socket to be had";
}

// ---- the host -------------------------------------------------------------------------------------------------

bool wire_run_on_host(const struct wire *wire, const char *const argv[], const char *log)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0644);
        wire_enter(wire, WIRE_HOST);
        dup2(fd, STDOUT_FILENO);
        dup2(fd, STDERR_FILENO);
        execv(argv[0], (char *const *)argv);
        _exit(127);
    }
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

bool wire_forget_connections(const struct wire *wire)
{
    uint8_t buffer[256];
    struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
    header->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE;
    header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    struct nfgenmsg *message = mnl_nlmsg_put_extra_header(header, sizeof *message);
    *message = (struct nfgenmsg){.nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0};
    wire_enter(wire, WIRE_HOST);
    set_conntrack(); // there once a ruleset has asked for connection tracking
    struct mnl_socket *socket = mnl_socket_open(NETLINK_NETFILTER);
    bool done = socket != NULL && mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == 0 &&
                mnl_socket_sendto(socket, header, header->nlmsg_len) > 0 &&
                mnl_socket_recvfrom(socket, buffer, sizeof buffer) > 0;
    if (socket != NULL) {
        mnl_socket_close(socket);
    }
    wire_enter(wire, -1);
    return done;
}
