/* SPDX-License-Identifier: ISC */
#include "tests.h"

static struct tw_story *story;

static int set_up(void **state)
{
    (void)state;
    story = tw_story_create();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    tw_story_destroy(story);
    return 0;
}

static void say(enum tw_transition_kind kind, const char *id, const char *condition, double since,
                double time, const char *subs, const char *services)
{
    struct made m;
    tw_story_add(story, make(&m, kind, id, condition, since, time, subs, services));
}

static void one_alert_from_beginning_to_end(void **state)
{
    (void)state;
    say(TW_RAISED, "a", "no-switchover", 0, 10, "Eth-Trunk10.100", "arp");
    const struct tw_incident *i = tw_story_tell(story, at(30));
    assert_string_equal(i->id, "a");
    assert_string_equal(i->pair, "metro-7");
    assert_int_equal(i->ended.ns, INT64_MAX);
    assert_int_equal(i->duration.ns, TW_SECONDS(30).ns);
    assert_true(i->complete);
    say(TW_CLEARED, "a", "no-switchover", 0, 60, "Eth-Trunk10.100", "arp");
    i = tw_story_tell(story, at(1000));
    assert_int_equal(i->began.ns, at(0).ns);
    assert_int_equal(i->ended.ns, at(60).ns);
    assert_int_equal(i->duration.ns, TW_SECONDS(60).ns);
    assert_int_equal(i->alerts_n, 1);
    assert_int_equal(i->alerts[0].raised.ns, at(10).ns);
    assert_int_equal(i->alerts[0].effect, TW_EFFECT_INTERRUPTION);
    assert_string_equal(i->alerts[0].cleared_by, "recovered");
    assert_int_equal(i->steps_n, 2);
    assert_string_equal(i->steps[0].text, "a sentence");
    assert_int_equal(i->outage->longest.ns, TW_SECONDS(60).ns);
}

static void what_changed_is_said(void **state)
{
    struct made m;
    (void)state;
    say(TW_RAISED, "a", "no-switchover", 0, 10, "Eth-Trunk10.9 Eth-Trunk10.10", "arp");
    struct tw_transition t =
        *make(&m, TW_UPDATED, "a", "no-switchover", 0, 20, "Eth-Trunk10.10 Eth-Trunk10.11", "arp");
    t.severity = TW_SEVERITY_MAJOR;
    t.confidence = TW_CONFIDENCE_VERIFIED;
    t.help = TW_HELP_YES;
    t.lossy = true;
    tw_story_add(story, &t);
    tw_story_add(story, &t);
    const struct tw_incident *i = tw_story_tell(story, at(30));
    assert_string_equal(
        i->steps[1].text,
        "joined: Eth-Trunk10.11; left: Eth-Trunk10.9; severity is now major; confidence is now "
        "verified; would a switchover help: yes; messages of this pair were lost: not all that "
        "happened may be known");
    assert_string_equal(i->steps[2].text, "nothing else than before");
    assert_int_equal(i->alerts[0].severity, TW_SEVERITY_CRITICAL); /* the worst it had */
    assert_int_equal(i->alerts[0].sub_interfaces, 2);
}

static void what_people_did(void **state)
{
    const struct tw_acknowledged ack = {"pat", "on my way", at(15)};
    const struct tw_silenced quiet = {"s1", TW_MAINTENANCE, "kim", "line card", at(900)};
    struct made m;
    (void)state;
    say(TW_RAISED, "a", "no-switchover", 0, 10, "Eth-Trunk10.1", "arp");
    struct tw_transition t = *make(&m, TW_UPDATED, "a", "no-switchover", 0, 15, "Eth-Trunk10.1", "arp");
    t.acknowledged = &ack;
    tw_story_add(story, &t);
    tw_story_add(story, &t); /* nothing is new */
    t.time = at(20);
    t.silenced = &quiet;
    tw_story_add(story, &t);
    t.time = at(25);
    t.acknowledged = NULL;
    t.silenced = NULL;
    tw_story_add(story, &t);
    const struct tw_incident *i = tw_story_tell(story, at(30));
    assert_int_equal(i->acts_n, 4);
    assert_string_equal(i->acts[0].what, "acknowledged");
    assert_string_equal(i->acts[0].by, "pat");
    assert_string_equal(i->acts[0].why, "on my way");
    assert_int_equal(i->acts[0].time.ns, at(15).ns);
    assert_string_equal(i->acts[1].what, "maintenance");
    assert_int_equal(i->acts[1].until.ns, at(900).ns);
    assert_string_equal(i->acts[2].what, "unacknowledged");
    assert_string_equal(i->acts[3].what, "unsilenced");
    assert_string_equal(i->steps[1].text, "acknowledged by pat");
    assert_string_equal(i->steps[4].text, "no longer acknowledged; no longer quiet");
}

