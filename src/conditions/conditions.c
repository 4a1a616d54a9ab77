/* SPDX-License-Identifier: ISC */
#include "conditions/conditions.h"

#include "base/err.h"

#define ALWAYS      TW_TIME_MIN
#define FLAP_WINDOW TW_SECONDS(300)

static struct tw_judged is(bool truth, tw_time since)
{
    return (struct tw_judged){truth, since, TW_SEQ_LAST};
}

/* The truth of both, since the later of the two, or the earlier. */
static struct tw_judged since_either(struct tw_judged a, struct tw_judged b, bool later)
{
    bool a_first = a.since.ns != b.since.ns ? tw_before(a.since, b.since) : a.seq < b.seq;
    return a_first == later ? b : a;
}

const struct tw_profile *tw_profile_at(const struct tw_topology *t, uint32_t index, uint32_t *pair)
{
    size_t lo = 0, hi = t->pairs_n;
    if (index >= tw_profiles_n(t))
        return NULL;
    while (hi - lo > 1) { /* the last pair that begins at or before it */
        size_t mid = lo + (hi - lo) / 2;
        if (t->pairs[mid].profile0 <= index)
            lo = mid;
        else
            hi = mid;
    }
    *pair = (uint32_t)lo;
    return &t->pairs[lo].profiles[index - t->pairs[lo].profile0];
}

uint32_t tw_profiles_n(const struct tw_topology *t)
{
    const struct tw_pair *last = t->pairs_n > 0 ? &t->pairs[t->pairs_n - 1] : NULL;
    return last != NULL ? last->profile0 + (uint32_t)last->profiles_n : 0;
}

static struct tw_judged own_downs(const struct tw_facts *f, const struct tw_sub_side *s, uint32_t at_least)
{
    if (at_least == 0)
        return is(true, ALWAYS);
    if (s->downs_n < at_least)
        return is(false, ALWAYS);
    const tw_time *downs = tw_facts_downs(f, s);
    tw_time last = downs[s->downs_n - 1], first = downs[s->downs_n - at_least];
    return is(tw_time_sub(last, first).ns <= FLAP_WINDOW.ns, last);
}

static struct tw_judged sub_attr(const struct tw_facts *f, const struct tw_expr *e, uint32_t sub_side)
{
    const struct tw_sub_facts *sub = tw_facts_sub(f, sub_side / 2);
    const struct tw_sub_side *s = &sub->side[sub_side % 2];
    bool down = s->oper.value == TW_STATE_DOWN;
    tw_time since = down ? s->fault_since : s->oper.since;
    uint64_t seq = down && s->later_fault ? TW_SEQ_LAST : s->oper.since_seq;
#define SINCE(truth) ((struct tw_judged){truth, since, seq})
#define CAUSE(x)     SINCE(down && s->cause == (x))
    switch ((int)e->attr) {
    case TW_ATTR_UP:
        return (struct tw_judged){s->oper.value == TW_STATE_UP, s->oper.since, s->oper.since_seq};
    case TW_ATTR_OWN_FAULT: return CAUSE(TW_CAUSE_OWN);
    case TW_ATTR_INHERITED: return CAUSE(TW_CAUSE_INHERITED);
    case TW_ATTR_SHUT: return CAUSE(TW_CAUSE_ADMIN);
    case TW_ATTR_DELETED: return CAUSE(TW_CAUSE_DELETED);
    case TW_ATTR_FAULTY: return SINCE(down && s->cause != TW_CAUSE_INHERITED);
    case TW_ATTR_PROTECTED:
        return is(sub->listed == NULL || sub->listed->protection == TW_PROTECTION_E_TRUNK, ALWAYS);
    case TW_ATTR_OWN_DOWNS: return own_downs(f, s, e->number);
    default: break;
    }
#undef CAUSE
#undef SINCE
    return is(false, ALWAYS);
}

/* It does not forward, and that is known: by roles, or at least by the inventory. */
static struct tw_judged standby(const struct tw_facts *f, uint32_t ms)
{
    struct tw_forwarding w = tw_facts_forwards(f, ms);
    bool named = tw_facts_topology(f)->members[ms / 2].master == (int)(ms % 2);
    bool known =
        w.basis == TW_BASIS_ROLE || w.basis == TW_BASIS_PEER || (w.basis == TW_BASIS_INVENTORY && !named);
    tw_time since = w.basis == TW_BASIS_ROLE ? tw_later(w.since, tw_facts_word(f, ms).since) : w.since;
    return is(!w.yes && known && !tw_facts_active_active(f, ms / 2),
              tw_later(since, tw_facts_active_active_since(f, ms / 2)));
}

