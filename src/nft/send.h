// SPDX-License-Identifier: GPL-2.0-or-later
// Sends a batch and tells what became of it. Inside module nft only.
#pragma once

#include "batch.h"
#include "netlink.h"

// A batch without its end counts as NFT_DONE when the kernel found nothing wrong. `before_send` may be NULL.
enum nft_status batch_send(struct arena *arena, const struct batch *batch, void (*before_send)(void *context),
                           void *context, struct nft_failure *reterr);
