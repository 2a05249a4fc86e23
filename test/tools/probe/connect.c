// SPDX-License-Identifier: GPL-2.0-or-later
// probe connect: tries all targets at once and prints what became of each.
#include "probe.h"

void decide(struct target *target, const char *result)
{
    target->result = result;
    if (target->fd >= 0) {
        close(target->fd);
        target->fd = -1;
    }
}

// What an errno says about the way to the target.
void decide_error(struct target *target, int error)
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

int target_socket(const struct target *target)
{
    int family = target->address.ss_family;
    int flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
    if (target->kind == KIND_ICMP) {
        return socket(family, SOCK_RAW | flags,
                      family == AF_INET6 ? (int)IPPROTO_ICMPV6 : (int)IPPROTO_ICMP);
    }
    return socket(family, (target->kind == KIND_UDP ? SOCK_DGRAM : SOCK_STREAM) | flags, 0);
}

// ADDR or ADDR#PORT.
bool bind_from(const struct target *target, const char *from)
{
    struct sockaddr_storage address;
    socklen_t size;
    if (from == NULL) {
        return true;
    }
    const char *port = strchr(from, '#');
    const char *host = port != NULL ? strndupa(from, (size_t)(port - from)) : from;
    if (!resolve(host, port != NULL ? port + 1 : NULL, &address, &size)) {
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

// A port that the kernel chooses may be that of an earlier flow, which conntrack still knows. Where somebody listens on
// this one, the kernel chooses.
static void bind_udp(const struct target *target, uint16_t port)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    bool is_v6 = target->address.ss_family == AF_INET6;
    bind(target->fd, is_v6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4,
         is_v6 ? sizeof v6 : sizeof v4);
}

static void start(struct target *target, const struct options *options)
{
    target->fd = target_socket(target);
    if (target->fd < 0 || !bind_from(target, options->from)) {
        decide_error(target, errno);
        return;
    }
    if (target->kind == KIND_UDP && options->udp_ports != 0 && options->from == NULL) {
        bind_udp(target, (uint16_t)(options->udp_ports + target->number - 1));
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
        start(&targets[i], options);
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

int cmd_connect(int argc, char **argv)
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
