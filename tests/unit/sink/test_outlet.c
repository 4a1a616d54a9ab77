/* SPDX-License-Identifier: ISC */
/* Order, filter, pauses, cursor and reminders, against a sink that does what the test says. */
#include "sink/outlet.h"

#include "base/err.h"
#include "base/mem.h"

#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

/* A receiver: what it got, and what it answers next. */
static struct {
    struct tw_sink *sink;
    struct tw_buf got; /* "1 2 3 " */
    enum tw_sent result;
    size_t takes;    /* of a send, before the result holds for the rest; SIZE_MAX: all */
    uint64_t poison; /* refuses this one, whatever it is sent with */
    size_t n;        /* of the send that it has not answered */
    const struct tw_item *const *items;
    bool hangs;
} r;

static struct event_base *base;
static uint64_t fetch_from;
static unsigned fetches;

static struct tw_sink *create(const struct tw_sink_env *env, const struct tw_setting_value *values,
                              char why[static TW_SINK_WHY])
{
    (void)env;
    if (values[0].text.n == 0) {
        (void)snprintf(why, TW_SINK_WHY, "it has no name");
        return NULL;
    }
    r.sink = tw_xcalloc(1, sizeof *r.sink);
    return r.sink;
}

static void send_them(struct tw_sink *s, const struct tw_item *const *items, size_t n)
{
    size_t takes = r.result == TW_SENT_OK ? n : r.takes;
    enum tw_sent result = r.result;
    for (size_t i = 0; i < n; i++) {
        if (r.poison != 0 && items[i]->t.seq == r.poison) {
            takes = i;
            result = TW_SENT_REFUSED;
            break;
        }
    }
    r.n = n;
    r.items = items;
    for (size_t i = 0; i < takes; i++)
        tw_buf_fmt(&r.got, "%llu ", (unsigned long long)items[i]->t.seq);
    if (!r.hangs)
        tw_sink_done(s, takes, result, result == TW_SENT_OK ? NULL : "no");
}

static void destroy(struct tw_sink *s)
{
    free(s);
}

static const struct tw_setting settings[] = {{.name = "x", .kind = TW_SETTING_TEXT, .help = "x"},
                                             {.name = NULL}};
static const struct tw_sink_ops plain = {.name = "plain",
                                         .help = "x",
                                         .settings = settings,
                                         .batch = 3,
                                         .create = create,
                                         .send = send_them,
                                         .destroy = destroy};
static const struct tw_sink_ops state_like = {.name = "state",
                                              .help = "x",
                                              .settings = settings,
                                              .batch = 8,
                                              .wants_all = true,
                                              .create = create,
                                              .send = send_them,
                                              .destroy = destroy};

static const struct tw_sink_ops sure = {.name = "sure",
                                        .help = "x",
                                        .settings = settings,
                                        .batch = 1,
                                        .wants_all = true,
                                        .certain = true,
                                        .create = create,
                                        .send = send_them,
                                        .destroy = destroy};

static void fetch(void *ctx, struct tw_outlet *o, uint64_t seq)
{
    (void)ctx;
    (void)o;
    fetch_from = seq;
    fetches++;
}

static int begin(void **state)
{
    (void)state;
    memset(&r, 0, sizeof r);
    base = event_base_new();
    fetches = 0;
    return base == NULL;
}

static int end(void **state)
{
    (void)state;
    tw_buf_finish(&r.got);
    event_base_free(base);
    return 0;
}

static const struct tw_setting_value value = {.given = true, .text = {"x", 1}};

static struct tw_outlet_options options(void)
{
    return (struct tw_outlet_options){.name = "o", .ops = &plain, .values = &value, .env.base = base};
}

static struct tw_outlet *started(const struct tw_outlet_options *o)
{
    char why[TW_SINK_WHY];
    struct tw_outlet *outlet = tw_outlet_create(o, why);
    TW_ASSERT(outlet != NULL);
    tw_outlet_start(outlet, 0, false);
    return outlet;
}

static const struct tw_silenced quiet = {.id = "s", .by = "x", .why = ""};
static const struct tw_acknowledged taken = {.by = "x", .why = ""};

