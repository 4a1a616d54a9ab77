/* SPDX-License-Identifier: ISC */
/* The list of what was heard -> the states of the world. One event after the other, in the order in which
 * they happened, as if each had arrived at once. */
#include "oracle.h"

#define NEAR   (3 * O_SECOND)  /* a sub-interface goes down with a main that went down so long before */
#define SETTLE (20 * O_SECOND) /* an inherited fault that outlasts its main's by this is an own one */

bool o_same_message(const struct o_event *a, const struct o_event *b)
{
    return a->at == b->at && a->kind == b->kind && a->side == b->side && a->member == b->member &&
           a->sub == b->sub && a->down == b->down && a->shut == b->shut && a->role == b->role &&
           a->reason == b->reason && a->peer_heard == b->peer_heard && a->restart == b->restart;
}

int o_e_trunk(const struct o_world *w, int member)
{
    return w->one_e_trunk ? 0 : member;
}

/* A main interface is down at t. A sub-interface that went down shortly before, nobody said why, went with
 * it. */
static void main_down(const struct o_world *w, struct o_member_side *m, int64_t t)
{
    if (m->main == TW_STATE_DOWN)
        return;
    m->main = TW_STATE_DOWN;
    m->main_down_at = t;
    for (int i = 0; i < O_SUBS; i++) {
        struct o_sub *s = &m->sub[i];
        if (s->oper == TW_STATE_DOWN && s->cause == O_OWN && !s->reasoned && t - s->down_at <= w->hold) {
            s->cause = O_INHERITED;
            s->cause_since = t;
        }
    }
}

static void main_up(struct o_member_side *m, int64_t t)
{
    if (m->main == TW_STATE_UP)
        return;
    if (m->main == TW_STATE_DOWN)
        m->came_back = t;
    m->main = TW_STATE_UP;
    m->main_up_at = t;
}

static bool own_reason(const struct o_event *e)
{
    return e->kind == O_DOWN && !e->shut && e->down != TW_DOWN_UNKNOWN && e->down != TW_DOWN_INHERITED &&
           e->down != TW_DOWN_ADMIN && e->down != TW_DOWN_DELETED;
}

/* A down without a reason, and what was heard after it: was the first reason given for it one of its own? */
static bool explained_as_own(const struct o_event *e, const struct o_event *end)
{
    for (const struct o_event *k = e + 1; k < end; k++) {
        if (k->kind == O_RESTART && k->restart == TW_RESTART_COLD && k->side == e->side)
            return false;
        if ((k->kind != O_DOWN && k->kind != O_UP && k->kind != O_DELETED) || k->side != e->side ||
            k->member != e->member || k->sub != e->sub)
            continue;
        if (k->kind != O_DOWN || k->shut || k->down != TW_DOWN_UNKNOWN)
            return own_reason(k);
    }
    return false;
}

/* `end`: of the list in which e stands. */
static void sub_down(const struct o_world *w, struct o_member_side *m, const struct o_event *e,
                     const struct o_event *end)
{
    struct o_sub *s = &m->sub[e->sub];
    bool was_down = s->oper == TW_STATE_DOWN;
    bool with_main =
        m->main == TW_STATE_DOWN || (m->main_down_at != O_NEVER && e->at - m->main_down_at <= NEAR);
    bool explained = !was_down && explained_as_own(e, end);
    enum o_cause cause = O_OWN;
    if (e->shut || e->down == TW_DOWN_ADMIN)
        cause = O_SHUT;
    else if (e->down == TW_DOWN_DELETED || e->kind == O_DELETED)
        cause = O_GONE;
    else if (e->down == TW_DOWN_INHERITED)
        cause = O_INHERITED;
    else if (e->down == TW_DOWN_UNKNOWN)
        cause = was_down ? s->cause : with_main && !explained ? O_INHERITED : O_OWN;
    if (!was_down) {
        s->down_at = e->at;
        s->reasoned = false;
        s->alarm = e->kind == O_DOWN;
    }
    if (!was_down || cause != s->cause)
        s->cause_since = e->at;
    s->oper = TW_STATE_DOWN;
    s->cause = cause;
    s->reasoned =
        s->reasoned || e->down != TW_DOWN_UNKNOWN || cause == O_SHUT || cause == O_GONE || explained;
    if (e->down == TW_DOWN_INHERITED)
        main_down(w, m, e->at);
}

