// SPDX-License-Identifier: GPL-2.0-or-later
// Module resolver: asks DNS servers for the addresses of names, many at once, within one deadline. Understands no more of
// an answer than its response code: the bytes go to whoever asked. Built on c-ares, which sees to ids, retransmission of
// truncated answers over TCP (RFC 7766) and the pairing of answers with questions (RFC 5452).
#pragma once

#include <polc/net.h>

enum {
    RESOLVER_SERVERS = 32, // those behind the first 32 are not asked
    RESOLVER_A = 1,        // types of questions (RFC 1035, RFC 3596)
    RESOLVER_AAAA = 28,
};

// How one question ended.
enum resolver_end {
    RESOLVER_LEFT,     // not asked, or the deadline came first
    RESOLVER_ANSWERED, // a server knows: addresses, none, or no such name; the bytes were handed over
    RESOLVER_REFUSED, // every server that said anything said that it cannot tell (SERVFAIL, REFUSED)
    RESOLVER_SILENT,  // no server said anything
    RESOLVER_NO_NAME, // the text is no name that can be asked for
    RESOLVER_ENDS
};

// A whole DNS message, truncated ones excepted, from the server that was asked, for the question `names[name]`. Valid only
// during the call, which must not call resolver_run.
typedef void (*resolver_answer_fn)(void *context, size_t name, uint16_t type, const uint8_t *bytes,
                                   size_t size);

struct resolver_request {
    const struct ip_port *servers; // asked in this order, those that keep silent last
    size_t server_count;
    const char *const *names; // without search domains: each is asked for as it is
    size_t name_count;
    uint64_t timeout; // ms, for all of it
    resolver_answer_fn answer;
    void *context;
};

struct resolver_result {
    const uint8_t *ends; // enum resolver_end; of names[i] at 2 * i for A, 2 * i + 1 for AAAA
    size_t counts[RESOLVER_ENDS]; // of questions
};

// Asks for A and AAAA of each name and returns when all have ended or the time is over. A server that does not answer is
// asked again, and the next one instead; when no server has said anything by the time that the first question was given
// up, no more are asked. 0, or an errno when no question could be asked at all (no memory, no sockets). The result lives
// on the arena.
int resolver_run(struct arena *arena, const struct resolver_request *request,
                 struct resolver_result *ret);
