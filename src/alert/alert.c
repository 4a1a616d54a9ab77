/* SPDX-License-Identifier: ISC */
#include "alert_internal.h"

#include <stdlib.h>

struct tw_alerts *tw_alerts_create(struct tw_facts *f, const struct tw_policy *p, bool trace)
{
    const struct tw_topology *t = tw_facts_topology(f);
    struct tw_alerts *a = tw_xcalloc(1, sizeof *a);
    a->facts = f;
    a->policy = p;
    a->trace = trace;
    a->arena = tw_arena_create(65536);
    a->settle = tw_xcalloc(2 * t->members_n, sizeof *a->settle);
    a->settle_seq = tw_xcalloc(2 * t->members_n, sizeof *a->settle_seq);
    for (size_t i = 0; i < 2 * t->members_n; i++)
        a->settle[i] = TW_TIME_MAX;
    a->people.due = TW_TIME_MAX;
    a->lost_at = tw_xcalloc(t->devices_n, sizeof *a->lost_at);
    for (size_t i = 0; i < t->devices_n; i++)
        a->lost_at[i] = TW_TIME_MIN;
    return a;
}

void tw_alerts_destroy(struct tw_alerts *a)
{
    if (a == NULL)
        return;
    for (size_t i = 0; i < a->alerts_n; i++) {
        free(a->alerts[i].items);
        free(a->alerts[i].leaving);
        ack_free(a->alerts[i].ack);
    }
    free(a->gone);
    people_finish(&a->people);
    free(a->alerts_free);
    tw_map_finish(&a->alert_by_key);
    free(a->alerts);
    free(a->tracks);
    free(a->tracks_free);
    for (size_t i = 0; i < TW_SCOPES; i++)
        free(a->tracks_of[i]);
    free(a->touched);
    free(a->heap);
    free(a->lost_at);
    free(a->settle);
    free(a->settle_seq);
    free(a->out);
    free(a->traces);
    free(a->told_hash);
    tw_map_finish(&a->told);
    tw_map_finish(&a->track_by_key);
    tw_arena_destroy(a->arena);
    free(a);
}

static void judge_item(struct tw_alerts *a, enum tw_scope scope, uint32_t index, const struct tw_moment *m,
                       bool by_role)
{
    const struct tw_scoped *scoped = &a->policy->scoped[scope];
    for (size_t i = 0; i < scoped->n; i++)
        track_judge(a, scoped->conditions[i], (struct tw_item){scope, index}, m, by_role);
}

static enum tw_sub_state state_of(const struct tw_sub_side *s)
{
    static const enum tw_sub_state by_cause[TW_CAUSES] = {[TW_CAUSE_NONE] = TW_SUB_DOWN,
                                                          [TW_CAUSE_OWN] = TW_SUB_OWN,
                                                          [TW_CAUSE_INHERITED] = TW_SUB_INHERITED,
                                                          [TW_CAUSE_ADMIN] = TW_SUB_SHUT,
                                                          [TW_CAUSE_DELETED] = TW_SUB_DELETED};
    if (s->oper.value != TW_STATE_DOWN)
        return s->downs_n > 0 ? TW_SUB_COUNTED : TW_SUB_IDLE;
    return by_cause[s->cause];
}

/* One side of a sub-interface. What can't be true of it, by its state and its peer's, and was not before, has
 * nothing to say; but a trace tells of what is down why nothing came of it. */
static void judge_sub(struct tw_alerts *a, uint32_t index, const struct tw_moment *m, bool by_role)
{
    const struct tw_sub_side *sides = tw_facts_sub(a->facts, index / 2)->side;
    enum tw_sub_state own = state_of(&sides[index % 2]);
    uint64_t states = tw_sub_states(own, state_of(&sides[(index ^ 1) % 2]));
    const struct tw_scoped *scoped = &a->policy->scoped[TW_SCOPE_SUB];
    if (track_any(a, (struct tw_item){TW_SCOPE_SUB, index}) || (a->trace && own > TW_SUB_COUNTED)) {
        judge_item(a, TW_SCOPE_SUB, index, m, by_role);
        return;
    }
    for (size_t i = 0; (a->policy->sub_may_hold & states) != 0 && i < scoped->n; i++) {
        if ((a->policy->conditions[scoped->conditions[i]].may_hold & states) != 0)
            track_judge(a, scoped->conditions[i], (struct tw_item){TW_SCOPE_SUB, index}, m, by_role);
    }
}

