/* SPDX-License-Identifier: ISC */
/* The file: how it is opened, what is in it, and every statement that is used. */
#include "store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { APPLICATION_ID = 0x74777631 /* "twv1" */, CHECK_BYTES = 256 << 20 };

/* One entry for each version: what brings the one before up to it. */
static const char *const migrations[TW_STORE_SCHEMA] = {
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    /* Records that were kept, many in a row: `at` is how many were kept before the first. */
    "CREATE TABLE journal (at INTEGER PRIMARY KEY, n INTEGER NOT NULL, first INTEGER NOT NULL,"
    " last INTEGER NOT NULL, hash INTEGER NOT NULL, records BLOB NOT NULL);"
    "CREATE INDEX journal_last ON journal (last);"
    "CREATE TABLE digest (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, hash INTEGER NOT NULL, record BLOB "
    "NOT "
    "NULL);"
    "CREATE TABLE snapshot (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " hash INTEGER NOT NULL, bytes BLOB NOT NULL);"
    "CREATE TABLE transition (seq INTEGER PRIMARY KEY, alert TEXT NOT NULL, time INTEGER NOT NULL, json TEXT "
    "NOT "
    "NULL);"
    "CREATE INDEX transition_alert ON transition (alert, seq);"
    "CREATE TABLE alert (id TEXT PRIMARY KEY, condition TEXT NOT NULL, severity TEXT NOT NULL, pair TEXT,"
    " since INTEGER NOT NULL, raised INTEGER NOT NULL, ended INTEGER, first INTEGER NOT NULL, last INTEGER "
    "NOT "
    "NULL, incident TEXT) WITHOUT ROWID;"
    "CREATE INDEX alert_ended ON alert (ended);"
    "CREATE INDEX alert_incident ON alert (incident);"
    "CREATE TABLE incident (id TEXT PRIMARY KEY, pair TEXT, began INTEGER NOT NULL, ended INTEGER) WITHOUT "
    "ROWID;"
    "CREATE INDEX incident_ended ON incident (ended);"
    "CREATE INDEX incident_pair ON incident (pair, ended);"
    "CREATE TABLE cursor (output TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;",
};

