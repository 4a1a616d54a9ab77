/* SPDX-License-Identifier: ISC */
#include "window.h"

#include "base/err.h"
#include "base/mem.h"
#include "clock.h"
#include "decode/log.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WINDOW_BYTES = 1 << 20, WINDOW_LINES = 4096, TAIL_BYTES = 64 << 10, TAIL_LINES = 512 };
enum { NAMES_LOG2 = 15, NAME_MAX_BYTES = 16 };

static const int64_t day = 86400 * INT64_C(1000000000);

/* A host name of at most NAME_MAX_BYTES, by its bytes. */
struct name {
    uint64_t head, tail; /* the first eight, the last eight; of a shorter one all, and 0 */
    uint32_t n;          /* 0: of none */
    uint32_t host;
};

struct reader {
    struct stream *stream;
    struct tw_replay_source_options options;
    struct tw_log_reader log;
    struct clock *clock;
    struct {
        uint32_t sender; /* 1 + device; 0: none has that name */
        bool utc;        /* the digits of its stamps are UTC */
    } hosts[CLOCK_HOSTS + 1];
    struct name names[1 << NAMES_LOG2]; /* found lately, each where its hash says, instead of another */
    bool skipping;                      /* up to the end of a line that was cut */
    struct clock_line *measure;         /* of the STAMPED lines */
    struct clock_line tail[TAIL_LINES];
    size_t tail_n;
    bool started;
    int year;       /* for stamps without one */
    tw_time latest; /* that a stamp may be; if its year is not told, it is of the year before else */
    tw_time last;   /* stamp of the line before */
};

void window_init(struct window *w)
{
    *w = (struct window){.buf = tw_xmalloc(WINDOW_BYTES)};
    w->lines = tw_xcalloc(WINDOW_LINES, sizeof *w->lines);
}

void window_finish(struct window *w)
{
    free(w->buf);
    free(w->lines);
    *w = (struct window){0};
}

struct reader *reader_create(struct stream *s, const struct tw_replay_source_options *options)
{
    struct reader *r = tw_xcalloc(1, sizeof *r);
    struct tw_civil c;
    tw_time_to_civil(s->mtime, &c);
    r->stream = s;
    r->options = *options;
    r->log = (struct tw_log_reader)TW_LOG_READER(0, TW_TIME_MIN);
    r->clock = clock_create();
    r->year = options->year != 0 ? options->year : c.year;
    r->latest = tw_time_add(s->mtime, (tw_dur){day});
    r->last = TW_TIME_MIN;
    r->measure = tw_xcalloc(WINDOW_LINES, sizeof *r->measure);
    return r;
}

void reader_destroy(struct reader *r)
{
    if (r == NULL)
        return;
    clock_destroy(r->clock);
    free(r->measure);
    free(r);
}

TW_APART static uint32_t look_up(struct reader *r, struct tw_str name)
{
    bool added;
    const struct tw_topology *t = r->options.topology;
    uint32_t h = clock_host(r->clock, name, &added);
    if (added) {
        uint32_t device = t != NULL && name.n > 0 ? tw_topology_by_hostname(t, name) : TW_NONE;
        /* The host past the limit shares its place with others: it is asked for every time. */
        r->hosts[h].sender = device != TW_NONE ? device + 1 : 0;
        r->hosts[h].utc = device != TW_NONE && t->devices[device].stamp_offset_utc;
    }
    return h;
}

/* The same names come again and again, letter by letter. */
static uint32_t host_of(struct reader *r, struct tw_str name)
{
    uint64_t head = 0, tail = 0;
    if (name.n == 0 || name.n > NAME_MAX_BYTES)
        return look_up(r, name);
    if (name.n < sizeof head) {
        for (size_t i = 0; i < name.n; i++)
            head = head << 8 | (unsigned char)name.p[i];
    } else {
        head = tw_load8(name.p);
        tail = tw_load8(name.p + name.n - sizeof tail);
    }
    uint64_t hash = (head ^ tail * 0x9e3779b97f4a7c15u) * 0xbf58476d1ce4e5b9u;
    struct name *at = &r->names[hash >> (64 - NAMES_LOG2)];
    if (at->head == head && at->tail == tail && at->n == name.n)
        return at->host;
    uint32_t host = look_up(r, name);
    if (host < CLOCK_HOSTS) /* the one past the limit is several */
        *at = (struct name){head, tail, (uint32_t)name.n, host};
    return host;
}

