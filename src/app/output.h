/* SPDX-License-Identifier: ISC */
#ifndef TW_APP_OUTPUT_H
#define TW_APP_OUTPUT_H
/*
 * Standard output in large pieces, and progress on a terminal.
 */
#include "base/buf.h"
#include "source/source.h"

/* Results collect in `text`; tw_output_flush writes them. A write that failed is told once, on stderr. */
struct tw_output {
    struct tw_buf text;
    bool failed;
    bool asked, terminal; /* whether standard output is a terminal, once that was asked */
};
/* After each result: writes when enough has come together, or at once to a terminal. */
void tw_output_step(struct tw_output *o);
/* Writes the rest. False: something could not be written. */
bool tw_output_finish(struct tw_output *o);

/* Shows how far a source has been read; does nothing unless stderr is a terminal. */
struct tw_progress {
    bool on, shown;
    uint64_t calls;
    int64_t next_ms;
};
void tw_progress_init(struct tw_progress *p);
void tw_progress_show(struct tw_progress *p, const struct tw_replay_source *s);
/* For each record: most have nobody who looks. */
static inline void tw_progress_step(struct tw_progress *p, const struct tw_replay_source *s)
{
    if (p->on)
        tw_progress_show(p, s);
}
void tw_progress_finish(struct tw_progress *p);

#endif
