/* SPDX-License-Identifier: ISC */
/* Silences and maintenance windows: what they match, when, by whom. */
#include "pages.h"

#include "base/json.h"

static const char *const every[] = {NULL, "day", "week"};

static void text(struct tw_buf *b, const char *key, const char *z)
{
    tw_json_key(b, key);
    tw_json_z(b, z);
}

static void moment(struct tw_buf *b, const char *key, tw_time t)
{
    tw_json_key(b, key);
    tw_json_time(b, t);
}

/* How a window recurs; all null when it does not. */
static void recurrence(struct tw_buf *b, const struct tw_window *w)
{
    struct tw_buf days = {0};
    text(b, "every", every[w->every]);
    tw_json_key(b, "for_s");
    if (w->every != TW_ONCE)
        tw_buf_fmt(b, "%lld", (long long)(w->lasts.ns / 1000000000));
    else
        tw_json_z(b, NULL);
    tw_window_days(w->days, &days);
    text(b, "days", days.p);
    tw_json_key(b, "offset_s");
    if (w->every != TW_ONCE)
        tw_buf_fmt(b, "%d", (int)w->offset_s);
    else
        tw_json_z(b, NULL);
    tw_buf_finish(&days);
}

static void standing(struct tw_buf *b, const struct tw_standing *s)
{
    tw_json_next(b);
    tw_buf_char(b, '{');
    text(b, "id", s->id);
    text(b, "kind", tw_silence_kind_name(s->kind));
    text(b, "by", s->by);
    text(b, "why", s->why);
    moment(b, "made", s->said);
    tw_json_key(b, "in_force");
    tw_buf_z(b, s->open ? "true" : "false");
    moment(b, "from", s->when.from);
    moment(b, "until", s->when.until);
    moment(b, s->open ? "closes" : "opens", s->next);
    text(b, s->open ? "opens" : "closes", NULL);
    if (s->kind == TW_MAINTENANCE)
        recurrence(b, &s->when);
    tw_json_key(b, "match");
    tw_buf_char(b, '{');
    for (int m = 0; m < TW_MATCHERS; m++) {
        if (s->match[m] != NULL)
            text(b, tw_matcher_name((enum tw_matcher)m), s->match[m]);
    }
    tw_buf_z(b, "}}");
}

static void page(struct tw_daemon *d, enum tw_silence_kind kind, const char *name, struct tw_buf *b)
{
    size_t n;
    const struct tw_standing *const *all = tw_pipeline_standing(d->pipeline, &n);
    tw_buf_char(b, '{');
    tw_json_key(b, name);
    tw_buf_char(b, '[');
    for (size_t i = 0; i < n; i++) {
        if (all[i]->kind == kind)
            standing(b, all[i]);
    }
    tw_buf_z(b, "]}\n");
}

void tw_page_silences(struct tw_daemon *d, struct tw_buf *b)
{
    page(d, TW_SILENCE, "silences", b);
}

void tw_page_maintenance(struct tw_daemon *d, struct tw_buf *b)
{
    page(d, TW_MAINTENANCE, "maintenance", b);
}
