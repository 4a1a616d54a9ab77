/* SPDX-License-Identifier: ISC */
#include "sink/outlet.h"

#include "base/err.h"
#include "base/map.h"
#include "base/mem.h"
#include "plat/clock.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* An open alert that was sent, or will be before anything that is taken from now on. */
struct told {
    uint64_t id;
    struct tw_item *last;
    int64_t remind_ms; /* when it is sent again; 0: never */
};

struct tw_outlet {
    struct tw_outlet_options options;
    struct tw_arena *arena; /* of the options' text */
    struct tw_sink *sink;
    struct tw_outlet_stats stats;
    struct event *timer; /* goes on: at once, or after a pause */
    struct tw_item **queue;
    size_t first, n, cap;         /* queue[first .. n) waits */
    size_t in_flight;             /* of the queue's head */
    size_t known;                 /* of the queue's head: was sent before the start already */
    struct tw_item *extra;        /* in flight instead: a reminder, or a test */
    const struct tw_item **given; /* what the sink has: the queue moves meanwhile */
    void (*tested)(void *ctx, enum tw_sent result, const char *why);
    void *tested_ctx;
    uint64_t tail;   /* everything up to here was taken, or left out */
    uint64_t newest; /* the last that was offered while behind */
    bool calling;    /* inside the sink's send */
    bool paused, fetching;
    bool alone; /* one at a time: one of a batch was refused */
    unsigned refusals;
    int64_t pause_ms;
    struct told *told;
    size_t told_n, told_cap;
    struct tw_map told_by_id;
};

static size_t waiting(const struct tw_outlet *o)
{
    return o->n - o->first;
}

static void note_waiting(struct tw_outlet *o)
{
    o->stats.waiting = waiting(o);
}

static uint64_t alert_key(const struct tw_item *i)
{
    return tw_mix(strtoull(i->t.alert_id, NULL, 16));
}

static struct told *told_find(struct tw_outlet *o, const struct tw_item *i)
{
    uint32_t at = tw_map_find(&o->told_by_id, alert_key(i), NULL, NULL, NULL);
    return at == TW_MAP_NONE ? NULL : &o->told[at];
}

static int64_t remind_at(const struct tw_outlet *o)
{
    return o->options.repeat.ns > 0 ? tw_clock_mono_ms() + o->options.repeat.ns / 1000000 : 0;
}

static void told_set(struct tw_outlet *o, struct tw_item *i)
{
    struct told *t = told_find(o, i);
    if (t == NULL && o->told_n >= TW_OUTLET_TOLD_MAX)
        return;
    if (t == NULL) {
        tw_map_add(&o->told_by_id, alert_key(i), (uint32_t)o->told_n);
        t = TW_PUSH(o->told, o->told_n, o->told_cap);
        t->id = alert_key(i);
    }
    tw_item_unref(t->last);
    t->last = tw_item_ref(i);
    t->remind_ms = remind_at(o);
}

static void told_drop(struct tw_outlet *o, const struct tw_item *i)
{
    struct told *t = told_find(o, i);
    if (t == NULL)
        return;
    struct told *last = &o->told[o->told_n - 1];
    uint32_t at = (uint32_t)(t - o->told);
    tw_map_del(&o->told_by_id, t->id, at);
    tw_item_unref(t->last);
    if (t != last) {
        tw_map_del(&o->told_by_id, last->id, (uint32_t)(o->told_n - 1));
        *t = *last;
        tw_map_add(&o->told_by_id, t->id, at);
    }
    *last = (struct told){0};
    o->told_n--;
}

bool tw_outlet_matches(struct tw_str pattern, const char *text)
{
    struct tw_str s = tw_str_z(text != NULL ? text : "");
    if (pattern.n > 0 && pattern.p[pattern.n - 1] == '*')
        return tw_str_starts(s, tw_str_cut(pattern, pattern.n - 1));
    return tw_str_eq(s, pattern);
}

static bool any(const struct tw_str *list, size_t n, const char *text)
{
    for (size_t i = 0; i < n; i++) {
        if (tw_outlet_matches(list[i], text))
            return true;
    }
    return n == 0;
}

static bool is_quiet(const struct tw_outlet *o, const struct tw_item *i)
{
    return i->t.silenced != NULL && !o->options.filter.silenced;
}

/* What an output was told of is also ended there, silenced or not; one that holds a state learns that as
 * well. */
