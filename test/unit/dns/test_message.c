// SPDX-License-Identifier: GPL-2.0-or-later
// DNS messages: what is taken of an answer, what is refused, and what is none of ours. A table of messages, written as
// RFC 1035 draws them; every beginning of each well-formed one is refused, and none of them is read past its end.
#include <polc/dns.h>

#include "unit.h"

// ID 0x1234; flags; counts of questions, answers, authorities, additionals.
#define HEADER(flags, counts) "\x12\x34" flags counts
#define ANSWER                "\x81\x80"
#define COUNTS(q, a, n, x)    "\0" q "\0" a "\0" n "\0" x
#define WWW                   "\3www\7example\3com\0" // at 12; its example.com at 16, com at 24
#define ASKED                 "\xc0\x0c"
#define A_IN                  "\0\1\0\1"
#define AAAA_IN               "\0\x1c\0\1"
#define CNAME_IN              "\0\5\0\1"
#define TTL_60                "\0\0\0\x3c"
#define TTL_10                "\0\0\0\x0a"
#define IP_1                  "\0\4\xc0\0\2\1" // behind the length of the data
#define IP_2                  "\0\4\xc0\0\2\2"
#define IP6_1                 "\0\x10\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
#define A_1                   ASKED A_IN TTL_60 IP_1
#define OPT                   "\0\0\x29\4\xd0\0\0\0\0\0\0"
#define CDN                   "\3cdn\3net\0"
#define CNAME_CDN             ASKED CNAME_IN TTL_60 "\0\x09" CDN
#define LABEL_63                                                                                   \
    "\x3f"                                                                                         \
    "a23456789012345678901234567890123456789012345678901234567890123"

