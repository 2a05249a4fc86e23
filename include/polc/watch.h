// SPDX-License-Identifier: GPL-2.0-or-later
// Module watch: the DNS messages that polc's table copies to a log group of the kernel (NFLOG): reads them, and tells which
// answers of trusted servers answer a query that was seen. Knows neither rules nor sets.
// Times are in milliseconds of a clock that never goes back. Functions that speak to the kernel return 0 or a positive
// errno value.
#pragma once

#include <polc/base.h>
#include <polc/dns.h>
#include <polc/net.h>

// ---- capture ----------------------------------------------------------------------------------------------------

// A packet that the kernel has copied.
struct watch_copy {
    const uint8_t *bytes; // from its IP header on; valid inside of the handler only
    size_t size;
    // Copied where packets leave, behind policy; else where they come, whoever sent them.
    bool delivered;
    uint32_t in,
        out; // indexes of the interfaces, that of the bridge port where it is one; 0: none, or not known
};

typedef void (*watch_copy_handler)(const struct watch_copy *copy, void *context);

struct watch_capture; // owns its socket and its memory

// Takes the log group `group` of this network namespace, until it is closed or the process ends. EPERM without
// CAP_NET_ADMIN; EBUSY when another process has the group; EINVAL, ENOENT or EPROTONOSUPPORT in a kernel without NFLOG.
int watch_capture_open(uint16_t group, struct watch_capture **ret);
void watch_capture_close(struct watch_capture **capture);

// For poll.
int watch_capture_fd(const struct watch_capture *capture);

// Hands on what is there, at most WATCH_BATCH packets, without waiting. ENOBUFS: the kernel had to leave out packets
// because nobody read fast enough; read on.
enum { WATCH_BATCH = 512 };
int watch_capture_read(struct watch_capture *capture, watch_copy_handler handler, void *context);

// Packets that were left out so far, by their numbers.
uint64_t watch_capture_lost(const struct watch_capture *capture);

// The process that has the group, as /proc shows it: "process 812 (ulogd)"; NULL when nobody has it, or nothing may be
// seen. The number is that of the socket, which is that of the process as a rule.
const char *watch_capture_holder(struct arena *arena, uint16_t group);

// ---- listener ---------------------------------------------------------------------------------------------------

// What became of a message. The names for people are in watch_outcome_words.
enum watch_outcome {
    WATCH_ANSWER, // it answers a query that was seen, or it came over a TCP connection that was seen from its begin
    WATCH_QUERY,     // remembered
    WATCH_REPEATED,  // an answer that was taken a moment ago
    WATCH_OTHER,     // DNS, but neither question nor answer for addresses
    WATCH_UNASKED,   // an answer to no query that was seen
    WATCH_UNTRUSTED, // delivered, and of no trusted server; or not delivered, and to none
    WATCH_MALFORMED, // no packet, or no DNS message, that is whole
    WATCH_CROWDED, // a query or a connection that is not remembered: too many of this client's wait
    WATCH_BROKEN,  // part of a TCP connection of which something is missing
    WATCH_OUTCOMES
};
extern const char *const watch_outcome_words[WATCH_OUTCOMES];

struct watch_counts {
    uint64_t of[WATCH_OUTCOMES];
};

// An answer that counts: the handler's to look at, and gone when it returns.
typedef void (*watch_answer_handler)(const struct dns_answer *answer, void *context);

struct watch_listener;

// Remembers at most some 65,000 queries and 4,000 connections. One client, and all clients behind one interface, get at most
// a part of what is free, so that a flood of theirs takes nothing from others, and pushes nobody's queries out.
struct watch_listener *watch_listener_new(struct arena *arena);
void watch_listener_free(struct watch_listener *listener);

// Copies the servers. What is remembered stays.
void watch_listener_trust(struct watch_listener *listener, const struct ip_port *servers,
                          size_t count);

// Takes one copied packet at the time `now`; each answer in it that counts goes to the handler. What is delivered is an
// answer, and everything else a query: policy has not seen it yet, and anybody may have sent it in anybody's name.
void watch_listener_take(struct watch_listener *listener, const struct watch_copy *copy,
                         uint64_t now, watch_answer_handler handler, void *context);

const struct watch_counts *watch_listener_counts(const struct watch_listener *listener);

// ---- service ----------------------------------------------------------------------------------------------------

// Tells the service manager ("READY=1"), if NOTIFY_SOCKET names one. 0 also where there is none.
int watch_notify(const char *state);
