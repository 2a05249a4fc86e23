// SPDX-License-Identifier: GPL-2.0-or-later
// Recommendations are loaded back with the input before anybody sees them: enforced, they must allow what they were made
// from.
#include "recommend.h"

#include <polc/lint.h>

bool recommend_needs_tier(const struct recommendation *all, bool hosts)
{
    const struct recommend_tier *tier = recommend_tier(all->recommend, hosts);
    for (size_t i = 0; i < all->policies.count && !tier->present; i++) {
        if ((all->policies.items[i].subject->scope == RECOMMEND_HOST) == hosts) {
            return true;
        }
    }
    return false;
}

// The input, and behind it the recommendations as one more text.
static const struct sources *texts_with(const struct recommendation *all, bool proof)
{
    struct arena *arena = all->run->arena;
    struct sources *texts = sources_new(arena);
    struct strbuf text = {.arena = arena};
    for (uint32_t i = 0; i < all->text_count; i++) {
        const struct source *source = sources_get(all->run->sources, i);
        sources_add(texts, source->path, source->text, source->size);
    }
    for (int hosts = 0; hosts < 2; hosts++) {
        if (recommend_needs_tier(all, hosts)) {
            strbuf_addf(&text, "%s---\n",
                        recommend_tier_yaml(arena, recommend_tier(all->recommend, hosts)));
        }
    }
    for (size_t i = 0; i < all->policies.count; i++) {
        strbuf_addf(&text, "%s---\n",
                    recommend_policy_yaml(arena, all->recommend, &all->policies.items[i], proof));
    }
    sources_add(texts, "<recommended>", strbuf_text(&text), text.length);
    return texts;
}

// The input was good without them.
static int complain_refused(struct run *after)
{
    run_report(after);
    complain("the input is wrong with what is recommended: a bug in polc");
    return POLC_EXIT_INTERNAL;
}

static int prove(struct recommendation *all, size_t *ret_refuted)
{
    static const pipeline_stage stages[] = {pipeline_read, pipeline_model, pipeline_plan};
    struct run after = run_instead(all->run, texts_with(all, true));
    int code = POLC_EXIT_OK;
    for (size_t i = 0; i < ARRAY_COUNT(stages) && code == POLC_EXIT_OK; i++) {
        code = stages[i](&after);
    }
    code = code == POLC_EXIT_OK ? code : complain_refused(&after);
    *ret_refuted = code == POLC_EXIT_OK ? recommend_prove(all->recommend, after.plan) : 0;
    if (code == POLC_EXIT_OK && *ret_refuted == 0) {
        recommend_simplify(all->recommend, &all->policies, after.plan);
    }
    arena_free(after.input);
    return code;
}

int recommend_settle(struct recommendation *all)
{
    size_t refuted;
    int code;
    do {
        all->policies = recommend_build(all->recommend);
        code = prove(all, &refuted);
    } while (code == POLC_EXIT_OK && refuted > 0);
    return code;
}

// ---- lint -----------------------------------------------------------------------------------------------------------

static bool is_recommended(struct diag *diag, void *context)
{
    const size_t *first = context;
    return diag->loc.line > 0 && diag->loc.source >= *first;
}

static bool replaces(const struct recommendation *all)
{
    for (size_t i = 0; i < all->policies.count; i++) {
        if (all->policies.items[i].subject->existing.line > 0) {
            return true;
        }
    }
    return false;
}

int recommend_lint(struct recommendation *all)
{
    if (replaces(all)) { // they cannot stand beside what they replace
        return POLC_EXIT_OK;
    }
    struct run after = run_instead(all->run, texts_with(all, false));
    int code = pipeline_read(&after);
    code = code == POLC_EXIT_OK ? pipeline_model(&after) : code;
    if (code == POLC_EXIT_OK) {
        const struct lint_input input = {
            .resources = &after.resources,
            .model = after.model,
            .plan = plan_build(after.input, after.model),
            .paths = "PATH",
        };
        lint(after.diags, &input);
        diags_keep(after.diags, is_recommended, &all->text_count);
        diags_print(after.diags, stderr,
                    &(struct diag_print_options){.color = all->run->options.color});
    } else {
        code = complain_refused(&after);
    }
    arena_free(after.input);
    return code;
}
