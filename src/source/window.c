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
enum { NAMES_LOG2 = 16, NAMES = 1 << NAMES_LOG2, NAMES_MAX = NAMES / 2, NAME_MAX_BYTES = 16 };

static const int64_t day = 86400 * INT64_C(1000000000);

/* What is known of a host name. */
struct host {
    uint32_t index;  /* in the clock */
    uint32_t sender; /* 1 + device; 0: none has that name */
    bool utc;        /* the digits of its stamps are UTC */
};

/* A host name of at most NAME_MAX_BYTES, by its bytes. */
struct name {
    uint64_t head, tail; /* the first eight, the last eight; of a shorter one all, and 0 */
    struct host host;
    uint32_t n; /* 0: of none */
};
_Static_assert(sizeof(struct name) <= 32, "two in a line of the cache");

/* Lines that are looked at together: while the first one's host is being fetched the others are read. */
enum { TOGETHER = 8 };

/* The host name of a line, until it is found. */
struct wanted {
    struct name name; /* without its host; n is 0: it must be looked up */
    uint32_t at;      /* where names of this hash begin */
};

struct reader {
    struct stream *stream;
    struct tw_replay_source_options options;
    struct tw_log_reader log;
    struct clock *clock;
    struct host hosts[CLOCK_HOSTS + 1];
    struct name *names; /* each where its hash says, or behind it where that was taken */
    size_t names_n;
    bool skipping;              /* up to the end of a line that was cut */
    struct clock_line *measure; /* of the STAMPED lines */
    struct clock_line tail[TAIL_LINES];
    size_t tail_n;
    bool started;
    int year;       /* for stamps without one */
    tw_time latest; /* that a stamp may be; if its year is not told, it is of the year before else */
    tw_time last;   /* stamp of the line before */
};

struct window *window_create(void)
{
    struct window *w = tw_xcalloc(1, sizeof *w);
    w->buf = tw_xmalloc(WINDOW_BYTES);
    w->lines = tw_xcalloc(WINDOW_LINES, sizeof *w->lines);
    w->logs = tw_xmalloc(WINDOW_LINES * sizeof *w->logs); /* pages that nobody needs cost nothing */
    return w;
}

void window_destroy(struct window *w)
{
    if (w == NULL)
        return;
    free(w->buf);
    free(w->lines);
    free(w->logs);
    free(w);
}

struct reader *reader_create(struct stream *s, const struct tw_replay_source_options *options)
{
    struct reader *r = tw_xcalloc(1, sizeof *r);
    struct tw_civil c;
    tw_time_to_civil(s->mtime, &c);
    r->stream = s;
    r->options = *options;
    r->log = (struct tw_log_reader)TW_LOG_READER(0, TW_TIME_MIN);
    r->log.names = tw_xcalloc(TW_LOG_NAMES, sizeof *r->log.names);
    r->names = tw_xcalloc(NAMES, sizeof *r->names);
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
    free(r->log.names);
    free(r->names);
    free(r->measure);
    free(r);
}

TW_APART static struct host look_up(struct reader *r, struct tw_str name)
{
    bool added;
    const struct tw_topology *t = r->options.topology;
    uint32_t i = clock_host(r->clock, name, &added);
    if (added) {
        uint32_t device = t != NULL ? tw_topology_by_name(t, name) : TW_NONE;
        /* The host past the limit shares its place with others: it is asked for every time. */
        r->hosts[i] = (struct host){.index = i,
                                    .sender = device != TW_NONE ? device + 1 : 0,
                                    .utc = device != TW_NONE && t->devices[device].stamp_offset_utc};
    }
    return r->hosts[i];
}

