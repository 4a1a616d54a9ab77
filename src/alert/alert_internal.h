/* SPDX-License-Identifier: ISC */
#ifndef TW_ALERT_INTERNAL_H
#define TW_ALERT_INTERNAL_H
#include "alert/alert.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "base/mem.h"
#include "model/loss.h"

/* fsm.c: the life of a track */
enum track_state {
    TRACK_HOLDING,
    TRACK_LOST,
    TRACK_OVER, /* remembered: it may turn out that it never was */
    TRACK_FIRING,
    TRACK_RESTARTED,
    TRACK_STATES,
    TRACK_GONE = TRACK_STATES
};
enum track_event { TRACK_TRUE, TRACK_FALSE, TRACK_END, TRACK_DUE, TRACK_RESTART, TRACK_EVENTS };
enum track_action {
    ACT_NONE,
    ACT_KEEP,
    ACT_SUSPEND,
    ACT_RESUME,
    ACT_DROP,
    ACT_RAISE,
    ACT_REFRESH,
    ACT_CLEAR,
    ACT_FORGOT
};
struct track_row {
    enum track_state next;
    enum track_action action;
};
struct track_row track_step(enum track_state s, enum track_event e);

struct track {
    bool used;
    enum track_state state;
    uint32_t condition;
    struct tw_item item;
    bool truth;
    bool lost_by_role;
    bool restarted_hold; /* hold_from was set anew: an earlier start is no news any more */
    tw_time since;       /* the fault */
    tw_time hold_from;
    tw_time known;    /* arrival of what made it true */
    tw_time deadline; /* TW_TIME_MAX: no timer */
    uint64_t timer_seq;
    tw_time raised_at;
    tw_time ended;      /* OVER */
    uint64_t ended_seq; /* … by which record */
    tw_dur raise_delay;
    uint32_t alert;                     /* TW_NONE */
    uint32_t slot;                      /* place among the alert's items */
    bool ending;                        /* has left its alert, and goes at the next flush */
    uint8_t severity, confidence, help; /* as counted in its alert */
};

/* people.c */
struct ack {
    char *by, *why;
    tw_time time;
};
struct people {
    struct tw_standing **list; /* silences and windows, in the order in which they were made */
    size_t n, cap;
    tw_time due; /* when the first of them opens or closes */
    uint64_t due_seq;
};

struct alert {
    bool used;
    uint32_t condition, pair, e_trunk, member;
    int side;
    char id[TW_ALERT_ID];
    tw_time since, raised_at, last;
    tw_time changed_at; /* of the last join or leave */
    uint32_t *items;    /* tracks */
    uint32_t *leaving;  /* tracks that left since the last flush */
    size_t items_n, items_cap, leaving_n, leaving_cap;
    uint32_t severities[4], confidences[3], helps[4]; /* how many items are of each */
    bool announced, joined, left, touched;
    bool lossy;       /* messages of its pair were lost shortly before it was raised, or since */
    bool noted;       /* that is to be told */
    uint32_t number;  /* of its last transition */
    uint32_t changes; /* since then, beside those that have a word of their own here */
    struct ack *ack;  /* NULL: nobody has taken it on */
    const struct tw_standing *silence; /* what keeps it quiet; NULL: nothing does */
    bool look;                         /* whether that is still so is to be looked at */
    tw_time update_due;
    uint64_t update_seq;
    enum tw_severity severity;
    enum tw_confidence confidence;
    enum tw_help help;
    const char *ended_by; /* of the item that left last */
    tw_time ended_at;
    tw_dur ended_delay;
};

/* An alert that has ended: should the same one come again, its transitions are counted on. */
struct gone {
    uint64_t id;
    uint32_t number;
    tw_time at;
};
enum { GONE_MAX = 4096 };

enum timer_kind { TIMER_TRACK, TIMER_SETTLE, TIMER_UPDATE, TIMER_PEOPLE };
struct timer {
    tw_time at;
    uint64_t seq;
    enum timer_kind kind;
    uint32_t index;
};

struct tw_alerts {
    struct tw_facts *facts;
    const struct tw_policy *policy;
    bool trace;
    struct track *tracks;
    size_t tracks_n, tracks_cap;
    struct tw_map track_by_key;
    /* How many of them each item has, by its index in its scope. */
    uint16_t *tracks_of[TW_SCOPES];
    size_t tracks_of_cap[TW_SCOPES];
    uint32_t *tracks_free;
    size_t tracks_free_n, tracks_free_cap;
    struct alert *alerts;
    size_t alerts_n, alerts_cap;
    struct tw_map alert_by_key;
    uint32_t *alerts_free;
    size_t alerts_free_n, alerts_free_cap;
    uint32_t *touched; /* alerts to look at in the next flush */
    size_t touched_n, touched_cap;
    struct timer *heap;
    size_t heap_n, heap_cap;
    uint64_t timer_seq, seq;
    tw_time *lost_at; /* of each device: when messages of it were last lost */
    tw_time *settle;  /* armed, per member side */
    uint64_t *settle_seq;
    struct tw_arena *arena; /* effects */
    const struct tw_transition **out;
    size_t out_n, out_cap;
    const struct tw_trace **traces;
    size_t traces_n, traces_cap;
    struct tw_map told; /* item and condition -> hash of the last "did not begin" */
    uint64_t *told_hash;
    size_t told_n, told_cap;
    uint64_t raised, cleared;
    struct gone *gone; /* the oldest first */
    size_t gone_n, gone_cap;
    struct people people;
};