/* Times are ns since 1970. An incident is what overlaps in time on one pair. */
static const char *const texts[STATEMENTS] = {
    [SQL_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_COMMIT] = "COMMIT",
    [SQL_ROLLBACK] = "ROLLBACK",
    [SQL_JOURNAL] =
        "INSERT OR REPLACE INTO journal (at, n, first, last, hash, records) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [SQL_DIGEST] = "INSERT INTO digest (at, hash, record) VALUES (?1, ?2, ?3)",
    [SQL_DIGEST_CLEAR] = "DELETE FROM digest",
    [SQL_SNAPSHOT] = "INSERT INTO snapshot (at, seq, hash, bytes) VALUES (?1, ?2, ?3, ?4)",
    [SQL_SNAPSHOT_CLEAR] = "DELETE FROM snapshot WHERE id < (SELECT max(id) FROM snapshot)",
    [SQL_TRANSITION] = "INSERT OR REPLACE INTO transition (seq, alert, time, json) VALUES (?1, ?2, ?3, ?4)",
    /* That goes on, or had not ended when the fault began. */
    [SQL_INCIDENT_OPEN] = "SELECT * FROM (SELECT id FROM incident WHERE pair IS ?1 AND ended IS NULL LIMIT "
                          "1) UNION ALL SELECT *"
                          " FROM (SELECT id FROM incident WHERE pair IS ?1 AND ended >= ?2 ORDER BY ended "
                          "DESC LIMIT 1) LIMIT 1",
    [SQL_INCIDENT_NEW] = "INSERT INTO incident (id, pair, began) VALUES (?1, ?2, ?3)"
                         " ON CONFLICT (id) DO UPDATE SET ended = NULL",
    [SQL_INCIDENT_JOIN] = "UPDATE incident SET ended = NULL, began = min(began, ?2) WHERE id = ?1",
    [SQL_ALERT] =
        "INSERT INTO alert (id, condition, severity, pair, since, raised, ended, first, last, incident)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9)"
        " ON CONFLICT (id) DO UPDATE SET severity = ?3, since = ?5, ended = ?7, last = ?8,"
        " incident = iif(?10, ?9, coalesce(incident, ?9))",
    [SQL_INCIDENT_END] = "UPDATE incident SET ended = ?2 WHERE ended IS NULL AND pair IS ?1 AND NOT EXISTS"
                         " (SELECT 1 FROM alert WHERE incident = incident.id AND ended IS NULL)",
    [SQL_CURSOR] =
        "INSERT INTO cursor (output, seq) VALUES (?1, ?2) ON CONFLICT (output) DO UPDATE SET seq = ?2",
    [SQL_CURSOR_GONE] = "DELETE FROM cursor WHERE output = ?1",
    [SQL_META] = "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2",
    [SQL_AFTER] = "SELECT seq, json FROM transition WHERE seq > ?1 ORDER BY seq LIMIT ?2",
    /* What the next start needs, and what an incident that goes on may tell, stays: ?1 is the oldest time. By
     * indices, what is old first: nothing of what stays is read, and nobody waits for that. */
    [SQL_PRUNE_JOURNAL] =
        "DELETE FROM journal WHERE at IN (SELECT at FROM journal WHERE last < min(?1, (SELECT"
        " coalesce(min(began), ?1) - 600000000000 FROM incident WHERE ended IS NULL)) AND at + n <="
        " (SELECT coalesce(max(at), 0) FROM snapshot) ORDER BY last LIMIT ?2)",
    /* When there is too much: only what the next start needs, what is open, and what an output needs. */
    [SQL_PRUNE_JOURNAL_MORE] =
        "DELETE FROM journal WHERE at IN (SELECT at FROM journal WHERE last < ?1 AND at + n"
        " <= (SELECT coalesce(max(at), 0) FROM snapshot) ORDER BY last LIMIT ?2)",
    [SQL_PRUNE_TRANSITION] =
        "DELETE FROM transition WHERE seq IN (SELECT t.seq FROM alert a CROSS JOIN transition t ON t.alert ="
        " a.id LEFT JOIN incident i ON i.id = a.incident WHERE a.ended < ?1 AND (i.id IS NULL OR i.ended < "
        "?1)"
        " AND t.seq <= (SELECT coalesce(min(seq), 9223372036854775807) FROM cursor) LIMIT ?2)",
    [SQL_PRUNE_TRANSITION_MORE] =
        "DELETE FROM transition WHERE seq IN (SELECT t.seq FROM alert a CROSS JOIN transition t ON t.alert ="
        " a.id WHERE a.ended < ?1 AND t.seq <= (SELECT coalesce(min(seq), 9223372036854775807) FROM cursor)"
        " LIMIT ?2)",
    [SQL_PRUNE_ALERT] = "DELETE FROM alert WHERE ended < ?1 AND NOT EXISTS (SELECT 1 FROM transition WHERE"
                        " transition.alert = alert.id)",
    [SQL_PRUNE_INCIDENT] = "DELETE FROM incident WHERE ended < ?1 AND NOT EXISTS (SELECT 1 FROM alert WHERE"
                           " alert.incident = incident.id)",
    [SQL_VACUUM] = "PRAGMA incremental_vacuum(2048)",
};

void why_of(struct tw_store *s, char why[static TW_STORE_WHY])
{
    int system = s->db != NULL ? sqlite3_system_errno(s->db) : errno;
    int code = s->db != NULL ? sqlite3_errcode(s->db) & 0xff : SQLITE_CANTOPEN;
    bool of_system = (code == SQLITE_IOERR || code == SQLITE_CANTOPEN) && system != 0;
    (void)snprintf(why, TW_STORE_WHY, "%s%s%s", s->db != NULL ? sqlite3_errmsg(s->db) : "can't be opened",
                   of_system ? ": " : "", of_system ? strerror(system) : "");
}

sqlite3_stmt *statement(struct tw_store *s, enum statement which)
{
    sqlite3_stmt **st = &s->statements[which];
    if (*st == NULL &&
        sqlite3_prepare_v3(s->db, texts[which], -1, SQLITE_PREPARE_PERSISTENT, st, NULL) != SQLITE_OK)
        return NULL;
    (void)sqlite3_reset(*st);
    (void)sqlite3_clear_bindings(*st);
    return *st;
}

