/* SPDX-License-Identifier: ISC */
/* The store's thread: writes what is handed over, again until it is written, and reads what outputs lack. */
#include "store_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { AGAIN_MS = 1000, PRUNE_MS = 60000, PRUNE_MORE_MS = 250, FETCH_BYTES = 4 << 20, LOG_PAGES = 4000 };

static int64_t mono_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t hash_of(const struct tw_buf *b)
{
    return (int64_t)tw_hash(b->p, b->n, 0);
}

static bool step(sqlite3_stmt *st)
{
    int code = sqlite3_step(st);
    (void)sqlite3_reset(st); /* lets go of what it reads */
    return code == SQLITE_DONE || code == SQLITE_ROW;
}

static bool text(sqlite3_stmt *st, int at, const char *z)
{
    return (z != NULL ? sqlite3_bind_text(st, at, z, -1, SQLITE_STATIC) : sqlite3_bind_null(st, at)) ==
           SQLITE_OK;
}

static bool integer(sqlite3_stmt *st, int at, int64_t v)
{
    return sqlite3_bind_int64(st, at, v) == SQLITE_OK;
}

static bool blob(sqlite3_stmt *st, int at, const struct tw_buf *b)
{
    return sqlite3_bind_blob64(st, at, b->p, b->n, SQLITE_STATIC) == SQLITE_OK;
}

static bool write_journal(struct tw_store *s, const struct batch *b)
{
    sqlite3_stmt *st;
    if (b->journal_n > 0) {
        st = statement(s, SQL_JOURNAL);
        if (st == NULL || !integer(st, 1, (int64_t)b->journal_at) || !integer(st, 2, b->journal_n) ||
            !integer(st, 3, b->journal_first.ns) || !integer(st, 4, b->journal_last.ns) ||
            !integer(st, 5, hash_of(&b->journal)) || !blob(st, 6, &b->journal) || !step(st))
            return false;
    }
    for (size_t i = 0; i < b->digests_n; i++) {
        st = statement(s, SQL_DIGEST);
        if (st == NULL || !integer(st, 1, (int64_t)b->digests[i].at) ||
            !integer(st, 2, hash_of(&b->digests[i].bytes)) || !blob(st, 3, &b->digests[i].bytes) || !step(st))
            return false;
    }
    return true;
}

/* The incident of the alert: the one at its pair with which it overlaps, else one that begins with it. */
static bool incident_of(struct tw_store *s, const struct row *r, char id[static TW_ALERT_ID])
{
    sqlite3_stmt *st = statement(s, SQL_INCIDENT_OPEN);
    if (st == NULL || !text(st, 1, r->pair) ||
        !integer(st, 2, r->kind == TW_RAISED ? r->since.ns : INT64_MAX))
        return false;
    int code = sqlite3_step(st);
    const char *open = code == SQLITE_ROW ? (const char *)sqlite3_column_text(st, 0) : NULL;
    (void)snprintf(id, TW_ALERT_ID, "%s", open != NULL ? open : r->id);
    (void)sqlite3_reset(st);
    if (code == SQLITE_ROW && (open == NULL || r->kind != TW_RAISED))
        return open != NULL;
    if (code == SQLITE_ROW) {
        st = statement(s, SQL_INCIDENT_JOIN);
        return st != NULL && text(st, 1, id) && integer(st, 2, r->since.ns) && step(st);
    }
    if (code != SQLITE_DONE || r->kind == TW_CLEARED)
        return code == SQLITE_DONE;
    st = statement(s, SQL_INCIDENT_NEW);
    return st != NULL && text(st, 1, r->id) && text(st, 2, r->pair) && integer(st, 3, r->since.ns) &&
           step(st);
}

