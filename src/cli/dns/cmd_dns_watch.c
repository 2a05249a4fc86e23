// SPDX-License-Identifier: GPL-2.0-or-later
// polc dns watch: as long as it runs, what DNS servers answer to those on this host goes into the sets of domain rules.
// Nothing depends on it: what it has put stays until its time is over, and what it knew stands in the store.
#include "watch.h"
#include "watch_pace.h"
#include "watch_user.h"

#include "dns_paths.h"
#include "dns_verbs.h"

#include <errno.h>
#include <polc/base/file.h>
#include <polc/change.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>

enum {
    LOOK_MS = 1000, // between two looks at what is loaded
    STALE_MS =
        50, // when a set is gone, since apply is at work or has been; twice as long each time
};

struct watcher {
    struct run *run;
    struct watch_rules rules;
    struct watch_learner learner;
    struct watch_listener *listener;
    struct watch_capture
        *capture; // NULL: there was no reason to listen yet, or another process does
    uint16_t group;
    int signals;
    uint64_t looked; // when
    uint64_t stale;  // a set was gone: ms until the next look; 0: no
    bool ending;
    uint64_t lost;       // packets that were said to be lost
    enum nft_status put; // of the packets at hand
    struct watch_pace pace;
    struct watch_nag losing, taken;
};

// ---- the log group --------------------------------------------------------------------------------------------

// Of the first attempt; later ones are repeated in silence.
static int complain_capture(struct run *run, uint16_t group, int error)
{
    const char *holder;
    switch (error) {
    case EBUSY:
        holder = watch_capture_holder(run->arena, group);
        complain("busy: log group %u is read by %s; a group has one reader", group,
                 holder != NULL ? holder : "another process");
        hint(
            "another number in the annotation polc.io/dns-log-group of FelixConfiguration \"default\", "
            "if that is not polc dns watch");
        return POLC_EXIT_BUSY;
    case EPERM:
        complain("log group %u needs CAP_NET_ADMIN, which this process has not", group);
        return POLC_EXIT_SYSTEM;
    default:
        complain("log group %u cannot be read: %s", group, strerror(error));
        hint("the kernel needs nfnetlink_log (CONFIG_NETFILTER_NETLINK_LOG)");
        return POLC_EXIT_SYSTEM;
    }
}

// Listens to the group that the rules name; without rules to the one of before. 0 or an errno.
static int open_capture(struct watcher *watcher)
{
    const struct domain_rules *rules = &watcher->rules.rules;
    if (watcher->rules.arena == NULL ||
        (watcher->capture != NULL && watcher->group == rules->log_group)) {
        return 0;
    }
    watch_capture_close(&watcher->capture);
    watcher->group = rules->log_group;
    watcher->lost = 0;
    return watch_capture_open(watcher->group, &watcher->capture);
}

// ---- what is loaded -------------------------------------------------------------------------------------------

static void say_state(const struct watcher *watcher)
{
    const struct watch_rules *rules = &watcher->rules;
    size_t lists = rules->rules.list_count;
    struct run *run = watcher->run;
    char text[256];
    if (rules->arena == NULL) {
        snprintf(text, sizeof text,
                 rules->table == 0 ? "nothing is loaded; waiting for polc apply"
                                   : "generation %u has no domain rules; waiting",
                 rules->generation);
    } else {
        snprintf(text, sizeof text,
                 "generation %u: %zu list%s of names, %zu DNS server%s, log group %u",
                 rules->generation, lists, plural(lists), rules->rules.servers.count,
                 plural(rules->rules.servers.count), rules->rules.log_group);
    }
    if (!run->options.quiet) {
        fprintf(stderr, "%s\n", text);
    }
    char status[300];
    snprintf(status, sizeof status, "STATUS=%s", text);
    watch_notify(status);
}

static void mark_stale(struct watcher *watcher)
{
    uint64_t twice = 2 * watcher->stale;
    watcher->stale = twice == 0 ? STALE_MS : twice < LOOK_MS ? twice : LOOK_MS;
}

// After another generation, or when sets were gone. The listener, the log group, the sets.
static void take_rules(struct watcher *watcher)
{
    const struct ip_ports *servers = &watcher->rules.rules.servers;
    watch_listener_trust(watcher->listener, servers->items, servers->count);
    if (watch_learner_refill(&watcher->learner) == NFT_STALE) {
        mark_stale(watcher);
    } else {
        watcher->stale = 0;
    }
}

// An exit code; not 0 is one to end with.
static int look(struct watcher *watcher)
{
    int code = POLC_EXIT_OK;
    watcher->looked = change_now();
    watcher->rules.due |= watcher->stale != 0;
    enum watch_look look = watch_rules_look(watcher->run, &watcher->rules, &code);
    int error = open_capture(watcher);
    if (error != 0) {
        watch_nag(&watcher->taken, "log group %u cannot be read: %s; trying again every second",
                  watcher->group, error == EBUSY ? "another process has it" : strerror(error));
    }
    if (look == WATCH_AGAIN || look == WATCH_CHANGED) {
        take_rules(watcher);
    }
    if (look == WATCH_CHANGED) {
        say_state(watcher);
    }
    return code;
}

// ---- packets --------------------------------------------------------------------------------------------------

// What went wrong stands in watcher->put.
static void put(struct watcher *watcher)
{
    enum nft_status status = watch_learner_put(&watcher->learner);
    watcher->put = status != NFT_DONE ? status : watcher->put;
}

