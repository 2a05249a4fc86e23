// SPDX-License-Identifier: GPL-2.0-or-later
// A DNS server of the test's own, in a child process on loopback: what it does with a question, the first label says.
//
//     ok, ok-N   an address for A, none for AAAA          nx      no such name
//     cut        truncated over UDP, whole over TCP       half    the same, but TCP ends in the middle
//     lost       silence at first, then an address        never   silence
//     spoof      answers with another id, another question and from another port, then the true one
//     old        FORMERR to a question with EDNS, else an address
#pragma once

#include "nft/netns.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>

enum {
    PORT_GOOD = 5301,
    PORT_SILENT = 5302,  // takes questions, and says nothing
    PORT_CLOSED = 5303,  // nobody there
    PORT_FAILING = 5304, // SERVFAIL
    PORT_OTHER = 5305,   // where spoofed answers come from
    DNS_HEADER = 12,
};

// What the server saw; shared with it.
struct seen {
    unsigned udp, tcp, failing; // questions
    unsigned batch;             // most questions that were waiting at a time
};

struct dns_server {
    struct seen *seen;
    int udp4, udp6, tcp, silent, failing, other;
    unsigned lost; // questions for "lost" that were dropped
};

static int bound_socket(int family, int type, uint16_t port)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {.any.sa_family = (sa_family_t)family};
    if (family == AF_INET) {
        address.v4.sin_port = htons(port);
        address.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    } else {
        address.v6.sin6_port = htons(port);
        address.v6.sin6_addr = in6addr_loopback;
    }
    int fd = socket(family, type | SOCK_CLOEXEC, 0);
    require(bind(fd, &address.any, family == AF_INET ? sizeof address.v4 : sizeof address.v6) == 0);
    return fd;
}

// The question in place becomes an answer: code, and if `address` one A record 192.0.2.1. Returns the new size.
static size_t make_answer(uint8_t *bytes, size_t question_end, unsigned code, bool cut,
                          bool address)
{
    static const uint8_t record[] = {0xc0, DNS_HEADER, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1};
    bytes[2] = (uint8_t)(0x81 | (cut ? 2 : 0));
    bytes[3] = (uint8_t)(0x80 | code);
    memset(bytes + 6, 0, 6);
    if (!address) {
        return question_end;
    }
    bytes[7] = 1;
    memcpy(bytes + question_end, record, sizeof record);
    return question_end + sizeof record;
}

static bool label_is(const uint8_t *bytes, const char *label)
{
    return memcmp(bytes + DNS_HEADER + 1, label, strlen(label)) == 0;
}

// The size of the answer in place; 0: none.
static size_t answer_to(struct dns_server *server, uint8_t *bytes, bool tcp)
{
    size_t end = DNS_HEADER;
    while (bytes[end] != 0) {
        end += bytes[end] + 1u;
    }
    end += 5;
    bool is_a = bytes[end - 3] == 1, edns = bytes[11] == 1;
    if (label_is(bytes, "never") || (label_is(bytes, "lost") && server->lost++ < 2)) {
        return 0;
    }
    if (label_is(bytes, "old") && edns) {
        return make_answer(bytes, end, 1, false, false);
    }
    bool cut = !tcp && (label_is(bytes, "cut") || label_is(bytes, "half"));
    bool none = label_is(bytes, "nx");
    return make_answer(bytes, end, none ? 3 : 0, cut, is_a && !none && !cut);
}

static void spoof(struct dns_server *server, int fd, const uint8_t *answer, size_t size,
                  const struct sockaddr_storage *to, socklen_t length)
{
    uint8_t copy[1500];
    const size_t last = size - 1; // of the address
    memcpy(copy, answer, size);
    copy[last] = 66;
    sendto(server->other, copy, size, 0, (const struct sockaddr *)to, length);
    copy[1] ^= 1; // the id
    sendto(fd, copy, size, 0, (const struct sockaddr *)to, length);
    copy[1] ^= 1;
    copy[DNS_HEADER + 1] = 'X'; // the question
    sendto(fd, copy, size, 0, (const struct sockaddr *)to, length);
}

