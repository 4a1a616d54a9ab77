/* SPDX-License-Identifier: ISC */
/* Holds and open alerts as bytes, by name; and what a new inventory has no place for. */
#include "alert_internal.h"

static void snap_condition(struct tw_alerts *a, struct tw_snap *s, uint32_t *condition)
{
    struct tw_str name = {0};
    if (tw_snap_writing(s))
        name = tw_str_z(a->policy->conditions[*condition].name);
    tw_snap_str(s, &name);
    if (tw_snap_writing(s))
        return;
    size_t i = tw_policy_find(a->policy, name);
    *condition = i == a->policy->conditions_n ? TW_NONE : (uint32_t)i;
}

/* A profile is known by its pair's first device, E-Trunk-independent, and its own name. */
static void snap_profile(struct tw_alerts *a, struct tw_snap *s, uint32_t *index)
{
    const struct tw_topology *t = tw_facts_topology(a->facts);
    struct tw_str pair_name = {0}, name = {0};
    uint32_t pair = 0;
    if (tw_snap_writing(s)) {
        name = tw_str_z(tw_profile_at(t, *index, &pair)->name);
        pair_name = tw_str_z(t->pairs[pair].name);
    }
    tw_snap_str(s, &pair_name);
    tw_snap_str(s, &name);
    if (tw_snap_writing(s))
        return;
    *index = TW_NONE;
    for (pair = 0; pair < t->pairs_n; pair++) {
        const struct tw_pair *p = &t->pairs[pair];
        for (uint32_t i = 0; i < p->profiles_n && tw_str_eq(pair_name, tw_str_z(p->name)); i++) {
            if (tw_str_eq(name, tw_str_z(p->profiles[i].name)))
                *index = p->profile0 + i;
        }
    }
}

static void snap_item(struct tw_alerts *a, struct tw_snap *s, struct tw_item *item)
{
    item->scope = (enum tw_scope)tw_snap_enum(s, item->scope, TW_SCOPES);
    switch (item->scope) {
    case TW_SCOPE_SUB: tw_facts_snap_sub_side(a->facts, s, &item->index); break;
    case TW_SCOPE_MEMBER:
        item->index *= 2;
        tw_facts_snap_member_side(a->facts, s, &item->index);
        item->index = item->index == TW_NONE ? TW_NONE : item->index / 2;
        break;
    case TW_SCOPE_E_TRUNK: tw_facts_snap_e_trunk_side(a->facts, s, &item->index); break;
    case TW_SCOPE_RBS: tw_facts_snap_rbs(a->facts, s, &item->index); break;
    case TW_SCOPE_PROFILE: snap_profile(a, s, &item->index); break;
    case TW_SCOPES: break;
    }
}

/* One slot of the tracks. Slots keep their places, so that everything goes on in the same order after a
 * restore; what the present inventory or policy does not have becomes a free slot. */
static void snap_track(struct tw_alerts *a, struct tw_snap *s, uint32_t i)
{
    struct track t = a->tracks[i];
    tw_snap_bool(s, &t.used);
    if (!t.used)
        return;
    snap_condition(a, s, &t.condition);
    snap_item(a, s, &t.item);
    t.state = (enum track_state)tw_snap_enum(s, t.state, TRACK_STATES);
    tw_snap_bool(s, &t.truth);
    tw_snap_bool(s, &t.lost_by_role);
    tw_snap_bool(s, &t.restarted_hold);
    tw_snap_time(s, &t.since);
    tw_snap_time(s, &t.hold_from);
    tw_snap_time(s, &t.known);
    tw_snap_time(s, &t.deadline);
    tw_snap_u64(s, &t.timer_seq);
    tw_snap_time(s, &t.raised_at);
    tw_snap_time(s, &t.ended);
    tw_snap_u64(s, &t.ended_seq);
    tw_snap_dur(s, &t.raise_delay);
    tw_snap_u32(s, &t.alert);
    if (tw_snap_writing(s) || s->bad || t.condition == TW_NONE || t.item.index == TW_NONE ||
        track_find(a, t.condition, t.item) != TW_MAP_NONE)
        return;
    a->tracks[i] = t;
    track_index(a, i);
    if (t.deadline.ns != INT64_MAX)
        timer_push(a, t.deadline, t.timer_seq, TIMER_TRACK, i);
}