static void take_copy(const struct watch_copy *copy, void *context)
{
    struct watcher *watcher = context;
    watch_listener_take(watcher->listener, copy, change_now(), watch_learner_hear,
                        &watcher->learner);
    if (watch_learner_is_full(&watcher->learner)) {
        put(watcher);
        watch_pace_keep(&watcher->pace);
    }
}

static void say_lost(struct watcher *watcher)
{
    uint64_t lost = watch_capture_lost(watcher->capture);
    if (lost > watcher->lost) {
        watch_nag(&watcher->losing,
                  "the kernel had to leave out %llu packets: more came than could be read",
                  (unsigned long long)(lost - watcher->lost));
        watcher->lost = lost;
    }
}

static int read_packets(struct watcher *watcher)
{
    struct run *run = watcher->run;
    watcher->put = NFT_DONE;
    int error = watch_capture_read(watcher->capture, take_copy, watcher);
    if (error != 0 && error != ENOBUFS) {
        return complain_capture(run, watcher->group, error);
    }
    put(watcher);
    say_lost(watcher);
    if (watcher->put == NFT_STALE) {
        mark_stale(watcher);
    } else if (watcher->put != NFT_DONE) {
        return report_failure(run, watcher->put, &(struct nft_failure){0});
    }
    return ferror(stdout) ? POLC_EXIT_SYSTEM : POLC_EXIT_OK;
}

// ---- the loop -------------------------------------------------------------------------------------------------

static void take_signals(struct watcher *watcher)
{
    struct signalfd_siginfo signal;
    while (read(watcher->signals, &signal, sizeof signal) == (ssize_t)sizeof signal) {
        if (signal.ssi_signo == SIGHUP) {
            watcher->rules.due = true;
            watcher->looked = 0;
        } else {
            watcher->ending = true;
        }
    }
}

static uint64_t until_next_look(const struct watcher *watcher)
{
    uint64_t interval = watcher->stale != 0 ? watcher->stale : LOOK_MS;
    uint64_t passed = change_now() - watcher->looked;
    return passed < interval ? interval - passed : 0;
}

static int go_on(struct watcher *watcher)
{
    int code = POLC_EXIT_OK;
    while (code == POLC_EXIT_OK && !watcher->ending) {
        int capture = watcher->capture != NULL ? watch_capture_fd(watcher->capture) : -1;
        struct pollfd fds[] = {{.fd = watcher->signals, .events = POLLIN},
                               {.fd = capture, .events = POLLIN}};
        poll(fds, ARRAY_COUNT(fds), (int)until_next_look(watcher));
        if (fds[0].revents != 0) {
            take_signals(watcher);
        }
        if (capture >= 0 && fds[1].revents != 0) {
            code = read_packets(watcher);
        }
        watch_pace_keep(&watcher->pace);
        if (code == POLC_EXIT_OK && until_next_look(watcher) == 0) {
            code = look(watcher);
            watch_notify("WATCHDOG=1");
        }
    }
    return code;
}

// ---- begin and end --------------------------------------------------------------------------------------------

static void say_end(const struct watcher *watcher)
{
    const struct watch_counts *counts = watch_listener_counts(watcher->listener);
    if (watcher->run->options.quiet) {
        return;
    }
    fprintf(stderr, "heard");
    for (int i = 0; i < WATCH_OUTCOMES; i++) {
        if (counts->of[i] > 0 || i == WATCH_ANSWER) {
            fprintf(stderr, "%s %llu %s", i > WATCH_ANSWER ? "," : "",
                    (unsigned long long)counts->of[i], watch_outcome_words[i]);
        }
    }
    fprintf(stderr, "; %llu addresses were for domain rules\n",
            (unsigned long long)watcher->learner.learned);
}

static int block_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

// What cannot be listened to at the beginning is a reason not to begin.
static int begin(struct watcher *watcher)
{
    struct run *run = watcher->run;
    int code = POLC_EXIT_OK;
    if (watch_rules_look(run, &watcher->rules, &code) == WATCH_GONE_WRONG) {
        return code;
    }
    int error = open_capture(watcher);
    if (error != 0) {
        return complain_capture(run, watcher->group, error);
    }
    code = watch_learner_open(run, &watcher->rules, &watcher->learner);
    if (code == POLC_EXIT_OK) {
        watcher->looked = change_now();
        take_rules(watcher);
        say_state(watcher);
    }
    return code;
}

int cmd_dns_watch(struct run *run)
{
    struct watcher *watcher = arena_new_of(run->arena, struct watcher);
    *watcher = (struct watcher){.run = run, .signals = -1, .learner.store.fd = -1};
    watch_pace_begin(&watcher->pace);
    int code = watch_user_become(run, run->options.user, dns_path(run, DNS_STORE_OBSERVED));
    if (code != POLC_EXIT_OK) {
        return code;
    }
    watcher->signals = block_signals();
    watcher->listener = watch_listener_new(run->arena);
    code = begin(watcher);
    if (code == POLC_EXIT_OK) {
        watch_notify("READY=1");
        code = go_on(watcher);
        watch_notify("STOPPING=1");
        say_end(watcher);
    }
    watch_learner_close(&watcher->learner);
    watch_capture_close(&watcher->capture);
    watch_listener_free(watcher->listener);
    watch_rules_free(&watcher->rules);
    close_fd(&watcher->signals);
    return code;
}
