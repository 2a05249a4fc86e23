// SPDX-License-Identifier: GPL-2.0-or-later
// Targets, options and mistakes on the command line.
#include "probe.h"

static const char *const kind_names[KIND_COUNT] = {"tcp", "udp", "echo", "icmp"};

static const char usage[] =
    "usage: probe serve [--seconds N] SPEC...\n"
    "         SPEC: tcp:PORT (sends one byte and closes), udp:PORT (echo), echo:PORT (tcp echo)\n"
    "         prints \"ready\" once it listens; ends after N seconds (60) or on SIGTERM; on SIGUSR1 it\n"
    "         sends one byte on each open echo connection\n"
    "       probe connect [--timeout MS] [--retries N] [--from ADDR[#PORT]] [--udp-ports FIRST] TARGET...\n"
    "         TARGET: tcp:ADDR:PORT, udp:ADDR:PORT, icmp:ADDR; an IPv6 ADDR in brackets\n"
    "         tries all at once, then prints a line for each, in order:\n"
    "         TARGET ok|timeout|refused|unreachable|error:NAME\n"
    "         --udp-ports: the first UDP target from port FIRST, the next from the one behind it, ...\n"
    "       probe talk [--timeout MS] [--from ADDR[#PORT]] TARGET\n"
    "         connects to an echo or udp port and prints the result, then sends one message for\n"
    "         each line on stdin and prints whether it came back; for the line \"hear\" it sends\n"
    "         nothing and waits for what the server says\n"
    "       probe generation\n"
    "         prints the generation id of nf_tables\n"
    "       probe login tcp:PORT COMMAND [ARGUMENT]...\n"
    "         prints \"ready\", takes one connection and holds it while the command runs\n";

_Noreturn void fail_usage(const char *what, const char *text)
{
    fprintf(stderr, "probe: %s%s%s\n%s", what, text != NULL ? ": " : "", text != NULL ? text : "",
            usage);
    exit(EXIT_USAGE);
}

long now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000L + time.tv_nsec / 1000000L;
}

// "tcp:..." -> KIND_TCP and the text after the colon.
enum kind parse_kind(const char *text, const char **ret_rest)
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

long parse_number(const char *text, long max)
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
bool resolve(const char *host, const char *port, struct sockaddr_storage *ret, socklen_t *ret_size)
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
struct target parse_target(const char *text)
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
int parse_options(char **argv, struct options *ret)
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
        } else if (strcmp(argv[i], "--udp-ports") == 0) {
            ret->udp_ports = (uint16_t)parse_number(value, UINT16_MAX - MAX_TARGETS);
        } else {
            fail_usage("unknown option", argv[i]);
        }
    }
    if (argv[i] == NULL) {
        fail_usage("nothing to do", NULL);
    }
    return i;
}
