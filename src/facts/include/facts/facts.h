/* SPDX-License-Identifier: ISC */
#ifndef TW_FACTS_FACTS_H
#define TW_FACTS_FACTS_H
/*
 * What is known now about every side of every pair, since when, and on what evidence (design 3).
 *
 * Role: event -> facts -> which entities must be judged again. No condition is known here. Pure.
 * Order: what happened earlier loses against what happened later, whenever it arrives. "Happened" is event.at
 * with its resolution: a stamp of whole seconds loses only when its whole second is over. Entities are
 * counted as in the topology; a side of one is index * 2 + side. Sub-interfaces get an entry when the first
 * event about them arrives, so memory follows what is heard, not what is listed. Limits:
 * TW_FACTS_UNLISTED_MAX unlisted sub-interfaces per member, TW_FACTS_RBS_MAX RBS names per device,
 * TW_FACTS_IF_MAX learnt ifIndex per device.
 */
#include "base/snap.h"
#include "model/event.h"
#include "topology/topology.h"

enum { TW_FACTS_UNLISTED_MAX = 8192, TW_FACTS_RBS_MAX = 64, TW_FACTS_IF_MAX = 65536, TW_FACTS_DOWNS = 5 };

/* Why we believe something; shared by reference count. */
struct tw_evidence {
    uint32_t refs;
    tw_time at, rx, stamp;
    uint32_t device;
    enum tw_source source;
    struct tw_record_ref ref;
    const char *rule; /* interned in the facts */
    char text[];
};

struct tw_fact {
    uint8_t value;      /* 0: unknown */
    tw_time since;      /* the value holds since */
    tw_time at;         /* last confirmed */
    tw_dur resolution;  /* of that confirmation */
    tw_time before;     /* last confirmation of the value before */
    uint64_t seq;       /* record of the last confirmation */
    uint64_t since_seq; /* record of the change */
    struct tw_evidence *why;
};

enum tw_cause {
    TW_CAUSE_NONE,
    TW_CAUSE_OWN,
    TW_CAUSE_INHERITED,
    TW_CAUSE_ADMIN,
    TW_CAUSE_DELETED,
    TW_CAUSES
};

/* There are many, and each message is about another one: small, so that few lines of memory are asked for. */
struct tw_sub_side {
    struct tw_fact oper; /* enum tw_state */
    uint8_t cause;       /* enum tw_cause */
    uint8_t down_class;  /* enum tw_down_class */
    uint8_t downs_n;     /* of tw_facts_downs */
    bool has_reason;
    bool inferred;                   /* own fault only because no up came after its main interface's */
    bool later_fault;                /* the cause holds since a later reason or moment, not since the down */
    uint32_t rare;                   /* 1 + where the rest stands that few have; 0: nowhere */
    tw_time reason_at;               /* when the reason was given */
    tw_time fault_since;             /* the cause holds since */
    tw_dur raise_delay, clear_delay; /* alarm-delay: how much earlier the last down, the last up really was */
};

struct tw_sub_facts {
    uint32_t member, number;
    const struct tw_sub *listed; /* NULL: not in the inventory */
    struct tw_sub_side side[2];
    uint32_t next; /* further one of the same member, or TW_NONE */
    bool dirty;
};

/* What a role is judged by stands together in front, two lines of memory. */
struct tw_member_side {
    struct tw_fact role; /* enum tw_role */
    enum tw_role_reason reason;
    enum tw_work_mode mode;
    tw_time claimed;      /* the peer took over: our last word is stale; TW_TIME_MIN: no */
    tw_time restored;     /* when a claim ended */
    tw_time unknown_from; /* what was said before is void */
    uint64_t unknown_seq;
    tw_time was_master; /* when it last became master */
    tw_time settle;     /* when inherited faults must have ended; TW_TIME_MAX: nothing to settle */
    bool claimed_by_e_trunk;
    bool main_shut;
    enum tw_down_class main_class;
    struct tw_fact main;              /* enum tw_state */
    tw_time main_down_at, main_up_at; /* the last known of each, in whatever order they were heard */
    tw_time came_back;                /* main up after it was down */
    uint64_t claimed_seq;
    uint64_t was_master_seq;
    tw_time both_since; /* of side 0: whether both forward, is so since */
};

struct tw_e_trunk_side {
    struct tw_fact role;
    enum tw_role_reason reason;
    struct tw_fact peer; /* enum tw_state: up = heard */
    bool dirty;
};

struct tw_rbs_facts {
    uint32_t device;
    const char *name; /* as a router wrote it, made safe to print */
    struct tw_fact channel;
    bool dirty;
};

struct tw_facts;
struct tw_facts_options {
    tw_dur follow; /* a main interface that goes down within this after a sub-interface took it down:
                      no-switchover's hold */
};

struct tw_facts *tw_facts_create(const struct tw_topology *t, struct tw_facts_options options);
void tw_facts_destroy(struct tw_facts *f);

