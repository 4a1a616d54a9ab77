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

/* Two digits, and what follows them. */
static char *two(char *p, int v, char end)
{
    unsigned u = (unsigned)v % 100;
    p[0] = (char)('0' + u / 10);
    p[1] = (char)('0' + u % 10);
    p[2] = end;
    return p + 3;
}

const char *tw_time_text(tw_time t, char buf[static TW_TIME_TEXT])
{
    struct tw_civil c;
    char *p = buf;
    tw_time_to_civil(t, &c);
    int ms = c.nanosecond / 1000000;
    (void)two(p, c.year / 100, ' '); /* the second half of the year begins there */
    p = two(p + 2, c.year, '-');
    p = two(p, c.month, '-');
    p = two(p, c.day, 'T');
    p = two(p, c.hour, ':');
    p = two(p, c.minute, ':');
    p = two(p, c.second, '.');
    *p++ = (char)('0' + ms / 100);
    p = two(p, ms, 'Z');
    *p = '\0';
    return buf;
}

/* `n` digits at *at, and what follows them. */
static bool number(struct tw_str s, size_t *at, size_t n, int *out)
{
    *out = 0;
    for (size_t end = *at + n; *at < end; ++*at) {
        if (*at >= s.n || !tw_is_digit(s.p[*at]))
            return false;
        *out = *out * 10 + (s.p[*at] - '0');
    }
    return true;
}

static bool letter(struct tw_str s, size_t *at, char c)
{
    if (*at >= s.n || s.p[*at] != c)
        return false;
    ++*at;
    return true;
}

bool tw_zone_parse(struct tw_str s, int32_t *out)
{
    size_t at = 0;
    int hours, minutes;
    *out = 0;
    if (tw_str_ieq(s, TW_STR("Z")))
        return true;
    bool west = s.n > 0 && s.p[0] == '-';
    if (!letter(s, &at, west ? '-' : '+') || !number(s, &at, 2, &hours) || !letter(s, &at, ':') ||
        !number(s, &at, 2, &minutes) || at != s.n || hours > 23 || minutes > 59)
        return false;
    *out = (hours * 3600 + minutes * 60) * (west ? -1 : 1);
    return true;
}

/* Digits after the point; more than nine say nothing more. */
static bool fraction(struct tw_str s, size_t *at, int32_t *ns)
{
    int32_t unit = 100000000;
    size_t from = *at;
    for (; *at < s.n && tw_is_digit(s.p[*at]); ++*at, unit /= 10)
        *ns += (s.p[*at] - '0') * unit;
    return *at > from;
}

bool tw_time_parse(struct tw_str s, tw_time *out)
{
    struct tw_civil c = {0}, back;
    size_t at = 0;
    int32_t offset;
    if (!number(s, &at, 4, &c.year) || !letter(s, &at, '-') || !number(s, &at, 2, &c.month) ||
        !letter(s, &at, '-') || !number(s, &at, 2, &c.day) ||
        !(letter(s, &at, 'T') || letter(s, &at, 't') || letter(s, &at, ' ')) || !number(s, &at, 2, &c.hour) ||
        !letter(s, &at, ':') || !number(s, &at, 2, &c.minute))
        return false;
    if (letter(s, &at, ':') &&
        (!number(s, &at, 2, &c.second) || (letter(s, &at, '.') && !fraction(s, &at, &c.nanosecond))))
        return false;
    if (!tw_zone_parse(tw_str_from(s, at), &offset) || c.year < 1700 || c.year > 2250 || c.month < 1 ||
        c.month > 12 || c.day < 1 || c.day > 31 || c.hour > 23 || c.minute > 59 || c.second > 59)
        return false;
    *out = tw_time_from_civil(&c);
    tw_time_to_civil(*out, &back);
    *out = tw_time_add(*out, TW_SECONDS(-(int64_t)offset));
    return back.day == c.day; /* there is no February 30 */
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
