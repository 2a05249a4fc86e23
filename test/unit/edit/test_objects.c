// SPDX-License-Identifier: GPL-2.0-or-later
// Unit tests of src/edit/objects.c, fields.c and span.c: how the text of objects changes, and when it does not.
#include "unit.h"

#include <polc/edit.h>

#define STAGED   "StagedGlobalNetworkPolicy"
#define ENFORCED "GlobalNetworkPolicy"

struct fixture {
    struct arena *arena;
    struct sources *sources;
    struct diags *diags;
    VEC(struct edit_wish) wishes;
};

// Objects whose name begins with "x" are to be enforced; "xk" becomes a policy of Kubernetes.
static void wish_for(void *context, const struct load_object *object)
{
    struct fixture *fixture = context;
    const struct node *name = node_get(node_get(object->root, "metadata"), "name");
    if (name == NULL || name->text[0] != 'x') {
        return;
    }
    bool kubernetes = strcmp(name->text, "xk") == 0;
    vec_push(fixture->arena, &fixture->wishes,
             (struct edit_wish){.object = object->root->loc,
                                .kind = kubernetes ? "NetworkPolicy" : ENFORCED,
                                .api_version = kubernetes ? "networking.k8s.io/v1" : NULL,
                                .without = "stagedAction"});
}

static struct fixture make(const char *path, const char *text)
{
    struct fixture fixture = {.arena = arena_new((size_t)1 << 30)};
    fixture.sources = sources_new(fixture.arena);
    fixture.diags = diags_new(fixture.arena, fixture.sources);
    sources_add(fixture.sources, "other.yaml", "", 0); // so that the number is not 0 by chance
    const struct loader loader = {.arena = fixture.arena,
                                  .sources = fixture.sources,
                                  .diags = fixture.diags,
                                  .on_object = wish_for,
                                  .context = &fixture};
    load_text(&loader, path, text, strlen(text));
    ck_assert_uint_eq(diags_count(fixture.diags, DIAG_ERROR), 0);
    ck_assert_uint_gt(fixture.wishes.count, 0);
    return fixture;
}

static bool edit_all(struct fixture *fixture, struct edits *ret, struct edit_problem *reterr)
{
    return edit_objects(fixture->arena, fixture->sources, 1, fixture->wishes.items,
                        fixture->wishes.count, ret, reterr);
}

static void expect(const char *path, const char *before, const char *after)
{
    struct fixture fixture = make(path, before);
    struct edits edits;
    struct edit_problem problem;
    bool good = edit_all(&fixture, &edits, &problem);
    ck_assert_msg(good, "%s\nline %u: %s", before, problem.loc.line, problem.text);
    const struct source *source = sources_get(fixture.sources, 1);
    struct edit_text text =
        edit_apply(fixture.arena, (struct edit_text){source->text, source->size}, &edits);
    ck_assert_msg(text.size == strlen(after) && memcmp(text.text, after, text.size) == 0,
                  "expected:\n%s\ngot:\n%.*s", after, (int)text.size, text.text);
    arena_free(fixture.arena);
}

static void refuse(const char *text, uint32_t line, const char *words)
{
    struct fixture fixture = make("t.yaml", text);
    struct edits edits;
    struct edit_problem problem;
    ck_assert_msg(!edit_all(&fixture, &edits, &problem), "%s", text);
    ck_assert_msg(strstr(problem.text, words) != NULL, "%s\n%s", text, problem.text);
    ck_assert_uint_eq(problem.loc.line, line);
    ck_assert_uint_eq(problem.loc.source, 1);
    arena_free(fixture.arena);
}

#define HEAD  "apiVersion: projectcalico.org/v3\n"
#define META  "metadata: {name: x}\n"
#define OTHER HEAD "kind: " STAGED "\nmetadata: {name: other}\nspec: {stagedAction: Set}\n"