static bool write_row(struct tw_store *s, const struct row *r)
{
    char incident[TW_ALERT_ID] = "";
    sqlite3_stmt *st = statement(s, SQL_TRANSITION);
    if (st == NULL || !integer(st, 1, (int64_t)r->seq) || !text(st, 2, r->id) ||
        !integer(st, 3, r->time.ns) || !text(st, 4, r->json) || !step(st) ||
        (!r->standing && !incident_of(s, r, incident)))
        return false;
    st = statement(s, SQL_ALERT);
    if (st == NULL || !text(st, 1, r->id) || !text(st, 2, r->condition) ||
        !text(st, 3, tw_severity_name(r->severity)) || !text(st, 4, r->pair) ||
        !integer(st, 5, r->since.ns) || !integer(st, 6, r->time.ns) ||
        (r->kind == TW_CLEARED && !integer(st, 7, r->time.ns)) || !integer(st, 8, (int64_t)r->seq) ||
        !text(st, 9, r->standing ? NULL : incident) || !integer(st, 10, r->kind == TW_RAISED) || !step(st))
        return false;
    if (r->kind != TW_CLEARED)
        return true;
    st = statement(s, SQL_INCIDENT_END);
    return st != NULL && text(st, 1, r->pair) && integer(st, 2, r->time.ns) && step(st);
}

static bool write_snapshot(struct tw_store *s, const struct batch *b)
{
    sqlite3_stmt *st = statement(s, SQL_SNAPSHOT);
    if (st == NULL || !integer(st, 1, (int64_t)b->snapshot_at) || !integer(st, 2, (int64_t)b->snapshot_seq) ||
        !integer(st, 3, hash_of(&b->snapshot)) || !blob(st, 4, &b->snapshot) || !step(st))
        return false;
    st = statement(s, SQL_SNAPSHOT_CLEAR);
    if (st == NULL || !step(st))
        return false;
    st = statement(s, SQL_DIGEST_CLEAR);
    return st != NULL && step(st);
}

static bool meta(struct tw_store *s, const char *key, const char *value)
{
    sqlite3_stmt *st = statement(s, SQL_META);
    return st != NULL && text(st, 1, key) && text(st, 2, value) && step(st);
}

static bool write_all(struct tw_store *s, const struct batch *b)
{
    char now[32];
    /* What was digested before it is in the snapshot. */
    if ((b->snapshot.n > 0 && !write_snapshot(s, b)) || !write_journal(s, b))
        return false;
    for (size_t i = 0; i < b->rows_n; i++) {
        if (!write_row(s, &b->rows[i]))
            return false;
    }
    for (size_t i = 0; i < b->cursors_n; i++) {
        bool gone = b->cursors[i].seq == CURSOR_GONE;
        sqlite3_stmt *st = statement(s, gone ? SQL_CURSOR_GONE : SQL_CURSOR);
        if (st == NULL || !text(st, 1, b->cursors[i].output) ||
            (!gone && !integer(st, 2, (int64_t)b->cursors[i].seq)) || !step(st))
            return false;
    }
    (void)snprintf(now, sizeof now, "%lld", (long long)b->now.ns);
    return meta(s, "clean", b->clean ? "1" : "0") && meta(s, "now", now);
}

bool writer_write(struct tw_store *s, const struct batch *b)
{
    sqlite3_stmt *st = statement(s, SQL_BEGIN);
    if (st == NULL || !step(st))
        return false;
    st = write_all(s, b) ? statement(s, SQL_COMMIT) : NULL;
    if (st != NULL && step(st))
        return true;
    char why[TW_STORE_WHY];
    why_of(s, why);
    if (sqlite3_get_autocommit(s->db) == 0 && (st = statement(s, SQL_ROLLBACK)) != NULL)
        (void)step(st);
    (void)pthread_mutex_lock(&s->mutex);
    memcpy(s->why, why, sizeof why);
    (void)pthread_mutex_unlock(&s->mutex);
    return false;
}

static void wake(const struct tw_store *s)
{
    uint64_t one = 1;
    if (write(s->wake, &one, sizeof one) != sizeof one)
        return; /* it is awake */
}

