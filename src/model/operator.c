/* SPDX-License-Identifier: ISC */
#include "model/operator.h"

#include <stdlib.h>

static const char mark[] = "trunkwatch-operator";
static const char *const act_names[] = {"ack",       "unack",       "silence",
                                        "unsilence", "maintenance", "unmaintenance"};
static const char *const matcher_names[] = {"pair",      "device",   "e-trunk", "trunk",
                                            "condition", "severity", "service"};
static const char *const every_names[] = {NULL, "day", "week"};

const char *tw_matcher_name(enum tw_matcher m)
{
    return matcher_names[m];
}

bool tw_glob(struct tw_str pattern, struct tw_str text)
{
    size_t p = 0, t = 0, star = SIZE_MAX, from = 0;
    while (t < text.n) {
        if (p < pattern.n && pattern.p[p] == '*') {
            star = p++;
            from = t;
        } else if (p < pattern.n && pattern.p[p] == text.p[t]) {
            p++;
            t++;
        } else if (star != SIZE_MAX) { /* the last star takes one more */
            p = star + 1;
            t = ++from;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.p[p] == '*')
        p++;
    return p == pattern.n;
}

bool tw_operator_is(struct tw_str line)
{
    size_t n = sizeof mark - 1;
    return tw_str_starts(line, tw_str_z(mark)) && line.n > n && line.p[n] == ' ';
}

static bool is_bare(char c)
{
    return tw_is_alnum(c) || (c != '\0' && strchr("._:*/@+,-", c) != NULL);
}

static int hex(char c)
{
    char l = tw_lower(c);
    return tw_is_digit(c) ? c - '0' : l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

/* What stands in quotes, from the first byte after them; *rest: behind the last. */
static const char *quoted(struct tw_str *rest, struct tw_buf *out)
{
    for (size_t i = 0; i < rest->n; i++) {
        char c = rest->p[i];
        if (c == '"') {
            *rest = tw_str_from(*rest, i + 1);
            return NULL;
        }
        if (c == '\\' && i + 1 < rest->n) {
            c = rest->p[++i];
            if (c == 'x') {
                int high = i + 2 < rest->n ? hex(rest->p[i + 1]) : -1,
                    low = high < 0 ? -1 : hex(rest->p[i + 2]);
                if (low < 0)
                    return "\\x is not followed by two hexadecimal digits";
                c = (char)(high << 4 | low);
                i += 2;
            } else if (c != '"' && c != '\\') {
                return "a \\ is followed by neither \", \\ nor x";
            }
        }
        tw_buf_char(out, c);
    }
    return "a \" has no second one";
}

/* KEY=VALUE off the beginning; the value is unquoted into `out`. */
static const char *take(struct tw_str *rest, struct tw_str *key, struct tw_buf *out)
{
    size_t eq = tw_str_find(*rest, '=', 0), n = 0;
    tw_buf_clear(out);
    if (eq == SIZE_MAX)
        return "a word is not KEY=VALUE";
    *key = tw_str_cut(*rest, eq);
    *rest = tw_str_from(*rest, eq + 1);
    if (rest->n > 0 && rest->p[0] == '"') {
        *rest = tw_str_from(*rest, 1);
        const char *why = quoted(rest, out);
        if (why != NULL)
            return why;
    } else {
        while (n < rest->n && is_bare(rest->p[n]))
            n++;
        tw_buf_str(out, tw_str_cut(*rest, n));
        *rest = tw_str_from(*rest, n);
    }
    if (rest->n > 0 && !tw_is_space(rest->p[0]))
        return "a value that needs quotes has none";
    *rest = tw_str_trim(*rest);
    return NULL;
}

struct given {
    bool id, from, until, every, lasts, days, zone;
};

static const char *set_id(struct tw_operator *o, struct tw_str value)
{
    if (value.n == 0 || value.n >= TW_OPERATOR_ID)
        return "the id is no id";
    for (size_t i = 0; i < value.n; i++) {
        if (!tw_is_alnum(value.p[i]) && value.p[i] != '-' && value.p[i] != '_')
            return "the id is no id";
        o->id[i] = value.p[i];
    }
    o->id[value.n] = '\0';
    return NULL;
}

/* Made safe once: a terminal may show it. */
static const char *set_text(struct tw_arena *arena, struct tw_str value, size_t max, const char **out)
{
    struct tw_buf safe = {0};
    if (*out != NULL)
        return "a key is there twice";
    tw_buf_safe(&safe, tw_str_cut(value, max + 1));
    bool fits = value.n <= max && safe.n <= max;
    *out = tw_arena_dup(arena, safe.n > 0 ? safe.p : "", safe.n);
    tw_buf_finish(&safe);
    return fits ? NULL : "a text is too long";
}

static const char *set_match(struct tw_operator *o, struct tw_arena *arena, struct tw_str key,
                             struct tw_str value)
{
    int m = 0;
    while (m < TW_MATCHERS && !tw_str_eq(key, tw_str_z(matcher_names[m])))
        m++;
    if (m == TW_MATCHERS)
        return "a key is not known";
    if (value.n == 0)
        return "what is to match is empty";
    return set_text(arena, value, TW_OPERATOR_NAME_MAX, &o->match[m]);
}

static bool set_time(struct tw_str value, tw_time *out)
{
    if (!tw_time_parse(value, out) || out->ns < 0 || !tw_before(*out, TW_WINDOW_TIME_MAX))
        return false;
    out->ns -= out->ns % 1000000; /* as it is written */
    return true;
}

/* A key that says when. *mine: it is one. */
static const char *set_when(struct tw_window *w, struct given *g, struct tw_str key, struct tw_str value,
                            bool *mine)
{
    *mine = true;
    if (tw_str_eq(key, TW_STR("until"))) {
        g->until = true;
        return set_time(value, &w->until) ? NULL : "until= is no time, expected like 2026-08-08T20:00:00Z";
    }
    if (tw_str_eq(key, TW_STR("from"))) {
        g->from = true;
        return set_time(value, &w->from) ? NULL : "from= is no time, expected like 2026-08-08T20:00:00Z";
    }
    if (tw_str_eq(key, TW_STR("for"))) {
        g->lasts = true;
        bool ok = tw_dur_parse(value, &w->lasts) && w->lasts.ns > 0 && w->lasts.ns % 1000000000 == 0;
        return ok ? NULL : "for= is no duration, expected like 2h";
    }
    if (tw_str_eq(key, TW_STR("every"))) {
        g->every = true;
        w->every = tw_str_eq(value, TW_STR("day"))    ? TW_DAILY
                   : tw_str_eq(value, TW_STR("week")) ? TW_WEEKLY
                                                      : TW_ONCE;
        return w->every != TW_ONCE ? NULL : "every= is neither day nor week";
    }
    if (tw_str_eq(key, TW_STR("days"))) {
        g->days = true;
        return tw_window_days_parse(value, &w->days) ? NULL
                                                     : "days= is no list of days, expected like mon,tue";
    }
    if (tw_str_eq(key, TW_STR("zone"))) {
        g->zone = true;
        return tw_zone_parse(value, &w->offset_s) ? NULL : "zone= is neither Z nor an offset like +02:00";
    }
    *mine = false;
    return NULL;
}

static const char *set(struct tw_operator *o, struct given *g, struct tw_arena *arena, struct tw_str key,
                       struct tw_str value)
{
    bool mine, silence = o->act == TW_ACT_SILENCE, window = o->act == TW_ACT_MAINTENANCE;
    if (tw_str_eq(key, TW_STR("id"))) {
        bool twice = g->id;
        g->id = true;
        return twice ? "a key is there twice" : set_id(o, value);
    }
    if (tw_str_eq(key, TW_STR("by")))
        return set_text(arena, value, TW_OPERATOR_BY_MAX, &o->by);
    if (tw_str_eq(key, TW_STR("why")))
        return set_text(arena, value, TW_OPERATOR_WHY_MAX, &o->why);
    struct given before = *g;
    const char *why = set_when(&o->when, g, key, value, &mine);
    if (mine && memcmp(&before, g, sizeof before) == 0)
        return "a key is there twice";
    if (mine && !(window || (silence && tw_str_eq(key, TW_STR("until")))))
        return "a key says when, and that is not asked here";
    if (mine)
        return why;
    return silence || window ? set_match(o, arena, key, value) : "a key is not known";
}

static const char *judge_window(struct tw_window *w, const struct given *g)
{
    if (!g->from)
        return "from= is missing";
    if (w->every == TW_ONCE) {
        if (g->days || g->zone)
            return "days= and zone= are for what recurs: every= is missing";
        if (g->until == g->lasts)
            return "exactly one of until= and for= is needed";
        if (g->lasts)
            w->until = tw_time_add(w->from, w->lasts);
        w->lasts = (tw_dur){0};
    } else if (!g->lasts) {
        return "for= is missing: how long it lasts each time";
    } else if (g->days && w->every == TW_DAILY) {
        return "days= is for every=week";
    } else if (w->lasts.ns > TW_SECONDS(w->every == TW_DAILY || g->days ? 86400 : 7 * 86400).ns) {
        return "for= is longer than until it begins again";
    }
    if (!tw_before(w->from, w->until))
        return "it ends before it begins";
    bool for_ever = w->every != TW_ONCE && w->until.ns == INT64_MAX;
    return for_ever || tw_before(w->until, TW_WINDOW_TIME_MAX) ? NULL : "it ends too late";
}

static const char *judge(struct tw_operator *o, const struct given *g)
{
    bool standing = o->act == TW_ACT_SILENCE || o->act == TW_ACT_MAINTENANCE, any = false;
    for (int m = 0; m < TW_MATCHERS; m++)
        any = any || o->match[m] != NULL;
    o->why = o->why != NULL ? o->why : "";
    if (o->by == NULL || o->by[0] == '\0')
        return "by= is missing: who says so";
    if (!standing)
        return g->id ? NULL : "id= is missing";
    if (!any)
        return "nothing says which alerts, expected pair=, device=, e-trunk=, trunk=, condition=, severity= "
               "or service=";
    if (o->act == TW_ACT_SILENCE)
        return g->until ? NULL : "until= is missing";
    return judge_window(&o->when, g);
}

const char *tw_operator_parse(struct tw_str line, struct tw_arena *arena, struct tw_operator *out)
{
    struct tw_str rest = tw_str_trim(line), key;
    struct tw_buf value = {0};
    struct given given = {0};
    const char *why = NULL;
    *out = (struct tw_operator){.when = {.from = TW_TIME_MIN, .until = TW_TIME_MAX}};
    if (!tw_operator_is(rest))
        return "it does not begin with trunkwatch-operator";
    if (rest.n > TW_OPERATOR_LINE_MAX)
        return "it is too long";
    rest = tw_str_trim(tw_str_from(rest, sizeof mark - 1));
    struct tw_str word = tw_str_cut(rest, tw_str_find(rest, ' ', 0));
    int act = 0;
    while (act < TW_ACTS && !tw_str_eq(word, tw_str_z(act_names[act])))
        act++;
    if (act == TW_ACTS)
        return "what is to be done is not known";
    out->act = (enum tw_act)act;
    rest = tw_str_trim(tw_str_from(rest, word.n));
    while (rest.n > 0 && why == NULL) {
        why = take(&rest, &key, &value);
        if (why == NULL)
            why = set(out, &given, arena, key, tw_buf_view(&value));
    }
    tw_buf_finish(&value);
    return why != NULL ? why : judge(out, &given);
}

/* In quotes when it has to be. A % is written as an escape: nothing that stands in a log file shall look like
 * a message of a router. */
void tw_operator_add(struct tw_buf *out, const char *key, const char *value)
{
    struct tw_str s = tw_str_z(value);
    size_t bare = 0;
    while (bare < s.n && is_bare(s.p[bare]))
        bare++;
    tw_buf_fmt(out, " %s=", key);
    if (bare == s.n && s.n > 0) {
        tw_buf_str(out, s);
        return;
    }
    tw_buf_char(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c < ' ' || c == 0x7f || c == '%')
            tw_buf_fmt(out, "\\x%02x", c);
        else if (c == '"' || c == '\\')
            tw_buf_fmt(out, "\\%c", c);
        else
            tw_buf_char(out, (char)c);
    }
    tw_buf_char(out, '"');
}

static void add_time(struct tw_buf *out, const char *key, tw_time t)
{
    char text[TW_TIME_TEXT];
    if (tw_time_is_finite(t))
        tw_operator_add(out, key, tw_time_text(t, text));
}

static void add_window(struct tw_buf *out, const struct tw_window *w)
{
    struct tw_buf days = {0};
    add_time(out, "from", w->from);
    add_time(out, "until", w->until);
    if (w->every == TW_ONCE)
        return;
    tw_buf_fmt(out, " every=%s for=%llds", every_names[w->every], (long long)(w->lasts.ns / 1000000000));
    if (w->days != 0) {
        tw_window_days(w->days, &days);
        tw_operator_add(out, "days", days.p);
        tw_buf_finish(&days);
    }
    if (w->offset_s != 0) {
        int minutes = abs(w->offset_s) / 60;
        tw_buf_fmt(out, " zone=%c%02d:%02d", w->offset_s < 0 ? '-' : '+', minutes / 60, minutes % 60);
    }
}

void tw_operator_text(const struct tw_operator *o, struct tw_buf *out)
{
    tw_buf_fmt(out, "%s %s", mark, act_names[o->act]);
    if (o->id[0] != '\0')
        tw_operator_add(out, "id", o->id);
    if (o->by != NULL)
        tw_operator_add(out, "by", o->by);
    if (o->why != NULL && o->why[0] != '\0')
        tw_operator_add(out, "why", o->why);
    if (o->act == TW_ACT_SILENCE)
        add_time(out, "until", o->when.until);
    else if (o->act == TW_ACT_MAINTENANCE)
        add_window(out, &o->when);
    for (int m = 0; m < TW_MATCHERS; m++) {
        if (o->match[m] != NULL)
            tw_operator_add(out, matcher_names[m], o->match[m]);
    }
}

void tw_operator_id(const struct tw_operator *o, tw_time at, char out[static TW_OPERATOR_ID])
{
    enum { DIGITS = 8 };
    struct tw_operator nameless = *o;
    struct tw_buf key = {0};
    nameless.id[0] = '\0';
    tw_operator_text(&nameless, &key);
    tw_buf_fmt(&key, "|%lld", (long long)at.ns);
    uint64_t h = tw_hash(key.p, key.n, 0);
    out[0] = o->act == TW_ACT_SILENCE ? 's' : 'm';
    for (int i = 0; i < DIGITS; i++)
        out[1 + i] = "0123456789abcdef"[h >> (60 - 4 * i) & 15];
    out[1 + DIGITS] = '\0';
    tw_buf_finish(&key);
}