static bool run(struct tw_store *s, const char *sql)
{
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static bool number(struct tw_store *s, const char *sql, int64_t *out)
{
    sqlite3_stmt *st = NULL;
    bool ok = sqlite3_prepare_v2(s->db, sql, -1, &st, NULL) == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW;
    *out = ok ? sqlite3_column_int64(st, 0) : 0;
    (void)sqlite3_finalize(st);
    return ok;
}

static bool refuse(char why[static TW_STORE_WHY], const char *text)
{
    (void)snprintf(why, TW_STORE_WHY, "%s", text);
    return false;
}

/* All steps to the present version, or none. */
static bool migrate(struct tw_store *s, int64_t from)
{
    char sql[64];
    bool ok = run(s, "BEGIN IMMEDIATE");
    for (int64_t v = from; ok && v < TW_STORE_SCHEMA; v++)
        ok = run(s, migrations[v]);
    (void)snprintf(sql, sizeof sql, "PRAGMA application_id = %d", APPLICATION_ID);
    ok = ok && run(s, sql);
    (void)snprintf(sql, sizeof sql, "PRAGMA user_version = %d", TW_STORE_SCHEMA);
    ok = ok && run(s, sql) && run(s, "COMMIT");
    if (!ok)
        (void)run(s, "ROLLBACK");
    return ok;
}

/* What is damaged is found now, and not in the middle of an incident. A large file would take too long. */
static bool is_whole(struct tw_store *s)
{
    struct stat st;
    sqlite3_stmt *q = NULL;
    if (stat(s->path, &st) == 0 && st.st_size > CHECK_BYTES)
        return true;
    bool ok = sqlite3_prepare_v2(s->db, "PRAGMA quick_check(1)", -1, &q, NULL) == SQLITE_OK &&
              sqlite3_step(q) == SQLITE_ROW && strcmp((const char *)sqlite3_column_text(q, 0), "ok") == 0;
    (void)sqlite3_finalize(q);
    return ok;
}

static bool prepare(struct tw_store *s, char why[static TW_STORE_WHY])
{
    int64_t version, id, tables;
    bool ours = s->options.base != NULL;
    sqlite3_busy_timeout(s->db, ours ? 2000 : 10000);
    if ((ours && (!run(s, "PRAGMA auto_vacuum = INCREMENTAL") || !run(s, "PRAGMA journal_mode = WAL"))) ||
        !run(s, s->options.fast ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL") ||
        !number(s, "PRAGMA user_version", &version) || !number(s, "PRAGMA application_id", &id) ||
        !number(s, "SELECT count(*) FROM sqlite_schema", &tables)) {
        why_of(s, why);
        return false;
    }
    if (tables > 0 && id != APPLICATION_ID)
        return refuse(why, "it is a database of something else");
    if (version > TW_STORE_SCHEMA)
        return refuse(why, "it was written by a newer version of trunkwatch");
    if (version == TW_STORE_SCHEMA)
        return !ours || is_whole(s) || refuse(why, "database disk image is malformed");
    if (!ours)
        return refuse(why, "it was written by an older version of trunkwatch: start the daemon once");
    if (migrate(s, version))
        return true;
    why_of(s, why);
    return false;
}

/* One daemon at a time; the kernel gives the lock back when a process ends, however. */
static bool lock(struct tw_store *s, char why[static TW_STORE_WHY])
{
    struct tw_buf path = {0};
    if (mkdir(s->options.folder, 0750) != 0 && errno != EEXIST) {
        (void)snprintf(why, TW_STORE_WHY, "can't make the folder: %s", strerror(errno));
        return false;
    }
    tw_buf_fmt(&path, "%s/trunkwatch.lock", s->options.folder);
    s->lock = open(path.p, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    tw_buf_finish(&path);
    if (s->lock >= 0 && flock(s->lock, LOCK_EX | LOCK_NB) == 0)
        return true;
    if (s->lock >= 0 && errno == EWOULDBLOCK)
        return refuse(why, "another trunkwatchd uses it");
    (void)snprintf(why, TW_STORE_WHY, "can't lock it: %s", strerror(errno));
    return false;
}

bool schema_open(struct tw_store *s, char why[static TW_STORE_WHY])
{
    if (s->options.base == NULL)
        return look_open(s, why) && prepare(s, why);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    mode_t mask = umask(0027); /* what stands in it is for the daemon and its group */
    bool ok = lock(s, why);
    if (ok && sqlite3_open_v2(s->path, &s->db, flags, NULL) != SQLITE_OK) {
        why_of(s, why);
        ok = false;
    }
    ok = ok && prepare(s, why);
    (void)umask(mask);
    return ok;
}

void schema_close(struct tw_store *s)
{
    for (int i = 0; i < STATEMENTS; i++)
        (void)sqlite3_finalize(s->statements[i]);
    (void)sqlite3_close(s->db);
    if (s->lock >= 0)
        (void)close(s->lock);
    s->db = NULL;
    s->lock = -1;
}
