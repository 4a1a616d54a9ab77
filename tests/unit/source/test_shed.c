/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "source/shed.h"

#include <stdio.h>
#include <string.h>

static struct tw_addr address(unsigned i)
{
    return (struct tw_addr){.family = 4, .bytes = {127, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}};
}

/* How many of n messages at one moment are taken by the core. */
static int heard(struct tw_shed *s, unsigned from, enum tw_class c, int n, int64_t now_ms)
{
    struct tw_addr a = address(from);
    struct tw_shed_source of = {TW_SHED_KNOWN, &a, 3};
    int kept = 0;
    for (int i = 0; i < n; i++)
        kept += !tw_shed_takes(s, &of, c, false, now_ms);
    return kept;
}

/* Sheds one of a source that has nothing left. */
static void shed_one(struct tw_shed *s, unsigned from, uint32_t input, int64_t now_ms)
{
    struct tw_addr a = address(from);
    struct tw_shed_source of = {TW_SHED_KNOWN, from > 0 ? &a : NULL, input};
    while (!tw_shed_takes(s, &of, TW_CLASS_VITAL, false, now_ms))
        ;
}

/* The notes since the last call: "input:count of its last byte". */
static void note(void *ctx, uint32_t input, uint64_t count, const struct tw_addr *from)
{
    size_t used = strlen(ctx);
    (void)snprintf((char *)ctx + used, 200 - used, "%s%u:%u of %u", used > 0 ? ", " : "", (unsigned)input,
                   (unsigned)count, from != NULL ? (unsigned)from->bytes[3] : 0U);
}

static const char *told(struct tw_shed *s, int64_t now_ms, bool all)
{
    static char text[200];
    text[0] = '\0';
    tw_shed_tell(s, now_ms, all, note, text);
    return text;
}

static void told_once_a_second_and_each_once(void **state)
{
    struct tw_shed s = {.rate = 1, .burst = 1};
    (void)state;
    shed_one(&s, 1, 3, 5000);
    shed_one(&s, 1, 3, 5000);
    assert_true(s.due);
    assert_string_equal(told(&s, 5000, false), "3:2 of 1");
    assert_false(s.due || s.untold);
    shed_one(&s, 1, 3, 5100);
    assert_true(s.untold && !s.due); /* the same source, within the second */
    assert_string_equal(told(&s, 5100, false), "");
    shed_one(&s, 2, 4, 5200);
    assert_true(s.due); /* another one */
    assert_string_equal(told(&s, 5200, false), "4:1 of 2");
    shed_one(&s, 1, 3, 5900);
    shed_one(&s, 2, 4, 5900);
    assert_string_equal(told(&s, 6000, false), "3:2 of 1");
    assert_true(s.untold);
    assert_string_equal(told(&s, 6001, true), "4:1 of 2"); /* the end */
    assert_false(s.untold);
    assert_string_equal(told(&s, 9000, true), "");
    /* Of several inputs: a note each, and no message more or less. */
    for (uint32_t i = 0; i < 5; i++)
        shed_one(&s, 1, i % 2 * 63, 10000);
    assert_string_equal(told(&s, 10000, false), "0:1 of 1, 63:4 of 1");
    shed_one(&s, 0, 7, 10000); /* of somebody known who has no place */
    assert_string_equal(told(&s, 10000, false), "7:1 of 0");
    tw_shed_finish(&s);
}

static void what_strangers_lose_is_no_loss(void **state)
{
    struct tw_shed s = {.rate = 1, .burst = 1};
    struct tw_addr a = address(9);
    const struct tw_shed_source of = {TW_SHED_STRANGER, &a, 0};
    (void)state;
    for (int i = 0; i < 100; i++)
        (void)tw_shed_takes(&s, &of, TW_CLASS_VITAL, false, 1);
    assert_int_equal(s.strangers.shed[TW_CLASS_VITAL], 100 - 1 - TW_SHED_DEPTH);
    assert_false(s.untold || s.due);
    assert_string_equal(told(&s, 5000, true), "");
    assert_int_equal(s.n, 0);
    tw_shed_finish(&s);
}

