// SPDX-License-Identifier: GPL-2.0-or-later
// ConnectivityTest: polc's own kind, assertions that stand beside the policies. The spec is a list of cases, one case,
// or a map with "cases" and "closed".
#include "objects.h"
#include "rule.h"
#include "values.h"

#define IN_CASE(member) offsetof(struct res_test_case, member)

static void reference(struct res_decoder *decoder, const struct node *node, struct res_names *names)
{
    if (!scalar_string(decoder, node)) {
        return;
    }
    if (node->text[strspn(node->text, " \t")] == '\0') {
        struct diag *diag = diag_report(decoder->diags, DIAG_P025, node->loc, "%s is empty in %s",
                                        field_name(decoder), object_name(decoder));
        diag_label(diag, "all() is every endpoint");
        return;
    }
    vec_push(decoder->arena, names, keep_text(decoder, node));
}

static void reference_item(struct res_decoder *decoder, const struct node *node, void *target,
                           const void *arg)
{
    (void)arg;
    reference(decoder, node, target);
}

// One reference, or a list of them.
static void case_side(struct res_decoder *decoder, const struct node *node, void *target,
                      const void *arg)
{
    if (node->type != NODE_LIST) {
        reference(decoder, node, target);
    } else if (node->size == 0) {
        diag_report(decoder->diags, DIAG_P025, node->loc, "%s is empty in %s", field_name(decoder),
                    object_name(decoder));
    } else {
        decode_list(decoder, node, 0, reference_item, target, arg);
    }
}

// "port: 80" is short for "ports: [80]".
static void case_port(struct res_decoder *decoder, const struct node *node, void *target,
                      const void *arg)
{
    (void)arg;
    struct res_test_case *item = target;
    struct res_port port;
    if (item->ports.loc.line == 0) {
        item->ports.loc = node->loc;
    }
    if (parse_port(decoder, node, &port)) {
        vec_push(decoder->arena, &item->ports, port);
    }
}

static void case_expect(struct res_decoder *decoder, const struct node *node, void *target,
                        const void *arg)
{
    static const char *const expect_words[] = {"allow", "deny"};
    static const struct words words = WORDS(expect_words);
    (void)arg;
    int index = scalar_word(decoder, node, &words);
    struct res_test_case *item = target;
    item->expect = index == 1 ? RES_EXPECT_DENY : RES_EXPECT_ALLOW; // a wrong word was reported
}

// clang-format off
#define CASE_ROWS(base)                                                                            \
    {"from", case_side, (base) + IN_CASE(from), NULL},                                             \
    {"to", case_side, (base) + IN_CASE(to), NULL},                                                 \
    {"protocol", field_protocol, (base) + IN_CASE(protocol), NULL},                                \
    {"port", case_port, (base), NULL},                                                             \
    {"ports", field_ports, (base) + IN_CASE(ports), NULL},                                         \
    {"icmp", field_icmp, (base) + IN_CASE(icmp), NULL},                                            \
    {"expect", case_expect, (base), NULL}
// clang-format on

static struct loc first_key(const struct node *node)
{
    return node->type == NODE_MAP && node->first != NULL ? node->first->key_loc : node->loc;
}

// What every case must have. A field that is there, but wrong, was reported.
static void need_fields(struct res_decoder *decoder, const struct node *node, struct loc loc)
{
    static const char *const names[] = {"from", "to", "expect"};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        const struct node *child = node_get(node, names[i]);
        if (child == NULL || node_is_null(child)) {
            struct diag *diag =
                diag_report(decoder->diags, DIAG_P025, loc, "a case without \"%s\" in %s", names[i],
                            object_name(decoder));
            diag_hint(diag,
                      i < 2 ? "add \"%s: NAMESPACE/NAME\", or another reference"
                            : "add \"%s: allow\" or \"%s: deny\"",
                      names[i], names[i]);
        }
    }
}

static void case_item(struct res_decoder *decoder, const struct node *node, void *target,
                      const void *arg)
{
    static const struct field rows[] = {
        {"description", field_text, IN_CASE(description), NULL},
        CASE_ROWS(0),
    };
    static const struct fields fields = FIELDS(rows);
    (void)arg;
    struct res_test *test = target;
    struct res_test_case item = {.loc = first_key(node), .icmp = {.type = -1, .code = -1}};
    if (decode_map(decoder, node, &fields, &item)) {
        need_fields(decoder, node, item.loc);
        vec_push(decoder->arena, &test->cases, item);
    }
}

static void test_cases(struct res_decoder *decoder, const struct node *node, void *target,
                       const void *arg)
{
    struct res_test *test = target;
    test->cases_loc = node->key_loc;
    decode_list(decoder, node, 0, case_item, target, arg);
}

// A spec that is a map, and maybe a case at once.
struct spec {
    struct res_test test;
    struct res_test_case single;
};

static bool is_case_field(const char *name)
{
    static const struct field rows[] = {CASE_ROWS(0)};
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void spec_map(struct res_decoder *decoder, const struct node *node, struct res_test *test)
{
    static const struct field rows[] = {
        {"description", field_text, offsetof(struct spec, test.description), NULL},
        {"closed", field_bool, offsetof(struct spec, test.closed), NULL},
        {"cases", test_cases, offsetof(struct spec, test), NULL},
        CASE_ROWS(offsetof(struct spec, single)),
    };
    static const struct fields fields = FIELDS(rows);
    struct spec spec = {.test = *test, .single = {.icmp = {.type = -1, .code = -1}}};
    decode_map(decoder, node, &fields, &spec);
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        if (is_case_field(child->key)) {
            spec.single.loc = child->key_loc;
            break;
        }
    }
    if (spec.single.loc.line != 0) {
        need_fields(decoder, node, spec.single.loc);
        spec.test.single = spec.single.loc;
        spec.single.description = spec.test.description;
        vec_push(decoder->arena, &spec.test.cases, spec.single);
    }
    *test = spec.test;
}

static void test_spec(struct res_decoder *decoder, const struct node *node, void *target,
                      const void *arg)
{
    if (node->type == NODE_MAP) {
        spec_map(decoder, node, target);
    } else {
        decode_list(decoder, node, 0, case_item, target, arg);
    }
}

void decode_test(struct res_decoder *decoder, const struct load_object *object, enum res_kind kind)
{
    struct res_test test = {0};
    meta_decode(decoder, object, kind, NAME_SUBDOMAIN, true, &test.meta);
    decode_calico_by(decoder, object, test_spec, NULL, &test);
    vec_push(decoder->arena, &decoder->resources->tests, test);
}
