/* SPDX-License-Identifier: ISC */
#include "bounds.h"

#include "clock.h"

#include <stdlib.h>

static const int64_t lateness = 30 * SECOND; /* how late a line may be without its clock being wrong */

static int by_place(const void *a, const void *b)
{
    const struct edge *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return y->step - x->step; /* a start before an end: bounds that touch agree */
}

/* The part of (from, to) that most samples hold. Returns how many do. */
static size_t agree(struct finding *f, int64_t from, int64_t to, struct edge *edge)
{
    size_t n = 0, most = 0, now = 0;
    for (size_t i = 0; i < f->n; i++) {
        int64_t lo = f->samples[i].lo > from ? f->samples[i].lo : from;
        int64_t hi = f->samples[i].hi < to ? f->samples[i].hi : to;
        if (lo > hi)
            continue;
        edge[n++] = (struct edge){lo, 1};
        edge[n++] = (struct edge){hi, -1};
    }
    qsort(edge, n, sizeof *edge, by_place);
    for (size_t i = 0; i < n; i++) {
        if (edge[i].step > 0 && ++now > most) {
            most = now;
            f->agreed.lo = edge[i].at;
            f->agreed.hi = edge[i + 1].at; /* a start is never the last */
        } else if (edge[i].step < 0) {
            now--;
        }
    }
    return most;
}

/* +1: speaks for the correction in `v`, -1: for none, 0: can't tell. */
static int vote(const struct sample *s, const struct sample *v)
{
    bool fits = s->lo <= v->hi && s->hi >= v->lo;
    bool none = s->lo <= tolerance && s->hi >= -tolerance;
    return (int)fits - (int)none;
}

/* The run of samples with the highest balance of votes; widened by those that can't tell. */
static bool densest(struct finding *f)
{
    int32_t sum = 0, best = 0;
    size_t start = 0;
    for (size_t i = 0; i < f->n; i++) {
        if (sum <= 0) {
            sum = 0;
            start = i;
        }
        sum += vote(&f->samples[i], &f->agreed);
        if (sum > best) {
            best = sum;
            f->first = start;
            f->last = i;
        }
    }
    while (best > 0 && f->last + 1 < f->n && vote(&f->samples[f->last + 1], &f->agreed) == 0)
        f->last++;
    return best > 0;
}

/* The multiple of `unit` nearest to the middle, or 0 when none but 0 lies within. */
static int64_t multiple(const struct sample *v, int64_t unit)
{
    int64_t middle = v->lo + minus(v->hi, v->lo) / 2;
    int64_t value = (middle + (middle < 0 ? -unit : unit) / 2) / unit * unit;
    return value >= v->lo && value <= v->hi ? value : 0;
}

/*
 * Where the truth lies within wide bounds. Lines come in pairs: what one router reports, the other reports a
 * moment later. Then one bound is met again and again, and the truth is beside it. When both are, as with
 * clockwork, it is the one whole minute within, if there is just one; else the pairs are those that the log
 * begins with.
 */
static struct sample narrow(const struct finding *f, int64_t skew, bool first)
{
    size_t low = 0, high = 0;
    const struct sample *v = &f->agreed;
    struct sample out = {v->lo + skew, v->hi + skew, NONE};
    if (minus(v->hi, v->lo) <= 2 * tolerance)
        return out;
    for (size_t i = 0; i < f->n; i++) {
        const struct sample *s = &f->samples[i];
        low += s->lo >= v->lo - tolerance && s->lo <= v->lo;
        high += s->hi <= v->hi + tolerance && s->hi >= v->hi;
    }
    int64_t minute = 60 * SECOND, whole = multiple(&out, minute);
    bool only = whole != 0 && whole - minute < out.lo && whole + minute > out.hi;
    bool down = low >= 3 && low >= 2 * high, up = high >= 3 && high >= 2 * low;
    bool both = low >= 3 && high >= 3 && !down && !up;
    /* In narrow bounds a whole minute is hardly chance. */
    if (only && (both || minus(out.hi, out.lo) < minute / 2))
        return (struct sample){whole, whole, NONE};
    if (both) {
        down = first;
        up = !first;
    }
    if (down)
        out.hi = out.lo + tolerance;
    else if (up)
        out.lo = out.hi - tolerance;
    return out;
}

/* The likeliest error within bounds: none, a zone, a round number; else their middle. */
static int64_t choose(const struct sample *wide, const struct sample *v)
{
    static const int64_t zones[] = {3600 * SECOND, 1800 * SECOND, 900 * SECOND};
    if (wide->lo <= tolerance && wide->hi >= -tolerance)
        return 0;
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
        int64_t value = multiple(wide, zones[i]);
        if (value != 0 && minus(wide->hi, wide->lo) < zones[i] / 2)
            return value;
    }
    int64_t minutes = multiple(v, 60 * SECOND), seconds = multiple(v, SECOND);
    if (minutes != 0)
        return minutes;
    return seconds != 0 ? seconds : v->lo + minus(v->hi, v->lo) / 2;
}

/* Whether so many votes over so many lines are no accident. Late lines look like an error of the clock, but
 * of up to 30 s, and not line after line. */
static bool enough(const struct finding *f, int64_t error, bool from_start)
{
    size_t lines = f->last - f->first + 1;
    if (lines < CLOCK_MIN_LINES || f->plus < 2 * f->against)
        return false;
    if (error > lateness)
        return f->plus >= 2;
    if (from_start)
        return f->plus >= (lines < 16 ? 4 : lines / 4);
    return lines >= 4 * (size_t)CLOCK_MIN_LINES && f->plus >= lines / 3 && f->plus >= 8 * f->against;
}

bool bounds_find(struct finding *f, int sign, struct edge *scratch)
{
    int64_t from = sign > 0 ? tolerance + 1 : NEVER, to = sign > 0 ? FOREVER : -tolerance - 1;
    size_t before = 0;
    if (agree(f, from, to, scratch) < 2 || f->agreed.lo == NEVER || f->agreed.hi == FOREVER || !densest(f))
        return false;
    for (size_t i = 0; i < f->first; i++)
        before += vote(&f->samples[i], &f->agreed) < 0;
    /* Never heard to be right: wrong from the start. */
    if (before == 0)
        f->first = 0;
    f->plus = f->against = 0;
    for (size_t i = f->first; i <= f->last; i++) {
        f->plus += vote(&f->samples[i], &f->agreed) > 0;
        f->against += vote(&f->samples[i], &f->agreed) < 0;
    }
    return enough(f, sign > 0 ? f->agreed.lo : -f->agreed.hi, before == 0);
}

int64_t bounds_value(const struct finding *f, int64_t skew, bool first)
{
    struct sample wide = {f->agreed.lo + skew, f->agreed.hi + skew, NONE}, in = narrow(f, skew, first);
    return choose(&wide, &in);
}
