// SPDX-License-Identifier: GPL-2.0-or-later
// Domain sets in the kernel: reading them, and the updater, by both ways in which a time-out is moved.
#include "domains.h"
#include "kernel_helper.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define MINUTE_MS ((uint64_t)60 * 1000)

#define FIRST_LIST  "*.example.com www.example.com"
#define SECOND_LIST "other.example.com"
static const char *const list_names[] = {FIRST_LIST, SECOND_LIST};
static const char *list_patterns[][2] = {{"*.example.com", "www.example.com"},
                                         {"other.example.com"}};
static const struct plan_domains lists[] = {{FIRST_LIST, list_patterns[0], 2},
                                            {SECOND_LIST, list_patterns[1], 1}};

struct bench {
    struct arena *arena;
    struct nft_updater *updater;
    struct nft_failure failure;
};

static struct bench bench(void)
{
    struct bench made = {.arena = arena_new((size_t)1 << 30)};
    require(nft_updater_open(made.arena, "polc", &made.updater, &made.failure) == NFT_DONE);
    nft_updater_set_lists(made.updater, list_names, 2);
    return made;
}

static void bench_end(struct bench *bench)
{
    nft_updater_close(bench->updater);
    arena_free(bench->arena);
}

static void make_sets(struct arena *arena, const char *more)
{
    for (size_t i = 0; i < 2; i++) {
        shell(arena_printf(
            arena,
            "nft 'add table inet polc; add set inet polc %s { type ipv4_addr; flags timeout;"
            " timeout 1h; %s }; add set inet polc %s { type ipv6_addr; flags timeout;"
            " timeout 1h; %s }'",
            nft_domain_set_name(arena, list_names[i], IP_V4), more,
            nft_domain_set_name(arena, list_names[i], IP_V6), more));
    }
}

static struct nft_domain_element element(uint32_t set, const char *addr, uint64_t left_ms)
{
    struct nft_domain_element ret = {.set = set, .left_ms = left_ms};
    require(ip_addr_parse(addr, strlen(addr), &ret.addr) == ADDR_OK);
    return ret;
}

static enum nft_status put(struct bench *bench, const struct nft_domain_element *items,
                           size_t count)
{
    struct nft_domain_elements elements = {
        .items = (struct nft_domain_element *)items, .count = count, .capacity = count};
    return nft_updater_put(bench->updater, &elements, &bench->failure);
}

static enum nft_status put_one(struct bench *bench, uint32_t set, const char *addr,
                               uint64_t left_ms)
{
    struct nft_domain_element one = element(set, addr, left_ms);
    return put(bench, &one, 1);
}

static struct nft_domain_elements read_all(struct bench *bench)
{
    struct nft_domain_elements elements;
    require(nft_read_domains(bench->arena, "polc", lists, 2, &elements, &bench->failure) ==
            NFT_DONE);
    return elements;
}

// "0 10.0.0.1 2m", in minutes, rounded.
static const char *all_text(struct bench *bench)
{
    struct nft_domain_elements elements = read_all(bench);
    struct strbuf text = {.arena = bench->arena};
    char buffer[IP_TEXT_MAX];
    for (size_t i = 0; i < elements.count; i++) {
        const struct nft_domain_element *item = &elements.items[i];
        strbuf_addf(&text, "%s%u %s %" PRIu64 "m", i > 0 ? ", " : "", item->set,
                    ip_addr_text(item->addr, buffer), (item->left_ms + MINUTE_MS / 2) / MINUTE_MS);
    }
    return strbuf_text(&text);
}

static void require_text(struct bench *bench, const char *expected)
{
    const char *text = all_text(bench);
    if (strcmp(text, expected) != 0) {
        fprintf(stderr, "is:        %s\nshould be: %s\n", text, expected);
        _exit(EXIT_FAILURE);
    }
}

static uint32_t generation_id(struct arena *arena)
{
    struct nft_stamp stamp;
    require(nft_read_stamp(arena, &stamp));
    return stamp.generation_id;
}

START_TEST(names_of_sets_are_those_of_their_lists)
{
    struct arena *arena = arena_new((size_t)1 << 20);
    ck_assert_str_eq(nft_domain_set_name(arena, "www.example.com", IP_V4),
                     "dom4.80fc0fb9266db7b83f85");
    ck_assert_str_eq(nft_domain_set_name(arena, "www.example.com", IP_V6),
                     "dom6.80fc0fb9266db7b83f85");
    ck_assert_str_ne(nft_domain_set_name(arena, "www.example.com", IP_V4),
                     nft_domain_set_name(arena, "www.example.org", IP_V4));
    arena_free(arena);
}
END_TEST

