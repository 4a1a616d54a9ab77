/* SPDX-License-Identifier: ISC */
#ifndef TW_SOURCE_INPUT_H
#define TW_SOURCE_INPUT_H
/*
 * What a replay source merges: one input, which is a text log or a capture. Both hand out records whose rx
 * never goes back.
 */
#include "source/source.h"
#include "stream.h"

struct text;    /* text.c */
struct capture; /* capture.c */

/* Takes over the stream (by address: it must stay where it is). May start one of *threads threads, which it
 * has then until it is destroyed. */
struct text *text_create(struct stream *s, const struct tw_replay_source_options *options,
                         struct tw_source_stats *stats, unsigned *threads);
/* Sets what differs from record to record; `out` is zeroed at first, and the same each time. TW_ENOENT: the
 * end. On TW_EIO and TW_EFORMAT the stream's `why` says what happened; nothing more will come.
 */
tw_err text_next(struct text *t, struct tw_record *out);
uint64_t text_bytes(const struct text *t); /* read of the input for what was handed out so far */
void text_destroy(struct text *t);

bool capture_is(const unsigned char *head, size_t n);
/* NULL: the stream's `why` is set. */
struct capture *capture_create(struct stream *s, struct tw_source_stats *stats);
tw_err capture_next(struct capture *c, struct tw_record *out);
void capture_destroy(struct capture *c);

#endif
