/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "pipeline/pipeline.h"
#include "pipeline/rules.h"
#include "rules_dir.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

static const char inventory[] =
    "devices:\n"
    "  pe-a: {addresses: [192.0.2.1], hostnames: [PE-A]}\n"
    "  pe-b: {addresses: [192.0.2.2], hostnames: [PE-B]}\n"
    "pairs:\n"
    "  p:\n"
    "    devices: [pe-a, pe-b]\n"
    "    e-trunks: {1: {members: [{trunks: {pe-a: Eth-Trunk10, pe-b: Eth-Trunk10}, sub-interfaces: "
    "{100: {services: [arp]}}}]}}\n"
    "relays: [192.0.2.50]\n";

static struct tw_rules_text rules_text;

static struct tw_rules *rules(void)
{
    struct tw_errors errors = {0};
    struct tw_rules *r = tw_rules_create(&rules_text, &errors);
    for (size_t i = 0; i < errors.n; i++)
        print_error("%s\n", errors.text[i]);
    assert_non_null(r);
    return r;
}

static int setup(void **state)
{
    struct tw_errors errors = {0};
    const struct tw_topology *t =
        tw_topology_create("inventory", tw_str_of(inventory, sizeof inventory - 1), &errors);
    assert_non_null(t);
    *state = tw_pipeline_create(t, rules(), NULL);
    tw_topology_unref(t);
    return 0;
}

static int teardown(void **state)
{
    tw_pipeline_destroy(*state);
    return 0;
}

static tw_time at(int64_t s)
{
    return (tw_time){(1786212000 + s) * 1000000000};
}

static void feed(struct tw_pipeline *p, int64_t s, const char *from, struct tw_str bytes,
                 enum tw_transport transport)
{
    static uint64_t position;
    struct tw_record r = {
        .rx = at(s), .at = TW_TIME_MIN, .transport = transport, .bytes = bytes, .ref = {0, ++position}};
    if (from != NULL)
        assert_true(tw_addr_parse(tw_str_z(from), &r.from));
    tw_pipeline_feed(p, &r);
}

static const char down[] =
    "<186>Aug  8 2026 18:00:00 PE-A %%01IFNET/2/linkDown_active(l):CID=0x807a0405-alarmID=0x08520003;The "
    "interface status changes. (ifName=Eth-Trunk10.100, AdminStatus=UP, OperStatus=DOWN, "
    "Reason=Interface physical link is down, mainIfname=Eth-Trunk10)";

