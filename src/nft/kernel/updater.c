// SPDX-License-Identifier: GPL-2.0-or-later
// Addresses -> domain sets, again and again over one socket. What the sets hold is asked of the kernel each time, in one
// datagram for many addresses, since packets of time and other programs change it; what follows from the answer holds only at the
// generation id that came with it, so that nobody's longer time is cut. Kernel facts:
//   - adding an element that is there changes nothing before 6.12, and from then on sets its time-out, be it shorter;
//   - add, delete and add in one transaction sets it everywhere. The first makes sure that there is something to delete: the
//     element may expire at any moment. Packets see the old element until the transaction is done, and then the new one;
//   - a question for an element that is not there is answered with ENOENT, as one for a set that is not there;
//   - a datagram is worked off before sendmsg returns, and a socket with room for 200 kB takes the answers to 32 questions;
//   - a set that is full refuses the whole transaction with ENFILE, but for elements that are there.
#include "domains.h"
#include "encode.h"
#include "send.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <sys/socket.h>

enum {
    ATTEMPTS = 10,      // to write at the generation id that was read
    QUESTIONS_MAX = 32, // in one datagram
    SLACK_MS = 50,      // a time-out that is to move by less stays
    BATCH_BYTES = 1024 * 1024,
};

// A list of names: its sets.
struct list {
    const char *sets[2]; // of IPv4, of IPv6
};

// An address that is to be put.
struct put {
    struct nft_domain_element element;
    bool living; // it is there
    bool done;   // it needs nothing
};

struct nft_updater {
    const char *table;
    struct netlink netlink;
    struct batch batch;
    uint8_t renewal;       // enum updater_renewal
    struct arena *scratch; // of one call
    struct arena_mark start;
    struct arena *names; // of the lists
    struct list *lists;
    size_t list_count;
    // Of the call at hand:
    struct put *puts; // by list, then address
    size_t put_count;
    uint32_t generation_id;
};

// Enough for the addresses of one call, and the names of all lists.
#define SCRATCH_MAX ((size_t)1 << 30)

static const char *set_of(const struct nft_updater *updater, const struct put *put)
{
    const struct list *list = &updater->lists[put->element.set];
    return list->sets[put->element.addr.family == IP_V6];
}

// ---- what is there ----------------------------------------------------------------------------------------------

static void ask(struct nft_updater *updater, const struct put *put)
{
    struct encoder encoder = {.batch = &updater->batch, .table = updater->table};
    struct elements question = {
        .encoder = &encoder, .set = set_of(updater, put), .verb = ELEMENTS_ASK};
    elements_put_address(&question, put->element.addr, NULL);
    elements_end(&question);
}

static void ask_generation(struct nft_updater *updater)
{
    struct origin origin = {.kind = ORIGIN_BATCH};
    batch_finish(&updater->batch, batch_start(&updater->batch, NFT_MSG_GETGEN, 0, origin));
}

// A time that moves by less is not worth a transaction.
static bool is_near(uint64_t left, uint64_t wanted)
{
    uint64_t slack = wanted / 64 > SLACK_MS ? wanted / 64 : SLACK_MS;
    return left >= wanted || wanted - left <= slack;
}

static void take_living(struct put *put, const struct nlmsghdr *reply)
{
    const struct nlattr *attrs[NFTA_SET_ELEM_LIST_MAX + 1];
    struct nft_domain_element living;
    netlink_attributes(reply, attrs, NFTA_SET_ELEM_LIST_MAX);
    const struct nlattr *list = attrs[NFTA_SET_ELEM_LIST_ELEMENTS];
    const struct nlattr *element = list != NULL ? netlink_first(list, NFTA_LIST_ELEM) : NULL;
    if (element != NULL && domain_element(element, put->element.addr.family, &living)) {
        put->living = true;
        put->done = is_near(living.left_ms, put->element.left_ms);
    }
}

