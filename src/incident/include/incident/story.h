/* SPDX-License-Identifier: ISC */
#ifndef TW_INCIDENT_STORY_H
#define TW_INCIDENT_STORY_H
/*
 * The story of an incident: what overlaps in time on one pair, told from the alert transitions that belong to
 * it. Pure; the same from the store, a file of an output, or a replay.
 *
 * Ownership: the story copies what it keeps; what tw_story_tell returns is valid until the next call.
 * Limits: see the enum. What finds no room is counted in `left_out`.
 */
#include "incident/outage.h"

enum { TW_STORY_STEPS_MAX = 10000, TW_STORY_EVIDENCE_MAX = 1000, TW_STORY_ACTS_MAX = 1000 };

/* An alert, as of its last transition. One that ended and came back is one more. */
struct tw_story_alert {
    char id[TW_ALERT_ID];
    const char *condition;
    enum tw_severity severity; /* the worst it had */
    enum tw_effect effect;     /* likewise */
    enum tw_confidence confidence;
    enum tw_help help;
    const char *device, *peer, *trunk; /* NULL: does not apply */
    uint32_t e_trunk;
    uint32_t sub_interfaces; /* the most at a time */
    tw_time since, raised;   /* raised TW_TIME_MIN: that is not there any more */
    tw_time ended;           /* when it was cleared; TW_TIME_MAX: it is open */
    tw_dur duration;
    const char *cleared_by; /* NULL: it is open */
    const char *summary;    /* of the raise */
    bool lossy, acknowledged, silenced;
};

/* What happened to an alert. */
struct tw_story_step {
    tw_time time;
    uint64_t seq;
    char alert_id[TW_ALERT_ID];
    const char *condition;
    enum tw_transition_kind kind;
    enum tw_severity severity;
    const char *text; /* one sentence */
};

/* What somebody did about one, or what came to an end by itself. */
struct tw_story_act {
    tw_time time;
    char alert_id[TW_ALERT_ID];
    const char *what; /* "acknowledged", "unacknowledged", "silence", "maintenance", "unsilenced" */
    const char *by, *why;
    tw_time until; /* not finite: does not apply */
};

struct tw_incident {
    const char *id;   /* of its first alert */
    const char *pair; /* NULL: of none */
    tw_time began;    /* the first fault */
    tw_time ended;    /* the last clear; TW_TIME_MAX: something is open */
    tw_dur duration;  /* until now, when it is open */
    enum tw_severity severity;
    const struct tw_story_alert *alerts; /* in the order in which they were raised */
    size_t alerts_n;
    const struct tw_story_step *steps;
    size_t steps_n;
    const struct tw_story_act *acts;
    size_t acts_n;
    const struct tw_evidence_line *evidence; /* in the order of time; without ref and rule */
    size_t evidence_n;
    const struct tw_outage_sum *outage;
    uint64_t left_out;
    bool complete; /* nothing is missing that was said of it */
};

struct tw_story;
struct tw_story *tw_story_create(void);
void tw_story_destroy(struct tw_story *s); /* also NULL */
/* In the order of their seq. */
void tw_story_add(struct tw_story *s, const struct tw_transition *t);
/* More was said than was added. */
void tw_story_cut(struct tw_story *s);
const struct tw_incident *tw_story_tell(struct tw_story *s, tw_time now);

#endif