static void read_times(struct reader *r, struct line *l)
{
    const struct tw_log *log = &l->log;
    l->host = host_of(r, log->host);
    l->sender = r->hosts[l->host].sender;
    if (log->relay.present) {
        l->kind = RELAYED;
        l->time = tw_stamp_time(&log->relay, false);
    } else if (log->stamp.present) {
        l->kind = STAMPED;
        l->time = tw_stamp_time(&log->stamp, r->hosts[l->host].utc);
    }
}

static bool decode_as(struct reader *r, struct line *l, int year)
{
    size_t offset;
    l->kind = BARE;
    l->year = r->log.year = year;
    l->decoded = tw_log_peek(&r->log, l->bytes, &l->log, &offset) == TW_LOG_OK;
    if (!l->decoded)
        return false;
    read_times(r, l);
    return l->kind != BARE;
}

/* Decodes again with another year; kept when the stamp has no year of its own and so becomes another one. */
TW_APART static bool try_year(struct reader *r, struct line *l, int year)
{
    struct line other = {.bytes = l->bytes};
    if (!decode_as(r, &other, year) || other.time.ns == l->time.ns)
        return false;
    *l = other;
    return true;
}

/* Half a year or more apart from the line before. */
TW_APART static void over_new_year(struct reader *r, struct line *l, int64_t step)
{
    struct line other;
    if (step < -183 * day && try_year(r, l, r->year + 1)) {
        r->year++; /* over New Year, and all that follows with it */
    } else if (step > 300 * day) {
        other = *l;
        if (try_year(r, &other, r->year - 1) && tw_time_sub(r->last, other.time).ns < 60 * day)
            *l = other; /* a late line of the old year */
    }
}

static void decode(struct reader *r, struct line *l)
{
    if (!decode_as(r, l, r->year))
        return;
    if (r->options.year == 0) {
        if (tw_before(r->latest, l->time))
            (void)try_year(r, l, r->year - 1);
    } else if (tw_time_is_finite(r->last)) {
        int64_t step = tw_time_sub(l->time, r->last).ns;
        if (step < -183 * day || step > 300 * day)
            over_new_year(r, l, step);
    }
    r->last = l->time;
}

static struct tw_str without_return(const char *p, size_t n)
{
    return tw_str_of(p, n > 0 && p[n - 1] == '\r' ? n - 1 : n);
}

/* The next line in the buffer. False: there is none that is complete. */
static bool cut_line(struct reader *r, struct window *w, struct tw_str *out)
{
    while (w->at < w->n) {
        const char *p = w->buf + w->at;
        const char *end = memchr(p, '\n', w->n - w->at);
        size_t n = end != NULL ? (size_t)(end - p) : w->n - w->at;
        if (end == NULL && !r->skipping && n <= TW_LINE_MAX && !w->ended)
            return false;
        if (end != NULL && !r->skipping && n <= TW_LINE_MAX) { /* nearly all */
            w->at += n + 1;
            *out = without_return(p, n);
            return true;
        }
        bool skipped = r->skipping;
        r->skipping = end == NULL && !w->ended;
        w->at += n + (end != NULL);
        if (skipped)
            continue;
        if (n > TW_LINE_MAX || r->skipping) {
            n = n < TW_LINE_MAX ? n : TW_LINE_MAX;
            w->cut++;
        }
        *out = without_return(p, n);
        return true;
    }
    return false;
}