static void hostile_bytes_are_counted_and_disturb_nothing(void **state)
{
    struct tw_pipeline *p = *state;
    static char huge[100000];
    memset(huge, 'A', sizeof huge);
    memcpy(huge, "<190>Aug  8 2026 18:00:00 PE-A %%01", 35);
    static const unsigned char lying[] = {0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0x02, 0x01, 0x01};
    uint64_t before = tw_pipeline_counter(p, TW_COUNT_RECEIVED);
    feed(p, 0, "192.0.2.1", TW_STR(""), TW_TRANSPORT_SYSLOG);
    feed(p, 0, "192.0.2.1", TW_STR("\0\1\2\xff\xfe"), TW_TRANSPORT_SYSLOG);
    feed(p, 0, "192.0.2.1", TW_STR("%%"), TW_TRANSPORT_SYSLOG);
    feed(p, 0, "192.0.2.1", TW_STR("<999999999999>%%01A/B"), TW_TRANSPORT_SYSLOG);
    feed(p, 0, "192.0.2.1", tw_str_of(huge, sizeof huge), TW_TRANSPORT_SYSLOG);
    feed(p, 0, "192.0.2.1", TW_STR(""), TW_TRANSPORT_TRAP);
    feed(p, 0, "192.0.2.1", tw_str_of((const char *)lying, sizeof lying), TW_TRANSPORT_TRAP);
    feed(p, 0, "192.0.2.1",
         TW_STR("<186>Aug  8 2026 18:00:00 PE-A %%01IFNET/2/linkDown_active(l):CID=1;nothing known"),
         TW_TRANSPORT_SYSLOG);
    feed(p, 0, "203.0.113.9", tw_str_of(down, sizeof down - 1), TW_TRANSPORT_SYSLOG);
    feed(p, 0, "192.0.2.50", TW_STR("<186>Aug  8 2026 18:00:00 OTHER %%01IFNET/2/linkDown_active(l):CID=1;x"),
         TW_TRANSPORT_SYSLOG);
    assert_int_equal(tw_pipeline_counter(p, TW_COUNT_RECEIVED) - before, 10);
    assert_int_equal(tw_pipeline_counter(p, TW_COUNT_EVENTS), 0);
    assert_int_equal(tw_pipeline_counter(p, TW_COUNT_BAD_TRAP), 2);
    assert_int_equal(tw_pipeline_counter(p, TW_COUNT_UNKNOWN_SOURCE), 1);
    assert_int_equal(tw_pipeline_counter(p, TW_COUNT_UNKNOWN_HOST), 1);
    assert_int_equal(tw_pipeline_counter(p, TW_COUNT_BAD_FIELDS), 1);
    feed(p, 1, "192.0.2.1", tw_str_of(down, sizeof down - 1), TW_TRANSPORT_SYSLOG);
    tw_pipeline_advance(p, at(12));
    size_t n;
    const struct tw_transition *const *t = tw_pipeline_transitions(p, &n);
    assert_int_equal(n, 1);
    assert_string_equal(t[0]->condition, "no-switchover");
}

static void received_is_the_sum_of_what_became_of_it(void **state)
{
    struct tw_pipeline *p = *state;
    hostile_bytes_are_counted_and_disturb_nothing(state);
    uint64_t sum = 0;
    for (int c = TW_COUNT_EVENTS; c < TW_COUNT_BECAME; c++)
        sum += tw_pipeline_counter(p, (enum tw_counter)c);
    assert_int_equal(sum, tw_pipeline_counter(p, TW_COUNT_RECEIVED));
    /* By device: what it sent itself, broken or not; the stranger's and the relay's are nobody's. */
    const struct tw_device_stats *s = tw_pipeline_device_stats(p, 0);
    assert_int_equal(s->records, sum - 2);
    assert_int_equal(s->records, tw_counts_accepted(s->counts) + tw_counts_dropped(s->counts));
    assert_int_equal(s->counts[TW_COUNT_BAD_TRAP], 2);
    assert_int_equal(tw_counts_dropped(tw_pipeline_nobody(p)), 2);
    assert_int_equal(tw_counts_accepted(tw_pipeline_nobody(p)), 0);
}

static void broken_snapshots_are_refused(void **state)
{
    struct tw_pipeline *p = *state;
    struct tw_buf bytes = {0};
    size_t n;
    feed(p, 0, "192.0.2.1", tw_str_of(down, sizeof down - 1), TW_TRANSPORT_SYSLOG);
    tw_pipeline_snapshot(p, &bytes);
    for (size_t cut = 0; cut < bytes.n; cut += 3)
        assert_int_equal(tw_pipeline_restore(p, tw_str_cut(tw_buf_view(&bytes), cut)), TW_EFORMAT);
    /* Any byte changed: refused or taken, but never a crash, and the pipeline goes on. */
    for (size_t i = 0; i < bytes.n; i++) {
        bytes.p[i] ^= 0x41;
        if (tw_pipeline_restore(p, tw_buf_view(&bytes)) == TW_OK)
            tw_pipeline_advance(p, at(5000));
        tw_pipeline_effects_clear(p);
        bytes.p[i] ^= 0x41;
    }
    assert_int_equal(tw_pipeline_restore(p, tw_buf_view(&bytes)), TW_OK);
    tw_pipeline_advance(p, at(12));
    (void)tw_pipeline_transitions(p, &n);
    assert_int_equal(n, 1);
    tw_buf_finish(&bytes);
}

