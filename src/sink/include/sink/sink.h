/* SPDX-License-Identifier: ISC */
#ifndef TW_SINK_SINK_H
#define TW_SINK_SINK_H
/*
 * Sinks: how alert transitions reach one kind of receiver. One sink_<name>.c each, found through the table
 * that CMake makes. What is common to all stands in the outlet (sink/outlet.h): order, filter, queue, retry,
 * cursor. A sink only knows how to send some transitions, now.
 *
 * A sink lives on the loop thread: it never blocks and never logs. send() begins, and tw_sink_done() ends it,
 * at once or later; between the two there is no other send(). It must end by itself: everything has a
 * time-out.
 */
#include "base/buf.h"
#include "model/setting.h"
#include "sink/item.h"

struct event_base;
struct tw_sink;

enum tw_sent {
    TW_SENT_OK,
    TW_SENT_AGAIN,   /* not now: it is tried again, with growing pauses */
    TW_SENT_REFUSED, /* not this one, and never: the receiver understood and said no (HTTP 400, 413, 422) */
};

/* What SNMPv3 knows us by. */
struct tw_sink_engine {
    const uint8_t *id;
    size_t id_n; /* 0: not known yet, as when a configuration is only checked */
    int32_t boots;
    int64_t start_ms; /* what its time counts from, monotonic */
};

/* What a sink is given to live from. */
struct tw_sink_env {
    struct event_base *base;
    const char *version; /* of trunkwatch */
    struct tw_sink_engine engine;
    const char *state; /* folder for what must outlive a restart; NULL: none */
    bool silenced;     /* silenced alerts are for it as well */
    void *outlet;
    /* The first `n` of those that were to be sent are sent; the others have this result. `why`: for people,
     * NULL when OK. May destroy nothing. */
    void (*done)(void *outlet, size_t n, enum tw_sent result, const char *why);
    /* How it went with what the sink sends by itself, between the sends. NULL: well. */
    void (*health)(void *outlet, const char *why);
};

enum { TW_SINK_WHY = 256 };

struct tw_sink_ops {
    const char *name;
    const char *help;                  /* a sentence: what it is for */
    const struct tw_setting *settings; /* NULL: none */
    size_t batch;                      /* how many transitions one send() takes at most */
    bool is_log; /* keeps a record: silenced alerts are written as well, unless configured otherwise */
    int64_t pause_max_ms; /* between tries; 0: TW_OUTLET_PAUSE_MAX_MS */
    bool certain; /* a refusal is believed at once and holds nothing up: states are sent again anyway */
    /* A receiver that holds a state: after the start it gets every open alert anew; and of what it was told
     * of it also gets that it is silenced. */
    bool wants_all;
    /* `values`: one for each row of settings. NULL after writing why. Nothing is connected to yet, and
     * nothing is looked up. */
    struct tw_sink *(*create)(const struct tw_sink_env *env, const struct tw_setting_value *values,
                              char why[static TW_SINK_WHY]);
    /* The items, and the list of them, live until done. The same items come again after AGAIN, those that
     * were sent left out. */
    void (*send)(struct tw_sink *s, const struct tw_item *const *items, size_t n);
    /* At the start, and on SIGHUP: a file may have been moved away. NULL, or why it can't be opened; then it
     * is called again after a pause. The operation may be NULL. */
    const char *(*reopen)(struct tw_sink *s);
    /* Also in the middle of a send: then done is not called any more. */
    void (*destroy)(struct tw_sink *s);
};

/* Every sink begins with this. */
struct tw_sink {
    const struct tw_sink_ops *ops;
    struct tw_sink_env env;
};

static inline void tw_sink_done(const struct tw_sink *s, size_t n, enum tw_sent result, const char *why)
{
    s->env.done(s->env.outlet, n, result, why);
}

static inline void tw_sink_health(const struct tw_sink *s, const char *why)
{
    s->env.health(s->env.outlet, why);
}

/* NULL-terminated. */
extern const struct tw_sink_ops *const tw_sink_registry[];

#endif
