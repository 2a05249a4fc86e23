// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of probe share.
#pragma once

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
    uint16_t udp_ports; // 0: the kernel chooses
};

// operands.c: targets and options from the command line
_Noreturn void fail_usage(const char *what, const char *text);
long now_ms(void);
enum kind parse_kind(const char *text, const char **ret_rest);
long parse_number(const char *text, long max);
bool resolve(const char *host, const char *port, struct sockaddr_storage *ret, socklen_t *ret_size);
struct target parse_target(const char *text);
int parse_options(char **argv, struct options *ret);

// connect.c: all targets at once
void decide(struct target *target, const char *result);
void decide_error(struct target *target, int error);
int target_socket(const struct target *target);
bool bind_from(const struct target *target, const char *from);

// serve.c: a socket of SOCK_STREAM or SOCK_DGRAM on a port, for both families; negative: errno says why
int bind_port(int type, uint16_t port);

// The verbs.
int cmd_serve(int argc, char **argv);
int cmd_connect(int argc, char **argv);
int cmd_talk(int argc, char **argv);
int cmd_generation(int argc, char **argv);
int cmd_login(int argc, char **argv);