/* timer.c */
void timer_push(struct tw_alerts *a, tw_time at, uint64_t seq, enum timer_kind kind, uint32_t index);
bool timer_valid(const struct tw_alerts *a, const struct timer *t);
/* Drops timers that were moved since; after it, the first one is valid. */
void timer_trim(struct tw_alerts *a);
struct timer timer_pop(struct tw_alerts *a);

/* track.c */
uint32_t track_find(const struct tw_alerts *a, uint32_t condition, struct tw_item item);
uint32_t track_new(struct tw_alerts *a, uint32_t condition, struct tw_item item);
void track_index(struct tw_alerts *a, uint32_t track);
void track_free(struct tw_alerts *a, uint32_t track);
/* Its alert has ended, or its hold: frees it, or remembers it for a while. */
void track_end(struct tw_alerts *a, uint32_t track, tw_time now);
static inline bool track_any(const struct tw_alerts *a, struct tw_item item)
{
    return item.index < a->tracks_of_cap[item.scope] && a->tracks_of[item.scope][item.index] > 0;
}
void track_arm(struct tw_alerts *a, uint32_t track);
void track_due(struct tw_alerts *a, uint32_t track, tw_time now);
void track_judge(struct tw_alerts *a, uint32_t condition, struct tw_item item, const struct tw_moment *m,
                 bool by_role);
void track_restart(struct tw_alerts *a, uint32_t track, const struct tw_moment *m);
uint32_t track_device(const struct tw_alerts *a, uint32_t track);

/* bundle.c */
void alert_join(struct tw_alerts *a, uint32_t track, tw_time now);
void alert_touch(struct tw_alerts *a, uint32_t alert);
/* An item whose facts have changed: its severity, confidence and help are judged again. */
void alert_refresh(struct tw_alerts *a, uint32_t track);
/* After a restore: an item in its place. */
void alert_put(struct tw_alerts *a, uint32_t alert, uint32_t track);
void alert_index(struct tw_alerts *a, uint32_t alert);
void alert_leave(struct tw_alerts *a, uint32_t track, const char *by, tw_time at);
/* An open alert of a pair whose messages were lost: that is told once, with an update. */
void alert_lost(struct tw_alerts *a, uint32_t alert, tw_time now);
void alert_flush(struct tw_alerts *a, tw_time now);
/* gone.c: after its end, before its beginning; both directions. */
void gone_add(struct tw_alerts *a, const struct alert *al, tw_time now);
uint32_t gone_number(const struct tw_alerts *a, const struct alert *al);
void gone_snap(struct tw_alerts *a, struct tw_snap *s);
void alert_update_due(struct tw_alerts *a, uint32_t alert);

/* people.c */
void people_finish(struct people *p);
void ack_free(struct ack *k); /* also NULL */
/* Looks anew for what keeps an alert quiet. True: that is another one than before. */
bool people_look(const struct tw_alerts *a, struct alert *al);
void people_due(struct tw_alerts *a, tw_time now);
/* Both directions; of the alerts, after the former. */
void people_snap(struct tw_alerts *a, struct tw_snap *s);
void people_snap_alert(struct tw_alerts *a, struct tw_snap *s, struct alert *al);

/* emit.c */
void emit(struct tw_alerts *a, struct alert *al, enum tw_transition_kind kind, tw_time time);
const char *item_name(struct tw_alerts *a,
                      struct tw_item item); /* "pe-a Eth-Trunk10.100", in the effects' arena */
__attribute__((format(printf, 4, 5))) void trace(struct tw_alerts *a, const struct track *t,
                                                 const struct tw_moment *m, const char *fmt, ...);

/* Adds to the last trace what was known of an item. */
void trace_evidence(struct tw_alerts *a, struct tw_item item);

/* text.c */
struct words {
    const char *v[TW_PLACEHOLDERS]; /* NULL: not known; what needs it is left out */
};
struct words words_mirrored(const struct words *w);
/* NULL when a placeholder has no value. */
const char *text_fill(struct tw_arena *arena, const struct tw_template *t, const struct words *w);
struct hint_case {
    const char *condition;
    uint32_t services;
    enum tw_help help;
    bool over; /* cleared: only what is left to verify and to undo */
    const struct words *words;
    const char *const *subs, *const *peer_subs, *const *profiles; /* for `each` */
    size_t subs_n, profiles_n;
};
void text_hints(struct tw_arena *arena, const struct tw_policy *p, const struct hint_case *c,
                struct tw_transition *t);

#endif
