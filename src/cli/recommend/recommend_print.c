// SPDX-License-Identifier: GPL-2.0-or-later
// Recommendations as YAML on stdout or in files, and on stderr what they rest on.
#include "recommend.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <polc/base/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char mark[] = "# polc recommend";
enum { LEFT_OUT_MAX = 20 };

static size_t rule_count(const struct recommend_policy *policy)
{
    return policy->rules[PLAN_IN].count + policy->rules[PLAN_OUT].count;
}

static const char *headline(const struct recommendation *all, const struct recommend_policy *policy)
{
    struct arena *arena = all->run->arena;
    const char *end = recommend_time_text(arena, recommend_end(all->recommend));
    size_t rules = rule_count(policy);
    return arena_printf(arena, "%s: %zu rule%s from %" PRIu64 " flow%s%s%s", policy->subject->text,
                        rules, plural(rules), policy->count, plural(policy->count),
                        end != NULL ? " until " : "", end != NULL ? end : "");
}

static const char *tier_text(const struct recommendation *all, bool hosts)
{
    struct arena *arena = all->run->arena;
    return arena_printf(arena, "%s: the tier of what it recommends\n%s", mark,
                        recommend_tier_yaml(arena, recommend_tier(all->recommend, hosts)));
}

static const char *policy_text(const struct recommendation *all,
                               const struct recommend_policy *policy)
{
    struct arena *arena = all->run->arena;
    return arena_printf(arena, "%s %s\n%s", mark, safe_text(arena, headline(all, policy)),
                        recommend_policy_yaml(arena, all->recommend, policy, false));
}

void recommend_print_yaml(const struct recommendation *all)
{
    const char *separator = "";
    for (int hosts = 0; hosts < 2; hosts++) {
        if (recommend_needs_tier(all, hosts)) {
            printf("%s%s", separator, tier_text(all, hosts));
            separator = "---\n";
        }
    }
    for (size_t i = 0; i < all->policies.count; i++) {
        printf("%s%s", separator, policy_text(all, &all->policies.items[i]));
        separator = "---\n";
    }
}

// ---- files ----------------------------------------------------------------------------------------------------------

// A file that somebody else wrote is not ours to replace. 0, EEXIST or another errno.
static int check_ours(const char *path)
{
    char begin[sizeof mark] = "";
    CLOSING int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return errno == ENOENT ? 0 : errno;
    }
    ssize_t size = read(fd, begin, sizeof mark - 1);
    bool ours = size == (ssize_t)sizeof mark - 1 && memcmp(begin, mark, sizeof mark - 1) == 0;
    return ours ? 0 : EEXIST;
}

static int write_file(const char *path, const char *next, const char *text)
{
    CLOSING int fd = open(next, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0) {
        return errno;
    }
    int error = write_all(fd, text, strlen(text));
    if (error == 0 && (fsync(fd) != 0 || rename(next, path) != 0)) {
        error = errno;
    }
    if (error != 0) {
        unlink(next);
    }
    return error;
}

static int put_file(const struct recommendation *all, const char *directory, const char *name,
                    const char *text)
{
    struct arena *arena = all->run->arena;
    const char *path = arena_printf(arena, "%s/%s.yaml", directory, name);
    // A name that polc does not read, should it be left behind.
    const char *next = arena_printf(arena, "%s/.%s.%d", directory, name, (int)getpid());
    int error = check_ours(path);
    if (error == EEXIST) {
        complain("%s was not written by polc recommend, and is left as it is", path);
        hint("move it away, or give another directory to --out");
        return POLC_EXIT_USAGE;
    }
    error = error == 0 ? write_file(path, next, text) : error;
    if (error != 0) {
        complain("%s cannot be written: %s", path, strerror(error));
        return POLC_EXIT_SYSTEM;
    }
    return POLC_EXIT_OK;
}

