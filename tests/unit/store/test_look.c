/* SPDX-License-Identifier: ISC */
#include "files.h"
#include "store/reader.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct tw_buf taken;

static bool take_incident(void *ctx, const struct tw_store_incident *i)
{
    (void)ctx;
    tw_buf_fmt(&taken, "%s%s%s ", i->id + 12, i->pair != NULL ? i->pair : "-",
               i->ended.ns == INT64_MAX ? "+" : "");
    return true;
}

static bool take_row(void *ctx, uint64_t seq, struct tw_str json)
{
    (void)ctx;
    (void)json;
    tw_buf_fmt(&taken, "%llu ", (unsigned long long)seq);
    return true;
}

static const char *list(struct tw_store *s, struct tw_store_which w)
{
    if (w.most == 0)
        w.most = 100;
    tw_buf_clear(&taken);
    tw_buf_z(&taken, "");
    assert_true(tw_store_incidents(s, &w, take_incident, NULL));
    return taken.n > 0 ? taken.p : "";
}

static const char *found(struct tw_store *s, const char *id)
{
    tw_buf_clear(&taken);
    switch (tw_store_incident(s, id, take_incident, NULL)) {
    case TW_STORE_FOUND: return taken.p;
    case TW_STORE_NONE: return "none";
    case TW_STORE_SEVERAL: return "several";
    case TW_STORE_TROUBLE: break;
    }
    return "trouble";
}

static const char *transitions(struct tw_store *s, const char *id, size_t most)
{
    tw_buf_clear(&taken);
    assert_true(tw_store_incident_transitions(s, id, most, take_row, NULL));
    return taken.n > 0 ? taken.p : "";
}

static void what_overlaps_is_one(void **state)
{
    (void)state;
    struct tw_store *s = open_to_write();
    add(s, 1, TW_RAISED, "aaaa000000000001", "a", 0, 10);
    add(s, 2, TW_RAISED, "aaaa000000000002", "a", 20, 30);
    add(s, 3, TW_CLEARED, "aaaa000000000001", "a", 0, 40);
    add(s, 4, TW_RAISED, "bbbb000000000003", "b", 5, 35); /* another pair */
    add(s, 5, TW_CLEARED, "aaaa000000000002", "a", 20, 60);
    /* Raised after its end, of a fault that began before: the same one. It goes on, and began earlier. */
    add(s, 6, TW_RAISED, "aaaa000000000004", "a", -5, 70);
    wait_safe();
    s = open_to_look();
    assert_string_equal(list(s, (struct tw_store_which){0}), "0003b+ 0001a+ ");
    assert_string_equal(transitions(s, "aaaa000000000001", 100), "1 2 3 5 6 ");
    tw_store_close(s);
    s = heard.store;
    add(s, 7, TW_CLEARED, "aaaa000000000004", "a", -5, 80);
    add(s, 8, TW_RAISED, "aaaa000000000005", "a", 81, 90); /* nothing overlaps: a new one */
    add_standing(s, 9, "cccc000000000006", "a", 0);        /* of no moment, so of none */
    wait_safe();
    s = open_to_look();
    assert_string_equal(list(s, (struct tw_store_which){0}), "0005a+ 0003b+ 0001a ");
    assert_string_equal(list(s, (struct tw_store_which){.state = TW_STORE_OPEN}), "0005a+ 0003b+ ");
    assert_string_equal(list(s, (struct tw_store_which){.state = TW_STORE_ENDED}), "0001a ");
    assert_string_equal(list(s, (struct tw_store_which){.pair = "a"}), "0005a+ 0001a ");
    assert_string_equal(list(s, (struct tw_store_which){.pair = "nobody"}), "");
    tw_store_close(s);
    assert_int_equal(ask_number("SELECT began FROM incident WHERE id = 'aaaa000000000001'"), at(-5).ns);
    assert_int_equal(ask_number("SELECT incident IS NULL FROM alert WHERE id = 'cccc000000000006'"), 1);
}

static void one_that_comes_back_is_open_again(void **state)
{
    (void)state;
    struct tw_store *s = open_to_write();
    add(s, 1, TW_RAISED, "aaaa000000000001", "a", 0, 10);
    add(s, 2, TW_CLEARED, "aaaa000000000001", "a", 0, 10);
    add(s, 3, TW_RAISED, "aaaa000000000001", "a", 0, 20);
    wait_safe();
    assert_int_equal(ask_number("SELECT count(*) FROM incident WHERE ended IS NULL"), 1);
    add(s, 4, TW_CLEARED, "aaaa000000000001", "a", 0, 30);
    wait_safe();
    assert_int_equal(ask_number("SELECT ended FROM incident"), at(30).ns);
}

