/* SPDX-License-Identifier: ISC */
/* A router's clock may be wrong in many ways: the same alerts come out, at the same times, as with a right
 * one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"
#include "pipeline_of.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const char before[] = "devices:\n"
                             "  pe-a: {addresses: [192.0.2.1], hostnames: [PE-A]";
static const char behind[] = "}\n"
                             "  pe-b: {addresses: [192.0.2.2], hostnames: [PE-B]}\n"
                             "pairs:\n"
                             "  p:\n"
                             "    devices: [pe-a, pe-b]\n"
                             "    e-trunks: {1: {members: [{trunks: {pe-a: Eth-Trunk10, pe-b: Eth-Trunk10}, "
                             "sub-interfaces: {100: {services: [arp]}}}]}}\n";
static const char *const addresses[] = {"192.0.2.1", "192.0.2.2"};
enum { TOLERANCE_S = 3, LINES_MAX = 64 };

struct story {
    struct tw_pipeline *p;
    int64_t begin;             /* epoch seconds of its 0 */
    int64_t (*off)(int64_t s); /* what pe-a's clock is off at that second; NULL: nothing */
    bool both;                 /* pe-b's is as wrong */
    bool no_year;              /* in stamps */
    const char *tail;          /* of stamps: an offset */
    int64_t zone;              /* the stamp's digits are so far from UTC */
};

static struct tw_pipeline *create(const char *more)
{
    char yaml[1024];
    (void)snprintf(yaml, sizeof yaml, "%s%s%s", before, more, behind);
    return test_pipeline_of(yaml);
}

static void say(const struct story *st, int64_t s, int device, const char *body)
{
    char line[640], stamp[64] = "";
    bool wrong = st->off != NULL && (device == 0 || st->both);
    time_t digits = (time_t)(st->begin + s + (wrong ? st->off(s) : 0) + st->zone);
    struct tm tm;
    (void)gmtime_r(&digits, &tm);
    if (st->no_year)
        (void)strftime(stamp, sizeof stamp, "%b %d %H:%M:%S", &tm);
    else
        (void)strftime(stamp, sizeof stamp, "%b %d %Y %H:%M:%S", &tm);
    int n = snprintf(line, sizeof line, "<186>%s%s PE-%c %%%%01%s", stamp, st->tail, 'A' + device, body);
    /* Up to half a second under way. */
    struct tw_record r = {.rx = {(st->begin + s) * INT64_C(1000000000) + s * 7919 % 500 * 1000000},
                          .at = TW_TIME_MIN,
                          .transport = TW_TRANSPORT_SYSLOG,
                          .bytes = tw_str_of(line, (size_t)n)};
    assert_true(tw_addr_parse(tw_str_z(addresses[device]), &r.from));
    tw_pipeline_feed(st->p, &r);
}

static void role(const struct story *st, int64_t s, int device, const char *state)
{
    char body[256];
    (void)snprintf(
        body, sizeof body,
        "ETRUNK/4/ETRUNK_MEMBER_STATUS_CHANGE(l):CID=1;x. (ETrunkId=1, MemberType=1, MemberId=10, State=%s, "
        "StateReason=%s)",
        state, state[0] == 'M' ? "ETRUNK_MASTER" : "ETRUNK_BACKUP");
    say(st, s, device, body);
}

static void link(const struct story *st, int64_t s, int device, bool up)
{
    char body[320];
    (void)snprintf(
        body, sizeof body,
        "IFNET/2/linkDown_%s(l):CID=1;The interface status changes. (ifName=Eth-Trunk10.100, AdminStatus=UP, "
        "OperStatus=%s, Reason=Interface physical link is %s, mainIfname=Eth-Trunk10)",
        up ? "clear" : "active", up ? "UP" : "DOWN", up ? "up" : "down");
    say(st, s, device, body);
}

static void noise(const struct story *st, int64_t from, int64_t to, int64_t every)
{
    for (int64_t s = from; s < to; s += every) {
        say(st, s, 0, "LLDP/4/BAD_PACKET(l):CID=1;x.");
        say(st, s, 1, "LLDP/4/BAD_PACKET(l):CID=1;x.");
    }
}

