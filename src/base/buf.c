/* SPDX-License-Identifier: ISC */
#include "base/buf.h"

#include "base/err.h"
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

static char *room(struct tw_buf *b, size_t n)
{
    if (b->n + n + 1 > b->cap) {
        size_t cap = b->cap ? b->cap : 128;
        while (cap < b->n + n + 1)
            cap *= 2;
        b->p = tw_xrealloc(b->p, cap);
        b->cap = cap;
    }
    return b->p + b->n;
}

void tw_buf_reserve(struct tw_buf *b, size_t n)
{
    (void)room(b, n);
}

void tw_buf_add(struct tw_buf *b, const void *p, size_t n)
{
    char *to = room(b, n);
    if (n > 0)
        memcpy(to, p, n);
    b->n += n;
    b->p[b->n] = '\0';
}

void tw_buf_str(struct tw_buf *b, struct tw_str s)
{
    tw_buf_add(b, s.p, s.n);
}

void tw_buf_z(struct tw_buf *b, const char *z)
{
    tw_buf_add(b, z, strlen(z));
}

void tw_buf_char(struct tw_buf *b, char c)
{
    tw_buf_add(b, &c, 1);
}

void tw_buf_fmt(struct tw_buf *b, const char *fmt, ...)
{
    char small[256];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(small, sizeof small, fmt, ap);
    va_end(ap);
    TW_ASSERT(n >= 0);
    if ((size_t)n < sizeof small) {
        tw_buf_add(b, small, (size_t)n);
        return;
    }
    char *to = room(b, (size_t)n);
    va_start(ap, fmt);
    (void)vsnprintf(to, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->n += (size_t)n;
}

size_t tw_utf8_len(struct tw_str s, size_t i)
{
    const unsigned char *p = (const unsigned char *)s.p + i;
    size_t left = s.n - i, n = 0;
    if (p[0] < 0x80)
        return 1;
    if (p[0] >= 0xc2 && p[0] <= 0xdf)
        n = 2;
    else if ((p[0] & 0xf0) == 0xe0)
        n = 3;
    else if (p[0] >= 0xf0 && p[0] <= 0xf4)
        n = 4;
    if (n == 0 || left < n)
        return 0;
    for (size_t k = 1; k < n; k++) {
        if ((p[k] & 0xc0) != 0x80)
            return 0;
    }
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90) ||
        (p[0] == 0xf4 && p[1] > 0x8f))
        return 0;
    return n;
}

/* Bytes from i on that are printable ASCII: nearly all there is. */
static size_t plain_run(struct tw_str s, size_t i)
{
    size_t from = i;
#ifdef __SSE2__
    for (; i + sizeof(__m128i) <= s.n; i += sizeof(__m128i)) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(s.p + i));
        /* Signed: what is over 0x7f is below 0x20, too. */
        __m128i other =
            _mm_or_si128(_mm_cmplt_epi8(v, _mm_set1_epi8(0x20)), _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f)));
        if (_mm_movemask_epi8(other) != 0)
            break;
    }
#endif
    while (i < s.n && s.p[i] >= 0x20 && s.p[i] < 0x7f)
        i++;
    return i - from;
}

bool tw_str_is_plain(struct tw_str s)
{
    return plain_run(s, 0) == s.n;
}

void tw_buf_safe(struct tw_buf *b, struct tw_str s)
{
    for (size_t i = 0; i < s.n;) {
        size_t n = plain_run(s, i);
        if (n > 0) {
            tw_buf_add(b, s.p + i, n);
            i += n;
            continue;
        }
        unsigned char c = (unsigned char)s.p[i];
        n = tw_utf8_len(s, i);
        /* C1 controls (U+0080..U+009F) move a terminal's cursor as well. */
        bool c1 = n == 2 && c == 0xc2 && (unsigned char)s.p[i + 1] < 0xa0;
        if (n == 0 || c < 0x20 || c == 0x7f || c1) {
            tw_buf_fmt(b, "\\x%02x", c);
            n = 1;
            if (c1) {
                tw_buf_fmt(b, "\\x%02x", (unsigned char)s.p[i + 1]);
                n = 2;
            }
        } else {
            tw_buf_add(b, s.p + i, n);
        }
        i += n;
    }
}

void tw_buf_shorten(struct tw_buf *b, size_t max)
{
    static const char dots[] = "...";
    if (b->n <= max)
        return;
    size_t n = max - (sizeof dots - 1);
    while (n > 0 && ((unsigned char)b->p[n] & 0xc0) == 0x80)
        n--;
    b->n = n;
    tw_buf_z(b, dots);
}

void tw_buf_clear(struct tw_buf *b)
{
    b->n = 0;
    if (b->p != NULL)
        b->p[0] = '\0';
}

void tw_buf_finish(struct tw_buf *b)
{
    free(b->p);
    *b = (struct tw_buf){0};
}
