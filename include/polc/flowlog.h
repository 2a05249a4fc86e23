// SPDX-License-Identifier: GPL-2.0-or-later
// Module flowlog: records of flows with the fields of Calico's flow logs (semantics.md 9.2): read, named, judged,
// aggregated, filtered, counted and written. Where they come from, and how they look to a person, is not its business.
#pragma once

#include <polc/flow.h>

struct dns_book; // of dns

// ---- names (names.c) --------------------------------------------------------------------------------------------

// What a plan calls addresses. Lives on the arena; reads the plan, which must outlive it.
struct flowlog_names;
// `plan` NULL: one without endpoints and network sets.
struct flowlog_names *flowlog_names_new(struct arena *arena, const struct plan *plan);

// Absent parts are "-".
struct flowlog_name {
    const char *type; // "wep", "hep", "ns" (a network set), "net"
    const char *ns, *name;
    const char *aggregate; // of pods of one kind, of a node, "pvt" or "pub"
};
// `other_ns` is the namespace of the other end of the flow, whose network sets go before global ones; NULL: none.
struct flowlog_name flowlog_name_address(const struct flowlog_names *names, struct ip_addr addr,
                                         const char *other_ns);
// The same for an address that was reached by names: the set with one of these as a domain goes before what nobody has.
struct flowlog_name flowlog_name_reached(const struct flowlog_names *names, struct ip_addr addr,
                                         const struct flow_strings *domains, const char *other_ns);
// What is "pvt" when nobody has it: RFC 1918, and nothing of IPv6.
const struct cidr *flowlog_private_nets(size_t *ret_count);
// The service that has this backend; "*" for both names when several have it, NULL when none has. `port` in host byte order.
struct flowlog_service {
    const char *ns, *name;
};
struct flowlog_service flowlog_find_service(const struct flowlog_names *names, struct ip_addr addr,
                                            uint8_t protocol, uint16_t port);
// The addresses of an endpoint by its namespace (NULL: a host endpoint) and its name, what logs aggregate it to, or
// "WEB-*", the first one whose name begins so. Returns how many; 0 when there is none.
size_t flowlog_find_addresses(struct flowlog_names *names, const char *ns, const char *name,
                              const struct ip_addr **ret);
// The same, and all that have the name: one endpoint, else those that are aggregated to it, else those whose names begin
// so. Only endpoints with an address. Never NULL.
struct flowlog_members {
    VEC_FIELDS(const struct plan_name_member *);
};
const struct flowlog_members *flowlog_find_members(struct flowlog_names *names, const char *ns,
                                                   const char *name);

// ---- records (fields.c) -----------------------------------------------------------------------------------------

#define FLOWLOG_UNKNOWN (-1) // a number that the record does not have

// Texts are unique by their pointers within one struct flowlog; NULL: the record does not have it.
struct flowlog_end {
    const char *ip, *name, *name_aggr, *ns, *type;
    int64_t port;
    struct flow_strings labels; // "key=value"
};

struct flowlog_record {
    int64_t start_time, end_time; // seconds since 1970
    const char *host, *action, *reporter, *proto;
    struct flowlog_end source, dest;
    const char *service_name, *service_ns, *service_port;
    struct flow_strings domains;
    int64_t icmp_type, icmp_code;
    const char *in_interface, *out_interface; // by which it came and left
    int64_t bytes_in, bytes_out, packets_in, packets_out;
    int64_t num_flows, num_flows_started, num_flows_completed;
    struct flow_strings original_source_ips;
    int64_t num_original_source_ips;
    struct flow_strings enforced, pending, all, transit; // policy traces
};

struct flowlog_records {
    VEC_FIELDS(struct flowlog_record);
};
extern const struct flowlog_record flowlog_unknown; // has nothing

// What a field holds, and so what may be asked of it.
enum flowlog_kind {
    FLOWLOG_TEXT,
    FLOWLOG_WORD,    // one of a few, in lower case: action, reporter, type, protocol
    FLOWLOG_ADDRESS, // text that is an address
    FLOWLOG_NUMBER,
    FLOWLOG_LIST,     // of texts
    FLOWLOG_TRACE,    // of entries of a policy trace
    FLOWLOG_POLICIES, // "policies": all four lists
};
enum flowlog_absent { FLOWLOG_OMIT, FLOWLOG_NULL, FLOWLOG_DASH };

struct flowlog_field {
    const char *name; // "dest_port", "policies.all_policies"
    uint8_t kind;     // enum flowlog_kind
    uint8_t absent;   // enum flowlog_absent: what stands in JSON when the record does not have it
    bool key;         // tells flows apart when they are put together
    uint32_t offset;  // in struct flowlog_record
    int64_t max;      // of a number
    const char *outer,
        *inner; // in JSON: the object that it is in, and its name there; NULL: at the top
};
extern const struct flowlog_field flowlog_fields[];
extern const size_t flowlog_field_count;
// NULL when there is none; then *ret_best is the nearest name, or NULL.
const struct flowlog_field *flowlog_field_find(const char *name, size_t length,
                                               const char **ret_best);

