/* SPDX-License-Identifier: ISC */
/* What has been kept long enough, or too much of: the oldest goes first, in small slices. */
#include "store_internal.h"

enum { SLICE = 256, KEEP_DAYS = 90 };
static const uint64_t keep_bytes = UINT64_C(2) << 30;

static bool step(struct tw_store *s, enum statement which, tw_time oldest, bool sliced)
{
    sqlite3_stmt *st = statement(s, which);
    if (st == NULL || sqlite3_bind_int64(st, 1, oldest.ns) != SQLITE_OK ||
        (sliced && sqlite3_bind_int(st, 2, SLICE) != SQLITE_OK))
        return false;
    int code = sqlite3_step(st);
    (void)sqlite3_reset(st);
    return code == SQLITE_DONE;
}

static bool older_than(struct tw_store *s, tw_time oldest)
{
    return step(s, SQL_PRUNE_JOURNAL, oldest, true) && step(s, SQL_PRUNE_TRANSITION, oldest, true) &&
           step(s, SQL_PRUNE_ALERT, oldest, false) && step(s, SQL_PRUNE_INCIDENT, oldest, false);
}

static bool number(struct tw_store *s, const char *sql, int64_t *out)
{
    sqlite3_stmt *st = NULL;
    bool ok = sqlite3_prepare_v2(s->db, sql, -1, &st, NULL) == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW;
    *out = ok ? sqlite3_column_int64(st, 0) : 0;
    (void)sqlite3_finalize(st);
    return ok;
}

/* Pages that hold something, in bytes; and the time of the oldest records, which take the most room. */
static bool measure(struct tw_store *s, uint64_t *used, tw_time *oldest)
{
    int64_t pages, unused, size;
    if (!number(s, "PRAGMA page_count", &pages) || !number(s, "PRAGMA freelist_count", &unused) ||
        !number(s, "PRAGMA page_size", &size))
        return false;
    *used = (uint64_t)((pages - unused) * size);
    return number(s, "SELECT coalesce(min(last), 0) FROM (SELECT last FROM journal ORDER BY at LIMIT 256)",
                  &oldest->ns);
}

bool prune(struct tw_store *s, tw_time now)
{
    tw_dur keep = s->options.keep.ns > 0 ? s->options.keep : TW_SECONDS(INT64_C(86400) * KEEP_DAYS);
    uint64_t most = s->options.keep_bytes > 0 ? s->options.keep_bytes : keep_bytes, used = 0;
    tw_time oldest = TW_TIME_MIN, cut = tw_time_add(now, (tw_dur){-keep.ns});
    bool ok = older_than(s, cut);
    /* Too large: half of the time between the oldest and now goes, slice by slice, until it fits. */
    if (ok && measure(s, &used, &oldest) && used > most && oldest.ns > 0 && tw_before(oldest, now))
        ok = older_than(s, (tw_time){oldest.ns + (now.ns - oldest.ns) / 2});
    sqlite3_stmt *st = ok ? statement(s, SQL_VACUUM) : NULL;
    while (st != NULL && sqlite3_step(st) == SQLITE_ROW)
        ;
    if (st != NULL)
        (void)sqlite3_reset(st);
    return ok;
}
