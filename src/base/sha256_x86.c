// SPDX-License-Identifier: GPL-2.0-or-later
// SHA-256 by the SHA extensions of x86: two rounds an instruction, about ten times as fast as plain C. The state stands
// in two registers as the instructions want it: A B E F and C D G H, highest word first.
#include "sha256_compress.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#include <stdbool.h>

#define WITH_SHA __attribute__((target("sha,sse4.1,ssse3")))

struct halves {
    __m128i abef, cdgh;
};

WITH_SHA static struct halves halves_load(const uint32_t state[8])
{
    __m128i low = _mm_loadu_si128((const __m128i *)(const void *)state);        // D C B A
    __m128i high = _mm_loadu_si128((const __m128i *)(const void *)(state + 4)); // H G F E
    low = _mm_shuffle_epi32(low, 0xb1);                                         // C D A B
    high = _mm_shuffle_epi32(high, 0x1b);                                       // E F G H
    return (struct halves){_mm_alignr_epi8(low, high, 8), _mm_blend_epi16(high, low, 0xf0)};
}

WITH_SHA static void halves_store(struct halves halves, uint32_t state[8])
{
    __m128i low = _mm_shuffle_epi32(halves.abef, 0x1b);  // F E B A
    __m128i high = _mm_shuffle_epi32(halves.cdgh, 0xb1); // D C H G
    _mm_storeu_si128((__m128i *)(void *)state, _mm_blend_epi16(low, high, 0xf0));
    _mm_storeu_si128((__m128i *)(void *)(state + 4), _mm_alignr_epi8(high, low, 8));
}

WITH_SHA static struct halves four_rounds(struct halves halves, __m128i words, int round)
{
    __m128i sums = _mm_add_epi32(
        words, _mm_loadu_si128((const __m128i *)(const void *)(sha256_constants + round)));
    halves.cdgh = _mm_sha256rnds2_epu32(halves.cdgh, halves.abef, sums);
    sums = _mm_shuffle_epi32(sums, 0x0e);
    halves.abef = _mm_sha256rnds2_epu32(halves.abef, halves.cdgh, sums);
    return halves;
}

// The next four words of the message schedule from the sixteen before them.
WITH_SHA static __m128i next_words(const __m128i w[4])
{
    __m128i sum = _mm_sha256msg1_epu32(w[0], w[1]);
    sum = _mm_add_epi32(sum, _mm_alignr_epi8(w[3], w[2], 4));
    return _mm_sha256msg2_epu32(sum, w[3]);
}

WITH_SHA static struct halves one_block(struct halves halves, const uint8_t *block)
{
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    struct halves before = halves;
    __m128i w[4];
    for (int i = 0; i < 4; i++) {
        w[i] = _mm_loadu_si128((const __m128i *)(const void *)(block + 16 * i));
        w[i] = _mm_shuffle_epi8(w[i], swap);
        halves = four_rounds(halves, w[i], 4 * i);
    }
    for (int round = 16; round < SHA256_ROUNDS; round += 4) {
        __m128i next = next_words(w);
        w[0] = w[1];
        w[1] = w[2];
        w[2] = w[3];
        w[3] = next;
        halves = four_rounds(halves, next, round);
    }
    return (struct halves){_mm_add_epi32(halves.abef, before.abef),
                           _mm_add_epi32(halves.cdgh, before.cdgh)};
}

WITH_SHA static void compress(uint32_t state[8], const uint8_t *blocks, size_t count)
{
    struct halves halves = halves_load(state);
    for (size_t i = 0; i < count; i++) {
        halves = one_block(halves, blocks + i * SHA256_BLOCK);
    }
    halves_store(halves, state);
}

static bool processor_has_it(void)
{
    unsigned a, b, c, d;
    bool sse = __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_SSSE3) != 0 && (c & bit_SSE4_1) != 0;
    return sse && __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & bit_SHA) != 0;
}

// Asked once: under a hypervisor the question takes longer than a thousand blocks.
sha256_compress_fn sha256_compress_x86(void)
{
    static enum { NOT_ASKED, ABSENT, PRESENT } answer;
    if (answer == NOT_ASKED) {
        answer = processor_has_it() ? PRESENT : ABSENT;
    }
    return answer == PRESENT ? compress : NULL;
}
#else
sha256_compress_fn sha256_compress_x86(void)
{
    return NULL;
}
#endif
