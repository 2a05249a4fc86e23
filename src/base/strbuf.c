// SPDX-License-Identifier: GPL-2.0-or-later
// The string builder.
#include <polc/base/strbuf.h>

#include <stdio.h>

enum { FIRST_SIZE = 64 };

void strbuf_add_n(struct strbuf *buffer, const char *text, size_t length)
{
    size_t needed = buffer->length + length + 1;
    if (needed > buffer->capacity) {
        size_t capacity = buffer->capacity > 0 ? buffer->capacity * 2 : FIRST_SIZE;
        while (capacity < needed) {
            capacity *= 2;
        }
        buffer->text = arena_grow(buffer->arena, buffer->text, buffer->capacity, capacity);
        buffer->capacity = capacity;
    }
    memcpy(buffer->text + buffer->length, text, length);
    buffer->length += length;
    buffer->text[buffer->length] = '\0';
}

void strbuf_add(struct strbuf *buffer, const char *text)
{
    strbuf_add_n(buffer, text, strlen(text));
}

void strbuf_addf(struct strbuf *buffer, const char *format, ...)
{
    char small[256];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    if (length >= 0 && (size_t)length < sizeof small) {
        strbuf_add_n(buffer, small, (size_t)length);
        return;
    }
    va_start(args, format);
    strbuf_add(buffer, arena_vprintf(buffer->arena, format, args));
    va_end(args);
}

const char *strbuf_text(const struct strbuf *buffer)
{
    return buffer->text != NULL ? buffer->text : "";
}
