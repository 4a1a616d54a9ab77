/* SPDX-License-Identifier: ISC */
/* Messages that nobody understood: the frequent are kept, and what is counted adds up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"
#include "pipeline/pipeline.h"
#include "pipeline/rules.h"
#include "rules_dir.h"

#include <stdio.h>
#include <stdlib.h>

static const char inventory[] = "devices:\n"
                                "  pe-a: {addresses: [192.0.2.1], hostnames: [PE-A]}\n"
                                "  pe-b: {addresses: [192.0.2.2], hostnames: [PE-B]}\n"
                                "relays: [192.0.2.50]\n";
static const char other_way_round[] = "devices:\n"
                                      "  pe-b: {addresses: [192.0.2.2], hostnames: [PE-B]}\n"
                                      "  pe-c: {addresses: [192.0.2.3], hostnames: [PE-C]}\n";

static struct tw_rules *rules(void)
{
    static struct tw_rules_text text; /* kept to the end */
    struct tw_errors errors = {0};
    if (text.events_n == 0)
        text = test_read_rules("rules");
    return tw_rules_create(&text, &errors);
}

static const struct tw_topology *topology(const char *text)
{
    struct tw_errors errors = {0};
    const struct tw_topology *t = tw_topology_create("i", tw_str_z(text), &errors);
    assert_non_null(t);
    return t;
}

static int setup(void **state)
{
    const struct tw_topology *t = topology(inventory);
    *state = tw_pipeline_create(t, rules(), NULL);
    tw_topology_unref(t);
    return 0;
}

static int teardown(void **state)
{
    tw_pipeline_destroy(*state);
    return 0;
}

static void feed(struct tw_pipeline *p, int64_t s, const char *from, struct tw_str bytes,
                 enum tw_transport transport)
{
    struct tw_record r = {.rx = {(1786212000 + s) * INT64_C(1000000000)},
                          .at = TW_TIME_MIN,
                          .transport = transport,
                          .bytes = bytes};
    if (from != NULL)
        assert_true(tw_addr_parse(tw_str_z(from), &r.from));
    tw_pipeline_feed(p, &r);
}

static void say(struct tw_pipeline *p, int64_t s, const char *from, const char *tag, const char *text)
{
    char line[512];
    int n = snprintf(line, sizeof line, "<190>Aug  8 2026 18:00:00 PE-A %%%%01%s(l):CID=0x1;%s", tag, text);
    feed(p, s, from, tw_str_of(line, (size_t)n), TW_TRANSPORT_SYSLOG);
}

/* An empty one when it is not there. */
static const struct tw_signature *find(struct tw_pipeline *p, const char *name)
{
    static const struct tw_signature nothing = {.sample = ""};
    const struct tw_signatures all = tw_pipeline_signatures(p);
    const struct tw_signature *row = all.rows;
    for (; row < all.rows + all.n; row++) {
        if (strcmp(row->name, name) == 0)
            return row;
    }
    return &nothing;
}

static void adds_up(struct tw_pipeline *p)
{
    struct tw_signatures all = tw_pipeline_signatures(p);
    uint64_t sum = all.unlisted;
    for (size_t i = 0; i < all.n; i++) {
        sum += all.rows[i].count;
        assert_true(i == 0 || all.rows[i - 1].count >= all.rows[i].count);
        assert_false(tw_before(all.rows[i].last, all.rows[i].first));
    }
    assert_int_equal(sum, all.messages);
}

static void names_counts_times_and_a_sample(void **state)
{
    struct tw_pipeline *p = *state;
    say(p, 0, "192.0.2.1", "BGP/3/STATE_CHG", "One.\033[2J");
    say(p, 5, "192.0.2.2", "BGP/3/STATE_CHG", "Another.");
    say(p, 9, "192.0.2.2", "BGP/3/STATE_CHG", "One more.");
    say(p, 9, "192.0.2.1", "BGP/4/STATE_CHG", "Of another severity.");
    say(p, 9, "192.0.2.1", "IFNET/2/linkDown_active", "Without what it must have.");
    const struct tw_signature *s = find(p, "BGP/3/STATE_CHG");
    assert_int_equal(s->reason, TW_COUNT_NO_RULE);
    assert_int_equal(s->count, 3);
    assert_int_equal(s->devices, 2);
    assert_int_equal(tw_time_sub(s->last, s->first).ns, TW_SECONDS(9).ns);
    assert_string_equal(s->device, "pe-a");
    assert_non_null(strstr(s->sample, "One.\\x1b[2J"));
    assert_int_equal(find(p, "BGP/4/STATE_CHG")->count, 1);
    assert_int_equal(find(p, "IFNET/2/linkDown_active")->reason, TW_COUNT_BAD_FIELDS);
    adds_up(p);
}

