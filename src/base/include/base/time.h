/* SPDX-License-Identifier: ISC */
#ifndef TW_BASE_TIME_H
#define TW_BASE_TIME_H
/*
 * Time as data. Nothing here reads a clock.
 *
 * tw_time: nanoseconds since 1970-01-01T00:00:00Z (no leap seconds). tw_dur: nanoseconds. Arithmetic
 * saturates at the two ends, which mean "never before" (TW_TIME_MIN) and "never" (TW_TIME_MAX).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

typedef struct {
    int64_t ns;
} tw_time;
typedef struct {
    int64_t ns;
} tw_dur;

#define TW_TIME_MIN   ((tw_time){INT64_MIN})
#define TW_TIME_MAX   ((tw_time){INT64_MAX})
#define TW_SECONDS(s) ((tw_dur){(int64_t)(s)*1000000000})
#define TW_MILLIS(ms) ((tw_dur){(int64_t)(ms)*1000000})

static inline bool tw_time_is_finite(tw_time t)
{
    return t.ns != INT64_MIN && t.ns != INT64_MAX;
}
static inline bool tw_before(tw_time a, tw_time b)
{
    return a.ns < b.ns;
}
static inline tw_time tw_later(tw_time a, tw_time b)
{
    return a.ns > b.ns ? a : b;
}
static inline tw_time tw_earlier(tw_time a, tw_time b)
{
    return a.ns < b.ns ? a : b;
}
tw_time tw_time_add(tw_time t, tw_dur d);
/* a - b; saturates. */
tw_dur tw_time_sub(tw_time a, tw_time b);

/* Civil time, proleptic Gregorian, read as UTC. month 1-12, day 1-31; second may be 60. */
struct tw_civil {
    int year, month, day, hour, minute, second;
    int32_t nanosecond;
};
tw_time tw_time_from_civil(const struct tw_civil *c);
void tw_time_to_civil(tw_time t, struct tw_civil *c);

/* RFC 3339, UTC, milliseconds, "Z": the one form of all output (contract 3). */
enum { TW_TIME_TEXT = 32 };
const char *tw_time_text(tw_time t, char buf[static TW_TIME_TEXT]);

/* The same form back, more freely: seconds and their fraction may be left out, the zone may be an offset, a
 * blank may stand for the T. False: it is not that, or no such moment. */
bool tw_time_parse(struct tw_str s, tw_time *out);
/* "Z", "+02:00": seconds east of UTC. */
bool tw_zone_parse(struct tw_str s, int32_t *out);

/* "10s", "500ms", "2m", "1h", "1d"; a bare number is seconds. False when it is none of these or does not fit.
 */
bool tw_dur_parse(struct tw_str s, tw_dur *out);

#endif
