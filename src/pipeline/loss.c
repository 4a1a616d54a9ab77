/* SPDX-License-Identifier: ISC */
/* Notes of messages that were lost: whose feed has a hole, and since when. */
#include "pipeline_internal.h"

static bool concerns(const struct tw_pipeline *p, uint32_t device, const struct tw_record *r,
                     const struct tw_loss *l)
{
    if (l->cause == TW_LOSS_RESTART) /* no socket was read */
        return true;
    /* One that was never heard may be heard there: its first word may be what was lost. */
    uint64_t on = p->devices[device].heard_on;
    return on == 0 || (on >> r->ref.input % 64 & 1) != 0;
}

static void mark(struct tw_pipeline *p, uint32_t device, const struct tw_loss *l, tw_time at)
{
    struct tw_feed *f = &p->devices[device].stats.feed;
    if (!tw_time_is_finite(f->last) || tw_time_sub(at, f->last).ns > TW_LOSSY_FOR.ns)
        f->since = at;
    f->last = at;
    f->lost[l->cause] += l->count;
    tw_alerts_lost(p->alerts, device, at);
}

void pipeline_loss(struct tw_pipeline *p, const struct tw_record *r, const struct tw_loss *l)
{
    struct tw_record of = *r;
    p->counters[TW_COUNT_LOSS_NOTES]++;
    p->last = TW_COUNT_LOSS_NOTES;
    if (l->from.family != 0)
        of.from = l->from;
    if (l->certificate.n > 0)
        of.certificate = l->certificate;
    p->device = sender_of_bytes(p, &of);
    /* Behind a relay it may be anybody's; of a stranger it does not matter. */
    bool anybody = of.from.family == 0 || tw_topology_is_relay(p->topology, &of.from) ||
                   tw_topology_is_relay_certificate(p->topology, of.certificate);
    if (p->device != TW_NONE)
        mark(p, p->device, l, r->rx);
    for (uint32_t i = 0; p->device == TW_NONE && anybody && i < p->topology->devices_n; i++) {
        if (concerns(p, i, r, l))
            mark(p, i, l, r->rx);
    }
    struct tw_moment m = {.at = r->rx, .rx = r->rx, .ref = r->ref, .seq = p->seq};
    tw_alerts_judge_lost(p->alerts, &m);
}

static struct tw_feed now(const struct tw_pipeline *p, struct tw_feed f)
{
    f.lossy = tw_time_is_finite(f.last) && tw_time_sub(p->now, f.last).ns <= TW_LOSSY_FOR.ns;
    return f;
}

struct tw_feed tw_pipeline_device_feed(const struct tw_pipeline *p, uint32_t device)
{
    return now(p, p->devices[device].stats.feed);
}

struct tw_feed tw_pipeline_pair_feed(const struct tw_pipeline *p, uint32_t pair)
{
    const struct tw_pair *two = &p->topology->pairs[pair];
    struct tw_feed a = tw_pipeline_device_feed(p, two->device[0]),
                   b = tw_pipeline_device_feed(p, two->device[1]);
    struct tw_feed f = a;
    f.lossy = a.lossy || b.lossy;
    f.last = tw_later(a.last, b.last);
    if (b.lossy)
        f.since = a.lossy ? tw_earlier(a.since, b.since) : b.since;
    else if (!a.lossy && tw_before(a.last, b.last))
        f.since = b.since;
    /* What a socket lost may have been of either: it is counted for both. */
    for (int c = 0; c < TW_LOSSES; c++)
        f.lost[c] = c != TW_LOSS_KERNEL     ? a.lost[c] + b.lost[c]
                    : a.lost[c] > b.lost[c] ? a.lost[c]
                                            : b.lost[c];
    return f;
}
