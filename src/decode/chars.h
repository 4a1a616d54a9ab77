/* SPDX-License-Identifier: ISC */
#ifndef TW_DECODE_CHARS_H
#define TW_DECODE_CHARS_H
/*
 * Classes of characters in a VRP message, by table: every byte of a header passes through one of them.
 */
#include "base/str.h"

enum chars {
    CHARS_NAME = 1,  /* letters, digits, "+-._": MODULE and BRIEF */
    CHARS_WORD = 2,  /* letters, digits, "_": a key of FIELDS */
    CHARS_VALUE = 4, /* visible, but '"', '(', ',', ';': a value of FIELDS */
    CHARS_HOST = 8,  /* visible, but '%': HOSTNAME in front of the tag */
    CHARS_KEY = 16,  /* letters, digits, blank, "-./_": a key in TEXT */
    CHARS_STOP = 32  /* '(', ',', ';', '[': may end a value in TEXT, or open a bracket in it */
};
extern const uint8_t chars_class[256];

static inline bool chars_in(enum chars class, char c)
{
    return (chars_class[(unsigned char)c] & class) != 0;
}

/* Position of the first character from i on that is not in the class; s.n when all are. */
static inline size_t chars_span(enum chars class, struct tw_str s, size_t i)
{
    while (i < s.n && chars_in(class, s.p[i]))
        i++;
    return i;
}

#endif
