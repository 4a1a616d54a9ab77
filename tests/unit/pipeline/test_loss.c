/* SPDX-License-Identifier: ISC */
/* Notes of lost messages: alerts say that they may not know everything, and are judged as ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"
#include "model/loss.h"
#include "pipeline_of.h"

#include <stdio.h>
#include <stdlib.h>

static const char inventory[] =
    "devices:\n"
    "  pe-a: {addresses: [192.0.2.1], hostnames: [PE-A], certificate: pe-a.example}\n"
    "  pe-b: {addresses: [192.0.2.2], hostnames: [PE-B]}\n"
    "  pe-c: {addresses: [192.0.2.3], hostnames: [PE-C]}\n"
    "  pe-d: {addresses: [192.0.2.4], hostnames: [PE-D]}\n"
    "pairs:\n"
    "  one:\n"
    "    devices: [pe-a, pe-b]\n"
    "    e-trunks: {1: {members: [{trunks: {pe-a: Eth-Trunk10, pe-b: Eth-Trunk10}}]}}\n"
    "  two:\n"
    "    devices: [pe-c, pe-d]\n"
    "    e-trunks: {1: {members: [{trunks: {pe-c: Eth-Trunk10, pe-d: Eth-Trunk10}}]}}\n"
    "relays: [192.0.2.50, {certificate: relay.example}]\n";
enum { ONE, TWO };
static const char *const addresses[] = {"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"};

static int setup(void **state)
{
    *state = test_pipeline_of(inventory);
    return 0;
}

static int teardown(void **state)
{
    tw_pipeline_destroy(*state);
    return 0;
}

static tw_time at(int64_t s)
{
    return (tw_time){(1786212000 + s) * INT64_C(1000000000)};
}

static void feed(struct tw_pipeline *p, int64_t s, const char *from, uint32_t input,
                 enum tw_transport transport, const char *text)
{
    struct tw_record r = {
        .rx = at(s), .at = TW_TIME_MIN, .transport = transport, .bytes = tw_str_z(text), .ref = {input, 1}};
    if (from != NULL)
        assert_true(tw_addr_parse(tw_str_z(from), &r.from));
    tw_pipeline_feed(p, &r);
}

/* Device 0 is pe-a. On a socket of its own, or of its pair. */
static void link(struct tw_pipeline *p, int64_t s, int device, uint32_t input, bool up)
{
    char line[512];
    (void)snprintf(
        line, sizeof line,
        "<186>PE-%c %%%%01IFNET/2/linkDown_%s(l):CID=1;The interface status changes. "
        "(ifName=Eth-Trunk10.100, "
        "AdminStatus=UP, OperStatus=%s, Reason=Interface physical link is %s, mainIfname=Eth-Trunk10)",
        'A' + device, up ? "clear" : "active", up ? "UP" : "DOWN", up ? "up" : "down");
    feed(p, s, addresses[device], input, TW_TRANSPORT_SYSLOG, line);
}

static void lose(struct tw_pipeline *p, int64_t s, const char *from, uint32_t input, const char *what)
{
    char text[80];
    (void)snprintf(text, sizeof text, "trunkwatch-loss %s", what);
    feed(p, s, from, input, TW_TRANSPORT_LOSS, text);
    assert_int_equal(tw_pipeline_last(p), TW_COUNT_LOSS_NOTES);
}

/* What came out since the last call: "raised ok one", a line each. */
static const char *came(struct tw_pipeline *p)
{
    static char text[1024];
    size_t n, used = 0;
    const struct tw_transition *const *t = tw_pipeline_transitions(p, &n);
    text[0] = '\0';
    for (size_t i = 0; i < n && used < sizeof text; i++) {
        assert_int_equal(strstr(t[i]->summary, "were lost") != NULL, t[i]->lossy);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %s %s", i > 0 ? ", " : "",
                                 tw_transition_name(t[i]->kind), t[i]->lossy ? "lossy" : "ok", t[i]->pair);
    }
    tw_pipeline_effects_clear(p);
    return text;
}

static void the_text_form(void **state)
{
    static const char *const bad[] = {"",
                                      "trunkwatch-loss",
                                      "trunkwatch-loss kernel",
                                      "trunkwatch-loss kernel 0",
                                      "trunkwatch-loss kernel -1",
                                      "trunkwatch-loss kernel 9223372036854775808",
                                      "trunkwatch-loss flood 1",
                                      "trunkwatch-loss kernel 1 nobody",
                                      "trunkwatch-loss kernel 1 192.0.2.1 more",
                                      "trunkwatch-loss kernel 1 192.0.2.1 certificate",
                                      "trunkwatch-loss kernel 1 192.0.2.1 certificate ",
                                      "trunkwatch-loss kernel 1 certificate pe-a.example",
                                      "trunkwatch-losskernel 1",
                                      "x trunkwatch-loss kernel 1"};
    struct tw_loss l, back;
    struct tw_buf b = {0};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(tw_loss_parse(tw_str_z(bad[i]), &l));
    for (int c = 0; c < TW_LOSSES; c++) {
        l = (struct tw_loss){.cause = (enum tw_loss_cause)c, .count = 1 + 1000000007ull * (unsigned)c};
        if (c % 2)
            assert_true(tw_addr_parse(TW_STR("2001:db8::1"), &l.from));
        if (c == TW_LOSS_DISCONNECT)
            l.certificate = TW_STR("a name of several words");
        tw_buf_clear(&b);
        tw_loss_text(&l, &b);
        assert_true(tw_loss_parse(tw_buf_view(&b), &back));
        assert_int_equal(back.cause, l.cause);
        assert_int_equal(back.count, l.count);
        assert_true(tw_addr_eq(&back.from, &l.from) && tw_str_eq(back.certificate, l.certificate));
    }
    tw_buf_finish(&b);
}

