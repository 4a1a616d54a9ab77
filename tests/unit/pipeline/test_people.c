/* SPDX-License-Identifier: ISC */
/* What people do about alerts, through the front door. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"
#include "pipeline_of.h"

#include <stdio.h>
#include <stdlib.h>

static const char inventory[] =
    "devices:\n"
    "  pe-a: {addresses: [192.0.2.1], hostnames: [PE-A]}\n"
    "  pe-b: {addresses: [192.0.2.2], hostnames: [PE-B]}\n"
    "pairs:\n"
    "  one:\n"
    "    devices: [pe-a, pe-b]\n"
    "    e-trunks:\n"
    "      7:\n"
    "        members:\n"
    "          - trunks: {pe-a: Eth-Trunk10, pe-b: Eth-Trunk20}\n"
    "            sub-interfaces: {100: {services: [arp]}, 200: {services: [igmp]}}\n";
static const char *const addresses[] = {"192.0.2.1", "192.0.2.2"};

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

/* Seconds after 2026-08-08T18:00:00Z. */
static tw_time at(int64_t s)
{
    return (tw_time){(1786212000 + s) * INT64_C(1000000000)};
}

static void feed(struct tw_pipeline *p, int64_t s, int device, const char *text)
{
    struct tw_record r = {.rx = at(s), .at = TW_TIME_MIN, .bytes = tw_str_z(text), .ref = {0, 1}};
    assert_true(tw_addr_parse(tw_str_z(addresses[device]), &r.from));
    tw_pipeline_feed(p, &r);
}

static void link(struct tw_pipeline *p, int64_t s, int number, bool up)
{
    char line[512];
    (void)snprintf(
        line, sizeof line,
        "<186>PE-A %%%%01IFNET/2/linkDown_%s(l):CID=1;The interface status changes. "
        "(ifName=Eth-Trunk10.%d, AdminStatus=UP, OperStatus=%s, Reason=Interface physical link is %s, "
        "mainIfname=Eth-Trunk10)",
        up ? "clear" : "active", number, up ? "UP" : "DOWN", up ? "up" : "down");
    feed(p, s, 0, line);
}

/* pe-b does not hear pe-a any more. */
static void peer_lost(struct tw_pipeline *p, int64_t s)
{
    feed(p, s, 1,
         "<188>PE-B %%01ETRUNK/4/ETRUNK_STATUS_CHANGE(l):CID=1;The status of the E-Trunk changed. "
         "(ETrunkId=7, "
         "State=Backup, StateReason=PEER_TIMEOUT)");
}

/* What was done: NULL, or it was refused. */
static enum tw_counter act(struct tw_pipeline *p, int64_t s, const char *words)
{
    char text[1024];
    (void)snprintf(text, sizeof text, "trunkwatch-operator %s", words);
    struct tw_record r = {
        .rx = at(s), .at = TW_TIME_MIN, .transport = TW_TRANSPORT_OPERATOR, .bytes = tw_str_z(text)};
    uint64_t received = tw_pipeline_counter(p, TW_COUNT_RECEIVED);
    tw_pipeline_feed(p, &r);
    assert_true(tw_pipeline_kept(p));
    assert_int_equal(tw_pipeline_counter(p, TW_COUNT_RECEIVED), received);
    return tw_pipeline_last(p);
}

static void done(struct tw_pipeline *p, int64_t s, const char *words)
{
    if (act(p, s, words) != TW_COUNT_OPERATOR_ACTS)
        fail_msg("refused: %s", words);
}

static void refused(struct tw_pipeline *p, int64_t s, const char *words)
{
    if (act(p, s, words) != TW_COUNT_OPERATOR_REFUSED)
        fail_msg("done: %s", words);
}

/* Transitions since the last call: "raised no-switchover m1 by pat", a part for each. */
static const char *came(struct tw_pipeline *p)
{
    static char text[1024];
    size_t n, used = 0;
    const struct tw_transition *const *t = tw_pipeline_transitions(p, &n);
    text[0] = '\0';
    for (size_t i = 0; i < n && used < sizeof text; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %s %s %s", i > 0 ? ", " : "",
                                 tw_transition_name(t[i]->kind), t[i]->condition,
                                 t[i]->silenced != NULL ? t[i]->silenced->id : "-",
                                 t[i]->acknowledged != NULL ? t[i]->acknowledged->by : "-");
    tw_pipeline_effects_clear(p);
    return text;
}

static const char *go(struct tw_pipeline *p, int64_t s)
{
    tw_pipeline_advance(p, tw_time_add(at(s), (tw_dur){1}));
    return came(p);
}

