// SPDX-License-Identifier: GPL-2.0-or-later
// Random selectors against a second, plain implementation: trees that this file makes, evaluates and writes down by itself,
// in any of the spellings that the language allows. Seeded: each run tries the same ones.
#include "sel_helper.h"

enum { KEYS = 5, VALUES = 7, TREES = 3000, SPELLINGS = 2, LABEL_SETS = 12 };

// Some keys are words of the language, some values contain each other or a quote.
static const char *const keys[KEYS] = {"a", "contains", "has", "in", "p/q.r-s"};
static const char *const values[VALUES] = {"", "x", "xy", "yx", "xyx", "it's", "\"x\""};

// A tree of the reference: only what the specification says, nothing of the parser's.
struct ref {
    enum sel_op op;
    int key, value;
    unsigned set;         // of IN and NOT_IN: bit n is values[n]
    struct ref *child[3]; // NOT (1), AND, OR (2 or 3)
    int children;
};

// values[of[n]] is the value of keys[n]; -1: the label is absent.
struct ref_labels {
    int of[KEYS];
};

static int below(int limit)
{
    return rand() % limit;
}

// ---- the reference ------------------------------------------------------------------------------

static struct ref *random_tree(int depth)
{
    struct ref *ref = arena_new_of(arena, struct ref);
    if (depth > 0 && below(3) > 0) {
        static const enum sel_op inner[] = {SEL_NOT, SEL_AND, SEL_OR};
        ref->op = inner[below(3)];
        ref->children = ref->op == SEL_NOT ? 1 : 2 + below(2);
        for (int i = 0; i < ref->children; i++) {
            ref->child[i] = random_tree(depth - 1);
        }
        return ref;
    }
    ref->op = (enum sel_op)below(SEL_NOT); // the leaves stand before the inner nodes
    ref->key = below(KEYS);
    ref->value = below(VALUES);
    ref->set = (unsigned)below(1 << VALUES);
    return ref;
}

static bool ref_eval(const struct ref *ref, const struct ref_labels *labels, bool all, bool global)
{
    int has = labels->of[ref->key];
    const char *value = has < 0 ? NULL : values[has], *wanted = values[ref->value];
    switch (ref->op) {
    case SEL_ALL:
        return all;
    case SEL_GLOBAL:
        return global;
    case SEL_HAS:
        return value != NULL;
    case SEL_EQ:
        return value != NULL && strcmp(value, wanted) == 0;
    case SEL_NE:
        return value == NULL || strcmp(value, wanted) != 0;
    case SEL_IN:
        return value != NULL && (ref->set >> has & 1) != 0;
    case SEL_NOT_IN:
        return value == NULL || (ref->set >> has & 1) == 0;
    case SEL_CONTAINS:
        return value != NULL && strstr(value, wanted) != NULL;
    case SEL_STARTS_WITH:
        return value != NULL && strncmp(value, wanted, strlen(wanted)) == 0;
    case SEL_ENDS_WITH:
        return value != NULL && strlen(value) >= strlen(wanted) &&
               strcmp(value + strlen(value) - strlen(wanted), wanted) == 0;
    case SEL_NOT:
        return !ref_eval(ref->child[0], labels, all, global);
    case SEL_AND:
    case SEL_OR:
    case SEL_OP_COUNT:
        break;
    }
    for (int i = 0; i < ref->children; i++) {
        if (ref_eval(ref->child[i], labels, all, global) == (ref->op == SEL_OR)) {
            return ref->op == SEL_OR;
        }
    }
    return ref->op == SEL_AND;
}

// ---- writing it down, one spelling of many ------------------------------------------------------

static void blank(struct strbuf *out)
{
    static const char *const blanks[] = {"", "", " ", "\t", "  "};
    strbuf_add(out, blanks[below(ARRAY_COUNT(blanks))]);
}

static void write_value(struct strbuf *out, const char *value)
{
    char quote = strchr(value, '"') != NULL    ? '\''
                 : strchr(value, '\'') != NULL ? '"'
                                               : "\"'"[below(2)];
    strbuf_addf(out, "%c%s%c", quote, value, quote);
}

