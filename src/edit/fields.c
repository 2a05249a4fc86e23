// SPDX-License-Identifier: GPL-2.0-or-later
// One object and what it is to become -> edits: the values of apiVersion and kind, or the two written into an item that
// has them from its list; and a field of its spec that goes.
#include "internal.h"

__attribute__((format(printf, 3, 4))) static void fail(struct editor *editor, struct loc loc,
                                                       const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (!editor->failed) {
        editor->failed = true;
        editor->problem = (struct edit_problem){loc, arena_vprintf(editor->arena, format, args)};
    }
    va_end(args);
}

static void add_edit(struct editor *editor, size_t start, size_t end, const char *text)
{
    vec_push(editor->arena, &editor->edits, (struct edit){start, end, text});
}

static char byte_at(const struct editor *editor, size_t at)
{
    return at < editor->text.size ? editor->text.text[at] : '\0';
}

// Whether a map is written in braces.
static bool is_flow(const struct editor *editor, const struct node *map, size_t *ret_brace)
{
    size_t at = span_offset(editor, map->loc);
    *ret_brace = at != SIZE_MAX ? span_behind_properties(editor, at) : SIZE_MAX;
    return byte_at(editor, *ret_brace) == '{';
}

static const char *line_break(struct edit_text text)
{
    const char *first = memchr(text.text, '\n', text.size);
    return first != NULL && first > text.text && first[-1] == '\r' ? "\r\n" : "\n";
}

// ---- values that are there, and such that are not ------------------------------------------------------------------

static void replace_value(struct editor *editor, const struct node *child, const char *value)
{
    struct span span;
    if (span_value(editor, child, &span)) {
        add_edit(editor, span.start, span.end, value);
    } else if (child->loc.column == UINT16_MAX) {
        fail(editor, child->loc,
             "its line is too long for places in it to be exact; lay the file out in lines first");
    } else {
        fail(editor, child->loc, "it is not written as it is read; write it as \"%s: %s\"",
             child->key, child->text);
    }
}

static const char *field_text(struct editor *editor, const char *key, const char *value,
                              bool quoted)
{
    return arena_printf(editor->arena, quoted ? "\"%s\": \"%s\"" : "%s: %s", key, value);
}

// What stands between the brace and the first key, for standing between the new field and that key.
static const char *flow_layout(struct editor *editor, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (!span_is_blank(editor->text.text[i])) {
            return " ";
        }
    }
    return to > from ? arena_strndup(editor->arena, editor->text.text + from, to - from) : " ";
}

// In front of the first field of an object that has none of its own: the item of a typed list.
static void insert_field(struct editor *editor, const struct node *root, const char *key,
                         const char *value)
{
    size_t brace;
    size_t at = root->first != NULL ? span_key(editor, root->first) : SIZE_MAX;
    bool flow = is_flow(editor, root, &brace);
    if (at == SIZE_MAX || brace == SIZE_MAX) {
        fail(editor, root->loc, "there is no place for \"%s: %s\" in it; write it into it", key,
             value);
        return;
    }
    const char *field = field_text(editor, key, value, byte_at(editor, at) == '"');
    size_t indent = root->first->key_loc.column - 1u -
                    (byte_at(editor, at) == '"' || byte_at(editor, at) == '\'');
    const char *text =
        flow ? arena_printf(editor->arena, "%s,%s", field, flow_layout(editor, brace + 1, at))
             : arena_printf(editor->arena, "%s%s%*s", field, line_break(editor->text), (int)indent,
                            "");
    add_edit(editor, at, at, text);
}

static void set_field(struct editor *editor, const struct node *root, const char *key,
                      const char *inherited, const char *value)
{
    const struct node *child = node_get(root, key);
    if (child == NULL || node_is_null(child)) {
        if (strcmp(inherited, value) == 0) {
            return;
        }
        child == NULL
            ? insert_field(editor, root, key, value)
            : fail(editor, child->key_loc, "\"%s\" is empty here and comes from the list", key);
    } else if (child->type != NODE_SCALAR) {
        fail(editor, child->key_loc, "\"%s\" is no text here, and the list has another", key);
    } else if (strcmp(child->text, value) != 0) {
        replace_value(editor, child, value);
    }
}

