/* SPDX-License-Identifier: ISC */
#ifndef TW_SOURCE_FRAMING_H
#define TW_SOURCE_FRAMING_H
/*
 * Syslog messages out of a byte stream (RFC 6587): bytes in, messages out. No clock, socket or allocation.
 *
 * How a sender frames is told once, by its first bytes: "123 <" is octet counting, anything else is messages
 * that end with LF or NUL. A message over the limit is cut there and counted; its rest is passed over, and
 * the next one is heard. A count must be followed by '<': after one that lies the reader looks for the next
 * "123 <" and counts what it passes over.
 */
#include "base/str.h"

enum {
    TW_FRAMING_DIGITS = 10,         /* of a first count: with more it is none */
    TW_FRAMING_COUNT_MAX = 1 << 20, /* what no sender means: not believed */
    TW_FRAMING_MIN = 64             /* the least limit: a header fits */
};

enum tw_framing_mode { TW_FRAMING_UNKNOWN, TW_FRAMING_LINES, TW_FRAMING_COUNTED };

/* messages: handed out, those that were cut included. errors: counts that could not be believed. skipped:
 * bytes after such a one, until a frame began. */
struct tw_framing_stats {
    uint64_t messages, cut, errors, skipped;
};

struct tw_framing {
    enum tw_framing_mode mode;
    char *bytes; /* the caller's, `max` of them: an unfinished message */
    size_t max, n;
    bool over; /* its first `max` bytes were handed out, the rest is passed over */
    bool lost; /* counted: looking for a frame */
    enum { TW_FRAMING_AT_COUNT, TW_FRAMING_AT_DIGIT, TW_FRAMING_AT_MARK, TW_FRAMING_AT_MESSAGE } at;
    uint64_t count, left; /* counted: of this message; of it, still to come */
    uint64_t digits;
    struct tw_framing_stats stats;
};

/* `bytes` has room for `max` bytes (at least TW_FRAMING_MIN), and is used until the last call. */
void tw_framing_init(struct tw_framing *f, char *bytes, size_t max);

/* A message, never empty, borrowed for the call; the call must not come back here. */
typedef void tw_framing_message(void *ctx, struct tw_str message);
/* All of `in` is taken; a cut into pieces changes nothing. */
void tw_framing_feed(struct tw_framing *f, struct tw_str in, tw_framing_message *call, void *ctx);
/* The sender has ended the stream in order: what is without a terminator is the last message. False: a
 * counted message was not complete, and is not handed out. */
bool tw_framing_end(struct tw_framing *f, tw_framing_message *call, void *ctx);
/* Something is begun and not finished. */
bool tw_framing_pending(const struct tw_framing *f);
/* … a message that no number tells of yet: not one that was handed out, cut, and not what an error stands
 * for. */
bool tw_framing_untold(const struct tw_framing *f);

#endif
