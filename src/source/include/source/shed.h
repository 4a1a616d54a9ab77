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

enum { TW_SHED_SOURCES = 4096, TW_SHED_DEPTH = 8 };

struct tw_shed_row {
    struct tw_addr from;
    int64_t tokens;  /* thousandths of a message */
    int64_t then_ms; /* when they were counted */
    bool storm;      /* its noise is shed until it has saved half a burst */
    uint64_t shed[TW_CLASSES];
    uint64_t untold; /* messages that a rule is about, since the core was last told */
};
struct tw_shed {
    uint64_t rate, burst; /* messages a second; messages. rate 0: nothing is ever shed */
    struct tw_shed_row *rows;
    uint32_t n;
    struct tw_map map;
    struct tw_shed_row others; /* all that are not told apart, and those that found no room */
    bool untold;
};

/* How full a socket's buffer is, and whether that means to be behind: from a half on, until less than an
 * eighth. */
struct tw_shed_pressure {
    bool behind, full;
};
void tw_shed_measure(struct tw_shed_pressure *p, uint64_t used, uint64_t size);

/* Other limits from now on; what was counted stays. */
void tw_shed_limit(struct tw_shed *s, uint64_t rate, uint64_t burst);
/* While the socket is behind; from NULL: of one that is not told apart. True when this message is to be put
 * aside, which is counted. */
bool tw_shed_takes(struct tw_shed *s, const struct tw_addr *from, enum tw_class c, bool full, int64_t now_ms);
void tw_shed_finish(struct tw_shed *s);

#endif
