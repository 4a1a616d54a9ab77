/* SPDX-License-Identifier: ISC */
/* What is sent back: Reports (RFC 3412 7.1, RFC 3414 3.2) and the answers to informs. */
#include "usm_internal.h"

#include "decode/ber.h"
#include "usm/seal.h"

enum { REPORT = 0xA8, OID_LAST = 9 };

int32_t usm_own_time(const struct tw_usm *u, int64_t now_ms)
{
    return (int32_t)((now_ms - u->start_ms) / 1000);
}

static struct tw_str self_str(const struct tw_usm *u)
{
    return tw_str_of((const char *)u->self.bytes, u->self.n);
}

/* Makes a message around the scoped PDU in `o`. `k` NULL: neither digest nor encryption. */
static struct tw_str seal(struct tw_usm *u, struct usm_out *o, struct usm_key *k, bool priv, int64_t now_ms)
{
    const struct usm_header *to = &u->header;
    return usm_seal(o,
                    &(struct usm_envelope){.id = to->id,
                                           .priv = priv,
                                           .engine = self_str(u),
                                           .boots = u->boots,
                                           .time = usm_own_time(u, now_ms),
                                           .user = to->user,
                                           .key = k,
                                           .salt = &u->salt},
                    u->plain);
}

static struct usm_out begin(struct tw_usm *u)
{
    return (struct usm_out){u->answer, sizeof u->answer, sizeof u->answer, false};
}

static const uint8_t report_number[TW_USM_VERDICTS] = {
#define TW_USM(id, name, report, message) report,
#include "source/usm.def"
#undef TW_USM
};

/* The request-id, where it can be read; else 0. */
static struct tw_str request_id(const struct tw_usm *u)
{
    struct usm_scoped scoped;
    struct usm_pdu pdu;
    if ((u->header.flags & USM_FLAG_PRIV) == 0 && usm_scoped_read(u->header.data, 0, &scoped) &&
        usm_pdu_read(scoped.pdu, &pdu))
        return pdu.request_id;
    return TW_STR("\x02\x01\x00");
}

struct tw_str usm_report(struct tw_usm *u, enum tw_usm_verdict v, int64_t now_ms)
{
    char name[] = "\x2b\x06\x01\x06\x03\x0f\x01\x01\x00\x00"; /* usmStats….0 */
    struct usm_out out = begin(u), *o = &out;
    if (report_number[v] == 0 || (u->header.flags & USM_FLAG_REPORTABLE) == 0)
        return (struct tw_str){0};
    name[OID_LAST - 1] = (char)report_number[v];
    usm_put_counter(o, u->counts[v]);
    size_t end = o->at;
    usm_put(o, tw_str_of(name, OID_LAST + 1));
    usm_wrap(o, BER_OID, end);
    usm_wrap(o, BER_SEQUENCE, o->room);
    usm_wrap(o, BER_SEQUENCE, o->room);
    usm_put_int(o, 0);
    usm_put_int(o, 0);
    usm_put(o, request_id(u));
    usm_wrap(o, REPORT, o->room);
    usm_put_string(o, (struct tw_str){0});
    usm_put_string(o, self_str(u));
    usm_wrap(o, BER_SEQUENCE, o->room);
    /* So that our boots and time are believed. */
    struct usm_key *k = v == TW_USM_NOT_IN_TIME ? usm_cache_find(u, u->engine, u->user) : NULL;
    return seal(u, o, k, false, now_ms);
}

struct tw_str tw_usm_respond(struct tw_usm *u, int64_t now_ms)
{
    struct usm_out out = begin(u), *o = &out;
    struct usm_pdu pdu;
    const struct usm_scoped *s = &u->scoped;
    if (!usm_pdu_read(s->pdu, &pdu))
        return (struct tw_str){0};
    usm_put_response(o, &pdu);
    usm_put_string(o, s->name);
    usm_put_string(o, s->engine);
    usm_wrap(o, BER_SEQUENCE, o->room);
    struct usm_key *k = (u->header.flags & USM_FLAG_AUTH) != 0 ? usm_cache_find(u, u->engine, u->user) : NULL;
    return seal(u, o, k, k != NULL && (u->header.flags & USM_FLAG_PRIV) != 0, now_ms);
}

size_t tw_inform_answer(struct tw_str message, uint8_t *out, size_t room)
{
    struct ber reader = tw_ber_open(message), *b = &reader;
    struct usm_out o = {out, room, room, false};
    struct usm_pdu pdu;
    (void)tw_ber_enter(b, BER_SEQUENCE);
    int32_t version = tw_ber_int(b);
    struct tw_str community = tw_ber_take(b, BER_STRING);
    if (version != 1 || tw_ber_peek(b) != BER_INFORM ||
        !usm_pdu_read(tw_str_of(message.p + b->at, b->end - b->at), &pdu))
        return 0;
    usm_put_response(&o, &pdu);
    usm_put_string(&o, community);
    usm_put_int(&o, version);
    usm_wrap(&o, BER_SEQUENCE, room);
    if (o.full)
        return 0;
    memmove(out, out + o.at, room - o.at);
    return room - o.at;
}
