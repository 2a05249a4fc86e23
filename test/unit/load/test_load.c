// SPDX-License-Identifier: GPL-2.0-or-later
// Text to objects: places, lists, limits; and paths.
#include <polc/load.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

struct fixture {
    struct arena *arena;
    struct sources *sources;
    struct diags *diags;
    struct strbuf seen; // "apiVersion/kind/name@line;"
};

static void on_object(void *context, const struct load_object *object)
{
    struct fixture *fixture = context;
    const struct node *name = node_get(object->root, "name");
    strbuf_addf(&fixture->seen, "%s/%s/%s@%u;", object->api_version ? object->api_version : "-",
                object->kind ? object->kind : "-", name ? name->text : "-", object->root->loc.line);
}

static struct fixture make(void)
{
    struct fixture fixture = {.arena = arena_new(SIZE_MAX)};
    fixture.sources = sources_new(fixture.arena);
    fixture.diags = diags_new(fixture.arena, fixture.sources);
    fixture.seen.arena = fixture.arena;
    return fixture;
}

static struct fixture load_n(const char *text, size_t size)
{
    struct fixture fixture = make();
    const struct loader loader = {fixture.arena, fixture.sources, fixture.diags,
                                  NULL,          on_object,       &fixture};
    load_text(&loader, "t.yaml", text, size);
    return fixture;
}

static struct fixture load(const char *text)
{
    return load_n(text, strlen(text));
}

START_TEST(objects)
{
    static const struct {
        const char *text, *seen;
    } cases[] = {
        {"", ""},
        {"---\n...\n", ""},
        {"kind: A\nname: x\n", "-/A/x@1;"},
        {"kind: A\n---\n# only a comment\n---\nkind: B\n", "-/A/-@1;-/B/-@5;"},
        {"apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, name: a}\n- kind: B\n",
         "v1/Pod/a@4;-/B/-@5;"},
        {"apiVersion: v1\nkind: PodList\nitems:\n- name: a\n- name: b\n", "v1/Pod/a@4;v1/Pod/b@5;"},
        {"apiVersion: v1\nkind: PodList\nitems: []\n", ""},
        {"apiVersion: v1\nkind: PodList\nitems: null\n", ""},
        {"- kind: A\n- kind: B\n", "-/A/-@1;-/B/-@2;"},
        {"apiVersion: a/v1\nkind: XList\nitems: [{kind: Y}, {apiVersion: b/v1}, {kind: Z, apiVersion: c/v1}]\n",
         "a/v1/Y/-@3;b/v1/X/-@3;c/v1/Z/-@3;"},
        {"kind: List\nitems: [{kind: List, items: [{kind: PodList, items: [{name: x}]}]}, [{kind: B}]]\n",
         "-/Pod/x@2;-/B/-@2;"},
        {"apiVersion: x/v1\nkind: AllowList\n", "x/v1/AllowList/-@1;"}, // a kind of another group
        {"[{\"kind\": \"A\",\n\t\"name\": \"x\"}]", "-/A/x@1;"},
        {"{\n\t\"kind\": \"A\"\n}\n", "-/A/-@1;"},
        {"kind: MyList\nname: no-items\n", "-/MyList/no-items@1;"},
        {"a: &x {kind: A}\nkind: *k\n", ""}, // an error, see below
        {"kind: &k A\nname: *k\n", "-/A/A@1;"},
        {"\xef\xbb\xbfkind: A\n", "-/A/-@1;"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct fixture fixture = load(cases[i].text);
        ck_assert_msg(strcmp(strbuf_text(&fixture.seen), cases[i].seen) == 0, "case %zu: %s", i,
                      strbuf_text(&fixture.seen));
        arena_free(fixture.arena);
    }
}
END_TEST

// What the first diagnostic says, as "CODE line:column".
static const char *first_problem(struct fixture *fixture)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    diags_print(fixture->diags, out, &(struct diag_print_options){0});
    fclose(out);
    unsigned line = 0;
    unsigned column = 0;
    char code[8] = "-";
    const char *bracket = strstr(text, "error[");
    sscanf(text, "t.yaml:%u:%u", &line, &column);
    if (bracket != NULL) {
        sscanf(bracket, "error[%4s", code);
    }
    const char *ret = arena_printf(fixture->arena, "%s %u:%u", code, line, column);
    free(text);
    return ret;
}

