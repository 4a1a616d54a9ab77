/* SPDX-License-Identifier: ISC */
#include "base/json.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Writes a character that can't stand for itself; returns where the next one goes. */
static char *escape(char *to, unsigned char c)
{
    static const char short_forms[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    static const char digits[] = "0123456789ABCDEF";
    *to++ = '\\';
    if (c == '"' || c == '\\') {
        *to++ = (char)c;
    } else if (c < sizeof short_forms && short_forms[c] != 0) {
        *to++ = short_forms[c];
    } else {
        memcpy(to, "u00", 3);
        to[3] = digits[c >> 4];
        to[4] = digits[c & 15];
        to += 5;
    }
    return to;
}

#ifdef __SSE2__
/* A bit per byte that can't stand for itself, or is part of a longer character. */
static unsigned special(__m128i v)
{
    __m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"')), slash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
    __m128i low = _mm_cmplt_epi8(v, _mm_set1_epi8(0x20)); /* signed: what is over 0x7f, too */
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(low, _mm_or_si128(quote, slash)));
}
#endif

/* Copies from byte i on, and returns how many: not all that could be, but most, by the word. Nearly all texts
 * are plain, and many are short: the last word overlaps those before. */
static size_t copy_plain(char *to, struct tw_str s, size_t i)
{
    size_t at = 0;
#ifdef __SSE2__
    const char *from = s.p + i;
    size_t n = s.n - i;
    enum { WORD = sizeof(__m128i), HALF = WORD / 2 };
    for (; at + WORD <= n; at += WORD) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(from + at));
        if (special(v) != 0)
            return at;
        _mm_storeu_si128((__m128i *)(void *)(to + at), v);
    }
    if (n >= WORD) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(from + n - WORD));
        if (special(v) != 0)
            return at;
        _mm_storeu_si128((__m128i *)(void *)(to + n - WORD), v);
        return n;
    }
    if (n >= HALF) {
        __m128i first = _mm_loadl_epi64((const __m128i *)(const void *)from),
                last = _mm_loadl_epi64((const __m128i *)(const void *)(from + n - HALF));
        if (special(_mm_unpacklo_epi64(first, last)) != 0)
            return 0;
        _mm_storel_epi64((__m128i *)(void *)to, first);
        _mm_storel_epi64((__m128i *)(void *)(to + n - HALF), last);
        return n;
    }
#endif
    return at;
}

static bool is_utf8(struct tw_str s)
{
    for (size_t i = 0, n; i < s.n; i += n) {
        if ((n = tw_utf8_len(s, i)) == 0)
            return false;
    }
    return true;
}

/* NOLINTNEXTLINE(misc-no-recursion): once: what tw_buf_safe() makes is UTF-8 */
void tw_json_str(struct tw_buf *b, struct tw_str s)
{
    enum { LONGEST = 6 /* "\u001F" */, WORD = 16 };
    tw_buf_reserve(b, LONGEST * s.n + 2);
    char *to = b->p + b->n;
    bool ascii = true;
    *to++ = '"';
    for (size_t i = 0; i < s.n;) {
        size_t n = copy_plain(to, s, i);
        to += n;
        i += n;
        /* One of the next is special, or they are the last. */
        for (size_t end = i + WORD < s.n ? i + WORD : s.n; i < end; i++) {
            unsigned char c = (unsigned char)s.p[i];
            ascii = ascii && c < 0x80;
            if (c < 0x20 || c == '"' || c == '\\')
                to = escape(to, c);
            else
                *to++ = (char)c;
        }
    }
    *to++ = '"';
    *to = '\0';
    if (ascii || is_utf8(s)) {
        b->n = (size_t)(to - b->p);
        return;
    }
    /* JSON is UTF-8. The core hands out safe text; should it ever not, an escape is better than a hole. */
    struct tw_buf safe = {0};
    tw_buf_safe(&safe, s);
    tw_json_str(b, tw_buf_view(&safe));
    tw_buf_finish(&safe);
}

void tw_json_z(struct tw_buf *b, const char *z)
{
    if (z != NULL)
        tw_json_str(b, tw_str_z(z));
    else
        tw_buf_z(b, "null");
}

void tw_json_time(struct tw_buf *b, tw_time t)
{
    char buf[TW_TIME_TEXT];
    tw_json_z(b, tw_time_is_finite(t) ? tw_time_text(t, buf) : NULL);
}

void tw_json_next(struct tw_buf *b)
{
    if (b->n > 0 && b->p[b->n - 1] != '[' && b->p[b->n - 1] != '{')
        tw_buf_char(b, ',');
}

void tw_json_key(struct tw_buf *b, const char *key)
{
    tw_json_next(b);
    tw_json_z(b, key);
    tw_buf_char(b, ':');
}
