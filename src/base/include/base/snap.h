/* SPDX-License-Identifier: ISC */
#ifndef TW_BASE_SNAP_H
#define TW_BASE_SNAP_H
/*
 * One description of a state for both directions: the same calls write it as bytes or read it back. A
 * reader's error latches: after it, every value reads as 0 and `bad` is set; test once, at the end.
 */
#include "base/buf.h"
#include "base/time.h"

struct tw_snap {
    struct tw_buf *out; /* writing, when not NULL */
    struct tw_str in;
    bool bad;
};

static inline bool tw_snap_writing(const struct tw_snap *s)
{
    return s->out != NULL;
}
void tw_snap_u64(struct tw_snap *s, uint64_t *v);
void tw_snap_i64(struct tw_snap *s, int64_t *v);
void tw_snap_u32(struct tw_snap *s, uint32_t *v);
void tw_snap_bool(struct tw_snap *s, bool *v);
void tw_snap_time(struct tw_snap *s, tw_time *t);
void tw_snap_dur(struct tw_snap *s, tw_dur *d);
/* Reading: *v borrows from the input. */
void tw_snap_str(struct tw_snap *s, struct tw_str *v);
/* An enum of at most `max` values. */
uint32_t tw_snap_enum(struct tw_snap *s, uint32_t v, uint32_t max);
/* A mark that must stand here: finds a reader and a writer that disagree. */
void tw_snap_mark(struct tw_snap *s, uint32_t mark);

#endif
