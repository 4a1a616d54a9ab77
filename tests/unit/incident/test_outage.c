/* SPDX-License-Identifier: ISC */
#include "tests.h"

static struct tw_outages *all;

static int set_up(void **state)
{
    (void)state;
    all = tw_outages_create();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    tw_outages_destroy(all);
    return 0;
}

static void say(enum tw_transition_kind kind, const char *id, const char *condition, double since,
                double time, const char *subs, const char *services)
{
    struct made m;
    tw_outages_add(all, make(&m, kind, id, condition, since, time, subs, services));
}

static struct tw_outage row(const struct tw_outage_sum *s, const char *name)
{
    for (size_t i = 0; i < s->n; i++) {
        if (strcmp(s->rows[i].name, name) == 0)
            return s->rows[i];
    }
    fail_msg("no row %s", name);
    return (struct tw_outage){0};
}

static void lasts(double now, const char *name, double interrupted, double partial)
{
    struct tw_outage r = row(tw_outages_sum(all, at(now)), name);
    assert_int_equal(r.interrupted.ns, (int64_t)(interrupted * 1e9));
    assert_int_equal(r.partial.ns, (int64_t)(partial * 1e9));
}

static void counts_from_the_fault_to_its_end(void **state)
{
    (void)state;
    say(TW_RAISED, "a", "no-switchover", 0, 10, "Eth-Trunk10.100", "arp");
    lasts(30, "Eth-Trunk10.100", 30, 0);
    assert_int_equal(row(tw_outages_sum(all, at(30)), "arp").until.ns, INT64_MAX);
    say(TW_CLEARED, "a", "no-switchover", 0, 95.5, "Eth-Trunk10.100", "arp");
    lasts(1000, "Eth-Trunk10.100", 95.5, 0);
    lasts(1000, "arp", 95.5, 0);
    const struct tw_outage_sum *s = tw_outages_sum(all, at(1000));
    assert_int_equal(s->n, 2);
    assert_int_equal(s->sub_interfaces, 1);
    assert_int_equal(s->services, 1);
    assert_int_equal(s->longest.ns, at(95.5).ns - at(0).ns);
    assert_int_equal(s->any.ns, s->longest.ns);
    assert_false(s->rows[0].estimated);
    assert_int_equal(s->rows[0].from.ns, at(0).ns);
    assert_int_equal(s->rows[0].until.ns, at(95.5).ns);
}

static void ends_when_duration_says_so(void **state)
{
    struct made m;
    (void)state;
    say(TW_RAISED, "a", "no-switchover", 0, 10, "Eth-Trunk10.100", "arp");
    /* The router's own delay of a clear is taken out of the duration, not of the moment. */
    struct tw_transition t = *make(&m, TW_CLEARED, "a", "no-switchover", 0, 60, "Eth-Trunk10.100", "arp");
    t.duration = TW_SECONDS(50);
    tw_outages_add(all, &t);
    lasts(100, "Eth-Trunk10.100", 50, 0);
}

static void who_leaves_early_ends_then(void **state)
{
    (void)state;
    say(TW_RAISED, "a", "no-switchover", 0, 10, "Eth-Trunk10.9 Eth-Trunk10.10", "arp igmp");
    say(TW_UPDATED, "a", "no-switchover", 0, 40, "Eth-Trunk10.10", "igmp");
    say(TW_CLEARED, "a", "no-switchover", 0, 100, "Eth-Trunk10.10", "igmp");
    lasts(500, "Eth-Trunk10.9", 40, 0);
    lasts(500, "Eth-Trunk10.10", 100, 0);
    lasts(500, "arp", 40, 0);
    lasts(500, "igmp", 100, 0);
    assert_true(row(tw_outages_sum(all, at(500)), "Eth-Trunk10.9").estimated);
    assert_false(row(tw_outages_sum(all, at(500)), "Eth-Trunk10.10").estimated);
}

