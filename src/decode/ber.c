/* SPDX-License-Identifier: ISC */
#include "decode/ber.h"

struct ber tw_ber_open(struct tw_str bytes)
{
    return (struct ber){.bytes = (const uint8_t *)bytes.p, .end = bytes.n};
}

void tw_ber_fail(struct ber *b, enum ber_state why, size_t at)
{
    if (b->state != BER_FINE)
        return;
    b->state = why;
    b->fault_at = at;
}

int tw_ber_peek(const struct ber *b)
{
    return b->state == BER_FINE && b->at < b->end ? b->bytes[b->at] : -1;
}

/* Reads tag and length; the contents then start at b->at. Returns their length, 0 on a fault. */
static size_t header(struct ber *b, int tag)
{
    size_t from = b->at;
    if (b->state != BER_FINE)
        return 0;
    if (b->end - b->at < 2 || b->bytes[b->at] != tag) {
        tw_ber_fail(b, BER_BAD, from);
        return 0;
    }
    size_t length = b->bytes[b->at + 1];
    b->at += 2;
    if (length >= 0x80) {
        size_t count = length & 0x7f; /* 0: the indefinite form, which SNMP forbids */
        length = 0;
        if (count == 0 || count > 4 || count > b->end - b->at) {
            tw_ber_fail(b, BER_BAD, from + 1);
            return 0;
        }
        while (count-- > 0)
            length = length << 8 | b->bytes[b->at++];
    }
    if (length > b->end - b->at) {
        tw_ber_fail(b, BER_BAD, from + 1);
        return 0;
    }
    return length;
}

struct tw_str tw_ber_take(struct ber *b, int tag)
{
    size_t n = header(b, tag);
    if (b->state != BER_FINE)
        return tw_str_of(NULL, 0);
    struct tw_str s = tw_str_of((const char *)b->bytes + b->at, n);
    b->at += n;
    return s;
}

size_t tw_ber_enter(struct ber *b, int tag)
{
    size_t outer = b->end;
    size_t n = header(b, tag);
    if (b->state == BER_FINE)
        b->end = b->at + n;
    return outer;
}

void tw_ber_leave(struct ber *b, size_t outer_end)
{
    if (b->at != b->end)
        tw_ber_fail(b, BER_BAD, b->at);
    b->end = outer_end;
}

int32_t tw_ber_int(struct ber *b)
{
    size_t from = b->at;
    struct tw_str s = tw_ber_take(b, BER_INTEGER);
    if (b->state != BER_FINE)
        return 0;
    int64_t v = s.n > 0 && (s.p[0] & 0x80) != 0 ? -1 : 0;
    for (size_t i = 0; i < s.n && s.n <= 8; i++)
        v = (int64_t)((uint64_t)v << 8 | (uint8_t)s.p[i]);
    if (s.n == 0 || s.n > 8 || v < INT32_MIN || v > INT32_MAX) {
        tw_ber_fail(b, BER_BAD, from);
        return 0;
    }
    return (int32_t)v;
}

uint32_t tw_ber_unsigned(struct ber *b, int tag)
{
    size_t from = b->at;
    struct tw_str s = tw_ber_take(b, tag);
    uint64_t v = 0;
    for (size_t i = 0; i < s.n && s.n <= 8; i++)
        v = v << 8 | (uint8_t)s.p[i];
    if (s.n == 0 || s.n > 8 || v > UINT32_MAX) {
        tw_ber_fail(b, BER_BAD, from);
        return 0;
    }
    return (uint32_t)v;
}

void tw_ber_counter64(struct ber *b, int tag)
{
    size_t from = b->at;
    struct tw_str s = tw_ber_take(b, tag);
    if (s.n == 0 || s.n > 9 || (s.n == 9 && s.p[0] != 0))
        tw_ber_fail(b, BER_BAD, from);
}

size_t tw_ber_oid(struct ber *b, size_t max)
{
    size_t from = b->at;
    struct tw_str s = tw_ber_take(b, BER_OID);
    size_t count = s.n > 0; /* the first encoded one stands for two */
    for (size_t i = 0; i < s.n; count++) {
        uint8_t c = (uint8_t)s.p[i++];
        if (c < 0x80) /* nearly all */
            continue;
        uint64_t id = c & 0x7f;
        b->padded = b->padded || c == 0x80;
        for (; (c & 0x80) != 0 && i < s.n && id <= UINT32_MAX; id = id << 7 | (c & 0x7f))
            c = (uint8_t)s.p[i++];
        if (id > UINT32_MAX || (c & 0x80) != 0) {
            tw_ber_fail(b, BER_BAD, from);
            return 0;
        }
    }
    if (count > max)
        tw_ber_fail(b, BER_TOO_LONG, from);
    return b->state == BER_FINE ? count : 0;
}

uint32_t tw_ber_ids(struct tw_str contents, uint32_t *ids)
{
    uint32_t n = 0, id = 0;
    for (size_t i = 0; i < contents.n; i++) {
        uint8_t c = (uint8_t)contents.p[i];
        id = id << 7 | (c & 0x7f);
        if ((c & 0x80) != 0)
            continue;
        if (n == 0) { /* the first stands for two (X.690 8.19.4) */
            ids[n++] = id < 40 ? 0 : id < 80 ? 1 : 2;
            id -= ids[0] * 40;
        }
        ids[n++] = id;
        id = 0;
    }
    return n;
}
