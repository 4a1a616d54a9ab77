/* SPDX-License-Identifier: ISC */
/* Incidents, and what is to be said of the store itself, for who looks at it. */
#include "store_internal.h"

#include "store/look.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* An incident of which nothing is left is none. `began`, `ended`, and the order: what goes on first, then the
 * last to begin. */
#define COLUMNS                                                                                              \
    "SELECT i.id, i.pair, i.began, i.ended, (SELECT count(*) FROM alert a WHERE a.incident = i.id) FROM "    \
    "incident i WHERE EXISTS (SELECT 1 FROM alert a WHERE a.incident = i.id) AND "
#define ORDER " ORDER BY i.ended IS NULL DESC, i.began DESC, i.id DESC LIMIT "

static sqlite3_stmt *ask(struct tw_store *s, const char *sql)
{
    sqlite3_stmt *st = NULL;
    (void)sqlite3_prepare_v2(s->db, sql, -1, &st, NULL);
    return st;
}

static bool text(sqlite3_stmt *st, int at, const char *z)
{
    return sqlite3_bind_text(st, at, z, -1, SQLITE_STATIC) == SQLITE_OK; /* NULL is null */
}

static void one(sqlite3_stmt *st, struct tw_store_incident *i)
{
    const char *id = (const char *)sqlite3_column_text(st, 0);
    *i = (struct tw_store_incident){.pair = (const char *)sqlite3_column_text(st, 1),
                                    .began = {sqlite3_column_int64(st, 2)},
                                    .ended = TW_TIME_MAX,
                                    .alerts = (uint64_t)sqlite3_column_int64(st, 4)};
    (void)snprintf(i->id, sizeof i->id, "%s", id != NULL ? id : "");
    if (sqlite3_column_type(st, 3) != SQLITE_NULL)
        i->ended.ns = sqlite3_column_int64(st, 3);
}

bool tw_store_incidents(struct tw_store *s, const struct tw_store_which *w, tw_store_take_incident *take,
                        void *ctx)
{
    sqlite3_stmt *st = ask(
        s, COLUMNS "(?1 = 0 OR (i.ended IS NULL) = (?1 = 1)) AND (?2 IS NULL OR i.pair = ?2) AND"
                   " (?3 IS NULL OR (i.ended IS NULL, i.began, i.id) <"
                   " (SELECT b.ended IS NULL, b.began, b.id FROM incident b WHERE b.id = ?3))" ORDER "?4");
    struct tw_store_incident i;
    int code = SQLITE_ERROR;
    bool go_on = st != NULL && sqlite3_bind_int(st, 1, (int)w->state) == SQLITE_OK && text(st, 2, w->pair) &&
                 text(st, 3, w->before) && sqlite3_bind_int64(st, 4, (int64_t)w->most) == SQLITE_OK;
    while (go_on && (code = sqlite3_step(st)) == SQLITE_ROW) {
        one(st, &i);
        go_on = take(ctx, &i);
    }
    (void)sqlite3_finalize(st);
    return code == SQLITE_DONE || code == SQLITE_ROW;
}

/* By the whole id; else by the beginning of one; else by an alert of it. */
static const char *const finders[] = {
    COLUMNS "i.id = ?1 LIMIT 2",
    COLUMNS "length(?1) >= 4 AND substr(i.id, 1, length(?1)) = ?1 LIMIT 2",
    COLUMNS "i.id IN (SELECT incident FROM alert WHERE id = ?1 OR length(?1) >= 4 AND"
            " substr(id, 1, length(?1)) = ?1) LIMIT 2",
};

enum tw_store_found tw_store_incident(struct tw_store *s, const char *id, tw_store_take_incident *take,
                                      void *ctx)
{
    enum tw_store_found found = TW_STORE_NONE;
    for (size_t k = 0; k < sizeof finders / sizeof *finders && found == TW_STORE_NONE; k++) {
        sqlite3_stmt *st = ask(s, finders[k]);
        struct tw_store_incident i;
        char pair[256] = "";
        int code = st != NULL && text(st, 1, id) ? sqlite3_step(st) : SQLITE_ERROR;
        if (code == SQLITE_ROW) {
            one(st, &i);
            if (i.pair != NULL) {
                (void)snprintf(pair, sizeof pair, "%s", i.pair);
                i.pair = pair;
            }
            found = TW_STORE_FOUND;
            code = sqlite3_step(st);
            found = code == SQLITE_ROW ? TW_STORE_SEVERAL : found;
        }
        (void)sqlite3_finalize(st);
        if (code != SQLITE_ROW && code != SQLITE_DONE)
            return TW_STORE_TROUBLE;
        if (found == TW_STORE_FOUND)
            (void)take(ctx, &i);
    }
    return found;
}

