/* SPDX-License-Identifier: ISC */
#ifndef TW_INCIDENT_OUTAGE_H
#define TW_INCIDENT_OUTAGE_H
/*
 * How long services were interrupted, from nothing but alert transitions: the same from the store, a file of
 * an output, or a replay. Pure.
 *
 * What counts is decided by the condition (tw_effect_of). Time counts for a sub-interface while it is in at
 * least one alert that interrupts it, once, however many there are; what holds for a whole Eth-Trunk holds
 * for each of its sub-interfaces. A service counts while an alert names it. From: the beginning of the fault
 * (`since`), not the raise. Until: what the end of the alert says (`since` and `duration_s`). What joins
 * or leaves an alert that goes on does so when that `updated` says, a second late at most; what joins is
 * taken to have begun as long before as the alert itself before its raise: both are marked `estimated`.
 * An alert that was retracted interrupted nothing.
 * Limits: see the enum; what finds no room is counted in `more`.
 */
#include "model/transition.h"

enum { TW_OUTAGE_ROWS_MAX = 1 << 16, TW_OUTAGE_SPANS_MAX = 1 << 18 };

enum tw_effect { TW_EFFECT_NONE, TW_EFFECT_PARTIAL, TW_EFFECT_INTERRUPTION };
const char *tw_effect_name(enum tw_effect e); /* "none", "partial", "interruption" */
/* What an alert means for the services it is about. Conditions that are not ours: none. */
enum tw_effect tw_effect_of(const char *condition, enum tw_severity severity);

enum tw_outage_kind { TW_OUTAGE_SUB_INTERFACE, TW_OUTAGE_TRUNK, TW_OUTAGE_SERVICE };
struct tw_outage {
    enum tw_outage_kind kind;
    const char *device; /* NULL: a service */
    const char *name;
    tw_time from, until; /* from the first moment to the last; TW_TIME_MAX: it goes on */
    tw_dur interrupted;  /* nothing flowed */
    tw_dur partial;      /* only a part did */
    uint32_t times;      /* how often it began anew */
    bool estimated;
};

struct tw_outage_sum {
    const struct tw_outage *rows; /* sub-interfaces, Eth-Trunks, services; each as first heard of */
    size_t n;
    tw_dur any;     /* while anything was interrupted */
    tw_dur longest; /* of a sub-interface or Eth-Trunk */
    size_t sub_interfaces, services;
    uint64_t more; /* rows and spans that found no room */
};

struct tw_outages;
struct tw_outages *tw_outages_create(void);
void tw_outages_destroy(struct tw_outages *o); /* also NULL */
/* In the order of their seq. Copies what it keeps. */
void tw_outages_add(struct tw_outages *o, const struct tw_transition *t);
/* What goes on counts until `now`. Valid until the next call. */
const struct tw_outage_sum *tw_outages_sum(struct tw_outages *o, tw_time now);

#endif
