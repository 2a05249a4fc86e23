// SPDX-License-Identifier: GPL-2.0-or-later
// The results of `polc test`: text for people, JSON, JUnit's XML and the Test Anything Protocol.
#include "test.h"
#include "trace.h"

#include <jansson.h>

static const char *expectation(const struct expect_case *item)
{
    return item->allow ? "allow" : "deny";
}

// ---- text -------------------------------------------------------------------------------------------------------

static void print_count(const struct test_result *result)
{
    size_t cases = result->suite->cases.count, good = cases - result->failed;
    printf("%zu of %zu assertion%s hold%s", good, cases, plural(cases), good == 1 ? "s" : "");
    printf("; %zu flow%s judged", result->flows, plural(result->flows));
    if (result->kernel) {
        printf(", %zu packet%s sent", result->sent, plural(result->sent));
    }
    if (result->left_out > 0) {
        printf(" (%zu cannot be sent)", result->left_out);
    }
    putchar('\n');
}

static void print_line(struct run *run, const char *result, const struct expect_case *item,
                       struct loc loc)
{
    const char *description = item->description != NULL ? item->description : "";
    const char *dash = item->description != NULL ? "     # " : "";
    const char *text =
        arena_printf(run->arena, "%s%s%s", test_headline(run, item), dash, description);
    printf("%s%s: %s\n", result, trace_place(run, loc), safe_text(run->arena, text));
}

static void print_text(struct run *run, const struct test_result *result)
{
    const struct expect_suite *suite = result->suite;
    for (size_t i = 0; i < suite->cases.count; i++) {
        const struct expect_case *item = &suite->cases.items[i];
        if (!expect_holds(item)) {
            print_line(run, "FAIL  ", item, item->problem != NULL ? item->problem_loc : item->loc);
            safe_print(stdout, test_explain(run, suite, item, result->evaluator, "      "), true);
            putchar('\n');
        } else if (run->options.verbose) {
            print_line(run, "ok    ", item, item->loc);
        }
    }
    if (!run->options.quiet || result->failed > 0) {
        print_count(result);
    }
}

// ---- TAP --------------------------------------------------------------------------------------------------------

// In a description "#" begins a directive.
static void print_tap_text(const char *text)
{
    for (; *text != '\0'; text++) {
        printf(*text == '#' || *text == '\\' ? "\\%c" : "%c", *text);
    }
}

static void print_tap(struct run *run, const struct test_result *result)
{
    const struct expect_suite *suite = result->suite;
    printf("TAP version 13\n1..%zu\n", suite->cases.count);
    for (size_t i = 0; i < suite->cases.count; i++) {
        const struct expect_case *item = &suite->cases.items[i];
        printf("%s %zu - ", expect_holds(item) ? "ok" : "not ok", i + 1);
        print_tap_text(arena_printf(run->arena, "%s: %s", trace_place(run, item->loc),
                                    safe_text(run->arena, test_headline(run, item))));
        putchar('\n');
        if (!expect_holds(item)) {
            safe_print(stdout, test_explain(run, suite, item, result->evaluator, "#   "), true);
        }
    }
}

// ---- JUnit ------------------------------------------------------------------------------------------------------

// What XML 1.0 cannot hold at all becomes "?".
static void print_xml(const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        const char *entity = c == '<'   ? "&lt;"
                             : c == '>' ? "&gt;"
                             : c == '&' ? "&amp;"
                             : c == '"' ? "&quot;"
                                        : NULL;
        if (entity != NULL) {
            fputs(entity, stdout);
        } else {
            putchar(c < ' ' && c != '\t' && c != '\n' ? '?' : c);
        }
    }
}

static void print_attribute(const char *name, const char *value)
{
    printf(" %s=\"", name);
    print_xml(value);
    putchar('"');
}

static void print_junit_case(struct run *run, const struct test_result *result,
                             const struct expect_case *item)
{
    const struct source *source = sources_get(run->sources, item->loc.source);
    fputs("    <testcase", stdout);
    print_attribute("classname", item->group);
    print_attribute("name",
                    item->description == NULL
                        ? item->text
                        : arena_printf(run->arena, "%s: %s", item->description, item->text));
    print_attribute("file", safe_text(run->arena, source->path));
    printf(" line=\"%u\"", item->loc.line);
    if (expect_holds(item)) {
        puts("/>");
        return;
    }
    fputs(">\n      <failure", stdout);
    print_attribute("message", test_headline(run, item));
    puts(">");
    print_xml(test_explain(run, result->suite, item, result->evaluator, ""));
    puts("</failure>\n    </testcase>");
}

// The cases of a group stand together.
static size_t group_end(const struct expect_suite *suite, size_t first, size_t *ret_failed)
{
    size_t end = first;
    *ret_failed = 0;
    while (end < suite->cases.count &&
           strcmp(suite->cases.items[end].group, suite->cases.items[first].group) == 0) {
        *ret_failed += !expect_holds(&suite->cases.items[end]);
        end++;
    }
    return end;
}

