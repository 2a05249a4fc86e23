// SPDX-License-Identifier: GPL-2.0-or-later
// The grammar of rule comments. Inside module nft only.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// "[pending ]ID in|out INDEX FILE:LINE": the length without the place, which is no part of what the rule is.
// Any other comment counts whole. NULL has length 0.
size_t comment_head(const char *comment);

// Length of the ID, when the comment is one of a policy's rule: "ID in|out NUMBER ...". 0 for any
// other.
size_t comment_id(const char *comment);

// The text behind "WORD " in a comment of the info chain; NULL when it is another one.
const char *comment_value(const char *comment, const char *word);

// "[pending ]ID in|out WHAT FILE:LINE": its parts, not terminated. `what` may be empty.
struct comment_parts {
    bool pending;
    const char *id, *what;
    size_t id_length, what_length;
    bool out;
};
// False for any other comment.
bool comment_split(const char *comment, struct comment_parts *ret);
