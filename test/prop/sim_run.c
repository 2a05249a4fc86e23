// SPDX-License-Identifier: GPL-2.0-or-later
// Simulator: how a packet walks through rules and chains, as nft_do_chain() of the kernel does.
#include "sim.h"

enum { STACK_MAX = 16 }; // NFT_JUMP_STACK_SIZE

// What a rule leaves behind: nothing (the next rule follows), or a verdict.
struct outcome {
    bool decided, dropped;
    enum verdict_kind verdict;
    const char *chain;
};

struct frame {
    const struct chain *chain;
    size_t next; // rule
};

struct walk {
    struct sim *sim;
    struct sim_view view;
    struct frame stack[STACK_MAX];
    unsigned depth; // frames that wait
    struct frame at;
};

static const struct chain *find_chain(const struct sim *sim, const char *name)
{
    for (size_t i = 0; i < sim->ruleset->chains.count; i++) {
        if (strcmp(sim->ruleset->chains.items[i]->name, name) == 0) {
            return sim->ruleset->chains.items[i];
        }
    }
    return NULL;
}

static const char *verdict_text(const struct outcome *outcome)
{
    static const char *const texts[] = {
        [VERDICT_ACCEPT] = "accept", [VERDICT_DROP] = "drop", [VERDICT_RETURN] = "return",
        [VERDICT_JUMP] = "jump",     [VERDICT_GOTO] = "goto", [VERDICT_CONTINUE] = "continue"};
    if (!outcome->decided) {
        return "goes on";
    }
    return outcome->dropped ? "drop" : texts[outcome->verdict];
}

static void trace_rule(const struct walk *walk, const struct rule *rule,
                       const struct outcome *outcome)
{
    if (walk->sim->trace == NULL) {
        return;
    }
    strbuf_addf(walk->sim->trace, "    %s rule %zu: %s", walk->at.chain->name, walk->at.next,
                verdict_text(outcome));
    if (outcome->decided && outcome->chain != NULL) {
        strbuf_addf(walk->sim->trace, " %s", outcome->chain);
    }
    if (rule->comment != NULL) {
        strbuf_addf(walk->sim->trace, "    # %s", rule->comment);
    }
    strbuf_add(walk->sim->trace, "\n");
}

// A full set ends the rule.
static bool run_update(struct walk *walk, const struct stmt *stmt)
{
    struct sim *sim = walk->sim;
    struct sim_record record;
    if (!sim_record_of(stmt, &walk->view, &record) || sim->full) {
        return false;
    }
    if (sim->arena != NULL) {
        vec_push(sim->arena, &sim->records, record);
    }
    return true;
}

// One statement that is no match. False ends the rule.
static bool run_action(struct walk *walk, const struct rule *rule, const struct stmt *stmt,
                       struct outcome *ret)
{
    switch ((enum stmt_kind)stmt->kind) {
    case STMT_VMAP: {
        struct map_element element;
        if (!sim_map_element(stmt, &walk->view, &element)) {
            return false;
        }
        *ret = (struct outcome){element.verdict != VERDICT_CONTINUE,
                                element.verdict == VERDICT_DROP, element.verdict, element.chain};
        return !ret->decided;
    }
    case STMT_LIMIT:
        return !walk->view.packet->limits_exceeded;
    case STMT_NOTRACK: // too late once conntrack has seen the packet
        walk->view.packet->notrack |= walk->view.ct_state == SIM_CT_INVALID;
        return true;
    case STMT_SET_MARK:
        walk->view.packet->mark = (walk->view.packet->mark & stmt->mark.keep) | stmt->mark.set;
        return true;
    case STMT_UPDATE:
        return run_update(walk, stmt);
    case STMT_COUNTER:
        if (walk->sim->arena != NULL) {
            vec_push(walk->sim->arena, &walk->sim->counted, rule);
        }
        return true;
    case STMT_LOG:
    case STMT_COPY:
        return true;
    case STMT_REJECT:
        *ret = (struct outcome){.decided = true, .dropped = true, .verdict = VERDICT_DROP};
        return false;
    case STMT_VERDICT:
        *ret = (struct outcome){true, stmt->verdict == VERDICT_DROP, stmt->verdict, NULL};
        if (stmt->verdict == VERDICT_JUMP || stmt->verdict == VERDICT_GOTO) {
            ret->chain = stmt->chain;
        }
        return false;
    case STMT_MATCH:
        break;
    }
    POLC_UNREACHABLE("a statement that the simulator does not know");
}

static struct outcome run_rule(struct walk *walk, const struct rule *rule)
{
    struct outcome outcome = {0};
    bool going = true;
    for (uint32_t i = 0; i < rule->stmt_count && going; i++) {
        const struct stmt *stmt = &rule->stmts[i];
        going = stmt->kind == STMT_MATCH ? sim_match(stmt, &walk->view)
                                         : run_action(walk, rule, stmt, &outcome);
    }
    if (outcome.decided && walk->sim->arena != NULL) {
        vec_push(walk->sim->arena, &walk->sim->used, rule);
    }
    if (going || outcome.decided) {
        trace_rule(walk, rule, &outcome);
    }
    return outcome;
}