static void who_joins_began_a_hold_before(void **state)
{
    (void)state;
    say(TW_RAISED, "a", "no-switchover", 0, 10, "Eth-Trunk10.100", "arp");
    say(TW_UPDATED, "a", "no-switchover", 0, 41, "Eth-Trunk10.100 Eth-Trunk10.200", "arp");
    say(TW_CLEARED, "a", "no-switchover", 0, 100, "Eth-Trunk10.100 Eth-Trunk10.200", "arp");
    lasts(500, "Eth-Trunk10.200", 69, 0);
    assert_true(row(tw_outages_sum(all, at(500)), "Eth-Trunk10.200").estimated);
    lasts(500, "Eth-Trunk10.100", 100, 0);
    lasts(500, "arp", 100, 0);
    /* Nobody joins before the alert began. */
    say(TW_RAISED, "b", "no-switchover", 200, 230, "Eth-Trunk10.1", "");
    say(TW_UPDATED, "b", "no-switchover", 200, 231, "Eth-Trunk10.1 Eth-Trunk10.2", "");
    lasts(240, "Eth-Trunk10.2", 39, 0);
    say(TW_UPDATED, "b", "no-switchover", 200, 210, "Eth-Trunk10.1 Eth-Trunk10.2 Eth-Trunk10.3", "");
    lasts(240, "Eth-Trunk10.3", 40, 0);
}

static void what_overlaps_counts_once(void **state)
{
    (void)state;
    say(TW_RAISED, "a", "no-switchover", 0, 10, "Eth-Trunk10.100", "arp");
    say(TW_CLEARED, "a", "no-switchover", 0, 60, "Eth-Trunk10.100", "arp");
    say(TW_RAISED, "b", "admin-down", 50, 60, "Eth-Trunk10.100", "arp");
    say(TW_CLEARED, "b", "admin-down", 50, 100, "Eth-Trunk10.100", "arp");
    say(TW_RAISED, "c", "no-switchover", 200, 210, "Eth-Trunk10.100", "arp");
    say(TW_CLEARED, "c", "no-switchover", 200, 220, "Eth-Trunk10.100", "arp");
    lasts(500, "Eth-Trunk10.100", 120, 0);
    assert_int_equal(row(tw_outages_sum(all, at(500)), "Eth-Trunk10.100").times, 2);
    assert_int_equal(tw_outages_sum(all, at(500))->any.ns, 120 * INT64_C(1000000000));
}

static void warnings_interrupt_nothing(void **state)
{
    (void)state;
    say(TW_RAISED, "a", "standby-not-ready", 0, 60, "Eth-Trunk20.100", "arp");
    say(TW_RAISED, "b", "redundancy-lost", 0, 30, "", "");
    say(TW_RAISED, "c", "flapping", 0, 30, "Eth-Trunk10.100", "arp");
    say(TW_RAISED, "d", "of-their-own", 0, 30, "Eth-Trunk10.100", "arp");
    say(TW_CLEARED, "d", "of-their-own", 0, 40, "Eth-Trunk10.100", "arp");
    const struct tw_outage_sum *s = tw_outages_sum(all, at(500));
    assert_int_equal(s->n, 0);
    assert_int_equal(s->any.ns, 0);
}

static void a_trunk_takes_its_sub_interfaces_along(void **state)
{
    (void)state;
    say(TW_RAISED, "a", "no-switchover", 0, 10, "Eth-Trunk10.100 Eth-Trunk10.200", "arp");
    say(TW_UPDATED, "a", "no-switchover", 0, 20, "Eth-Trunk10.100", "arp");
    say(TW_RAISED, "b", "switchover-failed", 60, 90, "", "arp igmp");
    say(TW_CLEARED, "a", "no-switchover", 0, 100, "Eth-Trunk10.100", "arp");
    say(TW_CLEARED, "b", "switchover-failed", 60, 100, "", "arp igmp");
    lasts(500, "Eth-Trunk10", 40, 0);
    lasts(500, "Eth-Trunk10.100", 100, 0);
    lasts(500, "Eth-Trunk10.200", 60, 0);
    lasts(500, "igmp", 40, 0);
    assert_int_equal(tw_outages_sum(all, at(500))->sub_interfaces, 2);
}

static void a_part_is_not_all(void **state)
{
    struct made m;
    (void)state;
    struct tw_transition t = *make(&m, TW_RAISED, "a", "partial-loss", 0, 10, "Eth-Trunk10.100", "arp");
    t.severity = TW_SEVERITY_MAJOR;
    tw_outages_add(all, &t);
    lasts(30, "Eth-Trunk10.100", 0, 30);
    /* From here on the other side has lost it, too. */
    t.kind = TW_UPDATED;
    t.time = at(40);
    t.severity = TW_SEVERITY_CRITICAL;
    tw_outages_add(all, &t);
    t.time = at(70);
    t.severity = TW_SEVERITY_MAJOR;
    tw_outages_add(all, &t);
    t.kind = TW_CLEARED;
    t.time = at(100);
    t.duration = TW_SECONDS(100);
    t.cleared_by = "recovered";
    tw_outages_add(all, &t);
    lasts(500, "Eth-Trunk10.100", 30, 70);
    lasts(500, "arp", 30, 70);
}

