// SPDX-License-Identifier: GPL-2.0-or-later
// What names cost: a name looked up among 10 patterns and among 10,000, next to a comparison with each pattern; a DNS
// answer read; a store of facts written and read. Processor time, medians, in one run; measures, never passes or fails.
//   bench_dns [ROUNDS]      default: 9; of a release build: ninja bench_dns
#include <polc/dns.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { NAMES = 2000, FEW = 10, MANY = 10000, ANSWERS = 20000, ROUNDS_MAX = 99 };

static double now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// The median of so many rounds, for one of the `count` things that a round does.
static double measure(int rounds, size_t count, void (*work)(void *), void *context)
{
    double times[ROUNDS_MAX];
    for (int i = 0; i < rounds; i++) {
        double start = now_ns();
        work(context);
        times[i] = (now_ns() - start) / (double)count;
    }
    qsort(times, (size_t)rounds, sizeof *times, compare_doubles);
    return times[rounds / 2];
}

static void use(size_t value)
{
    __asm__ volatile("" ::"r"(value));
}

// ---- the index ---------------------------------------------------------------------------------------------------------

struct lookup {
    struct arena *arena, *scratch;
    const char **names, **patterns;
    size_t pattern_count;
    struct dns_index *index;
};

static struct lookup lookup_of(struct arena *arena, size_t count)
{
    struct lookup lookup = {.arena = arena, .scratch = arena_new(1 << 20), .pattern_count = count};
    lookup.index = dns_index_new(arena);
    lookup.patterns = arena_array_of(arena, const char *, count);
    lookup.names = arena_array_of(arena, const char *, NAMES);
    for (size_t i = 0; i < count; i++) {
        lookup.patterns[i] = i % 2 == 0 ? arena_printf(arena, "*.host-%zu.example.com", i)
                                        : arena_printf(arena, "www.host-%zu.example.com", i);
        dns_index_add(lookup.index, lookup.patterns[i], (uint32_t)i);
    }
    // A third is in a wildcard, a third is an exact name, a third is neither.
    for (size_t i = 0; i < NAMES; i++) {
        lookup.names[i] = i % 3 == 2
                              ? arena_printf(arena, "www.other-%zu.example.org", i)
                              : arena_printf(arena, "www.host-%zu.example.com", i * 7 % count);
    }
    return lookup;
}

static void find_all(void *context)
{
    const struct lookup *lookup = context;
    struct arena_mark mark = arena_mark(lookup->scratch);
    for (size_t i = 0; i < NAMES; i++) {
        struct dns_sets sets;
        dns_index_find(lookup->index, lookup->scratch, lookup->names[i], &sets);
        use(sets.count);
        arena_rewind(lookup->scratch, mark);
    }
}

static void match_all(void *context)
{
    const struct lookup *lookup = context;
    for (size_t i = 0; i < NAMES / 20; i++) {
        size_t found = 0;
        for (size_t j = 0; j < lookup->pattern_count; j++) {
            found += dns_pattern_matches(lookup->patterns[j], lookup->names[i]);
        }
        use(found);
    }
}

static void bench_index(int rounds)
{
    struct arena *arena = arena_new((size_t)256 << 20);
    struct lookup few = lookup_of(arena, FEW), many = lookup_of(arena, MANY);
    double few_ns = measure(rounds, NAMES, find_all, &few);
    double many_ns = measure(rounds, NAMES, find_all, &many);
    double each_ns = measure(rounds, NAMES / 20, match_all, &many);
    printf("a name among %d patterns          %10.0f ns\n", FEW, few_ns);
    printf("a name among %d patterns       %10.0f ns   %.1f times as much\n", MANY, many_ns,
           many_ns / few_ns);
    printf("each of %d patterns compared   %10.0f ns   %.0f times as much\n", MANY, each_ns,
           each_ns / few_ns);
    arena_free(few.scratch);
    arena_free(many.scratch);
    arena_free(arena);
}

// ---- messages ----------------------------------------------------------------------------------------------------------

struct bytes {
    struct arena *scratch;
    uint8_t data[65535];
    size_t size, times;
};

static void put(struct bytes *bytes, const void *data, size_t size)
{
    memcpy(bytes->data + bytes->size, data, size);
    bytes->size += size;
}

#define PUT(bytes, literal) put((bytes), (literal), sizeof(literal) - 1)

