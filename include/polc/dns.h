// SPDX-License-Identifier: GPL-2.0-or-later
// Module dns: names, patterns of names, DNS messages, and what is known of names: which addresses they have, since when,
// for how long, and who said so. Decides nothing; knows neither plan nor kernel. Files: only those of known facts.
//
// A canonical name is in lower case, without a dot at its end, and has no character but a-z 0-9 - _ in its labels, of 63
// bytes at most, 253 in all (RFC 1035, 2181, 4343). All names here are canonical ones where nothing else is said.
// Times are seconds since 1970; times to live are seconds.
#pragma once

#include <polc/base.h>
#include <polc/net.h>

enum {
    DNS_NAME_MAX = 253,           // bytes of a name as text, without a terminator
    DNS_LABEL_MAX = 63,           // bytes of a label
    DNS_CHAIN_MAX = 16,           // CNAMEs that are followed; resolvers follow about as many
    DNS_TTL_MAX = 7 * 24 * 3600,  // no cache keeps an answer longer (RFC 8767)
    DNS_KEPT_PAIRS = 65536,       // that a store keeps: pairs of a name and an address
    DNS_KEPT_SECONDS = 24 * 3600, // that a store keeps a pair behind its end
};

// ---- names and patterns (semantics.md 8.2) ---------------------------------------------------------------------------

// NULL: fine; else why not, in words that go on behind the pattern: "has two wildcards". Any letter case, a dot at the end
// or none. The answer is a constant.
const char *dns_pattern_problem(const char *text);
// The same for a name, which has no wildcard.
const char *dns_name_problem(const char *text);

// Lower case, without a dot at the end; for a name or a pattern without a problem.
const char *dns_name_canonical(struct arena *arena, const char *text);

// Of canonical ones.
bool dns_pattern_is_wildcard(const char *pattern);
// An exact pattern matches its name; the "*" of a wildcard stands for one or more whole labels.
bool dns_pattern_matches(const char *pattern, const char *name);

// Set numbers, ascending, none twice.
struct dns_sets {
    VEC_FIELDS(uint32_t);
};

// Patterns, each of a set (or of several), found by a name: what that takes depends on the name, not on how many there are.
struct dns_index;
struct dns_index *dns_index_new(struct arena *arena);
void dns_index_add(struct dns_index *index, const char *pattern, uint32_t set);
// The sets with a pattern that matches the name. *ret is written over; its items are on `arena`.
void dns_index_find(const struct dns_index *index, struct arena *arena, const char *name,
                    struct dns_sets *ret);

// ---- messages (RFC 1035, 2181, 4343, 6891) ---------------------------------------------------------------------------

enum dns_status {
    DNS_FINE,
    DNS_MALFORMED, // not what a resolver sends: nothing of it is to be believed
    DNS_OTHER, // well-formed, and of no interest: the other direction, another opcode or class, no question for
    // addresses (A, AAAA), or one for a name that is none of ours
};

enum { DNS_TYPE_A = 1, DNS_TYPE_AAAA = 28 };
enum { DNS_RCODE_NONE = 0, DNS_RCODE_SERVER = 2, DNS_RCODE_NO_NAME = 3, DNS_RCODE_REFUSED = 5 };

struct dns_query {
    uint16_t id; // host byte order, as all numbers here
    uint16_t qtype;
    const char *question;
};

struct dns_address {
    struct ip_addr addr;
    uint32_t
        ttl; // least of the CNAMEs that lead to it and of the addresses beside it, DNS_TTL_MAX at most
};

struct dns_answer {
    uint16_t id;
    uint16_t rcode; // with the upper bits of EDNS
    bool truncated; // the rest is to be had over TCP; what is here is true all the same
    uint16_t qtype;
    const char *question;
    struct {
        VEC_FIELDS(const char *);
    } names; // the question, and each CNAME target that follows; one that is no canonical name is left out
    struct {
        VEC_FIELDS(struct dns_address);
    } addresses; // of the name at the end of the chain: sorted, none twice; see dns_address_usable
};

// One whole message, of UDP or behind the length of TCP. *ret is valid only for DNS_FINE; it keeps nothing of `bytes`.
// Never reads outside of them, whatever they are.
enum dns_status dns_parse_answer(struct arena *arena, const uint8_t *bytes, size_t size,
                                 struct dns_answer *ret);
enum dns_status dns_parse_query(struct arena *arena, const uint8_t *bytes, size_t size,
                                struct dns_query *ret);

