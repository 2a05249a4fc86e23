// SPDX-License-Identifier: GPL-2.0-or-later
// Walks maps and lists by field tables, keeps the path to the field at hand, and reports what no
// table knows.
#include "scalar.h"

void path_push(struct res_decoder *decoder, const char *name)
{
    if (decoder->depth == DECODE_MAX_PATH) {
        POLC_UNREACHABLE("field tables nested deeper than DECODE_MAX_PATH");
    }
    decoder->path[decoder->depth++] = (struct path_step){name, -1};
}

void path_pop(struct res_decoder *decoder)
{
    decoder->depth--;
}

static void add_step(struct strbuf *buffer, const struct path_step *step)
{
    strbuf_add(buffer, step->name);
    if (step->index >= 0) {
        strbuf_addf(buffer, "[%lld]", (long long)step->index);
    }
}

const char *field_name(struct res_decoder *decoder)
{
    if (decoder->depth == 0) {
        return "the object";
    }
    struct strbuf buffer = {.arena = decoder->arena};
    add_step(&buffer, &decoder->path[decoder->depth - 1]);
    return arena_printf(decoder->arena, "\"%s\"", strbuf_text(&buffer));
}

const char *object_name(struct res_decoder *decoder)
{
    const char *kind = res_kind_info(decoder->meta->kind)->name;
    if (decoder->meta->name == NULL || decoder->meta->name[0] == '\0') {
        return arena_printf(decoder->arena, "a %s without a name", kind);
    }
    return arena_printf(decoder->arena, "%s %s", kind,
                        res_full_name(decoder->arena, decoder->meta));
}

// Where the field stands: "GlobalNetworkPolicy web" or "ingress[0].source of GlobalNetworkPolicy web".
static const char *place_name(struct res_decoder *decoder)
{
    size_t first = decoder->depth > 0 && strcmp(decoder->path[0].name, "spec") == 0;
    if (first == decoder->depth) {
        return object_name(decoder);
    }
    struct strbuf buffer = {.arena = decoder->arena};
    for (size_t i = first; i < decoder->depth; i++) {
        strbuf_add(&buffer, i == first ? "" : ".");
        add_step(&buffer, &decoder->path[i]);
    }
    strbuf_addf(&buffer, " of %s", object_name(decoder));
    return strbuf_text(&buffer);
}

const char *keep(struct res_decoder *decoder, const char *text, size_t length)
{
    return strtab_intern(decoder->strings, text, length);
}

struct res_text keep_text(struct res_decoder *decoder, const struct node *node)
{
    return (struct res_text){keep(decoder, node->text, node->size), node->loc};
}

bool report_type(struct res_decoder *decoder, const struct node *node, const char *what)
{
    struct diag *diag = diag_report(decoder->diags, DIAG_P020, node->loc, "%s must be %s, not %s",
                                    field_name(decoder), what, node_type_text(node));
    diag_label(diag, "in %s", object_name(decoder));
    return false;
}

bool is_set(const struct node *map, const char *name)
{
    const struct node *child = node_get(map, name);
    return child != NULL && !node_is_null(child);
}

void report_missing(struct res_decoder *decoder, struct loc loc, const char *name)
{
    diag_report(decoder->diags, DIAG_P025, loc, "%s needs \"%s\" in %s", field_name(decoder), name,
                object_name(decoder));
}

static const struct field *find_row(const struct fields *fields, const char *name)
{
    for (size_t i = 0; i < fields->count; i++) {
        if (strcmp(fields->rows[i].name, name) == 0) {
            return &fields->rows[i];
        }
    }
    return NULL;
}

static const char *best_field(struct res_decoder *decoder, const struct fields *fields,
                              const char *name)
{
    const char **names = arena_array_of(decoder->arena, const char *, fields->count);
    for (size_t i = 0; i < fields->count; i++) {
        names[i] = fields->rows[i].name;
    }
    return spell_best(name, names, fields->count);
}

static void report_unknown(struct res_decoder *decoder, const struct node *node,
                           const struct fields *fields)
{
    struct diag *diag = diag_report(decoder->diags, DIAG_P021, node->key_loc,
                                    "unknown field \"%s\" in %s", node->key, place_name(decoder));
    if (fields->wider != NULL && find_row(fields->wider, node->key) != NULL) {
        diag_label(diag, "only %s has this field", fields->wider_kind);
        return;
    }
    const char *best = best_field(decoder, fields, node->key);
    if (best != NULL) {
        diag_label(diag, "did you mean \"%s\"?", best);
    }
}

static void decode_row(struct res_decoder *decoder, const struct field *row,
                       const struct node *node, void *target)
{
    if (row->decode == NULL || node_is_null(node)) {
        return;
    }
    path_push(decoder, row->name);
    row->decode(decoder, node, (char *)target + row->offset, row->arg);
    path_pop(decoder);
}

bool decode_map(struct res_decoder *decoder, const struct node *node, const struct fields *fields,
                void *target)
{
    if (node->type != NODE_MAP) {
        return report_type(decoder, node, "a map");
    }
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        const struct field *row = find_row(fields, child->key);
        if (row == NULL) {
            report_unknown(decoder, child, fields);
        } else {
            decode_row(decoder, row, child, target);
        }
    }
    return true;
}

bool decode_map_in_part(struct res_decoder *decoder, const struct node *node,
                        const struct fields *fields, void *target)
{
    if (node->type != NODE_MAP) {
        return report_type(decoder, node, "a map");
    }
    for (size_t i = 0; i < fields->count; i++) {
        const struct node *child = node_get(node, fields->rows[i].name);
        if (child != NULL) {
            decode_row(decoder, &fields->rows[i], child, target);
        }
    }
    return true;
}

void field_map(struct res_decoder *decoder, const struct node *node, void *target, const void *arg)
{
    decode_map(decoder, node, arg, target);
}

void field_map_in_part(struct res_decoder *decoder, const struct node *node, void *target,
                       const void *arg)
{
    decode_map_in_part(decoder, node, arg, target);
}

void decode_list(struct res_decoder *decoder, const struct node *node, size_t max, field_fn item,
                 void *target, const void *arg)
{
    if (node->type != NODE_LIST) {
        report_type(decoder, node, "a list");
        return;
    }
    if (max != 0 && node->size > max) {
        struct diag *diag =
            diag_report(decoder->diags, DIAG_P026, node->loc, "%s has %u entries; %zu are allowed",
                        field_name(decoder), node->size, max);
        diag_label(diag, "in %s", object_name(decoder));
        return;
    }
    struct path_step *step = &decoder->path[decoder->depth - 1];
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        step->index++;
        item(decoder, child, target, arg);
    }
    step->index = -1;
}
