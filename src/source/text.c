/* SPDX-License-Identifier: ISC */
/* When the lines of a text log arrived, and happened. */
#include "input.h"

#include "ahead.h"
#include "base/mem.h"
#include "window.h"

#include <stdlib.h>

enum { WILD_LINES = 32, WILD_MIN = 8 };

static const int64_t day = 86400 * INT64_C(1000000000);
static const tw_dur late_at_most = {30 * INT64_C(1000000000)};

struct text {
    struct stream *stream;
    struct tw_source_stats *stats;
    unsigned *threads; /* how many more may be started */
    struct reader *reader;
    const struct tw_rules *rules;
    struct window *first; /* the only one of a short input */
    struct ahead *ahead;  /* NULL: nobody reads ahead */
    struct window *window;
    size_t next;
    uint64_t position;
    tw_time arrival; /* highest so far */
};

struct text *text_create(struct stream *s, const struct tw_replay_source_options *options,
                         struct tw_source_stats *stats, unsigned *threads)
{
    struct text *t = tw_xcalloc(1, sizeof *t);
    t->stream = s;
    t->stats = stats;
    t->threads = threads;
    t->reader = reader_create(s, options);
    t->rules = options->rules;
    t->arrival = TW_TIME_MIN;
    t->window = t->first = window_create();
    return t;
}

void text_destroy(struct text *t)
{
    if (t == NULL)
        return;
    ahead_destroy(t->ahead);
    window_destroy(t->first);
    reader_destroy(t->reader);
    free(t);
}

uint64_t text_bytes(const struct text *t)
{
    return t->window->bytes;
}

/* A file that is longer than one window is read ahead, on another core; reading a file never waits for
 * somebody, so nor does the end of that. */
static void next_window(struct text *t)
{
    if (t->ahead != NULL) {
        t->window = ahead_next(t->ahead);
    } else {
        reader_fill(t->reader, t->window, t->window);
        if (t->stream->is_file && !t->window->ended && *t->threads > 0)
            t->ahead = ahead_create(t->reader, t->window);
        *t->threads -= t->ahead != NULL;
    }
    t->stats->cut += t->window->cut;
    t->next = 0;
}

/*
 * Whether line i has a stamp so far ahead of all that follows that it can't be the time of its arrival: one
 * line of a host whose clock could not be measured would otherwise push all others into the future.
 */
static bool wild(const struct text *t, size_t i, tw_time *instead)
{
    const struct window *w = t->window;
    const struct line *l = &w->lines[i];
    int64_t limit = l->measured ? day : 600 * INT64_C(1000000000);
    size_t behind = 0, with = 0;
    if (tw_time_is_finite(t->arrival) && tw_time_sub(l->time, t->arrival).ns < limit)
        return false;
    for (size_t k = i + 1; k < w->lines_n && behind + with < WILD_LINES; k++) {
        const struct line *o = &w->lines[k];
        if (o->kind == BARE || (!l->measured && o->host == l->host))
            continue;
        if (tw_time_sub(l->time, o->time).ns < limit)
            with++;
        else if (behind++ == 0)
            *instead = o->time;
    }
    return behind >= WILD_MIN && with <= behind / WILD_MIN;
}

/* Arrival before anything has told the time: the first stamp to come. */
static tw_time first_arrival(const struct text *t)
{
    const struct window *w = t->window;
    for (size_t i = t->next; i < w->lines_n; i++) {
        if (w->lines[i].kind != BARE)
            return w->lines[i].time;
    }
    return w->ended ? t->stream->mtime : (tw_time){0};
}

static void set_times(struct text *t, size_t i, struct tw_record *out)
{
    struct line *l = &t->window->lines[i];
    tw_time instead = {0};
    if (l->kind == STAMPED && wild(t, i, &instead)) {
        l->kind = BARE;
        if (!tw_time_is_finite(t->arrival))
            t->arrival = instead;
    }
    if (!tw_time_is_finite(t->arrival))
        t->arrival = l->kind == BARE ? first_arrival(t) : l->time;
    if (l->kind != BARE)
        t->arrival = tw_later(t->arrival, l->time);
    out->rx = t->arrival;
    out->year = l->year;
    out->sender = l->sender;
    out->log = l->log != 0 ? &t->window->logs[l->log - 1] : NULL;
    switch ((enum line_kind)l->kind) {
    case BARE: out->at = out->rx; break;
    case STAMPED: out->at = tw_later(l->time, tw_time_add(out->rx, (tw_dur){-late_at_most.ns})); break;
    case RELAYED:
        out->at = TW_TIME_MIN;
        /* The relay's time is known: the device's year is the one nearest to it, also at New Year. */
        out->year = 0;
        break;
    }
}

/* What another core wrote takes a while to come over: it is asked for some lines before it is needed. So may
 * the core do with what it knows of the line's sender. */
static void ask_for(const struct window *w, size_t next, struct tw_record *out)
{
    enum { CACHE_LINE = 64, TEXT_BEFORE = 8, LINE_BEFORE = 24 };
    out->soon = 0;
    if (next + LINE_BEFORE >= w->lines_n)
        return;
    __builtin_prefetch(&w->lines[next + LINE_BEFORE]);
    const struct line *l = &w->lines[next + TEXT_BEFORE];
    out->soon = l->sender;
    if (l->verdict != TW_GLANCE_READ)
        return;
    for (size_t i = 0; i < l->n; i += CACHE_LINE)
        __builtin_prefetch(l->p + i);
    if (l->log == 0)
        return;
    const char *log = (const char *)&w->logs[l->log - 1];
    for (size_t i = 0; i < sizeof *w->logs; i += CACHE_LINE)
        __builtin_prefetch(log + i);
}

tw_err text_next(struct text *t, struct tw_record *out)
{
    if (t->next == t->window->lines_n) {
        next_window(t);
        if (t->window->lines_n == 0)
            return t->window->fault != TW_OK ? t->window->fault : TW_ENOENT;
    }
    const struct line *l = &t->window->lines[t->next];
    out->transport = TW_TRANSPORT_SYSLOG;
    out->ref.position = ++t->position;
    out->bytes = tw_str_of(l->p, l->n);
    out->glance.of = l->verdict != TW_GLANCE_READ || l->forms != NULL ? t->rules : NULL;
    out->glance.verdict = (enum tw_glance_verdict)l->verdict;
    out->glance.forms = l->forms;
    out->glance.key = l->key;
    out->glance.name = tw_str_of(l->p + l->name_at, l->name_n);
    if (t->ahead != NULL)
        ask_for(t->window, t->next, out);
    set_times(t, t->next, out);
    t->next++;
    return TW_OK;
}
