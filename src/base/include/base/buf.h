/* SPDX-License-Identifier: ISC */
#ifndef TW_BASE_BUF_H
#define TW_BASE_BUF_H
/*
 * A growing text. Zero-initialise it; tw_buf_finish frees it. After any append p is NUL-terminated (p stays
 * NULL while nothing was appended).
 */
#include <stddef.h>

#include "base/str.h"

struct tw_buf {
    char *p;
    size_t n, cap;
};

/* Room for n more bytes, so that what is appended next moves nothing. */
void tw_buf_reserve(struct tw_buf *b, size_t n);
void tw_buf_add(struct tw_buf *b, const void *p, size_t n);
void tw_buf_str(struct tw_buf *b, struct tw_str s);
void tw_buf_z(struct tw_buf *b, const char *z);
void tw_buf_char(struct tw_buf *b, char c);
__attribute__((format(printf, 2, 3))) void tw_buf_fmt(struct tw_buf *b, const char *fmt, ...);
/* Foreign text made safe to print: control bytes, quotes' peers and broken UTF-8 become visible escapes. */
void tw_buf_safe(struct tw_buf *b, struct tw_str s);
/* Printable ASCII and nothing else: tw_buf_safe would leave it as it is. */
bool tw_str_is_plain(struct tw_str s);
/* At most `max` bytes of it, cut between two characters, with "..." where something is missing. */
void tw_buf_shorten(struct tw_buf *b, size_t max);
static inline struct tw_str tw_buf_view(const struct tw_buf *b)
{
    return (struct tw_str){b->n ? b->p : "", b->n};
}
void tw_buf_clear(struct tw_buf *b);
void tw_buf_finish(struct tw_buf *b);

/* Bytes of the UTF-8 sequence at s.p[i], or 0 when it is not one (RFC 3629). */
size_t tw_utf8_len(struct tw_str s, size_t i);

#endif