static void what_matches(void **state)
{
    static const struct {
        const char *words;
        bool matches;
    } rows[] = {{"pair=one", true},
                {"pair=on", false},
                {"device=pe-*", true},
                {"device=pe-b", false},
                {"e-trunk=7", true},
                {"e-trunk=1", false},
                {"trunk=Eth-Trunk10", true},
                {"trunk=Eth-Trunk20", false},
                {"condition=no-*", true},
                {"condition=flapping", false},
                {"severity=critical", true},
                {"severity=warning", false},
                {"service=arp", true},
                {"service=i*", true},
                {"service=igmp-snooping", false},
                {"pair=one service=arp severity=critical", true},
                {"pair=one service=bras severity=critical", false}};
    struct tw_pipeline *p = *state;
    char words[256];
    link(p, 0, 100, false);
    link(p, 0, 200, false);
    assert_string_equal(go(p, 10), "raised no-switchover - -");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        (void)snprintf(words, sizeof words, "silence id=s1 by=pat until=2026-08-08T19:00:00Z %s",
                       rows[i].words);
        done(p, 20, words);
        if (strcmp(came(p), rows[i].matches ? "updated no-switchover s1 -" : "") != 0)
            fail_msg("%s", words);
        done(p, 20, "unsilence id=s1 by=pat");
        assert_string_equal(came(p), rows[i].matches ? "updated no-switchover - -" : "");
    }
    /* What joins and what leaves can make a difference. */
    done(p, 20, "silence id=s1 by=pat until=2026-08-08T19:00:00Z service=igmp");
    assert_string_equal(came(p), "updated no-switchover s1 -");
    link(p, 30, 200, true);
    assert_string_equal(came(p), "updated no-switchover - -");
    link(p, 40, 200, false);
    assert_string_equal(go(p, 50), "updated no-switchover s1 -");
}

static void one_after_the_other(void **state)
{
    struct tw_pipeline *p = *state;
    link(p, 0, 100, false);
    (void)go(p, 10);
    done(p, 20, "silence id=short by=pat until=2026-08-08T18:01:00Z pair=one");
    assert_string_equal(came(p), "updated no-switchover short -");
    /* It is quiet already; when the first one ends, the one that lasts longest goes on. */
    done(p, 21, "silence id=long by=pat until=2026-08-08T18:10:00Z pair=one");
    done(p, 22,
         "maintenance id=longest by=sam from=2026-08-08T18:00:30Z until=2026-08-08T18:20:00Z device=pe-a");
    assert_string_equal(came(p), "");
    struct tw_people all = tw_pipeline_people(p);
    assert_int_equal(all.silences, 2);
    assert_int_equal(all.windows, 1);
    assert_int_equal(all.windows_open, 0);
    assert_int_equal(all.silenced, 1);
    assert_string_equal(go(p, 59), "");
    assert_string_equal(go(p, 60), "updated no-switchover longest -");
    done(p, 61, "unmaintenance id=longest by=sam");
    assert_string_equal(came(p), "updated no-switchover long -");
    assert_string_equal(go(p, 600), "updated no-switchover - -");
    size_t n;
    (void)tw_pipeline_standing(p, &n);
    assert_int_equal(n, 0);
    assert_int_equal(tw_pipeline_next_deadline(p).ns, INT64_MAX);
}

static void maintenance_is_about_a_device_and_who_misses_it(void **state)
{
    struct tw_pipeline *p = *state;
    done(p, 0, "maintenance id=m1 by=sam from=2026-08-08T18:00:00Z for=1h device=pe-a");
    peer_lost(p, 10);
    assert_string_equal(go(p, 50), "raised redundancy-lost m1 -");
    done(p, 51, "unmaintenance id=m1 by=sam");
    assert_string_equal(came(p), "updated redundancy-lost - -");
    done(p, 52,
         "silence id=s1 by=sam until=2026-08-08T19:00:00Z device=pe-a"); /* no silence reaches so far */
    assert_string_equal(came(p), "");
    done(p, 53, "maintenance id=m1 by=sam from=2026-08-08T18:00:00Z for=1h device=pe-b");
    assert_string_equal(came(p), "updated redundancy-lost m1 -");
    /* What pe-a itself interrupts while pe-b is worked on is heard of. */
    done(p, 54, "unsilence id=s1 by=sam");
    link(p, 60, 100, false);
    assert_string_equal(go(p, 70), "raised no-switchover - -");
}

