// SPDX-License-Identifier: GPL-2.0-or-later
// The ruleset in the JSON of libnftables-json(5), for `nft -j -f`. Elements of verdict maps come last, as separate
// commands, since they name chains.
#include "keys.h"
#include "words.h"

#include <jansson.h>
#include <linux/netfilter.h>

// "tcp dport" -> payload; "meta l4proto" and "iifname" -> meta; "ct state" -> ct.
static json_t *key_json(enum rule_key key)
{
    const struct key_info *info = key_info(key);
    if (key == KEY_NO_PORT) {
        return json_pack("{s:[o, i]}", "&", key_json(KEY_TH_DPORT), 0);
    }
    const char *blank = strchr(info->text, ' ');
    const char *last = blank != NULL ? blank + 1 : info->text;
    if (text_begins(info->text, "ct ")) {
        return json_pack("{s:{s:s}}", "ct", "key", last);
    }
    if (blank == NULL || text_begins(info->text, "meta ")) {
        return json_pack("{s:{s:s}}", "meta", "key", last);
    }
    return json_pack("{s:{s:s%, s:s}}", "payload", "protocol", info->text,
                     (size_t)(blank - info->text), "field", last);
}

static json_t *keys_json(const struct stmt *stmt)
{
    if (stmt->key_count == 1) {
        return key_json(stmt->keys[0]);
    }
    json_t *list = json_array();
    for (size_t i = 0; i < stmt->key_count; i++) {
        json_array_append_new(list, key_json(stmt->keys[i]));
    }
    return json_pack("{s:o}", "concat", list);
}

static json_t *value_json(enum rule_key key, const uint8_t *value)
{
    const struct key_info *info = key_info(key);
    char buffer[VALUE_TEXT_MAX];
    const char *text = key_value_text(key, value, buffer);
    if (info->format == FORMAT_IFNAME) {
        return json_sprintf("%.16s", (const char *)value);
    }
    if (info->format == FORMAT_CT_STATE || info->format == FORMAT_CT_STATUS) {
        json_t *list = json_array();
        for (const char *at = text; *at != '\0';) {
            size_t length = strcspn(at, ",");
            json_array_append_new(list, json_stringn(at, length));
            at += length + (at[length] == ',');
        }
        return list;
    }
    if (info->format == FORMAT_BITS) {
        uint32_t bits;
        memcpy(&bits, value, sizeof bits);
        return json_integer(bits);
    }
    bool number = info->format == FORMAT_PORT || info->format == FORMAT_NUMBER ||
                  info->format == FORMAT_INDEX;
    return number ? json_integer(atoi(text)) : json_string(text);
}

static json_t *right_json(const struct stmt *stmt)
{
    enum rule_key key = stmt->keys[0];
    switch ((enum match_op)stmt->op) {
    case OP_SET:
    case OP_NOT_SET:
        return json_sprintf("@%s", stmt->set->name);
    case OP_RANGE:
    case OP_NOT_RANGE:
        return json_pack("{s:[o, o]}", "range", value_json(key, stmt->value),
                         value_json(key, stmt->value_end));
    case OP_PREFIX:
    case OP_NOT_PREFIX:
        if (key_info(key)->format == FORMAT_IFNAME) {
            return json_sprintf("%.*s*", stmt->bits / 8, (const char *)stmt->value);
        }
        return json_pack("{s:{s:o, s:i}}", "prefix", "addr", value_json(key, stmt->value), "len",
                         stmt->bits);
    case OP_EQ:
    case OP_NE:
    case OP_BITS:
        break;
    }
    return value_json(key, stmt->value);
}

