/* SPDX-License-Identifier: ISC */
#ifndef TW_FACTS_INTERNAL_H
#define TW_FACTS_INTERNAL_H
#include "base/err.h"
#include "base/map.h"
#include "base/mem.h"
#include "facts/facts.h"

struct if_learnt {
    uint32_t index, trunk, sub; /* trunk TW_NONE: an interface that is no Eth-Trunk */
};

struct device_facts {
    tw_time stale_since;
    tw_time cold_at; /* last cold start */
    struct if_learnt *learnt;
    size_t learnt_n, learnt_cap;
    struct tw_map by_index;
    uint32_t rbs_n;
};

/* What few sides of sub-interfaces have: a line protocol that was heard of, own faults while they forwarded.
 */
struct sub_rare {
    struct tw_fact protocol;
    tw_time downs[TW_FACTS_DOWNS];
};

struct list {
    uint32_t *p;
    size_t n, cap;
};

struct tw_facts {
    const struct tw_topology *topology;
    struct tw_facts_options options;
    struct device_facts *devices;
    struct tw_map device_by_name;
    struct tw_member_side *members; /* 2 per member */
    uint32_t *first_sub;            /* per member */
    uint32_t *unlisted;             /* per member: how many unlisted entries */
    bool *member_dirty;
    struct tw_e_trunk_side *e_trunks; /* 2 per E-Trunk */
    struct tw_sub_facts *subs;
    size_t subs_n, subs_cap;
    struct sub_rare *rare;
    size_t rare_n, rare_cap;
    struct tw_map sub_by_key;
    struct tw_rbs_facts *rbs;
    size_t rbs_n, rbs_cap;
    struct tw_map rbs_by_key; /* device and name */
    struct tw_str *rules;     /* interned rule names, each with its NUL */
    size_t rules_n, rules_cap;
    struct list dirty_subs, dirty_members, dirty_e_trunks, dirty_rbs;
    bool by_role;
    uint32_t restarted;
    uint64_t unlearnt; /* since the last tw_facts_take_unlearnt */
};

static inline struct tw_member_side *other(struct tw_facts *f, uint32_t ms)
{
    return &f->members[ms ^ 1];
}

/* fact.c */
enum fact_change { FACT_LATE, FACT_CONFIRMED, FACT_REFRESHED, FACT_EARLIER, FACT_CHANGED };
/* Takes over a value heard by `e`. REFRESHED: the same value, which was stale. EARLIER:
 * the same value, but it began before what was known. */
enum fact_change fact_set(struct tw_facts *f, struct tw_fact *fact, uint8_t value, uint32_t device,
                          const struct tw_event *e);
/* Keeps what was heard of a later moment: then it returns false. */
bool fact_forget(struct tw_fact *fact, tw_time at, uint64_t seq);
/* True when the event is over before the fact was last confirmed. */
bool fact_late(const struct tw_fact *fact, const struct tw_event *e);
struct tw_evidence *evidence_new(struct tw_facts *f, uint32_t device, const struct tw_event *e);
void evidence_unref(struct tw_evidence *e);
void evidence_set(struct tw_evidence **slot, struct tw_evidence *e);
const char *rule_intern(struct tw_facts *f, struct tw_str name);

/* facts.c */
void dirty_sub(struct tw_facts *f, uint32_t sub);
void dirty_member(struct tw_facts *f, uint32_t member); /* with its sub-interfaces */
void dirty_member_only(struct tw_facts *f, uint32_t member);
void dirty_e_trunk(struct tw_facts *f, uint32_t es); /* with its members */
/* The E-Trunk that an event names, as a side; TW_NONE: not in the inventory. */
uint32_t e_trunk_side(const struct tw_facts *f, uint32_t device, const struct tw_event *e);
void dirty_rbs(struct tw_facts *f, uint32_t rbs);
/* To be read; and to be changed, which makes one where there is none. */
const struct sub_rare *sub_rare(const struct tw_facts *f, const struct tw_sub_side *s);
struct sub_rare *sub_rare_of(struct tw_facts *f, struct tw_sub_side *s);
uint32_t sub_entry(struct tw_facts *f, uint32_t member,
                   uint32_t number); /* TW_NONE: not watched, or the cap */
uint32_t rbs_entry(struct tw_facts *f, uint32_t device, struct tw_str name);

/* interface.c: where an event's interface is */
struct place {
    uint32_t member_side; /* TW_NONE: elsewhere */
    uint32_t sub;         /* number; 0: the main interface */
    bool unnamed;
};
struct place interface_place(struct tw_facts *f, uint32_t device, const struct tw_event *e);
enum tw_applied interface_apply(struct tw_facts *f, uint32_t device, const struct tw_event *e);
void settle_arm(struct tw_facts *f, uint32_t ms);

/* role.c */
enum tw_applied role_apply_member(struct tw_facts *f, uint32_t device, const struct tw_event *e);
enum tw_applied role_apply_e_trunk(struct tw_facts *f, uint32_t device, const struct tw_event *e);
/* A claimant that is no longer master, for whatever reason: what it said about the peer is void. */
/* What a side says with its member's role and its E-Trunk's. */
struct tw_word role_word(const struct tw_member_side *m, const struct tw_e_trunk_side *e);
void role_claim_void(struct tw_facts *f, uint32_t ms, tw_time at, uint64_t seq);

/* restart.c */
enum tw_applied restart_apply(struct tw_facts *f, uint32_t device, const struct tw_event *e);

#endif
