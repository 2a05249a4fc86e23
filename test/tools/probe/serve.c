// SPDX-License-Identifier: GPL-2.0-or-later
// probe serve: listens on every port of a workload.
#include "probe.h"

static volatile sig_atomic_t stopped, speaks;

static void on_signal(int signal)
{
    if (signal == SIGUSR1) {
        speaks = 1;
    } else {
        stopped = 1;
    }
}

struct server {
    struct pollfd fds[MAX_SOCKETS];
    enum kind kinds[MAX_SOCKETS];
    bool accepted[MAX_SOCKETS]; // an open echo connection, not a port
    nfds_t count;
};

static void server_add(struct server *server, int fd, enum kind kind, bool accepted)
{
    if (server->count == MAX_SOCKETS) {
        close(fd);
        return;
    }
    server->fds[server->count] = (struct pollfd){.fd = fd, .events = POLLIN};
    server->kinds[server->count] = kind;
    server->accepted[server->count] = accepted;
    server->count++;
}

// Both families on one socket; IPv4 alone where the kernel has no IPv6.
int bind_port(int type, uint16_t port)
{
    const int on = 1, off = 0;
    struct sockaddr_in6 any6 = {
        .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_ANY_INIT};
    struct sockaddr_in any4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET6, type, 0);
    if (fd >= 0) {
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
        setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        return bind(fd, (struct sockaddr *)&any6, sizeof any6) == 0 ? fd : -1;
    }
    fd = socket(AF_INET, type, 0);
    if (fd >= 0) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    }
    return fd >= 0 && bind(fd, (struct sockaddr *)&any4, sizeof any4) == 0 ? fd : -1;
}

static void server_open(struct server *server, const char *spec)
{
    const char *rest;
    enum kind kind = parse_kind(spec, &rest);
    long port = parse_number(rest, UINT16_MAX);
    if (kind == KIND_ICMP || port == 0) {
        fail_usage("not a port", spec);
    }
    int type = (kind == KIND_UDP ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
    int fd = bind_port(type, (uint16_t)port);
    if (fd < 0 || (kind != KIND_UDP && listen(fd, 1024) < 0)) {
        fprintf(stderr, "probe: cannot listen on %s: %s\n", spec, strerror(errno));
        exit(EXIT_FAILURE);
    }
    server_add(server, fd, kind, false);
}

// Sends each datagram back, from the address that it was sent to.
static void echo_datagrams(int fd)
{
    uint8_t data[BUFFER_SIZE];
    union {
        struct cmsghdr align;
        uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
    } control;
    struct sockaddr_storage peer;
    for (;;) {
        struct iovec part = {data, sizeof data};
        struct msghdr message = {.msg_name = &peer,
                                 .msg_namelen = sizeof peer,
                                 .msg_iov = &part,
                                 .msg_iovlen = 1,
                                 .msg_control = &control,
                                 .msg_controllen = sizeof control};
        ssize_t size = recvmsg(fd, &message, 0);
        if (size < 0) {
            return;
        }
        part.iov_len = (size_t)size;
        message.msg_flags = 0;
        sendmsg(fd, &message, MSG_NOSIGNAL);
    }
}

static void accept_all(struct server *server, int listener, enum kind kind)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        if (kind == KIND_ECHO) {
            server_add(server, fd, kind, true);
            continue;
        }
        send(fd, "+", 1, MSG_NOSIGNAL);
        close(fd);
    }
}

// False when the connection is over.
static bool echo_stream(int fd)
{
    uint8_t data[BUFFER_SIZE];
    ssize_t size;
    while ((size = recv(fd, data, sizeof data, 0)) > 0) {
        if (send(fd, data, (size_t)size, MSG_NOSIGNAL) != size) {
            return false;
        }
    }
    return size < 0 && (errno == EAGAIN || errno == EINTR);
}

static void server_remove(struct server *server, nfds_t i)
{
    close(server->fds[i].fd);
    server->count--;
    server->fds[i] = server->fds[server->count];
    server->kinds[i] = server->kinds[server->count];
    server->accepted[i] = server->accepted[server->count];
}

// From the last to the first, so that a removal moves only what was handled.
static void server_handle(struct server *server)
{
    for (nfds_t i = server->count; i-- > 0;) {
        int fd = server->fds[i].fd;
        if (server->fds[i].revents == 0) {
            continue;
        }
        if (server->accepted[i]) {
            if (!echo_stream(fd)) {
                server_remove(server, i);
            }
        } else if (server->kinds[i] == KIND_UDP) {
            echo_datagrams(fd);
        } else {
            accept_all(server, fd, server->kinds[i]);
        }
    }
}

// Says something on every open connection.
static void speak(const struct server *server)
{
    for (nfds_t i = 0; i < server->count; i++) {
        if (server->accepted[i]) {
            send(server->fds[i].fd, "!", 1, MSG_NOSIGNAL);
        }
    }
    speaks = 0;
}

int cmd_serve(int argc, char **argv)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGUSR1};
    static struct server server;
    struct options options;
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t blocked, unblocked;
    sigprocmask(SIG_BLOCK, NULL, &unblocked);
    blocked = unblocked;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        sigaddset(&blocked, signals[i]);
        sigdelset(&unblocked, signals[i]);
        sigaction(signals[i], &action, NULL);
    }
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    int first = parse_options(argv, &options);
    for (int i = first; i < argc; i++) {
        server_open(&server, argv[i]);
    }
    puts("ready");
    fflush(stdout);
    long end = now_ms() + options.seconds * 1000L;
    for (long left = end - now_ms(); !stopped && left > 0; left = end - now_ms()) {
        struct timespec wait = {left / 1000, left % 1000 * 1000000L};
        if (ppoll(server.fds, server.count, &wait, &unblocked) > 0) { // signals come only here
            server_handle(&server);
        }
        if (speaks) {
            speak(&server);
        }
    }
    return EXIT_SUCCESS;
}
