// SPDX-License-Identifier: GPL-2.0-or-later
// Promotion by text: another kind, and no stagedAction. A staged Delete has no policy in it and goes away.
#include "promote.h"

static const struct {
    const char *from, *to;
} replacements[] = {
    {"apiVersion: projectcalico.org/v3\nkind: StagedKubernetesNetworkPolicy\n",
     "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"},
    {"kind: StagedNetworkPolicy\n", "kind: NetworkPolicy\n"},
    {"kind: StagedGlobalNetworkPolicy\n", "kind: GlobalNetworkPolicy\n"},
    {"  stagedAction: Set\n", ""},
    {"  stagedAction: Learn\n", ""},
};

static const char *replaced(struct arena *arena, const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);
    return at == NULL
               ? text
               : arena_printf(arena, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

bool promote_case(struct arena *arena, const struct test_case *test_case, struct test_case *ret)
{
    bool any = false;
    *ret = (struct test_case){.bridged = test_case->bridged};
    for (size_t i = 0; i < test_case->count; i++) {
        struct case_document document = test_case->items[i];
        if (strstr(document.text, "\nkind: Staged") != NULL) {
            any = true;
            if (strstr(document.text, "  stagedAction: Delete\n") != NULL) {
                continue;
            }
        }
        for (size_t j = 0; j < ARRAY_COUNT(replacements); j++) {
            document.text =
                replaced(arena, document.text, replacements[j].from, replacements[j].to);
        }
        vec_push(arena, ret, document);
    }
    return any;
}
