/* SPDX-License-Identifier: ISC */
#include "base/snap.h"

enum { LONGEST = 10 }; /* of a number, in bytes */

/* Millions of them in a row: room is made once for each. */
static void put(struct tw_buf *b, uint64_t x)
{
    tw_buf_reserve(b, LONGEST);
    char *p = b->p + b->n;
    for (; x >= 0x80; x >>= 7)
        *p++ = (char)(x | 0x80);
    *p++ = (char)x;
    *p = '\0';
    b->n = (size_t)(p - b->p);
}

/* LEB128: most values are small. */
void tw_snap_u64(struct tw_snap *s, uint64_t *v)
{
    if (s->out != NULL) {
        put(s->out, *v);
        return;
    }
    *v = 0;
    for (unsigned shift = 0; !s->bad; shift += 7) {
        if (s->in.n == 0 || shift > 63) {
            s->bad = true;
            *v = 0;
            return;
        }
        uint8_t c = (uint8_t)s->in.p[0];
        s->in = tw_str_from(s->in, 1);
        *v |= (uint64_t)(c & 0x7f) << shift;
        if ((c & 0x80) == 0)
            return;
    }
}

void tw_snap_i64(struct tw_snap *s, int64_t *v)
{
    uint64_t z = ((uint64_t)*v << 1) ^ (*v < 0 ? UINT64_MAX : 0);
    tw_snap_u64(s, &z);
    *v = (int64_t)((z >> 1) ^ (0 - (z & 1)));
}

void tw_snap_u32(struct tw_snap *s, uint32_t *v)
{
    uint64_t x = *v;
    tw_snap_u64(s, &x);
    if (x > UINT32_MAX)
        s->bad = true;
    *v = s->bad ? 0 : (uint32_t)x;
}

void tw_snap_bool(struct tw_snap *s, bool *v)
{
    *v = tw_snap_enum(s, tw_snap_writing(s) && *v, 2) != 0;
}

void tw_snap_time(struct tw_snap *s, tw_time *t)
{
    tw_snap_i64(s, &t->ns);
}

void tw_snap_dur(struct tw_snap *s, tw_dur *d)
{
    tw_snap_i64(s, &d->ns);
}

void tw_snap_str(struct tw_snap *s, struct tw_str *v)
{
    uint64_t n = v->n;
    tw_snap_u64(s, &n);
    if (s->out != NULL) {
        tw_buf_add(s->out, v->p, v->n);
        return;
    }
    if (n > s->in.n)
        s->bad = true;
    if (s->bad)
        n = 0;
    *v = tw_str_of(s->in.p, (size_t)n);
    s->in = tw_str_from(s->in, (size_t)n);
}

uint32_t tw_snap_enum(struct tw_snap *s, uint32_t v, uint32_t max)
{
    tw_snap_u32(s, &v);
    if (v >= max) {
        s->bad = true;
        v = 0;
    }
    return v;
}

void tw_snap_mark(struct tw_snap *s, uint32_t mark)
{
    uint32_t found = mark;
    tw_snap_u32(s, &found);
    if (found != mark)
        s->bad = true;
}
