/* SPDX-License-Identifier: ISC */
#ifndef TW_SOURCE_WINDOW_H
#define TW_SOURCE_WINDOW_H
/*
 * A text log is read in windows: as many lines as fit the buffer are decoded, the clocks are measured over
 * all of them, then they are handed out. Lines are slices of the window's buffer; nothing is copied.
 *
 * Windows follow each other: each takes over the torn line at the end of the one before. All that is known at
 * a line stands in its window, so the next one may be read while this one is handed out (ahead.h).
 */
#include "model/message.h"
#include "source/source.h"
#include "stream.h"

/* Small: all of it goes from one core's cache to another's. */
struct line {
    const char *p;
    uint32_t n;
    uint32_t host;
    uint32_t sender; /* 1 + device that has this host name; 0: none has */
    uint32_t log;    /* 1 + index in the window's logs, what it says; 0: it can't be read, or need not be */
    tw_time time;    /* STAMPED: corrected, once the clocks are measured */
    const struct tw_event_form *forms; /* of its glance, which these are; READ and NULL: there is none */
    uint64_t key;
    uint16_t name_at, name_n;
    uint8_t verdict;
    uint8_t kind;  /* what its time comes from: */
    bool measured; /* enough lines of its host were seen to trust its clock's measure */
    int16_t year;
};
enum line_kind { BARE, STAMPED, RELAYED }; /* nothing, the device's stamp, a relay's */
_Static_assert(sizeof(struct line) <= 64, "a line of the cache");

/* What two cores write to must not share a line of their caches, nor be beside each other. */
enum { WINDOW_APART = 128 };

struct window {
    char before[WINDOW_APART];
    struct line *lines;
    size_t lines_n;      /* 0: there is nothing more, and `fault` may say why */
    struct tw_log *logs; /* of some of the lines, by line.log */
    size_t logs_n;
    bool ended; /* nothing more can be read */
    tw_err fault;
    uint64_t cut;   /* lines that were too long */
    uint64_t bytes; /* read so far, of the whole input */
    char *buf;
    size_t at, n; /* of buf: what was not yet cut into lines is [at, n) */
    char behind[WINDOW_APART];
};
struct window *window_create(void);
void window_destroy(struct window *w);

struct reader; /* what goes from window to window */
struct reader *reader_create(struct stream *s, const struct tw_replay_source_options *options);
void reader_destroy(struct reader *r);
/* Fills `w` with what follows `before`, which may be the same. */
void reader_fill(struct reader *r, struct window *w, const struct window *before);

#endif
