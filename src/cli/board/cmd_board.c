// SPDX-License-Identifier: GPL-2.0-or-later
// polc board: tiers, policies and rules in the order of evaluation, and what each of them counted.
#include "board_page.h"

#include <sys/ioctl.h>
#include <unistd.h>

static bool check_staged(const struct options *options)
{
    static const char *const words[] = {"show", "hide", "only"};
    for (size_t i = 0; options->staged != NULL && i < ARRAY_COUNT(words); i++) {
        if (strcmp(options->staged, words[i]) == 0) {
            return true;
        }
    }
    if (options->staged != NULL) {
        complain("--staged is show, hide or only, not \"%s\"", options->staged);
    }
    return options->staged == NULL;
}

static bool check_together(const struct options *options)
{
    const char *other = options->record                  ? "--record"
                        : options->unused                ? "--unused"
                        : options->output != OUTPUT_TEXT ? "-o"
                                                         : NULL;
    if (options->watch > 0 && other != NULL && !options->unused) {
        complain("--watch shows the board as text, without %s", other);
        return false;
    }
    if (options->record && !options->default_paths) {
        complain("--record notes the counters of what is loaded, and takes no PATH");
        hint("polc board --record");
        return false;
    }
    if (options->unused && options->output != OUTPUT_TEXT && options->output != OUTPUT_JSON) {
        complain("--unused has the output formats text and json");
        return false;
    }
    if (options->since > 0 && !options->unused) {
        complain("--since is for --unused: counters know no time");
        hint("polc board --unused --since 30d     (what nobody used in the last 30 days)");
        return false;
    }
    return true;
}

// Plain where nobody looks: one tier below the other.
static void choose_form(struct options *options)
{
    struct winsize size;
    bool terminal = isatty(STDOUT_FILENO) == 1;
    const char *columns = getenv("COLUMNS");
    options->color = options->color_always || (options->color && terminal);
    if (options->width == 0 && terminal && columns != NULL) {
        options->width = strtoul(columns, NULL, 10);
    }
    if (options->width == 0 && terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
        options->width = size.ws_col;
    }
}

static int look(struct run *run)
{
    struct board_page page;
    int code = board_page_read(run, &page);
    if (page.board == NULL || (code != POLC_EXIT_OK && code != POLC_EXIT_NO)) {
        return code;
    }
    if (run->options.unused && code == POLC_EXIT_OK) {
        return board_print_unused(&page);
    }
    switch (run->options.output) {
    case OUTPUT_JSON:
        board_print_json(&page);
        break;
    case OUTPUT_HTML:
        board_print_html(&page);
        break;
    case OUTPUT_PROMETHEUS:
        board_print_prometheus(&page);
        break;
    default:
        board_print_text(&page);
    }
    return code;
}

int cmd_board(struct run *run)
{
    struct options *options = &run->options;
    if (!check_staged(options) || !check_together(options)) {
        return POLC_EXIT_USAGE;
    }
    choose_form(options);
    if (options->record) {
        return board_ledger_record(run);
    }
    return options->watch > 0 ? board_watch(run, look) : look(run);
}
