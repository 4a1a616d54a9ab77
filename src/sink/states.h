/* SPDX-License-Identifier: ISC */
#ifndef TW_SINK_STATES_H
#define TW_SINK_STATES_H
/*
 * For receivers that know services of hosts, with states, where we have alerts: which one an alert belongs
 * to, which alerts are open for it, and how bad that makes it. It is as bad as the worst of them.
 */
#include "base/buf.h"
#include "model/transition.h"

enum { TW_STATES_ALERTS_MAX = 4096 }; /* open ones; of more only the newest count */

struct tw_states_alert {
    char id[TW_ALERT_ID];
    char *object, *condition;
    enum tw_severity severity;
    size_t affected;
    char *text; /* its first line is short */
};

struct tw_states_object {
    char *name;       /* HOST!SERVICE */
    size_t host_n;    /* of these bytes HOST */
    char *last;       /* text of an alert that ended */
    int64_t until_ms; /* as long it is sent again without an alert; monotonic */
};

struct tw_states {
    struct tw_str host, service; /* templates */
    const char *banned;          /* what has no place in a name of the receiver's: `_` instead */
    const char *banned_values;   /* and what may stand in a template only */
    bool silenced;               /* what is silenced is open as well; else it counts as over */
    struct tw_states_alert *alerts;
    size_t alerts_n, alerts_cap;
    struct tw_states_object *objects;
    size_t objects_n, objects_cap;
};

struct tw_states_view {
    struct tw_str host, service;
    int level;             /* 0: good; else the worst severity, TW_SEVERITY_WARNING is 1 */
    size_t open, affected; /* alerts, and their sub-interfaces */
    struct tw_buf text;    /* the first line is short, below it everything */
};

/* NULL, or what is wrong. `banned`: characters that have no place in it. */
const char *tw_states_check_template(struct tw_str s, const char *banned);
/* Returns the object that it belongs to; good again, that one is kept until then. */
size_t tw_states_take(struct tw_states *k, const struct tw_transition *t, int64_t until_ms);
/* `out` is zero before; its text is to be finished. */
void tw_states_look(const struct tw_states *k, size_t object, struct tw_states_view *out);
/* The conditions that are open there, each as bad as its worst alert; of very many the first ones. */
enum { TW_STATES_CONDITIONS_MAX = 64 };
struct tw_states_condition {
    const char *name, *text; /* live as long as the alerts */
    int level;
    size_t open;
};
size_t tw_states_conditions(const struct tw_states *k, size_t object,
                            struct tw_states_condition out[static TW_STATES_CONDITIONS_MAX]);
void tw_states_forget(struct tw_states *k, int64_t now_ms);
void tw_states_finish(struct tw_states *k);

/* The first line. */
static inline struct tw_str tw_states_summary(struct tw_str text)
{
    return tw_str_cut(text, tw_str_find(text, '\n', 0));
}

/* The exit status of a plugin that would say so: critical and major are CRITICAL, the others WARNING. */
static inline int tw_states_exit(const struct tw_states_view *s)
{
    return s->level == 0 ? 0 : s->level > TW_SEVERITY_MAJOR ? 2 : 1;
}

#endif
