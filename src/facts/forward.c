/* SPDX-License-Identifier: ISC */
/* Who forwards: reading the evidence of design 3. */
#include "facts_internal.h"

static bool by_e_trunk(enum tw_role_reason r)
{
    return r == TW_WHY_ETRUNK_INIT || r == TW_WHY_ETRUNK_BACKUP || r == TW_WHY_ETRUNK_MASTER;
}

/* Heard, and not before all that was said became void. Record numbers begin at 1. */
static bool valid(const struct tw_fact *fact, const struct tw_member_side *m)
{
    return fact->value != TW_ROLE_UNKNOWN && fact->seq > m->unknown_seq &&
           !tw_before(fact->at, m->unknown_from);
}

/* Which of the two spoke for the side: a member that follows its E-Trunk speaks until the E-Trunk changes
 * again. */
static const struct tw_fact *speaks(const struct tw_member_side *m, const struct tw_e_trunk_side *e,
                                    bool member, bool e_trunk)
{
    if (member && e_trunk && by_e_trunk(m->reason)) {
        bool later = tw_before(m->role.at, e->role.since) ||
                     (m->role.at.ns == e->role.since.ns && e->role.since_seq > m->role.seq);
        return later ? &e->role : &m->role;
    }
    return member ? &m->role : e_trunk ? &e->role : NULL;
}

struct tw_word tw_facts_word(const struct tw_facts *f, uint32_t ms)
{
    return role_word(&f->members[ms], &f->e_trunks[2 * f->topology->members[ms / 2].e_trunk + ms % 2]);
}

struct tw_word role_word(const struct tw_member_side *m, const struct tw_e_trunk_side *e)
{
    bool member = valid(&m->role, m), e_trunk = valid(&e->role, m);
    const struct tw_fact *role = speaks(m, e, member, e_trunk);
    /* What has become void is the last word only where nothing was said since. */
    const struct tw_fact *said =
        role != NULL ? role
                     : speaks(m, e, m->role.value != TW_ROLE_UNKNOWN, e->role.value != TW_ROLE_UNKNOWN);
    struct tw_word w = {.since = TW_TIME_MIN,
                        .became = TW_TIME_MIN,
                        .at = TW_TIME_MIN,
                        .stale = tw_time_is_finite(m->claimed)};
    if (said != NULL) {
        w.said = (enum tw_role)said->value;
        w.became = said->value == TW_ROLE_MASTER ? m->was_master : said->since;
    }
    if (role == NULL)
        return w;
    w.role = (enum tw_role)role->value;
    w.since = tw_later(role->since, m->restored);
    w.at = role->at;
    w.resolution = role->resolution;
    w.why = role->why;
    /* A report by either of the two is a report. */
    if (member && e_trunk && m->role.value == e->role.value)
        w.at = tw_later(m->role.at, e->role.at);
    return w;
}

bool tw_facts_active_active(const struct tw_facts *f, uint32_t member)
{
    const struct tw_member_side *sides = &f->members[2 * (size_t)member];
    enum tw_work_mode a = sides[0].mode, b = sides[1].mode;
    if (a == TW_MODE_ACTIVE_ACTIVE || b == TW_MODE_ACTIVE_ACTIVE)
        return true;
    if (a == TW_MODE_FORCE_MASTER && b == TW_MODE_FORCE_MASTER)
        return true;
    if (a == TW_MODE_AUTO || b == TW_MODE_AUTO || a == TW_MODE_FORCE_BACKUP || b == TW_MODE_FORCE_BACKUP)
        return false;
    return f->topology->members[member].active_active;
}

tw_time tw_facts_active_active_since(const struct tw_facts *f, uint32_t member)
{
    return f->members[(size_t)2 * member].both_since;
}

/* When the main interface became what it is; one that was never heard to be otherwise was always so. */
static tw_time main_since(const struct tw_member_side *m)
{
    return tw_time_is_finite(m->main_down_at) ? m->main.since : TW_TIME_MIN;
}

/* By its own word only; *since holds for either answer. */
static bool is_master(const struct tw_facts *f, uint32_t ms, tw_time *since)
{
    struct tw_word w = tw_facts_word(f, ms);
    const struct tw_member_side *m = &f->members[ms];
    bool down = m->main.value == TW_STATE_DOWN, master = w.role == TW_ROLE_MASTER && !w.stale;
    *since = w.stale ? m->claimed : w.since;
    if (master)
        *since = down ? m->main.since : tw_later(w.since, main_since(m));
    return master && !down;
}

/* Since when the peer's word leaves it open who forwards. */
static tw_time peer_open_since(const struct tw_facts *f, uint32_t ms)
{
    const struct tw_member_side *peer = &f->members[ms ^ 1];
    bool named = f->topology->members[ms / 2].master == (int)((ms ^ 1) % 2);
    tw_time since = TW_TIME_MIN;
    if (!named && !tw_time_is_finite(peer->was_master))
        return since; /* nothing ever spoke for it */
    (void)is_master(f, ms ^ 1, &since);
    since = tw_later(since, tw_later(peer->unknown_from, peer->restored));
    return tw_time_is_finite(since) || peer->main.value != TW_STATE_DOWN ? since : peer->main.since;
}

/* This side's own word does not tell, since `own`. */
static struct tw_forwarding without_word(const struct tw_facts *f, uint32_t ms, tw_time own)
{
    const struct tw_member *member = &f->topology->members[ms / 2];
    const struct tw_member_side *m = &f->members[ms], *peer = &f->members[ms ^ 1];
    bool main_down = m->main.value == TW_STATE_DOWN;
    struct tw_word pw = tw_facts_word(f, ms ^ 1);
    tw_time since;
    if (tw_facts_active_active(f, ms / 2))
        return (struct tw_forwarding){!main_down, TW_BASIS_INVENTORY, tw_later(own, main_since(m))};
    if (is_master(f, ms ^ 1, &since))
        return (struct tw_forwarding){false, TW_BASIS_PEER, tw_later(own, since)};
    own = tw_later(own, peer_open_since(f, ms));
    if (member->master == (int)(ms % 2))
        return (struct tw_forwarding){!main_down, TW_BASIS_INVENTORY,
                                      main_down ? m->main.since : tw_later(own, main_since(m))};
    /* The inventory's master is believed as long as nothing else is known of it. */
    if (member->master >= 0 && pw.role == TW_ROLE_UNKNOWN && !pw.stale && peer->main.value != TW_STATE_DOWN)
        return (struct tw_forwarding){false, TW_BASIS_INVENTORY, tw_later(own, main_since(peer))};
    return (struct tw_forwarding){false, TW_BASIS_NOTHING, own};
}

struct tw_forwarding tw_facts_forwards(const struct tw_facts *f, uint32_t ms)
{
    struct tw_word w = tw_facts_word(f, ms);
    tw_time since;
    bool master = is_master(f, ms, &since);
    if (w.stale || w.role != TW_ROLE_UNKNOWN)
        return (struct tw_forwarding){master, TW_BASIS_ROLE, since};
    /* Since when it does not: since a claim of the peer's ended, or the mode changed. */
    tw_time own = tw_later(f->members[ms].unknown_from, f->members[ms].restored);
    return without_word(f, ms, tw_later(own, tw_facts_active_active_since(f, ms / 2)));
}
