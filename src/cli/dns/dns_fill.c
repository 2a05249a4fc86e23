// SPDX-License-Identifier: GPL-2.0-or-later
// Known names -> the kernel's domain sets and the file of rules, as whoever changes what is loaded needs it.
#include "dns_fill.h"

#include "dns_known.h"
#include "dns_paths.h"

#include <errno.h>
#include <time.h>

int64_t dns_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void dns_fill_renew(struct run *run, struct dns_fill *fill)
{
    fill->elements.count = 0;
    domains_elements(run->arena, &fill->rules, fill->book, dns_now_ms(), &fill->elements);
}

void dns_fill_read(struct run *run, const struct plan *plan, struct dns_fill *ret)
{
    *ret = (struct dns_fill){.rules = domain_rules_of_plan(run->arena, plan)};
    if (ret->rules.list_count > 0) {
        ret->book = dns_book_new(run->arena);
        dns_known_read(run, ret->book);
        dns_fill_renew(run, ret);
    }
}

void dns_fill_learn(struct run *run, struct dns_fill *fill, const struct dns_facts *facts)
{
    struct dns_store store;
    const char *path = dns_path(run, DNS_STORE_RESOLVED);
    if (facts->count == 0) {
        return;
    }
    for (size_t i = 0; i < facts->count; i++) {
        dns_book_add(fill->book, &facts->items[i]);
    }
    int error = dns_store_open(path, &store);
    if (error == 0) {
        error = dns_store_append(&store, facts->items, facts->count, dns_now_ms() / 1000);
        dns_store_close(&store);
    }
    if (error != 0) {
        complain("%s: %s; what was looked up is in the kernel only", path, strerror(error));
    }
}

void dns_fill_publish(struct run *run, const struct dns_fill *fill)
{
    int error = domains_publish(run->arena, dns_directory(run), &fill->rules);
    if (error != 0) {
        complain("%s: %s; polc dns watch will not know these rules",
                 dns_path(run, domains_file_name(run->arena, fill->rules.id)), strerror(error));
    }
}

static enum nft_status put(struct run *run, const struct dns_fill *fill, struct nft_failure *reterr)
{
    struct nft_updater *updater;
    const char **names = arena_array_of(run->arena, const char *, fill->rules.list_count);
    for (size_t i = 0; i < fill->rules.list_count; i++) {
        names[i] = fill->rules.lists[i].name;
    }
    enum nft_status status = nft_updater_open(run->arena, run->options.table, &updater, reterr);
    if (status == NFT_DONE) {
        nft_updater_set_lists(updater, names, fill->rules.list_count);
        status = nft_updater_put(updater, &fill->elements, reterr);
        if (reterr->message != NULL) { // valid only while it is open
            reterr->message = arena_strdup(run->arena, reterr->message);
        }
        nft_updater_close(updater);
    }
    return status;
}

enum nft_status dns_fill_put(struct run *run, const struct dns_fill *fill)
{
    struct nft_failure failure = {0};
    enum nft_status status = fill->elements.count > 0 ? put(run, fill, &failure) : NFT_DONE;
    if (status == NFT_REFUSED && failure.error == ENFILE) {
        complain("a set of addresses is full (%d); what has no room there is not allowed",
                 NFT_DOMAIN_SET_SIZE);
    } else if (status != NFT_DONE && status != NFT_STALE) {
        complain("addresses of names could not be put into the kernel's sets: %s",
                 failure.message != NULL ? failure.message : strerror(failure.error));
    }
    return status;
}

void dns_fill_clean(struct run *run, const struct dns_fill *fill, const struct state *state)
{
    VEC(const char *) kept = {0};
    vec_push(run->arena, &kept, fill->rules.id);
    for (size_t i = 0; i < state->history.count; i++) {
        if (state->history.items[i].id != NULL) {
            vec_push(run->arena, &kept, state->history.items[i].id);
        }
    }
    domains_unpublish(run->arena, dns_directory(run), kept.items, kept.count);
}
