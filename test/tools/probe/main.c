// SPDX-License-Identifier: GPL-2.0-or-later
// probe: both ends of the connections that the end-to-end tests make. One process listens on every
// port of a workload, one process tries all targets of a workload at once; a packet that a firewall
// drops shows as "timeout".
#include "probe.h"

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } verbs[] = {{"serve", cmd_serve},
                 {"connect", cmd_connect},
                 {"talk", cmd_talk},
                 {"generation", cmd_generation},
                 {"login", cmd_login}};
    for (size_t i = 0; argc > 1 && i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(argv[1], verbs[i].name) == 0) {
            return verbs[i].run(argc - 2, argv + 2);
        }
    }
    fail_usage("what to do", argc > 1 ? argv[1] : NULL);
}
