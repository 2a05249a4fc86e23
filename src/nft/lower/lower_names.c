// SPDX-License-Identifier: GPL-2.0-or-later
// Names and comments: stable under changes elsewhere, legal in nft's grammar, short enough for the kernel.
#include "lower.h"

#include <ctype.h>
#include <inttypes.h>
#include <polc/base/sha256.h>

// Leaves room in a comment for direction, index and place, and in a chain name for suffixes.
enum { ID_MAX = 72, DIGEST_DIGITS = 20 };

// FNV-1a.
static uint64_t add_to_hash(uint64_t hash, const char *text)
{
    for (; *text != '\0'; text++) {
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    }
    return hash;
}

const char *hashed_name(struct lower *lower, const char *prefix, const char *identity)
{
    uint64_t hash = add_to_hash(0xcbf29ce484222325u, identity);
    for (;;) {
        const char *name = arena_printf(lower->arena, "%s%012" PRIx64, prefix, hash >> 16);
        const char *known = strmap_put(lower->identities, name, (void *)identity);
        if (known == identity || strcmp(known, identity) == 0) {
            return name;
        }
        hash = add_to_hash(hash, "+"); // two contents with one hash must not share a set or a chain
    }
}

const char *short_id(struct arena *arena, const char *id)
{
    size_t length = strlen(id);
    if (length <= ID_MAX) {
        return id;
    }
    // Nobody can make two ids that look the same: no name of a policy or tier holds a "_".
    char digest[65];
    sha256_hex(id, length, digest);
    return arena_printf(arena, "%.*s_%.*s", ID_MAX - DIGEST_DIGITS - 1, id, DIGEST_DIGITS, digest);
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
    struct arena *scratch = lower->scratch; // there is a comment for each rule
    struct arena_mark mark = arena_mark(scratch);
    char *head =
        arena_printf(scratch, "%s %s %s", short_id(scratch, id), direction_text(direction), what);
    const char *comment;
    if (loc.line == 0) {
        comment = clean_comment(lower->arena, head);
    } else {
        char *place = arena_strdup(scratch, loc_short(scratch, lower->sources, loc));
        replace_bad(place, true);
        size_t room = RULE_COMMENT_MAX - strlen(head) - 1;
        size_t length = strlen(place);
        const char *tail = length > room ? place + length - room : place;
        comment = arena_printf(lower->arena, "%s %s", head, tail);
    }
    arena_rewind(scratch, mark);
    return comment;
}

const char *pending_comment(const struct lower *lower, const char *comment)
{
    size_t length = strlen(PENDING_WORD) + 1 + strlen(comment);
    size_t excess = length > RULE_COMMENT_MAX ? length - RULE_COMMENT_MAX : 0;
    const char *last = strrchr(comment, ' ') + 1; // the place, whose end says most
    return arena_printf(lower->arena, "%s %.*s%s", PENDING_WORD, (int)(last - comment), comment,
                        last + excess);
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
