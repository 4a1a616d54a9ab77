/* SPDX-License-Identifier: ISC */
#ifndef TW_SINK_OUTLET_H
#define TW_SINK_OUTLET_H
/*
 * An output as it is configured: a sink, and what is common to all. It takes every transition, in order;
 * leaves out what its filter does not want; keeps at most TW_OUTLET_ITEMS_MAX of them and
 * TW_OUTLET_BYTES_MAX bytes; sends, and tries again with pauses that grow from TW_OUTLET_PAUSE_MS to
 * TW_OUTLET_PAUSE_MAX_MS, each shortened by chance by up to a quarter, so that many that failed together do
 * not come back together. At least once, in order, an id and a number to know repeats by.
 *
 * The cursor is the seq of the last transition that is done with: sent, left out, or refused. What does not
 * fit in the queue is fetched later from the store, if there is one (`fetch`), else it is lost and counted.
 *
 * A silenced alert is not sent, unless the output is told to (`silenced`); the end of one that was sent
 * before is, and that it is silenced now to a receiver that holds a state. Loop thread only.
 */
#include "sink/sink.h"

enum {
    TW_OUTLET_ITEMS_MAX = 4096,
    TW_OUTLET_BYTES_MAX = 16 << 20,
    TW_OUTLET_PAUSE_MS = 1000,
    TW_OUTLET_PAUSE_MAX_MS = 60000,
    TW_OUTLET_REFUSED_MAX = 3, /* a refused transition is tried so often, then it is passed over */
    TW_OUTLET_TOLD_MAX = 65536,
};

struct tw_outlet;

struct tw_outlet_filter {
    enum tw_severity least;          /* severity */
    const struct tw_str *conditions; /* none: all; likewise pairs. `*` at the end matches any rest */
    size_t conditions_n;
    const struct tw_str *pairs;
    size_t pairs_n;
    bool silenced;   /* those as well */
    bool no_updates; /* of what it was told of only the end; not for a receiver that holds a state */
};

/* `*` at the end of a pattern stands for any rest. */
bool tw_outlet_matches(struct tw_str pattern, const char *text);

struct tw_outlet_options {
    const char *name;
    const struct tw_sink_ops *ops;
    const struct tw_setting_value *values; /* all text is copied */
    struct tw_outlet_filter filter;
    tw_dur repeat;          /* what is open and was not acknowledged is sent again so often; 0: never */
    struct tw_sink_env env; /* outlet, done, health and silenced are filled in */
    /* Something can be fetched: ask the store for transitions after `seq`; answer with tw_outlet_fetched.
     * NULL: there is no store. */
    void (*fetch)(void *ctx, struct tw_outlet *o, uint64_t seq);
    void *ctx;
};

struct tw_outlet_stats {
    uint64_t delivered;            /* transitions that were sent */
    uint64_t filtered;             /* left out by the filter, or silenced */
    uint64_t repeated;             /* sent again as a reminder */
    uint64_t refused;              /* by the receiver: passed over */
    uint64_t lost;                 /* found no room, and there is no store */
    uint64_t attempts, errors;     /* sends, and those that failed */
    size_t waiting, waiting_bytes; /* in the queue */
    bool failing, sending;
    bool behind;                       /* more waits in the store */
    char why[TW_SINK_WHY];             /* of the last failure */
    int64_t failing_since_ms, last_ms; /* monotonic; 0: never */
};

/* NULL after writing why. */
struct tw_outlet *tw_outlet_create(const struct tw_outlet_options *o, char why[static TW_SINK_WHY]);
/* What was not sent is dropped. */
void tw_outlet_destroy(struct tw_outlet *o);
/* One made of these would be the same. */
bool tw_outlet_same(const struct tw_outlet *o, const struct tw_outlet_options *options);
/* `o`, just made, goes on where `old` is: what waits there is sent here, as far as it is wanted. */
void tw_outlet_adopt(struct tw_outlet *o, const struct tw_outlet *old);
const char *tw_outlet_name(const struct tw_outlet *o);
const struct tw_outlet_stats *tw_outlet_stats(const struct tw_outlet *o);

/* At the start, before anything is taken: what the output was offered before, up to its cursor, of alerts
 * that are open there; each alert's in order. What the filter lets through counts as sent. */
void tw_outlet_know(struct tw_outlet *o, struct tw_item *i);
/* Everything up to `seq` is done with. More after it may be in the store: `behind`. */
void tw_outlet_start(struct tw_outlet *o, uint64_t seq, bool behind);
uint64_t tw_outlet_cursor(const struct tw_outlet *o);

/* A new transition. It goes with the next tw_outlet_go. */
void tw_outlet_take(struct tw_outlet *o, struct tw_item *i);
/* The answer to fetch: in order, none: there is no more. False: the store could not say; it is asked again
 * later. */
void tw_outlet_fetched(struct tw_outlet *o, struct tw_item *const *items, size_t n, bool ok);
/* Goes on at once with what waits for the end of a pause. */
void tw_outlet_hurry(struct tw_outlet *o);
void tw_outlet_reopen(struct tw_outlet *o);
/* After some were taken, and each second: begins to send. */
void tw_outlet_go(struct tw_outlet *o);

/* One made-up transition through the sink alone, past filter, queue and cursor: `done` tells how it went.
 * False: it is sending just now. */
bool tw_outlet_test(struct tw_outlet *o, struct tw_item *i,
                    void (*done)(void *ctx, enum tw_sent result, const char *why), void *ctx);

#endif
