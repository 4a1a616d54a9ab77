/* SPDX-License-Identifier: ISC */
#ifndef TW_PLAT_CLOCK_H
#define TW_PLAT_CLOCK_H
/*
 * The only reader of clocks in the daemon.
 *
 * tw_clock_now follows the wall clock but never goes back, and never stands still: when the wall clock is set
 * back, time goes on at half speed until the wall clock has caught up. Standing still instead would stop
 * every hold for as long, and a fault would go unheard.
 */
#include "base/time.h"

struct tw_clock { /* zero-initialise it */
    int64_t last, last_mono;
};

tw_time tw_clock_now(struct tw_clock *c);
/* The same from given readings, in nanoseconds: for tests. */
tw_time tw_clock_step(struct tw_clock *c, int64_t real, int64_t mono);
/* Milliseconds that only ever go on; their zero means nothing. */
int64_t tw_clock_mono_ms(void);
/* Microseconds of CPU time that this thread has used. */
int64_t tw_clock_cpu_us(void);
/* The wall clock as it is, for the stamps of log lines only. */
tw_time tw_clock_wall(void);

#endif
