/* SPDX-License-Identifier: ISC */
#include "files.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static struct tw_buf taken;

static void take_record(void *ctx, const struct tw_record *r)
{
    (void)ctx;
    tw_buf_fmt(&taken, "%s%.*s ", r->transport == TW_TRANSPORT_DIGEST ? "digest " : "", TW_STR_ARG(r->bytes));
}

static void take_json(void *ctx, uint64_t seq, struct tw_str json)
{
    (void)ctx;
    tw_buf_fmt(&taken, "%llu:%.*s", (unsigned long long)seq, TW_STR_ARG(json));
}

/* What a start would find; what was taken is in `taken`. */
static struct tw_store_past look_back(bool with_snapshot)
{
    char why[TW_STORE_WHY] = "";
    struct tw_store_past past;
    struct tw_store *s = open_to_write();
    assert_true(tw_store_past(s, &past, why));
    if (!with_snapshot)
        tw_store_forget_snapshot(s);
    tw_buf_clear(&taken);
    assert_true(tw_store_records(s, take_record, NULL, why));
    return past;
}

static void it_is_made_and_found_again(void **state)
{
    struct stat st;
    (void)state;
    struct tw_store *s = open_to_write();
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    add_record(s, TW_TRANSPORT_SYSLOG, 1, "one");
    add_record(s, TW_TRANSPORT_TRAP, 2, "two");
    tw_store_now(s, at(2));
    assert_true(tw_store_wait(s, TW_SECONDS(30)));
    close_store();
    struct tw_store_past past = look_back(true);
    assert_true(past.any);
    assert_false(past.clean);
    assert_int_equal(past.records, 2);
    assert_int_equal(past.now.ns, at(2).ns);
    assert_string_equal(taken.p, "one two ");
    tw_store_add_clean(heard.store);
    assert_true(tw_store_wait(heard.store, TW_SECONDS(30)));
    close_store();
    assert_true(look_back(true).clean);
    assert_int_equal(ask_number("PRAGMA user_version"), TW_STORE_SCHEMA);
}

static void nothing_was_there(void **state)
{
    struct tw_store_past past;
    char why[TW_STORE_WHY];
    (void)state;
    assert_true(tw_store_past(open_to_write(), &past, why));
    assert_false(past.any);
    assert_int_equal(past.last_seq, 0);
    assert_true(tw_store_wait(heard.store, TW_SECONDS(1))); /* nothing to do */
}

static void one_daemon_at_a_time(void **state)
{
    char why[TW_STORE_WHY] = "";
    (void)state;
    (void)open_to_write();
    struct tw_store_options o = {.folder = folder, .base = heard.base};
    assert_null(tw_store_open(&o, why));
    assert_non_null(strstr(why, "another trunkwatchd"));
    close_store();
    (void)open_to_write(); /* the lock is free again */
}

static void files_that_are_not_ours(void **state)
{
    static const struct {
        const char *make, *why;
    } rows[] = {
        {"PRAGMA user_version = 2", "newer version"},
        {"PRAGMA application_id = 7", "something else"},
        {"PRAGMA user_version = 0; PRAGMA application_id = 7", "something else"},
    };
    char why[TW_STORE_WHY] = "";
    struct tw_store_options o = {.folder = folder, .base = heard.base};
    (void)state;
    (void)open_to_write();
    close_store();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t id = ask_number("PRAGMA application_id");
        char back[96];
        sql(rows[i].make);
        assert_null(tw_store_open(&o, why));
        assert_non_null(strstr(why, rows[i].why));
        struct tw_store_options look = {.folder = folder};
        assert_null(tw_store_open(&look, why));
        assert_non_null(strstr(why, rows[i].why));
        (void)snprintf(back, sizeof back, "PRAGMA application_id = %lld; PRAGMA user_version = %d",
                       (long long)id, TW_STORE_SCHEMA);
        sql(back);
    }
    (void)open_to_write();
    close_store();
    /* Of an older version: the daemon brings it up to date, who looks can't. */
    sql("PRAGMA user_version = 0");
    struct tw_store_options look = {.folder = folder};
    assert_null(tw_store_open(&look, why));
    assert_non_null(strstr(why, "older version"));
}

