// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of module flowlog share.
#pragma once

#include <polc/flowlog.h>

// ---- read.c -----------------------------------------------------------------------------------------------------

struct arena *reader_arena(const struct flowlog_reader *reader);
// The one copy of a text; NULL of NULL, of "" and of "-".
const char *reader_text(struct flowlog_reader *reader, const char *text);
const char *text_in_lower_case(struct arena *arena, const char *text);
// A list of such copies.
struct flow_strings reader_list(struct flowlog_reader *reader, const struct flow_strings *list);
const char *reader_protocol(struct flowlog_reader *reader, uint8_t protocol);
// Gives an error the place of a field's name in the text; the whole text when it is not there.
void place_error(struct arena *arena, const char *text, size_t size, const char *field,
                 struct flow_record_error *error);

// ---- domains.c --------------------------------------------------------------------------------------------------

// The names of an address for a flow between these times (FLOWLOG_UNKNOWN), as records have them: sorted, at most
// FLOWLOG_DOMAINS_MAX. `scratch` is left as it was.
struct flow_strings find_domains(struct flowlog_reader *reader, struct arena *scratch,
                                 const struct dns_book *book, struct ip_addr addr, int64_t start,
                                 int64_t end);

// ---- flow.c -----------------------------------------------------------------------------------------------------

// What a record is short of for being a flow.
enum flow_lack { LACK_NOTHING, LACK_SOURCE, LACK_DEST, LACK_FAMILY, LACK_PROTOCOL, LACK_PORT };
// Addresses are those of the ends, else those of the endpoints that they name. Without a port the flow is whole but for
// that: it is 0.
enum flow_lack record_flow(struct flowlog_names *names, const struct flowlog_record *record,
                           struct flow *ret);
