// SPDX-License-Identifier: GPL-2.0-or-later
// Directories, links, files that are none: what is read in which order, and what is said of the rest.
#include "load_helper.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static char root[32];

static void enter(void)
{
    strcpy(root, "/tmp/polc-paths-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
    ck_assert_int_eq(chdir(root), 0);
}

static void leave(void)
{
    char command[128];
    ck_assert_int_eq(seteuid(getuid()), 0);
    snprintf(command, sizeof command, "chmod -R u+rwx '%s' && rm -r '%s'", root, root);
    ck_assert_int_eq(system(command), 0);
}

static void put(const char *path)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fprintf(file, "f: %s\n", path);
    fclose(file);
}

#define LOAD(...)                                                                                  \
    load_these((const char *const[]){__VA_ARGS__},                                                 \
               ARRAY_COUNT(((const char *const[]){__VA_ARGS__})))

START_TEST(byte_order_of_the_full_path)
{
    enter();
    mkdir("a", 0755);
    mkdir("a/.git", 0755);
    mkdir("a.yaml", 0755); // a directory may have such a name
    mkdir("empty", 0755);
    static const char *const files[] = {
        "a/z.yaml",      "a-b.yml", "a0.json",    "a/b.yml", "B.yaml", "a.yaml/x.yaml",
        "a/.git/c.yaml", ".yaml",   "c.yaml.bak", "d.YAML",  "yaml",   "\xc3\xa4.yaml"};
    for (size_t i = 0; i < ARRAY_COUNT(files); i++) {
        put(files[i]);
    }
    struct fixture fixture = LOAD(".");
    ck_assert_str_eq(
        strbuf_text(&fixture.seen),
        "{f:B.yaml}\n{f:a-b.yml}\n{f:a.yaml/x.yaml}\n{f:a/b.yml}\n{f:a/z.yaml}\n{f:a0.json}\n"
        "{f:\xc3\xa4.yaml}\n");
    ck_assert_str_eq(printed(&fixture), "");
    arena_free(fixture.arena);
    fixture = LOAD("c.yaml.bak", "a/", "d.YAML"); // a file that is named is read whatever its name
    ck_assert_str_eq(strbuf_text(&fixture.seen),
                     "{f:c.yaml.bak}\n{f:a/b.yml}\n{f:a/z.yaml}\n{f:d.YAML}\n");
    arena_free(fixture.arena);
    leave();
}
END_TEST

START_TEST(links)
{
    enter();
    mkdir("a", 0755);
    put("a/x.yaml");
    put("real.txt");
    ck_assert_int_eq(symlink("../real.txt", "a/link.yaml") | symlink("nowhere", "a/gone") |
                         symlink("a", "b"),
                     0);
    struct fixture fixture = LOAD(".");
    ck_assert_str_eq(strbuf_text(&fixture.seen),
                     "{f:real.txt}\n{f:a/x.yaml}\n"); // a link's own name counts
    ck_assert_uint_eq(diags_count(fixture.diags, DIAG_ERROR), 0);
    ck_assert_uint_eq(diags_count(fixture.diags, DIAG_WARNING), 1);
    ck_assert_ptr_nonnull(
        strstr(printed(&fixture), "./b/ is the same directory as ./a/ and was read once"));
    arena_free(fixture.arena);
    ck_assert_int_eq(symlink("..", "a/up") | symlink("nowhere", "a/gone.yaml") |
                         symlink("self.yaml", "self.yaml"),
                     0);
    fixture = LOAD(".");
    const char *text = printed(&fixture);
    ck_assert_uint_eq(diags_count(fixture.diags, DIAG_ERROR), 3);
    ck_assert_ptr_nonnull(
        strstr(text, "error[F004]: ./a/up/ leads back to a directory that it stands in"));
    ck_assert_ptr_nonnull(strstr(text, "error[F001]: cannot read ./a/gone.yaml: No such file"));
    ck_assert_ptr_nonnull(strstr(text, "error[F001]: cannot read ./self.yaml: Too many levels"));
    arena_free(fixture.arena);
    leave();
}
END_TEST

START_TEST(one_file_by_two_names)
{
    static const struct {
        const char *a, *b, *warning;
    } cases[] = {
        {"x.yaml", "x.yaml", ""},
        {".", ".", ""},
        {"x.yaml", "./x.yaml", "./x.yaml is the same file as x.yaml"},
        {"x.yaml", "hard.yaml", "hard.yaml is the same file as x.yaml"},
        {"d", "d/y.yaml", "d/y.yaml is named twice"},
        {"d", "d/", "d/ is the same directory as d "},
    };
    enter();
    put("x.yaml");
    mkdir("d", 0755);
    put("d/y.yaml");
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        if (i == 3) {
            ck_assert_int_eq(link("x.yaml", "hard.yaml"), 0);
        }
        struct fixture fixture = LOAD(cases[i].a, cases[i].b);
        bool warns = cases[i].warning[0] != '\0';
        ck_assert_uint_eq(diags_count(fixture.diags, DIAG_ERROR), 0);
        ck_assert_uint_eq(diags_count(fixture.diags, DIAG_WARNING), warns ? 1 : 0);
        ck_assert_ptr_nonnull(strstr(printed(&fixture), cases[i].warning));
        arena_free(fixture.arena);
    }
    leave();
}
END_TEST

