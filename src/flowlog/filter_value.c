// SPDX-License-Identifier: GPL-2.0-or-later
// A value of a filter -> what it is compared with, by the kind of its field.
#include "filter.h"

#include <errno.h>

static bool has_star(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '*') {
            return true;
        }
        text += *text == '\\' && text[1] != '\0';
    }
    return false;
}

static const char *without_escapes(struct arena *arena, const char *text)
{
    char *copy = arena_strdup(arena, text);
    char *out = copy;
    for (; *text != '\0'; text++) {
        text += *text == '\\' && text[1] != '\0';
        *out++ = *text;
    }
    *out = '\0';
    return copy;
}

static bool read_number(struct filter_value *value)
{
    char *end;
    errno = 0;
    value->number = strtoll(value->text, &end, 10);
    value->is_number = errno == 0 && end != value->text && *end == '\0';
    return value->is_number;
}

static bool read_net(struct filter_value *value)
{
    enum addr_problem problem = cidr_parse(value->text, strlen(value->text), &value->net);
    value->is_net = problem == ADDR_OK || problem == ADDR_NO_MASK || problem == ADDR_HOST_BITS;
    return value->is_net;
}

// What is wrong with a word that no record has in this field; NULL: nothing. Protocols may be any.
static const char *check_word(struct arena *arena, const char *name, const char *word)
{
    static const struct {
        const char *end; // of the field's name
        const char *words[4];
        const char *text;
    } few[] = {
        {"action", {"allow", "deny"}, "allow or deny"},
        {"reporter", {"src", "dst", "fwd"}, "src, dst or fwd"},
        {"_type", {"wep", "hep", "ns", "net"}, "wep, hep, ns or net"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(few); i++) {
        size_t length = strlen(name), end = strlen(few[i].end);
        bool known = length < end || strcmp(name + length - end, few[i].end) != 0;
        for (size_t k = 0; k < ARRAY_COUNT(few[i].words) && !known; k++) {
            known = few[i].words[k] != NULL && strcmp(few[i].words[k], word) == 0;
        }
        if (!known) {
            return arena_printf(arena, "\"%s\" is %s, not \"%s\"", name, few[i].text, word);
        }
    }
    return NULL;
}

const char *filter_value_read(struct arena *arena, const struct flowlog_filter *test,
                              const char *text, struct filter_value *ret)
{
    const struct flowlog_field *field = test->field;
    bool equals = test->operator== FILTER_EQUALS;
    *ret = (struct filter_value){.glob = equals && has_star(text)};
    ret->text = ret->glob ? text : without_escapes(arena, text);
    if (field->kind == FLOWLOG_WORD) {
        ret->text = text_in_lower_case(arena, ret->text);
    }
    bool needs_no_form = equals && (ret->glob || strcmp(ret->text, "-") == 0);
    if (field->kind == FLOWLOG_WORD && equals && !needs_no_form) {
        return check_word(arena, field->name, ret->text);
    }
    if (field->kind == FLOWLOG_NUMBER && !read_number(ret) && !needs_no_form) {
        return arena_printf(arena, "\"%s\" is a number, and \"%s\" is none", field->name,
                            ret->text);
    }
    if (field->kind == FLOWLOG_ADDRESS && !read_net(ret) && equals && !needs_no_form) {
        return arena_printf(arena, "\"%s\" is an address, and \"%s\" is neither one nor a prefix",
                            field->name, ret->text);
    }
    return NULL;
}