static void retracted_is_as_if_never_said(void **state)
{
    struct made m;
    (void)state;
    say(TW_RAISED, "a", "no-switchover", 0, 10, "Eth-Trunk10.100", "arp");
    struct tw_transition t = *make(&m, TW_CLEARED, "a", "no-switchover", 0, 10, "Eth-Trunk10.100", "arp");
    t.cleared_by = "retracted";
    tw_outages_add(all, &t);
    assert_int_equal(tw_outages_sum(all, at(500))->n, 0);
    /* It was true after all: the same id again. */
    say(TW_RAISED, "a", "no-switchover", 0, 20, "Eth-Trunk10.100", "arp");
    say(TW_CLEARED, "a", "no-switchover", 0, 50, "Eth-Trunk10.100", "arp");
    lasts(500, "Eth-Trunk10.100", 50, 0);
}

static void the_beginning_may_be_gone(void **state)
{
    (void)state;
    say(TW_UPDATED, "a", "no-switchover", 0, 30, "Eth-Trunk10.100", "arp");
    say(TW_CLEARED, "a", "no-switchover", 0, 80, "Eth-Trunk10.100", "arp");
    lasts(500, "Eth-Trunk10.100", 80, 0);
    assert_true(row(tw_outages_sum(all, at(500)), "Eth-Trunk10.100").estimated);
    say(TW_CLEARED, "b", "no-switchover", 100, 180, "Eth-Trunk10.200", "arp");
    lasts(500, "Eth-Trunk10.200", 80, 0);
    lasts(500, "arp", 160, 0);
}

static void two_routers_are_two_rows(void **state)
{
    struct made m;
    (void)state;
    say(TW_RAISED, "a", "no-switchover", 0, 10, "Eth-Trunk10.100", "arp");
    struct tw_transition t = *make(&m, TW_RAISED, "b", "no-switchover", 5, 15, "Eth-Trunk10.100", "arp");
    t.device = "pe-b";
    tw_outages_add(all, &t);
    const struct tw_outage_sum *s = tw_outages_sum(all, at(20));
    assert_int_equal(s->sub_interfaces, 2);
    assert_int_equal(s->services, 1);
    assert_int_equal(s->longest.ns, 20 * INT64_C(1000000000));
}

/* Two hundred alerts, each of one sub-interface, in any order: sums are as by hand. */
static void many(void **state)
{
    enum { MANY = 200 };
    char id[TW_ALERT_ID], sub[32];
    (void)state;
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(id, sizeof id, "%016x", i);
        (void)snprintf(sub, sizeof sub, "Eth-Trunk10.%d", 1 + i % 50);
        say(TW_RAISED, id, "no-switchover", i, i + 10, sub, "arp");
    }
    for (int i = MANY; i-- > 0;) {
        (void)snprintf(id, sizeof id, "%016x", i);
        (void)snprintf(sub, sizeof sub, "Eth-Trunk10.%d", 1 + i % 50);
        say(TW_CLEARED, id, "no-switchover", i, i + 20, sub, "arp");
    }
    const struct tw_outage_sum *s = tw_outages_sum(all, at(5000));
    assert_int_equal(s->sub_interfaces, 50);
    lasts(5000, "Eth-Trunk10.1", 80, 0);
    assert_int_equal(tw_outages_sum(all, at(5000))->any.ns, (MANY + 19) * INT64_C(1000000000));
    assert_int_equal(row(tw_outages_sum(all, at(5000)), "Eth-Trunk10.50").times, 4);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(counts_from_the_fault_to_its_end),
        TEST(ends_when_duration_says_so),
        TEST(who_leaves_early_ends_then),
        TEST(who_joins_began_a_hold_before),
        TEST(what_overlaps_counts_once),
        TEST(warnings_interrupt_nothing),
        TEST(a_trunk_takes_its_sub_interfaces_along),
        TEST(a_part_is_not_all),
        TEST(retracted_is_as_if_never_said),
        TEST(the_beginning_may_be_gone),
        TEST(two_routers_are_two_rows),
        TEST(many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
