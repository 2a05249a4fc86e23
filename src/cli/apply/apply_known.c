// SPDX-License-Identifier: GPL-2.0-or-later
// The first step of `apply`: what the kernel has. When nobody has committed anything in this network namespace since polc
// did, that is what this polc loaded, and the state directory has it; else all of it is read. Tries behind the first one read.
#include "apply.h"

#include "loaded.h"

#include <sys/stat.h>

// Which file this program is, as it was when it was installed.
static const char *this_program(struct arena *arena)
{
    struct stat file;
    if (stat("/proc/self/exe", &file) != 0) {
        return "";
    }
    return arena_printf(arena, "%jx:%jx:%jd:%jd.%09ld", (uintmax_t)file.st_dev,
                        (uintmax_t)file.st_ino, (intmax_t)file.st_size,
                        (intmax_t)file.st_ctim.tv_sec, file.st_ctim.tv_nsec);
}

static struct change_known stamp_of(const struct apply *apply, const struct nft_stamp *stamp)
{
    return (struct change_known){
        .boot_id = change_boot_id(apply->run->arena),
        .namespace = stamp->namespace,
        .generation_id = stamp->generation_id,
        .table = apply->run->options.table,
        .program = this_program(apply->run->arena),
    };
}

static bool is_known(struct apply *apply)
{
    struct nft_stamp stamp;
    if (apply->state.store.fd < 0 || !nft_read_stamp(apply->run->arena, &stamp)) {
        return false;
    }
    struct change_known known = stamp_of(apply, &stamp);
    return change_known_is(&apply->state.store, &known);
}

// The state that was read with the info chain is the one that is known: asked for again behind it.
static bool take_known(struct apply *apply)
{
    struct run *run = apply->run;
    struct nft_kernel *info;
    struct loaded loaded;
    if (!is_known(apply) ||
        nft_dump_info(run->arena, run->options.table, &info, &apply->failure) != NFT_DONE) {
        return false;
    }
    loaded_read(run, info, &loaded);
    if (loaded.problem != NULL || loaded.other_version != NULL || !is_known(apply)) {
        return false;
    }
    apply->kernel = nft_kernel_known(run->arena, loaded.ruleset, info);
    return true;
}

int apply_read(struct apply *apply)
{
    struct run *run = apply->run;
    apply->known = !apply->known_tried && take_known(apply);
    apply->known_tried = true;
    if (!apply->known) {
        apply->status = nft_dump(run->arena, run->options.table, &apply->kernel, &apply->failure);
    }
    return POLC_EXIT_OK;
}

// Whether the kernel now has what the state directory says of the generation that the table names. What nobody had to
// change may have come from another plan with the same rules.
static bool can_note(const struct apply *apply)
{
    const struct run *run = apply->run;
    if (run->options.dry_run || apply->state.store.fd < 0) {
        return false;
    }
    if (apply->committed_id != 0 || apply->known) {
        return apply->committed_id != 0;
    }
    const char *id = nft_kernel_info(run->arena, apply->kernel).id;
    return id != NULL && strncmp(id, plan_id(run->arena, run->plan), strlen(id)) == 0;
}

void apply_note_known(const struct apply *apply)
{
    struct nft_stamp stamp;
    if (!can_note(apply) || !nft_read_stamp(apply->run->arena, &stamp)) {
        return;
    }
    // Not what the kernel says now: somebody may have come behind the commit.
    stamp.generation_id =
        apply->committed_id != 0 ? apply->committed_id : nft_kernel_generation_id(apply->kernel);
    struct change_known known = stamp_of(apply, &stamp);
    change_known_write(&apply->state.store, &known); // without it the next apply reads the kernel
}
