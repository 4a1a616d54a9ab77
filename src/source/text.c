/* SPDX-License-Identifier: ISC */
#include "input.h"

#include "base/err.h"
#include "base/mem.h"
#include "clock.h"
#include "decode/log.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * A text log is read in windows: as many lines as fit the buffer are decoded, the clocks are measured over
 * all of them, then they are handed out. Lines are slices of the buffer; nothing is copied.
 */
enum { WINDOW_BYTES = 1 << 20, WINDOW_LINES = 4096, TAIL_BYTES = 64 << 10, TAIL_LINES = 512 };
enum { WILD_LINES = 32, WILD_MIN = 8 };

static const int64_t day = 86400 * INT64_C(1000000000);
static const tw_dur late_at_most = {30 * INT64_C(1000000000)};

struct line {
    struct tw_str bytes;
    enum {
        BARE,
        STAMPED,
        RELAYED
    } kind; /* what its time comes from: nothing, the device's stamp, a relay's */
    int year;
    uint32_t host;
    tw_time time; /* STAMPED: corrected, once the clocks are measured */
    bool decoded; /* `log` is what it says; else it could not be read */
    struct tw_log log;
};

struct text {
    struct stream *stream;
    struct tw_source_stats *stats;
    struct tw_replay_source_options options;
    struct clock *clock;
    bool utc[CLOCK_HOSTS + 1]; /* host -> the digits of its stamps are UTC */

    char *buf;
    size_t at, n;
    bool ended, skipping; /* skipping: up to the end of a line that was cut */
    tw_err fault;

    struct line *lines;
    size_t lines_n, next;
    uint64_t position;
    struct clock_line *measure; /* of the STAMPED lines */
    struct clock_line tail[TAIL_LINES];
    size_t tail_n;
    bool started;

    int year;        /* for stamps without one */
    tw_time last;    /* stamp of the line before */
    tw_time arrival; /* highest so far */
};

struct text *text_create(struct stream *s, const struct tw_replay_source_options *options,
                         struct tw_source_stats *stats)
{
    struct text *t = tw_xcalloc(1, sizeof *t);
    struct tw_civil c;
    tw_time_to_civil(s->mtime, &c);
    t->stream = s;
    t->stats = stats;
    t->options = *options;
    t->clock = clock_create();
    t->year = options->year != 0 ? options->year : c.year;
    t->last = t->arrival = TW_TIME_MIN;
    t->buf = tw_xmalloc(WINDOW_BYTES);
    t->lines = tw_xcalloc(WINDOW_LINES, sizeof *t->lines);
    t->measure = tw_xcalloc(WINDOW_LINES, sizeof *t->measure);
    return t;
}

void text_destroy(struct text *t)
{
    if (t == NULL)
        return;
    clock_destroy(t->clock);
    free(t->buf);
    free(t->lines);
    free(t->measure);
    free(t);
}

static uint32_t host_of(struct text *t, struct tw_str name)
{
    bool added;
    uint32_t h = clock_host(t->clock, name, &added);
    if (added) {
        uint32_t device =
            t->options.topology != NULL ? tw_topology_by_hostname(t->options.topology, name) : TW_NONE;
        /* The host past the limit shares its place with others: it is asked for every time. */
        t->utc[h] = device != TW_NONE && t->options.topology->devices[device].stamp_offset_utc;
    }
    return h;
}

static void read_times(struct text *t, struct line *l)
{
    const struct tw_log *log = &l->log;
    l->host = host_of(t, log->host);
    if (log->relay.present) {
        l->kind = RELAYED;
        l->time = tw_stamp_time(&log->relay, false);
    } else if (log->stamp.present) {
        l->kind = STAMPED;
        l->time = tw_stamp_time(&log->stamp, t->utc[l->host]);
    }
}

static bool decode_as(struct text *t, struct line *l, int year)
{
    size_t offset;
    l->kind = BARE;
    l->year = year;
    l->decoded = tw_log_decode(l->bytes, year, TW_TIME_MIN, &l->log, &offset) == TW_LOG_OK;
    if (!l->decoded)
        return false;
    read_times(t, l);
    return l->kind != BARE;
}

/* Decodes again with another year; kept when the stamp has no year of its own and so becomes another one. */
static bool try_year(struct text *t, struct line *l, int year)
{
    struct line other = {.bytes = l->bytes};
    if (!decode_as(t, &other, year) || other.time.ns == l->time.ns)
        return false;
    *l = other;
    return true;
}

static void decode(struct text *t, struct line *l)
{
    if (!decode_as(t, l, t->year))
        return;
    if (t->options.year == 0) {
        if (tw_time_sub(l->time, t->stream->mtime).ns > day)
            (void)try_year(t, l, t->year - 1);
    } else if (tw_time_is_finite(t->last)) {
        int64_t step = tw_time_sub(l->time, t->last).ns;
        struct line other = *l;
        if (step < -183 * day && try_year(t, &other, t->year + 1)) {
            /* Over New Year, and all that follows with it. */
            t->year++;
            *l = other;
        } else if (step > 300 * day && try_year(t, &other, t->year - 1) &&
                   tw_time_sub(t->last, other.time).ns < 60 * day) {
            *l = other; /* a late line of the old year */
        }
    }
    t->last = l->time;
}