static json_t *match_json(const struct stmt *stmt)
{
    if (stmt->op == OP_BITS && stmt->keys[0] == KEY_MARK) {
        return json_pack("{s:{s:s, s:{s:[o, o]}, s:i}}", "match", "op", "!=", "left", "&",
                         key_json(KEY_MARK), value_json(KEY_MARK, stmt->value), "right", 0);
    }
    static const char *const operators[] = {
        [OP_EQ] = "==",         [OP_NE] = "!=",      [OP_PREFIX] = "==",
        [OP_NOT_PREFIX] = "!=", [OP_RANGE] = "==",   [OP_NOT_RANGE] = "!=",
        [OP_SET] = "==",        [OP_NOT_SET] = "!=", [OP_BITS] = "in"};
    return json_pack("{s:{s:s, s:o, s:o}}", "match", "op", operators[stmt->op], "left",
                     keys_json(stmt), "right", right_json(stmt));
}

static json_t *verdict_json(uint8_t verdict, const char *chain)
{
    if (verdict == VERDICT_JUMP || verdict == VERDICT_GOTO) {
        return json_pack("{s:{s:s}}", verdict_text(verdict), "target", chain);
    }
    return json_pack("{s:n}", verdict_text(verdict));
}

static json_t *limit_json(const struct stmt *stmt)
{
    return json_pack("{s:{s:i, s:s, s:i}}", "limit", "rate", (int)stmt->limit.rate, "per",
                     unit_text(stmt->limit.unit), "burst", (int)stmt->limit.burst);
}

static json_t *set_mark_json(const struct stmt *stmt)
{
    bool clears = stmt->mark.set == 0;
    json_t *value = json_pack("{s:[o, I]}", clears ? "&" : "|", key_json(KEY_MARK),
                              (json_int_t)(clears ? stmt->mark.keep : stmt->mark.set));
    return json_pack("{s:{s:o, s:o}}", "mangle", "key", key_json(KEY_MARK), "value", value);
}

static json_t *stmt_json(const struct stmt *stmt)
{
    switch ((enum stmt_kind)stmt->kind) {
    case STMT_MATCH:
        return match_json(stmt);
    case STMT_VMAP:
        return json_pack("{s:{s:o, s:o}}", "vmap", "key", keys_json(stmt), "data",
                         json_sprintf("@%s", stmt->set->name));
    case STMT_UPDATE:
        return json_pack("{s:{s:s, s:o, s:o}}", "set", "op", "update", "elem", keys_json(stmt),
                         "set", json_sprintf("@%s", stmt->set->name));
    case STMT_COUNTER:
        return json_pack("{s:n}", "counter");
    case STMT_LIMIT:
        return limit_json(stmt);
    case STMT_LOG:
        return json_pack("{s:{s:s, s:s}}", "log", "prefix", stmt->log_prefix, "level", "info");
    case STMT_COPY:
        return json_pack("{s:{s:s, s:i, s:i}}", "log", "prefix", stmt->copy.prefix, "group",
                         stmt->copy.group, "queue-threshold", 1);
    case STMT_REJECT:
        return json_pack("{s:{s:s, s:s}}", "reject", "type", "icmpx", "expr", "port-unreachable");
    case STMT_NOTRACK:
        return json_pack("{s:n}", "notrack");
    case STMT_SET_MARK:
        return set_mark_json(stmt);
    case STMT_VERDICT:
        break;
    }
    return verdict_json(stmt->verdict, stmt->chain);
}

// ---- sets -----------------------------------------------------------------------------------------------------

static json_t *type_json(const struct set *set)
{
    const char *address =
        set->family != 0 ? key_info(key_address(set->family, true))->datatype_name : "";
    switch ((enum set_content)set->content) {
    case SET_CIDRS:
    case SET_DOMAINS:
        return json_string(address);
    case SET_PADDED:
        return json_pack("[s, s]", address, "inet_proto");
    case SET_PORTS:
        return json_string("inet_service");
    case SET_TRIPLES:
    case SET_TUPLES:
    case SET_TUPLE_VERDICTS:
        return json_pack("[s, s, s]", address, "inet_proto", "inet_service");
    case SET_FLOWS_SEEN:
        return json_pack("[s, s, s, s]", address, address, "inet_proto", "inet_service");
    case SET_IFNAMES:
        return json_string("ifname");
    case SET_VERDICTS:
        break;
    }
    if (set->family == 0) {
        return json_string("ifname");
    }
    return set->with_ifname ? json_pack("[s, s]", "ifname", address) : json_string(address);
}

