// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of module edit share.
#pragma once

#include <polc/edit.h>

// One source that is being edited.
struct editor {
    struct arena *arena;
    struct sources *sources;
    struct edit_text text;
    struct edits edits; // in the order in which they were found
    struct edit_problem problem;
    bool failed;
};

// span.c: nodes -> bytes. SIZE_MAX: the place is not known exactly, or the text there is not what was read.
size_t span_offset(const struct editor *editor, struct loc loc);
// Behind the anchor and the tag that may stand before a value.
size_t span_behind_properties(const struct editor *editor, size_t at);
// Where a key begins, with its quote.
size_t span_key(const struct editor *editor, const struct node *child);
// The text of a scalar as it is written, without quotes, or the alias that stands for it.
struct span {
    size_t start, end;
};
bool span_value(const struct editor *editor, const struct node *child, struct span *ret);
// Whether what belongs to the key stands elsewhere: it is written as an alias.
bool span_is_alias(const struct node *child);
bool span_is_blank(char character);

// fields.c: what is edited in one object.
void fields_edit(struct editor *editor, const struct edit_wish *wish,
                 const struct load_object *object);