// In any order, with repetitions, and with the comma that may close the list.
static void write_set(struct strbuf *out, unsigned set)
{
    strbuf_add(out, "{");
    blank(out);
    int written = 0, first = below(VALUES);
    for (int i = 0; i < 2 * VALUES; i++) {
        int value = (first + i) % VALUES;
        if ((set >> value & 1) == 0 || (i >= VALUES && below(4) > 0)) {
            continue;
        }
        strbuf_add(out, written++ > 0 ? "," : "");
        blank(out);
        write_value(out, values[value]);
        blank(out);
    }
    strbuf_add(out, written > 0 && below(4) == 0 ? ",}" : "}");
}

static void write_match(struct strbuf *out, const struct ref *ref)
{
    static const char *const words[SEL_OP_COUNT][3] = {
        [SEL_EQ] = {"==", " ==", "\t== "},
        [SEL_NE] = {"!=", " !=", "  != "},
        [SEL_IN] = {" in", " in ", "\tin"},
        [SEL_NOT_IN] = {" notin", " not in ", " not\t in"},
        [SEL_CONTAINS] = {" contains", " contains ", "\tcontains"},
        [SEL_STARTS_WITH] = {" startswith", " starts with", " starts  with "},
        [SEL_ENDS_WITH] = {" endswith", " ends with", " ends\twith "},
    };
    strbuf_add(out, keys[ref->key]);
    strbuf_add(out, words[ref->op][below(3)]);
    blank(out);
    if (ref->op == SEL_IN || ref->op == SEL_NOT_IN) {
        write_set(out, ref->set);
    } else {
        write_value(out, values[ref->value]);
    }
}

static void write_tree(struct strbuf *out, const struct ref *ref, enum sel_op parent);

static void write_inner(struct strbuf *out, const struct ref *ref)
{
    if (ref->op == SEL_NOT) {
        strbuf_add(out, "!");
    }
    for (int i = 0; i < ref->children; i++) {
        strbuf_add(out, i == 0 ? "" : ref->op == SEL_AND ? "&&" : "||");
        blank(out);
        write_tree(out, ref->child[i], ref->op);
        blank(out);
    }
}

// Parentheses where they must stand, and sometimes where they need not. `parent` SEL_ALL: there is none.
static void write_tree(struct strbuf *out, const struct ref *ref, enum sel_op parent)
{
    bool group = ref->op == SEL_AND || ref->op == SEL_OR;
    bool free = parent == SEL_ALL || (parent == SEL_OR && ref->op == SEL_AND);
    bool parentheses = (group && !free) || below(4) == 0;
    strbuf_add(out, parentheses ? "(" : "");
    if (parentheses) {
        blank(out);
    }
    if (ref->children > 0) {
        write_inner(out, ref);
    } else if (ref->op == SEL_ALL || ref->op == SEL_GLOBAL) {
        strbuf_addf(out, "%s(%s)", ref->op == SEL_ALL ? "all" : "global",
                    below(2) > 0 ? "" : " \t");
    } else if (ref->op == SEL_HAS) {
        strbuf_add(out, "has(");
        blank(out);
        strbuf_add(out, keys[ref->key]);
        blank(out);
        strbuf_add(out, ")");
    } else {
        write_match(out, ref);
    }
    strbuf_add(out, parentheses ? ")" : "");
}

static const char *spelled(const struct ref *ref)
{
    struct strbuf out = {.arena = arena};
    blank(&out);
    write_tree(&out, ref, SEL_ALL);
    blank(&out);
    return strbuf_text(&out);
}

// ---- labels -------------------------------------------------------------------------------------

static struct ref_labels random_labels(void)
{
    struct ref_labels ret;
    for (int i = 0; i < KEYS; i++) {
        ret.of[i] = below(VALUES + 2) - 2;
    }
    return ret;
}

// As the evaluator wants them, every key with a prefix; `items` has KEYS entries.
static struct labels with_prefix(const struct ref_labels *labels, const char *prefix,
                                 struct label *items)
{
    struct labels ret = {items, 0};
    for (int i = 0; i < KEYS; i++) { // keys are sorted
        if (labels->of[i] >= 0) {
            items[ret.count++] =
                (struct label){arena_printf(arena, "%s%s", prefix, keys[i]), values[labels->of[i]]};
        }
    }
    return ret;
}

// ---- what must hold -----------------------------------------------------------------------------

START_TEST(every_spelling_is_one_selector)
{
    srand(1);
    for (int i = 0; i < TREES; i++) {
        struct ref *ref = random_tree(4);
        const char *text = sel_text(arena, parse(spelled(ref)));
        ck_assert_str_eq(sel_text(arena, parse(text)), text);
        for (int j = 0; j < SPELLINGS; j++) {
            const char *other = spelled(ref);
            ck_assert_msg(strcmp(sel_text(arena, parse(other)), text) == 0, "<%s> is not <%s>",
                          other, text);
        }
    }
}
END_TEST

