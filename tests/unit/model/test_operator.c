/* SPDX-License-Identifier: ISC */
#include "model/operator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static struct tw_arena *arena;

static const char *parse(const char *line, struct tw_operator *o)
{
    return tw_operator_parse(tw_str_z(line), arena, o);
}

static tw_time at(const char *text)
{
    tw_time t = {0};
    assert_true(tw_time_parse(tw_str_z(text), &t));
    return t;
}

/* What was read, written and read again is the same, and has the same text. */
static void comes_back(const char *line)
{
    struct tw_operator a, b;
    struct tw_buf one = {0}, two = {0};
    const char *why = parse(line, &a);
    if (why != NULL)
        fail_msg("%s: %s", line, why);
    tw_operator_text(&a, &one);
    assert_null(memchr(one.p, '\n', one.n));
    assert_null(memchr(one.p, '%', one.n));
    assert_true(tw_operator_is(tw_buf_view(&one)));
    assert_null(parse(one.p, &b));
    tw_operator_text(&b, &two);
    assert_string_equal(one.p, two.p);
    assert_string_equal(a.by, b.by);
    assert_string_equal(a.why, b.why);
    assert_memory_equal(&a.when, &b.when, sizeof a.when);
    tw_buf_finish(&one);
    tw_buf_finish(&two);
}