static void a_file_that_is_damaged(void **state)
{
    char why[TW_STORE_WHY] = "";
    (void)state;
    struct tw_store_options o = {.folder = folder, .base = heard.base};
    struct tw_store *s = open_to_write();
    for (int i = 0; i < 200; i++)
        add(s, (uint64_t)i + 1, TW_RAISED, "0000000000000001", "metro-7", 0, i);
    assert_true(tw_store_wait(s, TW_SECONDS(30)));
    close_store();
    FILE *f = fopen(file, "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, 8192, SEEK_SET), 0);
    for (int i = 0; i < 16384; i++)
        (void)fputc(0xa5, f);
    assert_int_equal(fclose(f), 0);
    assert_null(tw_store_open(&o, why));
    assert_non_null(strstr(why, "malformed"));
}

static void digests_stand_where_they_stood(void **state)
{
    (void)state;
    struct tw_store *s = open_to_write();
    add_record(s, TW_TRANSPORT_DIGEST, 0, "a");
    add_record(s, TW_TRANSPORT_SYSLOG, 1, "one");
    add_record(s, TW_TRANSPORT_DIGEST, 1, "b");
    add_record(s, TW_TRANSPORT_SYSLOG, 2, "two");
    wait_safe();
    add_record(s, TW_TRANSPORT_DIGEST, 2, "c");
    wait_safe();
    close_store();
    (void)look_back(true);
    assert_string_equal(taken.p, "digest a one digest b two digest c ");
}

static void a_snapshot_stands_for_what_was_before(void **state)
{
    char why[TW_STORE_WHY] = "";
    (void)state;
    struct tw_store *s = open_to_write();
    add_record(s, TW_TRANSPORT_SYSLOG, 1, "one");
    add_record(s, TW_TRANSPORT_DIGEST, 1, "a");
    add_snapshot(s, "state", 7);
    add_record(s, TW_TRANSPORT_SYSLOG, 2, "two");
    assert_int_equal(tw_store_stats(s).since_snapshot, 1);
    wait_safe();
    close_store();
    struct tw_store_past past = look_back(true);
    assert_int_equal(past.records, 1);
    assert_int_equal(past.snapshot_seq, 7);
    assert_int_equal(past.last_seq, 7); /* no number is given twice */
    assert_memory_equal(past.snapshot.p, "state", 5);
    assert_string_equal(taken.p, "two ");
    tw_buf_finish(&past.snapshot);
    close_store();
    /* Of another version: all records that are there. */
    past = look_back(false);
    assert_string_equal(taken.p, "one two ");
    tw_buf_finish(&past.snapshot);
    close_store();
    /* A damaged one is passed over. */
    sql("UPDATE snapshot SET hash = hash + 1");
    past = look_back(true);
    assert_int_equal(past.snapshot.n, 0);
    assert_string_equal(taken.p, "one two ");
    /* So is a damaged chunk of records, and that is told. */
    close_store();
    sql("UPDATE journal SET hash = hash + 1");
    s = open_to_write();
    tw_buf_clear(&taken);
    assert_false(tw_store_records(s, take_record, NULL, why));
    assert_non_null(strstr(why, "damaged"));
    assert_int_equal(taken.n, 0);
}

static void transitions_and_cursors(void **state)
{
    uint64_t seq = 0;
    (void)state;
    struct tw_store *s = open_to_write();
    add(s, 1, TW_RAISED, "0000000000000001", "metro-7", 0, 10);
    add(s, 2, TW_RAISED, "0000000000000002", "metro-7", 1, 11);
    add(s, 3, TW_CLEARED, "0000000000000001", "metro-7", 0, 20);
    tw_store_add_cursor(s, "file:a", 2);
    tw_store_add_cursor(s, "file:b", 1);
    tw_store_add_cursor(s, "file:a", 3); /* the last counts */
    wait_safe();
    tw_store_drop_cursor(s, "file:b");
    wait_safe();
    close_store();
    s = open_to_write();
    assert_true(tw_store_cursor(s, "file:a", &seq));
    assert_int_equal(seq, 3);
    assert_false(tw_store_cursor(s, "file:b", &seq));
    tw_buf_clear(&taken);
    assert_true(tw_store_transitions(s, 1, 10, take_json, NULL));
    assert_string_equal(taken.p, "2:{\"seq\":2,\"of\":\"0000000000000002\"}\n"
                                 "3:{\"seq\":3,\"of\":\"0000000000000001\"}\n");
    tw_buf_clear(&taken);
    assert_true(tw_store_transitions(s, 0, 1, take_json, NULL));
    assert_string_equal(taken.p, "1:{\"seq\":1,\"of\":\"0000000000000001\"}\n");
    tw_buf_clear(&taken);
    assert_true(tw_store_alerts(s, true, 10, take_json, NULL));
    assert_string_equal(taken.p, "2:{\"seq\":2,\"of\":\"0000000000000002\"}\n");
    tw_buf_clear(&taken);
    assert_true(tw_store_alerts(s, false, 10, take_json, NULL));
    assert_string_equal(taken.p, "3:{\"seq\":3,\"of\":\"0000000000000001\"}\n");
}

static void batches_are_told_in_order(void **state)
{
    (void)state;
    struct tw_store *s = open_to_write();
    uint64_t first = tw_store_batch(s);
    tw_store_go(s, true); /* nothing to hand over */
    assert_int_equal(tw_store_batch(s), first);
    add_record(s, TW_TRANSPORT_SYSLOG, 1, "one");
    assert_int_equal(tw_store_batch(s), first);
    tw_store_go(s, true);
    assert_int_equal(tw_store_batch(s), first + 1);
    add_record(s, TW_TRANSPORT_SYSLOG, 2, "two"); /* into the next one */
    wait_until(&heard.committed, first);
    wait_until(&heard.committed, first + 1);
    assert_int_equal(tw_store_stats(s).commits, 2);
    assert_int_equal(tw_store_stats(s).records, 2);
    assert_int_equal(tw_store_stats(s).pending_bytes, 0);
}

static void much_does_not_wait_for_a_moment(void **state)
{
    enum { MUCH = 1 << 20 };
    char *much = tw_xmalloc(MUCH + 1);
    (void)state;
    memset(much, 'x', MUCH);
    much[MUCH] = '\0';
    struct tw_store *s = open_to_write();
    uint64_t first = tw_store_batch(s);
    add_record(s, TW_TRANSPORT_SYSLOG, 1, much);
    tw_store_go(s, false);
    assert_int_equal(tw_store_batch(s), first + 1);
    add_record(s, TW_TRANSPORT_SYSLOG, 2,
               much); /* goes when the first is written: nobody else may ask for it */
    free(much);
    wait_until(&heard.committed, first);
    wait_until(&heard.committed, first + 1);
}

static uint64_t fetched, fetched_n;
static void on_fetched(void *ctx, void *key, bool ok, const struct tw_str *json, size_t n)
{
    assert_ptr_equal(ctx, &heard);
    assert_ptr_equal(key, &fetched);
    assert_true(ok);
    tw_buf_clear(&taken);
    for (size_t i = 0; i < n; i++)
        tw_buf_str(&taken, json[i]);
    fetched_n = n;
    fetched++;
}

static void read_on_its_own_thread(void **state)
{
    static int other;
    (void)state;
    struct tw_store *s = open_to_write();
    for (uint64_t i = 1; i <= 5; i++)
        add(s, i, TW_RAISED, "0000000000000001", "metro-7", 0, (double)i);
    wait_safe();
    fetched = 0;
    tw_store_fetch(s, 3, 10, on_fetched, &heard, &other);
    tw_store_fetch_cancel(s, &other); /* it would fail for its key */
    tw_store_fetch(s, 3, 10, on_fetched, &heard, &fetched);
    wait_until(&fetched, 1);
    assert_int_equal(fetched_n, 2);
    assert_string_equal(taken.p,
                        "{\"seq\":4,\"of\":\"0000000000000001\"}\n{\"seq\":5,\"of\":\"0000000000000001\"}\n");
    tw_store_fetch(s, 0, 2, on_fetched, &heard, &fetched);
    wait_until(&fetched, 2);
    assert_int_equal(fetched_n, 2);
    tw_store_fetch(s, 5, 2, on_fetched, &heard, &fetched);
    wait_until(&fetched, 3);
    assert_int_equal(fetched_n, 0);
    /* The end with one under way. */
    tw_store_fetch(s, 0, 2, on_fetched, &heard, &fetched);
}

/* No file of this process grows beyond this. */
static void limit_files(rlim_t most)
{
    struct rlimit r;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &r), 0);
    r.rlim_cur = most;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &r), 0);
}

