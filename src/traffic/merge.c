// SPDX-License-Identifier: GPL-2.0-or-later
// Rows by what they say: equal ones of IPv4 and IPv6 are one, and the order is the same on every machine.
#include "study.h"

#include <stdlib.h>

// A row, and all that it says but the IP version.
struct keyed {
    const char *key;
    struct traffic_row row;
};

static void add_names(struct strbuf *text, char kind, const struct traffic_names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        strbuf_addf(text, "%c%s ", kind, names->items[i]);
    }
}

// Endpoints before nets, so that who is named comes first.
static void add_end(struct strbuf *text, const struct traffic_end *end)
{
    char buffer[IP_TEXT_MAX];
    strbuf_add(text, end->all_but ? "9 " : "");
    add_names(text, '1', &end->who.endpoints);
    add_names(text, '2', &end->who.hosts);
    for (size_t i = 0; i < end->who.nets.count; i++) {
        strbuf_addf(text, "3%s ", cidr_text(end->who.nets.items[i], false, buffer));
    }
    add_names(text, '4', &end->who.holes);
    strbuf_add(text, "> ");
}

static void add_ports(struct strbuf *text, const struct portset *ports)
{
    for (size_t i = 0; i < ports->count; i++) {
        strbuf_addf(text, "%05u-%u,", ports->items[i].min, ports->items[i].max);
    }
    strbuf_add(text, ";");
}

static const char *key_of(struct arena *arena, const struct traffic_row *row)
{
    struct strbuf text = {.arena = arena};
    strbuf_addf(&text, "%u ", row->change);
    add_end(&text, &row->source);
    add_end(&text, &row->destination);
    for (size_t i = 0; i < row->exact.count; i++) {
        const struct traffic_service *service = &row->exact.items[i];
        strbuf_addf(&text, "%03u-%u:", service->first, service->last);
        add_ports(&text, &service->destination_ports);
        add_ports(&text, &service->source_ports);
        add_ports(&text, &service->icmp);
    }
    return strbuf_text(&text);
}

static int compare_keyed(const void *a, const void *b)
{
    const struct keyed *left = a;
    const struct keyed *right = b;
    int order = strcmp(left->key, right->key);
    return order != 0 ? order : left->row.families - right->row.families;
}

static struct cidrset both(struct arena *arena, const struct cidrset *v4, const struct cidrset *v6)
{
    struct cidrset ret = {arena_array_of(arena, struct cidr, v4->count + v6->count), 0};
    for (size_t i = 0; i < v4->count; i++) {
        ret.items[ret.count++] = v4->items[i];
    }
    for (size_t i = 0; i < v6->count; i++) {
        ret.items[ret.count++] = v6->items[i];
    }
    return ret;
}

void merge_rows(struct arena *arena, struct traffic_rows *rows)
{
    struct {
        VEC_FIELDS(struct keyed);
    } list = {0};
    for (size_t i = 0; i < rows->count; i++) {
        vec_push(arena, &list, (struct keyed){key_of(arena, &rows->items[i]), rows->items[i]});
    }
    vec_sort(&list, compare_keyed);
    rows->count = 0;
    for (size_t i = 0; i < list.count; i++) {
        struct traffic_row *row = &list.items[i].row;
        struct traffic_row *last = rows->count > 0 ? &rows->items[rows->count - 1] : NULL;
        if (last != NULL && last->families != row->families &&
            strcmp(list.items[i].key, list.items[i - 1].key) == 0) {
            last->families |= row->families;
            last->source.addresses = both(arena, &last->source.addresses, &row->source.addresses);
            last->destination.addresses =
                both(arena, &last->destination.addresses, &row->destination.addresses);
        } else {
            vec_push(arena, rows, *row);
        }
    }
}