bool tw_store_incident_transitions(struct tw_store *s, const char *id, size_t most, tw_store_take_row *take,
                                   void *ctx)
{
    sqlite3_stmt *st = ask(s, "SELECT t.seq, t.json FROM alert a JOIN transition t ON t.alert = a.id WHERE"
                              " a.incident = ?1 ORDER BY t.seq LIMIT ?2");
    int code = SQLITE_ERROR;
    bool go_on = st != NULL && text(st, 1, id) && sqlite3_bind_int64(st, 2, (int64_t)most) == SQLITE_OK;
    while (go_on && (code = sqlite3_step(st)) == SQLITE_ROW) {
        const char *json = (const char *)sqlite3_column_text(st, 1);
        go_on = take(ctx, (uint64_t)sqlite3_column_int64(st, 0),
                     tw_str_of(json != NULL ? json : "", (size_t)sqlite3_column_bytes(st, 1)));
    }
    (void)sqlite3_finalize(st);
    return code == SQLITE_DONE || code == SQLITE_ROW;
}

static bool value(struct tw_store *s, const char *sql, int64_t *out)
{
    sqlite3_stmt *st = ask(s, sql);
    int code = sqlite3_step(st);
    if (code == SQLITE_ROW && sqlite3_column_type(st, 0) != SQLITE_NULL)
        *out = sqlite3_column_int64(st, 0);
    (void)sqlite3_finalize(st);
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

static uint64_t bytes_of(const struct tw_store *s, const char *suffix)
{
    struct tw_buf path = {0};
    struct stat st;
    tw_buf_fmt(&path, "%s%s", s->path, suffix);
    uint64_t n = stat(path.p, &st) == 0 ? (uint64_t)st.st_size : 0;
    tw_buf_finish(&path);
    return n;
}

bool tw_store_outline(struct tw_store *s, struct tw_store_outline *o)
{
    int64_t records = 0, transitions = 0, last_seq = 0, open = 0, alerts = 0, incidents = 0, clean = 0;
    *o = (struct tw_store_outline){.now = TW_TIME_MIN,
                                   .first_record = TW_TIME_MIN,
                                   .last_record = TW_TIME_MIN,
                                   .file_bytes = bytes_of(s, ""),
                                   .log_bytes = bytes_of(s, "-wal")};
    bool ok = value(s, "PRAGMA user_version", &o->schema) &&
              value(s, "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'now'", &o->now.ns) &&
              value(s, "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'clean'", &clean) &&
              value(s, "SELECT first FROM journal ORDER BY at LIMIT 1", &o->first_record.ns) &&
              value(s, "SELECT last FROM journal ORDER BY at DESC LIMIT 1", &o->last_record.ns) &&
              value(s, "SELECT sum(n) FROM journal", &records) &&
              value(s, "SELECT count(*) FROM transition", &transitions) &&
              value(s, "SELECT max(seq) FROM transition", &last_seq) &&
              value(s, "SELECT count(*) FROM alert WHERE ended IS NULL", &open) &&
              value(s, "SELECT count(*) FROM alert", &alerts) &&
              value(s, "SELECT count(*) FROM incident", &incidents);
    o->records = (uint64_t)records;
    o->transitions = (uint64_t)transitions;
    o->last_seq = (uint64_t)last_seq;
    o->open_alerts = (uint64_t)open;
    o->alerts = (uint64_t)alerts;
    o->incidents = (uint64_t)incidents;
    o->clean = clean == 1;
    return ok;
}

bool tw_store_firing(struct tw_store *s, tw_store_take_count *take, void *ctx)
{
    sqlite3_stmt *st = ask(
        s, "SELECT condition, count(*) FROM alert WHERE ended IS NULL GROUP BY condition ORDER BY condition");
    int code = SQLITE_ERROR;
    while (st != NULL && (code = sqlite3_step(st)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(st, 0);
        take(ctx, name != NULL ? name : "", (uint64_t)sqlite3_column_int64(st, 1));
    }
    (void)sqlite3_finalize(st);
    return code == SQLITE_DONE;
}
