// SPDX-License-Identifier: GPL-2.0-or-later
// Eight bytes of text at a time. A mark is the high bit of a byte; the first byte of the text is the lowest of the word.
#pragma once

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { WORD = sizeof(uint64_t) };

#define EACH(byte) (UINT64_C(0x0101010101010101) * (unsigned char)(byte))

static inline uint64_t word_at(const char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return le64toh(word);
}

// Marks the bytes that are less than `byte`, at most 0x80. Behind the first one, others may be marked by mistake.
static inline uint64_t marks_below(uint64_t word, unsigned char byte)
{
    return (word - EACH(byte)) & ~word & EACH(0x80);
}

// Marks a byte's occurrences. Behind the first one, others may be marked by mistake.
static inline uint64_t marks_of(uint64_t word, char byte)
{
    return marks_below(word ^ EACH(byte), 1);
}

// Where the first mark is, or the first byte that is not 0; `marks` is not 0.
static inline size_t first_mark(uint64_t marks)
{
    return (size_t)__builtin_ctzll(marks) / 8;
}

// The sum of eight bytes that are 0 or 1.
static inline size_t count_ones(uint64_t ones)
{
    return (size_t)((ones * EACH(1)) >> 56);
}
