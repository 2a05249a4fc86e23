// SPDX-License-Identifier: GPL-2.0-or-later
// Test cases as files.
#include "case.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static bool write_document(int directory, const struct case_document *document)
{
    int fd = openat(directory, document->name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) {
        return false;
    }
    size_t size = strlen(document->text);
    bool written = write(fd, document->text, size) == (ssize_t)size;
    return close(fd) == 0 && written;
}

bool case_write(const struct test_case *test_case, const char *directory)
{
    if (mkdir(directory, 0755) != 0 && errno != EEXIST) {
        return false;
    }
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    bool written = true;
    for (size_t i = 0; i < test_case->count; i++) {
        written &= write_document(fd, &test_case->items[i]);
    }
    close(fd);
    return written;
}

void case_print(const struct test_case *test_case, FILE *out)
{
    for (size_t i = 0; i < test_case->count; i++) {
        fprintf(out, "%s%s", i > 0 ? "---\n" : "", test_case->items[i].text);
    }
}