START_TEST(mistakes)
{
    static const struct {
        const char *text, *problem;
    } cases[] = {
        {"a: 1\na: 2\n", "F009 2:1"},
        {"a: {b: 1, \"b\": 2}\n", "F009 1:12"},
        {"a: [1\n", "F005 1:4"}, // the bracket that is not closed
        {"a: b: c\n", "F005 1:5"},
        {"a:\n\tb: 1\n", "F005 2:1"},
        {"<<: {a: 1}\n", "F010 1:1"},
        {"a: !custom 1\n", "F010 1:4"},
        {"a: *nowhere\n", "F014 1:4"},
        {"a: &x [*x]\n", "F014 1:8"},
        {"? [1]\n: 2\n", "F005 1:3"},
        {"hello\n", "F011 1:1"},
        {"42\n", "F011 1:1"},
        {"- 1\n", "F011 1:3"},
        {"kind: PodList\nitems: {a: 1}\n", "F012 2:8"},
        {"kind: PodList\nitems:\n- 5\n", "F011 3:3"},
        {"kind: PodList\nitems:\n-\n", "F011 3:2"},
        {"kind: List\nitem: []\n", "F012 1:1"},
        {"apiVersion: v1\nkind: PodList\n", "F012 1:1"},
        {"[[[[[{kind: A}]]]]]\n", "F012 1:6"},
        {"a: \"\xff\"\n", "F006 1:5"},
        {"ok: 1\nb: \"x\\0y\"\n", "F006 2:5"},
        {"a: \x01\n", "F006 1:4"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct fixture fixture = load(cases[i].text);
        ck_assert_uint_eq(diags_count(fixture.diags, DIAG_ERROR), 1);
        ck_assert_msg(strcmp(first_problem(&fixture), cases[i].problem) == 0, "%s gives %s, not %s",
                      cases[i].text, first_problem(&fixture), cases[i].problem);
        arena_free(fixture.arena);
    }
}
END_TEST

START_TEST(raw_nul_is_refused)
{
    struct fixture fixture = load_n("a: b\0c\n", 7);
    ck_assert_uint_eq(diags_count(fixture.diags, DIAG_ERROR), 1);
    arena_free(fixture.arena);
}
END_TEST

// `head`, then `part` many times; with `numbered` each part is a key of its own.
static struct fixture load_repeated(const char *head, const char *part, bool numbered, size_t count)
{
    struct strbuf text = {.arena = arena_new(SIZE_MAX)};
    strbuf_add(&text, head);
    for (size_t i = 0; i < count; i++) {
        if (numbered) {
            strbuf_addf(&text, "k%zu", i);
        }
        strbuf_add(&text, part);
    }
    char *copy = strdup(strbuf_text(&text));
    arena_free(text.arena);
    struct fixture fixture = make();
    const struct loader loader = {fixture.arena, fixture.sources, fixture.diags,
                                  NULL,          on_object,       &fixture};
    load_text(&loader, "t.yaml", arena_strdup(fixture.arena, copy), strlen(copy));
    free(copy);
    return fixture;
}

START_TEST(limits)
{
    struct fixture deep = load_repeated("a: ", "[", false, 1000000);
    ck_assert_ptr_nonnull(strstr(first_problem(&deep), "F007"));
    arena_free(deep.arena);
    struct fixture aliases = load_repeated("a: &x 1\nb:\n", "- *x\n", false, LOAD_MAX_ALIASES + 1);
    ck_assert_ptr_nonnull(strstr(first_problem(&aliases), "F008"));
    arena_free(aliases.arena);
    struct fixture enough = load_repeated("a: &x 1\nb:\n", "- *x\n", false, LOAD_MAX_ALIASES);
    ck_assert_uint_eq(diags_count(enough.diags, DIAG_ERROR), 0);
    arena_free(enough.arena);
    struct fixture keys = load_repeated("", ": 1\n", true, 100000); // linear, not quadratic
    ck_assert_uint_eq(diags_count(keys.diags, DIAG_ERROR), 0);
    arena_free(keys.arena);
}
END_TEST

START_TEST(a_billion_laughs_end_early)
{
    struct strbuf text = {.arena = arena_new(SIZE_MAX)};
    strbuf_add(&text, "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for (int i = 1; i < 12; i++) {
        strbuf_addf(&text, "a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i, i,
                    i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    }
    struct fixture fixture = load(strbuf_text(&text));
    ck_assert_uint_eq(diags_count(fixture.diags, DIAG_ERROR), 1);
    arena_free(fixture.arena);
    arena_free(text.arena);
}
END_TEST

// ---- paths ----------------------------------------------------------------------------------------------------

static void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

static struct fixture load_tree(const char *const *paths, size_t count)
{
    struct fixture fixture = make();
    const struct loader loader = {fixture.arena, fixture.sources, fixture.diags,
                                  NULL,          on_object,       &fixture};
    load_paths(&loader, paths, count);
    return fixture;
}

START_TEST(directories)
{
    char root[] = "/tmp/polc-load-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(root));
    ck_assert_int_eq(chdir(root), 0);
    ck_assert_int_eq(mkdir("b", 0755), 0);
    put("b/x.yml", "kind: BX\n");
    put("b.yaml", "kind: B\n"); // "b.yaml" sorts before "b/x.yml"
    put("a.json", "{\"kind\": \"A\"}");
    put(".hidden.yaml", "kind: Hidden\n");
    put("notes.txt", "kind: Notes\n");
    const char *here[] = {"."};
    struct fixture fixture = load_tree(here, 1);
    ck_assert_str_eq(strbuf_text(&fixture.seen), "-/A/-@1;-/B/-@1;-/BX/-@1;");
    arena_free(fixture.arena);

    ck_assert_int_eq(symlink("..", "b/up"), 0);
    fixture = load_tree(here, 1);
    ck_assert_uint_eq(diags_count(fixture.diags, DIAG_ERROR), 1);
    ck_assert_ptr_nonnull(strstr(first_problem(&fixture), "F004"));
    arena_free(fixture.arena);
    ck_assert_int_eq(unlink("b/up"), 0);

    const char *twice[] = {"a.json", "a.json", "./a.json"};
    fixture = load_tree(twice, 3);
    ck_assert_str_eq(strbuf_text(&fixture.seen), "-/A/-@1;");
    ck_assert_uint_eq(diags_count(fixture.diags, DIAG_WARNING), 1);
    arena_free(fixture.arena);

    ck_assert_int_eq(mkfifo("fifo.yaml", 0600), 0);
    const char *bad[] = {"fifo.yaml", "absent.yaml", "a.json"};
    fixture = load_tree(bad, 3);
    ck_assert_uint_eq(diags_count(fixture.diags, DIAG_ERROR), 2);
    ck_assert_str_eq(strbuf_text(&fixture.seen), "-/A/-@1;"); // the rest is read all the same
    arena_free(fixture.arena);
    char command[64];
    snprintf(command, sizeof command, "rm -r '%s'", root);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

UNIT_TESTS("load", objects, mistakes, raw_nul_is_refused, limits, a_billion_laughs_end_early,
           directories)
