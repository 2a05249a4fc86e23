// SPDX-License-Identifier: GPL-2.0-or-later
// Rules of a Kubernetes NetworkPolicy -> rules of Calico.
#pragma once

#include "kube_expand.h"

struct kube_rules {
    struct res_rules rules;
    size_t written; // rules as the user wrote them
};

// A list of rules into struct kube_rules; `arg` points to enum kube_direction.
void field_kube_rules(struct res_decoder *decoder, const struct node *node, void *target,
                      const void *arg);