static void what_can_not_be_done(void **state)
{
    struct tw_pipeline *p = *state;
    char words[256], id[TW_ALERT_ID] = {0};
    refused(p, 0, "ack id=0123456789abcdef by=pat");
    refused(p, 0, "unsilence id=s1 by=pat");
    refused(p, 0, "silence id=s1 by=pat until=2026-08-08T18:00:00Z pair=one");
    refused(p, 0, "maintenance id=m1 by=pat from=2026-08-08T16:00:00Z for=1h pair=one");
    refused(p, 0, "nonsense");
    done(p, 0, "silence id=x by=pat until=2026-08-08T19:00:00Z pair=one");
    refused(p, 1, "silence id=x by=pat until=2026-08-08T19:00:00Z pair=two");
    refused(p, 1, "maintenance id=x by=pat from=2026-08-08T18:00:00Z for=1h pair=one");
    refused(p, 1, "unmaintenance id=x by=pat");
    done(p, 1, "unsilence id=x by=pat");
    /* One without an id gets one, and the same again at the same moment is the same. */
    done(p, 2, "silence by=pat until=2026-08-08T19:00:00Z pair=one");
    refused(p, 2, "silence by=pat until=2026-08-08T19:00:00Z pair=one");
    done(p, 3, "silence by=pat until=2026-08-08T19:00:00Z pair=one");
    for (int i = 2; i < TW_STANDING_MAX; i++) {
        (void)snprintf(words, sizeof words, "silence id=i%d by=pat until=2026-08-08T19:00:00Z pair=one", i);
        done(p, 4, words);
    }
    refused(p, 4, "silence id=more by=pat until=2026-08-08T19:00:00Z pair=one");
    done(p, 4, "maintenance id=m1 by=pat from=2026-08-08T18:00:00Z for=1h pair=one"); /* they have room of
                                                                                         their own */
    /* By the beginning of an id. */
    link(p, 10, 100, false);
    peer_lost(p, 10);
    (void)go(p, 60);
    assert_int_equal(tw_pipeline_find(p, "", id), 2);
    id[6] = '\0';
    assert_int_equal(tw_pipeline_find(p, id, id), 1);
    assert_int_equal(strlen(id), TW_ALERT_ID - 1);
    assert_int_equal(tw_pipeline_find(p, "0000000", id), 0);
    (void)snprintf(words, sizeof words, "unack id=%s by=pat", id);
    refused(p, 61, words);
    done(p, 61, words + 2);
    assert_int_equal(tw_pipeline_people(p).acknowledged, 1);
}

static void all_of_it_is_in_the_snapshot(void **state)
{
    struct tw_pipeline *p = *state;
    char words[128], id[TW_ALERT_ID] = {0};
    struct tw_buf bytes = {0}, again = {0};
    link(p, 0, 100, false);
    (void)go(p, 10);
    assert_int_equal(tw_pipeline_find(p, "", id), 1);
    (void)snprintf(words, sizeof words, "ack id=%s by=pat why=\"mine \xc3\xa9\"", id);
    done(p, 11, words);
    done(p, 12,
         "maintenance id=m1 by=sam from=2026-08-08T18:01:00Z for=1m every=day zone=-01:00 "
         "until=2026-08-10T00:00:00Z pair=one");
    done(p, 13, "silence id=s1 by=sam until=2026-08-08T18:00:30Z pair=one");
    (void)came(p);
    tw_pipeline_snapshot(p, &bytes);
    struct tw_pipeline *q = test_pipeline_of(inventory);
    assert_int_equal(tw_pipeline_restore(q, tw_buf_view(&bytes)), TW_OK);
    tw_pipeline_snapshot(q, &again);
    assert_int_equal(bytes.n, again.n);
    assert_memory_equal(bytes.p, again.p, bytes.n);
    struct tw_pipeline *both[] = {p, q};
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(go(both[i], 30), "updated no-switchover - pat");
        assert_string_equal(go(both[i], 60), "updated no-switchover m1 pat");
        assert_string_equal(go(both[i], 120), "updated no-switchover - pat");
        assert_string_equal(go(both[i], 172800), "updated no-switchover m1 pat, updated no-switchover - pat");
        assert_int_equal(tw_pipeline_next_deadline(both[i]).ns, INT64_MAX);
    }
    /* Cut anywhere it is no snapshot. */
    for (size_t n = 0; n < bytes.n; n++)
        assert_int_equal(tw_pipeline_restore(q, tw_str_of(bytes.p, n)), TW_EFORMAT);
    tw_pipeline_destroy(q);
    tw_buf_finish(&bytes);
    tw_buf_finish(&again);
}

/* The line of a log: not what a router sends, whatever it looks like. */
static void a_message_is_no_act(void **state)
{
    struct tw_pipeline *p = *state;
    feed(p, 0, 0, "trunkwatch-operator silence by=eve until=2026-08-08T19:00:00Z pair=one");
    assert_int_equal(tw_pipeline_last(p), TW_COUNT_NOT_VRP);
    feed(p, 0, 0, "<188>PE-A trunkwatch-operator silence by=eve until=2026-08-08T19:00:00Z pair=one");
    assert_int_equal(tw_pipeline_people(p).silences, 0);
    struct tw_record file = {.rx = at(1),
                             .at = at(1),
                             .bytes = TW_STR("trunkwatch-operator silence by=pat "
                                             "why=\"%%01IFNET/2/linkDown_active(l):CID=1;x\" "
                                             "until=2026-08-08T19:00:00Z pair=one")};
    tw_pipeline_feed(p, &file);
    assert_int_equal(tw_pipeline_last(p), TW_COUNT_OPERATOR_ACTS);
    assert_int_equal(tw_pipeline_people(p).silences_open, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_matches, setup, teardown),
        cmocka_unit_test_setup_teardown(one_after_the_other, setup, teardown),
        cmocka_unit_test_setup_teardown(maintenance_is_about_a_device_and_who_misses_it, setup, teardown),
        cmocka_unit_test_setup_teardown(what_can_not_be_done, setup, teardown),
        cmocka_unit_test_setup_teardown(all_of_it_is_in_the_snapshot, setup, teardown),
        cmocka_unit_test_setup_teardown(a_message_is_no_act, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
