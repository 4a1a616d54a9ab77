/* SPDX-License-Identifier: ISC */
#ifndef TW_SINK_HOLDER_H
#define TW_SINK_HOLDER_H
/*
 * What outputs to a receiver that holds states have in common. A transition becomes the state of its object.
 * What is bad is sent again before its time to live is over, what has become good for a quarter of an hour;
 * an object of our own tells that we are alive. One at a time. When the receiver fails, the next round goes
 * on behind the object where it did: what fails for one holds up no other for ever.
 */
#include "sink/sink.h"
#include "states.h"

struct event;

/* Rows of the settings, in this order. */
enum { TW_HOLDER_HOST, TW_HOLDER_SERVICE, TW_HOLDER_TTL, TW_HOLDER_ALIVE, TW_HOLDER_ROWS };
#define TW_HOLDER_SET_HOST                                                                                   \
    {                                                                                                        \
        .name = "host", .kind = TW_SETTING_TEXT, .preset = "\"{pair}\"",                                     \
        .help = "The host of an alert, as the receiver knows it; {pair}, {condition}, {device}, {peer}, "    \
                "{trunk} and {e-trunk} stand for the alert's own."                                           \
    }
#define TW_HOLDER_SET_SERVICE                                                                                \
    {                                                                                                        \
        .name = "service", .kind = TW_SETTING_TEXT, .preset = "\"{condition}\"",                             \
        .help = "Its service, likewise."                                                                     \
    }
#define TW_HOLDER_SET_TTL                                                                                    \
    {                                                                                                        \
        .name = "ttl", .kind = TW_SETTING_TIME, .preset = "5m", .least = 3000000000, .most = 86400000000000, \
        .help = "How long a problem, and the sign of life, counts without being sent again; they are sent "  \
                "three times as often. 3s to 1d."                                                            \
    }
#define TW_HOLDER_SET_ALIVE                                                                                  \
    {                                                                                                        \
        .name = "alive", .kind = TW_SETTING_TEXT,                                                            \
        .help = "HOST!SERVICE of a service that says: trunkwatch is alive."                                  \
    }

struct tw_holder {
    struct tw_sink sink; /* first, and the holder is first in the output */
    struct tw_states known;
    struct tw_str alive; /* HOST!SERVICE; empty: none */
    int64_t ttl_s;
    /* Begins to send `state`, of that object, or the sign of life (`object` SIZE_MAX), which ends with
     * tw_holder_posted, at once or later. */
    void (*post)(struct tw_sink *s, size_t object, const struct tw_states_view *state);
    struct event *tick;
    int under_way;
    const struct tw_item *item; /* that the outlet wants to be sent */
    bool alive_due, round, going;
    size_t at, left; /* the next object to be sent again; so many of this round */
};

/* The values of the four rows. `banned`, `banned_values`: as in struct tw_states. False after writing why. */
bool tw_holder_set(struct tw_holder *h, const struct tw_setting_value *rows, const char *banned,
                   const char *banned_values, char why[static TW_SINK_WHY]);
/* It is set; a state is sent from the next turn of the loop on, by `post`. Returns its sink. */
struct tw_sink *tw_holder_start(struct tw_holder *h, struct event_base *base,
                                void (*post)(struct tw_sink *s, size_t object,
                                             const struct tw_states_view *state));
/* The sink's send, in batches of one. */
void tw_holder_send(struct tw_sink *s, const struct tw_item *const *items, size_t n);
void tw_holder_posted(struct tw_holder *h, enum tw_sent sent, const char *why);
void tw_holder_finish(struct tw_holder *h);

#endif
