/* SPDX-License-Identifier: ISC */
/*
 * Bytes as a snapshot: it is refused, and then nothing has begun; or taken, and then the core goes on with
 * whatever it was told, and what it says can be shown. The bytes are a script whose snapshot is then damaged,
 * or are taken for a snapshot as they are.
 */
#include "watch.h"
#include "world.h"

#include "base/mem.h"
#include "render/render.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void show(struct tw_pipeline *p)
{
    struct tw_buf text = {0};
    size_t n;
    const struct tw_transition *const *t = tw_pipeline_transitions(p, &n);
    for (size_t i = 0; i < n; i++) {
        tw_buf_clear(&text);
        tw_render_json(t[i], &text);
        tw_render_text(t[i], false, 80, &text);
        TW_ASSERT(watch_printable(tw_buf_view(&text), true));
    }
    tw_pipeline_effects_clear(p);
    tw_buf_finish(&text);
}

static void play(struct world *w, const struct script *s)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct step *step = &s->step[i];
        char bytes[SCRIPT_BYTES_MAX];
        struct tw_record r;
        switch (step->kind) {
        case STEP_FEED:
            r = script_record(step, w->pipeline, bytes);
            tw_pipeline_feed(w->pipeline, &r);
            break;
        case STEP_ADVANCE: tw_pipeline_advance(w->pipeline, step->now); break;
        case STEP_SWAP:
            tw_pipeline_swap(w->pipeline, w->topology[step->inventory], w->rules, step->now);
            break;
        }
        show(w->pipeline);
    }
}

/* Each three bytes change one: where, how, to what. */
static void damage(struct dice *d, struct tw_buf *b)
{
    while (d->n > 0 && b->n > 0) {
        size_t at = dice_byte(d);
        unsigned how = dice_byte(d);
        at = (at + (size_t)256 * (how / 8)) % b->n;
        switch (how % 8) {
        case 0: b->n = at; break;
        case 1:
            memmove(b->p + at, b->p + at + 1, b->n - at - 1);
            b->n--;
            break;
        case 2: b->p[at] = (char)(b->p[at] + 1); break;
        case 3: b->p[at] = (char)(b->p[at] ^ (1 << dice_below(d, 8))); break;
        default: b->p[at] = (char)dice_byte(d); break;
        }
    }
}

/* The same bytes as what else the store may give back damaged: records, and a digest. */
static void use_otherwise(struct tw_pipeline *p, struct tw_str bytes)
{
    struct tw_str rest = bytes;
    struct tw_record r;
    while (rest.n > 0 && tw_record_decode(&rest, &r)) {
        struct tw_buf again = {0};
        struct tw_record same;
        tw_record_encode(&r, &again);
        struct tw_str copy = tw_buf_view(&again);
        TW_ASSERT(tw_record_decode(&copy, &same) && copy.n == 0 && tw_str_eq(same.bytes, r.bytes) &&
                  same.rx.ns == r.rx.ns && same.transport == r.transport);
        tw_buf_finish(&again);
    }
    r = (struct tw_record){
        .rx = TW_TIME_MIN, .at = TW_TIME_MIN, .transport = TW_TRANSPORT_DIGEST, .bytes = bytes};
    tw_pipeline_feed(p, &r);
}

static void use(struct world *w, const struct script *s, struct tw_str bytes)
{
    struct tw_pipeline *p = w->pipeline;
    /* Exactly as long as it is, so that a step past its end is seen. */
    char *copy = tw_xmalloc(bytes.n);
    if (bytes.n > 0)
        memcpy(copy, bytes.p, bytes.n);
    bool taken = tw_pipeline_restore(p, tw_str_of(copy, bytes.n)) == TW_OK;
    if (!taken) {
        for (int c = 0; c < TW_COUNTERS; c++)
            TW_ASSERT(tw_pipeline_counter(p, (enum tw_counter)c) == 0);
        TW_ASSERT(!tw_time_is_finite(tw_pipeline_next_deadline(p)));
    }
    use_otherwise(p, tw_str_of(copy, bytes.n));
    free(copy);
    play(w, s);
    struct tw_buf again = {0};
    tw_pipeline_snapshot(p, &again);
    TW_ASSERT(tw_pipeline_restore(p, tw_buf_view(&again)) == TW_OK);
    tw_buf_finish(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct script s;
    struct tw_buf bytes = {0};
    if (size < 3)
        return -1;
    struct world *w = world_begin();
    struct dice d = {data + 2, size - 2};
    size_t n = data[0] + 256u * (data[1] & 127);
    n = n < d.n ? n : d.n;
    script_read(&s, d.p, n);
    d.p += n;
    d.n -= n;
    if (data[1] & 128) {
        use(w, &s, tw_str_of((const char *)d.p, d.n));
    } else {
        play(w, &s);
        tw_pipeline_snapshot(w->pipeline, &bytes);
        damage(&d, &bytes);
        use(w, &s, tw_buf_view(&bytes));
    }
    tw_buf_finish(&bytes);
    script_finish(&s);
    return 0;
}
