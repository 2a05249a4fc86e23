// SPDX-License-Identifier: GPL-2.0-or-later
// polc help, polc version, polc explain.
#include "cli.h"

// "X; VERB: Y" is Y for that verb and X for the others.
static const char *text_for(const struct verb *verb, const char *text, size_t *ret_length)
{
    const char *end = strstr(text, "; ");
    const char *name = end != NULL ? end + strlen("; ") : "";
    size_t length = strcspn(name, ":");
    *ret_length = strlen(text);
    if (name[length] != ':') {
        return text;
    }
    if (length != strlen(verb->name) || strncmp(name, verb->name, length) != 0) {
        *ret_length = (size_t)(end - text);
        return text;
    }
    const char *own = name + length + strlen(": ");
    *ret_length = strlen(own);
    return own;
}

static void print_options(const struct verb *verb, bool common)
{
    for (size_t i = 0; i < option_info_count; i++) {
        const struct option_info *info = &option_infos[i];
        if (info->common != common || !option_allowed(verb, info->name)) {
            continue;
        }
        char name[64];
        snprintf(name, sizeof name, "%s%c%s--%s%s%s", info->letter != 0 ? "-" : "  ",
                 info->letter != 0 ? info->letter : ' ', info->letter != 0 ? ", " : " ", info->name,
                 info->argument == NULL     ? ""
                 : info->argument[0] == '[' ? "[="
                                            : " ",
                 info->argument == NULL ? "" : info->argument + (info->argument[0] == '['));
        size_t length;
        const char *text = text_for(verb, info->text, &length);
        printf("  %-28s %.*s\n", name, (int)length, text);
    }
}

// One line for each row, in one column behind the longest name.
static void print_summaries(const struct verb *rows)
{
    enum { NAME_WIDTH = 9 };
    for (const struct verb *verb = rows; verb->name != NULL; verb++) {
        printf("  %-*s  %s\n", NAME_WIDTH, verb_last_word(verb), verb->summary);
    }
}

static void help_verb(const struct verb *verb)
{
    printf("polc %s %s\n\n%s\n\n", verb->name, verb->usage, verb->text);
    if (verb->parts != NULL) {
        print_summaries(verb->parts);
        printf("\npolc help %s VERB says more.\n", verb->name);
        return;
    }
    if (verb->options[0] != '\0') {
        puts("Options of this verb:");
        print_options(verb, false);
        putchar('\n');
    }
    puts("Options of every verb:");
    print_options(verb, true);
    printf("\nOutput formats: %s\n", verb->outputs);
}

static void help_all(void)
{
    puts("polc: Calico-style network policy on a plain Linux host, as one nftables table\n\n"
         "polc VERB [OPTION...] [PATH...]\n");
    print_summaries(verbs);
    puts(
        "\nA PATH is a directory (*.yaml *.yml *.json, recursive), a file, or - for standard input. Without one:\n"
        "$POLC_DIR, else /etc/polc and /run/polc/endpoints.d.\n\n"
        "Exit codes: 0 yes or done, 1 no (differs, invalid, nothing found), 2 wrong usage or input, 3 the system refused\n"
        "and nothing was changed, 4 taken back, 5 refused for safety, 6 busy, 7 uncertain (trace), 70 a bug.\n\n"
        "polc help VERB says more; polc(8) and polc-policy(5) say all. First steps:\n"
        "  polc validate DIR\n"
        "  polc diff DIR               # which traffic it opens and closes\n"
        "  polc apply --confirm DIR    # then, if you still can: polc confirm");
}

// "polc help dns" is about all of its verbs, "polc help dns export" about one.
static int help_named(const struct words *names)
{
    const struct verb *verb = names->count == 1 ? verb_find(names->items[0]) : NULL;
    size_t taken;
    if (verb == NULL) {
        verb = verb_of_words(names->items, names->count, &taken);
    }
    if (verb == NULL) {
        return POLC_EXIT_USAGE;
    }
    help_verb(verb);
    return POLC_EXIT_OK;
}

int cmd_help(struct run *run)
{
    const struct options *options = &run->options;
    if (strcmp(options->verb->name, "help") != 0) {
        help_verb(options->verb);
    } else if (options->operands.count > 0) {
        return help_named(&options->operands);
    } else {
        help_all();
    }
    return POLC_EXIT_OK;
}

int cmd_version(struct run *run)
{
    static const char features[] = ""
#if defined(POLC_TESTING)
                                   "testing"
#endif
        ;
    if (run->options.output == OUTPUT_JSON) {
        printf("{\"version\": \"%s\", \"features\": [%s%s%s]}\n", POLC_VERSION,
               features[0] ? "\"" : "", features, features[0] ? "\"" : "");
    } else {
        printf("polc %s%s%s\n", POLC_VERSION, features[0] ? " +" : "", features);
    }
    return POLC_EXIT_OK;
}

static void print_wrapped(const char *text)
{
    enum { WIDTH = 80 };
    size_t column = 0;
    while (*text != '\0') {
        size_t length = strcspn(text, " \n");
        if (column > 0 && column + 1 + length > WIDTH) {
            putchar('\n');
            column = 0;
        }
        printf("%s%.*s", column > 0 ? " " : "", (int)length, text);
        column += length + (column > 0);
        text += length + (text[length] != '\0');
    }
    putchar('\n');
}

static int explain(const char *name, bool first)
{
    enum diag_code code = diag_code_find(name);
    if (code == DIAG_CODE_COUNT) {
        complain("there is no code \"%s\"", name);
        hint("polc explain      (without a code: the list)");
        return POLC_EXIT_USAGE;
    }
    printf("%s%s: %s\n\n", first ? "" : "\n", diag_code_name(code), diag_code_title(code));
    print_wrapped(diag_code_text(code));
    return POLC_EXIT_OK;
}

int cmd_explain(struct run *run)
{
    if (run->options.operands.count == 0) {
        for (size_t i = 0; i < DIAG_CODE_COUNT; i++) {
            printf("%s  %s\n", diag_code_name((enum diag_code)i),
                   diag_code_title((enum diag_code)i));
        }
        return POLC_EXIT_OK;
    }
    int result = POLC_EXIT_OK;
    for (size_t i = 0; i < run->options.operands.count; i++) {
        int code = explain(run->options.operands.items[i], i == 0);
        result = code == POLC_EXIT_OK ? result : code;
    }
    return result;
}