/* Where it is to be found; that is asked for, so that it is there soon. */
static inline void ask_for(const struct reader *r, struct tw_str name, struct wanted *want)
{
    uint64_t head = 0, tail = 0;
    want->name.n = 0;
    if (name.n == 0 || name.n > NAME_MAX_BYTES)
        return;
    if (name.n < sizeof head) {
        for (size_t i = 0; i < name.n; i++)
            head = head << 8 | (unsigned char)name.p[i];
    } else {
        head = tw_load8(name.p);
        tail = tw_load8(name.p + name.n - sizeof tail);
    }
    want->name.head = head;
    want->name.tail = tail;
    want->name.n = (uint32_t)name.n;
    uint64_t hash = (head ^ tail * 0x9e3779b97f4a7c15u) * 0xbf58476d1ce4e5b9u;
    want->at = (uint32_t)(hash >> (64 - NAMES_LOG2));
    __builtin_prefetch(&r->names[want->at]);
}

/* The same names come again and again, letter by letter. */
static inline struct host host_of(struct reader *r, struct tw_str name, const struct wanted *want)
{
    if (want->name.n == 0)
        return look_up(r, name);
    size_t i = want->at;
    for (const struct name *at; (at = &r->names[i])->n != 0; i = (i + 1) % NAMES) {
        if (at->head == want->name.head && at->tail == want->name.tail && at->n == want->name.n)
            return at->host;
    }
    struct host host = look_up(r, name);
    if (host.index < CLOCK_HOSTS && r->names_n < NAMES_MAX) { /* the one past the limit is several */
        r->names_n++;
        r->names[i] = want->name;
        r->names[i].host = host;
    }
    return host;
}

static struct tw_str bytes_of(const struct line *l)
{
    return tw_str_of(l->p, l->n);
}

/* All that is to be known before its host is. */
static inline void peek(struct reader *r, struct line *l, struct tw_log *log, int year, struct wanted *want)
{
    size_t offset;
    l->year = (int16_t)(r->log.year = year);
    l->log = tw_log_peek(&r->log, bytes_of(l), log, &offset) == TW_LOG_OK;
    if (l->log != 0)
        ask_for(r, log->host, want);
}

/* False: it has no time. */
static inline bool find_time(struct reader *r, struct line *l, const struct tw_log *log,
                             const struct wanted *want)
{
    l->kind = BARE;
    l->host = l->sender = 0;
    l->time = (tw_time){0};
    if (l->log == 0)
        return false;
    struct host host = host_of(r, log->host, want);
    l->host = host.index;
    l->sender = host.sender;
    if (log->relay.present) {
        l->kind = RELAYED;
        l->time = tw_stamp_time(&log->relay, false);
    } else if (log->stamp.present) {
        l->kind = STAMPED;
        l->time = tw_stamp_time(&log->stamp, host.utc);
    }
    return l->kind != BARE;
}

/* Decodes again with another year; kept when the stamp has no year of its own and so becomes another one. */
TW_APART static bool try_year(struct reader *r, struct line *l, struct tw_log *log, int year)
{
    struct line other = *l;
    struct tw_log other_log;
    struct wanted want;
    peek(r, &other, &other_log, year, &want);
    if (!find_time(r, &other, &other_log, &want) || other.time.ns == l->time.ns)
        return false;
    *l = other;
    *log = other_log;
    return true;
}

/* Half a year or more apart from the line before. */
TW_APART static void over_new_year(struct reader *r, struct line *l, struct tw_log *log, int64_t step)
{
    if (step < -183 * day && try_year(r, l, log, r->year + 1)) {
        r->year++; /* over New Year, and all that follows with it */
    } else if (step > 300 * day) {
        struct line other = *l;
        struct tw_log other_log = *log;
        if (try_year(r, &other, &other_log, r->year - 1) && tw_time_sub(r->last, other.time).ns < 60 * day) {
            *l = other; /* a late line of the old year */
            *log = other_log;
        }
    }
}

/* What was peeked at. `log` is what the line says if line.log is not 0 then. */
static inline void decode(struct reader *r, struct line *l, struct tw_log *log, struct wanted *want)
{
    if (l->year != r->year) /* one of those before it went over New Year */
        peek(r, l, log, r->year, want);
    if (!find_time(r, l, log, want))
        return;
    if (r->options.year == 0) {
        if (tw_before(r->latest, l->time))
            (void)try_year(r, l, log, r->year - 1);
    } else if (tw_time_is_finite(r->last)) {
        int64_t step = tw_time_sub(l->time, r->last).ns;
        if (step < -183 * day || step > 300 * day)
            over_new_year(r, l, log, step);
    }
    r->last = l->time;
}

