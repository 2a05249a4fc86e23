// SPDX-License-Identifier: GPL-2.0-or-later
// What a packet costs on its way through each of several routers, side by side. A router is a network namespace; a frame
// that this program puts on a veth is routed there within the same system call, on the same processor, so that the
// processor time of this thread is the cost of the whole way and other programs do not count. The routers take turns,
// forwards and backwards, and each turn is compared with the turn of the first router beside it.
//
//   packet_cost cost  SOURCE FROM PORT ROUNDS PACKETS new|first|established DESTINATIONS ROUTER...
//   packet_cost flood SOURCE FROM PORT SECONDS DESTINATIONS ROUTER
//
// To run in the sender's namespace. SOURCE is an IPv4 address, FROM the port of it (another one makes
// other connections; "first" takes another one for each pass over the destinations, so that every packet is the first of
// its connection), PORT where UDP packets go, DESTINATIONS a file with an
// IPv4 address a line; they are taken in turn. ROUTER is INTERFACE@NAMESPACE: of the sender, and of the router, in which
// "calisink" swallows what came through. Every turn checks that all of it did.
//   cost   prints "INTERFACE TOTAL DIFFERENCE" for each router: medians, nanoseconds a packet, the difference to the first
//   flood  prints "SENT LOST"
#include <arpa/inet.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BURST = 64, ROUTERS_MAX = 16, ROUNDS_MAX = 999, DESTINATIONS_MAX = 8192, NETNS_NAME = 256 };
enum { NANOSECONDS = 1000000000 };

struct frame {
    struct ether_header ether;
    struct iphdr ip;
    struct udphdr udp;
    uint8_t data[18];
} __attribute__((packed));

struct router {
    const char *name;
    int socket, counters; // /proc/net/dev of its namespace
    double total[ROUNDS_MAX], difference[ROUNDS_MAX];
};

struct bench {
    uint32_t source, destinations[DESTINATIONS_MAX]; // network byte order
    size_t destination_count, next;
    uint16_t from, port;
    bool first; // every packet is the first of its connection
    struct router routers[ROUTERS_MAX];
    size_t router_count, rounds;
    struct frame frames[BURST];
    struct mmsghdr messages[BURST];
    struct iovec vectors[BURST];
};

static void __attribute__((noreturn)) fail(const char *what, const char *name)
{
    fprintf(stderr, "packet_cost: %s %s: %m\n", what, name);
    exit(EXIT_FAILURE);
}

// ---- routers --------------------------------------------------------------------------------------------------

// The file stays that of the namespace in which it was opened.
static int open_counters(const char *name)
{
    char path[NETNS_NAME];
    int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    snprintf(path, sizeof path, "/run/netns/%s", name);
    int other = open(path, O_RDONLY | O_CLOEXEC);
    if (own < 0 || other < 0 || setns(other, CLONE_NEWNET) != 0) {
        fail("cannot enter", name);
    }
    int counters = open("/proc/thread-self/net/dev", O_RDONLY | O_CLOEXEC);
    if (counters < 0 || setns(own, CLONE_NEWNET) != 0) {
        fail("cannot come back from", name);
    }
    close(own);
    close(other);
    return counters;
}

static int open_socket(const char *name)
{
    struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                  .sll_ifindex = (int)if_nametoindex(name)};
    int one = 1;
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0); // receives nothing
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof one) != 0) {
        fail("cannot send over", name);
    }
    return fd;
}

// Packets that "calisink" has swallowed: an ifb to which nothing was redirected drops what it is given.
static uint64_t swallowed(const struct router *router)
{
    char text[4096];
    ssize_t size = pread(router->counters, text, sizeof text - 1, 0);
    if (size <= 0) {
        fail("no counters of", router->name);
    }
    text[size] = '\0';
    uint64_t dropped = 0;
    const char *line = strstr(text, "calisink:");
    if (line == NULL || sscanf(line, "calisink: %*u %*u %*u %" SCNu64, &dropped) != 1) {
        fail("no sink in", router->name);
    }
    return dropped;
}

