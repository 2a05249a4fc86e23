// SPDX-License-Identifier: GPL-2.0-or-later
// Names and comments: stable under changes elsewhere, legal in nft's grammar, short enough for the kernel.
#include "lower.h"

#include <ctype.h>
#include <inttypes.h>

// Leaves room in a comment for direction, index and place, and in a chain name for suffixes.
enum { ID_MAX = 72, HASH_DIGITS = 12 };

uint64_t name_hash(uint64_t hash, const void *data, size_t size)
{
    const unsigned char *bytes = data;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ bytes[i]) * 0x100000001b3u;
    }
    return hash;
}

const char *short_id(struct arena *arena, const char *id)
{
    size_t length = strlen(id);
    if (length <= ID_MAX) {
        return id;
    }
    uint64_t hash = name_hash(NAME_HASH_INIT, id, length);
    return arena_printf(arena, "%.*s.%012" PRIx64, ID_MAX - HASH_DIGITS - 1, id, hash >> 16);
}

const char *direction_text(int direction)
{
    return direction == PLAN_IN ? "in" : "out";
}

// nft's quoted strings know no escapes, and a place must be one word.
static void replace_bad(char *text, bool one_word)
{
    for (; *text != '\0'; text++) {
        if (*text == '"') {
            *text = '\'';
        } else if (!isprint((unsigned char)*text) || (one_word && *text == ' ')) {
            *text = '_';
        }
    }
}

const char *clean_comment(struct arena *arena, const char *text)
{
    char *copy = arena_strndup(arena, text, strnlen(text, RULE_COMMENT_MAX));
    replace_bad(copy, false);
    return copy;
}

const char *rule_comment(const struct lower *lower, const char *id, int direction, const char *what,
                         struct loc loc)
{
    char *head = arena_printf(lower->arena, "%s %s %s", short_id(lower->arena, id),
                              direction_text(direction), what);
    if (loc.line == 0) {
        return clean_comment(lower->arena, head);
    }
    char *place = arena_strdup(lower->arena, loc_short(lower->arena, lower->sources, loc));
    replace_bad(place, true);
    size_t room = RULE_COMMENT_MAX - strlen(head) - 1;
    size_t length = strlen(place);
    const char *tail = length > room ? place + length - room : place;
    return arena_printf(lower->arena, "%s %s", head, tail);
}

const char *nft_root_text(struct arena *arena, const char *root)
{
    enum { ROOT_MAX = RULE_COMMENT_MAX - sizeof "root" }; // with the blank behind the word
    return clean_comment(arena, arena_strndup(arena, root, strnlen(root, ROOT_MAX)));
}

const char *nft_policy_id(struct arena *arena, const char *id)
{
    return short_id(arena, id);
}
