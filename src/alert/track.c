/* SPDX-License-Identifier: ISC */
/* Holds: what is true must stay true for a while. The words are those of design.md 3, "Holds" and "Restarts".
 */
#include "alert_internal.h"

#define ROLE_GRACE TW_SECONDS(60) /* a role lost later than this after the fault does not restart a hold */
#define OVER_FOR   TW_SECONDS(60) /* so long after an end the reason of a down may show that it was none */
#define RESTART_GRACE                                                                                        \
    TW_SECONDS(600) /* what a device that cold-started said before is given up after this                    \
                     */

static uint64_t key_of(uint32_t condition, struct tw_item item)
{
    return (uint64_t)condition << 40 | (uint64_t)item.scope << 36 | item.index;
}

uint32_t track_find(const struct tw_alerts *a, uint32_t condition, struct tw_item item)
{
    return track_any(a, item) ? tw_map_find(&a->track_by_key, key_of(condition, item), NULL, NULL, NULL)
                              : TW_NONE;
}

uint32_t track_new(struct tw_alerts *a, uint32_t condition, struct tw_item item)
{
    uint32_t i;
    if (a->tracks_free_n > 0) {
        i = a->tracks_free[--a->tracks_free_n];
    } else {
        i = (uint32_t)a->tracks_n;
        (void)TW_PUSH(a->tracks, a->tracks_n, a->tracks_cap);
    }
    a->tracks[i] = (struct track){.used = true,
                                  .condition = condition,
                                  .item = item,
                                  .since = TW_TIME_MIN,
                                  .hold_from = TW_TIME_MIN,
                                  .known = TW_TIME_MIN,
                                  .deadline = TW_TIME_MAX,
                                  .raised_at = TW_TIME_MAX,
                                  .alert = TW_NONE};
    track_index(a, i);
    return i;
}

void track_index(struct tw_alerts *a, uint32_t i)
{
    struct tw_item item = a->tracks[i].item;
    tw_map_add(&a->track_by_key, key_of(a->tracks[i].condition, item), i);
    uint16_t **of = &a->tracks_of[item.scope];
    *of = tw_grow(*of, &a->tracks_of_cap[item.scope], (size_t)item.index + 1, sizeof **of);
    (*of)[item.index]++;
}

void track_free(struct tw_alerts *a, uint32_t i)
{
    struct track *t = &a->tracks[i];
    tw_map_del(&a->track_by_key, key_of(t->condition, t->item), i);
    a->tracks_of[t->item.scope][t->item.index]--;
    t->used = false;
    t->deadline = TW_TIME_MAX;
    *TW_PUSH(a->tracks_free, a->tracks_free_n, a->tracks_free_cap) = i;
}

uint32_t track_device(const struct tw_alerts *a, uint32_t i)
{
    const struct track *t = &a->tracks[i];
    struct tw_item_place p = tw_item_place(a->facts, t->item);
    int side = t->alert != TW_NONE ? a->alerts[t->alert].side : p.side;
    return p.pair == TW_NONE || side < 0 ? TW_NONE : tw_facts_topology(a->facts)->pairs[p.pair].device[side];
}

static const struct tw_condition *condition_of(const struct tw_alerts *a, const struct track *t)
{
    return &a->policy->conditions[t->condition];
}

/* Downs that flapping is about; only for sub-interfaces. */
static const struct tw_sub_side *flaps(const struct tw_alerts *a, struct tw_item item)
{
    return &tw_facts_sub(a->facts, item.index / 2)->side[item.index % 2];
}

static tw_time last_down(const struct tw_alerts *a, struct tw_item item)
{
    const struct tw_sub_side *s = flaps(a, item);
    return s->downs_n > 0 ? tw_facts_downs(a->facts, s)[s->downs_n - 1] : TW_TIME_MIN;
}

/* What is still down may be the same interruption all along: the reason that comes after its down, that of
 * the peer's sub-interface, say, tells what was so then. */
void track_end(struct tw_alerts *a, uint32_t i, tw_time now)
{
    struct track *t = &a->tracks[i];
    if (t->item.scope != TW_SCOPE_SUB || condition_of(a, t)->ends_after.ns > 0 ||
        flaps(a, t->item)->oper.value != TW_STATE_DOWN) {
        track_free(a, i);
        return;
    }
    t->state = TRACK_OVER;
    t->truth = t->ending = false;
    t->alert = TW_NONE;
    t->raised_at = TW_TIME_MAX;
    t->deadline = tw_time_add(now, OVER_FOR);
    t->timer_seq = ++a->timer_seq;
    timer_push(a, t->deadline, t->timer_seq, TIMER_TRACK, i);
}