struct made {
    uint64_t seq;
    enum tw_transition_kind kind;
    const char *id;
    enum tw_severity severity;
    const char *condition, *pair;
    bool quiet, taken;
};

static struct tw_item *item(struct made m)
{
    struct tw_transition t = {.seq = m.seq,
                              .kind = m.kind,
                              .severity = m.severity,
                              .condition = m.condition != NULL ? m.condition : "no-switchover",
                              .pair = m.pair != NULL ? m.pair : "metro-7",
                              .silenced = m.quiet ? &quiet : NULL,
                              .acknowledged = m.taken ? &taken : NULL,
                              .summary = "x"};
    (void)snprintf(t.alert_id, sizeof t.alert_id, "%s", m.id != NULL ? m.id : "00000000000000aa");
    return tw_item_create(&t, TW_STR("{}\n"));
}

static void take(struct tw_outlet *o, struct made m)
{
    struct tw_item *i = item(m);
    tw_outlet_take(o, i);
    tw_item_unref(i);
}

static void know(struct tw_outlet *o, struct made m)
{
    struct tw_item *i = item(m);
    tw_outlet_know(o, i);
    tw_item_unref(i);
}

static void go(struct tw_outlet *o)
{
    tw_outlet_hurry(o);
    tw_outlet_go(o);
    for (int i = 0; i < 8; i++)
        (void)event_base_loop(base, EVLOOP_NONBLOCK);
}

static void got(const char *want)
{
    assert_string_equal(r.got.p != NULL ? r.got.p : "", want);
}

static void in_order_in_batches(void **state)
{
    struct tw_outlet_options o = options();
    struct tw_outlet *t = started(&o);
    (void)state;
    for (uint64_t i = 1; i <= 7; i++)
        take(t, (struct made){.seq = i});
    got("");
    assert_int_equal(tw_outlet_cursor(t), 0);
    go(t);
    got("1 2 3 4 5 6 7 ");
    assert_int_equal(tw_outlet_cursor(t), 7);
    assert_int_equal(tw_outlet_stats(t)->attempts, 3);
    tw_outlet_destroy(t);
}

/* A sink that connects first looks at them only then. */
static void what_a_sink_has_stays_while_others_come(void **state)
{
    struct tw_outlet_options o = options();
    struct tw_outlet *t = started(&o);
    (void)state;
    r.hangs = true;
    take(t, (struct made){.seq = 1});
    go(t);
    take(t, (struct made){.seq = 2});
    tw_sink_done(r.sink, 1, TW_SENT_OK, NULL);
    go(t);
    assert_int_equal(r.items[0]->t.seq, 2);
    for (uint64_t seq = 3; seq < 300; seq++) {
        take(t, (struct made){.seq = seq});
        assert_int_equal(r.items[0]->t.seq, 2);
    }
    tw_outlet_destroy(t);
}

static void what_fails_comes_again_from_where_it_stopped(void **state)
{
    struct tw_outlet_options o = options();
    struct tw_outlet *t = started(&o);
    (void)state;
    r.result = TW_SENT_AGAIN;
    r.takes = 2;
    for (uint64_t i = 1; i <= 4; i++)
        take(t, (struct made){.seq = i});
    tw_outlet_go(t);
    got("1 2 ");
    assert_int_equal(tw_outlet_cursor(t), 2);
    assert_true(tw_outlet_stats(t)->failing);
    assert_string_equal(tw_outlet_stats(t)->why, "no");
    tw_outlet_go(t); /* it waits for the end of its pause */
    assert_int_equal(tw_outlet_stats(t)->attempts, 1);
    r.result = TW_SENT_OK;
    go(t);
    got("1 2 3 4 ");
    assert_false(tw_outlet_stats(t)->failing);
    tw_outlet_destroy(t);
}

