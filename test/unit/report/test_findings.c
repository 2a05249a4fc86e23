// SPDX-License-Identifier: GPL-2.0-or-later
// Findings for other programs: what each must escape, and what SARIF must hold.
#include <polc/report.h>

#include "unit.h"

#include <jansson.h>

struct fixture {
    struct arena *arena;
    struct sources *sources;
    struct diags *diags;
};

static struct fixture make(const char *path)
{
    struct fixture fixture = {.arena = arena_new(SIZE_MAX)};
    static const char text[] = "kind: Tier\nspec: {}\n";
    fixture.sources = sources_new(fixture.arena);
    fixture.diags = diags_new(fixture.arena, fixture.sources);
    sources_add(fixture.sources, path, text, strlen(text));
    return fixture;
}

static const char *printed(struct fixture *fixture, bool sarif)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    sarif ? report_sarif(fixture->arena, fixture->diags, fixture->sources, "1.2", out)
          : report_github(fixture->arena, fixture->diags, fixture->sources, out);
    fclose(out);
    const char *copy = arena_strdup(fixture->arena, text);
    free(text);
    return copy;
}

START_TEST(github_gets_one_line_for_each)
{
    struct fixture fixture = make("./a,b:c 100%.yaml");
    struct diag *diag = diag_report(fixture.diags, DIAG_L110, (struct loc){0, 2, 7, 2},
                                    "50%% of it, and: a \033[31mcolour");
    diag_label(diag, "label");
    diag_related(diag, (struct loc){0, 1, 1, 4}, "related");
    diag_related(diag, LOC_NONE, "no place");
    diag_hint(diag, "two\nlines");
    diag_report(fixture.diags, DIAG_L100, LOC_NONE, "nowhere");
    ck_assert_str_eq(
        printed(&fixture, false),
        "::notice title=polc L100%3A an input without endpoints::nowhere\n"
        "::warning file=a%2Cb%3Ac 100%25.yaml,line=2,col=7,endColumn=8,title=polc L110%3A rules in "
        "a direction that \"types\" leaves out::50%25 of it, and: a ?[31mcolour%0Alabel%0A./a,b:c "
        "100%25.yaml:1:1: related%0Ano place%0Ahint: two%0Alines\n");
    arena_free(fixture.arena);
}
END_TEST

static const char *string_at(json_t *value, const char *key)
{
    const char *text = json_string_value(json_object_get(value, key));
    return text != NULL ? text : "(none)";
}

static json_t *first(json_t *value, const char *key)
{
    return json_array_get(json_object_get(value, key), 0);
}

START_TEST(sarif_has_a_rule_for_each_result)
{
    struct fixture fixture = make("a.yaml");
    diag_report(fixture.diags, DIAG_L301, (struct loc){0, 2, 7, 2}, "second");
    diag_report(fixture.diags, DIAG_L110, LOC_NONE, "first");
    diag_report(fixture.diags, DIAG_L301, (struct loc){0, 2, 8, 2}, "third");
    json_auto_t *root = json_loads(printed(&fixture, true), JSON_REJECT_DUPLICATES, NULL);
    ck_assert_ptr_nonnull(root);
    ck_assert_str_eq(string_at(root, "version"), "2.1.0");
    json_t *run = first(root, "runs");
    json_t *driver = json_object_get(json_object_get(run, "tool"), "driver");
    json_t *rules = json_object_get(driver, "rules"), *results = json_object_get(run, "results");
    ck_assert_str_eq(string_at(driver, "version"), "1.2");
    ck_assert_uint_eq(json_array_size(rules), 2);
    ck_assert_uint_eq(json_array_size(results), 3);
    for (size_t i = 0; i < 3; i++) {
        json_t *result = json_array_get(results, i);
        size_t index = (size_t)json_integer_value(json_object_get(result, "ruleIndex"));
        json_t *rule = json_array_get(rules, index);
        ck_assert_str_eq(string_at(rule, "id"), string_at(result, "ruleId"));
        ck_assert_str_ne(string_at(json_object_get(rule, "help"), "text"), "(none)");
        ck_assert_str_eq(string_at(result, "level"), "warning");
    }
    arena_free(fixture.arena);
}
END_TEST

START_TEST(sarif_has_places_and_fingerprints)
{
    struct fixture fixture = make("dir/a b#\xc3\xa4.yaml");
    struct diag *diag =
        diag_report(fixture.diags, DIAG_L301, (struct loc){0, 2, 7, 2}, "say \"no\"\n\xff");
    diag_related(diag, (struct loc){0, 1, 1, 4}, "here");
    diag_related(diag, LOC_NONE, "nowhere");
    diag_fingerprint(diag, "abc");
    json_auto_t *root = json_loads(printed(&fixture, true), JSON_REJECT_DUPLICATES, NULL);
    ck_assert_ptr_nonnull(root);
    json_t *result = first(first(root, "runs"), "results");
    ck_assert_str_eq(string_at(json_object_get(result, "message"), "text"),
                     "say \"no\"\n\xef\xbf\xbd\ndir/a b#\xc3\xa4.yaml:1:1: here\nnowhere");
    json_t *place = json_object_get(first(result, "locations"), "physicalLocation");
    ck_assert_str_eq(string_at(json_object_get(place, "artifactLocation"), "uri"),
                     "dir/a%20b%23%C3%A4.yaml");
    json_t *region = json_object_get(place, "region");
    ck_assert_int_eq(json_integer_value(json_object_get(region, "startLine")), 2);
    ck_assert_int_eq(json_integer_value(json_object_get(region, "startColumn")), 7);
    ck_assert_int_eq(json_integer_value(json_object_get(region, "endColumn")), 9);
    ck_assert_uint_eq(json_array_size(json_object_get(result, "relatedLocations")), 1);
    ck_assert_str_eq(string_at(json_object_get(result, "partialFingerprints"), "polc/v1"), "abc");
    arena_free(fixture.arena);
}
END_TEST

UNIT_TESTS("report findings", github_gets_one_line_for_each, sarif_has_a_rule_for_each_result,
           sarif_has_places_and_fingerprints)
