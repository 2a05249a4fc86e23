// SPDX-License-Identifier: GPL-2.0-or-later
// Recommendations as people would write them: YAML, with the evidence of each rule in comments.
#include "internal.h"

#include <ctype.h>
#include <math.h>

#define ANNOTATION "policyrecommendation.tigera.io/"

enum { EVIDENCE_MAX = 6 };

// ---- scalars --------------------------------------------------------------------------------------------------------

// A word that YAML would take for something else than a string.
static bool is_special(const char *text)
{
    static const char *const words[] = {"true", "false", "yes", "no", "on", "off",
                                        "null", "y",     "n",   "~",  ""};
    for (size_t i = 0; i < ARRAY_COUNT(words); i++) {
        if (strcasecmp(text, words[i]) == 0) {
            return true;
        }
    }
    return text[strspn(text, "0123456789.+-eE_:xXaAbBcCdDfFoO")] == '\0' &&
           strpbrk(text, "0123456789") != NULL;
}

static bool is_plain(const char *text)
{
    size_t length = strlen(text);
    if (is_special(text) || !isalnum((unsigned char)text[0]) || text[length - 1] == ' ' ||
        text[length - 1] == ':' || strstr(text, ": ") != NULL || strstr(text, " #") != NULL) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (text[i] < ' ' || text[i] > '~') {
            return false;
        }
    }
    return true;
}

static const char *scalar(struct arena *arena, const char *text)
{
    struct strbuf quoted = {.arena = arena};
    if (is_plain(text)) {
        return text;
    }
    strbuf_add(&quoted, "\"");
    for (const char *at = text; *at != '\0'; at++) {
        if ((unsigned char)*at < ' ' || *at == 0x7f) {
            strbuf_addf(&quoted, "\\x%02x", (unsigned char)*at);
        } else {
            strbuf_addf(&quoted, *at == '"' || *at == '\\' ? "\\%c" : "%c", *at);
        }
    }
    strbuf_add(&quoted, "\"");
    return strbuf_text(&quoted);
}

// ---- rules ----------------------------------------------------------------------------------------------------------

static void add_comments(struct strbuf *out, const struct recommend *run,
                         const struct recommend_rule *rule)
{
    struct arena *arena = out->arena;
    for (size_t i = 0; i < rule->evidence.count && i < EVIDENCE_MAX; i++) {
        const struct recommend_evidence *evidence = &rule->evidence.items[i];
        const struct recommend_flow *flow = &run->flows.items[evidence->example];
        const char *last = recommend_time_text(arena, evidence->last);
        strbuf_addf(out, "  # %llu flow%s%s%s, e.g. %s\n", (unsigned long long)evidence->count,
                    evidence->count == 1 ? "" : "s", last != NULL ? ", last " : "",
                    last != NULL ? last : "", safe_text(arena, recommend_flow_text(arena, flow)));
    }
    if (rule->evidence.count > EVIDENCE_MAX) {
        strbuf_addf(out, "  # and %zu more like these\n", rule->evidence.count - EVIDENCE_MAX);
    }
}

static const char *port_text(struct arena *arena, struct port_range range)
{
    return range.min == range.max ? arena_printf(arena, "%u", range.min)
                                  : arena_printf(arena, "\"%u:%u\"", range.min, range.max);
}

static void add_ports(struct strbuf *out, const struct portset *ports)
{
    if (ports->count == 0) {
        return;
    }
    strbuf_add(out, "      ports: [");
    for (size_t i = 0; i < ports->count; i++) {
        strbuf_addf(out, "%s%s", i > 0 ? ", " : "", port_text(out->arena, ports->items[i]));
    }
    strbuf_add(out, "]\n");
}

static void add_nets(struct strbuf *out, const char *key, const struct flow_strings *nets)
{
    if (nets->count == 0) {
        return;
    }
    strbuf_addf(out, "      %s: [", key);
    for (size_t i = 0; i < nets->count; i++) {
        const char *quote = strchr(nets->items[i], ':') != NULL ? "\"" : "";
        strbuf_addf(out, "%s%s%s%s", i > 0 ? ", " : "", quote, nets->items[i], quote);
    }
    strbuf_add(out, "]\n");
}

static void add_domains(struct strbuf *out, const struct flow_strings *domains)
{
    strbuf_add(out, domains->count > 0 ? "      domains:\n" : "");
    for (size_t i = 0; i < domains->count; i++) {
        strbuf_addf(out, "      - %s\n", scalar(out->arena, domains->items[i]));
    }
}

static bool is_empty(const struct recommend_entity *entity)
{
    return entity->selector == NULL && entity->namespace_selector == NULL &&
           entity->nets.count == 0 && entity->not_nets.count == 0 && entity->domains.count == 0 &&
           entity->service == NULL;
}

