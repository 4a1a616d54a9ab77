/* SPDX-License-Identifier: ISC */
#ifndef TW_BASE_STR_H
#define TW_BASE_STR_H
/*
 * Slices: text that somebody else owns. Not NUL-terminated, may hold any byte. p may be NULL when n is 0.
 */
#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct tw_str {
    const char *p;
    size_t n;
};

#define TW_STR(lit)   ((struct tw_str){"" lit, sizeof(lit) - 1})
#define TW_STR_ARG(s) (int)(s).n, (s).n ? (s).p : "" /* for "%.*s" */

static inline struct tw_str tw_str_z(const char *z)
{
    return (struct tw_str){z, z ? strlen(z) : 0};
}
static inline struct tw_str tw_str_of(const char *p, size_t n)
{
    return (struct tw_str){p, n};
}
/* The rest from byte i on; empty when i is past the end. */
static inline struct tw_str tw_str_from(struct tw_str s, size_t i)
{
    size_t at = i < s.n ? i : s.n;
    /* Nothing is added to the address of an empty string: it may have none. */
    return (struct tw_str){at > 0 ? s.p + at : s.p, s.n - at};
}
static inline struct tw_str tw_str_cut(struct tw_str s, size_t n)
{
    return (struct tw_str){s.p, n < s.n ? n : s.n};
}
static inline bool tw_str_eq(struct tw_str a, struct tw_str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}
static inline char tw_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}
static inline bool tw_is_digit(char c)
{
    return c >= '0' && c <= '9';
}
static inline bool tw_is_alnum(char c)
{
    return tw_is_digit(c) || (tw_lower(c) >= 'a' && tw_lower(c) <= 'z');
}
static inline bool tw_is_space(char c)
{
    return c == ' ' || c == '\t';
}
/* Eight bytes as a number; the first is the lowest. */
static inline uint64_t tw_load8(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return le64toh(v);
}
bool tw_str_ieq_same_length(const char *a, const char *b, size_t n);
/* ASCII only; names of routers and interfaces are. */
static inline bool tw_str_ieq(struct tw_str a, struct tw_str b)
{
    return a.n == b.n && tw_str_ieq_same_length(a.p, b.p, a.n);
}
bool tw_str_starts(struct tw_str s, struct tw_str prefix);
bool tw_str_istarts(struct tw_str s, struct tw_str prefix);
struct tw_str tw_str_trim_blanks(struct tw_str s);
/* Without the blanks and line ends around it. Most texts have none. */
static inline struct tw_str tw_str_trim(struct tw_str s)
{
    bool bare = s.n > 0 && (unsigned char)s.p[0] > ' ' && (unsigned char)s.p[s.n - 1] > ' ';
    return bare ? s : tw_str_trim_blanks(s);
}
/* Position of c from `from` on, or SIZE_MAX. */
size_t tw_str_find(struct tw_str s, char c, size_t from);
/* Decimal digits only, the whole slice; false when empty or past `max`. */
bool tw_str_u64(struct tw_str s, uint64_t max, uint64_t *out);
/* A number in decimal, at the end of the buffer. */
enum { TW_U64_TEXT = 21 };
const char *tw_u64_text(uint64_t v, char buf[static TW_U64_TEXT]);
/* Natural order: runs of digits compare as numbers (".9" before ".10"). <0, 0, >0. */
int tw_str_natural(struct tw_str a, struct tw_str b);
/* Stable across machines and versions: it may go into identifiers. */
uint64_t tw_hash(const void *p, size_t n, uint64_t seed);
/* The same for texts that tw_str_ieq calls equal; for tables in memory only. */
uint64_t tw_hash_lower(struct tw_str s, uint64_t seed);

#endif