static void raised_within_five_minutes(void **state)
{
    struct tw_pipeline *p = *state;
    link(p, 0, 0, 0, false);
    tw_pipeline_advance(p, at(11));
    assert_string_equal(came(p), "raised ok one");
    lose(p, 100, "192.0.2.3", 0, "shed 5");
    assert_string_equal(came(p), ""); /* another pair's */
    link(p, 390, 2, 0, false);
    tw_pipeline_advance(p, at(401));
    assert_string_equal(came(p), "raised lossy two");
    assert_true(tw_pipeline_pair_feed(p, TWO).since.ns == at(100).ns);
    link(p, 500, 2, 0, true);
    assert_string_equal(came(p), "cleared lossy two"); /* as it was when it was raised */
    link(p, 600, 2, 0, false);
    tw_pipeline_advance(p, at(611));
    assert_string_equal(came(p), "raised ok two"); /* more than five minutes after */
    assert_false(tw_pipeline_pair_feed(p, TWO).lossy);
    assert_int_equal(tw_pipeline_pair_feed(p, TWO).lost[TW_LOSS_SHED], 5);
}

static void an_open_alert_says_so_once(void **state)
{
    struct tw_pipeline *p = *state;
    link(p, 0, 0, 0, false);
    tw_pipeline_advance(p, at(11));
    assert_string_equal(came(p), "raised ok one");
    lose(p, 5000, "192.0.2.2", 0, "disconnect 1"); /* its peer's: that counts as well */
    tw_pipeline_advance(p, at(5002));
    assert_string_equal(came(p), "updated lossy one");
    lose(p, 5010, "192.0.2.1", 0, "kernel 100");
    tw_pipeline_advance(p, at(5100));
    assert_string_equal(came(p), "");
    link(p, 9000, 0, 0, true);
    assert_string_equal(came(p), "cleared lossy one");
}

static void whose_feed_it_was(void **state)
{
    struct tw_pipeline *p = *state;
    for (int d = 0; d < 3; d++)
        link(p, 0, d, d < 2 ? 0 : 1, true);
    lose(p, 1, NULL, 0, "kernel 7"); /* all that are heard on that socket, and pe-d, which never was */
    assert_true(tw_pipeline_device_feed(p, 0).lossy && tw_pipeline_device_feed(p, 1).lossy);
    assert_false(tw_pipeline_device_feed(p, 2).lossy);
    assert_true(tw_pipeline_device_feed(p, 3).lossy);
    assert_int_equal(tw_pipeline_pair_feed(p, ONE).lost[TW_LOSS_KERNEL], 7);
    lose(p, 400, "192.0.2.50", 1, "disconnect 1"); /* a relay's: of anybody on that socket */
    assert_true(tw_pipeline_device_feed(p, 2).lossy);
    assert_false(tw_pipeline_device_feed(p, 0).lossy);
    lose(p, 800, "198.51.100.1", 0, "shed 9"); /* a stranger's: nobody's */
    lose(p, 800, NULL, 0, "shed 9 198.51.100.1");
    assert_false(tw_pipeline_pair_feed(p, ONE).lossy || tw_pipeline_pair_feed(p, TWO).lossy);
    lose(p, 801, NULL, 0, "shed 9 192.0.2.2");
    assert_true(tw_pipeline_pair_feed(p, ONE).lossy);
    assert_false(tw_pipeline_device_feed(p, 0).lossy);
    /* By its certificate, wherever it comes from, and before the address. */
    lose(p, 1100, NULL, 0, "disconnect 2 198.51.100.1 certificate PE-A.example");
    assert_true(tw_pipeline_device_feed(p, 0).lossy);
    assert_int_equal(tw_pipeline_device_feed(p, 0).lost[TW_LOSS_DISCONNECT], 2);
    lose(p, 1101, NULL, 0, "disconnect 2 192.0.2.3 certificate pe-a.example");
    assert_int_equal(tw_pipeline_device_feed(p, 0).lost[TW_LOSS_DISCONNECT], 4);
    assert_false(tw_pipeline_device_feed(p, 2).lossy);
    lose(p, 1102, NULL, 1, "disconnect 1 198.51.100.1 certificate relay.example"); /* anybody's, there */
    assert_true(tw_pipeline_device_feed(p, 2).lossy);
    lose(p, 1103, NULL, 1, "disconnect 1 198.51.100.1 certificate nobody.example");
    assert_int_equal(tw_pipeline_device_feed(p, 2).lost[TW_LOSS_DISCONNECT], 2); /* 400, 1102 */
    lose(p, 1104, NULL, 0, "restart 1"); /* everybody's, whichever socket he is heard on */
    for (uint32_t d = 0; d < 4; d++)
        assert_int_equal(tw_pipeline_device_feed(p, d).lost[TW_LOSS_RESTART], 1);
    lose(p, 1450, "192.0.2.1", 0, "what is this"); /* damaged: a loss all the same */
    assert_true(tw_pipeline_device_feed(p, 0).lossy);
    assert_int_equal(tw_pipeline_counter(p, TW_COUNT_RECEIVED), 3); /* notes are no messages */
}

