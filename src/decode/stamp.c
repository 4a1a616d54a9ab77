/* SPDX-License-Identifier: ISC */
#include "stamp.h"

#include "base/err.h"
#include "decode/log.h"

/* What was written, before anybody asks whether such a moment exists. */
struct parts {
    int year; /* -1: not written */
    int month, day, hour, minute, second;
    int32_t nanosecond;
    int64_t resolution;
    bool has_offset;
    int32_t offset_s;
    bool wrong; /* the shape is right, the value is not */
};

struct cursor {
    const char *p, *end;
};

static size_t left(const struct cursor *c)
{
    return (size_t)(c->end - c->p);
}

static bool next_is(const struct cursor *c, char want)
{
    return c->p < c->end && *c->p == want;
}

static size_t skip_blanks(struct cursor *c)
{
    const char *from = c->p;
    while (c->p < c->end && tw_is_space(*c->p))
        c->p++;
    return (size_t)(c->p - from);
}

/* A whole run of min..max digits. */
static bool number(struct cursor *c, int min, int max, int *out)
{
    int n = 0, v = 0;
    while (n < max && c->p + n < c->end && tw_is_digit(c->p[n]))
        v = v * 10 + (c->p[n++] - '0');
    if (n < min || (c->p + n < c->end && tw_is_digit(c->p[n])))
        return false;
    c->p += n;
    *out = v;
    return true;
}

/* -1 when these are not two digits. */
static int two(const char *p)
{
    unsigned a = (unsigned char)p[0] - (unsigned)'0', b = (unsigned char)p[1] - (unsigned)'0';
    return a <= 9 && b <= 9 ? (int)(a * 10 + b) : -1;
}

#define KEY(a, b, c) ((uint32_t)(a) << 16 | (uint32_t)(b) << 8 | (uint32_t)(c))

int tw_stamp_month(const char *p)
{
    switch (KEY((unsigned char)p[0], (unsigned char)p[1], (unsigned char)p[2]) | 0x202020) {
    case KEY('j', 'a', 'n'): return 1;
    case KEY('f', 'e', 'b'): return 2;
    case KEY('m', 'a', 'r'): return 3;
    case KEY('a', 'p', 'r'): return 4;
    case KEY('m', 'a', 'y'): return 5;
    case KEY('j', 'u', 'n'): return 6;
    case KEY('j', 'u', 'l'): return 7;
    case KEY('a', 'u', 'g'): return 8;
    case KEY('s', 'e', 'p'): return 9;
    case KEY('o', 'c', 't'): return 10;
    case KEY('n', 'o', 'v'): return 11;
    case KEY('d', 'e', 'c'): return 12;
    default: return 0;
    }
}

/* "18:07:30" */
static bool clock_time(struct cursor *c, struct parts *t)
{
    if (!number(c, 1, 2, &t->hour) || left(c) < 6 || c->p[0] != ':' || c->p[3] != ':')
        return false;
    t->minute = two(c->p + 1);
    t->second = two(c->p + 4);
    c->p += 6;
    return t->minute >= 0 && t->second >= 0;
}

/* Eight bytes, of which digits become their values where `form` has '0', and what `form` has becomes 0. */
static uint64_t against(const char *p, const char form[static 8])
{
    return tw_load8(p) ^ tw_load8(form);
}

/* Whether none is more than it may be. What may be added to each before its upper bit is set: to a digit up
 * to 9, to another up to 0. */
static bool fits(uint64_t v, const char room[static 8])
{
    return ((v | (v + tw_load8(room))) & 0x8080808080808080u) == 0;
}

/* The number that the digits at i and i + 1 make, of all i at once: at most 99, so none reaches into the
 * next.
 */
static uint64_t pairs(uint64_t digits)
{
    return digits * 10 + (digits >> 8);
}

static int byte(uint64_t w, unsigned i)
{
    return (int)(w >> 8 * i & 0xff);
}

/* " 8 2026 ": the month before it is not looked at. */
static bool date_columns(const char *p, struct parts *t)
{
    uint64_t date = against(p, " 00 0000");
    if (byte(date, 1) == (' ' ^ '0'))
        date ^= (uint64_t)(' ' ^ '0') << 8; /* the 8th is " 8" */
    if (!fits(date, "\x7f\x76\x76\x7f\x76\x76\x76\x76"))
        return false;
    date = pairs(date);
    t->day = byte(date, 1);
    t->year = byte(date, 4) * 100 + byte(date, 6);
    return true;
}

/* "18:07:30" */
static inline bool clock_columns(const char *p, struct parts *t)
{
    uint64_t clock = against(p, "00:00:00");
    if (!fits(clock, "\x76\x76\x7f\x76\x76\x7f\x76\x76"))
        return false;
    clock = pairs(clock);
    t->hour = byte(clock, 0);
    t->minute = byte(clock, 3);
    t->second = byte(clock, 6);
    return true;
}

/* "Aug  8 2026 18:07:30" in its exact columns: the default of VRP8 and nearly all there is. */
enum { DEFAULT_FORM = 20, DATE_AT = 3, CLOCK_AT = 12 };

