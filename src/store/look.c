/* SPDX-License-Identifier: ISC */
/* For those who look at a state folder while the daemon writes there, or after it ended, however. */
#include "store_internal.h"

#include "store/look.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { OPS = 1000 }; /* of SQLite, between two looks at the clock */

static int64_t now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool beside(const struct tw_store *s, const char *suffix, off_t *size)
{
    struct tw_buf path = {0};
    struct stat st;
    tw_buf_fmt(&path, "%s%s", s->path, suffix);
    bool there = stat(path.p, &st) == 0;
    *size = there ? st.st_size : 0;
    tw_buf_finish(&path);
    return there;
}

/* As SQLite wants file names in a URI. */
static void uri(const struct tw_store *s, struct tw_buf *out)
{
    tw_buf_z(out, "file:");
    for (const char *p = s->path; *p != '\0'; p++) {
        if (strchr("%?#", *p) != NULL)
            tw_buf_fmt(out, "%%%02x", (unsigned)*p);
        else
            tw_buf_char(out, *p);
    }
    tw_buf_z(out, s->look.immutable ? "?mode=ro&immutable=1" : "?mode=ro");
}

static bool refused(char why[static TW_STORE_WHY], const char *text, const char *more)
{
    (void)snprintf(why, TW_STORE_WHY, "%s%s", text, more);
    return false;
}

/* SQLite makes a log and an index beside a file that it opens, also to read. Made by somebody else they would
 * keep the daemon out: so where there is no log nobody writes, and the file is read as it is. */
static bool choose(struct tw_store *s, char why[static TW_STORE_WHY])
{
    struct stat st;
    off_t log, unused;
    if (stat(s->path, &st) != 0)
        return errno == ENOENT ? refused(why, "there is no store in it: no trunkwatch.db", "")
                               : refused(why, "can't look at trunkwatch.db: ", strerror(errno));
    bool has_log = beside(s, "-wal", &log), has_index = beside(s, "-shm", &unused);
    s->look.immutable = !has_log || (log == 0 && !has_index);
    if (!s->look.immutable && !has_index && geteuid() != st.st_uid && geteuid() != 0)
        return refused(
            why,
            "there is trunkwatch.db-wal and no trunkwatch.db-shm: copy the folder, and look at the "
            "copy as its owner",
            "");
    return true;
}

bool look_open(struct tw_store *s, char why[static TW_STORE_WHY])
{
    struct tw_buf name = {0};
    if (!choose(s, why))
        return false;
    uri(s, &name);
    bool ok = sqlite3_open_v2(name.p, &s->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI,
                              NULL) == SQLITE_OK;
    if (!ok)
        why_of(s, why);
    tw_buf_finish(&name);
    return ok;
}

static int is_over(void *store)
{
    const struct tw_store *s = store;
    return (s->look.stop != NULL && atomic_load_explicit(s->look.stop, memory_order_relaxed)) ||
           (s->look.until_ms != 0 && now_ms() >= s->look.until_ms);
}

void tw_store_bound(struct tw_store *s, tw_dur patience, const atomic_bool *stop)
{
    s->look.until_ms = now_ms() + patience.ns / 1000000;
    s->look.stop = stop;
    sqlite3_progress_handler(s->db, OPS, is_over, s);
}

bool tw_store_is_over(const struct tw_store *s)
{
    return is_over((void *)(uintptr_t)s) != 0;
}

bool tw_store_was_disturbed(const struct tw_store *s)
{
    off_t log;
    return s->look.immutable && beside(s, "-wal", &log);
}

void tw_store_why(struct tw_store *s, char why[static TW_STORE_WHY])
{
    why_of(s, why);
}
