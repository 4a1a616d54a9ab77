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

static struct tw_str read_file(const char *path)
{
    struct tw_buf b = {0};
    char part[65536];
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    for (size_t n; (n = fread(part, 1, sizeof part, f)) > 0;)
        tw_buf_add(&b, part, n);
    fclose(f);
    return (struct tw_str){b.p, b.n};
}

static const struct tw_rule_file *read_dir(const char *dir, size_t *n)
{
    struct tw_rule_file *list = NULL;
    struct dirent **all;
    size_t cap = 0;
    char path[512];
    int found = scandir(dir, &all, NULL, alphasort);
    *n = 0;
    for (int i = 0; i < found; i++) {
        size_t len = strlen(all[i]->d_name);
        if (len > 5 && strcmp(all[i]->d_name + len - 5, ".yaml") == 0) {
            (void)snprintf(path, sizeof path, "%s/%s", dir, all[i]->d_name);
            *TW_PUSH(list, *n, cap) = (struct tw_rule_file){tw_xstrndup(path, strlen(path)), read_file(path)};
        }
        free(all[i]);
    }
    free(all);
    return list;
}

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
    for (int c = TW_COUNT_EVENTS; c < TW_COUNT_RAISED; c++)
        sum += tw_pipeline_counter(p, (enum tw_counter)c);
    assert_int_equal(sum, tw_pipeline_counter(p, TW_COUNT_RECEIVED));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(hostile_bytes_are_counted_and_disturb_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(received_is_the_sum_of_what_became_of_it, setup, teardown),
        cmocka_unit_test_setup_teardown(broken_snapshots_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(what_a_new_inventory_has_no_place_for_is_removed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_changed_hold_applies_to_what_is_being_held, setup, teardown),
    };
    rules_text.events = read_dir("rules/events", &rules_text.events_n);
    rules_text.conditions = read_dir("rules/conditions", &rules_text.conditions_n);
    rules_text.hints = read_dir("rules/hints", &rules_text.hints_n);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
