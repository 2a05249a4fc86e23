// SPDX-License-Identifier: GPL-2.0-or-later
// What a packet is besides its addresses: protocol, ports, ICMP type. All of it is cut into cells that no rule tells apart,
// numbered from 0; a set of cells is a set of numbers of the space, so that equal sets have one number and what two of them
// make is computed once.
#pragma once

#include <polc/flow.h>
#include <polc/space.h>
#include <polc/traffic.h>

struct services;
struct services *services_new(struct arena *arena, struct space *space, uint8_t family);

// First every service that matters is noted, by the sides of a box that are not addresses; then the cells are made.
uint32_t services_note(struct services *services, const struct box *box);
struct box services_special_box(struct space *space, const struct flow_special *special,
                                uint8_t family);
void services_seal(struct services *services, const struct flow_specials *specials);

uint32_t services_cells(const struct services *services, uint32_t noted);
uint32_t services_all(const struct services *services);

// Services whose way through the hooks is the same, if their addresses are: disjoint sets that cover all cells.
size_t services_kinds(const struct services *services);
uint32_t services_kind(const struct services *services, size_t kind);

// Of a set of cells that is not empty, the most ordinary one as a packet of the family; its ends are left as they are.
void services_sample(const struct services *services, uint32_t cells, struct flow *ret);
void services_describe(struct arena *arena, const struct services *services, uint32_t cells,
                       struct traffic_services *ret);
