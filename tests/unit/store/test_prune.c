/* SPDX-License-Identifier: ISC */
/* What may go, and what must stay. The store's thread prunes each minute; here its slices are called for. */
#include "files.h"
#include "store_internal.h"

#define DAYS(n) ((n)*86400.0)

/* Everything that may go, goes; how many slices that took. */
static unsigned prune_all(const struct tw_store_options *o, double now)
{
    unsigned slices = 0;
    bool more = true;
    struct tw_store *s = open_with(o); /* no thread yet */
    for (; more && slices < 1000; slices++)
        assert_true(prune(s, at(now), &more));
    assert_false(more);
    close_store();
    return slices;
}

static int64_t count(const char *table)
{
    char text[64];
    (void)snprintf(text, sizeof text, "SELECT count(*) FROM %s", table);
    return ask_number(text);
}

static const struct tw_store_options month = {.fast = true, .keep = {INT64_C(30) * 86400 * 1000000000}};

/* A record and an alert that lived for a minute, n seconds after the beginning. */
static void life(struct tw_store *s, uint64_t *seq, double from)
{
    char id[TW_ALERT_ID];
    (void)snprintf(id, sizeof id, "%016llx", (unsigned long long)*seq + 1);
    add_record(s, TW_TRANSPORT_SYSLOG, from, "a record");
    wait_safe(); /* a row of its own */
    add(s, ++*seq, TW_RAISED, id, "metro-7", from, from + 10);
    add(s, ++*seq, TW_CLEARED, id, "metro-7", from, from + 60);
}

static void what_is_old_goes(void **state)
{
    uint64_t seq = 0;
    (void)state;
    struct tw_store *s = open_to_write();
    life(s, &seq, 0);
    life(s, &seq, DAYS(20));
    life(s, &seq, DAYS(40));
    add_snapshot(s, "state", seq);
    tw_store_add_cursor(s, "file:a", seq);
    wait_safe();
    close_store();
    (void)prune_all(&month, DAYS(29));
    assert_int_equal(count("journal"), 3);
    assert_int_equal(count("transition"), 6);
    (void)prune_all(&month, DAYS(31));
    assert_int_equal(count("journal"), 2);
    assert_int_equal(count("transition"), 4);
    assert_int_equal(count("alert"), 2);
    assert_int_equal(count("incident"), 2);
    (void)prune_all(&month, DAYS(100));
    assert_int_equal(count("journal"), 0);
    assert_int_equal(count("transition"), 0);
    assert_int_equal(count("alert"), 0);
    assert_int_equal(count("incident"), 0);
    assert_int_equal(count("snapshot"), 1);
    /* Numbers go on. */
    struct tw_store_past past;
    char why[TW_STORE_WHY];
    assert_true(tw_store_past(open_to_write(), &past, why));
    assert_int_equal(past.last_seq, seq);
    tw_buf_finish(&past.snapshot);
}

/* Who writes is held up each minute otherwise, as long as it takes to read all that there is. */
static void what_stays_is_not_read(void **state)
{
    static const enum statement looks[] = {SQL_PRUNE_JOURNAL, SQL_PRUNE_TRANSITION};
    bool more;
    (void)state;
    struct tw_store *s = open_to_write();
    add_snapshot(s, "state", 0);
    wait_safe();
    close_store();
#define ROWS "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 2000) "
    sql(ROWS
        "INSERT INTO journal SELECT x, 1, 1791396000000000000 + x, 1791396000000000000 + x, 0, x'' FROM n");
    sql(ROWS "INSERT INTO transition SELECT x, printf('%016x', x), x, '{}' FROM n");
    sql(ROWS
        "INSERT INTO alert SELECT printf('%016x', x), 'c', 'major', NULL, x, x, 1791396000000000000 + x, x,"
        " x, NULL FROM n");
    sql("UPDATE snapshot SET at = 10000");
    s = open_with(&month);
    assert_true(prune(s, at(DAYS(61)), &more)); /* of the 60th day */
    for (size_t i = 0; i < sizeof looks / sizeof *looks; i++)
        assert_true(sqlite3_stmt_status(s->statements[looks[i]], SQLITE_STMTSTATUS_VM_STEP, 0) < 1000);
    close_store();
    assert_int_equal(count("journal"), 2000);
    assert_int_equal(count("transition"), 2000);
    (void)prune_all(&month, DAYS(91));
    assert_int_equal(count("journal"), 0);
    assert_int_equal(count("transition"), 0);
}