static bool enter(struct walk *walk, const struct outcome *outcome)
{
    struct sim *sim = walk->sim;
    const struct chain *target = find_chain(sim, outcome->chain);
    if (target == NULL) {
        sim->error = "a jump to a chain that is not there";
        return false;
    }
    if (outcome->verdict == VERDICT_JUMP) {
        if (walk->depth == STACK_MAX) {
            sim->error = "a jump with a full stack: the kernel drops the packet";
            return false;
        }
        walk->stack[walk->depth++] = (struct frame){walk->at.chain, walk->at.next + 1};
        sim->deepest = walk->depth + 1 > sim->deepest ? walk->depth + 1 : sim->deepest;
    }
    walk->at = (struct frame){target, 0};
    return true;
}

// A base chain to its end.
static enum sim_verdict run_base(struct walk *walk)
{
    enum { STEPS_MAX = 100000 };
    for (size_t step = 0; step < STEPS_MAX; step++) {
        struct outcome outcome = {.decided = true, .verdict = VERDICT_RETURN};
        if (walk->at.next < walk->at.chain->count) {
            outcome = run_rule(walk, &walk->at.chain->items[walk->at.next]);
        }
        if (!outcome.decided || outcome.verdict == VERDICT_CONTINUE) {
            walk->at.next++;
        } else if (outcome.dropped || outcome.verdict == VERDICT_ACCEPT) {
            return outcome.dropped ? SIM_DROP : SIM_ACCEPT;
        } else if (outcome.verdict != VERDICT_RETURN) {
            if (!enter(walk, &outcome)) {
                return SIM_DROP;
            }
        } else if (walk->depth > 0) {
            walk->at = walk->stack[--walk->depth];
        } else {
            return SIM_ACCEPT; // the policy of every base chain of polc
        }
    }
    walk->sim->error = "a loop";
    return SIM_DROP;
}

enum { PRIORITY_CONNTRACK = -200 };

static uint32_t ct_state_at(const struct sim_packet *packet, enum chain_hook hook, int priority)
{
    bool first_hook = hook == HOOK_PREROUTING || hook == HOOK_OUTPUT;
    if (packet->notrack) {
        return SIM_CT_UNTRACKED;
    }
    return first_hook && priority < PRIORITY_CONNTRACK ? SIM_CT_INVALID : packet->ct_state;
}

enum sim_verdict sim_hook(struct sim *sim, enum chain_hook hook, struct sim_packet *packet)
{
    int64_t done = INT64_MIN;
    for (;;) { // the lowest priority that was not run yet
        const struct chain *next = NULL;
        for (size_t i = 0; i < sim->ruleset->chains.count; i++) {
            const struct chain *chain = sim->ruleset->chains.items[i];
            if (chain->hook == hook && chain->priority > done &&
                (next == NULL || chain->priority < next->priority)) {
                next = chain;
            }
        }
        if (next == NULL) {
            return SIM_ACCEPT;
        }
        done = next->priority;
        struct walk walk = {
            .sim = sim,
            .view = {packet, ct_state_at(packet, hook, next->priority), sim->domains},
            .at = {next, 0}};
        if (run_base(&walk) == SIM_DROP) {
            return SIM_DROP;
        }
    }
}

static enum sim_verdict one_hook(struct sim *sim, enum chain_hook hook, struct sim_packet *packet,
                                 const char *in, const char *out)
{
    packet->in_interface = in;
    packet->out_interface = out;
    return sim_hook(sim, hook, packet);
}

enum sim_verdict sim_packet_way(struct sim *sim, const struct sim_packet *packet)
{
    struct sim_packet copy = *packet;
    const char *in = packet->in_interface, *out = packet->out_interface;
    if (in[0] == '\0') {
        const char *first = packet->first_out_interface != NULL ? packet->first_out_interface : out;
        return one_hook(sim, HOOK_OUTPUT, &copy, "", first) == SIM_DROP
                   ? SIM_DROP
                   : one_hook(sim, HOOK_POSTROUTING, &copy, "", out);
    }
    if (one_hook(sim, HOOK_PREROUTING, &copy, in, "") == SIM_DROP) {
        return SIM_DROP;
    }
    if (out[0] == '\0') {
        return one_hook(sim, HOOK_INPUT, &copy, in, "");
    }
    return one_hook(sim, HOOK_FORWARD, &copy, in, out) == SIM_DROP
               ? SIM_DROP
               : one_hook(sim, HOOK_POSTROUTING, &copy, in, out);
}
