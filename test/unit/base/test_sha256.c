// SPDX-License-Identifier: GPL-2.0-or-later
// SHA-256: the examples of FIPS 180-4, and every way of computing it gives the same.
#include "sha256_compress.h"
#include "unit.h"

#include <polc/base/sha256.h>
#include <polc/base/vec.h>
#include <string.h>

static const struct {
    const char *text, *hash;
} examples[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
     "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
};

START_TEST(examples_of_the_standard)
{
    for (size_t i = 0; i < ARRAY_COUNT(examples); i++) {
        char hash[65];
        sha256_hex(examples[i].text, strlen(examples[i].text), hash);
        ck_assert_str_eq(hash, examples[i].hash);
        sha256_hex_plain(examples[i].text, strlen(examples[i].text), hash);
        ck_assert_str_eq(hash, examples[i].hash);
    }
}
END_TEST

// Where the processor has no instructions for it, both are the same code.
START_TEST(both_ways_are_equal)
{
    enum { LONGEST = 1000 };
    uint8_t data[LONGEST];
    for (size_t i = 0; i < LONGEST; i++) {
        data[i] = (uint8_t)(i * i + 7 * i);
    }
    for (size_t size = 0; size <= LONGEST; size++) {
        char fast[65], plain[65];
        sha256_hex(data + LONGEST - size, size, fast);
        sha256_hex_plain(data + LONGEST - size, size, plain);
        ck_assert_str_eq(fast, plain);
    }
}
END_TEST

START_TEST(a_million_letters)
{
    enum { COUNT = 1000000 };
    char *text = malloc(COUNT);
    char hash[65];
    memset(text, 'a', COUNT);
    sha256_hex(text, COUNT, hash);
    free(text);
    ck_assert_str_eq(hash, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}
END_TEST

UNIT_TESTS("sha256", examples_of_the_standard, both_ways_are_equal, a_million_letters)