static void what_the_next_start_needs_stays(void **state)
{
    (void)state;
    struct tw_store *s = open_to_write();
    add_record(s, TW_TRANSPORT_SYSLOG, 0, "before");
    wait_safe();
    add_snapshot(s, "state", 0);
    wait_safe();
    add_record(s, TW_TRANSPORT_SYSLOG, 1, "after");
    wait_safe();
    close_store();
    (void)prune_all(&month, DAYS(1000));
    assert_int_equal(count("journal"), 1);
    assert_int_equal(ask_number("SELECT at FROM journal"), 1);
    /* Without a snapshot all of it is needed. */
    sql("DELETE FROM snapshot");
    (void)prune_all(&month, DAYS(2000));
    assert_int_equal(count("journal"), 1);
}

static void what_is_open_stays_with_its_incident(void **state)
{
    (void)state;
    struct tw_store *s = open_to_write();
    add_record(s, TW_TRANSPORT_SYSLOG, -DAYS(1), "long before it");
    wait_safe();
    add_record(s, TW_TRANSPORT_SYSLOG, 0, "of it");
    wait_safe();
    add(s, 1, TW_RAISED, "0000000000000001", "metro-7", 0, 10);
    add(s, 2, TW_RAISED, "0000000000000002", "metro-7", 5, 15);
    add(s, 3, TW_CLEARED, "0000000000000002", "metro-7", 5, 20);
    add(s, 4, TW_UPDATED, "0000000000000001", "metro-7", 0, 30);
    add(s, 5, TW_RAISED, "0000000000000003", "metro-8", 5, 15);
    add(s, 6, TW_CLEARED, "0000000000000003", "metro-8", 5, 20);
    add_snapshot(s, "state", 6);
    wait_safe();
    close_store();
    (void)prune_all(&month, DAYS(1000));
    assert_int_equal(count("journal"), 1); /* the one before is of nothing */
    assert_int_equal(count("transition"), 4);
    assert_int_equal(count("alert"), 2);
    assert_int_equal(count("incident"), 1);
    /* Once it has ended, too, all of it goes at its time. */
    s = open_to_write();
    add(s, 7, TW_CLEARED, "0000000000000001", "metro-7", 0, DAYS(1000));
    add_snapshot(s, "state", 7);
    wait_safe();
    close_store();
    (void)prune_all(&month, DAYS(1029));
    assert_int_equal(count("transition"), 5);
    (void)prune_all(&month, DAYS(1031));
    assert_int_equal(count("transition"), 0);
    assert_int_equal(count("incident"), 0);
    assert_int_equal(count("journal"), 0);
}

static void what_an_output_needs_stays(void **state)
{
    uint64_t seq = 0;
    (void)state;
    struct tw_store *s = open_to_write();
    life(s, &seq, 0);
    life(s, &seq, 1000);
    tw_store_add_cursor(s, "file:quick", 4);
    tw_store_add_cursor(s, "webhook:slow", 2);
    wait_safe();
    close_store();
    (void)prune_all(&month, DAYS(1000));
    assert_int_equal(ask_number("SELECT min(seq) FROM transition"), 3);
    assert_int_equal(count("alert"), 1);
    s = open_to_write();
    tw_store_drop_cursor(s, "webhook:slow"); /* there is no such output any more */
    wait_safe();
    close_store();
    (void)prune_all(&month, DAYS(1000));
    assert_int_equal(count("transition"), 0);
}