static tw_time hold_end(const struct tw_alerts *a, const struct track *t)
{
    const struct tw_condition *c = condition_of(a, t);
    tw_time end = tw_time_add(t->hold_from, c->hold);
    if (c->after_main_return && t->item.scope == TW_SCOPE_MEMBER) {
        const struct tw_topology *top = tw_facts_topology(a->facts);
        tw_dur revert = top->e_trunks[top->members[t->item.index].e_trunk].revert_delay;
        for (uint32_t side = 0; side < 2; side++) {
            tw_time back = tw_facts_member(a->facts, 2 * t->item.index + side)->came_back;
            if (tw_time_is_finite(back))
                end = tw_later(end, tw_time_add(tw_time_add(back, revert), c->hold));
        }
    }
    return tw_later(end, t->known);
}

void track_arm(struct tw_alerts *a, uint32_t i)
{
    struct track *t = &a->tracks[i];
    const struct tw_condition *c = condition_of(a, t);
    tw_time due = t->deadline;
    if (t->state == TRACK_HOLDING)
        due = hold_end(a, t);
    else if (t->state == TRACK_LOST)
        due = TW_TIME_MAX;
    else if (t->state == TRACK_FIRING && c->ends_after.ns > 0 && !tw_time_is_finite(last_down(a, t->item)))
        due = t->deadline; /* its downs are not counted any more; the last one still was when it was */
    else if (t->state == TRACK_FIRING)
        due = c->ends_after.ns > 0 ? tw_later(tw_time_add(last_down(a, t->item), c->ends_after), t->raised_at)
                                   : TW_TIME_MAX;
    if (due.ns == t->deadline.ns)
        return;
    t->deadline = due;
    t->timer_seq = ++a->timer_seq;
    if (due.ns != INT64_MAX)
        timer_push(a, due, t->timer_seq, TIMER_TRACK, i);
}

static tw_time start_of(struct tw_judged j, const struct tw_moment *m)
{
    return tw_time_is_finite(j.since) ? tw_earlier(j.since, m->rx) : m->at;
}

static void begin(struct tw_alerts *a, uint32_t condition, struct tw_item item, struct tw_judged j,
                  const struct tw_moment *m)
{
    uint32_t i = track_new(a, condition, item);
    struct track *t = &a->tracks[i];
    const struct tw_condition *c = condition_of(a, t);
    t->state = TRACK_HOLDING;
    t->truth = true;
    t->since = t->hold_from = start_of(j, m);
    t->known = m->rx;
    t->raise_delay = tw_item_raise_delay(a->facts, item);
    if (c->ends_after.ns > 0)
        t->since = tw_facts_downs(a->facts, flaps(a, item))[0];
    if (a->trace) {
        char since[TW_TIME_TEXT];
        trace(a, t, m, "true since %s: must stay so for %g s", tw_time_text(t->hold_from, since),
              (double)c->hold.ns / 1e9);
    }
    track_arm(a, i);
}

static bool precedes(tw_time a, uint64_t a_seq, tw_time b, uint64_t b_seq)
{
    return a.ns != b.ns ? tw_before(a, b) : a_seq < b_seq;
}

/* True again after an end. As now known it was true then as well: the same interruption, and its hold goes
 * on. What is true from now on, or since, is another one. Of the same moment, order of arrival decides. */
static void again(struct tw_alerts *a, uint32_t i, struct tw_judged j, const struct tw_moment *m)
{
    struct track *t = &a->tracks[i];
    if (!tw_time_is_finite(j.since) || !precedes(j.since, j.seq, t->ended, t->ended_seq) ||
        !precedes(j.since, j.seq, m->at, m->seq)) {
        uint32_t condition = t->condition;
        struct tw_item item = t->item;
        track_free(a, i);
        begin(a, condition, item, j, m);
        return;
    }
    t->state = TRACK_HOLDING;
    t->truth = true;
    t->known = m->rx;
    trace(a, t, m, "what ended it is refuted: the hold goes on");
    track_arm(a, i);
}

static void resume(struct tw_alerts *a, struct track *t, struct tw_judged j, const struct tw_moment *m)
{
    tw_time start = start_of(j, m);
    if (t->lost_by_role && tw_time_sub(start, t->since).ns >= ROLE_GRACE.ns) {
        trace(a, t, m, "true again by a role, more than 60 s after the fault: the hold goes on");
    } else {
        t->hold_from = start;
        t->restarted_hold = true;
        if (!t->lost_by_role)
            t->since = start;
        trace(a, t, m, "true again: the hold begins anew");
    }
    t->truth = true;
    t->known = m->rx;
}

