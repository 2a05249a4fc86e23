// SPDX-License-Identifier: GPL-2.0-or-later
// Answers -> elements of the sets, and facts for the store. The sets come first: somebody is about to connect.
#include "watch.h"

#include "dns_gate.h"
#include "dns_paths.h"

#include <errno.h>
#include <polc/base/file.h>
#include <polc/base/sha256.h>
#include <pwd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    HEARD_MAX = 4096, // pairs, some milliseconds
    LOGGED_MAX = 64,  // addresses of one name that no rule has, which are for flow logs
};
enum { MS = 1000, WRITTEN = 65536, SLACK = 1 }; // SLACK: seconds by which the clock rounds

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * MS + now.tv_nsec / 1000000;
}

// ---- what the store has already -------------------------------------------------------------------------------
// A cached answer is told again and again, each time with a shorter time that ends at the same moment.

enum { PAIR = 24 }; // hex digits

struct watch_written {
    struct {
        char pair[PAIR]; // another pair in its place is written once more, no harm done
        int64_t end;     // seconds since 1970
    } items[WRITTEN];
};

// By a hash whose collisions nobody can choose names for.
static void name_pair(const struct dns_fact *fact, char ret_hex[65])
{
    uint8_t bytes[sizeof fact->addr.bytes + DNS_NAME_MAX];
    size_t length = strnlen(fact->name, DNS_NAME_MAX);
    memcpy(bytes, fact->addr.bytes, sizeof fact->addr.bytes);
    memcpy(bytes + sizeof fact->addr.bytes, fact->name, length);
    sha256_hex(bytes, sizeof fact->addr.bytes + length, ret_hex);
}

static bool is_written(struct watch_written *written, const struct dns_fact *fact)
{
    char hex[65], digits[8] = {0};
    name_pair(fact, hex);
    memcpy(digits, hex + PAIR, 4);
    size_t place = strtoul(digits, NULL, 16) % WRITTEN;
    int64_t end = fact->learned + fact->ttl;
    if (memcmp(written->items[place].pair, hex, PAIR) == 0 &&
        end <= written->items[place].end + SLACK) {
        return true;
    }
    memcpy(written->items[place].pair, hex, PAIR);
    written->items[place].end = end;
    return false;
}

// ---- begin and end --------------------------------------------------------------------------------------------

// Root without its capabilities is nobody special.
static void hint_owner(const char *path)
{
    struct stat stat;
    bool known = lstat(path, &stat) == 0;
    const struct passwd *owner = known ? getpwuid(stat.st_uid) : NULL;
    if (owner != NULL && owner->pw_uid != geteuid()) {
        hint("polc dns watch --user %s     (whose file it is)", owner->pw_name);
    }
}

int watch_learner_open(struct run *run, const struct watch_rules *rules, struct watch_learner *ret)
{
    struct nft_failure failure = {0};
    *ret = (struct watch_learner){.run = run, .rules = rules, .store.fd = -1};
    const char *path = dns_path(run, DNS_STORE_OBSERVED);
    int error = dns_store_open(path, &ret->store);
    if (error != 0) {
        complain("%s cannot be written: %s", path, strerror(error));
        hint_owner(path);
        return POLC_EXIT_SYSTEM;
    }
    enum nft_status status =
        nft_updater_open(run->arena, run->options.table, &ret->updater, &failure);
    if (status != NFT_DONE) {
        return report_failure(run, status, &failure);
    }
    ret->written = arena_new_of(run->arena, struct watch_written);
    ret->batch = arena_new(MEMORY_LIMIT);
    arena_alloc(ret->batch, 1); // its first chunk stays when it is rewound
    ret->begin = arena_mark(ret->batch);
    return POLC_EXIT_OK;
}

void watch_learner_close(struct watch_learner *learner)
{
    nft_updater_close(learner->updater);
    dns_store_close(&learner->store);
    arena_free(learner->batch);
}

static void begin_batch(struct watch_learner *learner)
{
    arena_rewind(learner->batch, learner->begin);
    learner->heard = 0;
    learner->facts = (struct dns_facts){0};
    learner->elements = (struct nft_domain_elements){0};
}

// ---- hearing --------------------------------------------------------------------------------------------------

// The pattern of a list that has the name: a list may have ten thousand.
static const char *pattern_of(const struct plan_domains *list, const char *name)
{
    size_t i = 0;
    while (i + 1 < list->count && !dns_pattern_matches(list->patterns[i], name)) {
        i++;
    }
    return list->patterns[i];
}

static void say_learned(const struct watch_learner *learner, const struct dns_fact *fact,
                        const struct dns_sets *sets, uint64_t left)
{
    char addr[IP_TEXT_MAX], time[WATCH_TIME_TEXT];
    const char *said = "";
    printf("%s  %s  %s  for", fact->name, ip_addr_text(fact->addr, addr),
           watch_time_text(left, time));
    for (size_t i = 0; i < sets->count; i++) {
        const char *pattern = pattern_of(&learner->rules->rules.lists[sets->items[i]], fact->name);
        if (strcmp(pattern, said) != 0) {
            printf("%s %s", said[0] != '\0' ? " and" : "", pattern);
        }
        said = pattern;
    }
    putchar('\n');
}

