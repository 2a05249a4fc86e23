// SPDX-License-Identifier: GPL-2.0-or-later
// A reference for the meaning of policies, from decoded resources alone: what one endpoint's policies say about a flow in
// one direction. Slow and plain; shares nothing with resolve, plan, flow and nft, so that a mistake in the way from
// resources to the plan is seen too.
#pragma once

#include <polc/flow.h>
#include <polc/resource.h>

// Something that a selector of a rule can find.
struct ref_object {
    const char *id; // of an endpoint: "wep/NS/NAME", "hep/NAME"; NULL for a set
    const struct res_nets *nets;
    const struct res_names *domains;        // NULL of an endpoint
    const struct res_endpoint_ports *ports; // NULL for a set
    const struct res_names *profiles;       // NULL for a set
    struct {
        VEC_FIELDS(struct label);
    } labels; // the first with a key counts
};

struct ref {
    struct arena *arena;
    const struct resources *resources;
    struct {
        VEC_FIELDS(struct ref_object);
    } objects;
    struct {
        VEC_FIELDS(const struct res_policy *);
    } policies; // in order of evaluation, enforced ones
    bool names; // the names of the scene have their addresses; else none has any
};

enum ref_verdict { REF_ALLOW, REF_DENY, REF_CONTINUE, REF_UNKNOWN /* services, fleets */ };

// ref_objects.c
void ref_make(struct arena *arena, const struct resources *resources, struct ref *ret);

// ref_policy.c: what the policies of a stage, and the profiles behind them, make of the flow.
enum ref_verdict ref_judge(const struct ref *ref, const char *endpoint, enum plan_stage stage,
                           enum plan_direction direction, const struct flow *flow);
// Sorts the policies of a reference (for ref_make).
void ref_sort(struct ref *ref);

// ref_select.c. `prefix` stands before every key; all() and global() mean "has this key" and "has it not", if not NULL.
bool ref_selects(const struct sel *sel, const struct ref_object *object, const char *prefix,
                 const char *all_means);
const char *ref_label(const struct ref_object *object, const char *key);

// ref_rule.c: 1 matches, 0 does not, -1 not known. `ns` of the policy, NULL for a global one or a profile.
int ref_rule_matches(const struct ref *ref, const struct res_rule *rule, const char *ns,
                     enum plan_direction direction, const struct flow *flow);
