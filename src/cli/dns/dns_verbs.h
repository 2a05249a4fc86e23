// SPDX-License-Identifier: GPL-2.0-or-later
// The functions behind the verbs of polc dns.
#pragma once

#include "cli.h"

int cmd_dns_export(struct run *run);
int cmd_dns_refresh(struct run *run);
int cmd_dns_watch(struct run *run);
int cmd_dns_status(struct run *run);
