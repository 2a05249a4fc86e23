// SPDX-License-Identifier: GPL-2.0-or-later
// The state directory and the lock of one run; who runs it.
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

enum { KEPT = 20 };

#if defined(POLC_TESTING)
void die_for_test(const char *step)
{
    const char *wanted = getenv("POLC_TEST_DIE_AT");
    if (wanted != NULL && strcmp(wanted, step) == 0) {
        raise(SIGKILL);
    }
}
#else
void die_for_test(const char *step)
{
    (void)step;
}
#endif

static const char *lock_path(struct run *run)
{
    return run->options.state_dir_given
               ? arena_printf(run->arena, "%s/lock", run->options.state_dir)
               : "/run/polc/lock";
}

static void say_waiting(const char *holder)
{
    fprintf(stderr, "waiting for %s\n", holder);
}

// Who may not change the firewall hears that first, not which file is in the way.
static bool may_change_firewall(struct run *run)
{
    struct nft_kernel *kernel;
    struct nft_failure failure = {0};
    enum nft_status status = nft_dump(run->arena, run->options.table, &kernel, &failure);
    if (status == NFT_NO_PRIVILEGE) {
        report_failure(run, status, &failure);
    }
    return status != NFT_NO_PRIVILEGE;
}

static int take_lock(struct run *run, struct state *state)
{
    const char *who = arena_printf(run->arena, "polc %s", run->options.verb->name);
    int error = change_lock_take(run->arena, lock_path(run), who, run->options.lock_timeout,
                                 run->options.quiet ? NULL : say_waiting, &state->lock);
    if (error == EBUSY) {
        complain("busy: %s, is changing the firewall; nothing was changed", state->lock.holder);
        hint("polc %s --lock-timeout 60s%s     (waits so long for it)", run->options.verb->name,
             same_options(run, true));
        return POLC_EXIT_BUSY;
    }
    if (error != 0) {
        if (!may_change_firewall(run)) {
            return POLC_EXIT_SYSTEM;
        }
        if (run->options.state_dir_given && state->problem != NULL) {
            complain("the lock and the generations cannot be kept in %s; nothing was changed",
                     state->problem);
            return POLC_EXIT_SYSTEM;
        }
        complain("cannot take the lock %s: %s; nothing was changed", lock_path(run),
                 strerror(error));
        if (!run->options.state_dir_given) {
            hint("polc %s --state-dir DIR%s     (keeps the lock and the generations there)",
                 run->options.verb->name, same_options(run, true));
        }
        return POLC_EXIT_SYSTEM;
    }
    return POLC_EXIT_OK;
}

static void open_store(struct run *run, struct state *state, bool create)
{
    int error = change_store_open(&state->store, run->options.state_dir, create);
    if (error == 0 && create && faccessat(state->store.fd, ".", W_OK, AT_EACCESS) != 0) {
        error = errno;
    }
    if (error != 0) {
        state->problem =
            arena_printf(run->arena, "%s: %s", run->options.state_dir, strerror(error));
        state->error = error;
    }
    state->boot_id = change_boot_id(run->arena);
}

int state_begin(struct run *run, struct state *ret)
{
    *ret = (struct state){.store.fd = -1, .lock.fd = -1};
    // With a lock inside of the directory, the directory comes first.
    open_store(run, ret, true);
    int code = take_lock(run, ret);
    if (code != POLC_EXIT_OK) {
        state_end(ret);
        return code;
    }
    ret->history = change_history_read(run->arena, &ret->store);
    return code;
}

void state_look(struct run *run, struct state *ret)
{
    *ret = (struct state){.store.fd = -1, .lock.fd = -1};
    open_store(run, ret, false);
    ret->history = change_history_read(run->arena, &ret->store);
}

void state_end(struct state *state)
{
    change_store_close(&state->store);
    change_lock_release(&state->lock);
}

static const char *user_name(struct run *run)
{
    const struct passwd *user = getpwuid(getuid());
    return user != NULL ? arena_strdup(run->arena, user->pw_name)
                        : arena_printf(run->arena, "uid %u", (unsigned)getuid());
}

struct change_entry state_entry(struct run *run, const struct state *state, uint32_t in_kernel)
{
    const char *sudo_user = getenv("SUDO_USER");
    uint32_t highest = change_highest_number(&state->history);
    return (struct change_entry){
        .number = (highest > in_kernel ? highest : in_kernel) + 1,
        .table = run->options.table,
        .version = POLC_VERSION,
        .time = (int64_t)time(NULL),
        .user = user_name(run),
        .sudo_user = sudo_user != NULL && sudo_user[0] != '\0' ? sudo_user : NULL,
        .message = run->options.message,
        .forced = run->forced.items,
        .forced_count = run->forced.count,
    };
}

void entry_wait(struct run *run, const struct state *state, struct change_entry *entry)
{
    entry->state = CHANGE_PENDING;
    entry->token = entry->token != NULL ? entry->token : change_token(run->arena);
    entry->boot_id = state->boot_id;
    entry->namespace = change_namespace();
    entry->window = run->options.confirm;
    entry->deadline = change_now() + entry->window;
}

static void keep_in_history(struct run *run, struct state *state, const struct change_entry *entry)
{
    struct change_entry *known = change_find(&state->history, entry->number);
    if (known != NULL) {
        *known = *entry;
    } else {
        vec_push(run->arena, &state->history, *entry);
    }
}

bool state_write(struct run *run, struct state *state, const struct change_entry *entry)
{
    int error = state->store.fd < 0 ? ENOENT : change_entry_write(run->arena, &state->store, entry);
    keep_in_history(run, state, entry);
    if (error != 0) {
        complain("%s: %s; the history does not say that generation %u is %s",
                 run->options.state_dir, strerror(error), entry->number,
                 change_state_names[entry->state]);
    } else {
        change_prune(&state->store, &state->history, KEPT, entry->number);
    }
    return error == 0;
}

bool state_is_loaded(const struct nft_info *info, const struct change_entry *entry)
{
    return info->generation == entry->number && info->id != NULL && entry->id != NULL &&
           text_begins(entry->id, info->id);
}
