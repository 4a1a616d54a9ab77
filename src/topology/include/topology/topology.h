/* SPDX-License-Identifier: ISC */
#ifndef TW_TOPOLOGY_TOPOLOGY_H
#define TW_TOPOLOGY_TOPOLOGY_H
/*
 * The inventory (contract 2): devices, pairs, E-Trunks, members, sub-interfaces. An immutable snapshot.
 *
 * Role: answers "who sent this" and "which pair, E-Trunk and member is this interface". Pure.
 * Ownership: create gives a reference; ref/unref count it. Everything pointed to lives as long as the
 * snapshot. Indices: devices, pairs, e_trunks, members count through the whole inventory, in the order of the
 * file. Side 0 and 1 of a pair, and of all its E-Trunks and members, are the first and second of `devices:`.
 * Limits: 1 <= E-Trunk id <= 128; Eth-Trunk id <= 65535; sub-interface number 1..4294967294.
 */
#include "base/err.h"
#include "base/str.h"
#include "base/time.h"
#include "doc/doc.h"
#include "model/record.h"

#define TW_NONE UINT32_MAX
enum { TW_ENGINE_ID_MIN = 5, TW_ENGINE_ID_MAX = 32 }; /* bytes, RFC 3411 5 */

/* Service words (contract 2); a set is a bit per word, in this order. */
#define TW_SERVICE_WORDS                                                                                     \
    "arp", "igmp", "igmp-snooping", "mld", "multicast", "ipsec", "bras", "l2tp", "dhcp", "nd", "l3", "l2"
enum { TW_SERVICES = 12, TW_SERVICE_BRAS = 6 };
const char *tw_service_name(unsigned i);

enum tw_protection { TW_PROTECTION_E_TRUNK, TW_PROTECTION_VRRP, TW_PROTECTION_NONE };
enum tw_backup_mode { TW_BACKUP_HOT, TW_BACKUP_WARM, TW_BACKUP_VIRTUAL };

struct tw_poll {                /* how a device may be polled */
    int version;                /* 0: not given; 1, 2 (2c) or 3 */
    const char *user;           /* NULL: not given */
    const char *community_file; /* NULL: not given; as written, relative to the inventory */
    uint32_t port;              /* default 161 */
    tw_dur timeout;             /* 0: not given */
    int retries;                /* -1: not given */
};

struct tw_device {
    const char *name; /* key in the inventory */
    const struct tw_addr *addresses;
    size_t addresses_n;
    const char *const *hostnames; /* the key when none was given */
    size_t hostnames_n;
    const char *engine_id;   /* "0x8000…" in lower case, NULL: not given */
    const char *certificate; /* name of its TLS client certificate, NULL: not given */
    struct tw_poll poll;
    bool stamp_offset_utc;           /* domain.md 2.2: how an offset in its stamps is meant */
    tw_dur alarm_raise, alarm_clear; /* alarm-delay; 0 when not given */
    bool has_alarm_delay;
    const struct tw_if_name { /* ifIndex -> name, sorted by index */
        uint32_t index;
        const char *name;
    } * interfaces;
    size_t interfaces_n;
};

struct tw_profile { /* remote backup profile (RBP), domain.md 6 */
    const char *name;
    enum tw_backup_mode mode;
    uint32_t services;
    const char *rbs;       /* NULL: not given */
    bool vrrp;             /* protocol: vrrp */
    uint32_t line, column; /* where it stands, for mode-ineffective */
};

/* Does its mode suit all its services: hot suits any, warm none, virtual only BRAS (domain.md 1). */
bool tw_profile_fits(const struct tw_profile *p);

struct tw_sub { /* a listed sub-interface */
    uint32_t number;
    uint32_t services;
    enum tw_protection protection;
    const struct tw_profile *profile; /* NULL: none */
    const char *description;          /* NULL: none */
};

