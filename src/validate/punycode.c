// SPDX-License-Identifier: GPL-2.0-or-later
// Punycode (RFC 3492): a label of a name with letters beyond ASCII -> ASCII. For hints: what a registry maps besides, such
// as letters of two code points, is left to it.
#include "punycode.h"

enum {
    BASE = 36,
    T_MIN = 1,
    T_MAX = 26,
    SKEW = 38,
    DAMP = 700,
    FIRST_BIAS = 72,
    FIRST_CODE = 0x80,
    LABEL_MAX = 63, // bytes; no label has more letters
};

// One code point of UTF-8 at *text, which is put behind it; -1 for what is none.
static int32_t read_code(const unsigned char **text)
{
    static const struct {
        unsigned char mask, lead;
        int32_t least;
    } forms[] = {{0x80, 0, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    for (size_t more = 0; more < ARRAY_COUNT(forms); more++) {
        if ((**text & forms[more].mask) != forms[more].lead) {
            continue;
        }
        int32_t code = *(*text)++ & (unsigned char)~forms[more].mask;
        for (size_t i = 0; i < more; i++) {
            if ((**text & 0xc0) != 0x80) {
                return -1;
            }
            code = code << 6 | (*(*text)++ & 0x3f);
        }
        return code >= forms[more].least ? code : -1;
    }
    return -1;
}

// Capitals of Latin-1, Greek and Russian; others stay.
static int32_t lower_code(int32_t code)
{
    bool capital = (code >= 'A' && code <= 'Z') || (code >= 0xc0 && code <= 0xde && code != 0xd7) ||
                   (code >= 0x391 && code <= 0x3a9) || (code >= 0x410 && code <= 0x42f);
    return capital ? code + 0x20 : code;
}

static uint32_t adapted_bias(uint32_t delta, uint32_t count, bool first)
{
    uint32_t k = 0;
    delta = first ? delta / DAMP : delta / 2;
    for (delta += delta / count; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE) {
        delta /= BASE - T_MIN;
    }
    return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static void add_number(struct strbuf *out, uint32_t number, uint32_t bias)
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    for (uint32_t k = BASE;; k += BASE) {
        uint32_t t = k <= bias + T_MIN ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;
        if (number < t) {
            strbuf_add_n(out, &digits[number], 1);
            return;
        }
        strbuf_add_n(out, &digits[t + (number - t) % (BASE - t)], 1);
        number = (number - t) / (BASE - t);
    }
}

// The codes from `code` on, each where it stands among the lower ones.
static void add_codes(struct strbuf *out, const int32_t *codes, size_t count, size_t basic)
{
    uint32_t delta = 0, bias = FIRST_BIAS;
    int32_t code = FIRST_CODE;
    for (size_t done = basic; done < count;) {
        int32_t next = INT32_MAX;
        for (size_t i = 0; i < count; i++) {
            next = codes[i] >= code && codes[i] < next ? codes[i] : next;
        }
        delta += (uint32_t)(next - code) * (uint32_t)(done + 1);
        for (size_t i = 0; i < count; i++) {
            delta += codes[i] < next;
            if (codes[i] == next) {
                add_number(out, delta, bias);
                bias = adapted_bias(delta, (uint32_t)done + 1, done == basic);
                delta = 0;
                done++;
            }
        }
        delta++;
        code = next + 1;
    }
}

static void add_label(struct strbuf *out, const int32_t *codes, size_t count)
{
    size_t basic = 0;
    for (size_t i = 0; i < count; i++) {
        basic += codes[i] < FIRST_CODE;
    }
    strbuf_add(out, basic < count ? "xn--" : "");
    for (size_t i = 0; i < count; i++) {
        if (codes[i] < FIRST_CODE) {
            strbuf_addf(out, "%c", (char)codes[i]);
        }
    }
    if (basic < count) {
        strbuf_add(out, basic > 0 ? "-" : "");
        add_codes(out, codes, count, basic);
    }
}

const char *name_in_ascii(struct arena *arena, const char *name)
{
    struct strbuf out = {.arena = arena};
    const unsigned char *at = (const unsigned char *)name;
    while (*at != '\0') {
        int32_t codes[LABEL_MAX];
        size_t count = 0;
        for (; *at != '\0' && *at != '.'; count++) {
            int32_t code = read_code(&at);
            if (code < 0 || count == LABEL_MAX) {
                return NULL;
            }
            codes[count] = lower_code(code);
        }
        add_label(&out, codes, count);
        strbuf_add(&out, *at == '.' ? "." : "");
        at += *at == '.';
    }
    return strbuf_text(&out);
}
