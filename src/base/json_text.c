// SPDX-License-Identifier: GPL-2.0-or-later
// JSON string escapes.
#include <polc/base/json_text.h>
#include <polc/base/utf8.h>

#include <string.h>

static void print_ascii(FILE *out, unsigned char character)
{
    switch (character) {
    case '"':
    case '\\':
        fprintf(out, "\\%c", character);
        break;
    case '\n':
        fputs("\\n", out);
        break;
    case '\t':
        fputs("\\t", out);
        break;
    case '\r':
        fputs("\\r", out);
        break;
    default:
        fprintf(out, character < 0x20 || character == 0x7f ? "\\u%04x" : "%c", character);
    }
}

void json_text_print(FILE *out, const char *text)
{
    if (text == NULL) {
        fputs("null", out);
        return;
    }
    fputc('"', out);
    size_t left = strlen(text);
    while (left > 0) {
        uint32_t character;
        size_t size = utf8_read(text, left, &character);
        if (size == 0) {
            fputs("\\ufffd", out);
            size = 1;
        } else if (size == 1) {
            print_ascii(out, (unsigned char)character);
        } else {
            fwrite(text, 1, size, out);
        }
        text += size;
        left -= size;
    }
    fputc('"', out);
}
