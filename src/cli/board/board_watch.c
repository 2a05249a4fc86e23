// SPDX-License-Identifier: GPL-2.0-or-later
// polc board --watch: each look is a process of its own, so that it sees a new generation and leaves no memory behind. On
// a terminal it fills a second screen, which goes away with the last look however that ends; else it goes on and on.
#include "board_page.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

// Set by signals: the loop looks at it, and does all the rest.
static volatile sig_atomic_t ended, resized;

struct screen {
    bool terminal, keys; // keys: they come one by one
    struct termios before;
    size_t rows, columns;
    size_t fixed_columns; // given by hand; 0: as wide as the terminal
};

static void take_signal(int number)
{
    if (number == SIGWINCH) {
        resized = 1;
    } else {
        ended = number;
    }
}

static void catch_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGPIPE};
    struct sigaction action = {.sa_handler = take_signal};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < ARRAY_COUNT(numbers); i++) {
        sigaction(numbers[i], &action, NULL);
    }
}

static void measure(struct screen *screen)
{
    struct winsize size;
    enum { ROWS = 24, COLUMNS = 80 };
    bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    screen->rows = known ? size.ws_row : ROWS;
    screen->columns = screen->fixed_columns > 0 ? screen->fixed_columns
                      : known                   ? size.ws_col
                                                : COLUMNS;
}

static void open_screen(struct screen *screen)
{
    *screen = (struct screen){.terminal = isatty(STDOUT_FILENO) == 1,
                              .fixed_columns = screen->fixed_columns};
    if (!screen->terminal) {
        return;
    }
    screen->keys = tcgetattr(STDIN_FILENO, &screen->before) == 0;
    if (screen->keys) {
        struct termios raw = screen->before;
        raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
        tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    }
    fputs("\033[?1049h\033[?25l\033[?7l", stdout); // the second screen, no cursor, no wrapping
    fflush(stdout);
}

static void close_screen(const struct screen *screen)
{
    if (screen->terminal) {
        fputs("\033[?7h\033[?25h\033[?1049l", stdout);
        fflush(stdout);
    }
    if (screen->keys) {
        tcsetattr(STDIN_FILENO, TCSANOW, &screen->before);
    }
}

// ---- one look -----------------------------------------------------------------------------------------------------

// What the look prints, errors too; *ret_code is how it ended, -1 when it could not begin.
static const char *take_look(struct run *run, int (*look)(struct run *run), size_t *ret_size,
                             int *ret_code)
{
    int ends[2], status = 0;
    struct strbuf text = {.arena = run->arena};
    *ret_code = -1;
    fflush(stdout);
    pid_t child = pipe(ends) == 0 ? fork() : -1;
    if (child < 0) {
        return "";
    }
    if (child == 0) {
        signal(SIGINT, SIG_IGN); // the one who shows it has it
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        int code = look(run);
        fflush(stdout);
        _exit(code);
    }
    close(ends[1]);
    char buffer[1 << 14];
    ssize_t size;
    while ((size = read(ends[0], buffer, sizeof buffer)) > 0 || (size < 0 && errno == EINTR)) {
        strbuf_add_n(&text, buffer, size > 0 ? (size_t)size : 0);
    }
    close(ends[0]);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    *ret_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    *ret_size = text.length;
    return strbuf_text(&text);
}

// As many lines as fit; the last one says what to press, and what is cut off.
static void show(const struct screen *screen, const char *text)
{
    size_t shown = 0, left = 0;
    fputs("\033[H", stdout);
    for (const char *at = text; *at != '\0';) {
        size_t length = strcspn(at, "\n");
        if (shown + 1 < screen->rows) {
            printf("%.*s\033[K\n", (int)length, at);
            shown++;
        } else {
            left++;
        }
        at += length + (at[length] == '\n');
    }
    fputs("\033[J", stdout);
    if (left > 0) {
        printf(
            "\033[%zu;1H\033[7m%zu more line%s; a larger window, or polc board without --watch, shows them; q ends\033[0m",
            screen->rows, left, plural(left));
    } else {
        printf("\033[%zu;1H\033[7mq ends\033[0m", screen->rows);
    }
    fflush(stdout);
}

// Until it is time for the next look; true when there is to be one.
static bool rest(const struct screen *screen, uint64_t ms)
{
    uint64_t end = change_now() + ms;
    while (!ended && !resized) {
        uint64_t now = change_now();
        struct pollfd keys = {.fd = screen->keys ? STDIN_FILENO : -1, .events = POLLIN};
        if (now >= end) {
            return true;
        }
        int count = poll(&keys, 1, (int)(end - now));
        char key;
        if (count > 0 && read(STDIN_FILENO, &key, 1) == 1 && (key == 'q' || key == 'Q')) {
            return false;
        }
        if (count > 0 && (keys.revents & (POLLHUP | POLLERR))) {
            return false;
        }
    }
    resized = 0;
    return !ended;
}

int board_watch(struct run *run, int (*look)(struct run *run))
{
    struct screen screen = {.fixed_columns = run->options.width_given ? run->options.width : 0};
    int code = POLC_EXIT_OK;
    const char *text = "";
    size_t size = 0;
    catch_signals();
    open_screen(&screen);
    if (!screen.terminal) {
        signal(SIGPIPE, SIG_DFL); // there is no screen to put back
    }
    struct arena_mark mark = arena_mark(run->arena);
    do {
        arena_rewind(run->arena, mark);
        if (screen.terminal) {
            measure(&screen);
            run->options.width = screen.columns;
        }
        text = take_look(run, look, &size, &code);
        if (screen.terminal) {
            show(&screen, text);
        } else {
            fwrite(text, 1, size, stdout);
            puts("");
            fflush(stdout);
        }
    } while (!ferror(stdout) && (code == POLC_EXIT_OK || code == POLC_EXIT_NO) &&
             rest(&screen, run->options.watch));
    close_screen(&screen);
    if (code != POLC_EXIT_OK && code != POLC_EXIT_NO && screen.terminal) {
        fwrite(text, 1, size, stderr); // why it ended
    }
    return code >= 0 ? code : POLC_EXIT_SYSTEM;
}