/* The next line in the buffer. False: there is none that is complete. */
static bool cut_line(struct text *t, struct tw_str *out)
{
    while (t->at < t->n) {
        const char *p = t->buf + t->at;
        const char *end = memchr(p, '\n', t->n - t->at);
        size_t n = end != NULL ? (size_t)(end - p) : t->n - t->at;
        if (end == NULL && !t->skipping && n <= TW_LINE_MAX && !t->ended)
            return false;
        bool skipped = t->skipping;
        t->skipping = end == NULL && !t->ended;
        t->at += n + (end != NULL);
        if (skipped)
            continue;
        if (n > TW_LINE_MAX || t->skipping) {
            n = n < TW_LINE_MAX ? n : TW_LINE_MAX;
            t->stats->cut++;
        }
        *out = tw_str_of(p, n > 0 && p[n - 1] == '\r' ? n - 1 : n);
        return true;
    }
    return false;
}

static void fill(struct text *t)
{
    memmove(t->buf, t->buf + t->at, t->n - t->at);
    t->n -= t->at;
    t->at = 0;
    while (t->n < WINDOW_BYTES && !t->ended) {
        ssize_t got = stream_read(t->stream, t->buf + t->n, WINDOW_BYTES - t->n);
        if (got > 0)
            t->n += (size_t)got;
        t->ended = got <= 0;
        if (got < 0)
            t->fault = t->stream->fault;
    }
}

/* What the end of the file says about the time it was written. */
static void read_tail(struct text *t)
{
    char *buf = NULL;
    struct tw_str rest = {t->buf, t->n};
    if (!t->ended) {
        /* A pipe, or packed, and longer than the window: the end is not to be seen. */
        if (!t->stream->plain_file)
            return;
        buf = tw_xmalloc(TAIL_BYTES);
        ssize_t n = pread(t->stream->fd, buf, TAIL_BYTES, (off_t)t->stream->bytes_total - TAIL_BYTES);
        rest = tw_str_of(buf, n > 0 ? (size_t)n : 0);
    }
    if (rest.n > TAIL_BYTES)
        rest = tw_str_from(rest, rest.n - TAIL_BYTES);
    tw_time last = t->last;
    int year = t->year;
    while (rest.n > 0) {
        /* The first may be torn: then it has no stamp, or a good one. */
        struct line l = {.bytes = tw_str_cut(rest, tw_str_find(rest, '\n', 0))};
        decode(t, &l);
        if (l.kind == STAMPED && l.host < CLOCK_HOSTS)
            t->tail[t->tail_n++ % TAIL_LINES] = (struct clock_line){l.host, l.time.ns, 0};
        rest = tw_str_from(rest, l.bytes.n + 1);
    }
    t->tail_n = t->tail_n < TAIL_LINES ? t->tail_n : TAIL_LINES;
    t->last = last;
    t->year = year;
    free(buf);
}

static void measure(struct text *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->lines_n; i++) {
        const struct line *l = &t->lines[i];
        if (l->kind == STAMPED && l->host < CLOCK_HOSTS)
            t->measure[n++] = (struct clock_line){l->host, l->time.ns, 0};
    }
    struct clock_end end = {t->tail, t->tail_n, t->stream->mtime.ns};
    clock_measure(t->clock, t->measure, n, &end);
    n = 0;
    for (size_t i = 0; i < t->lines_n; i++) {
        struct line *l = &t->lines[i];
        if (l->kind == STAMPED && l->host < CLOCK_HOSTS)
            l->time = tw_time_add(l->time, (tw_dur){-t->measure[n++].skew});
    }
}

/* A mark that some editors put in front of UTF-8. */
static void start(struct text *t)
{
    const struct tw_str mark = TW_STR("\xef\xbb\xbf");
    struct tw_str *first = &t->lines[0].bytes;
    if (tw_str_starts(*first, mark))
        *first = tw_str_from(*first, mark.n);
    t->started = true;
}

static bool next_window(struct text *t)
{
    t->next = t->lines_n = 0;
    while (t->lines_n == 0 && (t->at < t->n || !t->ended)) {
        fill(t);
        while (t->lines_n < WINDOW_LINES && cut_line(t, &t->lines[t->lines_n].bytes))
            t->lines_n++;
    }
    if (t->lines_n == 0)
        return false;
    bool first = !t->started;
    if (first)
        start(t);
    for (size_t i = 0; i < t->lines_n; i++)
        decode(t, &t->lines[i]);
    if (first)
        read_tail(t);
    measure(t);
    return true;
}

/*
 * Whether line i has a stamp so far ahead of all that follows that it can't be the time of its arrival: one
 * line of a host whose clock could not be measured would otherwise push all others into the future.
 */
static bool wild(const struct text *t, size_t i, tw_time *instead)
{
    const struct line *l = &t->lines[i];
    bool measured = clock_measured(t->clock, l->host);
    int64_t limit = measured ? day : 600 * INT64_C(1000000000);
    size_t behind = 0, with = 0;
    if (tw_time_is_finite(t->arrival) && tw_time_sub(l->time, t->arrival).ns < limit)
        return false;
    for (size_t k = i + 1; k < t->lines_n && behind + with < WILD_LINES; k++) {
        const struct line *o = &t->lines[k];
        if (o->kind == BARE || (!measured && o->host == l->host))
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
    for (size_t i = t->next; i < t->lines_n; i++) {
        if (t->lines[i].kind != BARE)
            return t->lines[i].time;
    }
    return t->ended ? t->stream->mtime : (tw_time){0};
}

static void set_times(struct text *t, size_t i, struct tw_record *out)
{
    struct line *l = &t->lines[i];
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

tw_err text_next(struct text *t, struct tw_record *out)
{
    if (t->next == t->lines_n && !next_window(t))
        return t->fault != TW_OK ? t->fault : TW_ENOENT;
    *out = (struct tw_record){
        .transport = TW_TRANSPORT_SYSLOG, .ref.position = ++t->position, .bytes = t->lines[t->next].bytes};
    set_times(t, t->next, out);
    t->next++;
    return TW_OK;
}
