// SPDX-License-Identifier: GPL-2.0-or-later
// Names as people write them -> the policies that `polc enforce` and `polc stage` change, with everything that speaks
// against it.
#include "stage.h"

struct finds {
    VEC_FIELDS(const struct res_policy *);
};

static const struct {
    uint8_t staged, enforced;
} twins[] = {
    {RES_STAGED_GLOBAL_NETWORK_POLICY, RES_GLOBAL_NETWORK_POLICY},
    {RES_STAGED_NETWORK_POLICY, RES_NETWORK_POLICY},
    {RES_STAGED_KUBERNETES_NETWORK_POLICY, RES_KUBERNETES_NETWORK_POLICY},
};

const char *stage_kind_text(uint8_t kind)
{
    return kind == RES_KUBERNETES_NETWORK_POLICY ? "NetworkPolicy of networking.k8s.io"
                                                 : res_kind_info((enum res_kind)kind)->name;
}

uint8_t stage_twin_of(uint8_t kind)
{
    for (size_t i = 0; i < ARRAY_COUNT(twins); i++) {
        if (kind == twins[i].staged || kind == twins[i].enforced) {
            return kind == twins[i].staged ? twins[i].enforced : twins[i].staged;
        }
    }
    return RES_KIND_COUNT;
}

bool stage_enforces(const struct stage *stage)
{
    return stage->wish == STAGE_ENFORCE || stage->wish == STAGE_TRY_ENFORCE;
}

bool stage_same_name(const struct res_policy *a, const struct res_policy *b)
{
    return strcmp(a->meta.name, b->meta.name) == 0 && texts_equal(a->meta.ns, b->meta.ns);
}

// ---- spellings -------------------------------------------------------------------------------------------------------

// With the tier where the name is without, and without where it is with: "default.web" of web in tier default, web of
// default.web, "knp.default.web" of a Kubernetes policy.
static const char *tiered_name(struct arena *arena, const struct res_policy *policy)
{
    const char *name = policy->meta.name;
    const char *tier = policy->tier.text;
    size_t length = strlen(tier);
    if (res_kind_info(policy->meta.kind)->kubernetes) {
        return arena_printf(arena, "knp.%s.%s", tier, name);
    }
    bool has_tier = strncmp(name, tier, length) == 0 && name[length] == '.';
    return has_tier ? name + length + 1 : arena_printf(arena, "%s.%s", tier, name);
}

// All that may be written without a kind, by turns its own name and the one of the tier; the last two only of what is
// in a namespace.
enum { SPELLINGS = 4 };
static size_t spell_out(struct arena *arena, const struct res_policy *policy,
                        const char *ret[SPELLINGS])
{
    const char *ns = policy->meta.ns;
    ret[0] = policy->meta.name;
    ret[1] = tiered_name(arena, policy);
    if (ns == NULL) {
        return 2;
    }
    ret[2] = arena_printf(arena, "%s/%s", ns, ret[0]);
    ret[3] = arena_printf(arena, "%s/%s", ns, ret[1]);
    return SPELLINGS;
}

// "gnp" names the staged policy too that becomes one, but not where both kinds are meant.
static bool is_kind(const struct stage *stage, const struct res_policy *policy, const char *word)
{
    enum res_kind kind = res_kind_find(word);
    return strcmp(word, "policies") == 0 || kind == policy->meta.kind ||
           (stage->wish != STAGE_TRY_DELETE && kind != RES_KIND_COUNT &&
            (uint8_t)kind == stage_twin_of(policy->meta.kind));
}

// Traces write "staged:" in front of the name, or behind the namespace or the tier.
static const char *without_mark(struct arena *arena, const char *text)
{
    static const char mark[] = "staged:";
    const char *at = strstr(text, mark);
    return at == NULL ? text
                      : arena_printf(arena, "%.*s%s", (int)(at - text), text, at + strlen(mark));
}

// ---- finding ---------------------------------------------------------------------------------------------------------

static const char *name_of(const struct stage *stage, const struct res_policy *policy)
{
    return res_full_name(stage->run->arena, &policy->meta);
}

static const char *place(const struct stage *stage, const struct res_meta *meta)
{
    struct loc loc = meta->loc;
    loc.column = 0;
    return loc_text(stage->run->arena, stage->run->sources, loc);
}

static bool is_staged(const struct res_policy *policy)
{
    return res_kind_info(policy->meta.kind)->staged;
}

static bool in_namespace(const struct stage *stage, const struct res_policy *policy)
{
    const char *ns = stage->run->options.ns;
    return ns == NULL || (policy->meta.ns != NULL && strcmp(ns, policy->meta.ns) == 0);
}

// A policy's own name beats one that the tier makes.
enum fit { FIT_EXACT, FIT_TIERED, FIT_COUNT };

struct names {
    struct strmap *fits[FIT_COUNT]; // spelling -> struct finds
};