// ---- a field that goes -----------------------------------------------------------------------------------------------

// The lines of the field, with the comment behind it.
static bool drop_lines(struct editor *editor, size_t start, size_t end)
{
    struct edit_text text = editor->text;
    while (start > 0 && text.text[start - 1] == ' ') {
        start--;
    }
    while (end < text.size && (text.text[end] == ' ' || text.text[end] == '\t')) {
        end++;
    }
    bool alone = (start == 0 || text.text[start - 1] == '\n') &&
                 (end == text.size || strchr("#\r\n", text.text[end]) != NULL);
    const char *line_end = end < text.size ? memchr(text.text + end, '\n', text.size - end) : NULL;
    if (alone) {
        add_edit(editor, start, line_end != NULL ? (size_t)(line_end + 1 - text.text) : text.size,
                 "");
    }
    return alone;
}

// The last field in braces, with the comma in front of it. One that stands in front of a line break stays: there may be a
// comment, and YAML allows it. So may one behind the last field.
static void drop_last(struct editor *editor, size_t start, size_t end)
{
    struct edit_text text = editor->text;
    size_t behind = end, comma = start;
    while (behind < text.size && span_is_blank(text.text[behind])) {
        behind++;
    }
    if (byte_at(editor, behind) == ',') {
        if (!drop_lines(editor, start, behind + 1)) {
            add_edit(editor, start, behind + 1, "");
        }
        return;
    }
    while (comma > 0 && span_is_blank(text.text[comma - 1])) {
        comma--;
    }
    bool json = text.text[start] == '"';
    bool same_line = memchr(text.text + comma, '\n', start - comma) == NULL;
    bool takes = comma > 0 && text.text[comma - 1] == ',' && (json || same_line);
    add_edit(editor, takes ? comma - 1 : start, end, "");
}

static bool drop_in_braces(struct editor *editor, const struct node *child, size_t start,
                           size_t end)
{
    size_t next = child->next != NULL ? span_key(editor, child->next) : SIZE_MAX;
    if (child->next == NULL) {
        drop_last(editor, start, end);
        return true;
    }
    add_edit(editor, start, next, "");
    return next != SIZE_MAX && next > end;
}

static void drop_field(struct editor *editor, const struct node *root, const char *key)
{
    const struct node *spec = node_get(root, "spec");
    const struct node *child = node_get(spec, key);
    size_t brace;
    struct span value;
    if (child == NULL) {
        return;
    }
    if (span_is_alias(spec)) {
        fail(editor, spec->key_loc,
             "its \"spec\" is an alias, and \"%s\" stands in what others may share; write the spec "
             "out",
             key);
        return;
    }
    size_t start = span_key(editor, child);
    bool found = start != SIZE_MAX && span_value(editor, child, &value);
    if (found) {
        bool quoted = byte_at(editor, value.end) == '"' || byte_at(editor, value.end) == '\'';
        value.end += quoted && value.end > value.start;
        found = is_flow(editor, spec, &brace) ? drop_in_braces(editor, child, start, value.end)
                                              : drop_lines(editor, start, value.end);
    }
    if (!found) {
        fail(editor, child->key_loc, "\"%s\" cannot be taken out by itself; remove it by hand",
             key);
    }
}

void fields_edit(struct editor *editor, const struct edit_wish *wish,
                 const struct load_object *object)
{
    if (wish->api_version != NULL) {
        set_field(editor, object->root, "apiVersion", object->api_version, wish->api_version);
    }
    set_field(editor, object->root, "kind", object->kind, wish->kind);
    if (wish->without != NULL) {
        drop_field(editor, object->root, wish->without);
    }
}