static uint64_t file_bytes(const struct tw_store *s)
{
    struct stat st;
    return stat(s->path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static int on_log(void *store, sqlite3 *db, const char *name, int pages)
{
    (void)db;
    (void)name;
    ((struct tw_store *)store)->log_pages = pages;
    return SQLITE_OK;
}

/* From SQLite's log into the file itself. Not a part of a commit: no alert waits for it that is safe. */
static void empty_log(struct tw_store *s)
{
    if (s->log_pages < LOG_PAGES)
        return;
    s->log_pages = 0; /* what could not be moved counts again with the next commit */
    (void)sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

/* Without the mutex: the batch is the thread's. */
static void write_batch(struct tw_store *s, struct batch *b)
{
    int64_t began = mono_us();
    bool ok = writer_write(s, b);
    int64_t took = mono_us() - began;
    uint64_t bytes = file_bytes(s);
    (void)pthread_mutex_lock(&s->mutex);
    s->us_last = took;
    s->us_most = took > s->us_most ? took : s->us_most;
    s->file_bytes = bytes;
    s->failing = !ok;
    if (ok) {
        s->commits++;
        s->done = b->no;
        s->handed = NULL;
    } else {
        s->errors++;
    }
    (void)pthread_mutex_unlock(&s->mutex);
    if (ok)
        batch_free(b);
    wake(s);
    empty_log(s);
}

static void read_rows(struct tw_store *s, struct fetch *f)
{
    sqlite3_stmt *st = statement(s, SQL_AFTER);
    int code = SQLITE_ERROR;
    f->ok = st != NULL && integer(st, 1, (int64_t)f->after) && integer(st, 2, (int64_t)f->most);
    while (f->ok && f->text.n < FETCH_BYTES && (code = sqlite3_step(st)) == SQLITE_ROW) {
        const char *json = (const char *)sqlite3_column_text(st, 1);
        tw_buf_add(&f->text, json != NULL ? json : "", (size_t)sqlite3_column_bytes(st, 1));
        tw_buf_char(&f->text, '\n');
        *TW_PUSH(f->ends, f->n, f->cap) = f->text.n;
    }
    f->ok = f->ok && (code == SQLITE_DONE || code == SQLITE_ROW);
    if (st != NULL)
        (void)sqlite3_reset(st);
}

static void answer(struct tw_store *s, struct fetch *f)
{
    read_rows(s, f);
    (void)pthread_mutex_lock(&s->mutex);
    s->reading = NULL;
    *TW_PUSH(s->answered, s->answered_n, s->answered_cap) = f;
    (void)pthread_mutex_unlock(&s->mutex);
    wake(s);
}

static void wait_ms(struct tw_store *s, int64_t ms)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += ms % 1000 * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    (void)pthread_cond_timedwait(&s->more, &s->mutex, &t);
}

/* With the mutex: what is to be done next; NULL, NULL: nothing for now. */
static void next(struct tw_store *s, struct batch **b, struct fetch **f, int64_t again_us)
{
    *b = s->handed != NULL && (!s->failing || s->stop || mono_us() >= again_us) ? s->handed : NULL;
    *f = NULL;
    if (s->asked_n > 0) {
        *f = s->reading = s->asked[0];
        memmove(s->asked, s->asked + 1, --s->asked_n * sizeof(struct fetch *));
    }
}

void *writer_run(void *store)
{
    struct tw_store *s = store;
    int64_t again_us = 0, prune_us = mono_us() + INT64_C(1000) * PRUNE_MS;
    (void)sqlite3_wal_hook(s->db, on_log, s);
    (void)pthread_mutex_lock(&s->mutex);
    for (;;) {
        struct batch *b;
        struct fetch *f;
        next(s, &b, &f, again_us);
        bool tidy = b == NULL && f == NULL && !s->failing && mono_us() >= prune_us;
        if (s->stop && b == NULL && f == NULL)
            break;
        if (b == NULL && f == NULL && !tidy) {
            wait_ms(s, s->handed != NULL ? AGAIN_MS / 4 : AGAIN_MS);
            continue;
        }
        bool last = s->stop && s->failing;
        (void)pthread_mutex_unlock(&s->mutex);
        if (f != NULL)
            answer(s, f);
        if (b != NULL)
            write_batch(s, b);
        if (tidy) {
            bool more = false;
            (void)prune(s, (tw_time){(int64_t)time(NULL) * 1000000000}, &more);
            prune_us = mono_us() + INT64_C(1000) * (more ? PRUNE_MORE_MS : PRUNE_MS);
            empty_log(s);
        }
        again_us = mono_us() + INT64_C(1000) * AGAIN_MS;
        (void)pthread_mutex_lock(&s->mutex);
        if (last)
            break; /* it was tried once more */
    }
    (void)pthread_mutex_unlock(&s->mutex);
    return NULL;
}