static void times_only_grow(enum updater_renewal renewal)
{
    struct bench it = bench();
    if (!has_nft()) {
        return;
    }
    updater_set_renewal(it.updater, renewal);
    make_sets(it.arena, "size 100;");
    const struct nft_domain_element first[] = {
        element(1, "fd00::9", 10 * MINUTE_MS),  element(0, "10.0.0.2", 20 * MINUTE_MS),
        element(0, "10.0.0.1", 5 * MINUTE_MS),  element(0, "10.0.0.1", 30 * MINUTE_MS),
        element(0, "10.0.0.1", 10 * MINUTE_MS), element(1, "10.0.0.1", 3 * MINUTE_MS),
        element(7, "10.0.0.3", 3 * MINUTE_MS),  element(0, "10.0.0.4", 0)};
    require(put(&it, first, ARRAY_COUNT(first)) == NFT_DONE);
    require_text(&it, "0 10.0.0.1 30m, 0 10.0.0.2 20m, 1 10.0.0.1 3m, 1 fd00::9 10m");
    const struct nft_domain_element second[] = {
        element(0, "10.0.0.1", 10 * MINUTE_MS), element(0, "10.0.0.2", 90 * MINUTE_MS),
        element(1, "10.0.0.1", 4 * MINUTE_MS), element(1, "10.0.0.2", 7 * MINUTE_MS),
        element(1, "fd00::9", NFT_DOMAIN_FOREVER)};
    require(put(&it, second, ARRAY_COUNT(second)) == NFT_DONE);
    require_text(&it,
                 "0 10.0.0.1 30m, 0 10.0.0.2 90m, 1 10.0.0.1 4m, 1 10.0.0.2 7m, 1 fd00::9 525600m");
    bench_end(&it);
}

NETNS_TEST(times_only_grow_as_the_kernel_can)
{
    times_only_grow(RENEWAL_UNKNOWN);
}

NETNS_TEST(times_only_grow_with_an_older_kernel)
{
    times_only_grow(RENEWAL_ANEW);
}

NETNS_TEST(nothing_is_sent_when_nothing_is_to_do)
{
    struct bench it = bench();
    if (!has_nft()) {
        return;
    }
    make_sets(it.arena, "");
    require(put_one(&it, 0, "10.0.0.1", 64 * MINUTE_MS) == NFT_DONE);
    uint32_t before = generation_id(it.arena);
    require(put_one(&it, 0, "10.0.0.1", 64 * MINUTE_MS) == NFT_DONE);
    require(put_one(&it, 0, "10.0.0.1", 64 * MINUTE_MS + MINUTE_MS / 2) == NFT_DONE);
    require(put_one(&it, 0, "10.0.0.1", MINUTE_MS) == NFT_DONE);
    require(put(&it, NULL, 0) == NFT_DONE);
    require(generation_id(it.arena) == before);
    require(put_one(&it, 0, "10.0.0.1", 70 * MINUTE_MS) == NFT_DONE);
    require(generation_id(it.arena) == before + 1);
    require_text(&it, "0 10.0.0.1 70m");
    bench_end(&it);
}

NETNS_TEST(what_is_not_there_is_told)
{
    struct bench it = bench();
    if (!has_nft()) {
        return;
    }
    require_text(&it, "");
    require(put_one(&it, 0, "10.0.0.1", MINUTE_MS) == NFT_STALE);
    shell("nft add table inet polc");
    require(put_one(&it, 0, "10.0.0.1", MINUTE_MS) == NFT_STALE);
    updater_set_renewal(it.updater, RENEWAL_ANEW);
    require(put_one(&it, 0, "10.0.0.1", MINUTE_MS) == NFT_STALE);
    make_sets(it.arena, "");
    require(put_one(&it, 0, "10.0.0.1", MINUTE_MS) == NFT_DONE);
    shell("nft delete table inet polc");
    require(put_one(&it, 0, "10.0.0.1", 2 * MINUTE_MS) == NFT_STALE);
    require_text(&it, "");
    bench_end(&it);
}