// ---- packets --------------------------------------------------------------------------------------------------

static uint16_t ip_checksum(const void *ip)
{
    uint32_t sum = 0;
    uint16_t word;
    for (size_t i = 0; i < sizeof(struct iphdr); i += sizeof word) {
        memcpy(&word, (const uint8_t *)ip + i, sizeof word);
        sum += word;
    }
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t) ~(sum + (sum >> 16));
}

static void make_frame(const struct bench *bench, struct frame *frame, uint32_t destination,
                       bool reply)
{
    static const uint8_t router_mac[] = {2, 0, 0, 0, 0, 1}, sender_mac[] = {2, 0, 0, 0, 0, 2};
    *frame = (struct frame){.ether.ether_type = htons(ETHERTYPE_IP),
                            .ip = {.version = 4,
                                   .ihl = sizeof frame->ip / 4,
                                   .tot_len = htons(sizeof *frame - sizeof frame->ether),
                                   .ttl = 64,
                                   .protocol = IPPROTO_UDP,
                                   .saddr = reply ? destination : bench->source,
                                   .daddr = reply ? bench->source : destination},
                            .udp = {.source = htons(reply ? bench->port : bench->from),
                                    .dest = htons(reply ? bench->from : bench->port),
                                    .len = htons(sizeof frame->udp + sizeof frame->data)}};
    memcpy(frame->ether.ether_dhost, router_mac, sizeof router_mac);
    memcpy(frame->ether.ether_shost, sender_mac, sizeof sender_mac);
    frame->ip.check = ip_checksum((const uint8_t *)frame + offsetof(struct frame, ip));
}

static void send_packets(struct bench *bench, const struct router *router, size_t count, bool reply)
{
    while (count > 0) {
        size_t burst = count < BURST ? count : BURST;
        for (size_t i = 0; i < burst; i++) {
            make_frame(bench, &bench->frames[i], bench->destinations[bench->next], reply);
            bench->next = (bench->next + 1) % bench->destination_count;
            bench->from = (uint16_t)(bench->from + (bench->first && bench->next == 0));
        }
        int sent = sendmmsg(router->socket, bench->messages, (unsigned)burst, 0);
        if (sent <= 0) {
            fail("cannot send to", router->name);
        }
        count -= (size_t)sent;
        bench->next = (bench->next + bench->destination_count - (burst - (size_t)sent)) %
                      bench->destination_count;
    }
}

static double thread_nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * NANOSECONDS + (double)now.tv_nsec;
}

static double one_turn(struct bench *bench, const struct router *router, size_t packets)
{
    uint64_t before = swallowed(router);
    bench->next = 0;
    bench->from = (uint16_t)(bench->from + bench->first);
    double start = thread_nanoseconds();
    send_packets(bench, router, packets, false);
    double end = thread_nanoseconds();
    uint64_t through = swallowed(router) - before;
    if (through != packets) {
        fprintf(stderr, "packet_cost: of %zu packets %" PRIu64 " came through %s\n", packets,
                through, router->name);
        exit(EXIT_FAILURE);
    }
    return (end - start) / (double)packets;
}

// Both directions once, for each destination, so that conntrack knows the flows.
static void establish(struct bench *bench, const struct router *router)
{
    bench->next = 0;
    send_packets(bench, router, bench->destination_count, false);
    bench->next = 0;
    send_packets(bench, router, bench->destination_count, true);
}

// ---- the two measurements -------------------------------------------------------------------------------------

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return values[count / 2];
}

