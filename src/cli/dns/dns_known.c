// SPDX-License-Identifier: GPL-2.0-or-later
// Both stores of facts as one book: each has a writer of its own, and readers do not care who learned what.
#include "dns_known.h"

#include "dns_paths.h"

#include <time.h>

void dns_known_read(struct run *run, struct dns_book *book)
{
    static const char *const stores[] = {DNS_STORE_RESOLVED, DNS_STORE_OBSERVED};
    for (size_t i = 0; i < ARRAY_COUNT(stores); i++) {
        const char *path = dns_path(run, stores[i]);
        int error = dns_store_read(book, path, (int64_t)time(NULL));
        if (error != 0 && !run->options.quiet) {
            fprintf(stderr, "note: %s cannot be read (%s): its names are missing\n", path,
                    strerror(error));
        }
    }
}
