/* SPDX-License-Identifier: ISC */
#include "source/community.h"

enum { TAG_INTEGER = 0x02, TAG_OCTETS = 0x04, TAG_SEQUENCE = 0x30, V2C = 1 };

/* Takes tag, length and value of one element off the front of *rest. */
static bool take(struct tw_str *rest, uint8_t tag, struct tw_str *value)
{
    if (rest->n < 2 || (uint8_t)rest->p[0] != tag)
        return false;
    uint8_t first = (uint8_t)rest->p[1];
    size_t more = first & 0x80 ? first & 0x7fu : 0, length = first;
    if (more > sizeof(uint32_t) || rest->n < 2 + more || first == 0x80)
        return false;
    if (more > 0)
        length = 0;
    for (size_t i = 0; i < more; i++)
        length = length << 8 | (uint8_t)rest->p[2 + i];
    *rest = tw_str_from(*rest, 2 + more);
    if (length > rest->n)
        return false;
    *value = tw_str_cut(*rest, length);
    *rest = tw_str_from(*rest, length);
    return true;
}

bool tw_community_peek(struct tw_str bytes, struct tw_str *out)
{
    struct tw_str message, version;
    if (!take(&bytes, TAG_SEQUENCE, &message) || !take(&message, TAG_INTEGER, &version) || version.n == 0)
        return false;
    for (size_t i = 0; i + 1 < version.n; i++) {
        if (version.p[i] != 0)
            return false;
    }
    return (uint8_t)version.p[version.n - 1] <= V2C && take(&message, TAG_OCTETS, out);
}
