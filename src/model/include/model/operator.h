/* SPDX-License-Identifier: ISC */
#ifndef TW_MODEL_OPERATOR_H
#define TW_MODEL_OPERATOR_H
/*
 * What people do about alerts: take one on (ack), keep what matches quiet until a moment (silence), tell of
 * planned work (maintenance). Each enters the core as a record (TW_TRANSPORT_OPERATOR), so that a replay and
 * a restart know of it too. Its text form is understood as a line of a log file as well:
 *
 *   trunkwatch-operator ack id=0123456789abcdef by=pat why="on my way"
 *   trunkwatch-operator silence by=pat why=spam until=2026-08-08T20:00:00Z pair=metro-* condition=flapping
 *   trunkwatch-operator maintenance by=pat why=upgrade from=2026-08-08T22:00:00Z for=2h every=week
 *       days=sat,sun zone=+02:00 device=pe-a                                            (all in one line)
 *   trunkwatch-operator unack | unsilence | unmaintenance id=… by=… why=…
 *
 * A value with anything but letters, digits and . _ : * / @ + , - stands in double quotes, where \" \\ and
 * \xHH are escapes. A silence or maintenance without id= gets one, made of its line and its time.
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "model/transition.h"

enum {
    TW_OPERATOR_LINE_MAX = 8192,
    TW_OPERATOR_ID = 33,      /* an id: letters, digits, - and _; and NUL */
    TW_OPERATOR_BY_MAX = 128, /* bytes; likewise the next */
    TW_OPERATOR_WHY_MAX = 512,
    TW_OPERATOR_NAME_MAX = 255 /* of what is matched */
};

enum tw_act {
    TW_ACT_ACK,
    TW_ACT_UNACK,
    TW_ACT_SILENCE,
    TW_ACT_UNSILENCE,
    TW_ACT_MAINTENANCE,
    TW_ACT_UNMAINTENANCE,
    TW_ACTS
};

/* Which alerts: all that are given must match. A `*` stands for any text. */
enum tw_matcher {
    TW_MATCHER_PAIR,
    TW_MATCHER_DEVICE, /* for maintenance: also warnings of its peers about it */
    TW_MATCHER_E_TRUNK,
    TW_MATCHER_TRUNK,
    TW_MATCHER_CONDITION,
    TW_MATCHER_SEVERITY,
    TW_MATCHER_SERVICE, /* one of the alert's */
    TW_MATCHERS
};
const char *tw_matcher_name(enum tw_matcher m);
bool tw_glob(struct tw_str pattern, struct tw_str text);

/* When: once, or again every day or week. */
enum tw_every { TW_ONCE, TW_DAILY, TW_WEEKLY };
struct tw_window {
    tw_time from;
    tw_time until; /* TW_TIME_MAX: it recurs for ever */
    enum tw_every every;
    tw_dur lasts;     /* one that recurs */
    uint8_t days;     /* weekly: bit 0 is Monday; 0: the day of `from` */
    int32_t offset_s; /* of the clock that days and nights are counted by; + is east */
};
/* Whether it is open at `t`. *next: when that is to be asked again; TW_TIME_MAX: never. */
bool tw_window_open(const struct tw_window *w, tw_time t, tw_time *next);
/* What a window is about lies before it: the year 2200. */
#define TW_WINDOW_TIME_MAX ((tw_time){INT64_C(7258118400) * 1000000000})
/* "mon,tue": its days. False: it is not that. */
void tw_window_days(uint8_t days, struct tw_buf *out);
bool tw_window_days_parse(struct tw_str s, uint8_t *out);

/* What was done. */
struct tw_operator {
    enum tw_act act;
    char id[TW_OPERATOR_ID];        /* of the alert, silence or window; "": it gets one */
    const char *by, *why;           /* safe to print */
    const char *match[TW_MATCHERS]; /* NULL: not given */
    struct tw_window when;          /* silence: only `until`; `from` is when it was said */
};

/* NULL, or why it is none: half a sentence. Texts are in the arena. */
TW_MUST_CHECK const char *tw_operator_parse(struct tw_str line, struct tw_arena *arena,
                                            struct tw_operator *out);
/* The line begins like one, whatever follows. */
bool tw_operator_is(struct tw_str line);
/* Appends " KEY=VALUE", in quotes when it has to be. */
void tw_operator_add(struct tw_buf *out, const char *key, const char *value);
void tw_operator_text(const struct tw_operator *o, struct tw_buf *out);
/* The id that a silence or window gets when it was said at `at`: "s…", "m…". */
void tw_operator_id(const struct tw_operator *o, tw_time at, char out[static TW_OPERATOR_ID]);

/* A silence or window that the core holds; so many of each. */
enum { TW_STANDING_MAX = 256 };
struct tw_standing {
    enum tw_silence_kind kind;
    char id[TW_OPERATOR_ID];
    char *by, *why;
    char *match[TW_MATCHERS];
    struct tw_window when;
    tw_time said; /* when it was made */
    bool open;    /* in force now */
    tw_time next; /* when that changes */
};

/* How many there are of all this. */
struct tw_people {
    uint64_t silences, windows;
    uint64_t silences_open, windows_open; /* of them, those in force */
    uint64_t acknowledged, silenced;      /* alerts that are open */
};

#endif