static const struct {
    const char *before, *after;
} values[] = {
    // plain, with a comment behind it, and other objects around it
    {OTHER "---\n" HEAD "kind: " STAGED "   # not yet\n" META "---\n" OTHER,
     OTHER "---\n" HEAD "kind: " ENFORCED "   # not yet\n" META "---\n" OTHER},
    // quotes stay
    {HEAD "kind: '" STAGED "'\n" META, HEAD "kind: '" ENFORCED "'\n" META},
    {HEAD "\"kind\" : \"" STAGED "\"# c\n" META, HEAD "\"kind\" : \"" ENFORCED "\"# c\n" META},
    // anchors and tags, whatever they are called
    {HEAD "kind: &" STAGED " " STAGED "\n" META, HEAD "kind: &" STAGED " " ENFORCED "\n" META},
    {HEAD "kind: !!str " STAGED "\n" META, HEAD "kind: !!str " ENFORCED "\n" META},
    {HEAD "kind: &k !!str '" STAGED "'\n" META, HEAD "kind: &k !!str '" ENFORCED "'\n" META},
    // flow style, on one line and on several
    {"{apiVersion: projectcalico.org/v3, kind: " STAGED ", metadata: {name: x}}\n",
     "{apiVersion: projectcalico.org/v3, kind: " ENFORCED ", metadata: {name: x}}\n"},
    {"{\n  metadata: {name: x},\n  kind:\n    " STAGED "\n, apiVersion: projectcalico.org/v3}",
     "{\n  metadata: {name: x},\n  kind:\n    " ENFORCED "\n, apiVersion: projectcalico.org/v3}"},
    // tabs, blanks and CRLF
    {HEAD "kind:\t" STAGED "\t \n" META, HEAD "kind:\t" ENFORCED "\t \n" META},
    {"apiVersion: projectcalico.org/v3\r\nkind: " STAGED "\r\nmetadata: {name: x}\r\n",
     "apiVersion: projectcalico.org/v3\r\nkind: " ENFORCED "\r\nmetadata: {name: x}\r\n"},
    // characters of several bytes in front of it
    {"{metadata: {name: x, labels: {a: \"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"}}, kind: " STAGED
     ", apiVersion: projectcalico.org/v3}",
     "{metadata: {name: x, labels: {a: \"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"}}, kind: " ENFORCED
     ", apiVersion: projectcalico.org/v3}"},
    // explicit keys
    {HEAD "? kind\n: " STAGED "\n" META, HEAD "? kind\n: " ENFORCED "\n" META},
    // the same word elsewhere stays
    {HEAD "kind: " STAGED "\nmetadata: {name: x, annotations: {kind: " STAGED "}}\n",
     HEAD "kind: " ENFORCED "\nmetadata: {name: x, annotations: {kind: " STAGED "}}\n"},
    // both values
    {"kind: StagedKubernetesNetworkPolicy\napiVersion: 'projectcalico.org/v3' # c\n"
     "metadata: {name: xk}\n",
     "kind: NetworkPolicy\napiVersion: 'networking.k8s.io/v1' # c\nmetadata: {name: xk}\n"},
    // a bare list
    {"- {apiVersion: projectcalico.org/v3, kind: " STAGED ", metadata: {name: x1}}\n"
     "- {apiVersion: projectcalico.org/v3, kind: " STAGED ", metadata: {name: x2}}\n",
     "- {apiVersion: projectcalico.org/v3, kind: " ENFORCED ", metadata: {name: x1}}\n"
     "- {apiVersion: projectcalico.org/v3, kind: " ENFORCED ", metadata: {name: x2}}\n"},
};

START_TEST(change_values)
{
    for (size_t i = 0; i < ARRAY_COUNT(values); i++) {
        expect("t.yaml", values[i].before, values[i].after);
    }
}
END_TEST

#define LIST HEAD "kind: " STAGED "List\nitems:\n"

static const struct {
    const char *before, *after;
} items[] = {
    // an item takes a kind of its own; its neighbours go on to have it from the list
    {LIST "- metadata: {name: other}\n- metadata: {name: x}\n  spec: {}\n",
     LIST "- metadata: {name: other}\n- kind: " ENFORCED "\n  metadata: {name: x}\n  spec: {}\n"},
    {LIST "  -   # first\n     metadata:\n       name: x\n",
     LIST "  -   # first\n     kind: " ENFORCED "\n     metadata:\n       name: x\n"},
    {LIST "- \"metadata\": {name: x}\n  \"spec\": {}\n",
     LIST "- \"kind\": \"" ENFORCED "\"\n  \"metadata\": {name: x}\n  \"spec\": {}\n"},
    {LIST "- &a\n  metadata: {name: x}\n",
     LIST "- &a\n  kind: " ENFORCED "\n  metadata: {name: x}\n"},
    {LIST "- {metadata: {name: x}}\n", LIST "- {kind: " ENFORCED ", metadata: {name: x}}\n"},
    {LIST "- { metadata: {name: x}}\n", LIST "- { kind: " ENFORCED ", metadata: {name: x}}\n"},
    {LIST "- { # c\n    metadata: {name: x}}\n",
     LIST "- { # c\n    kind: " ENFORCED ", metadata: {name: x}}\n"},
    {"kind: " STAGED
     "List\r\napiVersion: projectcalico.org/v3\r\nitems:\r\n- metadata: {name: x}\r\n",
     "kind: " STAGED "List\r\napiVersion: projectcalico.org/v3\r\nitems:\r\n- kind: " ENFORCED
     "\r\n  metadata: {name: x}\r\n"},
    {"kind: StagedKubernetesNetworkPolicyList\napiVersion: projectcalico.org/v3\nitems:\n"
     "- metadata: {name: xk}\n",
     "kind: StagedKubernetesNetworkPolicyList\napiVersion: projectcalico.org/v3\nitems:\n"
     "- apiVersion: networking.k8s.io/v1\n  kind: NetworkPolicy\n  metadata: {name: xk}\n"},
    // an alias is written out, and what it stood for stays
    {"apiVersion: v1\nkind: List\nitems:\n- {apiVersion: projectcalico.org/v3, kind: &k " STAGED
     ", metadata: {name: other}}\n- apiVersion: projectcalico.org/v3\n  kind: *k # too\n"
     "  metadata: {name: x}\n- {metadata: {name: x2}, apiVersion: projectcalico.org/v3, kind: *k }\n",
     "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: projectcalico.org/v3, kind: &k " STAGED
     ", metadata: {name: other}}\n- apiVersion: projectcalico.org/v3\n  kind: " ENFORCED " # too\n"
     "  metadata: {name: x}\n- {metadata: {name: x2}, apiVersion: projectcalico.org/v3, kind: " ENFORCED
     " }\n"},
};

