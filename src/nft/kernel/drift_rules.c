// SPDX-License-Identifier: GPL-2.0-or-later
// The rules that somebody else wrote -> their text, read one by one: a dump keeps only what comparing needs. The elements
// of a set without a name, "tcp dport { 22, 80 }", are read with the rule.
#include "decode.h"
#include "print_expr.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

struct reader {
    struct arena *arena;
    struct netlink netlink;
    const struct nft_kernel *kernel;
    struct decoded_rule rule; // points into `copy`
    void *copy;               // of the message: asking for its sets overwrites it
    struct kernel_set set;
    struct raw_elements raw;
    bool found;
};

static void take_rule(const struct nlmsghdr *reply, void *context)
{
    struct reader *reader = context;
    reader->copy = arena_alloc(reader->arena, reply->nlmsg_len);
    memcpy(reader->copy, reply, reply->nlmsg_len);
    reader->found = decode_rule(reader->copy, &reader->rule);
}

static void take_set(const struct nlmsghdr *reply, void *context)
{
    struct reader *reader = context;
    decode_set(reader->arena, reply, &reader->set);
    reader->found = true;
}

static void take_elements(const struct nlmsghdr *reply, void *context)
{
    struct reader *reader = context;
    raw_elements_add(&reader->raw, reply, reader->kernel->texts);
}

static int get_set(struct reader *reader, const char *name)
{
    struct nlmsghdr *request = netlink_prepare(&reader->netlink, NFT_MSG_GETSET, 0, NFPROTO_INET);
    mnl_attr_put_strz(request, NFTA_SET_TABLE, reader->kernel->table);
    mnl_attr_put_strz(request, NFTA_SET_NAME, name);
    reader->found = false;
    int error = netlink_request(&reader->netlink, request, take_set, reader);
    if (error != 0 || !reader->found) {
        return error != 0 ? error : -ENOENT;
    }
    request = netlink_prepare(&reader->netlink, NFT_MSG_GETSETELEM, NLM_F_DUMP, NFPROTO_INET);
    mnl_attr_put_strz(request, NFTA_SET_ELEM_LIST_TABLE, reader->kernel->table);
    mnl_attr_put_strz(request, NFTA_SET_ELEM_LIST_SET, name);
    raw_elements_start(&reader->raw, &reader->set);
    error = netlink_request(&reader->netlink, request, take_elements, reader);
    raw_elements_finish(reader->arena, &reader->raw, &reader->set);
    return error;
}

// "{ 22, 80 }"; NULL when it could not be read, or leads to anything but verdicts.
static const char *anonymous_set(struct reader *reader, const char *name)
{
    enum { SHOWN = 16 };
    struct strbuf text = {.arena = reader->arena};
    if (get_set(reader, name) != 0 ||
        (reader->set.shape.flags & NFT_SET_MAP && reader->set.data_type != NFT_DATA_VERDICT)) {
        return NULL;
    }
    const struct rows *rows = &reader->set.rows;
    for (size_t i = 0; i < rows->count && i < SHOWN; i++) {
        strbuf_addf(&text, "%s%s", i > 0 ? ", " : "{ ",
                    row_text(reader->arena, &reader->set.shape, rows, i));
    }
    strbuf_add(&text, rows->count > SHOWN ? ", ... }" : rows->count > 0 ? " }" : "{ }");
    return strbuf_text(&text);
}

static const char *read_rule(struct reader *reader, const char *chain, uint64_t handle)
{
    struct nlmsghdr *request = netlink_prepare(&reader->netlink, NFT_MSG_GETRULE, 0, NFPROTO_INET);
    mnl_attr_put_strz(request, NFTA_RULE_TABLE, reader->kernel->table);
    mnl_attr_put_strz(request, NFTA_RULE_CHAIN, chain);
    mnl_attr_put_u64(request, NFTA_RULE_HANDLE, htobe64(handle));
    reader->found = false;
    if (netlink_request(&reader->netlink, request, take_rule, reader) != 0 || !reader->found) {
        return NULL;
    }
    struct exprs *exprs = &reader->rule.exprs;
    for (size_t i = 0; i < exprs->count; i++) {
        struct expr *expr = &exprs->items[i];
        if (expr->kind == EXPR_LOOKUP && expr->name != NULL && text_begins(expr->name, "__")) {
            const char *text = anonymous_set(reader, expr->name);
            expr->name = text != NULL ? text : expr->name;
        }
    }
    const char *text = exprs_text(reader->arena, exprs);
    return reader->rule.comment == NULL
               ? text
               : arena_printf(reader->arena, "%s comment \"%.*s\"", text,
                              (int)reader->rule.comment_length, reader->rule.comment);
}

static void reader_close(struct reader **reader)
{
    netlink_close(&(*reader)->netlink);
    raw_elements_free(&(*reader)->raw);
}

enum nft_status nft_read_drift_rules(struct arena *arena, const struct nft_kernel *kernel,
                                     struct nft_drift *drift, struct nft_failure *reterr)
{
    __attribute__((cleanup(reader_close))) struct reader *reader =
        arena_new_of(arena, struct reader);
    reader->arena = arena;
    reader->kernel = kernel;
    int error = netlink_open(&reader->netlink, arena, NETLINK_NETFILTER);
    if (error < 0) {
        return netlink_failure(&reader->netlink, arena, error, "netlink socket", reterr);
    }
    for (size_t i = 0; i < drift->count; i++) {
        struct nft_drift_object *object = &drift->items[i];
        for (size_t j = 0; j < object->rules.count; j++) {
            struct nft_drift_rule *rule = &object->rules.items[j];
            if (rule->kind != NFT_REMOVED) {
                rule->text = read_rule(reader, object->name, rule->handle);
            }
        }
    }
    return NFT_DONE;
}
