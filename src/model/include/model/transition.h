/* SPDX-License-Identifier: ISC */
#ifndef TW_MODEL_TRANSITION_H
#define TW_MODEL_TRANSITION_H
/*
 * An alert transition: the value that leaves the core (contract 3). All text belongs to the pipeline and
 * lives until its next feed, advance or effects_clear.
 */
#include "base/str.h"
#include "base/time.h"
#include "model/event.h"

enum tw_transition_kind { TW_RAISED, TW_UPDATED, TW_CLEARED };
enum tw_severity { TW_SEVERITY_WARNING, TW_SEVERITY_MINOR, TW_SEVERITY_MAJOR, TW_SEVERITY_CRITICAL };
enum tw_confidence { TW_CONFIDENCE_INFERRED, TW_CONFIDENCE_CONFIRMED, TW_CONFIDENCE_VERIFIED };
enum tw_help { TW_HELP_NULL, TW_HELP_NO, TW_HELP_YES, TW_HELP_UNKNOWN }; /* switchover_would_help */
enum tw_step { TW_STEP_CHECK, TW_STEP_REPAIR, TW_STEP_SWITCH_OVER, TW_STEP_VERIFY, TW_STEP_UNDO };

const char *tw_transition_name(enum tw_transition_kind k);
const char *tw_severity_name(enum tw_severity s);
const char *tw_confidence_name(enum tw_confidence c);
const char *tw_help_name(enum tw_help h); /* NULL for TW_HELP_NULL */
const char *tw_step_name(enum tw_step s);

struct tw_hint {
    enum tw_step step;
    const char *on; /* device name */
    const char *text;
    const char *const *commands;
    size_t commands_n;
};

struct tw_evidence_line {
    tw_time time;
    tw_time received, stamp; /* arrival, and what the message itself said; not finite: none */
    const char *device;
    enum tw_source source;
    const char *text; /* safe to print */
    struct tw_record_ref ref;
    const char *rule;
};

/* What an `updated` is about, a bit each. */
enum tw_change {
    TW_CHANGE_SUB_INTERFACES,
    TW_CHANGE_SEVERITY,
    TW_CHANGE_CONFIDENCE,
    TW_CHANGE_HELP,
    TW_CHANGE_FEED,
    TW_CHANGE_ACKNOWLEDGED,
    TW_CHANGE_SILENCED,
    TW_CHANGES
};
const char *tw_change_name(enum tw_change c);

/* Somebody has taken care of it. */
struct tw_acknowledged {
    const char *by;
    const char *why; /* "": nothing was said */
    tw_time time;
};

/* It is known and wanted quiet, until when: outputs may hold it back. */
enum tw_silence_kind { TW_SILENCE, TW_MAINTENANCE };
const char *tw_silence_kind_name(enum tw_silence_kind k);
struct tw_silenced {
    const char *id;
    enum tw_silence_kind kind;
    const char *by;
    const char *why;
    tw_time until; /* of a window that recurs: the end of the present one */
};

enum { TW_ALERT_ID = 17 }; /* 16 hexadecimal digits and NUL */

struct tw_transition {
    uint64_t seq;
    tw_time time;
    enum tw_transition_kind kind;
    char alert_id[TW_ALERT_ID];
    const char *condition;
    enum tw_severity severity;
    const char *pair;
    uint32_t e_trunk;   /* 0: does not apply */
    const char *device; /* NULL: does not apply; likewise peer, trunk */
    const char *peer;
    const char *trunk;
    const char *const *sub_interfaces; /* natural order */
    size_t sub_interfaces_n;
    const char *const *services;
    size_t services_n;
    tw_time since;
    enum tw_help help;
    enum tw_confidence confidence;
    bool lossy; /* messages of this pair were lost shortly before it was raised, or since */
    const char *summary;
    const struct tw_hint *hints;
    size_t hints_n;
    const struct tw_evidence_line *evidence;
    size_t evidence_n;
    tw_dur duration;                            /* cleared only */
    const char *cleared_by;                     /* cleared only, else NULL */
    uint32_t number;                            /* the n-th transition of its alert, from 1 */
    uint32_t change;                            /* updated only: a bit for each enum tw_change */
    const struct tw_acknowledged *acknowledged; /* NULL: nobody has */
    const struct tw_silenced *silenced;         /* NULL: it is not */
};

struct tw_arena; /* base/mem.h */
/* All text of the copy is in the arena. */
void tw_transition_copy(const struct tw_transition *t, struct tw_arena *a, struct tw_transition *out);

/* Why a judgement came out as it did, for `explain`; only when tracing is on. */
struct tw_trace {
    tw_time time;             /* on the pair's time line */
    struct tw_record_ref ref; /* record that led to it; position 0: a timer */
    const char *condition;
    const char *subject;                     /* "pe-a Eth-Trunk10.100" */
    const char *alert_id;                    /* NULL: none (yet) */
    const char *text;                        /* one sentence */
    const struct tw_evidence_line *evidence; /* what was known, when it says why something is not true */
    size_t evidence_n;
};

#endif
