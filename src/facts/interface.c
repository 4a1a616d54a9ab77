/* SPDX-License-Identifier: ISC */
/* Main interfaces and sub-interfaces: up, down, and why. */
#include "facts_internal.h"

#define BEFORE                                                                                               \
    TW_SECONDS(3) /* a main interface that went down this shortly before took the sub-interface with it */
#define SETTLE TW_SECONDS(20) /* a sub-interface must have come up this long after its main interface */

static void learn(struct tw_facts *f, uint32_t device, uint32_t index, uint32_t trunk, uint32_t sub)
{
    struct device_facts *d = &f->devices[device];
    uint32_t at = tw_map_find(&d->by_index, index, NULL, NULL, NULL);
    if (at == TW_MAP_NONE) {
        if (d->learnt_n >= TW_FACTS_IF_MAX) {
            f->unlearnt++;
            return;
        }
        at = (uint32_t)d->learnt_n;
        (void)TW_PUSH(d->learnt, d->learnt_n, d->learnt_cap);
        tw_map_add(&d->by_index, index, at);
    }
    d->learnt[at] = (struct if_learnt){index, trunk, sub};
}

struct place interface_place(struct tw_facts *f, uint32_t device, const struct tw_event *e)
{
    struct place p = {.member_side = TW_NONE};
    struct tw_str name = tw_event_text(e, TW_FIELD_INTERFACE);
    uint32_t index = (uint32_t)tw_event_number(e, TW_FIELD_IF_INDEX), trunk = TW_NONE;
    if (name.n > 0) {
        if (!tw_trunk_name_parse(name, &trunk, &p.sub))
            trunk = TW_NONE;
        if (index != 0)
            learn(f, device, index, trunk, p.sub);
    } else {
        struct device_facts *d = &f->devices[device];
        uint32_t at = tw_map_find(&d->by_index, index, NULL, NULL, NULL);
        const char *listed = at == TW_MAP_NONE ? tw_topology_if_name(f->topology, device, index) : NULL;
        if (at != TW_MAP_NONE) {
            trunk = d->learnt[at].trunk;
            p.sub = d->learnt[at].sub;
        } else if (listed == NULL) {
            p.unnamed = true;
        } else if (!tw_trunk_name_parse(tw_str_z(listed), &trunk, &p.sub)) {
            trunk = TW_NONE;
        }
    }
    int side;
    uint32_t member = trunk == TW_NONE ? TW_NONE : tw_topology_member(f->topology, device, trunk, &side);
    if (member != TW_NONE)
        p.member_side = 2 * member + (uint32_t)side;
    return p;
}

/* Did the main interface take down what went down at `at`: it was down, had gone down shortly before, or soon
 * did. */
static bool follows_main(const struct tw_facts *f, uint32_t ms, tw_time at)
{
    const struct tw_member_side *m = &f->members[ms];
    tw_time down = m->main_down_at, up = m->main_up_at;
    if (!tw_time_is_finite(down))
        return false;
    if (tw_before(at, down))
        return tw_time_sub(down, at).ns <= f->options.follow.ns;
    bool still =
        tw_before(up, down) || tw_before(at, up) || (up.ns == down.ns && m->main.value == TW_STATE_DOWN);
    return still || tw_time_sub(at, down).ns <= BEFORE.ns;
}

static void downs_pop(const struct tw_facts *f, struct tw_sub_side *s)
{
    if (s->downs_n > 0 && sub_rare(f, s)->downs[s->downs_n - 1].ns == s->oper.since.ns)
        s->downs_n--;
}

static void downs_push(struct tw_facts *f, uint32_t ms, struct tw_sub_side *s)
{
    struct tw_forwarding w = tw_facts_forwards(f, ms);
    if (!w.yes && w.basis != TW_BASIS_NOTHING)
        return;
    tw_time *downs = sub_rare_of(f, s)->downs;
    if (s->downs_n == TW_FACTS_DOWNS)
        memmove(downs, downs + 1, (size_t)(--s->downs_n) * sizeof *downs);
    downs[s->downs_n++] = s->oper.since;
}