// www.example.com with CNAMEs that each lead to the next, and addresses of the last.
static void make_answer(struct bytes *bytes, unsigned links, unsigned addresses)
{
    static const char question[] = "\3www\7example\3com";
    unsigned records = links + addresses;
    size_t owner = 12;
    bytes->size = 0;
    PUT(bytes, "\x12\x34\x81\x80\0\1");
    put(bytes, (const uint8_t[]){(uint8_t)(records >> 8), (uint8_t)records}, 2);
    PUT(bytes, "\0\0\0\0");
    put(bytes, question, sizeof question);
    PUT(bytes, "\0\1\0\1");
    for (unsigned i = 0; i < records; i++) {
        put(bytes, (const uint8_t[]){(uint8_t)(0xc0 | owner >> 8), (uint8_t)owner}, 2);
        if (i < links) {
            PUT(bytes, "\0\5\0\1\0\0\0\x3c\0\6");
            owner = bytes->size;
            put(bytes, (const uint8_t[]){3, 'e', 'd', (uint8_t)('a' + i), 0xc0, 16}, 6);
        } else {
            PUT(bytes, "\0\1\0\1\0\0\0\x3c\0\4\x0a\1");
            put(bytes, (const uint8_t[]){(uint8_t)(i >> 8), (uint8_t)i}, 2);
        }
    }
}

static void parse_all(void *context)
{
    const struct bytes *bytes = context;
    struct arena_mark mark = arena_mark(bytes->scratch);
    for (size_t i = 0; i < bytes->times; i++) {
        struct dns_answer answer;
        if (dns_parse_answer(bytes->scratch, bytes->data, bytes->size, &answer) != DNS_FINE) {
            POLC_UNREACHABLE("an answer of its own making");
        }
        use(answer.addresses.count);
        arena_rewind(bytes->scratch, mark);
    }
}

static void bench_messages(int rounds)
{
    static struct bytes bytes;
    static const struct {
        const char *what;
        unsigned links, addresses;
        size_t times;
    } cases[] = {
        {"an answer with 1 address", 0, 1, ANSWERS},
        {"3 CNAMEs and 4 addresses", 3, 4, ANSWERS},
        {"64 kB: 16 CNAMEs, 4000 addresses", 16, 4000, 20},
    };
    bytes.scratch = arena_new((size_t)64 << 20);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        make_answer(&bytes, cases[i].links, cases[i].addresses);
        bytes.times = cases[i].times;
        printf("%-32s    %10.0f ns\n", cases[i].what,
               measure(rounds, bytes.times, parse_all, &bytes));
    }
    arena_free(bytes.scratch);
}

// ---- stores ------------------------------------------------------------------------------------------------------------

struct filing {
    char path[64];
    struct dns_facts facts;
};

static void write_store(void *context)
{
    const struct filing *filing = context;
    struct dns_store store;
    unlink(filing->path);
    if (dns_store_open(filing->path, &store) != 0 ||
        dns_store_append(&store, filing->facts.items, filing->facts.count, 1000) != 0) {
        POLC_UNREACHABLE("a file of its own making");
    }
    dns_store_close(&store);
}

static void read_store(void *context)
{
    const struct filing *filing = context;
    struct arena *arena = arena_new((size_t)256 << 20);
    struct dns_book *book = dns_book_new(arena);
    if (dns_store_read(book, filing->path, 2000) != 0 ||
        dns_book_all(book).count != filing->facts.count) {
        POLC_UNREACHABLE("a store that does not give back what it got");
    }
    arena_free(arena);
}

static void bench_stores(int rounds)
{
    struct arena *arena = arena_new((size_t)256 << 20);
    char directory[] = "/tmp/bench-dns-XXXXXX";
    struct filing filing = {0};
    if (mkdtemp(directory) == NULL) {
        perror(directory);
        exit(EXIT_FAILURE);
    }
    snprintf(filing.path, sizeof filing.path, "%s/facts", directory);
    for (size_t i = 0; i < DNS_KEPT_PAIRS; i++) {
        struct dns_fact fact = {arena_printf(arena, "www.host-%zu.example.com", i),
                                {IP_V4, {10, 1, (uint8_t)(i >> 8), (uint8_t)i}},
                                1000,
                                60,
                                DNS_WATCH,
                                false,
                                0};
        vec_push(arena, &filing.facts, fact);
    }
    double write_ns = measure(rounds, DNS_KEPT_PAIRS, write_store, &filing);
    double read_ns = measure(rounds, DNS_KEPT_PAIRS, read_store, &filing);
    printf("a fact appended, and written anew   %10.0f ns   %.0f ms for %d\n", write_ns,
           write_ns * DNS_KEPT_PAIRS / 1e6, DNS_KEPT_PAIRS);
    printf("a fact read                         %10.0f ns   %.0f ms for %d\n", read_ns,
           read_ns * DNS_KEPT_PAIRS / 1e6, DNS_KEPT_PAIRS);
    unlink(filing.path);
    rmdir(directory);
    arena_free(arena);
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 9;
    if (rounds < 1 || rounds > ROUNDS_MAX) {
        fprintf(stderr, "usage: bench_dns [ROUNDS]      1 to %d\n", ROUNDS_MAX);
        return POLC_EXIT_USAGE;
    }
    bench_index(rounds);
    bench_messages(rounds);
    bench_stores(rounds);
    return POLC_EXIT_OK;
}
