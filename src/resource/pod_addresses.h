// SPDX-License-Identifier: GPL-2.0-or-later
// Where the addresses of a pod come from.
#pragma once

#include "values.h"

struct pod_addresses {
    struct res_names status_ips; // status.podIPs[].ip
    struct res_text status_ip;   // status.podIP
};

// status.podIPs into struct pod_addresses.
void field_pod_ips(struct res_decoder *decoder, const struct node *node, void *target,
                   const void *arg);

// The value of an annotation, a scalar; NULL when absent.
const struct node *pod_annotation(const struct node *metadata, const char *key);

// Whether the network plugin has taken the address of a pod back, by leaving its annotation empty.
bool pod_addresses_taken_back(const struct node *metadata);

// Fills addresses and spoofable from the first source that has any.
void pod_addresses_choose(struct res_decoder *decoder, const struct node *metadata,
                          const struct pod_addresses *addresses, struct res_workload *workload);