// The messages of the datagram ask for the generation id, if that is the first one, and then for one address each.
static int take_answer(struct nft_updater *updater, size_t first, const struct nlmsghdr *reply)
{
    if (reply->nlmsg_type == NLMSG_ERROR) {
        bool whole = mnl_nlmsg_get_payload_len(reply) >= sizeof(struct nlmsgerr);
        int error =
            whole ? ((const struct nlmsgerr *)mnl_nlmsg_get_payload(reply))->error : -EBADMSG;
        return error == -ENOENT ? 0 : error;
    }
    size_t index = first + reply->nlmsg_seq - (first == 0 ? 2 : 1);
    if (first == 0 && reply->nlmsg_seq == 1) {
        netlink_take_generation(reply, &updater->generation_id);
    } else if (index < updater->put_count) {
        take_living(&updater->puts[index], reply);
    }
    return 0;
}

static int take_answers(struct nft_updater *updater, size_t first)
{
    struct netlink *netlink = &updater->netlink;
    for (;;) {
        ssize_t size = recv(netlink->fd, netlink->buffer, NETLINK_BUFFER, MSG_DONTWAIT);
        if (size < 0 && errno != EINTR) {
            return errno == EAGAIN ? 0 : -errno;
        }
        const struct nlmsghdr *reply = (const struct nlmsghdr *)(const void *)netlink->buffer;
        for (int left = (int)size; size > 0 && netlink_message_ok(reply, left);
             reply = mnl_nlmsg_next(reply, &left)) {
            int error = take_answer(updater, first, reply);
            if (error != 0) {
                return error;
            }
        }
    }
}

// What is there of all that is to be put. 0 or a negative errno value.
static int look(struct nft_updater *updater)
{
    size_t end;
    int error = 0;
    for (size_t first = 0; error == 0 && first < updater->put_count; first = end) {
        end =
            first + QUESTIONS_MAX < updater->put_count ? first + QUESTIONS_MAX : updater->put_count;
        batch_clear(&updater->batch);
        if (first == 0) {
            ask_generation(updater);
        }
        for (size_t i = first; i < end; i++) {
            updater->puts[i].living = updater->puts[i].done = false;
            ask(updater, &updater->puts[i]);
        }
        error = batch_put_on_wire(&updater->netlink, &updater->batch);
        if (error == 0) {
            error = take_answers(updater, first);
        }
    }
    return error;
}

// ---- what is sent -----------------------------------------------------------------------------------------------

enum pass { PASS_PLAIN, PASS_REMOVE, PASS_TIMED };

static bool takes_part(const struct nft_updater *updater, const struct put *put, enum pass pass)
{
    return !put->done && (pass == PASS_TIMED || (put->living && updater->renewal == RENEWAL_ANEW));
}

// One kind of message for puts `first` to end - 1.
static void put_pass(struct nft_updater *updater, size_t first, size_t end, enum pass pass)
{
    struct encoder encoder = {.batch = &updater->batch, .table = updater->table};
    struct elements elements = {.encoder = &encoder,
                                .verb = pass == PASS_REMOVE ? ELEMENTS_REMOVE : ELEMENTS_ADD};
    for (size_t i = first; i < end; i++) {
        const struct put *put = &updater->puts[i];
        if (!takes_part(updater, put, pass)) {
            continue;
        }
        if (elements.set != set_of(updater, put)) {
            elements_end(&elements);
            elements.set = set_of(updater, put);
        }
        elements_put_address(&elements, put->element.addr,
                             pass == PASS_TIMED ? &put->element.left_ms : NULL);
    }
    elements_end(&elements);
}

// The transaction for some of the puts. With a generation id of 0 it holds at any.
static enum nft_status send_puts(struct nft_updater *updater, size_t first, size_t end,
                                 uint32_t generation_id, struct nft_failure *reterr)
{
    batch_clear(&updater->batch);
    batch_open(&updater->batch, generation_id);
    if (updater->renewal == RENEWAL_ANEW) {
        put_pass(updater, first, end, PASS_PLAIN);
        put_pass(updater, first, end, PASS_REMOVE);
    }
    put_pass(updater, first, end, PASS_TIMED);
    batch_close(&updater->batch);
    *reterr = (struct nft_failure){.error = 0};
    return batch_send_over(&updater->netlink, updater->scratch, &updater->batch,
                           updater->generation_id, reterr);
}

