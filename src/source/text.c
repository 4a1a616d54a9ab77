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
    struct window first; /* the only one of a short input */
    struct ahead *ahead; /* NULL: nobody reads ahead */
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
    t->arrival = TW_TIME_MIN;
    window_init(&t->first);
    t->window = &t->first;
    return t;
}

void text_destroy(struct text *t)
{
    if (t == NULL)
        return;
    ahead_destroy(t->ahead);
    window_finish(&t->first);
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
    out->log = l->decoded ? &l->log : NULL;
    out->sender = l->decoded ? l->sender : 0;
    switch (l->kind) {
    case BARE: out->at = out->rx; break;
    case STAMPED: out->at = tw_later(l->time, tw_time_add(out->rx, (tw_dur){-late_at_most.ns})); break;
    case RELAYED:
        out->at = TW_TIME_MIN;
        /* The relay's time is known: the device's year is the one nearest to it, also at New Year. */
        out->year = 0;
        out->log = NULL;
        break;
    }
}

/* What another core wrote takes a while to come over: it is asked for some lines before it is needed. */
static void ask_for(const struct window *w, size_t next)
{
    enum { CACHE_LINE = 64, TEXT_BEFORE = 8, LINE_BEFORE = 16, HEAD = 2 };
    if (next + LINE_BEFORE >= w->lines_n)
        return;
    const char *line = (const char *)&w->lines[next + LINE_BEFORE],
               *text = w->lines[next + TEXT_BEFORE].bytes.p;
    for (size_t i = 0; i < sizeof *w->lines; i += CACHE_LINE)
        __builtin_prefetch(line + i);
    for (size_t i = 0; i < HEAD; i++)
        __builtin_prefetch(text + i * CACHE_LINE);
}

tw_err text_next(struct text *t, struct tw_record *out)
{
    if (t->next == t->window->lines_n) {
        next_window(t);
        if (t->window->lines_n == 0)
            return t->window->fault != TW_OK ? t->window->fault : TW_ENOENT;
    }
    *out = (struct tw_record){.transport = TW_TRANSPORT_SYSLOG,
                              .ref.position = ++t->position,
                              .bytes = t->window->lines[t->next].bytes};
    if (t->ahead != NULL)
        ask_for(t->window, t->next);
    set_times(t, t->next, out);
    t->next++;
    return TW_OK;
}
