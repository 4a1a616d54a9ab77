/* SPDX-License-Identifier: ISC */
/* Restarts: after a cold start nothing is known of a device; after an agent's restart what is known is stale.
 */
#include "facts_internal.h"

static void forget_sub(struct tw_facts *f, struct tw_sub_side *s, const struct tw_event *e)
{
    (void)fact_forget(&sub_rare_of(f, s)->protocol, e->at, e->seq);
    if (!fact_forget(&s->oper, e->at, e->seq))
        return;
    s->cause = TW_CAUSE_NONE;
    s->down_class = TW_DOWN_UNKNOWN;
    s->has_reason = s->inferred = false;
    s->downs_n = 0;
}

static void forget_member(struct tw_facts *f, uint32_t ms, const struct tw_event *e)
{
    struct tw_member_side *m = &f->members[ms];
    if (fact_forget(&m->role, e->at, e->seq)) {
        role_claim_void(f, ms, e->at, e->seq);
        m->reason = TW_WHY_UNKNOWN;
        bool both = tw_facts_active_active(f, ms / 2);
        m->mode = TW_MODE_UNKNOWN;
        if (tw_facts_active_active(f, ms / 2) != both)
            f->members[ms - ms % 2].both_since = e->at;
        m->restored = TW_TIME_MIN;
    }
    if (!tw_before(e->at, m->claimed))
        m->claimed = TW_TIME_MIN;
    if (fact_forget(&m->main, e->at, e->seq)) {
        m->main_shut = false;
        m->main_class = TW_DOWN_UNKNOWN;
        m->main_down_at = m->main_up_at = m->came_back = TW_TIME_MIN;
        m->settle = TW_TIME_MAX;
    }
    for (uint32_t s = f->first_sub[ms / 2]; s != TW_NONE; s = f->subs[s].next)
        forget_sub(f, &f->subs[s].side[ms % 2], e);
}

static void forget_e_trunk(struct tw_facts *f, uint32_t es, const struct tw_event *e)
{
    const struct tw_e_trunk *t = &f->topology->e_trunks[es / 2];
    (void)fact_forget(&f->e_trunks[es].peer, e->at, e->seq);
    if (fact_forget(&f->e_trunks[es].role, e->at, e->seq))
        f->e_trunks[es].reason = TW_WHY_UNKNOWN;
    for (uint32_t m = t->member0; m < t->member0 + t->members_n; m++)
        forget_member(f, 2 * m + es % 2, e);
}

/* Everything of the device in one pair is judged again. */
static void restart_pair(struct tw_facts *f, const struct tw_pair *p, uint32_t side, const struct tw_event *e,
                         bool cold)
{
    for (uint32_t et = p->e_trunk0; et < p->e_trunk0 + p->e_trunks_n; et++) {
        if (cold)
            forget_e_trunk(f, 2 * et + side, e);
        dirty_e_trunk(f, 2 * et + side);
    }
}

enum tw_applied restart_apply(struct tw_facts *f, uint32_t device, const struct tw_event *e)
{
    const struct tw_topology *t = f->topology;
    bool cold = tw_event_number(e, TW_FIELD_RESTART) == TW_RESTART_COLD;
    bool ours = false;
    struct device_facts *d = &f->devices[device];
    /* The same restart told again, or one of before: an inform is repeated, a datagram may come twice. */
    if (cold && !tw_before(d->cold_at, e->at))
        return TW_APPLIED_LATE;
    for (uint32_t p = 0; p < t->pairs_n; p++) {
        uint32_t side = t->pairs[p].device[1] == device;
        if (t->pairs[p].device[side] != device)
            continue;
        ours = true;
        restart_pair(f, &t->pairs[p], side, e, cold);
    }
    for (uint32_t r = 0; r < f->rbs_n; r++) {
        if (f->rbs[r].device != device)
            continue;
        if (cold)
            (void)fact_forget(&f->rbs[r].channel, e->at, e->seq);
        dirty_rbs(f, r);
    }
    if (cold) {
        d->cold_at = e->at;
        d->learnt_n = 0; /* an ifIndex may mean another interface now */
        tw_map_clear(&d->by_index);
        f->restarted = device;
    } else {
        d->stale_since = tw_later(d->stale_since, e->at);
    }
    return ours ? TW_APPLIED : TW_APPLIED_ELSEWHERE;
}