// A field of a record, as texts; none when the record does not have it. Of "policies" all_policies, else
// enforced_policies.
enum { FLOWLOG_BUFFER = 24 };
struct flowlog_value {
    const char *const *items;
    size_t count;
    const char *text; // when it is one: `items` points here
    char buffer[FLOWLOG_BUFFER];
};
void flowlog_value_get(const struct flowlog_field *field, const struct flowlog_record *record,
                       struct flowlog_value *ret);
// The list of a field that is one.
const struct flow_strings *flowlog_list(const struct flowlog_field *field,
                                        const struct flowlog_record *record);
int64_t flowlog_number(const struct flowlog_field *field, const struct flowlog_record *record);
const char *flowlog_text(const struct flowlog_field *field, const struct flowlog_record *record);

// ---- JSON (read.c, write.c) -------------------------------------------------------------------------------------

// What is wrong with a text: a place in it.
struct flow_record_error {
    size_t offset, length; // bytes
    const char *message;   // on the arena
    const char *hint;      // or NULL
};

struct flowlog_reader;
// Texts of records live on the arena, each once.
struct flowlog_reader *flowlog_reader_new(struct arena *arena);
// One JSON object: a record, or one in "_source", as log stores export them. What a record may lack is FLOWLOG_UNKNOWN or
// NULL; names that are "-" are lacking. Fields that are not known are left out. `reterr` is a place in `text`.
bool flowlog_read(struct flowlog_reader *reader, const char *text, size_t size,
                  struct flowlog_record *ret, struct flow_record_error *reterr);

// Only the flow that the record is of: its addresses, or those of the endpoints of the plan that it names (of one family),
// protocol, ports (0 when it has none), ICMP type (an echo request when it has none), interfaces, and the names of its
// destination, which are on the arena of the reader.
bool flowlog_read_flow(struct flowlog_reader *reader, struct flowlog_names *names, const char *text,
                       size_t size, struct flow *ret, struct flow_record_error *reterr);

// One line.
void flowlog_write(const struct flowlog_record *record, FILE *out);

// ---- judging (judge.c) --------------------------------------------------------------------------------------------

// Who names and judges records; lives on the arena of the reader, which has the texts of records. `plan` NULL: ends are
// "pub" or "pvt". `scratch` is left as it was after each record.
struct flowlog_judge;
struct flowlog_judge *flowlog_judge_new(struct flowlog_reader *reader, struct arena *scratch,
                                        const struct plan *plan);

// What happened stays: records that have an action keep it, as that of their time, and only the traces are by the plan.
void flowlog_judge_keep_actions(struct flowlog_judge *judge);

// What is known of names, from then on; the judge keeps the book, not its texts. NULL: nothing.
void flowlog_judge_set_book(struct flowlog_judge *judge, const struct dns_book *book);

// Gives a record without domains, whose destination is an address that is not an endpoint's, the names that the address
// had while the flow went on, sorted; where it had none then, those nearest in time. flowlog_judge does that, too.
enum { FLOWLOG_DOMAINS_MAX = 16 }; // those that were learned last
void flowlog_judge_name_domains(const struct flowlog_judge *judge, struct flowlog_record *record);

// NULL without a plan.
const struct flow_evaluator *flowlog_judge_evaluator(const struct flowlog_judge *judge);

enum flowlog_judged {
    FLOWLOG_JUDGED,
    FLOWLOG_OTHERWISE, // judged, and the action that is kept is not what the plan says
    FLOWLOG_KEPT,      // no plan, or no end is an endpoint of it
    FLOWLOG_NO_FLOW,   // ends or protocol are not known
};
// Names the ends that have no name, and appends what the flow log would hold by the policies of the plan: one record for
// each side that reports, up to the one that denies. Of a record with a reporter only that one; if it was denied and is
// not any more, also those behind it. What cannot be judged is appended as it is. Counts of a record without a reporter
// are those of the source: what is sent is "out"; records of other reporters have them the other way around.
// Where actions are kept, no record is made of a record with a reporter but that one; a flow that was denied, and would
// not be, was denied by the last side.
enum flowlog_judged flowlog_judge(struct flowlog_judge *judge, const struct flowlog_record *record,
                                  struct flowlog_records *ret);

// The flow of a record, for who asks a plan about it: its addresses, or those that endpoints of its names have; the names
// of its destination are those of the record. False
// when an end, the protocol or the port is not known.
bool flowlog_find_flow(struct flowlog_names *names, const struct flowlog_record *record,
                       struct flow *ret);

// Whether staged policies would deny what is allowed.
bool flowlog_would_deny(const struct flowlog_record *record);

// ---- snapshots (snapshot.c, snapshot_codec.c) -------------------------------------------------------------------------

// What flows are told apart by in the kernel's flow table. Addresses and port are those behind DNAT, as policy saw them.
struct flowlog_key {
    struct ip_addr source, dest; // of one family
    uint8_t protocol;
    uint16_t port; // of the destination, host byte order; of ICMP type << 8 | code; else 0
    bool denied;
};

