/* SPDX-License-Identifier: ISC */
/* Which sequences are left out, and why. */
#include "sequence.h"

#define TWIN (3 * O_SECOND)

static bool same_sub(const struct o_event *a, const struct o_event *b)
{
    bool link = b->kind == O_DOWN || b->kind == O_UP || b->kind == O_DELETED;
    return link && a->side == b->side && a->member == b->member && a->sub == b->sub && b->sub != O_MAIN;
}

/* A down that comes without its reason gets it from its twin, soon. Much later it would explain what is long
 * judged. */
static bool reason_too_late(const struct o_sequence *s, int i)
{
    const struct o_event *e = &s->message[i].says;
    if (e->kind != O_DOWN || e->sub == O_MAIN || e->down == TW_DOWN_UNKNOWN || e->shut)
        return false;
    int64_t first = e->at;
    for (int k = i - 1; k >= 0; k--) {
        const struct o_event *b = &s->message[k].says;
        if (!same_sub(e, b))
            continue;
        if (b->kind != O_DOWN)
            break;
        if (b->down != TW_DOWN_UNKNOWN || b->shut)
            return false;
        first = b->at;
    }
    return e->at - first > TWIN;
}

bool o_fair(const struct o_sequence *s)
{
    for (int i = 0; i < s->n; i++) {
        if (reason_too_late(s, i))
            return false;
    }
    return true;
}
