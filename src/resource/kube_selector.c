// SPDX-License-Identifier: GPL-2.0-or-later
// Label selectors of Kubernetes (metav1.LabelSelector) -> selector trees (semantics.md 7.2).
#include "kube_selector.h"
#include "names.h"

enum { OP_IN, OP_NOT_IN, OP_EXISTS, OP_DOES_NOT_EXIST };

static const char *const operator_words[] = {"In", "NotIn", "Exists", "DoesNotExist"};
static const struct words operators = WORDS(operator_words);

struct terms {
    const struct sel *sel; // NULL: none yet
};

struct expression {
    struct res_text key, operator;
    struct res_names values;
};

static void match_labels(struct res_decoder *decoder, const struct node *node, void *target,
                         const void *arg)
{
    (void)arg;
    struct terms *terms = target;
    struct label_list list = decode_labels(decoder, node);
    for (size_t i = 0; i < list.count; i++) {
        terms->sel = sel_and(decoder->arena, terms->sel,
                             sel_eq(decoder->arena, list.items[i].key, list.items[i].value));
    }
}

static int operator_index(const char *text)
{
    for (size_t i = 0; text != NULL && i < ARRAY_COUNT(operator_words); i++) {
        if (strcmp(text, operator_words[i]) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static bool check_expression(struct res_decoder *decoder, const struct node *node,
                             const struct expression *expression)
{
    const char *missing = expression->key.text == NULL        ? "key"
                          : expression->operator.text == NULL ? "operator"
                                                              : NULL;
    int operator= operator_index(expression->operator.text);
    bool wants_values = operator== OP_IN || operator== OP_NOT_IN;
    if (missing == NULL && wants_values && expression->values.count == 0) {
        missing = "values";
    }
    if (missing != NULL) {
        report_missing(decoder, node->loc, missing);
        return false;
    }
    if (!wants_values && expression->values.count > 0) {
        diag_report(decoder->diags, DIAG_P057, node->loc, "operator %s takes no values in %s",
                    expression->operator.text, object_name(decoder));
        return false;
    }
    const char *problem = label_key_problem(expression->key.text);
    if (problem != NULL) {
        struct diag *diag = diag_report(decoder->diags, DIAG_P013, expression->key.loc,
                                        "\"%s\" cannot be the key of a label in %s",
                                        expression->key.text, object_name(decoder));
        diag_label(diag, "%s", problem);
    }
    return problem == NULL;
}

static const struct sel *expression_sel(struct arena *arena, const struct expression *expression)
{
    const char *key = expression->key.text;
    const char **values = arena_array_of(arena, const char *, expression->values.count);
    for (size_t i = 0; i < expression->values.count; i++) {
        values[i] = expression->values.items[i].text;
    }
    switch (operator_index(expression->operator.text)) {
    case OP_IN:
        return sel_in(arena, key, values, expression->values.count);
    case OP_NOT_IN:
        return sel_not_in(arena, key, values, expression->values.count);
    case OP_EXISTS:
        return sel_has(arena, key);
    default:
        return sel_not(arena, sel_has(arena, key));
    }
}

// A value may be empty here.
static void value_item(struct res_decoder *decoder, const struct node *node, void *target,
                       const void *arg)
{
    (void)arg;
    struct res_names *values = target;
    if (scalar_string(decoder, node)) {
        vec_push(decoder->arena, values, keep_text(decoder, node));
    }
}

static void expression_values(struct res_decoder *decoder, const struct node *node, void *target,
                              const void *arg)
{
    decode_list(decoder, node, 0, value_item, target, arg);
}

static void expression_item(struct res_decoder *decoder, const struct node *node, void *target,
                            const void *arg)
{
    static const struct field rows[] = {
        {"key", field_text, offsetof(struct expression, key), NULL},
        {"operator", field_word, offsetof(struct expression, operator), &operators},
        {"values", expression_values, offsetof(struct expression, values), NULL},
    };
    static const struct fields fields = FIELDS(rows);
    (void)arg;
    struct terms *terms = target;
    struct expression expression = {0};
    size_t errors = diags_count(decoder->diags, DIAG_ERROR);
    bool read = decode_map(decoder, node, &fields, &expression);
    if (read && diags_count(decoder->diags, DIAG_ERROR) == errors &&
        check_expression(decoder, node, &expression)) {
        terms->sel =
            sel_and(decoder->arena, terms->sel, expression_sel(decoder->arena, &expression));
    }
}

static void match_expressions(struct res_decoder *decoder, const struct node *node, void *target,
                              const void *arg)
{
    decode_list(decoder, node, 0, expression_item, target, arg);
}

const struct sel *decode_label_selector(struct res_decoder *decoder, const struct node *node)
{
    static const struct field rows[] = {
        {"matchLabels", match_labels, 0, NULL},
        {"matchExpressions", match_expressions, 0, NULL},
    };
    static const struct fields fields = FIELDS(rows);
    struct terms terms = {0};
    decode_map(decoder, node, &fields, &terms);
    return terms.sel;
}

static struct res_selector with_text(struct res_decoder *decoder, const struct sel *tree,
                                     struct loc loc)
{
    const char *text = sel_text(decoder->arena, tree);
    return (struct res_selector){{keep(decoder, text, strlen(text)), loc}, tree};
}

struct res_selector all_pods(struct res_decoder *decoder, struct loc loc)
{
    return with_text(decoder, sel_eq(decoder->arena, "projectcalico.org/orchestrator", "k8s"), loc);
}

void field_pod_selector(struct res_decoder *decoder, const struct node *node, void *target,
                        const void *arg)
{
    (void)arg;
    const struct sel *pods = all_pods(decoder, node->loc).tree;
    const struct sel *terms = decode_label_selector(decoder, node);
    *(struct res_selector *)target =
        with_text(decoder, sel_and(decoder->arena, pods, terms), node->loc);
}

void field_namespace_selector(struct res_decoder *decoder, const struct node *node, void *target,
                              const void *arg)
{
    (void)arg;
    const struct sel *terms = decode_label_selector(decoder, node);
    if (terms == NULL) {
        struct sel_error error;
        terms = sel_parse(decoder->arena, "", 0, &error); // all()
    }
    *(struct res_selector *)target = with_text(decoder, terms, node->loc);
}
