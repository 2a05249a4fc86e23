// SPDX-License-Identifier: GPL-2.0-or-later
// DNS messages, read strictly (RFC 1035, 2181, 4343, 6891): every count must fit, every name must be whole, compression
// only points back, and nothing stands behind the end. What is taken is the question and the chain that leads from it to
// addresses; records beside it, which a cache could be poisoned with, are none of ours.
#include "internal.h"

enum {
    HEADER_SIZE = 12,
    FLAG_ANSWER = 0x8000,
    FLAG_OPCODE = 0x7800,
    FLAG_TRUNCATED = 0x0200,
    MASK_RCODE = 0x000f,
    CLASS_IN = 1,
    TYPE_CNAME = 5,
    TYPE_OPT = 41,
    WIRE_NAME_MAX = 255, // RFC 1035, 2.3.4; with the empty label at the end
    JUMPS_MAX = 127,     // as many labels as a name may have
    LABEL_KIND = 0xc0,   // of the byte before a label; 0: its length, this: a pointer
};

struct reader {
    const uint8_t *bytes;
    size_t size, at;
};

// Labels behind their lengths, in lower case, up to and with the empty one: equal bytes are equal names.
struct wire_name {
    size_t size;
    uint8_t bytes[WIRE_NAME_MAX];
};

struct header {
    uint16_t id, flags;
    uint16_t counts[4]; // of questions; of records in answer, authority, additional
};

enum section { ANSWER = 1, ADDITIONAL = 3 };

// A record of the answer section that may be a part of the chain.
struct record {
    const uint8_t *owner; // as a wire name
    size_t owner_size;
    const uint8_t *data; // an address, or the wire name that a CNAME leads to
    size_t data_size;
    uint16_t type;
    uint32_t ttl;
};

struct records {
    VEC_FIELDS(struct record);
};

// ---- bytes -----------------------------------------------------------------------------------------------------------

static bool read_u16(struct reader *reader, uint16_t *ret)
{
    if (reader->size - reader->at < 2) {
        return false;
    }
    *ret = (uint16_t)(reader->bytes[reader->at] << 8 | reader->bytes[reader->at + 1]);
    reader->at += 2;
    return true;
}

static bool read_u32(struct reader *reader, uint32_t *ret)
{
    uint16_t high, low;
    if (!read_u16(reader, &high) || !read_u16(reader, &low)) {
        return false;
    }
    *ret = (uint32_t)high << 16 | low;
    return true;
}

// Appends the label at `at`, with its length before it.
static bool take_label(const struct reader *reader, size_t at, struct wire_name *name)
{
    size_t length = reader->bytes[at];
    if (reader->size - at <= length || name->size + length + 1 > sizeof name->bytes) {
        return false;
    }
    name->bytes[name->size++] = (uint8_t)length;
    for (size_t i = 1; i <= length; i++) {
        name->bytes[name->size++] = lower_case(reader->bytes[at + i]);
    }
    return true;
}

// Where a pointer leads: behind the header, and before everything of the name that was read so far.
static bool take_pointer(const struct reader *reader, size_t at, size_t before, size_t *ret)
{
    if (reader->size - at < 2) {
        return false;
    }
    *ret = (size_t)(reader->bytes[at] & ~LABEL_KIND) << 8 | reader->bytes[at + 1];
    return *ret >= HEADER_SIZE && *ret < before;
}

static bool read_name(struct reader *reader, struct wire_name *ret)
{
    size_t at = reader->at, start = at, jumps = 0;
    for (ret->size = 0; at < reader->size;) {
        uint8_t first = reader->bytes[at];
        if ((first & LABEL_KIND) == LABEL_KIND) {
            size_t target;
            if (++jumps > JUMPS_MAX || !take_pointer(reader, at, start, &target)) {
                return false;
            }
            reader->at = jumps == 1 ? at + 2 : reader->at;
            at = start = target;
            continue;
        }
        if ((first & LABEL_KIND) != 0 || !take_label(reader, at, ret)) {
            return false;
        }
        at += (size_t)first + 1;
        if (first == 0) {
            reader->at = jumps == 0 ? at : reader->at;
            return true;
        }
    }
    return false;
}

// NULL when it is no canonical name: the root, or one with other characters.
static const char *name_text(struct arena *arena, const uint8_t *bytes, size_t size)
{
    char text[WIRE_NAME_MAX];
    size_t length = 0;
    for (size_t at = 0; at < size && bytes[at] != 0; at += bytes[at] + 1U) {
        for (size_t i = 1; i <= bytes[at]; i++) {
            if (!is_name_character(bytes[at + i])) {
                return NULL;
            }
            text[length++] = (char)bytes[at + i];
        }
        text[length++] = '.';
    }
    text[length > 0 ? length - 1 : 0] = '\0';
    return dns_name_problem(text) == NULL ? arena_strdup(arena, text) : NULL;
}

// ---- header and question ---------------------------------------------------------------------------------------------

