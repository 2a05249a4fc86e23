// SPDX-License-Identifier: GPL-2.0-or-later
// What is known of names is of this boot: it lies beside the lock, not in the state directory, unless that is all there is.
#include "dns_paths.h"

const char *dns_directory(struct run *run)
{
    return run->options.state_dir_given ? run->options.state_dir : "/run/polc";
}

const char *dns_path(struct run *run, const char *name)
{
    return arena_printf(run->arena, "%s/%s", dns_directory(run), name);
}