static void rows_are_given_up(void **state)
{
    struct tw_shed s = {.rate = 1, .burst = 3};
    int64_t later = 1 + TW_SHED_KEPT_FULL_MS + 1;
    (void)state;
    for (unsigned i = 0; i < TW_SHED_SOURCES; i++)
        (void)heard(&s, 1 + i, i % 2 == 0 ? TW_CLASS_NOISE : TW_CLASS_VITAL, 4, 1);
    assert_int_equal(heard(&s, 1, TW_CLASS_NOISE, 4, later), 3); /* this one is in use */
    assert_int_equal(heard(&s, TW_SHED_SOURCES + 1, TW_CLASS_NOISE, 4, later), 3);
    assert_int_equal(s.n, 2);
    assert_int_equal(s.others.shed[TW_CLASS_NOISE], TW_SHED_SOURCES / 2 - 1); /* nothing is forgotten */
    assert_int_equal(s.rows[0].shed[TW_CLASS_NOISE], 2);
    assert_int_equal(heard(&s, 1, TW_CLASS_NOISE, 1, later), 0);
    /* What is not told yet keeps its row, whatever the time. */
    shed_one(&s, 1, 0, later);
    assert_string_equal(told(&s, later, false), "0:1 of 1");
    shed_one(&s, 1, 0, later + 1);
    assert_string_equal(told(&s, later + 2, false), "");
    assert_int_equal(s.n, 2);
    assert_string_equal(told(&s, later + TW_SHED_KEPT_MS + 2, false), "0:1 of 1");
    assert_int_equal(s.n, 0);
    assert_int_equal(s.others.shed[TW_CLASS_VITAL], 2);
    tw_shed_finish(&s);
}

static void noise_goes_first_and_what_counts_last(void **state)
{
    struct tw_shed s = {.rate = 100, .burst = 1000};
    (void)state;
    assert_int_equal(heard(&s, 1, TW_CLASS_NOISE, 5000, 1000), 1000);
    assert_int_equal(heard(&s, 1, TW_CLASS_OTHER, 5000, 1000), 1000);
    assert_int_equal(heard(&s, 1, TW_CLASS_VITAL, 20000, 1000), (TW_SHED_DEPTH - 1) * 1000);
    assert_int_equal(heard(&s, 1, TW_CLASS_NOISE, 10, 1000), 0);
    /* Another source has its own. */
    assert_int_equal(heard(&s, 2, TW_CLASS_NOISE, 5000, 1000), 1000);
    assert_int_equal(s.rows[0].shed[TW_CLASS_NOISE], 4000 + 10);
    assert_int_equal(s.rows[0].shed[TW_CLASS_OTHER], 4000);
    assert_int_equal(s.rows[0].shed[TW_CLASS_VITAL], 20000 - (TW_SHED_DEPTH - 1) * 1000);
    /* Noise is no loss. */
    assert_int_equal(s.rows[0].untold, s.rows[0].shed[TW_CLASS_OTHER] + s.rows[0].shed[TW_CLASS_VITAL]);
    assert_int_equal(s.rows[1].untold, 0);
    tw_shed_finish(&s);
}

static void a_storm_ends_when_half_a_burst_is_saved(void **state)
{
    struct tw_shed s = {.rate = 100, .burst = 1000};
    (void)state;
    assert_int_equal(heard(&s, 1, TW_CLASS_NOISE, 1001, 1000), 1000);
    assert_int_equal(heard(&s, 1, TW_CLASS_NOISE, 1000, 2000), 0); /* 100 saved: not enough */
    assert_int_equal(heard(&s, 1, TW_CLASS_VITAL, 50, 2000), 50);
    assert_int_equal(heard(&s, 1, TW_CLASS_NOISE, 1000, 6400), 0);
    assert_int_equal(heard(&s, 1, TW_CLASS_NOISE, 1000, 6500), 500);
    assert_int_equal(heard(&s, 1, TW_CLASS_NOISE, 5000, 100000000), 1000); /* never more than a burst */
    /* A clock that does not move, or goes back, gives nothing away. */
    assert_int_equal(heard(&s, 1, TW_CLASS_NOISE, 5000, 90000000), 0);
    tw_shed_finish(&s);
}

