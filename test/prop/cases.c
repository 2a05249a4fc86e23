// SPDX-License-Identifier: GPL-2.0-or-later
// The command line that the property tests have in common.
#include "cases.h"

#include <inttypes.h>
#include <sys/stat.h>

enum { OPTION_FIRST = 256, OPTION_FLOWS, OPTION_OUT };

static bool parse_number(const char *text, uint64_t *ret)
{
    char *end;
    *ret = strtoull(text, &end, 0);
    return *text != '\0' && *end == '\0';
}

static bool take_option(struct cases *cases, int option, const char *value)
{
    uint64_t number = 0;
    switch (option) {
    case OPTION_FIRST:
        return parse_number(value, &cases->first);
    case OPTION_FLOWS:
        cases->flows = parse_number(value, &number) ? (size_t)number : 0;
        return cases->flows > 0;
    case OPTION_OUT:
        cases->out = value;
        return true;
    default:
        return false;
    }
}

bool cases_parse(struct cases *cases, int argc, char **argv, const struct option *more,
                 cases_option_fn on_option, void *context)
{
    struct option options[CASES_MAX_MORE + 4] = {
        {"first", required_argument, NULL, OPTION_FIRST},
        {"flows", required_argument, NULL, OPTION_FLOWS},
        {"out", required_argument, NULL, OPTION_OUT},
    };
    for (size_t i = 0; i < CASES_MAX_MORE && more[i].name != NULL; i++) {
        options[3 + i] = more[i];
    }
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        bool known = option != '?';
        bool good = option >= OPTION_FIRST ? take_option(cases, option, optarg)
                                           : known && on_option(context, option, optarg);
        if (!good) {
            return false;
        }
    }
    return argc == optind + 2 && parse_number(argv[optind], &cases->seed) &&
           parse_number(argv[optind + 1], &cases->count);
}

bool cases_take(struct cases *cases, int argc, char **argv)
{
    static const struct option none[] = {{0}};
    bool good = cases_parse(cases, argc, argv, none, NULL, NULL) && cases->out == NULL;
    if (!good) {
        fprintf(stderr, "usage: %s SEED COUNT [--first N] [--flows N]\n", argv[0]);
    }
    return good;
}

void cases_write(const struct cases *cases, struct arena *arena, uint64_t number,
                 const struct test_case *test_case)
{
    if (cases->out == NULL) {
        return;
    }
    const char *directory =
        arena_printf(arena, "%s/%" PRIu64 "-%" PRIu64, cases->out, cases->seed, number);
    mkdir(cases->out, 0755);
    if (!case_write(test_case, directory)) {
        perror(directory);
    } else {
        printf("# written to %s\n", directory);
    }
}
