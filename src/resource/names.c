// SPDX-License-Identifier: GPL-2.0-or-later
// Syntax of names, labels and annotations (semantics.md 1.2).
#include "names.h"
#include "scalar.h"

enum { MAX_SUBDOMAIN = 253, MAX_DNS_LABEL = 63, MAX_LABEL_NAME = 63, MAX_ANNOTATIONS = 262144 };

static bool is_lower_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_alnum(char c)
{
    return is_lower_alnum(c) || (c >= 'A' && c <= 'Z');
}

static bool is_dns_label(const char *text, size_t length)
{
    if (length == 0 || !is_lower_alnum(text[0]) || !is_lower_alnum(text[length - 1])) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (!is_lower_alnum(text[i]) && text[i] != '-') {
            return false;
        }
    }
    return true;
}

// Labels joined by dots; their number, 0 when it is no subdomain.
static size_t count_dns_labels(const char *text, size_t length)
{
    size_t count = 0, start = 0;
    for (size_t i = 0; i <= length; i++) {
        if (i == length || text[i] == '.') {
            if (!is_dns_label(text + start, i - start)) {
                return 0;
            }
            count++;
            start = i + 1;
        }
    }
    return count;
}

bool name_is_dns_label(const char *text)
{
    size_t length = strlen(text);
    return length <= MAX_DNS_LABEL && is_dns_label(text, length);
}

static bool is_subdomain(const char *text)
{
    size_t length = strlen(text);
    return length <= MAX_SUBDOMAIN && count_dns_labels(text, length) > 0;
}

static const char *policy_name_problem(const char *text, bool global)
{
    bool converted =
        !global && (text_begins(text, "knp.default.") || text_begins(text, "ossg.default."));
    if (!converted && count_dns_labels(text, strlen(text)) > 2) {
        return "it may have one dot at most";
    }
    return NULL;
}

const char *name_problem(enum name_form form, const char *text)
{
    if (strlen(text) > MAX_SUBDOMAIN) {
        return "it is longer than 253 bytes";
    }
    if (!is_subdomain(text)) {
        return "it may hold only a-z, 0-9, \"-\" and \".\", and each part begins and ends with a letter or digit";
    }
    switch (form) {
    case NAME_LABEL:
        return name_is_dns_label(text) ? NULL : "it may have no dot and 63 bytes at most";
    case NAME_POLICY:
    case NAME_GLOBAL_POLICY:
        return policy_name_problem(text, form == NAME_GLOBAL_POLICY);
    case NAME_DEFAULT:
        return strcmp(text, "default") == 0 ? NULL
                                            : "there is only one, and it is named \"default\"";
    case NAME_FELIX:
        return strcmp(text, "default") == 0 || text_begins(text, "node.")
                   ? NULL
                   : "Felix reads only \"default\" and \"node.NAME\"";
    case NAME_SUBDOMAIN:
        return NULL;
    }
    POLC_UNREACHABLE("name form");
}

// [A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?
static bool is_label_word(const char *text)
{
    size_t length = strlen(text);
    if (length == 0 || !is_alnum(text[0]) || !is_alnum(text[length - 1])) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (!is_alnum(text[i]) && strchr("-_.", text[i]) == NULL) {
            return false;
        }
    }
    return true;
}

const char *label_key_problem(const char *key)
{
    const char *slash = strchr(key, '/');
    const char *name = slash == NULL ? key : slash + 1;
    if (slash != NULL) {
        size_t length = (size_t)(slash - key);
        if (length > MAX_SUBDOMAIN || count_dns_labels(key, length) == 0) {
            return "the part before \"/\" must be a DNS name in lower case";
        }
    }
    if (strlen(name) > MAX_LABEL_NAME) {
        return "its name is longer than 63 bytes";
    }
    if (!is_label_word(name)) {
        return "its name may hold only letters, digits, \"-\", \"_\" and \".\", with a letter or digit at both ends";
    }
    return NULL;
}

static const char *label_value_problem(const char *value)
{
    if (strlen(value) > MAX_LABEL_NAME) {
        return "it is longer than 63 bytes";
    }
    if (value[0] != '\0' && !is_label_word(value)) {
        return "it may hold only letters, digits, \"-\", \"_\" and \".\", with a letter or digit at both ends";
    }
    return NULL;
}

static void check_key(struct res_decoder *decoder, const struct node *node, const char *key,
                      const char *what)
{
    const char *problem = label_key_problem(key);
    if (problem != NULL) {
        struct diag *diag = diag_report(decoder->diags, DIAG_P013, node->key_loc,
                                        "\"%s\" cannot be the key of %s in %s", node->key, what,
                                        object_name(decoder));
        diag_label(diag, "%s", problem);
    }
}

static void check_value(struct res_decoder *decoder, const struct node *node)
{
    const char *problem = label_value_problem(node->text);
    if (problem != NULL) {
        struct diag *diag = diag_report(decoder->diags, DIAG_P014, node->loc,
                                        "\"%s\" cannot be the value of label %s in %s", node->text,
                                        node->key, object_name(decoder));
        diag_label(diag, "%s", problem);
    }
}

// Reads keys and values that must be strings.
static struct label_list decode_pairs(struct res_decoder *decoder, const struct node *node)
{
    struct label_list list = {0};
    if (node->type != NODE_MAP) {
        report_type(decoder, node, "a map");
        return list;
    }
    list.items = arena_array_of(decoder->arena, struct res_label, node->size);
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        path_push(decoder, child->key);
        if (scalar_string(decoder, child)) {
            list.items[list.count++] = (struct res_label){
                .key = keep(decoder, child->key, strlen(child->key)),
                .value = keep(decoder, child->text, child->size),
                .key_loc = child->key_loc,
                .value_loc = child->loc,
            };
        }
        path_pop(decoder);
    }
    return list;
}

struct label_list decode_labels(struct res_decoder *decoder, const struct node *node)
{
    struct label_list list = decode_pairs(decoder, node);
    for (const struct node *child = node->type == NODE_MAP ? node->first : NULL; child != NULL;
         child = child->next) {
        check_key(decoder, child, child->key, "a label");
        if (child->type == NODE_SCALAR) {
            check_value(decoder, child);
        }
    }
    return list;
}

static const char *lower(struct arena *arena, const char *text)
{
    char *copy = arena_strdup(arena, text);
    for (char *c = copy; *c != '\0'; c++) {
        *c += *c >= 'A' && *c <= 'Z' ? 'a' - 'A' : 0;
    }
    return copy;
}

struct label_list decode_annotations(struct res_decoder *decoder, const struct node *node)
{
    struct label_list list = decode_pairs(decoder, node);
    size_t size = 0;
    for (const struct node *child = node->type == NODE_MAP ? node->first : NULL; child != NULL;
         child = child->next) {
        check_key(decoder, child, lower(decoder->arena, child->key), "an annotation");
        size += strlen(child->key) + (child->type == NODE_SCALAR ? child->size : 0);
    }
    if (size > MAX_ANNOTATIONS) {
        diag_report(decoder->diags, DIAG_P016, node->key_loc,
                    "the annotations of %s have %zu bytes; %d are allowed", object_name(decoder),
                    size, MAX_ANNOTATIONS);
    }
    return list;
}
