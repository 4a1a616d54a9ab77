/* SPDX-License-Identifier: ISC */
/*
 * What happens to each pair. Things that could touch each other happen one after the other, so that what must
 * be found is known here, without any judgement: a fault of the master's own sub-interfaces that lasts longer
 * than the hold.
 */
#include "mix.h"

#include <stdlib.h>

enum kind { INTERRUPTION, RESCUED, FLAP, MAIN_FAILS, ROLES_SWAP, STANDBY_FAILS, STANDBY_SHORT, KINDS };

/* How many of each a pair sees, per 1,000 lines of its interface events. */
static const uint32_t frequency[KINDS] = {17, 2, 55, 3, 4, 5, 20};

static const char *const own_faults[] = {
    "Interface physical link is down",
    "The conditions for the activation of the interface are not met",
    "The link protocol is down",
    "BFD session is down",
    "CFM DOWN",
    "EFM DOWN",
};

struct pair {
    const struct shape *shape;
    struct plan *plan;
    struct rng rng;
    uint32_t id, seq, now, master;
    uint32_t next_sub;
    uint32_t interface_lines, e_trunk_lines; /* still to be made */
    bool frugal;                             /* not enough lines for the E-Trunk's own role */
    uint8_t member[2];
    const char *member_reason[2];
};

struct todo {
    enum kind kind;
    uint32_t lasts;
    uint32_t n; /* sub-interfaces */
};