static bool read_header(struct reader *reader, struct header *ret)
{
    return read_u16(reader, &ret->id) && read_u16(reader, &ret->flags) &&
           read_u16(reader, &ret->counts[0]) && read_u16(reader, &ret->counts[1]) &&
           read_u16(reader, &ret->counts[2]) && read_u16(reader, &ret->counts[3]);
}

// The one question of a message in the wanted direction.
static enum dns_status read_question(struct arena *arena, struct reader *reader, bool answer,
                                     struct header *header, struct wire_name *name,
                                     struct dns_query *ret)
{
    uint16_t class;
    if (!read_header(reader, header)) {
        return DNS_MALFORMED;
    }
    if (((header->flags & FLAG_ANSWER) != 0) != answer || (header->flags & FLAG_OPCODE) != 0 ||
        header->counts[0] == 0) {
        return DNS_OTHER;
    }
    if (header->counts[0] > 1 || !read_name(reader, name) || !read_u16(reader, &ret->qtype) ||
        !read_u16(reader, &class)) {
        return DNS_MALFORMED;
    }
    if (class != CLASS_IN || (ret->qtype != DNS_TYPE_A && ret->qtype != DNS_TYPE_AAAA)) {
        return DNS_OTHER;
    }
    ret->id = header->id;
    ret->question = name_text(arena, name->bytes, name->size);
    return ret->question != NULL ? DNS_FINE : DNS_OTHER;
}

// ---- records ---------------------------------------------------------------------------------------------------------

struct message {
    struct arena *arena;
    struct reader reader;
    struct records records;
    bool has_opt;
    uint16_t rcode_high; // from the OPT record, in its place
};

static const uint8_t *keep_bytes(struct arena *arena, const uint8_t *bytes, size_t size)
{
    return memcpy(arena_alloc(arena, size), bytes, size);
}

// RFC 6891, 6.1.2: one, of the root, with options that fill its data.
static bool read_opt(struct message *message, const struct wire_name *owner, uint32_t ttl,
                     size_t end)
{
    struct reader *reader = &message->reader;
    if (message->has_opt || owner->size != 1) {
        return false;
    }
    message->has_opt = true;
    message->rcode_high = (uint16_t)(ttl >> 24 << 4);
    while (reader->at < end) {
        uint16_t code, length;
        if (!read_u16(reader, &code) || !read_u16(reader, &length) || reader->at > end ||
            end - reader->at < length) {
            return false;
        }
        reader->at += length;
    }
    return true;
}

// What a CNAME leads to, as its data.
static bool read_target(struct message *message, size_t end, struct record *record)
{
    struct wire_name target;
    if (!read_name(&message->reader, &target) || message->reader.at != end) {
        return false;
    }
    record->data = keep_bytes(message->arena, target.bytes, target.size);
    record->data_size = target.size;
    return true;
}

// A record of the answer section, up to `end`.
static bool keep_record(struct message *message, const struct wire_name *owner,
                        struct record record, size_t end)
{
    struct reader *reader = &message->reader;
    if (record.type == TYPE_CNAME) {
        if (!read_target(message, end, &record)) {
            return false;
        }
    } else if (record.type == DNS_TYPE_A || record.type == DNS_TYPE_AAAA) {
        record.data = reader->bytes + reader->at;
        record.data_size = end - reader->at;
        if (record.data_size != (record.type == DNS_TYPE_A ? 4 : 16)) {
            return false;
        }
    } else {
        return true;
    }
    record.owner = keep_bytes(message->arena, owner->bytes, owner->size);
    record.owner_size = owner->size;
    vec_push(message->arena, &message->records, record);
    return true;
}

// RFC 2181, 8: a number with its highest bit set is none.
static uint32_t sane_ttl(uint32_t ttl)
{
    return ttl > INT32_MAX ? 0 : ttl > DNS_TTL_MAX ? DNS_TTL_MAX : ttl;
}

static bool read_record(struct message *message, enum section section)
{
    struct reader *reader = &message->reader;
    struct wire_name owner;
    uint16_t type, class, size;
    uint32_t ttl;
    if (!read_name(reader, &owner) || !read_u16(reader, &type) || !read_u16(reader, &class) ||
        !read_u32(reader, &ttl) || !read_u16(reader, &size) || reader->size - reader->at < size) {
        return false;
    }
    size_t end = reader->at + size;
    if (type == TYPE_OPT) {
        if (section != ADDITIONAL || !read_opt(message, &owner, ttl, end)) {
            return false;
        }
    } else if (section == ANSWER && class == CLASS_IN) {
        struct record record = {.type = type, .ttl = sane_ttl(ttl)};
        if (!keep_record(message, &owner, record, end)) {
            return false;
        }
    }
    reader->at = end;
    return true;
}

// All of them, and nothing behind them.
static bool read_records(struct message *message, const struct header *header)
{
    for (unsigned section = ANSWER; section <= ADDITIONAL; section++) {
        for (unsigned i = 0; i < header->counts[section]; i++) {
            if (!read_record(message, section)) {
                return false;
            }
        }
    }
    return message->reader.at == message->reader.size;
}

// ---- the chain -------------------------------------------------------------------------------------------------------