static void every_act_comes_back(void **state)
{
    (void)state;
    comes_back("trunkwatch-operator ack id=0123456789abcdef by=pat why=\"on my way\"");
    comes_back("trunkwatch-operator ack  id=0123456789abcdef \t by=\"pat (via root)\"  ");
    comes_back("trunkwatch-operator unack id=0123456789abcdef by=pat");
    comes_back(
        "trunkwatch-operator silence by=a why=\"a \\\"b\\\" \\\\ %%01IFNET/4/X \\x0a=\" "
        "until=2026-08-08T20:00:00Z "
        "pair=metro-* device=pe-a e-trunk=1 trunk=Eth-Trunk10 condition=flapping severity=major service=arp");
    comes_back("trunkwatch-operator unsilence id=s01 by=pat");
    comes_back("trunkwatch-operator maintenance by=a from=2026-08-08T20:00:00+02:00 "
               "until=2026-08-08T23:30:00.5Z device=pe-a");
    comes_back("trunkwatch-operator maintenance by=a from=\"2026-08-08 20:00Z\" for=2h pair=x");
    comes_back(
        "trunkwatch-operator maintenance id=m-1 by=a from=2026-08-08T20:00:00Z for=2h every=day pair=x");
    comes_back("trunkwatch-operator maintenance by=a from=2026-08-08T20:00:00Z until=2027-08-08T20:00:00Z "
               "for=7d every=week "
               "zone=-09:30 pair=x");
    comes_back(
        "trunkwatch-operator maintenance by=\"\xc3\xa9\xff\" from=2026-08-08T20:00:00Z for=90s every=week "
        "days=sun,Mon zone=+02:00 e-trunk=1 pair=\"a b\"");
    comes_back("trunkwatch-operator unmaintenance id=m1 by=pat why=done");
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"trunkwatch-loss kernel 3", "does not begin"},
        {"trunkwatch-operator", "does not begin"},
        {"trunkwatch-operators ack id=1 by=a", "does not begin"},
        {"trunkwatch-operator dance id=1 by=a", "what is to be done"},
        {"trunkwatch-operator ack by=a", "id= is missing"},
        {"trunkwatch-operator ack id=1", "by= is missing"},
        {"trunkwatch-operator ack id=1 by=\"\"", "by= is missing"},
        {"trunkwatch-operator ack id= by=a", "no id"},
        {"trunkwatch-operator ack id=../x by=a", "no id"},
        {"trunkwatch-operator ack id=123456789012345678901234567890123 by=a", "no id"},
        {"trunkwatch-operator ack id=1 id=2 by=a", "twice"},
        {"trunkwatch-operator ack id=1 by=a by=a", "twice"},
        {"trunkwatch-operator ack id=1 by=a pair=x", "not known"},
        {"trunkwatch-operator ack id=1 by=a until=2026-08-08T20:00:00Z", "not asked here"},
        {"trunkwatch-operator ack id=1 by=a loose", "KEY=VALUE"},
        {"trunkwatch-operator ack id=1 by=a why=two words", "KEY=VALUE"},
        {"trunkwatch-operator ack id=1 by=a why=50%", "quotes"},
        {"trunkwatch-operator ack id=1 by=a why=\"x\"y", "quotes"},
        {"trunkwatch-operator ack id=1 by=a why=\"x", "second one"},
        {"trunkwatch-operator ack id=1 by=a why=\"\\n\"", "neither"},
        {"trunkwatch-operator ack id=1 by=a why=\"\\x0\"", "hexadecimal"},
        {"trunkwatch-operator ack id=1 by=a why=\"\\x0g\"", "hexadecimal"},
        {"trunkwatch-operator ack id=1 by=a why=\"\\", "second one"},
        {"trunkwatch-operator silence by=a until=2026-08-08T20:00:00Z", "which alerts"},
        {"trunkwatch-operator silence by=a pair=x", "until= is missing"},
        {"trunkwatch-operator silence by=a pair=x until=tomorrow", "until= is no time"},
        {"trunkwatch-operator silence by=a pair=x until=2026-02-30T20:00:00Z", "until= is no time"},
        {"trunkwatch-operator silence by=a pair=x until=2210-01-01T20:00:00Z", "until= is no time"},
        {"trunkwatch-operator silence by=a pair= until=2026-08-08T20:00:00Z", "empty"},
        {"trunkwatch-operator silence by=a pair=x pair=y until=2026-08-08T20:00:00Z", "twice"},
        {"trunkwatch-operator silence by=a pear=x until=2026-08-08T20:00:00Z", "not known"},
        {"trunkwatch-operator silence by=a pair=x until=2026-08-08T20:00:00Z for=2h", "not asked here"},
        {"trunkwatch-operator maintenance by=a pair=x until=2026-08-08T20:00:00Z", "from= is missing"},
        {"trunkwatch-operator maintenance by=a pair=x from=2026-08-08T20:00:00Z", "one of until= and for="},
        {"trunkwatch-operator maintenance by=a pair=x from=2026-08-08T20:00:00Z until=2026-08-08T20:00:00Z",
         "before"},
        {"trunkwatch-operator maintenance by=a pair=x from=2026-08-08T20:00:00Z for=1h days=mon",
         "every= is missing"},
        {"trunkwatch-operator maintenance by=a pair=x from=2026-08-08T20:00:00Z every=day",
         "for= is missing"},
        {"trunkwatch-operator maintenance by=a pair=x from=2026-08-08T20:00:00Z every=month for=1h",
         "neither day"},
        {"trunkwatch-operator maintenance by=a pair=x from=2026-08-08T20:00:00Z every=day for=25h", "longer"},
        {"trunkwatch-operator maintenance by=a pair=x from=2026-08-08T20:00:00Z every=week for=25h days=mon",
         "longer"},
        {"trunkwatch-operator maintenance by=a pair=x from=2026-08-08T20:00:00Z every=week for=8d", "longer"},
        {"trunkwatch-operator maintenance by=a pair=x from=2026-08-08T20:00:00Z every=day for=1h days=mon",
         "every=week"},
        {"trunkwatch-operator maintenance by=a pair=x from=2026-08-08T20:00:00Z every=week for=1h "
         "days=mon,,tue",
         "list of days"},
        {"trunkwatch-operator maintenance by=a pair=x from=2026-08-08T20:00:00Z every=week for=1h zone=CET",
         "zone="},
        {"trunkwatch-operator maintenance by=a pair=x from=2026-08-08T20:00:00Z for=500ms", "no duration"},
        {"trunkwatch-operator maintenance by=a pair=x from=2026-08-08T20:00:00Z for=0", "no duration"},
        {"trunkwatch-operator maintenance by=a pair=x from=2026-08-08T20:00:00Z for=300000000h",
         "no duration"},
        {"trunkwatch-operator maintenance by=a pair=x from=2026-08-08T20:00:00Z for=99999d", "too late"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tw_operator o;
        const char *why = parse(rows[i][0], &o);
        if (why == NULL || strstr(why, rows[i][1]) == NULL)
            fail_msg("%s: %s", rows[i][0], why != NULL ? why : "taken");
    }
}

