/* SPDX-License-Identifier: ISC */
#ifndef TW_STORE_STORE_H
#define TW_STORE_STORE_H
/*
 * What outlives a restart: records that changed something, digests of the rest, snapshots of the core, alert
 * transitions, incidents, and how far each output is. One SQLite file, trunkwatch.db, in the state folder
 * (docs/decisions/0011).
 *
 * Role: the loop thread adds, a thread of the store writes; nobody waits for a disk. What was added since the
 * last hand-over is one batch, and one transaction: all of it is safe, or nothing. While a batch is being
 * written the next one grows, so the slower the disk, the larger the batches. Numbers of batches only grow;
 * `committed` tells up to which everything is safe.
 *
 * Trouble: a batch that can't be written is tried again every second, and `health` tells. Until then up to
 * TW_STORE_PENDING_MAX bytes wait; beyond them records are given up (what is known stays in the core, and the
 * next snapshot makes it good: `needs_snapshot`), transitions last. What is in the file is never touched by a
 * failure. Ownership: everything that is added is copied, but for the snapshot.
 */
#include "base/buf.h"
#include "model/record.h"
#include "model/transition.h"

enum { TW_STORE_PENDING_MAX = 64 << 20, TW_STORE_WHY = 256, TW_STORE_SCHEMA = 1 };

struct event_base;
struct tw_store;

struct tw_store_options {
    const char *folder;
    bool fast;               /* a commit survives the end of the process, and not always a loss of power */
    tw_dur keep;             /* how long what has ended is kept; 0: 90 days */
    uint64_t keep_bytes;     /* and how much at most; 0: 2 GiB */
    struct event_base *base; /* NULL: to be read only, no thread is made */
    void *ctx;
    /* On the loop thread. Everything up to this batch is safe. */
    void (*committed)(void *ctx, uint64_t batch);
    /* On the loop thread, when it changes. */
    void (*health)(void *ctx, bool ok, const char *why);
};

/* NULL after writing why. Opens the file, or makes it; brings an older schema up to date. */
struct tw_store *tw_store_open(const struct tw_store_options *o, char why[static TW_STORE_WHY]);
/* Waits until all that was added is written. False: it could not be, or not within `patience`. */
bool tw_store_wait(struct tw_store *s, tw_dur patience);
void tw_store_close(struct tw_store *s); /* also NULL */

/* ---- at the start, before anything is added ---- */

struct tw_store_past {
    bool any;               /* there is something */
    bool clean;             /* the last run ended in order: nothing was in flight */
    uint64_t last_seq;      /* of the last transition */
    tw_time now;            /* up to where the core was brought: every timer before it has run out */
    uint64_t records;       /* that were kept since the snapshot */
    struct tw_buf snapshot; /* n == 0: none. The caller's */
    uint64_t snapshot_seq;  /* the last transition before it */
};
bool tw_store_past(struct tw_store *s, struct tw_store_past *out, char why[static TW_STORE_WHY]);
/* The snapshot can't be read by this version: then every record that is still there counts. */
void tw_store_forget_snapshot(struct tw_store *s);
/* The records since the snapshot, and the digests between them, in order. False: some can't be read; what
 * can be was given. */
typedef void tw_store_take_record(void *ctx, const struct tw_record *r);
bool tw_store_records(struct tw_store *s, tw_store_take_record *take, void *ctx,
                      char why[static TW_STORE_WHY]);
/* Transitions with seq > after, in order: `json` with its newline. */
typedef void tw_store_take_json(void *ctx, uint64_t seq, struct tw_str json);
bool tw_store_transitions(struct tw_store *s, uint64_t after, size_t most, tw_store_take_json *take,
                          void *ctx);
/* The last transition of each alert: of those that are open, oldest first; of the `ended` that ended last,
 * the last first. */
bool tw_store_alerts(struct tw_store *s, bool open, size_t most, tw_store_take_json *take, void *ctx);
/* What was said up to `until`, in order, of the alerts that went on there or were updated: besides those of
 * tw_store_alerts, all that somebody may have heard of who heard everything until then. */
bool tw_store_told(struct tw_store *s, uint64_t until, size_t most, tw_store_take_json *take, void *ctx);
/* False: there is no such output. */
bool tw_store_cursor(struct tw_store *s, const char *output, uint64_t *seq);
typedef void tw_store_take_cursor(void *ctx, const char *output, uint64_t seq);
bool tw_store_cursors(struct tw_store *s, tw_store_take_cursor *take, void *ctx);

/* ---- on the loop thread ---- */

void tw_store_add_record(struct tw_store *s, const struct tw_record *r);
void tw_store_add_transition(struct tw_store *s, const struct tw_transition *t, struct tw_str json);
void tw_store_add_cursor(struct tw_store *s, const char *output, uint64_t seq);
/* There is no such output any more: nothing is kept for it. */
void tw_store_drop_cursor(struct tw_store *s, const char *output);
/* Of the core as it is now: what was added so far is in it. Takes the bytes. */
void tw_store_add_snapshot(struct tw_store *s, struct tw_buf *bytes, uint64_t seq);
/* The end, in order. */
void tw_store_add_clean(struct tw_store *s);
/* The number that what is added now will be safe with. */
uint64_t tw_store_batch(const struct tw_store *s);
/* Records were given up, and no snapshot was added since. */
bool tw_store_needs_snapshot(const struct tw_store *s);
/* Up to where the core is. */
void tw_store_now(struct tw_store *s, tw_time now);
/* Hands over, if there is something and the thread has nothing to do: at once, or when it is much or the
 * oldest has waited for a moment. */
void tw_store_go(struct tw_store *s, bool urgent);

/* Reads transitions on the store's thread, and answers on the loop thread. ok false: not now. One at a time
 * for each `key`; tw_store_fetch_cancel forgets one that is under way. */
typedef void tw_store_fetched(void *ctx, void *key, bool ok, const struct tw_str *json, size_t n);
void tw_store_fetch(struct tw_store *s, uint64_t after, size_t most, tw_store_fetched *call, void *ctx,
                    void *key);
void tw_store_fetch_cancel(struct tw_store *s, const void *key);

struct tw_store_stats {
    bool failing;
    char why[TW_STORE_WHY];
    bool needs_snapshot;
    uint64_t records, digests, transitions, snapshots, bytes; /* that were added */
    uint64_t commits, errors;
    uint64_t given_up_records, given_up_transitions;
    uint64_t since_snapshot, digest_bytes_since; /* records; bytes */
    size_t pending_bytes;
    uint64_t committed; /* batch */
    int64_t commit_us_last, commit_us_most;
    uint64_t file_bytes;
};
struct tw_store_stats tw_store_stats(struct tw_store *s);

#endif