static bool wanted(struct tw_outlet *o, const struct tw_item *i)
{
    const struct tw_outlet_filter *f = &o->options.filter;
    bool known = told_find(o, i) != NULL;
    if (is_quiet(o, i))
        return known && (i->t.kind == TW_CLEARED || o->options.ops->wants_all);
    if (known && i->t.kind == TW_UPDATED && f->no_updates && !o->options.ops->wants_all)
        return false;
    bool match = i->t.severity >= f->least && any(f->conditions, f->conditions_n, i->t.condition) &&
                 any(f->pairs, f->pairs_n, i->t.pair);
    return known || match;
}

static void remember(struct tw_outlet *o, struct tw_item *i)
{
    if (i->t.kind == TW_CLEARED)
        told_drop(o, i);
    else
        told_set(o, i);
}

static void enqueue(struct tw_outlet *o, struct tw_item *i)
{
    if (o->first > 0 && o->first >= o->n / 2) {
        memmove(o->queue, o->queue + o->first, waiting(o) * sizeof(struct tw_item *));
        o->n -= o->first;
        o->first = 0;
    }
    *TW_PUSH(o->queue, o->n, o->cap) = tw_item_ref(i);
    o->stats.waiting_bytes += i->json.n;
    note_waiting(o);
}

static struct tw_item *dequeue(struct tw_outlet *o)
{
    struct tw_item *i = o->queue[o->first++];
    o->known -= o->known > 0;
    o->stats.waiting_bytes -= i->json.n;
    note_waiting(o);
    return i;
}

/* From now on, in order: into the queue, or left out. */
static void take_in(struct tw_outlet *o, struct tw_item *i)
{
    o->tail = i->t.seq;
    if (!wanted(o, i)) {
        o->stats.filtered++;
        if (told_find(o, i) != NULL)
            told_set(o, i); /* nobody is reminded of what is quiet now */
        return;
    }
    remember(o, i);
    enqueue(o, i);
}

static bool full(const struct tw_outlet *o)
{
    return waiting(o) >= TW_OUTLET_ITEMS_MAX || o->stats.waiting_bytes >= TW_OUTLET_BYTES_MAX;
}

static void go_on(struct tw_outlet *o, int64_t ms)
{
    struct timeval tv = {ms / 1000, ms % 1000 * 1000};
    (void)event_add(o->timer, &tv);
}

static void fetch(struct tw_outlet *o)
{
    if (!o->stats.behind || o->fetching || waiting(o) > TW_OUTLET_ITEMS_MAX / 2 ||
        o->stats.waiting_bytes > TW_OUTLET_BYTES_MAX / 2)
        return;
    o->fetching = true;
    o->options.fetch(o->options.ctx, o, o->tail);
}

/* Somewhat earlier by chance: what failed together shall not come back together. */
static int64_t jittered(int64_t ms)
{
    uint32_t chance = 0;
    if (getrandom(&chance, sizeof chance, GRND_NONBLOCK) != sizeof chance)
        chance = 0;
    return ms - ms * (int64_t)(chance % 256) / 1024;
}

static void note_failure(struct tw_outlet_stats *s, const char *why)
{
    s->errors++;
    if (!s->failing)
        s->failing_since_ms = tw_clock_mono_ms();
    s->failing = true;
    (void)snprintf(s->why, sizeof s->why, "%s", why != NULL ? why : "");
}

static void fail(struct tw_outlet *o, const char *why)
{
    note_failure(&o->stats, why);
    o->paused = true;
    go_on(o, jittered(o->pause_ms));
    int64_t most = o->options.ops->pause_max_ms > 0 ? o->options.ops->pause_max_ms : TW_OUTLET_PAUSE_MAX_MS;
    o->pause_ms = o->pause_ms * 2 < most ? o->pause_ms * 2 : most;
}

static void succeed(struct tw_outlet *o)
{
    o->stats.failing = false;
    o->stats.last_ms = tw_clock_mono_ms();
    o->pause_ms = TW_OUTLET_PAUSE_MS;
    o->refusals = 0;
}

/* What the sink sends by itself tells how the receiver is, while nothing else waits to tell it. */
static void on_health(void *outlet, const char *why)
{
    struct tw_outlet *o = outlet;
    if (why != NULL)
        note_failure(&o->stats, why);
    else if (!o->paused && waiting(o) == 0)
        succeed(o);
}

/* The first that waits was refused: which of a batch it was shows when each goes alone. True: it is passed
 * over, and the next need not wait. */