static const struct message {
    const char *what, *bytes;
    size_t size;
    enum dns_status status;
    const char *expected; // of an answer
} messages[] = {
#define M(what, status, expected, bytes)                                                           \
    {                                                                                              \
        what, bytes, sizeof(bytes) - 1, status, expected                                           \
    }
    M("one address", DNS_FINE, "www.example.com 192.0.2.1/60",
      HEADER(ANSWER, COUNTS("\1", "\1", "\0", "\0")) WWW A_IN A_1),
    M("the name written out again", DNS_FINE, "www.example.com 192.0.2.1/60",
      HEADER(ANSWER, COUNTS("\1", "\1", "\0", "\0")) WWW A_IN WWW A_IN TTL_60 IP_1),
    M("letter case is the same (RFC 4343)", DNS_FINE, "www.example.com 192.0.2.1/60",
      HEADER(ANSWER, COUNTS("\1", "\1", "\0", "\0")) "\3wWw\7ExAmple\3COM\0" A_IN
                                                     "\3WWW\7eXample\3com\0" A_IN TTL_60 IP_1),
    M("IPv6", DNS_FINE, "www.example.com 2001:db8::1/60",
      HEADER(ANSWER, COUNTS("\1", "\1", "\0", "\0")) WWW AAAA_IN ASKED AAAA_IN TTL_60 IP6_1),
    M("two, sorted, the least time for both (RFC 2181, 5.2)", DNS_FINE,
      "www.example.com 192.0.2.1/10 192.0.2.2/10",
      HEADER(ANSWER, COUNTS("\1", "\2", "\0", "\0")) WWW A_IN ASKED A_IN TTL_10 IP_2 A_1),
    M("the same twice", DNS_FINE, "www.example.com 192.0.2.1/60",
      HEADER(ANSWER, COUNTS("\1", "\2", "\0", "\0")) WWW A_IN A_1 A_1),
    M("a CNAME, least of the chain", DNS_FINE, "www.example.com cdn.net 192.0.2.1/10",
      HEADER(ANSWER, COUNTS("\1", "\2", "\0", "\0")) WWW A_IN ASKED CNAME_IN TTL_10
      "\0\x09" CDN CDN A_IN TTL_60 IP_1),
    M("a chain in any order, compressed", DNS_FINE,
      "www.example.com cdn.net edge.cdn.net 192.0.2.1/60",
      HEADER(ANSWER, COUNTS("\1", "\3", "\0", "\0")) WWW A_IN
      "\4edge" CDN A_IN TTL_60 IP_1 CDN CNAME_IN TTL_60 "\0\7"
      "\4edge\xc0\x26" CNAME_CDN),
    M("a chain whose end has no address", DNS_FINE, "www.example.com cdn.net",
      HEADER(ANSWER, COUNTS("\1", "\1", "\0", "\0")) WWW A_IN CNAME_CDN),
    M("what is beside the chain is not taken", DNS_FINE, "www.example.com 192.0.2.1/60",
      HEADER(ANSWER, COUNTS("\1", "\2", "\0", "\0")) WWW A_IN CDN A_IN TTL_60 IP_2 A_1),
    M("nor what is of another type", DNS_FINE, "www.example.com 192.0.2.1/60",
      HEADER(ANSWER, COUNTS("\1", "\2", "\0", "\0")) WWW A_IN ASKED AAAA_IN TTL_60 IP6_1 A_1),
    M("nor what is in other sections", DNS_FINE, "www.example.com",
      HEADER(ANSWER, COUNTS("\1", "\0", "\1", "\1")) WWW A_IN A_1 A_1),
    M("nor of another class", DNS_FINE, "www.example.com",
      HEADER(ANSWER, COUNTS("\1", "\1", "\0", "\0")) WWW A_IN ASKED "\0\1\0\3" TTL_60 IP_1),
    M("nor a parent's address", DNS_FINE, "www.example.com",
      HEADER(ANSWER, COUNTS("\1", "\1", "\0", "\0")) WWW A_IN "\xc0\x10" A_IN TTL_60 IP_1),
    M("a time with its highest bit is none (RFC 2181, 8)", DNS_FINE, "www.example.com 192.0.2.1/0",
      HEADER(ANSWER, COUNTS("\1", "\1", "\0", "\0")) WWW A_IN ASKED A_IN "\x80\0\0\1" IP_1),
    M("no longer than a week (RFC 8767)", DNS_FINE, "www.example.com 192.0.2.1/604800",
      HEADER(ANSWER, COUNTS("\1", "\1", "\0", "\0")) WWW A_IN ASKED A_IN "\x7f\xff\xff\xff" IP_1),
    M("no such name", DNS_FINE, "www.example.com rcode 3",
      HEADER("\x81\x83", COUNTS("\1", "\0", "\0", "\0")) WWW A_IN),
    M("cut off, and so it says", DNS_FINE, "www.example.com truncated",
      HEADER("\x83\x80", COUNTS("\1", "\0", "\0", "\0")) WWW A_IN),
    M("EDNS", DNS_FINE, "www.example.com 192.0.2.1/60",
      HEADER(ANSWER, COUNTS("\1", "\1", "\0", "\1")) WWW A_IN A_1 OPT),
    M("EDNS with an upper code and options (RFC 6891)", DNS_FINE, "www.example.com rcode 16",
      HEADER(ANSWER, COUNTS("\1", "\0", "\0", "\1")) WWW A_IN "\0\0\x29\4\xd0\1\0\0\0\0\x0a"
                                                              "\0\x0a\0\2xy"
                                                              "\0\x0b\0\0"),
    M("a target that is no canonical name is left out, not the rest", DNS_FINE,
      "www.example.com 192.0.2.1/60",
      HEADER(ANSWER, COUNTS("\1", "\2", "\0", "\0")) WWW A_IN ASKED CNAME_IN TTL_60
      "\0\5\3a b\0"
      "\3A b\0" A_IN TTL_60 IP_1),
    M("a dot inside of a label is another name", DNS_FINE, "www.example.com",
      HEADER(ANSWER, COUNTS("\1", "\1", "\0", "\0")) WWW A_IN
      "\x0bwww.example\3com\0" A_IN TTL_60 IP_1),
    M("the same CNAME twice", DNS_FINE, "www.example.com cdn.net",
      HEADER(ANSWER, COUNTS("\1", "\2", "\0", "\0")) WWW A_IN CNAME_CDN CNAME_CDN),

    M("a query", DNS_OTHER, NULL, HEADER("\1\0", COUNTS("\1", "\0", "\0", "\0")) WWW A_IN),
    M("another opcode", DNS_OTHER, NULL,
      HEADER("\xa8\0", COUNTS("\1", "\1", "\0", "\0")) WWW A_IN A_1),
    M("no question", DNS_OTHER, NULL, HEADER("\x81\x85", COUNTS("\0", "\0", "\0", "\0"))),
    M("a question for a text", DNS_OTHER, NULL,
      HEADER(ANSWER, COUNTS("\1", "\0", "\0", "\0")) WWW "\0\x10\0\1"),
    M("a question for all", DNS_OTHER, NULL,
      HEADER(ANSWER, COUNTS("\1", "\1", "\0", "\0")) WWW "\0\xff\0\1" A_1),
    M("another class", DNS_OTHER, NULL,
      HEADER(ANSWER, COUNTS("\1", "\0", "\0", "\0")) WWW "\0\1\0\3"),
    M("the root", DNS_OTHER, NULL, HEADER(ANSWER, COUNTS("\1", "\0", "\0", "\0")) "\0" A_IN),
    M("a name with a blank", DNS_OTHER, NULL,
      HEADER(ANSWER, COUNTS("\1", "\0", "\0", "\0")) "\3a b\0" A_IN),
    M("a name with a NUL", DNS_OTHER, NULL,
      HEADER(ANSWER, COUNTS("\1", "\0", "\0", "\0")) "\3a\0b\0" A_IN),
    M("a name with a dot in a label", DNS_OTHER, NULL,
      HEADER(ANSWER, COUNTS("\1", "\0", "\0", "\0")) "\3a.b\0" A_IN),
    M("a wildcard as a name", DNS_OTHER, NULL,
      HEADER(ANSWER, COUNTS("\1", "\0", "\0", "\0")) "\1*\3com\0" A_IN),
    M("an address as a name", DNS_OTHER, NULL,
      HEADER(ANSWER, COUNTS("\1", "\0", "\0", "\0")) "\003192\0010\0012\0011\0" A_IN),

    M("nothing", DNS_MALFORMED, NULL, ""),
    M("two questions", DNS_MALFORMED, NULL,
      HEADER(ANSWER, COUNTS("\2", "\0", "\0", "\0")) WWW A_IN WWW A_IN),
    M("more answers than there are", DNS_MALFORMED, NULL,
      HEADER(ANSWER, COUNTS("\1", "\2", "\0", "\0")) WWW A_IN A_1),
    M("fewer answers than there are", DNS_MALFORMED, NULL,
      HEADER(ANSWER, COUNTS("\1", "\1", "\0", "\0")) WWW A_IN A_1 A_1),
    M("a byte behind the end", DNS_MALFORMED, NULL,
      HEADER(ANSWER, COUNTS("\1", "\1", "\0", "\0")) WWW A_IN A_1 "\0"),
    M("a count of 65535", DNS_MALFORMED, NULL, HEADER(ANSWER, "\0\1\xff\xff\0\0\0\0") WWW A_IN A_1),
    M("a pointer to itself", DNS_MALFORMED, NULL,
      HEADER(ANSWER, COUNTS("\1", "\0", "\0", "\0")) "\xc0\x0c" A_IN),
    M("a pointer forward", DNS_MALFORMED, NULL,
      HEADER(ANSWER, COUNTS("\1", "\0", "\0", "\0")) "\xc0\x12" A_IN WWW),
    M("a pointer behind the end", DNS_MALFORMED, NULL,
      HEADER(ANSWER, COUNTS("\1", "\1", "\0", "\0")) WWW A_IN "\xff\xff" A_IN TTL_60 IP_1),
    M("a pointer into the header", DNS_MALFORMED, NULL,
      HEADER(ANSWER, COUNTS("\1", "\1", "\0", "\0")) WWW A_IN "\xc0\4" A_IN TTL_60 IP_1),
    M("a pointer into its own name", DNS_MALFORMED, NULL,
      HEADER(ANSWER, COUNTS("\1", "\1", "\0", "\0")) WWW A_IN "\1a\xc0\x21" A_IN TTL_60 IP_1),
    M("half a pointer", DNS_MALFORMED, NULL,
      HEADER(ANSWER, COUNTS("\1", "\1", "\0", "\0")) WWW A_IN "\xc0"),
    M("two pointers at each other", DNS_MALFORMED, NULL,
      HEADER(ANSWER, COUNTS("\1", "\2", "\0", "\0")) WWW A_IN "\xc0\x31" A_IN TTL_60 IP_1
                                                              "\xc0\x21" A_IN TTL_60 IP_1),
    M("a label of 64 bytes", DNS_MALFORMED, NULL,
      HEADER(ANSWER, COUNTS("\1", "\0", "\0", "\0")) "\x40"
                                                     "a" LABEL_63 "\0" A_IN),
    M("a label of the old kinds", DNS_MALFORMED, NULL,
      HEADER(ANSWER, COUNTS("\1", "\0", "\0", "\0")) "\x80"
                                                     "a\0" A_IN),
    M("a name of 257 bytes", DNS_MALFORMED, NULL,
      HEADER(ANSWER, COUNTS("\1", "\0", "\0", "\0")) LABEL_63 LABEL_63 LABEL_63 LABEL_63 "\0" A_IN),
    M("a name that never ends", DNS_MALFORMED, NULL,
      HEADER(ANSWER, COUNTS("\1", "\0", "\0", "\0")) "\3www"),
    M("an address of five bytes", DNS_MALFORMED, NULL,
      HEADER(ANSWER, COUNTS("\1", "\1", "\0", "\0")) WWW A_IN ASKED A_IN TTL_60 "\0\5\xc0\0\2\1\1"),
    M("an IPv6 address of four bytes", DNS_MALFORMED, NULL,
      HEADER(ANSWER, COUNTS("\1", "\1", "\0", "\0")) WWW AAAA_IN ASKED AAAA_IN TTL_60 IP_1),
    M("data that is longer than the message", DNS_MALFORMED, NULL,
      HEADER(ANSWER, COUNTS("\1", "\1", "\0", "\0")) WWW A_IN ASKED "\0\x10\0\1" TTL_60 "\xff\xff"
                                                                    "ab"),
    M("a CNAME shorter than its data", DNS_MALFORMED, NULL,
      HEADER(ANSWER, COUNTS("\1", "\1", "\0", "\0")) WWW A_IN ASKED CNAME_IN TTL_60 "\0\x0a" CDN
                                                                                    "\0"),
    M("a CNAME longer than its data", DNS_MALFORMED, NULL,
      HEADER(ANSWER, COUNTS("\1", "\1", "\0", "\0")) WWW A_IN ASKED CNAME_IN TTL_60 "\0\x08" CDN),
    M("two targets of one name", DNS_MALFORMED, NULL,
      HEADER(ANSWER, COUNTS("\1", "\2", "\0", "\0")) WWW A_IN CNAME_CDN ASKED CNAME_IN TTL_60
      "\0\x05\3net\0"),
    M("a CNAME beside an address (RFC 2181, 10.1)", DNS_MALFORMED, NULL,
      HEADER(ANSWER, COUNTS("\1", "\2", "\0", "\0")) WWW A_IN CNAME_CDN A_1),
    M("a CNAME to itself", DNS_MALFORMED, NULL,
      HEADER(ANSWER, COUNTS("\1", "\1", "\0", "\0")) WWW A_IN ASKED CNAME_IN TTL_60 "\0\2" ASKED),
    M("a loop of two", DNS_MALFORMED, NULL,
      HEADER(ANSWER, COUNTS("\1", "\2", "\0", "\0")) WWW A_IN CNAME_CDN CDN CNAME_IN TTL_60
      "\0\2" ASKED),
    M("EDNS twice", DNS_MALFORMED, NULL,
      HEADER(ANSWER, COUNTS("\1", "\0", "\0", "\2")) WWW A_IN OPT OPT),
    M("EDNS of a name", DNS_MALFORMED, NULL,
      HEADER(ANSWER, COUNTS("\1", "\0", "\0", "\1")) WWW A_IN ASKED "\0\x29\4\xd0\0\0\0\0\0\0"),
    M("EDNS among the answers", DNS_MALFORMED, NULL,
      HEADER(ANSWER, COUNTS("\1", "\1", "\0", "\0")) WWW A_IN OPT),
    M("an option longer than its record", DNS_MALFORMED, NULL,
      HEADER(ANSWER, COUNTS("\1", "\0", "\0", "\1")) WWW A_IN "\0\0\x29\4\xd0\0\0\0\0\0\4"
                                                              "\0\x0a\0\1"),
    M("half an option", DNS_MALFORMED, NULL,
      HEADER(ANSWER, COUNTS("\1", "\0", "\0", "\1")) WWW A_IN "\0\0\x29\4\xd0\0\0\0\0\0\2"
                                                              "\0\x0a"),
#undef M
};

