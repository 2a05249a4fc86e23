// SPDX-License-Identifier: GPL-2.0-or-later
// Two plans, policy by policy: what was added and removed, and what of a policy changed.
#include "diff.h"

struct words_list {
    VEC_FIELDS(const char *);
};

// One policy in both plans.
struct pair {
    const struct diff *diff;
    const struct plan_policy *before, *after;
    const char *const *governs[2]; // ids of endpoints and hosts, sorted
    size_t governs_count[2];
};

// ---- rules ------------------------------------------------------------------------------------------------------

static struct words_list rule_texts(const struct diff *diff, const struct plan *plan,
                                    const struct plan_rules *rules)
{
    struct words_list ret = {0};
    for (size_t i = 0; i < rules->count; i++) {
        vec_push(diff->run->arena, &ret, diff_rule_text(diff->run->arena, plan, &rules->items[i]));
    }
    return ret;
}

static struct loc rule_loc(const struct plan_policy *policy, const struct plan_rule *rule)
{
    return rule->loc.line > 0 ? rule->loc : policy->loc;
}

static void add_part(struct strbuf *text, const char *part)
{
    strbuf_addf(text, "%s%s", text->length > 0 ? "; " : "", part);
}

// The rules between those that are the same at both ends. As many as before, and few: each in words; else a count.
static size_t add_rules(const struct pair *pair, int direction, struct strbuf *text,
                        struct loc *ret_loc)
{
    enum { IN_WORDS = 2 };
    struct arena *arena = pair->diff->run->arena;
    const struct plan *old_plan = pair->diff->before->plan, *new_plan = pair->diff->after->plan;
    const struct plan_rules *old = &pair->before->rules[direction];
    const struct plan_rules *new = &pair->after->rules[direction];
    struct words_list from = rule_texts(pair->diff, old_plan, old);
    struct words_list to = rule_texts(pair->diff, new_plan, new);
    const char *name = direction == PLAN_IN ? "ingress" : "egress";
    size_t first = 0, old_end = from.count, new_end = to.count;
    while (first < old_end && first < new_end && strcmp(from.items[first], to.items[first]) == 0) {
        first++;
    }
    while (old_end > first && new_end > first &&
           strcmp(from.items[old_end - 1], to.items[new_end - 1]) == 0) {
        old_end--;
        new_end--;
    }
    size_t gone = old_end - first, come = new_end - first;
    if (come > 0 && ret_loc->line == 0) {
        *ret_loc = rule_loc(pair->after, &new->items[first]);
    }
    for (size_t i = 0; gone == come && come <= IN_WORDS && i < come; i++) {
        add_part(text, arena_printf(arena, "%s rule %u: %s", name, new->items[first + i].index,
                                    diff_rule_changes(arena, old_plan, &old->items[first + i],
                                                      new_plan, &new->items[first + i])));
    }
    if (gone != come || come > IN_WORDS) {
        struct strbuf counts = {.arena = arena};
        strbuf_addf(&counts, "%s:", name);
        if (come > 0) {
            strbuf_addf(&counts, " +%zu", come);
        }
        if (gone > 0) {
            strbuf_addf(&counts, " -%zu", gone);
        }
        strbuf_addf(&counts, " rule%s", plural(gone + come));
        add_part(text, strbuf_text(&counts));
    }
    return gone > come ? gone : come;
}

// ---- one policy -------------------------------------------------------------------------------------------------

static void add_value(struct arena *arena, struct strbuf *text, const char *name, const char *old,
                      const char *new)
{
    if (strcmp(old, new) != 0) {
        add_part(text, arena_printf(arena, "%s %s -> %s", name, old, new));
    }
}

static const char *types_text(uint8_t types)
{
    return types == PLAN_INGRESS  ? "Ingress"
           : types == PLAN_EGRESS ? "Egress"
                                  : "Ingress and Egress";
}

static const char *stage_text(const struct plan_policy *policy)
{
    return policy->stage == PLAN_PREDNAT     ? "preDNAT"
           : policy->stage == PLAN_UNTRACKED ? "doNotTrack"
           : policy->apply_on_forward        ? "applyOnForward"
                                             : "normal";
}

