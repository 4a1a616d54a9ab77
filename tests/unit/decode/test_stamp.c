/* SPDX-License-Identifier: ISC */
/* The default form is read another way where a word follows: what comes out must be the same. */
#include "stamp.h"

#include "decode/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

enum { FORM = 20 };

static struct tw_log_reader reader;

static int begin(void **state)
{
    (void)state;
    reader = (struct tw_log_reader)TW_LOG_READER(2026, TW_TIME_MIN);
    return 0;
}

static void both_ways(const char text[static FORM])
{
    char line[FORM + 5];
    struct tw_stamp alone = {0}, in_line = {0};
    memcpy(line, text, FORM);
    memcpy(line + FORM, " PE-A", 5);
    size_t n = tw_stamp_read(tw_str_of(line, FORM), &reader, &alone);
    size_t m = tw_stamp_read(tw_str_of(line, sizeof line), &reader, &in_line);
    if (n != FORM) {
        assert_true(m != FORM); /* with what follows it may be another form */
        return;
    }
    assert_int_equal(m, FORM);
    assert_int_equal(in_line.present, alone.present);
    if (!alone.present)
        return;
    assert_int_equal(in_line.civil.ns, alone.civil.ns);
    assert_int_equal(in_line.resolution.ns, alone.resolution.ns);
    assert_int_equal(in_line.has_offset, alone.has_offset);
    assert_int_equal(in_line.offset_s, alone.offset_s);
}

static void a_word_behind_it_changes_nothing(void **state)
{
    (void)state;
    static const char *const stamps[] = {"Aug  8 2026 18:07:30", "feb 29 2024 00:00:00",
                                         "DEC 31 2199 23:59:60", "Jan 01 1970 09:08:07",
                                         "Feb 29 2100 12:12:12", "Apr 31 2026 24:60:61"};
    for (size_t k = 0; k < sizeof stamps / sizeof *stamps; k++) {
        for (size_t at = 0; at < FORM; at++) {
            for (unsigned c = 0; c < 256; c++) {
                char text[FORM];
                memcpy(text, stamps[k], FORM);
                text[at] = (char)c;
                both_ways(text);
            }
        }
    }
}

/* Day after day, each is 86,400 s after the one before, and its digits are those of the calendar. */
static void every_day_of_the_calendar(void **state)
{
    (void)state;
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int64_t s = 0;
    for (int y = 1970; y <= 2199; y++) {
        for (unsigned m = 1; m <= 12; m++) {
            bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
            unsigned days = m == 2 ? 28u + leap : 30 + (m + (m > 7)) % 2;
            for (unsigned d = 1; d <= days + 1; d++) {
                char text[64];
                struct tw_stamp stamp = {0};
                (void)snprintf(text, sizeof text, "%s %2u %d 01:02:03 PE-A", months[m - 1], d, y);
                assert_int_equal(tw_stamp_read(tw_str_z(text), &reader, &stamp), FORM);
                assert_int_equal(stamp.present, d <= days);
                if (d > days)
                    continue;
                assert_int_equal(stamp.civil.ns, (s + 3723) * INT64_C(1000000000));
                s += 86400;
            }
        }
    }
}

/* Whatever the date before was, the day is the one that is written. */
static void another_date_is_another_day(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds; /* -1: no such moment */
    } rows[] = {
        {"Jan  1 1970 00:00:01 PE-A", 1},           {"Jan  2 1970 00:00:01 PE-A", 86401},
        {"jan  1 1970 00:00:01 PE-A", 1},           {"Jan 31 1970 00:00:00 PE-A", INT64_C(30) * 86400},
        {"Jan 32 1970 00:00:00 PE-A", -1},          {"Jan 31 1970 00:00:02 PE-A", 30 * 86400 + 2},
        {"Jan  1 1971 00:00:01 PE-A", 31536001},    {"Feb  1 1971 00:00:01 PE-A", 34214401},
        {"Feb  1 1971 23:59:60 PE-A", 34300800},    {"Feb  1 1971 24:00:00 PE-A", -1},
        {"Feb  1 1971 00:00:01+01:00 x", 34214401}, {"Feb  2 1971 00:00:01 PE-A", 34300801},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tw_stamp s = {0};
        assert_true(tw_stamp_read(tw_str_z(rows[i].text), &reader, &s) >= FORM);
        assert_int_equal(s.present, rows[i].seconds >= 0);
        if (s.present)
            assert_int_equal(s.civil.ns, rows[i].seconds * INT64_C(1000000000));
    }
}

/* A reader that has read nothing yet knows no date that is none. */
static void bytes_that_are_no_date(void **state)
{
    (void)state;
    struct tw_stamp s = {0};
    static const char zeros[] = "\0\0\0\0\0\0\0\0\0\0\0 18:07:30 PE-A";
    assert_int_equal(tw_stamp_read(tw_str_of(zeros, sizeof zeros - 1), &reader, &s), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup(a_word_behind_it_changes_nothing, begin),
                                       cmocka_unit_test_setup(every_day_of_the_calendar, begin),
                                       cmocka_unit_test_setup(another_date_is_another_day, begin),
                                       cmocka_unit_test_setup(bytes_that_are_no_date, begin)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
