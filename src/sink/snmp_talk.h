/* SPDX-License-Identifier: ISC */
#ifndef TW_SINK_SNMP_TALK_H
#define TW_SINK_SNMP_TALK_H
/*
 * What is said to one receiver of notifications, and what it answers: SNMPv2c (RFC 3416 4.2.6, 4.2.7) and
 * SNMPv3 (RFC 3412, 3414) with traps, where the clock that counts is ours, and informs, where it is the
 * receiver's and has to be learnt. No socket and no clock here.
 *
 * An answer is believed when it fits what was asked last: the community and the request's number; with SNMPv3
 * the message's number, drawn by chance, and the digest, wherever the protocol has one.
 */
#include "sink/item.h"
#include "usm/key.h"
#include "usm/seal.h"

enum {
    SNMP_SIZE_LEAST = 1300,
    SNMP_SIZE_MOST = 8192,
    SNMP_ANSWER_MAX = 2 * SNMP_SIZE_MOST,
    SNMP_STEPS_MAX = 6, /* messages for one notification */
    SNMP_COMMUNITY_MAX = 255
};

struct snmp_talk_options {
    bool v3, inform;
    size_t size;             /* of a message, at most */
    struct tw_str community; /* borrowed */
    struct tw_usm_user user; /* with its keys */
    enum tw_security level;  /* SNMPv3 */
    struct tw_usm_id self;   /* our engine */
    int32_t boots;
    int64_t start_ms; /* what our time counts from */
};

struct snmp_talk {
    struct snmp_talk_options options;
    struct usm_crypto crypto;
    /* The engine whose clock counts; n = 0: not known yet. */
    struct tw_usm_id engine;
    int32_t boots, time;
    int64_t at_ms; /* when its time was that */
    struct usm_key key;
    bool has_key;
    uint64_t salt;
    /* the notification in hand */
    const struct tw_transition *transition; /* borrowed, from begin to the end */
    int32_t request_id, message_id;
    bool discovering;
    int steps;
    uint8_t message[SNMP_SIZE_MOST], scratch[SNMP_ANSWER_MAX + 16];
};

void snmp_talk_init(struct snmp_talk *t, const struct snmp_talk_options *o);
void snmp_talk_finish(struct snmp_talk *t);

/* The next notification. Sent again, it has the same `request_id`. */
void snmp_talk_begin(struct snmp_talk *t, const struct tw_transition *transition, int32_t request_id);
/* The message to be sent now; valid until the next call. Empty: it does not fit. */
struct tw_str snmp_talk_message(struct snmp_talk *t, int64_t now_ms);

enum snmp_said {
    SNMP_SAID_NOTHING, /* no answer to us: go on waiting */
    SNMP_SAID_MORE,    /* the next message is due */
    SNMP_SAID_OK,
    SNMP_SAID_NO,   /* not now: `why` */
    SNMP_SAID_NEVER /* not this notification: `why` */
};
enum snmp_said snmp_talk_answer(struct snmp_talk *t, struct tw_str bytes, int64_t now_ms, const char **why);

#endif