/* Short faults that are none, long ones that are, a switchover, all at seconds that only their order tells
 * from. */
static void play(const struct story *st, int64_t every)
{
    role(st, 0, 0, "Master");
    role(st, 0, 1, "Backup");
    noise(st, 1, 30, every);
    link(st, 30, 0, false);
    link(st, 35, 0, true);
    noise(st, 36, 60, every);
    link(st, 60, 0, false);
    noise(st, 61, 120, every);
    link(st, 120, 0, true);
    noise(st, 121, 200, every);
    link(st, 200, 0, false);
    link(st, 206, 0, true);
    link(st, 207, 0, false);
    link(st, 213, 0, true);
    noise(st, 214, 300, every);
    role(st, 300, 0, "Backup");
    role(st, 301, 1, "Master");
    link(st, 303, 0, false); /* a standby's */
    noise(st, 304, 400, every);
    link(st, 400, 0, true);
    noise(st, 401, 500, every);
    link(st, 500, 1, false);
    noise(st, 501, 600, every);
    link(st, 600, 1, true);
    noise(st, 601, 700, every);
    link(st, 700, 1, false);
    role(st, 704, 1, "Backup"); /* moved in time */
    role(st, 705, 0, "Master");
    noise(st, 706, 800, every);
    link(st, 800, 0, false);
    link(st, 815, 0, true);
    tw_pipeline_advance(st->p, (tw_time){(st->begin + 2000) * INT64_C(1000000000)});
}

struct happened {
    char what[80];
    int64_t s, since;
};

static size_t collect(const struct story *st, struct happened out[LINES_MAX])
{
    size_t n;
    const struct tw_transition *const *t = tw_pipeline_transitions(st->p, &n);
    assert_true(n <= LINES_MAX);
    for (size_t i = 0; i < n; i++) {
        (void)snprintf(out[i].what, sizeof out[i].what, "%s %s %s %s", tw_transition_name(t[i]->kind),
                       t[i]->condition, t[i]->device, t[i]->cleared_by != NULL ? t[i]->cleared_by : "");
        out[i].s = t[i]->time.ns / 1000000000 - st->begin;
        out[i].since = t[i]->since.ns / 1000000000 - st->begin;
    }
    return n;
}

static bool same(const struct happened *a, size_t a_n, const struct happened *b, size_t b_n)
{
    bool good = a_n == b_n;
    for (size_t i = 0; good && i < a_n; i++)
        good = strcmp(a[i].what, b[i].what) == 0 && llabs(a[i].s - b[i].s) <= TOLERANCE_S &&
               llabs(a[i].since - b[i].since) <= TOLERANCE_S;
    for (size_t i = 0; !good && i < a_n; i++)
        print_error("right: %lld since %lld: %s\n", (long long)a[i].s, (long long)a[i].since, a[i].what);
    for (size_t i = 0; !good && i < b_n; i++)
        print_error("wrong: %lld since %lld: %s\n", (long long)b[i].s, (long long)b[i].since, b[i].what);
    return good;
}

enum {
    BEGIN = 1786212000 /* 2026-08-08T18:00:00Z */,
    NEW_YEAR = 1798761600 - 400 /* 2026-12-31T23:53:20Z */
};

/* As it was when it was made. */
static void anew(struct tw_pipeline *p, struct tw_buf *fresh)
{
    if (fresh->n == 0)
        tw_pipeline_snapshot(p, fresh);
    assert_int_equal(tw_pipeline_restore(p, tw_buf_view(fresh)), TW_OK);
}

