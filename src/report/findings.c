// SPDX-License-Identifier: GPL-2.0-or-later
// Diagnostics for other programs: SARIF 2.1.0 (OASIS) and the workflow commands of GitHub.
#include <polc/base/json_text.h>
#include <polc/base/strbuf.h>
#include <polc/report.h>

#include <ctype.h>

// ---- what both need -------------------------------------------------------------------------------------------

// All that a person reads of one, but its excerpt: forms without excerpts have nothing else.
static const char *full_text(struct arena *arena, const struct sources *sources,
                             const struct diag *diag)
{
    struct strbuf text = {.arena = arena};
    strbuf_add(&text, diag->message);
    if (diag->label != NULL) {
        strbuf_addf(&text, "\n%s", diag->label);
    }
    for (size_t i = 0; i < diag->related.count; i++) {
        const struct diag_related *related = &diag->related.items[i];
        const char *place = loc_text(arena, sources, related->loc);
        strbuf_addf(&text, "\n%s%s%s", place, place[0] != '\0' ? ": " : "", related->text);
    }
    if (diag->hint != NULL) {
        strbuf_addf(&text, "\nhint: %s", diag->hint);
    }
    return strbuf_text(&text);
}

// The path as both want it: relative ones without "./".
static const char *path_of(const struct sources *sources, struct loc loc)
{
    const char *path = sources_get(sources, loc.source)->path;
    while (path[0] == '.' && path[1] == '/') {
        path += 2;
    }
    return path;
}

// ---- SARIF ----------------------------------------------------------------------------------------------------

// A path as a URI reference (RFC 3986): what is not plain is escaped.
static const char *uri_of(struct arena *arena, const struct sources *sources, struct loc loc)
{
    struct strbuf uri = {.arena = arena};
    const char *path = path_of(sources, loc);
    strbuf_add(&uri, path[0] == '/' ? "file://" : "");
    for (; *path != '\0'; path++) {
        unsigned char byte = (unsigned char)*path;
        if (isalnum(byte) || strchr("-._~/", byte) != NULL) {
            strbuf_add_n(&uri, path, 1);
        } else {
            strbuf_addf(&uri, "%%%02X", byte);
        }
    }
    return strbuf_text(&uri);
}

static void print_location(struct arena *arena, const struct sources *sources, struct loc loc,
                           const char *text, FILE *out)
{
    fputs("{\"physicalLocation\": {\"artifactLocation\": {\"uri\": ", out);
    json_text_print(out, uri_of(arena, sources, loc));
    fprintf(out, "}, \"region\": {\"startLine\": %u", loc.line);
    if (loc.column > 0) {
        fprintf(out, ", \"startColumn\": %u, \"endColumn\": %u", loc.column,
                loc.column + (loc.length > 0 ? loc.length : 1u));
    }
    fputs("}}", out);
    if (text != NULL) {
        fputs(", \"message\": {\"text\": ", out);
        json_text_print(out, text);
        fputc('}', out);
    }
    fputc('}', out);
}

static void print_rule(enum diag_code code, FILE *out)
{
    fprintf(out, "      {\"id\": \"%s\", \"shortDescription\": {\"text\": ", diag_code_name(code));
    json_text_print(out, diag_code_title(code));
    fputs("},\n       \"fullDescription\": {\"text\": ", out);
    json_text_print(out, diag_code_text(code));
    fputs("},\n       \"help\": {\"text\": ", out);
    json_text_print(out, diag_code_text(code));
    fprintf(out, "}, \"defaultConfiguration\": {\"level\": \"%s\"}}",
            diag_severity_name(diag_code_severity(code)));
}

