// SPDX-License-Identifier: GPL-2.0-or-later
// probe: both ends of the connections that the end-to-end tests make. One process listens on every
// port of a workload, one process tries all targets of a workload at once; a packet that a firewall
// drops shows as "timeout".
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    MAX_TARGETS = 900, // below the usual limit of 1024 open files
    MAX_SOCKETS = 900,
    DEFAULT_TIMEOUT = 700, // ms
    DEFAULT_SECONDS = 60,
    BUFFER_SIZE = 2048,
    EXIT_USAGE = 2,
};

enum kind { KIND_TCP, KIND_UDP, KIND_ECHO, KIND_ICMP, KIND_COUNT };

static const char *const kind_names[KIND_COUNT] = {"tcp", "udp", "echo", "icmp"};

static const char usage[] =
    "usage: probe serve [--seconds N] SPEC...\n"
    "         SPEC: tcp:PORT (sends one byte and closes), udp:PORT (echo), echo:PORT (tcp echo)\n"
    "         prints \"ready\" once it listens; ends after N seconds (60) or on SIGTERM\n"
    "       probe connect [--timeout MS] [--retries N] [--from ADDR] TARGET...\n"
    "         TARGET: tcp:ADDR:PORT, udp:ADDR:PORT, icmp:ADDR; an IPv6 ADDR in brackets\n"
    "         tries all at once, then prints a line for each, in order:\n"
    "         TARGET ok|timeout|refused|unreachable|error:NAME\n"
    "       probe talk [--timeout MS] [--from ADDR] TARGET\n"
    "         connects to an echo or udp port and prints the result, then sends one message for\n"
    "         each line on stdin and prints whether it came back\n";

struct target {
    const char *text;
    enum kind kind;
    struct sockaddr_storage address;
    socklen_t address_size;
    int fd;             // -1 once decided
    bool connected;     // tcp: the handshake is done
    uint16_t number;    // tells this target's messages from the others'
    const char *result; // NULL while undecided
};

struct options {
    long seconds, timeout, retries;
    const char *from;
};

static _Noreturn void fail_usage(const char *what, const char *text)
{
    fprintf(stderr, "probe: %s%s%s\n%s", what, text != NULL ? ": " : "", text != NULL ? text : "",
            usage);
    exit(EXIT_USAGE);
}

static long now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000L + time.tv_nsec / 1000000L;
}

// ---- operands -------------------------------------------------------------------------------

// "tcp:..." -> KIND_TCP and the text after the colon.
static enum kind parse_kind(const char *text, const char **ret_rest)
{
    for (int kind = 0; kind < KIND_COUNT; kind++) {
        size_t length = strlen(kind_names[kind]);
        if (strncmp(text, kind_names[kind], length) == 0 && text[length] == ':') {
            *ret_rest = text + length + 1;
            return (enum kind)kind;
        }
    }
    fail_usage("not a target or port", text);
}

static long parse_number(const char *text, long max)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < 0 || value > max) {
        fail_usage("not a number in range", text);
    }
    return value;
}

