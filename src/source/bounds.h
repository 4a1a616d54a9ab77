/* SPDX-License-Identifier: ISC */
#ifndef TW_SOURCE_BOUNDS_H
#define TW_SOURCE_BOUNDS_H
/*
 * What many bounds of one host's error, some of them false, agree on. Nanoseconds; arithmetic saturates.
 */
#include "base/time.h"

#define SECOND  INT64_C(1000000000)
#define NONE    UINT32_MAX
#define NEVER   INT64_MIN
#define FOREVER INT64_MAX

static const int64_t tolerance = 2 * SECOND; /* what is not worth a correction */

/* Bounds of what is left of a host's error at one of its lines. */
struct sample {
    int64_t lo, hi;
    uint32_t line; /* NONE: of an earlier run, kept as evidence only */
};

struct edge {
    int64_t at;
    int step;
};

/* Set `samples` and `n`; the rest is what was found. */
struct finding {
    const struct sample *samples;
    size_t n;
    struct sample agreed; /* the error lies within */
    size_t first, last;   /* samples that it holds for */
    size_t plus, against; /* votes among them */
};

static inline int64_t minus(int64_t a, int64_t b)
{
    return tw_time_sub((tw_time){a}, (tw_time){b}).ns;
}
static inline int64_t magnitude(int64_t a)
{
    return a < 0 ? -(a + 1) : a;
}

/* Looks for an error of this sign that holds for a run of samples, and is proved by enough of them. `scratch`
 * has room for two edges a sample. */
bool bounds_find(struct finding *f, int sign, struct edge *scratch);
/* The likeliest error of all, when `skew` is already taken out. `first`: the log begins with a line of this
 * host. */
int64_t bounds_value(const struct finding *f, int64_t skew, bool first);

#endif
