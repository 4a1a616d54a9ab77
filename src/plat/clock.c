/* SPDX-License-Identifier: ISC */
#include "plat/clock.h"

#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec t;
    (void)clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

tw_time tw_clock_step(struct tw_clock *c, int64_t real, int64_t mono)
{
    int64_t passed = c->last == 0 || mono < c->last_mono ? 0 : mono - c->last_mono;
    c->last_mono = mono;
    if (real < c->last) {
        /* Two calls within a nanosecond or so must add up to progress, too. */
        c->last_mono -= passed % 2;
        real = c->last + passed / 2;
    }
    c->last = real;
    return (tw_time){real};
}

tw_time tw_clock_now(struct tw_clock *c)
{
    return tw_clock_step(c, read_clock(CLOCK_REALTIME), read_clock(CLOCK_MONOTONIC));
}

int64_t tw_clock_mono_ms(void)
{
    return read_clock(CLOCK_MONOTONIC) / 1000000;
}

int64_t tw_clock_cpu_us(void)
{
    return read_clock(CLOCK_THREAD_CPUTIME_ID) / 1000;
}

tw_time tw_clock_wall(void)
{
    return (tw_time){read_clock(CLOCK_REALTIME)};
}