static json_t *cidr_json(struct cidr cidr)
{
    char buffer[IP_TEXT_MAX];
    ip_addr_text(cidr.addr, buffer);
    return cidr_is_host(cidr)
               ? json_string(buffer)
               : json_pack("{s:{s:s, s:i}}", "prefix", "addr", buffer, "len", cidr.bits);
}

static json_t *map_element_json(const struct set *set, const struct map_element *element)
{
    char buffer[IP_TEXT_MAX];
    json_t *key;
    if (element->catch_all) {
        key = json_string("*");
    } else if (set->family == 0) {
        key = json_string(element->ifname);
    } else if (set->with_ifname) {
        key =
            json_pack("{s:[s, s]}", "concat", element->ifname, ip_addr_text(element->addr, buffer));
    } else {
        key = json_string(ip_addr_text(element->addr, buffer));
    }
    return json_pack("[o, o]", key, verdict_json(element->verdict, element->chain));
}

static json_t *ports_json(struct port_range ports)
{
    return ports.min == ports.max ? json_integer(ports.min)
                                  : json_pack("{s:[i, i]}", "range", ports.min, ports.max);
}

static json_t *tuple_json(const struct plan_tuple *tuple)
{
    char protocol[VALUE_TEXT_MAX];
    return json_pack("{s:[o, s, o]}", "concat", cidr_json(tuple->net),
                     protocol_text(tuple->protocol, protocol), ports_json(tuple->ports));
}

static json_t *element_json(const struct set *set, size_t index)
{
    char buffer[IP_TEXT_MAX];
    char protocol[VALUE_TEXT_MAX];
    switch ((enum set_content)set->content) {
    case SET_CIDRS:
        return cidr_json(set->cidrs.items[index]);
    case SET_PADDED:
        return json_pack("{s:[o, {s:[i, i]}]}", "concat", cidr_json(set->cidrs.items[index]),
                         "range", 0, 255);
    case SET_PORTS:
        return ports_json(set->ports.items[index]);
    case SET_TRIPLES:
        return json_pack("{s:[s, s, i]}", "concat", ip_addr_text(set->triples[index].addr, buffer),
                         protocol_text(set->triples[index].protocol, protocol),
                         set->triples[index].port);
    case SET_IFNAMES:
        return json_string(set->ifnames[index]);
    case SET_TUPLES:
        return tuple_json(&set->tuples[index]);
    case SET_TUPLE_VERDICTS:
        return json_pack("[o, o]", tuple_json(&set->tuples[index]),
                         verdict_json(VERDICT_GOTO, set->targets[set->tuples[index].action]));
    case SET_DOMAINS:
    case SET_FLOWS_SEEN:
        return json_null();
    case SET_VERDICTS:
        break;
    }
    return map_element_json(set, &set->verdicts[index]);
}

static json_t *elements_json(const struct set *set)
{
    json_t *list = json_array();
    for (size_t i = 0; i < set->count; i++) {
        json_array_append_new(list, element_json(set, i));
    }
    return list;
}

// NULL for a set without flags. nft 1.0.6 knows no flag "dynamic" in JSON, and gives it to a set that a rule updates.
static json_t *flags_json(const struct set *set)
{
    bool told = set->dynamic && set->content != SET_FLOWS_SEEN && set->content != SET_DOMAINS;
    const struct {
        bool set;
        const char *name;
    } flags[] = {{set->interval, "interval"}, {told, "dynamic"}, {set_has_times(set), "timeout"}};
    json_t *json = NULL;
    for (size_t i = 0; i < ARRAY_COUNT(flags); i++) {
        if (flags[i].set) {
            json = json != NULL ? json : json_array();
            json_array_append_new(json, json_string(flags[i].name));
        }
    }
    return json;
}