// Both lists are sorted.
static void add_governed(const struct pair *pair, struct strbuf *text)
{
    size_t i = 0, j = 0, come = 0, gone = 0;
    while (i < pair->governs_count[0] || j < pair->governs_count[1]) {
        int order = i == pair->governs_count[0] ? 1
                    : j == pair->governs_count[1]
                        ? -1
                        : strcmp(pair->governs[0][i], pair->governs[1][j]);
        gone += order < 0;
        come += order > 0;
        i += order <= 0;
        j += order >= 0;
    }
    if (come + gone > 0) {
        struct strbuf counts = {.arena = text->arena};
        strbuf_add(&counts, "governs");
        if (come > 0) {
            strbuf_addf(&counts, " +%zu", come);
        }
        if (gone > 0) {
            strbuf_addf(&counts, " -%zu", gone);
        }
        strbuf_addf(&counts, " endpoint%s", plural(come + gone));
        add_part(text, strbuf_text(&counts));
    }
}

// "" when the two are the same.
static const char *policy_changes(const struct pair *pair, size_t *ret_rules, struct loc *ret_loc)
{
    struct arena *arena = pair->diff->run->arena;
    const struct plan *old = pair->diff->before->plan, *new = pair->diff->after->plan;
    struct strbuf text = {.arena = arena};
    add_value(arena, &text, "tier", old->tiers.items[pair->before->tier].name,
              new->tiers.items[pair->after->tier].name);
    add_value(arena, &text, "order", arena_printf(arena, "%.15g", pair->before->order),
              arena_printf(arena, "%.15g", pair->after->order));
    add_value(arena, &text, "types", types_text(pair->before->types),
              types_text(pair->after->types));
    add_value(arena, &text, "stage", stage_text(pair->before), stage_text(pair->after));
    for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
        *ret_rules += add_rules(pair, direction, &text, ret_loc);
    }
    add_governed(pair, &text);
    return strbuf_text(&text);
}

// ---- whom a policy governs ----------------------------------------------------------------------------------------

static void add_class(struct arena *arena, const struct plan *plan, struct words_list *lists,
                      uint32_t class, const char *id)
{
    for (size_t i = 0; class != PLAN_NO_CLASS && i < plan->classes.items[class].tiers.count; i++) {
        const struct plan_indexes *policies = &plan->classes.items[class].tiers.items[i].policies;
        for (size_t j = 0; j < policies->count; j++) {
            struct words_list *list = &lists[policies->items[j]];
            if (list->count == 0 || list->items[list->count - 1] != id) {
                vec_push(arena, list, id);
            }
        }
    }
}

// By number of the policy: the ids of endpoints that it governs, each once.
static struct words_list *governed(struct arena *arena, const struct plan *plan)
{
    struct words_list *lists = arena_array_of(arena, struct words_list, plan->policies.count);
    for (size_t i = 0; i < plan->endpoints.count; i++) {
        for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
            add_class(arena, plan, lists, plan->endpoints.items[i].classes[direction],
                      plan->endpoints.items[i].id);
        }
    }
    for (size_t i = 0; i < plan->hosts.count; i++) {
        for (int stage = 0; stage < PLAN_STAGES; stage++) {
            for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
                add_class(arena, plan, lists, plan->hosts.items[i].classes[stage][direction],
                          plan->hosts.items[i].id);
            }
        }
    }
    for (size_t i = 0; i < plan->policies.count; i++) {
        vec_sort(&lists[i], compare_texts);
    }
    return lists;
}

// ---- all policies -------------------------------------------------------------------------------------------------

static struct strmap *policies_by_id(struct arena *arena, const struct plan *plan)
{
    struct strmap *map = strmap_new(arena);
    for (size_t i = 0; i < plan->policies.count; i++) {
        strmap_put(map, plan->policies.items[i].id, &plan->policies.items[i]);
    }
    return map;
}