static void a_note_in_a_file_but_not_from_the_network(void **state)
{
    struct tw_pipeline *p = *state;
    static const char note[] = "trunkwatch-loss kernel 3";
    link(p, 0, 0, 0, true);
    feed(p, 1, "192.0.2.1", 0, TW_TRANSPORT_SYSLOG, note);
    assert_int_equal(tw_pipeline_last(p), TW_COUNT_NOT_VRP);
    assert_false(tw_pipeline_device_feed(p, 0).lossy);
    feed(p, 1, NULL, 0, TW_TRANSPORT_SYSLOG, note);
    assert_int_equal(tw_pipeline_last(p), TW_COUNT_LOSS_NOTES);
    assert_true(tw_pipeline_device_feed(p, 0).lossy);
    assert_int_equal(tw_pipeline_counter(p, TW_COUNT_RECEIVED), 2);
}

static void it_outlives_a_restart_and_a_reload(void **state)
{
    struct tw_pipeline *p = *state, *q = test_pipeline_of(inventory);
    struct tw_buf bytes = {0};
    link(p, 0, 0, 3, true);
    lose(p, 1, NULL, 3, "kernel 7");
    tw_pipeline_snapshot(p, &bytes);
    assert_int_equal(tw_pipeline_restore(q, tw_buf_view(&bytes)), TW_OK);
    assert_true(tw_pipeline_device_feed(q, 0).lossy);
    assert_int_equal(tw_pipeline_device_feed(q, 0).since.ns, at(1).ns);
    link(q, 200, 0, 3, false);
    tw_pipeline_advance(q, at(211));
    assert_string_equal(came(q), "raised lossy one");
    /* It is still known who is heard where. */
    lose(q, 900, NULL, 3, "kernel 1");
    lose(q, 900, NULL, 4, "kernel 1");
    assert_int_equal(tw_pipeline_device_feed(q, 0).lost[TW_LOSS_KERNEL], 8);
    tw_pipeline_destroy(q);
    tw_buf_finish(&bytes);
}

/* Faults and ends of two pairs; with a loss after each message, or none. */
static void story(struct tw_pipeline *p, bool losses, struct tw_buf *out)
{
    for (int i = 0; i < 40; i++) {
        int64_t s = INT64_C(9) * i;
        link(p, s, (i * 7) % 4, 0, i % 3 == 0);
        if (losses)
            lose(p, s, i % 2 ? NULL : addresses[i % 4], 0, "kernel 1");
    }
    tw_pipeline_advance(p, at(5000));
    size_t n;
    const struct tw_transition *const *t = tw_pipeline_transitions(p, &n);
    for (size_t i = 0; i < n; i++) {
        if (t[i]->kind == TW_UPDATED && t[i]->sub_interfaces_n == 1)
            continue; /* that it is lossy now */
        assert_true(t[i]->lossy == losses);
        tw_buf_fmt(out, "%s %s %s %lld %lld\n", tw_transition_name(t[i]->kind), t[i]->alert_id,
                   t[i]->condition, (long long)t[i]->time.ns, (long long)t[i]->since.ns);
    }
}

static void no_alert_is_lost_or_made_by_it(void **state)
{
    struct tw_pipeline *p = *state, *q = test_pipeline_of(inventory);
    struct tw_buf with = {0}, without = {0};
    story(p, true, &with);
    story(q, false, &without);
    assert_true(without.n > 0);
    assert_string_equal(with.p, without.p);
    tw_buf_finish(&with);
    tw_buf_finish(&without);
    tw_pipeline_destroy(q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_form),
        cmocka_unit_test_setup_teardown(raised_within_five_minutes, setup, teardown),
        cmocka_unit_test_setup_teardown(an_open_alert_says_so_once, setup, teardown),
        cmocka_unit_test_setup_teardown(whose_feed_it_was, setup, teardown),
        cmocka_unit_test_setup_teardown(a_note_in_a_file_but_not_from_the_network, setup, teardown),
        cmocka_unit_test_setup_teardown(it_outlives_a_restart_and_a_reload, setup, teardown),
        cmocka_unit_test_setup_teardown(no_alert_is_lost_or_made_by_it, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