static void pages_and_ids(void **state)
{
    (void)state;
    struct tw_store *s = open_to_write();
    for (uint64_t i = 1; i <= 5; i++) {
        char id[TW_ALERT_ID];
        (void)snprintf(id, sizeof id, "abcd%012llx", (unsigned long long)i);
        add(s, 2 * i, TW_RAISED, id, "a", (double)i * 100, (double)i * 100);
        if (i != 2)
            add(s, 2 * i + 1, TW_CLEARED, id, "a", (double)i * 100, (double)i * 100 + 10);
        wait_safe();
    }
    /* The second is open, so those after it belong to it. */
    s = open_to_look();
    assert_string_equal(list(s, (struct tw_store_which){0}), "0002a+ 0001a ");
    assert_string_equal(list(s, (struct tw_store_which){.most = 1}), "0002a+ ");
    assert_string_equal(list(s, (struct tw_store_which){.before = "abcd000000000002"}), "0001a ");
    assert_string_equal(list(s, (struct tw_store_which){.before = "abcd000000000001"}), "");
    assert_string_equal(found(s, "abcd000000000001"), "0001a ");
    assert_string_equal(found(s, "abcd"), "several");
    assert_string_equal(found(s, "abc"), "none");                 /* too short to be meant */
    assert_string_equal(found(s, "abcd000000000005"), "0002a+ "); /* an alert of it */
    assert_string_equal(found(s, "ffff"), "none");
    assert_string_equal(found(s, "abcd' OR 1"), "none");
    assert_string_equal(transitions(s, "abcd000000000002", 2), "4 6 ");
    tw_store_close(s);
    /* Of one whose alerts were all pruned nothing is told. */
    sql("DELETE FROM alert WHERE incident = 'abcd000000000001'");
    s = open_to_look();
    assert_string_equal(list(s, (struct tw_store_which){0}), "0002a+ ");
    assert_string_equal(found(s, "abcd000000000001"), "none");
    tw_store_close(s);
}

static bool exists(const char *suffix)
{
    char path[128];
    struct stat st;
    (void)snprintf(path, sizeof path, "%s%s", file, suffix);
    return stat(path, &st) == 0;
}

static void looking_makes_nothing_and_sees_the_last(void **state)
{
    struct tw_store_outline o;
    char why[TW_STORE_WHY] = "";
    const struct tw_store_options look = {.folder = folder};
    (void)state;
    assert_null(tw_store_open(&look, why));
    assert_non_null(strstr(why, "no store"));
    assert_false(exists(""));
    struct tw_store *s = open_to_write();
    add_record(s, TW_TRANSPORT_SYSLOG, 1, "one");
    add(s, 1, TW_RAISED, "aaaa000000000001", "a", 0, 10);
    tw_store_add_cursor(s, "file:a", 1);
    tw_store_now(s, at(12));
    wait_safe();
    assert_true(exists("-wal"));
    s = open_to_look(); /* beside who writes */
    assert_true(tw_store_outline(s, &o));
    assert_int_equal(o.schema, TW_STORE_SCHEMA);
    assert_int_equal(o.records, 1);
    assert_int_equal(o.transitions, 1);
    assert_int_equal(o.last_seq, 1);
    assert_int_equal(o.open_alerts, 1);
    assert_int_equal(o.incidents, 1);
    assert_int_equal(o.now.ns, at(12).ns);
    assert_int_equal(o.first_record.ns, at(1).ns);
    assert_true(o.log_bytes > 0);
    /* It holds nobody up, and sees what comes. */
    add(heard.store, 2, TW_CLEARED, "aaaa000000000001", "a", 0, 20);
    wait_safe();
    assert_true(tw_store_outline(s, &o));
    assert_int_equal(o.open_alerts, 0);
    assert_false(tw_store_was_disturbed(s));
    tw_store_close(s);
    close_store();
    assert_false(exists("-wal"));
    s = open_to_look(); /* nobody writes */
    assert_true(tw_store_outline(s, &o));
    assert_int_equal(o.transitions, 2);
    assert_false(exists("-wal"));
    assert_false(exists("-shm"));
    assert_false(tw_store_was_disturbed(s));
    (void)open_to_write(); /* now somebody does */
    add_record(heard.store, TW_TRANSPORT_SYSLOG, 2, "two");
    wait_safe();
    assert_true(tw_store_was_disturbed(s));
    tw_store_close(s);
}