static void texts_have_an_end(void **state)
{
    (void)state;
    struct tw_operator o;
    struct tw_buf b = {0};
    for (int more = 0; more < 2; more++) {
        tw_buf_clear(&b);
        tw_buf_z(&b, "trunkwatch-operator ack id=1 by=a why=");
        for (int i = 0; i < TW_OPERATOR_WHY_MAX + more; i++)
            tw_buf_char(&b, 'x');
        assert_true((parse(b.p, &o) == NULL) == (more == 0));
    }
    tw_buf_clear(&b);
    tw_buf_z(&b, "trunkwatch-operator ack id=1 by=a");
    while (b.n <= TW_OPERATOR_LINE_MAX)
        tw_buf_z(&b, "  ");
    tw_buf_z(&b, "why=x");
    assert_string_equal(parse(b.p, &o), "it is too long");
    tw_buf_finish(&b);
}

static void globs(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *text;
        bool match;
    } rows[] = {{"a", "a", true},
                {"a", "ab", false},
                {"*", "", true},
                {"", "", true},
                {"", "a", false},
                {"metro-*", "metro-7", true},
                {"metro-*", "metr", false},
                {"*-7", "metro-7", true},
                {"m*o-*7", "metro-17", true},
                {"a*b*c", "aXbXbXc", true},
                {"a*b*c", "aXbXbX", false},
                {"**", "x", true},
                {"*a", "aaab", false},
                {"Metro-7", "metro-7", false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(tw_glob(tw_str_z(rows[i].pattern), tw_str_z(rows[i].text)), rows[i].match);
}

static void ids_follow_from_line_and_time(void **state)
{
    (void)state;
    struct tw_operator o;
    char one[TW_OPERATOR_ID], two[TW_OPERATOR_ID];
    assert_null(parse("trunkwatch-operator silence by=a until=2026-08-08T20:00:00Z pair=x", &o));
    tw_operator_id(&o, at("2026-08-08T18:00:00Z"), one);
    assert_int_equal(strlen(one), 9);
    assert_int_equal(one[0], 's');
    memcpy(o.id, one, sizeof one); /* one that has its id already has the same */
    tw_operator_id(&o, at("2026-08-08T18:00:00Z"), two);
    assert_string_equal(one, two);
    tw_operator_id(&o, at("2026-08-08T18:00:01Z"), two);
    assert_string_not_equal(one, two);
}

/* All moments at which a window opens or closes, up to five. */
static void turns(const char *line, const char *from, const char *want)
{
    struct tw_operator o;
    struct tw_buf b = {0};
    char text[TW_TIME_TEXT];
    assert_null(parse(line, &o));
    tw_time t = at(from), next;
    bool open = tw_window_open(&o.when, t, &next);
    tw_buf_z(&b, open ? "open" : "shut");
    for (int i = 0; i < 5 && tw_time_is_finite(next); i++) {
        t = next;
        bool now = tw_window_open(&o.when, t, &next);
        assert_true(tw_before(t, next));
        tw_buf_fmt(&b, " %.*s%c", 11, tw_time_text(t, text) + 5, now ? '+' : '-');
    }
    assert_string_equal(b.p, want);
    tw_buf_finish(&b);
}

#define LINE "trunkwatch-operator maintenance by=a pair=x "
static void windows_open_and_close(void **state)
{
    (void)state;
    turns(LINE "from=2026-08-08T20:00:00Z for=2h", "2026-08-08T19:00Z", "shut 08-08T20:00+ 08-08T22:00-");
    turns(LINE "from=2026-08-08T20:00:00Z for=2h", "2026-08-08T20:00Z", "open 08-08T22:00-");
    turns(LINE "from=2026-08-08T20:00:00Z for=2h", "2026-08-08T22:00Z", "shut");
    /* Saturday the 8th of August 2026. */
    turns(LINE "from=2026-08-08T23:00:00Z for=2h every=day until=2026-08-10T00:30:00Z", "2026-08-01T00:00Z",
          "shut 08-08T23:00+ 08-09T01:00- 08-09T23:00+ 08-10T00:30-");
    turns(LINE "from=2026-08-08T23:00:00Z for=2h every=day", "2026-08-20T00:30Z",
          "open 08-20T01:00- 08-20T23:00+ 08-21T01:00- 08-21T23:00+ 08-22T01:00-");
    turns(LINE "from=2026-08-08T23:00:00Z for=2h every=week", "2026-08-09T02:00Z",
          "shut 08-15T23:00+ 08-16T01:00- 08-22T23:00+ 08-23T01:00- 08-29T23:00+");
    turns(LINE "from=2026-08-08T23:00:00Z for=2h every=week days=mon,wed", "2026-08-08T23:30Z",
          "shut 08-10T23:00+ 08-11T01:00- 08-12T23:00+ 08-13T01:00- 08-17T23:00+");
    /* 01:00 on a Monday in +02:00 is 23:00 on Sunday in UTC. */
    turns(LINE "from=2026-08-08T23:00:00Z for=1h every=week days=mon zone=+02:00", "2026-08-08T20:00Z",
          "shut 08-09T23:00+ 08-10T00:00- 08-16T23:00+ 08-17T00:00- 08-23T23:00+");
    /* One day after the other without a gap: asked again each time, and still open. */
    turns(LINE "from=2026-08-08T23:00:00Z for=1d every=day", "2026-08-10T23:00Z",
          "open 08-11T23:00+ 08-12T23:00+ 08-13T23:00+ 08-14T23:00+ 08-15T23:00+");
    turns(LINE "from=2026-08-08T23:00:00Z for=7d every=week", "2026-08-10T23:00Z",
          "open 08-15T23:00+ 08-22T23:00+ 08-29T23:00+ 09-05T23:00+ 09-12T23:00+");
    /* Nor does anything go wrong at the ends of time. */
    struct tw_operator o;
    tw_time next;
    assert_null(parse(LINE "from=1970-01-01T00:00:00Z for=2h every=day zone=+23:59", &o));
    assert_false(tw_window_open(&o.when, TW_TIME_MAX, &next));
    assert_int_equal(next.ns, INT64_MAX);
    assert_false(tw_window_open(&o.when, TW_TIME_MIN, &next));
    assert_int_equal(next.ns, 0);
}

static void times_are_read_as_written(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "2026-08-08",
                                      "2026-08-08T20:00",
                                      "2026-08-08T20:00:00",
                                      "2026-08-08T24:00Z",
                                      "2026-08-08T20:60Z",
                                      "2026-13-08T20:00Z",
                                      "2026-00-08T20:00Z",
                                      "2026-08-32T20:00Z",
                                      "2026-08-08T20:00:00.Z",
                                      "2026-08-08T20:00:00ZZ",
                                      "2026-08-08T20:00:00+0200",
                                      "2026-08-08T20:00:00+24:00",
                                      "2026-08-08T20:00:00Z ",
                                      "9999-08-08T20:00:00Z",
                                      "02026-8-08T20:00Z"};
    tw_time t;
    char text[TW_TIME_TEXT];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(tw_time_parse(tw_str_z(bad[i]), &t));
    assert_string_equal(tw_time_text(at("2028-02-29T20:00:01.5004-01:30"), text), "2028-02-29T21:30:01.500Z");
    assert_string_equal(tw_time_text(at("1969-12-31 23:59z"), text), "1969-12-31T23:59:00.000Z");
    for (int64_t ns = -86400ll * 1000000000 * 5000; ns < 86400ll * 1000000000 * 60000;
         ns += 1234567891000000) {
        assert_string_equal(tw_time_text(at(tw_time_text((tw_time){ns}, text)), (char[TW_TIME_TEXT]){0}),
                            text);
    }
}

static int begin(void **state)
{
    (void)state;
    arena = tw_arena_create(4096);
    return 0;
}

static int end(void **state)
{
    (void)state;
    tw_arena_destroy(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_act_comes_back),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(texts_have_an_end),
        cmocka_unit_test(globs),
        cmocka_unit_test(ids_follow_from_line_and_time),
        cmocka_unit_test(windows_open_and_close),
        cmocka_unit_test(times_are_read_as_written),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
