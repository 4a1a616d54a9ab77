/* SPDX-License-Identifier: ISC */
#include "api/board.h"
#include "api/http.h"
#include "api/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void samples_are_escaped(void **state)
{
    static const struct tw_label labels[] = {{"a", "plain"},
                                             {"b", "a \"quote\", a \\ and\na line"},
                                             {"c", "\xff\xfe"},
                                             {"d", "\xc3\xa9"},
                                             {NULL, NULL}};
    struct tw_buf b = {0};
    (void)state;
    tw_metrics_family(&b, "x_total", "counter", "Help with \"quotes\", a \\ and\na line.");
    tw_metrics_sample(&b, "x_total", labels, 1);
    assert_string_equal(b.p,
                        "# HELP x_total Help with \"quotes\", a \\\\ and\\na line.\n# TYPE x_total counter\n"
                        "x_total{a=\"plain\",b=\"a \\\"quote\\\", a \\\\ and\\na line\",c=\"\\\\xff\\\\xfe\","
                        "d=\"\xc3\xa9\"} 1\n");
    tw_buf_finish(&b);
}

static void values_are_exact(void **state)
{
    static const struct {
        double value;
        const char *text;
    } rows[] = {{0, "x 0\n"},
                {-3, "x -3\n"},
                {0.5, "x 0.5\n"},
                {1795629759.25, "x 1795629759.25\n"},
                {9007199254740991.0, "x 9007199254740991\n"},
                {1e300, "x 1.0000000000000001e+300\n"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tw_buf b = {0};
        tw_metrics_sample(&b, "x", NULL, rows[i].value);
        assert_string_equal(b.p, rows[i].text);
        tw_buf_finish(&b);
    }
}

static void names_of_this_machine(void **state)
{
    static const char *const yes[] = {"localhost", "LocalHost", "127.0.0.1", "127.255.0.9", "[::1]"};
    static const char *const no[] = {"",
                                     "example.org",
                                     "localhost.example",
                                     "127.0.0.1.example",
                                     "10.0.0.1",
                                     "::1",
                                     "[127.0.0.1]",
                                     "[::2]",
                                     "[::1",
                                     "[::ffff:10.0.0.1]",
                                     "0.0.0.0",
                                     "[::]",
                                     "127.0.0.1 "};
    (void)state;
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        assert_true(tw_http_is_loopback_name(tw_str_z(yes[i])));
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        assert_false(tw_http_is_loopback_name(tw_str_z(no[i])));
}

static void take(struct tw_board *b, unsigned n, enum tw_transition_kind kind, enum tw_severity severity,
                 const char *json)
{
    struct tw_transition t = {.kind = kind, .condition = n % 2 ? "odd" : "even", .severity = severity};
    (void)snprintf(t.alert_id, sizeof t.alert_id, "%016x", n);
    tw_board_take(b, &t, tw_str_z(json));
}

static const char *found(const struct tw_board *b, unsigned n)
{
    static char text[64];
    char id[TW_ALERT_ID];
    (void)snprintf(id, sizeof id, "%016x", n);
    const struct tw_shared *s = tw_board_find(b, id);
    (void)snprintf(text, sizeof text, "%.*s", s != NULL ? (int)s->n : 1, s != NULL ? s->p : "-");
    return text;
}

static void an_alert_lives(void **state)
{
    struct tw_board *b = tw_board_create();
    (void)state;
    take(b, 1, TW_RAISED, TW_SEVERITY_MAJOR, "{1}\n");
    take(b, 2, TW_RAISED, TW_SEVERITY_MINOR, "{2}\n");
    assert_string_equal(found(b, 1), "{1}");
    assert_string_equal(found(b, 3), "-");
    take(b, 1, TW_UPDATED, TW_SEVERITY_CRITICAL, "{1,updated}\n");
    assert_string_equal(found(b, 1), "{1,updated}");
    assert_string_equal(tw_board_row(b, 0)->condition, "odd");
    assert_int_equal(tw_board_row(b, 0)->firing[TW_SEVERITY_MAJOR], 0);
    assert_int_equal(tw_board_row(b, 0)->firing[TW_SEVERITY_CRITICAL], 1);
    assert_int_equal(tw_board_row(b, 1)->firing[TW_SEVERITY_MINOR], 1);
    assert_null(tw_board_row(b, 2));
    take(b, 1, TW_CLEARED, TW_SEVERITY_CRITICAL, "{1,cleared}\n");
    assert_int_equal(tw_board_row(b, 0)->firing[TW_SEVERITY_CRITICAL], 0);
    assert_int_equal(tw_board_stats(b).firing, 1);
    assert_int_equal(tw_board_stats(b).ended, 1);
    /* The same again: an alert may come back under its old id. */
    take(b, 1, TW_RAISED, TW_SEVERITY_MAJOR, "{1,again}\n");
    assert_int_equal(tw_board_stats(b).firing, 2);
    assert_int_equal(tw_board_stats(b).ended, 0);
    assert_string_equal(found(b, 1), "{1,again}");
    tw_board_destroy(b);
}

static void the_last_that_ended_are_kept(void **state)
{
    struct tw_board *b = tw_board_create();
    (void)state;
    for (unsigned i = 1; i <= TW_BOARD_ENDED_MAX + 5; i++) {
        take(b, i, TW_RAISED, TW_SEVERITY_MAJOR, "{}");
        take(b, i, TW_CLEARED, TW_SEVERITY_MAJOR, "{ended}");
    }
    assert_int_equal(tw_board_stats(b).ended, TW_BOARD_ENDED_MAX);
    assert_int_equal(tw_board_stats(b).bytes, TW_BOARD_ENDED_MAX * strlen("{ended}"));
    assert_int_equal(tw_board_stats(b).no_room, 0);
    assert_string_equal(found(b, 5), "-");
    assert_string_equal(found(b, 6), "{ended}");
    tw_board_destroy(b);
}

static void what_finds_no_room_is_counted(void **state)
{
    struct tw_board *b = tw_board_create();
    (void)state;
    for (unsigned i = 0; i < TW_BOARD_FIRING_MAX + 3; i++)
        take(b, i, TW_RAISED, TW_SEVERITY_MAJOR, "{}");
    assert_int_equal(tw_board_stats(b).firing, TW_BOARD_FIRING_MAX);
    assert_int_equal(tw_board_stats(b).no_room, 3);
    take(b, 0, TW_CLEARED, TW_SEVERITY_MAJOR, "{}");
    take(b, TW_BOARD_FIRING_MAX, TW_UPDATED, TW_SEVERITY_MAJOR, "{late}");
    assert_string_equal(found(b, TW_BOARD_FIRING_MAX), "{late}");
    assert_int_equal(tw_board_stats(b).firing, TW_BOARD_FIRING_MAX);
    tw_board_destroy(b);
}

static void long_texts_push_out_what_ended(void **state)
{
    enum { MANY = 40, LONG = 2 << 20 };
    struct tw_board *b = tw_board_create();
    char *text = malloc(LONG + 1);
    (void)state;
    memset(text, ' ', LONG);
    text[LONG] = '\0';
    for (unsigned i = 0; i < MANY; i++)
        take(b, i, TW_CLEARED, TW_SEVERITY_MAJOR, text);
    assert_int_equal(tw_board_stats(b).ended, TW_BOARD_TEXT_MAX / LONG);
    assert_int_equal(tw_board_stats(b).bytes, TW_BOARD_TEXT_MAX);
    for (unsigned i = 0; i < MANY; i++)
        take(b, MANY + i, TW_RAISED, TW_SEVERITY_MAJOR, text);
    assert_int_equal(tw_board_stats(b).ended, 0);
    assert_int_equal(tw_board_stats(b).firing, TW_BOARD_TEXT_MAX / LONG);
    assert_int_equal(tw_board_stats(b).no_room, MANY - TW_BOARD_TEXT_MAX / LONG);
    /* One that is shown and grows stays with its last text that found room. */
    take(b, MANY, TW_UPDATED, TW_SEVERITY_CRITICAL, "{short}");
    take(b, MANY + 1, TW_UPDATED, TW_SEVERITY_CRITICAL, text);
    assert_string_equal(found(b, MANY), "{short}");
    assert_int_equal(tw_board_row(b, 0)->firing[TW_SEVERITY_CRITICAL], 1);
    free(text);
    tw_board_destroy(b);
}

static void conditions_without_end_are_one(void **state)
{
    struct tw_board *b = tw_board_create();
    char name[16];
    (void)state;
    for (unsigned i = 0; i < TW_BOARD_CONDITIONS_MAX + 10; i++) {
        struct tw_transition t = {.kind = TW_RAISED, .condition = name, .severity = TW_SEVERITY_MINOR};
        (void)snprintf(name, sizeof name, "c%u", i);
        (void)snprintf(t.alert_id, sizeof t.alert_id, "%016x", i);
        tw_board_take(b, &t, TW_STR("{}"));
    }
    const struct tw_board_row *last = tw_board_row(b, TW_BOARD_CONDITIONS_MAX - 1);
    assert_string_equal(last->condition, "other");
    assert_int_equal(last->firing[TW_SEVERITY_MINOR], 11);
    assert_null(tw_board_row(b, TW_BOARD_CONDITIONS_MAX));
    tw_board_destroy(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_are_escaped),
        cmocka_unit_test(values_are_exact),
        cmocka_unit_test(names_of_this_machine),
        cmocka_unit_test(an_alert_lives),
        cmocka_unit_test(the_last_that_ended_are_kept),
        cmocka_unit_test(what_finds_no_room_is_counted),
        cmocka_unit_test(long_texts_push_out_what_ended),
        cmocka_unit_test(conditions_without_end_are_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