// "shop", "shop.web", "hostendpoint-isolation.web-01"
static const char *file_name(struct arena *arena, const struct recommend_policy *policy)
{
    const struct recommend_subject *subject = policy->subject;
    if (subject->ns == NULL) {
        return policy->name;
    }
    return strcmp(subject->ns, subject->name) == 0
               ? subject->ns
               : arena_printf(arena, "%s.%s", subject->ns, subject->name);
}

int recommend_write_files(const struct recommendation *all, const char *directory)
{
    int code = POLC_EXIT_OK;
    size_t count = 0;
    if (mkdir(directory, 0755) != 0 && errno != EEXIST) {
        complain("%s cannot be made: %s", directory, strerror(errno));
        return POLC_EXIT_SYSTEM;
    }
    for (int hosts = 0; hosts < 2 && code == POLC_EXIT_OK; hosts++) {
        if (recommend_needs_tier(all, hosts)) {
            code = put_file(all, directory, recommend_tier(all->recommend, hosts)->name,
                            tier_text(all, hosts));
            count++;
        }
    }
    for (size_t i = 0; i < all->policies.count && code == POLC_EXIT_OK; i++) {
        const struct recommend_policy *policy = &all->policies.items[i];
        const char *name = file_name(all->run->arena, policy);
        code = put_file(all, directory, name, policy_text(all, policy));
        count++;
    }
    if (code == POLC_EXIT_OK && !all->run->options.quiet) {
        fprintf(stderr, "%zu file%s written to %s\n", count, plural(count), directory);
    }
    return code;
}

// ---- stderr ---------------------------------------------------------------------------------------------------------

static const char *span_text(struct arena *arena, int64_t seconds)
{
    enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };
    if (seconds >= 2 * DAY) {
        return arena_printf(arena, "%" PRId64 "d", seconds / DAY);
    }
    if (seconds >= 2 * HOUR) {
        return arena_printf(arena, "%" PRId64 "h", seconds / HOUR);
    }
    return seconds >= 2 * MINUTE ? arena_printf(arena, "%" PRId64 "m", seconds / MINUTE)
                                 : arena_printf(arena, "%" PRId64 "s", seconds);
}

static void print_policy(const struct recommendation *all, const struct recommend_policy *policy)
{
    struct run *run = all->run;
    size_t rules = rule_count(policy);
    int64_t end = recommend_end(all->recommend);
    fprintf(stderr, "%s: %zu rule%s from %" PRIu64 " flow%s; %s",
            safe_text(run->arena, policy->subject->text), rules, plural(rules), policy->count,
            plural(policy->count), recommend_status_text((enum recommend_status)policy->status));
    if (policy->updated != FLOWLOG_UNKNOWN) {
        fprintf(stderr, ", nothing new in the last %s of the records",
                span_text(run->arena, end - policy->updated));
    } else {
        fprintf(stderr, ", the records have no times");
    }
    fprintf(stderr, "\n");
    if (policy->subject->also != NULL) {
        fprintf(stderr, "  no label tells it from %s: the policy is for both\n",
                safe_text(run->arena, policy->subject->also));
    }
    if (policy->subject->existing.line > 0) {
        fprintf(stderr, "  takes the place of the staged policy at %s\n",
                loc_text(run->arena, run->sources, policy->subject->existing));
    }
}

// The flows behind egress rules of one class; *ret_names are the names in them.
static uint64_t count_outside(const struct recommendation *all, enum recommend_class class,
                              size_t *ret_names)
{
    uint64_t flows = 0;
    *ret_names = 0;
    for (size_t i = 0; i < all->policies.count; i++) {
        const struct recommend_policy *policy = &all->policies.items[i];
        for (size_t j = 0; j < policy->rules[PLAN_OUT].count; j++) {
            const struct recommend_rule *rule = &policy->rules[PLAN_OUT].items[j];
            for (size_t k = 0; rule->class == class && k < rule->evidence.count; k++) {
                flows += rule->evidence.items[k].count;
            }
            *ret_names += rule->class == class ? rule->peer.domains.count : 0;
        }
    }
    return flows;
}

