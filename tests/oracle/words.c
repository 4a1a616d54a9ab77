/* SPDX-License-Identifier: ISC */
/* The words of rules/conditions in one state of the world, and the conditions themselves, written out again.
 */
#include "oracle.h"

const char *const o_condition_names[] = {"admin-down",      "dual-master",       "flapping",
                                         "no-master",       "no-switchover",     "partial-loss",
                                         "redundancy-lost", "standby-not-ready", "switchover-failed"};

static const struct o_member_side *side_of(const struct o_state *s, int member, int side)
{
    return &s->member[member][side];
}

/* Who speaks for a side: its member, until the E-Trunk's change replaces what it said; else its E-Trunk.
 * `valid`: only what still counts. */
static const struct o_voice *speaker(const struct o_state *s, int member, int side, bool valid)
{
    const struct o_member_side *m = side_of(s, member, side);
    bool own = m->own.role != TW_ROLE_UNKNOWN && !(valid && m->own.gone);
    bool e_trunk = m->e_trunk.role != TW_ROLE_UNKNOWN && !(valid && m->e_trunk.gone);
    return own && !(e_trunk && m->superseded) ? &m->own : e_trunk ? &m->e_trunk : NULL;
}

enum tw_role o_word(const struct o_state *s, int member, int side)
{
    const struct o_voice *v = speaker(s, member, side, true);
    if (v == NULL) /* then what became void is still the last word */
        v = speaker(s, member, side, false);
    return v != NULL ? v->role : TW_ROLE_UNKNOWN;
}

static enum tw_role role(const struct o_state *s, int member, int side)
{
    const struct o_voice *v = speaker(s, member, side, true);
    return v != NULL ? v->role : TW_ROLE_UNKNOWN;
}

static bool heard(const struct o_state *s, int member, int side)
{
    return role(s, member, side) != TW_ROLE_UNKNOWN;
}

static bool master(const struct o_state *s, int member, int side)
{
    return role(s, member, side) == TW_ROLE_MASTER && !side_of(s, member, side)->stale;
}

static bool backup(const struct o_state *s, int member, int side)
{
    return role(s, member, side) == TW_ROLE_BACKUP;
}

static bool said_master(const struct o_state *s, int member, int side)
{
    return o_word(s, member, side) == TW_ROLE_MASTER;
}

static bool main_down(const struct o_state *s, int member, int side)
{
    return side_of(s, member, side)->main == TW_STATE_DOWN;
}

enum mode { SAYS_NOTHING, SAYS_MASTER, SAYS_BACKUP, SAYS_BOTH };
static enum mode mode(const struct o_state *s, int member, int side)
{
    enum tw_role_reason r = side_of(s, member, side)->reason;
    if (r == TW_WHY_ACTIVE_ACTIVE || r == TW_WHY_ALL_ACTIVE)
        return SAYS_BOTH;
    return r == TW_WHY_FORCE_MASTER ? SAYS_MASTER : r == TW_WHY_FORCE_BACKUP ? SAYS_BACKUP : SAYS_NOTHING;
}

static bool active_active(const struct o_world *w, const struct o_state *s, int member)
{
    enum mode a = mode(s, member, 0), b = mode(s, member, 1);
    if (a == SAYS_BOTH || b == SAYS_BOTH || (a == SAYS_MASTER && b == SAYS_MASTER))
        return true;
    if (a == SAYS_BACKUP || b == SAYS_BACKUP)
        return false;
    return w->active_active[member];
}

/* Who forwards, for a whole side: yes, no, or not known (0). */
enum { NOT_KNOWN, YES, NO };
static int side_forwards(const struct o_world *w, const struct o_state *s, int member, int side)
{
    if (side_of(s, member, side)->stale)
        return NO;
    if (heard(s, member, side))
        return master(s, member, side) && !main_down(s, member, side) ? YES : NO;
    if (active_active(w, s, member))
        return main_down(s, member, side) ? NO : YES;
    if (master(s, member, 1 - side) && !main_down(s, member, 1 - side))
        return NO;
    if (w->master[member] == side)
        return main_down(s, member, side) ? NO : YES;
    /* Left open by the documents, as the core reads it: the other side is believed to be the inventory's
     * master as long as nothing is known that speaks against it. */
    bool believed = !heard(s, member, 1 - side) && !side_of(s, member, 1 - side)->stale &&
                    !main_down(s, member, 1 - side);
    return w->master[member] == 1 - side && believed ? NO : NOT_KNOWN;
}

bool o_forwards(const struct o_world *w, const struct o_state *s, int member, int side)
{
    return side_forwards(w, s, member, side) == YES;
}

static bool own_fault(const struct o_state *s, int member, int side, int sub)
{
    const struct o_sub *i = &side_of(s, member, side)->sub[sub];
    return i->oper == TW_STATE_DOWN && i->cause == O_OWN;
}

static bool operator_s_act(const struct o_state *s, int member, int side, int sub)
{
    const struct o_sub *i = &side_of(s, member, side)->sub[sub];
    return i->oper == TW_STATE_DOWN && (i->cause == O_SHUT || i->cause == O_GONE);
}

static bool deleted(const struct o_state *s, int member, int side, int sub)
{
    return side_of(s, member, side)->sub[sub].cause == O_GONE;
}

static bool faulty(const struct o_state *s, int member, int side, int sub)
{
    return own_fault(s, member, side, sub) || operator_s_act(s, member, side, sub);
}

/* As above; last, an own fault itself tells who forwards. Left open: as the core, an operator's act tells it
 * too. */