/* A main interface that came up, or a fault inherited from one that is up already, has to be settled later.
 */
static void arm_settle(struct tw_alerts *a, uint32_t ms, tw_time rx)
{
    tw_time due = tw_facts_member(a->facts, ms)->settle;
    if (due.ns != INT64_MAX)
        due = tw_later(due, rx);
    if (due.ns == a->settle[ms].ns)
        return;
    a->settle[ms] = due;
    a->settle_seq[ms] = ++a->timer_seq;
    if (due.ns != INT64_MAX)
        timer_push(a, due, a->settle_seq[ms], TIMER_SETTLE, ms);
}

static void device_restarted(struct tw_alerts *a, uint32_t device, const struct tw_moment *m)
{
    for (uint32_t i = 0; i < a->tracks_n; i++) {
        if (a->tracks[i].used && !a->tracks[i].ending && !tw_before(m->at, a->tracks[i].since) &&
            track_device(a, i) == device)
            track_restart(a, i, m);
    }
}

void tw_alerts_judge(struct tw_alerts *a, const struct tw_moment *m)
{
    struct tw_dirty d = tw_facts_dirty(a->facts);
    if (d.restarted != TW_NONE)
        device_restarted(a, d.restarted, m);
    for (size_t i = 0; i < d.e_trunks_n; i++)
        judge_item(a, TW_SCOPE_E_TRUNK, d.e_trunks[i], m, d.by_role);
    for (size_t i = 0; i < d.members_n; i++) {
        judge_item(a, TW_SCOPE_MEMBER, d.members[i], m, d.by_role);
        arm_settle(a, 2 * d.members[i], m->rx);
        arm_settle(a, 2 * d.members[i] + 1, m->rx);
    }
    for (size_t i = 0; i < d.subs_n; i++) {
        uint32_t member = tw_facts_sub(a->facts, d.subs[i])->member;
        judge_sub(a, 2 * d.subs[i], m, d.by_role);
        judge_sub(a, 2 * d.subs[i] + 1, m, d.by_role);
        arm_settle(a, 2 * member, m->rx);
        arm_settle(a, 2 * member + 1, m->rx);
    }
    for (size_t i = 0; i < d.rbs_n; i++)
        judge_item(a, TW_SCOPE_RBS, d.rbs[i], m, d.by_role);
    tw_facts_clean(a->facts);
    alert_flush(a, m->at);
}

void tw_alerts_lost(struct tw_alerts *a, uint32_t device, tw_time at)
{
    a->lost_at[device] = tw_later(a->lost_at[device], at);
}

void tw_alerts_judge_lost(struct tw_alerts *a, const struct tw_moment *m)
{
    for (uint32_t i = 0; i < a->alerts_n; i++)
        alert_lost(a, i, m->at);
    alert_flush(a, m->at);
}

void tw_alerts_judge_inventory(struct tw_alerts *a, const struct tw_moment *m)
{
    uint32_t n = tw_profiles_n(tw_facts_topology(a->facts));
    for (uint32_t i = 0; i < n; i++)
        judge_item(a, TW_SCOPE_PROFILE, i, m, false);
    alert_flush(a, m->at);
}

