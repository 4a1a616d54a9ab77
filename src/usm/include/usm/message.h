/* SPDX-License-Identifier: ISC */
#ifndef TW_USM_MESSAGE_H
#define TW_USM_MESSAGE_H
/*
 * The form of SNMPv3 messages (RFC 3412 6, RFC 3414 2.4): read by our own bounded reader, and written. No
 * keys here.
 */
#include "base/str.h"

enum { USM_FLAG_AUTH = 1, USM_FLAG_PRIV = 2, USM_FLAG_REPORTABLE = 4, USM_ID_MAX = 32, USM_MODEL = 3 };

/* Slices borrow from the message. */
struct usm_header {
    int32_t id, boots, time;
    uint8_t flags;
    struct tw_str engine, user, auth, priv; /* contents of the security parameters */
    size_t auth_at;                         /* where the digest stands in the message */
    struct tw_str data;                     /* the scoped PDU; with USM_FLAG_PRIV: its encrypted form */
};

enum usm_form { USM_FORM_OK, USM_FORM_BROKEN, USM_FORM_MODEL, USM_FORM_LEVEL };
enum usm_form usm_header_read(struct tw_str message, struct usm_header *out);

struct usm_scoped {
    struct tw_str engine, name; /* the context */
    struct tw_str pdu;          /* the whole element; not looked into */
    int tag;                    /* of the PDU */
};
/* `slack`: as many bytes may follow, of a last block that was filled up. */
bool usm_scoped_read(struct tw_str bytes, size_t slack, struct usm_scoped *out);

/* The parts of a notification that an answer needs. Varbinds: the whole list. */
struct usm_pdu {
    struct tw_str request_id, varbinds; /* whole elements */
};
bool usm_pdu_read(struct tw_str pdu, struct usm_pdu *out);

/* Written from its end to its front, so that every length is known when it is needed. */
struct usm_out {
    uint8_t *bytes;
    size_t room, at; /* what is written: bytes[at .. room) */
    bool full;
};
void usm_put(struct usm_out *o, struct tw_str s);
void usm_put_int(struct usm_out *o, int32_t v);
/* Any of the types that are written as a number. */
void usm_put_number(struct usm_out *o, int tag, int64_t v);
void usm_put_counter(struct usm_out *o, uint32_t v);
void usm_put_string(struct usm_out *o, struct tw_str s);
/* Makes an element of what was written since the end stood at `end`. */
void usm_wrap(struct usm_out *o, int tag, size_t end);
/* A Response-PDU to this one. */
void usm_put_response(struct usm_out *o, const struct usm_pdu *to);

#endif
