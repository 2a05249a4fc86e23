// SPDX-License-Identifier: GPL-2.0-or-later
// One function per family of kinds: an object -> its struct, appended to struct resources.
#pragma once

#include "meta.h"

typedef void (*object_fn)(struct res_decoder *decoder, const struct load_object *object,
                          enum res_kind kind);

void decode_tier(struct res_decoder *decoder, const struct load_object *object, enum res_kind kind);
void decode_policy(struct res_decoder *decoder, const struct load_object *object,
                   enum res_kind kind);
void decode_kubernetes_policy(struct res_decoder *decoder, const struct load_object *object,
                              enum res_kind kind);
// ClusterNetworkPolicy and what came before it.
void decode_cluster_policy(struct res_decoder *decoder, const struct load_object *object,
                           enum res_kind kind);
void decode_netset(struct res_decoder *decoder, const struct load_object *object,
                   enum res_kind kind);
void decode_host(struct res_decoder *decoder, const struct load_object *object, enum res_kind kind);
void decode_workload(struct res_decoder *decoder, const struct load_object *object,
                     enum res_kind kind);
void decode_profile(struct res_decoder *decoder, const struct load_object *object,
                    enum res_kind kind);
void decode_felix(struct res_decoder *decoder, const struct load_object *object,
                  enum res_kind kind);
void decode_kube_controllers(struct res_decoder *decoder, const struct load_object *object,
                             enum res_kind kind);
void decode_node(struct res_decoder *decoder, const struct load_object *object, enum res_kind kind);
void decode_pod(struct res_decoder *decoder, const struct load_object *object, enum res_kind kind);
void decode_test(struct res_decoder *decoder, const struct load_object *object, enum res_kind kind);
// Namespace and ServiceAccount.
void decode_named(struct res_decoder *decoder, const struct load_object *object,
                  enum res_kind kind);
void decode_service(struct res_decoder *decoder, const struct load_object *object,
                    enum res_kind kind);
void decode_endpoint_slice(struct res_decoder *decoder, const struct load_object *object,
                           enum res_kind kind);
void decode_endpoints(struct res_decoder *decoder, const struct load_object *object,
                      enum res_kind kind);

// The top of a Calico object: apiVersion, kind, metadata, status and a spec that is read by `spec`.
void decode_calico(struct res_decoder *decoder, const struct load_object *object,
                   const struct fields *spec, void *target);
// The same where a spec need not be a map.
void decode_calico_by(struct res_decoder *decoder, const struct load_object *object, field_fn spec,
                      const void *arg, void *target);

// What policies of Calico and of Kubernetes have in common.
void decode_staged_action(struct res_decoder *decoder, const struct node *node, void *target,
                          const void *arg);
void note_other_fields(struct res_decoder *decoder, const struct node *spec,
                       struct res_policy *policy);
struct loc spec_place(const struct load_object *object);
