/* SPDX-License-Identifier: ISC */
/* What is known of the records that are not kept whole: every so often, of those who were heard since. */
#include "pipeline_internal.h"

enum { DIGEST_MARK = 0x74776467 };

void digest_touch(struct tw_pipeline *p, uint32_t device)
{
    if (p->devices[device].touched)
        return;
    p->devices[device].touched = true;
    p->touched_list[p->touched_n++] = device;
}

static void snap(struct tw_pipeline *p, struct tw_snap *s)
{
    uint64_t n = p->touched_n;
    tw_snap_mark(s, DIGEST_MARK);
    pipeline_snap_counts(p, s);
    tw_snap_u64(s, &n);
    for (uint64_t i = 0; i < n && !s->bad; i++) {
        uint32_t device = tw_snap_writing(s) ? p->touched_list[i] : TW_NONE;
        pipeline_snap_device(p, s, &device);
    }
}

/* From here on: news. */
static void told(struct tw_pipeline *p)
{
    for (size_t i = 0; i < p->touched_n; i++)
        p->devices[p->touched_list[i]].touched = false;
    p->touched_n = 0;
    p->counted = false;
}

bool tw_pipeline_digest(struct tw_pipeline *p, struct tw_buf *out)
{
    struct tw_snap s = {.out = out};
    if (!p->counted)
        return false;
    snap(p, &s);
    told(p);
    return true;
}

/* One that is damaged, or of another version, changes what it can; the next one makes it good. */
void digest_feed(struct tw_pipeline *p, struct tw_str bytes)
{
    struct tw_snap s = {.in = bytes};
    tw_time now = p->now;
    uint64_t seq = p->seq;
    uint64_t counters[TW_COUNTERS], nobody[TW_COUNT_BECAME];
    memcpy(counters, p->counters, sizeof counters);
    memcpy(nobody, p->nobody, sizeof nobody);
    told(p);
    snap(p, &s);
    p->begun = true;
    p->now = tw_later(now, p->now);
    if (!s.bad)
        return;
    p->now = now;
    p->seq = seq;
    memcpy(p->counters, counters, sizeof counters);
    memcpy(p->nobody, nobody, sizeof nobody);
}
