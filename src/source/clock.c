/* SPDX-License-Identifier: ISC */
#include "clock.h"

#include "base/mem.h"
#include "bounds.h"

#include <stdlib.h>

enum { OLD = 16, LINES_AHEAD = 12, HOSTS_AHEAD = 8 };

/* Small: with many hosts none is in a cache. */
struct host {
    uint64_t lines;
    int64_t skew;         /* at its last line */
    int64_t last;         /* corrected stamp of its last line of an earlier run */
    uint32_t first, tail; /* its lines in this run, chained by `next` */
    uint32_t old_n;
    bool heard;
    bool settled; /* was measured in an earlier run */
    struct tw_str name;
    char unused[8];
};
_Static_assert(sizeof(struct host) == 64, "a line of the cache");

/* Absolute bounds at a host's last lines of earlier runs; a ring. */
struct old {
    struct sample sample[OLD];
};

struct side { /* the line before, and the one before it of another host */
    uint32_t host, other_host;
    int64_t at, other;
};

struct clock {
    struct host *hosts;
    struct old *old; /* of each host */
    size_t n, cap, old_n, old_cap;
    struct tw_map by_name;
    bool measured[CLOCK_HOSTS + 1]; /* apart from the hosts, which are large: each line asks */
    struct side before;             /* where the last run ended */
    bool grouped;
    /* scratch, as large as the longest run */
    int64_t *lo, *hi;
    uint32_t *next, *active;
    struct sample *sample;
    struct edge *edge;
    size_t room, active_n;
};

/* A correction that a host's lines ask for. */
struct wish {
    uint32_t host, first, last; /* lines */
    int64_t value;
    bool fresh;  /* not measured before */
    bool jumped; /* its own stamps jump there by just that much */
    uint32_t votes, of;
};

struct clock *clock_create(void)
{
    struct clock *c = tw_xcalloc(1, sizeof *c);
    c->before = (struct side){NONE, NONE, 0, 0};
    return c;
}

void clock_destroy(struct clock *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; i < c->n; i++)
        free((void *)(uintptr_t)c->hosts[i].name.p);
    free(c->hosts);
    free(c->old);
    tw_map_finish(&c->by_name);
    free(c->lo);
    free(c->hi);
    free(c->next);
    free(c->active);
    free(c->sample);
    free(c->edge);
    free(c);
}

static bool same_name(const void *ctx, uint32_t index, const void *key)
{
    const struct clock *c = ctx;
    return tw_str_ieq(c->hosts[index].name, *(const struct tw_str *)key);
}

uint32_t clock_host(struct clock *c, struct tw_str name, bool *added)
{
    uint64_t hash = tw_hash_lower(name, 0);
    uint32_t i = tw_map_find(&c->by_name, hash, same_name, c, &name);
    *added = i == TW_MAP_NONE;
    if (!*added)
        return i;
    if (c->n >= CLOCK_HOSTS)
        return CLOCK_HOSTS;
    i = (uint32_t)c->n;
    struct host *h = TW_PUSH(c->hosts, c->n, c->cap);
    (void)TW_PUSH(c->old, c->old_n, c->old_cap);
    h->first = NONE;
    h->name = tw_str_of(tw_xstrndup(name.p, name.n), name.n);
    tw_map_add(&c->by_name, hash, i);
    return i;
}

bool clock_measured(const struct clock *c, uint32_t host)
{
    return c->measured[host];
}

static void make_room(struct clock *c, size_t n)
{
    if (n <= c->room)
        return;
    c->room = n;
    c->lo = tw_xrealloc(c->lo, n * sizeof *c->lo);
    c->hi = tw_xrealloc(c->hi, n * sizeof *c->hi);
    c->next = tw_xrealloc(c->next, n * sizeof *c->next);
    c->active = tw_xrealloc(c->active, n * sizeof *c->active);
    c->sample = tw_xrealloc(c->sample, (n + OLD) * sizeof *c->sample);
    c->edge = tw_xrealloc(c->edge, 2 * (n + OLD) * sizeof *c->edge);
}