static bool forwards(const struct o_world *w, const struct o_state *s, struct o_item i)
{
    int known = side_forwards(w, s, i.member, i.side);
    return known == YES || (known == NOT_KNOWN && faulty(s, i.member, i.side, i.sub));
}

/* The inventory's master with its main down does not forward, but is no standby. */
static bool standby(const struct o_world *w, const struct o_state *s, struct o_item i)
{
    bool told = heard(s, i.member, i.side) || side_of(s, i.member, i.side)->stale ||
                o_forwards(w, s, i.member, 1 - i.side);
    return side_forwards(w, s, i.member, i.side) == NO && (told || w->master[i.member] != i.side);
}

static bool peer_serves(const struct o_world *w, const struct o_state *s, struct o_item i)
{
    return o_forwards(w, s, i.member, 1 - i.side) && !faulty(s, i.member, 1 - i.side, i.sub);
}

static bool nobody_took_over(const struct o_state *s, int member)
{
    bool failed = false;
    for (int side = 0; side < 2; side++) {
        failed = failed || (said_master(s, member, side) && main_down(s, member, side));
        if (master(s, member, side) && !main_down(s, member, side))
            return false;
    }
    return failed;
}

/* When a side last said the role that it has. Left open: as the core, another role is no report about it (a
 * backup E-Trunk of a member that is forced to be master). */
static int64_t spoke(const struct o_state *s, int member, int side)
{
    const struct o_member_side *m = side_of(s, member, side);
    const struct o_voice *v = speaker(s, member, side, true);
    if (v == NULL)
        return O_NEVER;
    bool both = m->own.role == m->e_trunk.role && !m->own.gone && !m->e_trunk.gone;
    const struct o_voice *other = v == &m->own ? &m->e_trunk : &m->own;
    return both && other->spoke > v->spoke ? other->spoke : v->spoke;
}

/* Both said a role since the later one became master. */
static bool reported(const struct o_state *s, int member)
{
    int64_t a = side_of(s, member, 0)->became_master, b = side_of(s, member, 1)->became_master;
    int64_t takeover = a > b ? a : b;
    return spoke(s, member, 0) >= takeover && spoke(s, member, 1) >= takeover;
}

int o_last_master(const struct o_world *w, const struct o_state *s, int member)
{
    bool a = said_master(s, member, 0), b = said_master(s, member, 1);
    if (a != b)
        return b;
    return s->latest[member] != 0 ? s->latest[member] - 1 : w->master[member] == 1;
}

bool o_when(const struct o_world *w, const struct o_state *s, struct o_item i)
{
    const int m = i.member;
    switch (i.condition) {
    case O_NO_SWITCHOVER:
        return own_fault(s, m, i.side, i.sub) && !main_down(s, m, i.side) && !active_active(w, s, m) &&
               forwards(w, s, i) && !peer_serves(w, s, i);
    case O_PARTIAL_LOSS:
        return own_fault(s, m, i.side, i.sub) && !main_down(s, m, i.side) && active_active(w, s, m) &&
               forwards(w, s, i);
    case O_ADMIN_DOWN:
        return operator_s_act(s, m, i.side, i.sub) && !main_down(s, m, i.side) && forwards(w, s, i) &&
               (active_active(w, s, m) || !peer_serves(w, s, i));
    case O_STANDBY_NOT_READY:
        return (operator_s_act(s, m, i.side, i.sub) ||
                (own_fault(s, m, i.side, i.sub) && side_of(s, m, i.side)->main == TW_STATE_UP)) &&
               !active_active(w, s, m) && standby(w, s, i);
    case O_NO_MASTER: return backup(s, m, 0) && backup(s, m, 1);
    case O_DUAL_MASTER:
        return master(s, m, 0) && master(s, m, 1) && !main_down(s, m, 0) && !main_down(s, m, 1) &&
               !active_active(w, s, m) && reported(s, m);
    case O_SWITCHOVER_FAILED: return nobody_took_over(s, m);
    case O_REDUNDANCY_LOST: return s->e_trunk[o_e_trunk(w, m)][i.side].peer_lost;
    case O_FLAPPING:
    case O_CONDITIONS: break;
    }
    return false;
}

const char *o_ends(const struct o_world *w, const struct o_state *s, struct o_item i)
{
    bool sub = i.sub >= 0;
    bool up = sub && side_of(s, i.member, i.side)->sub[i.sub].oper == TW_STATE_UP;
    switch (i.condition) {
    case O_NO_SWITCHOVER:
        return up                                    ? "recovered"
               : peer_serves(w, s, i)                ? "switched-over"
               : deleted(s, i.member, i.side, i.sub) ? "removed"
                                                     : NULL;
    case O_PARTIAL_LOSS: return up ? "recovered" : deleted(s, i.member, i.side, i.sub) ? "removed" : NULL;
    case O_ADMIN_DOWN:
        return up                                                       ? "recovered"
               : !active_active(w, s, i.member) && peer_serves(w, s, i) ? "switched-over"
                                                                        : NULL;
    case O_STANDBY_NOT_READY:
        return up ? "recovered" : forwards(w, s, i) ? "switched-over" : !o_when(w, s, i) ? "settled" : NULL;
    case O_SWITCHOVER_FAILED:
        for (int side = 0; side < 2; side++) {
            if (o_forwards(w, s, i.member, side) && main_down(s, i.member, 1 - side))
                return "switched-over";
        }
        return o_when(w, s, i) ? NULL : "recovered";
    case O_NO_MASTER:
    case O_DUAL_MASTER:
    case O_REDUNDANCY_LOST: return o_when(w, s, i) ? NULL : "recovered";
    case O_FLAPPING:
    case O_CONDITIONS: break;
    }
    return NULL;
}