// A numeric address and a port (NULL: none).
static bool resolve(const char *host, const char *port, struct sockaddr_storage *ret,
                    socklen_t *ret_size)
{
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                                   .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    if (getaddrinfo(host, port, &hints, &found) != 0) {
        return false;
    }
    memcpy(ret, found->ai_addr, found->ai_addrlen);
    *ret_size = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

// "10.0.0.1:80" or "[fd00::1]:80"; for icmp without the port.
static struct target parse_target(const char *text)
{
    struct target target = {.text = text, .fd = -1};
    const char *rest;
    char host[128];
    target.kind = parse_kind(text, &rest);
    bool bracket = rest[0] == '[';
    const char *end = strrchr(rest, bracket ? ']' : target.kind == KIND_ICMP ? '\0' : ':');
    rest += bracket;
    if (end == NULL || (size_t)(end - rest) >= sizeof host) {
        fail_usage("not a target", text);
    }
    memcpy(host, rest, (size_t)(end - rest));
    host[end - rest] = '\0';
    end += bracket;
    bool has_port = end[0] == ':' && parse_number(end + 1, UINT16_MAX) > 0;
    if (has_port == (target.kind == KIND_ICMP) || (!has_port && end[0] != '\0') ||
        !resolve(host, has_port ? end + 1 : NULL, &target.address, &target.address_size)) {
        fail_usage("not a target", text);
    }
    return target;
}

// Reads the options at the head of `argv`; returns how many words they took.
static int parse_options(char **argv, struct options *ret)
{
    *ret = (struct options){.seconds = DEFAULT_SECONDS, .timeout = DEFAULT_TIMEOUT};
    int i = 0;
    for (; argv[i] != NULL && strncmp(argv[i], "--", 2) == 0; i += 2) {
        const char *value = argv[i + 1];
        if (value == NULL) {
            fail_usage("option needs a value", argv[i]);
        } else if (strcmp(argv[i], "--seconds") == 0) {
            ret->seconds = parse_number(value, 86400);
        } else if (strcmp(argv[i], "--timeout") == 0) {
            ret->timeout = parse_number(value, 600000);
        } else if (strcmp(argv[i], "--retries") == 0) {
            ret->retries = parse_number(value, 100);
        } else if (strcmp(argv[i], "--from") == 0) {
            ret->from = value;
        } else {
            fail_usage("unknown option", argv[i]);
        }
    }
    if (argv[i] == NULL) {
        fail_usage("nothing to do", NULL);
    }
    return i;
}

// ---- connect --------------------------------------------------------------------------------

static void decide(struct target *target, const char *result)
{
    target->result = result;
    if (target->fd >= 0) {
        close(target->fd);
        target->fd = -1;
    }
}

// What an errno says about the way to the target.
static void decide_error(struct target *target, int error)
{
    static char texts[MAX_TARGETS][32];
    static int used;
    if (error == ECONNREFUSED) {
        decide(target, "refused");
    } else if (error == EHOSTUNREACH || error == ENETUNREACH || error == EHOSTDOWN ||
               error == EACCES) {
        decide(target, "unreachable");
    } else if (error == ETIMEDOUT) {
        decide(target, "timeout");
    } else {
        char *text = texts[used];
        used = (used + 1) % MAX_TARGETS;
        const char *name = strerrorname_np(error);
        snprintf(text, sizeof texts[0], "error:%s", name != NULL ? name : "unknown");
        decide(target, text);
    }
}

static uint16_t echo_checksum(const void *data, size_t size)
{
    const uint8_t *bytes = data;
    uint32_t sum = 0;
    for (size_t i = 0; i + 1 < size; i += 2) {
        sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
    }
    sum = (sum & 0xffff) + (sum >> 16);
    sum += sum >> 16;
    return htons((uint16_t)~sum);
}

// Of this process, random, so that a later run is a new flow to conntrack.
static uint16_t echo_id(void)
{
    static uint16_t id;
    while (id == 0) {
        if (getrandom(&id, sizeof id, 0) < 0) {
            id = (uint16_t)getpid();
        }
    }
    return id;
}

static ssize_t send_icmp(const struct target *target)
{
    if (target->address.ss_family == AF_INET6) { // the kernel fills in the checksum
        struct icmp6_hdr request = {.icmp6_type = ICMP6_ECHO_REQUEST};
        request.icmp6_id = htons(echo_id());
        request.icmp6_seq = htons(target->number);
        return send(target->fd, &request, sizeof request, MSG_NOSIGNAL);
    }
    struct icmphdr request = {.type = ICMP_ECHO};
    request.un.echo.id = htons(echo_id());
    request.un.echo.sequence = htons(target->number);
    request.checksum = echo_checksum(&request, sizeof request);
    return send(target->fd, &request, sizeof request, MSG_NOSIGNAL);
}

static bool is_icmp_reply(const struct target *target, const uint8_t *data, size_t size)
{
    if (target->address.ss_family == AF_INET6) {
        struct icmp6_hdr reply;
        if (size < sizeof reply) {
            return false;
        }
        memcpy(&reply, data, sizeof reply);
        return reply.icmp6_type == ICMP6_ECHO_REPLY && ntohs(reply.icmp6_id) == echo_id() &&
               ntohs(reply.icmp6_seq) == target->number;
    }
    // A raw IPv4 socket gives the IP header too.
    size_t header = size > 0 ? (size_t)(data[0] & 0xf) * 4 : 0;
    struct icmphdr reply;
    if (size < header + sizeof reply) {
        return false;
    }
    memcpy(&reply, data + header, sizeof reply);
    return reply.type == ICMP_ECHOREPLY && ntohs(reply.un.echo.id) == echo_id() &&
           ntohs(reply.un.echo.sequence) == target->number;
}

static int target_socket(const struct target *target)
{
    int family = target->address.ss_family;
    int flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
    if (target->kind == KIND_ICMP) {
        return socket(family, SOCK_RAW | flags,
                      family == AF_INET6 ? (int)IPPROTO_ICMPV6 : (int)IPPROTO_ICMP);
    }
    return socket(family, (target->kind == KIND_UDP ? SOCK_DGRAM : SOCK_STREAM) | flags, 0);
}

static bool bind_from(const struct target *target, const char *from)
{
    struct sockaddr_storage address;
    socklen_t size;
    if (from == NULL) {
        return true;
    }
    if (!resolve(from, NULL, &address, &size)) {
        fail_usage("not an address", from);
    }
    return address.ss_family != target->address.ss_family ||
           bind(target->fd, (struct sockaddr *)&address, size) == 0;
}

// A request of a protocol without connections; the answer is the same bytes, or an echo reply.
static void send_request(struct target *target)
{
    char text[32];
    int length = snprintf(text, sizeof text, "probe %u", target->number);
    ssize_t sent = target->kind == KIND_ICMP ? send_icmp(target)
                                             : send(target->fd, text, (size_t)length, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EPERM) { // EPERM: dropped by a local firewall
        decide_error(target, errno);
    }
}

static void start(struct target *target, const char *from)
{
    target->fd = target_socket(target);
    if (target->fd < 0 || !bind_from(target, from)) {
        decide_error(target, errno);
        return;
    }
    if (connect(target->fd, (struct sockaddr *)&target->address, target->address_size) < 0 &&
        errno != EINPROGRESS) {
        decide_error(target, errno);
        return;
    }
    if (target->kind == KIND_UDP || target->kind == KIND_ICMP) {
        send_request(target);
    }
}

static bool is_answer(const struct target *target, const uint8_t *data, size_t size)
{
    char text[32];
    switch (target->kind) {
    case KIND_TCP:
    case KIND_ECHO:
        return size > 0;
    case KIND_UDP:
        return size == (size_t)snprintf(text, sizeof text, "probe %u", target->number) &&
               memcmp(text, data, size) == 0;
    case KIND_ICMP:
        return is_icmp_reply(target, data, size);
    case KIND_COUNT:
        break;
    }
    return false;
}

// Reads what is there and decides when it can.
static void read_answer(struct target *target)
{
    uint8_t data[BUFFER_SIZE];
    while (target->fd >= 0) {
        ssize_t size = recv(target->fd, data, sizeof data, 0);
        if (size < 0 && errno != EINTR) {
            if (errno != EAGAIN) {
                decide_error(target, errno);
            }
            return;
        }
        if (size >= 0 && is_answer(target, data, (size_t)size)) {
            decide(target, "ok");
        } else if (size == 0 && target->kind == KIND_TCP) {
            decide(target, "error:closed");
        }
    }
}

static void handle(struct target *target)
{
    int error = 0;
    socklen_t size = sizeof error;
    if (target->kind != KIND_TCP || target->connected) {
        read_answer(target);
        return;
    }
    getsockopt(target->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
        decide_error(target, error);
    } else {
        target->connected = true;
    }
}

// Waits until `until` or until something happened, and handles it; returns how many are still
// undecided.
static size_t wait_once(struct target *targets, size_t count, long until)
{
    static struct pollfd fds[MAX_TARGETS];
    size_t open = 0;
    for (size_t i = 0; i < count; i++) {
        bool connecting = targets[i].kind == KIND_TCP && !targets[i].connected;
        fds[i] = (struct pollfd){.fd = targets[i].fd, .events = connecting ? POLLOUT : POLLIN};
        open += targets[i].result == NULL;
    }
    long left = until - now_ms();
    if (open > 0 && left > 0 && poll(fds, (nfds_t)count, (int)left) > 0) {
        for (size_t i = 0; i < count; i++) {
            if (fds[i].fd >= 0 && fds[i].revents != 0) {
                handle(&targets[i]);
            }
        }
    }
    return open;
}

// UDP and ICMP have no retransmission of their own.
static void send_again(struct target *targets, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (targets[i].fd >= 0 && (targets[i].kind == KIND_UDP || targets[i].kind == KIND_ICMP)) {
            send_request(&targets[i]);
        }
    }
}