static void what_a_new_inventory_has_no_place_for_is_removed(void **state)
{
    struct tw_pipeline *p = *state;
    struct tw_errors errors = {0};
    static const char other[] = "devices:\n  pe-a: {addresses: [192.0.2.1], hostnames: [PE-A]}\n";
    const struct tw_topology *t = tw_topology_create("other", tw_str_of(other, sizeof other - 1), &errors);
    assert_non_null(t);
    feed(p, 0, "192.0.2.1", tw_str_of(down, sizeof down - 1), TW_TRANSPORT_SYSLOG);
    tw_pipeline_advance(p, at(20));
    tw_pipeline_effects_clear(p);
    tw_pipeline_swap(p, t, rules(), at(30));
    tw_topology_unref(t);
    size_t n;
    const struct tw_transition *const *out = tw_pipeline_transitions(p, &n);
    assert_int_equal(n, 1);
    assert_int_equal(out[0]->kind, TW_CLEARED);
    assert_string_equal(out[0]->cleared_by, "removed");
    assert_string_equal(out[0]->device, "pe-a");
}

static void a_changed_hold_applies_to_what_is_being_held(void **state)
{
    struct tw_pipeline *p = *state;
    struct tw_rules *longer = rules();
    size_t n;
    assert_true(tw_rules_hold(longer, TW_STR("no-switchover"), TW_SECONDS(60)));
    assert_false(tw_rules_hold(longer, TW_STR("no-such"), TW_SECONDS(60)));
    feed(p, 0, "192.0.2.1", tw_str_of(down, sizeof down - 1), TW_TRANSPORT_SYSLOG);
    tw_pipeline_swap(p, tw_pipeline_topology(p), longer, at(5));
    tw_pipeline_advance(p, at(59));
    (void)tw_pipeline_transitions(p, &n);
    assert_int_equal(n, 0);
    tw_pipeline_advance(p, at(61));
    const struct tw_transition *const *t = tw_pipeline_transitions(p, &n);
    assert_int_equal(n, 1);
    assert_int_equal(t[0]->time.ns, at(60).ns);
}

/* What a new inventory leaves of the pair. */
static void swap_to(struct tw_pipeline *p, const char *text, int64_t s)
{
    struct tw_errors errors = {0};
    const struct tw_topology *t = tw_topology_create("other", tw_str_z(text), &errors);
    assert_non_null(t);
    tw_pipeline_swap(p, t, rules(), at(s));
    tw_topology_unref(t);
}

static void say(struct tw_pipeline *p, int64_t s, const char *body)
{
    char line[512];
    int n = snprintf(line, sizeof line, "<186>PE-A %%%%01%s", body);
    feed(p, s, "192.0.2.1", tw_str_of(line, (size_t)n), TW_TRANSPORT_SYSLOG);
}

#define MASTER                                                                                               \
    "ETRUNK/4/ETRUNK_MEMBER_STATUS_CHANGE(l):CID=1;The status of an E-Trunk member changed. (ETrunkId=1, "   \
    "MemberType=1, "                                                                                         \
    "MemberId=10, State=Master, StateReason=ETRUNK_MASTER)"
#define DOWN(sub)                                                                                            \
    "IFNET/2/linkDown_active(l):CID=1;The interface status changes. (ifName=Eth-Trunk10." sub                \
    ", AdminStatus=UP, OperStatus=DOWN, Reason=Interface physical link is down)"
#define RBS(state)                                                                                           \
    "RBS/4/RBS_CHANNEL_STATUS_CHANGE(l):CID=1;The state of the RBS channel changed. (serviceName=rbs1, "     \
    "channelState=" state ")"

