// SPDX-License-Identifier: GPL-2.0-or-later
// What stands on the command line besides options: the fixed operands of the verb, a filter, PATHs.
#include "cli.h"

#include <unistd.h>

// A filter holds a sign of comparison or a blank; a path that does is told by "/" or "." before it, or by -f.
static bool is_filter(const char *operand)
{
    return operand[0] != '/' && operand[0] != '.' &&
           (operand[0] == '\0' || strpbrk(operand, "=<>!:(){} \t\"'*") != NULL);
}

// "polc flows record FILE": a name of its own would hide that it is about flows.
static bool take_subverb(struct arena *arena, struct options *options, char **operands,
                         size_t count)
{
    enum { WITH_ITS_OWN = 2 };
    const struct verb *verb = options->verb;
    options->subverb = true;
    if (count != WITH_ITS_OWN || options->paths.count > 0) {
        complain("polc %s %s takes one FILE and nothing else", verb->name, verb->subverb);
        hint("polc help %s", verb->name);
        return false;
    }
    vec_push(arena, &options->operands, operands[0]);
    vec_push(arena, &options->operands, operands[1]);
    return true;
}

bool operands_take(struct arena *arena, struct options *options, char **operands, size_t count)
{
    const struct verb *verb = options->verb;
    size_t fixed = verb->operands == OPERANDS_ONE_PATHS ? 1
                   : verb->operands == OPERANDS_NAMES   ? count
                                                        : 0;
    if (options->help) {
        return true;
    }
    if (verb->operands == OPERANDS_NONE && count > 0) {
        complain("polc %s takes no operands, but got \"%s\"", verb->name, operands[0]);
        hint("polc %s %s", verb->name, verb->usage);
        return false;
    }
    if (count > 0 && verb->subverb != NULL && strcmp(operands[0], verb->subverb) == 0) {
        return take_subverb(arena, options, operands, count);
    }
    if (count < fixed) {
        complain("polc %s needs %.*s", verb->name, (int)strcspn(verb->usage, " "), verb->usage);
        hint("polc %s %s", verb->name, verb->usage);
        return false;
    }
    struct words given = {0};
    for (size_t i = 0; i < count; i++) {
        bool filter = verb->operands == OPERANDS_FILTER_PATHS && is_filter(operands[i]);
        if (filter && options->operands.count > 0) {
            complain("polc %s takes one filter, but got \"%s\" and \"%s\"", verb->name,
                     options->operands.items[0], operands[i]);
            hint("join them with &&; a path with a sign of comparison is given by -f");
            return false;
        }
        if (i < fixed || filter) {
            vec_push(arena, &options->operands, operands[i]);
        } else {
            vec_push(arena, &given, operands[i]);
        }
    }
    for (size_t i = 0; i < options->paths.count; i++) {
        vec_push(arena, &given, options->paths.items[i]);
    }
    options->paths = given;
    return true;
}

void operands_add_default_paths(struct arena *arena, struct options *options)
{
    static const char endpoints[] = "/run/polc/endpoints.d";
    options->default_paths = options->paths.count == 0;
    if (!options->default_paths) {
        return;
    }
    const char *directory = getenv("POLC_DIR");
    if (directory != NULL && directory[0] != '\0') {
        vec_push(arena, &options->paths, directory);
        return;
    }
    vec_push(arena, &options->paths, "/etc/polc");
    if (access(endpoints, F_OK) == 0) {
        vec_push(arena, &options->paths, endpoints);
    }
}
