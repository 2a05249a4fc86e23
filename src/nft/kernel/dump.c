// SPDX-License-Identifier: GPL-2.0-or-later
// The kernel's table, read in one consistent state: generation id, table, chains, rules, sets,
// elements, generation id. Kernel facts: every commit of any table of the network namespace moves
// the generation id; a dump that a commit cut through is flagged; the kernel filters rules and sets
// by table, but chains by family only; rules come in order.
#include "decode.h"
#include "send.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

struct dump {
    struct arena *arena;
    const char *table;
    struct netlink *netlink;
    struct nft_kernel *kernel;
    struct raw_elements raw;
    struct decoded_rule rule;          // scratch: too large for the stack of a callback
    struct kernel_chain *chain;        // whose rules come
    int (*content)(struct dump *dump); // what is read of the table
};

// ---- one kind of object at a time ----------------------------------------------------------

static int request(struct dump *dump, uint16_t type, uint16_t table_attr, netlink_handler handler)
{
    struct nlmsghdr *request = netlink_prepare(dump->netlink, type, NLM_F_DUMP, NFPROTO_INET);
    if (table_attr != 0) {
        mnl_attr_put_strz(request, table_attr, dump->kernel->table);
    }
    return netlink_request(dump->netlink, request, handler, dump);
}

static void take_table(const struct nlmsghdr *reply, void *context)
{
    struct dump *dump = context;
    const struct nlattr *attrs[NFTA_TABLE_MAX + 1];
    netlink_attributes(reply, attrs, NFTA_TABLE_MAX);
    dump->kernel->exists = true;
    dump->kernel->handle = netlink_u64(attrs[NFTA_TABLE_HANDLE]);
    dump->kernel->dormant = netlink_u32(attrs[NFTA_TABLE_FLAGS]) & NFT_TABLE_F_DORMANT;
}

static int get_table(struct dump *dump)
{
    struct nlmsghdr *request = netlink_prepare(dump->netlink, NFT_MSG_GETTABLE, 0, NFPROTO_INET);
    mnl_attr_put_strz(request, NFTA_TABLE_NAME, dump->kernel->table);
    int error = netlink_request(dump->netlink, request, take_table, dump);
    return error == -ENOENT ? 0 : error;
}

static void take_chain(const struct nlmsghdr *reply, void *context)
{
    struct dump *dump = context;
    struct kernel_chain chain;
    if (decode_chain(dump->arena, reply, dump->kernel->table, &chain)) {
        struct kernel_chain *kept = arena_new_of(dump->arena, struct kernel_chain);
        *kept = chain;
        vec_push(dump->arena, &dump->kernel->chains, kept);
        strmap_put(dump->kernel->chain_names, kept->name, kept);
    }
}

static void take_rule(const struct nlmsghdr *reply, void *context)
{
    struct dump *dump = context;
    struct decoded_rule *rule = &dump->rule;
    decode_rule(reply, rule);
    struct kernel_rule kept = {.handle = rule->handle, .hash = exprs_hash(&rule->exprs)};
    if (rule->comment != NULL) {
        kept.comment = arena_strndup(dump->arena, rule->comment, rule->comment_length);
    }
    for (size_t i = 0; i < rule->exprs.count && !kept.counted; i++) {
        kept.counted = rule->exprs.items[i].kind == EXPR_COUNTER;
        kept.packets = rule->exprs.items[i].packets;
        kept.bytes = rule->exprs.items[i].bytes;
    }
    vec_push(dump->arena, dump->chain, kept);
}

// Chain by chain: within one dump the kernel walks over all rules before those that it has yet to
// send, each time that it sends a buffer.
static int get_rules(struct dump *dump, struct kernel_chain *chain)
{
    struct nlmsghdr *request =
        netlink_prepare(dump->netlink, NFT_MSG_GETRULE, NLM_F_DUMP, NFPROTO_INET);
    mnl_attr_put_strz(request, NFTA_RULE_TABLE, dump->kernel->table);
    mnl_attr_put_strz(request, NFTA_RULE_CHAIN, chain->name);
    dump->chain = chain;
    return netlink_request(dump->netlink, request, take_rule, dump);
}

static void take_set(const struct nlmsghdr *reply, void *context)
{
    struct dump *dump = context;
    struct kernel_set set;
    decode_set(dump->arena, reply, &set);
    if (!set.anonymous) {
        struct kernel_set *kept = arena_new_of(dump->arena, struct kernel_set);
        *kept = set;
        vec_push(dump->arena, &dump->kernel->sets, kept);
        strmap_put(dump->kernel->set_names, kept->name, kept);
    }
}

static void take_elements(const struct nlmsghdr *reply, void *context)
{
    struct dump *dump = context;
    raw_elements_add(&dump->raw, reply, dump->kernel->texts);
}

static int get_elements(struct dump *dump, struct kernel_set *set)
{
    struct nlmsghdr *request =
        netlink_prepare(dump->netlink, NFT_MSG_GETSETELEM, NLM_F_DUMP, NFPROTO_INET);
    mnl_attr_put_strz(request, NFTA_SET_ELEM_LIST_TABLE, dump->kernel->table);
    mnl_attr_put_strz(request, NFTA_SET_ELEM_LIST_SET, set->name);
    raw_elements_start(&dump->raw, set);
    int error = netlink_request(dump->netlink, request, take_elements, dump);
    raw_elements_finish(dump->arena, &dump->raw, set);
    return error;
}

// ---- all of them ---------------------------------------------------------------------------