/* A v2c trap of SNMPv2-MIB without varbinds: 1 coldStart, 2 warmStart, 5 authenticationFailure. */
static void restart_trap(struct tw_pipeline *p, int64_t s, uint8_t which, uint32_t uptime)
{
    static const unsigned char b[44] = {0x30, 0, 2, 1, 1, 4, 6, 'p', 'u',  'b',  'l', 'i',  'c', 0xa7, 0,
                                        2,    1, 1, 2, 1, 0, 2, 1,   0,    0x30, 0,   0x30, 16,  6,    8,
                                        0x2b, 6, 1, 2, 1, 1, 3, 0,   0x43, 4,    0,   0,    0,   0};
    static const unsigned char oids[] = {0x30, 23, 6, 10, 0x2b, 6, 1, 6, 3, 1, 1, 4,
                                         1,    0,  6, 9,  0x2b, 6, 1, 6, 3, 1, 1, 5};
    unsigned char out[80];
    memcpy(out, b, 44);
    memcpy(out + 44, oids, sizeof oids);
    out[44 + sizeof oids] = which;
    size_t n = 44 + sizeof oids + 1;
    out[1] = (unsigned char)(n - 2);
    out[14] = (unsigned char)(n - 15);
    out[25] = (unsigned char)(n - 26);
    for (int i = 0; i < 4; i++)
        out[40 + i] = (unsigned char)(uptime >> (24 - 8 * i));
    feed(p, s, "192.0.2.1", tw_str_of((const char *)out, n), TW_TRANSPORT_TRAP);
    assert_int_not_equal(tw_pipeline_last(p), TW_COUNT_BAD_TRAP);
}

/* What a router calls its RBS goes into a summary and into commands that a person copies. */
static void a_name_from_a_message_is_safe_to_print(void **state)
{
    struct tw_pipeline *p = *state;
    size_t n;
    say(p, 0,
        "RBS/4/RBS_CHANNEL_STATUS_CHANGE(l):CID=1;The state of the RBS channel changed. "
        "(serviceName=a\x1b[2Jb\xff, channelState=Down)");
    tw_pipeline_advance(p, at(60));
    const struct tw_transition *const *t = tw_pipeline_transitions(p, &n);
    assert_int_equal(n, 1);
    assert_non_null(strstr(t[0]->summary, "RBS channel a\\x1b[2Jb\\xff)"));
    for (size_t i = 0; i < t[0]->hints_n; i++) {
        for (size_t k = 0; k < t[0]->hints[i].commands_n; k++)
            assert_null(strpbrk(t[0]->hints[i].commands[k], "\x1b\xff"));
    }
}

static size_t transitions(struct tw_pipeline *p, const char *condition, enum tw_transition_kind kind)
{
    size_t n, hits = 0;
    const struct tw_transition *const *t = tw_pipeline_transitions(p, &n);
    for (size_t i = 0; i < n; i++)
        hits += t[i]->kind == kind && strcmp(t[i]->condition, condition) == 0;
    return hits;
}

static void a_cold_start_told_twice_forgets_once(void **state)
{
    struct tw_pipeline *p = *state;
    restart_trap(p, 0, 1, 100);
    say(p, 2, MASTER);
    say(p, 3, DOWN("100"));
    restart_trap(p, 8, 1, 100); /* the same: an inform that was repeated */
    tw_pipeline_advance(p, at(60));
    assert_int_equal(transitions(p, "no-switchover", TW_RAISED), 1);
}

static void a_repeat_settles_what_a_warm_start_made_stale(void **state)
{
    struct tw_pipeline *p = *state;
    size_t n;
    say(p, 0, RBS("Down"));
    tw_pipeline_advance(p, at(40));
    restart_trap(p, 50, 2, 100);
    say(p, 60, RBS("Down"));
    const struct tw_transition *const *t = tw_pipeline_transitions(p, &n);
    assert_int_equal(n, 3);
    assert_int_equal(t[1]->confidence, TW_CONFIDENCE_INFERRED);
    assert_int_equal(t[2]->confidence, TW_CONFIDENCE_CONFIRMED);
}

