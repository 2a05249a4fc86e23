// SPDX-License-Identifier: GPL-2.0-or-later
// Names -> raw answers. c-ares sends one question once to one server; which server is asked next, how often, and how many
// questions are on their way at a time is decided here, because c-ares forgets from one question to the next that a
// server is dead.
#include <polc/resolver.h>

#include <ares.h>
#include <arpa/nameser.h>
#include <errno.h>
#include <poll.h>
#include <time.h>

enum {
    IN_FLIGHT = 128,   // their answers fit into the buffer of one socket
    ROUNDS = 4,        // how often each server is asked
    ATTEMPT_MIN = 100, // ms that a server has for an answer
    ATTEMPT_MAX = 1500,
    EDNS_SIZE = 1232, // no fragments (DNS flag day 2020)
    RCODE = 3,        // the byte with the response code, in its low half (RFC 1035 4.1.1)
    DNS_HEADER = 12,
};

struct server {
    ares_channel channel;
    unsigned silent; // questions in a row without an answer
};

struct question {
    struct run *run;
    uint32_t number; // 2 * name + (AAAA)
    uint32_t tried;  // servers of this round, by bit
    uint8_t server;  // asked now
    uint8_t rounds;  // done
    bool heard;      // a server said something
};

struct run {
    const struct resolver_request *request;
    struct server servers[RESOLVER_SERVERS];
    size_t server_count;
    struct question *questions;
    uint8_t *ends;
    uint32_t *waiting; // numbers of questions for another attempt, the last one first
    size_t waiting_count;
    size_t next; // the first question that was never asked
    size_t in_flight;
    bool heard;     // any server said anything
    bool exhausted; // no more new questions: nobody is there
    bool closing;
};

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static size_t question_count(const struct run *run)
{
    return 2 * run->request->name_count;
}

// ---- which server ---------------------------------------------------------------------------------------------------

// The least silent one that this question has not asked in this round.
static size_t choose_server(const struct run *run, const struct question *question)
{
    size_t best = run->server_count;
    for (size_t i = 0; i < run->server_count; i++) {
        bool free = !(question->tried & 1u << i);
        if (free &&
            (best == run->server_count || run->servers[i].silent < run->servers[best].silent)) {
            best = i;
        }
    }
    return best;
}

// Whether there is another attempt for it; then it waits.
static bool try_again(struct run *run, struct question *question)
{
    if (choose_server(run, question) == run->server_count) {
        question->tried = 0;
        question->rounds++;
    }
    // One that was told that nobody can tell is not asked more than once.
    if (question->rounds >= (question->heard ? 1 : ROUNDS)) {
        return false;
    }
    run->waiting[run->waiting_count++] = question->number;
    return true;
}

// ---- one question -----------------------------------------------------------------------------------------------------

static void end_question(struct run *run, const struct question *question, enum resolver_end end)
{
    run->ends[question->number] = (uint8_t)end;
    if (end == RESOLVER_SILENT && !run->heard) {
        run->exhausted = true;
    }
}

static void take_answer(struct run *run, struct question *question, const uint8_t *bytes,
                        size_t size)
{
    unsigned code = bytes[RCODE] & 15;
    run->servers[question->server].silent = 0;
    run->heard = question->heard = true;
    if (code == ns_r_noerror || code == ns_r_nxdomain) {
        end_question(run, question, RESOLVER_ANSWERED);
        run->request->answer(run->request->context, question->number / 2,
                             question->number % 2 ? RESOLVER_AAAA : RESOLVER_A, bytes, size);
    } else if (!try_again(run, question)) {
        end_question(run, question, RESOLVER_REFUSED);
    }
}

// By c-ares, perhaps while the question is being asked: so it asks nothing itself.
static void on_end(void *context, int status, int timeouts, unsigned char *bytes, int size)
{
    struct question *question = context;
    struct run *run = question->run;
    (void)timeouts;
    run->in_flight--;
    if (run->closing) {
        return;
    }
    if (bytes != NULL && size >= DNS_HEADER) {
        take_answer(run, question, bytes, (size_t)size);
    } else if (status == ARES_EBADNAME || status == ARES_ENOTFOUND || status == ARES_EFORMERR) {
        end_question(run, question, RESOLVER_NO_NAME); // never sent
    } else {
        run->servers[question->server].silent++;
        if (!try_again(run, question)) {
            end_question(run, question, question->heard ? RESOLVER_REFUSED : RESOLVER_SILENT);
        }
    }
}

static void ask(struct run *run, struct question *question)
{
    size_t chosen = choose_server(run, question);
    question->server = (uint8_t)chosen;
    question->tried |= 1u << chosen;
    run->in_flight++;
    ares_query(run->servers[chosen].channel, run->request->names[question->number / 2], ns_c_in,
               question->number % 2 ? RESOLVER_AAAA : RESOLVER_A, on_end, question);
}

static void ask_more(struct run *run)
{
    while (run->in_flight < IN_FLIGHT) {
        bool more = run->next < question_count(run) && !run->exhausted;
        if (run->waiting_count > 0) {
            ask(run, &run->questions[run->waiting[--run->waiting_count]]);
        } else if (more) {
            struct question *question = &run->questions[run->next];
            *question = (struct question){.run = run, .number = (uint32_t)run->next++};
            ask(run, question);
        } else {
            break;
        }
    }
}

// ---- the loop -----------------------------------------------------------------------------------------------------------

