// SPDX-License-Identifier: GPL-2.0-or-later
// polc dns export --dnsmasq: nftset= lines. dnsmasq (2.90) adds what an answer from upstream has to the sets of the longest
// domain in its list that the name is or lies below, and of that one only: so each line here names every set whose patterns
// could match below its domain, and a name or a "*.x" alone cannot be said.
#include "export.h"

#include <inttypes.h>

// Of a line of the configuration file; dnsmasq takes what is longer for two lines.
enum { LINE_MAX_BYTES = 1024 };
// What a client may keep an answer for, when what stands in the set may end before: seconds.
enum { CLIENT_TTL = 60 };

// That a set has the pattern DOMAIN, or *.DOMAIN.
struct stem {
    const char *domain;
    uint32_t set;
    bool wildcard;
};

struct stems {
    VEC_FIELDS(struct stem);
};

struct lines {
    struct export *export;
    struct stems stems;
    struct dns_index *all;   // every pattern
    struct dns_index *below; // those that begin with "*."
};

static int compare_stems(const void *a, const void *b)
{
    const struct stem *left = a, *right = b;
    int order = strcmp(left->domain, right->domain);
    if (order == 0) {
        order = (left->set > right->set) - (left->set < right->set);
    }
    return order != 0 ? order : left->wildcard - right->wildcard;
}

static void add_pattern(struct lines *lines, const char *pattern, uint32_t set)
{
    struct arena *arena = lines->export->run->arena;
    bool wildcard = dns_pattern_is_wildcard(pattern);
    bool leading = wildcard && pattern[0] == '*';
    dns_index_add(lines->all, pattern, set);
    if (wildcard && !leading) {
        vec_push(arena, &lines->export->left_out, pattern);
        return;
    }
    const char *domain = leading ? pattern + strlen("*.") : pattern;
    vec_push(arena, &lines->stems, (struct stem){domain, set, leading});
    if (leading) {
        dns_index_add(lines->below, pattern, set);
    }
}

static bool has_set(const struct dns_sets *sets, uint32_t set)
{
    for (size_t i = 0; i < sets->count; i++) {
        if (sets->items[i] == set) {
            return true;
        }
    }
    return false;
}

static void add_set(struct arena *arena, struct dns_sets *sets, uint32_t set)
{
    if (!has_set(sets, set)) {
        vec_push(arena, sets, set);
    }
}

// One line of the output: a domain, and what goes to its sets that their patterns do not say.
struct line {
    const char *domain;
    struct dns_sets sets;
    bool wider_below; // a set takes the names below the domain, and should not
    bool wider_apex;  // a set takes the domain itself, and should not
};

static struct line make_line(struct lines *lines, const struct stem *stems, size_t count)
{
    struct arena *arena = lines->export->run->arena;
    struct line line = {.domain = stems[0].domain};
    struct dns_sets itself = {0}, below = {0};
    dns_index_find(lines->all, arena, line.domain, &itself);
    dns_index_find(lines->below, arena, line.domain, &below);
    for (size_t i = 0; i < itself.count; i++) {
        add_set(arena, &line.sets, itself.items[i]);
    }
    for (size_t i = 0; i < count; i++) {
        add_set(arena, &line.sets, stems[i].set);
        if (stems[i].wildcard) {
            add_set(arena, &below, stems[i].set);
        }
    }
    for (size_t i = 0; i < line.sets.count; i++) {
        line.wider_apex |= !has_set(&itself, line.sets.items[i]);
        line.wider_below |= !has_set(&below, line.sets.items[i]);
    }
    return line;
}

static void print_line(struct export *export, const struct line *line)
{
    struct strbuf text = {.arena = export->run->arena};
    if (line->wider_below) {
        printf("# %s: dnsmasq takes every name below it, too\n", line->domain);
    }
    if (line->wider_apex) {
        printf("# *.%s: dnsmasq takes %s itself, too\n", line->domain, line->domain);
    }
    strbuf_addf(&text, "nftset=/%s/", line->domain);
    for (size_t i = 0; i < line->sets.count; i++) {
        const struct export_set *set = &export->sets.items[line->sets.items[i]];
        const char *specification =
            arena_printf(export->run->arena, "%s4#inet#%s#%s,6#inet#%s#%s", i == 0 ? "" : ",",
                         export->table, set->v4, export->table, set->v6);
        if (text.length + strlen(specification) >= LINE_MAX_BYTES) {
            printf("# %s: dnsmasq reads lines of %d bytes: nothing fills its other %zu of %zu "
                   "pairs of sets\n",
                   line->domain, LINE_MAX_BYTES, line->sets.count - i, line->sets.count);
            vec_push(export->run->arena, &export->left_out, line->domain);
            break;
        }
        strbuf_add(&text, specification);
    }
    puts(strbuf_text(&text));
}