static void add_policy(const struct diff *diff, struct diff_texts *texts, int kind,
                       const struct plan_policy *policy, const char *what, struct loc loc)
{
    struct run *side = kind == NFT_REMOVED ? diff->before : diff->after;
    loc.column = 0;
    vec_push(diff->run->arena, &texts->policies,
             (struct diff_policy){
                 .kind = (uint8_t)kind,
                 .name = safe_text(diff->run->arena,
                                   flow_policy_name(diff->run->arena, side->plan, policy)),
                 .what = safe_text(diff->run->arena, what),
                 .place = loc_text(diff->run->arena, side->sources, loc),
             });
    texts->counts[kind]++;
}

static const char *all_rules_text(struct arena *arena, const struct plan_policy *policy)
{
    size_t count = policy->rules[PLAN_IN].count + policy->rules[PLAN_OUT].count;
    return arena_printf(arena, "%zu rule%s", count, plural(count));
}

static int compare_policies(const void *a, const void *b)
{
    return strcmp(((const struct diff_policy *)a)->name, ((const struct diff_policy *)b)->name);
}

static void compare_all_policies(const struct diff *diff, struct diff_texts *texts)
{
    struct arena *arena = diff->run->arena;
    const struct plan *old = diff->before->plan, *new = diff->after->plan;
    struct strmap *before = policies_by_id(arena, old), *after = policies_by_id(arena, new);
    struct words_list *governs[] = {governed(arena, old), governed(arena, new)};
    for (size_t i = 0; i < new->policies.count; i++) {
        const struct plan_policy *policy = &new->policies.items[i];
        const struct plan_policy *was = strmap_get(before, policy->id);
        if (was == NULL) {
            texts->rules += policy->rules[PLAN_IN].count + policy->rules[PLAN_OUT].count;
            add_policy(diff, texts, NFT_ADDED, policy, all_rules_text(arena, policy), policy->loc);
            continue;
        }
        const struct words_list *from = &governs[0][was - old->policies.items];
        struct pair pair = {diff,
                            was,
                            policy,
                            {from->items, governs[1][i].items},
                            {from->count, governs[1][i].count}};
        struct loc loc = LOC_NONE;
        const char *what = policy_changes(&pair, &texts->rules, &loc);
        if (what[0] == '\0') {
            texts->unchanged++;
        } else {
            add_policy(diff, texts, NFT_CHANGED, policy, what, loc.line > 0 ? loc : policy->loc);
        }
    }
    for (size_t i = 0; i < old->policies.count; i++) {
        const struct plan_policy *policy = &old->policies.items[i];
        if (strmap_get(after, policy->id) == NULL) {
            texts->rules += policy->rules[PLAN_IN].count + policy->rules[PLAN_OUT].count;
            add_policy(diff, texts, NFT_REMOVED, policy, all_rules_text(arena, policy),
                       policy->loc);
        }
    }
    vec_sort(&texts->policies, compare_policies);
}

// ---- the rest -----------------------------------------------------------------------------------------------------

static bool same_set(const struct plan_ipset *a, const struct plan_ipset *b)
{
    return cidrset_equal(&a->members, &b->members) && a->port_count == b->port_count &&
           (a->port_count == 0 ||
            memcmp(a->ports, b->ports, a->port_count * sizeof *a->ports) == 0);
}

static void compare_sets(struct arena *arena, const struct plan *old, const struct plan *new,
                         struct diff_texts *texts)
{
    struct strmap *known = strmap_new(arena);
    size_t kept = 0;
    for (size_t i = 0; i < old->ipsets.count; i++) {
        strmap_put(known, old->ipsets.items[i].name, &old->ipsets.items[i]);
    }
    for (size_t i = 0; i < new->ipsets.count; i++) {
        const struct plan_ipset *was = strmap_get(known, new->ipsets.items[i].name);
        kept += was != NULL;
        texts->sets_changed += was == NULL || !same_set(was, &new->ipsets.items[i]);
    }
    texts->sets_changed += old->ipsets.count - kept;
}

static void count_ids(struct strmap *before, struct strmap *after, size_t *ret_added,
                      size_t *ret_removed)
{
    void *cursor = NULL;
    const char *id;
    while (strmap_next(after, &cursor, &id, NULL)) {
        *ret_added += strmap_get(before, id) == NULL;
    }
    cursor = NULL;
    while (strmap_next(before, &cursor, &id, NULL)) {
        *ret_removed += strmap_get(after, id) == NULL;
    }
}

