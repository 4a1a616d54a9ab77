/* SPDX-License-Identifier: ISC */
#ifndef TW_SOURCE_USM_H
#define TW_SOURCE_USM_H
/*
 * SNMPv3's user-based security (RFC 3414, 3826, 7860) for who receives notifications: a message in; its PDU,
 * verified and decrypted, or a reason out; and the answers that informs want.
 *
 * Role: keys, boots and time windows live here, the core gets the plain PDU and its security level. Nothing
 * here reads a clock, a file or a socket.
 *
 * Who is who: an engine ID is known if the inventory gives it to a device, if a user is configured with it,
 * or if it was learnt. An unknown one that proves the key of a user and comes from the address of a device
 * without an engine ID is listed (tw_usm_learn). Before the digest is right nothing about a message is kept,
 * and nothing costs more than one localisation of a key.
 *
 * Limits: TW_USM_ENGINES_MAX engines, TW_USM_LISTED_MAX of them not in the inventory or configuration;
 * TW_USM_KEYS_MAX localised keys, the oldest gives way.
 */
#include "model/record.h"
#include "topology/topology.h"
#include "usm/user.h"

enum { TW_USM_USERS_MAX = 64, TW_USM_ENGINES_MAX = 65536, TW_USM_LISTED_MAX = 1024, TW_USM_KEYS_MAX = 8192 };

enum tw_usm_verdict {
#define TW_USM(id, name, report, message) TW_USM_##id,
#include "source/usm.def"
#undef TW_USM
    TW_USM_VERDICTS
};

/* snmp.learn-engines, in this order. */
enum tw_usm_learn {
    TW_LEARN_NO,  /* refused */
    TW_LEARN_YES, /* it is the device's from now on, whatever its address */
    TW_LEARN_ASK, /* heard by its address, listed until the inventory names it */
};

/* An engine that has proved a key. */
struct tw_usm_engine {
    struct tw_usm_id id;
    enum { TW_ENGINE_KNOWN, TW_ENGINE_LEARNT, TW_ENGINE_ASKED } state;
    int32_t boots, time; /* of its last message in time */
    int64_t at_ms;       /* when that was */
    char device[256];    /* that it was found to be, by address; empty: known otherwise */
    uint32_t sender;     /* LEARNT: 1 + that device's index now; 0: it is no more */
    struct tw_addr from;
    char user[TW_USM_NAME_MAX + 1];
};

struct tw_usm;

/* What we are: `boots` grows with each start, its time counts from `start_ms`. */
struct tw_usm *tw_usm_create(const struct tw_usm_id *self, int32_t boots, int64_t start_ms);
void tw_usm_destroy(struct tw_usm *u);
/* Takes the users (NULL: none) and refers to the topology. What is known of engines stays. */
void tw_usm_configure(struct tw_usm *u, struct tw_usm_user *users, size_t n, enum tw_usm_learn learn,
                      const struct tw_topology *t);
const struct tw_usm_id *tw_usm_self(const struct tw_usm *u, int32_t *boots);

/* What became of a message. Slices are valid until the next call. */
struct tw_usm_result {
    enum tw_security security;
    struct tw_str pdu;          /* OK: the notification */
    struct tw_str engine_id;    /* of its sender, when its digest was right and the ID may speak for it: also
                                   of a message that is refused for another reason */
    uint32_t sender;            /* the same: 1 + index of the device, when it was learnt; else 0 */
    bool inform;                /* it wants tw_usm_respond */
    struct tw_str report;       /* to be sent back; empty: none */
    struct tw_str engine, user; /* as the message says, to be shown */
    const struct tw_usm_engine *found; /* it was listed or learnt just now; else NULL */
};
enum tw_usm_verdict tw_usm_receive(struct tw_usm *u, struct tw_str message, const struct tw_addr *from,
                                   int64_t now_ms, struct tw_usm_result *out);
/* The answer to the inform that was just received. Empty: it is too long. */
struct tw_str tw_usm_respond(struct tw_usm *u, int64_t now_ms);

/* All engines, for who shows or keeps them. *changes grows with what should be kept soon. */
const struct tw_usm_engine *tw_usm_engines(const struct tw_usm *u, size_t *n, uint64_t *changes);
/* As it was kept. False: no room, or it is there already. */
bool tw_usm_restore(struct tw_usm *u, const struct tw_usm_engine *e, int64_t now_ms);

/* The answer to a v1 or v2c message that is an inform (RFC 3416 4.2.7), never longer than it. Returns the
 * length, 0: it is none. */
size_t tw_inform_answer(struct tw_str message, uint8_t *out, size_t room);

#endif
