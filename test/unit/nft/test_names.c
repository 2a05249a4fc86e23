// SPDX-License-Identifier: GPL-2.0-or-later
// Names from content: stable, and never shared by two contents, also when their hashes agree.
#include "lower.h"
#include "unit.h"

static struct lower make(struct arena *arena)
{
    return (struct lower){.arena = arena, .identities = strmap_new(arena)};
}

START_TEST(the_same_identity_has_the_same_name)
{
    struct arena *arena = arena_new(SIZE_MAX);
    struct lower lower = make(arena);
    const char *name = hashed_name(&lower, "sel4.", "app == \"a\"");
    ck_assert_str_eq(hashed_name(&lower, "sel4.", "app == \"a\""), name);
    ck_assert_str_ne(hashed_name(&lower, "sel4.", "app == \"b\""), name);
    ck_assert_str_ne(hashed_name(&lower, "sel6.", "app == \"a\""), name);
    ck_assert_uint_eq(strlen(name), strlen("sel4.") + 12);
    arena_free(arena);
}
END_TEST

START_TEST(a_taken_name_is_not_shared)
{
    struct arena *arena = arena_new(SIZE_MAX);
    struct lower lower = make(arena);
    const char *free_name = hashed_name(&lower, "tier/a/in/", "gnp/a ");
    struct lower taken = make(arena);
    strmap_put(taken.identities, free_name, (void *)"another list with the same hash");
    const char *name = hashed_name(&taken, "tier/a/in/", "gnp/a ");
    ck_assert_str_ne(name, free_name);
    ck_assert_str_eq(hashed_name(&taken, "tier/a/in/", "gnp/a "), name);
    arena_free(arena);
}
END_TEST

START_TEST(long_ids_stay_apart)
{
    struct arena *arena = arena_new(SIZE_MAX);
    char *a = arena_printf(arena, "np/%063d/%0250da", 0, 0);
    char *b = arena_printf(arena, "np/%063d/%0250db", 0, 0);
    ck_assert_str_ne(nft_policy_id(arena, a), nft_policy_id(arena, b));
    ck_assert_uint_le(strlen(nft_policy_id(arena, a)), 72);
    ck_assert_str_eq(nft_policy_id(arena, "gnp/short"), "gnp/short");
    arena_free(arena);
}
END_TEST

// An id that looks like the short form of another would share its chain, and so its rules.
START_TEST(no_id_is_the_short_form_of_another)
{
    struct arena *arena = arena_new(SIZE_MAX);
    const char *id = nft_policy_id(arena, arena_printf(arena, "gnp/%060d.%040d", 0, 0));
    ck_assert_ptr_nonnull(strchr(id, '_')); // which no name holds
    arena_free(arena);
}
END_TEST

UNIT_TESTS("nft names", the_same_identity_has_the_same_name, a_taken_name_is_not_shared,
           long_ids_stay_apart, no_id_is_the_short_form_of_another)
