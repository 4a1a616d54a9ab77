/* SPDX-License-Identifier: ISC */
/* One heap for all timers of the core, by (deadline, sequence). A moved timer leaves its old entry, which is
 * invalid. */
#include "alert_internal.h"

static bool earlier(const struct timer *x, const struct timer *y)
{
    return x->at.ns != y->at.ns ? x->at.ns < y->at.ns : x->seq < y->seq;
}

static void sift_in(struct tw_alerts *a, struct timer t)
{
    size_t i = a->heap_n;
    (void)TW_PUSH(a->heap, a->heap_n, a->heap_cap);
    while (i > 0 && earlier(&t, &a->heap[(i - 1) / 2])) {
        a->heap[i] = a->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    a->heap[i] = t;
}

/* Moved timers leave their old entries behind; before these outnumber what can be live, they are thrown out.
 */
static void sweep(struct tw_alerts *a)
{
    size_t live = a->tracks_n + a->alerts_n + 2 * tw_facts_topology(a->facts)->members_n, n = a->heap_n;
    if (n <= 2 * live + 64)
        return;
    a->heap_n = 0;
    for (size_t i = 0; i < n; i++) {
        struct timer t = a->heap[i];
        if (timer_valid(a, &t))
            sift_in(a, t);
    }
}

void timer_push(struct tw_alerts *a, tw_time at, uint64_t seq, enum timer_kind kind, uint32_t index)
{
    sweep(a);
    sift_in(a, (struct timer){at, seq, kind, index});
}

struct timer timer_pop(struct tw_alerts *a)
{
    struct timer first = a->heap[0], last = a->heap[--a->heap_n];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < a->heap_n; i = child) {
        if (child + 1 < a->heap_n && earlier(&a->heap[child + 1], &a->heap[child]))
            child++;
        if (!earlier(&a->heap[child], &last))
            break;
        a->heap[i] = a->heap[child];
    }
    if (a->heap_n > 0)
        a->heap[i] = last;
    return first;
}

bool timer_valid(const struct tw_alerts *a, const struct timer *t)
{
    switch (t->kind) {
    case TIMER_TRACK: {
        const struct track *k = &a->tracks[t->index];
        return k->used && k->timer_seq == t->seq && k->deadline.ns == t->at.ns;
    }
    case TIMER_SETTLE: return a->settle_seq[t->index] == t->seq && a->settle[t->index].ns == t->at.ns;
    case TIMER_UPDATE: {
        const struct alert *al = &a->alerts[t->index];
        return al->used && al->update_seq == t->seq && al->update_due.ns == t->at.ns;
    }
    case TIMER_PEOPLE: return a->people.due_seq == t->seq && a->people.due.ns == t->at.ns;
    }
    return false;
}

void timer_trim(struct tw_alerts *a)
{
    while (a->heap_n > 0 && !timer_valid(a, &a->heap[0]))
        (void)timer_pop(a);
}
