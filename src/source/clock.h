/* SPDX-License-Identifier: ISC */
#ifndef TW_SOURCE_CLOCK_H
#define TW_SOURCE_CLOCK_H
/*
 * How far each device's clock is off, measured in a text log that has no arrival times.
 *
 * How: the order of lines is the order of arrival. So a line of one host, between two lines of others, bounds
 * the error of its clock: it is at most (stamp - stamp before) and at least (stamp - stamp after). The error
 * that most of a host's bounds agree on is taken out (Marzullo's algorithm, as in NTP: a late line is
 * outvoted). The host whose lines contradict most clearly is corrected first, then all is measured again. In
 * the end hosts that agree form groups, and the group that is right is chosen: most hosts, then what fits the
 * file's modification time, then most lines.
 *
 * Time: nanoseconds; all in one frame. Deterministic. Limits: CLOCK_HOSTS hosts; more are never corrected.
 */
#include "base/map.h"
#include "base/str.h"

enum { CLOCK_HOSTS = 65536, CLOCK_MIN_LINES = 8 };

struct clock_line {
    uint32_t host;
    int64_t stamp; /* as sent, offset applied */
    int64_t skew;  /* how far the host's clock was ahead then; out */
};

/* What tells which of two groups is right: lines near the end of the file, and when it was last written. */
struct clock_end {
    const struct clock_line *lines;
    size_t n;
    int64_t mtime;
};

struct clock;
struct clock *clock_create(void);
void clock_destroy(struct clock *c);
/* Index of a host name (case does not count), or CLOCK_HOSTS when there are too many. *added: seen for the
 * first time. */
uint32_t clock_host(struct clock *c, struct tw_str name, bool *added);
/* Measures a run of lines that follows those given before, and sets their skew. `end` may be NULL; it is
 * looked at until the hosts have been grouped. */
void clock_measure(struct clock *c, struct clock_line *lines, size_t n, const struct clock_end *end);
/* Whether enough lines of a host were seen to trust what was measured. */
bool clock_measured(const struct clock *c, uint32_t host);

#endif
