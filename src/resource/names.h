// SPDX-License-Identifier: GPL-2.0-or-later
// Syntax of names, labels and annotations (semantics.md 1.2).
#pragma once

#include "decode.h"

// What metadata.name of a kind may look like.
enum name_form {
    NAME_SUBDOMAIN, // any DNS-1123 subdomain
    NAME_LABEL,     // one DNS label
    NAME_POLICY,    // label or label.label, or knp.default.SUBDOMAIN, ossg.default.SUBDOMAIN
    NAME_GLOBAL_POLICY,
    NAME_DEFAULT, // "default"
    NAME_FELIX,   // "default" or node.NAME
};

bool name_is_dns_label(const char *text);

// Each returns NULL, or what is wrong, as the end of a sentence about the text.
const char *name_problem(enum name_form form, const char *text);
const char *label_key_problem(const char *key);

// A list of labels, into struct label_list. Reports keys and values that Kubernetes refuses.
struct label_list {
    struct res_label *items;
    size_t count;
};
struct label_list decode_labels(struct res_decoder *decoder, const struct node *node);

// The same for annotations: any value, keys in either letter case, a limit on their size.
struct label_list decode_annotations(struct res_decoder *decoder, const struct node *node);
