// SPDX-License-Identifier: GPL-2.0-or-later
// The annotations of a cluster's objects that polc reads; each also stands in the tables of read_fields.c.
#pragma once

// Of a Pod.
#define POD_INTERFACE "polc.io/interface"
#define POD_IP        "cni.projectcalico.org/podIP"
#define POD_IPS       "cni.projectcalico.org/podIPs"
#define AWS_IPS       "vpc.amazonaws.com/pod-ips"
#define POD_SOURCES   "cni.projectcalico.org/allowedSourcePrefixes"

// Of a Node.
#define NODE_IPV4 "projectcalico.org/IPv4Address"
#define NODE_IPV6 "projectcalico.org/IPv6Address"
