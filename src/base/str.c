/* SPDX-License-Identifier: ISC */
#include "base/str.h"

static uint32_t load4(const char *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* To the letter, as names nearly always are; the last words overlap those before. */
static bool is_same(const char *a, const char *b, size_t n)
{
    if (n < 8)
        return n >= 4 && load4(a) == load4(b) && load4(a + n - 4) == load4(b + n - 4);
    for (size_t i = 0; i + 8 < n; i += 8) {
        if (tw_load8(a + i) != tw_load8(b + i))
            return false;
    }
    return tw_load8(a + n - 8) == tw_load8(b + n - 8);
}

bool tw_str_ieq_same_length(const char *a, const char *b, size_t n)
{
    if (is_same(a, b, n))
        return true;
    for (size_t i = 0; i < n; i++) {
        if (tw_lower(a[i]) != tw_lower(b[i]))
            return false;
    }
    return true;
}

bool tw_str_starts(struct tw_str s, struct tw_str prefix)
{
    return s.n >= prefix.n && tw_str_eq(tw_str_cut(s, prefix.n), prefix);
}

bool tw_str_istarts(struct tw_str s, struct tw_str prefix)
{
    return s.n >= prefix.n && tw_str_ieq(tw_str_cut(s, prefix.n), prefix);
}

struct tw_str tw_str_trim_blanks(struct tw_str s)
{
    while (s.n > 0 && (tw_is_space(s.p[0]) || s.p[0] == '\r' || s.p[0] == '\n')) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && (tw_is_space(s.p[s.n - 1]) || s.p[s.n - 1] == '\r' || s.p[s.n - 1] == '\n'))
        s.n--;
    return s;
}

size_t tw_str_find(struct tw_str s, char c, size_t from)
{
    if (from >= s.n)
        return SIZE_MAX;
    const char *hit = memchr(s.p + from, c, s.n - from);
    return hit ? (size_t)(hit - s.p) : SIZE_MAX;
}

bool tw_str_u64(struct tw_str s, uint64_t max, uint64_t *out)
{
    uint64_t v = 0;
    if (s.n == 0)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (!tw_is_digit(s.p[i]) || __builtin_mul_overflow(v, 10u, &v) ||
            __builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v))
            return false;
    }
    *out = v;
    return v <= max;
}

const char *tw_u64_text(uint64_t v, char buf[static TW_U64_TEXT])
{
    char *p = buf + TW_U64_TEXT - 1;
    *p = '\0';
    do
        *--p = (char)('0' + v % 10);
    while ((v /= 10) != 0);
    return p;
}

/* The run of digits at i without leading zeros; moves i behind it. */
static struct tw_str number(struct tw_str s, size_t *i)
{
    while (*i + 1 < s.n && s.p[*i] == '0' && tw_is_digit(s.p[*i + 1]))
        ++*i;
    size_t from = *i;
    while (*i < s.n && tw_is_digit(s.p[*i]))
        ++*i;
    return tw_str_of(s.p + from, *i - from);
}

int tw_str_natural(struct tw_str a, struct tw_str b)
{
    size_t i = 0, j = 0;
    while (i < a.n && j < b.n) {
        if (tw_is_digit(a.p[i]) && tw_is_digit(b.p[j])) {
            struct tw_str x = number(a, &i), y = number(b, &j);
            int c = x.n != y.n ? (x.n > y.n) - (x.n < y.n) : memcmp(x.p, y.p, x.n);
            if (c != 0)
                return c;
        } else if (a.p[i] != b.p[j]) {
            return (unsigned char)a.p[i] < (unsigned char)b.p[j] ? -1 : 1;
        } else {
            i++;
            j++;
        }
    }
    return (i < a.n) - (j < b.n);
}

/* FNV-1a, 64 bit: stable across machines, so it may go into identifiers. */
uint64_t tw_hash(const void *p, size_t n, uint64_t seed)
{
    const unsigned char *c = p;
    uint64_t h = 14695981039346656037u ^ seed;
    for (size_t i = 0; i < n; i++)
        h = (h ^ c[i]) * 1099511628211u;
    return h;
}

/* Bit 5 set in every byte: letters become small, and some other characters equal, which only costs a look. */
static uint64_t fold(uint64_t h, uint64_t w)
{
    h = (h ^ (w | 0x2020202020202020u)) * 0x9e3779b97f4a7c15u;
    return h ^ h >> 29;
}

uint64_t tw_hash_lower(struct tw_str s, uint64_t seed)
{
    uint64_t h = seed + s.n, w = 0;
    if (s.n >= 8) {
        const char *p = s.p, *end = s.p + s.n;
        for (; end - p > 8; p += 8)
            h = fold(h, tw_load8(p));
        return fold(h, tw_load8(end - 8)); /* overlaps what was before */
    }
    for (size_t i = 0; i < s.n; i++) /* an empty string may have no address: nothing may be added to it */
        w = w << 8 | (unsigned char)s.p[i];
    return fold(h, w);
}
