/* SPDX-License-Identifier: ISC */
#ifndef TW_SINK_PROM_H
#define TW_SINK_PROM_H
/*
 * Alerts as Alertmanager knows them, and a table of those that it must hear of again: what is open, and what
 * ended a short while ago. An alert there is its labels; everything that changes is an annotation.
 */
#include "base/buf.h"
#include "base/map.h"
#include "model/transition.h"

/* `list`: "name=value", checked by tw_prom_check_label. */
struct tw_prom_options {
    const struct tw_str *labels;
    size_t labels_n;
    bool severity;      /* also as a label */
    bool silenced;      /* what is silenced is open there as well */
    struct tw_str link; /* empty: none; the alert's id is put behind it */
};

struct tw_prom_alert {
    char id[TW_ALERT_ID];
    struct tw_buf labels; /* a JSON object */
    struct tw_buf rest;   /* ,"annotations":…, and so on */
    tw_time starts;
    tw_time ended;     /* TW_TIME_MAX: open */
    int64_t forget_ms; /* monotonic; when it ended */
    bool refused;      /* not sent again */
};

enum { TW_PROM_ALERTS_MAX = 16384, TW_PROM_BYTES_MAX = 64 << 20 };

struct tw_prom {
    struct tw_prom_alert *alerts;
    size_t n, cap, bytes;
    struct tw_map by_labels, by_id;
};

const char *tw_prom_check_label(struct tw_str label); /* NULL, or what is wrong */

void tw_prom_alert_make(const struct tw_transition *t, const struct tw_prom_options *o, tw_time now,
                        struct tw_prom_alert *out);
void tw_prom_alert_finish(struct tw_prom_alert *a);
/* As a JSON object; an open one ends at `until` unless it is sent again. */
void tw_prom_alert_json(const struct tw_prom_alert *a, tw_time until, struct tw_buf *out);

/* The alert of that id that is open under other labels: it has to end there. NULL: none. */
struct tw_prom_alert *tw_prom_renamed(struct tw_prom *p, const struct tw_prom_alert *a);
/* Takes over what `a` holds. False: there is no room; one that is new will not be sent again, of one that was
 * there only is changed from when until when it is. */
bool tw_prom_put(struct tw_prom *p, struct tw_prom_alert *a);
/* Drops what ended before. */
void tw_prom_forget(struct tw_prom *p, int64_t now_ms);
void tw_prom_finish(struct tw_prom *p);

#endif
