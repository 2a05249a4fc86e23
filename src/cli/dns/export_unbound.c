// SPDX-License-Identifier: GPL-2.0-or-later
// polc dns export --unbound: a module for unbound's Python, in which the patterns are said exactly. What is the same for
// every input is unbound.py; before it stand the names.
#include "export.h"

#include <inttypes.h>

extern const char dns_unbound_py[];

// An entry of one of the two tables: what is looked up, what has to stand before it, the set.
struct entry {
    const char *key;
    const char
        *head; // "" or "www.", in front of what the "*" stands for; NULL: the key is the whole name
    uint32_t set;
};

struct entries {
    VEC_FIELDS(struct entry);
};

static int compare_entries(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    int order = strcmp(left->key, right->key);
    if (order == 0 && left->head != NULL) {
        order = strcmp(left->head, right->head);
    }
    return order != 0 ? order : (left->set > right->set) - (left->set < right->set);
}

static struct entry make_entry(struct arena *arena, const char *pattern, uint32_t set)
{
    const char *star = strchr(pattern, '*');
    if (star == NULL) {
        return (struct entry){pattern, NULL, set};
    }
    const char *head = arena_strndup(arena, pattern, (size_t)(star - pattern));
    return (struct entry){star + strlen("*."), head, set};
}

static bool same_key(const struct entries *entries, size_t a, size_t b)
{
    return b < entries->count && strcmp(entries->items[a].key, entries->items[b].key) == 0;
}

static bool same_head(const struct entries *entries, size_t a, size_t b)
{
    return same_key(entries, a, b) && (entries->items[a].head == NULL ||
                                       strcmp(entries->items[a].head, entries->items[b].head) == 0);
}

// "(0, 3)": the sets of the entries from *at on that are looked up alike; moves behind them.
static void print_sets(const struct entries *entries, size_t *at)
{
    size_t first = *at;
    fputs("(", stdout);
    for (; same_head(entries, first, *at); ++*at) {
        printf("%s%" PRIu32, *at > first ? ", " : "", entries->items[*at].set);
    }
    printf("%s)", *at == first + 1 ? "," : "");
}

static void print_exact(const struct entries *entries)
{
    puts("# A name -> numbers of SETS.\nEXACT = {");
    for (size_t i = 0; i < entries->count;) {
        printf("    \"%s\": ", entries->items[i].key);
        print_sets(entries, &i);
        puts(",");
    }
    puts("}");
}

static void print_wild(const struct entries *entries)
{
    puts("# What stands behind \"*.\" -> what stands before it, and numbers of SETS.\nWILD = {");
    for (size_t i = 0; i < entries->count;) {
        size_t first = i;
        printf("    \"%s\": [", entries->items[i].key);
        while (same_key(entries, first, i)) {
            printf("%s(\"%s\", ", i > first ? ", " : "", entries->items[i].head);
            print_sets(entries, &i);
            fputs(")", stdout);
        }
        puts("],");
    }
    puts("}");
}

static void print_never(void)
{
    size_t count;
    const struct cidr *nets = dns_unusable_nets(&count);
    char buffer[IP_TEXT_MAX];
    puts("# Addresses that no answer ever opens.\nNEVER = [");
    for (size_t i = 0; i < count; i++) {
        printf("    \"%s\",\n", cidr_text(nets[i], false, buffer));
    }
    puts("]");
}

static void print_data(const struct export *export)
{
    struct arena *arena = export->run->arena;
    struct entries exact = {0}, wild = {0};
    printf("TABLE = \"%s\"\nMIN_TTL = %" PRIu32 "\nEXTRA_TTL = %" PRIu32
           "\n# For IPv4 and for IPv6, one pair for each list of names.\nSETS = [\n",
           export->table, export->min_ttl, export->extra_ttl);
    for (size_t i = 0; i < export->sets.count; i++) {
        const struct export_set *set = &export->sets.items[i];
        printf("    (\"%s\", \"%s\"),\n", set->v4, set->v6);
        for (size_t j = 0; j < set->count; j++) {
            struct entry entry = make_entry(arena, set->patterns[j], (uint32_t)i);
            if (entry.head == NULL) {
                vec_push(arena, &exact, entry);
            } else {
                vec_push(arena, &wild, entry);
            }
        }
    }
    puts("]");
    vec_sort(&exact, compare_entries);
    vec_sort(&wild, compare_entries);
    print_exact(&exact);
    print_wild(&wild);
    print_never();
}

static void print_head(const struct export *export)
{
    printf(
        "# Makes unbound put addresses into the domain sets of polc (table inet %s) before it answers, with their TTL, from\n"
        "# its cache too, and for exactly the names that rules have. Made by:\n"
        "#   polc dns export%s >/etc/unbound/polc.py && systemctl restart unbound\n"
        "# Do that behind every polc apply that changes which names rules have: the sets are named after them.\n"
        "#\n"
        "# Clients have to ask this unbound. On Debian it needs the packages unbound and python3-unbound, and:\n"
        "#   /etc/unbound/unbound.conf.d/polc.conf\n"
        "#     server:\n"
        "#       module-config: \"python validator iterator\"   # python, and then what stood there\n"
        "#       username: \"\"                                 # systemd starts it as its user; it keeps CAP_NET_ADMIN\n"
        "#     python:\n"
        "#       python-script: \"/etc/unbound/polc.py\"\n"
        "#     remote-control:\n"
        "#       control-interface: /run/unbound/unbound.ctl\n"
        "#   /etc/systemd/system/unbound.service.d/polc.conf, then systemctl daemon-reload\n"
        "#     [Unit]\n"
        "#     After=polc-restore.service\n"
        "#     [Service]\n"
        "#     User=unbound\n"
        "#     RuntimeDirectory=unbound\n"
        "#     AmbientCapabilities=CAP_NET_ADMIN CAP_NET_BIND_SERVICE\n"
        "#     Environment=PYTHONPATH=/usr/lib/python3/dist-packages\n"
        "#   /etc/apparmor.d/local/usr.sbin.unbound, where AppArmor is in use\n"
        "#     #include <abstractions/python>\n"
        "#     capability net_admin,\n"
        "#     network netlink raw,\n\n",
        export->table, export_command(export, "--unbound"));
}

void export_unbound(struct export *export)
{
    print_head(export);
    print_data(export);
    fputs(dns_unbound_py, stdout);
}
