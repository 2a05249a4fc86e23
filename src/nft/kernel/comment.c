// SPDX-License-Identifier: GPL-2.0-or-later
// Rule comments -> their parts. Ids, directions, indexes and places hold no blanks.
#include "comment.h"

#include <polc/base.h>

#include "ruleset.h"

#include <ctype.h>
#include <string.h>

// Length of "ID in " or "ID out ", 0 when the comment does not begin so.
static size_t direction_end(const char *comment)
{
    size_t id = strcspn(comment, " ");
    if (id > 0 && text_begins(comment + id, " in ")) {
        return id + 4;
    }
    if (id > 0 && text_begins(comment + id, " out ")) {
        return id + 5;
    }
    return 0;
}

// Ends in ":NUMBER".
static bool is_place(const char *word)
{
    const char *colon = strrchr(word, ':');
    return colon != NULL && colon[1] != '\0' &&
           strspn(colon + 1, "0123456789") == strlen(colon + 1);
}

size_t comment_head(const char *comment)
{
    if (comment == NULL) {
        return 0;
    }
    const char *rest = comment_value(comment, PENDING_WORD);
    const char *own = rest != NULL ? rest : comment;
    size_t start = direction_end(own);
    const char *last = strrchr(own, ' ');
    if (start == 0 || last < own + start || !is_place(last + 1)) {
        return strlen(comment);
    }
    return (size_t)(last - comment);
}

size_t comment_id(const char *comment)
{
    size_t start = comment == NULL ? 0 : direction_end(comment);
    if (start == 0 || !isdigit((unsigned char)comment[start])) {
        return 0;
    }
    size_t digits = strspn(comment + start, "0123456789,-."); // "0,2,5-7" of rules that became one
    char after = comment[start + digits];
    return after == '\0' || after == ' ' ? strcspn(comment, " ") : 0;
}

bool comment_split(const char *comment, struct comment_parts *ret)
{
    const char *rest = comment_value(comment, PENDING_WORD);
    const char *own = rest != NULL ? rest : comment;
    size_t start = own == NULL ? 0 : direction_end(own);
    if (start == 0) {
        return false;
    }
    *ret = (struct comment_parts){.pending = rest != NULL,
                                  .id = own,
                                  .id_length = strcspn(own, " "),
                                  .what = own + start,
                                  .what_length = strcspn(own + start, " ")};
    ret->out = start - ret->id_length == sizeof " out";
    return true;
}

const char *comment_value(const char *comment, const char *word)
{
    size_t length = strlen(word);
    if (comment == NULL || strncmp(comment, word, length) != 0 || comment[length] != ' ') {
        return NULL;
    }
    return comment + length + 1;
}