static void sub_up(struct o_member_side *m, const struct o_event *e)
{
    struct o_sub *s = &m->sub[e->sub];
    s->oper = TW_STATE_UP;
    s->cause = O_NO_CAUSE;
    main_up(m, e->at);
}

/* A takeover because the peer is gone: it does not forward, whatever it last said. */
static void claim(struct o_member_side *peer, bool by_e_trunk)
{
    peer->stale = true;
    peer->by_e_trunk = by_e_trunk;
}

/* The claimant is master no longer. */
static void claim_ends(struct o_member_side *peer, bool restored)
{
    if (peer->stale && !restored)
        peer->own.gone = peer->e_trunk.gone = true;
    peer->stale = false;
}

static void tells(struct o_voice *v, const struct o_event *e)
{
    *v = (struct o_voice){.role = e->role, .spoke = e->at};
}

static void member_role(struct o_state *s, const struct o_event *e)
{
    struct o_member_side *me = &s->member[e->member][e->side], *peer = &s->member[e->member][1 - e->side];
    bool was_master = me->own.role == TW_ROLE_MASTER;
    /* A change of reason alone is no change, and no takeover. */
    if (!was_master && e->role == TW_ROLE_MASTER && e->reason == TW_WHY_PEER_MEMBER_DOWN)
        claim(peer, false);
    /* Left open: as the core, this ends a claim of the E-Trunk too. */
    if (was_master && e->role != TW_ROLE_MASTER)
        claim_ends(peer, e->reason == TW_WHY_PEER_MEMBER_UP);
    tells(&me->own, e);
    me->reason = e->reason;
    me->superseded = me->stale = false;
}

static bool e_trunk_reason(enum tw_role_reason r)
{
    return r == TW_WHY_ETRUNK_INIT || r == TW_WHY_ETRUNK_BACKUP || r == TW_WHY_ETRUNK_MASTER;
}

static void e_trunk_role(const struct o_world *w, struct o_state *s, const struct o_event *e)
{
    int id = o_e_trunk(w, e->member);
    struct o_e_trunk_side *me = &s->e_trunk[id][e->side];
    bool change = e->role != me->role, was_master = me->role == TW_ROLE_MASTER;
    bool claims = e->reason == TW_WHY_TIMEOUT || e->reason == TW_WHY_BFD_DOWN;
    for (int m = 0; m < w->members; m++) {
        struct o_member_side *side = &s->member[m][e->side], *peer = &s->member[m][1 - e->side];
        if (o_e_trunk(w, m) != id)
            continue;
        if (change && e_trunk_reason(side->reason))
            side->superseded = true;
        if (change && e->role == TW_ROLE_MASTER && claims)
            claim(peer, true);
        else if (was_master && e->role != TW_ROLE_MASTER && peer->by_e_trunk)
            claim_ends(peer, false);
        tells(&side->e_trunk, e);
        side->stale = false;
    }
    me->role = e->role;
    if (e->reason != TW_WHY_UNKNOWN)
        me->peer_lost = claims || e->reason == TW_WHY_PEER_TIMEOUT || e->reason == TW_WHY_PEER_BFD_DOWN;
}

static void apply(const struct o_world *w, struct o_state *s, const struct o_event *e,
                  const struct o_event *end)
{
    struct o_member_side *m = &s->member[e->member][e->side];
    switch (e->kind) {
    case O_NOISE: break;
    case O_DOWN:
    case O_DELETED:
        if (e->sub == O_MAIN)
            main_down(w, m, e->at);
        else
            sub_down(w, m, e, end);
        break;
    case O_UP:
        if (e->sub == O_MAIN)
            main_up(m, e->at);
        else
            sub_up(m, e);
        break;
    case O_MEMBER: member_role(s, e); break;
    case O_E_TRUNK: e_trunk_role(w, s, e); break;
    case O_PEER: s->e_trunk[o_e_trunk(w, e->member)][e->side].peer_lost = !e->peer_heard; break;
    case O_RESTART: break;
    }
}

