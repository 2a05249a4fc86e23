// SPDX-License-Identifier: GPL-2.0-or-later
// What the loader is told to read of each kind is all that its decoder looks at: every input of the golden tests says the
// same, and makes the same plan, as when its objects are read in whole.
#include "unit.h"

#include <ftw.h>
#include <polc/base/json_text.h>
#include <polc/plan.h>
#include <polc/resolve.h>
#include <polc/validate.h>

static size_t inputs, plans;

// ---- objects as JSON, each with its own kind ------------------------------------------------------------------------

static bool is_json_word(const char *text)
{
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < ARRAY_COUNT(words); i++) {
        if (strcmp(text, words[i]) == 0) {
            return true;
        }
    }
    size_t digits = strspn(text, "0123456789");
    return digits > 0 && digits < 10 && (text[0] != '0' || digits == 1) && text[digits] == '\0';
}

static void write_json(FILE *out, const struct node *node)
{
    if (node->type == NODE_SCALAR) {
        const char *text = node_is_null(node) ? "null" : node->text;
        if (node->style == NODE_PLAIN && is_json_word(text)) {
            fputs(text, out);
        } else {
            json_text_print(out, text);
        }
        return;
    }
    fputc(node->type == NODE_MAP ? '{' : '[', out);
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        if (node->type == NODE_MAP) {
            json_text_print(out, child->key);
            fputs(": ", out);
        }
        write_json(out, child);
        fputs(child->next != NULL ? ",\n" : "", out);
    }
    fputc(node->type == NODE_MAP ? '}' : ']', out);
}

static void write_object(void *context, const struct load_object *object)
{
    FILE *out = context;
    fputs(ftell(out) > 0 ? ",\n" : "[\n", out);
    if (object->api_version == NULL || object->kind == NULL ||
        (node_get(object->root, "kind") != NULL && node_get(object->root, "apiVersion") != NULL)) {
        write_json(out, object->root);
        return;
    }
    fprintf(out, "{\"kind\": \"%s\", \"apiVersion\": \"%s\"", object->kind, object->api_version);
    for (const struct node *child = object->root->first; child != NULL; child = child->next) {
        if (strcmp(child->key, "kind") != 0 && strcmp(child->key, "apiVersion") != 0) {
            fputs(",\n", out);
            json_text_print(out, child->key);
            fputs(": ", out);
            write_json(out, child);
        }
    }
    fputc('}', out);
}

static char *json_of(const char *path)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct arena *arena = arena_new((size_t)1 << 30);
    struct sources *sources = sources_new(arena);
    const struct loader loader = {arena, sources,      diags_new(arena, sources),
                                  NULL,  write_object, out};
    load_paths(&loader, &path, 1);
    fputs(ftell(out) > 0 ? "\n]\n" : "[]\n", out);
    arena_free(arena);
    fclose(out);
    return text;
}

// ---- in part, and in whole --------------------------------------------------------------------------------------------

// The diagnostics, and the plan when none of them is an error.
static char *result_of(const char *json, load_fields_fn fields)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct arena *arena = arena_new((size_t)1 << 30);
    struct sources *sources = sources_new(arena);
    struct diags *diags = diags_new(arena, sources);
    struct resources resources = {0};
    const struct loader loader = {
        arena,  sources,           diags,
        fields, res_decode_object, res_decoder_new(arena, diags, &resources)};
    load_text(&loader, "t.json", json, strlen(json));
    validate(arena, diags, &resources);
    fprintf(out, "%zu objects, %zu skipped, %zu pods\n", resources.objects, resources.skipped,
            resources.pods_skipped);
    if (diags_count(diags, DIAG_ERROR) == 0) {
        struct model *model = resolve(arena, diags, &resources, NULL, NULL);
        plan_print_json(plan_build(arena, model), sources, out);
        plans++;
    }
    diags_print(diags, out, &(struct diag_print_options){.max = SIZE_MAX});
    arena_free(arena);
    fclose(out);
    return text;
}

static void compare(const char *path, const char *json)
{
    char *whole = result_of(json, NULL);
    ck_assert_ptr_null(strstr(whole, "error[F"));
    char *part = result_of(json, res_read_fields);
    ck_assert_msg(strcmp(whole, part) == 0, "%s in whole:\n%.2000s\nin part:\n%.2000s", path, whole,
                  part);
    free(whole);
    free(part);
}

// A file, or a case with all that stands in it.
static int compare_path(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    const char *suffix = strrchr(path, '.');
    bool is_file = type == FTW_F && suffix != NULL &&
                   (strcmp(suffix, ".yaml") == 0 || strcmp(suffix, ".json") == 0);
    if (is_file || (type == FTW_D && walk->level == 1)) {
        char *json = json_of(path);
        compare(path, json);
        free(json);
        inputs++;
    }
    return 0;
}

START_TEST(in_part_as_in_whole)
{
    ck_assert_int_eq(nftw(TEST_SOURCE_DIR "/golden", compare_path, 16, FTW_PHYS), 0);
    ck_assert_uint_ge(inputs, 150);
    ck_assert_uint_ge(plans, 100); // many inputs say nothing without the other files of their case
}
END_TEST

// What no golden case needs.
START_TEST(rare_fields)
{
    static const char text[] =
        "[{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"a\",\"annotations\":{"
        "\"cni.projectcalico.org/podIPs\":\"10.0.0.1/32,10.0.0.2/32\","
        "\"cni.projectcalico.org/podIP\":\"10.0.0.3\",\"polc.io/interface\":\"eth7\","
        "\"cni.projectcalico.org/allowedSourcePrefixes\":\"[\\\"10.9.0.0/16\\\"]\"}},"
        "\"spec\":{\"nodeName\":\"n\"}},"
        "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"b\",\"annotations\":{"
        "\"vpc.amazonaws.com/pod-ips\":\"10.0.0.4\"}},\"spec\":{\"nodeName\":\"n\"}},"
        "{\"kind\":\"KubeControllersConfiguration\",\"apiVersion\":\"projectcalico.org/v3\","
        "\"metadata\":{\"name\":\"default\"},\"spec\":{\"controllers\":{\"node\":{\"hostEndpoint\":{"
        "\"autoCreate\":\"Enabled\"}}}}},"
        "{\"kind\":\"Node\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"n\",\"annotations\":{"
        "\"projectcalico.org/IPv4Address\":\"192.0.2.1/24\","
        "\"projectcalico.org/IPv6Address\":\"2001:db8::1/64\"}},\"spec\":{},\"status\":{}}]";
    compare("rare fields", text);
    char *result = result_of(text, res_read_fields);
    static const char *const seen[] = {"10.0.0.1", "eth7",      "10.9.0.0/16",
                                       "10.0.0.4", "192.0.2.1", "2001:db8::1"};
    for (size_t i = 0; i < ARRAY_COUNT(seen); i++) {
        ck_assert_msg(strstr(result, seen[i]) != NULL, "no %s in\n%s", seen[i], result);
    }
    free(result);
}
END_TEST

UNIT_TESTS("read fields", in_part_as_in_whole, rare_fields)