/* With much said in between, and with nothing but what counts. */
static void comes_out_right(const char *name, struct story st, const char *more)
{
    static const int64_t every[] = {2, 7, 1000};
    struct story right = {.begin = st.begin, .tail = "", .p = create("")};
    struct tw_buf fresh = {0}, fresh_right = {0};
    st.p = create(more);
    for (size_t i = 0; i < sizeof every / sizeof *every; i++) {
        struct happened want[LINES_MAX], got[LINES_MAX];
        anew(right.p, &fresh_right);
        play(&right, every[i]);
        size_t want_n = collect(&right, want);
        assert_true(want_n >= 4);
        for (int both = 0; both < 2; both++) {
            st.both = both == 1;
            anew(st.p, &fresh);
            play(&st, every[i]);
            bool good = same(want, want_n, got, collect(&st, got));
            if (!good)
                print_error("^ %s, a line each %d s, %s\n", name, (int)every[i], both ? "both" : "pe-a");
            assert_true(good);
        }
    }
    tw_buf_finish(&fresh);
    tw_buf_finish(&fresh_right);
    tw_pipeline_destroy(right.p);
    tw_pipeline_destroy(st.p);
}

#define OFF(name, value)                                                                                     \
    static int64_t name(int64_t s)                                                                           \
    {                                                                                                        \
        (void)s;                                                                                             \
        return value;                                                                                        \
    }
OFF(hours_behind, INT64_C(-7) * 3600)
OFF(hours_ahead, INT64_C(7) * 3600)
OFF(minutes_behind, -180)
OFF(minutes_ahead, 180)
OFF(half_a_minute_behind, -25)
OFF(a_hold_behind, -12)
OFF(a_hold_ahead, 12)
OFF(a_bit_behind, -4)
OFF(since_1970, -1786212000)
OFF(beyond_2038, 500000000)
OFF(loses_much, -s / 400)
OFF(gains_much, s / 400)
OFF(loses_and_is_set, -(s % 300) / 75)
OFF(summer_time_ends, s < 202 ? 0 : -3600)
OFF(summer_time_ends_in_a_fault, s < 65 ? 0 : -3600)
OFF(summer_time_begins, s < 202 ? 0 : 3600)
OFF(summer_time_begins_in_a_fault, s < 65 ? 0 : 3600)
OFF(to_and_fro, s / 100 % 2 == 1 ? -3600 : 0)
OFF(to_and_fro_ahead, s / 100 % 2 == 1 ? 7200 : 0)
OFF(booted_without_ntp, s >= 199 && s < 450 ? -1786212000 : 0)
OFF(set_right_at_last, s < 450 ? -1786212000 : 0)
OFF(a_step_ahead, s < 500 ? 0 : 90)
OFF(set_back_by_minutes, s < 199 ? 0 : -120)
OFF(set_back_by_minutes_in_a_fault, s < 65 ? 0 : -120)
OFF(set_back_by_little_more_than_is_late, s < 199 ? 0 : -33)
OFF(set_back_by_nearly_ten_minutes, s < 199 ? 0 : -590)
OFF(set_back_and_ahead_again, s >= 199 && s < 450 ? -90 : 0)
OFF(ahead_and_set_right, s < 199 ? 300 : 0)

static const struct {
    const char *name;
    int64_t (*off)(int64_t);
} wrongs[] = {
#define ROW(f)                                                                                               \
    {                                                                                                        \
#f, f                                                                                                \
    }
    ROW(hours_behind),
    ROW(hours_ahead),
    ROW(minutes_behind),
    ROW(minutes_ahead),
    ROW(half_a_minute_behind),
    ROW(a_hold_behind),
    ROW(a_hold_ahead),
    ROW(a_bit_behind),
    ROW(since_1970),
    ROW(beyond_2038),
    ROW(loses_much),
    ROW(gains_much),
    ROW(loses_and_is_set),
    ROW(summer_time_ends),
    ROW(summer_time_ends_in_a_fault),
    ROW(summer_time_begins),
    ROW(summer_time_begins_in_a_fault),
    ROW(to_and_fro),
    ROW(to_and_fro_ahead),
    ROW(booted_without_ntp),
    ROW(set_right_at_last),
    ROW(a_step_ahead),
    ROW(set_back_by_minutes),
    ROW(set_back_by_minutes_in_a_fault),
    ROW(set_back_by_little_more_than_is_late),
    ROW(set_back_by_nearly_ten_minutes),
    ROW(set_back_and_ahead_again),
    ROW(ahead_and_set_right),
};

