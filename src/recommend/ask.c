// SPDX-License-Identifier: GPL-2.0-or-later
// Operands -> subjects: whom a policy is to be for, by which selector and under which name.
#include "internal.h"

#include <ctype.h>

// ---- names ----------------------------------------------------------------------------------------------------------

// As the part of a policy's name behind its tier may be: lower case, digits and "-".
static const char *object_name(struct arena *arena, const char *text)
{
    char *name = arena_strdup(arena, text);
    for (char *at = name; *at != '\0'; at++) {
        *at = isalnum((unsigned char)*at) ? (char)tolower((unsigned char)*at) : '-';
    }
    for (size_t length = strlen(name); length > 0 && !isalnum((unsigned char)name[length - 1]);
         length--) {
        name[length - 1] = '\0';
    }
    while (*name != '\0' && !isalnum((unsigned char)*name)) {
        name++;
    }
    return *name != '\0' ? name : "workload";
}

// "frontend" of "frontend-86c57db685-*": the hash changes with each roll-out.
static const char *workload_name(struct arena *arena, const struct res_workload *res)
{
    const char *generated = res->meta.generate_name;
    if (generated == NULL) {
        return object_name(arena, res->pod != NULL ? res->pod : res->meta.name);
    }
    char *name = arena_strdup(arena, generated);
    size_t length = strlen(name);
    while (length > 0 && name[length - 1] == '-') {
        name[--length] = '\0';
    }
    for (size_t i = 0; i < res->meta.label_count; i++) {
        const struct res_label *label = &res->meta.labels[i];
        size_t hash = label->value != NULL ? strlen(label->value) : 0;
        if (strcmp(label->key, "pod-template-hash") == 0 && hash > 0 && length > hash + 1 &&
            strcmp(name + length - hash, label->value) == 0 && name[length - hash - 1] == '-') {
            name[length - hash - 1] = '\0';
        }
    }
    return object_name(arena, name);
}

static bool is_taken(const struct recommend *run, const char *ns, const char *name)
{
    for (size_t i = 0; i < run->subjects.count; i++) {
        const struct recommend_subject *subject = &run->subjects.items[i];
        if (texts_equal(subject->ns, ns) && strcmp(subject->name, name) == 0) {
            return true;
        }
    }
    return false;
}

static const char *free_name(const struct recommend *run, const char *ns, const char *wanted)
{
    const char *name = wanted;
    for (unsigned number = 2; is_taken(run, ns, name); number++) {
        name = arena_printf(run->arena, "%s-%u", wanted, number);
    }
    return name;
}

// ---- adding ---------------------------------------------------------------------------------------------------------

static bool is_known(const struct recommend *run, const struct recommend_subject *subject)
{
    for (size_t i = 0; i < run->subjects.count; i++) {
        const struct recommend_subject *known = &run->subjects.items[i];
        if (known->scope == subject->scope && texts_equal(known->ns, subject->ns) &&
            texts_equal(known->selector, subject->selector) &&
            (known->selector != NULL || strcmp(known->text, subject->text) == 0)) {
            return true;
        }
    }
    return false;
}

// A staged policy of the name that the subject will get.
static const struct res_policy *find_existing(const struct recommend *run,
                                              const struct recommend_subject *subject)
{
    const char *tier = run->tiers[subject->scope == RECOMMEND_HOST].name;
    const char *name = arena_printf(run->arena, "%s.%s", tier, subject->name);
    for (size_t i = 0; i < run->model->policies.count; i++) {
        const struct model_policy *policy = &run->model->policies.items[i];
        if (policy->staged && policy->res != NULL &&
            !res_kind_info((enum res_kind)policy->res->meta.kind)->kubernetes &&
            texts_equal(policy->ns, subject->ns) && strcmp(policy->name, name) == 0) {
            return policy->res;
        }
    }
    return NULL;
}