static bool default_form(const char *p, struct parts *t)
{
    return p[CLOCK_AT - 1] == ' ' && date_columns(p + DATE_AT, t) && clock_columns(p + CLOCK_AT, t);
}

/* "Aug  8 2026 18:07:30" and "Aug  8 18:07:30", any number of blanks; a relay may have put a ':' after the
 * day. */
static bool month_form(struct cursor *c, struct parts *t)
{
    if (left(c) < 4 || (t->month = tw_stamp_month(c->p)) == 0)
        return false;
    if (left(c) >= DEFAULT_FORM && default_form(c->p, t)) {
        c->p += DEFAULT_FORM;
        return true;
    }
    c->p += 3;
    if (skip_blanks(c) == 0 || !number(c, 1, 2, &t->day))
        return false;
    if (next_is(c, ':'))
        c->p++;
    if (skip_blanks(c) == 0)
        return false;
    struct cursor with_year = *c;
    if (number(&with_year, 4, 4, &t->year) && skip_blanks(&with_year) > 0)
        *c = with_year;
    else
        t->year = -1;
    return clock_time(c, t);
}

/* "2026-08-08 18:07:30", "2018-7-19 11:58:03", "2026-08-08T18:07:30" */
static bool iso_form(struct cursor *c, struct parts *t)
{
    if (!number(c, 4, 4, &t->year) || !next_is(c, '-'))
        return false;
    c->p++;
    if (!number(c, 1, 2, &t->month) || !next_is(c, '-'))
        return false;
    c->p++;
    if (!number(c, 1, 2, &t->day))
        return false;
    if (next_is(c, 'T') || next_is(c, 't'))
        c->p++;
    else if (skip_blanks(c) == 0)
        return false;
    return clock_time(c, t);
}

/* ".9", ".967", ".123456", and the counter that tells equal stamps apart: ".150.1" */
static void fraction(struct cursor *c, struct parts *t)
{
    t->resolution = 1000000000;
    if (left(c) < 2 || (*c->p != '.' && *c->p != ',') || !tw_is_digit(c->p[1]))
        return;
    int64_t v = 0;
    for (c->p++; c->p < c->end && tw_is_digit(*c->p); c->p++) {
        if (t->resolution > 1) {
            v = v * 10 + (*c->p - '0');
            t->resolution /= 10;
        }
    }
    t->nanosecond = (int32_t)(v * t->resolution);
    if (left(c) < 2 || *c->p != '.' || !tw_is_digit(c->p[1]))
        return;
    for (c->p++; c->p < c->end && tw_is_digit(*c->p);)
        c->p++;
}

/* "+08:00", "-0400", "+08"; -1 when it is none of these. */
static int offset_minutes(struct cursor *c)
{
    if (left(c) < 3 || (*c->p != '+' && *c->p != '-'))
        return -1;
    int hours = two(c->p + 1), minutes = 0;
    if (hours < 0)
        return -1;
    c->p += 3;
    if (left(c) >= 3 && *c->p == ':') {
        minutes = two(c->p + 1);
        c->p += 3;
    } else if (left(c) >= 2 && tw_is_digit(*c->p)) {
        minutes = two(c->p);
        c->p += 2;
    }
    return minutes < 0 ? -1 : hours * 100 + minutes;
}

/* The zone, without a blank or, rarely, with one; then perhaps " DST". */
static void zone(struct cursor *c, struct parts *t)
{
    struct cursor z = *c;
    if (next_is(c, 'Z') || next_is(c, 'z')) {
        c->p++;
        t->has_offset = true;
        return;
    }
    bool apart = skip_blanks(&z) > 0, west = next_is(&z, '-');
    if (apart && (left(&z) < 6 || z.p[3] != ':' || (left(&z) > 6 && !tw_is_space(z.p[6]))))
        return;
    int hhmm = offset_minutes(&z);
    if (hhmm < 0)
        return;
    *c = z;
    if (hhmm / 100 > 15 || hhmm % 100 > 59)
        t->wrong = true;
    t->has_offset = true;
    t->offset_s = (hhmm / 100 * 60 + hhmm % 100) * (west ? -60 : 60);
    (void)skip_blanks(&z);
    if (left(&z) >= 3 && memcmp(z.p, "DST", 3) == 0 && (left(&z) == 3 || tw_is_space(z.p[3])))
        c->p = z.p + 3;
}

/* A stamp ends where a word ends; a relay may have left its ':'. */
static bool boundary(struct cursor *c)
{
    if (next_is(c, ':'))
        c->p++;
    return c->p == c->end || tw_is_space(*c->p);
}

static int days_of_month(int year, int month)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* False when the calendar knows no such moment. */
static inline bool moment(const struct parts *t, int year, tw_time *out)
{
    /* Every month has 28 days. */
    if (year < 1970 || year > 2199 || t->month < 1 || t->month > 12 || t->day < 1 ||
        (t->day > 28 && t->day > days_of_month(year, t->month)))
        return false;
    *out = tw_time_from_civil(&(struct tw_civil){.year = year,
                                                 .month = t->month,
                                                 .day = t->day,
                                                 .hour = t->hour,
                                                 .minute = t->minute,
                                                 .second = t->second,
                                                 .nanosecond = t->nanosecond});
    return true;
}

