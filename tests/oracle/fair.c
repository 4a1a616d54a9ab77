/* SPDX-License-Identifier: ISC */
/* Which sequences are left out, and why. */
#include "sequence.h"

#define SETTLE (20 * O_SECOND)

static bool link_message(const struct o_event *e)
{
    return e->kind == O_DOWN || e->kind == O_UP || e->kind == O_DELETED;
}

static bool same_sub(const struct o_event *a, const struct o_event *b)
{
    return link_message(b) && a->side == b->side && a->member == b->member && a->sub == b->sub &&
           b->sub != O_MAIN;
}

/* Said before, word for word: it says nothing. */
static bool repeat(const struct o_sequence *s, int i)
{
    int k = 0;
    while (k < i && !o_same_message(&s->message[k].says, &s->message[i].says))
        k++;
    return k < i;
}

/* A message about a role of this member: an E-Trunk's is about all its members. */
static bool role_of(const struct o_world *w, const struct o_event *e, int member)
{
    return (e->kind == O_MEMBER && e->member == member) ||
           (e->kind == O_E_TRUNK && o_e_trunk(w, e->member) == o_e_trunk(w, member));
}

/* Its side's first word about its role in this member. */
static bool first_word(const struct o_sequence *s, int i, int member)
{
    const struct o_event *e = &s->message[i].says;
    for (int k = 0; k < i; k++) {
        if (role_of(&s->world, &s->message[k].says, member) && s->message[k].says.side == e->side)
            return false;
    }
    return true;
}

/* Which sides forward after the first n messages. */
static unsigned forwarding(const struct o_sequence *s, int n, int member)
{
    static struct o_history h;
    struct o_event events[O_EVENTS];
    for (int i = 0; i < n; i++)
        events[i] = s->message[i].says;
    o_fold(&s->world, events, n, &h);
    const struct o_state *last = &h.state[h.n - 1];
    return (o_forwards(&s->world, last, member, 0) ? 1u : 0) |
           (o_forwards(&s->world, last, member, 1) ? 2u : 0);
}

/* Another word for what was so, or believed to be so: the core dates it by the last word. */
static bool says_it_again(const struct o_sequence *s, int i, int member)
{
    return role_of(&s->world, &s->message[i].says, member) &&
           (first_word(s, i, member) || forwarding(s, i, member) == forwarding(s, i + 1, member));
}

/* A down that comes without its reason gets it from its twin, soon; and no role is told in between that
 * leaves the traffic where it was, for then the core does not know any more since when it was there. */
static bool reason_too_late(const struct o_sequence *s, int i)
{
    const struct o_event *e = &s->message[i].says;
    if (e->kind != O_DOWN || e->sub == O_MAIN || e->down == TW_DOWN_UNKNOWN || e->shut || repeat(s, i))
        return false;
    int64_t first = e->at;
    int from = i;
    for (int k = i - 1; k >= 0; k--) {
        const struct o_event *b = &s->message[k].says;
        if (!same_sub(e, b) || repeat(s, k))
            continue;
        if (b->kind != O_DOWN)
            break;
        if (b->down != TW_DOWN_UNKNOWN || b->shut)
            return false;
        first = b->at;
        from = k;
    }
    bool again = false;
    for (int k = from; k < i && e->at - first < SETTLE; k++)
        again = again || says_it_again(s, k, e->member);
    return e->at - first >= SETTLE || again;
}

static bool own_fault(const struct o_event *e)
{
    return e->kind == O_DOWN && e->sub != O_MAIN && e->down != TW_DOWN_UNKNOWN &&
           e->down != TW_DOWN_INHERITED;
}

/* Can b bear on how e is to be read, or on what follows from it? */
static bool related(const struct o_event *e, const struct o_event *b)
{
    if (b->kind == O_NOISE || e->kind == O_NOISE)
        return false;
    if (b->kind == O_RESTART || e->kind == O_RESTART || b->kind == O_E_TRUNK || e->kind == O_E_TRUNK ||
        b->kind == O_PEER || e->kind == O_PEER)
        return true;
    if (b->member != e->member)
        return false;
    /* Own faults say nothing of the main interface, and nothing of other sub-interfaces. */
    return !(own_fault(e) && own_fault(b) && e->sub != b->sub);
}

/* An inherited fault may have become an own one between e and its arrival. */
static bool may_have_settled(const struct o_event *e, const struct o_event *b)
{
    return link_message(b) && b->member == e->member && b->at + SETTLE > e->at && b->at + SETTLE <= e->rx;
}

/* Left out: the twin of a message when something else happened in the same moment; then order of arrival
 * decides, and it decides wrongly. And what comes late and changes what is known of a time after which more
 * has happened. The core keeps the last word of each fact, not the whole story: it does not see that an alert
 * of in between was false or missing. Nor is a fault dated again by what a side's first word replaced. */
static bool late_in_the_story(const struct o_sequence *s, int i)
{
    const struct o_event *e = &s->message[i].says;
    bool late = false, over = false, twin = false, tie = false;
    unsigned told = 0;
    for (int k = 0; k < i; k++) {
        const struct o_event *b = &s->message[k].says;
        tie = tie || (twin && b->at == e->at && !o_same_message(e, b) && related(e, b));
        twin = twin || o_same_message(e, b);
        late = late || b->at > e->at;
        over = over || (b->at > e->at && related(e, b)) || (e->at < e->rx && may_have_settled(e, b));
        if (b->kind == O_MEMBER && b->at <= e->at)
            told |= 1u << (2 * b->member + b->side);
    }
    late = late || e->at < e->rx;
    over = over || (e->kind == O_UP && e->rx - e->at >= SETTLE); /* it settles what is past */
    return tie || (late && !twin && (over || told != (1u << 2 * s->world.members) - 1));
}

bool o_fair(const struct o_sequence *s)
{
    for (int i = 0; i < s->n; i++) {
        if (reason_too_late(s, i) || late_in_the_story(s, i))
            return false;
    }
    return true;
}
