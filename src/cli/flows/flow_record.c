// SPDX-License-Identifier: GPL-2.0-or-later
// Appends what is new to a file. The kernel's counters only grow: what they were at the last record stands in the state
// directory, in a ledger. It is written before the file is, under another name, and takes its place behind it, so that
// whoever comes after a crash sees whether its lines are in the file: none is lost, and none is there twice.
#include "flow_record.h"

#include "flow_kernel.h"
#include "flow_sift.h"
#include "live_policies.h"
#include "record_file.h"
#include "state.h"

#include <errno.h>
#include <limits.h>
#include <polc/base/file.h>
#include <polc/change.h>
#include <stdio.h>

struct recording {
    struct run *run;
    const char *path; // as it was given
    struct change_store store;
    struct change_lock lock;
    const char *name, *next; // of the ledger, and of the one that is to take its place
    bool known;              // there is a last record
    struct flowlog_ledger last;
};

// ---- the state directory ----------------------------------------------------------------------------------------------

static int begin(struct recording *recording)
{
    struct run *run = recording->run;
    const char *directory = run->options.state_dir;
    int error = change_store_open(&recording->store, directory, true);
    if (error == 0) {
        error = change_lock_take(run->arena, arena_printf(run->arena, "%s/flows.lock", directory),
                                 "polc flows record", run->options.lock_timeout, NULL,
                                 &recording->lock);
    }
    if (error == EBUSY) {
        complain("busy: %s, is recording; nothing was recorded", recording->lock.holder);
        return POLC_EXIT_BUSY;
    }
    if (error != 0) {
        complain("what was recorded cannot be kept in %s: %s; nothing was recorded", directory,
                 strerror(error));
        hint("polc flows record %s --state-dir DIR     (keeps it there)",
             run->options.operands.items[1]);
        return POLC_EXIT_SYSTEM;
    }
    recording->name = arena_printf(run->arena, "flows.%s", run->options.table);
    recording->next = arena_printf(run->arena, "flows.%s.next", run->options.table);
    return POLC_EXIT_OK;
}

static bool read_ledger(struct recording *recording, const char *name, struct flowlog_ledger *ret)
{
    struct arena *arena = recording->run->arena;
    struct plan_bytes bytes;
    bool exists;
    return change_file_read(arena, &recording->store, name, &bytes, &exists) == NULL && exists &&
           flowlog_ledger_read(arena, bytes.data, bytes.size, ret) == NULL;
}

// Counters are of one boot and one network namespace.
static bool is_here(const struct recording *recording, const struct flowlog_ledger *ledger)
{
    return texts_equal(ledger->boot_id, change_boot_id(recording->run->arena)) &&
           ledger->namespace == change_namespace();
}

static void read_last(struct recording *recording)
{
    struct flowlog_ledger next;
    // The run before was interrupted; which one counts shows the file.
    if (read_ledger(recording, recording->next, &next) && record_file_settle(&next)) {
        change_file_rename(&recording->store, recording->next, recording->name);
    }
    recording->known = read_ledger(recording, recording->name, &recording->last) &&
                       is_here(recording, &recording->last);
}

static void end(struct recording *recording)
{
    change_store_close(&recording->store);
    change_lock_release(&recording->lock);
}

// ---- the lines --------------------------------------------------------------------------------------------------------

static ssize_t add_text(void *context, const char *text, size_t size)
{
    strbuf_add_n(context, text, size);
    return (ssize_t)size;
}

// What is new, as lines; how many.
static size_t make_lines(struct recording *recording, struct flow_sift *sift,
                         const struct flowlog_snapshot *now, struct strbuf *ret)
{
    struct flowlog_records news = {0}, records = {0};
    flowlog_since(sift->reader, recording->known ? &recording->last.snapshot : NULL, now, &news);
    for (size_t i = 0; i < news.count; i++) {
        flow_sift_add(sift, &news.items[i], &records);
    }
    FILE *out = fopencookie(ret, "w", (cookie_io_functions_t){.write = add_text});
    for (size_t i = 0; i < records.count && out != NULL; i++) {
        flowlog_write(&records.items[i], out);
    }
    if (out == NULL || fclose(out) != 0) {
        POLC_UNREACHABLE("a stream in memory that fails");
    }
    return records.count;
}

static int write_lines(struct recording *recording, struct flowlog_ledger *ledger,
                       const struct strbuf *text)
{
    struct run *run = recording->run;
    struct record_file file;
    struct strbuf bytes = {.arena = run->arena};
    int code = record_file_open(run, recording->path, &file);
    if (code == POLC_EXIT_OK) {
        code = record_file_limit(run, recording->path, run->options.max_size, text->length, &file);
    }
    if (code != POLC_EXIT_OK) {
        return code;
    }
    char path[PATH_MAX];
    const char *absolute = realpath(recording->path, path);
    ledger->path = arena_strdup(run->arena, absolute != NULL ? absolute : recording->path);
    ledger->device = file.device;
    ledger->inode = file.inode;
    ledger->offset = file.size;
    ledger->length = text->length;
    flowlog_ledger_write(ledger, &bytes);
    int error = change_file_write(&recording->store, recording->next,
                                  (struct plan_bytes){(const uint8_t *)bytes.text, bytes.length});
    die_for_test("record-announced");
    if (error == 0) {
        error = record_file_append(&file, text->text, text->length);
    }
    die_for_test("record-appended");
    close_fd(&file.fd);
    if (error == 0) {
        error = change_file_rename(&recording->store, recording->next, recording->name);
    }
    if (error != 0) {
        complain("%s: %s; nothing was recorded", recording->path, strerror(error));
    }
    return error == 0 ? POLC_EXIT_OK : POLC_EXIT_SYSTEM;
}

// ---- the verb -----------------------------------------------------------------------------------------------------------

static int record_news(struct recording *recording)
{
    struct run *run = recording->run;
    struct flow_sift sift;
    struct flow_kernel kernel;
    struct strbuf text = {.arena = run->arena};
    struct flowlog_ledger ledger = {.boot_id = change_boot_id(run->arena),
                                    .namespace = change_namespace()};
    flow_sift_prepare(run, NULL, &sift);
    flow_sift_begin(&sift, run->arena);
    int code = flow_kernel_read(run, run->arena, flowlog_judge_evaluator(sift.judge),
                                &ledger.snapshot, &kernel);
    if (code == POLC_EXIT_OK) {
        size_t count = make_lines(recording, &sift, &ledger.snapshot, &text);
        ledger.lost = kernel.lost;
        code = write_lines(recording, &ledger, &text);
        if (code == POLC_EXIT_OK && !run->options.quiet) {
            bool known = recording->known && recording->last.lost <= kernel.lost;
            kernel.lost -= known ? recording->last.lost : 0; // the others were noted
            flow_kernel_notes(run, &kernel);
            printf("recorded: %zu record%s\n", count, plural(count));
        }
    }
    flow_sift_end(&sift);
    return code;
}

int flow_record(struct run *run, const char *path)
{
    struct recording recording = {.run = run, .path = path, .store.fd = -1, .lock.fd = -1};
    int code = live_policies(run, true);
    if (code != POLC_EXIT_OK) {
        return code;
    }
    code = begin(&recording);
    if (code == POLC_EXIT_OK) {
        read_last(&recording);
        code = record_news(&recording);
    }
    end(&recording);
    return code;
}