// An entry of the flow table.
struct flowlog_seen {
    struct flowlog_key key;
    uint64_t
        count; // of packets that began a connection, or were denied; only grows until the entry is forgotten
    uint64_t bytes; // of these packets
    int64_t time;   // of the last of them: seconds since 1970
};

// A connection that conntrack knows. Counts are 0 where conntrack does not count.
struct flowlog_connection {
    struct flowlog_key key;
    uint32_t id; // conntrack's
    uint16_t source_port;
    bool over; // only the entry is still there
    bool counted;
    uint64_t bytes_in, bytes_out, packets_in, packets_out; // out: what the source sends
};

// All that the kernel knows at one moment.
struct flowlog_snapshot {
    int64_t time; // seconds since 1970
    bool tracked; // conntrack could be read
    struct {
        VEC_FIELDS(struct flowlog_seen);
    } seen;
    struct {
        VEC_FIELDS(struct flowlog_connection);
    } connections;
};

// To be called once all is in it, before the others.
void flowlog_snapshot_sort(struct flowlog_snapshot *snapshot);
// Whether the flow table has such an entry.
bool flowlog_snapshot_has(const struct flowlog_snapshot *snapshot, const struct flowlog_key *key);
// Appends a record for each flow that has something new since `before` (NULL: since ever): connections that began or
// ended, bytes, packets that were denied. num_flows counts those that began, so that sums over records count each
// connection once. Oldest first.
void flowlog_since(struct flowlog_reader *reader, const struct flowlog_snapshot *before,
                   const struct flowlog_snapshot *now, struct flowlog_records *ret);

// Appends the snapshot as bytes.
void flowlog_snapshot_write(const struct flowlog_snapshot *snapshot, struct strbuf *out);
// Those bytes -> a snapshot on the arena. False when they are none.
bool flowlog_snapshot_read(struct arena *arena, const uint8_t *data, size_t size,
                           struct flowlog_snapshot *ret);

// What was recorded last, and to where: the end of a file is whole only up to what a ledger says.
struct flowlog_ledger {
    const char *boot_id; // counters end with the boot
    uint64_t namespace;  // of network
    uint64_t lost;       // what the flow table had no room for
    const char *path;    // absolute
    uint64_t device, inode;
    uint64_t offset, length; // bytes: where the file ended, and what was appended
    struct flowlog_snapshot snapshot;
};
// With a checksum. NULL, or in words why the bytes are no ledger.
void flowlog_ledger_write(const struct flowlog_ledger *ledger, struct strbuf *out);
const char *flowlog_ledger_read(struct arena *arena, const uint8_t *data, size_t size,
                                struct flowlog_ledger *ret);

// ---- aggregation (aggregate.c) ------------------------------------------------------------------------------------

enum { FLOWLOG_LEVEL_MAX = 3 };
// Level 0 changes nothing; 1 leaves out source ports, 2 also names (not what they aggregate to) and addresses, 3 also
// destination ports. Records that do not differ any more become one, in the order of the first of each; domains tell
// destinations apart.
struct flowlog_records flowlog_aggregate(struct arena *arena, const struct flowlog_records *records,
                                         int level);

// ---- filters (filter_parse.c, filter_match.c) ---------------------------------------------------------------------

// FIELD == VALUE, !=, <, <=, >, >=, in {VALUE, ...}, not in, contains; and, or, not (&&, ||, !) and parentheses; also as
// consoles of logs write it: FIELD = VALUE, FIELD: VALUE, FIELD: (VALUE or VALUE), policies:{ all_policies: VALUE }.
// In a value "*" stands for any text. What a record does not have is "-", and nothing else.
struct flowlog_filter;
// NULL: a mistake. An empty text matches everything. `ret_error` is a place in `text`; everything is on the arena.
const struct flowlog_filter *flowlog_filter_parse(struct arena *arena, const char *text,
                                                  struct flow_record_error *reterr);
// `filter` NULL matches everything.
bool flowlog_filter_matches(const struct flowlog_filter *filter,
                            const struct flowlog_record *record);

// ---- counting (count.c) -------------------------------------------------------------------------------------------

// Flows with one value of a field, among those of the parent.
struct flowlog_node {
    const char *text; // "-": records without the field
    uint64_t count;   // of flows: num_flows, or 1 for a record that does not say
    const struct flowlog_node *parent;
    struct {
        VEC_FIELDS(struct flowlog_node *);
    } children; // by the next field; most flows first, then by text
};
struct flowlog_nodes {
    VEC_FIELDS(const struct flowlog_node *);
};
// The root has all flows. A record with several values of a field counts under each, and once in the parent.
struct flowlog_node *flowlog_count(struct arena *arena, const struct flowlog_records *records,
                                   const struct flowlog_field *const *fields, size_t count);
// The nodes `depth` levels below the root: most flows first, then by their texts.
struct flowlog_nodes flowlog_level(struct arena *arena, const struct flowlog_node *root,
                                   size_t depth);