static void add_subject(struct recommend *run, struct recommend_subject subject, const char *wanted,
                        bool by_name)
{
    if (is_known(run, &subject)) {
        return;
    }
    subject.name = free_name(run, subject.ns, wanted);
    const struct res_policy *existing = find_existing(run, &subject);
    if (existing != NULL) {
        subject.existing = existing->meta.loc;
        bool ignored = existing->staged_action == RES_STAGED_IGNORE;
        if (!by_name && (ignored || existing->staged_action == RES_STAGED_SET)) {
            subject.skipped = ignored ? "its staged policy is dismissed (stagedAction: Ignore)"
                                      : "its staged policy is accepted (stagedAction: Set)";
        }
    }
    uint32_t number = (uint32_t)run->subjects.count;
    vec_push(run->arena, &run->subjects, subject);
    for (size_t i = 0; i < subject.endpoints.count && subject.skipped == NULL; i++) {
        uint32_t endpoint = subject.endpoints.items[i];
        const char *id = subject.scope == RECOMMEND_HOST ? run->model->hosts.items[endpoint].id
                                                         : run->model->endpoints.items[endpoint].id;
        struct owner *owner = strmap_get(run->owners, id);
        vec_push(run->arena, &owner->subjects, number);
    }
}

static bool add_namespace(struct recommend *run, const char *ns, bool by_name)
{
    struct recommend_subject subject = {
        .scope = RECOMMEND_NAMESPACE,
        .text = arena_printf(run->arena, "ns/%s", ns),
        .ns = arena_strdup(run->arena, ns),
        .selector = sel_text(run->arena, sel_eq(run->arena, "projectcalico.org/namespace", ns)),
    };
    for (size_t i = 0; i < run->model->endpoints.count; i++) {
        if (strcmp(run->model->endpoints.items[i].res->meta.ns, ns) == 0) {
            vec_push(run->arena, &subject.endpoints, (uint32_t)i);
        }
    }
    if (subject.endpoints.count > 0) {
        add_subject(run, subject, object_name(run->arena, ns), by_name);
    }
    return subject.endpoints.count > 0;
}

static void add_workload(struct recommend *run, uint32_t endpoint)
{
    const struct model_endpoint *own = &run->model->endpoints.items[endpoint];
    const struct choice *choice = choose_workload(run, endpoint);
    const char *aggregate = aggregate_of(run->arena, own->res);
    struct recommend_subject subject = {
        .scope = RECOMMEND_WORKLOAD,
        .text = arena_printf(run->arena, "wep/%s/%s", own->res->meta.ns, aggregate),
        .ns = own->res->meta.ns,
        .endpoints = choice->members,
    };
    if (choice->count == 0) {
        subject.skipped = "it has no label of its own that a selector could name it by";
    } else {
        subject.selector = choice_text(run->arena, choice);
    }
    for (size_t i = 0; i < choice->members.count && subject.also == NULL; i++) {
        const struct res_workload *res = run->model->endpoints.items[choice->members.items[i]].res;
        const char *other = aggregate_of(run->arena, res);
        subject.also = strcmp(other, aggregate) != 0 ? other : NULL;
    }
    const char *name = workload_name(run->arena, own->res);
    bool as_namespace = strcmp(name, object_name(run->arena, own->res->meta.ns)) == 0;
    name = as_namespace ? arena_printf(run->arena, "%s-workload", name) : name;
    add_subject(run, subject, name, true);
}

static void add_host(struct recommend *run, uint32_t host)
{
    const struct choice *choice = choose_host(run, host);
    const struct model_host *own = &run->model->hosts.items[host];
    struct recommend_subject subject = {.scope = RECOMMEND_HOST, .text = own->id};
    if (choice->exact) {
        subject.selector = choice_text(run->arena, choice);
        vec_push(run->arena, &subject.endpoints, host);
    } else {
        subject.skipped = "it has no label that nothing else has, so no selector takes it alone";
    }
    add_subject(run, subject, object_name(run->arena, own->res->meta.name), true);
}

// ---- operands -------------------------------------------------------------------------------------------------------

static bool fits(const char *name, const char *pattern)
{
    size_t length = strlen(pattern);
    if (name == NULL) {
        return false;
    }
    return length > 0 && pattern[length - 1] == '*' ? strncmp(name, pattern, length - 1) == 0
                                                    : strcmp(name, pattern) == 0;
}

