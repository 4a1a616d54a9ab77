/* SPDX-License-Identifier: ISC */
#include "topology_internal.h"

#include <stdio.h>

static const char *const services[] = {TW_SERVICE_WORDS};
_Static_assert(sizeof services / sizeof *services == TW_SERVICES, "a word per service");

const char *tw_service_name(unsigned i)
{
    return i < TW_SERVICES ? services[i] : "unknown";
}

/* A number without leading zeros: "010" is a name of nothing. */
static bool number(struct tw_str s, uint64_t max, uint32_t *out)
{
    uint64_t v = 0;
    if (!tw_str_u64(s, max, &v) || (s.n > 1 && s.p[0] == '0'))
        return false;
    *out = (uint32_t)v;
    return true;
}

bool tw_trunk_name_parse(struct tw_str name, uint32_t *trunk, uint32_t *sub)
{
    const struct tw_str prefix = TW_STR("eth-trunk");
    uint32_t t = 0, s = 0;
    if (!tw_str_istarts(name, prefix))
        return false;
    struct tw_str rest = tw_str_from(name, prefix.n);
    if (rest.n > 0 && rest.p[0] == ' ')
        rest = tw_str_from(rest, 1);
    size_t dot = tw_str_find(rest, '.', 0);
    if (dot != SIZE_MAX && (!number(tw_str_from(rest, dot + 1), UINT32_MAX - 1, &s) || s == 0))
        return false;
    if (!number(tw_str_cut(rest, dot), UINT16_MAX, &t))
        return false;
    *trunk = t;
    *sub = s;
    return true;
}

struct tw_str tw_trunk_name_text(uint32_t trunk, uint32_t sub, char buf[static TW_TRUNK_NAME_TEXT])
{
    int n = sub == 0 ? snprintf(buf, TW_TRUNK_NAME_TEXT, "Eth-Trunk%u", trunk)
                     : snprintf(buf, TW_TRUNK_NAME_TEXT, "Eth-Trunk%u.%u", trunk, sub);
    TW_ASSERT(n > 0 && n < TW_TRUNK_NAME_TEXT);
    return tw_str_of(buf, (size_t)n);
}
