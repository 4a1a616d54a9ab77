/* SPDX-License-Identifier: ISC */
#include "source/shed.h"

#include "base/mem.h"

#include <stdlib.h>

void tw_shed_measure(struct tw_shed_pressure *p, uint64_t used, uint64_t size)
{
    p->full = used > 0 && used >= size / 8 * 7;
    p->behind = used > 0 && (used >= size / 2 || (p->behind && used >= size / 8));
}

void tw_shed_limit(struct tw_shed *s, uint64_t rate, uint64_t burst)
{
    s->rate = rate;
    s->burst = burst;
}

static bool same_source(const void *ctx, uint32_t index, const void *key)
{
    return tw_addr_eq(&((const struct tw_shed *)ctx)->rows[index].from, key);
}

static uint64_t hash_of(const struct tw_addr *from)
{
    return tw_hash(from->bytes, sizeof from->bytes, from->family);
}

/* Gives up the rows that were not asked about for so long; what they counted is kept in one sum. */
static void sweep(struct tw_shed *s, int64_t now_ms, int64_t kept_ms)
{
    uint32_t n = 0;
    s->swept_ms = now_ms;
    for (uint32_t i = 0; i < s->n; i++) {
        const struct tw_shed_row *r = &s->rows[i];
        if (r->untold > 0 || now_ms - r->then_ms <= kept_ms) {
            s->rows[n++] = *r;
            continue;
        }
        for (int c = 0; c < TW_CLASSES; c++)
            s->others.shed[c] += r->shed[c];
    }
    if (n == s->n)
        return;
    s->n = n;
    tw_map_clear(&s->map);
    for (uint32_t i = 0; i < n; i++)
        tw_map_add(&s->map, hash_of(&s->rows[i].from), i);
}

/* A source begins with a whole burst. */
static struct tw_shed_row *row_of(struct tw_shed *s, const struct tw_shed_source *of, int64_t now_ms)
{
    if (of->who == TW_SHED_STRANGER)
        return &s->strangers;
    if (of->from == NULL)
        return &s->others;
    uint32_t i = tw_map_find(&s->map, hash_of(of->from), same_source, s, of->from);
    if (i != TW_MAP_NONE)
        return &s->rows[i];
    if (s->n == TW_SHED_SOURCES && now_ms - s->swept_ms >= TW_SHED_NOTE_MS)
        sweep(s, now_ms, TW_SHED_KEPT_FULL_MS);
    if (s->n == TW_SHED_SOURCES)
        return &s->others;
    if (s->rows == NULL)
        s->rows = tw_xcalloc(TW_SHED_SOURCES, sizeof *s->rows);
    s->rows[s->n] = (struct tw_shed_row){.from = *of->from};
    tw_map_add(&s->map, hash_of(of->from), s->n);
    return &s->rows[s->n++];
}

static void refill(const struct tw_shed *s, struct tw_shed_row *r, int64_t now_ms)
{
    int64_t most = (int64_t)s->burst * 1000, passed = now_ms - r->then_ms;
    bool first = r->then_ms == 0;
    r->then_ms = now_ms;
    /* Long enough to be full whatever it was: no product that could run over. */
    if (first || passed > (most * (TW_SHED_DEPTH + 1)) / (int64_t)s->rate)
        r->tokens = most;
    else if (passed > 0)
        r->tokens += passed * (int64_t)s->rate;
    if (r->tokens > most)
        r->tokens = most;
    if (r->tokens >= most / 2)
        r->storm = false;
}

static bool over(const struct tw_shed *s, struct tw_shed_row *r, enum tw_class c, bool full)
{
    int64_t burst = (int64_t)s->burst * 1000;
    r->storm = r->storm || r->tokens < 1000;
    switch (c) {
    case TW_CLASS_NOISE: return r->storm || full;
    case TW_CLASS_OTHER: return r->tokens < 1000 - burst;
    case TW_CLASS_VITAL:
    case TW_CLASSES: break;
    }
    return r->tokens < 1000 - TW_SHED_DEPTH * burst;
}

static bool is_due(const struct tw_shed_row *r, int64_t now_ms)
{
    return r->told_ms == 0 || now_ms - r->told_ms >= TW_SHED_NOTE_MS;
}

bool tw_shed_takes(struct tw_shed *s, const struct tw_shed_source *of, enum tw_class c, bool full,
                   int64_t now_ms)
{
    if (s->rate == 0)
        return false;
    struct tw_shed_row *r = row_of(s, of, now_ms);
    refill(s, r, now_ms);
    if (!over(s, r, c, full)) {
        r->tokens -= 1000;
        return false;
    }
    r->shed[c]++;
    if (c != TW_CLASS_NOISE && of->who != TW_SHED_STRANGER) {
        s->untold = true;
        s->due = s->due || (r->untold == 0 && is_due(r, now_ms));
        r->untold++;
        r->untold_of |= UINT64_C(1) << of->input % 64;
    }
    return true;
}

static void tell(struct tw_shed_row *r, const struct tw_addr *from, tw_shed_note *call, void *ctx)
{
    uint64_t left = r->untold, of = r->untold_of;
    r->untold = r->untold_of = 0;
    for (uint32_t input = 0; left > 0; input++) {
        if ((of >> input & 1) == 0)
            continue;
        of &= ~(UINT64_C(1) << input);
        uint64_t count = of != 0 ? 1 : left;
        left -= count;
        call(ctx, input, count, from);
    }
}

void tw_shed_tell(struct tw_shed *s, int64_t now_ms, bool all, tw_shed_note *call, void *ctx)
{
    bool untold = false;
    for (uint32_t i = 0; s->untold && i <= s->n; i++) {
        struct tw_shed_row *r = i < s->n ? &s->rows[i] : &s->others;
        if (r->untold > 0 && (all || is_due(r, now_ms))) {
            r->told_ms = now_ms;
            tell(r, i < s->n ? &r->from : NULL, call, ctx);
        }
        untold = untold || r->untold > 0;
    }
    s->untold = untold;
    s->due = false;
    if (now_ms - s->swept_ms >= TW_SHED_KEPT_FULL_MS)
        sweep(s, now_ms, TW_SHED_KEPT_MS);
}

void tw_shed_finish(struct tw_shed *s)
{
    free(s->rows);
    tw_map_finish(&s->map);
}
