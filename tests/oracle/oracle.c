/* SPDX-License-Identifier: ISC */
/* Conditions over all states of the world -> the transitions. */
#include "oracle.h"

#include <stdlib.h>

#define LEAVE_ALONE                                                                                          \
    (60 * O_SECOND) /* so long after the fault a role that was lost and is back restarts nothing */

static const int64_t holds[] = {[O_ADMIN_DOWN] = 10 * O_SECOND,
                                [O_DUAL_MASTER] = 30 * O_SECOND,
                                [O_FLAPPING] = 0,
                                [O_NO_MASTER] = 30 * O_SECOND,
                                [O_NO_SWITCHOVER] = 10 * O_SECOND,
                                [O_PARTIAL_LOSS] = 10 * O_SECOND,
                                [O_REDUNDANCY_LOST] = 30 * O_SECOND,
                                [O_STANDBY_NOT_READY] = 60 * O_SECOND,
                                [O_SWITCHOVER_FAILED] = 30 * O_SECOND};

static int64_t hold(const struct o_world *w, enum o_condition c)
{
    return c == O_NO_SWITCHOVER ? w->hold : holds[c];
}

/* An item, and what is remembered of it: its open alert. */
struct track {
    struct o_item item;
    bool open;
    int64_t raised; /* when */
    int side;       /* whose alert it is */
    struct next {
        int64_t time;
        const char *word; /* NULL: raised */
        int64_t since;
        int side;
    } end; /* its last one */
    int end_step;
    bool taken_back;
};

struct judge {
    const struct o_world *w;
    const struct o_event *events;
    struct o_history history; /* as now known */
    struct track track[128];
    int tracks;
    struct o_lines *out;
    int step;
    int64_t now;
};

/* ---- a hold, as now known */
struct hold {
    bool runs, true_now;
    int64_t from;  /* the hold counts from */
    int64_t fault; /* what it is about began */
    bool by_role, peer_forwarded;
};

/* What has ended does not begin. */
static bool holds_in(const struct o_world *w, const struct o_state *s, struct o_item i)
{
    return o_when(w, s, i) && o_ends(w, s, i) == NULL;
}

/* Follows one condition through one state. */
static void follow(const struct o_world *w, struct hold *h, const struct o_state *s, struct o_item i)
{
    if (holds_in(w, s, i)) {
        bool regained = h->runs && !h->true_now && h->by_role && !h->peer_forwarded;
        bool goes_on = h->runs && (h->true_now || (regained && s->t - h->fault >= LEAVE_ALONE));
        if (!goes_on)
            h->from = s->t;
        /* What is meant by the fault when something else than a role was in between is left open: as the
         * core, that it begins anew. */
        if (!h->runs || (!h->true_now && !regained))
            h->fault = s->t;
        h->runs = h->true_now = true;
        return;
    }
    if (!h->runs)
        return;
    if (h->true_now) {
        h->by_role = s->by_role;
        h->peer_forwarded = false;
    }
    h->true_now = false;
    if (i.side >= 0 && i.sub >= 0 && o_forwards(w, s, i.member, 1 - i.side))
        h->peer_forwarded = true;
    if (o_ends(w, s, i) != NULL)
        h->runs = false;
}

/* ---- transitions */
static struct o_line *say(struct judge *j, enum tw_transition_kind kind, const struct track *t, int64_t time)
{
    struct o_item i = t->item;
    if (j->out->n == O_LINES)
        abort();
    struct o_line *l = &j->out->line[j->out->n++];
    *l = (struct o_line){.step = j->step,
                         .kind = kind,
                         .condition = i.condition,
                         .side = t->side,
                         .member = i.member,
                         .time = time,
                         .since = O_NEVER};
    return l;
}

static bool same_alert(struct o_item a, struct o_item b)
{
    return a.condition == b.condition && a.member == b.member && a.side == b.side;
}

