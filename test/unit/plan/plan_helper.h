// SPDX-License-Identifier: GPL-2.0-or-later
// Plans from YAML text. The memory of the input is gone before a test looks at the plan: what the
// plan did not copy is found by the address sanitizer.
#pragma once

#include "resolve/model_helper.h"

#include <polc/plan.h>

static struct sources *plan_sources;
__attribute__((unused)) static const char *plan_path =
    "test.yaml"; // how messages and comments name the input

__attribute__((unused)) static struct plan *plan_of(const char *text, const char *node)
{
    struct arena *kept = arena;
    plan_sources = sources_new(kept);
    arena = arena_new((size_t)1 << 28);
    diags = diags_new(arena, plan_sources);
    resources = arena_new_of(arena, struct resources);
    struct res_decoder *decoder = res_decoder_new(arena, diags, resources);
    const struct loader loader = {kept, plan_sources, diags, NULL, res_decode_object, decoder};
    load_text(&loader, plan_path, text, strlen(text));
    ck_assert_msg(diags_count(diags, DIAG_ERROR) == 0, "the test's own input is wrong:\n%s",
                  printed(false));
    struct plan *plan = plan_build(kept, resolve(arena, diags, resources, node, NULL));
    arena_free(arena);
    arena = kept;
    diags = NULL;
    resources = NULL;
    return plan;
}

// The plan of one workload w (n1, 10.0.0.1, fd00::1, label w) and one global policy with these
// rules.
__attribute__((unused)) static struct plan *plan_of_rules(const char *ingress, const char *more)
{
    return plan_of(
        join(thing("WorkloadEndpoint", "a", "w", "w: \"1\"",
                   "node: n1, interfaceName: cali1, ipNetworks: [10.0.0.1/32, \"fd00::1/128\"]"),
             thing("GlobalNetworkPolicy", "", "p", "",
                   arena_printf(arena, "ingress: [%s]", ingress)),
             more, NULL),
        "n1");
}