static void print_result(struct arena *arena, const struct sources *sources,
                         const struct diag *diag, size_t rule, FILE *out)
{
    fprintf(out, "    {\"ruleId\": \"%s\", \"ruleIndex\": %zu, \"level\": \"%s\",\n",
            diag_code_name(diag->code), rule, diag_severity_name(diag_code_severity(diag->code)));
    fputs("     \"message\": {\"text\": ", out);
    json_text_print(out, full_text(arena, sources, diag));
    fputs("},\n     \"locations\": [", out);
    if (diag->loc.line > 0) {
        print_location(arena, sources, diag->loc, NULL, out);
    }
    fputc(']', out);
    const char *separator = ",\n     \"relatedLocations\": [";
    for (size_t i = 0; i < diag->related.count; i++) {
        const struct diag_related *related = &diag->related.items[i];
        if (related->loc.line > 0) {
            fputs(separator, out);
            print_location(arena, sources, related->loc, related->text, out);
            separator = ", ";
        }
    }
    fputs(separator[2] == '\0' ? "]" : "", out);
    if (diag->fingerprint != NULL) {
        fprintf(out, ",\n     \"partialFingerprints\": {\"polc/v1\": \"%s\"}", diag->fingerprint);
    }
    fputc('}', out);
}

void report_sarif(struct arena *arena, struct diags *diags, const struct sources *sources,
                  const char *version, FILE *out)
{
    size_t count;
    struct diag *const *all = diags_all(diags, &count);
    size_t numbers[DIAG_CODE_COUNT] = {0};
    bool used[DIAG_CODE_COUNT] = {false};
    for (size_t i = 0; i < count; i++) {
        used[all[i]->code] = true;
    }
    fprintf(
        out,
        "{\"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\", \"version\": \"2.1.0\",\n"
        " \"runs\": [\n  {\"tool\": {\"driver\": {\"name\": \"polc\", \"version\": \"%s\",\n"
        "    \"rules\": [",
        version);
    size_t rules = 0;
    for (size_t i = 0; i < DIAG_CODE_COUNT; i++) {
        numbers[i] = rules;
        if (used[i]) {
            fputs(rules++ > 0 ? ",\n" : "\n", out);
            print_rule((enum diag_code)i, out);
        }
    }
    fputs("]}},\n   \"columnKind\": \"unicodeCodePoints\",\n   \"results\": [", out);
    for (size_t i = 0; i < count; i++) {
        fputs(i > 0 ? ",\n" : "\n", out);
        print_result(arena, sources, all[i], numbers[all[i]->code], out);
    }
    fputs("]}]}\n", out);
}

// ---- GitHub ---------------------------------------------------------------------------------------------------

// A workflow command ends at the line's end; in a property ":" and "," mean something too.
static void print_escaped(const char *text, bool property, FILE *out)
{
    for (; *text != '\0'; text++) {
        if (*text == '%' || *text == '\r' || *text == '\n' ||
            (property && (*text == ':' || *text == ','))) {
            fprintf(out, "%%%02X", (unsigned char)*text);
        } else {
            fputc((unsigned char)*text < ' ' ? '?' : *text, out);
        }
    }
}

void report_github(struct arena *arena, struct diags *diags, const struct sources *sources,
                   FILE *out)
{
    static const char *const commands[] = {"error", "warning", "notice"};
    _Static_assert(ARRAY_COUNT(commands) == DIAG_SEVERITY_COUNT, "one command per severity");
    size_t count;
    struct diag *const *all = diags_all(diags, &count);
    for (size_t i = 0; i < count; i++) {
        const struct diag *diag = all[i];
        struct loc loc = diag->loc;
        fprintf(out, "::%s ", commands[diag_code_severity(diag->code)]);
        if (loc.line > 0) {
            fputs("file=", out);
            print_escaped(path_of(sources, loc), true, out);
            fprintf(out, ",line=%u,", loc.line);
        }
        if (loc.line > 0 && loc.column > 0) {
            fprintf(out, "col=%u,endColumn=%u,", loc.column,
                    loc.column + (loc.length > 0 ? loc.length - 1u : 0u));
        }
        fputs("title=", out);
        print_escaped(arena_printf(arena, "polc %s: %s", diag_code_name(diag->code),
                                   diag_code_title(diag->code)),
                      true, out);
        fputs("::", out);
        print_escaped(full_text(arena, sources, diag), false, out);
        fputc('\n', out);
    }
}