static json_t *set_json(const char *table, const struct set *set)
{
    bool map = set_is_map(set);
    json_t *json = json_pack("{s:s, s:s, s:s, s:o}", "family", "inet", "table", table, "name",
                             set->name, "type", type_json(set));
    if (map) {
        json_object_set_new(json, "map", json_string("verdict"));
    }
    json_t *flags = flags_json(set);
    if (flags != NULL) {
        json_object_set_new(json, "flags", flags);
    }
    if (set->timeout != 0) {
        json_object_set_new(json, "timeout", json_integer(set->timeout));
    }
    if (set->size > 0) {
        json_object_set_new(json, "size", json_integer(set->size));
    }
    if (set->content == SET_FLOWS_SEEN) {
        json_object_set_new(json, "stmt", json_pack("[{s:n}]", "counter"));
    }
    if (set->comment != NULL) {
        json_object_set_new(json, "comment", json_string(set->comment));
    }
    if (!map && set->count > 0) {
        json_object_set_new(json, "elem", elements_json(set));
    }
    return json_pack("{s:{s:o}}", "add", map ? "map" : "set", json);
}

static json_t *chain_json(const char *table, const struct chain *chain)
{
    json_t *json =
        json_pack("{s:s, s:s, s:s}", "family", "inet", "table", table, "name", chain->name);
    if (chain->hook != HOOK_NONE) {
        json_object_update_new(json, json_pack("{s:s, s:s, s:i, s:s}", "type", "filter", "hook",
                                               hook_text(chain->hook), "prio", (int)chain->priority,
                                               "policy", "accept"));
    }
    return json_pack("{s:{s:o}}", "add", "chain", json);
}

static json_t *rule_json(const char *table, const struct chain *chain, const struct rule *rule)
{
    json_t *list = json_array();
    for (size_t i = 0; i < rule->stmt_count; i++) {
        json_array_append_new(list, stmt_json(&rule->stmts[i]));
    }
    json_t *json = json_pack("{s:s, s:s, s:s, s:o}", "family", "inet", "table", table, "chain",
                             chain->name, "expr", list);
    if (rule->comment != NULL) {
        json_object_set_new(json, "comment", json_string(rule->comment));
    }
    return json_pack("{s:{s:o}}", "add", "rule", json);
}

static void add_rules(json_t *commands, const struct nft_ruleset *ruleset)
{
    for (size_t i = 0; i < ruleset->chains.count; i++) {
        const struct chain *chain = ruleset->chains.items[i];
        for (size_t j = 0; j < chain->count; j++) {
            json_array_append_new(commands, rule_json(ruleset->table, chain, &chain->items[j]));
        }
    }
}

static void add_map_elements(json_t *commands, const struct nft_ruleset *ruleset)
{
    for (size_t i = 0; i < ruleset->sets.count; i++) {
        const struct set *set = ruleset->sets.items[i];
        if (set_is_map(set) && set->count > 0) {
            json_array_append_new(commands,
                                  json_pack("{s:{s:{s:s, s:s, s:s, s:o}}}", "add", "element",
                                            "family", "inet", "table", ruleset->table, "name",
                                            set->name, "elem", elements_json(set)));
        }
    }
}

void nft_print_json(const struct nft_ruleset *ruleset, FILE *out)
{
    json_t *commands = json_array();
    json_array_append_new(commands, json_pack("{s:{s:i}}", "metainfo", "json_schema_version", 1));
    json_array_append_new(commands, json_pack("{s:{s:{s:s, s:s}}}", "add", "table", "family",
                                              "inet", "name", ruleset->table));
    for (size_t i = 0; i < ruleset->sets.count; i++) {
        json_array_append_new(commands, set_json(ruleset->table, ruleset->sets.items[i]));
    }
    for (size_t i = 0; i < ruleset->chains.count; i++) {
        json_array_append_new(commands, chain_json(ruleset->table, ruleset->chains.items[i]));
    }
    add_rules(commands, ruleset);
    add_map_elements(commands, ruleset);
    json_t *root = json_pack("{s:o}", "nftables", commands);
    json_dumpf(root, out, JSON_INDENT(1));
    fputc('\n', out);
    json_decref(root);
}
