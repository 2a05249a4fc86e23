// SPDX-License-Identifier: GPL-2.0-or-later
// A simulator of the ruleset model: what the kernel would do with one packet at one hook. Written from the
// semantics of nftables; shares no code with the evaluator of flows nor with the lowering.
#pragma once

#include "ruleset.h"

enum {
    SIM_CT_INVALID = 1,
    SIM_CT_ESTABLISHED = 2,
    SIM_CT_RELATED = 4,
    SIM_CT_NEW = 8,
    SIM_CT_UNTRACKED = 64
};

struct sim_packet {
    struct ip_addr source, destination;
    uint8_t protocol;
    uint16_t source_port, destination_port; // host byte order
    uint8_t icmp_type, icmp_code;
    const char *in_interface, *out_interface; // "" where the hook has none
    uint32_t ct_state;                        // what conntrack makes of it: one of SIM_CT_*
    bool destination_changed;                 // by NAT
    const char *
        first_out_interface; // what routing said before NAT changed the destination; NULL: the same
    bool answer;             // of the direction of answers
    bool notrack;            // set by the ruleset: conntrack leaves it alone
    uint32_t mark;
    bool limits_exceeded; // every rate limit is used up
};

enum sim_verdict { SIM_ACCEPT, SIM_DROP };

// What a packet left in a set that packets fill.
struct sim_record {
    const struct set *set;
    struct ip_addr source, destination;
    uint8_t protocol;
    uint16_t port; // host byte order
};

// A packet at one base chain.
struct sim_view {
    struct sim_packet *packet;
    uint32_t ct_state; // as seen there: before conntrack has looked, every packet is invalid
    const struct nft_domain_elements *domains; // of the simulator
};

struct sim {
    const struct nft_ruleset *ruleset;
    struct strbuf *trace; // gets a line for every rule that matched; NULL
    struct arena *arena;  // of what follows; NULL: not wanted
    struct {
        VEC_FIELDS(const struct rule *);
    } used, counted; // rules that gave a verdict, and whose counter counted the packet
    struct {
        VEC_FIELDS(struct sim_record);
    } records;
    // What others have put into domain sets; NULL: nothing.
    const struct nft_domain_elements *domains;
    bool full;         // nothing more fits in the sets that packets fill
    const char *error; // something that no packet may meet; NULL
    unsigned deepest;  // most chains entered at once, the base chain counted
};

// Runs the base chains of a hook in the order of their priorities. The packet's mark and tracking may change.
enum sim_verdict sim_hook(struct sim *sim, enum chain_hook hook, struct sim_packet *packet);

// The way of a packet through the hooks of this host; its interfaces say which: in without out is to this host, out
// without in is from it. A drop at any hook is final.
enum sim_verdict sim_packet_way(struct sim *sim, const struct sim_packet *packet);

// sim_match.c: whether a condition holds, and whether the packet meets an element of a verdict map, and which.
bool sim_match(const struct stmt *stmt, const struct sim_view *view);
bool sim_map_element(const struct stmt *stmt, const struct sim_view *view, struct map_element *ret);

// Whether the packet has what is to be kept of it, and that. The keys are those of a flow set.
bool sim_record_of(const struct stmt *stmt, const struct sim_view *view, struct sim_record *ret);

// What the kernel would refuse when it loads the table: NULL, or what is wrong with it. sim_check.c
const char *sim_check(struct arena *arena, const struct nft_ruleset *ruleset);