enum tw_applied {
    TW_APPLIED,           /* about something of ours; dirty entities say what changed */
    TW_APPLIED_LATE,      /* happened before what is known; may still have changed something */
    TW_APPLIED_ELSEWHERE, /* about nothing in the inventory */
    TW_APPLIED_UNNAMED,   /* an ifIndex that nobody can name */
    TW_APPLIED_LIMIT
};
enum tw_applied tw_facts_apply(struct tw_facts *f, uint32_t device, const struct tw_event *e);

/* Own-fault downs on the forwarding side, oldest first; there are downs_n. */
const tw_time *tw_facts_downs(const struct tw_facts *f, const struct tw_sub_side *s);
/* The line protocol: a fact of its own (enum tw_state). */
const struct tw_fact *tw_facts_protocol(const struct tw_facts *f, const struct tw_sub_side *s);

/* How many names of an ifIndex found no room since the last call: TW_FACTS_IF_MAX. */
uint64_t tw_facts_take_unlearnt(struct tw_facts *f);

/* What must be judged again, since the last tw_facts_clean. */
struct tw_dirty {
    const uint32_t *subs;     /* sub-interface entries: both sides */
    const uint32_t *members;  /* members, without their sub-interfaces */
    const uint32_t *e_trunks; /* E-Trunk sides */
    const uint32_t *rbs;
    size_t subs_n, members_n, e_trunks_n, rbs_n;
    bool by_role;       /* it was a role that changed */
    uint32_t restarted; /* device that cold-started, or TW_NONE */
};
struct tw_dirty tw_facts_dirty(const struct tw_facts *f);
void tw_facts_clean(struct tw_facts *f);

/* Inherited faults whose main interface is up again: from `settle` on they count as own faults. Settles what
 * is due at `now` on a member side; the next one is in settle again. */
void tw_facts_settle(struct tw_facts *f, uint32_t member_side, tw_time now);

/* Reading */
const struct tw_topology *tw_facts_topology(const struct tw_facts *f);
size_t tw_facts_subs_n(const struct tw_facts *f);
const struct tw_sub_facts *tw_facts_sub(const struct tw_facts *f, uint32_t sub);
uint32_t tw_facts_sub_find(const struct tw_facts *f, uint32_t member, uint32_t number); /* TW_NONE */
uint32_t tw_facts_sub_first(const struct tw_facts *f, uint32_t member);                 /* then ->next */
const struct tw_member_side *tw_facts_member(const struct tw_facts *f, uint32_t member_side);
const struct tw_e_trunk_side *tw_facts_e_trunk(const struct tw_facts *f, uint32_t e_trunk_side);
size_t tw_facts_rbs_n(const struct tw_facts *f);
const struct tw_rbs_facts *tw_facts_rbs(const struct tw_facts *f, uint32_t rbs);
/* The device's facts of before this moment are stale (agent restart); TW_TIME_MIN: never. */
tw_time tw_facts_stale_since(const struct tw_facts *f, uint32_t device);

/* What a side last said about its role: its member's word, or its E-Trunk's when
 * that is later or alone. */
struct tw_word {
    enum tw_role role; /* TW_ROLE_UNKNOWN: nothing valid was heard */
    enum tw_role said; /* its last word, also when that has become void */
    bool stale;        /* the peer took over since */
    tw_time since;     /* role in force since: a claim of the peer's may have
                          interrupted it */
    tw_time became;    /* when it took this role */
    tw_time at;        /* last confirmed */
    tw_dur resolution;
    const struct tw_evidence *why;
};
struct tw_word tw_facts_word(const struct tw_facts *f, uint32_t member_side);

enum tw_basis { TW_BASIS_NOTHING, TW_BASIS_INVENTORY, TW_BASIS_PEER, TW_BASIS_ROLE };
struct tw_forwarding {
    bool yes;
    enum tw_basis basis; /* NOTHING: not known */
    tw_time since;
};
struct tw_forwarding tw_facts_forwards(const struct tw_facts *f, uint32_t member_side);
/* Reported, else the inventory's. */
bool tw_facts_active_active(const struct tw_facts *f, uint32_t member);
tw_time tw_facts_active_active_since(const struct tw_facts *f, uint32_t member);

/* Both directions; entities are written by name, so that another topology can take
 * them over. Those that it does not have are left out. */
void tw_facts_snap(struct tw_facts *f, struct tw_snap *s);
/* Entities by name, both directions. Reading gives TW_NONE for what this topology
 * does not have. */
void tw_facts_snap_device(struct tw_facts *f, struct tw_snap *s, uint32_t *device);
void tw_facts_snap_member_side(struct tw_facts *f, struct tw_snap *s, uint32_t *member_side);
void tw_facts_snap_e_trunk_side(struct tw_facts *f, struct tw_snap *s, uint32_t *e_trunk_side);
void tw_facts_snap_sub_side(struct tw_facts *f, struct tw_snap *s, uint32_t *sub_side);
void tw_facts_snap_rbs(struct tw_facts *f, struct tw_snap *s, uint32_t *rbs);

#endif
