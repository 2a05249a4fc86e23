// SPDX-License-Identifier: GPL-2.0-or-later
// Flows that subjects learned -> rules: one for each protocol and peer, with all of its ports; peers with the same ports
// that one selector takes share a rule.
#include "internal.h"

// A port, or an ICMP type, of a peer.
struct part {
    uint16_t port;
    int64_t first; // when it was seen first
};

// The flows of one peer with one protocol.
struct group {
    struct peer peer;
    uint8_t direction; // enum plan_direction
    uint8_t protocol;
    int16_t icmp_type, icmp_code;
    struct {
        VEC_FIELDS(struct part);
    } parts;
    struct portset ports;
    struct recommend_evidence evidence;
    bool merged; // stands in the rule of an earlier one
};

// A rule, and where its peers are.
struct draft {
    struct recommend_rule rule;
    uint8_t direction;
    const char *ns; // NULL: nowhere, or in the selector
    bool merged;
};

struct build {
    struct recommend *run;
    const struct recommend_subject *subject;
    struct strmap *index; // -> struct group
    struct {
        VEC_FIELDS(struct group *);
    } groups;
    struct {
        VEC_FIELDS(struct draft);
    } drafts;
    struct model_indexes flows; // numbers, as they come
};

// ---- grouping -----------------------------------------------------------------------------------------------------

static struct group *find_group(struct build *build, int direction,
                                const struct recommend_flow *known)
{
    const struct flow *flow = &known->flow;
    struct arena *arena = build->run->arena;
    struct peer peer = find_peer(build->run, build->subject, direction, known);
    const char *key = arena_printf(arena, "%d %u %d %d %u %u %s\n%s\n%s", direction, flow->protocol,
                                   flow->icmp_type, flow->icmp_code, peer.class, peer.family,
                                   peer.ns != NULL ? peer.ns : "", peer.key != NULL ? peer.key : "",
                                   peer.value != NULL ? peer.value : "");
    struct group *group = strmap_get(build->index, key);
    if (group == NULL) {
        group = arena_new_of(arena, struct group);
        group->peer = peer;
        group->direction = (uint8_t)direction;
        group->protocol = flow->protocol;
        group->icmp_type = flow->icmp_type;
        group->icmp_code = flow->icmp_code;
        group->evidence.last = FLOWLOG_UNKNOWN;
        strmap_put(build->index, key, group);
        vec_push(arena, &build->groups, group);
    }
    return group;
}

static void add_part(struct arena *arena, struct group *group, uint16_t port, int64_t first)
{
    for (size_t i = 0; i < group->parts.count; i++) {
        struct part *part = &group->parts.items[i];
        if (part->port == port) {
            bool earlier =
                first != FLOWLOG_UNKNOWN && (part->first == FLOWLOG_UNKNOWN || first < part->first);
            part->first = earlier ? first : part->first;
            return;
        }
    }
    vec_push(arena, &group->parts, (struct part){port, first});
}

static void add_flow(struct build *build, const struct lesson *lesson)
{
    struct recommend *run = build->run;
    const struct recommend_flow *flow = &run->flows.items[lesson->flow];
    struct group *group = find_group(build, lesson->direction, flow);
    struct recommend_evidence *evidence = &group->evidence;
    add_part(run->arena, group, flow->flow.destination_port, flow->first);
    if (evidence->flows == 0 || flow->last > evidence->last) {
        evidence->last = flow->last;
        evidence->example = lesson->flow;
    }
    evidence->count += flow->count;
    evidence->flows++;
    vec_push(run->arena, &build->flows, lesson->flow);
}

static void collect_ports(struct arena *arena, struct group *group)
{
    bool has_ports =
        proto_has_ports(group->protocol) && group->peer.class != RECOMMEND_PEER_SERVICE;
    group->ports.items = arena_array_of(arena, struct port_range, group->parts.count);
    for (size_t i = 0; has_ports && i < group->parts.count; i++) {
        uint16_t port = group->parts.items[i].port;
        group->ports.items[group->ports.count++] = (struct port_range){port, port};
    }
    portset_normalize(&group->ports);
}

// ---- merging ------------------------------------------------------------------------------------------------------

static int compare_optional(const char *a, const char *b)
{
    return strcmp(a != NULL ? a : "", b != NULL ? b : "");
}

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

// The order of rules: named peers before addresses; nothing of it depends on the order of the records.
static int compare_groups(const void *a, const void *b)
{
    const struct group *x = *(const struct group *const *)a;
    const struct group *y = *(const struct group *const *)b;
    const int orders[] = {
        compare_numbers(x->direction, y->direction),
        compare_numbers(x->peer.class, y->peer.class),
        compare_optional(x->peer.ns, y->peer.ns),
        compare_optional(x->peer.key, y->peer.key),
        compare_optional(x->peer.value, y->peer.value),
        compare_numbers(x->protocol, y->protocol),
        compare_numbers(x->icmp_type, y->icmp_type),
        compare_numbers(x->icmp_code, y->icmp_code),
        compare_numbers(x->peer.family, y->peer.family),
    };
    for (size_t i = 0; i < ARRAY_COUNT(orders); i++) {
        if (orders[i] != 0) {
            return orders[i];
        }
    }
    return 0;
}

