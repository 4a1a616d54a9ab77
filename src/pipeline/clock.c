/* SPDX-License-Identifier: ISC */
#include "pipeline_internal.h"

#include <stdlib.h>

#define LATE_MAX  TW_SECONDS(30) /* nothing is believed to have happened longer before its arrival */
#define SKEW_MIN  TW_SECONDS(2)  /* smaller than this is delay and resolution, not skew */
#define DRIFT_PPM 200            /* a sysUpTime and our clock drift apart by no more */
#define OFF_MAX   TW_SECONDS(60) /* less than this off is nothing to tell a person about */
enum { SAMPLES_NEEDED = 8, STEP_LINES = 3, WRAP_SLACK_CS = 6000 };

static int by_value(const void *x, const void *y)
{
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return (a > b) - (a < b);
}

/* The median of the last samples: a few late lines do not move it. Where it is small, as in nearly every
 * clock, its value is of no interest: then no sorting is needed to know that. */
static void measure(struct clock_model *c)
{
    int64_t sorted[CLOCK_SAMPLES];
    uint32_t n = c->n < CLOCK_SAMPLES ? c->n : CLOCK_SAMPLES, low = 0, high = 0;
    if (n < SAMPLES_NEEDED) {
        /* Too few for a middle. The least delayed so far tells best: what is only delayed is not taken for
         * old. */
        int64_t best = c->samples[0];
        for (uint32_t i = 1; i < n; i++)
            best = c->samples[i] > best ? c->samples[i] : best;
        c->skew.ns = best < -SKEW_MIN.ns || best > SKEW_MIN.ns ? best : 0;
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        low += c->samples[i] < -SKEW_MIN.ns;
        high += c->samples[i] > SKEW_MIN.ns;
    }
    c->skew.ns = 0;
    if (low <= n / 2 && high < n - n / 2)
        return;
    memcpy(sorted, c->samples, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_value);
    c->skew.ns = sorted[n / 2];
}

/* A line that is older than any usual delay was not under way for so long: the clock was set back (summer
 * time, 1970 after a restart, NTP), or is not known yet. Arrival is the better guess, also for one that is
 * late indeed; what was written after it did not happen before that. */
static tw_time too_old(struct clock_model *c, tw_time stamp, tw_time rx)
{
    c->has_old = true;
    c->old_stamp = stamp;
    c->old_at = rx;
    return rx;
}

static uint64_t name_of(const struct tw_log *log)
{
    return tw_hash(log->brief.p, log->brief.n, tw_hash(log->module.p, log->module.n, 0));
}

/* A clock that was set back is proved by two different messages in a row that are off by the same, or by
 * three of whatever. */
static enum clock_step doubt(struct clock_model *c, int64_t off, int64_t slack, tw_time rx, uint64_t name)
{
    if (c->step_n == 0 || off - c->step_off > slack || c->step_off - off > slack) {
        c->step_n = 1;
        c->step_off = off;
        c->step_rx = rx;
        c->step_name = name;
        return CLOCK_DOUBTED;
    }
    return ++c->step_n >= STEP_LINES || name != c->step_name ? CLOCK_SET_BACK : CLOCK_DOUBTED;
}

/*
 * A clock that was set back by less than LATE_MAX makes all lines look late. But lines of one way keep their
 * order: one that is older than a line before it is old by an alarm's own delay, which differs by what it is
 * about, or by the clock. A line that is in time clears the clock.
 */
static enum clock_step look_for_step(struct clock_model *c, tw_time stamp, tw_dur resolution,
                                     const struct tw_record *r, const struct tw_log *log)
{
    int64_t off = tw_time_sub(stamp, r->rx).ns, slack = SKEW_MIN.ns + resolution.ns;
    if (c->n == 0 || off >= c->skew.ns - slack) {
        bool doubted = c->step_n > 0;
        c->step_n = 0;
        c->last = stamp;
        c->way = r->from;
        return doubted ? CLOCK_DOUBTED : CLOCK_STEADY;
    }
    bool back = tw_addr_eq(&c->way, &r->from) && tw_before(tw_time_add(stamp, (tw_dur){slack}), c->last);
    if (!back || off < c->skew.ns - LATE_MAX.ns - resolution.ns)
        return CLOCK_STEADY;
    enum clock_step step = doubt(c, off, slack, r->rx, name_of(log));
    if (step == CLOCK_SET_BACK) {
        clock_forget(c);
        c->last = stamp;
    }
    return step;
}

tw_time clock_of_stamp(struct clock_model *c, tw_time stamp, tw_dur *resolution, const struct tw_record *r,
                       const struct tw_log *log, enum clock_step *step)
{
    tw_time rx = r->rx;
    *step = look_for_step(c, stamp, *resolution, r, log);
    c->samples[c->n % CLOCK_SAMPLES] = tw_time_sub(stamp, rx).ns;
    c->n = c->n == UINT32_MAX ? CLOCK_SAMPLES : c->n + 1;
    measure(c);
    tw_time at = tw_time_add(stamp, (tw_dur){-c->skew.ns});
    int64_t delay = tw_time_sub(rx, at).ns;
    if (delay < resolution->ns) {
        *resolution = (tw_dur){0};
        return rx;
    }
    if (delay > LATE_MAX.ns + resolution->ns)
        return too_old(c, stamp, rx);
    at = tw_later(at, tw_time_add(rx, (tw_dur){-LATE_MAX.ns}));
    return c->has_old && !tw_before(stamp, c->old_stamp) ? tw_later(at, c->old_at) : at;
}

