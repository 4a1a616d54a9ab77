/* SPDX-License-Identifier: ISC */
/* What was there before: at the start, and for those who look at a state folder. */
#include "store_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static sqlite3_stmt *prepare(struct tw_store *s, const char *sql)
{
    sqlite3_stmt *st = NULL;
    (void)sqlite3_prepare_v2(s->db, sql, -1, &st, NULL);
    return st;
}

/* The one row of a question; false: none, or trouble. */
static bool number(struct tw_store *s, const char *sql, uint64_t *out)
{
    sqlite3_stmt *st = prepare(s, sql);
    int code = sqlite3_step(st);
    bool ok = code == SQLITE_ROW && sqlite3_column_type(st, 0) != SQLITE_NULL;
    if (ok)
        *out = (uint64_t)sqlite3_column_int64(st, 0);
    (void)sqlite3_finalize(st);
    return ok;
}

static bool same_hash(sqlite3_stmt *st, int hash_at, int blob_at)
{
    size_t n = (size_t)sqlite3_column_bytes(st, blob_at);
    return (int64_t)tw_hash(sqlite3_column_blob(st, blob_at), n, 0) == sqlite3_column_int64(st, hash_at);
}

/* The newest that is whole. */
static bool read_snapshot(struct tw_store *s, struct tw_store_past *out)
{
    sqlite3_stmt *st = prepare(s, "SELECT at, seq, hash, bytes FROM snapshot ORDER BY id DESC");
    int code;
    while ((code = sqlite3_step(st)) == SQLITE_ROW) {
        if (!same_hash(st, 2, 3))
            continue;
        s->past_at = (uint64_t)sqlite3_column_int64(st, 0);
        out->snapshot_seq = (uint64_t)sqlite3_column_int64(st, 1);
        tw_buf_add(&out->snapshot, sqlite3_column_blob(st, 3), (size_t)sqlite3_column_bytes(st, 3));
        break;
    }
    (void)sqlite3_finalize(st);
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

bool tw_store_past(struct tw_store *s, struct tw_store_past *out, char why[static TW_STORE_WHY])
{
    uint64_t clean = 0, now = 0, end = 0;
    *out = (struct tw_store_past){.now = TW_TIME_MIN};
    s->past_at = 0;
    if (!read_snapshot(s, out)) {
        why_of(s, why);
        return false;
    }
    out->any = number(s, "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'now'", &now);
    (void)number(s, "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'clean'", &clean);
    /* Of transitions that are not kept any more, too: no number is given twice. */
    (void)number(s,
                 "SELECT max(x) FROM (SELECT max(seq) AS x FROM transition UNION ALL SELECT max(seq) FROM "
                 "cursor UNION ALL SELECT max(seq) FROM snapshot)",
                 &out->last_seq);
    (void)number(s, "SELECT at + n FROM journal ORDER BY at DESC LIMIT 1", &end);
    out->clean = clean == 1;
    if (out->any)
        out->now.ns = (int64_t)now;
    s->at = end > s->past_at ? end : s->past_at;
    out->records = s->at - s->past_at;
    s->stats.since_snapshot = out->records;
    return true;
}

void tw_store_forget_snapshot(struct tw_store *s)
{
    s->past_at = 0;
}

struct walk {
    sqlite3_stmt *journal, *digests;
    bool has_digest, bad;
    tw_store_take_record *take;
    void *ctx;
};

static void next_digest(struct walk *w)
{
    w->has_digest = sqlite3_step(w->digests) == SQLITE_ROW;
}

/* Those that stand before the record with this number. */
static void digests_before(struct walk *w, uint64_t at)
{
    for (; w->has_digest && (uint64_t)sqlite3_column_int64(w->digests, 0) <= at; next_digest(w)) {
        struct tw_str bytes =
            tw_str_of(sqlite3_column_blob(w->digests, 2), (size_t)sqlite3_column_bytes(w->digests, 2));
        struct tw_record r;
        if (same_hash(w->digests, 1, 2) && tw_record_decode(&bytes, &r))
            w->take(w->ctx, &r);
        else
            w->bad = true;
    }
}

static void chunk(struct walk *w, uint64_t from)
{
    uint64_t at = (uint64_t)sqlite3_column_int64(w->journal, 0);
    struct tw_str bytes =
        tw_str_of(sqlite3_column_blob(w->journal, 2), (size_t)sqlite3_column_bytes(w->journal, 2));
    struct tw_record r;
    if (!same_hash(w->journal, 1, 2)) {
        w->bad = true;
        return;
    }
    for (; bytes.n > 0; at++) {
        if (!tw_record_decode(&bytes, &r)) {
            w->bad = true;
            return;
        }
        if (at < from)
            continue;
        digests_before(w, at);
        w->take(w->ctx, &r);
    }
}

bool tw_store_records(struct tw_store *s, tw_store_take_record *take, void *ctx,
                      char why[static TW_STORE_WHY])
{
    struct walk w = {.take = take, .ctx = ctx};
    int code;
    w.journal = prepare(s, "SELECT at, hash, records FROM journal WHERE at + n > ?1 ORDER BY at");
    w.digests = prepare(s, "SELECT at, hash, record FROM digest WHERE at >= ?1 ORDER BY id");
    (void)sqlite3_bind_int64(w.journal, 1, (int64_t)s->past_at);
    (void)sqlite3_bind_int64(w.digests, 1, (int64_t)s->past_at);
    next_digest(&w);
    while ((code = sqlite3_step(w.journal)) == SQLITE_ROW)
        chunk(&w, s->past_at);
    if (code == SQLITE_DONE)
        digests_before(&w, UINT64_MAX);
    else
        why_of(s, why);
    if (code == SQLITE_DONE && w.bad)
        (void)snprintf(why, TW_STORE_WHY, "some records are damaged");
    (void)sqlite3_finalize(w.journal);
    (void)sqlite3_finalize(w.digests);
    return code == SQLITE_DONE && !w.bad;
}

static bool rows(sqlite3_stmt *st, tw_store_take_json *take, void *ctx)
{
    struct tw_buf line = {0};
    int code;
    while ((code = sqlite3_step(st)) == SQLITE_ROW) {
        const void *json = sqlite3_column_text(st, 1);
        tw_buf_clear(&line);
        tw_buf_add(&line, json != NULL ? json : "", (size_t)sqlite3_column_bytes(st, 1));
        tw_buf_char(&line, '\n');
        take(ctx, (uint64_t)sqlite3_column_int64(st, 0), tw_buf_view(&line));
    }
    (void)sqlite3_finalize(st);
    tw_buf_finish(&line);
    return code == SQLITE_DONE;
}

bool tw_store_transitions(struct tw_store *s, uint64_t after, size_t most, tw_store_take_json *take,
                          void *ctx)
{
    sqlite3_stmt *st = prepare(s, "SELECT seq, json FROM transition WHERE seq > ?1 ORDER BY seq LIMIT ?2");
    (void)sqlite3_bind_int64(st, 1, (int64_t)after);
    (void)sqlite3_bind_int64(st, 2, (int64_t)most);
    return rows(st, take, ctx);
}

bool tw_store_alerts(struct tw_store *s, bool open, size_t most, tw_store_take_json *take, void *ctx)
{
    sqlite3_stmt *st = prepare(
        s, open ? "SELECT t.seq, t.json FROM alert a JOIN transition t ON t.seq = a.last WHERE a.ended IS "
                  "NULL ORDER BY a.first LIMIT ?1"
                : "SELECT t.seq, t.json FROM alert a JOIN transition t ON t.seq = a.last WHERE a.ended IS "
                  "NOT NULL ORDER BY a.last DESC LIMIT ?1");
    (void)sqlite3_bind_int64(st, 1, (int64_t)most);
    return rows(st, take, ctx);
}

/* Of an open alert with one transition tw_store_alerts tells all. */
bool tw_store_told(struct tw_store *s, uint64_t until, size_t most, tw_store_take_json *take, void *ctx)
{
    sqlite3_stmt *st = prepare(
        s,
        "SELECT t.seq, t.json FROM alert a JOIN transition t ON t.alert = a.id WHERE a.first <= ?1 AND"
        " (a.last > ?1 OR (a.ended IS NULL AND a.first < a.last)) AND t.seq <= ?1 ORDER BY t.seq LIMIT ?2");
    (void)sqlite3_bind_int64(st, 1, (int64_t)until);
    (void)sqlite3_bind_int64(st, 2, (int64_t)most);
    return rows(st, take, ctx);
}

bool tw_store_cursor(struct tw_store *s, const char *output, uint64_t *seq)
{
    sqlite3_stmt *st = prepare(s, "SELECT seq FROM cursor WHERE output = ?1");
    (void)sqlite3_bind_text(st, 1, output, -1, SQLITE_STATIC);
    bool found = sqlite3_step(st) == SQLITE_ROW;
    if (found)
        *seq = (uint64_t)sqlite3_column_int64(st, 0);
    (void)sqlite3_finalize(st);
    return found;
}

bool tw_store_cursors(struct tw_store *s, tw_store_take_cursor *take, void *ctx)
{
    sqlite3_stmt *st = prepare(s, "SELECT output, seq FROM cursor ORDER BY output");
    int code;
    while ((code = sqlite3_step(st)) == SQLITE_ROW) {
        const char *output = (const char *)sqlite3_column_text(st, 0);
        take(ctx, output != NULL ? output : "", (uint64_t)sqlite3_column_int64(st, 1));
    }
    (void)sqlite3_finalize(st);
    return code == SQLITE_DONE;
}
