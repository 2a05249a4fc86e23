// SPDX-License-Identifier: GPL-2.0-or-later
// Protocols by name and by number.
#include "flow/flow_helper.h"

#include "unit.h"

START_TEST(protocols_have_names)
{
    ck_assert_str_eq(flow_protocol_text(arena, 58), "icmp6");
    ck_assert_str_eq(flow_protocol_text(arena, 50), "esp");
    ck_assert_str_eq(flow_protocol_text(arena, 89), "protocol 89");
    ck_assert_uint_eq(flow_protocol_parse("ICMPv6"), 58);
    ck_assert_uint_eq(flow_protocol_parse("255"), 255);
    ck_assert_uint_eq(flow_protocol_parse("-1"), 0);
    ck_assert_uint_eq(flow_protocol_parse("6x"), 0);
}
END_TEST

UNIT_TESTS("flow: protocol", protocols_have_names)