/* Chains the lines of each host, and starts them with the skew known so far. */
static void chain(struct clock *c, struct clock_line *lines, size_t n)
{
    for (size_t k = 0; k < c->active_n; k++)
        c->hosts[c->active[k]].first = NONE;
    c->active_n = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (i + LINES_AHEAD < n)
            __builtin_prefetch(&c->hosts[lines[i + LINES_AHEAD].host].skew, 1);
        struct host *h = &c->hosts[lines[i].host];
        lines[i].skew = h->skew;
        c->next[i] = NONE;
        if (h->first == NONE) {
            h->first = i;
            c->active[c->active_n++] = lines[i].host;
        } else {
            c->next[h->tail] = i;
        }
        h->tail = i;
        c->measured[lines[i].host] = ++h->lines >= CLOCK_MIN_LINES;
    }
}

/* The nearest line of another host than `host`, or `missing`. */
static int64_t other(const struct side *s, uint32_t host, int64_t missing)
{
    if (s->host == NONE)
        return missing;
    if (s->host != host)
        return s->at;
    return s->other_host == NONE ? missing : s->other;
}

static void pass(struct side *s, uint32_t host, int64_t at)
{
    if (s->host != host) {
        s->other_host = s->host;
        s->other = s->at;
    }
    s->host = host;
    s->at = at;
}

/* Bounds of the error that is left at every line. Hosts with few lines bound nobody. Returns where the run
 * ends. */
static struct side bound(struct clock *c, const struct clock_line *lines, size_t n)
{
    struct side before = c->before, after = {NONE, NONE, 0, 0};
    for (size_t i = 0; i < n; i++) {
        int64_t at = minus(lines[i].stamp, lines[i].skew);
        int64_t ref = other(&before, lines[i].host, NEVER);
        c->hi[i] = ref == NEVER ? FOREVER : minus(at, ref);
        if (clock_measured(c, lines[i].host))
            pass(&before, lines[i].host, at);
    }
    for (size_t i = n; i-- > 0;) {
        int64_t at = minus(lines[i].stamp, lines[i].skew);
        int64_t ref = other(&after, lines[i].host, FOREVER);
        c->lo[i] = ref == FOREVER ? NEVER : minus(at, ref);
        if (clock_measured(c, lines[i].host))
            pass(&after, lines[i].host, at);
    }
    return before;
}

/* A bound shifted; none stays none. */
static int64_t shift(int64_t at, int64_t by)
{
    return at == NEVER || at == FOREVER ? at : minus(at, by);
}

/* The bounds at a line. Where the neighbours contradict each other they say nothing about this host. */
static struct sample bounds_at(const struct clock *c, uint32_t i)
{
    int64_t lo = c->lo[i], hi = c->hi[i];
    if (lo <= hi)
        return (struct sample){lo, hi, i};
    if (minus(lo, hi) > tolerance)
        return (struct sample){NEVER, FOREVER, i};
    return (struct sample){hi, lo, i};
}

/* Whether any line of the host can't be explained by delays. */
static bool is_strange(const struct clock *c, const struct host *h)
{
    for (uint32_t i = h->first; i != NONE; i = c->next[i]) {
        int64_t lo = c->lo[i], hi = c->hi[i];
        if ((lo > tolerance || hi < -tolerance) && (lo <= hi || minus(lo, hi) <= tolerance))
            return true;
    }
    return false;
}

/* A host's samples, old ones first. */
static size_t collect(struct clock *c, const struct host *h)
{
    size_t m = 0;
    uint32_t kept = h->old_n < OLD ? h->old_n : OLD;
    for (uint32_t k = h->old_n - kept; k < h->old_n; k++) {
        const struct sample *o = &c->old[h - c->hosts].sample[k % OLD];
        c->sample[m++] = (struct sample){shift(o->lo, h->skew), shift(o->hi, h->skew), NONE};
    }
    for (uint32_t i = h->first; i != NONE; i = c->next[i])
        c->sample[m++] = bounds_at(c, i);
    return m;
}