// Whether they differ in nothing but the peer, which is of one kind and in one place.
static bool is_alike(const struct group *a, const struct group *b)
{
    return a->direction == b->direction && a->peer.class == b->peer.class &&
           a->peer.family == b->peer.family && texts_equal(a->peer.ns, b->peer.ns) &&
           a->protocol == b->protocol && a->icmp_type == b->icmp_type &&
           a->icmp_code == b->icmp_code && portset_equal(&a->ports, &b->ports);
}

// One selector takes both and nothing else: values of one label, names of one place, or the same selector.
static bool can_share(const struct group *a, const struct group *b)
{
    bool has_key = a->peer.key != NULL && a->peer.key[0] != '\0';
    bool listed = has_key || a->peer.class == RECOMMEND_PEER_ADDRESS ||
                  a->peer.class == RECOMMEND_PEER_DOMAINS;
    return is_alike(a, b) && texts_equal(a->peer.key, b->peer.key) &&
           (listed || texts_equal(a->peer.value, b->peer.value));
}

// What a value adds to a selector that lists several, and at most what stands around them; a list may become too long.
enum { LENGTH_OF_REST = 64 };
static size_t length_of(const struct group *group)
{
    static const char around[] = "\"\", ";
    bool listed = group->peer.key != NULL && group->peer.key[0] != '\0';
    return listed ? strlen(group->peer.value) + strlen(around) : 0;
}

// Workloads that the values of one label do not tell from all others, or too many to be listed, may have another label
// in common.
static void share_label(struct build *build, struct group *group)
{
    struct arena *arena = build->run->arena;
    struct model_indexes members = {0};
    bool several = false;
    size_t length = LENGTH_OF_REST + strlen(group->peer.key);
    for (size_t i = 0; i < build->groups.count; i++) {
        const struct group *other = build->groups.items[i];
        bool alike = is_alike(group, other);
        for (size_t j = 0; alike && j < other->peer.choice->members.count; j++) {
            vec_push(arena, &members, other->peer.choice->members.items[j]);
        }
        length += alike ? length_of(other) : 0;
        several = several || (alike && !can_share(group, other)) || length > SEL_MAX_TEXT;
    }
    const struct choice *choice =
        several ? choose_union(build->run, group->peer.ns, &members) : NULL;
    if (choice == NULL || !choice->exact) {
        return;
    }
    for (size_t i = 0; i < build->groups.count; i++) {
        struct group *other = build->groups.items[i];
        if (is_alike(group, other)) {
            other->peer.key = "";
            other->peer.value = choice_text(arena, choice);
        }
    }
}

static void share_labels(struct build *build)
{
    for (size_t i = 0; i < build->groups.count; i++) {
        if (build->groups.items[i]->peer.class == RECOMMEND_PEER_WORKLOAD) {
            share_label(build, build->groups.items[i]);
        }
    }
}

// Names of protocols imply the IP version.
static uint8_t version_of(const struct group *group)
{
    if (group->peer.class != RECOMMEND_PEER_PUBLIC || group->protocol == PROTO_ICMP ||
        group->protocol == PROTO_ICMPV6) {
        return 0;
    }
    return group->peer.family == PLAN_V4 ? 4 : 6;
}

static void write_rule(struct build *build, size_t first, struct recommend_rule *ret)
{
    struct arena *arena = build->run->arena;
    struct group *group = build->groups.items[first];
    struct flow_strings values = {0};
    size_t length = 0, key_length = group->peer.key != NULL ? strlen(group->peer.key) : 0;
    for (size_t i = first; i < build->groups.count; i++) {
        struct group *other = build->groups.items[i];
        size_t more = length_of(other);
        if (other->merged ||
            (other != group && (!can_share(group, other) || length + more > SEL_MAX_TEXT))) {
            continue;
        }
        other->merged = true;
        length += other != group ? more : more + LENGTH_OF_REST + key_length;
        bool again =
            values.count > 0 && texts_equal(values.items[values.count - 1], other->peer.value);
        if (other->peer.value != NULL && !again) {
            vec_push(arena, &values, other->peer.value);
        }
        vec_push(arena, &ret->evidence, other->evidence);
    }
    ret->class = group->peer.class;
    ret->protocol = group->protocol;
    ret->ip_version = version_of(group);
    ret->icmp_type = group->icmp_type;
    ret->icmp_code = group->icmp_code;
    ret->ports = group->ports;
    write_peer(arena, build->run, build->subject, &group->peer, &values, &ret->peer);
}