static bool refuse(struct tw_outlet *o, bool batch)
{
    bool certain = o->options.ops->certain;
    o->alone = true;
    if (batch || (++o->refusals < TW_OUTLET_REFUSED_MAX && !certain))
        return false;
    tw_item_unref(dequeue(o));
    o->stats.refused++;
    o->refusals = 0;
    o->pause_ms = TW_OUTLET_PAUSE_MS;
    return certain;
}

/* A reminder that failed comes again with the next tick after the pause. */
static void done_extra(struct tw_outlet *o, enum tw_sent result, const char *why)
{
    void (*tested)(void *, enum tw_sent, const char *) = o->tested;
    struct told *t = told_find(o, o->extra);
    if (tested == NULL && result == TW_SENT_OK)
        o->stats.repeated++;
    if (tested == NULL && t != NULL && result != TW_SENT_AGAIN)
        t->remind_ms = remind_at(o);
    tw_item_unref(o->extra);
    o->extra = NULL;
    o->tested = NULL;
    if (result == TW_SENT_OK)
        succeed(o);
    else if (tested == NULL)
        fail(o, why);
    if (tested != NULL)
        tested(o->tested_ctx, result, why);
}

static void done_items(struct tw_outlet *o, size_t n, enum tw_sent result, const char *why)
{
    bool batch = o->in_flight > 1;
    TW_ASSERT(result == TW_SENT_OK ? n == o->in_flight : n < o->in_flight);
    o->in_flight = 0;
    for (size_t i = 0; i < n; i++)
        tw_item_unref(dequeue(o));
    o->stats.delivered += n;
    if (n > 0)
        succeed(o);
    if (n > 0 && !batch && result == TW_SENT_OK)
        o->alone = false;
    if (result == TW_SENT_REFUSED && refuse(o, batch))
        note_failure(&o->stats, why);
    else if (result != TW_SENT_OK)
        fail(o, why);
}

static void on_done(void *outlet, size_t n, enum tw_sent result, const char *why)
{
    struct tw_outlet *o = outlet;
    TW_ASSERT(o->stats.sending);
    o->stats.sending = false;
    if (o->extra != NULL)
        done_extra(o, result, why);
    else
        done_items(o, n, result, why);
    fetch(o);
    if (!o->calling && !o->paused)
        go_on(o, 0); /* not from inside the sink */
}

static void give(struct tw_outlet *o, size_t n)
{
    o->stats.sending = o->calling = true;
    o->stats.attempts++;
    o->sink->ops->send(o->sink, o->given, n);
    o->calling = false;
}

static void send_items(struct tw_outlet *o)
{
    size_t n = o->alone ? 1 : waiting(o);
    o->in_flight = n < o->options.ops->batch ? n : o->options.ops->batch;
    for (size_t i = 0; i < o->in_flight; i++)
        o->given[i] = o->queue[o->first + i];
    give(o, o->in_flight);
}

static void send_extra(struct tw_outlet *o, struct tw_item *i)
{
    o->given[0] = o->extra = tw_item_ref(i);
    give(o, 1);
}

static bool remind(struct tw_outlet *o)
{
    int64_t now = tw_clock_mono_ms();
    for (size_t i = 0; o->options.repeat.ns > 0 && i < o->told_n; i++) {
        const struct tw_item *last = o->told[i].last;
        if (o->told[i].remind_ms == 0 || o->told[i].remind_ms > now || last->t.acknowledged != NULL ||
            is_quiet(o, last))
            continue;
        o->told[i].remind_ms = remind_at(o);
        send_extra(o, o->told[i].last);
        return true;
    }
    return false;
}

static void pump(struct tw_outlet *o)
{
    while (!o->stats.sending && !o->paused) {
        if (waiting(o) > 0)
            send_items(o);
        else if (o->stats.behind || !remind(o))
            break;
    }
}

/* Opens what can be opened; without that, only a transition shows how things are. */
static void open_again(struct tw_outlet *o)
{
    const char *why = o->sink->ops->reopen != NULL ? o->sink->ops->reopen(o->sink) : NULL;
    if (why != NULL)
        fail(o, why);
    else if (o->sink->ops->reopen != NULL && o->stats.failing && waiting(o) == 0)
        succeed(o);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
    struct tw_outlet *o = ctx;
    (void)fd;
    (void)what;
    o->paused = false;
    if (o->stats.failing && waiting(o) == 0 && !o->stats.sending)
        open_again(o);
    pump(o);
}

