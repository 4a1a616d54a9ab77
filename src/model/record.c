/* SPDX-License-Identifier: ISC */
#include "model/record.h"

#include "base/snap.h"

#include <arpa/inet.h>

bool tw_addr_parse(struct tw_str s, struct tw_addr *out)
{
    char text[TW_ADDR_TEXT];
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (s.n == 0 || s.n >= sizeof text)
        return false;
    for (size_t i = 0; i < s.n; i++) { /* names come here, too, and most are none at the first glance */
        char c = tw_lower(s.p[i]);
        if (!tw_is_digit(c) && !(c >= 'a' && c <= 'f') && c != ':' && c != '.')
            return false;
    }
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    *out = (struct tw_addr){0};
    if (inet_pton(AF_INET, text, out->bytes) == 1) {
        out->family = 4;
        return true;
    }
    if (inet_pton(AF_INET6, text, out->bytes) != 1)
        return false;
    out->family = 6;
    if (memcmp(out->bytes, mapped, sizeof mapped) == 0) {
        memmove(out->bytes, out->bytes + 12, 4);
        memset(out->bytes + 4, 0, 12);
        out->family = 4;
    }
    return true;
}

bool tw_addr_eq(const struct tw_addr *a, const struct tw_addr *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool tw_addr_is_loopback(const struct tw_addr *a)
{
    static const uint8_t one[16] = {[15] = 1};
    return a->family == 4 ? a->bytes[0] == 127 : a->family == 6 && memcmp(a->bytes, one, sizeof one) == 0;
}

const char *tw_addr_text(const struct tw_addr *a, char buf[static TW_ADDR_TEXT])
{
    if (a->family == 0 || inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->bytes, buf, TW_ADDR_TEXT) == NULL)
        memcpy(buf, "-", 2);
    return buf;
}

/* Both directions. */
static void snap(struct tw_record *r, struct tw_snap *s)
{
    struct tw_str address = tw_str_of((const char *)r->from.bytes, r->from.family == 4   ? 4
                                                                   : r->from.family == 6 ? 16
                                                                                         : 0);
    int64_t year = r->year;
    tw_snap_time(s, &r->rx);
    tw_snap_time(s, &r->at);
    r->transport = (enum tw_transport)tw_snap_enum(s, r->transport, TW_TRANSPORTS);
    tw_snap_str(s, &address);
    tw_snap_i64(s, &year);
    tw_snap_u32(s, &r->ref.input);
    tw_snap_u64(s, &r->ref.position);
    r->security = (enum tw_security)tw_snap_enum(s, r->security, TW_SECURITY_CERTIFICATE + 1);
    tw_snap_str(s, &r->engine_id);
    tw_snap_str(s, &r->certificate);
    tw_snap_str(s, &r->bytes);
    if (tw_snap_writing(s))
        return;
    s->bad = s->bad || (address.n != 0 && address.n != 4 && address.n != 16) || year < 0 || year > 9999;
    if (s->bad)
        return;
    r->year = (int)year;
    r->from.family = address.n == 4 ? 4 : address.n == 16 ? 6 : 0;
    if (address.n > 0)
        memcpy(r->from.bytes, address.p, address.n);
}

void tw_record_encode(const struct tw_record *r, struct tw_buf *out)
{
    struct tw_snap s = {.out = out};
    struct tw_record copy = *r;
    snap(&copy, &s);
}

bool tw_record_decode(struct tw_str *in, struct tw_record *out)
{
    struct tw_snap s = {.in = *in};
    *out = (struct tw_record){0};
    snap(out, &s);
    *in = s.in;
    return !s.bad;
}
