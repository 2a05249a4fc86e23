// SPDX-License-Identifier: GPL-2.0-or-later
// Evaluation of a selector on a set of labels (semantics.md 2.4).
#include <polc/selector.h>

const char *labels_get(const struct labels *labels, const char *key)
{
    size_t low = 0, high = labels->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(key, labels->items[middle].key);
        if (order == 0) {
            return labels->items[middle].value;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

static bool in_set(const struct sel *sel, const char *value)
{
    size_t low = 0, high = sel->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(value, sel->values[middle]);
        if (order == 0) {
            return true;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return false;
}

static bool ends_with(const char *value, const char *tail)
{
    size_t length = strlen(value), tail_length = strlen(tail);
    return length >= tail_length && memcmp(value + length - tail_length, tail, tail_length) == 0;
}

// `value` is NULL when the label is absent.
static bool match_label(const struct sel *sel, const char *value)
{
    switch (sel->op) {
    case SEL_HAS:
        return value != NULL;
    case SEL_EQ:
        return value != NULL && strcmp(value, sel->value) == 0;
    case SEL_NE:
        return value == NULL || strcmp(value, sel->value) != 0;
    case SEL_IN:
        return value != NULL && in_set(sel, value);
    case SEL_NOT_IN:
        return value == NULL || !in_set(sel, value);
    case SEL_CONTAINS:
        return value != NULL && strstr(value, sel->value) != NULL;
    case SEL_STARTS_WITH:
        return value != NULL && text_begins(value, sel->value);
    case SEL_ENDS_WITH:
        return value != NULL && ends_with(value, sel->value);
    default:
        POLC_UNREACHABLE("selector operator without a label");
    }
}

bool sel_matches(const struct sel *sel, const struct labels *labels)
{
    switch (sel->op) {
    case SEL_ALL:
    case SEL_GLOBAL:
        return true;
    case SEL_NOT:
        return !sel_matches(sel->children[0], labels);
    case SEL_AND:
    case SEL_OR:
        for (uint32_t i = 0; i < sel->count; i++) {
            if (sel_matches(sel->children[i], labels) == (sel->op == SEL_OR)) {
                return sel->op == SEL_OR;
            }
        }
        return sel->op == SEL_AND;
    default:
        return match_label(sel, labels_get(labels, sel->key));
    }
}