START_TEST(change_items)
{
    for (size_t i = 0; i < ARRAY_COUNT(items); i++) {
        expect("t.yaml", items[i].before, items[i].after);
    }
}
END_TEST

#define S HEAD "kind: " STAGED "\n" META
#define E HEAD "kind: " ENFORCED "\n" META

static const struct {
    const char *before, *after;
} fields[] = {
    {S "spec:\n  stagedAction: Set   # yes\n  order: 1\n", E "spec:\n  order: 1\n"},
    {S "spec:\n  order: 1\n  stagedAction: Set\n", E "spec:\n  order: 1\n"},
    {S "spec:\n  order: 1\n  stagedAction: Set", E "spec:\n  order: 1\n"},
    {S "spec:\n  order: 1\n  'stagedAction': \"Set\"\r\n", E "spec:\n  order: 1\n"},
    {S "spec: # all\n  # why\n  stagedAction:\n    Set\n  # then\n  order: 1\n",
     E "spec: # all\n  # why\n  # then\n  order: 1\n"},
    {S "spec: &s\n  stagedAction: Set\n  order: 1\n", E "spec: &s\n  order: 1\n"},
    {S "spec:\n  stagedAction: Set\n", E "spec:\n"},
    {S "spec: {stagedAction: Set}\n", E "spec: {}\n"},
    {S "spec: {stagedAction: Set, order: 1}\n", E "spec: {order: 1}\n"},
    {S "spec: {tier: a, stagedAction: 'Set' , order: 1}\n", E "spec: {tier: a, order: 1}\n"},
    {S "spec: {order: 1, stagedAction: Set }\n", E "spec: {order: 1 }\n"},
    {S "spec: {order: 1, # one, two\n  stagedAction: Set}\n",
     E "spec: {order: 1, # one, two\n  }\n"},
    {S "spec: {\n  order: 1,\n  stagedAction: Set,\n}\n", E "spec: {\n  order: 1,\n}\n"},
    {S "spec: {order: 1, stagedAction: Set, }\n", E "spec: {order: 1,  }\n"},
    {S "spec: {\n  stagedAction: Set, # yes\n  # one\n  order: 1}\n", E "spec: {\n  order: 1}\n"},
    // not of another object, and not at another depth
    {S "stagedAction: Set\n", E "stagedAction: Set\n"},
    {S "spec: {selector: \"stagedAction: Set\"}\n", E "spec: {selector: \"stagedAction: Set\"}\n"},
    // a spec that is no map has no such field; that it should be one is not the editor's to say
    {HEAD "kind: " STAGED "\n" META "spec: [a, {stagedAction: Set}]\n",
     HEAD "kind: " ENFORCED "\n" META "spec: [a, {stagedAction: Set}]\n"},
};

START_TEST(drop_fields)
{
    for (size_t i = 0; i < ARRAY_COUNT(fields); i++) {
        expect("t.yaml", fields[i].before, fields[i].after);
    }
}
END_TEST

