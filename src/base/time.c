/* SPDX-License-Identifier: ISC */
#include "base/time.h"

#include <stdio.h>

static int64_t saturating_add(int64_t a, int64_t b)
{
    int64_t r;
    if (__builtin_add_overflow(a, b, &r))
        return b > 0 ? INT64_MAX : INT64_MIN;
    return r;
}

tw_time tw_time_add(tw_time t, tw_dur d)
{
    if (!tw_time_is_finite(t))
        return t;
    return (tw_time){saturating_add(t.ns, d.ns)};
}

tw_dur tw_time_sub(tw_time a, tw_time b)
{
    int64_t r;
    if (__builtin_sub_overflow(a.ns, b.ns, &r))
        return (tw_dur){a.ns > b.ns ? INT64_MAX : INT64_MIN};
    return (tw_dur){r};
}

/* Days since 1970-01-01 of a civil date. A year that begins in March has its leap day at the end. Far in the
 * past, whole cycles of 400 years away, all is counted from, so that divisions round down. */
static int64_t days_from_civil(int64_t year, int m, int d)
{
    enum { CYCLES = 1000, CYCLE_DAYS = 146097, EPOCH = 719468 /* days from March 1, 0 to 1970 */ };
    uint64_t y = (uint64_t)(year - (m <= 2) + INT64_C(400) * CYCLES), centuries = y / 100;
    unsigned day = (153 * (unsigned)(m + (m > 2 ? -3 : 9)) + 2) / 5 + (unsigned)d - 1;
    return (int64_t)(365 * y + y / 4 - centuries + centuries / 4 + day) - INT64_C(1) * CYCLES * CYCLE_DAYS -
           EPOCH;
}

tw_time tw_time_from_civil(const struct tw_civil *c)
{
    int64_t s = days_from_civil(c->year, c->month, c->day) * 86400 + c->hour * INT64_C(3600) +
                c->minute * INT64_C(60) + c->second;
    return (tw_time){s * 1000000000 + c->nanosecond};
}

void tw_time_to_civil(tw_time t, struct tw_civil *c)
{
    int64_t s = t.ns / 1000000000, ns = t.ns % 1000000000;
    if (ns < 0) {
        ns += 1000000000;
        s--;
    }
    int64_t days = s / 86400, rest = s % 86400;
    if (rest < 0) {
        rest += 86400;
        days--;
    }
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    c->day = (int)(doy - (153 * mp + 2) / 5 + 1);
    c->month = (int)(mp < 10 ? mp + 3 : mp - 9);
    c->year = (int)(yoe + era * 400 + (c->month <= 2));
    c->hour = (int)(rest / 3600);
    c->minute = (int)(rest / 60 % 60);
    c->second = (int)(rest % 60);
    c->nanosecond = (int32_t)ns;
}

static char *digits(char *p, int64_t v, int width)
{
    for (int i = width; i-- > 0; v /= 10)
        p[i] = (char)('0' + v % 10);
    return p + width;
}

const char *tw_time_text(tw_time t, char buf[static TW_TIME_TEXT])
{
    struct tw_civil c;
    tw_time_to_civil(t, &c);
    const struct {
        int value, width;
        char end;
    } parts[] = {{c.year % 10000, 4, '-'},
                 {c.month, 2, '-'},
                 {c.day, 2, 'T'},
                 {c.hour, 2, ':'},
                 {c.minute, 2, ':'},
                 {c.second, 2, '.'},
                 {c.nanosecond / 1000000, 3, 'Z'}};
    char *p = buf;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        p = digits(p, parts[i].value, parts[i].width);
        *p++ = parts[i].end;
    }
    *p = '\0';
    return buf;
}

bool tw_dur_parse(struct tw_str s, tw_dur *out)
{
    static const struct {
        const char *unit;
        int64_t ns;
    } units[] = {{"", 1000000000},   {"s", 1000000000},    {"ms", 1000000},
                 {"m", 60000000000}, {"h", 3600000000000}, {"d", 86400000000000}};
    size_t i = 0;
    int64_t n = 0;
    for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++) {
        if (i >= 9)
            return false;
        n = n * 10 + (s.p[i] - '0');
    }
    if (i == 0)
        return false;
    struct tw_str unit = tw_str_from(s, i);
    for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
        if (tw_str_eq(unit, tw_str_z(units[u].unit)))
            return !__builtin_mul_overflow(n, units[u].ns, &out->ns);
    }
    return false;
}