static void take_fact(struct watch_learner *learner, const struct dns_fact *fact,
                      const struct dns_sets *sets, int64_t now)
{
    uint64_t left = domains_left(&learner->rules->rules, fact, now);
    for (size_t i = 0; i < sets->count; i++) {
        vec_push(learner->batch, &learner->elements,
                 (struct nft_domain_element){sets->items[i], fact->addr, left});
    }
    learner->learned += sets->count > 0;
    if (sets->count > 0 && learner->run->options.verbose) {
        say_learned(learner, fact, sets, left);
    }
}

void watch_learner_hear(const struct dns_answer *answer, void *context)
{
    struct watch_learner *learner = context;
    const struct dns_index *index = learner->rules->rules.index;
    struct dns_facts facts = {0};
    struct dns_sets sets = {0};
    const char *told = NULL, *name = NULL; // that of the answer, which goes, and ours
    int64_t now = now_ms();
    size_t of_name = 0;
    dns_answer_facts(learner->batch, answer, now / MS, DNS_WATCH, &facts);
    learner->heard += facts.count;
    for (size_t i = 0; i < facts.count; i++) {
        struct dns_fact *fact = &facts.items[i];
        if (fact->name != told) { // the addresses of a name stand together
            told = fact->name;
            of_name = 0;
            name = arena_strdup(learner->batch, told);
            if (index != NULL) {
                dns_index_find(index, learner->batch, name, &sets);
            }
        }
        fact->name = name;
        if (sets.count == 0 && ++of_name > LOGGED_MAX) {
            continue;
        }
        take_fact(learner, fact, &sets, now);
        if (!is_written(learner->written, fact)) {
            vec_push(learner->batch, &learner->facts, *fact);
        }
    }
}

bool watch_learner_is_full(const struct watch_learner *learner)
{
    return learner->heard >= HEARD_MAX;
}

// ---- putting --------------------------------------------------------------------------------------------------

// A set that is full takes no more, and a set that is not there is no reason to end: enforcement goes on as it was.
static enum nft_status put(struct watch_learner *learner,
                           const struct nft_domain_elements *elements)
{
    struct nft_failure failure = {0};
    if (elements->count == 0) {
        return NFT_DONE;
    }
    CLOSING int gate = dns_gate_enter(learner->run, DNS_GATE_ELEMENTS);
    enum nft_status status = nft_updater_put(learner->updater, elements, &failure);
    if (status == NFT_REFUSED && failure.error == ENFILE) {
        watch_nag(&learner->full, "%s is full: it has %u addresses, and more were learned",
                  failure.what != NULL ? failure.what : "a set", NFT_DOMAIN_SET_SIZE);
        status = NFT_DONE;
    } else if (status == NFT_REFUSED || status == NFT_SYSTEM_ERROR) {
        watch_nag(&learner->refused, "addresses were learned and not put into their sets: %s: %s",
                  failure.what != NULL ? failure.what : "the kernel",
                  failure.message != NULL ? failure.message : strerror(failure.error));
        status = NFT_DONE;
    }
    return status;
}

static void store(struct watch_learner *learner)
{
    if (learner->facts.count == 0) {
        return;
    }
    int error = dns_store_append(&learner->store, learner->facts.items, learner->facts.count,
                                 now_ms() / MS);
    if (error != 0) {
        watch_nag(&learner->unwritten, "%s cannot be written: %s", learner->store.path,
                  strerror(error));
    }
}

enum nft_status watch_learner_put(struct watch_learner *learner)
{
    enum nft_status status = put(learner, &learner->elements);
    store(learner);
    begin_batch(learner);
    if (learner->run->options.verbose) {
        fflush(stdout);
    }
    return status;
}

// ---- after a reload -------------------------------------------------------------------------------------------

static void set_lists(struct watch_learner *learner)
{
    const struct domain_rules *rules = &learner->rules->rules;
    const char **names = arena_array_of(learner->batch, const char *, rules->list_count);
    for (size_t i = 0; i < rules->list_count; i++) {
        names[i] = rules->lists[i].name;
    }
    nft_updater_set_lists(learner->updater, names, rules->list_count);
}

static void read_store(struct watch_learner *learner, struct dns_book *book, const char *name,
                       int64_t now)
{
    const char *path = arena_printf(learner->batch, "%s/%s", dns_directory(learner->run), name);
    int error = dns_store_read(book, path, now / MS);
    if (error != 0) {
        watch_nag(&learner->unread, "%s cannot be read: %s", path, strerror(error));
    }
}

enum nft_status watch_learner_refill(struct watch_learner *learner)
{
    struct nft_domain_elements elements = {0};
    int64_t now = now_ms();
    begin_batch(learner);
    set_lists(learner);
    if (learner->rules->rules.list_count == 0) {
        return NFT_DONE;
    }
    struct dns_book *book = dns_book_new(learner->batch);
    read_store(learner, book, DNS_STORE_RESOLVED, now);
    read_store(learner, book, DNS_STORE_OBSERVED, now);
    domains_elements(learner->batch, &learner->rules->rules, book, now, &elements);
    enum nft_status status = put(learner, &elements);
    begin_batch(learner);
    return status;
}
