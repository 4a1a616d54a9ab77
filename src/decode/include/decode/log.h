/* SPDX-License-Identifier: ISC */
#ifndef TW_DECODE_LOG_H
#define TW_DECODE_LOG_H
/*
 * Syslog bytes -> VRP log message (domain.md 2): every header form of VRP8 and VRP5, also behind a relay's
 * header in RFC 3164, RFC 5424 or RFC 3339 shape, with or without <PRI>.
 *
 * How: the tag "%%ddMODULE/SEV/BRIEF" is found first; the device's own stamp and host name are read backwards
 * from it; what is left in front is a relay's. Pure; allocates nothing; slices borrow from the bytes. Limits:
 * TW_LOG_MAX bytes; longer messages are cut there and decoded (the cut is reported).
 */
#include "model/message.h"

enum { TW_LOG_MAX = 16384, TW_LOG_DATE = 11 };
enum { TW_LOG_RELAY_TAG = 32 }; /* bytes that a relay of RFC 3164 leaves of a tag */

enum tw_log_fault {
    TW_LOG_OK,
    TW_LOG_EMPTY,   /* nothing but blanks */
    TW_LOG_BINARY,  /* a NUL or another control byte inside the tag or header */
    TW_LOG_NO_TAG,  /* no %%dd tag: not a VRP message */
    TW_LOG_BAD_TAG, /* a tag that is cut short, or without MODULE/SEV/BRIEF */
    TW_LOG_FAULTS
};
const char *tw_log_fault_name(enum tw_log_fault f);

/* `year` is used for stamps without a year; 0: the year that brings the stamp nearest to `near` (which may be
 * TW_TIME_MIN: then such a stamp counts as absent). On a fault *offset is the byte where it was seen; else it
 * is 0, or TW_LOG_MAX when the message was cut there. */
enum tw_log_fault tw_log_decode(struct tw_str bytes, int year, tw_time near, struct tw_log *out,
                                size_t *offset);

/* A tag that was read before, and what its reader has found out of it since. */
enum { TW_LOG_NAMES = 256, TW_LOG_NAME = 64 };
struct tw_log_name {
    uint8_t n; /* 0: none is here yet */
    uint8_t module_n, brief_n;
    char text[TW_LOG_NAME];  /* "MODULE/SEV/BRIEF(", n bytes */
    struct tw_glance glance; /* all but its `name`; decode does not look at it */
};

/* For many messages, one after the other. What it remembers makes no difference but in time. */
struct tw_log_reader {
    int year;
    tw_time near;
    struct tw_log_name *names; /* TW_LOG_NAMES of them, the caller's, zeroed at first; NULL: remember none */
    struct tw_log_name *name;  /* of the message read last; NULL: it is not one of them */
    /* The date read last, and when that day began: of most messages it is the same. */
    char date[TW_LOG_DATE];
    tw_time midnight;
};
/* It begins with a date that is as true as any. */
#define TW_LOG_READER(year, near)                                                                            \
    {                                                                                                        \
        (year), (near), NULL, NULL, "Jan  1 1970",                                                           \
        {                                                                                                    \
            0                                                                                                \
        }                                                                                                    \
    }

/* What tw_log_decode does, but without a look behind the tag, which is all that is needed of a message that
 * no rule is about: `text` is all that is there, `fields` is empty, until tw_log_split has told them apart.
 */
enum tw_log_fault tw_log_peek(struct tw_log_reader *reader, struct tw_str bytes, struct tw_log *out,
                              size_t *offset);
void tw_log_split(struct tw_log *log);

/* The moment a stamp means. offset_utc: its digits are UTC and the offset is only information
 * (domain.md 2.2). */
tw_time tw_stamp_time(const struct tw_stamp *s, bool offset_utc);

/*
 * Walks the "(k=v, k=v)" list at the end of TEXT (domain.md 2.1): blanks around '=' vary, values may hold
 * commas, quotes, brackets and '=', keys may hold blanks ("User name"). Also "Key=value" lists without
 * parentheses. Values come without the quotes around them and without one '.' at their end. A list that is
 * not closed was cut short on its way: its last value is left out, as half a name is a name too.
 */
struct tw_kv {
    struct tw_str rest;
    size_t eq; /* the '=' in `rest` behind the next key; 0: not looked for yet */
    bool torn; /* the list is not closed */
    struct tw_str key, value;
};
void tw_kv_init(struct tw_kv *it, struct tw_str text);
bool tw_kv_next(struct tw_kv *it);

/* What a text had around its values. The next text of the same message nearly always differs in these alone.
 */
enum { TW_KV_SHAPE_PAIRS = 8, TW_KV_SHAPE_TEXT = 220 };
struct tw_kv_shape {
    uint8_t pairs; /* 0: nothing is known yet */
    struct tw_kv_piece {
        uint8_t n;             /* up to the '=' in front of a value, from the value before */
        uint8_t key_at, key_n; /* in it */
    } piece[TW_KV_SHAPE_PAIRS];
    char text[TW_KV_SHAPE_TEXT]; /* all pieces */
};
/* The first `max` pairs at once; returns how many there are. `shape` is that of the text of before, and
 * becomes this one's: it makes no difference but in time. */
struct tw_kv_pair {
    struct tw_str key, value;
};
size_t tw_kv_all(struct tw_str text, struct tw_kv_shape *shape, struct tw_kv_pair *out, size_t max);

#endif