static struct names index_names(const struct stage *stage)
{
    struct arena *arena = stage->run->arena;
    struct names names = {{strmap_new(arena), strmap_new(arena)}};
    for (size_t i = 0; i < stage->run->resources.policies.count; i++) {
        const struct res_policy *policy = &stage->run->resources.policies.items[i];
        const char *spellings[SPELLINGS];
        size_t count = in_namespace(stage, policy) ? spell_out(arena, policy, spellings) : 0;
        for (size_t j = 0; j < count; j++) {
            struct finds *finds = arena_new_of(arena, struct finds);
            finds =
                strmap_put(names.fits[j % 2 == 0 ? FIT_EXACT : FIT_TIERED], spellings[j], finds);
            vec_push(arena, finds, policy);
        }
    }
    return names;
}

// `kind` NULL: any.
static void collect(const struct stage *stage, const struct strmap *spellings, const char *text,
                    const char *kind, bool staged, struct finds *ret)
{
    const struct finds *all = strmap_get(spellings, text);
    for (size_t i = 0; all != NULL && i < all->count; i++) {
        const struct res_policy *policy = all->items[i];
        if (is_staged(policy) == staged && (kind == NULL || is_kind(stage, policy, kind))) {
            vec_push(stage->run->arena, ret, policy);
        }
    }
}

static struct finds find(const struct stage *stage, const struct names *names, const char *text,
                         bool staged, enum fit *ret_fit)
{
    struct arena *arena = stage->run->arena;
    const char *slash = strchr(text, '/');
    struct finds finds = {0};
    for (*ret_fit = FIT_EXACT; *ret_fit < FIT_COUNT; (*ret_fit)++) {
        collect(stage, names->fits[*ret_fit], text, NULL, staged, &finds);
        if (finds.count == 0 && slash != NULL) {
            const char *kind = arena_strndup(arena, text, (size_t)(slash - text));
            collect(stage, names->fits[*ret_fit], slash + 1, kind, staged, &finds);
        }
        if (finds.count > 0) {
            break;
        }
    }
    return finds;
}

static int complain_missing(const struct stage *stage, const char *text)
{
    struct arena *arena = stage->run->arena;
    const char *ns = stage->run->options.ns;
    const char *kind = stage->wish == STAGE_TRY_DELETE ? ""
                       : stage_enforces(stage)         ? "staged "
                                                       : "enforced ";
    struct words candidates = {0};
    for (size_t i = 0; i < stage->run->resources.policies.count; i++) {
        const struct res_policy *policy = &stage->run->resources.policies.items[i];
        const char *spellings[SPELLINGS];
        size_t count = spell_out(arena, policy, spellings);
        bool wanted = in_namespace(stage, policy) && (stage->wish == STAGE_TRY_DELETE ||
                                                      is_staged(policy) == stage_enforces(stage));
        for (size_t j = 0; j < count && wanted; j++) {
            vec_push(arena, &candidates, spellings[j]);
        }
    }
    const char *where = ns != NULL ? arena_printf(arena, " in namespace %s", ns) : "";
    const char *best = spell_best(text, candidates.items, candidates.count);
    complain("there is no %spolicy \"%s\"%s", kind, text, where);
    if (best != NULL) {
        hint("did you mean %s?", best);
    } else if (candidates.count == 0) {
        hint("there is no %spolicy at all%s", kind, where);
    } else {
        hint("polc get policies%s lists what there is", paths_suffix(stage->run));
    }
    return POLC_EXIT_USAGE;
}

static int complain_several(const struct stage *stage, const char *text, const struct finds *finds)
{
    complain("\"%s\" is the name of %zu policies; write one of these instead:", text, finds->count);
    for (size_t i = 0; i < finds->count; i++) {
        const struct res_policy *policy = finds->items[i];
        fprintf(stderr, "  %s/%s  (%s)\n", res_kind_info(policy->meta.kind)->short_name,
                safe_text(stage->run->arena, name_of(stage, policy)), place(stage, &policy->meta));
    }
    return POLC_EXIT_USAGE;
}

// ---- what speaks against it ------------------------------------------------------------------------------------------

static const struct res_policy *find_twin(const struct stage *stage,
                                          const struct res_policy *policy)
{
    uint8_t twin = stage_twin_of(policy->meta.kind);
    for (size_t i = 0; i < stage->run->resources.policies.count; i++) {
        const struct res_policy *other = &stage->run->resources.policies.items[i];
        if (other->meta.kind == twin && stage_same_name(other, policy)) {
            return other;
        }
    }
    return NULL;
}

// A staged deletion: its enforcing would take two objects out of the files, which is for a person to do.
static int refuse_deletion(const struct stage *stage, const struct res_policy *policy)
{
    const struct res_policy *twin = find_twin(stage, policy);
    complain(
        "%s %s stages a deletion (stagedAction: Delete), which cannot be enforced in place; nothing was changed",
        stage_kind_text(policy->meta.kind), name_of(stage, policy));
    twin != NULL
        ? hint("remove %s %s (%s) and this object (%s) from the files",
               stage_kind_text(twin->meta.kind), name_of(stage, twin), place(stage, &twin->meta),
               place(stage, &policy->meta))
        : hint("there is no %s of that name any more: remove this object (%s)",
               stage_kind_text(stage_twin_of(policy->meta.kind)), place(stage, &policy->meta));
    return POLC_EXIT_USAGE;
}

