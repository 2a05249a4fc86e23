// SPDX-License-Identifier: GPL-2.0-or-later
// Values of options. Each says what is wrong with a value, and returns false.
#pragma once

#include "cli.h"

bool set_fail_level(struct options *options, const char *value);
// "500ms", "30s", "2m", "1h", "7d", or a number of seconds; in ms. `name` is that of the option.
bool set_time(const char *name, uint64_t *ret, const char *value);
bool is_window(const char *name, uint64_t ms);
// "512K", "64M", "2G" -> bytes; not 0.
bool set_bytes(const char *name, uint64_t *ret, const char *value);
bool set_number(const char *name, uint64_t max, uint64_t *ret, const char *value);
// `value` NULL: all refusals.
bool set_force(struct arena *arena, struct options *options, const char *value);
bool set_table(struct options *options, const char *value);
bool set_state_dir(struct options *options, const char *value);
