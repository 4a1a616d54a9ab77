/* SPDX-License-Identifier: ISC */
/* What an item is: where it stands, how sure we are of it, and on what evidence. */
#include "conditions/conditions.h"

#include "base/err.h"

static uint32_t member_side_of(const struct tw_facts *f, struct tw_item item)
{
    if (item.scope == TW_SCOPE_SUB)
        return 2 * tw_facts_sub(f, item.index / 2)->member + item.index % 2;
    return 2 * item.index + (uint32_t)tw_item_place(f, item).side;
}

static bool fresh(const struct tw_facts *f, uint32_t device, tw_time at)
{
    return !tw_before(at, tw_facts_stale_since(f, device));
}

static uint32_t device_of(const struct tw_facts *f, uint32_t ms)
{
    const struct tw_topology *t = tw_facts_topology(f);
    return t->pairs[t->e_trunks[t->members[ms / 2].e_trunk].pair].device[ms % 2];
}

static enum tw_confidence sub_confidence(const struct tw_facts *f, struct tw_item item)
{
    const struct tw_sub_side *s = &tw_facts_sub(f, item.index / 2)->side[item.index % 2];
    uint32_t ms = member_side_of(f, item), device = device_of(f, ms);
    bool said = tw_facts_forwards(f, ms).basis == TW_BASIS_ROLE;
    bool ok =
        said && !s->inferred && fresh(f, device, s->oper.at) && fresh(f, device, tw_facts_word(f, ms).at);
    return ok ? TW_CONFIDENCE_CONFIRMED : TW_CONFIDENCE_INFERRED;
}

enum tw_confidence tw_item_confidence(const struct tw_facts *f, struct tw_item item)
{
    /* What the inventory alone says, the routers have not confirmed. */
    bool ok = item.scope != TW_SCOPE_PROFILE;
    if (item.scope == TW_SCOPE_SUB)
        return sub_confidence(f, item);
    if (item.scope == TW_SCOPE_MEMBER) {
        for (uint32_t side = 0; side < 2; side++) {
            struct tw_word w = tw_facts_word(f, 2 * item.index + side);
            ok = ok && (w.role == TW_ROLE_UNKNOWN || fresh(f, device_of(f, 2 * item.index + side), w.at));
        }
    } else if (item.scope == TW_SCOPE_E_TRUNK) {
        const struct tw_topology *t = tw_facts_topology(f);
        uint32_t device = t->pairs[t->e_trunks[item.index / 2].pair].device[item.index % 2];
        ok = fresh(f, device, tw_facts_e_trunk(f, item.index)->peer.at);
    } else if (item.scope == TW_SCOPE_RBS) {
        const struct tw_rbs_facts *r = tw_facts_rbs(f, item.index);
        ok = fresh(f, r->device, r->channel.at);
    }
    return ok ? TW_CONFIDENCE_CONFIRMED : TW_CONFIDENCE_INFERRED;
}

/* The side that forwarded last: the one whose last word is master, or of two such the one that became it
 * last; without one, the inventory's master, else the first. */
static int last_master(const struct tw_facts *f, uint32_t member)
{
    bool first = tw_facts_word(f, 2 * member).said == TW_ROLE_MASTER;
    bool second = tw_facts_word(f, 2 * member + 1).said == TW_ROLE_MASTER;
    if (first != second)
        return second;
    const struct tw_member_side *a = tw_facts_member(f, 2 * member), *b = tw_facts_member(f, 2 * member + 1);
    if (a->was_master.ns != b->was_master.ns)
        return tw_before(a->was_master, b->was_master) ? 1 : 0;
    if (tw_time_is_finite(a->was_master))
        return b->was_master_seq > a->was_master_seq;
    int named = tw_facts_topology(f)->members[member].master;
    return named >= 0 ? named : 0;
}

/* The pair whose profiles name this RBS, else the device's first. */
static uint32_t rbs_pair(const struct tw_topology *t, const struct tw_rbs_facts *r, int *side)
{
    for (uint32_t p = 0; p < t->pairs_n; p++) {
        int at = t->pairs[p].device[0] == r->device ? 0 : t->pairs[p].device[1] == r->device ? 1 : -1;
        for (size_t i = 0; at >= 0 && i < t->pairs[p].profiles_n; i++) {
            const char *rbs = t->pairs[p].profiles[i].rbs;
            if (rbs != NULL && strcmp(rbs, r->name) == 0) {
                *side = at;
                return p;
            }
        }
    }
    return tw_topology_pair_of(t, r->device, side);
}

