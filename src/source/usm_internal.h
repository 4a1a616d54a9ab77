/* SPDX-License-Identifier: ISC */
#ifndef TW_SOURCE_USM_INTERNAL_H
#define TW_SOURCE_USM_INTERNAL_H
#include "base/map.h"
#include "decode/trap.h"
#include "source/usm.h"
#include "usm/key.h"
#include "usm/message.h"

#define USM_SELF UINT32_MAX /* in place of an engine's index: ours */
enum { USM_LISTED_PER_DEVICE = 4, USM_SLACK = 15, USM_ANSWER_MAX = TW_TRAP_MAX + 1 };

struct tw_usm {
    struct usm_crypto crypto;
    struct tw_usm_id self;
    int32_t boots;
    int64_t start_ms;
    struct tw_usm_user *users;
    size_t users_n;
    enum tw_usm_learn learn;
    const struct tw_topology *topology;
    /* usm_engines.c */
    struct tw_usm_engine *engines;
    size_t engines_n, engines_cap, listed;
    struct tw_map by_id;
    uint64_t changes;
    /* usm_cache.c */
    struct usm_slot {
        uint32_t engine, user; /* indices; USM_SELF */
        struct usm_key key;
    } * slots;
    size_t slots_n, slots_cap, hand;
    struct tw_map by_pair;
    /* usm_answer.c */
    uint32_t counts[TW_USM_VERDICTS];
    uint64_t salt;
    /* the message in hand */
    struct usm_header header;
    struct usm_scoped scoped;
    uint32_t user, engine; /* of `header` */
    uint8_t plain[TW_TRAP_MAX + 16], answer[USM_ANSWER_MAX];
};

/* usm_engines.c */
struct usm_place {
    struct tw_usm_engine *row; /* NULL: new */
    uint32_t device;           /* to be listed, or listed only: whose address it has; else TW_NONE */
};
/* May messages of this engine be looked at? */
bool usm_engine_find(struct tw_usm *u, struct tw_str id, const struct tw_addr *from, struct usm_place *out);
/* The row of one that has proved its key; NULL: no room. */
struct tw_usm_engine *usm_engine_add(struct tw_usm *u, const struct usm_place *p,
                                     const struct tw_usm_user *user, const struct tw_addr *from);
/* One that was listed before it could be learnt, by a message that is authentic and in time: it is the
 * device's from now on, unless that has one. */
bool usm_engine_promote(struct tw_usm *u, const struct usm_place *p);
/* RFC 3414 3.2 7b; the message is authentic. */
bool usm_engine_in_time(struct tw_usm *u, struct tw_usm_engine *e, bool is_new, int64_t now_ms);
/* After a change of users or inventory. */
void usm_engines_review(struct tw_usm *u);
uint32_t usm_engine_index(const struct tw_usm *u, const struct tw_usm_engine *e);

/* usm_cache.c */
struct usm_key *usm_cache_find(struct tw_usm *u, uint32_t engine, uint32_t user);
/* Takes the contents of `k`. */
struct usm_key *usm_cache_add(struct tw_usm *u, uint32_t engine, uint32_t user, struct usm_key *k);
void usm_cache_clear(struct tw_usm *u);

/* usm_answer.c */
int32_t usm_own_time(const struct tw_usm *u, int64_t now_ms);
struct tw_str usm_report(struct tw_usm *u, enum tw_usm_verdict v, int64_t now_ms);

#endif