static bool is_full(enum nft_status status, const struct nft_failure *failure)
{
    return status == NFT_REFUSED && failure->error == ENFILE;
}

// As many as fit of the puts of one set, the first ones: half of what was refused, then half of the rest. What is renewed has
// room, and stands with the others.
static enum nft_status send_what_fits(struct nft_updater *updater, size_t first, size_t end,
                                      struct nft_failure *reterr)
{
    size_t step = end - first;
    enum nft_status status = NFT_DONE;
    while (first < end && step > 0) {
        size_t to = first + step < end ? first + step : end;
        struct nft_failure failure;
        status = send_puts(updater, first, to, 0, &failure);
        if (status != NFT_DONE) {
            *reterr = failure;
        }
        if (status != NFT_DONE && !is_full(status, &failure)) {
            return status;
        }
        if (status == NFT_DONE) {
            first = to;
        } else {
            step /= 2;
        }
    }
    return first == end ? NFT_DONE : NFT_REFUSED;
}

static int compare_living(const void *a, const void *b)
{
    const struct put *left = a, *right = b;
    return right->living - left->living;
}

// One transaction for each set, since one of them is full: those that have room are not to wait for it.
static enum nft_status send_by_set(struct nft_updater *updater, struct nft_failure *reterr)
{
    enum nft_status worst = NFT_DONE;
    size_t end;
    for (size_t first = 0; first < updater->put_count; first = end) {
        const char *set = set_of(updater, &updater->puts[first]);
        for (end = first + 1;
             end < updater->put_count && set_of(updater, &updater->puts[end]) == set;) {
            end++;
        }
        qsort(updater->puts + first, end - first, sizeof *updater->puts, compare_living);
        struct nft_failure failure = {.error = 0};
        enum nft_status status = send_what_fits(updater, first, end, &failure);
        if (status != NFT_DONE) {
            worst = status;
            *reterr = failure;
        }
        if (status != NFT_DONE && status != NFT_REFUSED) {
            return status;
        }
    }
    return worst;
}

// ---- all of it --------------------------------------------------------------------------------------------------

static int compare_puts(const void *a, const void *b)
{
    const struct put *left = a, *right = b;
    int order = domain_element_compare(&left->element, &right->element);
    return order != 0 ? order
                      : (left->element.left_ms < right->element.left_ms) -
                            (left->element.left_ms > right->element.left_ms);
}

static void collect(struct nft_updater *updater, const struct nft_domain_elements *elements)
{
    size_t count = 0;
    updater->puts = arena_array_of(updater->scratch, struct put, elements->count);
    for (size_t i = 0; i < elements->count; i++) {
        struct nft_domain_element element = elements->items[i];
        if (element.left_ms > ADDRESS_MS_MAX) {
            element.left_ms = ADDRESS_MS_MAX;
        }
        if (element.left_ms > 0 && element.set < updater->list_count) {
            updater->puts[count++].element = element;
        }
    }
    if (count > 1) {
        qsort(updater->puts, count, sizeof *updater->puts, compare_puts);
    }
    updater->put_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct put *last = updater->put_count > 0 ? &updater->puts[updater->put_count - 1] : NULL;
        if (last == NULL ||
            domain_element_compare(&last->element, &updater->puts[i].element) != 0) {
            updater->puts[updater->put_count++] = updater->puts[i];
        }
    }
}

struct rest {
    bool renews;  // some of what is left to do is there already
    bool settled; // some needs nothing
};

// Takes out what needs nothing.
static struct rest keep_undone(struct nft_updater *updater)
{
    struct rest rest = {false, false};
    size_t kept = 0;
    for (size_t i = 0; i < updater->put_count; i++) {
        if (updater->puts[i].done) {
            rest.settled = true;
        } else {
            rest.renews |= updater->puts[i].living;
            updater->puts[kept++] = updater->puts[i];
        }
    }
    updater->put_count = kept;
    return rest;
}