static const char *text_of(struct arena *arena, const struct dns_answer *answer)
{
    struct strbuf text = {.arena = arena};
    char buffer[IP_TEXT_MAX];
    for (size_t i = 0; i < answer->names.count; i++) {
        strbuf_addf(&text, "%s%s", i > 0 ? " " : "", answer->names.items[i]);
    }
    for (size_t i = 0; i < answer->addresses.count; i++) {
        strbuf_addf(&text, " %s/%u", ip_addr_text(answer->addresses.items[i].addr, buffer),
                    answer->addresses.items[i].ttl);
    }
    if (answer->rcode != 0) {
        strbuf_addf(&text, " rcode %u", answer->rcode);
    }
    strbuf_add(&text, answer->truncated ? " truncated" : "");
    return strbuf_text(&text);
}

// In memory of its own size, so that a sanitizer sees a byte too far.
static enum dns_status parse(struct arena *arena, const char *bytes, size_t size,
                             struct dns_answer *ret)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);
    memcpy(copy, bytes, size);
    enum dns_status status = dns_parse_answer(arena, copy, size, ret);
    free(copy);
    return status;
}

START_TEST(answers)
{
    struct arena *arena = arena_new(16 << 20);
    for (size_t i = 0; i < ARRAY_COUNT(messages); i++) {
        const struct message *m = &messages[i];
        struct dns_answer answer = {0};
        enum dns_status status = parse(arena, m->bytes, m->size, &answer);
        ck_assert_msg(status == m->status, "%s: status %d", m->what, status);
        if (status == DNS_FINE) {
            ck_assert_uint_eq(answer.id, 0x1234);
            ck_assert_str_eq(answer.question, answer.names.items[0]);
            const char *text = text_of(arena, &answer);
            ck_assert_msg(strcmp(text, m->expected) == 0, "%s: %s", m->what, text);
        }
    }
    arena_free(arena);
}
END_TEST