// Workloads of other namespaces that one selector takes in each of them.
static bool differ_in_place(const struct build *build, const struct draft *a, const struct draft *b)
{
    const struct recommend_rule *x = &a->rule;
    const struct recommend_rule *y = &b->rule;
    const char *own = build->subject->ns;
    return a->direction == b->direction && x->class == RECOMMEND_PEER_WORKLOAD &&
           y->class == RECOMMEND_PEER_WORKLOAD && !texts_equal(a->ns, own) &&
           !texts_equal(b->ns, own) && x->protocol == y->protocol && x->icmp_type == y->icmp_type &&
           x->icmp_code == y->icmp_code && portset_equal(&x->ports, &y->ports) &&
           texts_equal(x->peer.selector, y->peer.selector);
}

static void merge_places(struct build *build, size_t first)
{
    struct arena *arena = build->run->arena;
    struct draft *draft = &build->drafts.items[first];
    struct flow_strings places = {0};
    size_t length = 2 * LENGTH_OF_REST;
    for (size_t i = first; i < build->drafts.count && draft->ns != NULL; i++) {
        struct draft *other = &build->drafts.items[i];
        size_t more = other->ns != NULL ? strlen(other->ns) + 4 : 0;
        if (other->merged || length + more > SEL_MAX_TEXT ||
            !differ_in_place(build, draft, other)) {
            continue;
        }
        length += more;
        vec_push(arena, &places, other->ns);
        for (size_t j = 0; other != draft && j < other->rule.evidence.count; j++) {
            vec_push(arena, &draft->rule.evidence, other->rule.evidence.items[j]);
        }
        other->merged = other != draft;
    }
    if (places.count > 1) {
        draft->rule.peer.namespace_selector = namespaces_text(arena, &places);
    }
}

// ---- policies -------------------------------------------------------------------------------------------------------

// By semantics.md 9.7: after twice the interval, and after the period of stabilization.
static uint8_t status_of(const struct recommend *run, int64_t updated)
{
    int64_t age = run->end - updated;
    if (updated == FLOWLOG_UNKNOWN || age <= 2 * run->options.interval) {
        return RECOMMEND_LEARNING;
    }
    return age <= run->options.stable ? RECOMMEND_STABILIZING : RECOMMEND_STABLE;
}

static int64_t newest_part(const struct build *build)
{
    int64_t newest = FLOWLOG_UNKNOWN;
    for (size_t i = 0; i < build->groups.count; i++) {
        const struct group *group = build->groups.items[i];
        for (size_t j = 0; j < group->parts.count; j++) {
            int64_t first = group->parts.items[j].first;
            newest = first > newest ? first : newest;
        }
    }
    return newest;
}

static uint64_t count_flows(struct build *build)
{
    uint64_t count = 0;
    vec_sort(&build->flows, compare_u32);
    for (size_t i = 0; i < build->flows.count; i++) {
        bool again = i > 0 && build->flows.items[i] == build->flows.items[i - 1];
        count += again ? 0 : build->run->flows.items[build->flows.items[i]].count;
    }
    return count;
}

static void write_policy(struct build *build, struct recommend_policies *ret)
{
    struct recommend *run = build->run;
    struct recommend_policy policy = {
        .subject = build->subject,
        .tier = run->tiers[build->subject->scope == RECOMMEND_HOST].name,
        .updated = newest_part(build),
        .count = count_flows(build),
    };
    policy.name = arena_printf(run->arena, "%s.%s", policy.tier, build->subject->name);
    policy.status = status_of(run, policy.updated);
    for (size_t i = 0; i < build->groups.count; i++) {
        collect_ports(run->arena, build->groups.items[i]);
    }
    vec_sort(&build->groups, compare_groups);
    share_labels(build);
    for (size_t i = 0; i < build->groups.count; i++) {
        const struct group *group = build->groups.items[i];
        if (!group->merged) {
            struct draft draft = {.direction = group->direction, .ns = group->peer.ns};
            write_rule(build, i, &draft.rule);
            vec_push(run->arena, &build->drafts, draft);
        }
    }
    for (size_t i = 0; i < build->drafts.count; i++) {
        const struct draft *draft = &build->drafts.items[i];
        if (!draft->merged) {
            merge_places(build, i);
            vec_push(run->arena, &policy.rules[draft->direction], draft->rule);
        }
    }
    vec_push(run->arena, ret, policy);
}

struct recommend_policies recommend_build(struct recommend *run)
{
    struct recommend_policies ret = {0};
    struct build *builds = arena_array_of(run->arena, struct build, run->subjects.count);
    for (size_t i = 0; i < run->subjects.count; i++) {
        builds[i] = (struct build){
            .run = run, .subject = &run->subjects.items[i], .index = strmap_new(run->arena)};
    }
    for (size_t i = 0; i < run->lessons.count; i++) {
        const struct lesson *lesson = &run->lessons.items[i];
        if (run->flows.items[lesson->flow].learned) {
            add_flow(&builds[lesson->subject], lesson);
        }
    }
    for (size_t i = 0; i < run->subjects.count; i++) {
        if (builds[i].groups.count > 0) {
            write_policy(&builds[i], &ret);
        }
    }
    return ret;
}