/* A side became master when its word did. */
static void takeovers(const struct o_world *w, struct o_state *now, const struct o_state *before,
                      const struct o_event *e)
{
    for (int m = 0; m < w->members; m++) {
        if (o_word(now, m, e->side) != TW_ROLE_MASTER || o_word(before, m, e->side) == TW_ROLE_MASTER)
            continue;
        now->member[m][e->side].became_master = e->at;
        now->latest[m] = 1 + e->side;
    }
}

/* When an inherited fault counts as the sub-interface's own; O_NEVER: it does not. */
static int64_t settles(const struct o_member_side *m, const struct o_sub *s)
{
    if (s->oper != TW_STATE_DOWN || s->cause != O_INHERITED || m->main != TW_STATE_UP)
        return O_NEVER;
    return (m->main_up_at > s->cause_since ? m->main_up_at : s->cause_since) + SETTLE;
}

/* The first fault that settles before t; its sub-interface in *out. */
static int64_t next_settle(struct o_state *s, int64_t t, struct o_sub **out)
{
    int64_t first = O_NEVER;
    for (int i = 0; i < O_MEMBERS * 2 * O_SUBS; i++) {
        struct o_member_side *m = &s->member[i / (2 * O_SUBS)][i / O_SUBS % 2];
        int64_t at = settles(m, &m->sub[i % O_SUBS]);
        if (at != O_NEVER && at < t && (first == O_NEVER || at < first)) {
            first = at;
            *out = &m->sub[i % O_SUBS];
        }
    }
    return first;
}

/* Goes on from the last state to t: what becomes so by itself. */
static void pass(struct o_history *h, int64_t t)
{
    struct o_sub *sub;
    int64_t at;
    for (;;) {
        struct o_state next = h->state[h->n - 1];
        if ((at = next_settle(&next, t, &sub)) == O_NEVER)
            return;
        next.t = at;
        next.by_role = false;
        sub->cause = O_OWN;
        sub->cause_since = at;
        h->state[h->n++] = next;
    }
}

static struct o_state nothing_known(void)
{
    struct o_state s = {.t = O_NEVER};
    for (int i = 0; i < O_MEMBERS * 2; i++) {
        struct o_member_side *m = &s.member[i / 2][i % 2];
        m->main_down_at = m->main_up_at = m->came_back = m->became_master = O_NEVER;
    }
    return s;
}

/* A repeat changes nothing. */
static int without_repeats(const struct o_event *events, int n, struct o_event *out)
{
    int kept = 0;
    for (int i = 0; i < n; i++) {
        bool repeat = false;
        for (int k = 0; k < kept; k++)
            repeat = repeat || o_same_message(&events[i], &out[k]);
        if (!repeat)
            out[kept++] = events[i];
    }
    return kept;
}

/* In the order in which they happened; of the same moment, in that of their arrival. */
static void sort(struct o_event *e, int n)
{
    for (int i = 1; i < n; i++)
        for (int k = i; k > 0 && e[k].at < e[k - 1].at; k--) {
            struct o_event swap = e[k];
            e[k] = e[k - 1];
            e[k - 1] = swap;
        }
}

void o_fold(const struct o_world *w, const struct o_event *events, int n, struct o_history *out)
{
    struct o_event e[O_EVENTS];
    n = without_repeats(events, n, e);
    sort(e, n);
    out->state[0] = nothing_known();
    out->n = 1;
    for (int i = 0; i < n; i++) {
        pass(out, e[i].at);
        struct o_state next = out->state[out->n - 1];
        next.t = e[i].at;
        next.by_role = e[i].kind == O_MEMBER || e[i].kind == O_E_TRUNK;
        apply(w, &next, &e[i], e + n);
        takeovers(w, &next, &out->state[out->n - 1], &e[i]);
        out->state[out->n++] = next;
    }
    pass(out, INT64_MAX);
}
