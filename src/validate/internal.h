// SPDX-License-Identifier: GPL-2.0-or-later
// What the checks share.
#pragma once

#include <polc/validate.h>

struct check {
    struct arena *arena;
    struct diags *diags;
    const struct resources *resources;
};

// The rule at hand, for messages and for what depends on direction and scope.
struct rule_place {
    const struct res_meta *meta;
    bool egress;
    bool global; // of a global policy or a profile
    size_t index;
};

const char *object_text(const struct check *check,
                        const struct res_meta *meta); // "NetworkPolicy shop/web"
const char *rule_text(const struct check *check,
                      const struct rule_place *place); // "rule 0 (ingress) of shop/web"

// A selector in which global() must not stand, not even in quotes, as in Calico.
void check_not_global(const struct check *check, const struct res_selector *selector,
                      const char *field, const struct res_meta *meta);

// Each object alone.
void check_tier(const struct check *check, const struct res_tier *tier);
void check_policy(const struct check *check, const struct res_policy *policy);
void check_netset(const struct check *check, const struct res_netset *netset);
void check_host(const struct check *check, const struct res_host *host);
void check_fleet(const struct check *check, const struct res_fleet *fleet);
void check_workload(const struct check *check, const struct res_workload *workload);
void check_test(const struct check *check, const struct res_test *test);
void check_domain_names(const struct check *check, const struct res_names *names,
                        const struct res_meta *meta);
void check_rules(const struct check *check, const struct res_rules *rules, struct rule_place place);
void check_entity(const struct check *check, const struct res_rule *rule, bool destination,
                  const struct rule_place *place);
// What is wrong with "services" of a side that has it; NULL when it is right.
const char *services_problem(const struct check *check, const struct res_entity *entity,
                             bool destination, const struct rule_place *place);

// Objects against each other.
void check_identities(const struct check *check);
void check_tiers_exist(const struct check *check);
void check_addresses(const struct check *check);
void check_profiles_exist(const struct check *check);
void check_namespaces_exist(const struct check *check);
void check_services_exist(const struct check *check);
