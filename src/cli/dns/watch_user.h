// SPDX-License-Identifier: GPL-2.0-or-later
// Fewer rights for a process that reads what strangers write.
#pragma once

#include "cli.h"

// Becomes the user (NULL: stays who it is), and keeps no capability but CAP_NET_ADMIN, for good. The directory of `store`, a
// path with a directory, is made, and is the user's then, with that file. An exit code, the words printed.
int watch_user_become(struct run *run, const char *user, const char *store);