struct polled {
    struct pollfd fds[RESOLVER_SERVERS * ARES_GETSOCK_MAXNUM];
    ares_channel channels[RESOLVER_SERVERS * ARES_GETSOCK_MAXNUM];
    nfds_t count;
};

static void collect(const struct server *server, struct polled *polled)
{
    ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
    unsigned mask = (unsigned)ares_getsock(server->channel, sockets, ARES_GETSOCK_MAXNUM);
    for (int i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
        bool readable = mask & 1u << i, writable = mask & 1u << (i + ARES_GETSOCK_MAXNUM);
        if (readable || writable) {
            polled->channels[polled->count] = server->channel;
            polled->fds[polled->count++] = (struct pollfd){
                .fd = sockets[i],
                .events = (short)((readable ? POLLIN : 0) | (writable ? POLLOUT : 0)),
            };
        }
    }
}

// ms until a question is given up for lost, at most `left`.
static int wait_time(const struct run *run, uint64_t left)
{
    struct timeval longest = {.tv_sec = (time_t)(left / 1000),
                              .tv_usec = (suseconds_t)(left % 1000 * 1000)};
    for (size_t i = 0; i < run->server_count; i++) {
        struct timeval buffer;
        longest = *ares_timeout(run->servers[i].channel, &longest, &buffer);
    }
    return (int)(longest.tv_sec * 1000 + longest.tv_usec / 1000) + 1;
}

static void wait_and_process(struct run *run, uint64_t left)
{
    struct polled polled UNINITIALIZED;
    polled.count = 0;
    for (size_t i = 0; i < run->server_count; i++) {
        collect(&run->servers[i], &polled);
    }
    poll(polled.fds, polled.count, wait_time(run, left));
    for (nfds_t i = 0; i < polled.count; i++) {
        short events = polled.fds[i].revents;
        if (events != 0) {
            bool readable = events & ~POLLOUT;
            ares_process_fd(polled.channels[i], readable ? polled.fds[i].fd : ARES_SOCKET_BAD,
                            events & POLLOUT ? polled.fds[i].fd : ARES_SOCKET_BAD);
        }
    }
    for (size_t i = 0; i < run->server_count; i++) {
        ares_process_fd(run->servers[i].channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD); // time-outs
    }
}

// ---- the whole ------------------------------------------------------------------------------------------------------

static int errno_of(int status)
{
    return status == ARES_SUCCESS ? 0 : status == ARES_ENOMEM ? ENOMEM : EIO;
}

static int open_server(struct server *server, const struct ip_port *address, int timeout)
{
    char nowhere[] = "/dev/null"; // only these servers, whatever this host says
    struct ares_options options = {
        .flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_NOCHECKRESP | ARES_FLAG_EDNS,
        .timeout = timeout,
        .tries = 1,
        .ednspsz = EDNS_SIZE,
        .resolvconf_path = nowhere,
    };
    struct ares_addr_port_node node = {
        .family = address->addr.family == IP_V4 ? AF_INET : AF_INET6,
        .udp_port = address->port,
        .tcp_port = address->port,
    };
    memcpy(&node.addr, address->addr.bytes, sizeof node.addr);
    int status = ares_init_options(&server->channel, &options,
                                   ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                                       ARES_OPT_EDNSPSZ | ARES_OPT_RESOLVCONF);
    if (status == ARES_SUCCESS) {
        status = ares_set_servers_ports(server->channel, &node);
        if (status != ARES_SUCCESS) {
            ares_destroy(server->channel);
        }
    }
    return errno_of(status);
}

static int open_servers(struct run *run)
{
    uint64_t attempt = run->request->timeout / ROUNDS;
    attempt = attempt < ATTEMPT_MIN ? ATTEMPT_MIN : attempt > ATTEMPT_MAX ? ATTEMPT_MAX : attempt;
    int error = 0;
    for (size_t i = 0; i < run->request->server_count && i < RESOLVER_SERVERS && error == 0; i++) {
        error = open_server(&run->servers[i], &run->request->servers[i], (int)attempt);
        run->server_count += error == 0;
    }
    return error;
}

static void close_servers(struct run *run)
{
    run->closing = true; // what is on its way ends with RESOLVER_LEFT
    for (size_t i = 0; i < run->server_count; i++) {
        ares_destroy(run->servers[i].channel);
    }
}

static void ask_all(struct run *run)
{
    uint64_t deadline = now_ms() + run->request->timeout;
    for (uint64_t now = now_ms(); now < deadline; now = now_ms()) {
        ask_more(run);
        if (run->in_flight == 0) {
            break;
        }
        wait_and_process(run, deadline - now);
    }
}

int resolver_run(struct arena *arena, const struct resolver_request *request,
                 struct resolver_result *ret)
{
    struct run run = {.request = request};
    run.questions = arena_array_of(arena, struct question, question_count(&run));
    run.ends = arena_array_of(arena, uint8_t, question_count(&run));
    run.waiting = arena_array_of(arena, uint32_t, IN_FLIGHT);
    *ret = (struct resolver_result){.ends = run.ends};
    int error = errno_of(ares_library_init(ARES_LIB_INIT_ALL));
    if (error != 0) {
        return error;
    }
    error = open_servers(&run);
    if (error == 0 && run.server_count > 0) {
        ask_all(&run);
    }
    close_servers(&run);
    ares_library_cleanup();
    for (size_t i = 0; i < question_count(&run); i++) {
        ret->counts[run.ends[i]]++;
    }
    return error;
}
