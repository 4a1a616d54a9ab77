/* SPDX-License-Identifier: ISC */
/* Which sequences are left out, and why. */
#include "sequence.h"

#define TWIN   (3 * O_SECOND)
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

/* A down that comes without its reason gets it from its twin, soon. */
static bool reason_too_late(const struct o_sequence *s, int i)
{
    const struct o_event *e = &s->message[i].says;
    if (e->kind != O_DOWN || e->sub == O_MAIN || e->down == TW_DOWN_UNKNOWN || e->shut || repeat(s, i))
        return false;
    int64_t first = e->at;
    for (int k = i - 1; k >= 0; k--) {
        const struct o_event *b = &s->message[k].says;
        if (!same_sub(e, b) || repeat(s, k))
            continue;
        if (b->kind != O_DOWN)
            break;
        if (b->down != TW_DOWN_UNKNOWN || b->shut)
            return false;
        first = b->at;
    }
    return e->at - first > TWIN;
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