static void whatever_the_clock_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++)
        comes_out_right(wrongs[i].name, (struct story){.begin = BEGIN, .off = wrongs[i].off, .tail = ""}, "");
}

static void a_year_that_is_not_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
        comes_out_right(wrongs[i].name,
                        (struct story){.begin = NEW_YEAR, .off = wrongs[i].off, .no_year = true, .tail = ""},
                        "");
    }
}

static void an_offset_that_means_something_else(void **state)
{
    /* Digits local and right; digits UTC, so that the offset is none of theirs; the other way round. */
    static const struct {
        const char *name, *tail, *more;
        int64_t zone;
    } rows[] = {{"local", "+08:00", "", INT64_C(8) * 3600},
                {"utc said to be local", "+08:00", "", 0},
                {"utc said to be utc", "+08:00", ", stamp-offset: utc", 0},
                {"local said to be utc", "-05:00", ", stamp-offset: utc", INT64_C(-5) * 3600},
                {"local without an offset", "", "", 5 * 3600 + 1800}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        comes_out_right(rows[i].name,
                        (struct story){.begin = BEGIN, .tail = rows[i].tail, .zone = rows[i].zone},
                        rows[i].more);
}

/* Lines of a relay that was held up: one is older than is believed, the next, written after it, is not. */
OFF(held_up, s == 131 ? -32 : s == 132 ? -27 : 0)
static void lines_that_were_held_up(void **state)
{
    struct story st = {.begin = BEGIN, .off = held_up, .tail = "", .p = create("")};
    size_t n;
    (void)state;
    role(&st, 0, 0, "Master");
    role(&st, 0, 1, "Backup");
    noise(&st, 1, 130, 2);
    link(&st, 131, 0, false);
    link(&st, 132, 0, true);
    tw_pipeline_advance(st.p, (tw_time){(st.begin + 300) * INT64_C(1000000000)});
    (void)tw_pipeline_transitions(st.p, &n);
    assert_int_equal(n, 0); /* it is up */
    tw_pipeline_destroy(st.p);
}

/* By less than what is believed to be late. */
OFF(back_in_a_fault, s < 72 ? 0 : -25)
OFF(back_between_faults, s < 40 ? 0 : -20)
OFF(back_and_ahead, s<40 || s> 100 ? 0 : -20)

/* A fault begins before the clock is set back and ends after. */
static void play_in_a_fault(const struct story *st, bool noisy)
{
    role(st, 0, 0, "Master");
    role(st, 0, 1, "Backup");
    noise(st, 1, 60, 3);
    link(st, 60, 0, false);
    link(st, 73, 0, true);
    if (noisy)
        noise(st, 74, 100, 3);
    else
        role(st, 75, 0, "Master"); /* the next word, whatever it is about, proves it */
    tw_pipeline_advance(st->p, (tw_time){(st->begin + 300) * INT64_C(1000000000)});
}

/* A fault is over, and another begins when the clock says that the first had not begun. */
static void play_between_faults(const struct story *st, bool noisy)
{
    role(st, 0, 0, "Master");
    role(st, 0, 1, "Backup");
    noise(st, 1, 30, 3);
    link(st, 30, 0, false);
    link(st, 35, 0, true);
    link(st, 41, 0, false);
    if (noisy)
        noise(st, 42, 70, 3);
    else
        role(st, 43, 0, "Master");
    link(st, 120, 0, true);
    tw_pipeline_advance(st->p, (tw_time){(st->begin + 300) * INT64_C(1000000000)});
}

static void a_clock_set_back_by_less_than_what_is_late(void **state)
{
    static const struct {
        const char *name;
        void (*play)(const struct story *, bool);
        int64_t (*off)(int64_t);
    } rows[] = {{"in a fault", play_in_a_fault, back_in_a_fault},
                {"between faults", play_between_faults, back_between_faults},
                {"between faults, and ahead again", play_between_faults, back_and_ahead}};
    (void)state;
    for (size_t i = 0; i < 2 * sizeof rows / sizeof *rows; i++) {
        struct story right = {.begin = BEGIN, .tail = "", .p = create("")};
        struct story wrong = {.begin = BEGIN, .tail = "", .off = rows[i / 2].off, .p = create("")};
        struct happened want[LINES_MAX], got[LINES_MAX];
        rows[i / 2].play(&right, i % 2 == 0);
        rows[i / 2].play(&wrong, i % 2 == 0);
        size_t n = collect(&right, want);
        assert_int_equal(n, 2);
        bool good = same(want, n, got, collect(&wrong, got));
        if (!good)
            print_error("^ %s, %s\n", rows[i / 2].name, i % 2 == 0 ? "noisy" : "quiet");
        assert_true(good);
        tw_pipeline_destroy(right.p);
        tw_pipeline_destroy(wrong.p);
    }
}

/* What waits for the proof is in a snapshot. */
static void the_proof_comes_after_a_restart(void **state)
{
    struct story st = {.begin = BEGIN, .off = back_between_faults, .tail = "", .p = create("")};
    struct tw_buf bytes = {0};
    size_t n;
    (void)state;
    role(&st, 0, 0, "Master");
    role(&st, 0, 1, "Backup");
    noise(&st, 1, 30, 3);
    link(&st, 30, 0, false);
    link(&st, 35, 0, true);
    link(&st, 41, 0, false);
    assert_true(tw_pipeline_kept(st.p));
    tw_pipeline_snapshot(st.p, &bytes);
    tw_pipeline_destroy(st.p);
    st.p = create("");
    assert_int_equal(tw_pipeline_restore(st.p, tw_buf_view(&bytes)), TW_OK);
    noise(&st, 42, 46, 3); /* the first is the proof, and no event else */
    tw_pipeline_advance(st.p, (tw_time){(st.begin + 60) * INT64_C(1000000000)});
    const struct tw_transition *const *t = tw_pipeline_transitions(st.p, &n);
    assert_int_equal(n, 1);
    assert_string_equal(t[0]->condition, "no-switchover");
    assert_int_equal(t[0]->since.ns / 1000000000 - st.begin, 41);
    tw_buf_finish(&bytes);
    tw_pipeline_destroy(st.p);
}

/* An alarm that a router keeps back longer than others is late, and its clock is right. */
OFF(keeps_an_end_back, s == 70 ? -10 : 0)
OFF(keeps_two_back, s == 70 || s == 71 ? -10 : 0)
static void one_alarm_that_is_late_proves_nothing(void **state)
{
    static const struct {
        int64_t (*off)(int64_t);
    } rows[] = {{keeps_an_end_back}, {keeps_two_back}};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct story st = {.begin = BEGIN, .off = rows[i].off, .tail = "", .p = create("")};
        size_t n;
        role(&st, 0, 0, "Master");
        role(&st, 0, 1, "Backup");
        noise(&st, 1, 58, 3);
        link(&st, 58, 0, false);
        link(&st, 62, 0, false); /* again: it had been up in between */
        noise(&st, 63, 68, 3);
        link(&st, 70, 0, true); /* of second 60 */
        if (i == 1)
            link(&st, 71, 0, true);
        noise(&st, 75, 90, 3);
        tw_pipeline_advance(st.p, (tw_time){(st.begin + 200) * INT64_C(1000000000)});
        const struct tw_transition *const *t = tw_pipeline_transitions(st.p, &n);
        assert_true(n > 0 && t[n - 1]->kind != TW_CLEARED);
        assert_int_equal(tw_pipeline_device_clock(st.p, 0).skew.ns, 0);
        tw_pipeline_destroy(st.p);
    }
}