static void what_cannot_be_decoded_by_its_reason(void **state)
{
    /* snmp version 1 with community "geheim", cut off */
    static const char secret[] = "\x30\x20\x02\x01\x00\x04\x06geheim\xa4";
    struct tw_pipeline *p = *state;
    feed(p, 0, "192.0.2.1", TW_STR("no tag"), TW_TRANSPORT_SYSLOG);
    feed(p, 0, NULL, TW_STR("no tag in a file"), TW_TRANSPORT_SYSLOG);
    feed(p, 0, "192.0.2.50", TW_STR("no tag behind a relay"), TW_TRANSPORT_SYSLOG);
    feed(p, 0, "198.51.100.9", TW_STR("of a stranger: not kept"), TW_TRANSPORT_SYSLOG);
    feed(p, 0, "192.0.2.1", tw_str_of(secret, sizeof secret - 1), TW_TRANSPORT_TRAP);
    struct tw_signatures all = tw_pipeline_signatures(p);
    assert_int_equal(all.messages, 4);
    assert_int_equal(all.n, 2);
    assert_int_equal(all.rows[0].reason, TW_COUNT_NOT_VRP);
    assert_int_equal(all.rows[0].count, 3);
    assert_int_equal(all.rows[1].reason, TW_COUNT_BAD_TRAP);
    assert_null(strstr(all.rows[1].sample, "geheim"));
    adds_up(p);
}

/* A flood of names that nobody sends twice, with some that come again and again in between. */
static void flood(struct tw_pipeline *p, unsigned from, unsigned to)
{
    char tag[64];
    for (unsigned i = from; i < to; i++) {
        (void)snprintf(tag, sizeof tag, "NOISE%u/6/ONCE_%u", i % 1000, i);
        say(p, i, "192.0.2.1", tag, "Nothing.");
        (void)snprintf(tag, sizeof tag, "OFTEN/4/AGAIN_%u", i % 40);
        say(p, i, "192.0.2.2", tag, "Something.");
    }
}

static void the_frequent_are_kept_in_a_flood(void **state)
{
    enum { ROUNDS = 20000 };
    struct tw_pipeline *p = *state;
    char tag[64];
    flood(p, 0, ROUNDS);
    struct tw_signatures all = tw_pipeline_signatures(p);
    assert_true(all.n <= TW_SIGNATURES_MAX);
    assert_int_equal(all.messages, 2 * ROUNDS);
    for (unsigned i = 0; i < 40; i++) {
        (void)snprintf(tag, sizeof tag, "OFTEN/4/AGAIN_%u", i);
        assert_int_equal(find(p, tag)->count, ROUNDS / 40);
        assert_string_equal(find(p, tag)->device, "pe-b");
    }
    adds_up(p);
    /* What comes now finds room, since most of what is there came once. */
    for (unsigned i = 0; i < 80; i++)
        say(p, ROUNDS + i, "192.0.2.1", "NEW/4/NOW_AND_AGAIN", "New.");
    assert_true(find(p, "NEW/4/NOW_AND_AGAIN")->count > 0);
    adds_up(p);
}

static void same_again(struct tw_pipeline *p, struct tw_pipeline *q)
{
    struct tw_signatures x = tw_pipeline_signatures(p), y = tw_pipeline_signatures(q);
    assert_int_equal(x.n, y.n);
    assert_int_equal(x.messages, y.messages);
    assert_int_equal(x.unlisted, y.unlisted);
    for (size_t i = 0; i < x.n; i++) {
        assert_string_equal(x.rows[i].name, y.rows[i].name);
        assert_string_equal(x.rows[i].sample, y.rows[i].sample);
        assert_int_equal(x.rows[i].count, y.rows[i].count);
        assert_int_equal(x.rows[i].devices, y.rows[i].devices);
    }
}

static void a_restored_table_goes_on_like_the_old_one(void **state)
{
    struct tw_pipeline *p = *state;
    struct tw_buf bytes = {0};
    void *other = NULL;
    (void)setup(&other);
    flood(p, 0, 3000);
    tw_pipeline_snapshot(p, &bytes);
    assert_int_equal(tw_pipeline_restore(other, tw_buf_view(&bytes)), TW_OK);
    same_again(p, other);
    flood(p, 3000, 6000);
    flood(other, 3000, 6000);
    same_again(p, other);
    tw_buf_finish(&bytes);
    (void)teardown(&other);
}

static void a_new_inventory_counts_its_own_devices(void **state)
{
    struct tw_pipeline *p = *state;
    const struct tw_topology *t = topology(other_way_round);
    say(p, 0, "192.0.2.1", "BGP/3/BOTH", "One.");
    say(p, 0, "192.0.2.2", "BGP/3/BOTH", "Two.");
    say(p, 0, "192.0.2.2", "BGP/3/ONE", "Two.");
    tw_pipeline_swap(p, t, rules(), (tw_time){INT64_C(1786212001000000000)});
    tw_topology_unref(t);
    assert_int_equal(find(p, "BGP/3/BOTH")->count, 2);
    assert_int_equal(find(p, "BGP/3/BOTH")->devices, 1);
    assert_null(find(p, "BGP/3/BOTH")->device); /* it has left */
    assert_string_equal(find(p, "BGP/3/ONE")->device, "pe-b");
    say(p, 2, "192.0.2.2", "BGP/3/ONE", "Two.");
    say(p, 2, "192.0.2.3", "BGP/3/ONE", "Three.");
    assert_int_equal(find(p, "BGP/3/ONE")->count, 3);
    assert_int_equal(find(p, "BGP/3/ONE")->devices, 2);
    adds_up(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names_counts_times_and_a_sample, setup, teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_decoded_by_its_reason, setup, teardown),
        cmocka_unit_test_setup_teardown(the_frequent_are_kept_in_a_flood, setup, teardown),
        cmocka_unit_test_setup_teardown(a_restored_table_goes_on_like_the_old_one, setup, teardown),
        cmocka_unit_test_setup_teardown(a_new_inventory_counts_its_own_devices, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