static size_t settings_n(const struct tw_sink_ops *ops)
{
    size_t n = 0;
    while (ops->settings != NULL && ops->settings[n].name != NULL)
        n++;
    return n;
}

static struct tw_str text_copy(struct tw_arena *a, struct tw_str s)
{
    return tw_str_of(tw_arena_dup(a, s.p, s.n), s.n);
}

static const struct tw_str *list_copy(struct tw_arena *a, const struct tw_str *list, size_t n)
{
    struct tw_str *out = tw_arena_alloc(a, (n + 1) * sizeof *out);
    for (size_t i = 0; i < n; i++)
        out[i] = text_copy(a, list[i]);
    return out;
}

static void options_copy(struct tw_outlet *o, const struct tw_outlet_options *from)
{
    size_t n = settings_n(from->ops);
    struct tw_setting_value *values = tw_arena_alloc(o->arena, (n + 1) * sizeof *values);
    struct tw_outlet_filter *f = &o->options.filter;
    o->options = *from;
    o->options.name = tw_arena_dup(o->arena, from->name, strlen(from->name));
    for (size_t i = 0; i < n; i++) {
        values[i] = from->values[i];
        values[i].text = text_copy(o->arena, values[i].text);
        values[i].list = list_copy(o->arena, values[i].list, values[i].list_n);
    }
    o->options.values = values;
    f->conditions = list_copy(o->arena, f->conditions, f->conditions_n);
    f->pairs = list_copy(o->arena, f->pairs, f->pairs_n);
}

static bool same_list(const struct tw_str *a, size_t a_n, const struct tw_str *b, size_t b_n)
{
    bool same = a_n == b_n;
    for (size_t i = 0; same && i < a_n; i++)
        same = tw_str_eq(a[i], b[i]);
    return same;
}

bool tw_outlet_same(const struct tw_outlet *o, const struct tw_outlet_options *options)
{
    const struct tw_outlet_options *a = &o->options, *b = options;
    const struct tw_outlet_filter *f = &a->filter, *g = &b->filter;
    bool same = a->ops == b->ops && strcmp(a->name, b->name) == 0 && a->repeat.ns == b->repeat.ns &&
                f->least == g->least && f->silenced == g->silenced && f->no_updates == g->no_updates &&
                same_list(f->conditions, f->conditions_n, g->conditions, g->conditions_n) &&
                same_list(f->pairs, f->pairs_n, g->pairs, g->pairs_n);
    for (size_t i = 0; same && i < settings_n(a->ops); i++) {
        const struct tw_setting_value *v = &a->values[i], *w = &b->values[i];
        same = v->given == w->given && v->number == w->number && tw_str_eq(v->text, w->text) &&
               same_list(v->list, v->list_n, w->list, w->list_n);
    }
    return same;
}

struct tw_outlet *tw_outlet_create(const struct tw_outlet_options *options, char why[static TW_SINK_WHY])
{
    struct tw_outlet *o = tw_xcalloc(1, sizeof *o);
    o->arena = tw_arena_create(1024);
    options_copy(o, options);
    o->pause_ms = TW_OUTLET_PAUSE_MS;
    o->options.env.outlet = o;
    o->options.env.done = on_done;
    o->options.env.health = on_health;
    o->options.env.silenced = options->filter.silenced;
    o->timer = evtimer_new(options->env.base, on_timer, o);
    TW_ASSERT(o->timer != NULL && options->ops->batch > 0);
    o->given = tw_xcalloc(options->ops->batch, sizeof *o->given);
    o->sink = options->ops->create(&o->options.env, o->options.values, why);
    if (o->sink == NULL) {
        tw_outlet_destroy(o);
        return NULL;
    }
    o->sink->ops = options->ops;
    o->sink->env = o->options.env;
    return o;
}

/* A receiver that holds a state gets what is open. */
static void tell_anew(struct tw_outlet *o)
{
    for (size_t i = 0; o->options.ops->wants_all && i < o->told_n; i++) {
        enqueue(o, o->told[i].last);
        o->known++;
    }
}

/* Its end waited in `old`, and its beginning does not: so that was told, though nobody remembers it. */
static bool was_told(const struct tw_outlet *old, size_t at)
{
    const struct tw_item *end = old->queue[at];
    bool told = end->t.kind == TW_CLEARED;
    for (size_t i = old->first; told && i < at; i++)
        told = old->queue[i]->t.kind != TW_RAISED || alert_key(old->queue[i]) != alert_key(end);
    return told;
}

