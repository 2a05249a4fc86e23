// SPDX-License-Identifier: GPL-2.0-or-later
// The interfaces by which the kernel's table tells packets apart: the keys of its dispatch maps.
#include "kernel.h"
#include "keys.h"

enum { TYPE_BITS = 6, NAME_LENGTH = 16 };

static bool begins_with_name(const struct set_shape *shape)
{
    uint32_t type = shape->key_type;
    while (type >> TYPE_BITS != 0) {
        type >>= TYPE_BITS;
    }
    return type == key_info(KEY_IIFNAME)->datatype && shape->key_length >= NAME_LENGTH;
}

struct nft_names nft_kernel_interfaces(struct arena *arena, const struct nft_kernel *kernel)
{
    struct nft_names names = {.count = 0};
    struct strmap *known = strmap_new(arena);
    for (size_t i = 0; i < kernel->sets.count; i++) {
        const struct kernel_set *set = kernel->sets.items[i];
        for (size_t j = 0; begins_with_name(&set->shape) && j < set->rows.count; j++) {
            const char *name = (const char *)rows_key(&set->rows, j);
            const char *copy = arena_strndup(arena, name, strnlen(name, NAME_LENGTH));
            if (strmap_put(known, copy, (void *)copy) == copy) {
                vec_push(arena, &names, copy);
            }
        }
    }
    vec_sort(&names, compare_texts);
    return names;
}