static bool unusable(const struct tw_member_side *m)
{
    return m->main.value == TW_STATE_DOWN && (m->main_shut || m->main_class == TW_DOWN_PHYSICAL);
}

/* At `t` or after it, as far as the stamp tells: it stands for [at, at + resolution). */
static bool spoke_since(const struct tw_word *w, tw_time t)
{
    return !tw_before(w->at, t) || tw_before(t, tw_time_add(w->at, w->resolution));
}

/* Both sides were heard about their role since the later of the two became master. */
static struct tw_judged reported(const struct tw_facts *f, uint32_t ms)
{
    struct tw_word a = tw_facts_word(f, ms), b = tw_facts_word(f, ms ^ 1);
    tw_time takeover = tw_later(a.became, b.became);
    /* It became so when the one that did not take over spoke. */
    return is(spoke_since(&a, takeover) && spoke_since(&b, takeover),
              tw_later(takeover, tw_before(a.became, b.became) ? a.at : b.at));
}

static struct tw_judged member_attr(const struct tw_facts *f, enum tw_attr attr, uint32_t ms)
{
    const struct tw_member_side *m = tw_facts_member(f, ms);
    struct tw_word w;
    switch ((int)attr) {
    case TW_ATTR_FORWARDS: {
        struct tw_forwarding forwards = tw_facts_forwards(f, ms);
        return is(forwards.yes, forwards.since);
    }
    case TW_ATTR_STANDBY: return standby(f, ms);
    case TW_ATTR_MAIN_UP: return is(m->main.value == TW_STATE_UP, m->main.since);
    case TW_ATTR_MAIN_DOWN: return is(m->main.value == TW_STATE_DOWN, m->main.since);
    case TW_ATTR_MAIN_UNUSABLE: return is(unusable(m), m->main.since);
    case TW_ATTR_MASTER:
        w = tw_facts_word(f, ms);
        return is(w.role == TW_ROLE_MASTER && !w.stale, w.stale ? m->claimed : w.since);
    case TW_ATTR_BACKUP: w = tw_facts_word(f, ms); return is(w.role == TW_ROLE_BACKUP, w.since);
    case TW_ATTR_SAID_MASTER: w = tw_facts_word(f, ms); return is(w.said == TW_ROLE_MASTER, w.became);
    case TW_ATTR_FORCED_BACKUP: return is(m->mode == TW_MODE_FORCE_BACKUP, m->role.since);
    case TW_ATTR_ACTIVE_ACTIVE:
        return is(tw_facts_active_active(f, ms / 2), tw_facts_active_active_since(f, ms / 2));
    case TW_ATTR_REPORTED: return reported(f, ms);
    default: break;
    }
    return is(false, ALWAYS);
}

static struct tw_judged peer_lost(const struct tw_facts *f, uint32_t e_trunk_side)
{
    const struct tw_e_trunk_side *e = tw_facts_e_trunk(f, e_trunk_side);
    return is(e->peer.value == TW_STATE_DOWN, e->peer.since);
}