/* Whether the host's own stamps jump at line `i` by about `value`. */
static bool jumps(const struct clock *c, const struct clock_line *lines, const struct host *h, uint32_t i,
                  int64_t value)
{
    int64_t before = h->last, at = minus(lines[i].stamp, lines[i].skew);
    bool known = h->heard;
    for (uint32_t k = h->first; k != i; k = c->next[k]) {
        before = minus(lines[k].stamp, lines[k].skew);
        known = true;
    }
    return known && magnitude(minus(minus(at, before), value)) < magnitude(value) / 2;
}

/* Looks for a correction in one direction. */
static bool wish(struct clock *c, const struct clock_line *lines, uint32_t host, size_t m, int sign,
                 struct wish *out)
{
    const struct host *h = &c->hosts[host];
    struct finding f = {.samples = c->sample, .n = m};
    if (!bounds_find(&f, sign, c->edge))
        return false;
    /* What is past stays as it was. */
    while (f.first <= f.last && c->sample[f.first].line == NONE)
        f.first++;
    if (f.first > f.last)
        return false;
    out->host = host;
    out->first = c->sample[f.first].line;
    out->last = c->sample[f.last].line;
    int64_t skew = lines[out->first].skew;
    out->value = minus(bounds_value(&f, skew, lines[h->first].host == lines[0].host), skew);
    out->fresh = !h->settled;
    out->jumped = jumps(c, lines, h, out->first, out->value);
    out->votes = (uint32_t)f.plus;
    out->of = (uint32_t)(f.plus + f.against);
    return magnitude(out->value) > tolerance;
}

/* Whether x comes first: a newcomer, then a visible jump, then the clearer vote, then the larger one. */
static bool clearer(const struct wish *x, const struct wish *y)
{
    if (x->fresh != y->fresh)
        return x->fresh;
    if (x->jumped != y->jumped)
        return x->jumped;
    uint64_t a = (uint64_t)x->votes * y->of, b = (uint64_t)y->votes * x->of;
    return a != b ? a > b : x->votes > y->votes;
}

static bool clearest(struct clock *c, const struct clock_line *lines, struct wish *best)
{
    bool found = false;
    for (size_t k = 0; k < c->active_n; k++) {
        struct wish w = {0};
        const struct host *h = &c->hosts[c->active[k]];
        if (h->lines < CLOCK_MIN_LINES || !is_strange(c, h))
            continue;
        size_t m = collect(c, h);
        if (m < CLOCK_MIN_LINES)
            continue;
        for (int sign = -1; sign <= 1; sign += 2) {
            if (wish(c, lines, c->active[k], m, sign, &w) && (!found || clearer(&w, best))) {
                *best = w;
                found = true;
            }
        }
    }
    return found;
}

static void apply(struct clock *c, struct clock_line *lines, const struct wish *w)
{
    struct host *h = &c->hosts[w->host];
    uint32_t i = h->first;
    while (i < w->first)
        i = c->next[i];
    for (; i != NONE && i <= w->last; i = c->next[i])
        lines[i].skew += w->value;
    h->skew = lines[h->tail].skew;
}

/* The skew that a host has for the longest time in this run. */
static int64_t usual(const struct clock *c, const struct clock_line *lines, const struct host *h)
{
    int64_t best = h->skew, now = 0;
    size_t most = 0, run = 0;
    for (uint32_t i = h->first; i != NONE; i = c->next[i]) {
        run = lines[i].skew == now ? run + 1 : 1;
        now = lines[i].skew;
        if (run > most) {
            most = run;
            best = now;
        }
    }
    return best;
}

struct group {
    int64_t skew;
    uint32_t hosts;
    uint64_t lines;
};

static size_t group(struct clock *c, const struct clock_line *lines, struct group *g)
{
    size_t n = 0;
    for (size_t k = 0; k < c->active_n; k++) {
        const struct host *h = &c->hosts[c->active[k]];
        if (h->lines < CLOCK_MIN_LINES)
            continue;
        int64_t skew = usual(c, lines, h);
        size_t i = 0;
        while (i < n && magnitude(minus(g[i].skew, skew)) > tolerance)
            i++;
        if (i == n)
            g[n++] = (struct group){.skew = skew};
        g[i].hosts++;
        g[i].lines += h->lines;
    }
    return n;
}