/* The year before, of or after `near` that brings the stamp nearest to it. */
static bool nearest(const struct parts *t, tw_time near, tw_time *out)
{
    if (!tw_time_is_finite(near))
        return false;
    struct tw_civil now;
    tw_time_to_civil(near, &now);
    int64_t best = INT64_MAX;
    for (int year = now.year - 1; year <= now.year + 1; year++) {
        tw_time civil;
        if (!moment(t, year, &civil))
            continue;
        int64_t away = tw_time_sub(tw_time_add(civil, TW_SECONDS(-t->offset_s)), near).ns;
        away = away == INT64_MIN ? INT64_MAX - 1 : away < 0 ? -away : away;
        if (away < best) {
            best = away;
            *out = civil;
        }
    }
    return best != INT64_MAX;
}

static void settle(const struct parts *t, const struct tw_log_reader *reader, struct tw_stamp *out)
{
    tw_time civil;
    *out = (struct tw_stamp){0};
    if (t->wrong || t->hour > 23 || t->minute > 59 || t->second > 60)
        return;
    if (t->year >= 0        ? moment(t, t->year, &civil)
        : reader->year != 0 ? moment(t, reader->year, &civil)
                            : nearest(t, reader->near, &civil))
        *out = (struct tw_stamp){civil, {t->resolution}, t->offset_s, true, t->has_offset};
}

/* "0000023.4567890": the two words of the milliseconds since boot; no moment anybody can name. */
static size_t boot_form(struct cursor c)
{
    const char *from = c.p;
    while (c.p < c.end && tw_is_digit(*c.p))
        c.p++;
    if (c.p - from > 10 || left(&c) < 2 || *c.p != '.' || !tw_is_digit(c.p[1]))
        return 0;
    const char *low = ++c.p;
    while (c.p < c.end && tw_is_digit(*c.p))
        c.p++;
    return c.p - low <= 10 && boundary(&c) ? (size_t)(c.p - from) : 0;
}

/* "Aug  8 2026" is the date read last from now on, if there is such a day. */
TW_APART static bool another_date(struct tw_log_reader *reader, const char *p)
{
    struct parts t = {.month = tw_stamp_month(p)};
    tw_time day;
    if (!date_columns(p + DATE_AT, &t) || !moment(&t, t.year, &day))
        return false;
    memcpy(reader->date, p, TW_LOG_DATE);
    reader->midnight = day;
    return true;
}

/* The default form with a word behind it, of a moment that exists: nearly all are. False: another one, and
 * the long way has to say what. */
static bool plain(struct tw_str s, struct tw_log_reader *reader, struct tw_stamp *out)
{
    const char *p = s.p;
    struct parts t;
    if (s.n < DEFAULT_FORM + 2 || p[CLOCK_AT - 1] != ' ' || p[DEFAULT_FORM] != ' ' ||
        p[DEFAULT_FORM + 1] == '+' || p[DEFAULT_FORM + 1] == '-' || tw_is_space(p[DEFAULT_FORM + 1]) ||
        !clock_columns(p + CLOCK_AT, &t) || t.hour > 23 || t.minute > 59 || t.second > 60)
        return false;
    if (memcmp(p, reader->date, TW_LOG_DATE) != 0 && !another_date(reader, p))
        return false;
    int seconds = t.hour * 3600 + t.minute * 60 + t.second;
    *out = (struct tw_stamp){.present = true,
                             .civil = {reader->midnight.ns + seconds * INT64_C(1000000000)},
                             .resolution = {1000000000}};
    return true;
}

TW_APART static size_t any_form(struct tw_str s, struct tw_log_reader *reader, struct tw_stamp *out)
{
    struct cursor c = {s.p, s.p + s.n};
    struct parts t = {.year = -1};
    if (tw_is_digit(*s.p)) {
        if (!iso_form(&c, &t)) {
            *out = (struct tw_stamp){0};
            return boot_form((struct cursor){s.p, s.p + s.n});
        }
    } else if (!month_form(&c, &t)) {
        return 0;
    }
    fraction(&c, &t);
    zone(&c, &t);
    if (!boundary(&c))
        return 0;
    settle(&t, reader, out);
    return (size_t)(c.p - s.p);
}

size_t tw_stamp_read(struct tw_str s, struct tw_log_reader *reader, struct tw_stamp *out)
{
    if (plain(s, reader, out))
        return DEFAULT_FORM;
    return s.n < 3 ? 0 : any_form(s, reader, out);
}

tw_time tw_stamp_time(const struct tw_stamp *s, bool offset_utc)
{
    if (!s->present)
        return TW_TIME_MIN;
    return s->has_offset && !offset_utc ? tw_time_add(s->civil, TW_SECONDS(-s->offset_s)) : s->civil;
}
