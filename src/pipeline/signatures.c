/* SPDX-License-Identifier: ISC */
#include "signatures.h"

#include "base/err.h"
#include "base/mem.h"

#include <stdlib.h>

_Static_assert((int)SIGNATURE_ROWS == (int)TW_SIGNATURES_MAX, "the header tells how many there are at most");
_Static_assert(1 << SIGNATURE_SET_BITS == SIGNATURE_SETS, "the highest bits of a key tell its set");

struct signatures *signatures_create(size_t devices_n)
{
    struct signatures *s = tw_xcalloc(1, sizeof *s);
    s->devices_n = devices_n;
    s->words = (devices_n + 63) / 64;
    return s;
}

void signatures_destroy(struct signatures *s)
{
    if (s == NULL)
        return;
    free(s->rows);
    free(s->seen);
    free(s->view);
    tw_buf_finish(&s->scratch);
    free(s);
}

/* A free row of the set, or one without credit after each has paid for the newcomer; SIGNATURE_ROWS: none. */
static size_t place(struct signatures *s, size_t set)
{
    size_t found = SIGNATURE_ROWS;
    for (size_t i = set; i < set + SIGNATURE_WAYS; i++) {
        if (s->key[i] == 0)
            return i;
    }
    for (size_t i = set; i < set + SIGNATURE_WAYS; i++) {
        if (s->rows[i].credit > 1)
            s->rows[i].credit--;
        else if (found == SIGNATURE_ROWS)
            found = i; /* another one that could have gone as well goes next */
    }
    return found;
}

static void make_room(struct signatures *s)
{
    if (s->rows != NULL)
        return;
    s->rows = tw_xcalloc(SIGNATURE_ROWS, sizeof *s->rows);
    s->seen = tw_xcalloc(SIGNATURE_ROWS * s->words + 1, sizeof *s->seen);
}

struct signature_row *signatures_enter(struct signatures *s, const struct signature_noted *n)
{
    make_room(s);
    size_t i = place(s, signature_set(n->key));
    if (i == SIGNATURE_ROWS) {
        s->unlisted++;
        return NULL;
    }
    struct signature_row *r = &s->rows[i];
    s->unlisted += r->count; /* of the one that goes */
    s->key[i] = n->key;
    *r = (struct signature_row){.count = 1,
                                .first = n->rx,
                                .last = n->rx,
                                .credit = 1,
                                .device = n->device,
                                .transport = (uint8_t)n->transport,
                                .reason = (uint8_t)n->reason};
    memset(s->seen + i * s->words, 0, s->words * sizeof *s->seen);
    signature_see(s, i, n->device);
    return r;
}

/* Cut between two characters. */
static void keep(struct signatures *s, char *to, size_t room, struct tw_str from)
{
    tw_buf_clear(&s->scratch);
    tw_buf_safe(&s->scratch, tw_str_cut(from, room));
    size_t n = s->scratch.n;
    if (n > room - 1) {
        n = room - 1;
        while (n > 0 && ((unsigned char)s->scratch.p[n] & 0xc0) == 0x80)
            n--;
    }
    if (n > 0)
        memcpy(to, s->scratch.p, n);
    to[n] = '\0';
}

void signatures_name(struct signatures *s, struct signature_row *row, struct tw_str name)
{
    keep(s, row->name, sizeof row->name, name);
}

void signatures_sample(struct signatures *s, struct signature_row *row, struct tw_str sample)
{
    keep(s, row->sample, sizeof row->sample, sample);
}

static uint32_t devices_of(const struct signatures *s, size_t row)
{
    uint32_t n = 0;
    for (size_t w = 0; w < s->words; w++) {
        for (uint64_t bits = s->seen[row * s->words + w]; bits != 0; bits &= bits - 1)
            n++;
    }
    return n;
}