void settle_arm(struct tw_facts *f, uint32_t ms)
{
    struct tw_member_side *m = &f->members[ms];
    m->settle = TW_TIME_MAX;
    if (m->main.value != TW_STATE_UP)
        return;
    for (uint32_t i = f->first_sub[ms / 2]; i != TW_NONE; i = f->subs[i].next) {
        const struct tw_sub_side *s = &f->subs[i].side[ms % 2];
        if (s->oper.value == TW_STATE_DOWN && s->cause == TW_CAUSE_INHERITED)
            m->settle = tw_earlier(m->settle, tw_time_add(tw_later(m->main.since, s->oper.since), SETTLE));
    }
}

/* One sub-interface that has just become inherited; an earlier end than needed does no harm. */
static void settle_add(struct tw_facts *f, uint32_t ms, const struct tw_sub_side *s)
{
    struct tw_member_side *m = &f->members[ms];
    if (m->main.value == TW_STATE_UP && s->oper.value == TW_STATE_DOWN && s->cause == TW_CAUSE_INHERITED)
        m->settle = tw_earlier(m->settle, tw_time_add(tw_later(m->main.since, s->oper.since), SETTLE));
}

void tw_facts_settle(struct tw_facts *f, uint32_t ms, tw_time now)
{
    struct tw_member_side *m = &f->members[ms];
    for (uint32_t i = f->first_sub[ms / 2]; m->main.value == TW_STATE_UP && i != TW_NONE;
         i = f->subs[i].next) {
        struct tw_sub_side *s = &f->subs[i].side[ms % 2];
        tw_time due = tw_time_add(tw_later(m->main.since, s->oper.since), SETTLE);
        if (s->oper.value != TW_STATE_DOWN || s->cause != TW_CAUSE_INHERITED || tw_before(now, due))
            continue;
        s->cause = TW_CAUSE_OWN;
        s->inferred = s->later_fault = true;
        s->fault_since = due;
        dirty_sub(f, i);
    }
    settle_arm(f, ms);
}

/* The main interface's state, heard or implied by a sub-interface's message. */
static enum fact_change main_set(struct tw_facts *f, uint32_t ms, enum tw_state state, uint32_t device,
                                 const struct tw_event *e)
{
    struct tw_member_side *m = &f->members[ms];
    enum tw_state was = (enum tw_state)m->main.value;
    enum fact_change c = fact_set(f, &m->main, (uint8_t)state, device, e);
    /* What was said again, and later, of the state before is no change of then. */
    bool late = c == FACT_LATE && (was == state || tw_before(m->main.before, e->at));
    if (state == TW_STATE_DOWN && (late || c >= FACT_EARLIER || !tw_time_is_finite(m->main_down_at)))
        m->main_down_at = c == FACT_EARLIER ? e->at : tw_later(m->main_down_at, e->at);
    if (state == TW_STATE_UP && (late || c >= FACT_EARLIER))
        m->main_up_at = c == FACT_EARLIER ? e->at : tw_later(m->main_up_at, e->at);
    if (c == FACT_CHANGED && state == TW_STATE_UP) {
        m->main_shut = false;
        m->main_class = TW_DOWN_UNKNOWN;
        if (was == TW_STATE_DOWN)
            m->came_back = e->at;
    }
    if (c > FACT_CONFIRMED) {
        settle_arm(f, ms);
        dirty_member(f, ms / 2);
    }
    return c;
}

/* A main interface that goes down takes with it what went down without a reason just before. */
static void main_takes_along(struct tw_facts *f, uint32_t ms)
{
    for (uint32_t i = f->first_sub[ms / 2]; i != TW_NONE; i = f->subs[i].next) {
        struct tw_sub_side *s = &f->subs[i].side[ms % 2];
        if (s->oper.value != TW_STATE_DOWN || s->cause != TW_CAUSE_OWN || s->has_reason || s->inferred ||
            !follows_main(f, ms, s->oper.since))
            continue;
        downs_pop(f, s);
        s->cause = TW_CAUSE_INHERITED;
        dirty_sub(f, i);
    }
    settle_arm(f, ms);
}