static void print_lines(struct lines *lines)
{
    const struct stems *stems = &lines->stems;
    for (size_t i = 0, end; i < stems->count; i = end) {
        end = i + 1;
        while (end < stems->count &&
               strcmp(stems->items[i].domain, stems->items[end].domain) == 0) {
            end++;
        }
        struct line line = make_line(lines, &stems->items[i], end - i);
        print_line(lines->export, &line);
    }
}

static void print_times(const struct export *export)
{
    puts(
        "#\n"
        "# Answers from dnsmasq's own cache add nothing, and a name that is in it because another one led to it (CNAME)\n"
        "# would never be added. So every answer has to come from upstream; a cache may stand there.\n"
        "cache-size=0");
    if (export->set_timeout == 0) {
        printf(
            "#\n"
            "# What dnsmasq adds stays for good (polc.io/dns-set-timeout is 0), also what a name no longer has. Before Linux 6.12\n"
            "# what polc itself put in for a shorter time goes all the same, however often dnsmasq adds it: a client that still\n"
            "# keeps the answer is then refused until it asks again, for max-ttl at most.\n"
            "max-ttl=%d\n",
            CLIENT_TTL);
        return;
    }
    uint32_t client = export->set_timeout < CLIENT_TTL ? export->set_timeout : CLIENT_TTL;
    printf(
        "#\n"
        "# What dnsmasq adds stands for %" PRIu32
        " s (polc.io/dns-set-timeout). That it adds it again prolongs nothing, on no kernel,\n"
        "# and before Linux 6.12 not even what polc itself put in for a shorter time. When the time is over, a client that\n"
        "# still keeps the answer is refused until it asks again: for max-ttl at most. To lose nothing, run polc dns watch\n"
        "# beside it, which prolongs with each answer that clients get; or let addresses stay for good, by the annotation\n"
        "# polc.io/dns-set-timeout: \"0\" of FelixConfiguration default.\n"
        "max-ttl=%" PRIu32 "\n",
        export->set_timeout, client);
}

static void print_head(const struct export *export)
{
    const char *command = export_command(export, "--dnsmasq");
    printf(
        "# Makes dnsmasq put addresses into the domain sets of polc (table inet %s) before it answers. Made by:\n"
        "#   polc dns export%s >/etc/dnsmasq.d/polc.conf && systemctl restart dnsmasq\n"
        "# Do that behind every polc apply that changes which names rules have: the sets are named after them.\n"
        "#\n"
        "# Clients have to ask this dnsmasq. It needs polc's table: start it behind polc-restore.service, and restart it when\n"
        "# the table was taken away and loaded again. What it answers by itself (hosts files, address=, DHCP) adds nothing.\n"
        "# It adds whatever address an answer has, also 127.0.0.1, which polc itself never takes from an answer; with\n"
        "# stop-dns-rebind it refuses such answers, and those with private addresses. Of aliases (CNAME) only the name that\n"
        "# was asked for counts.\n",
        export->table, command);
}

void export_dnsmasq(struct export *export)
{
    struct arena *arena = export->run->arena;
    struct lines lines = {export, {0}, dns_index_new(arena), dns_index_new(arena)};
    for (size_t i = 0; i < export->sets.count; i++) {
        const struct export_set *set = &export->sets.items[i];
        for (size_t j = 0; j < set->count; j++) {
            add_pattern(&lines, set->patterns[j], (uint32_t)i);
        }
    }
    vec_sort(&lines.stems, compare_stems);
    print_head(export);
    print_times(export);
    puts("#");
    for (size_t i = 0; i < export->left_out.count; i++) {
        printf(
            "# %s: cannot be said to dnsmasq, which has no such pattern: only polc dns watch and "
            "polc dns export --unbound fill it\n",
            export->left_out.items[i]);
    }
    print_lines(&lines);
}
