/* SPDX-License-Identifier: ISC */
#ifndef TW_DECODE_CHARS_H
#define TW_DECODE_CHARS_H
/*
 * Classes of characters in a VRP message, by table: every byte of a header passes through one of them.
 */
#include "base/str.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum chars {
    CHARS_NAME = 1,  /* letters, digits, "+-._": MODULE and BRIEF */
    CHARS_WORD = 2,  /* letters, digits, "_": a key of FIELDS */
    CHARS_VALUE = 4, /* visible, but '"', '(', ',', ';': a value of FIELDS */
    CHARS_HOST = 8,  /* visible, but '%': HOSTNAME in front of the tag */
    CHARS_KEY = 16,  /* letters, digits, blank, "-./_": a key in TEXT */
    CHARS_TEXT = 32  /* all but '(', ',', ';', '[', which may end a value in TEXT, or open a bracket in it */
};
extern const uint8_t chars_class[256];

static inline bool chars_in(enum chars class, char c)
{
    return (chars_class[(unsigned char)c] & class) != 0;
}

#ifdef __SSE2__
/* Sixteen at a time. A byte of the result is set where the character is not in the class: NAME, VALUE or
 * HOST. */
static inline __m128i chars_outside(enum chars class, __m128i v)
{
#define IS(c)        _mm_cmpeq_epi8(v, _mm_set1_epi8(c))
#define WITHIN(x, n) _mm_cmpeq_epi8(_mm_min_epu8((x), _mm_set1_epi8(n)), (x)) /* 0..n */
    __m128i hidden = WITHIN(v, ' ');
    if (class == CHARS_VALUE)
        return _mm_or_si128(_mm_or_si128(hidden, _mm_or_si128(IS('"'), IS('('))),
                            _mm_or_si128(IS(','), IS(';')));
    if (class == CHARS_HOST)
        return _mm_or_si128(hidden, _mm_or_si128(IS('%'), IS(0x7f)));
    if (class == CHARS_TEXT)
        return _mm_or_si128(_mm_or_si128(IS('('), IS('[')), _mm_or_si128(IS(','), IS(';')));
    __m128i letter = _mm_sub_epi8(_mm_or_si128(v, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
    __m128i digit = _mm_sub_epi8(v, _mm_set1_epi8('+')); /* '+' to '9': with ',' and '/' among them */
    __m128i inside = _mm_or_si128(IS('_'), _mm_or_si128(WITHIN(letter, 25), WITHIN(digit, '9' - '+')));
    __m128i but = class == CHARS_NAME ? _mm_or_si128(IS(','), IS('/')) : _mm_or_si128(IS(','), IS('+'));
    inside = _mm_andnot_si128(but, inside);
    if (class == CHARS_KEY)
        inside = _mm_or_si128(inside, IS(' '));
    return _mm_cmpeq_epi8(inside, _mm_setzero_si128());
#undef WITHIN
#undef IS
}
#endif

/* Position of the first character from i on that is not in the class; s.n when all are. */
static inline size_t chars_span(enum chars class, struct tw_str s, size_t i)
{
#ifdef __SSE2__
    while (class != CHARS_WORD && s.n - i >= 16) {
        __m128i outside = chars_outside(class, _mm_loadu_si128((const __m128i *)(const void *)(s.p + i)));
        unsigned at = (unsigned)_mm_movemask_epi8(outside);
        if (at != 0)
            return i + (unsigned)__builtin_ctz(at);
        i += 16;
    }
#endif
    while (i < s.n && chars_in(class, s.p[i]))
        i++;
    return i;
}

#endif