static bool is_shut(const struct tw_event *e)
{
    return tw_event_number(e, TW_FIELD_ADMIN) == TW_STATE_DOWN ||
           tw_event_number(e, TW_FIELD_DOWN_CLASS) == TW_DOWN_ADMIN;
}

static enum tw_applied main_apply(struct tw_facts *f, uint32_t ms, uint32_t device, const struct tw_event *e)
{
    struct tw_member_side *m = &f->members[ms];
    bool up = e->kind == TW_EVENT_INTERFACE_UP;
    enum fact_change c = main_set(f, ms, up ? TW_STATE_UP : TW_STATE_DOWN, device, e);
    if (!up && c != FACT_LATE) {
        enum tw_down_class class = (enum tw_down_class)tw_event_number(e, TW_FIELD_DOWN_CLASS);
        bool shut = is_shut(e);
        if (shut != m->main_shut || (class != TW_DOWN_UNKNOWN && class != m->main_class))
            dirty_member(f, ms / 2);
        m->main_shut = shut || (m->main_shut && c != FACT_CHANGED);
        if (class != TW_DOWN_UNKNOWN || c == FACT_CHANGED)
            m->main_class = class;
    }
    if (!up)
        main_takes_along(f, ms);
    return c == FACT_LATE ? TW_APPLIED_LATE : TW_APPLIED;
}

/* The cause that a message states; NONE: it states none. */
static enum tw_cause stated_cause(const struct tw_event *e)
{
    enum tw_down_class class = (enum tw_down_class)tw_event_number(e, TW_FIELD_DOWN_CLASS);
    if (e->kind == TW_EVENT_INTERFACE_DELETED || class == TW_DOWN_DELETED)
        return TW_CAUSE_DELETED;
    if (class == TW_DOWN_INHERITED)
        return TW_CAUSE_INHERITED;
    if (is_shut(e))
        return TW_CAUSE_ADMIN;
    return class != TW_DOWN_UNKNOWN ? TW_CAUSE_OWN : TW_CAUSE_NONE;
}

/* A later reason replaces an earlier one; a message without a reason leaves the known one. */
static void cause_set(struct tw_facts *f, uint32_t ms, struct tw_sub_side *s, const struct tw_event *e,
                      bool went_down)
{
    enum tw_cause stated = stated_cause(e), was = (enum tw_cause)s->cause;
    /* A repeat of what was outlasted says nothing of now. */
    if (s->inferred && stated == TW_CAUSE_INHERITED && tw_before(e->at, s->fault_since))
        return;
    if (stated == TW_CAUSE_NONE) {
        if (went_down)
            s->cause = follows_main(f, ms, s->oper.since) ? TW_CAUSE_INHERITED : TW_CAUSE_OWN;
    } else if (went_down || !s->has_reason || !tw_before(e->at, s->reason_at)) {
        /* The first reason explains the down itself; an operator's act has its own time. */
        bool first = went_down || (!s->has_reason && stated != TW_CAUSE_ADMIN && stated != TW_CAUSE_DELETED);
        s->cause = (uint8_t)stated;
        s->has_reason = true;
        s->reason_at = e->at;
        s->down_class = (uint8_t)tw_event_number(e, TW_FIELD_DOWN_CLASS);
        /* A reason of its own from before it was taken for one dates it. */
        bool dated = s->inferred && stated == was && tw_before(e->at, s->fault_since);
        if ((!first && stated != was) || dated) {
            s->fault_since = e->at;
            s->later_fault = true;
        }
        if (stated != was || dated)
            s->inferred = false;
    }
    if (went_down)
        s->fault_since = s->oper.since;
    if (went_down && s->cause == TW_CAUSE_OWN)
        downs_push(f, ms, s);
    else if (!went_down && was == TW_CAUSE_OWN && s->cause != TW_CAUSE_OWN)
        downs_pop(f, s);
}