// What others do to the sets is seen, and a longer time of theirs stands.
NETNS_TEST(others_fill_the_sets_too)
{
    struct bench it = bench();
    if (!has_nft()) {
        return;
    }
    make_sets(it.arena, "");
    const char *set = nft_domain_set_name(it.arena, list_names[0], IP_V4);
    shell(arena_printf(it.arena, "nft add element inet polc %s '{ 10.0.0.1, 10.0.0.2 timeout 2m }'",
                       set));
    const struct nft_domain_element both[] = {element(0, "10.0.0.1", 30 * MINUTE_MS),
                                              element(0, "10.0.0.2", 30 * MINUTE_MS)};
    require(put(&it, both, 2) == NFT_DONE);
    require_text(&it, "0 10.0.0.1 60m, 0 10.0.0.2 30m");
    shell(arena_printf(it.arena, "nft delete element inet polc %s '{ 10.0.0.1 }'", set));
    require(put(&it, both, 2) == NFT_DONE);
    require_text(&it, "0 10.0.0.1 30m, 0 10.0.0.2 30m");
    shell(arena_printf(it.arena, "nft flush set inet polc %s", set));
    require_text(&it, "");
    require(put(&it, both, 1) == NFT_DONE);
    require_text(&it, "0 10.0.0.1 30m");
    bench_end(&it);
}

// In a set that gives no time of its own, what comes without one stays for ever: a put does not cut it.
NETNS_TEST(what_stays_for_ever_stays)
{
    struct bench it = bench();
    if (!has_nft()) {
        return;
    }
    const char *set = nft_domain_set_name(it.arena, list_names[0], IP_V4);
    shell(arena_printf(
        it.arena,
        "nft 'add table inet polc; add set inet polc %s { type ipv4_addr; flags timeout; };"
        " add element inet polc %s { 10.0.0.1, 10.0.0.2 timeout 2m }'",
        set, set));
    const struct nft_domain_element all[] = {element(0, "10.0.0.1", 30 * MINUTE_MS),
                                             element(0, "10.0.0.2", 30 * MINUTE_MS),
                                             element(0, "10.0.0.3", 30 * MINUTE_MS)};
    require(put(&it, all, ARRAY_COUNT(all)) == NFT_DONE);
    struct nft_domain_elements found = read_all(&it);
    require(found.count == 3 && found.items[0].left_ms == NFT_DOMAIN_FOREVER);
    require(found.items[1].left_ms > 29 * MINUTE_MS && found.items[1].left_ms <= 30 * MINUTE_MS);
    bench_end(&it);
}

// The first ones have room, what is renewed always has, and other sets do not wait.
static void full_sets(enum updater_renewal renewal)
{
    struct bench it = bench();
    if (!has_nft()) {
        return;
    }
    updater_set_renewal(it.updater, renewal);
    make_sets(it.arena, "size 5;");
    require(put_one(&it, 0, "10.0.0.9", MINUTE_MS) == NFT_DONE);
    struct nft_domain_element many[32];
    for (size_t i = 0; i < 30; i++) {
        many[i] = element(0, arena_printf(it.arena, "10.0.1.%zu", i), 4 * MINUTE_MS);
    }
    many[30] = element(0, "10.0.0.9", 9 * MINUTE_MS);
    many[31] = element(1, "10.0.0.9", 8 * MINUTE_MS);
    require(put(&it, many, ARRAY_COUNT(many)) == NFT_REFUSED);
    require(it.failure.error == ENFILE);
    require(strcmp(it.failure.what,
                   arena_printf(it.arena, "elements of set %s",
                                nft_domain_set_name(it.arena, list_names[0], IP_V4))) == 0);
    require_text(&it, "0 10.0.0.9 9m, 0 10.0.1.0 4m, 0 10.0.1.1 4m, 0 10.0.1.2 4m, 0 10.0.1.3 4m, "
                      "1 10.0.0.9 8m");
    require(put_one(&it, 0, "10.0.1.2", 7 * MINUTE_MS) == NFT_DONE);
    bench_end(&it);
}

NETNS_TEST(a_full_set_takes_what_fits)
{
    full_sets(RENEWAL_UNKNOWN);
}

NETNS_TEST(a_full_set_takes_what_fits_with_an_older_kernel)
{
    full_sets(RENEWAL_ANEW);
}

NETNS_TEST(many_elements_in_one_put)
{
    enum { MANY = 20000 };
    struct bench it = bench();
    if (!has_nft()) {
        return;
    }
    make_sets(it.arena, "size 65536;");
    struct nft_domain_element *items = arena_array_of(it.arena, struct nft_domain_element, MANY);
    for (uint32_t i = 0; i < MANY; i++) {
        uint32_t number = htonl(0x0a000000 + i / 2);
        items[i] = (struct nft_domain_element){
            .set = i % 2, .addr.family = IP_V4, .left_ms = 5 * MINUTE_MS};
        memcpy(items[i].addr.bytes, &number, sizeof number);
    }
    require(put(&it, items, MANY) == NFT_DONE);
    require(read_all(&it).count == MANY);
    bench_end(&it);
}