static enum tw_clock_doubt doubt_of(int64_t (*off)(int64_t), const char *tail, int64_t zone, const char *more,
                                    int64_t *skew_s)
{
    struct story st = {.begin = BEGIN, .off = off, .tail = tail, .zone = zone, .p = create(more)};
    noise(&st, 0, 100, 2);
    struct tw_clock_state c = tw_pipeline_device_clock(st.p, 0);
    assert_int_equal(c.samples, 50);
    assert_int_equal(c.has_offset, tail[0] != '\0');
    *skew_s = c.skew.ns / 1000000000;
    assert_int_equal(strlen(tw_clock_advice(c.doubt)) > 0, c.doubt != TW_CLOCK_FINE);
    tw_pipeline_destroy(st.p);
    return c.doubt;
}

static void what_is_told_of_it(void **state)
{
    int64_t skew;
    (void)state;
    assert_int_equal(doubt_of(NULL, "", 0, "", &skew), TW_CLOCK_FINE);
    assert_int_equal(skew, 0);
    assert_int_equal(doubt_of(a_hold_ahead, "", 0, "", &skew), TW_CLOCK_FINE);
    assert_true(skew >= 11 && skew <= 12);
    assert_int_equal(doubt_of(minutes_ahead, "", 0, "", &skew), TW_CLOCK_WRONG);
    assert_int_equal(doubt_of(since_1970, "", 0, "", &skew), TW_CLOCK_WRONG);
    assert_int_equal(doubt_of(hours_ahead, "", 0, "", &skew), TW_CLOCK_ZONE);
    assert_int_equal(doubt_of(NULL, "", -(9 * 3600 + 1800), "", &skew), TW_CLOCK_ZONE);
    assert_int_equal(doubt_of(NULL, "+08:00", INT64_C(8) * 3600, "", &skew), TW_CLOCK_FINE);
    assert_int_equal(doubt_of(NULL, "+08:00", 0, "", &skew), TW_CLOCK_OFFSET_IS_UTC);
    assert_int_equal(doubt_of(NULL, "-05:00", 0, "", &skew), TW_CLOCK_OFFSET_IS_UTC);
    assert_int_equal(doubt_of(NULL, "-05:00", 0, ", stamp-offset: utc", &skew), TW_CLOCK_FINE);
    assert_int_equal(doubt_of(NULL, "-05:00", INT64_C(-5) * 3600, ", stamp-offset: utc", &skew),
                     TW_CLOCK_OFFSET_IS_LOCAL);
}