static enum tw_applied sub_down(struct tw_facts *f, uint32_t ms, uint32_t sub, uint32_t device,
                                const struct tw_event *e)
{
    struct tw_sub_side *s = &f->subs[sub].side[ms % 2];
    enum tw_cause was = (enum tw_cause)s->cause;
    tw_time since = s->fault_since;
    enum fact_change c = fact_set(f, &s->oper, TW_STATE_DOWN, device, e);
    if (c == FACT_LATE)
        return TW_APPLIED_LATE;
    if (c == FACT_CHANGED) {
        s->has_reason = s->inferred = s->later_fault = false;
        s->down_class = TW_DOWN_UNKNOWN;
        s->raise_delay = e->alarm ? f->topology->devices[device].alarm_raise : (tw_dur){0};
    } else if (c == FACT_EARLIER && tw_before(e->at, s->fault_since) &&
               (stated_cause(e) == TW_CAUSE_NONE || stated_cause(e) == s->cause)) {
        s->fault_since = e->at;
    }
    if (stated_cause(e) == TW_CAUSE_INHERITED && main_set(f, ms, TW_STATE_DOWN, device, e) > FACT_CONFIRMED)
        main_takes_along(f, ms);
    cause_set(f, ms, s, e, c == FACT_CHANGED);
    if (s->cause != was && c < FACT_EARLIER)
        evidence_set(&s->oper.why, evidence_new(f, device, e));
    if (c > FACT_CONFIRMED || s->cause != was || s->fault_since.ns != since.ns) {
        settle_add(f, ms, s);
        dirty_sub(f, sub);
    }
    return TW_APPLIED;
}

static enum tw_applied sub_up(struct tw_facts *f, uint32_t ms, uint32_t sub, uint32_t device,
                              const struct tw_event *e)
{
    struct tw_sub_side *s = &f->subs[sub].side[ms % 2];
    bool long_fault = s->oper.value == TW_STATE_DOWN && s->cause == TW_CAUSE_OWN &&
                      tw_time_sub(e->at, s->fault_since).ns >= f->options.follow.ns;
    enum fact_change c = fact_set(f, &s->oper, TW_STATE_UP, device, e);
    if (c == FACT_LATE)
        return TW_APPLIED_LATE;
    if (f->members[ms].main.value != TW_STATE_UP)
        (void)main_set(f, ms, TW_STATE_UP, device, e);
    if (c == FACT_CHANGED) {
        if (long_fault)
            s->downs_n = 0; /* long enough for no-switchover: that is no flapping */
        s->cause = TW_CAUSE_NONE;
        s->has_reason = s->inferred = false;
        s->clear_delay = e->alarm ? f->topology->devices[device].alarm_clear : (tw_dur){0};
    }
    if (c > FACT_CONFIRMED)
        dirty_sub(f, sub);
    return TW_APPLIED;
}

enum tw_applied interface_apply(struct tw_facts *f, uint32_t device, const struct tw_event *e)
{
    struct place p = interface_place(f, device, e);
    if (p.unnamed)
        return TW_APPLIED_UNNAMED;
    if (p.member_side == TW_NONE)
        return TW_APPLIED_ELSEWHERE;
    if (p.sub == 0) {
        if (e->kind == TW_EVENT_LINE_PROTOCOL)
            return TW_APPLIED;
        return main_apply(f, p.member_side, device, e);
    }
    uint32_t sub = sub_entry(f, p.member_side / 2, p.sub);
    if (sub == TW_NONE)
        return f->topology->members[p.member_side / 2].ignore_unlisted ? TW_APPLIED_ELSEWHERE
                                                                       : TW_APPLIED_LIMIT;
    if (e->kind == TW_EVENT_LINE_PROTOCOL) {
        struct tw_fact *protocol = &sub_rare_of(f, &f->subs[sub].side[p.member_side % 2])->protocol;
        return fact_set(f, protocol, (uint8_t)tw_event_number(e, TW_FIELD_STATE), device, e) == FACT_LATE
                   ? TW_APPLIED_LATE
                   : TW_APPLIED;
    }
    return e->kind == TW_EVENT_INTERFACE_UP ? sub_up(f, p.member_side, sub, device, e)
                                            : sub_down(f, p.member_side, sub, device, e);
}