static int refuse_twin(const struct stage *stage, const struct res_policy *policy,
                       const struct res_policy *twin)
{
    complain(
        "%s %s (%s) cannot become a %s: there is one of that name already (%s); nothing was changed",
        stage_kind_text(policy->meta.kind), name_of(stage, policy), place(stage, &policy->meta),
        stage_kind_text(twin->meta.kind), place(stage, &twin->meta));
    stage_enforces(stage)
        ? hint("to replace it, remove the one that is enforced now, then enforce this one")
        : hint("remove one of the two, or give it another name");
    return POLC_EXIT_USAGE;
}

static int check(const struct stage *stage, const struct res_policy *policy)
{
    if (stage->wish == STAGE_TRY_ENFORCE || stage->wish == STAGE_TRY_DELETE) {
        return POLC_EXIT_OK;
    }
    if (stage_twin_of(policy->meta.kind) == RES_KIND_COUNT) {
        complain("%s %s (%s) cannot be staged: its kind has no staged form; nothing was changed",
                 stage_kind_text(policy->meta.kind), name_of(stage, policy),
                 place(stage, &policy->meta));
        return POLC_EXIT_USAGE;
    }
    if (is_staged(policy) && policy->staged_action == RES_STAGED_DELETE) {
        return refuse_deletion(stage, policy);
    }
    const struct res_policy *twin = find_twin(stage, policy);
    return twin != NULL ? refuse_twin(stage, policy, twin) : POLC_EXIT_OK;
}

// ---- targets ---------------------------------------------------------------------------------------------------------

static void add_target(struct stage *stage, const struct res_policy *policy, bool done)
{
    struct arena *arena = stage->run->arena;
    struct stage_target target = {
        .name = arena_strdup(arena, name_of(stage, policy)),
        .from = policy->meta.kind,
        .to = done ? policy->meta.kind : stage_twin_of(policy->meta.kind),
        .deletes = is_staged(policy) && policy->staged_action == RES_STAGED_DELETE,
        .has_twin = find_twin(stage, policy) != NULL,
        .done = done,
        .ignored = is_staged(policy) && policy->staged_action == RES_STAGED_IGNORE,
        .object = policy->meta.start,
        .loc = policy->meta.loc,
    };
    for (size_t i = 0; i < stage->targets.count; i++) {
        if (loc_compare(stage->targets.items[i].loc, target.loc) == 0) {
            return; // named twice
        }
    }
    vec_push(arena, &stage->targets, target);
}

// Both kinds: the closer spelling, else the one that a mark asks for, else it is not clear.
static struct finds find_any(const struct stage *stage, const struct names *names, const char *text,
                             bool marked)
{
    enum fit fits[2];
    struct finds enforced = find(stage, names, text, false, &fits[0]);
    struct finds staged = find(stage, names, text, true, &fits[1]);
    if (enforced.count == 0 || (staged.count > 0 && (marked || fits[1] < fits[0]))) {
        return staged;
    }
    for (size_t i = 0; fits[0] == fits[1] && i < staged.count; i++) {
        vec_push(stage->run->arena, &enforced, staged.items[i]);
    }
    return enforced;
}

static int take(struct stage *stage, const char *text, const struct finds *finds, bool is_done)
{
    if (finds->count == 0) {
        return complain_missing(stage, text);
    }
    if (finds->count > 1) {
        return complain_several(stage, text, finds);
    }
    int code = is_done ? POLC_EXIT_OK : check(stage, finds->items[0]);
    if (code == POLC_EXIT_OK) {
        add_target(stage, finds->items[0], is_done);
    }
    return code;
}

static int find_one(struct stage *stage, const struct names *names, const char *name)
{
    const char *text = without_mark(stage->run->arena, name);
    enum fit fit, done_fit;
    if (stage->wish == STAGE_TRY_DELETE) {
        struct finds any = find_any(stage, names, text, text != name);
        return take(stage, text, &any, false);
    }
    bool enforce = stage_enforces(stage);
    struct finds finds = find(stage, names, text, enforce, &fit);
    struct finds done = find(stage, names, text, !enforce, &done_fit);
    bool is_done = text == name ? done_fit < fit
                   : enforce    ? finds.count == 0 // a mark says which of them is meant
                                : done.count > 0;
    return take(stage, text, is_done ? &done : &finds, is_done);
}

int stage_find(struct stage *stage)
{
    struct names names = index_names(stage);
    int result = POLC_EXIT_OK;
    for (size_t i = 0; i < stage->names->count; i++) {
        int code = find_one(stage, &names, stage->names->items[i]);
        result = code != POLC_EXIT_OK ? code : result;
    }
    return result;
}
