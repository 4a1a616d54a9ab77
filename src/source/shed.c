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

/* A source begins with a whole burst. */
static struct tw_shed_row *row_of(struct tw_shed *s, const struct tw_addr *from)
{
    if (from == NULL)
        return &s->others;
    uint64_t hash = tw_hash(from->bytes, sizeof from->bytes, from->family);
    uint32_t i = tw_map_find(&s->map, hash, same_source, s, from);
    if (i != TW_MAP_NONE)
        return &s->rows[i];
    if (s->n == TW_SHED_SOURCES)
        return &s->others;
    if (s->rows == NULL)
        s->rows = tw_xcalloc(TW_SHED_SOURCES, sizeof *s->rows);
    s->rows[s->n].from = *from;
    tw_map_add(&s->map, hash, s->n);
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

bool tw_shed_takes(struct tw_shed *s, const struct tw_addr *from, enum tw_class c, bool full, int64_t now_ms)
{
    if (s->rate == 0)
        return false;
    struct tw_shed_row *r = row_of(s, from);
    refill(s, r, now_ms);
    if (!over(s, r, c, full)) {
        r->tokens -= 1000;
        return false;
    }
    r->shed[c]++;
    r->untold += c != TW_CLASS_NOISE;
    s->untold = s->untold || c != TW_CLASS_NOISE;
    return true;
}

void tw_shed_finish(struct tw_shed *s)
{
    free(s->rows);
    tw_map_finish(&s->map);
}
