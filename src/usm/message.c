/* SPDX-License-Identifier: ISC */
#include "usm/message.h"

#include "decode/ber.h"

enum { VERSION_3 = 3, SIZE_MIN = 484, RESPONSE = 0xA2 };

static void read_global(struct ber *b, struct usm_header *h, int32_t *model)
{
    size_t from, end = tw_ber_enter(b, BER_SEQUENCE);
    from = b->at;
    h->id = tw_ber_int(b);
    if (tw_ber_int(b) < SIZE_MIN || h->id < 0)
        tw_ber_fail(b, BER_BAD, from);
    from = b->at;
    struct tw_str flags = tw_ber_take(b, BER_STRING);
    if (flags.n != 1)
        tw_ber_fail(b, BER_BAD, from);
    else
        h->flags = (uint8_t)flags.p[0];
    *model = tw_ber_int(b);
    tw_ber_leave(b, end);
}

static void read_security(struct ber *b, struct usm_header *h)
{
    size_t end = tw_ber_enter(b, BER_STRING), from = b->at;
    size_t inner = tw_ber_enter(b, BER_SEQUENCE);
    h->engine = tw_ber_take(b, BER_STRING);
    h->boots = tw_ber_int(b);
    h->time = tw_ber_int(b);
    h->user = tw_ber_take(b, BER_STRING);
    h->auth = tw_ber_take(b, BER_STRING);
    h->auth_at = b->at - h->auth.n;
    h->priv = tw_ber_take(b, BER_STRING);
    tw_ber_leave(b, inner);
    tw_ber_leave(b, end);
    if (h->engine.n > USM_ID_MAX || h->user.n > USM_ID_MAX || h->boots < 0 || h->time < 0)
        tw_ber_fail(b, BER_BAD, from);
}

enum usm_form usm_header_read(struct tw_str message, struct usm_header *out)
{
    struct ber reader = tw_ber_open(message), *b = &reader;
    int32_t model = USM_MODEL;
    *out = (struct usm_header){0};
    size_t end = tw_ber_enter(b, BER_SEQUENCE);
    if (b->state == BER_FINE && b->end != message.n)
        tw_ber_fail(b, BER_BAD, b->end);
    if (tw_ber_int(b) != VERSION_3)
        tw_ber_fail(b, BER_BAD, b->at);
    read_global(b, out, &model);
    if (b->state == BER_FINE && model != USM_MODEL)
        return USM_FORM_MODEL; /* whose parameters look otherwise */
    read_security(b, out);
    size_t from = b->at;
    if ((out->flags & USM_FLAG_PRIV) != 0) {
        out->data = tw_ber_take(b, BER_STRING);
    } else {
        (void)tw_ber_take(b, BER_SEQUENCE);
        out->data = b->state == BER_FINE ? tw_str_of(message.p + from, b->at - from) : (struct tw_str){0};
    }
    tw_ber_leave(b, end);
    if (b->state != BER_FINE)
        return USM_FORM_BROKEN;
    return (out->flags & (USM_FLAG_AUTH | USM_FLAG_PRIV)) == USM_FLAG_PRIV ? USM_FORM_LEVEL : USM_FORM_OK;
}

bool usm_scoped_read(struct tw_str bytes, size_t slack, struct usm_scoped *out)
{
    struct ber reader = tw_ber_open(bytes), *b = &reader;
    (void)tw_ber_enter(b, BER_SEQUENCE);
    if (b->state == BER_FINE && bytes.n - b->end > slack)
        return false;
    out->engine = tw_ber_take(b, BER_STRING);
    out->name = tw_ber_take(b, BER_STRING);
    out->tag = tw_ber_peek(b);
    size_t from = b->at;
    (void)tw_ber_take(b, out->tag);
    out->pdu = tw_str_of(bytes.p + from, b->at - from);
    return b->state == BER_FINE && b->at == b->end;
}

bool usm_pdu_read(struct tw_str pdu, struct usm_pdu *out)
{
    struct ber reader = tw_ber_open(pdu), *b = &reader;
    (void)tw_ber_enter(b, tw_ber_peek(b));
    size_t from = b->at;
    (void)tw_ber_int(b);
    out->request_id = tw_str_of(pdu.p + from, b->at - from);
    (void)tw_ber_int(b);
    (void)tw_ber_int(b);
    from = b->at;
    (void)tw_ber_take(b, BER_SEQUENCE);
    out->varbinds = tw_str_of(pdu.p + from, b->at - from);
    return b->state == BER_FINE && b->at == b->end && b->end == pdu.n;
}

/* ---- writing ---- */

void usm_put(struct usm_out *o, struct tw_str s)
{
    if (o->full || s.n > o->at) {
        o->full = true;
        return;
    }
    o->at -= s.n;
    if (s.n > 0)
        memcpy(o->bytes + o->at, s.p, s.n);
}

static void put_byte(struct usm_out *o, uint32_t v)
{
    char c = (char)(v & 0xff);
    usm_put(o, tw_str_of(&c, 1));
}

void usm_wrap(struct usm_out *o, int tag, size_t end)
{
    size_t n = end - o->at;
    if (n < 0x80) {
        put_byte(o, (uint32_t)n);
    } else {
        uint32_t count = 0;
        for (size_t rest = n; rest > 0; rest >>= 8, count++)
            put_byte(o, (uint32_t)rest);
        put_byte(o, 0x80 | count);
    }
    put_byte(o, (uint32_t)tag);
}

void usm_put_number(struct usm_out *o, int tag, int64_t v)
{
    size_t end = o->at;
    int64_t rest = v;
    do {
        put_byte(o, (uint32_t)(rest & 0xff));
        rest >>= 8;
    } while ((rest != 0 && rest != -1) || (!o->full && ((o->bytes[o->at] & 0x80) != 0) != (rest == -1)));
    usm_wrap(o, tag, end);
}

void usm_put_int(struct usm_out *o, int32_t v)
{
    usm_put_number(o, BER_INTEGER, v);
}

void usm_put_counter(struct usm_out *o, uint32_t v)
{
    usm_put_number(o, BER_COUNTER32, v);
}

void usm_put_string(struct usm_out *o, struct tw_str s)
{
    size_t end = o->at;
    usm_put(o, s);
    usm_wrap(o, BER_STRING, end);
}

void usm_put_response(struct usm_out *o, const struct usm_pdu *to)
{
    size_t end = o->at;
    usm_put(o, to->varbinds);
    usm_put_int(o, 0);
    usm_put_int(o, 0);
    usm_put(o, to->request_id);
    usm_wrap(o, RESPONSE, end);
}