START_TEST(every_beginning_is_refused)
{
    struct arena *arena = arena_new(16 << 20);
    for (size_t i = 0; i < ARRAY_COUNT(messages); i++) {
        const struct message *m = &messages[i];
        for (size_t size = 0; m->status == DNS_FINE && size < m->size; size++) {
            struct dns_answer answer;
            ck_assert_msg(parse(arena, m->bytes, size, &answer) == DNS_MALFORMED, "%s: %zu bytes",
                          m->what, size);
        }
    }
    arena_free(arena);
}
END_TEST

START_TEST(queries)
{
    static const struct {
        const char *bytes;
        size_t size;
        enum dns_status status;
    } cases[] = {
#define M(status, bytes) {bytes, sizeof(bytes) - 1, status}
        M(DNS_FINE, HEADER("\1\0", COUNTS("\1", "\0", "\0", "\0")) WWW AAAA_IN),
        M(DNS_FINE, HEADER("\1\x20", COUNTS("\1", "\0", "\0", "\1")) WWW AAAA_IN OPT),
        M(DNS_OTHER, HEADER(ANSWER, COUNTS("\1", "\0", "\0", "\0")) WWW AAAA_IN),
        M(DNS_OTHER, HEADER("\1\0", COUNTS("\1", "\0", "\0", "\0")) WWW "\0\x0f\0\1"),
        M(DNS_OTHER, HEADER("\x28\0", COUNTS("\1", "\0", "\0", "\0")) WWW AAAA_IN),
        M(DNS_MALFORMED, HEADER("\1\0", COUNTS("\1", "\0", "\0", "\0")) WWW AAAA_IN "x"),
        M(DNS_MALFORMED, HEADER("\1\0", COUNTS("\1", "\0", "\0", "\1")) WWW AAAA_IN),
        M(DNS_MALFORMED, "\x12\x34\1\0\0"),
#undef M
    };
    struct arena *arena = arena_new(1 << 20);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct dns_query query;
        enum dns_status status =
            dns_parse_query(arena, (const uint8_t *)cases[i].bytes, cases[i].size, &query);
        ck_assert_msg(status == cases[i].status, "%zu: status %d", i, status);
        if (status == DNS_FINE) {
            ck_assert_uint_eq(query.id, 0x1234);
            ck_assert_uint_eq(query.qtype, DNS_TYPE_AAAA);
            ck_assert_str_eq(query.question, "www.example.com");
        }
    }
    arena_free(arena);
}
END_TEST

