/* SPDX-License-Identifier: ISC */
#include "model/record.h"

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
