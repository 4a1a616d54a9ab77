/* SPDX-License-Identifier: ISC */
#ifndef TW_CONDITIONS_CONDITIONS_H
#define TW_CONDITIONS_CONDITIONS_H
/*
 * Judging: expressions of conditions over the facts, and since when their value holds. Pure, keeps nothing.
 *
 * A value carries the moment from which it holds, as far as the facts know (TW_TIME_MIN: for ever). "a and b"
 * is true since the later of the two; so a fact that was heard late moves the beginning of a hold to where it
 * belongs.
 */
#include "facts/facts.h"
#include "policy/policy.h"

/* What a condition is judged for. index: SUB sub * 2 + side; MEMBER member; E_TRUNK e-trunk * 2 + side; RBS
 * entry; PROFILE number of the profile, counted through all pairs. */
struct tw_item {
    enum tw_scope scope;
    uint32_t index;
};

/* Of one moment, what came with an earlier record was first. LAST: with which record is not known. */
#define TW_SEQ_LAST UINT64_MAX
struct tw_judged {
    bool truth;
    tw_time since; /* TW_TIME_MIN or anything else when not true */
    uint64_t seq;  /* … and since which record, where it is told of a sub-interface; else TW_SEQ_LAST */
};

/* Since when it is true; nothing else is worked out to the end. */
struct tw_judged tw_judge(const struct tw_facts *f, const struct tw_expr *e, struct tw_item item);
/* Since when it is true, or since when it is not. */
struct tw_judged tw_judge_either(const struct tw_facts *f, const struct tw_expr *e, struct tw_item item);
bool tw_holds(const struct tw_facts *f, const struct tw_expr *e, struct tw_item item);
/* The first case that holds, or NULL. */
const struct tw_case *tw_judge_case(const struct tw_facts *f, const struct tw_case *cases, size_t n,
                                    struct tw_item item);
/* Adds what makes the expression false, as a half sentence: "'forwards' is false, 'main-down' is true".
 * Returns how many such there are. */
size_t tw_judge_why_not(const struct tw_facts *f, const struct tw_expr *e, struct tw_item item,
                        struct tw_buf *out);

/* How sure the routers' own messages make us. */
enum tw_confidence tw_item_confidence(const struct tw_facts *f, struct tw_item item);
/* The pair, member (TW_NONE) and side of an item; for a MEMBER the side that became master last. */
struct tw_item_place {
    uint32_t pair, e_trunk, member;
    int side; /* -1: none */
};
struct tw_item_place tw_item_place(const struct tw_facts *f, struct tw_item item);
/* When the fault behind an item began, corrected by alarm-delay; `since` is the predicate's. */
tw_dur tw_item_raise_delay(const struct tw_facts *f, struct tw_item item);
tw_dur tw_item_clear_delay(const struct tw_facts *f, struct tw_item item);
/* Service bits of an item. */
uint32_t tw_item_services(const struct tw_facts *f, struct tw_item item);
/* Profile `index` counted through all pairs, and its pair. NULL: no such. */
const struct tw_profile *tw_profile_at(const struct tw_topology *t, uint32_t index, uint32_t *pair);
uint32_t tw_profiles_n(const struct tw_topology *t);
/* Evidence behind an item, most important first; returns how many were written. */
size_t tw_item_evidence(const struct tw_facts *f, struct tw_item item, const struct tw_evidence *out[],
                        size_t max);

#endif