START_TEST(json)
{
    expect("t.json",
           "{\"kind\": \"" STAGED
           "List\",\n \"apiVersion\": \"projectcalico.org/v3\",\n \"items\": [\n"
           "  {\n    \"metadata\": {\"name\": \"x\"},\n    \"spec\": {\n      \"order\": 1,\n"
           "      \"stagedAction\": \"Set\"\n    }\n  },\n  {\"metadata\":{\"name\":\"x2\"},"
           "\"spec\":{\"stagedAction\":\"Set\",\"order\":2}}\n ]}\n",
           "{\"kind\": \"" STAGED
           "List\",\n \"apiVersion\": \"projectcalico.org/v3\",\n \"items\": [\n"
           "  {\n    \"kind\": \"" ENFORCED "\",\n    \"metadata\": {\"name\": \"x\"},\n"
           "    \"spec\": {\n      \"order\": 1\n    }\n  },\n"
           "  {\"kind\": \"" ENFORCED
           "\", \"metadata\":{\"name\":\"x2\"},\"spec\":{\"order\":2}}\n ]}\n");
    // what the fast reader of JSON leaves to the other one
    expect("t.json",
           "\t{\"kind\": \"" STAGED "\", \"apiVersion\": \"projectcalico.org/v3\",\r\n"
           "\t\"metadata\": {\"name\": \"x\"}, # c\n}\n",
           "\t{\"kind\": \"" ENFORCED "\", \"apiVersion\": \"projectcalico.org/v3\",\r\n"
           "\t\"metadata\": {\"name\": \"x\"}, # c\n}\n");
}
END_TEST

// A byte order mark is no part of the text: places are those behind it.
START_TEST(byte_order_mark)
{
    expect("t.yaml", "\xef\xbb\xbfkind: " STAGED "\napiVersion: projectcalico.org/v3\n" META,
           "kind: " ENFORCED "\napiVersion: projectcalico.org/v3\n" META);
}
END_TEST

START_TEST(refusals)
{
    // the kind of two objects
    refuse("apiVersion: v1\nkind: List\nitems:\n"
           "- {apiVersion: projectcalico.org/v3, kind: &k " STAGED ", metadata: {name: x}}\n"
           "- {apiVersion: projectcalico.org/v3, kind: *k, metadata: {name: other}}\n",
           5, "shares");
    // the spec of two objects
    refuse("apiVersion: v1\nkind: List\nitems:\n"
           "- apiVersion: projectcalico.org/v3\n  kind: " STAGED "\n  metadata: {name: other}\n"
           "  spec: &s {stagedAction: Set, order: 1}\n"
           "- apiVersion: projectcalico.org/v3\n  kind: " STAGED "\n  metadata: {name: x}\n"
           "  spec: *s\n",
           11, "alias");
    // the other way round: the text stands in the object that is named
    refuse("apiVersion: v1\nkind: List\nitems:\n"
           "- apiVersion: projectcalico.org/v3\n  kind: " STAGED "\n  metadata: {name: x}\n"
           "  spec: &s {stagedAction: Set, order: 1}\n"
           "- apiVersion: projectcalico.org/v3\n  kind: " STAGED "\n  metadata: {name: other}\n"
           "  spec: *s\n",
           8, "shares");
    refuse(HEAD "kind: \"\\x53tagedGlobalNetworkPolicy\"\n" META, 2, "not written as it is read");
    refuse(HEAD "kind: >-\n  " STAGED "\n" META, 2, "not written as it is read");
    refuse(LIST "- kind:\n  metadata: {name: x}\n", 4, "empty");
    refuse(LIST "- kind: {a: b}\n  metadata: {name: x}\n", 4, "no text");
    refuse(LIST "- kind: [a]\n  metadata: {name: x}\n", 4, "no text");
    refuse(S "spec:\n  stagedAction: {a: b}\n  order: 1\n", 5, "by itself");
    refuse(S "spec: {stagedAction: [Set], order: 1}\n", 4, "by itself");
    refuse(S "spec:\n  ? stagedAction\n  : Set\n  order: 1\n", 5, "by itself");
}
END_TEST

// Places end at 65,535 characters: what stands behind is not guessed at.
START_TEST(long_lines)
{
    enum { BLANKS = 70000 };
    struct arena *arena = arena_new((size_t)1 << 30);
    const char *text = arena_printf(
        arena, "{apiVersion: projectcalico.org/v3, metadata: {name: x},%*skind: " STAGED "}",
        BLANKS, "");
    refuse(text, 1, "too long");
    text = arena_printf(arena,
                        "[%*s{apiVersion: projectcalico.org/v3, metadata: {name: x}, kind: " STAGED
                        "}, {apiVersion: projectcalico.org/v3, metadata: {name: y}, kind: " STAGED
                        "}]",
                        BLANKS, "");
    refuse(text, 1, "too long");
    arena_free(arena);
}
END_TEST

UNIT_TESTS("edit objects", change_values, change_items, drop_fields, json, byte_order_mark,
           refusals, long_lines)