static void what_can_not_be_written_is_written_later(void **state)
{
    (void)state;
    struct tw_store *s = open_to_write();
    add_record(s, TW_TRANSPORT_SYSLOG, 1, "one");
    wait_safe();
    uint64_t safe = heard.committed;
    (void)signal(SIGXFSZ, SIG_IGN);
    limit_files(1024);
    add_record(s, TW_TRANSPORT_SYSLOG, 2, "two");
    add(s, 1, TW_RAISED, "0000000000000001", "metro-7", 0, 10);
    for (int i = 0; heard.failed == 0 && i < 30000; i++) {
        tw_store_go(s, true);
        (void)event_base_loop(heard.base, EVLOOP_NONBLOCK);
        (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    limit_files(RLIM_INFINITY);
    assert_int_equal(heard.failed, 1);
    assert_true(heard.why[0] != '\0');
    assert_int_equal(heard.committed, safe);
    add_record(s, TW_TRANSPORT_SYSLOG, 3, "three");
    wait_safe();
    assert_int_equal(heard.failed, 1);
    assert_int_equal(heard.recovered, 1);
    assert_true(tw_store_stats(s).errors >= 1);
    assert_false(tw_store_stats(s).failing);
    close_store();
    (void)look_back(true);
    assert_string_equal(taken.p, "one two three ");
    assert_int_equal(ask_number("SELECT count(*) FROM transition"), 1);
}

static void what_waits_is_bounded(void **state)
{
    enum { PIECE = 1 << 20 };
    char *long_one = tw_xmalloc(PIECE + 1);
    (void)state;
    memset(long_one, 'x', PIECE);
    long_one[PIECE] = '\0';
    struct tw_store *s = open_to_write();
    add(s, 1, TW_RAISED, "0000000000000001", "metro-7", 0, 10);
    for (int i = 0; i < TW_STORE_PENDING_MAX / PIECE + 4; i++)
        add_record(s, TW_TRANSPORT_SYSLOG, i, long_one);
    free(long_one);
    struct tw_store_stats stats = tw_store_stats(s);
    assert_true(stats.given_up_records > 0);
    assert_true(stats.needs_snapshot);
    assert_int_equal(stats.given_up_transitions, 0);
    assert_true(stats.pending_bytes <= TW_STORE_PENDING_MAX);
    add_snapshot(s, "makes good", 1);
    assert_false(tw_store_stats(s).needs_snapshot);
    add_record(s, TW_TRANSPORT_SYSLOG, 100, "after it");
    assert_true(tw_store_wait(s, TW_SECONDS(30)));
    close_store();
    struct tw_store_past past = look_back(true);
    assert_string_equal(taken.p, "after it ");
    assert_int_equal(past.records, 1);
    tw_buf_finish(&past.snapshot);
    assert_int_equal(ask_number("SELECT count(*) FROM transition"), 1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, files_set_up, files_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(it_is_made_and_found_again),
        TEST(nothing_was_there),
        TEST(one_daemon_at_a_time),
        TEST(files_that_are_not_ours),
        TEST(a_file_that_is_damaged),
        TEST(digests_stand_where_they_stood),
        TEST(a_snapshot_stands_for_what_was_before),
        TEST(transitions_and_cursors),
        TEST(batches_are_told_in_order),
        TEST(much_does_not_wait_for_a_moment),
        TEST(read_on_its_own_thread),
        TEST(what_can_not_be_written_is_written_later),
        TEST(what_waits_is_bounded),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    tw_buf_finish(&taken);
    return failed;
}