/* Still true; evidence that came late may have moved its beginning. */
static void keep(struct track *t, struct tw_judged j, const struct tw_moment *m)
{
    if (t->restarted_hold || !tw_time_is_finite(j.since) || !tw_before(j.since, t->hold_from))
        return;
    t->hold_from = j.since;
    t->known = m->rx; /* no raise before what moved it was there */
    t->since = tw_earlier(t->since, j.since);
}

static const char *ending(const struct tw_alerts *a, const struct track *t, bool truth)
{
    const struct tw_condition *c = condition_of(a, t);
    for (size_t k = 0; k < c->ends_n; k++) {
        if (c->ends[k].expr != NULL && tw_holds(a->facts, c->ends[k].expr, t->item))
            return c->ends[k].word;
        /* "otherwise": when the condition is not true any more; a device that restarted says nothing yet. */
        if (c->ends[k].expr == NULL && !truth && t->state != TRACK_RESTARTED)
            return c->ends[k].word;
    }
    return c->ends_after.ns > 0 && !truth && t->state < TRACK_FIRING ? "recovered" : NULL;
}

/* True, and over already. */
static TW_APART bool ends_at_once(const struct tw_alerts *a, uint32_t condition, struct tw_item item)
{
    const struct track probe = {.state = TRACK_HOLDING, .condition = condition, .item = item};
    return ending(a, &probe, true) != NULL;
}

/* True, but not before none of what ends an alert holds: until then there was nothing to hold for. */
static struct tw_judged not_ended(const struct tw_alerts *a, const struct tw_condition *c,
                                  struct tw_item item, struct tw_judged j)
{
    for (size_t k = 0; k < c->ends_n; k++) {
        if (c->ends[k].expr == NULL)
            continue;
        struct tw_judged end = tw_judge_either(a->facts, c->ends[k].expr, item);
        if (precedes(j.since, j.seq, end.since, end.seq)) {
            j.since = end.since;
            j.seq = end.seq;
        }
    }
    return j;
}

static void suspend(struct tw_alerts *a, struct track *t, const struct tw_moment *m)
{
    t->truth = false;
    if (!a->trace)
        return;
    struct tw_buf why = {0};
    (void)tw_judge_why_not(a->facts, condition_of(a, t)->when, t->item, &why);
    trace(a, t, m, "not true for now: %.*s", TW_STR_ARG(tw_buf_view(&why)));
    tw_buf_finish(&why);
}

static void act(struct tw_alerts *a, uint32_t i, struct track_row row, struct tw_judged j,
                const struct tw_moment *m, const char *by)
{
    struct track *t = &a->tracks[i];
    if (row.next != TRACK_GONE)
        t->state = row.next;
    switch (row.action) {
    case ACT_NONE: break;
    case ACT_KEEP: keep(t, j, m); break;
    case ACT_SUSPEND: suspend(a, t, m); break;
    case ACT_RESUME: resume(a, t, j, m); break;
    case ACT_DROP:
        trace(a, t, m, "over before the hold was: %s", by);
        t->ended = m->at;
        t->ended_seq = m->seq;
        track_end(a, i, m->at);
        return;
    case ACT_RAISE:
        t->raised_at = m->at;
        alert_join(a, i, m->at);
        trace(a, t, m, "held long enough: raised");
        break;
    case ACT_REFRESH:
        t->truth = j.truth;
        alert_refresh(a, i);
        break;
    case ACT_CLEAR:
        trace(a, t, m, "cleared: %s", by);
        t->ended_seq = m->seq;
        alert_leave(a, i, by, m->at);
        return;
    case ACT_FORGOT:
        t->deadline = tw_time_add(m->at, RESTART_GRACE);
        t->timer_seq = ++a->timer_seq;
        timer_push(a, t->deadline, t->timer_seq, TIMER_TRACK, i);
        alert_refresh(a, i);
        trace(a, t, m, "the device restarted: waiting up to 10 minutes for its word");
        break;
    }
    track_arm(a, i);
}

/* Worth telling of a sub-interface that is down: why there is no alarm of the highest severity, and what only
 * one fact kept from coming true. Said once, until it changes. */