static void one_that_is_refused_holds_up_no_other(void **state)
{
    struct tw_outlet_options o = options();
    struct tw_outlet *t = started(&o);
    (void)state;
    r.poison = 2;
    for (uint64_t i = 1; i <= 3; i++)
        take(t, (struct made){.seq = i});
    for (int i = 0; i < 8; i++)
        go(t);
    got("1 3 ");
    assert_int_equal(tw_outlet_stats(t)->refused, 1);
    assert_int_equal(tw_outlet_stats(t)->delivered, 2);
    assert_int_equal(tw_outlet_cursor(t), 3);
    tw_outlet_destroy(t);
}

/* In the same turn, without a pause, and yet it is told. */
static void a_certain_refusal_is_believed_at_once(void **state)
{
    struct tw_outlet_options o = options();
    o.ops = &sure;
    struct tw_outlet *t = started(&o);
    (void)state;
    r.poison = 2;
    for (uint64_t i = 1; i <= 2; i++)
        take(t, (struct made){.seq = i});
    tw_outlet_go(t);
    assert_int_equal(tw_outlet_stats(t)->refused, 1);
    assert_int_equal(tw_outlet_stats(t)->attempts, 2);
    assert_true(tw_outlet_stats(t)->failing);
    assert_string_equal(tw_outlet_stats(t)->why, "no");
    take(t, (struct made){.seq = 3});
    tw_outlet_go(t);
    got("1 3 ");
    assert_false(tw_outlet_stats(t)->failing);
    /* Any other failure pauses as ever. */
    r.result = TW_SENT_AGAIN;
    take(t, (struct made){.seq = 4});
    tw_outlet_go(t);
    tw_outlet_go(t);
    assert_int_equal(tw_outlet_stats(t)->attempts, 4);
    tw_outlet_destroy(t);
}

static void the_filter_and_what_was_told(void **state)
{
    struct tw_str conditions[] = {TW_STR("no-*")}, pairs[] = {TW_STR("metro-7")};
    struct tw_outlet_options o = options();
    (void)state;
    o.filter = (struct tw_outlet_filter){.least = TW_SEVERITY_MAJOR,
                                         .conditions = conditions,
                                         .conditions_n = 1,
                                         .pairs = pairs,
                                         .pairs_n = 1};
    struct tw_outlet *t = started(&o);
    take(t, (struct made){.seq = 1, .severity = TW_SEVERITY_CRITICAL});
    take(t, (struct made){.seq = 2, .severity = TW_SEVERITY_CRITICAL, .id = "b", .pair = "other"});
    take(t, (struct made){.seq = 3, .severity = TW_SEVERITY_CRITICAL, .id = "c", .condition = "dual-master"});
    take(t, (struct made){.seq = 4, .severity = TW_SEVERITY_MINOR, .id = "d"});
    /* It has become less severe: the receiver knows of it, and must learn that and its end. */
    take(t, (struct made){.seq = 5, .severity = TW_SEVERITY_MINOR, .kind = TW_UPDATED});
    take(t, (struct made){.seq = 6, .severity = TW_SEVERITY_MINOR, .kind = TW_CLEARED});
    take(t, (struct made){.seq = 7, .severity = TW_SEVERITY_MINOR, .kind = TW_CLEARED, .id = "d"});
    go(t);
    got("1 5 6 ");
    assert_int_equal(tw_outlet_stats(t)->filtered, 4);
    assert_int_equal(tw_outlet_cursor(t), 7);
    tw_outlet_destroy(t);
}

static void without_updates_there_is_the_beginning_and_the_end(void **state)
{
    struct tw_outlet_options o = options();
    (void)state;
    o.filter = (struct tw_outlet_filter){.least = TW_SEVERITY_MAJOR, .no_updates = true};
    struct tw_outlet *t = started(&o);
    take(t, (struct made){.seq = 1, .severity = TW_SEVERITY_CRITICAL});
    take(t, (struct made){.seq = 2, .severity = TW_SEVERITY_CRITICAL, .kind = TW_UPDATED});
    take(t, (struct made){.seq = 3, .severity = TW_SEVERITY_CRITICAL, .kind = TW_CLEARED});
    take(t, (struct made){.seq = 4, .severity = TW_SEVERITY_MINOR, .id = "b"});
    take(t, (struct made){
                .seq = 5, .severity = TW_SEVERITY_MAJOR, .id = "b", .kind = TW_UPDATED}); /* its first */
    go(t);
    got("1 3 5 ");
    assert_int_equal(tw_outlet_cursor(t), 5);
    tw_outlet_destroy(t);
}