/* What the core need not read is told apart here, right after it was peeked at, as long as its host is a
 * device's. What begins with a 't' may be a note of an operator. */
static inline void glance(const struct reader *r, struct line *l, const struct tw_log *log)
{
    l->verdict = TW_GLANCE_READ;
    l->forms = NULL;
    if (l->log == 0 || log->relay.present || r->options.rules == NULL || l->p[0] == 't')
        return;
    struct tw_glance g = tw_rules_glance(r->options.rules, log, r->log.name);
    l->verdict = (uint8_t)g.verdict;
    l->forms = g.forms;
    l->key = g.key;
    l->name_at = (uint16_t)(log->module.p - l->p);
    l->name_n = (uint16_t)g.name.n;
}

/* It is not. */
static inline void glance_at_stranger(const struct reader *r, struct line *l, const struct tw_log *log)
{
    l->verdict = TW_GLANCE_READ;
    l->forms = NULL;
    if (l->log != 0 && !log->relay.present && log->relay_host.n == 0 && r->options.rules != NULL &&
        r->options.topology != NULL && l->p[0] != 't')
        l->verdict = TW_GLANCE_STRANGE;
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
        struct tw_str bytes = tw_str_cut(rest, tw_str_find(rest, '\n', 0));
        struct line l = {.p = bytes.p, .n = (uint32_t)bytes.n};
        struct tw_log log;
        struct wanted want;
        peek(r, &l, &log, r->year, &want);
        decode(r, &l, &log, &want);
        if (has_clock(&l))
            r->tail[r->tail_n++ % TAIL_LINES] = (struct clock_line){l.host, l.time.ns, 0};
        rest = tw_str_from(rest, bytes.n + 1);
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

/* Cuts and peeks at the next lines, TOGETHER of them at most; returns how many. */
static size_t peek_on(struct reader *r, struct window *w, struct wanted want[static TOGETHER])
{
    size_t n = 0, room = WINDOW_LINES - w->lines_n;
    struct tw_str bytes;
    while (n < TOGETHER && n < room && cut_line(r, w, &bytes)) {
        struct line *l = &w->lines[w->lines_n + n];
        struct tw_log *log = &w->logs[w->logs_n + n];
        if (w->lines_n + n == 0 && !r->started)
            drop_mark(&bytes);
        l->p = bytes.p;
        l->n = (uint32_t)bytes.n;
        peek(r, l, log, r->year, &want[n]);
        glance(r, l, log);
        n++;
    }
    return n;
}

/* Keeps what a line says, if somebody wants to read it. A relay's line is decoded by the core, once its
 * arrival is known. */
static inline void keep(struct window *w, struct line *l, const struct tw_log *log)
{
    if (l->log == 0 || l->verdict != TW_GLANCE_READ || l->kind == RELAYED) {
        l->log = 0;
        return;
    }
    if (log != &w->logs[w->logs_n])
        w->logs[w->logs_n] = *log;
    l->log = (uint32_t)++w->logs_n;
}

/* Cuts and decodes what the buffer holds; returns how many of the lines have a clock. */
static size_t read_lines(struct reader *r, struct window *w)
{
    struct wanted want[TOGETHER];
    size_t n, measured = 0;
    w->logs_n = 0;
    while ((n = peek_on(r, w, want)) > 0) {
        struct tw_log *log = &w->logs[w->logs_n];
        for (size_t i = 0; i < n; i++) {
            struct line *l = &w->lines[w->lines_n++];
            decode(r, l, &log[i], &want[i]);
            if (l->sender == 0)
                glance_at_stranger(r, l, &log[i]);
            if (has_clock(l))
                r->measure[measured++] = (struct clock_line){l->host, l->time.ns, 0};
            keep(w, l, &log[i]);
        }
    }
    return measured;
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
