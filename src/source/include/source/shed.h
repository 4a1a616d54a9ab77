/* SPDX-License-Identifier: ISC */
#ifndef TW_SOURCE_SHED_H
#define TW_SOURCE_SHED_H
/*
 * What is put aside in a storm: a token bucket for each source, asked only while the daemon is behind. No
 * clock, socket or log here: time is the caller's.
 *
 * A source that is over its rate loses noise first: what no rule is about. Only what is taken costs a token,
 * so what is left counts against the same rate: a whole burst further down, messages that matter less go as
 * well, and TW_SHED_DEPTH bursts down everything. Once it is being shed a source has half a burst to save
 * before its noise is heard again. While the last eighth of the buffer is in use, noise goes whoever sent it.
 */
#include "base/map.h"
#include "model/loss.h"
#include "model/record.h"

enum {
    TW_SHED_SOURCES = 4096,
    TW_SHED_DEPTH = 8,
    TW_SHED_NOTE_MS = 1000,           /* from one note of a source to its next */
    TW_SHED_KEPT_MS = 24 * 3600000,   /* a row nobody asks about is given up */
    TW_SHED_KEPT_FULL_MS = 10 * 60000 /* the same, when another source needs its place */
};

struct tw_shed_row {
    struct tw_addr from;
    int64_t tokens;  /* thousandths of a message */
    int64_t then_ms; /* when they were counted */
    bool storm;      /* its noise is shed until it has saved half a burst */
    uint64_t shed[TW_CLASSES];
    uint64_t untold;    /* messages that a rule is about, since the core was last told */
    uint64_t untold_of; /* bit i: some of those came to input i (modulo 64) */
    int64_t told_ms;    /* when that was; 0: never */
};
struct tw_shed {
    uint64_t rate, burst; /* messages a second; messages. rate 0: nothing is ever shed */
    struct tw_shed_row *rows;
    uint32_t n;
    struct tw_map map;
    struct tw_shed_row others; /* those that found no room; and what rows that were given up have counted */
    struct tw_shed_row strangers; /* all that nobody would have listened to: never told */
    bool untold, due;             /* some row is to be told; now */
    int64_t swept_ms;
};

/* How full a socket's buffer is, and whether that means to be behind: from a half on, until less than an
 * eighth. */
struct tw_shed_pressure {
    bool behind, full;
};
void tw_shed_measure(struct tw_shed_pressure *p, uint64_t used, uint64_t size);

/* Other limits from now on; what was counted stays. */
void tw_shed_limit(struct tw_shed *s, uint64_t rate, uint64_t burst);

/* Whose message it is. */
struct tw_shed_source {
    enum { TW_SHED_STRANGER, TW_SHED_KNOWN } who;
    const struct tw_addr *from; /* KNOWN; NULL: not told apart */
    uint32_t input;
};
/* While the socket is behind. True when this message is to be put aside, which is counted. */
bool tw_shed_takes(struct tw_shed *s, const struct tw_shed_source *of, enum tw_class c, bool full,
                   int64_t now_ms);

/* What was put aside and not told yet, exactly once: a note a source and second, at once after a quiet one.
 * `from` NULL: of somebody known. A source that was shed on several inputs has a note for each, and how many
 * were on which of them is a guess. */
typedef void tw_shed_note(void *ctx, uint32_t input, uint64_t count, const struct tw_addr *from);
/* `all`: also what is not due, at the end. Gives up rows that nobody has asked about for long. */
void tw_shed_tell(struct tw_shed *s, int64_t now_ms, bool all, tw_shed_note *call, void *ctx);
void tw_shed_finish(struct tw_shed *s);

#endif