/* The most frequent first; of those that are equal, the oldest. */
static int by_count(const void *x, const void *y)
{
    const struct tw_signature *a = x, *b = y;
    if (a->count != b->count)
        return a->count < b->count ? 1 : -1;
    if (a->first.ns != b->first.ns)
        return a->first.ns < b->first.ns ? -1 : 1;
    int order = strcmp(a->name, b->name);
    return order != 0 ? order : (int)a->reason - (int)b->reason;
}

struct tw_signatures signatures_view(struct signatures *s, const struct tw_topology *t)
{
    struct tw_signatures v = {.messages = s->messages, .unlisted = s->unlisted};
    if (s->view == NULL)
        s->view = tw_xcalloc(SIGNATURE_ROWS, sizeof *s->view);
    for (size_t i = 0; i < SIGNATURE_ROWS; i++) {
        if (s->key[i] == 0)
            continue;
        const struct signature_row *r = &s->rows[i];
        s->view[v.n++] =
            (struct tw_signature){.transport = (enum tw_transport)r->transport,
                                  .reason = (enum tw_counter)r->reason,
                                  .name = r->name,
                                  .count = r->count,
                                  .first = r->first,
                                  .last = r->last,
                                  .devices = devices_of(s, i),
                                  .device = r->device != TW_NONE ? t->devices[r->device].name : NULL,
                                  .sample = r->sample};
    }
    if (v.n > 1)
        qsort(s->view, v.n, sizeof *s->view, by_count);
    v.rows = s->view;
    return v;
}

static void snap_seen(struct signatures *s, struct tw_snap *io, size_t row, const uint32_t *devices,
                      size_t devices_n)
{
    for (size_t w = 0; w < (devices_n + 63) / 64 && !io->bad; w++) {
        uint64_t bits = tw_snap_writing(io) ? s->seen[row * s->words + w] : 0;
        tw_snap_u64(io, &bits);
        for (; !tw_snap_writing(io) && bits != 0; bits &= bits - 1) {
            size_t device = w * 64 + (size_t)__builtin_ctzll(bits);
            if (device < devices_n)
                signature_see(s, row, devices[device]);
        }
    }
}

static void snap_row(struct signatures *s, struct tw_snap *io, size_t i, const uint32_t *devices,
                     size_t devices_n)
{
    struct signature_row *r = &s->rows[i];
    struct tw_str name = tw_str_z(r->name), sample = tw_str_z(r->sample);
    tw_snap_u64(io, &r->count);
    tw_snap_time(io, &r->first);
    tw_snap_time(io, &r->last);
    tw_snap_u32(io, &r->credit);
    tw_snap_u32(io, &r->device);
    r->transport = (uint8_t)tw_snap_enum(io, r->transport, TW_TRANSPORT_TRAP + 1);
    r->reason = (uint8_t)tw_snap_enum(io, r->reason, TW_COUNT_BECAME);
    tw_snap_str(io, &name);
    tw_snap_str(io, &sample);
    snap_seen(s, io, i, devices, devices_n);
    if (tw_snap_writing(io))
        return;
    signatures_name(s, r, name);
    signatures_sample(s, r, sample);
    r->device = r->device < devices_n ? devices[r->device] : TW_NONE;
    if (r->credit == 0 || r->credit > SIGNATURE_CREDIT)
        io->bad = true;
}

void signatures_snap(struct signatures *s, struct tw_snap *io, const uint32_t *devices, size_t devices_n)
{
    bool any = s->rows != NULL;
    tw_snap_u64(io, &s->messages);
    tw_snap_u64(io, &s->unlisted);
    tw_snap_bool(io, &any);
    if (!any)
        return;
    make_room(s);
    for (uint32_t i = 0; i < SIGNATURE_ROWS && !io->bad; i++) {
        while (tw_snap_writing(io) && i < SIGNATURE_ROWS && s->key[i] == 0)
            i++;
        tw_snap_u32(io, &i);
        if (i >= SIGNATURE_ROWS)
            break;
        tw_snap_u64(io, &s->key[i]);
        io->bad |= s->key[i] == 0 || signature_set(s->key[i]) != i - i % SIGNATURE_WAYS;
        snap_row(s, io, i, devices, devices_n);
    }
}