tw_time clock_of_uptime(struct clock_model *c, uint32_t uptime_cs, tw_time rx, bool *restarted)
{
    tw_time boot = tw_time_add(rx, (tw_dur){-(int64_t)uptime_cs * 10000000});
    *restarted = false;
    if (!c->has_boot) {
        c->has_boot = true;
        c->boot = boot;
        c->last_trap = rx;
    } else if (!tw_before(boot, c->last_trap) && uptime_cs < c->last_uptime) {
        /* Either it began anew, or its 32 bits of 10 ms ran over, which takes 497 days. */
        int64_t would_be = c->last_uptime + tw_time_sub(rx, c->last_trap).ns / 10000000;
        *restarted = would_be + WRAP_SLACK_CS < INT64_C(1) << 32;
        c->boot = boot;
    } else if (tw_before(boot, c->boot)) {
        c->boot = boot; /* the least delayed trap so far tells best */
    } else {
        int64_t drift = tw_time_sub(rx, c->last_trap).ns / 1000000 * DRIFT_PPM;
        int64_t off = tw_time_sub(boot, c->boot).ns;
        c->boot = tw_time_add(c->boot, (tw_dur){drift < off ? drift : off});
        if (off > LATE_MAX.ns * 4) /* sysUpTime wrapped, or was set: begin again */
            c->boot = boot;
    }
    if (!c->has_boot || !tw_before(rx, c->last_trap))
        c->last_trap = rx;
    c->last_uptime = uptime_cs;
    tw_time at = tw_time_add(c->boot, (tw_dur){(int64_t)uptime_cs * 10000000});
    return tw_earlier(rx, tw_later(at, tw_time_add(rx, (tw_dur){-LATE_MAX.ns})));
}

static bool near(int64_t a, int64_t b)
{
    int64_t off = a > b ? a - b : b - a;
    return off <= OFF_MAX.ns;
}

enum tw_clock_doubt clock_doubt(const struct clock_model *c, bool offset_utc)
{
    const int64_t second = INT64_C(1000000000), quarter = 900 * second;
    int64_t skew = c->skew.ns, offset = c->offset_s * second, size = skew < 0 ? -skew : skew;
    if (c->n < SAMPLES_NEEDED || size <= OFF_MAX.ns)
        return TW_CLOCK_FINE;
    if (offset != 0 && near(skew, offset_utc ? offset : -offset))
        return offset_utc ? TW_CLOCK_OFFSET_IS_LOCAL : TW_CLOCK_OFFSET_IS_UTC;
    /* Zones are whole quarters of an hour, and at most 14 hours off. */
    bool zone = size < INT64_C(15) * 4 * quarter && (size + OFF_MAX.ns) % quarter <= 2 * OFF_MAX.ns;
    return zone ? TW_CLOCK_ZONE : TW_CLOCK_WRONG;
}

void clock_forget(struct clock_model *c)
{
    c->n = 0;
    c->skew = (tw_dur){0};
    c->has_old = false;
    c->step_n = 0;
}

static void snap_addr(struct tw_snap *s, struct tw_addr *a)
{
    uint64_t half[2];
    uint32_t family = a->family;
    memcpy(half, a->bytes, sizeof half);
    tw_snap_u32(s, &family);
    tw_snap_u64(s, &half[0]);
    tw_snap_u64(s, &half[1]);
    a->family = (uint8_t)family;
    memcpy(a->bytes, half, sizeof half);
}

void clock_snap(struct clock_model *c, struct tw_snap *s)
{
    int64_t offset;
    tw_snap_u32(s, &c->n);
    for (int i = 0; i < CLOCK_SAMPLES; i++)
        tw_snap_i64(s, &c->samples[i]);
    tw_snap_dur(s, &c->skew);
    tw_snap_bool(s, &c->has_old);
    tw_snap_time(s, &c->old_stamp);
    tw_snap_time(s, &c->old_at);
    tw_snap_time(s, &c->last);
    snap_addr(s, &c->way);
    tw_snap_u32(s, &c->step_n);
    tw_snap_time(s, &c->step_rx);
    tw_snap_i64(s, &c->step_off);
    tw_snap_u64(s, &c->step_name);
    tw_snap_bool(s, &c->has_offset);
    offset = c->offset_s;
    tw_snap_i64(s, &offset);
    c->offset_s = (int32_t)offset;
    tw_snap_bool(s, &c->has_boot);
    tw_snap_time(s, &c->boot);
    tw_snap_time(s, &c->last_trap);
    tw_snap_u32(s, &c->last_uptime);
}