static void snap_tracks(struct tw_alerts *a, struct tw_snap *s)
{
    uint64_t n = a->tracks_n, spare = a->tracks_free_n;
    tw_snap_u64(s, &n);
    for (uint64_t i = 0; i < n && !s->bad; i++) {
        if (!tw_snap_writing(s))
            (void)TW_PUSH(a->tracks, a->tracks_n, a->tracks_cap);
        snap_track(a, s, (uint32_t)i);
    }
    tw_snap_u64(s, &spare);
    for (uint64_t i = 0; i < spare && !s->bad; i++) {
        uint32_t slot = tw_snap_writing(s) ? a->tracks_free[i] : 0;
        tw_snap_u32(s, &slot);
        if (!tw_snap_writing(s) && slot < a->tracks_n && !a->tracks[slot].used)
            *TW_PUSH(a->tracks_free, a->tracks_free_n, a->tracks_free_cap) = slot;
    }
}

static void snap_alert_items(struct tw_alerts *a, struct tw_snap *s, struct alert *al, uint32_t index)
{
    uint64_t n = al->items_n;
    tw_snap_u64(s, &n);
    for (uint64_t i = 0; i < n && !s->bad; i++) {
        uint32_t track = tw_snap_writing(s) ? al->items[i] : 0;
        tw_snap_u32(s, &track);
        if (!tw_snap_writing(s) && track < a->tracks_n && a->tracks[track].used &&
            a->tracks[track].alert == index)
            alert_put(a, index, track);
    }
}

static void snap_alert_fields(struct tw_snap *s, struct alert *al)
{
    struct tw_str id = tw_str_of(al->id, TW_ALERT_ID - 1);
    tw_snap_str(s, &id);
    if (!tw_snap_writing(s) && id.n == TW_ALERT_ID - 1)
        memcpy(al->id, id.p, id.n);
    tw_snap_time(s, &al->since);
    tw_snap_time(s, &al->raised_at);
    tw_snap_time(s, &al->last);
    tw_snap_time(s, &al->changed_at);
    tw_snap_bool(s, &al->joined);
    tw_snap_bool(s, &al->left);
    tw_snap_bool(s, &al->lossy);
    tw_snap_bool(s, &al->noted);
    tw_snap_u32(s, &al->number);
    tw_snap_time(s, &al->update_due);
    tw_snap_u64(s, &al->update_seq);
    al->severity = (enum tw_severity)tw_snap_enum(s, al->severity, TW_SEVERITY_CRITICAL + 1);
    al->confidence = (enum tw_confidence)tw_snap_enum(s, al->confidence, TW_CONFIDENCE_VERIFIED + 1);
    al->help = (enum tw_help)tw_snap_enum(s, al->help, TW_HELP_UNKNOWN + 1);
}

static void snap_alert(struct tw_alerts *a, struct tw_snap *s, uint32_t i)
{
    struct alert *al = &a->alerts[i];
    tw_snap_bool(s, &al->used);
    if (!al->used)
        return;
    snap_alert_fields(s, al);
    people_snap_alert(a, s, al);
    /* The side as the device it is: the new inventory may list the two the other way round. */
    bool none = al->side < 0;
    uint32_t device = none ? TW_NONE : 0;
    if (tw_snap_writing(s) && !none)
        device = tw_facts_topology(a->facts)->pairs[al->pair].device[al->side];
    tw_facts_snap_device(a->facts, s, &device);
    snap_alert_items(a, s, al, i);
    if (tw_snap_writing(s))
        return;
    al->announced = true;
    al->used = al->items_n > 0 && !s->bad;
    if (!al->used) {
        ack_free(al->ack);
        al->ack = NULL;
        al->silence = NULL;
        return;
    }
    const struct track *first = &a->tracks[al->items[0]];
    struct tw_item_place p = tw_item_place(a->facts, first->item);
    al->condition = first->condition;
    al->pair = p.pair;
    al->e_trunk = p.e_trunk;
    al->member = p.member;
    al->side = device == TW_NONE ? -1 : tw_facts_topology(a->facts)->pairs[p.pair].device[1] == device;
    alert_index(a, i);
    if (al->update_due.ns != INT64_MAX)
        timer_push(a, al->update_due, al->update_seq, TIMER_UPDATE, i);
}

