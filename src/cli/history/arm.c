// SPDX-License-Identifier: GPL-2.0-or-later
// Starting the rollback that waits. It is this very program, started at once and not at the deadline: an upgrade or a
// removed file in between changes nothing. What it is to do stands in the state directory, under a token: it holds no
// opinion of its own, and two of them do no harm.
#include "arm.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 24 };
static const char self[] = "/proc/self/exe";

struct command {
    const char *words[ARGUMENTS_MAX];
    size_t count;
};

static void add_word(struct command *command, const char *word)
{
    if (command->count + 1 < ARGUMENTS_MAX) {
        command->words[command->count++] = word;
    }
}

// The process does not stay in this directory.
static const char *directory(struct run *run)
{
    char path[PATH_MAX];
    const char *given = run->options.state_dir;
    return arena_strdup(run->arena, realpath(given, path) != NULL ? path : given);
}

static void add_rollback(struct run *run, const char *token, struct command *command)
{
    const char *const words[] = {
        "rollback", "--if-pending",     token, "--state-dir", directory(run),
        "--table",  run->options.table,
    };
    for (size_t i = 0; i < ARRAY_COUNT(words); i++) {
        add_word(command, words[i]);
    }
}

// ---- by systemd -------------------------------------------------------------------------------------------------

static bool same_file(const char *a, const char *b)
{
    struct stat left, right;
    return stat(a, &left) == 0 && stat(b, &right) == 0 && left.st_dev == right.st_dev &&
           left.st_ino == right.st_ino;
}

static bool systemd_can(void)
{
    return access("/run/systemd/system", F_OK) == 0 &&
           same_file("/proc/1/ns/net", "/proc/self/ns/net");
}

// The file of this program; when that was replaced or removed, the one that runs.
static const char *program(struct run *run)
{
    char path[PATH_MAX];
    ssize_t length = readlink(self, path, sizeof path - 1);
    path[length > 0 ? length : 0] = '\0';
    return same_file(path, self) ? arena_strdup(run->arena, path)
                                 : arena_printf(run->arena, "/proc/%ld/exe", (long)getpid());
}

static int run_and_wait(const struct command *command)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        execvp(command->words[0], (char *const *)command->words);
        _exit(POLC_EXIT_SYSTEM);
    }
    if (child < 0) {
        return errno;
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : EIO;
}

// A service that waits: it is in no session that could be ended, is started again if it dies, and writes to the journal.
// With the type "exec" systemd-run returns once the program runs.
static int arm_by_systemd(struct run *run, const char *token)
{
    struct command command = {.count = 0};
    const char *const words[] = {
        "systemd-run",
        "--quiet",
        "--collect",
        arena_printf(run->arena, "--unit=polc-rollback-%s", token),
        "--description=Take back network policy that nobody confirms",
        "--service-type=exec",
        "--property=Restart=on-failure",
        "--property=RestartSec=1",
        "--property=StartLimitIntervalSec=0",
        "--",
        program(run),
    };
    for (size_t i = 0; i < ARRAY_COUNT(words); i++) {
        add_word(&command, words[i]);
    }
    add_rollback(run, token, &command);
    return run_and_wait(&command);
}

// ---- on its own ---------------------------------------------------------------------------------------------------

// Messages of nobody's terminal: what went wrong with the last one is kept beside the generations.
static void redirect(struct run *run)
{
    const char *log = arena_printf(run->arena, "%s/rollback.log", directory(run));
    int null = open("/dev/null", O_RDWR);
    int out = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);
    dup2(null, STDIN_FILENO);
    dup2(out >= 0 ? out : null, STDOUT_FILENO);
    dup2(out >= 0 ? out : null, STDERR_FILENO);
}

__attribute__((noreturn)) static void become_rollback(struct run *run, const char *token,
                                                      int report)
{
    struct command command = {.count = 0};
    add_word(&command, "polc");
    add_rollback(run, token, &command);
    signal(SIGHUP, SIG_IGN);
    redirect(run);
    if (chdir("/") != 0) {
        errno =
            0; // it stays where it is, and may keep a file system busy for the length of the window
    }
    close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    execv(self, (char *const *)command.words);
    int error = errno;
    if (write(report, &error, sizeof error) < 0) {
        error = 0;
    }
    _exit(POLC_EXIT_SYSTEM);
}

// A grandchild in a session of its own: no terminal, no parent that waits. The pipe closes when the program runs.
static int arm_alone(struct run *run, const char *token)
{
    int ends[2], error = 0;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return errno;
    }
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        setsid();
        pid_t grandchild = fork();
        if (grandchild == 0) {
            become_rollback(run, token, ends[1]);
        }
        _exit(grandchild < 0 ? POLC_EXIT_SYSTEM : POLC_EXIT_OK);
    }
    close(ends[1]);
    int status = 0;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (child < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        error = EAGAIN;
    } else if (read(ends[0], &error, sizeof error) != (ssize_t)sizeof error) {
        error = 0;
    }
    close(ends[0]);
    return error;
}

int arm_rollback(struct run *run, const char *token)
{
    if (systemd_can() && arm_by_systemd(run, token) == 0) {
        return 0;
    }
    return arm_alone(run, token);
}
