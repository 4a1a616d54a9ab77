/* SPDX-License-Identifier: ISC */
/* What has been kept long enough, or too much of: the oldest goes first, in small slices. */
#include "store_internal.h"

enum { SLICE = 256, KEEP_DAYS = 90 };
static const uint64_t keep_bytes = UINT64_C(2) << 30;

/* `more`: a whole slice went, so there may be another one. */
static bool step(struct tw_store *s, enum statement which, tw_time oldest, bool *more)
{
    sqlite3_stmt *st = statement(s, which);
    if (st == NULL || sqlite3_bind_int64(st, 1, oldest.ns) != SQLITE_OK ||
        (more != NULL && sqlite3_bind_int(st, 2, SLICE) != SQLITE_OK))
        return false;
    int code = sqlite3_step(st);
    (void)sqlite3_reset(st);
    if (more != NULL && code == SQLITE_DONE && sqlite3_changes(s->db) >= SLICE)
        *more = true;
    return code == SQLITE_DONE;
}

static bool forget_ended(struct tw_store *s, tw_time oldest)
{
    return step(s, SQL_PRUNE_ALERT, oldest, NULL) && step(s, SQL_PRUNE_INCIDENT, oldest, NULL);
}

static bool older_than(struct tw_store *s, tw_time oldest, bool *more)
{
    return step(s, SQL_PRUNE_JOURNAL, oldest, more) && step(s, SQL_PRUNE_TRANSITION, oldest, more) &&
           forget_ended(s, oldest);
}

static bool number(struct tw_store *s, const char *sql, int64_t *out)
{
    sqlite3_stmt *st = NULL;
    bool ok = sqlite3_prepare_v2(s->db, sql, -1, &st, NULL) == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW;
    *out = ok ? sqlite3_column_int64(st, 0) : 0;
    (void)sqlite3_finalize(st);
    return ok;
}

/* Pages that hold something, in bytes. */
static bool measure(struct tw_store *s, uint64_t *used)
{
    int64_t pages, unused, size;
    if (!number(s, "PRAGMA page_count", &pages) || !number(s, "PRAGMA freelist_count", &unused) ||
        !number(s, "PRAGMA page_size", &size))
        return false;
    *used = (uint64_t)((pages - unused) * size);
    return true;
}

/* What is in the first half of the time between the oldest, as the question says, and now; a slice of it. */
static bool first_half(struct tw_store *s, enum statement which, const char *question, tw_time now, int *gone)
{
    tw_time oldest;
    bool unused = false;
    *gone = 0;
    if (!number(s, question, &oldest.ns))
        return false;
    if (oldest.ns <= 0 || !tw_before(oldest, now))
        return true;
    tw_time cut = {oldest.ns + (now.ns - oldest.ns) / 2};
    bool ok = step(s, which, cut, &unused);
    *gone = ok ? sqlite3_changes(s->db) : 0;
    return ok && forget_ended(s, cut);
}

/* Records take the most room. One incident may go on for months: it does not fill the disk. What is open
 * stays. */
static bool too_much(struct tw_store *s, tw_time now, bool *more)
{
    int gone;
    bool ok = first_half(
        s, SQL_PRUNE_JOURNAL_MORE,
        "SELECT coalesce(min(last), 0) FROM (SELECT last FROM journal ORDER BY at LIMIT 256)", now, &gone);
    if (ok && gone == 0)
        ok =
            first_half(s, SQL_PRUNE_TRANSITION_MORE, "SELECT coalesce(min(ended), 0) FROM alert", now, &gone);
    *more = *more || gone > 0;
    return ok;
}

bool prune(struct tw_store *s, tw_time now, bool *more)
{
    tw_dur keep = s->options.keep.ns > 0 ? s->options.keep : TW_SECONDS(INT64_C(86400) * KEEP_DAYS);
    uint64_t most = s->options.keep_bytes > 0 ? s->options.keep_bytes : keep_bytes, used = 0;
    *more = false;
    bool ok = older_than(s, tw_time_add(now, (tw_dur){-keep.ns}), more);
    if (ok && measure(s, &used) && used > most)
        ok = too_much(s, now, more);
    sqlite3_stmt *st = ok ? statement(s, SQL_VACUUM) : NULL;
    while (st != NULL && sqlite3_step(st) == SQLITE_ROW)
        ;
    if (st != NULL)
        (void)sqlite3_reset(st);
    return ok;
}
