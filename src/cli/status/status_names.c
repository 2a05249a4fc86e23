// SPDX-License-Identifier: GPL-2.0-or-later
// polc status: what the names of domain rules stand at, in short; polc dns status has all of it.
#include "dns_standing.h"
#include "status.h"

// NULL when no rule has names, or the kernel does not tell.
static const struct dns_standing *read_names(const struct status *status)
{
    struct run *run = status->run;
    struct nft_failure failure = {0};
    struct dns_standing *standing = arena_new_of(run->arena, struct dns_standing);
    if (status->plan == NULL || status->plan->domains.count == 0 ||
        dns_standing_read(run, status->plan, standing, &failure) != NFT_DONE) {
        return NULL;
    }
    return standing;
}

void print_names(const struct status *status)
{
    const struct dns_standing *standing = read_names(status);
    if (standing == NULL) {
        return;
    }
    struct arena *arena = status->run->arena;
    printf("names       %s     (polc dns status%s)\n", dns_standing_summary(arena, standing),
           same_options(status->run, false));
    printf("%s%s hears answers of DNS servers (log group %u)\n", status_heading("", 0),
           standing->watch != NULL ? standing->watch : "nobody", standing->rules.log_group);
}

json_t *names_json(const struct status *status)
{
    const struct dns_standing *standing = read_names(status);
    if (standing == NULL) {
        return json_null();
    }
    return json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:s?}", "names", (json_int_t)standing->entries.count, "lists",
        (json_int_t)standing->rules.list_count, "addresses", (json_int_t)standing->elements.count,
        "without_address", (json_int_t)standing->nameless, "never_seen",
        (json_int_t)standing->unseen, "watch", standing->watch);
}