static unsigned open_subs(const struct judge *j, struct o_item i)
{
    unsigned subs = 0;
    for (int k = 0; k < j->tracks; k++) {
        const struct track *t = &j->track[k];
        if (t->open && same_alert(t->item, i) && t->item.sub >= 0)
            subs |= 1u << t->item.sub;
    }
    return subs;
}

static bool any_open(const struct judge *j, struct o_item i)
{
    for (int k = 0; k < j->tracks; k++) {
        if (j->track[k].open && same_alert(j->track[k].item, i))
            return true;
    }
    return false;
}

/* ---- what happens next to one item, as now known: its alert is raised, or ends */
/* The first end of an open alert up to `until`. */
static bool next_end(const struct judge *j, const struct track *t, int64_t until, struct next *out)
{
    const struct o_history *h = &j->history;
    int at_raise = 0;
    while (at_raise + 1 < h->n && h->state[at_raise + 1].t <= t->raised)
        at_raise++;
    if (!holds_in(j->w, &h->state[at_raise], t->item)) {
        *out = (struct next){.time = t->raised, .word = "retracted"};
        return true;
    }
    for (int i = at_raise + 1; i < h->n && h->state[i].t <= until; i++) {
        const char *word = o_ends(j->w, &h->state[i], t->item);
        if (word != NULL) {
            *out = (struct next){.time = h->state[i].t, .word = word};
            return true;
        }
    }
    return false;
}

/* Where the routers tell of a fault late, and the inventory says by how much, it began earlier. */
static int64_t began(const struct o_world *w, const struct o_state *s, struct o_item i, int64_t fault)
{
    if (i.sub < 0 || !s->member[i.member][i.side].sub[i.sub].alarm)
        return fault;
    return fault - w->raise_delay[i.side];
}

/* After a main interface came back both may call themselves master for the revert delay. */
static int64_t held(const struct o_world *w, const struct o_state *s, struct o_item i, int64_t from)
{
    int64_t length = hold(w, i.condition), end = from + length;
    for (int side = 0; i.condition == O_DUAL_MASTER && side < 2; side++) {
        int64_t back = s->member[i.member][side].came_back;
        if (back != O_NEVER && back + w->revert_delay + length > end)
            end = back + w->revert_delay + length;
    }
    return end;
}

/* The first moment from now on, before `before`, at which a closed item has been true for its hold. */
static bool next_raise(const struct judge *j, const struct track *t, int64_t before, struct next *out)
{
    struct hold h = {0};
    for (int i = 0; i < j->history.n; i++) {
        const struct o_state *s = &j->history.state[i];
        int64_t end = i + 1 < j->history.n ? j->history.state[i + 1].t : INT64_MAX;
        follow(j->w, &h, s, t->item);
        /* What was raised and taken back is done with: up to then only what is still true counts. */
        if (t->taken_back && s->t <= t->end.time && !h.true_now)
            h = (struct hold){0};
        if (!h.true_now || end < j->now)
            continue;
        int64_t time = held(j->w, s, t->item, h.from);
        time = time < j->now ? j->now : time;
        time = time < s->t ? s->t : time;
        if (time >= before)
            continue;
        if (time < end) {
            *out = (struct next){.time = time,
                                 .side = t->item.side >= 0 ? t->item.side
                                                           : o_last_master(j->w, s, t->item.member),
                                 .since = began(j->w, s, t->item, h.fault)};
            return true;
        }
    }
    return false;
}

/* What is raised at the same moment is one transition. */
static void raise(struct judge *j, struct track *t, const struct next *n)
{
    struct o_line *last = j->out->n > 0 ? &j->out->line[j->out->n - 1] : NULL;
    bool more = any_open(j, t->item);
    t->open = true;
    t->raised = n->time;
    t->side = n->side;
    if (last != NULL && more && last->time == n->time && last->kind != TW_CLEARED &&
        last->condition == t->item.condition && last->member == t->item.member && last->side == t->side) {
        last->since = n->since < last->since ? n->since : last->since;
    } else {
        last = say(j, more ? TW_UPDATED : TW_RAISED, t, n->time);
        last->since = n->since;
    }
    last->subs = open_subs(j, t->item);
}