// ---- messages that are made --------------------------------------------------------------------------------------------

struct maker {
    uint8_t bytes[65535];
    size_t size;
};

static void put(struct maker *maker, const void *bytes, size_t size)
{
    ck_assert_uint_le(maker->size + size, sizeof maker->bytes);
    memcpy(maker->bytes + maker->size, bytes, size);
    maker->size += size;
}

#define PUT(maker, literal) put((maker), (literal), sizeof(literal) - 1)

static void begin(struct maker *maker, unsigned count)
{
    maker->size = 0;
    PUT(maker, "\x12\x34" ANSWER "\0\1");
    put(maker, (const uint8_t[]){(uint8_t)(count >> 8), (uint8_t)count}, 2);
    PUT(maker, "\0\0\0\0"
               "\1a\0" A_IN);
}

// CNAMEs a -> b -> c ..., and the address of the last.
static enum dns_status parse_chain(struct arena *arena, unsigned links, struct dns_answer *ret)
{
    static struct maker maker;
    begin(&maker, links + 1);
    for (unsigned i = 0; i < links; i++) {
        put(&maker, (const uint8_t[]){1, (uint8_t)('a' + i), 0}, 3);
        PUT(&maker, CNAME_IN TTL_60 "\0\3");
        put(&maker, (const uint8_t[]){1, (uint8_t)('a' + i + 1), 0}, 3);
    }
    put(&maker, (const uint8_t[]){1, (uint8_t)('a' + links), 0}, 3);
    PUT(&maker, A_IN TTL_60 IP_1);
    return dns_parse_answer(arena, maker.bytes, maker.size, ret);
}

