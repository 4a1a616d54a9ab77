/* SPDX-License-Identifier: ISC */
/* Roles of members and E-Trunks, and what a takeover says about the peer. */
#include "facts_internal.h"

static bool after(const struct tw_event *e, tw_time at, uint64_t seq)
{
    tw_time end = tw_time_add(e->at, e->resolution);
    return e->seq > seq && (!tw_before(e->at, at) || tw_before(at, end));
}

/* This side took over since the peer is gone: the peer does not forward, whatever it last said. */
static void claim(struct tw_facts *f, uint32_t ms, const struct tw_event *e, bool by_e_trunk)
{
    struct tw_member_side *peer = other(f, ms);
    tw_time spoke =
        tw_later(peer->role.at, f->e_trunks[2 * f->topology->members[ms / 2].e_trunk + (ms ^ 1) % 2].role.at);
    if (tw_before(tw_time_add(e->at, e->resolution), spoke))
        return; /* it reported a role after this takeover, which was only heard late */
    peer->claimed = e->at;
    peer->claimed_seq = e->seq;
    peer->claimed_by_e_trunk = by_e_trunk;
}

static void unclaim(struct tw_member_side *m, tw_time at)
{
    m->claimed = TW_TIME_MIN;
    m->restored = at;
}

void role_claim_void(struct tw_facts *f, uint32_t ms, tw_time at, uint64_t seq)
{
    struct tw_member_side *peer = other(f, ms);
    if (!tw_time_is_finite(peer->claimed))
        return;
    peer->claimed = TW_TIME_MIN;
    peer->unknown_from = at;
    peer->unknown_seq = seq;
}

/* Only what these name is reported; following the E-Trunk is what members do in any mode. */
static enum tw_work_mode mode_of(enum tw_role_reason why)
{
    switch (why) {
    case TW_WHY_FORCE_BACKUP: return TW_MODE_FORCE_BACKUP;
    case TW_WHY_FORCE_MASTER: return TW_MODE_FORCE_MASTER;
    case TW_WHY_ACTIVE_ACTIVE:
    case TW_WHY_DEGRADED_ACTIVE:
    case TW_WHY_ALL_ACTIVE: return TW_MODE_ACTIVE_ACTIVE;
    case TW_WHY_ETRUNK_INIT:
    case TW_WHY_ETRUNK_BACKUP:
    case TW_WHY_ETRUNK_MASTER:
    case TW_WHY_PEER_MEMBER_DOWN:
    case TW_WHY_PEER_MEMBER_UP:
    case TW_WHY_UNKNOWN:
    case TW_WHY_PRI:
    case TW_WHY_TIMEOUT:
    case TW_WHY_BFD_DOWN:
    case TW_WHY_PEER_TIMEOUT:
    case TW_WHY_PEER_BFD_DOWN:
    case TW_WHY_ALL_MEMBER_DOWN:
    case TW_WHY_INIT:
    case TW_WHY_PEER_NODE_DOWN:
    case TW_WHY_PEER_LINK_DOWN:
    case TW_WHY_LINK_DOWN:
    case TW_WHY_PEER_BANDWIDTH_LARGE:
    case TW_WHY_LOCAL_BANDWIDTH_LARGE: break;
    }
    return TW_MODE_UNKNOWN;
}

/* A role heard from this side, by its member or its E-Trunk, ends what the peer claimed about it. */
static void reported(struct tw_member_side *m, const struct tw_event *e)
{
    if (tw_time_is_finite(m->claimed) && after(e, m->claimed, m->claimed_seq))
        unclaim(m, e->at);
}

static void member_changed(struct tw_facts *f, uint32_t ms, enum tw_role was, const struct tw_event *e)
{
    struct tw_member_side *m = &f->members[ms];
    enum tw_role now = (enum tw_role)m->role.value;
    if (now == TW_ROLE_MASTER) {
        if (m->reason == TW_WHY_PEER_MEMBER_DOWN)
            claim(f, ms, e, false);
    } else if (was == TW_ROLE_MASTER) {
        if (m->reason != TW_WHY_PEER_MEMBER_UP)
            role_claim_void(f, ms, e->at, e->seq);
        else if (tw_time_is_finite(other(f, ms)->claimed))
            unclaim(other(f, ms), e->at);
    }
}