// `ports` NULL: those of the other side.
static void add_entity(struct strbuf *out, const char *side, const struct recommend_entity *entity,
                       const struct portset *ports)
{
    struct arena *arena = out->arena;
    if (is_empty(entity) && (ports == NULL || ports->count == 0)) {
        return;
    }
    strbuf_addf(out, "    %s:\n", side);
    if (entity->namespace_selector != NULL) {
        strbuf_addf(out, "      namespaceSelector: %s\n",
                    scalar(arena, entity->namespace_selector));
    }
    if (entity->selector != NULL) {
        strbuf_addf(out, "      selector: %s\n", scalar(arena, entity->selector));
    }
    add_nets(out, "nets", &entity->nets);
    add_nets(out, "notNets", &entity->not_nets);
    add_domains(out, &entity->domains);
    if (entity->service != NULL) {
        strbuf_addf(out, "      services:\n        name: %s\n        namespace: %s\n",
                    scalar(arena, entity->service), scalar(arena, entity->service_ns));
    }
    if (ports != NULL) {
        add_ports(out, ports);
    }
}

static void add_rule(struct strbuf *out, const struct recommend *run, int direction,
                     const struct recommend_rule *rule)
{
    static const struct recommend_entity nobody;
    const char *protocol = proto_name(rule->protocol);
    add_comments(out, run, rule);
    strbuf_add(out, "  - action: Allow\n");
    strbuf_addf(out, "    metadata: {annotations: {" ANNOTATION "scope: %s}}\n",
                recommend_class_text(rule->class));
    if (rule->ip_version != 0) {
        strbuf_addf(out, "    ipVersion: %u\n", rule->ip_version);
    }
    protocol != NULL ? strbuf_addf(out, "    protocol: %s\n", protocol)
                     : strbuf_addf(out, "    protocol: %u\n", rule->protocol);
    if (rule->icmp_type >= 0) {
        strbuf_addf(out, "    icmp: {type: %d, code: %d}\n", rule->icmp_type, rule->icmp_code);
    }
    bool in = direction == PLAN_IN;
    add_entity(out, "source", in ? &rule->peer : &nobody, NULL);
    add_entity(out, "destination", in ? &nobody : &rule->peer, &rule->ports);
}

// ---- objects --------------------------------------------------------------------------------------------------------

const char *recommend_tier_yaml(struct arena *arena, const struct recommend_tier *tier)
{
    struct strbuf out = {.arena = arena};
    strbuf_addf(&out,
                "apiVersion: projectcalico.org/v3\nkind: Tier\nmetadata:\n  name: %s\nspec:\n",
                tier->name);
    if (!isinf(tier->order)) {
        strbuf_addf(&out, "  order: %.15g\n", tier->order);
    }
    strbuf_add(&out, "  defaultAction: Deny\n");
    return strbuf_text(&out);
}

const char *proof_name(struct arena *arena, const struct recommend_policy *policy)
{
    return arena_printf(arena, "%s-proof", policy->name);
}

static void add_metadata(struct strbuf *out, const struct recommend_policy *policy, bool proof)
{
    struct arena *arena = out->arena;
    const struct recommend_subject *subject = policy->subject;
    const char *updated = recommend_time_text(arena, policy->updated);
    static const char *const scopes[] = {"Namespace", "Workload", "Host"};
    _Static_assert(ARRAY_COUNT(scopes) == RECOMMEND_SCOPES, "one word per scope");
    strbuf_addf(out, "metadata:\n  name: %s\n", proof ? proof_name(arena, policy) : policy->name);
    if (subject->ns != NULL) {
        strbuf_addf(out, "  namespace: %s\n", scalar(arena, subject->ns));
    }
    if (proof) {
        return;
    }
    strbuf_add(out, "  labels:\n    projectcalico.org/spec.stagedAction: Learn\n  annotations:\n");
    strbuf_addf(out, "    " ANNOTATION "scope: %s\n", scopes[subject->scope]);
    const char *name = strrchr(subject->text, '/') + 1;
    strbuf_addf(out, "    " ANNOTATION "name: %s\n", scalar(arena, name));
    if (subject->ns != NULL) {
        strbuf_addf(out, "    " ANNOTATION "namespace: %s\n", scalar(arena, subject->ns));
    }
    strbuf_addf(out, "    " ANNOTATION "status: %s\n", recommend_status_text(policy->status));
    if (updated != NULL) {
        strbuf_addf(out, "    " ANNOTATION "lastUpdated: \"%s\"\n", updated);
    }
}

const char *recommend_policy_yaml(struct arena *arena, const struct recommend *run,
                                  const struct recommend_policy *policy, bool proof)
{
    static const char *const lists[] = {[PLAN_IN] = "ingress", [PLAN_OUT] = "egress"};
    struct strbuf out = {.arena = arena};
    const char *kind = policy->subject->ns != NULL ? "NetworkPolicy" : "GlobalNetworkPolicy";
    strbuf_addf(&out, "apiVersion: projectcalico.org/v3\nkind: %s%s\n", proof ? "" : "Staged",
                kind);
    add_metadata(&out, policy, proof);
    strbuf_addf(&out, "spec:\n  tier: %s\n  selector: %s\n", policy->tier,
                scalar(arena, policy->subject->selector));
    strbuf_add(&out, proof ? "" : "  stagedAction: Learn\n");
    strbuf_add(&out, "  types: [Ingress, Egress]\n");
    for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
        if (policy->rules[direction].count > 0) {
            strbuf_addf(&out, "  %s:\n", lists[direction]);
        }
        for (size_t i = 0; i < policy->rules[direction].count; i++) {
            add_rule(&out, run, direction, &policy->rules[direction].items[i]);
        }
    }
    return strbuf_text(&out);
}
