// SPDX-License-Identifier: GPL-2.0-or-later
// metadata: the name first, because every later message names the object by it. Other metadata is
// of no importance.
#include "meta.h"
#include "scalar.h"

static void meta_name(struct res_decoder *decoder, const struct node *node, void *target,
                      const void *arg)
{
    struct res_meta *meta = target;
    const enum name_form *form = arg;
    if (!scalar_string(decoder, node)) {
        return;
    }
    meta->loc = node->loc;
    if (node->size == 0) {
        return;
    }
    meta->name = keep(decoder, node->text, node->size);
    const char *problem = name_problem(*form, meta->name);
    if (problem != NULL) {
        struct diag *diag =
            diag_report(decoder->diags, DIAG_P011, node->loc, "\"%s\" cannot be the name of a %s",
                        meta->name, res_kind_info(meta->kind)->name);
        diag_label(diag, "%s", problem);
    }
}

static void meta_namespace(struct res_decoder *decoder, const struct node *node, void *target,
                           const void *arg)
{
    (void)arg;
    struct res_meta *meta = target;
    if (!scalar_string(decoder, node) || node->size == 0) {
        return;
    }
    if (!res_kind_info(meta->kind)->namespaced) {
        struct diag *diag =
            diag_report(decoder->diags, DIAG_P012, node->key_loc,
                        "%s is in no namespace: its kind is global", object_name(decoder));
        diag_label(diag, "remove this line");
        return;
    }
    meta->ns = keep(decoder, node->text, node->size);
    if (!name_is_dns_label(meta->ns)) {
        struct diag *diag = diag_report(decoder->diags, DIAG_P011, node->loc,
                                        "\"%s\" cannot be the name of a namespace", meta->ns);
        diag_label(diag, "it may hold only a-z, 0-9 and \"-\", and 63 bytes at most");
    }
}

static void meta_labels(struct res_decoder *decoder, const struct node *node, void *target,
                        const void *arg)
{
    (void)arg;
    struct res_meta *meta = target;
    struct label_list list = decode_labels(decoder, node);
    meta->labels = list.items;
    meta->label_count = list.count;
}

static void meta_annotations(struct res_decoder *decoder, const struct node *node, void *target,
                             const void *arg)
{
    (void)arg;
    struct res_meta *meta = target;
    struct label_list list = decode_annotations(decoder, node);
    meta->annotations = list.items;
    meta->annotation_count = list.count;
}

bool res_counts_rules(const struct res_meta *meta)
{
    for (size_t i = 0; i < meta->annotation_count; i++) {
        if (strcmp(meta->annotations[i].key, "polc.io/rule-counters") == 0) {
            return strcmp(meta->annotations[i].value, "true") == 0;
        }
    }
    return false;
}

// Nothing stands where the name should; what is wrong there was reported already.
static bool is_nameless(const struct node *metadata)
{
    const struct node *name = node_get(metadata, "name");
    return metadata == NULL || node_is_null(metadata) ||
           (metadata->type == NODE_MAP && (name == NULL || node_is_null(name) || name->size == 0));
}

static void report_nameless(struct res_decoder *decoder, const struct node *metadata)
{
    const struct res_meta *meta = decoder->meta;
    struct loc loc = metadata != NULL ? metadata->key_loc : meta->start;
    struct diag *diag = diag_report(decoder->diags, DIAG_P010, loc, "this %s has no name",
                                    res_kind_info(meta->kind)->name);
    if (meta->generate_name != NULL) {
        diag_label(diag, "\"generateName\" makes one only when a cluster stores the object");
    }
    diag_hint(diag, "metadata:\n  name: NAME");
}

void meta_decode(struct res_decoder *decoder, const struct load_object *object, enum res_kind kind,
                 enum name_form form, bool annotations, struct res_meta *meta)
{
    const struct field rows[] = {
        {"generateName", field_string, offsetof(struct res_meta, generate_name), NULL},
        {"name", meta_name, 0, &form},
        {"namespace", meta_namespace, 0, NULL},
        {"labels", meta_labels, 0, NULL},
        {"annotations", annotations ? meta_annotations : NULL, 0, NULL},
    };
    const struct fields fields = FIELDS(rows);
    *meta = (struct res_meta){
        .kind = (uint8_t)kind, .loc = object->root->loc, .start = object->root->loc};
    if (res_kind_info(kind)->namespaced) {
        meta->ns = keep(decoder, "default", strlen("default"));
    }
    decoder->meta = meta;
    decoder->depth = 0;
    const struct node *metadata = node_get(object->root, "metadata");
    if (metadata != NULL && !node_is_null(metadata)) {
        path_push(decoder, "metadata");
        decode_map_in_part(decoder, metadata, &fields, meta);
        path_pop(decoder);
    }
    if (is_nameless(metadata)) {
        report_nameless(decoder, metadata);
    }
    meta->name = meta->name == NULL ? "" : meta->name;
}
