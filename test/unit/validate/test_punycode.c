// SPDX-License-Identifier: GPL-2.0-or-later
// Names with letters beyond ASCII in their "xn--" form; the samples are of RFC 3492 and of names in use.
#include "punycode.h"
#include "unit.h"

static const struct {
    const char *name, *ascii; // NULL: none
} names[] = {
    {"example.com", "example.com"},
    {"Example.COM", "example.com"},
    {"b\xc3\xbc"
     "cher.example",
     "xn--bcher-kva.example"},
    {"B\xc3\x9c"
     "CHER.example",
     "xn--bcher-kva.example"},
    {"*.m\xc3\xbcnchen.de.", "*.xn--mnchen-3ya.de."},
    {"\xe4\xb8\xad\xe5\x9b\xbd", "xn--fiqs8s"},
    {"\xd0\xbf\xd1\x80\xd0\xb8\xd0\xbc\xd0\xb5\xd1\x80.\xd1\x80\xd1\x84", "xn--e1afmkfd.xn--p1ai"},
    // RFC 3492, 7.1: (L) 3B, with ASCII and Japanese letters; (B) Chinese.
    {"3\xe5\xb9\xb4"
     "b\xe7\xb5\x84\xe9\x87\x91\xe5\x85\xab\xe5\x85\x88\xe7\x94\x9f",
     "xn--3b-ww4c5e180e575a65lsy2b"},
    {"\xe4\xbb\x96\xe4\xbb\xac\xe4\xb8\xba\xe4\xbb\x80\xe4\xb9\x88\xe4\xb8\x8d\xe8\xaf\xb4"
     "\xe4\xb8\xad\xe6\x96\x87",
     "xn--ihqwcrb4cv8a8dqg056pqjye"},
    {"\xf0\x9f\x92\xa9.la", "xn--ls8h.la"},
    {"\xff.example", NULL},
    {"\xc3", NULL},
    {"\xc0\xaf", NULL}, // "/" in two bytes
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL},
};

START_TEST(known_names)
{
    struct arena *arena = arena_new(1 << 20);
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        const char *ascii = name_in_ascii(arena, names[i].name);
        ck_assert_msg((ascii == NULL) == (names[i].ascii == NULL), "%zu", i);
        if (ascii != NULL) {
            ck_assert_str_eq(ascii, names[i].ascii);
        }
    }
    arena_free(arena);
}
END_TEST

UNIT_TESTS("validate punycode", known_names)
