/* SPDX-License-Identifier: ISC */
/*
 * Alerts that have ended. What ended one can turn out not to have been: it comes again, the same one, with
 * its old `since` and so its old id. Who has heard of its first transition must not take that for a
 * repetition, so it goes on counting.
 */
#include "alert_internal.h"

#define REMEMBERED TW_SECONDS(600)

static uint64_t id_of(const struct alert *al)
{
    return tw_hash(al->id, TW_ALERT_ID, 0);
}

void gone_add(struct tw_alerts *a, const struct alert *al, tw_time now)
{
    size_t old = a->gone_n >= GONE_MAX;
    while (old < a->gone_n && tw_time_sub(now, a->gone[old].at).ns > REMEMBERED.ns)
        old++;
    if (old > 0)
        memmove(a->gone, a->gone + old, (a->gone_n - old) * sizeof *a->gone);
    a->gone_n -= old;
    *TW_PUSH(a->gone, a->gone_n, a->gone_cap) = (struct gone){id_of(al), al->number, now};
}

uint32_t gone_number(const struct tw_alerts *a, const struct alert *al)
{
    uint64_t id = id_of(al);
    for (size_t i = a->gone_n; i > 0; i--) {
        if (a->gone[i - 1].id == id)
            return a->gone[i - 1].number;
    }
    return 0;
}

void gone_snap(struct tw_alerts *a, struct tw_snap *s)
{
    uint64_t n = a->gone_n;
    tw_snap_u64(s, &n);
    s->bad = s->bad || n > GONE_MAX;
    for (uint64_t i = 0; i < n && !s->bad; i++) {
        if (!tw_snap_writing(s))
            (void)TW_PUSH(a->gone, a->gone_n, a->gone_cap);
        tw_snap_u64(s, &a->gone[i].id);
        tw_snap_u32(s, &a->gone[i].number);
        tw_snap_time(s, &a->gone[i].at);
    }
}