void tw_outlet_adopt(struct tw_outlet *o, const struct tw_outlet *old)
{
    for (size_t i = 0; i < old->told_n; i++)
        tw_outlet_know(o, old->told[i].last);
    tell_anew(o);
    o->tail = o->newest = tw_outlet_cursor(old);
    for (size_t i = old->first + old->known; i < old->n; i++) {
        if (!wanted(o, old->queue[i]) && was_told(old, i))
            told_set(o, old->queue[i]);
        take_in(o, old->queue[i]);
    }
    o->tail = old->tail;
    o->newest = old->newest;
    o->stats.behind = old->stats.behind;
    open_again(o);
    fetch(o);
}

/* A secret does not stay behind in memory that is given back. */
static void forget_secrets(struct tw_outlet *o)
{
    for (size_t i = 0; i < settings_n(o->options.ops); i++) {
        struct tw_str s = o->options.values[i].text;
        if (o->options.ops->settings[i].kind == TW_SETTING_SECRET)
            explicit_bzero((void *)(uintptr_t)s.p, s.n);
    }
}

void tw_outlet_destroy(struct tw_outlet *o)
{
    if (o == NULL)
        return;
    if (o->sink != NULL)
        o->sink->ops->destroy(o->sink);
    if (o->tested != NULL)
        o->tested(o->tested_ctx, TW_SENT_AGAIN, "the output was closed");
    tw_item_unref(o->extra);
    while (waiting(o) > 0)
        tw_item_unref(dequeue(o));
    for (size_t i = 0; i < o->told_n; i++)
        tw_item_unref(o->told[i].last);
    event_free(o->timer);
    tw_map_finish(&o->told_by_id);
    free(o->told);
    free(o->queue);
    free(o->given);
    forget_secrets(o);
    tw_arena_destroy(o->arena);
    free(o);
}

const char *tw_outlet_name(const struct tw_outlet *o)
{
    return o->options.name;
}

const struct tw_outlet_stats *tw_outlet_stats(const struct tw_outlet *o)
{
    return &o->stats;
}

void tw_outlet_know(struct tw_outlet *o, struct tw_item *i)
{
    if (i->t.kind == TW_CLEARED)
        told_drop(o, i);
    else if (wanted(o, i) || told_find(o, i) != NULL)
        told_set(o, i);
}

void tw_outlet_start(struct tw_outlet *o, uint64_t seq, bool behind)
{
    tell_anew(o);
    o->tail = o->newest = seq;
    o->stats.behind = behind && o->options.fetch != NULL;
    open_again(o);
    fetch(o);
    pump(o);
}

uint64_t tw_outlet_cursor(const struct tw_outlet *o)
{
    size_t first = o->first + o->known;
    return first < o->n ? o->queue[first]->t.seq - 1 : o->tail;
}

void tw_outlet_take(struct tw_outlet *o, struct tw_item *i)
{
    if (o->stats.behind || (full(o) && o->options.fetch != NULL)) {
        o->stats.behind = true;
        o->newest = i->t.seq;
        return;
    }
    if (full(o) && wanted(o, i)) {
        o->stats.lost++;
        o->tail = i->t.seq;
        return;
    }
    take_in(o, i);
}

void tw_outlet_fetched(struct tw_outlet *o, struct tw_item *const *items, size_t n, bool ok)
{
    o->fetching = false;
    for (size_t i = 0; i < n; i++) {
        if (items[i]->t.seq > o->tail)
            take_in(o, items[i]);
    }
    if (ok && n == 0 && o->newest <= o->tail)
        o->stats.behind = false;
    if (n > 0)
        fetch(o);
    pump(o);
}

void tw_outlet_hurry(struct tw_outlet *o)
{
    if (!o->paused)
        return;
    o->paused = false;
    go_on(o, 0);
}

void tw_outlet_reopen(struct tw_outlet *o)
{
    open_again(o);
    if (waiting(o) > 0)
        tw_outlet_hurry(o);
}

void tw_outlet_go(struct tw_outlet *o)
{
    fetch(o);
    pump(o);
}

bool tw_outlet_test(struct tw_outlet *o, struct tw_item *i,
                    void (*done)(void *ctx, enum tw_sent result, const char *why), void *ctx)
{
    if (o->stats.sending)
        return false;
    o->tested = done;
    o->tested_ctx = ctx;
    send_extra(o, i);
    return true;
}
