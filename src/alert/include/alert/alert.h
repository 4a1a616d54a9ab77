/* SPDX-License-Identifier: ISC */
#ifndef TW_ALERT_ALERT_H
#define TW_ALERT_ALERT_H
/*
 * The life of alerts: what a condition makes of an item is held, raised, updated and cleared here; items of
 * one bundle (condition, pair, E-Trunk, Eth-Trunk, device) are one alert. Hints are filled in. What comes out
 * are transitions.
 *
 * Role: judged conditions -> effects. Owns all timers of the core. Pure.
 * A track is the state of one condition for one item: holding, lost (its predicate is false for the moment,
 * but what it is about is not over), firing, restarted (firing, and its device has forgotten everything).
 * fsm.c has the table. Ownership: refers to facts and policy; the effects are its own and valid until
 * tw_alerts_effects_clear.
 */
#include "conditions/conditions.h"
#include "model/operator.h"
#include "model/transition.h"

struct tw_alerts;
struct tw_alerts *tw_alerts_create(struct tw_facts *f, const struct tw_policy *p, bool trace);
void tw_alerts_destroy(struct tw_alerts *a);

/* Messages of a device were lost at `at`: an alert of its pairs that is raised within TW_LOSSY_FOR from then
 * says so. Those that are open say so after tw_alerts_judge_lost. Nothing is held back for it. */
void tw_alerts_lost(struct tw_alerts *a, uint32_t device, tw_time at);

/* What made us judge. */
struct tw_moment {
    tw_time at, rx;           /* when it happened, when we knew */
    struct tw_record_ref ref; /* position 0: a timer */
    uint64_t seq;             /* number of the record, as in its event; of a timer TW_SEQ_LAST */
};

/* Judges whatever depends on dirty facts, and cleans them. */
void tw_alerts_judge(struct tw_alerts *a, const struct tw_moment *m);
/* Judges what depends on the inventory alone, or everything after a swap or restore. */
void tw_alerts_judge_inventory(struct tw_alerts *a, const struct tw_moment *m);
void tw_alerts_judge_all(struct tw_alerts *a, const struct tw_moment *m);

void tw_alerts_judge_lost(struct tw_alerts *a, const struct tw_moment *m);

/* Fires the timers due before `before`, each at its own deadline, in order. */
void tw_alerts_advance(struct tw_alerts *a, tw_time before);
tw_time tw_alerts_next_deadline(const struct tw_alerts *a);

const struct tw_transition *const *tw_alerts_transitions(const struct tw_alerts *a, size_t *n);
const struct tw_trace *const *tw_alerts_traces(const struct tw_alerts *a, size_t *n);
void tw_alerts_effects_clear(struct tw_alerts *a);
/* Hands over what was not cleared yet; `to` has none. */
void tw_alerts_move_effects(struct tw_alerts *from, struct tw_alerts *to);
bool tw_alerts_is_open(const struct tw_alerts *a, const char *alert_id);
uint64_t tw_alerts_last_seq(const struct tw_alerts *a);
/* The next transition has more than this. */
void tw_alerts_seq_after(struct tw_alerts *a, uint64_t least);
void tw_alerts_counts(const struct tw_alerts *a, uint64_t *raised, uint64_t *cleared);

/* What people do. An ack is kept as long as its alert, silences and windows until they are over; they are
 * part of the snapshot. NULL, or why it can't be done: half a sentence. */
const char *tw_alerts_may_act(const struct tw_alerts *a, const struct tw_operator *o, tw_time now);
const char *tw_alerts_act(struct tw_alerts *a, const struct tw_operator *o, const struct tw_moment *m);
/* In the order in which they were made, those that are not open yet included. */
const struct tw_standing *const *tw_alerts_standing(const struct tw_alerts *a, size_t *n);
struct tw_people tw_alerts_people(const struct tw_alerts *a);
/* How many open alerts have an id that begins so; the id of one of them. */
size_t tw_alerts_find(const struct tw_alerts *a, const char *prefix, char id[static TW_ALERT_ID]);

/* Clears, as `removed`, every open alert about what `topology` and `policy` do not have any more. */
void tw_alerts_remove_missing(struct tw_alerts *a, const struct tw_topology *topology,
                              const struct tw_policy *policy, tw_time now);
/* Both directions. Holds and open alerts are written by name; after reading, holds follow the present policy.
 */
void tw_alerts_snap(struct tw_alerts *a, struct tw_snap *s);

/* The commands a hint gives in a given case, as its examples are run (pipeline/examples.c). False: it does
 * not appear. */
bool tw_hint_example_run(const struct tw_hint_rule *h, const struct tw_hint_example *e,
                         struct tw_arena *arena, const char *const **commands, size_t *n);

#endif