static struct tw_judged attr(const struct tw_facts *f, const struct tw_expr *e, struct tw_item item)
{
    const struct tw_topology *t = tw_facts_topology(f);
    uint32_t peer = e->peer ? 1 : 0, ms, pair;
    switch (item.scope) {
    case TW_SCOPE_SUB: {
        uint32_t ss = item.index ^ peer;
        ms = 2 * tw_facts_sub(f, ss / 2)->member + ss % 2;
        struct tw_forwarding w = {.basis = TW_BASIS_ROLE};
        if (e->attr == TW_ATTR_FORWARDS && !e->peer)
            w = tw_facts_forwards(f, ms);
        if (w.basis == TW_BASIS_NOTHING) {
            /* The last resort: what went down by its own fault was up, and a standby's is not. */
            const struct tw_sub_side *s = &tw_facts_sub(f, ss / 2)->side[ss % 2];
            return is(s->oper.value == TW_STATE_DOWN && s->cause != TW_CAUSE_INHERITED,
                      tw_later(s->fault_since, w.since));
        }
        if (e->attr <= TW_ATTR_OWN_DOWNS)
            return sub_attr(f, e, ss);
        break;
    }
    case TW_SCOPE_MEMBER: ms = 2 * item.index + peer; break;
    case TW_SCOPE_E_TRUNK:
        return e->attr == TW_ATTR_PEER_LOST ? peer_lost(f, item.index ^ peer) : is(false, ALWAYS);
    case TW_SCOPE_RBS: {
        const struct tw_fact *c = &tw_facts_rbs(f, item.index)->channel;
        return is(e->attr == TW_ATTR_CHANNEL_DOWN && c->value == TW_STATE_DOWN, c->since);
    }
    case TW_SCOPE_PROFILE: {
        const struct tw_profile *p = tw_profile_at(t, item.index, &pair);
        return is(e->attr == TW_ATTR_MISFIT && p != NULL && !tw_profile_fits(p), ALWAYS);
    }
    case TW_SCOPES:
    default: TW_ASSERT(false);
    }
    if (e->attr == TW_ATTR_PEER_LOST)
        return peer_lost(f, 2 * t->members[ms / 2].e_trunk + ms % 2);
    return member_attr(f, e->attr, ms);
}

/* Since when a value holds is asked for only where it can matter: an alert's beginning is that of a true one,
 * and a case has none. What can't change the answer any more is not looked at. */
enum { SINCE_TRUE = 1, SINCE_FALSE = 2 };

/* NOLINTNEXTLINE(misc-no-recursion): as deep as an expression (policy/expr.c: MAX_DEPTH) */
static struct tw_judged judge(const struct tw_facts *f, const struct tw_expr *e, struct tw_item item,
                              unsigned want)
{
    if (e->op == TW_OP_ATTR || e->op == TW_OP_AT_LEAST)
        return attr(f, e, item);
    if (e->op == TW_OP_NOT) {
        unsigned turned = (want & SINCE_TRUE ? SINCE_FALSE : 0) | (want & SINCE_FALSE ? SINCE_TRUE : 0);
        struct tw_judged a = judge(f, e->a, item, turned);
        return (struct tw_judged){!a.truth, a.since, a.seq};
    }
    bool both = e->op == TW_OP_AND;
    struct tw_judged a = judge(f, e->a, item, want);
    /* One side decides: the false one of an "and", the true one of an "or". */
    bool decided = a.truth != both;
    if (decided && (want & (a.truth ? SINCE_TRUE : SINCE_FALSE)) == 0)
        return a;
    struct tw_judged b = judge(f, e->b, item, want);
    if (a.truth == b.truth)
        return since_either(a, b, a.truth == both);
    return decided ? a : b;
}

struct tw_judged tw_judge(const struct tw_facts *f, const struct tw_expr *e, struct tw_item item)
{
    return judge(f, e, item, SINCE_TRUE);
}

struct tw_judged tw_judge_either(const struct tw_facts *f, const struct tw_expr *e, struct tw_item item)
{
    return judge(f, e, item, SINCE_TRUE | SINCE_FALSE);
}

bool tw_holds(const struct tw_facts *f, const struct tw_expr *e, struct tw_item item)
{
    return judge(f, e, item, 0).truth;
}

const struct tw_case *tw_judge_case(const struct tw_facts *f, const struct tw_case *cases, size_t n,
                                    struct tw_item item)
{
    for (size_t i = 0; i < n; i++) {
        if (cases[i].expr == NULL || tw_holds(f, cases[i].expr, item))
            return &cases[i];
    }
    return NULL;
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as an expression (policy/expr.c: MAX_DEPTH) */
size_t tw_judge_why_not(const struct tw_facts *f, const struct tw_expr *e, struct tw_item item,
                        struct tw_buf *out)
{
    if (tw_holds(f, e, item))
        return 0;
    if (e->op == TW_OP_AND) {
        size_t n = tw_judge_why_not(f, e->a, item, out);
        return n + tw_judge_why_not(f, e->b, item, out);
    }
    if (out->n > 0)
        tw_buf_z(out, ", ");
    if (e->op == TW_OP_NOT)
        tw_buf_fmt(out, "'%.*s' is true", TW_STR_ARG(e->a->text));
    else
        tw_buf_fmt(out, "'%.*s' is false", TW_STR_ARG(e->text));
    return 1;
}