START_TEST(evaluates_as_the_reference)
{
    srand(2);
    int matched = 0;
    for (int i = 0; i < TREES; i++) {
        struct ref *ref = random_tree(4);
        struct sel *sel = parse(spelled(ref)), *again = parse(sel_text(arena, sel));
        for (int j = 0; j < LABEL_SETS; j++) {
            struct label items[KEYS];
            struct ref_labels random = random_labels();
            struct labels labels = with_prefix(&random, "", items);
            bool expected = ref_eval(ref, &random, true, true);
            ck_assert_msg(sel_matches(sel, &labels) == expected, "<%s>", sel_text(arena, sel));
            ck_assert(sel_matches(again, &labels) == expected);
            ck_assert(sel_matches(sel_not(arena, sel), &labels) != expected);
            matched += expected;
        }
    }
    // Neither answer is rare, or the test would say little.
    ck_assert_int_gt(matched, TREES * LABEL_SETS / 4);
    ck_assert_int_lt(matched, TREES * LABEL_SETS * 3 / 4);
}
END_TEST

START_TEST(joins_as_the_reference)
{
    srand(3);
    for (int i = 0; i < TREES; i++) {
        struct ref *left = random_tree(3), *right = random_tree(3);
        struct sel *both = sel_and(arena, parse(spelled(left)), parse(spelled(right)));
        const char *text = sel_text(arena, both);
        ck_assert_str_eq(sel_text(arena, parse(text)), text);
        for (int j = 0; j < LABEL_SETS; j++) {
            struct label items[KEYS];
            struct ref_labels random = random_labels();
            struct labels labels = with_prefix(&random, "", items);
            ck_assert(sel_matches(both, &labels) == (ref_eval(left, &random, true, true) &&
                                                     ref_eval(right, &random, true, true)));
        }
    }
}
END_TEST

// The laws of rewriting: prefixed keys, and a meaning of their own for all() and global(); what is rewritten stays.
START_TEST(rewrites_as_the_reference)
{
    srand(4);
    struct sel *everything = sel_has(arena, "pcns.a"), *nothing = sel_not(arena, everything);
    for (int i = 0; i < TREES; i++) {
        struct ref *ref = random_tree(4);
        struct sel *sel = parse(spelled(ref));
        const char *text = sel_text(arena, sel);
        struct sel *rewritten = sel_rewrite(arena, sel, "pcns.", everything, nothing);
        ck_assert_str_eq(sel_text(arena, sel), text);
        ck_assert_str_eq(sel_text(arena, sel_rewrite(arena, sel, "", NULL, NULL)), text);
        for (int j = 0; j < LABEL_SETS; j++) {
            struct label items[KEYS];
            struct ref_labels random = random_labels();
            bool inside = random.of[0] >= 0;
            struct labels labels = with_prefix(&random, "pcns.", items);
            ck_assert_msg(sel_matches(rewritten, &labels) ==
                              ref_eval(ref, &random, inside, !inside),
                          "<%s>", sel_text(arena, rewritten));
        }
    }
}
END_TEST

// One byte less: what is still a selector has a canonical text, what is none is refused at a place inside of it.
START_TEST(mutilated_text_is_refused_or_read)
{
    srand(6);
    int refused = 0;
    for (int i = 0; i < TREES; i++) {
        char *text = arena_strdup(arena, spelled(random_tree(2)));
        size_t length = strlen(text), cut = (size_t)below((int)length);
        memmove(text + cut, text + cut + 1, length - cut);
        struct sel_error error = {0};
        struct sel *sel = sel_parse(arena, text, length - 1, &error);
        if (sel == NULL) {
            ck_assert_msg(error.message != NULL && error.offset + error.length <= length - 1,
                          "<%s>", text);
            refused++;
        } else {
            const char *canonical = sel_text(arena, sel);
            ck_assert_str_eq(sel_text(arena, parse(canonical)), canonical);
        }
    }
    ck_assert_int_gt(refused, TREES / 4);
}
END_TEST

UNIT_TESTS("selector/random", every_spelling_is_one_selector, evaluates_as_the_reference,
           joins_as_the_reference, rewrites_as_the_reference, mutilated_text_is_refused_or_read)
