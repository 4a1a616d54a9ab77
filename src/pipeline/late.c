/* SPDX-License-Identifier: ISC */
/*
 * Log lines that were taken for late: they happened before what was known already, and changed nothing. If it
 * turns out that their router's clock was set back, they happened when they arrived, and count after all.
 */
#include "pipeline_internal.h"

#include "decode/log.h"
#include "normalise/normalise.h"

#include <stdlib.h>

enum { LINES = 64, BYTES = 1024 };

struct late_line {
    uint32_t device; /* TW_NONE: none is here any more */
    int year;
    tw_time rx;
    uint64_t seq;
    struct tw_record_ref ref;
    size_t n;
    char bytes[BYTES];
};

struct late {
    struct late_line *lines; /* a ring; NULL: there was none yet */
    uint64_t n;              /* so far */
};

struct late *late_create(void)
{
    return tw_xcalloc(1, sizeof(struct late));
}

void late_destroy(struct late *late)
{
    if (late == NULL)
        return;
    free(late->lines);
    free(late);
}

static struct late_line *next_line(struct late *late)
{
    if (late->lines == NULL)
        late->lines = tw_xcalloc(LINES, sizeof *late->lines);
    return &late->lines[late->n++ % LINES];
}

/* The first one that is still there. */
static uint64_t first(const struct late *late)
{
    return late->n > LINES ? late->n - LINES : 0;
}

/* One that is longer can't be cut: it would say something else. */
void late_keep(struct late *late, uint32_t device, const struct tw_record *r, uint64_t seq)
{
    if (r->bytes.n == 0 || r->bytes.n > BYTES)
        return;
    struct late_line *l = next_line(late);
    *l = (struct late_line){
        .device = device, .year = r->year, .rx = r->rx, .seq = seq, .ref = r->ref, .n = r->bytes.n};
    memcpy(l->bytes, r->bytes.p, r->bytes.n);
}

/* What it says, and that it happened when it arrived. */
static bool event_of(struct tw_pipeline *p, const struct late_line *l, struct tw_log *log, struct tw_event *e)
{
    size_t offset;
    if (tw_log_decode(tw_str_of(l->bytes, l->n), l->year, l->rx, log, &offset) != TW_LOG_OK)
        return false;
    struct tw_glance g = tw_rules_glance(p->rules, log, NULL);
    if (g.verdict != TW_GLANCE_READ ||
        tw_normalise_log(p->rules->events, g.forms, log, &p->shapes[g.forms->index], e) != TW_MATCH_EVENT)
        return false;
    e->source = TW_SOURCE_SYSLOG;
    e->at = e->rx = l->rx;
    e->resolution = (tw_dur){0};
    e->stamp = TW_TIME_MIN;
    if (log->stamp.present)
        e->stamp = tw_stamp_time(&log->stamp, p->topology->devices[l->device].stamp_offset_utc);
    e->seq = l->seq;
    e->ref = l->ref;
    return true;
}

void late_judge(struct tw_pipeline *p, uint32_t device, tw_time since)
{
    for (uint64_t i = first(p->late); i < p->late->n; i++) {
        struct late_line *l = &p->late->lines[i % LINES];
        struct tw_event e;
        struct tw_log log;
        if (l->device != device)
            continue;
        if (!tw_before(l->rx, since) && event_of(p, l, &log, &e))
            (void)pipeline_judge(p, device, &e,
                                 (struct tw_moment){.at = e.at, .rx = p->now, .ref = l->ref, .seq = p->seq});
        l->device = TW_NONE;
    }
}

static void snap_line(struct late_line *l, struct tw_snap *s, const uint32_t *map, size_t map_n)
{
    uint32_t device = l->device;
    int64_t year = l->year;
    struct tw_str bytes = {l->bytes, l->n};
    tw_snap_u32(s, &device);
    tw_snap_i64(s, &year);
    tw_snap_time(s, &l->rx);
    tw_snap_u64(s, &l->seq);
    tw_snap_u32(s, &l->ref.input);
    tw_snap_u64(s, &l->ref.position);
    tw_snap_str(s, &bytes);
    if (tw_snap_writing(s))
        return;
    s->bad |=
        bytes.n > BYTES || year < INT16_MIN || year > INT16_MAX || (device != TW_NONE && device >= map_n);
    if (s->bad)
        return;
    l->device = device == TW_NONE ? TW_NONE : map[device];
    l->year = (int)year;
    l->n = bytes.n;
    if (bytes.n > 0)
        memcpy(l->bytes, bytes.p, bytes.n);
}

void late_snap(struct late *late, struct tw_snap *s, const uint32_t *map, size_t map_n)
{
    uint64_t n = late->n - first(late), from = first(late);
    tw_snap_u64(s, &n);
    s->bad |= n > LINES;
    for (uint64_t i = 0; i < n && !s->bad; i++)
        snap_line(tw_snap_writing(s) ? &late->lines[(from + i) % LINES] : next_line(late), s, map, map_n);
}
