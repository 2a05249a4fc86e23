// SPDX-License-Identifier: GPL-2.0-or-later
// The ruleset as text for `nft -f`: sets and maps first as empty declarations, then chains, then the elements of
// verdict maps, since those name chains.
#include "keys.h"
#include "words.h"

#include <inttypes.h>

static void print_verdict(FILE *out, uint8_t verdict, const char *chain)
{
    fputs(verdict_text(verdict), out);
    if (verdict == VERDICT_JUMP || verdict == VERDICT_GOTO) {
        fprintf(out, " %s", chain);
    }
}

static void print_keys(FILE *out, const struct stmt *stmt)
{
    for (size_t i = 0; i < stmt->key_count; i++) {
        fprintf(out, "%s%s", i > 0 ? " . " : "", key_info(stmt->keys[i])->text);
    }
}

static void print_prefix(FILE *out, const struct stmt *stmt)
{
    char buffer[VALUE_TEXT_MAX];
    if (key_info(stmt->keys[0])->format == FORMAT_IFNAME) {
        fprintf(out, " \"%.*s*\"", stmt->bits / 8, (const char *)stmt->value);
    } else {
        fprintf(out, " %s/%u", key_value_text(stmt->keys[0], stmt->value, buffer), stmt->bits);
    }
}

static void print_match(FILE *out, const struct stmt *stmt)
{
    char buffer[VALUE_TEXT_MAX];
    bool negated = stmt->op == OP_NE || stmt->op == OP_NOT_PREFIX || stmt->op == OP_NOT_RANGE ||
                   stmt->op == OP_NOT_SET;
    print_keys(out, stmt);
    if (stmt->op == OP_BITS && stmt->keys[0] == KEY_MARK) {
        fprintf(out, " & %s != 0x00000000", key_value_text(KEY_MARK, stmt->value, buffer));
        return;
    }
    fputs(negated ? " !=" : "", out);
    switch ((enum match_op)stmt->op) {
    case OP_EQ:
    case OP_NE:
    case OP_BITS:
        fprintf(out, " %s", key_value_text(stmt->keys[0], stmt->value, buffer));
        break;
    case OP_PREFIX:
    case OP_NOT_PREFIX:
        print_prefix(out, stmt);
        break;
    case OP_RANGE:
    case OP_NOT_RANGE:
        fprintf(out, " %s", key_value_text(stmt->keys[0], stmt->value, buffer));
        fprintf(out, "-%s", key_value_text(stmt->keys[0], stmt->value_end, buffer));
        break;
    case OP_SET:
    case OP_NOT_SET:
        fprintf(out, " @%s", stmt->set->name);
        break;
    }
}

// As nft lists it: one operator when the other would do nothing.
static void print_set_mark(FILE *out, const struct stmt *stmt)
{
    if (stmt->mark.set == 0) {
        fprintf(out, "meta mark set meta mark & 0x%08x", stmt->mark.keep);
    } else {
        fprintf(out, "meta mark set meta mark | 0x%08x", stmt->mark.set);
    }
}

static void print_stmt(FILE *out, const struct stmt *stmt)
{
    switch ((enum stmt_kind)stmt->kind) {
    case STMT_MATCH:
        print_match(out, stmt);
        break;
    case STMT_VMAP:
        print_keys(out, stmt);
        fprintf(out, " vmap @%s", stmt->set->name);
        break;
    case STMT_UPDATE:
        fprintf(out, "update @%s { ", stmt->set->name);
        print_keys(out, stmt);
        fputs(" }", out);
        break;
    case STMT_COUNTER:
        fputs("counter", out);
        break;
    case STMT_LIMIT:
        fprintf(out, "limit rate %u/%s burst %u packets", stmt->limit.rate,
                unit_text(stmt->limit.unit), stmt->limit.burst);
        break;
    case STMT_LOG:
        fprintf(out, "log prefix \"%s\" level info", stmt->log_prefix);
        break;
    case STMT_COPY:
        fprintf(out, "log prefix \"%s\" group %u queue-threshold 1", stmt->copy.prefix,
                stmt->copy.group);
        break;
    case STMT_REJECT:
        // Without its type nft would choose one by the family of the rule's addresses; the kernel gets this one.
        fputs("reject with icmpx type port-unreachable", out);
        break;
    case STMT_NOTRACK:
        fputs("notrack", out);
        break;
    case STMT_SET_MARK:
        print_set_mark(out, stmt);
        break;
    case STMT_VERDICT:
        print_verdict(out, stmt->verdict, stmt->chain);
        break;
    }
}