/* +1: x fits the file's modification time better than y; -1: y does; 0: it does not tell. */
static int fits_mtime(const struct clock *c, const struct clock_end *end, const struct group *x,
                      const struct group *y)
{
    int64_t last = NEVER;
    for (size_t i = 0; end != NULL && i < end->n; i++) {
        int64_t at = minus(end->lines[i].stamp, c->hosts[end->lines[i].host].skew);
        last = at > last ? at : last;
    }
    if (last == NEVER)
        return 0;
    /* Were the group right, the last line was written then; how long before the file was last written? */
    int64_t a = minus(minus(end->mtime, x->skew), last), b = minus(minus(end->mtime, y->skew), last);
    bool a_after = a < -tolerance, b_after = b < -tolerance;
    if (a_after != b_after)
        return a_after ? -1 : 1;
    int64_t apart = magnitude(minus(a, b)), nearer = a < b ? a : b, minute = 60 * SECOND;
    /* The time of a copy, or of a line that is no device's, says nothing. */
    if (a_after || nearer > (4 * apart > minute ? 4 * apart : minute))
        return 0;
    return a < b ? 1 : -1;
}

/* Decides who is right when hosts disagree: from now on, that group's skew is none. */
static void settle(struct clock *c, struct clock_line *lines, size_t n, const struct clock_end *end)
{
    struct group *g = tw_xcalloc(c->active_n, sizeof *g);
    size_t groups = group(c, lines, g), best = 0;
    for (size_t i = 1; i < groups; i++) {
        int fit = g[i].hosts == g[best].hosts ? fits_mtime(c, end, &g[i], &g[best]) : 0;
        if (g[i].hosts != g[best].hosts ? g[i].hosts > g[best].hosts
                                        : fit > 0 || (fit == 0 && g[i].lines > g[best].lines))
            best = i;
    }
    int64_t base = groups > 0 ? g[best].skew : 0;
    for (size_t i = 0; base != 0 && i < n; i++) {
        if (clock_measured(c, lines[i].host))
            lines[i].skew -= base;
    }
    for (size_t k = 0; base != 0 && k < c->active_n; k++) {
        struct host *h = &c->hosts[c->active[k]];
        h->skew = lines[h->tail].skew;
    }
    c->grouped = groups > 0;
    free(g);
}

static void remember(struct clock *c, const struct clock_line *lines)
{
    for (size_t k = 0; k < c->active_n; k++) {
        struct host *h = &c->hosts[c->active[k]];
        if (k + HOSTS_AHEAD < c->active_n) {
            uint32_t soon = c->active[k + HOSTS_AHEAD];
            __builtin_prefetch(&c->old[soon].sample[c->hosts[soon].old_n % OLD], 1);
        }
        for (uint32_t i = h->first; i != NONE; i = c->next[i]) {
            int64_t skew = lines[i].skew;
            if (c->lo[i] <= c->hi[i])
                c->old[h - c->hosts].sample[h->old_n++ % OLD] =
                    (struct sample){shift(c->lo[i], -skew), shift(c->hi[i], -skew), NONE};
        }
        h->last = minus(lines[h->tail].stamp, lines[h->tail].skew);
        h->heard = true;
        h->settled = c->grouped && h->lines >= CLOCK_MIN_LINES;
    }
}

void clock_measure(struct clock *c, struct clock_line *lines, size_t n, const struct clock_end *end)
{
    struct wish w = {0};
    if (n == 0)
        return;
    make_room(c, n);
    chain(c, lines, n);
    struct side last = bound(c, lines, n);
    /* Each correction makes one contradiction go; the limit is for inputs that contradict themselves for
     * ever. */
    for (size_t left = c->active_n + 8; left > 0 && clearest(c, lines, &w); left--) {
        apply(c, lines, &w);
        last = bound(c, lines, n);
    }
    if (!c->grouped) {
        settle(c, lines, n, end);
        last = bound(c, lines, n);
    }
    remember(c, lines);
    c->before = last;
}