struct tw_member {             /* an Eth-Trunk of an E-Trunk, on both sides */
    uint32_t e_trunk;          /* index */
    uint32_t trunk[2];         /* Eth-Trunk ids per side */
    const char *trunk_name[2]; /* "Eth-Trunk10" */
    bool active_active;        /* mode */
    int master;                /* side named by `master`, -1: none */
    bool ignore_unlisted;
    const struct tw_sub *subs; /* sorted by number */
    size_t subs_n;
};

struct tw_e_trunk {
    uint32_t pair;               /* index */
    uint32_t id;                 /* 1..128 */
    tw_dur revert_delay;         /* default 120 s */
    tw_dur hello;                /* 0: not given */
    uint32_t hold_multiplier;    /* hold-on-failure-multiplier, 0: not given */
    uint32_t member0, members_n; /* members[member0 .. member0 + members_n) */
};

struct tw_pair {
    const char *name;
    uint32_t device[2]; /* indices */
    const struct tw_profile *profiles;
    size_t profiles_n;
    uint32_t profile0; /* how many profiles the pairs before have */
    uint32_t e_trunk0, e_trunks_n;
};

struct tw_topology {
    const char *file;
    const struct tw_device *devices;
    const struct tw_pair *pairs;
    const struct tw_e_trunk *e_trunks;
    const struct tw_member *members;
    const struct tw_addr *relays;
    const struct tw_str *relay_certificates; /* names in their TLS client certificates */
    size_t devices_n, pairs_n, e_trunks_n, members_n, relays_n, relay_certificates_n;
    struct tw_topology_index *index; /* private */
};

/* Reads an inventory. Returns NULL after adding errors with their places. */
const struct tw_topology *tw_topology_create(const char *file, struct tw_str text, struct tw_errors *errors);
const struct tw_topology *tw_topology_ref(const struct tw_topology *t);
void tw_topology_unref(const struct tw_topology *t);

/* The device with this source address / header host name (case does not count), or TW_NONE. */
uint32_t tw_topology_by_address(const struct tw_topology *t, const struct tw_addr *a);
uint32_t tw_topology_by_hostname(const struct tw_topology *t, struct tw_str host);
/* By a header's host name, or an address that stands in its place. */
uint32_t tw_topology_by_name(const struct tw_topology *t, struct tw_str host);
/* The device with this name in its client certificate (case does not count); with this SNMP engine ID, as
 * bytes. */
uint32_t tw_topology_by_certificate(const struct tw_topology *t, struct tw_str name);
uint32_t tw_topology_by_engine_id(const struct tw_topology *t, struct tw_str id);
bool tw_topology_is_relay(const struct tw_topology *t, const struct tw_addr *a);
bool tw_topology_is_relay_certificate(const struct tw_topology *t, struct tw_str name);

/* Name of an ifIndex by the inventory, or NULL. */
const char *tw_topology_if_name(const struct tw_topology *t, uint32_t device, uint32_t if_index);
/* The member that Eth-Trunk `trunk` of `device` is; *side is the device's side. TW_NONE when it is in no
 * E-Trunk. */
uint32_t tw_topology_member(const struct tw_topology *t, uint32_t device, uint32_t trunk, int *side);
/* The E-Trunk with this id on this device; *side is the device's side. TW_NONE: none. */
uint32_t tw_topology_e_trunk(const struct tw_topology *t, uint32_t device, uint32_t id, int *side);
/* The first pair that a device is in, or TW_NONE. */
uint32_t tw_topology_pair_of(const struct tw_topology *t, uint32_t device, int *side);
const struct tw_sub *tw_member_sub(const struct tw_member *m, uint32_t number); /* NULL: not listed */

/* "Eth-Trunk10" or "Eth-Trunk10.100", in any case, with an optional blank after "Trunk": *sub is 0 for a main
 * interface. False for anything else. */
bool tw_trunk_name_parse(struct tw_str name, uint32_t *trunk, uint32_t *sub);

#endif
