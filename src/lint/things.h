// SPDX-License-Identifier: GPL-2.0-or-later
// What selectors choose from: endpoints, host endpoints and network sets, and why a selector chooses nothing.
#pragma once

#include "internal.h"

#define LABEL_NAMESPACE        "projectcalico.org/namespace"
#define LABEL_SERVICE_ACCOUNT  "projectcalico.org/serviceaccount"
#define PREFIX_NAMESPACE       "pcns."
#define PREFIX_SERVICE_ACCOUNT "pcsa."

enum thing_kind { THING_WORKLOAD = 1, THING_HOST = 2, THING_SET = 4, THING_ANY = 7 };

struct thing {
    uint8_t kind; // enum thing_kind
    const char *id;
    const struct labels *labels;
    const char *ns; // NULL: in none
    bool addresses; // has one at all
};

struct things {
    VEC_FIELDS(struct thing);
    // Of a list of everything, which is asked often: numbers are positions. NULL: few enough to walk.
    const struct label_index *index;
};

// With an index.
struct things things_of(struct arena *arena, const struct model *model, unsigned kinds);
// For a list that is asked often.
void things_index(struct arena *arena, struct things *things);
// Those that a selector matches (NULL: all).
struct things things_select(struct arena *arena, const struct things *things,
                            const struct sel *sel);
bool things_any(struct arena *arena, const struct things *things, const struct sel *sel);
// Their ids as text, the first few.
const char *things_text(const struct lint *lint, const struct things *things);

// A namespaceSelector of a rule or a policy, in terms of the labels that things inherit (semantics.md 2.6).
const struct sel *namespace_sel(struct arena *arena, const struct sel *sel);
const struct sel *service_account_sel(struct arena *arena, const struct sel *sel);

// Why a selector matches none of them, for a label under a caret: the first condition that none meets, with what was
// maybe meant. `prefix` is what the labels have in front when they are inherited, or "".
const char *why_nothing(const struct lint *lint, const struct things *things, const struct sel *sel,
                        const char *prefix);