uint64_t rng_next(struct rng *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

uint32_t rng_below(struct rng *r, uint32_t n)
{
    return (uint32_t)((rng_next(r) >> 32) * n >> 32);
}

uint32_t rng_between(struct rng *r, uint32_t lo, uint32_t hi)
{
    return lo + rng_below(r, hi - lo + 1);
}

static void *grow(void *p, size_t *cap, size_t size)
{
    *cap = *cap == 0 ? 4096 : *cap * 2;
    p = realloc(p, *cap * size);
    if (p == NULL)
        abort();
    return p;
}

static void happen(struct pair *p, uint32_t at, uint32_t side, enum what what, uint32_t sub, uint32_t role,
                   const char *reason)
{
    struct plan *plan = p->plan;
    if (plan->n == plan->cap)
        plan->rows = grow(plan->rows, &plan->cap, sizeof *plan->rows);
    plan->rows[plan->n++] = (struct happening){.at = at,
                                               .pair = p->id,
                                               .seq = p->seq++,
                                               .sub = (uint16_t)sub,
                                               .side = (uint8_t)side,
                                               .what = (uint8_t)what,
                                               .role = (uint8_t)role,
                                               .reason = reason};
    uint32_t *left = what == E_TRUNK_ROLE || what == MEMBER_ROLE ? &p->e_trunk_lines : &p->interface_lines;
    if (*left > 0)
        --*left;
}

static void set_member(struct pair *p, uint32_t at, uint32_t side, enum role role, const char *reason)
{
    p->member[side] = (uint8_t)role;
    p->member_reason[side] = reason;
    happen(p, at, side, MEMBER_ROLE, 0, role, reason);
}

static void elect(struct pair *p, uint32_t at, uint32_t side, enum role role)
{
    if (!p->frugal)
        happen(p, at, side, E_TRUNK_ROLE, 0, role, "PRI");
    set_member(p, at, side, role, role == MASTER ? "ETRUNK_MASTER" : "ETRUNK_BACKUP");
}

static void swap(struct pair *p, uint32_t at)
{
    elect(p, at, p->master, BACKUP);
    p->master = 1 - p->master;
    elect(p, at + 1, p->master, MASTER);
}

/* The routers say again what they have said: never in a second in which anything changes. */
static void repeat_roles(struct pair *p, uint32_t from, uint32_t to, uint32_t wanted)
{
    for (uint32_t i = 0; i < wanted && p->e_trunk_lines > 0 && to > from + 2; i++) {
        uint32_t at = rng_between(&p->rng, from + 1, to - 1), side = rng_below(&p->rng, 2);
        if (!p->frugal && rng_below(&p->rng, 3) == 0)
            happen(p, at, side, E_TRUNK_ROLE, 0, side == p->master ? MASTER : BACKUP, "PRI");
        else
            happen(p, at, side, MEMBER_ROLE, 0, p->member[side], p->member_reason[side]);
    }
}

static uint32_t take_subs(struct pair *p, uint32_t n)
{
    uint32_t first = p->next_sub;
    p->next_sub = (first + n) % p->shape->subs;
    return first;
}

static uint32_t nth(const struct pair *p, uint32_t first, uint32_t i)
{
    return (first + i) % p->shape->subs;
}

static void subs_down(struct pair *p, uint32_t at, uint32_t side, uint32_t first, uint32_t n,
                      const char *reason)
{
    for (uint32_t i = 0; i < n; i++)
        happen(p, at, side, SUB_DOWN, nth(p, first, i), 0, reason);
}

static void subs_up(struct pair *p, uint32_t at, uint32_t side, uint32_t first, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        happen(p, at, side, SUB_UP, nth(p, first, i), 0, NULL);
}

static void must_be_found(struct pair *p, uint32_t side, uint32_t first, uint32_t n, uint32_t since,
                          uint32_t cleared, bool switched_over)
{
    struct plan *plan = p->plan;
    if (plan->truth_n == plan->truth_cap)
        plan->truth = grow(plan->truth, &plan->truth_cap, sizeof *plan->truth);
    plan->truth[plan->truth_n++] = (struct interruption){.pair = p->id,
                                                         .since = since,
                                                         .cleared = cleared,
                                                         .first = (uint32_t)plan->subs_n,
                                                         .n = n,
                                                         .side = (uint8_t)side,
                                                         .switched_over = switched_over};
    uint32_t wrapped = first + n > p->shape->subs ? first + n - p->shape->subs : 0; /* these come first */
    for (uint32_t i = 0; i < n; i++) {
        if (plan->subs_n == plan->subs_cap)
            plan->subs = grow(plan->subs, &plan->subs_cap, sizeof *plan->subs);
        plan->subs[plan->subs_n++] = (uint16_t)(i < wrapped ? i : first + i - wrapped);
    }
}

static const char *own_fault(struct pair *p)
{
    return own_faults[rng_below(&p->rng, sizeof own_faults / sizeof *own_faults)];
}

/* The defect. Repeated by the router now and then; repaired, or rescued by an operator's switchover. */
static void interruption(struct pair *p, const struct todo *t)
{
    uint32_t first = take_subs(p, t->n), side = p->master, end = p->now + t->lasts;
    const char *reason = own_fault(p);
    subs_down(p, p->now, side, first, t->n, reason);
    if (rng_below(&p->rng, 3) == 0)
        happen(p, rng_between(&p->rng, p->now + 1, end - 1), side, SUB_DOWN, first, 0, reason);
    repeat_roles(p, p->now, end, 2);
    if (t->kind == RESCUED) {
        swap(p, end);
        must_be_found(p, side, first, t->n, p->now, end + 1, true);
        p->now = end + rng_between(&p->rng, 5, 40);
        subs_up(p, p->now, side, first, t->n);
        return;
    }
    must_be_found(p, side, first, t->n, p->now, end, false);
    subs_up(p, end, side, first, t->n);
    if (rng_below(&p->rng, 4) == 0)
        happen(p, end + rng_between(&p->rng, 1, 5), side, SUB_UP, first, 0, NULL);
    p->now = end + 5;
}

static void flap(struct pair *p, const struct todo *t, uint32_t side)
{
    uint32_t first = take_subs(p, t->n);
    subs_down(p, p->now, side, first, t->n, own_fault(p));
    p->now += t->lasts;
    subs_up(p, p->now, side, first, t->n);
}

static void main_and_subs(struct pair *p, uint32_t side, uint32_t first, uint32_t n)
{
    happen(p, p->now, side, MAIN_DOWN, 0, 0,
           rng_below(&p->rng, 2) ? "LACP negotiation failed" : "Interface physical link is down");
    subs_down(p, p->now + rng_below(&p->rng, 2), side, first, n, "The main interface is down");
}

/* E-Trunk does its work: the main interface fails, everything on it follows, the peer takes over, and later
 * gives back. */
static void main_fails(struct pair *p, const struct todo *t)
{
    uint32_t side = p->master, peer = 1 - side;
    main_and_subs(p, side, 0, p->shape->subs);
    uint32_t taken = p->now + rng_between(&p->rng, 1, 3), end = p->now + t->lasts;
    set_member(p, taken, peer, MASTER, "PEER_MEMBER_DOWN");
    happen(p, end, side, MAIN_UP, 0, 0, NULL);
    subs_up(p, end + 1, side, 0, p->shape->subs);
    uint32_t back = end + rng_between(&p->rng, 5, 20);
    set_member(p, back, peer, BACKUP, "PEER_MEMBER_UP");
    set_member(p, back, side, MASTER, "ETRUNK_MASTER");
    p->now = back;
}

/* Down on the standby is normal. */
static void standby_fails(struct pair *p, const struct todo *t)
{
    uint32_t side = 1 - p->master, first = take_subs(p, t->n), end = p->now + t->lasts;
    main_and_subs(p, side, first, t->n);
    if (rng_below(&p->rng, 2) && t->lasts > 10)
        happen(p, rng_between(&p->rng, p->now + 3, end - 1), side, SUB_DOWN, first, 0,
               "The main interface is down");
    repeat_roles(p, p->now, end, 2);
    happen(p, end, side, MAIN_UP, 0, 0, NULL);
    subs_up(p, end, side, first, t->n);
    p->now = end;
}

static void play(struct pair *p, const struct todo *t)
{
    switch (t->kind) {
    case INTERRUPTION:
    case RESCUED: interruption(p, t); break;
    case FLAP: flap(p, t, p->master); break;
    case MAIN_FAILS: main_fails(p, t); break;
    case ROLES_SWAP: swap(p, p->now); break;
    case STANDBY_FAILS: standby_fails(p, t); break;
    case STANDBY_SHORT: flap(p, t, 1 - p->master); break;
    case KINDS: break;
    }
    p->now += 2;
}

/* Short ones are the most frequent: each doubling from 15 s to 20 min is as likely as the next. */
static uint32_t long_time(struct rng *r, uint32_t lo, uint32_t hi)
{
    uint32_t top = lo;
    for (uint32_t doublings = rng_below(r, 7); doublings > 0 && top < hi; doublings--)
        top *= 2;
    uint32_t end = top * 2 < hi ? top * 2 : hi;
    return rng_between(r, top < hi ? top : lo, end);
}

static struct todo draw(struct pair *p, enum kind kind)
{
    struct todo t = {.kind = kind, .n = 1};
    struct rng *r = &p->rng;
    uint32_t half = p->shape->subs / 2;
    switch (kind) {
    case INTERRUPTION:
    case RESCUED:
        t.lasts = kind == RESCUED ? rng_between(r, 15, 200) : long_time(r, p->shape->hold + 5, 1200);
        t.n = rng_below(r, 6) == 0 ? rng_between(r, 2, 8) : 1;
        break;
    case FLAP: t.lasts = rng_between(r, 1, p->shape->hold - 2); break;
    case MAIN_FAILS: t.lasts = rng_between(r, 40, 400); break;
    case STANDBY_FAILS:
        t.lasts = rng_between(r, 5, 300);
        t.n = rng_between(r, 1, 12);
        break;
    case STANDBY_SHORT: t.lasts = rng_between(r, 1, 50); break;
    case ROLES_SWAP:
    case KINDS: break;
    }
    if (t.n > half)
        t.n = half > 0 ? half : 1;
    return t;
}

static uint32_t share(struct rng *r, uint64_t part, uint64_t of)
{
    return (uint32_t)(part / of + (rng_next(r) % of < part % of));
}

static void nobodys(struct pair *p)
{
    while (p->interface_lines > 0) {
        uint32_t at = rng_below(&p->rng, p->shape->duration), side = rng_below(&p->rng, 2);
        uint32_t port = rng_below(&p->rng, 96);
        happen(p, at, side, PORT_DOWN, port, 0, own_fault(p));
        at += rng_between(&p->rng, 1, 600);
        if (at < p->shape->duration && p->interface_lines > 0)
            happen(p, at, side, PORT_UP, port, 0, NULL);
    }
}

static size_t draw_all(struct pair *p, struct todo *list, size_t room)
{
    size_t n = 0;
    uint32_t lines = p->interface_lines;
    for (enum kind k = 0; k < KINDS; k++) {
        uint32_t count = share(&p->rng, (uint64_t)frequency[k] * lines, 1000);
        for (uint32_t i = 0; i < count && n < room; i++)
            list[n++] = draw(p, k);
    }
    for (size_t i = n; i > 1; i--) {
        size_t j = rng_below(&p->rng, (uint32_t)i);
        struct todo t = list[i - 1];
        list[i - 1] = list[j];
        list[j] = t;
    }
    return n;
}

static void plan_pair(struct plan *plan, const struct shape *s, uint32_t id, struct todo *list, size_t room)
{
    struct pair p = {.shape = s, .plan = plan, .id = id};
    p.rng.state = s->seed * 0x2545f4914f6cdd1du + id;
    rng_next(&p.rng);
    p.interface_lines = share(&p.rng, s->lines * 8 / 100, s->pairs);
    p.e_trunk_lines = share(&p.rng, s->lines * 2 / 100, s->pairs);
    p.frugal = p.e_trunk_lines < 20;
    p.master = rng_below(&p.rng, 2);
    p.next_sub = rng_below(&p.rng, s->subs);
    uint32_t warm = s->duration / 20 < 300 ? s->duration / 20 : 300;
    p.now = rng_below(&p.rng, warm);
    elect(&p, p.now, p.master, MASTER);
    elect(&p, p.now + 1, 1 - p.master, BACKUP);
    p.now = warm + 2;
    size_t n = draw_all(&p, list, room);
    uint64_t busy = 0;
    for (size_t i = 0; i < n; i++)
        busy += list[i].lasts + 60;
    for (size_t i = 0; i < n; i++) {
        uint64_t needed = p.now + busy + 90;
        uint32_t gap = s->duration > needed ? (uint32_t)((s->duration - needed) / (n - i + 1)) : 0,
                 before = p.now;
        busy -= list[i].lasts + 60;
        if (p.now + list[i].lasts + 160 > s->duration)
            continue;
        p.now += rng_between(&p.rng, gap / 2, gap + gap / 2);
        repeat_roles(&p, before, p.now, p.e_trunk_lines / (uint32_t)(n - i + 1));
        if (p.now + list[i].lasts + 160 <= s->duration)
            play(&p, &list[i]);
    }
    if (id % 40 == 7 && p.now + 100 < s->duration) { /* lasts longer than the log */
        uint32_t first = take_subs(&p, 1), at = s->duration - rng_between(&p.rng, 20, 60);
        subs_down(&p, at, p.master, first, 1, own_fault(&p));
        must_be_found(&p, p.master, first, 1, at, UINT32_MAX, false);
    }
    repeat_roles(&p, p.now, s->duration - 1, p.e_trunk_lines);
    nobodys(&p);
}

/* Fault after fault, each just longer than the hold. */
static void plan_live_pair(struct plan *plan, const struct shape *s, uint32_t id)
{
    struct pair p = {.shape = s, .plan = plan, .id = id, .frugal = true};
    p.rng.state = s->seed + id;
    p.master = rng_below(&p.rng, 2);
    p.next_sub = rng_below(&p.rng, s->subs);
    set_member(&p, 0, p.master, MASTER, "ETRUNK_MASTER");
    set_member(&p, 0, 1 - p.master, BACKUP, "ETRUNK_BACKUP");
    uint32_t lasts = s->hold + 2, step = lasts + 2;
    for (uint32_t at = 1 + rng_below(&p.rng, step); at + lasts + 1 < s->duration; at += step) {
        uint32_t first = take_subs(&p, 1);
        subs_down(&p, at, p.master, first, 1, own_fault(&p));
        must_be_found(&p, p.master, first, 1, at, at + lasts, false);
        subs_up(&p, at + lasts, p.master, first, 1);
    }
}

static uint32_t scatter(uint32_t a, uint32_t b)
{
    uint64_t z = ((uint64_t)a << 32 | b) * 0x9e3779b97f4a7c15u;
    return (uint32_t)(z >> 32);
}

static int by_time(const void *a, const void *b)
{
    const struct happening *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    if (x->pair != y->pair) {
        uint32_t i = scatter(x->at, x->pair), j = scatter(y->at, y->pair);
        return i < j || (i == j && x->pair < y->pair) ? -1 : 1;
    }
    return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static int by_raise(const void *a, const void *b)
{
    const struct interruption *x = a, *y = b;
    if (x->since != y->since)
        return x->since < y->since ? -1 : 1;
    return x->pair < y->pair ? -1 : x->pair > y->pair;
}

void plan_make(struct plan *p, const struct shape *s)
{
    size_t room = s->lines / s->pairs + KINDS;
    struct todo *list = calloc(room, sizeof *list);
    if (list == NULL)
        abort();
    for (uint32_t i = 0; i < s->pairs; i++)
        if (s->live)
            plan_live_pair(p, s, i);
        else
            plan_pair(p, s, i, list, room);
    free(list);
    qsort(p->rows, p->n, sizeof *p->rows, by_time);
    qsort(p->truth, p->truth_n, sizeof *p->truth, by_raise);
}

void plan_finish(struct plan *p)
{
    free(p->rows);
    free(p->truth);
    free(p->subs);
}
