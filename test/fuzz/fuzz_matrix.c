// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as the Markdown of a matrix: no crash; what is read without a complaint has cases.
#include <polc/expect.h>

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
    if (!truth) {
        abort();
    }
}

// The reader takes a path, so the bytes become a file that is only in memory.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int fd = memfd_create("matrix", MFD_CLOEXEC);
    require(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct arena *arena = arena_new((size_t)1 << 30);
    struct sources *sources = sources_new(arena);
    struct diags *diags = diags_new(arena, sources);
    struct expect_suite suite = {.names = strmap_new(arena)};
    expect_add_matrix(arena, sources, diags, path, &suite);
    require(diags_count(diags, DIAG_ERROR) > 0 || suite.cases.count > 0);
    FILE *out = fopen("/dev/null", "w");
    diags_print(diags, out, &(struct diag_print_options){.color = true});
    fclose(out);
    arena_free(arena);
    close(fd);
    return 0;
}
