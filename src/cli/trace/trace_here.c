// SPDX-License-Identifier: GPL-2.0-or-later
// What a rule with domains allows on this host now: the policies say which names, and only what was learned of them says
// which addresses that is. Changes no verdict; a trace of another host, or without the privilege to look, has none of it.
#include "dns_standing.h"
#include "loaded.h"
#include "trace.h"

struct trace_here {
    const struct plan *plan; // of the generation that is loaded
    struct dns_standing standing;
};

const struct trace_here *trace_here_read(struct run *run, const char *node)
{
    struct nft_kernel *kernel;
    struct nft_failure failure = {0};
    struct loaded loaded;
    struct trace_here *here = arena_new_of(run->arena, struct trace_here);
    if (run->plan->domains.count == 0 || run->options.dns.count > 0 || node == NULL ||
        nft_dump_info(run->arena, run->options.table, &kernel, &failure) != NFT_DONE) {
        return NULL;
    }
    loaded_read_plan(run, kernel, &loaded);
    here->plan = loaded.plan;
    bool is_this =
        loaded.plan != NULL && loaded.plan->node != NULL && strcmp(loaded.plan->node, node) == 0;
    return is_this && dns_standing_read(run, loaded.plan, &here->standing, &failure) == NFT_DONE
               ? here
               : NULL;
}

// The number of a list of names in the generation that is loaded; -1: it has no such list.
static int32_t find_list(const struct trace_here *here, const char *name)
{
    for (size_t i = 0; i < here->plan->domains.count; i++) {
        if (strcmp(here->plan->domains.items[i].name, name) == 0) {
            return (int32_t)i;
        }
    }
    return -1;
}

static const char *addr_text(struct arena *arena, const struct nft_domain_element *element)
{
    char buffer[IP_TEXT_MAX];
    return arena_printf(arena, "%s (%s)", ip_addr_text(element->addr, buffer),
                        dns_left_text(arena, element));
}

// Of a name, all of its addresses that the sets of the list hold.
static const char *name_text(struct run *run, const struct trace_here *here, uint32_t list,
                             const char *name)
{
    enum { SHOWN = 2 };
    struct dns_view facts = {0};
    struct words found = {0};
    dns_book_name(here->standing.book, name, &facts);
    for (size_t i = 0; i < facts.count; i++) {
        const struct nft_domain_element *element =
            dns_standing_element(&here->standing, list, facts.items[i]->addr);
        if (element != NULL) {
            vec_push(run->arena, &found, addr_text(run->arena, element));
        }
    }
    if (found.count == 0) {
        return arena_printf(run->arena,
                            "the rule allows nothing now: no address of %s is known     (polc dns "
                            "status%s)",
                            name, same_options(run, false));
    }
    size_t shown = found.count < SHOWN ? found.count : SHOWN;
    return arena_printf(
        run->arena, "the rule allows %s now: %s%s", name,
        words_join(run->arena, found.items, shown, ", "),
        shown < found.count ? arena_printf(run->arena, " and %zu more", found.count - shown) : "");
}

static const char *address_text(struct run *run, const struct trace_here *here, uint32_t list,
                                struct ip_addr addr)
{
    char buffer[IP_TEXT_MAX];
    const struct nft_domain_element *element = dns_standing_element(&here->standing, list, addr);
    return element != NULL
               ? arena_printf(run->arena, "the rule allows it now: the kernel's set has %s",
                              addr_text(run->arena, element))
               : arena_printf(run->arena,
                              "the rule does not allow it now: the kernel's set has no %s     "
                              "(polc dns status%s)",
                              ip_addr_text(addr, buffer), same_options(run, false));
}

static const char *here_text(struct run *run, const struct trace_here *here,
                             const struct trace_result *result, const struct flow_step *step)
{
    int32_t domains = step->rule->match.destination.domains;
    int32_t list = find_list(here, run->plan->domains.items[domains].name);
    if (list < 0) {
        return arena_printf(run->arena, "no rule that is loaded has these names     (polc diff%s)",
                            same_options(run, true));
    }
    return result->to->stands_in
               ? name_text(run, here, (uint32_t)list, result->to->domain)
               : address_text(run, here, (uint32_t)list, result->flow.destination);
}

static bool is_by_name(const struct flow_step *step)
{
    return step->rule != NULL && step->rule->match.destination.domains >= 0 &&
           (step->result == FLOW_STEP_MAYBE || step->result == FLOW_STEP_ALLOW);
}

void trace_print_here(struct run *run, const struct trace_result *result,
                      const struct trace_here *here)
{
    if (here == NULL) {
        return;
    }
    const char *name = "this host";
    for (size_t i = 0; i < result->trace.stages.count; i++) {
        const struct flow_stage *stage = &result->trace.stages.items[i];
        const char *node = stage->endpoint != NULL ? stage->endpoint->node
                           : stage->host != NULL   ? stage->host->node
                                                   : NULL;
        bool is_here = node != NULL && strcmp(node, here->plan->node) == 0;
        for (size_t j = 0; is_here && j < stage->enforced.count; j++) {
            if (is_by_name(&stage->enforced.items[j])) {
                trace_print_fact(name, here_text(run, here, result, &stage->enforced.items[j]));
                name = "";
            }
        }
    }
}