static void tell_why_not(struct tw_alerts *a, uint32_t condition, struct tw_item item,
                         const struct tw_moment *m)
{
    const struct tw_condition *c = &a->policy->conditions[condition];
    if (!a->trace || item.scope != TW_SCOPE_SUB || c->ends_after.ns > 0 ||
        tw_facts_sub(a->facts, item.index / 2)->side[item.index % 2].oper.value != TW_STATE_DOWN)
        return;
    struct tw_buf why = {0};
    size_t reasons = tw_judge_why_not(a->facts, c->when, item, &why);
    bool grave = c->severity_n == 1 && c->severity[0].value == TW_SEVERITY_CRITICAL;
    uint64_t key = key_of(condition, item), hash = tw_hash(why.p, why.n, 0);
    uint32_t at = tw_map_find(&a->told, key, NULL, NULL, NULL);
    if (at == TW_MAP_NONE) {
        at = (uint32_t)a->told_n;
        *TW_PUSH(a->told_hash, a->told_n, a->told_cap) = ~hash;
        tw_map_add(&a->told, key, at);
    }
    if (a->told_hash[at] != hash && (grave || reasons == 1)) {
        struct track t = {.condition = condition, .item = item, .alert = TW_NONE};
        trace(a, &t, m, "no alert: %.*s", TW_STR_ARG(tw_buf_view(&why)));
        trace_evidence(a, item);
    }
    a->told_hash[at] = hash;
    tw_buf_finish(&why);
}

static bool peer_forwards(const struct tw_alerts *a, struct tw_item item)
{
    if (item.scope != TW_SCOPE_SUB)
        return false;
    uint32_t ms = 2 * tw_facts_sub(a->facts, item.index / 2)->member + item.index % 2;
    return tw_facts_forwards(a->facts, ms ^ 1).yes;
}

void track_judge(struct tw_alerts *a, uint32_t condition, struct tw_item item, const struct tw_moment *m,
                 bool by_role)
{
    const struct tw_condition *c = &a->policy->conditions[condition];
    struct tw_judged j = tw_judge(a->facts, c->when, item);
    if (c->ends_after.ns > 0 && j.truth && tw_time_sub(m->at, last_down(a, item)).ns >= c->ends_after.ns)
        j.truth = false;
    if (j.truth && tw_time_is_finite(j.since))
        j = not_ended(a, c, item, j);
    uint32_t i = track_find(a, condition, item);
    if (i == TW_MAP_NONE) {
        if (j.truth && !ends_at_once(a, condition, item))
            begin(a, condition, item, j, m);
        else
            tell_why_not(a, condition, item, m);
        return;
    }
    struct track *t = &a->tracks[i];
    if (t->state == TRACK_OVER) {
        if (j.truth && !ends_at_once(a, condition, item))
            again(a, i, j, m);
        else
            tell_why_not(a, condition, item, m);
        return;
    }
    const char *by = ending(a, t, j.truth);
    bool firing = t->state == TRACK_FIRING;
    /* What happened before the raise and would have prevented it takes the alert back. */
    if (firing && t->truth && !j.truth && !tw_before(t->raised_at, m->at) && c->ends_after.ns == 0)
        by = "retracted";
    if (t->state == TRACK_HOLDING && !j.truth)
        t->lost_by_role = by_role;
    if (t->state < TRACK_FIRING && !j.truth && by == NULL && peer_forwards(a, item))
        by = "the peer forwards"; /* what comes after that is another interruption */
    act(a, i, track_step(t->state, by != NULL ? TRACK_END : j.truth ? TRACK_TRUE : TRACK_FALSE), j, m, by);
}

void track_due(struct tw_alerts *a, uint32_t i, tw_time now)
{
    struct track *t = &a->tracks[i];
    struct tw_moment m = {.at = now, .rx = now, .seq = TW_SEQ_LAST};
    const char *by = t->state == TRACK_RESTARTED ? "restarted" : "recovered";
    t->deadline = TW_TIME_MAX;
    if (t->state == TRACK_OVER) {
        track_free(a, i);
        return;
    }
    act(a, i, track_step(t->state, TRACK_DUE), (struct tw_judged){t->truth, t->since, TW_SEQ_LAST}, &m, by);
}

void track_restart(struct tw_alerts *a, uint32_t i, const struct tw_moment *m)
{
    struct track *t = &a->tracks[i];
    if (t->state == TRACK_OVER) {
        track_free(a, i);
        return;
    }
    t->truth = false;
    act(a, i, track_step(t->state, TRACK_RESTART), (struct tw_judged){false, TW_TIME_MIN, TW_SEQ_LAST}, m,
        "the device restarted");
}
