// SPDX-License-Identifier: GPL-2.0-or-later
// Places of nodes -> bytes of the text. A place counts characters; every value found by one is compared with what the
// loader read there, so that a place that is not exact is never written to.
#include "internal.h"

bool span_is_blank(char character)
{
    return character == ' ' || character == '\t' || character == '\r' || character == '\n';
}

static size_t skip_characters(struct edit_text text, size_t at, size_t count)
{
    while (at < text.size && count > 0) {
        at++;
        while (at < text.size && ((unsigned char)text.text[at] & 0xc0) == 0x80) {
            at++;
        }
        count--;
    }
    return count > 0 ? SIZE_MAX : at;
}

size_t span_offset(const struct editor *editor, struct loc loc)
{
    size_t length;
    const char *line = sources_line(editor->sources, loc, &length);
    if (line == NULL || loc.column == 0 || loc.column == UINT16_MAX) {
        return SIZE_MAX;
    }
    return skip_characters(editor->text, (size_t)(line - editor->text.text), loc.column - 1u);
}

size_t span_behind_properties(const struct editor *editor, size_t at)
{
    struct edit_text text = editor->text;
    while (at < text.size && (text.text[at] == '&' || text.text[at] == '!')) {
        while (at < text.size && !span_is_blank(text.text[at])) {
            at++;
        }
        while (at < text.size && span_is_blank(text.text[at])) {
            at++;
        }
    }
    return at;
}

static bool is_quote(char character)
{
    return character == '"' || character == '\'';
}

size_t span_key(const struct editor *editor, const struct node *child)
{
    size_t at = span_offset(editor, child->key_loc);
    size_t length = strlen(child->key);
    if (at == SIZE_MAX || editor->text.size - at < length ||
        memcmp(editor->text.text + at, child->key, length) != 0) {
        return SIZE_MAX;
    }
    return at > 0 && is_quote(editor->text.text[at - 1]) ? at - 1 : at;
}

bool span_is_alias(const struct node *child)
{
    return loc_compare(child->loc, child->key_loc) < 0;
}

// "kind: *name": behind the key, its quote and the colon.
static bool find_alias(const struct editor *editor, const struct node *child, struct span *ret)
{
    struct edit_text text = editor->text;
    size_t at = span_offset(editor, child->key_loc);
    if (at == SIZE_MAX) {
        return false;
    }
    at += strlen(child->key);
    while (at < text.size &&
           (span_is_blank(text.text[at]) || is_quote(text.text[at]) || text.text[at] == ':')) {
        at++;
    }
    ret->start = at;
    while (at < text.size && !span_is_blank(text.text[at]) &&
           strchr(",]}", text.text[at]) == NULL) {
        at++;
    }
    ret->end = at;
    return at > ret->start && text.text[ret->start] == '*';
}

bool span_value(const struct editor *editor, const struct node *child, struct span *ret)
{
    if (span_is_alias(child)) {
        return find_alias(editor, child, ret);
    }
    if (child->type != NODE_SCALAR) {
        return false;
    }
    size_t start = span_offset(editor, child->loc);
    size_t end =
        start != SIZE_MAX ? skip_characters(editor->text, start, child->loc.length) : SIZE_MAX;
    size_t length = strlen(child->text);
    if (end == SIZE_MAX || end - start < length ||
        memcmp(editor->text.text + end - length, child->text, length) != 0) {
        return false;
    }
    // In front of it may stand an anchor and a tag.
    *ret = (struct span){end - length, end};
    return true;
}
