// SPDX-License-Identifier: GPL-2.0-or-later
// Files of answers: names, aliases in any order, lines of /etc/hosts; what is no answer has its place; written and read
// back they are the same.
#include <polc/dns.h>

#include "unit.h"

struct parts {
    struct arena *arena;
    struct sources *sources;
    struct diags *diags;
    struct dns_book *book;
    bool fine;
};

static struct parts read_text(const char *text)
{
    struct parts parts = {.arena = arena_new(64 << 20)};
    parts.sources = sources_new(parts.arena);
    parts.diags = diags_new(parts.arena, parts.sources);
    parts.book = dns_book_new(parts.arena);
    uint32_t source = sources_add(parts.sources, "answers", text, strlen(text));
    parts.fine = dns_file_read(parts.arena, parts.sources, parts.diags, source, parts.book);
    return parts;
}

static const char *written(const struct parts *parts)
{
    struct strbuf text = {.arena = parts->arena};
    dns_answers_write(&text, parts->book);
    return strbuf_text(&text);
}

START_TEST(good)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"", ""},
        {"# nothing\n\n  \t# at all\n", ""},
        {"www.example.com 192.0.2.1", "www.example.com 192.0.2.1\n"},
        {"WWW.Example.com. 192.0.2.1\r\n", "www.example.com 192.0.2.1\n"},
        {"b.example 192.0.2.2 2001:DB8::1 192.0.2.1 # why\na.example 192.0.2.1\n",
         "a.example 192.0.2.1\nb.example 192.0.2.1 192.0.2.2 2001:db8::1\n"},
        {"a.example 192.0.2.1\na.example 192.0.2.2 192.0.2.1\n", "a.example 192.0.2.1 192.0.2.2\n"},
        // A name that has none.
        {"a.example\n", "a.example\n"},
        // Aliases, before and behind what they lead to, and in a row.
        {"www.example cdn.example\ncdn.example edge.example\nedge.example 192.0.2.1\n",
         "cdn.example 192.0.2.1\nedge.example 192.0.2.1\nwww.example 192.0.2.1\n"},
        {"edge.example 192.0.2.1\nwww.example edge.example 192.0.2.2\n",
         "edge.example 192.0.2.1\nwww.example 192.0.2.1 192.0.2.2\n"},
        {"www.example nowhere.example\n", "nowhere.example\nwww.example\n"},
        // Two ways to the same end are no loop.
        {"a b c\nb d\nc d\nd 192.0.2.1\n", "a 192.0.2.1\nb 192.0.2.1\nc 192.0.2.1\nd 192.0.2.1\n"},
        // /etc/hosts, whose own addresses open nothing.
        {"127.0.0.1 localhost\n::1 localhost ip6-localhost\nfe80::1%lo0 localhost\n"
         "::ffff:192.0.2.1 mapped\n192.0.2.7\tdb db.example\n",
         "db 192.0.2.7\ndb.example 192.0.2.7\nip6-localhost\nlocalhost\nmapped\n"},
        {"rebind.example 127.0.0.1 169.254.169.254 192.0.2.1\n", "rebind.example 192.0.2.1\n"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct parts parts = read_text(cases[i].text);
        ck_assert_msg(parts.fine, "%s", cases[i].text);
        ck_assert_str_eq(written(&parts), cases[i].expected);
        struct parts again = read_text(cases[i].expected);
        ck_assert(again.fine);
        ck_assert_str_eq(written(&again), cases[i].expected);
        arena_free(parts.arena);
        arena_free(again.arena);
    }
}
END_TEST

// What another name leads to is not what people ask for.
START_TEST(what_is_asked_for)
{
    struct parts parts = read_text("edge.example 192.0.2.1\nwww.example cdn.example\n"
                                   "cdn.example edge.example\n192.0.2.1 hosts.example\n");
    struct dns_view all = dns_book_all(parts.book);
    ck_assert(parts.fine);
    ck_assert_uint_eq(all.count, 4);
    for (size_t i = 0; i < all.count; i++) {
        const char *name = all.items[i]->name;
        bool asked = strcmp(name, "www.example") == 0 || strcmp(name, "hosts.example") == 0;
        ck_assert_int_eq(all.items[i]->followed, !asked);
    }
    arena_free(parts.arena);
}
END_TEST