static void snap_alerts(struct tw_alerts *a, struct tw_snap *s)
{
    uint64_t n = a->alerts_n;
    tw_snap_u64(s, &n);
    for (uint64_t i = 0; i < n && !s->bad; i++) {
        if (!tw_snap_writing(s)) {
            struct alert *al = TW_PUSH(a->alerts, a->alerts_n, a->alerts_cap);
            al->update_due = TW_TIME_MAX;
        }
        snap_alert(a, s, (uint32_t)i);
    }
    uint64_t spare = a->alerts_free_n;
    tw_snap_u64(s, &spare);
    for (uint64_t i = 0; i < spare && !s->bad; i++) {
        uint32_t slot = tw_snap_writing(s) ? a->alerts_free[i] : 0;
        tw_snap_u32(s, &slot);
        if (!tw_snap_writing(s) && slot < a->alerts_n && !a->alerts[slot].used)
            *TW_PUSH(a->alerts_free, a->alerts_free_n, a->alerts_free_cap) = slot;
    }
    for (uint32_t i = 0; !tw_snap_writing(s) && i < a->tracks_n; i++) {
        struct track *t = &a->tracks[i];
        bool homeless =
            t->used && t->alert != TW_NONE && (t->alert >= a->alerts_n || !a->alerts[t->alert].used);
        if (homeless || (t->used && t->state >= TRACK_FIRING && t->alert == TW_NONE))
            track_free(a, i);
    }
}

static void snap_settle(struct tw_alerts *a, struct tw_snap *s)
{
    uint64_t n = 2 * tw_facts_topology(a->facts)->members_n;
    tw_snap_u64(s, &n);
    for (uint64_t i = 0; i < n && !s->bad; i++) {
        uint32_t ms = (uint32_t)i;
        tw_time at = TW_TIME_MAX;
        uint64_t seq = 0;
        tw_facts_snap_member_side(a->facts, s, &ms);
        if (tw_snap_writing(s)) {
            at = a->settle[ms];
            seq = a->settle_seq[ms];
        }
        tw_snap_time(s, &at);
        tw_snap_u64(s, &seq);
        if (tw_snap_writing(s) || ms == TW_NONE || s->bad)
            continue;
        a->settle[ms] = at;
        a->settle_seq[ms] = seq;
        if (at.ns != INT64_MAX)
            timer_push(a, at, seq, TIMER_SETTLE, ms);
    }
}

void tw_alerts_snap(struct tw_alerts *a, struct tw_snap *s)
{
    tw_snap_mark(s, 0x616c7274);
    tw_snap_u64(s, &a->timer_seq);
    tw_snap_u64(s, &a->seq);
    tw_snap_u64(s, &a->raised);
    tw_snap_u64(s, &a->cleared);
    gone_snap(a, s);
    people_snap(a, s);
    snap_tracks(a, s);
    snap_alerts(a, s);
    snap_settle(a, s);
    timer_trim(a);
}

/* By name, since the old and the new inventory count differently. */
static bool still_there(struct tw_alerts *a, const struct track *t, struct tw_alerts *probe)
{
    struct tw_buf bytes = {0};
    struct tw_snap out = {.out = &bytes};
    struct tw_item item = t->item;
    uint32_t condition = t->condition;
    snap_condition(a, &out, &condition);
    snap_item(a, &out, &item);
    struct tw_snap in = {.in = tw_buf_view(&bytes)};
    snap_condition(probe, &in, &condition);
    snap_item(probe, &in, &item);
    tw_buf_finish(&bytes);
    return item.index != TW_NONE && condition != TW_NONE;
}

void tw_alerts_remove_missing(struct tw_alerts *a, const struct tw_topology *topology,
                              const struct tw_policy *policy, tw_time now)
{
    struct tw_facts *f = tw_facts_create(topology, (struct tw_facts_options){0});
    struct tw_alerts probe = {.facts = f, .policy = policy};
    for (uint32_t i = 0; i < a->alerts_n; i++) {
        struct alert *al = &a->alerts[i];
        /* Backwards: what leaves is replaced by the last. */
        for (size_t k = al->used ? al->items_n : 0; k > 0; k--) {
            if (!still_there(a, &a->tracks[al->items[k - 1]], &probe))
                alert_leave(a, al->items[k - 1], "removed",
                            tw_later(now, tw_time_add(al->raised_at, (tw_dur){1})));
        }
    }
    alert_flush(a, now);
    tw_facts_destroy(f);
}
