// SPDX-License-Identifier: GPL-2.0-or-later
// Selector fields: length, syntax, and the place of a mistake inside the text.
#include "values.h"

enum { EXCERPT = 40 }; // bytes of a selector that are shown when its place is not known exactly

static size_t utf8_length(const char *text, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < size; i++) {
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    }
    return count;
}

static bool stands_as_written(const struct node *node)
{
    return node->style != NODE_BLOCK && node->loc.length == utf8_length(node->text, node->size);
}

struct loc loc_inside(const struct node *node, size_t offset, size_t length)
{
    struct loc loc = node->loc;
    if (!stands_as_written(node)) {
        return loc;
    }
    size_t column = loc.column + utf8_length(node->text, offset);
    size_t characters = utf8_length(node->text + offset, length);
    loc.column = (uint16_t)(column > UINT16_MAX ? UINT16_MAX : column);
    loc.length = (uint16_t)(characters == 0 ? 1 : characters);
    return loc;
}

static void report_syntax(struct res_decoder *decoder, const struct node *node,
                          const struct sel_error *error)
{
    struct loc loc = loc_inside(node, error->offset, error->length);
    struct diag *diag = diag_report(decoder->diags, DIAG_V001, loc, "%s (in %s)", error->message,
                                    field_name(decoder));
    if (stands_as_written(node)) {
        if (error->label != NULL) {
            diag_label(diag, "%s", error->label);
        }
        return;
    }
    size_t left = node->size - error->offset;
    diag_label(diag, "%s%sat: %.*s", error->label != NULL ? error->label : "",
               error->label != NULL ? ", " : "", (int)(left < EXCERPT ? left : EXCERPT),
               node->text + error->offset);
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\n")] == '\0';
}

void field_selector(struct res_decoder *decoder, const struct node *node, void *target,
                    const void *arg)
{
    (void)arg;
    struct res_selector *selector = target;
    if (!scalar_string(decoder, node)) {
        return;
    }
    selector->text = keep_text(decoder, node);
    size_t characters = utf8_length(node->text, node->size);
    if (characters > SEL_MAX_TEXT) {
        struct diag *diag = diag_report(decoder->diags, DIAG_V002, node->loc,
                                        "%s has %zu characters; %d are allowed",
                                        field_name(decoder), characters, SEL_MAX_TEXT);
        diag_hint(diag,
                  "give the endpoints a label of their own and select that, or write \"in {...}\"");
        return;
    }
    if (is_blank(node->text)) {
        return;
    }
    struct sel_error error = {0};
    selector->tree = sel_parse(decoder->arena, node->text, node->size, &error);
    if (selector->tree == NULL) {
        report_syntax(decoder, node, &error);
    }
}
