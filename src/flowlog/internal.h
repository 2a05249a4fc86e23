// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of module flowlog share.
#pragma once

#include <polc/flowlog.h>

// ---- read.c -----------------------------------------------------------------------------------------------------

struct arena *reader_arena(const struct flowlog_reader *reader);
// The one copy of a text; NULL of NULL, of "" and of "-".
const char *reader_text(struct flowlog_reader *reader, const char *text);
const char *lower_case(struct arena *arena, const char *text);
// A list of such copies.
struct flow_strings reader_list(struct flowlog_reader *reader, const struct flow_strings *list);
const char *reader_protocol(struct flowlog_reader *reader, uint8_t protocol);