// What renewing in place has come to.
static void learn_renewal(struct nft_updater *updater, struct rest rest)
{
    if (rest.renews) {
        updater->renewal = RENEWAL_ANEW;
    } else if (rest.settled) {
        updater->renewal = RENEWAL_IN_PLACE;
    }
}

static enum nft_status put_once(struct nft_updater *updater, uint32_t generation_id,
                                struct nft_failure *reterr)
{
    enum nft_status status = send_puts(updater, 0, updater->put_count, generation_id, reterr);
    return is_full(status, reterr) ? send_by_set(updater, reterr) : status;
}

// Whether the same may come out otherwise when it is done once more: somebody else came before, or an element expired
// between a question for it and its removal.
static bool may_be_repeated(const struct nft_updater *updater, enum nft_status status,
                            const struct nft_failure *failure)
{
    bool gone = status == NFT_REFUSED && failure->error == ENOENT;
    return status == NFT_STALE || (gone && updater->renewal == RENEWAL_ANEW);
}

enum nft_status nft_updater_put(struct nft_updater *updater,
                                const struct nft_domain_elements *elements,
                                struct nft_failure *reterr)
{
    enum nft_status status = NFT_DONE;
    bool tried =
        false; // to renew in place, by a kernel that has not shown yet whether it knows how
    arena_rewind(updater->scratch, updater->start);
    collect(updater, elements);
    for (int i = 0; i < ATTEMPTS; i++) {
        int error = look(updater);
        if (error < 0) {
            return netlink_failure(&updater->netlink, updater->scratch, error,
                                   "reading the domain sets", reterr);
        }
        struct rest rest = keep_undone(updater);
        if (tried) {
            learn_renewal(updater, rest);
        }
        if (updater->put_count == 0) {
            return NFT_DONE;
        }
        status = put_once(updater, i + 1 < ATTEMPTS ? updater->generation_id : 0, reterr);
        tried = status == NFT_DONE && rest.renews && updater->renewal == RENEWAL_UNKNOWN;
        if (!tried && !may_be_repeated(updater, status, reterr)) {
            break;
        }
    }
    return status == NFT_REFUSED && reterr->error == ENOENT ? NFT_STALE : status;
}

// ---- its life ---------------------------------------------------------------------------------------------------

enum nft_status nft_updater_open(struct arena *arena, const char *table,
                                 struct nft_updater **ret_updater, struct nft_failure *reterr)
{
    struct nft_updater *updater = arena_new_of(arena, struct nft_updater);
    int error = batch_socket(&updater->netlink, arena, BATCH_BYTES);
    if (error < 0) {
        *ret_updater = NULL;
        return netlink_failure(&updater->netlink, arena, error, "netlink socket", reterr);
    }
    updater->table = arena_strdup(arena, table);
    updater->scratch = arena_new(SCRATCH_MAX);
    updater->start = arena_mark(updater->scratch);
    *ret_updater = updater;
    return NFT_DONE;
}

void nft_updater_close(struct nft_updater *updater)
{
    if (updater != NULL) {
        netlink_close(&updater->netlink);
        batch_free(&updater->batch);
        arena_free(updater->names);
        arena_free(updater->scratch);
    }
}

void nft_updater_set_lists(struct nft_updater *updater, const char *const *names, size_t count)
{
    arena_free(updater->names);
    updater->names = arena_new(SCRATCH_MAX);
    updater->lists = arena_array_of(updater->names, struct list, count);
    updater->list_count = count;
    for (size_t i = 0; i < count; i++) {
        updater->lists[i].sets[0] = nft_domain_set_name(updater->names, names[i], IP_V4);
        updater->lists[i].sets[1] = nft_domain_set_name(updater->names, names[i], IP_V6);
    }
}

void updater_set_renewal(struct nft_updater *updater, enum updater_renewal renewal)
{
    updater->renewal = (uint8_t)renewal;
}
