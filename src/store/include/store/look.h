/* SPDX-License-Identifier: ISC */
#ifndef TW_STORE_LOOK_H
#define TW_STORE_LOOK_H
/*
 * Looking at a store: beside a running daemon, or after it ended, however.
 *
 * Role: tw_store_open with base NULL opens it to be read: no thread, no lock of the folder, nothing is made
 * there, and the daemon is not held up (SQLite's WAL). These read from it, as do tw_store_transitions,
 * _alerts, _cursor and _cursors of store.h. One thread at a time. What is read belongs to a moment each: an
 * incident may end between two of them.
 */
#include "store/store.h"

#include <stdatomic.h>

/* Reading fails after this long, or as soon as *stop; NULL: never. */
void tw_store_bound(struct tw_store *s, tw_dur patience, const atomic_bool *stop);
bool tw_store_is_over(const struct tw_store *s);
/* Nobody wrote when it was opened, and now somebody may: what was read can be wrong. */
bool tw_store_was_disturbed(const struct tw_store *s);
/* Why the last reading failed. */
void tw_store_why(struct tw_store *s, char why[static TW_STORE_WHY]);

struct tw_store_incident {
    char id[TW_ALERT_ID]; /* of the alert that began it */
    const char *pair;     /* NULL: none. Valid until `take` returns */
    tw_time began, ended; /* TW_TIME_MAX: it goes on */
    uint64_t alerts;
};
/* False: enough. */
typedef bool tw_store_take_incident(void *ctx, const struct tw_store_incident *i);
typedef bool tw_store_take_row(void *ctx, uint64_t seq, struct tw_str json); /* without an end of line */

enum tw_store_state { TW_STORE_ANY, TW_STORE_OPEN, TW_STORE_ENDED };
struct tw_store_which {
    enum tw_store_state state;
    const char *pair;   /* NULL: any */
    const char *before; /* those that come after this one; NULL: from the first */
    size_t most;
};
/* Those that go on first; the last to begin first. */
bool tw_store_incidents(struct tw_store *s, const struct tw_store_which *w, tw_store_take_incident *take,
                        void *ctx);

enum tw_store_found { TW_STORE_FOUND, TW_STORE_NONE, TW_STORE_SEVERAL, TW_STORE_TROUBLE };
/* By its id or the first four digits of it, or more; or by an alert's. */
enum tw_store_found tw_store_incident(struct tw_store *s, const char *id, tw_store_take_incident *take,
                                      void *ctx);
/* All transitions of its alerts, by seq. */
bool tw_store_incident_transitions(struct tw_store *s, const char *id, size_t most, tw_store_take_row *take,
                                   void *ctx);

struct tw_store_outline {
    int64_t schema;
    tw_time now;                       /* up to where the core was brought when it was written last */
    tw_time first_record, last_record; /* not finite: there is none */
    uint64_t records, transitions, last_seq, alerts, open_alerts, incidents;
    uint64_t file_bytes, log_bytes;
    bool clean; /* the last run ended in order */
};
bool tw_store_outline(struct tw_store *s, struct tw_store_outline *o);
/* How many alerts are open, of each condition. */
typedef void tw_store_take_count(void *ctx, const char *condition, uint64_t n);
bool tw_store_firing(struct tw_store *s, tw_store_take_count *take, void *ctx);

#endif
