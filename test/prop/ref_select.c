// SPDX-License-Identifier: GPL-2.0-or-later
// Reference: selectors on labels (semantics.md 2.4, 2.6).
#include "ref.h"

const char *ref_label(const struct ref_object *object, const char *key)
{
    for (size_t i = 0; i < object->labels.count; i++) {
        if (strcmp(object->labels.items[i].key, key) == 0) {
            return object->labels.items[i].value;
        }
    }
    return NULL;
}

static const char *prefixed_label(const struct ref_object *object, const char *prefix,
                                  const char *key)
{
    char full[SEL_MAX_LABEL + 16];
    snprintf(full, sizeof full, "%s%s", prefix, key);
    return ref_label(object, full);
}

static bool is_one_of(const struct sel *sel, const char *value)
{
    for (uint32_t i = 0; i < sel->count; i++) {
        if (strcmp(sel->values[i], value) == 0) {
            return true;
        }
    }
    return false;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

// A match on one label; `value` NULL: it is not there.
static bool label_matches(const struct sel *sel, const char *value)
{
    switch ((enum sel_op)sel->op) {
    case SEL_HAS:
        return value != NULL;
    case SEL_EQ:
        return value != NULL && strcmp(value, sel->value) == 0;
    case SEL_NE:
        return value == NULL || strcmp(value, sel->value) != 0;
    case SEL_IN:
        return value != NULL && is_one_of(sel, value);
    case SEL_NOT_IN:
        return value == NULL || !is_one_of(sel, value);
    case SEL_CONTAINS:
        return value != NULL && strstr(value, sel->value) != NULL;
    case SEL_STARTS_WITH:
        return value != NULL && strncmp(value, sel->value, strlen(sel->value)) == 0;
    case SEL_ENDS_WITH:
        return value != NULL && ends_with(value, sel->value);
    case SEL_ALL:
    case SEL_GLOBAL:
    case SEL_NOT:
    case SEL_AND:
    case SEL_OR:
    case SEL_OP_COUNT:
        break;
    }
    POLC_UNREACHABLE("an operator without a label");
}

bool ref_selects(const struct sel *sel, const struct ref_object *object, const char *prefix,
                 const char *all_means)
{
    bool in_scope = all_means == NULL || ref_label(object, all_means) != NULL;
    switch (sel->op) {
    case SEL_ALL:
        return in_scope;
    case SEL_GLOBAL:
        return all_means == NULL || !in_scope;
    case SEL_NOT:
        return !ref_selects(sel->children[0], object, prefix, all_means);
    case SEL_AND:
    case SEL_OR:
        for (uint32_t i = 0; i < sel->count; i++) {
            if (ref_selects(sel->children[i], object, prefix, all_means) == (sel->op == SEL_OR)) {
                return sel->op == SEL_OR;
            }
        }
        return sel->op == SEL_AND;
    default:
        return label_matches(sel, prefixed_label(object, prefix, sel->key));
    }
}
