/* SPDX-License-Identifier: ISC */
#include "incident/outage.h"

#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"

#include <stdlib.h>

struct span {
    uint32_t row;
    enum tw_effect effect;
    tw_time from, until; /* TW_TIME_MAX: it goes on */
    bool estimated;
};

struct row {
    struct tw_outage out;
    uint64_t held, wanted; /* by the alert at hand, as of this turn */
};

/* From a raise to its end; the next raise of the same id is another one. */
struct life {
    char id[TW_ALERT_ID];
    bool open;
    enum tw_effect effect;
    tw_time since;
    tw_dur hold;     /* between the fault and the raise */
    uint32_t *spans; /* that go on */
    size_t n, cap;
    size_t first; /* span that was the next when it began */
};

struct tw_outages {
    struct tw_arena *arena;
    struct row *rows;
    size_t rows_n, rows_cap;
    struct tw_map row_by_key;
    struct span *spans;
    size_t spans_n, spans_cap;
    uint32_t *span_life; /* of each span */
    size_t span_life_n, span_life_cap;
    struct life *lives;
    size_t lives_n, lives_cap;
    struct tw_map life_by_id;
    uint64_t turn, more;
    struct tw_outage *out;
    struct tw_outage_sum sum;
};

const char *tw_effect_name(enum tw_effect e)
{
    static const char *const names[] = {"none", "partial", "interruption"};
    return names[e];
}

enum tw_effect tw_effect_of(const char *condition, enum tw_severity severity)
{
    static const char *const interrupt[] = {"no-switchover", "switchover-failed", "no-master", "admin-down"};
    for (size_t i = 0; i < sizeof interrupt / sizeof *interrupt; i++) {
        if (strcmp(condition, interrupt[i]) == 0)
            return TW_EFFECT_INTERRUPTION;
    }
    if (strcmp(condition, "partial-loss") != 0)
        return TW_EFFECT_NONE;
    /* Critical: the other side has lost it, too. */
    return severity == TW_SEVERITY_CRITICAL ? TW_EFFECT_INTERRUPTION : TW_EFFECT_PARTIAL;
}

struct tw_outages *tw_outages_create(void)
{
    struct tw_outages *o = tw_xcalloc(1, sizeof *o);
    o->arena = tw_arena_create(4096);
    return o;
}

void tw_outages_destroy(struct tw_outages *o)
{
    if (o == NULL)
        return;
    for (size_t i = 0; i < o->lives_n; i++)
        free(o->lives[i].spans);
    tw_map_finish(&o->row_by_key);
    tw_map_finish(&o->life_by_id);
    tw_arena_destroy(o->arena);
    free(o->rows);
    free(o->spans);
    free(o->span_life);
    free(o->lives);
    free(o->out);
    free(o);
}

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool same_row(const void *ctx, uint32_t index, const void *key)
{
    const struct tw_outage *r = &((const struct tw_outages *)ctx)->rows[index].out, *want = key;
    return r->kind == want->kind && same_text(r->device, want->device) && strcmp(r->name, want->name) == 0;
}

static char *keep(struct tw_outages *o, const char *z)
{
    return z != NULL ? tw_arena_dup(o->arena, z, strlen(z)) : NULL;
}

/* TW_MAP_NONE: there is no room. */
static uint32_t row_of(struct tw_outages *o, enum tw_outage_kind kind, const char *device, const char *name)
{
    struct tw_outage want = {.kind = kind, .device = device, .name = name};
    uint64_t hash = tw_hash(name, strlen(name), (uint64_t)kind);
    if (device != NULL)
        hash = tw_hash(device, strlen(device), hash);
    uint32_t i = tw_map_find(&o->row_by_key, hash, same_row, o, &want);
    if (i != TW_MAP_NONE)
        return i;
    if (o->rows_n >= TW_OUTAGE_ROWS_MAX) {
        o->more++;
        return TW_MAP_NONE;
    }
    i = (uint32_t)o->rows_n;
    struct row *r = TW_PUSH(o->rows, o->rows_n, o->rows_cap);
    r->out = (struct tw_outage){.kind = kind, .device = keep(o, device), .name = keep(o, name)};
    tw_map_add(&o->row_by_key, hash, i);
    return i;
}

static bool same_life(const void *ctx, uint32_t index, const void *key)
{
    return strcmp(((const struct tw_outages *)ctx)->lives[index].id, key) == 0;
}

static uint32_t life_of(struct tw_outages *o, const struct tw_transition *t)
{
    uint64_t hash = tw_hash(t->alert_id, strlen(t->alert_id), 0);
    uint32_t i = tw_map_find(&o->life_by_id, hash, same_life, o, t->alert_id);
    if (i == TW_MAP_NONE) {
        i = (uint32_t)o->lives_n;
        struct life *l = TW_PUSH(o->lives, o->lives_n, o->lives_cap);
        memcpy(l->id, t->alert_id, sizeof l->id);
        tw_map_add(&o->life_by_id, hash, i);
    }
    return i;
}