static void a_wrapped_uptime_is_no_restart(void **state)
{
    struct tw_pipeline *p = *state;
    say(p, 0, RBS("Down"));
    tw_pipeline_advance(p, at(40));
    restart_trap(p, 50, 5, UINT32_MAX - 295);
    restart_trap(p, 86450, 5, (uint32_t)(UINT32_MAX - 295 + 8640000u));
    assert_int_equal(transitions(p, "redundancy-lost", TW_UPDATED), 0);
}

static void a_trap_leaves_the_skew_of_the_log_alone(void **state)
{
    struct tw_pipeline *p = *state;
    char line[200];
    for (int i = 0; i < 20; i++) {
        int n = snprintf(line, sizeof line,
                         "<189>Aug  8 2026 18:%02d:%02d PE-A %%%%01LLDP/4/BAD_PACKET(l):CID=1;x",
                         (i + 40) / 60, (i + 40) % 60);
        feed(p, i, "192.0.2.1", tw_str_of(line, (size_t)n), TW_TRANSPORT_SYSLOG);
        if (i == 16)
            restart_trap(p, i, 5, 100000);
    }
    assert_int_equal(tw_pipeline_device_stats(p, 0)->skew.ns, TW_SECONDS(40).ns);
}

static void a_device_taken_out_of_its_pair_takes_its_channel_along(void **state)
{
    struct tw_pipeline *p = *state;
    say(p, 0, RBS("Down"));
    tw_pipeline_advance(p, at(40));
    assert_int_equal(transitions(p, "redundancy-lost", TW_RAISED), 1);
    swap_to(p, "devices: {pe-a: {addresses: [192.0.2.1], hostnames: [PE-A]}}\n", 50);
    assert_int_equal(transitions(p, "redundancy-lost", TW_CLEARED), 1);
    tw_pipeline_advance(p, at(500));
}

static void an_item_taken_out_leaves_the_alert_to_the_others(void **state)
{
    struct tw_pipeline *p = *state;
    size_t n;
    say(p, 0, MASTER);
    say(p, 1, DOWN("100"));
    say(p, 1, DOWN("200"));
    tw_pipeline_advance(p, at(30));
    tw_pipeline_effects_clear(p);
    swap_to(
        p,
        "devices:\n  pe-a: {addresses: [192.0.2.1], hostnames: [PE-A]}\n  pe-b: {addresses: [192.0.2.2]}\n"
        "pairs: {p: {devices: [pe-a, pe-b], e-trunks: {1: {members: [{trunks: {pe-a: Eth-Trunk10, pe-b: "
        "Eth-Trunk10}, "
        "unlisted: ignore, sub-interfaces: {200: {}}}]}}}}\n",
        40);
    tw_pipeline_advance(p, at(60));
    const struct tw_transition *const *t = tw_pipeline_transitions(p, &n);
    assert_int_equal(n, 1);
    assert_int_equal(t[0]->kind, TW_UPDATED);
    assert_int_equal(t[0]->sub_interfaces_n, 1);
    assert_string_equal(t[0]->sub_interfaces[0], "Eth-Trunk10.200");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_cold_start_told_twice_forgets_once, setup, teardown),
        cmocka_unit_test_setup_teardown(a_repeat_settles_what_a_warm_start_made_stale, setup, teardown),
        cmocka_unit_test_setup_teardown(a_wrapped_uptime_is_no_restart, setup, teardown),
        cmocka_unit_test_setup_teardown(a_trap_leaves_the_skew_of_the_log_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(a_device_taken_out_of_its_pair_takes_its_channel_along, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(an_item_taken_out_leaves_the_alert_to_the_others, setup, teardown),
        cmocka_unit_test_setup_teardown(hostile_bytes_are_counted_and_disturb_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(received_is_the_sum_of_what_became_of_it, setup, teardown),
        cmocka_unit_test_setup_teardown(a_name_from_a_message_is_safe_to_print, setup, teardown),
        cmocka_unit_test_setup_teardown(broken_snapshots_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(what_a_new_inventory_has_no_place_for_is_removed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_changed_hold_applies_to_what_is_being_held, setup, teardown),
    };
    rules_text = test_read_rules("rules");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
