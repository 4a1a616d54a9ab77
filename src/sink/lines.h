/* SPDX-License-Identifier: ISC */
#ifndef TW_SINK_LINES_H
#define TW_SINK_LINES_H
/*
 * Transitions as lines on their way to a file descriptor that may not take them at once: a pipe that is full,
 * a disk. A line that was written in part is finished where it was begun, or written whole elsewhere.
 */
#include "sink/sink.h"

struct event;

struct tw_lines {
    struct tw_sink *sink;
    bool as_text; /* for people; else JSON */
    struct tw_buf text;
    size_t *ends; /* of each item in `text` */
    size_t n, cap;
    size_t done; /* bytes of `text` that are written */
    size_t torn; /* bytes of the first item that are written, from a try before */
    int fd;
    bool failed; /* the last try ended early */
    struct event *writable;
};

/* The rows that every sink of lines has. */
#define TW_LINES_FORMAT                                                                                      \
    {                                                                                                        \
        .name = "format", .kind = TW_SETTING_WORD, .preset = "json", .words = tw_lines_formats,              \
        .help = "json: a line of JSON each; text: a block of lines for people."                              \
    }
extern const char *const tw_lines_formats[];

/* Sends to fd, and ends with tw_sink_done. */
void tw_lines_send(struct tw_lines *l, int fd, const struct tw_item *const *items, size_t n);
/* It has begun and waits. */
bool tw_lines_waits(const struct tw_lines *l);
/* Ends it: what is written is done. */
void tw_lines_stop(struct tw_lines *l, const char *why);
void tw_lines_finish(struct tw_lines *l);

#endif
