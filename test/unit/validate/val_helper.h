// SPDX-License-Identifier: GPL-2.0-or-later
// Decodes YAML text and validates it.
#pragma once

#include "resource/res_helper.h"

#include <polc/validate.h>

__attribute__((unused)) static void check(const char *text)
{
    decode(text);
    validate(arena, diags, resources);
}

struct fields_case {
    const char *fields, *codes;
};

// Rules whose fields are given as the content of a flow map, each as ingress and as egress rule of
// a global policy.
__attribute__((unused)) static void check_cases(const char *direction,
                                                const struct fields_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        check(object("GlobalNetworkPolicy", "",
                     arena_printf(arena, "  %s:\n  - {%s}", direction, cases[i].fields)));
        const char *found = codes();
        ck_assert_msg(strcmp(found, cases[i].codes) == 0, "%s {%s}: expected <%s>, got <%s>\n%s",
                      direction, cases[i].fields, cases[i].codes, found, printed(false));
    }
}
