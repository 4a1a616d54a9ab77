/* SPDX-License-Identifier: ISC */
#include "usm/user.h"

#include <stdio.h>

static int digit(char c)
{
    char l = tw_lower(c);
    return tw_is_digit(c) ? c - '0' : l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

bool tw_usm_id_parse(struct tw_str hex, struct tw_usm_id *out)
{
    *out = (struct tw_usm_id){0};
    if (!tw_str_istarts(hex, TW_STR("0x")) || hex.n % 2 != 0 || hex.n < 2 + 2 * (size_t)TW_ENGINE_ID_MIN ||
        hex.n > 2 + 2 * (size_t)TW_ENGINE_ID_MAX)
        return false;
    for (size_t i = 2; i < hex.n; i += 2) {
        int high = digit(hex.p[i]), low = digit(hex.p[i + 1]);
        if (high < 0 || low < 0)
            return false;
        out->bytes[out->n++] = (uint8_t)(high << 4 | low);
    }
    return true;
}

const char *tw_usm_id_text(const struct tw_usm_id *id, char buf[static TW_USM_ID_TEXT])
{
    int at = snprintf(buf, TW_USM_ID_TEXT, "0x");
    for (size_t i = 0; i < id->n; i++)
        at += snprintf(buf + at, TW_USM_ID_TEXT - (size_t)at, "%02x", id->bytes[i]);
    return buf;
}
