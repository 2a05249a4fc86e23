// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of the generator share: the world of a case, and a writer of YAML lines.
#pragma once

#include "case.h"
#include "rng.h"
#include "scene.h"

struct gen_service {
    const char *ns, *name;
};

enum { GEN_SERVICES_MAX = 2 };

struct gen {
    struct arena *arena;
    struct rng rng;
    struct test_case *out;
    struct strbuf document; // the one that is being written
    // The world: what the documents of this case may name.
    size_t namespace_count, tier_count, profile_count;
    const char *tiers[6], *profiles[4];
    struct gen_service services[GEN_SERVICES_MAX];
    size_t service_count;
    bool hosts;       // host endpoints are there
    bool named_ports; // endpoints declare ports by name
    bool open;        // a case in which more is allowed: every tier passes at its end
    bool staged;      // a case in which most policies are staged, and Pass is as frequent as Allow
    struct {
        VEC_FIELDS(const char *);
    } names; // "KIND NAME" that are taken
};

// gen_write.c: lines of YAML in block style, two columns a level, so that a reader of lines can take parts away.
void gen_begin(struct gen *gen, const char *api, const char *kind, const char *ns,
               const char *name);
void gen_line(struct gen *gen, int depth, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void gen_end(struct gen *gen);
// A name that no object of the kind has: the wanted one, or one with a number.
const char *gen_fresh_name(struct gen *gen, const char *kind, const char *ns, const char *wanted);

// gen_words.c
const char *gen_namespace(struct gen *gen);
void gen_labels(struct gen *gen, int depth, const char *key);
// "KEY: SELECTOR" as a quoted scalar.
void gen_selector(struct gen *gen, int depth, const char *key);
void gen_namespace_selector(struct gen *gen, int depth, const char *key);
void gen_service_account_selector(struct gen *gen, int depth, const char *key);
// A prefix that cuts through the addresses of the case. `masked`: without host bits.
const char *gen_cidr(struct gen *gen, uint8_t family, bool masked, bool any);
const char *gen_port_name(struct gen *gen);
uint16_t gen_port(struct gen *gen);
// "KEY:" and a list of names.
void gen_domains(struct gen *gen, int depth, const char *key);

// gen_rule.c
void gen_rules(struct gen *gen, int depth, bool egress, uint32_t most);

// gen_policy.c, gen_kube.c, gen_endpoint.c, gen_host.c, gen_set.c, gen_service.c,
// gen_settings.c
void gen_tiers(struct gen *gen);
void gen_policies(struct gen *gen);
void gen_kube(struct gen *gen);
void gen_endpoints(struct gen *gen);
void gen_profiles(struct gen *gen);
void gen_hosts(struct gen *gen);
void gen_sets(struct gen *gen);
void gen_services(struct gen *gen);
void gen_settings(struct gen *gen);

// gen_case.c: the case of a seed and a number, the same whatever was made before.
void gen_case(struct arena *arena, uint64_t seed, uint64_t number, struct test_case *ret);