static void evidence_is_told_once_in_order(void **state)
{
    const struct tw_evidence_line lines[] = {{.time = at(5), .device = "pe-a", .text = "down"},
                                             {.time = at(2), .device = "pe-a", .text = "role"}};
    struct made m;
    (void)state;
    struct tw_transition t = *make(&m, TW_RAISED, "a", "no-switchover", 5, 15, "Eth-Trunk10.1", "arp");
    t.evidence = lines;
    t.evidence_n = 2;
    tw_story_add(story, &t);
    t.kind = TW_UPDATED;
    tw_story_add(story, &t);
    const struct tw_incident *i = tw_story_tell(story, at(30));
    assert_int_equal(i->evidence_n, 2);
    assert_string_equal(i->evidence[0].text, "role");
    assert_string_equal(i->evidence[1].text, "down");
}

static void the_same_id_again_is_one_more(void **state)
{
    (void)state;
    say(TW_RAISED, "a", "no-switchover", 0, 10, "Eth-Trunk10.1", "arp");
    say(TW_CLEARED, "a", "no-switchover", 0, 20, "Eth-Trunk10.1", "arp");
    say(TW_RAISED, "a", "no-switchover", 0, 30, "Eth-Trunk10.1", "arp");
    const struct tw_incident *i = tw_story_tell(story, at(40));
    assert_int_equal(i->alerts_n, 2);
    assert_int_equal(i->ended.ns, INT64_MAX);
    assert_int_equal(i->outage->longest.ns, TW_SECONDS(40).ns);
}

static void a_beginning_that_is_gone_is_told(void **state)
{
    (void)state;
    say(TW_CLEARED, "a", "no-switchover", 0, 60, "Eth-Trunk10.100", "arp");
    const struct tw_incident *i = tw_story_tell(story, at(100));
    assert_false(i->complete);
    assert_int_equal(i->alerts[0].raised.ns, INT64_MIN);
    assert_int_equal(i->began.ns, at(0).ns);
    assert_int_equal(i->outage->longest.ns, TW_SECONDS(60).ns);
}

static void nothing_is_told_of_nothing(void **state)
{
    (void)state;
    const struct tw_incident *i = tw_story_tell(story, at(100));
    assert_int_equal(i->alerts_n, 0);
    assert_int_equal(i->outage->n, 0);
    assert_null(i->pair);
}

static void limits_hold(void **state)
{
    (void)state;
    for (int i = 0; i < TW_STORY_STEPS_MAX + 7; i++)
        say(i == 0 ? TW_RAISED : TW_UPDATED, "a", "no-switchover", 0, 10 + i, "Eth-Trunk10.1", "arp");
    const struct tw_incident *i = tw_story_tell(story, at(20000));
    assert_int_equal(i->steps_n, TW_STORY_STEPS_MAX);
    assert_int_equal(i->left_out, 7);
    assert_false(i->complete);
    assert_int_equal(i->outage->longest.ns, TW_SECONDS(20000).ns);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(one_alert_from_beginning_to_end),
        TEST(what_changed_is_said),
        TEST(what_people_did),
        TEST(evidence_is_told_once_in_order),
        TEST(the_same_id_again_is_one_more),
        TEST(a_beginning_that_is_gone_is_told),
        TEST(nothing_is_told_of_nothing),
        TEST(limits_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
