// SPDX-License-Identifier: GPL-2.0-or-later
// main: the run and its memory, the verb, the exit code.
#include "cli.h"

static int finish(int code)
{
    // A result that could not be written is no success: polc compile > /dev/full.
    if (fflush(stdout) != 0 || ferror(stdout)) {
        complain("cannot write the result");
        return code == POLC_EXIT_OK ? POLC_EXIT_SYSTEM : code;
    }
    return code;
}

int main(int argc, char **argv)
{
    struct run run = {.input = arena_new(MEMORY_LIMIT), .arena = arena_new(MEMORY_LIMIT)};
    run.sources = sources_new(run.arena);
    run.diags = diags_new(run.arena, run.sources);
    timings_start(&run);
    int code = POLC_EXIT_USAGE;
    if (options_parse(run.arena, argc, argv, &run.options)) {
        code = run.options.help ? cmd_help(&run) : run.options.verb->run(&run);
    }
    code = finish(code);
    timings_end(&run, "verb");
    timings_print(&run);
    arena_free(run.input);
    arena_free(run.arena);
    return code;
}