static void open_span(struct tw_outages *o, uint32_t life, uint32_t row, tw_time from, bool estimated)
{
    struct life *l = &o->lives[life];
    if (o->spans_n >= TW_OUTAGE_SPANS_MAX) {
        o->more++;
        return;
    }
    *TW_PUSH(l->spans, l->n, l->cap) = (uint32_t)o->spans_n;
    *TW_PUSH(o->span_life, o->span_life_n, o->span_life_cap) = life;
    *TW_PUSH(o->spans, o->spans_n, o->spans_cap) = (struct span){
        .row = row, .effect = l->effect, .from = from, .until = TW_TIME_MAX, .estimated = estimated};
}

static void close_span(struct tw_outages *o, uint32_t span, tw_time until, bool estimated)
{
    struct span *s = &o->spans[span];
    s->until = tw_later(s->from, until);
    s->estimated = s->estimated || estimated;
}

/* It is in the alert: since `from`, unless it was before. */
static void want(struct tw_outages *o, uint32_t life, uint32_t row, tw_time from, bool estimated)
{
    if (row == TW_MAP_NONE)
        return;
    struct row *r = &o->rows[row];
    if (r->wanted == o->turn)
        return;
    r->wanted = o->turn;
    if (r->held != o->turn)
        open_span(o, life, row, from, estimated);
}

/* What the transition says is in it, is; what it does not say, has left. */
static void follow(struct tw_outages *o, uint32_t life, const struct tw_transition *t, tw_time from,
                   bool estimated)
{
    struct life *l = &o->lives[life];
    size_t before = l->n, kept = 0;
    o->turn++;
    for (size_t i = 0; i < before; i++)
        o->rows[o->spans[l->spans[i]].row].held = o->turn;
    for (size_t i = 0; i < t->sub_interfaces_n; i++)
        want(o, life, row_of(o, TW_OUTAGE_SUB_INTERFACE, t->device, t->sub_interfaces[i]), from, estimated);
    if (t->sub_interfaces_n == 0 && t->trunk != NULL)
        want(o, life, row_of(o, TW_OUTAGE_TRUNK, t->device, t->trunk), from, estimated);
    for (size_t i = 0; i < t->services_n; i++)
        want(o, life, row_of(o, TW_OUTAGE_SERVICE, NULL, t->services[i]), from, estimated);
    for (size_t i = 0; i < l->n; i++) {
        uint32_t span = l->spans[i];
        if (i >= before || o->rows[o->spans[span].row].wanted == o->turn)
            l->spans[kept++] = span;
        else
            close_span(o, span, t->time, true);
    }
    l->n = kept;
}

static void end_all(struct tw_outages *o, uint32_t life, tw_time until, bool estimated)
{
    struct life *l = &o->lives[life];
    for (size_t i = 0; i < l->n; i++)
        close_span(o, l->spans[i], until, estimated);
    l->n = 0;
}

static void begin(struct tw_outages *o, uint32_t life, const struct tw_transition *t)
{
    struct life *l = &o->lives[life];
    end_all(o, life, t->time, true); /* its end was not heard of */
    l->open = true;
    l->effect = tw_effect_of(t->condition, t->severity);
    l->since = t->since;
    l->hold = t->kind == TW_RAISED ? tw_time_sub(t->time, t->since) : (tw_dur){0};
    l->first = o->spans_n;
    if (l->effect != TW_EFFECT_NONE)
        follow(o, life, t, t->since, t->kind != TW_RAISED);
}

/* What it means has changed: the time before counts as it was. */
static void change_effect(struct tw_outages *o, uint32_t life, enum tw_effect effect, tw_time at)
{
    struct life *l = &o->lives[life];
    size_t n = l->n;
    l->effect = effect;
    l->n = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t span = l->spans[i];
        close_span(o, span, at, true);
        if (effect != TW_EFFECT_NONE)
            open_span(o, life, o->spans[span].row, at, true); /* its place in the list is free by now */
    }
}

static void update(struct tw_outages *o, uint32_t life, const struct tw_transition *t)
{
    struct life *l = &o->lives[life];
    enum tw_effect effect = tw_effect_of(t->condition, t->severity);
    if (effect != l->effect)
        change_effect(o, life, effect, t->time);
    if (effect != TW_EFFECT_NONE)
        follow(o, life, t, tw_later(l->since, tw_time_add(t->time, (tw_dur){-l->hold.ns})), true);
}

static void finish(struct tw_outages *o, uint32_t life, const struct tw_transition *t)
{
    struct life *l = &o->lives[life];
    end_all(o, life, tw_time_add(t->since, t->duration), false);
    l->open = false;
    if (t->cleared_by == NULL || strcmp(t->cleared_by, "retracted") != 0)
        return;
    for (size_t i = l->first; i < o->spans_n; i++) {
        if (o->span_life[i] == life)
            o->spans[i].effect = TW_EFFECT_NONE;
    }
}

void tw_outages_add(struct tw_outages *o, const struct tw_transition *t)
{
    uint32_t life = life_of(o, t);
    if (t->kind == TW_RAISED || !o->lives[life].open)
        begin(o, life, t);
    if (t->kind == TW_UPDATED)
        update(o, life, t);
    if (t->kind == TW_CLEARED)
        finish(o, life, t);
}