static bool same_name(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size)
{
    return a_size == b_size && memcmp(a, b, a_size) == 0;
}

// The CNAME of a name; NULL for none. False when it says two things at once: two targets, or addresses of its own.
static bool find_cname(const struct records *records, const uint8_t *name, size_t size,
                       const struct record **ret)
{
    bool has_addresses = false;
    *ret = NULL;
    for (size_t i = 0; i < records->count; i++) {
        const struct record *record = &records->items[i];
        if (!same_name(record->owner, record->owner_size, name, size)) {
            continue;
        }
        if (record->type != TYPE_CNAME) {
            has_addresses = true;
        } else if (*ret == NULL) {
            *ret = record;
        } else if (!same_name((*ret)->data, (*ret)->data_size, record->data, record->data_size)) {
            return false;
        }
    }
    return *ret == NULL || !has_addresses;
}

// RFC 2181, 5.2: records of one name and type that differ in their time to live have the least of them.
static uint32_t least_ttl(const struct records *records, const uint8_t *name, size_t size,
                          uint16_t type, uint32_t ttl)
{
    for (size_t i = 0; i < records->count; i++) {
        const struct record *record = &records->items[i];
        if (record->type == type && record->ttl < ttl &&
            same_name(record->owner, record->owner_size, name, size)) {
            ttl = record->ttl;
        }
    }
    return ttl;
}

static int compare_addresses(const void *a, const void *b)
{
    return ip_addr_compare(((const struct dns_address *)a)->addr,
                           ((const struct dns_address *)b)->addr);
}

static void take_addresses(const struct message *message, const uint8_t *name, size_t size,
                           uint32_t ttl, struct dns_answer *ret)
{
    size_t kept = 0;
    for (size_t i = 0; i < message->records.count; i++) {
        const struct record *record = &message->records.items[i];
        if (record->type == ret->qtype &&
            same_name(record->owner, record->owner_size, name, size)) {
            struct dns_address *address = vec_add(message->arena, &ret->addresses);
            address->ttl = ttl;
            address->addr.family = ret->qtype == DNS_TYPE_A ? IP_V4 : IP_V6;
            memcpy(address->addr.bytes, record->data, record->data_size);
        }
    }
    vec_sort(&ret->addresses, compare_addresses);
    for (size_t i = 0; i < ret->addresses.count; i++) {
        const struct dns_address *items = ret->addresses.items;
        if (i == 0 || compare_addresses(&items[kept - 1], &items[i]) != 0) {
            ret->addresses.items[kept++] = items[i];
        }
    }
    ret->addresses.count = kept;
}

// From the question along the CNAMEs to the addresses. A loop is a chain that is too long.
static bool follow_chain(const struct message *message, const struct wire_name *question,
                         struct dns_answer *ret)
{
    const uint8_t *name = question->bytes;
    size_t size = question->size;
    uint32_t ttl = DNS_TTL_MAX;
    const struct record *cname;
    for (int links = 0; links <= DNS_CHAIN_MAX; links++) {
        if (!find_cname(&message->records, name, size, &cname)) {
            return false;
        }
        if (cname == NULL) {
            ttl = least_ttl(&message->records, name, size, ret->qtype, ttl);
            take_addresses(message, name, size, ttl, ret);
            return true;
        }
        ttl = least_ttl(&message->records, name, size, TYPE_CNAME, ttl);
        name = cname->data;
        size = cname->data_size;
        const char *text = name_text(message->arena, name, size);
        if (text != NULL) {
            vec_push(message->arena, &ret->names, text);
        }
    }
    return false;
}

// ---- both directions -------------------------------------------------------------------------------------------------

enum dns_status dns_parse_answer(struct arena *arena, const uint8_t *bytes, size_t size,
                                 struct dns_answer *ret)
{
    struct message message = {.arena = arena, .reader = {bytes, size, 0}};
    struct header header;
    struct wire_name name;
    struct dns_query query;
    enum dns_status status = read_question(arena, &message.reader, true, &header, &name, &query);
    if (status != DNS_FINE) {
        return status;
    }
    *ret = (struct dns_answer){
        .id = query.id,
        .truncated = (header.flags & FLAG_TRUNCATED) != 0,
        .qtype = query.qtype,
        .question = query.question,
    };
    vec_push(arena, &ret->names, query.question);
    if (!read_records(&message, &header) || !follow_chain(&message, &name, ret)) {
        return DNS_MALFORMED;
    }
    ret->rcode = (uint16_t)((header.flags & MASK_RCODE) | message.rcode_high);
    return DNS_FINE;
}

enum dns_status dns_parse_query(struct arena *arena, const uint8_t *bytes, size_t size,
                                struct dns_query *ret)
{
    struct message message = {.arena = arena, .reader = {bytes, size, 0}};
    struct header header;
    struct wire_name name;
    enum dns_status status = read_question(arena, &message.reader, false, &header, &name, ret);
    if (status == DNS_FINE && !read_records(&message, &header)) {
        return DNS_MALFORMED;
    }
    return status;
}