static void compare_endpoints(struct arena *arena, const struct plan *old, const struct plan *new,
                              struct diff_texts *texts)
{
    const struct plan *plans[] = {old, new};
    struct strmap *endpoints[2], *hosts[2];
    for (int i = 0; i < 2; i++) {
        endpoints[i] = strmap_new(arena);
        hosts[i] = strmap_new(arena);
        for (size_t j = 0; j < plans[i]->endpoints.count; j++) {
            strmap_put(endpoints[i], plans[i]->endpoints.items[j].id, texts);
        }
        for (size_t j = 0; j < plans[i]->hosts.count; j++) {
            strmap_put(hosts[i], plans[i]->hosts.items[j].id, texts);
        }
    }
    count_ids(endpoints[0], endpoints[1], &texts->endpoints_added, &texts->endpoints_removed);
    count_ids(hosts[0], hosts[1], &texts->hosts_added, &texts->hosts_removed);
}

static bool same_failsafes(const struct plan_failsafes *a, const struct plan_failsafes *b)
{
    for (size_t i = 0; i < a->count && i < b->count; i++) {
        const struct plan_failsafe *x = &a->items[i], *y = &b->items[i];
        if (x->protocol != y->protocol || x->port != y->port || x->has_net != y->has_net ||
            (x->has_net && cidr_compare(x->net, y->net) != 0)) {
            return false;
        }
    }
    return a->count == b->count;
}

static bool same_dns(const struct plan_settings *a, const struct plan_settings *b)
{
    if (a->dns_servers.count != b->dns_servers.count) {
        return false;
    }
    for (size_t i = 0; i < a->dns_servers.count; i++) {
        const struct ip_port *left = &a->dns_servers.items[i], *right = &b->dns_servers.items[i];
        if (ip_addr_compare(left->addr, right->addr) != 0 || left->port != right->port) {
            return false;
        }
    }
    return a->dns_extra_ttl == b->dns_extra_ttl && a->dns_min_ttl == b->dns_min_ttl &&
           a->dns_set_timeout == b->dns_set_timeout && a->dns_log_group == b->dns_log_group &&
           a->dns_watch == b->dns_watch;
}

static bool same_settings(const struct plan_settings *a, const struct plan_settings *b)
{
    return a->host_action == b->host_action && a->reject == b->reject &&
           a->log_rate == b->log_rate && a->log_unit == b->log_unit &&
           a->log_burst == b->log_burst && a->drop_vxlan == b->drop_vxlan &&
           a->drop_ipip == b->drop_ipip && a->vxlan_port == b->vxlan_port && a->mark == b->mark &&
           a->flow_size == b->flow_size && a->flow_timeout == b->flow_timeout && same_dns(a, b) &&
           a->conntrack_invalid_check == b->conntrack_invalid_check &&
           strcmp(a->log_prefix != NULL ? a->log_prefix : "",
                  b->log_prefix != NULL ? b->log_prefix : "") == 0 &&
           same_failsafes(&a->failsafes[PLAN_IN], &b->failsafes[PLAN_IN]) &&
           same_failsafes(&a->failsafes[PLAN_OUT], &b->failsafes[PLAN_OUT]);
}

static bool same_node_settings(const struct plan *old, const struct plan *new)
{
    for (size_t i = 0; i < old->node_settings.count && i < new->node_settings.count; i++) {
        if (strcmp(old->node_settings.items[i].node, new->node_settings.items[i].node) != 0 ||
            !same_settings(&old->node_settings.items[i].settings,
                           &new->node_settings.items[i].settings)) {
            return false;
        }
    }
    return old->node_settings.count == new->node_settings.count;
}

struct diff_texts diff_policies(const struct diff *diff)
{
    struct diff_texts texts = {0};
    const struct plan *old = diff->before->plan, *new = diff->after->plan;
    compare_all_policies(diff, &texts);
    compare_sets(diff->run->arena, old, new, &texts);
    compare_endpoints(diff->run->arena, old, new, &texts);
    texts.settings_changed =
        !same_settings(&old->settings, &new->settings) || !same_node_settings(old, new);
    return texts;
}
