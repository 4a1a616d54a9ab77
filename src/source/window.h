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

struct line {
    struct tw_str bytes;
    enum {
        BARE,
        STAMPED,
        RELAYED
    } kind; /* what its time comes from: nothing, the device's stamp, a relay's */
    int year;
    uint32_t host;
    uint32_t sender; /* 1 + device that has this host name; 0: none has */
    bool measured;   /* enough lines of its host were seen to trust its clock's measure */
    bool decoded;    /* `log` is what it says; else it could not be read */
    tw_time time;    /* STAMPED: corrected, once the clocks are measured */
    struct tw_log log;
};

struct window {
    struct line *lines;
    size_t lines_n; /* 0: there is nothing more, and `fault` may say why */
    bool ended;     /* nothing more can be read */
    tw_err fault;
    uint64_t cut;   /* lines that were too long */
    uint64_t bytes; /* read so far, of the whole input */
    char *buf;
    size_t at, n; /* of buf: what was not yet cut into lines is [at, n) */
};
void window_init(struct window *w);
void window_finish(struct window *w);

struct reader; /* what goes from window to window */
struct reader *reader_create(struct stream *s, const struct tw_replay_source_options *options);
void reader_destroy(struct reader *r);
/* Fills `w` with what follows `before`, which may be the same. */
void reader_fill(struct reader *r, struct window *w, const struct window *before);

#endif