static void run_targets(struct target *targets, size_t count, const struct options *options)
{
    long begin = now_ms();
    long step = options->timeout / (options->retries + 1);
    for (size_t i = 0; i < count; i++) {
        start(&targets[i], options->from);
    }
    for (long round = 0; round <= options->retries; round++) {
        long until =
            round < options->retries ? begin + (round + 1) * step : begin + options->timeout;
        if (round > 0) {
            send_again(targets, count);
        }
        while (now_ms() < until) {
            if (wait_once(targets, count, until) == 0) {
                return;
            }
        }
    }
}

static int cmd_connect(int argc, char **argv)
{
    static struct target targets[MAX_TARGETS];
    struct options options;
    int first = parse_options(argv, &options);
    size_t count = (size_t)(argc - first);
    if (count > MAX_TARGETS) {
        fail_usage("too many targets", NULL);
    }
    for (size_t i = 0; i < count; i++) {
        targets[i] = parse_target(argv[first + (int)i]);
        targets[i].number = (uint16_t)(i + 1);
        if (targets[i].kind == KIND_ECHO) {
            fail_usage("not a target", targets[i].text);
        }
    }
    run_targets(targets, count, &options);
    for (size_t i = 0; i < count; i++) {
        printf("%s %s\n", targets[i].text,
               targets[i].result != NULL ? targets[i].result : "timeout");
    }
    return EXIT_SUCCESS;
}