// Of many lists the empty ones, and those without sets, are left out.
NETNS_TEST(few_of_many_lists_hold_something)
{
    enum { MANY = 40 };
    struct bench it = bench();
    struct plan_domains many[MANY];
    const char *names[MANY];
    if (!has_nft()) {
        return;
    }
    shell("nft add table inet polc");
    for (size_t i = 0; i < MANY; i++) {
        names[i] = arena_printf(it.arena, "www%zu.example.com", i);
        many[i] = (struct plan_domains){names[i], NULL, 0};
        if (i % 2 == 0) {
            shell(arena_printf(
                it.arena,
                "nft 'add set inet polc %s { type ipv4_addr; flags timeout; timeout 1h; }'",
                nft_domain_set_name(it.arena, names[i], IP_V4)));
        }
    }
    nft_updater_set_lists(it.updater, names, MANY);
    require(put_one(&it, 38, "10.0.0.38", MINUTE_MS) == NFT_DONE);
    require(put_one(&it, 0, "10.0.0.1", MINUTE_MS) == NFT_DONE);
    struct nft_domain_elements all;
    require(nft_read_domains(it.arena, "polc", many, MANY, &all, &it.failure) == NFT_DONE);
    require(all.count == 2 && all.items[0].set == 0 && all.items[1].set == 38);
    shell("nft delete table inet polc");
    require(nft_read_domains(it.arena, "polc", many, MANY, &all, &it.failure) == NFT_DONE);
    require(all.count == 0);
    bench_end(&it);
}

// ---- what a commit brings along ----------------------------------------------------------------------------------------

static struct set *domain_set(struct made *made, uint32_t list, uint8_t family)
{
    struct set *set =
        make_set(made, nft_domain_set_name(made->arena, list_names[list], family), SET_DOMAINS);
    set->domains = list;
    set->family = family;
    set->dynamic = true;
    set->timeout = 3600;
    set->size = 4;
    return set;
}

// Sets that come are filled in the transaction that makes them; those that were there are left alone.
NETNS_TEST(sets_that_come_are_filled)
{
    struct bench it = bench();
    struct made made = make_ruleset();
    struct chain *base = make_base(&made, "forward", HOOK_FORWARD, 0);
    struct nft_domain_element items[] = {
        element(1, "fd00::1", 2 * MINUTE_MS),  element(0, "10.0.0.9", 3 * MINUTE_MS),
        element(1, "10.0.0.2", 4 * MINUTE_MS), element(0, "10.0.0.1", 5 * MINUTE_MS),
        element(0, "10.0.0.1", 1 * MINUTE_MS), element(0, "10.0.0.3", 0),
        element(5, "10.0.0.4", MINUTE_MS)};
    struct nft_domain_elements fill = {.items = items, .count = ARRAY_COUNT(items)};
    struct nft_commit_options options = {.generation = 7, .fill = &fill};
    domain_set(&made, 0, IP_V4);
    require(try_commit_with(&made, &options, &it.failure) == NFT_DONE);
    require_same(&made);
    require_text(&it, "0 10.0.0.1 5m, 0 10.0.0.9 3m");
    items[3].left_ms = items[4].left_ms = 9 * MINUTE_MS;
    domain_set(&made, 1, IP_V4);
    domain_set(&made, 1, IP_V6);
    MAKE_RULE(&made, base, "a", make_verdict(VERDICT_ACCEPT, NULL));
    options.dry_run = true;
    require(try_commit_with(&made, &options, &it.failure) == NFT_DONE);
    require_text(&it, "0 10.0.0.1 5m, 0 10.0.0.9 3m");
    options.dry_run = false;
    require(try_commit_with(&made, &options, &it.failure) == NFT_DONE);
    require_text(&it, "0 10.0.0.1 5m, 0 10.0.0.9 3m, 1 10.0.0.2 4m, 1 fd00::1 2m");
    make_free(&made);
    bench_end(&it);
}