/* The word of a side changes by what speaks for it, too: then it is dated by that. */
static void word_changed(struct tw_member_side *m, struct tw_word was, struct tw_word now,
                         const struct tw_event *e)
{
    if (now.role != was.role && tw_before(now.since, e->at))
        m->restored = tw_later(m->restored, e->at);
    else if (now.role == was.role && tw_before(now.since, was.since) && !tw_before(e->at, was.since))
        m->restored = tw_later(m->restored, was.since); /* another says the same: it was so before */
    if (now.said == TW_ROLE_MASTER && was.said != TW_ROLE_MASTER) {
        m->was_master = e->at;
        m->was_master_seq = e->seq;
    }
}

static bool same_word(struct tw_word a, struct tw_word b)
{
    return a.role == b.role && a.said == b.said && a.stale == b.stale && a.since.ns == b.since.ns &&
           a.became.ns == b.became.ns && a.why == b.why;
}

enum tw_applied role_apply_member(struct tw_facts *f, uint32_t device, const struct tw_event *e)
{
    int side;
    if (tw_event_number(e, TW_FIELD_MEMBER_TYPE) == TW_MEMBER_GLOBAL_VE)
        return TW_APPLIED_ELSEWHERE;
    uint32_t member =
        tw_topology_member(f->topology, device, (uint32_t)tw_event_number(e, TW_FIELD_MEMBER), &side);
    if (member == TW_NONE)
        return TW_APPLIED_ELSEWHERE;
    /* Old forms name no E-Trunk. One that is not the inventory's is another trunk than we think: better
     * unheard. */
    if (tw_event_has(e, TW_FIELD_E_TRUNK) &&
        tw_event_number(e, TW_FIELD_E_TRUNK) !=
            f->topology->e_trunks[f->topology->members[member].e_trunk].id)
        return TW_APPLIED_ELSEWHERE;
    uint32_t ms = 2 * member + (uint32_t)side;
    struct tw_member_side *m = &f->members[ms];
    enum tw_role was = (enum tw_role)m->role.value;
    enum tw_work_mode mode_was = m->mode;
    bool both_was = tw_facts_active_active(f, member);
    struct tw_word word = tw_facts_word(f, ms);
    enum tw_role_reason why = (enum tw_role_reason)tw_event_number(e, TW_FIELD_ROLE_REASON);
    bool news = why != m->reason, older = fact_late(&m->role, e);
    tw_time since = m->role.since;
    enum fact_change change = fact_set(f, &m->role, (uint8_t)tw_event_number(e, TW_FIELD_ROLE), device, e);
    f->by_role = true;
    if (change == FACT_LATE)
        return TW_APPLIED_LATE;
    if (change == FACT_EARLIER && m->was_master.ns == since.ns)
        m->was_master = e->at;
    if (why != m->reason && change < FACT_EARLIER)
        evidence_set(&m->role.why, evidence_new(f, device, e));
    if (older)
        why = m->reason; /* it tells since when, and nothing of now */
    m->reason = why;
    enum tw_work_mode mode = (enum tw_work_mode)tw_event_number(e, TW_FIELD_WORK_MODE);
    if (mode == TW_MODE_UNKNOWN)
        mode = mode_of(why);
    if (!older && (mode != TW_MODE_UNKNOWN || why != TW_WHY_UNKNOWN))
        m->mode = mode; /* a reason that names no mode takes back an earlier one that did */
    if (tw_facts_active_active(f, member) != both_was)
        f->members[(size_t)2 * member].both_since = e->at;
    reported(m, e);
    word_changed(m, word, tw_facts_word(f, ms), e);
    if (change == FACT_CHANGED)
        member_changed(f, ms, was, e);
    news = news || change > FACT_CONFIRMED || m->mode != mode_was || !same_word(word, tw_facts_word(f, ms));
    if (news)
        dirty_member(f, member);
    else
        dirty_member_only(f, member); /* that it spoke is all that is new */
    return TW_APPLIED;
}

