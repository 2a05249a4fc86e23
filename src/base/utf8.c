// SPDX-License-Identifier: GPL-2.0-or-later
// One UTF-8 character at a time.
#include <polc/base/utf8.h>

enum { SURROGATES = 0xd800, BEHIND_SURROGATES = 0xe000, LAST_CHARACTER = 0x10ffff };

size_t utf8_read(const char *text, size_t left, uint32_t *ret_character)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char lead = (unsigned char)text[0];
    if (lead < 0x80) {
        *ret_character = lead;
        return 1;
    }
    size_t size = lead >= 0xf8 ? 0 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 0;
    if (size == 0 || size > left) {
        return 0;
    }
    uint32_t character = lead & (0xffu >> (size + 1));
    for (size_t i = 1; i < size; i++) {
        if (((unsigned char)text[i] & 0xc0) != 0x80) {
            return 0;
        }
        character = character << 6 | ((unsigned char)text[i] & 0x3f);
    }
    if (character < smallest[size] || character > LAST_CHARACTER ||
        (character >= SURROGATES && character < BEHIND_SURROGATES)) {
        return 0;
    }
    *ret_character = character;
    return size;
}
