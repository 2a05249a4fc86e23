// SPDX-License-Identifier: GPL-2.0-or-later
// Questions about the kernel's table: what is in it, and what polc wrote into its comments.
#include "kernel.h"

#include "comment.h"

bool nft_kernel_exists(const struct nft_kernel *kernel)
{
    return kernel->exists;
}

uint32_t nft_kernel_generation_id(const struct nft_kernel *kernel)
{
    return kernel->generation_id;
}

uint64_t nft_kernel_handle(const struct nft_kernel *kernel)
{
    return kernel->handle;
}

struct nft_counts nft_kernel_counts(const struct nft_kernel *kernel)
{
    struct nft_counts counts = {.chains = kernel->chains.count, .sets = kernel->sets.count};
    for (size_t i = 0; i < kernel->chains.count; i++) {
        counts.rules += kernel->chains.items[i]->count;
    }
    for (size_t i = 0; i < kernel->sets.count; i++) {
        const struct rows *rows = &kernel->sets.items[i]->rows;
        counts.elements += rows->count + rows->catch_all;
    }
    return counts;
}

// The chain counts, not what stands in it: somebody may have flushed polc's own table.
bool nft_kernel_is_foreign(const struct nft_kernel *kernel)
{
    return strmap_get(kernel->chain_names, INFO_CHAIN) == NULL &&
           kernel->chains.count + kernel->sets.count > 0;
}

// "13 id 0123456789abcdef", or without the id. The number is 0 when it is none of a generation.
static void take_generation(const char *text, struct nft_info *info)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);
    bool has_id = text_begins(end, " id ") && strlen(end + 4) == NFT_ID_LENGTH;
    info->generation = (*end == '\0' || has_id) && number <= UINT32_MAX ? (uint32_t)number : 0;
    info->id = has_id ? end + 4 : NULL;
}

static void take_info(struct arena *arena, const char *comment, struct nft_info *info)
{
    VEC(const char *)
    roots = {.items = (const char **)info->roots,
             .count = info->root_count,
             .capacity = info->root_count};
    const char *value;
    if ((value = comment_value(comment, "polc")) != NULL) {
        info->version = value;
    } else if ((value = comment_value(comment, "generation")) != NULL) {
        take_generation(value, info);
    } else if ((value = comment_value(comment, "node")) != NULL) {
        info->node = value;
    } else if ((value = comment_value(comment, "root")) != NULL) {
        vec_push(arena, &roots, value);
        info->roots = roots.items;
        info->root_count = roots.count;
    }
}

struct nft_info nft_kernel_info(struct arena *arena, const struct nft_kernel *kernel)
{
    struct nft_info info = {.version = NULL};
    const struct kernel_chain *chain = strmap_get(kernel->chain_names, INFO_CHAIN);
    for (size_t i = 0; chain != NULL && i < chain->count; i++) {
        take_info(arena, chain->items[i].comment, &info);
    }
    return info;
}

struct nft_names nft_kernel_policies(struct arena *arena, const struct nft_kernel *kernel)
{
    struct nft_names names = {.count = 0};
    struct strtab *known = strtab_new(arena);
    const char *last = NULL;
    for (size_t i = 0; i < kernel->chains.count; i++) {
        const struct kernel_chain *chain = kernel->chains.items[i];
        for (size_t j = 0; j < chain->count; j++) {
            size_t length = comment_id(chain->items[j].comment);
            const char *id =
                length > 0 ? strtab_intern(known, chain->items[j].comment, length) : NULL;
            if (id != NULL && id != last) {
                vec_push(arena, &names, id);
                last = id;
            }
        }
    }
    vec_sort(&names, compare_texts);
    size_t kept = 0;
    for (size_t i = 0; i < names.count; i++) {
        if (kept == 0 || names.items[kept - 1] != names.items[i]) {
            names.items[kept++] = names.items[i];
        }
    }
    names.count = kept;
    return names;
}