struct tw_item_place tw_item_place(const struct tw_facts *f, struct tw_item item)
{
    const struct tw_topology *t = tw_facts_topology(f);
    struct tw_item_place p = {TW_NONE, TW_NONE, TW_NONE, -1};
    switch (item.scope) {
    case TW_SCOPE_SUB:
        p.member = tw_facts_sub(f, item.index / 2)->member;
        p.side = (int)(item.index % 2);
        break;
    case TW_SCOPE_MEMBER:
        p.member = item.index;
        p.side = last_master(f, item.index);
        break;
    case TW_SCOPE_E_TRUNK:
        p.e_trunk = item.index / 2;
        p.side = (int)(item.index % 2);
        break;
    case TW_SCOPE_RBS: p.pair = rbs_pair(t, tw_facts_rbs(f, item.index), &p.side); break;
    case TW_SCOPE_PROFILE: (void)tw_profile_at(t, item.index, &p.pair); break;
    case TW_SCOPES: TW_ASSERT(false);
    }
    if (p.member != TW_NONE)
        p.e_trunk = t->members[p.member].e_trunk;
    if (p.e_trunk != TW_NONE)
        p.pair = t->e_trunks[p.e_trunk].pair;
    return p;
}

tw_dur tw_item_raise_delay(const struct tw_facts *f, struct tw_item item)
{
    if (item.scope != TW_SCOPE_SUB)
        return (tw_dur){0};
    return tw_facts_sub(f, item.index / 2)->side[item.index % 2].raise_delay;
}

tw_dur tw_item_clear_delay(const struct tw_facts *f, struct tw_item item)
{
    if (item.scope != TW_SCOPE_SUB)
        return (tw_dur){0};
    const struct tw_sub_side *s = &tw_facts_sub(f, item.index / 2)->side[item.index % 2];
    return s->oper.value == TW_STATE_UP ? s->clear_delay : (tw_dur){0};
}

uint32_t tw_item_services(const struct tw_facts *f, struct tw_item item)
{
    const struct tw_topology *t = tw_facts_topology(f);
    uint32_t pair, bits = 0;
    if (item.scope == TW_SCOPE_SUB) {
        const struct tw_sub *listed = tw_facts_sub(f, item.index / 2)->listed;
        return listed != NULL ? listed->services : 0;
    }
    if (item.scope == TW_SCOPE_PROFILE) {
        const struct tw_profile *p = tw_profile_at(t, item.index, &pair);
        return p != NULL ? p->services : 0;
    }
    if (item.scope == TW_SCOPE_MEMBER) {
        const struct tw_member *m = &t->members[item.index];
        for (size_t i = 0; i < m->subs_n; i++)
            bits |= m->subs[i].services;
    }
    return bits;
}

size_t tw_item_evidence(const struct tw_facts *f, struct tw_item item, const struct tw_evidence *out[],
                        size_t max)
{
    const struct tw_evidence *all[6] = {NULL};
    size_t n = 0;
    if (item.scope == TW_SCOPE_E_TRUNK) {
        all[0] = tw_facts_e_trunk(f, item.index)->peer.why;
    } else if (item.scope == TW_SCOPE_RBS) {
        all[0] = tw_facts_rbs(f, item.index)->channel.why;
    } else if (item.scope == TW_SCOPE_SUB || item.scope == TW_SCOPE_MEMBER) {
        uint32_t ms = member_side_of(f, item);
        if (item.scope == TW_SCOPE_SUB) {
            all[0] = tw_facts_sub(f, item.index / 2)->side[item.index % 2].oper.why;
            all[5] = tw_facts_sub(f, item.index / 2)->side[(item.index ^ 1) % 2].oper.why;
        }
        all[1] = tw_facts_member(f, ms)->main.why;
        all[2] = tw_facts_word(f, ms).why;
        all[3] = tw_facts_word(f, ms ^ 1).why;
        all[4] = tw_facts_member(f, ms ^ 1)->main.why;
    }
    for (size_t i = 0; i < sizeof all / sizeof *all && n < max; i++) {
        if (all[i] != NULL)
            out[n++] = all[i];
    }
    return n;
}
