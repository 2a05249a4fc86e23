// SPDX-License-Identifier: GPL-2.0-or-later
// Domain rules and facts, in short.
#pragma once

#include "unit.h"

#include <polc/domains.h>

static struct arena *arena;

static struct ip_addr address(const char *text)
{
    struct ip_addr addr;
    ck_assert_int_eq(ip_addr_parse(text, strlen(text), &addr), ADDR_OK);
    return addr;
}

// A plan with a list of patterns for each text of patterns joined by blanks, in the order of a plan.
static struct plan *plan_of(const char *const *lists, size_t count)
{
    struct plan *plan = arena_new_of(arena, struct plan);
    plan->settings.dns_min_ttl = 120;
    plan->settings.dns_set_timeout = 3600;
    plan->settings.dns_log_group = 53;
    for (size_t i = 0; i < count; i++) {
        struct plan_domains list = {.name = lists[i]};
        char *rest = arena_strdup(arena, lists[i]), *pattern;
        list.patterns = arena_array_of(arena, const char *, strlen(lists[i]));
        while ((pattern = strsep(&rest, " ")) != NULL) {
            list.patterns[list.count++] = pattern;
        }
        vec_push(arena, &plan->domains, list);
    }
    return plan;
}

#define RULES_OF(...)                                                                              \
    domain_rules_of_plan(arena, plan_of((const char *const[]){__VA_ARGS__},                        \
                                        ARRAY_COUNT(((const char *const[]){__VA_ARGS__}))))