START_TEST(bad)
{
    static const struct {
        const char *text, *message; // a part of it
        unsigned line, column, length;
    } cases[] = {
        {"*.example.com 192.0.2.1\n", "a wildcard", 1, 1, 13},
        {"a.example 10.0.0.300\n", "ends with a number", 1, 11, 10},
        {"\n  192.0.2.1 # none\n", "without a name", 2, 3, 9},
        {"192.0.2.1 a.example b..c\n", "empty component", 1, 21, 4},
        {"a.example 192.0.2.0/24\n", "\"/\"", 1, 11, 12},
        {"b\xc3\xbc"
         "cher 192.0.2.1 b\xc3\xbc"
         "cher\n",
         "ASCII", 1, 1, 6},
        {"192.0.2.1 b\xc3\xbcx\n", "ASCII", 1, 11, 3},
        {"a b\nb a\n", "leads back to itself", 2, 3, 1},
        {"a a\n", "leads back to itself", 1, 3, 1},
        {"a\xff 192.0.2.1\n", "ASCII", 1, 1, 2},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct parts parts = read_text(cases[i].text);
        size_t count;
        struct diag *const *all = diags_all(parts.diags, &count);
        ck_assert_msg(!parts.fine && count == 1, "%s: %zu", cases[i].text, count);
        ck_assert_msg(strstr(all[0]->message, cases[i].message) != NULL, "%s", all[0]->message);
        ck_assert_int_eq(all[0]->code, DIAG_F019);
        ck_assert_uint_eq(all[0]->loc.line, cases[i].line);
        ck_assert_uint_eq(all[0]->loc.column, cases[i].column);
        ck_assert_uint_eq(all[0]->loc.length, cases[i].length);
        arena_free(parts.arena);
    }
}
END_TEST

// A row of aliases n0 -> n1 -> ... -> the address; from the last one on, so that each is known before it is followed, or
// from the first.
static bool row_is_fine(int links, bool backwards)
{
    struct arena *arena = arena_new(1 << 20);
    struct strbuf text = {.arena = arena};
    for (int i = 0; i <= links; i++) {
        int at = backwards ? links - i : i;
        if (at == links) {
            strbuf_addf(&text, "a%dx 192.0.2.1\n", at);
        } else {
            strbuf_addf(&text, "a%dx a%dx\n", at, at + 1);
        }
    }
    struct parts parts = read_text(strbuf_text(&text));
    struct dns_view view;
    bool fine = parts.fine;
    size_t count;
    diags_all(parts.diags, &count);
    ck_assert_uint_le(count, (size_t)links / DNS_CHAIN_MAX);
    ck_assert(!fine || (dns_book_name(parts.book, "a0x", &view) && view.count == 1));
    arena_free(parts.arena);
    arena_free(arena);
    return fine;
}

START_TEST(rows_of_aliases)
{
    for (int backwards = 0; backwards <= 1; backwards++) {
        ck_assert(row_is_fine(DNS_CHAIN_MAX, backwards));
        ck_assert(!row_is_fine(DNS_CHAIN_MAX + 1, backwards));
        ck_assert(!row_is_fine(20 * DNS_CHAIN_MAX, backwards));
    }
}
END_TEST

// Each name leads to two of the next row, which all lead on: as many ways as there are stars, and one address.
START_TEST(many_ways)
{
    struct arena *arena = arena_new(1 << 20);
    struct strbuf text = {.arena = arena};
    for (int i = 0; i < DNS_CHAIN_MAX - 1; i++) {
        for (int j = 0; j < 8; j++) {
            strbuf_addf(&text, "r%d-%dx", i, j);
            for (int k = 0; k < 8; k++) {
                strbuf_addf(&text, " r%d-%dx", i + 1, k);
            }
            strbuf_add(&text, "\n");
        }
    }
    for (int j = 0; j < 8; j++) {
        strbuf_addf(&text, "r%d-%dx 192.0.2.%d\n", DNS_CHAIN_MAX - 1, j, j + 1);
    }
    struct parts parts = read_text(strbuf_text(&text));
    struct dns_view view;
    ck_assert(parts.fine);
    ck_assert(dns_book_name(parts.book, "r0-0x", &view));
    ck_assert_uint_eq(view.count, 8);
    arena_free(parts.arena);
    arena_free(arena);
}
END_TEST

UNIT_TESTS("file", good, what_is_asked_for, bad, rows_of_aliases, many_ways)
