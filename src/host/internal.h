// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of module host share.
#pragma once

#include <polc/host.h>

// Sorts interfaces by name and their addresses, so that both sources give the same.
void inventory_sort(struct host_node *node);

// Adds those of one file in the form of resolv.conf(5); none when it cannot be read.
void nameservers_read(struct arena *arena, const char *path, struct host_node *ret);