static void what_is_silenced_is_held_back(void **state)
{
    struct tw_outlet_options o = options();
    (void)state;
    struct tw_outlet *t = started(&o);
    take(t, (struct made){.seq = 1, .quiet = true}); /* never told: its end is of no interest */
    take(t, (struct made){.seq = 2, .kind = TW_CLEARED, .quiet = true});
    take(t, (struct made){.seq = 3, .id = "b"});
    take(t, (struct made){.seq = 4, .id = "b", .kind = TW_UPDATED, .quiet = true});
    take(t, (struct made){.seq = 5, .id = "b", .kind = TW_CLEARED, .quiet = true});
    take(t, (struct made){.seq = 6, .id = "c", .quiet = true});
    take(t, (struct made){.seq = 7, .id = "c", .kind = TW_UPDATED}); /* the silence has ended */
    go(t);
    got("3 5 7 ");
    assert_int_equal(tw_outlet_cursor(t), 7);
    tw_outlet_destroy(t);
    tw_buf_clear(&r.got);
    o.filter.silenced = true;
    t = started(&o);
    take(t, (struct made){.seq = 1, .quiet = true});
    go(t);
    got("1 ");
    tw_outlet_destroy(t);
}

static void a_receiver_with_a_state_learns_of_a_silence(void **state)
{
    struct tw_outlet_options o = options();
    (void)state;
    o.ops = &state_like;
    struct tw_outlet *t = started(&o);
    take(t, (struct made){.seq = 1, .quiet = true}); /* never told */
    take(t, (struct made){.seq = 2, .id = "b"});
    take(t, (struct made){.seq = 3, .id = "b", .kind = TW_UPDATED, .quiet = true});
    take(t, (struct made){.seq = 4, .id = "b", .kind = TW_UPDATED});
    go(t);
    got("2 3 4 ");
    tw_outlet_destroy(t);
}

static void what_a_sink_sends_by_itself_tells_how_it_is(void **state)
{
    struct tw_outlet_options o = options();
    struct tw_outlet *t = started(&o);
    (void)state;
    r.sink->env.health(t, "it is gone");
    assert_true(tw_outlet_stats(t)->failing);
    assert_string_equal(tw_outlet_stats(t)->why, "it is gone");
    r.sink->env.health(t, NULL);
    assert_false(tw_outlet_stats(t)->failing);
    /* While transitions wait, these decide. */
    r.result = TW_SENT_AGAIN;
    take(t, (struct made){.seq = 1});
    tw_outlet_go(t);
    r.sink->env.health(t, NULL);
    assert_true(tw_outlet_stats(t)->failing);
    tw_outlet_destroy(t);
}

static void what_is_open_is_sent_again(void **state)
{
    struct tw_outlet_options o = options();
    (void)state;
    o.repeat = TW_MILLIS(1);
    struct tw_outlet *t = started(&o);
    take(t, (struct made){.seq = 1});
    take(t, (struct made){.seq = 2, .id = "b"});
    take(t, (struct made){.seq = 3, .id = "b", .kind = TW_UPDATED, .taken = true});
    take(t, (struct made){.seq = 4, .id = "c"});
    take(t, (struct made){.seq = 5, .id = "c", .kind = TW_UPDATED, .quiet = true});
    take(t, (struct made){.seq = 6, .id = "d"});
    take(t, (struct made){.seq = 7, .id = "d", .kind = TW_CLEARED});
    go(t);
    for (int i = 0; i < 1000 && tw_outlet_stats(t)->repeated < 2; i++) {
        (void)nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
        go(t);
    }
    assert_true(tw_outlet_stats(t)->repeated >= 2);
    assert_int_equal(strncmp(r.got.p, "1 2 3 4 6 7 1 1 ", 16), 0);
    assert_null(strpbrk(r.got.p + 12, "2345678"));
    assert_int_equal(tw_outlet_cursor(t), 7);
    tw_outlet_destroy(t);
}

