// SPDX-License-Identifier: GPL-2.0-or-later
// Sends a batch and tells what became of it. Inside module nft only.
#pragma once

#include "batch.h"
#include "netlink.h"

// NFT_DONE with the error ENOBUFS: errors were lost, and there was a commit, of this batch or of
// another one. A batch without its end counts as NFT_DONE when the kernel found nothing wrong. `before_send` may
// be NULL.
enum nft_status batch_send(struct arena *arena, const struct batch *batch,
                           void (*before_send)(void *context), void *context,
                           struct nft_failure *reterr);

// The same over a socket that stays open, made by batch_socket with room for so many bytes. `generation_id`: the kernel's
// before the batch.
int batch_socket(struct netlink *netlink, struct arena *arena, size_t bytes);
int batch_put_on_wire(const struct netlink *netlink, const struct batch *batch); // without reading
enum nft_status batch_send_over(struct netlink *netlink, struct arena *arena,
                                const struct batch *batch, uint32_t generation_id,
                                struct nft_failure *reterr);

// Waits until no transaction is under way, by an empty one of our own at this generation id. Kernel
// fact: the id moves on before a commit has taken its last objects out of the lists, so that a dump
// may meet both old and new ones although the id stays the same; the batch lock is held until the
// commit is over. 0; -EAGAIN for a stale id; another negative errno.
int batch_barrier(struct netlink *netlink, struct arena *arena, uint32_t generation_id);