/* What a reason says about hearing the peer; -1: nothing. */
static int peer_heard(enum tw_role_reason why)
{
    switch (why) {
    case TW_WHY_TIMEOUT:
    case TW_WHY_BFD_DOWN:
    case TW_WHY_PEER_TIMEOUT:
    case TW_WHY_PEER_BFD_DOWN:
    case TW_WHY_PEER_NODE_DOWN: return TW_STATE_DOWN;
    case TW_WHY_PRI: return TW_STATE_UP;
    case TW_WHY_INIT: return TW_STATE_UNKNOWN;
    case TW_WHY_UNKNOWN:
    case TW_WHY_ALL_MEMBER_DOWN:
    case TW_WHY_FORCE_BACKUP:
    case TW_WHY_FORCE_MASTER:
    case TW_WHY_ETRUNK_INIT:
    case TW_WHY_ETRUNK_BACKUP:
    case TW_WHY_ETRUNK_MASTER:
    case TW_WHY_PEER_MEMBER_DOWN:
    case TW_WHY_PEER_MEMBER_UP:
    case TW_WHY_ACTIVE_ACTIVE:
    case TW_WHY_DEGRADED_ACTIVE:
    case TW_WHY_PEER_LINK_DOWN:
    case TW_WHY_LINK_DOWN:
    case TW_WHY_ALL_ACTIVE:
    case TW_WHY_PEER_BANDWIDTH_LARGE:
    case TW_WHY_LOCAL_BANDWIDTH_LARGE: break;
    }
    return -1;
}

enum tw_applied role_apply_e_trunk(struct tw_facts *f, uint32_t device, const struct tw_event *e)
{
    uint32_t es = e_trunk_side(f, device, e);
    if (es == TW_NONE)
        return TW_APPLIED_ELSEWHERE;
    struct tw_e_trunk_side *t = &f->e_trunks[es];
    const struct tw_e_trunk *top = &f->topology->e_trunks[es / 2];
    const struct tw_e_trunk_side before = *t; /* without its evidence */
    enum tw_role was = (enum tw_role)t->role.value;
    enum tw_role_reason why = (enum tw_role_reason)tw_event_number(e, TW_FIELD_ROLE_REASON);
    int heard = peer_heard(why);
    bool news = why != t->reason;
    uint64_t spoke = t->role.seq;
    bool older = fact_late(&t->role, e);
    if (heard >= 0 && fact_set(f, &t->peer, (uint8_t)heard, device, e) > FACT_CONFIRMED)
        dirty_e_trunk(f, es);
    enum fact_change change = fact_set(f, &t->role, (uint8_t)tw_event_number(e, TW_FIELD_ROLE), device, e);
    f->by_role = true;
    if (change == FACT_LATE)
        return TW_APPLIED_LATE;
    if (older)
        why = t->reason;
    if (why != t->reason && change < FACT_EARLIER)
        evidence_set(&t->role.why, evidence_new(f, device, e));
    t->reason = why;
    bool takeover = change == FACT_CHANGED && t->role.value == TW_ROLE_MASTER &&
                    (why == TW_WHY_TIMEOUT || why == TW_WHY_BFD_DOWN);
    for (uint32_t m = top->member0; m < top->member0 + top->members_n; m++) {
        uint32_t ms = 2 * m + es % 2;
        /* A repeat is news where the peer had claimed otherwise, or where nothing said before counted. */
        bool here = news || change > FACT_CONFIRMED || tw_time_is_finite(f->members[ms].claimed) ||
                    spoke <= f->members[ms].unknown_seq;
        struct tw_word word = role_word(&f->members[ms], &before);
        reported(&f->members[ms], e);
        word_changed(&f->members[ms], word, tw_facts_word(f, ms), e);
        if (takeover)
            claim(f, ms, e, true);
        else if (change == FACT_CHANGED && was == TW_ROLE_MASTER && other(f, ms)->claimed_by_e_trunk)
            role_claim_void(f, ms, e->at, e->seq);
        if (here)
            dirty_member(f, m);
        else
            dirty_member_only(f, m);
    }
    return TW_APPLIED;
}
