// SPDX-License-Identifier: GPL-2.0-or-later
// Text that cannot steer a terminal.
#include <polc/base/safe_text.h>

#include "excerpt.h"
#include <polc/base/utf8.h>

#include <polc/base/strbuf.h>
#include <stdlib.h>

enum { ESCAPE_MAX = 16, CHARACTER_MAX = 4 };

// The next character as it may be shown: *ret_size bytes, of the text itself or written to `escape`. Moves *text.
static const char *next_safe(const char **text, bool lines, char escape[ESCAPE_MAX],
                             size_t *ret_size)
{
    const char *at = *text;
    uint32_t character = 0;
    size_t size = utf8_read(at, strnlen(at, CHARACTER_MAX), &character);
    *text += size > 0 ? size : 1;
    if (size > 0 && (is_printable(character) || (character == '\n' && lines))) {
        *ret_size = size;
        return at;
    }
    if (size == 0) {
        strcpy(escape, REPLACEMENT);
    } else if (character == '\n' || character == '\t') {
        strcpy(escape, character == '\n' ? "\\n" : "\\t");
    } else {
        snprintf(escape, ESCAPE_MAX, "\\u%04x", character);
    }
    *ret_size = strlen(escape);
    return escape;
}

void safe_print(FILE *out, const char *text, bool lines)
{
    char escape[ESCAPE_MAX];
    size_t size;
    while (*text != '\0') {
        const char *piece = next_safe(&text, lines, escape, &size);
        fwrite(piece, 1, size, out);
    }
}

void safe_vprintf(FILE *out, const char *format, va_list args)
{
    char *text;
    if (vasprintf(&text, format, args) >= 0) {
        safe_print(out, text, true);
        free(text);
    }
}

const char *safe_text(struct arena *arena, const char *text)
{
    struct strbuf buffer = {.arena = arena};
    char escape[ESCAPE_MAX];
    size_t size;
    bool same = true;
    for (const char *at = text; *at != '\0' && same;) {
        same = next_safe(&at, false, escape, &size) != escape;
    }
    if (same) {
        return text;
    }
    while (*text != '\0') {
        const char *piece = next_safe(&text, false, escape, &size);
        strbuf_add_n(&buffer, piece, size);
    }
    return strbuf_text(&buffer);
}