static void print_junit(struct run *run, const struct test_result *result)
{
    const struct expect_suite *suite = result->suite;
    printf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"polc test\" "
           "tests=\"%zu\" failures=\"%zu\">\n",
           suite->cases.count, result->failed);
    for (size_t first = 0, end; first < suite->cases.count; first = end) {
        size_t failed;
        end = group_end(suite, first, &failed);
        fputs("  <testsuite", stdout);
        print_attribute("name", suite->cases.items[first].group);
        printf(" tests=\"%zu\" failures=\"%zu\">\n", end - first, failed);
        for (size_t i = first; i < end; i++) {
            print_junit_case(run, result, &suite->cases.items[i]);
        }
        puts("  </testsuite>");
    }
    puts("</testsuites>");
}

// ---- JSON -------------------------------------------------------------------------------------------------------

static json_t *failure_json(const struct test_result *result, const struct expect_case *item,
                            const struct test_failure *failure)
{
    char source[IP_TEXT_MAX], destination[IP_TEXT_MAX];
    const struct expect_flow *flow = failure->flow;
    const struct expect_party *parties = result->suite->parties.items;
    json_t *decisions = json_array();
    for (size_t i = 0; i < failure->decisions.count; i++) {
        json_array_append_new(decisions, json_string(failure->decisions.items[i]));
    }
    json_t *object = json_pack(
        "{s:s, s:s, s:s, s:s, s:i, s:i, s:i}", "source", parties[flow->from].name, "destination",
        parties[flow->to].name, "source_ip", ip_addr_text(flow->flow.source, source), "dest_ip",
        ip_addr_text(flow->flow.destination, destination), "proto", (int)flow->flow.protocol,
        "source_port", (int)flow->flow.source_port, "dest_port", (int)flow->flow.destination_port);
    if (flow->flow.icmp_type >= 0) {
        json_object_set_new(object, "icmp_type", json_integer(flow->flow.icmp_type));
        json_object_set_new(object, "icmp_code", json_integer(flow->flow.icmp_code));
    }
    json_object_set_new(object, "expected", json_string(expectation(item)));
    json_object_set_new(object, "action", json_string(flow->allowed ? "allow" : "deny"));
    if (result->kernel) {
        json_object_set_new(object, "arrived", json_boolean(flow->arrived));
    }
    json_object_set_new(object, "pairs", json_integer((json_int_t)failure->pairs));
    json_object_set_new(object, "decided_by", decisions);
    json_object_set_new(object, "trace", json_string(failure->trace));
    return object;
}

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text != NULL) {
        json_object_set_new(object, key, json_string(text));
    }
}

static json_t *case_json(struct run *run, const struct test_result *result,
                         const struct expect_case *item)
{
    json_t *object = json_object(), *failures = json_array();
    struct test_failure failure;
    set_text(object, "group", item->group);
    set_text(object, "case", item->text);
    set_text(object, "description", item->description);
    set_text(object, "at", loc_text(run->arena, run->sources, item->loc));
    set_text(object, "expected", expectation(item));
    json_object_set_new(object, "holds", json_boolean(expect_holds(item)));
    json_object_set_new(object, "flows", json_integer((json_int_t)item->judged));
    set_text(object, "problem", item->problem);
    set_text(object, "hint", item->problem != NULL ? item->hint : NULL);
    for (size_t cursor = 0;
         test_next_failure(run, result->suite, item, result->evaluator, &cursor, &failure);) {
        json_array_append_new(failures, failure_json(result, item, &failure));
    }
    json_object_set_new(object, "failures", failures);
    return object;
}

static void print_json(struct run *run, const struct test_result *result)
{
    const struct expect_suite *suite = result->suite;
    json_t *cases = json_array();
    for (size_t i = 0; i < suite->cases.count; i++) {
        json_array_append_new(cases, case_json(run, result, &suite->cases.items[i]));
    }
    json_auto_t *root =
        json_pack("{s:b, s:I, s:I, s:I, s:o}", "holds", result->failed == 0, "assertions",
                  (json_int_t)suite->cases.count, "failed", (json_int_t)result->failed, "flows",
                  (json_int_t)result->flows, "cases", cases);
    if (result->kernel) {
        json_object_set_new(root, "packets", json_integer((json_int_t)result->sent));
    }
    json_dumpf(root, stdout, JSON_INDENT(2));
    putchar('\n');
}

void test_print(struct run *run, const struct test_result *result)
{
    switch (run->options.output) {
    case OUTPUT_JSON:
        print_json(run, result);
        break;
    case OUTPUT_JUNIT:
        print_junit(run, result);
        break;
    case OUTPUT_TAP:
        print_tap(run, result);
        break;
    default:
        print_text(run, result);
        break;
    }
}