// A name opens what somebody has learned of it; an address without a name opens every other one.
static void print_outside(const struct recommendation *all)
{
    size_t names, none;
    count_outside(all, RECOMMEND_PEER_DOMAINS, &names);
    uint64_t nameless = count_outside(all, RECOMMEND_PEER_PUBLIC, &none);
    if (names > 0) {
        fprintf(stderr,
                "a rule by name opens what polc has learned of the name, and nothing else\n");
        hint("polc dns watch     (learns from the answers that workloads get; or, from a timer: "
             "polc dns refresh)");
    }
    if (nameless > 0) {
        fprintf(stderr,
                "%" PRIu64 " flow%s to public addresses that no name stands for: the rule for "
                "%s opens every public address\n",
                nameless, plural(nameless), nameless == 1 ? "it" : "them");
        if (names == 0) {
            hint(
                "polc dns watch     (learns names; flows that are recorded from then on have them)");
        }
    }
}

static bool has_policy(const struct recommendation *all, const struct recommend_subject *subject)
{
    for (size_t i = 0; i < all->policies.count; i++) {
        if (all->policies.items[i].subject == subject) {
            return true;
        }
    }
    return false;
}

static void print_without(const struct recommendation *all)
{
    const struct recommend_subjects *subjects = recommend_subjects(all->recommend);
    for (size_t i = 0; i < subjects->count; i++) {
        const struct recommend_subject *subject = &subjects->items[i];
        if (!has_policy(all, subject)) {
            fprintf(stderr, "%s: no policy: %s\n", safe_text(all->run->arena, subject->text),
                    subject->skipped != NULL
                        ? subject->skipped
                        : "no flow to learn from, so it would deny everything");
        }
    }
}

static void print_left_out(const struct recommendation *all)
{
    const struct recommend_flows *flows = recommend_flows(all->recommend);
    struct arena *arena = all->run->arena;
    size_t max = all->run->options.verbose ? SIZE_MAX : LEFT_OUT_MAX, count = 0;
    uint64_t left_out = 0, kept = 0;
    for (size_t i = 0; i < flows->count; i++) {
        const struct recommend_flow *flow = &flows->items[i];
        kept += flow->learned || flow->covered ? flow->count : 0;
        if (flow->left_out == NULL) {
            continue;
        }
        left_out += flow->count;
        if (count++ < max) {
            fprintf(stderr, "left out: %" PRIu64 " flow%s %s\n          %s\n", flow->count,
                    plural(flow->count), safe_text(arena, recommend_flow_text(arena, flow)),
                    safe_text(arena, flow->left_out));
        }
    }
    if (count > max) {
        fprintf(stderr, "and %zu more of them     (-v lists all)\n", count - max);
    }
    if (count > 1) {
        fprintf(stderr, "left out altogether: %" PRIu64 " of %" PRIu64 " flows, %.1f%%\n", left_out,
                left_out + kept, 100.0 * (double)left_out / (double)(left_out + kept));
    }
    size_t unreadable = recommend_unreadable(all->recommend);
    if (unreadable > 0) {
        fprintf(stderr, "left out: %zu record%s without an address, a protocol or a port\n",
                unreadable, plural(unreadable));
    }
}

void recommend_print_summary(const struct recommendation *all)
{
    const struct recommend_flows *flows = recommend_flows(all->recommend);
    uint64_t covered = 0;
    for (size_t i = 0; i < flows->count; i++) {
        covered += flows->items[i].covered ? flows->items[i].count : 0;
    }
    fflush(stdout);
    for (size_t i = 0; i < all->policies.count; i++) {
        print_policy(all, &all->policies.items[i]);
    }
    print_without(all);
    if (covered > 0) {
        fprintf(stderr,
                "%" PRIu64 " flow%s need%s no rule: what stands before the tier allows %s\n",
                covered, plural(covered), covered == 1 ? "s" : "", covered == 1 ? "it" : "them");
    }
    print_left_out(all);
    print_outside(all);
}
