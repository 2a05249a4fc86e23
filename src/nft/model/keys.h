// SPDX-License-Identifier: GPL-2.0-or-later
// The key table: how each thing that a rule can look at is written, loaded, and typed. Inside module nft only.
#pragma once

#include "ruleset.h"

enum value_format {
    FORMAT_IFNAME,
    FORMAT_INDEX,
    FORMAT_NFPROTO,
    FORMAT_PROTOCOL,
    FORMAT_CT_STATE,
    FORMAT_CT_STATUS,
    FORMAT_CT_DIRECTION,
    FORMAT_BITS,
    FORMAT_ADDRESS,
    FORMAT_PORT,
    FORMAT_NUMBER
};

// IPS_* of the kernel: a connection is confirmed once its first packet has left all hooks.
enum { CT_STATUS_CONFIRMED = 8, CT_STATUS_DNAT = 32 };
// IP_CT_DIR_* of the kernel.
enum { CT_ORIGINAL = 0, CT_REPLY = 1 };

struct key_info {
    const char *text;          // "tcp dport", as nft writes it
    uint8_t load;              // enum expr_kind: EXPR_META, EXPR_PAYLOAD, EXPR_CT
    uint8_t format;            // enum value_format
    uint8_t nfproto;           // NFPROTO_* that must be checked first; 0: none
    uint8_t l4proto;           // IPPROTO_* that must be checked first; 0: none
    uint8_t length;            // bytes
    bool zeroed;               // what was loaded is made 0
    uint32_t kernel_key;       // NFT_META_*, NFT_CT_*, or the payload base
    uint32_t offset;           // of a payload
    uint32_t datatype;         // nft's number for set keys; 0: never a set key here
    const char *datatype_name; // "ipv4_addr"
};

const struct key_info *key_info(enum rule_key key);

// Keys by direction of the address or port: `source` picks saddr or sport.
enum rule_key key_address(uint8_t family, bool source);
enum rule_key key_port(uint8_t protocol, bool source); // protocol 0: any transport ("th")

// One value as nft writes it. `buffer` holds VALUE_TEXT_MAX bytes.
enum { VALUE_TEXT_MAX = 128 };
const char *key_value_text(enum rule_key key, const uint8_t *value, char *buffer);
const char *protocol_text(uint8_t protocol, char *buffer); // "tcp" or a number