static void serve_udp(struct dns_server *server, int fd)
{
    static struct {
        uint8_t bytes[1500];
        struct sockaddr_storage from;
        socklen_t length;
    } waiting[4096];
    size_t count = 0;
    // Whatever comes within a moment, so that it is seen how many are on their way at a time.
    nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    for (ssize_t got = 1; got > 0 && count<4096; count += got> 0) {
        waiting[count].length = sizeof waiting[count].from;
        got = recvfrom(fd, waiting[count].bytes, 1000, MSG_DONTWAIT,
                       (struct sockaddr *)&waiting[count].from, &waiting[count].length);
    }
    server->seen->udp += (unsigned)count;
    server->seen->batch = count > server->seen->batch ? (unsigned)count : server->seen->batch;
    for (size_t i = 0; i < count; i++) {
        size_t size = answer_to(server, waiting[i].bytes, false);
        if (size > 0 && label_is(waiting[i].bytes, "spoof")) {
            spoof(server, fd, waiting[i].bytes, size, &waiting[i].from, waiting[i].length);
        }
        if (size > 0) {
            sendto(fd, waiting[i].bytes, size, 0, (struct sockaddr *)&waiting[i].from,
                   waiting[i].length);
        }
    }
}

static void serve_tcp(struct dns_server *server)
{
    uint8_t bytes[1500];
    int fd = accept(server->tcp, NULL, NULL);
    while (fd >= 0 && recv(fd, bytes, 2, MSG_WAITALL) == 2) {
        ssize_t got = recv(fd, bytes + 2, (size_t)bytes[0] << 8 | bytes[1], MSG_WAITALL);
        size_t size = got > DNS_HEADER ? answer_to(server, bytes + 2, true) : 0;
        server->seen->tcp++;
        bytes[0] = (uint8_t)(size >> 8);
        bytes[1] = (uint8_t)size;
        if (label_is(bytes + 2, "half")) {
            send(fd, bytes, size / 2, MSG_NOSIGNAL);
            break;
        }
        send(fd, bytes, size + 2, MSG_NOSIGNAL);
    }
    close(fd);
}

static void serve_failing(struct dns_server *server)
{
    uint8_t bytes[1500];
    struct sockaddr_storage from;
    socklen_t length = sizeof from;
    ssize_t size =
        recvfrom(server->failing, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &length);
    bytes[2] |= 0x80;
    bytes[3] = 0x82;
    sendto(server->failing, bytes, (size_t)size, 0, (struct sockaddr *)&from, length);
    server->seen->failing++;
}

static void serve(struct dns_server *server)
{
    struct pollfd fds[] = {{server->udp4, POLLIN, 0},
                           {server->udp6, POLLIN, 0},
                           {server->tcp, POLLIN, 0},
                           {server->failing, POLLIN, 0}};
    while (poll(fds, 4, -1) > 0) {
        if (fds[0].revents) {
            serve_udp(server, server->udp4);
        }
        if (fds[1].revents) {
            serve_udp(server, server->udp6);
        }
        if (fds[2].revents) {
            serve_tcp(server);
        }
        if (fds[3].revents) {
            serve_failing(server);
        }
    }
}

// In a namespace of the test's own: loopback up, the server running. It dies with the test.
static struct seen *dns_server_start(void)
{
    require(system("ip link set lo up") == 0);
    struct dns_server server = {
        .seen = mmap(NULL, sizeof(struct seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                     -1, 0),
        .udp4 = bound_socket(AF_INET, SOCK_DGRAM, PORT_GOOD),
        .udp6 = bound_socket(AF_INET6, SOCK_DGRAM, PORT_GOOD),
        .tcp = bound_socket(AF_INET, SOCK_STREAM, PORT_GOOD),
        .silent = bound_socket(AF_INET, SOCK_DGRAM, PORT_SILENT),
        .failing = bound_socket(AF_INET, SOCK_DGRAM, PORT_FAILING),
        .other = bound_socket(AF_INET, SOCK_DGRAM, PORT_OTHER),
    };
    require(listen(server.tcp, 16) == 0);
    pid_t parent = getpid(), child = fork();
    require(child >= 0);
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() == parent) {
            serve(&server);
        }
        _exit(EXIT_FAILURE);
    }
    return server.seen;
}