void tw_alerts_judge_all(struct tw_alerts *a, const struct tw_moment *m)
{
    const struct tw_topology *t = tw_facts_topology(a->facts);
    for (uint32_t i = 0; i < 2 * t->e_trunks_n; i++)
        judge_item(a, TW_SCOPE_E_TRUNK, i, m, false);
    for (uint32_t i = 0; i < t->members_n; i++) {
        judge_item(a, TW_SCOPE_MEMBER, i, m, false);
        arm_settle(a, 2 * i, m->rx);
        arm_settle(a, 2 * i + 1, m->rx);
    }
    for (uint32_t i = 0; i < 2 * tw_facts_subs_n(a->facts); i++)
        judge_sub(a, i, m, false);
    for (uint32_t i = 0; i < tw_facts_rbs_n(a->facts); i++)
        judge_item(a, TW_SCOPE_RBS, i, m, false);
    tw_alerts_judge_inventory(a, m);
}

static void fire(struct tw_alerts *a, const struct timer *t)
{
    struct tw_moment m = {.at = t->at, .rx = t->at, .seq = TW_SEQ_LAST};
    switch (t->kind) {
    case TIMER_TRACK: track_due(a, t->index, t->at); break;
    case TIMER_SETTLE:
        a->settle[t->index] = TW_TIME_MAX;
        tw_facts_settle(a->facts, t->index, t->at);
        arm_settle(a, t->index, t->at);
        tw_alerts_judge(a, &m);
        break;
    case TIMER_UPDATE: alert_update_due(a, t->index); break;
    case TIMER_PEOPLE: people_due(a, t->at); break;
    }
}

static void fire_due(struct tw_alerts *a, tw_time before)
{
    for (timer_trim(a); a->heap_n > 0 && tw_before(a->heap[0].at, before); timer_trim(a)) {
        tw_time now = a->heap[0].at;
        /* Everything due at one moment goes out together: sub-interfaces lost together are one alert. */
        while (a->heap_n > 0 && a->heap[0].at.ns == now.ns) {
            struct timer t = timer_pop(a);
            if (timer_valid(a, &t))
                fire(a, &t);
            timer_trim(a);
        }
        alert_flush(a, now);
    }
}

void tw_alerts_advance(struct tw_alerts *a, tw_time before)
{
    /* Nothing is due at nearly every record; whether the first timer still stands does not matter then. */
    if (a->heap_n > 0 && tw_before(a->heap[0].at, before))
        fire_due(a, before);
}

tw_time tw_alerts_next_deadline(const struct tw_alerts *a)
{
    return a->heap_n > 0 ? a->heap[0].at : TW_TIME_MAX;
}

const struct tw_transition *const *tw_alerts_transitions(const struct tw_alerts *a, size_t *n)
{
    *n = a->out_n;
    return a->out;
}

const struct tw_trace *const *tw_alerts_traces(const struct tw_alerts *a, size_t *n)
{
    *n = a->traces_n;
    return a->traces;
}

void tw_alerts_effects_clear(struct tw_alerts *a)
{
    if (a->out_n == 0 && a->traces_n == 0)
        return;
    a->out_n = a->traces_n = 0;
    tw_arena_reset(a->arena);
}

void tw_alerts_counts(const struct tw_alerts *a, uint64_t *raised, uint64_t *cleared)
{
    *raised = a->raised;
    *cleared = a->cleared;
}

bool tw_alerts_is_open(const struct tw_alerts *a, const char *alert_id)
{
    for (size_t i = 0; i < a->alerts_n; i++) {
        if (a->alerts[i].used && a->alerts[i].announced && strcmp(a->alerts[i].id, alert_id) == 0)
            return true;
    }
    return false;
}

uint64_t tw_alerts_last_seq(const struct tw_alerts *a)
{
    return a->seq;
}

void tw_alerts_seq_after(struct tw_alerts *a, uint64_t least)
{
    if (a->seq < least)
        a->seq = least;
}

void tw_alerts_move_effects(struct tw_alerts *from, struct tw_alerts *to)
{
    struct tw_arena *arena = to->arena;
    to->arena = from->arena;
    from->arena = arena;
    for (size_t i = 0; i < from->out_n; i++)
        *TW_PUSH(to->out, to->out_n, to->out_cap) = from->out[i];
    for (size_t i = 0; i < from->traces_n; i++)
        *TW_PUSH(to->traces, to->traces_n, to->traces_cap) = from->traces[i];
    from->out_n = from->traces_n = 0;
}