/* ---- the sum ---- */

struct list {
    struct span *p;
    size_t n, cap;
};

static void copy_span(struct tw_outages *o, struct list *l, const struct span *s, uint32_t row)
{
    if (l->n >= 2 * (size_t)TW_OUTAGE_SPANS_MAX) {
        o->more++;
        return;
    }
    struct span *to = TW_PUSH(l->p, l->n, l->cap);
    *to = *s;
    to->row = row;
}

static bool is_part_of(const struct tw_outage *sub, const struct tw_outage *trunk)
{
    size_t n = strlen(trunk->name);
    return sub->kind == TW_OUTAGE_SUB_INTERFACE && same_text(sub->device, trunk->device) &&
           strncmp(sub->name, trunk->name, n) == 0 && sub->name[n] == '.';
}

/* All that counts; what is said of an Eth-Trunk also for its sub-interfaces. */
static void gather(struct tw_outages *o, struct list *l)
{
    for (size_t i = 0; i < o->spans_n; i++) {
        const struct span *s = &o->spans[i];
        if (s->effect == TW_EFFECT_NONE)
            continue;
        copy_span(o, l, s, s->row);
        for (uint32_t r = 0; r < o->rows_n && o->rows[s->row].out.kind == TW_OUTAGE_TRUNK; r++) {
            if (is_part_of(&o->rows[r].out, &o->rows[s->row].out))
                copy_span(o, l, s, r);
        }
    }
}

static int by_row(const void *a, const void *b)
{
    const struct span *x = a, *y = b;
    if (x->row != y->row)
        return x->row < y->row ? -1 : 1;
    return x->from.ns < y->from.ns ? -1 : x->from.ns > y->from.ns;
}

static int by_time(const void *a, const void *b)
{
    const struct span *x = a, *y = b;
    return x->from.ns < y->from.ns ? -1 : x->from.ns > y->from.ns;
}

/* How long at least one of them lasted, those of at least this effect; they are in the order of time. */
static tw_dur together(const struct span *s, size_t n, enum tw_effect least, tw_time now, uint32_t *times)
{
    tw_time end = TW_TIME_MIN;
    tw_dur sum = {0};
    *times = 0;
    for (size_t i = 0; i < n; i++) {
        tw_time until = s[i].until.ns == INT64_MAX ? tw_later(now, s[i].from) : s[i].until;
        if (s[i].effect < least || !tw_before(s[i].from, until))
            continue;
        *times += tw_before(end, s[i].from);
        tw_time from = tw_later(s[i].from, end);
        if (tw_before(from, until))
            sum.ns += until.ns - from.ns;
        end = tw_later(end, until);
    }
    return sum;
}

static void sum_row(struct tw_outage *r, const struct span *s, size_t n, tw_time now)
{
    uint32_t times;
    r->from = s[0].from;
    r->until = TW_TIME_MIN;
    for (size_t i = 0; i < n; i++) {
        r->until = tw_later(r->until, s[i].until);
        r->estimated = r->estimated || s[i].estimated;
    }
    r->interrupted = together(s, n, TW_EFFECT_INTERRUPTION, now, &times);
    r->partial.ns = together(s, n, TW_EFFECT_PARTIAL, now, &r->times).ns - r->interrupted.ns;
}

static void sum_all(struct tw_outages *o, struct list *l, tw_time now)
{
    struct tw_outage_sum *sum = &o->sum;
    size_t n = 0;
    uint32_t times;
    for (size_t i = 0, end; i < l->n; i = end) {
        struct tw_outage *r = &o->out[sum->n++];
        *r = o->rows[l->p[i].row].out;
        for (end = i + 1; end < l->n && l->p[end].row == l->p[i].row; end++)
            ;
        sum_row(r, l->p + i, end - i, now);
        sum->sub_interfaces += r->kind == TW_OUTAGE_SUB_INTERFACE;
        sum->services += r->kind == TW_OUTAGE_SERVICE;
        if (r->kind != TW_OUTAGE_SERVICE && r->interrupted.ns > sum->longest.ns)
            sum->longest = r->interrupted;
    }
    for (size_t i = 0; i < l->n; i++) {
        if (o->rows[l->p[i].row].out.kind != TW_OUTAGE_SERVICE)
            l->p[n++] = l->p[i];
    }
    if (n > 1)
        qsort(l->p, n, sizeof *l->p, by_time);
    sum->any = together(l->p, n, TW_EFFECT_INTERRUPTION, now, &times);
}

const struct tw_outage_sum *tw_outages_sum(struct tw_outages *o, tw_time now)
{
    struct list l = {0};
    gather(o, &l);
    if (l.n > 1)
        qsort(l.p, l.n, sizeof *l.p, by_row);
    free(o->out);
    o->out = tw_xcalloc(o->rows_n + 1, sizeof *o->out);
    o->sum = (struct tw_outage_sum){.rows = o->out};
    if (l.n > 0)
        sum_all(o, &l, now);
    o->sum.more = o->more;
    free(l.p);
    return &o->sum;
}