static void what_finds_no_room_is_fetched(void **state)
{
    struct tw_outlet_options o = options();
    uint64_t more = 10;
    (void)state;
    o.fetch = fetch;
    struct tw_outlet *t = started(&o);
    r.hangs = true;
    for (uint64_t i = 1; i <= TW_OUTLET_ITEMS_MAX + more; i++) {
        take(t, (struct made){.seq = i});
        tw_outlet_go(t);
    }
    assert_true(tw_outlet_stats(t)->behind);
    assert_int_equal(tw_outlet_stats(t)->lost, 0);
    r.hangs = false;
    tw_sink_done(r.sink, r.n, TW_SENT_OK, NULL);
    go(t);
    assert_int_equal(fetches, 1);
    assert_int_equal(fetch_from, TW_OUTLET_ITEMS_MAX);
    assert_int_equal(tw_outlet_cursor(t), TW_OUTLET_ITEMS_MAX);
    struct tw_item *items[16];
    for (uint64_t i = 0; i < more; i++)
        items[i] = item((struct made){.seq = TW_OUTLET_ITEMS_MAX + 1 + i});
    tw_buf_clear(&r.got);
    tw_outlet_fetched(t, items, more, true);
    go(t);
    got("4097 4098 4099 4100 4101 4102 4103 4104 4105 4106 ");
    assert_int_equal(fetches, 2);
    tw_outlet_fetched(t, NULL, 0, true);
    assert_false(tw_outlet_stats(t)->behind);
    take(t, (struct made){.seq = 4107});
    go(t);
    assert_int_equal(tw_outlet_cursor(t), 4107);
    for (uint64_t i = 0; i < more; i++)
        tw_item_unref(items[i]);
    tw_outlet_destroy(t);
}

/* What comes while the store is asked is not known to be in the answer. */
static void what_comes_meanwhile_is_asked_for_again(void **state)
{
    struct tw_outlet_options o = options();
    char why[TW_SINK_WHY];
    (void)state;
    o.fetch = fetch;
    struct tw_outlet *t = tw_outlet_create(&o, why);
    tw_outlet_start(t, 5, true);
    assert_int_equal(fetches, 1);
    take(t, (struct made){.seq = 6});
    tw_outlet_fetched(t, NULL, 0, true);
    assert_true(tw_outlet_stats(t)->behind);
    go(t);
    assert_int_equal(fetches, 2);
    struct tw_item *six = item((struct made){.seq = 6});
    tw_outlet_fetched(t, &six, 1, true);
    tw_outlet_fetched(t, NULL, 0, true);
    assert_false(tw_outlet_stats(t)->behind);
    go(t);
    got("6 ");
    tw_item_unref(six);
    tw_outlet_destroy(t);
}

static void a_receiver_with_a_state_gets_all_that_is_open(void **state)
{
    struct tw_outlet_options o = options();
    char why[TW_SINK_WHY];
    (void)state;
    o.ops = &state_like;
    struct tw_outlet *t = tw_outlet_create(&o, why);
    struct tw_item *open[] = {item((struct made){.seq = 3}), item((struct made){.seq = 4, .id = "b"})};
    tw_outlet_know(t, open[0]);
    tw_outlet_know(t, open[1]);
    tw_outlet_start(t, 9, false);
    assert_int_equal(tw_outlet_cursor(t), 9);
    take(t, (struct made){.seq = 10, .id = "c"});
    assert_int_equal(tw_outlet_cursor(t), 9);
    go(t);
    got("3 4 10 ");
    assert_int_equal(tw_outlet_cursor(t), 10);
    tw_item_unref(open[0]);
    tw_item_unref(open[1]);
    tw_outlet_destroy(t);
}