static void read_on(struct reader *r, struct window *w, const struct window *before)
{
    size_t rest = before->n - before->at;
    memmove(w->buf, before->buf + before->at, rest);
    w->n = rest;
    w->at = 0;
    w->ended = before->ended;
    w->fault = before->fault;
    while (w->n < WINDOW_BYTES && !w->ended) {
        ssize_t got = stream_read(r->stream, w->buf + w->n, WINDOW_BYTES - w->n);
        if (got > 0)
            w->n += (size_t)got;
        w->ended = got <= 0;
        if (got < 0)
            w->fault = r->stream->fault;
    }
    w->bytes = r->stream->bytes;
}

static bool has_clock(const struct line *l)
{
    return l->kind == STAMPED && l->host < CLOCK_HOSTS;
}

/* What the end of the file says about the time it was written. */
static void read_tail(struct reader *r, const struct window *w)
{
    char *buf = NULL;
    struct tw_str rest = {w->buf, w->n};
    if (!w->ended) {
        /* A pipe, or packed, and longer than the window: the end is not to be seen. */
        if (!r->stream->plain_file)
            return;
        buf = tw_xmalloc(TAIL_BYTES);
        ssize_t n = pread(r->stream->fd, buf, TAIL_BYTES, (off_t)r->stream->bytes_total - TAIL_BYTES);
        rest = tw_str_of(buf, n > 0 ? (size_t)n : 0);
    }
    if (rest.n > TAIL_BYTES)
        rest = tw_str_from(rest, rest.n - TAIL_BYTES);
    tw_time last = r->last;
    int year = r->year;
    while (rest.n > 0) {
        /* The first may be torn: then it has no stamp, or a good one. */
        struct line l = {.bytes = tw_str_cut(rest, tw_str_find(rest, '\n', 0))};
        decode(r, &l);
        if (has_clock(&l))
            r->tail[r->tail_n++ % TAIL_LINES] = (struct clock_line){l.host, l.time.ns, 0};
        rest = tw_str_from(rest, l.bytes.n + 1);
    }
    r->tail_n = r->tail_n < TAIL_LINES ? r->tail_n : TAIL_LINES;
    r->last = last;
    r->year = year;
    free(buf);
}

/* Of the `n` lines of the window that have a clock. */
static void measure(struct reader *r, struct window *w, size_t n)
{
    struct clock_end end = {r->tail, r->tail_n, r->stream->mtime.ns};
    clock_measure(r->clock, r->measure, n, &end);
    n = 0;
    for (size_t i = 0; i < w->lines_n; i++) {
        struct line *l = &w->lines[i];
        l->measured = clock_measured(r->clock, l->host);
        int64_t skew = has_clock(l) ? r->measure[n++].skew : 0;
        if (skew != 0)
            l->time = tw_time_add(l->time, (tw_dur){-skew});
    }
}

/* Without the mark that some editors put in front of UTF-8. */
static void drop_mark(struct tw_str *first)
{
    const struct tw_str mark = TW_STR("\xef\xbb\xbf");
    if (tw_str_starts(*first, mark))
        *first = tw_str_from(*first, mark.n);
}

/* Cuts and decodes what the buffer holds; returns how many of the lines have a clock. */
static size_t read_lines(struct reader *r, struct window *w)
{
    size_t n = 0;
    while (w->lines_n < WINDOW_LINES) {
        struct line *l = &w->lines[w->lines_n];
        if (!cut_line(r, w, &l->bytes))
            break;
        if (w->lines_n++ == 0 && !r->started)
            drop_mark(&l->bytes);
        decode(r, l);
        if (has_clock(l))
            r->measure[n++] = (struct clock_line){l->host, l->time.ns, 0};
    }
    return n;
}

void reader_fill(struct reader *r, struct window *w, const struct window *before)
{
    size_t n;
    w->lines_n = 0;
    w->cut = 0;
    do {
        read_on(r, w, before);
        before = w;
        n = read_lines(r, w);
    } while (w->lines_n == 0 && (w->at < w->n || !w->ended));
    if (!r->started && w->lines_n > 0)
        read_tail(r, w);
    r->started = true;
    measure(r, w, n);
}
