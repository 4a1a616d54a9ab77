/* SPDX-License-Identifier: ISC */
#include "files.h"

#include <sqlite3.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct heard heard;
char folder[64], file[96];

int files_set_up(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/trunkwatch-store-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(file, sizeof file, "%s/trunkwatch.db", folder);
    heard = (struct heard){.base = event_base_new()};
    return 0;
}

int files_tear_down(void **state)
{
    static const char *const names[] = {"trunkwatch.db", "trunkwatch.db-wal", "trunkwatch.db-shm",
                                        "trunkwatch.lock"};
    char path[128];
    (void)state;
    close_store();
    event_base_free(heard.base);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    return rmdir(folder); /* nothing else is in it */
}

static void on_committed(void *ctx, uint64_t batch)
{
    struct heard *h = ctx;
    assert_true(batch > h->committed);
    h->committed = batch;
}

static void on_health(void *ctx, bool ok, const char *why)
{
    struct heard *h = ctx;
    h->failed += !ok;
    h->recovered += ok;
    (void)snprintf(h->why, sizeof h->why, "%s", ok ? "" : why);
}

struct tw_store *open_with(const struct tw_store_options *more)
{
    struct tw_store_options o = *more;
    char why[TW_STORE_WHY] = "";
    o.folder = folder;
    o.base = heard.base;
    o.ctx = &heard;
    o.committed = on_committed;
    o.health = on_health;
    heard.committed = 0;
    heard.store = tw_store_open(&o, why);
    if (heard.store == NULL)
        fail_msg("%s", why);
    struct tw_store_past past;
    assert_true(tw_store_past(heard.store, &past, why));
    tw_buf_finish(&past.snapshot);
    return heard.store;
}

struct tw_store *open_to_write(void)
{
    return open_with(&(struct tw_store_options){.fast = true});
}

struct tw_store *open_to_look(void)
{
    char why[TW_STORE_WHY] = "";
    struct tw_store *s = tw_store_open(&(struct tw_store_options){.folder = folder}, why);
    if (s == NULL)
        fail_msg("%s", why);
    return s;
}

void close_store(void)
{
    tw_store_close(heard.store);
    heard.store = NULL;
}

void wait_until(const volatile uint64_t *what, uint64_t n)
{
    time_t end = time(NULL) + 30;
    while (*what < n && time(NULL) < end) {
        if (heard.store != NULL)
            tw_store_go(heard.store, true);
        (void)event_base_loop(heard.base, EVLOOP_NONBLOCK);
        (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    assert_true(*what >= n);
}

void wait_safe(void)
{
    wait_until(&heard.committed, tw_store_batch(heard.store));
}

static sqlite3 *own_connection(void)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    (void)sqlite3_busy_timeout(db, 5000);
    return db;
}

void sql(const char *text)
{
    sqlite3 *db = own_connection();
    if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", text, sqlite3_errmsg(db));
    (void)sqlite3_close(db);
}

int64_t ask_number(const char *text)
{
    sqlite3 *db = own_connection();
    sqlite3_stmt *st = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, text, -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(st, 0);
    (void)sqlite3_finalize(st);
    (void)sqlite3_close(db);
    return n;
}

void add_record(struct tw_store *s, enum tw_transport transport, double rx, const char *bytes)
{
    const struct tw_record r = {
        .rx = at(rx), .at = TW_TIME_MIN, .transport = transport, .bytes = tw_str_z(bytes)};
    tw_store_add_record(s, &r);
}

static void add_any(struct tw_store *s, const struct tw_transition *like, const char *id)
{
    struct tw_transition t = *like;
    char json[128];
    t.condition = "no-switchover";
    t.severity = TW_SEVERITY_CRITICAL;
    (void)snprintf(t.alert_id, sizeof t.alert_id, "%s", id);
    (void)snprintf(json, sizeof json, "{\"seq\":%llu,\"of\":\"%s\"}\n", (unsigned long long)t.seq, id);
    tw_store_add_transition(s, &t, tw_str_z(json));
}

void add(struct tw_store *s, uint64_t seq, enum tw_transition_kind kind, const char *id, const char *pair,
         double since, double time)
{
    add_any(
        s,
        &(struct tw_transition){
            .seq = seq, .kind = kind, .pair = pair, .device = "pe-a", .since = at(since), .time = at(time)},
        id);
}

void add_standing(struct tw_store *s, uint64_t seq, const char *id, const char *pair, double since)
{
    add_any(s,
            &(struct tw_transition){
                .seq = seq, .kind = TW_RAISED, .pair = pair, .since = at(since), .time = at(since)},
            id);
}

void add_snapshot(struct tw_store *s, const char *bytes, uint64_t seq)
{
    struct tw_buf b = {0};
    tw_buf_z(&b, bytes);
    tw_store_add_snapshot(s, &b, seq);
}