static void print_chain(FILE *out, const struct chain *chain)
{
    fprintf(out, "\n\tchain %s {\n", chain->name);
    if (chain->hook != HOOK_NONE) {
        fprintf(out, "\t\ttype filter hook %s priority %" PRId32 "; policy accept;\n",
                hook_text(chain->hook), chain->priority);
    }
    for (size_t i = 0; i < chain->count; i++) {
        const struct rule *rule = &chain->items[i];
        fputc('\t', out);
        for (size_t j = 0; j < rule->stmt_count; j++) {
            fputs(j > 0 ? " " : "\t", out);
            print_stmt(out, &rule->stmts[j]);
        }
        if (rule->comment != NULL) {
            fprintf(out, " comment \"%s\"", rule->comment);
        }
        fputc('\n', out);
    }
    fputs("\t}\n", out);
}

static void print_type(FILE *out, const struct set *set)
{
    const char *address =
        set->family != 0 ? key_info(key_address(set->family, true))->datatype_name : "";
    switch ((enum set_content)set->content) {
    case SET_CIDRS:
    case SET_DOMAINS:
        fputs(address, out);
        break;
    case SET_PADDED:
        fprintf(out, "%s . inet_proto", address);
        break;
    case SET_PORTS:
        fputs("inet_service", out);
        break;
    case SET_TRIPLES:
    case SET_TUPLES:
        fprintf(out, "%s . inet_proto . inet_service", address);
        break;
    case SET_TUPLE_VERDICTS:
        fprintf(out, "%s . inet_proto . inet_service : verdict", address);
        break;
    case SET_FLOWS_SEEN:
        fprintf(out, "%s . %s . inet_proto . inet_service", address, address);
        break;
    case SET_IFNAMES:
        fputs("ifname", out);
        break;
    case SET_VERDICTS:
        fprintf(out, "%s%s%s : verdict", set->with_ifname ? "ifname" : "",
                set->with_ifname && set->family != 0 ? " . " : "", address);
        break;
    }
}

static void print_verdict_element(FILE *out, const struct set *set,
                                  const struct map_element *element)
{
    char buffer[IP_TEXT_MAX];
    if (element->catch_all) {
        fputc('*', out);
    } else if (set->family == 0) {
        fprintf(out, "\"%s\"", element->ifname);
    } else if (set->with_ifname) {
        fprintf(out, "\"%s\" . %s", element->ifname, ip_addr_text(element->addr, buffer));
    } else {
        fputs(ip_addr_text(element->addr, buffer), out);
    }
    fputs(" : ", out);
    print_verdict(out, element->verdict, element->chain);
}

static void print_ports(FILE *out, struct port_range ports)
{
    fprintf(out, "%u", ports.min);
    if (ports.max != ports.min) {
        fprintf(out, "-%u", ports.max);
    }
}

static void print_tuple(FILE *out, const struct plan_tuple *tuple)
{
    char buffer[IP_TEXT_MAX];
    char protocol[VALUE_TEXT_MAX];
    fprintf(out, "%s . %s . ", cidr_text(tuple->net, true, buffer),
            protocol_text(tuple->protocol, protocol));
    print_ports(out, tuple->ports);
}

