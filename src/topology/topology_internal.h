/* SPDX-License-Identifier: ISC */
#ifndef TW_TOPOLOGY_INTERNAL_H
#define TW_TOPOLOGY_INTERNAL_H
/*
 * What a snapshot keeps beside its public face: memory, the count of references, and the ways in.
 */
#include "topology/topology.h"

#include "base/map.h"
#include "base/mem.h"

/* Who has an address or a name (of a host, a certificate, an engine), and where the inventory says so. */
struct tw_owner {
    uint32_t device;
    uint32_t line, column;
    union {
        struct tw_addr address;
        struct tw_str name; /* case does not count */
    };
};

struct tw_owners {
    struct tw_owner *at;
    size_t n, cap;
    struct tw_map map; /* index into `at` */
};

struct tw_topology_index {
    unsigned refs;
    struct tw_arena *arena;
    struct tw_owners addresses, hosts, certificates, engines;
    struct tw_map relays;             /* index of t->relays */
    struct tw_map relay_certificates; /* index of t->relay_certificates */
    struct tw_map trunks;             /* tw_place_key(device, Eth-Trunk) -> member * 2 + side */
    struct tw_map e_trunks;           /* tw_place_key(device, id) -> E-Trunk * 2 + side */
    uint32_t *first_pair;             /* per device: pair * 2 + side, TW_NONE: in no pair */
};

/* A number on a device. As a hash it is the key itself, so equal hashes are equal keys. */
static inline uint64_t tw_place_key(uint32_t device, uint32_t number)
{
    return (uint64_t)device << 32 | number;
}

/* NULL: nobody has it. */
const struct tw_owner *tw_owner_of_address(const struct tw_topology_index *x, const struct tw_addr *a);
const struct tw_owner *tw_owner_of_name(const struct tw_owners *o, struct tw_str name);
uint64_t tw_addr_hash(const struct tw_addr *a);

/* Writes "Eth-Trunk10" or, when sub is not 0, "Eth-Trunk10.100". */
enum { TW_TRUNK_NAME_TEXT = 32 };
struct tw_str tw_trunk_name_text(uint32_t trunk, uint32_t sub, char buf[static TW_TRUNK_NAME_TEXT]);

#endif
