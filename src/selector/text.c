// SPDX-License-Identifier: GPL-2.0-or-later
// Canonical text of a selector (semantics.md 2.4): the name of an IP set, and what people are
// shown. Parsing it gives the same text again.
#include "node.h"

static const char *const operator_text[SEL_OP_COUNT] = {
    [SEL_EQ] = " == ",
    [SEL_NE] = " != ",
    [SEL_IN] = " in ",
    [SEL_NOT_IN] = " not in ",
    [SEL_CONTAINS] = " contains ",
    [SEL_STARTS_WITH] = " starts with ",
    [SEL_ENDS_WITH] = " ends with ",
    [SEL_AND] = " && ",
    [SEL_OR] = " || ",
};

static void add(struct strbuf *buffer, const struct sel *sel);

static void add_value(struct strbuf *buffer, const char *value)
{
    char quote = strchr(value, '"') == NULL ? '"' : '\'';
    strbuf_addf(buffer, "%c%s%c", quote, value, quote);
}

static void add_set(struct strbuf *buffer, const struct sel *sel)
{
    strbuf_add(buffer, "{");
    for (uint32_t i = 0; i < sel->count; i++) {
        strbuf_add(buffer, i == 0 ? "" : ", ");
        add_value(buffer, sel->values[i]);
    }
    strbuf_add(buffer, "}");
}

static void add_group(struct strbuf *buffer, const struct sel *sel)
{
    for (uint32_t i = 0; i < sel->count; i++) {
        strbuf_add(buffer, i == 0 ? "(" : operator_text[sel->op]);
        add(buffer, sel->children[i]);
    }
    strbuf_add(buffer, ")");
}

static void add_match(struct strbuf *buffer, const struct sel *sel)
{
    strbuf_add(buffer, sel->key);
    strbuf_add(buffer, operator_text[sel->op]);
    if (sel->op == SEL_IN || sel->op == SEL_NOT_IN) {
        add_set(buffer, sel);
    } else {
        add_value(buffer, sel->value);
    }
}

static void add(struct strbuf *buffer, const struct sel *sel)
{
    switch (sel->op) {
    case SEL_ALL:
        strbuf_add(buffer, "all()");
        break;
    case SEL_GLOBAL:
        strbuf_add(buffer, "global()");
        break;
    case SEL_HAS:
        strbuf_addf(buffer, "has(%s)", sel->key);
        break;
    case SEL_NOT:
        strbuf_add(buffer, "!");
        add(buffer, sel->children[0]);
        break;
    case SEL_AND:
    case SEL_OR:
        add_group(buffer, sel);
        break;
    default:
        add_match(buffer, sel);
        break;
    }
}

const char *sel_text(struct arena *arena, const struct sel *sel)
{
    struct strbuf buffer = {.arena = arena};
    add(&buffer, sel);
    return strbuf_text(&buffer);
}