static bool ask_workloads(struct recommend *run, const char *ns, const char *pattern)
{
    bool found = false;
    for (size_t i = 0; i < run->model->endpoints.count; i++) {
        const struct res_workload *res = run->model->endpoints.items[i].res;
        if (strcmp(res->meta.ns, ns) == 0 &&
            (fits(res->meta.name, pattern) || fits(res->pod, pattern) ||
             strcmp(aggregate_of(run->arena, res), pattern) == 0)) {
            add_workload(run, (uint32_t)i);
            found = true;
        }
    }
    return found;
}

static bool ask_hosts(struct recommend *run, const char *pattern)
{
    bool found = false;
    for (size_t i = 0; i < run->model->hosts.count; i++) {
        if (fits(run->model->hosts.items[i].res->meta.name, pattern)) {
            add_host(run, (uint32_t)i);
            found = true;
        }
    }
    return found;
}

static const char *nearest(struct recommend *run, const char *operand, bool workloads)
{
    struct {
        VEC_FIELDS(const char *);
    } candidates = {0};
    struct arena *arena = run->arena;
    for (size_t i = 0; i < run->model->endpoints.count; i++) {
        const struct res_workload *res = run->model->endpoints.items[i].res;
        const char *text =
            workloads ? arena_printf(arena, "wep/%s/%s", res->meta.ns, aggregate_of(arena, res))
                      : arena_printf(arena, "ns/%s", res->meta.ns);
        vec_push(arena, &candidates, text);
        if (workloads) {
            text = arena_printf(arena, "wep/%s/%s", res->meta.ns,
                                res->pod != NULL ? res->pod : res->meta.name);
            vec_push(arena, &candidates, text);
        }
    }
    for (size_t i = 0; i < run->model->hosts.count; i++) {
        vec_push(arena, &candidates, run->model->hosts.items[i].id);
    }
    return spell_best(operand, candidates.items, candidates.count);
}

static struct recommend_problem missing(struct recommend *run, const char *operand,
                                        const char *what, bool workloads)
{
    const char *best = nearest(run, operand, workloads);
    return (struct recommend_problem){
        arena_printf(run->arena, "there is no %s for \"%s\"", what, operand),
        best != NULL ? arena_printf(run->arena, "did you mean %s?", best) : NULL};
}

struct recommend_problem recommend_ask(struct recommend *run, const char *operand)
{
    static const struct recommend_problem none;
    const char *slash = strchr(operand, '/');
    const char *rest = slash != NULL ? slash + 1 : "";
    const char *name = strchr(rest, '/');
    size_t kind = slash != NULL ? (size_t)(slash - operand) : 0;
    if (kind == 2 && memcmp(operand, "ns", 2) == 0 && name == NULL) {
        return add_namespace(run, rest, true)
                   ? none
                   : missing(run, operand, "namespace with endpoints", false);
    }
    if (kind == 3 && memcmp(operand, "wep", 3) == 0 && name != NULL) {
        const char *ns = arena_strndup(run->arena, rest, (size_t)(name - rest));
        return ask_workloads(run, ns, name + 1) ? none : missing(run, operand, "workload", true);
    }
    if (kind == 3 && memcmp(operand, "hep", 3) == 0 && name == NULL) {
        return ask_hosts(run, rest) ? none : missing(run, operand, "host endpoint", false);
    }
    return (struct recommend_problem){
        arena_printf(run->arena, "\"%s\" names neither a namespace nor an endpoint", operand),
        "write ns/NAME, wep/NAMESPACE/NAME, wep/NAMESPACE/* or hep/NAME"};
}

void recommend_ask_all(struct recommend *run)
{
    static const char *const systems[] = {"tigera-", "calico-", "kube-"};
    const char *last = NULL; // endpoints are sorted by id, so by namespace
    for (size_t i = 0; i < run->model->endpoints.count; i++) {
        const char *ns = run->model->endpoints.items[i].res->meta.ns;
        bool system = false;
        for (size_t j = 0; j < ARRAY_COUNT(systems); j++) {
            system = system || text_begins(ns, systems[j]);
        }
        if (!system && !texts_equal(ns, last)) {
            add_namespace(run, ns, false);
        }
        last = ns;
    }
}