/* An alert keeps all three: when it happened, as we see it, when it arrived, and what the router said. */
static void evidence_tells_of_both_clocks(void **state)
{
    struct story st = {.begin = BEGIN, .off = hours_behind, .tail = "", .p = create("")};
    size_t n;
    (void)state;
    noise(&st, 0, 60, 2);
    role(&st, 60, 1, "Backup");
    link(&st, 61, 0, false);
    tw_pipeline_advance(st.p, (tw_time){(st.begin + 100) * INT64_C(1000000000)});
    const struct tw_transition *const *t = tw_pipeline_transitions(st.p, &n);
    assert_int_equal(n, 1);
    assert_true(t[0]->evidence_n >= 2);
    for (size_t i = 0; i < t[0]->evidence_n; i++) {
        const struct tw_evidence_line *e = &t[0]->evidence[i];
        bool wrong = strcmp(e->device, "pe-a") == 0;
        int64_t off = tw_time_sub(e->stamp, e->received).ns / 1000000000;
        assert_int_equal(off, wrong ? -7 * 3600 : 0);
        assert_true(llabs(tw_time_sub(e->received, e->time).ns) <= INT64_C(2000000000));
    }
    tw_pipeline_destroy(st.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_the_clock_says),
        cmocka_unit_test(a_year_that_is_not_written),
        cmocka_unit_test(an_offset_that_means_something_else),
        cmocka_unit_test(lines_that_were_held_up),
        cmocka_unit_test(a_clock_set_back_by_less_than_what_is_late),
        cmocka_unit_test(the_proof_comes_after_a_restart),
        cmocka_unit_test(one_alarm_that_is_late_proves_nothing),
        cmocka_unit_test(what_is_told_of_it),
        cmocka_unit_test(evidence_tells_of_both_clocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
