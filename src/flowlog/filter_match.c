// SPDX-License-Identifier: GPL-2.0-or-later
// Whether a record matches a compiled filter. Allocates nothing.
#include "filter.h"

// "*" is any text, "\" takes what follows as it is.
static bool glob_matches(const char *pattern, const char *text)
{
    const char *star = NULL, *resume = NULL;
    for (;;) {
        if (*pattern == '*') {
            star = ++pattern;
            resume = text;
            continue;
        }
        const char *literal = *pattern == '\\' && pattern[1] != '\0' ? pattern + 1 : pattern;
        if (*text != '\0' && *literal == *text) {
            pattern = literal + 1;
            text++;
        } else if (*text == '\0' && *pattern == '\0') {
            return true;
        } else if (star == NULL || *resume == '\0') {
            return false;
        } else {
            pattern = star;
            text = ++resume;
        }
    }
}

static bool text_matches(const struct flowlog_filter *test, const char *text)
{
    for (size_t i = 0; i < test->values.count; i++) {
        const struct filter_value *value = &test->values.items[i];
        bool found = test->operator== FILTER_CONTAINS ? strstr(text, value->text) != NULL
                     : value->glob                    ? glob_matches(value->text, text)
                                                      : strcmp(value->text, text) == 0;
        if (found) {
            return true;
        }
    }
    return false;
}

static bool address_matches(const struct flowlog_filter *test, const char *text)
{
    struct ip_addr addr;
    bool known = ip_addr_parse(text, strlen(text), &addr) == ADDR_OK;
    for (size_t i = 0; known && i < test->values.count; i++) {
        const struct filter_value *value = &test->values.items[i];
        if (value->is_net && cidr_contains_addr(value->net, addr)) {
            return true;
        }
    }
    return text_matches(test, text);
}

static bool compare(enum filter_operator operator, int64_t number, int64_t value)
{
    switch (operator) {
    case FILTER_LESS:
        return number < value;
    case FILTER_LESS_OR_EQUAL:
        return number <= value;
    case FILTER_GREATER:
        return number > value;
    case FILTER_GREATER_OR_EQUAL:
        return number >= value;
    case FILTER_EQUALS:
    case FILTER_CONTAINS:
        break;
    }
    return number == value;
}

static bool number_matches(const struct flowlog_filter *test, int64_t number, const char *text)
{
    for (size_t i = 0; i < test->values.count; i++) {
        const struct filter_value *value = &test->values.items[i];
        if (value->is_number ? compare(test->operator, number, value->number)
                             : value->glob && glob_matches(value->text, text)) {
            return true;
        }
    }
    return false;
}

// Only "-" itself says that there is nothing; "*" says that there is something.
static bool is_asked_for_nothing(const struct flowlog_filter *test)
{
    for (size_t i = 0; i < test->values.count; i++) {
        const struct filter_value *value = &test->values.items[i];
        if (test->operator== FILTER_EQUALS && !value->glob && strcmp(value->text, "-") == 0) {
            return true;
        }
    }
    return false;
}

static bool list_matches(const struct flowlog_filter *test, const struct flow_strings *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (text_matches(test, list->items[i])) {
            return true;
        }
    }
    return false;
}

// An entry of a staged policy in the other of its two spellings (semantics.md 9.3): "TIER.staged:NAME" for
// "staged:TIER.NAME", and the other way round. False when it is none, or too long for any name.
static bool respell(const char *entry, char *ret, size_t size)
{
    static const char mark[] = "staged:";
    const char *tier = strchr(entry, '|');
    const char *name = tier != NULL ? strchr(++tier, '|') : NULL;
    const char *at = name != NULL ? strstr(name, mark) : NULL;
    if (at == NULL) {
        return false;
    }
    int tier_length = (int)(name - tier);
    const char *rest = at + strlen(mark);
    const char *kube = strncmp(rest, "knp.", 4) == 0 ? "knp." : "";
    size_t prefix = strlen(kube) + (size_t)tier_length + 1; // "knp.TIER."
    int length = -1;
    if (strncmp(rest + strlen(kube), tier, (size_t)tier_length) == 0 && rest[prefix - 1] == '.') {
        length = snprintf(ret, size, "%.*s%.*s%s%s", (int)(at - entry), entry, (int)prefix, rest,
                          mark, rest + prefix);
    } else if ((size_t)(at - name) > prefix - strlen(kube) &&
               strncmp(at - tier_length - 1, tier, (size_t)tier_length) == 0 && at[-1] == '.') {
        const char *start = at - tier_length - 1;
        start -= start - name > 4 && strncmp(start - 4, "knp.", 4) == 0 ? 4 : 0;
        length = snprintf(ret, size, "%.*s%s%.*s%s", (int)(start - entry), entry, mark,
                          (int)(at - start), start, rest);
    }
    return length > 0 && (size_t)length < size;
}

static bool trace_matches(const struct flowlog_filter *test, const struct flow_strings *list)
{
    enum { ENTRY_MAX = 1024 };
    for (size_t i = 0; i < list->count; i++) {
        char other[ENTRY_MAX] UNINITIALIZED;
        if (text_matches(test, list->items[i]) ||
            (respell(list->items[i], other, sizeof other) && text_matches(test, other))) {
            return true;
        }
    }
    return false;
}

static bool policies_match(const struct flowlog_filter *test, const struct flowlog_record *record)
{
    return trace_matches(test, &record->enforced) || trace_matches(test, &record->pending) ||
           trace_matches(test, &record->all) || trace_matches(test, &record->transit);
}

static bool test_matches(const struct flowlog_filter *test, const struct flowlog_record *record)
{
    struct flowlog_value value;
    flowlog_value_get(test->field, record, &value);
    if (value.count == 0 && test->field->kind != FLOWLOG_POLICIES) {
        return is_asked_for_nothing(test);
    }
    switch ((enum flowlog_kind)test->field->kind) {
    case FLOWLOG_NUMBER:
        return number_matches(test, flowlog_number(test->field, record), value.text);
    case FLOWLOG_ADDRESS:
        return address_matches(test, value.text);
    case FLOWLOG_LIST:
        return list_matches(test, flowlog_list(test->field, record));
    case FLOWLOG_TRACE:
        return trace_matches(test, flowlog_list(test->field, record));
    case FLOWLOG_POLICIES:
        return policies_match(test, record);
    case FLOWLOG_TEXT:
    case FLOWLOG_WORD:
        break;
    }
    return text_matches(test, value.text);
}

bool flowlog_filter_matches(const struct flowlog_filter *filter,
                            const struct flowlog_record *record)
{
    if (filter == NULL) {
        return true;
    }
    switch ((enum filter_kind)filter->kind) {
    case FILTER_AND:
        return flowlog_filter_matches(filter->left, record) &&
               flowlog_filter_matches(filter->right, record);
    case FILTER_OR:
        return flowlog_filter_matches(filter->left, record) ||
               flowlog_filter_matches(filter->right, record);
    case FILTER_NOT:
        return !flowlog_filter_matches(filter->left, record);
    case FILTER_TEST:
        break;
    }
    return test_matches(filter, record);
}
