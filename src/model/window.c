/* SPDX-License-Identifier: ISC */
/* Times that come again. */
#include "model/operator.h"

#define DAY_NS (INT64_C(86400) * 1000000000)
enum { WEEK = 7, THURSDAY = 3 /* what 1970-01-01 was; Monday is 0 */ };

static const char *const day_names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static int64_t offset_ns(const struct tw_window *w)
{
    return (int64_t)w->offset_s * 1000000000;
}

/* Days since 1970 of the window's own clock. */
static int64_t day_of(const struct tw_window *w, tw_time t)
{
    return floor_div(t.ns + offset_ns(w), DAY_NS);
}

static unsigned weekday(int64_t day)
{
    int64_t d = (day + THURSDAY) % WEEK;
    return (unsigned)(d < 0 ? d + WEEK : d);
}

/* When it opens on that day; TW_TIME_MAX: it does not. */
static tw_time opening(const struct tw_window *w, int64_t day)
{
    int64_t first = day_of(w, w->from), of_day = w->from.ns + offset_ns(w) - first * DAY_NS;
    uint8_t days = (uint8_t)(w->days != 0 ? w->days : 1u << weekday(first));
    tw_time t = {day * DAY_NS + of_day - offset_ns(w)};
    bool on = w->every == TW_DAILY || (days >> weekday(day) & 1) != 0;
    return on && day >= first && tw_before(t, w->until) ? t : TW_TIME_MAX;
}

static bool recurring(const struct tw_window *w, tw_time t, tw_time *next)
{
    int64_t today = day_of(w, tw_later(t, w->from));
    tw_time last = TW_TIME_MIN;
    *next = TW_TIME_MAX;
    for (int64_t day = today - WEEK; day <= today + WEEK + 1; day++) {
        tw_time opens = opening(w, day);
        if (!tw_time_is_finite(opens))
            continue;
        if (tw_before(t, opens)) {
            *next = opens;
            break;
        }
        last = opens;
    }
    tw_time closes = tw_earlier(tw_time_add(last, w->lasts), w->until);
    if (!tw_time_is_finite(last) || !tw_before(t, closes))
        return false;
    *next = tw_earlier(*next, closes);
    return true;
}

bool tw_window_open(const struct tw_window *w, tw_time t, tw_time *next)
{
    /* Nobody plans that far; and beyond, days can't be counted. */
    if (t.ns >= TW_WINDOW_TIME_MAX.ns) {
        *next = TW_TIME_MAX;
        return false;
    }
    if (w->every != TW_ONCE)
        return recurring(w, t, next);
    bool before = tw_before(t, w->from), open = !before && tw_before(t, w->until);
    *next = before ? w->from : open ? w->until : TW_TIME_MAX;
    return open;
}

void tw_window_days(uint8_t days, struct tw_buf *out)
{
    bool first = true;
    for (unsigned d = 0; d < WEEK; d++) {
        if ((days >> d & 1) == 0)
            continue;
        tw_buf_fmt(out, "%s%s", first ? "" : ",", day_names[d]);
        first = false;
    }
}

bool tw_window_days_parse(struct tw_str s, uint8_t *out)
{
    *out = 0;
    for (struct tw_str rest = s; rest.n > 0;) {
        struct tw_str word = tw_str_cut(rest, tw_str_find(rest, ',', 0));
        unsigned d = 0;
        while (d < WEEK && !tw_str_ieq(word, tw_str_z(day_names[d])))
            d++;
        if (d == WEEK)
            return false;
        *out |= (uint8_t)(1u << d);
        rest = tw_str_from(rest, word.n + 1);
    }
    return *out != 0;
}