static void reading_can_be_bounded(void **state)
{
    atomic_bool stop = false;
    char why[TW_STORE_WHY];
    (void)state;
    struct tw_store *s = open_to_write();
    for (uint64_t i = 1; i <= 3000; i++)
        add(s, i, TW_UPDATED, "aaaa000000000001", "a", 0, (double)i);
    wait_safe();
    s = open_to_look();
    tw_store_bound(s, TW_SECONDS(60), &stop);
    (void)transitions(s, "aaaa000000000001", 5000);
    atomic_store(&stop, true);
    assert_true(tw_store_is_over(s));
    assert_false(tw_store_incident_transitions(s, "aaaa000000000001", 5000, take_row, NULL));
    tw_store_why(s, why);
    assert_non_null(strstr(why, "interrupted"));
    tw_store_bound(s, (tw_dur){0}, NULL);
    assert_true(tw_store_is_over(s));
    assert_false(tw_store_incident_transitions(s, "aaaa000000000001", 5000, take_row, NULL));
    tw_store_close(s);
}

/* ---- the reader's thread ---- */

static volatile uint64_t done_n;
struct job {
    int fd; /* >= 0: waits until it is closed at the other end */
    bool opened, over;
    char why[TW_STORE_WHY];
};

static void work(void *ctx, struct tw_store *s, const char *why)
{
    struct job *j = ctx;
    char c;
    struct tw_store_outline o;
    if (j->fd >= 0)
        (void)!read(j->fd, &c, 1);
    j->opened = s != NULL;
    (void)snprintf(j->why, sizeof j->why, "%s", why);
    j->over = s != NULL && tw_store_is_over(s);
    if (s != NULL && !j->over)
        j->opened = tw_store_outline(s, &o);
}

static void done(void *ctx)
{
    (void)ctx;
    done_n++;
}

static void questions_are_answered_later(void **state)
{
    struct job jobs[TW_READER_WAITING_MAX + 1], blocked = {.fd = -1};
    int ends[2];
    (void)state;
    (void)open_to_write();
    struct tw_reader *r = tw_reader_create(folder, heard.base);
    done_n = 0;
    assert_int_equal(pipe(ends), 0);
    blocked.fd = ends[0];
    assert_true(tw_reader_ask(r, &(struct tw_reader_question){work, done, &blocked}));
    for (size_t i = 0; i < TW_READER_WAITING_MAX; i++) {
        jobs[i] = (struct job){.fd = -1};
        bool room = tw_reader_ask(r, &(struct tw_reader_question){work, done, &jobs[i]});
        assert_int_equal(room, i < TW_READER_WAITING_MAX - 1); /* the first one counts */
    }
    assert_int_equal(done_n, 0);
    tw_reader_stop(r, &jobs[0]);
    (void)close(ends[1]);
    wait_until(&done_n, TW_READER_WAITING_MAX);
    assert_true(blocked.opened);
    assert_true(jobs[0].over);
    assert_true(jobs[1].opened);
    assert_false(jobs[1].over);
    (void)close(ends[0]);
    tw_reader_destroy(r);
    assert_int_equal(done_n, TW_READER_WAITING_MAX);
}

static void the_end_stops_what_is_read(void **state)
{
    struct job jobs[3] = {{.fd = -1}, {.fd = -1}, {.fd = -1}};
    (void)state;
    (void)open_to_write();
    struct tw_reader *r = tw_reader_create(folder, heard.base);
    done_n = 0;
    for (size_t i = 0; i < 3; i++)
        assert_true(tw_reader_ask(r, &(struct tw_reader_question){work, done, &jobs[i]}));
    tw_reader_destroy(r);
    assert_int_equal(done_n, 3);
    tw_reader_destroy(NULL);
    /* One that was never asked. */
    tw_reader_destroy(tw_reader_create(folder, heard.base));
}

static void a_store_that_is_not_there(void **state)
{
    struct job j = {.fd = -1};
    (void)state;
    struct tw_reader *r = tw_reader_create(folder, heard.base);
    done_n = 0;
    assert_true(tw_reader_ask(r, &(struct tw_reader_question){work, done, &j}));
    wait_until(&done_n, 1);
    assert_false(j.opened);
    assert_non_null(strstr(j.why, "no store"));
    tw_reader_destroy(r);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, files_set_up, files_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_overlaps_is_one),
        TEST(one_that_comes_back_is_open_again),
        TEST(pages_and_ids),
        TEST(looking_makes_nothing_and_sees_the_last),
        TEST(reading_can_be_bounded),
        TEST(questions_are_answered_later),
        TEST(the_end_stops_what_is_read),
        TEST(a_store_that_is_not_there),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    tw_buf_finish(&taken);
    return failed;
}