static void print_element(FILE *out, const struct set *set, size_t index)
{
    char buffer[IP_TEXT_MAX];
    char protocol[VALUE_TEXT_MAX];
    switch ((enum set_content)set->content) {
    case SET_CIDRS:
        fputs(cidr_text(set->cidrs.items[index], true, buffer), out);
        break;
    case SET_PADDED:
        fprintf(out, "%s . 0-255", cidr_text(set->cidrs.items[index], true, buffer));
        break;
    case SET_PORTS:
        print_ports(out, set->ports.items[index]);
        break;
    case SET_TRIPLES:
        fprintf(out, "%s . %s . %u", ip_addr_text(set->triples[index].addr, buffer),
                protocol_text(set->triples[index].protocol, protocol), set->triples[index].port);
        break;
    case SET_IFNAMES:
        fprintf(out, "\"%s\"", set->ifnames[index]);
        break;
    case SET_VERDICTS:
        print_verdict_element(out, set, &set->verdicts[index]);
        break;
    case SET_TUPLES:
        print_tuple(out, &set->tuples[index]);
        break;
    case SET_TUPLE_VERDICTS:
        print_tuple(out, &set->tuples[index]);
        fputs(" : ", out);
        print_verdict(out, VERDICT_GOTO, set->targets[set->tuples[index].action]);
        break;
    case SET_DOMAINS:
    case SET_FLOWS_SEEN:
        break;
    }
}

static void print_elements(FILE *out, const struct set *set, const char *indent)
{
    fputs("elements = { ", out);
    for (size_t i = 0; i < set->count; i++) {
        if (i > 0) {
            fprintf(out, ",\n%s", indent);
        }
        print_element(out, set, i);
    }
    fputs(" }\n", out);
}

// Words that are there, with commas between.
static void print_list(FILE *out, const char *head, const char *const *words, size_t count)
{
    const char *separator = " ";
    fprintf(out, "\t\t%s", head);
    for (size_t i = 0; i < count; i++) {
        if (words[i] != NULL) {
            fprintf(out, "%s%s", separator, words[i]);
            separator = ", ";
        }
    }
    fputc('\n', out);
}

static void print_flags(FILE *out, const struct set *set)
{
    fputc('\n', out);
    if (set->size > 0) {
        fprintf(out, "\t\tsize %u\n", set->size);
    }
    if (set->interval || set->dynamic || set_has_times(set)) {
        bool updated = set->dynamic && set->content != SET_DOMAINS;
        const char *const flags[] = {set->interval ? "interval" : NULL, updated ? "dynamic" : NULL,
                                     set_has_times(set) ? "timeout" : NULL};
        print_list(out, "flags", flags, ARRAY_COUNT(flags));
    }
    if (set->content == SET_FLOWS_SEEN) {
        fputs("\t\tcounter\n", out);
    }
    if (set->timeout != 0) {
        fprintf(out, "\t\ttimeout %us\n", set->timeout);
    }
}

static void print_set(FILE *out, const struct set *set)
{
    bool map = set_is_map(set);
    fprintf(out, "\n\t%s %s {\n\t\ttype ", map ? "map" : "set", set->name);
    print_type(out, set);
    print_flags(out, set);
    if (set->comment != NULL) {
        fprintf(out, "\t\tcomment \"%s\"\n", set->comment);
    }
    if (set->count > 0 && !map) {
        fputs("\t\t", out);
        print_elements(out, set, "\t\t             ");
    }
    fputs("\t}\n", out);
}

void nft_print_text(const struct nft_ruleset *ruleset, FILE *out)
{
    fprintf(out, "table inet %s {", ruleset->table);
    for (size_t i = 0; i < ruleset->sets.count; i++) {
        print_set(out, ruleset->sets.items[i]);
    }
    for (size_t i = 0; i < ruleset->chains.count; i++) {
        print_chain(out, ruleset->chains.items[i]);
    }
    fputs("}\n", out);
    for (size_t i = 0; i < ruleset->sets.count; i++) {
        const struct set *set = ruleset->sets.items[i];
        if (set_is_map(set) && set->count > 0) {
            fprintf(out, "\ntable inet %s {\n\tmap %s {\n\t\t", ruleset->table, set->name);
            fputs("type ", out);
            print_type(out, set);
            print_flags(out, set);
            fputs("\t\t", out);
            print_elements(out, set, "\t\t             ");
            fputs("\t}\n}\n", out);
        }
    }
}
