/* SPDX-License-Identifier: ISC */
#ifndef TW_PIPELINE_SIGNATURES_H
#define TW_PIPELINE_SIGNATURES_H
/*
 * What nobody understood, told apart by its name: a table of fixed size that keeps the frequent.
 *
 * A name belongs to one of SETS sets, each with room for WAYS. When a set is full a newcomer costs each row
 * in it one credit, and takes the place of one that has none left; a row gains a credit each time it is seen.
 * So what comes again and again stays, whatever else is thrown at the table, and what has stopped makes room
 * (Misra and Gries, by set, with a ceiling). Nothing is allocated for a message.
 */
#include "base/map.h"
#include "base/snap.h"
#include "pipeline/pipeline.h"

enum {
    SIGNATURE_SETS = 128,
    SIGNATURE_WAYS = 8,
    SIGNATURE_ROWS = SIGNATURE_SETS * SIGNATURE_WAYS,
    SIGNATURE_SET_BITS = 7,
    SIGNATURE_CREDIT = 64
};

struct signature_row {
    uint64_t count;
    tw_time first, last;
    uint32_t credit;
    uint32_t device; /* of the sample */
    uint8_t transport, reason;
    char name[TW_SIGNATURE_NAME], sample[TW_SIGNATURE_SAMPLE];
};

struct signatures {
    uint64_t key[SIGNATURE_ROWS]; /* 0: a free row */
    struct signature_row *rows;
    uint64_t *seen; /* of each row, a bit for each device */
    size_t words, devices_n;
    uint64_t messages, unlisted;
    struct tw_buf scratch;
    struct tw_signature *view;
};

/* What a signature is known by: MODULE/SEV/BRIEF, or the bytes of an OID; for what is malformed the reason is
 * all there is, and the name empty. Equal keys are taken for equal names: what is told apart too little here
 * is a line in a list. */
static inline uint64_t signature_key(struct tw_str name, enum tw_transport transport, enum tw_counter reason)
{
    uint64_t a = name.n, b = transport * 256u + reason, x = 0, y = 0;
    const char *p = name.p, *end = name.n > 0 ? p + name.n : p;
    for (; end - p > 16; p += 16) {
        memcpy(&x, p, 8);
        memcpy(&y, p + 8, 8);
        a = (a ^ x) * 0x9e3779b97f4a7c15u;
        b = (b ^ y) * 0xd6e8feb86659fd93u;
    }
    if (name.n >= 8) { /* the last ones overlap each other, or what was before */
        memcpy(&x, name.n >= 16 ? end - 16 : p, 8);
        memcpy(&y, end - 8, 8);
    } else {
        for (size_t i = 0; i < name.n; i++) /* an empty name may have no address */
            x = x << 8 | (unsigned char)p[i];
    }
    a = (a ^ x) * 0x9e3779b97f4a7c15u;
    b = (b ^ y) * 0xd6e8feb86659fd93u;
    a ^= b ^ b >> 32;
    return a * 0x9e3779b97f4a7c15u | 1;
}

struct signature_noted {
    uint64_t key;
    enum tw_transport transport;
    enum tw_counter reason;
    uint32_t device; /* TW_NONE: not known */
    tw_time rx;
};

struct signatures *signatures_create(size_t devices_n);
void signatures_destroy(struct signatures *s);
/* The first row of its set. */
static inline size_t signature_set(uint64_t key)
{
    return (size_t)(key >> (64 - SIGNATURE_SET_BITS)) * SIGNATURE_WAYS;
}

static inline void signature_see(struct signatures *s, size_t row, uint32_t device)
{
    if (device != TW_NONE)
        s->seen[row * s->words + device / 64] |= UINT64_C(1) << device % 64;
}

/* Counts. False: it is not there. Nine of ten messages come here. */
static inline bool signatures_again(struct signatures *s, uint64_t key, uint32_t device, tw_time rx)
{
    s->messages++;
    for (size_t i = signature_set(key), end = i + SIGNATURE_WAYS; i < end; i++) {
        if (s->key[i] != key)
            continue;
        struct signature_row *r = &s->rows[i];
        r->count++;
        r->last = rx;
        r->credit += r->credit < SIGNATURE_CREDIT;
        signature_see(s, i, device);
        return true;
    }
    return false;
}
/* After that. NULL: it found no room; else a new row, whose name and sample are to be set. */
struct signature_row *signatures_enter(struct signatures *s, const struct signature_noted *n);
/* Both are made printable, and cut. */
void signatures_name(struct signatures *s, struct signature_row *row, struct tw_str name);
void signatures_sample(struct signatures *s, struct signature_row *row, struct tw_str sample);
struct tw_signatures signatures_view(struct signatures *s, const struct tw_topology *t);
/* `devices`: of a device's index in the snapshot, its index now, or TW_NONE; as many as there were. */
void signatures_snap(struct signatures *s, struct tw_snap *io, const uint32_t *devices, size_t devices_n);

#endif