/* What was silenced meanwhile, or became better, was told all the same. */
static void what_was_told_before_the_start_also_ends(void **state)
{
    struct tw_outlet_options o = options();
    char why[TW_SINK_WHY];
    (void)state;
    o.filter.least = TW_SEVERITY_MAJOR;
    struct tw_outlet *t = tw_outlet_create(&o, why);
    know(t, (struct made){.seq = 1, .severity = TW_SEVERITY_CRITICAL});
    know(t, (struct made){.seq = 2, .severity = TW_SEVERITY_CRITICAL, .id = "b"});
    know(t, (struct made){.seq = 3, .severity = TW_SEVERITY_CRITICAL, .id = "c"});
    know(t, (struct made){.seq = 4, .kind = TW_UPDATED, .severity = TW_SEVERITY_CRITICAL, .quiet = true});
    know(t, (struct made){.seq = 5, .kind = TW_UPDATED, .severity = TW_SEVERITY_MINOR, .id = "b"});
    know(t, (struct made){.seq = 6, .kind = TW_CLEARED, .severity = TW_SEVERITY_MINOR, .id = "c"});
    know(t, (struct made){.seq = 7, .severity = TW_SEVERITY_MINOR, .id = "d"});
    tw_outlet_start(t, 9, false);
    take(t, (struct made){.seq = 10, .kind = TW_CLEARED, .severity = TW_SEVERITY_CRITICAL, .quiet = true});
    take(t, (struct made){.seq = 11, .kind = TW_CLEARED, .severity = TW_SEVERITY_MINOR, .id = "b"});
    take(t, (struct made){.seq = 12, .kind = TW_CLEARED, .severity = TW_SEVERITY_MINOR, .id = "c"});
    take(t, (struct made){.seq = 13, .kind = TW_CLEARED, .severity = TW_SEVERITY_MINOR, .id = "d"});
    go(t);
    got("10 11 ");
    tw_outlet_destroy(t);
}

static void one_that_takes_the_place_of_another(void **state)
{
    struct tw_outlet_options o = options(), other = options();
    (void)state;
    struct tw_outlet *t = started(&o);
    assert_true(tw_outlet_same(t, &other));
    other.filter.least = TW_SEVERITY_CRITICAL;
    assert_false(tw_outlet_same(t, &other));
    r.result = TW_SENT_AGAIN;
    take(t, (struct made){.seq = 1, .severity = TW_SEVERITY_CRITICAL});
    take(t, (struct made){.seq = 2, .severity = TW_SEVERITY_MINOR, .id = "b"});
    tw_outlet_go(t);
    struct tw_sink *old = r.sink;
    char why[TW_SINK_WHY];
    struct tw_outlet *next = tw_outlet_create(&other, why);
    assert_ptr_not_equal(old, r.sink);
    tw_outlet_adopt(next, t);
    tw_outlet_destroy(t);
    assert_int_equal(tw_outlet_cursor(next), 0);
    r.result = TW_SENT_OK;
    go(next);
    got("1 ");
    assert_int_equal(tw_outlet_cursor(next), 2);
    tw_outlet_destroy(next);
}

/* An end that waits is sent, if its beginning was: what became better or was silenced, by a filter of now. */
static void an_end_that_waits_goes_over(void **state)
{
    struct tw_outlet_options o = options(), other = options();
    char why[TW_SINK_WHY];
    (void)state;
    other.filter.least = o.filter.least = TW_SEVERITY_MAJOR;
    other.repeat = TW_SECONDS(60);
    struct tw_outlet *t = started(&o);
    take(t, (struct made){.seq = 1, .severity = TW_SEVERITY_CRITICAL});
    take(t, (struct made){.seq = 2, .severity = TW_SEVERITY_CRITICAL, .id = "b"});
    go(t);
    r.result = TW_SENT_AGAIN;
    take(t, (struct made){.seq = 3, .kind = TW_CLEARED, .severity = TW_SEVERITY_MINOR});
    take(t, (struct made){
                .seq = 4, .kind = TW_CLEARED, .severity = TW_SEVERITY_CRITICAL, .id = "b", .quiet = true});
    take(t, (struct made){.seq = 5, .severity = TW_SEVERITY_MAJOR, .id = "c"});
    take(t, (struct made){.seq = 6, .kind = TW_CLEARED, .severity = TW_SEVERITY_MAJOR, .id = "c"});
    go(t);
    other.filter.least = TW_SEVERITY_CRITICAL;
    struct tw_outlet *next = tw_outlet_create(&other, why);
    tw_outlet_adopt(next, t);
    tw_outlet_destroy(t);
    r.result = TW_SENT_OK;
    go(next);
    got("1 2 3 4 ");
    assert_int_equal(tw_outlet_cursor(next), 6);
    take(next, (struct made){.seq = 7, .kind = TW_CLEARED, .severity = TW_SEVERITY_MINOR});
    go(next);
    got("1 2 3 4 ");
    tw_outlet_destroy(next);
}