static void a_long_storm_is_heard_at_its_rate(void **state)
{
    struct tw_shed s = {.rate = 50, .burst = 200};
    int kept = 0;
    (void)state;
    for (int64_t ms = 1; ms <= 100000; ms++)
        kept += heard(&s, 1, TW_CLASS_VITAL, 1, ms);
    int limit = 200 * (TW_SHED_DEPTH + 1) + 50 * 100;
    assert_true(kept >= limit - 2 && kept <= limit + 2);
    tw_shed_finish(&s);
}

static void off_and_the_last_eighth(void **state)
{
    struct tw_shed s = {.rate = 0, .burst = 1};
    struct tw_addr address_1 = address(1);
    struct tw_shed_source a = {TW_SHED_KNOWN, &address_1, 0};
    (void)state;
    assert_int_equal(heard(&s, 1, TW_CLASS_NOISE, 100000, 1), 100000);
    tw_shed_limit(&s, 10, 100);
    assert_true(tw_shed_takes(&s, &a, TW_CLASS_NOISE, true, 1));
    assert_false(tw_shed_takes(&s, &a, TW_CLASS_OTHER, true, 1));
    assert_false(tw_shed_takes(&s, &a, TW_CLASS_VITAL, true, 1));
    tw_shed_finish(&s);
}

static void more_sources_than_there_is_room_for(void **state)
{
    struct tw_shed s = {.rate = 1, .burst = 3};
    (void)state;
    for (unsigned i = 0; i < TW_SHED_SOURCES; i++)
        assert_int_equal(heard(&s, i, TW_CLASS_NOISE, 4, 1), 3);
    assert_int_equal(heard(&s, TW_SHED_SOURCES, TW_CLASS_NOISE, 2, 1), 2);
    assert_int_equal(heard(&s, TW_SHED_SOURCES + 1, TW_CLASS_NOISE, 2, 1), 1); /* together */
    assert_true(
        tw_shed_takes(&s, &(struct tw_shed_source){TW_SHED_KNOWN, NULL, 0}, TW_CLASS_NOISE, false, 1));
    assert_int_equal(s.others.shed[TW_CLASS_NOISE], 2);
    assert_int_equal(s.n, TW_SHED_SOURCES);
    assert_int_equal(heard(&s, 5, TW_CLASS_VITAL, 1, 1), 1); /* the others have theirs still */
    tw_shed_finish(&s);
}

static void behind_from_a_half_until_an_eighth(void **state)
{
    struct tw_shed_pressure p = {0};
    (void)state;
    static const struct {
        unsigned used;
        bool behind, full;
    } steps[] = {{0, false, false},  {499, false, false}, {500, true, false},  {875, true, true},
                 {874, true, false}, {125, true, false},  {124, false, false}, {400, false, false},
                 {1000, true, true}, {0, false, false}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        tw_shed_measure(&p, steps[i].used, 1000);
        assert_int_equal(p.behind, steps[i].behind);
        assert_int_equal(p.full, steps[i].full);
    }
    tw_shed_measure(&p, 0, 0);
    assert_false(p.behind || p.full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(noise_goes_first_and_what_counts_last),
        cmocka_unit_test(a_storm_ends_when_half_a_burst_is_saved),
        cmocka_unit_test(a_long_storm_is_heard_at_its_rate),
        cmocka_unit_test(off_and_the_last_eighth),
        cmocka_unit_test(more_sources_than_there_is_room_for),
        cmocka_unit_test(told_once_a_second_and_each_once),
        cmocka_unit_test(what_strangers_lose_is_no_loss),
        cmocka_unit_test(rows_are_given_up),
        cmocka_unit_test(behind_from_a_half_until_an_eighth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