static void many_go_in_slices(void **state)
{
    static const uint64_t many = 1000;
    (void)state;
    struct tw_store *s = open_to_write();
    for (uint64_t i = 1; i < 2 * many; i += 2) {
        char id[TW_ALERT_ID];
        (void)snprintf(id, sizeof id, "%016llx", (unsigned long long)i);
        add(s, i, TW_RAISED, id, "metro-7", (double)i * 100, (double)i * 100 + 10);
        add(s, i + 1, TW_CLEARED, id, "metro-7", (double)i * 100, (double)i * 100 + 60);
    }
    wait_safe();
    close_store();
    unsigned slices = prune_all(&month, DAYS(1000));
    assert_in_range(slices, 2 * many / 256, 2 * many / 256 + 3);
    assert_int_equal(count("alert"), 0);
}

/* 400 kB of records and little else, of which 200 kB may stay: the older half of the time goes, and so on. */
static void too_much_is_cut_down(void **state)
{
    static const struct tw_store_options small = {.fast = true, .keep_bytes = 200000};
    char piece[4001];
    (void)state;
    memset(piece, 'x', sizeof piece - 1);
    piece[sizeof piece - 1] = '\0';
    struct tw_store *s = open_with(&small);
    /* Open for all that time: it does not hold the records. */
    add(s, 1, TW_RAISED, "0000000000000001", "metro-7", 0, 10);
    for (int i = 0; i < 100; i++) {
        add_record(s, TW_TRANSPORT_SYSLOG, 100.0 * i, piece);
        wait_safe();
    }
    add_snapshot(s, "state", 1);
    wait_safe();
    add_record(s, TW_TRANSPORT_SYSLOG, 10000, "since the snapshot");
    wait_safe();
    close_store();
    (void)prune_all(&small, 10100);
    int64_t used = ask_number("SELECT (SELECT page_count FROM pragma_page_count) * 4096");
    assert_in_range(used, 50000, 250000);
    assert_in_range(count("journal"), 10, 60);
    assert_int_equal(ask_number("SELECT max(at) FROM journal"), 100);
    assert_int_equal(count("transition"), 1);
}

/* The same where transitions take the room, of an incident that goes on: what is open stays. */
static void too_much_of_one_incident(void **state)
{
    static const struct tw_store_options small = {.fast = true, .keep_bytes = 300000};
    struct tw_transition t = {.pair = "metro-7", .device = "pe-a", .condition = "no-switchover"};
    char text[3001];
    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    struct tw_store *s = open_with(&small);
    add(s, 1, TW_RAISED, "0000000000000001", "metro-7", 0, 10);
    for (unsigned i = 2; i < 402; i++) {
        (void)snprintf(t.alert_id, sizeof t.alert_id, "%016x", i / 2 + 1);
        t.seq = i;
        t.kind = i % 2 == 0 ? TW_RAISED : TW_CLEARED;
        t.since = at(100.0 * (i / 2));
        t.time = at(100.0 * (i / 2) + (i % 2 == 0 ? 10 : 60));
        tw_store_add_transition(s, &t, tw_str_z(text));
    }
    wait_safe();
    close_store();
    assert_int_equal(count("incident"), 1);
    (void)prune_all(&small, 25000);
    assert_in_range(count("transition"), 20, 100);
    assert_int_equal(ask_number("SELECT min(seq) FROM transition"), 1);
    assert_int_equal(ask_number("SELECT max(seq) FROM transition"), 401);
    assert_int_equal(count("incident"), 1);
    assert_int_equal(count("alert"), 1 + (count("transition") - 1) / 2);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, files_set_up, files_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_is_old_goes),
        TEST(what_stays_is_not_read),
        TEST(what_the_next_start_needs_stays),
        TEST(what_is_open_stays_with_its_incident),
        TEST(what_an_output_needs_stays),
        TEST(many_go_in_slices),
        TEST(too_much_is_cut_down),
        TEST(too_much_of_one_incident),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
