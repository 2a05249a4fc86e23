// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as the file of --interfaces: no crash, and no interface without a name or with an address that is none.
#include <polc/host.h>

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

static void check(const struct host_inventory *inventory)
{
    for (size_t i = 0; i < inventory->count; i++) {
        const struct host_node *node = &inventory->items[i];
        for (size_t j = 0; j < node->count; j++) {
            const struct host_interface *interface = &node->items[j];
            require(interface->name != NULL && interface->name[0] != '\0');
            require(j == 0 || strcmp(node->items[j - 1].name, interface->name) < 0);
            for (size_t k = 0; k < interface->address_count; k++) {
                const struct cidr *cidr = &interface->addresses[k];
                require(cidr->bits <= ip_family_bits(cidr->addr.family));
            }
        }
    }
}

// The reader takes a path, so the bytes become a file that is only in memory.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int fd = memfd_create("interfaces", MFD_CLOEXEC);
    require(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct arena *arena = arena_new((size_t)1 << 30);
    struct sources *sources = sources_new(arena);
    struct diags *diags = diags_new(arena, sources);
    struct host_inventory inventory = {0};
    if (host_read_path(arena, sources, diags, path, "n1", &inventory)) {
        check(&inventory);
    }
    FILE *out = fopen("/dev/null", "w");
    diags_print(diags, out, &(struct diag_print_options){.color = true});
    fclose(out);
    arena_free(arena);
    close(fd);
    return 0;
}