static void clear(struct judge *j, struct track *t, const struct next *n)
{
    t->open = false;
    t->end = *n;
    t->end_step = j->step;
    t->taken_back = n->time == t->raised;
    bool more = any_open(j, t->item);
    struct o_line *l = say(j, more ? TW_UPDATED : TW_CLEARED, t, n->time);
    l->subs = open_subs(j, t->item);
    l->cleared_by = more ? NULL : n->word;
    for (int k = 0; k < j->tracks && !more; k++) {
        const struct track *o = &j->track[k];
        if (o != t && same_alert(o->item, t->item) && o->end.word != NULL && o->end_step == j->step) {
            l->or_else[l->or_else_n].by = o->end.word;
            l->or_else[l->or_else_n++].time = o->end.time;
        }
    }
}

static bool next_of(const struct judge *j, const struct track *t, int64_t before, struct next *n)
{
    return t->open ? next_end(j, t, before - 1, n) : next_raise(j, t, before, n);
}

/* All that is due before `before`, in the order of time. */
static void advance(struct judge *j, int64_t before)
{
    for (;;) {
        struct next n;
        int64_t first = before;
        for (int k = 0; k < j->tracks; k++) {
            if (next_of(j, &j->track[k], before, &n) && n.time < first)
                first = n.time;
        }
        if (first >= before)
            return;
        for (int k = 0; k < j->tracks; k++) {
            struct track *t = &j->track[k];
            if (!next_of(j, t, before, &n) || n.time != first)
                continue;
            if (t->open)
                clear(j, t, &n);
            else
                raise(j, t, &n);
        }
        j->now = first;
    }
}

/* What is over, as known after the last message. */
static void end(struct judge *j)
{
    struct next n;
    for (int k = 0; k < j->tracks; k++) {
        if (j->track[k].open && next_end(j, &j->track[k], j->now, &n))
            clear(j, &j->track[k], &n);
    }
}

static void add_track(struct judge *j, enum o_condition c, int member, int side, int sub)
{
    j->track[j->tracks++] = (struct track){.item = {c, member, side, sub}};
}

/* Nobody ever speaks of it: then no alert does. */
static bool unheard(const struct judge *j, int n, int member, int sub)
{
    for (int i = 0; i < n; i++) {
        if (j->events[i].member == member && j->events[i].sub == sub)
            return false;
    }
    return true;
}

static void add_tracks(struct judge *j, int n)
{
    static const enum o_condition of_subs[] = {O_ADMIN_DOWN, O_NO_SWITCHOVER, O_PARTIAL_LOSS,
                                               O_STANDBY_NOT_READY};
    static const enum o_condition of_members[] = {O_DUAL_MASTER, O_NO_MASTER, O_SWITCHOVER_FAILED};
    for (int m = 0; m < j->w->members; m++) {
        for (int i = 0; i < 4 * 2 * O_SUBS; i++) {
            if (!unheard(j, n, m, i % O_SUBS))
                add_track(j, of_subs[i / (2 * O_SUBS)], m, i / O_SUBS % 2, i % O_SUBS);
        }
        for (int i = 0; i < 3; i++)
            add_track(j, of_members[i], m, -1, -1);
        for (int i = 0; i < 2 && o_e_trunk(j->w, m) == m; i++)
            add_track(j, O_REDUNDANCY_LOST, m, i, -1);
    }
}

void o_judge(const struct o_world *w, const struct o_event *events, int n, int64_t end_of_time,
             struct o_lines *out)
{
    static struct judge j;
    j = (struct judge){.w = w, .events = events, .out = out};
    out->n = 0;
    add_tracks(&j, n);
    o_fold(w, events, 0, &j.history);
    j.now = n > 0 ? events[0].rx : end_of_time;
    for (int i = 0; i < n; i++) {
        j.step = i;
        advance(&j, events[i].rx);
        j.now = events[i].rx;
        o_fold(w, events, i + 1, &j.history);
        end(&j);
    }
    j.step = n;
    advance(&j, end_of_time);
}
