// SPDX-License-Identifier: GPL-2.0-or-later
// Names and patterns of names: what is one, in which form they are compared, and what a pattern matches.
#include "internal.h"

bool is_name_character(unsigned char character)
{
    return (character >= 'a' && character <= 'z') || (character >= '0' && character <= '9') ||
           character == '-' || character == '_';
}

unsigned char lower_case(unsigned char character)
{
    return character >= 'A' && character <= 'Z' ? (unsigned char)(character - 'A' + 'a')
                                                : character;
}

// Without the dot at its end.
static size_t name_length(const char *text)
{
    size_t length = strlen(text);
    return length > 0 && text[length - 1] == '.' ? length - 1 : length;
}

static const char *character_problem(unsigned char character)
{
    switch (character) {
    case '/':
        return "has a \"/\": a name stands alone, without a scheme, a path or a prefix length";
    case ':':
        return "has a \":\": a name stands alone, without a scheme or a port";
    case ' ':
    case '\t':
    case '\r':
    case '\n':
        return "has a blank in it";
    case '?':
    case '+':
    case '[':
    case '(':
    case '^':
    case '$':
    case '|':
    case '\\':
        return "is a regular expression, and only \"*\" for whole components is known";
    default:
        return character >= 0x80
                   ? "has a letter that is not ASCII: write the name in its \"xn--\" form"
                   : "has a character that no host name has (a-z, 0-9, \"-\" and \"_\" are)";
    }
}

// One component, which is no "*".
static const char *label_problem(const char *label, size_t length)
{
    if (length == 0) {
        return "has an empty component";
    }
    for (size_t i = 0; i < length; i++) {
        if (!is_name_character(lower_case((unsigned char)label[i]))) {
            return label[i] == '*' ? "has a wildcard that is only a part of a component"
                                   : character_problem((unsigned char)label[i]);
        }
    }
    return length > DNS_LABEL_MAX ? "has a component of more than 63 characters" : NULL;
}

// Every component; how many of them are a "*", and whether the last one is.
static const char *labels_problem(const char *text, size_t length, size_t *ret_wildcards,
                                  bool *ret_last)
{
    *ret_wildcards = 0;
    for (size_t start = 0; start <= length;) {
        const char *dot = memchr(text + start, '.', length - start);
        size_t size = (dot != NULL ? (size_t)(dot - text) : length) - start;
        *ret_last = size == 1 && text[start] == '*';
        const char *problem = *ret_last ? NULL : label_problem(text + start, size);
        if (problem != NULL) {
            return problem;
        }
        *ret_wildcards += *ret_last;
        start += size + 1;
    }
    return NULL;
}

// 10.0.0.300 is no name, either.
static bool ends_with_number(const char *text, size_t length)
{
    size_t at = length;
    while (at > 0 && text[at - 1] >= '0' && text[at - 1] <= '9') {
        at--;
    }
    return at < length && (at == 0 || text[at - 1] == '.');
}

const char *dns_pattern_problem(const char *text)
{
    size_t length = name_length(text), wildcards;
    struct ip_addr addr;
    bool last_is_wildcard;
    if (length == 0) {
        return "is empty";
    }
    enum addr_problem not_an_address = ip_addr_parse(text, length, &addr);
    if (not_an_address == ADDR_OK || not_an_address == ADDR_MAPPED) {
        return "is an address, which belongs in \"nets\"";
    }
    const char *problem = labels_problem(text, length, &wildcards, &last_is_wildcard);
    if (problem != NULL) {
        return problem;
    }
    if (ends_with_number(text, length)) {
        return "ends with a number, as an address does and a name does not";
    }
    if (wildcards > 1) {
        return "has two wildcards";
    }
    if (last_is_wildcard) {
        return length == 1 ? "is a wildcard alone, which would match every name"
                           : "ends with a wildcard";
    }
    return length > DNS_NAME_MAX ? "has more than 253 characters" : NULL;
}

const char *dns_name_problem(const char *text)
{
    const char *problem = dns_pattern_problem(text);
    return problem != NULL             ? problem
           : strchr(text, '*') != NULL ? "has a wildcard, and a name is needed"
                                       : NULL;
}

const char *dns_name_canonical(struct arena *arena, const char *text)
{
    char *name = arena_strndup(arena, text, name_length(text));
    for (char *at = name; *at != '\0'; at++) {
        *at = (char)lower_case((unsigned char)*at);
    }
    return name;
}

bool dns_pattern_is_wildcard(const char *pattern)
{
    return strchr(pattern, '*') != NULL;
}

bool dns_pattern_matches(const char *pattern, const char *name)
{
    const char *star = strchr(pattern, '*');
    if (star == NULL) {
        return strcmp(pattern, name) == 0;
    }
    // The ends of both begin or end with a dot, so that what is left between them is whole labels.
    size_t head = (size_t)(star - pattern), tail = strlen(star + 1), length = strlen(name);
    return length > head + tail && memcmp(name, pattern, head) == 0 &&
           memcmp(name + length - tail, star + 1, tail) == 0;
}
