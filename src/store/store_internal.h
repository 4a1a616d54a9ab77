/* SPDX-License-Identifier: ISC */
#ifndef TW_STORE_INTERNAL_H
#define TW_STORE_INTERNAL_H
#include "base/err.h"
#include "base/mem.h"
#include "store/store.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>

#define CURSOR_GONE UINT64_MAX

/* What is written together. */
struct batch {
    uint64_t no;
    struct tw_buf journal; /* records, encoded */
    uint64_t journal_at;   /* how many were kept before it */
    uint32_t journal_n;
    tw_time journal_first, journal_last;
    struct digest {
        uint64_t at;         /* records that were kept before it */
        struct tw_buf bytes; /* the encoded record */
    } * digests;
    size_t digests_n, digests_cap;
    struct row {
        uint64_t seq;
        tw_time time, since;
        enum tw_transition_kind kind;
        enum tw_severity severity;
        char id[TW_ALERT_ID];
        char *condition, *pair, *json; /* pair may be NULL; json without its newline */
        bool standing;                 /* of no moment, and so of no incident */
    } * rows;
    size_t rows_n, rows_cap;
    struct cursor {
        char *output;
        uint64_t seq; /* CURSOR_GONE: there is no such output any more */
    } * cursors;
    size_t cursors_n, cursors_cap;
    struct tw_buf snapshot; /* of everything before this batch's end; n == 0: none */
    uint64_t snapshot_at, snapshot_seq;
    bool clean, empty;
    tw_time now; /* of the core */
    size_t bytes;
    int64_t since_ms; /* when the first thing was added */
};
/* batch.c */
struct batch *batch_new(uint64_t no);
void batch_free(struct batch *b); /* also NULL */
void batch_drop_digests(struct batch *b);
/* Gives up what a snapshot makes good; returns how many records. */
uint64_t batch_thin(struct batch *b);

enum statement {
    SQL_BEGIN,
    SQL_COMMIT,
    SQL_ROLLBACK,
    SQL_JOURNAL,
    SQL_DIGEST,
    SQL_DIGEST_CLEAR,
    SQL_SNAPSHOT,
    SQL_SNAPSHOT_CLEAR,
    SQL_TRANSITION,
    SQL_INCIDENT_OPEN,
    SQL_INCIDENT_NEW,
    SQL_INCIDENT_JOIN,
    SQL_ALERT,
    SQL_INCIDENT_END,
    SQL_CURSOR,
    SQL_CURSOR_GONE,
    SQL_META,
    SQL_AFTER,
    SQL_PRUNE_JOURNAL,
    SQL_PRUNE_JOURNAL_MORE,
    SQL_PRUNE_TRANSITION,
    SQL_PRUNE_TRANSITION_MORE,
    SQL_PRUNE_ALERT,
    SQL_PRUNE_INCIDENT,
    SQL_VACUUM,
    STATEMENTS
};

struct fetch {
    uint64_t after;
    size_t most;
    tw_store_fetched *call;
    void *ctx, *key; /* key NULL: cancelled */
    bool ok;
    struct tw_buf text;
    size_t *ends;
    size_t n, cap;
};

struct tw_store {
    struct tw_store_options options;
    char *path;
    int lock; /* of the folder: one daemon */
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENTS];
    struct {              /* read only */
        bool immutable;   /* nobody writes: no lock is taken */
        int64_t until_ms; /* reading ends then; 0: no limit */
        const atomic_bool *stop;
    } look;

    /* the loop thread's */
    struct batch *open; /* grows */
    uint64_t at;        /* records that were kept, ever */
    struct event *event;
    struct tw_store_stats stats;
    uint64_t past_at; /* of the snapshot that the start goes from */
    int log_pages;    /* the thread's: that wait in SQLite's log */
    bool has_thread;
    bool told_failing;

    /* of both, under the mutex */
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t more;
    int wake;             /* eventfd, to the loop thread */
    struct batch *handed; /* being written, or to be written again */
    struct fetch **asked, **answered, *reading;
    size_t asked_n, asked_cap, answered_n, answered_cap;
    uint64_t done; /* batch */
    bool stop, failing;
    char why[TW_STORE_WHY];
    uint64_t commits, errors;
    int64_t us_last, us_most;
    uint64_t file_bytes;
};

/* schema.c: opens and prepares; false after writing why. */
bool schema_open(struct tw_store *s, char why[static TW_STORE_WHY]);
void schema_close(struct tw_store *s);
sqlite3_stmt *statement(struct tw_store *s, enum statement which); /* reset, without bindings; NULL: broken */
void why_of(struct tw_store *s, char why[static TW_STORE_WHY]);

/* look.c: opens a file that another process may be writing, or nobody. */
bool look_open(struct tw_store *s, char why[static TW_STORE_WHY]);

/* writer.c: the thread. */
void *writer_run(void *store);
bool writer_write(struct tw_store *s, const struct batch *b); /* one transaction */

/* prune.c: a slice of what may go; false: it could not. `more`: there is more of it. */
bool prune(struct tw_store *s, tw_time now, bool *more);

#endif
