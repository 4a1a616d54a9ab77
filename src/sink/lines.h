/* SPDX-License-Identifier: ISC */
#ifndef TW_SINK_LINES_H
#define TW_SINK_LINES_H
/* Text on its way to a file descriptor that may not take it at once. */
#include "base/buf.h"
#include "sink/sink.h"

struct tw_lines {
    struct tw_buf text;
    size_t done;      /* of it, already written */
    uint64_t written; /* of everything ever taken */
    uint64_t *ends;   /* where each transition that waits ends, counted like `written` */
    size_t ends_n, ends_cap, ends_first;
};

/* Counts in `stats`. */
void tw_lines_add(struct tw_lines *l, struct tw_str text, struct tw_sink_stats *stats);
/* Writes without waiting; sets stats->failing. fd < 0: nothing can be written (EBADF is not a new failure).
 */
void tw_lines_write(struct tw_lines *l, int fd, struct tw_sink_stats *stats);
/* The next write goes elsewhere: a line that was written in part is written there whole. */
void tw_lines_rewind(struct tw_lines *l);
void tw_lines_finish(struct tw_lines *l);
void tw_lines_failed(struct tw_sink_stats *stats, int why);

#endif