START_TEST(what_is_no_file)
{
    enter();
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket.yaml"};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    close(fd);
    ck_assert_int_eq(mkfifo("fifo.yaml", 0600) | mkfifo("fifo", 0600), 0);
    put("ok.yaml");
    fd = open("large.yaml", O_WRONLY | O_CREAT, 0600);
    ck_assert_int_eq(ftruncate(fd, (off_t)LOAD_MAX_FILE_SIZE + 1), 0);
    close(fd);
    struct fixture fixture = LOAD(".", "/dev/null", "");
    const char *text = printed(&fixture);
    ck_assert_str_eq(strbuf_text(&fixture.seen), "{f:ok.yaml}\n");
    ck_assert_uint_eq(diags_count(fixture.diags, DIAG_ERROR), 5);
    ck_assert_ptr_nonnull(strstr(text, "error[F002]: ./fifo.yaml is neither"));
    ck_assert_ptr_nonnull(strstr(text, "error[F002]: ./socket.yaml is neither"));
    ck_assert_ptr_nonnull(strstr(text, "error[F002]: /dev/null is neither"));
    ck_assert_ptr_nonnull(strstr(text, "error[F003]: ./large.yaml is larger"));
    ck_assert_ptr_nonnull(strstr(text, "error[F001]: cannot read \"\": No such file"));
    arena_free(fixture.arena);
    leave();
}
END_TEST

// Root may read everything, so the process gives that up.
START_TEST(what_cannot_be_read_never_just_vanishes)
{
    enter();
    ck_assert_int_eq(chmod(".", 0777), 0);
    if (geteuid() == 0) {
        ck_assert_int_eq(seteuid(65534), 0);
    }
    ck_assert_int_eq(mkdir("blind", 0755) | mkdir("blind/sub", 0755) | mkdir("closed", 0755), 0);
    put("blind/sub/x.yaml");
    put("secret.yaml");
    put("ok.yaml");
    ck_assert_int_eq(symlink("sub", "blind/link"), 0);
    // Its names can be listed, but nothing below it can be looked at.
    ck_assert_int_eq(chmod("blind", 0644) | chmod("closed", 0) | chmod("secret.yaml", 0), 0);
    struct fixture fixture = LOAD(".");
    const char *text = printed(&fixture);
    ck_assert_str_eq(strbuf_text(&fixture.seen), "{f:ok.yaml}\n");
    ck_assert_uint_eq(diags_count(fixture.diags, DIAG_ERROR), 4);
    ck_assert_ptr_nonnull(strstr(text, "cannot read ./blind/sub/: Permission denied"));
    ck_assert_ptr_nonnull(strstr(text, "cannot read ./blind/link: Permission denied"));
    ck_assert_ptr_nonnull(strstr(text, "cannot read ./closed/: Permission denied"));
    ck_assert_ptr_nonnull(strstr(text, "cannot read ./secret.yaml: Permission denied"));
    arena_free(fixture.arena);
    leave();
}
END_TEST

START_TEST(standard_input)
{
    enter();
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    pid_t child = fork();
    if (child == 0) { // more than a pipe or the first buffer holds
        for (int i = 0; i < 100000; i++) {
            dprintf(ends[1], "---\nf: %d\n", i);
        }
        dprintf(ends[1], "---\nf: [\n");
        _exit(0);
    }
    close(ends[1]);
    struct fixture fixture = LOAD("-", "-");
    ck_assert_ptr_nonnull(strstr(strbuf_text(&fixture.seen), "{f:99999}\n"));
    ck_assert_msg(strstr(printed(&fixture), "<stdin>:200002:4: error[F005]") != NULL, "%s",
                  printed(&fixture));
    arena_free(fixture.arena);
    leave();
}
END_TEST

START_TEST(deep_directories)
{
    enter();
    for (int i = 0; i < LOAD_MAX_DIRECTORY_DEPTH + 2; i++) {
        ck_assert_int_eq(mkdir("d", 0755) | chdir("d"), 0);
    }
    ck_assert_int_eq(chdir(root), 0);
    struct fixture fixture = LOAD(".");
    ck_assert_uint_eq(diags_count(fixture.diags, DIAG_ERROR), 1);
    ck_assert_ptr_nonnull(strstr(printed(&fixture), "nested more than 64 deep"));
    arena_free(fixture.arena);
    leave();
}
END_TEST

UNIT_TESTS("load paths", byte_order_of_the_full_path, links, one_file_by_two_names, what_is_no_file,
           what_cannot_be_read_never_just_vanishes, standard_input, deep_directories)