static enum tw_sent tested;

static void on_tested(void *ctx, enum tw_sent result, const char *why)
{
    (void)ctx;
    (void)why;
    tested = result;
}

static void a_test_goes_past_the_queue(void **state)
{
    struct tw_outlet_options o = options();
    struct tw_outlet *t = started(&o);
    struct tw_item *i = item((struct made){.seq = 99, .id = "ffff"});
    (void)state;
    tested = TW_SENT_AGAIN;
    assert_true(tw_outlet_test(t, i, on_tested, NULL));
    assert_int_equal(tested, TW_SENT_OK);
    got("99 ");
    assert_int_equal(tw_outlet_cursor(t), 0);
    assert_int_equal(tw_outlet_stats(t)->delivered, 0);
    r.hangs = true;
    assert_true(tw_outlet_test(t, i, on_tested, NULL));
    assert_false(tw_outlet_test(t, i, on_tested, NULL));
    got("99 99 ");
    assert_ptr_equal(r.items[0], i); /* still there */
    tw_outlet_destroy(t);
    assert_int_equal(tested, TW_SENT_AGAIN);
    tw_item_unref(i);
}

static void a_sink_that_says_no_is_told(void **state)
{
    struct tw_outlet_options o = options();
    const struct tw_setting_value none = {.given = false};
    char why[TW_SINK_WHY] = "";
    (void)state;
    o.values = &none;
    assert_null(tw_outlet_create(&o, why));
    assert_string_equal(why, "it has no name");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(in_order_in_batches, begin, end),
        cmocka_unit_test_setup_teardown(what_a_sink_has_stays_while_others_come, begin, end),
        cmocka_unit_test_setup_teardown(what_fails_comes_again_from_where_it_stopped, begin, end),
        cmocka_unit_test_setup_teardown(one_that_is_refused_holds_up_no_other, begin, end),
        cmocka_unit_test_setup_teardown(a_certain_refusal_is_believed_at_once, begin, end),
        cmocka_unit_test_setup_teardown(the_filter_and_what_was_told, begin, end),
        cmocka_unit_test_setup_teardown(without_updates_there_is_the_beginning_and_the_end, begin, end),
        cmocka_unit_test_setup_teardown(what_is_silenced_is_held_back, begin, end),
        cmocka_unit_test_setup_teardown(a_receiver_with_a_state_learns_of_a_silence, begin, end),
        cmocka_unit_test_setup_teardown(what_a_sink_sends_by_itself_tells_how_it_is, begin, end),
        cmocka_unit_test_setup_teardown(what_is_open_is_sent_again, begin, end),
        cmocka_unit_test_setup_teardown(what_finds_no_room_is_fetched, begin, end),
        cmocka_unit_test_setup_teardown(what_comes_meanwhile_is_asked_for_again, begin, end),
        cmocka_unit_test_setup_teardown(a_receiver_with_a_state_gets_all_that_is_open, begin, end),
        cmocka_unit_test_setup_teardown(what_was_told_before_the_start_also_ends, begin, end),
        cmocka_unit_test_setup_teardown(one_that_takes_the_place_of_another, begin, end),
        cmocka_unit_test_setup_teardown(an_end_that_waits_goes_over, begin, end),
        cmocka_unit_test_setup_teardown(a_test_goes_past_the_queue, begin, end),
        cmocka_unit_test_setup_teardown(a_sink_that_says_no_is_told, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
