/* SPDX-License-Identifier: ISC */
/*
 * The whole core: bytes are a script of records, time, new inventories and holds. Every transition keeps the
 * contract; the same script gives the same bytes, also with extra advances, reloads of the same files and
 * snapshots in between; and the same script again and again, later each time, does not need more memory.
 */
#include "script.h"
#include "watch.h"
#include "world.h"

#include <sanitizer/allocator_interface.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum way { PLAIN, AGAIN, ADVANCES, RELOADS, SNAPSHOTS, WAYS };
enum { ROUNDS = 8, ROUNDS_WARM = 4, GROWTH_MAX = 16 << 10 };
#define LONG_AFTER TW_SECONDS(86400)

static struct world *world;

static void snapshot_and_restore(struct tw_pipeline *p)
{
    struct tw_buf bytes = {0}, again = {0};
    tw_pipeline_snapshot(p, &bytes);
    TW_ASSERT(tw_pipeline_restore(p, tw_buf_view(&bytes)) == TW_OK);
    tw_pipeline_snapshot(p, &again);
    TW_ASSERT(tw_str_eq(tw_buf_view(&bytes), tw_buf_view(&again)));
    tw_buf_finish(&bytes);
    tw_buf_finish(&again);
}

/* Between two steps; must not change anything. */
static void disturb(struct watch *w, enum way way, tw_time now, tw_time next)
{
    struct tw_pipeline *p = world->pipeline;
    switch (way) {
    case ADVANCES:
        tw_pipeline_advance(p, now);
        tw_pipeline_advance(p, (tw_time){now.ns + (next.ns - now.ns) / 2});
        watch_collect(w, p, next, false);
        tw_pipeline_advance(p, next);
        break;
    case RELOADS: tw_pipeline_swap(p, tw_pipeline_topology(p), world->rules, now); break;
    case SNAPSHOTS:
        watch_collect(w, p, now, false);
        snapshot_and_restore(p);
        break;
    case PLAIN:
    case AGAIN:
    case WAYS: break;
    }
}

/* What became of a record. A note of any kind in a file is possible too. */
static void good_end(enum tw_transport transport, enum tw_counter became)
{
    bool act = became == TW_COUNT_OPERATOR_ACTS || became == TW_COUNT_OPERATOR_REFUSED;
    if (transport == TW_TRANSPORT_LOSS)
        TW_ASSERT(became == TW_COUNT_LOSS_NOTES);
    else if (transport == TW_TRANSPORT_OPERATOR)
        TW_ASSERT(act);
    else if (became != TW_COUNT_LOSS_NOTES && !act)
        TW_ASSERT(became > TW_COUNT_RECEIVED && became < TW_COUNT_BECAME);
}

/* What people left standing is taken away. */
static void end_standing(struct watch *w, tw_time now)
{
    struct tw_pipeline *p = world->pipeline;
    struct tw_buf line = {0};
    const struct tw_standing *const *all;
    size_t n;
    while (all = tw_pipeline_standing(p, &n), n > 0) {
        struct tw_operator o = {.act = all[0]->kind == TW_SILENCE ? TW_ACT_UNSILENCE : TW_ACT_UNMAINTENANCE,
                                .by = "x"};
        memcpy(o.id, all[0]->id, sizeof o.id);
        tw_buf_clear(&line);
        tw_operator_text(&o, &line);
        struct tw_record r = {
            .rx = now, .at = TW_TIME_MIN, .transport = TW_TRANSPORT_OPERATOR, .bytes = tw_buf_view(&line)};
        tw_pipeline_feed(p, &r);
        TW_ASSERT(tw_pipeline_last(p) == TW_COUNT_OPERATOR_ACTS);
        watch_collect(w, p, now, false);
    }
    TW_ASSERT(tw_pipeline_people(p).silenced == 0);
    tw_buf_finish(&line);
}

static void take(struct watch *w, const struct step *s)
{
    bool noise;
    char bytes[SCRIPT_BYTES_MAX];
    struct tw_record r;
    struct tw_pipeline *p = world->pipeline;
    switch (s->kind) {
    case STEP_FEED:
        r = script_record(s, p, bytes);
        noise = tw_pipeline_class(p, &r) == TW_CLASS_NOISE;
        tw_pipeline_feed(p, &r);
        /* What may be put aside in a storm is nothing that a rule makes something of. */
        TW_ASSERT(!noise ||
                  (tw_pipeline_last(p) != TW_COUNT_ELSEWHERE &&
                   tw_pipeline_last(p) != TW_COUNT_UNNAMED_IF_INDEX &&
                   tw_pipeline_last(p) != TW_COUNT_LIMIT && tw_pipeline_last(p) != TW_COUNT_BAD_FIELDS));
        good_end(r.transport, tw_pipeline_last(p));
        break;
    case STEP_ADVANCE: tw_pipeline_advance(p, s->now); break;
    case STEP_SWAP:
        tw_pipeline_advance(p, s->now);
        watch_collect(w, p, s->now, false);
        world_hold(world, s->hold);
        tw_pipeline_swap(p, world->topology[s->inventory], world->rules, s->now);
        break;
    }
    watch_collect(w, p, s->now, s->kind == STEP_SWAP);
    watch_counters(w, p);
}

static void run(struct watch *w, const struct script *s, enum way way)
{
    struct tw_pipeline *p = world->pipeline;
    for (size_t i = 0; i < s->n; i++) {
        take(w, &s->step[i]);
        /* Before the first record or reload nothing has begun. */
        if (way > AGAIN && s->step[i].kind != STEP_ADVANCE)
            disturb(w, way, s->step[i].now, i + 1 < s->n ? s->step[i + 1].now : s->step[i].now);
    }
    /* At last every timer has fired. */
    tw_time end = tw_time_add(s->end, LONG_AFTER);
    tw_pipeline_advance(p, end);
    watch_collect(w, p, end, false);
    end_standing(w, end);
    watch_counters(w, p);
    watch_unknown(w, p);
    TW_ASSERT(!tw_time_is_finite(tw_pipeline_next_deadline(p)));
}

static void same_whatever_happens_between(const struct script *s, enum way way)
{
    struct watch plain = {0}, other = {0};
    world = world_begin();
    run(&plain, s, PLAIN);
    world = world_begin();
    run(&other, s, way);
    bool same = tw_str_eq(tw_buf_view(&plain.json), tw_buf_view(&other.json));
    if (!same)
        (void)fprintf(stderr, "way %d\n--- plain\n%s--- other\n%s", (int)way, tw_buf_view(&plain.json).p,
                      tw_buf_view(&other.json).p);
    TW_ASSERT(same);
    watch_finish(&plain);
    watch_finish(&other);
}

static void no_growth(struct script *s)
{
    struct watch w = {0};
    size_t warm = 0;
    world = world_begin();
    for (int i = 0; i < ROUNDS; i++) {
        run(&w, s, PLAIN);
        script_shift(s, (tw_dur){2 * LONG_AFTER.ns});
        watch_finish(&w);
        w.json = (struct tw_buf){0};
        if (i + 1 == ROUNDS_WARM)
            warm = __sanitizer_get_current_allocated_bytes();
    }
    TW_ASSERT(__sanitizer_get_current_allocated_bytes() <= warm + GROWTH_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct script s;
    if (size < 2)
        return -1;
    script_read(&s, data + 1, size - 1);
    unsigned way = AGAIN + data[0] % WAYS;
    if (way < WAYS)
        same_whatever_happens_between(&s, (enum way)way);
    else
        no_growth(&s);
    script_finish(&s);
    return 0;
}