static void measure(struct bench *bench, size_t packets, bool established)
{
    for (size_t i = 0; i < bench->router_count; i++) {
        if (established) {
            establish(bench, &bench->routers[i]);
        }
        one_turn(bench, &bench->routers[i], packets); // warms up
    }
    for (size_t round = 0; round < bench->rounds; round++) {
        for (size_t i = 0; i < bench->router_count; i++) {
            size_t turn = round % 2 == 0 ? i : bench->router_count - 1 - i;
            bench->routers[turn].total[round] = one_turn(bench, &bench->routers[turn], packets);
        }
        for (size_t i = 0; i < bench->router_count; i++) {
            bench->routers[i].difference[round] =
                bench->routers[i].total[round] - bench->routers[0].total[round];
        }
    }
    for (size_t i = 0; i < bench->router_count; i++) {
        struct router *router = &bench->routers[i];
        printf("%s %.1f %.1f\n", router->name, median(router->total, bench->rounds),
               median(router->difference, bench->rounds));
    }
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / NANOSECONDS;
}

static void flood(struct bench *bench, double seconds)
{
    const struct router *router = &bench->routers[0];
    uint64_t before = swallowed(router), sent = 0;
    for (double end = now() + seconds; now() < end; sent += BURST) {
        send_packets(bench, router, BURST, false);
    }
    printf("%" PRIu64 " %" PRId64 "\n", sent, (int64_t)(sent - (swallowed(router) - before)));
}

// ---- arguments ------------------------------------------------------------------------------------------------

static void read_destinations(struct bench *bench, const char *path)
{
    char line[64];
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        fail("cannot read", path);
    }
    while (bench->destination_count < DESTINATIONS_MAX && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        bench->destinations[bench->destination_count++] = inet_addr(line);
    }
    fclose(file);
    if (bench->destination_count == 0) {
        fail("no destinations in", path);
    }
}

static void add_routers(struct bench *bench, char **names, int count)
{
    for (int i = 0; i < count && i < ROUTERS_MAX; i++) {
        char *at = strchr(names[i], '@');
        if (at == NULL) {
            fail("no @ in", names[i]);
        }
        *at = '\0';
        bench->routers[bench->router_count++] = (struct router){
            .name = names[i], .socket = open_socket(names[i]), .counters = open_counters(at + 1)};
    }
    for (size_t i = 0; i < BURST; i++) {
        bench->vectors[i] = (struct iovec){&bench->frames[i], sizeof bench->frames[i]};
        bench->messages[i].msg_hdr =
            (struct msghdr){.msg_iov = &bench->vectors[i], .msg_iovlen = 1};
    }
}

// The last processor that this process may use, so that nothing moves between two turns.
static void pin(void)
{
    cpu_set_t set;
    sched_getaffinity(0, sizeof set, &set);
    for (int cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--) {
        if (CPU_ISSET(cpu, &set)) {
            CPU_ZERO(&set);
            CPU_SET(cpu, &set);
            sched_setaffinity(0, sizeof set, &set);
            return;
        }
    }
}

int main(int argc, char **argv)
{
    static struct bench bench;
    bool cost = argc > 9 && strcmp(argv[1], "cost") == 0;
    if (!cost && (argc != 8 || strcmp(argv[1], "flood") != 0)) {
        fprintf(stderr, "usage: see the head of packet_cost.c\n");
        return 2;
    }
    bench.source = inet_addr(argv[2]);
    bench.from = (uint16_t)atoi(argv[3]);
    bench.port = (uint16_t)atoi(argv[4]);
    pin();
    if (!cost) {
        read_destinations(&bench, argv[6]);
        add_routers(&bench, argv + 7, 1);
        flood(&bench, atof(argv[5]));
        return EXIT_SUCCESS;
    }
    bench.rounds = (size_t)atoi(argv[5]);
    bench.rounds = bench.rounds < ROUNDS_MAX ? bench.rounds : ROUNDS_MAX;
    read_destinations(&bench, argv[8]);
    add_routers(&bench, argv + 9, argc - 9);
    bench.first = strcmp(argv[7], "first") == 0;
    measure(&bench, (size_t)atoi(argv[6]), strcmp(argv[7], "established") == 0);
    return EXIT_SUCCESS;
}