START_TEST(long_chains)
{
    struct arena *arena = arena_new(1 << 20);
    struct dns_answer answer;
    ck_assert_int_eq(parse_chain(arena, DNS_CHAIN_MAX, &answer), DNS_FINE);
    ck_assert_uint_eq(answer.names.count, DNS_CHAIN_MAX + 1);
    ck_assert_uint_eq(answer.addresses.count, 1);
    ck_assert_int_eq(parse_chain(arena, DNS_CHAIN_MAX + 1, &answer), DNS_MALFORMED);
    arena_free(arena);
}
END_TEST

// Each record's owner points to the one before: a name may not take more jumps than it may have labels.
START_TEST(chains_of_pointers)
{
    static struct maker maker;
    struct arena *arena = arena_new(64 << 20);
    struct dns_answer answer;
    for (unsigned records = 126; records <= 127; records++) {
        begin(&maker, records);
        size_t before = 12;
        for (unsigned i = 0; i < records; i++) {
            size_t here = maker.size;
            put(&maker, (const uint8_t[]){(uint8_t)(0xc0 | before >> 8), (uint8_t)before}, 2);
            PUT(&maker, A_IN TTL_60 "\0\4\xc0\0\2");
            put(&maker, (const uint8_t[]){(uint8_t)i}, 1);
            before = here;
        }
        ck_assert_int_eq(dns_parse_answer(arena, maker.bytes, maker.size, &answer), DNS_FINE);
        ck_assert_uint_eq(answer.addresses.count, records);
    }
    put(&maker,
        (const uint8_t[]){(uint8_t)(0xc0 | (maker.size - 16) >> 8), (uint8_t)(maker.size - 16)}, 2);
    PUT(&maker, A_IN TTL_60 IP_1);
    maker.bytes[7] = 128;
    ck_assert_int_eq(dns_parse_answer(arena, maker.bytes, maker.size, &answer), DNS_MALFORMED);
    arena_free(arena);
}
END_TEST

// The longest message, full of addresses, and one full of CNAMEs beside the chain.
START_TEST(full_messages)
{
    static struct maker maker;
    struct arena *arena = arena_new(64 << 20);
    struct dns_answer answer;
    unsigned count = 4000;
    begin(&maker, count);
    for (unsigned i = count; i > 0; i--) {
        PUT(&maker, ASKED A_IN TTL_60 "\0\4\x0a\1");
        put(&maker, (const uint8_t[]){(uint8_t)(i >> 8), (uint8_t)i}, 2);
    }
    ck_assert_int_eq(dns_parse_answer(arena, maker.bytes, maker.size, &answer), DNS_FINE);
    ck_assert_uint_eq(answer.addresses.count, count);
    ck_assert_uint_eq(answer.addresses.items[0].addr.bytes[3], 1);
    begin(&maker, count);
    for (unsigned i = 0; i < count; i++) {
        PUT(&maker, "\1b\0" CNAME_IN TTL_60 "\0\2" ASKED);
    }
    ck_assert_int_eq(dns_parse_answer(arena, maker.bytes, maker.size, &answer), DNS_FINE);
    ck_assert_uint_eq(answer.names.count, 1);
    arena_free(arena);
}
END_TEST

UNIT_TESTS("message", answers, every_beginning_is_refused, queries, long_chains, chains_of_pointers,
           full_messages)
