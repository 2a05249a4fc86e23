// SPDX-License-Identifier: GPL-2.0-or-later
// Scalars from the text as it is written: what Kubernetes would refuse or YAML versions read
// differently is an error that says how to write it.
#include "scalar.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

static bool one_of(const char *text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

bool is_decimal(const char *text)
{
    if (text[0] == '0') {
        return text[1] == '\0';
    }
    return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

static bool is_based_integer(const char *text)
{
    if (text[0] != '0' || text[1] == '\0' || text[2] == '\0') {
        return false;
    }
    const char *digits = text[1] == 'x'   ? "0123456789abcdefABCDEF"
                         : text[1] == 'o' ? "01234567"
                                          : "";
    return text[2 + strspn(text + 2, digits)] == '\0';
}

// [-+]? digits with an optional fraction and exponent.
static bool is_float(const char *text)
{
    static const char digits[] = "0123456789";
    text += strspn(text, "-+") == 1;
    size_t before = strspn(text, digits);
    text += before;
    size_t after = 0;
    if (*text == '.') {
        after = strspn(++text, digits);
        text += after;
    }
    if (before + after == 0) {
        return false;
    }
    if (*text == 'e' || *text == 'E') {
        text++;
        text += strspn(text, "-+") == 1;
        if (strspn(text, digits) == 0) {
            return false;
        }
        text += strspn(text, digits);
    }
    return *text == '\0';
}

enum plain_kind plain_kind(const char *text)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    static const char *const bools[] = {"true", "True", "TRUE", "false", "False", "FALSE"};
    static const char *const odd_numbers[] = {".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"};
    // Nothing but a string holds these; a set may have 400,000 addresses.
    if (strchr(text, '/') != NULL || strchr(text, ':') != NULL) {
        return PLAIN_STRING;
    }
    if (one_of(text, nulls, ARRAY_COUNT(nulls))) {
        return PLAIN_NULL;
    }
    if (one_of(text, bools, ARRAY_COUNT(bools))) {
        return PLAIN_BOOL;
    }
    const char *unsigned_text = text + (strspn(text, "-+") == 1);
    if (is_float(text) || is_based_integer(text) ||
        one_of(unsigned_text, odd_numbers, ARRAY_COUNT(odd_numbers))) {
        return PLAIN_NUMBER;
    }
    return PLAIN_STRING;
}

bool scalar_string(struct res_decoder *decoder, const struct node *node)
{
    if (node->type != NODE_SCALAR) {
        return report_type(decoder, node, "a string");
    }
    enum plain_kind kind = node->style == NODE_PLAIN ? plain_kind(node->text) : PLAIN_STRING;
    if (kind == PLAIN_STRING) {
        return true;
    }
    if (kind == PLAIN_NULL) {
        return report_type(decoder, node, "a string");
    }
    struct diag *diag = diag_report(
        decoder->diags, DIAG_P027, node->loc, "%s must be a string, and %s without quotes is a %s",
        field_name(decoder), node->text, kind == PLAIN_BOOL ? "boolean" : "number");
    diag_label(diag, "write \"%s\" with quotes", node->text);
    return false;
}

// A number in a form that YAML readers understand differently, such as 010, 0x1F or 1_000.
static bool looks_numeric(const char *text)
{
    text += strspn(text, "-+") == 1;
    return *text >= '0' && *text <= '9' &&
           text[strspn(text, "0123456789abcdefABCDEFxXoO_.+-")] == '\0';
}

static bool report_number(struct res_decoder *decoder, const struct node *node)
{
    if (!looks_numeric(node->text)) {
        return report_type(decoder, node, "a number");
    }
    struct diag *diag =
        diag_report(decoder->diags, DIAG_P023, node->loc, "%s must be a decimal number, not %s",
                    field_name(decoder), node->text);
    diag_label(diag, "write it with decimal digits only, without a leading zero");
    return false;
}

static bool report_quoted(struct res_decoder *decoder, const struct node *node, const char *what)
{
    struct diag *diag = diag_report(decoder->diags, DIAG_P020, node->loc,
                                    "%s must be %s, not a string", field_name(decoder), what);
    diag_label(diag, "write %s without quotes", node->text);
    return false;
}

bool scalar_integer(struct res_decoder *decoder, const struct node *node, long min, long max,
                    long *ret)
{
    if (node->type != NODE_SCALAR) {
        return report_type(decoder, node, "a number");
    }
    const char *digits = node->text + (node->text[0] == '-');
    if (!is_decimal(digits)) {
        return report_number(decoder, node);
    }
    if (node->style != NODE_PLAIN) {
        return report_quoted(decoder, node, "a number");
    }
    errno = 0;
    long value = strtol(node->text, NULL, 10);
    if (errno != 0 || value < min || value > max) {
        diag_report(decoder->diags, DIAG_P024, node->loc, "%s must be between %ld and %ld, not %s",
                    field_name(decoder), min, max, node->text);
        return false;
    }
    *ret = value;
    return true;
}

static const char *join_words(struct arena *arena, const struct words *words)
{
    struct strbuf buffer = {.arena = arena};
    for (size_t i = 0; i < words->count; i++) {
        strbuf_addf(&buffer, "%s%s",
                    i == 0                  ? ""
                    : i + 1 == words->count ? " or "
                                            : ", ",
                    words->items[i]);
    }
    return strbuf_text(&buffer);
}

int scalar_word(struct res_decoder *decoder, const struct node *node, const struct words *words)
{
    if (!scalar_string(decoder, node)) {
        return -1;
    }
    for (size_t i = 0; i < words->count; i++) {
        if (strcmp(words->items[i], node->text) == 0) {
            return (int)i;
        }
    }
    struct diag *diag =
        diag_report(decoder->diags, DIAG_P022, node->loc, "%s cannot be \"%s\" in %s",
                    field_name(decoder), node->text, object_name(decoder));
    const char *best = spell_best(node->text, words->items, words->count);
    if (best != NULL) {
        diag_label(diag, "did you mean \"%s\"?", best);
    } else {
        diag_label(diag, "it can be %s", join_words(decoder->arena, words));
    }
    return -1;
}

void field_text(struct res_decoder *decoder, const struct node *node, void *target, const void *arg)
{
    (void)arg;
    if (scalar_string(decoder, node)) {
        *(struct res_text *)target = keep_text(decoder, node);
    }
}

void field_string(struct res_decoder *decoder, const struct node *node, void *target,
                  const void *arg)
{
    (void)arg;
    if (scalar_string(decoder, node) && node->size > 0) {
        *(const char **)target = keep(decoder, node->text, node->size);
    }
}

void field_word(struct res_decoder *decoder, const struct node *node, void *target, const void *arg)
{
    if (scalar_word(decoder, node, arg) >= 0) {
        *(struct res_text *)target = keep_text(decoder, node);
    }
}

void field_bool(struct res_decoder *decoder, const struct node *node, void *target, const void *arg)
{
    (void)arg;
    bool yes = node->type == NODE_SCALAR && strcmp(node->text, "true") == 0;
    bool no = node->type == NODE_SCALAR && strcmp(node->text, "false") == 0;
    if (!yes && !no) {
        report_type(decoder, node, "true or false");
    } else if (node->style != NODE_PLAIN) {
        report_quoted(decoder, node, "true or false");
    } else {
        *(struct res_bool *)target = (struct res_bool){yes, true, node->loc};
    }
}

void field_order(struct res_decoder *decoder, const struct node *node, void *target,
                 const void *arg)
{
    (void)arg;
    if (node->type != NODE_SCALAR) {
        report_type(decoder, node, "a number");
        return;
    }
    const char *digits = node->text + (strspn(node->text, "-+") == 1);
    bool octal_look = digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9';
    if (!is_float(node->text) || octal_look) {
        report_number(decoder, node);
        return;
    }
    if (node->style != NODE_PLAIN) {
        report_quoted(decoder, node, "a number");
        return;
    }
    double value = strtod(node->text, NULL);
    if (!isfinite(value)) {
        diag_report(decoder->diags, DIAG_P024, node->loc, "%s is too large: %s",
                    field_name(decoder), node->text);
        return;
    }
    *(struct res_order *)target = (struct res_order){value, true, node->loc};
}

static void name_item(struct res_decoder *decoder, const struct node *node, void *target,
                      const void *arg)
{
    (void)arg;
    struct res_names *names = target;
    if (!scalar_string(decoder, node)) {
        return;
    }
    if (node->size == 0) {
        diag_report(decoder->diags, DIAG_P025, node->loc, "%s is empty in %s", field_name(decoder),
                    object_name(decoder));
        return;
    }
    vec_push(decoder->arena, names, keep_text(decoder, node));
}

void field_names(struct res_decoder *decoder, const struct node *node, void *target,
                 const void *arg)
{
    vec_expect(decoder, (struct res_names *)target, node);
    decode_list(decoder, node, 0, name_item, target, arg);
}