static int compare_chains(const void *a, const void *b)
{
    return strcmp((*(struct kernel_chain *const *)a)->name,
                  (*(struct kernel_chain *const *)b)->name);
}

static int compare_sets(const void *a, const void *b)
{
    return strcmp((*(struct kernel_set *const *)a)->name, (*(struct kernel_set *const *)b)->name);
}

static int get_chains(struct dump *dump)
{
    int error = request(dump, NFT_MSG_GETCHAIN, 0, take_chain);
    for (size_t i = 0; error == 0 && i < dump->kernel->chains.count; i++) {
        error = get_rules(dump, dump->kernel->chains.items[i]);
    }
    vec_sort(&dump->kernel->chains, compare_chains);
    return error;
}

static int get_content(struct dump *dump)
{
    int error = get_chains(dump);
    if (error == 0) {
        error = request(dump, NFT_MSG_GETSET, NFTA_SET_TABLE, take_set);
    }
    for (size_t i = 0; error == 0 && !dump->netlink->interrupted && i < dump->kernel->sets.count;
         i++) {
        struct kernel_set *set = dump->kernel->sets.items[i];
        error = set->dynamic ? 0 : get_elements(dump, set);
    }
    vec_sort(&dump->kernel->sets, compare_sets);
    return error;
}

// The info chain without what only a dump of all chains would tell.
static int get_info(struct dump *dump)
{
    struct kernel_chain *chain = arena_new_of(dump->arena, struct kernel_chain);
    chain->name = INFO_CHAIN;
    vec_push(dump->arena, &dump->kernel->chains, chain);
    strmap_put(dump->kernel->chain_names, chain->name, chain);
    int error = get_rules(dump, chain);
    return error == -ENOENT ? 0 : error;
}

static struct nft_kernel *kernel_new(struct arena *arena, const char *table)
{
    struct nft_kernel *kernel = arena_new_of(arena, struct nft_kernel);
    kernel->table = arena_strdup(arena, table);
    kernel->chain_names = strmap_new(arena);
    kernel->set_names = strmap_new(arena);
    kernel->texts = strtab_new(arena);
    return kernel;
}

// 0; -EAGAIN when a commit came between; another negative errno value.
static int dump_once(struct netlink *netlink, void *context)
{
    struct dump *dump = context;
    uint32_t after = 0;
    dump->netlink = netlink;
    dump->kernel = kernel_new(dump->arena, dump->table);
    int error = netlink_generation(dump->netlink, &dump->kernel->generation_id);
    if (error == 0) {
        error = batch_barrier(dump->netlink, dump->arena, dump->kernel->generation_id);
    }
    if (error == 0) {
        error = get_table(dump);
    }
    if (error == 0 && dump->kernel->exists) {
        error = dump->content(dump);
    }
    int again = netlink_generation(dump->netlink, &after);
    if (again == 0 && (dump->netlink->interrupted || after != dump->kernel->generation_id)) {
        return -EAGAIN;
    }
    return error != 0 ? error : again;
}

static void dump_free(struct dump **dump)
{
    raw_elements_free(&(*dump)->raw);
}

static enum nft_status dump_table(struct arena *arena, const char *table,
                                  int (*content)(struct dump *dump), struct nft_kernel **ret_kernel,
                                  struct nft_failure *reterr)
{
    __attribute__((cleanup(dump_free))) struct dump *dump = arena_new_of(arena, struct dump);
    dump->arena = arena;
    dump->table = table;
    dump->content = content;
    enum nft_status status =
        netlink_read_whole(arena, dump_once, dump, "reading the table", reterr);
    *ret_kernel = status == NFT_DONE ? dump->kernel : NULL;
    return status;
}

enum nft_status nft_dump(struct arena *arena, const char *table, struct nft_kernel **ret_kernel,
                         struct nft_failure *reterr)
{
    return dump_table(arena, table, get_content, ret_kernel, reterr);
}

enum nft_status nft_dump_rules(struct arena *arena, const char *table,
                               struct nft_kernel **ret_kernel, struct nft_failure *reterr)
{
    return dump_table(arena, table, get_chains, ret_kernel, reterr);
}

enum nft_status nft_dump_info(struct arena *arena, const char *table,
                              struct nft_kernel **ret_kernel, struct nft_failure *reterr)
{
    return dump_table(arena, table, get_info, ret_kernel, reterr);
}

// What is known may be read in parts at any time: the commit holds only at the generation id at which it was known.
enum nft_status dump_chains(struct arena *arena, const struct nft_kernel *kernel,
                            struct kernel_chain *const *chains, size_t count,
                            struct nft_failure *reterr)
{
    __attribute__((cleanup(netlink_close))) struct netlink netlink;
    struct dump *dump = arena_new_of(arena, struct dump);
    int error = netlink_open(&netlink, arena, NETLINK_NETFILTER);
    dump->arena = arena;
    dump->netlink = &netlink;
    dump->kernel = kernel_new(arena, kernel->table);
    for (size_t i = 0; error == 0 && i < count; i++) {
        chains[i]->items = NULL;
        chains[i]->count = chains[i]->capacity = 0;
        error = get_rules(dump, chains[i]);
    }
    if (error == -ENOENT || (error == 0 && dump->netlink->interrupted)) {
        *reterr = (struct nft_failure){.error = EAGAIN, .what = "reading the table"};
        return NFT_STALE;
    }
    return error == 0 ? NFT_DONE
                      : netlink_failure(dump->netlink, arena, error, "reading the table", reterr);
}