// False for what no answer may ever open: unspecified (0.0.0.0/8), loopback, multicast, broadcast, link-local (which has
// the metadata of clouds), IPv4-mapped and -compatible.
bool dns_address_usable(struct ip_addr addr);
// All of these.
const struct cidr *dns_unusable_nets(size_t *ret_count);

// ---- facts -----------------------------------------------------------------------------------------------------------

enum dns_source { DNS_APPLY, DNS_REFRESH, DNS_WATCH, DNS_FILE, DNS_SOURCE_COUNT };
const char *dns_source_name(enum dns_source source); // "apply"

// That a name has an address. Of DNS_FILE without times: learned and ttl are 0.
struct dns_fact {
    const char *name;
    struct ip_addr addr;
    int64_t learned;
    uint32_t ttl;
    uint8_t source; // enum dns_source
    bool followed;  // a CNAME led to the name: nobody is known to have asked for it
    int64_t since;  // when that was learned first, as far as is known; 0: when it was learned
};

struct dns_facts {
    VEC_FIELDS(struct dns_fact);
};

// Appends what an answer says: for each of its names and each usable address one fact. Names are the answer's own.
void dns_answer_facts(struct arena *arena, const struct dns_answer *answer, int64_t learned,
                      enum dns_source source, struct dns_facts *ret);

// What is known, by name and by address; each pair once, with the fact that ends last, and `since` of the one that began
// first. On the arena, with its names.
struct dns_book;
struct dns_book *dns_book_new(struct arena *arena);
// Takes what cannot be (an address that is not usable) as nothing said.
void dns_book_add(struct dns_book *book, const struct dns_fact *fact);
// That the name was asked for and may have no address; a name with facts is known anyway.
void dns_book_add_name(struct dns_book *book, const char *name);

// The facts of a name or of an address, in the order in which the pairs were first added; false and none when it is not
// known. Of a name that is known without an address: true and none. The view is valid until the next change of the book.
struct dns_view {
    const struct dns_fact *const *items;
    size_t count;
};
bool dns_book_name(const struct dns_book *book, const char *name, struct dns_view *ret);
bool dns_book_addr(const struct dns_book *book, struct ip_addr addr, struct dns_view *ret);
// All pairs, in the order in which they were first added.
struct dns_view dns_book_all(const struct dns_book *book);
// The names that are known, in the order in which they were first added: start with *cursor = NULL.
bool dns_book_next_name(const struct dns_book *book, void **cursor, const char **ret_name);

// ---- stores of facts ------------------------------------------------------------------------------------------------
// A file of lines "LEARNED TTL SOURCE NAME ADDRESS[ cname]" (the last word: followed), to which one writer appends. Readers take it as it is: a last line
// without its end, and lines that say nothing, are passed over.

// Below the directory of the run: what apply and refresh resolved (under polc's lock), and what watch saw (another user).
#define DNS_STORE_RESOLVED "dns/resolved"
#define DNS_STORE_OBSERVED "dns-watch/observed"

struct dns_store {
    const char *path; // the caller's
    int fd;           // -1: closed
    uint64_t size;    // bytes of the file
    uint64_t compact; // when it is as large as that, it is written anew with only what is kept
};

// For its one writer: makes the directory (0755; not its parents) and the file (0644) if they are not there, and cuts off
// a last line without its end. `path` must outlive the store. 0 or an errno; then the store is closed.
int dns_store_open(const char *path, struct dns_store *ret);
// Appends the facts, in one write; now and then writes the file anew (see dns_store.compact), in which `now` decides what
// is kept. 0, or an errno of either; what is half written nobody reads.
int dns_store_append(struct dns_store *store, const struct dns_fact *facts, size_t count,
                     int64_t now);
void dns_store_close(struct dns_store *store);

// Adds what the file has to the book. A fact from behind `now` (the clock was set back) counts as one of now. 0, also when
// there is no such file, or an errno.
int dns_store_read(struct dns_book *book, const char *path, int64_t now);

// ---- files of answers -----------------------------------------------------------------------------------------------

// Adds what a source says to a book: lines "NAME ADDRESS-or-NAME...", in which a name is an alias that is followed
// wherever it stands, lines of /etc/hosts ("ADDRESS NAME..."), comments behind "#". Every name becomes known to the book,
// so that one without addresses is one; addresses that are not usable are left out, as they are of answers. Problems are
// reported (F019), and false is returned.
bool dns_file_read(struct arena *arena, const struct sources *sources, struct diags *diags,
                   uint32_t source, struct dns_book *book);

// The same form, which dns_file_read reads back: a line for each name, sorted.
void dns_answers_write(struct strbuf *out, const struct dns_book *book);
