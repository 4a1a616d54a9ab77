/* SPDX-License-Identifier: ISC */
#ifndef TW_FUZZ_WATCH_H
#define TW_FUZZ_WATCH_H
/*
 * What must hold of everything that leaves the core, whatever went in: contract 3, held against each
 * transition.
 */
#include "base/buf.h"
#include "pipeline/pipeline.h"

enum { WATCH_OPEN_MAX = 4096 };

struct watch {
    uint64_t seq, raised, cleared;
    size_t open_n;
    struct watch_alert {
        char id[TW_ALERT_ID];
        tw_time since, raised;
        uint32_t number;
        bool acknowledged, silenced;
        char about[160]; /* condition, pair, E-Trunk, device, trunk */
    } open[WATCH_OPEN_MAX];
    struct tw_buf json; /* all of it, as the outputs get it */
};

/* Looks at what came out since the last call, and takes it away. `now`: nothing may have happened later.
 * `renamed`: an inventory was swapped since, so an alert may be about the same things under other names from
 * now on. */
void watch_collect(struct watch *w, struct tw_pipeline *p, tw_time now, bool renamed);
/* received = events + all the others; what is open is what was raised and not cleared. */
void watch_counters(const struct watch *w, const struct tw_pipeline *p);
/* What was not understood adds up and can be shown; it goes to the rest of what came out. */
void watch_unknown(struct watch *w, struct tw_pipeline *p);
void watch_finish(struct watch *w);

/* UTF-8 that a terminal can show. `lines`: newlines and tabs are fine. */
bool watch_printable(struct tw_str s, bool lines);

#endif
