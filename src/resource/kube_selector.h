// SPDX-License-Identifier: GPL-2.0-or-later
// Label selectors of Kubernetes -> selectors of Calico.
#pragma once

#include "values.h"

// {matchLabels, matchExpressions}; all terms must hold. NULL when it has none, or after a report.
const struct sel *decode_label_selector(struct res_decoder *decoder, const struct node *node);

// Into struct res_selector: a pod selector also demands that it is a pod.
void field_pod_selector(struct res_decoder *decoder, const struct node *node, void *target,
                        const void *arg);
// Into struct res_selector: an empty one means every namespace.
void field_namespace_selector(struct res_decoder *decoder, const struct node *node, void *target,
                              const void *arg);

// The selector of all pods.
struct res_selector all_pods(struct res_decoder *decoder, struct loc loc);