NETNS_TEST(sets_are_filled_as_far_as_they_have_room)
{
    struct bench it = bench();
    struct made made = make_ruleset();
    struct nft_domain_element items[9];
    for (uint32_t i = 0; i < ARRAY_COUNT(items); i++) {
        items[i] = element(0, arena_printf(it.arena, "10.0.0.%u", 9 - i), MINUTE_MS);
    }
    struct nft_domain_elements fill = {.items = items, .count = ARRAY_COUNT(items)};
    struct nft_commit_options options = {.generation = 7, .fill = &fill};
    domain_set(&made, 0, IP_V4);
    require(try_commit_with(&made, &options, &it.failure) == NFT_DONE);
    require_text(&it, "0 10.0.0.1 1m, 0 10.0.0.2 1m, 0 10.0.0.3 1m, 0 10.0.0.4 1m");
    make_free(&made);
    bench_end(&it);
}

// ---- packets while times move ---------------------------------------------------------------------------------------

enum { ADDRESSES = 16 }; // 127.0.0.1 and so on

// Sends datagrams to all of them in turn until it is killed.
static pid_t start_sender(void)
{
    pid_t child = fork();
    if (child == 0) {
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
        int fd = socket(AF_INET, SOCK_DGRAM, 0);
        for (uint32_t i = 0;; i++) {
            to.sin_addr.s_addr = htonl(INADDR_LOOPBACK + i % ADDRESSES);
            sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof to);
        }
    }
    return child;
}

static uint64_t counted(struct arena *arena, const char *what)
{
    FILE *pipe = popen(arena_printf(arena,
                                    "nft list chain inet polc out | sed -n 's/.*packets "
                                    "\\([0-9]*\\) .*comment \"%s\".*/\\1/p'",
                                    what),
                       "r");
    uint64_t count = 0;
    require(pipe != NULL && fscanf(pipe, "%" SCNu64, &count) == 1);
    pclose(pipe);
    return count;
}

// Moves the times of all addresses by a fiftieth again and again. Returns how often.
static uint32_t move_times(struct bench *it, uint64_t from, uint64_t to)
{
    uint32_t moves = 0;
    for (uint64_t left = from; left < to; left += left / 50) {
        struct nft_domain_element all[ADDRESSES];
        for (uint32_t i = 0; i < ADDRESSES; i++) {
            all[i] = element(0, arena_printf(it->arena, "127.0.0.%u", i + 1), left);
        }
        require(put(it, all, ADDRESSES) == NFT_DONE);
        moves++;
    }
    return moves;
}

static void packets_while_renewed(enum updater_renewal renewal)
{
    struct bench it = bench();
    if (!has_nft()) {
        return;
    }
    updater_set_renewal(it.updater, renewal);
    make_sets(it.arena, "");
    const char *set = nft_domain_set_name(it.arena, list_names[0], IP_V4);
    move_times(&it, MINUTE_MS, MINUTE_MS + 1);
    shell("ip link set lo up");
    shell(arena_printf(
        it.arena,
        "nft 'add chain inet polc out { type filter hook output priority 0; };"
        " add rule inet polc out ip daddr @%s counter drop comment \"found\";"
        " add rule inet polc out ip daddr 127.0.0.0/8 counter drop comment \"missed\"'",
        set));
    pid_t sender = start_sender();
    uint32_t before = generation_id(it.arena),
             moves = move_times(&it, 2 * MINUTE_MS, 20000 * MINUTE_MS);
    uint32_t transactions = generation_id(it.arena) - before;
    kill(sender, SIGKILL);
    waitpid(sender, NULL, 0);
    require(counted(it.arena, "missed") == 0);
    require(counted(it.arena, "found") > 1000);
    require(transactions == moves && moves > 400);
    bench_end(&it);
}

NETNS_TEST(no_packet_is_missed_while_times_move)
{
    packets_while_renewed(RENEWAL_UNKNOWN);
}

NETNS_TEST(no_packet_is_missed_while_times_move_with_an_older_kernel)
{
    packets_while_renewed(RENEWAL_ANEW);
}

UNIT_TESTS("nft domains", names_of_sets_are_those_of_their_lists, times_only_grow_as_the_kernel_can,
           times_only_grow_with_an_older_kernel, nothing_is_sent_when_nothing_is_to_do,
           what_is_not_there_is_told, others_fill_the_sets_too, what_stays_for_ever_stays,
           a_full_set_takes_what_fits, a_full_set_takes_what_fits_with_an_older_kernel,
           many_elements_in_one_put, few_of_many_lists_hold_something, sets_that_come_are_filled,
           sets_are_filled_as_far_as_they_have_room, no_packet_is_missed_while_times_move,
           no_packet_is_missed_while_times_move_with_an_older_kernel)