// ---- talk -----------------------------------------------------------------------------------

// One connection that stays open. Waits until it is writable, or readable.
static bool wait_for(int fd, short events, long timeout)
{
    struct pollfd poll_fd = {.fd = fd, .events = events};
    return poll(&poll_fd, 1, (int)timeout) > 0;
}

// Throws away late answers to earlier messages, then sends `text` and waits for it to come back.
static void exchange(struct target *target, const char *text, size_t length, long timeout)
{
    char data[BUFFER_SIZE];
    long until = now_ms() + timeout;
    size_t got = 0;
    while (recv(target->fd, data, sizeof data, MSG_DONTWAIT) > 0) {
    }
    if (send(target->fd, text, length, MSG_NOSIGNAL) < 0) {
        decide_error(target, errno);
        return;
    }
    while (got < length) {
        long left = until - now_ms();
        if (left <= 0 || !wait_for(target->fd, POLLIN, left)) {
            return; // timeout: the connection stays, a later message may come through
        }
        ssize_t size = recv(target->fd, data, sizeof data, 0);
        if (size <= 0) {
            decide_error(target, size == 0 ? ECONNRESET : errno);
            return;
        }
        got += (size_t)size;
    }
    target->result = "ok";
}

static void open_talk(struct target *target, const struct options *options)
{
    int error = 0;
    socklen_t size = sizeof error;
    target->fd = target_socket(target);
    if (target->fd < 0 || !bind_from(target, options->from)) {
        decide_error(target, errno);
        return;
    }
    if (connect(target->fd, (struct sockaddr *)&target->address, target->address_size) < 0 &&
        errno != EINPROGRESS) {
        decide_error(target, errno);
        return;
    }
    if (!wait_for(target->fd, POLLOUT, options->timeout)) {
        decide(target, "timeout");
        return;
    }
    getsockopt(target->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
        decide_error(target, error);
    }
}

static int cmd_talk(int argc, char **argv)
{
    struct options options;
    char line[512];
    int first = parse_options(argv, &options);
    if (argc - first != 1) {
        fail_usage("talk takes one target", NULL);
    }
    struct target target = parse_target(argv[first]);
    if (target.kind == KIND_ICMP) {
        fail_usage("talk needs tcp or udp", target.text);
    }
    open_talk(&target, &options);
    printf("%s %s\n", target.text, target.result != NULL ? target.result : "ok");
    fflush(stdout);
    while (target.fd >= 0 && fgets(line, sizeof line, stdin) != NULL) {
        target.result = NULL;
        exchange(&target, line, strlen(line), options.timeout);
        printf("%s %s\n", target.text, target.result != NULL ? target.result : "timeout");
        fflush(stdout);
    }
    return EXIT_SUCCESS;
}

// ---- serve ----------------------------------------------------------------------------------

static volatile sig_atomic_t stopped;

static void on_signal(int signal)
{
    (void)signal;
    stopped = 1;
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
static int bind_port(int type, uint16_t port)
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

static int cmd_serve(int argc, char **argv)
{
    static struct server server;
    struct options options;
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t blocked, unblocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGINT);
    sigprocmask(SIG_BLOCK, &blocked, &unblocked);
    sigdelset(&unblocked, SIGTERM);
    sigdelset(&unblocked, SIGINT);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
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
    }
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } verbs[] = {{"serve", cmd_serve}, {"connect", cmd_connect}, {"talk", cmd_talk}};
    for (size_t i = 0; argc > 1 && i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(argv[1], verbs[i].name) == 0) {
            return verbs[i].run(argc - 2, argv + 2);
        }
    }
    fail_usage("what to do", argc > 1 ? argv[1] : NULL);
}
