// SPDX-License-Identifier: GPL-2.0-or-later
// Looking at nodes.
#include <polc/load.h>

const struct node *node_get(const struct node *map, const char *key)
{
    if (map == NULL || map->type != NODE_MAP) {
        return NULL;
    }
    for (const struct node *child = map->first; child != NULL; child = child->next) {
        if (strcmp(child->key, key) == 0) {
            return child;
        }
    }
    return NULL;
}

bool node_is_null(const struct node *node)
{
    if (node->type != NODE_SCALAR || node->style != NODE_PLAIN) {
        return false;
    }
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    for (size_t i = 0; i < ARRAY_COUNT(nulls); i++) {
        if (strcmp(node->text, nulls[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool looks_like_number(const char *text)
{
    size_t digits = strspn(text, "+-.0123456789eE");
    return text[0] != '\0' && text[digits] == '\0' && strpbrk(text, "0123456789") != NULL;
}

const char *node_type_text(const struct node *node)
{
    if (node->type == NODE_LIST) {
        return "a list";
    }
    if (node->type == NODE_MAP) {
        return "a map";
    }
    if (node_is_null(node)) {
        return "nothing";
    }
    return node->style == NODE_PLAIN && looks_like_number(node->text) ? "a number" : "a string";
}
