/* SPDX-License-Identifier: ISC */
#include "base/map.h"

#include "base/err.h"
#include "base/mem.h"

#include <stdlib.h>

uint64_t tw_mix(uint64_t x)
{
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9u;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static size_t home(const struct tw_map *m, uint64_t hash)
{
    return (size_t)(tw_mix(hash) & (m->cap - 1));
}

uint32_t tw_map_find(const struct tw_map *m, uint64_t hash, tw_map_same *same, const void *ctx,
                     const void *key)
{
    if (m->n == 0)
        return TW_MAP_NONE;
    for (size_t i = home(m, hash);; i = (i + 1) & (m->cap - 1)) {
        const struct tw_map_slot *s = &m->slots[i];
        if (s->index == TW_MAP_NONE)
            return TW_MAP_NONE;
        if (s->hash == hash && (same == NULL || same(ctx, s->index, key)))
            return s->index;
    }
}

static void put(struct tw_map *m, uint64_t hash, uint32_t index)
{
    size_t i = home(m, hash);
    while (m->slots[i].index != TW_MAP_NONE)
        i = (i + 1) & (m->cap - 1);
    m->slots[i] = (struct tw_map_slot){hash, index};
}

static void resize(struct tw_map *m, size_t cap)
{
    struct tw_map_slot *old = m->slots;
    size_t old_cap = m->cap;
    m->slots = tw_xmalloc(cap * sizeof *m->slots);
    m->cap = cap;
    for (size_t i = 0; i < cap; i++)
        m->slots[i] = (struct tw_map_slot){0, TW_MAP_NONE};
    for (size_t i = 0; i < old_cap; i++) {
        if (old[i].index != TW_MAP_NONE)
            put(m, old[i].hash, old[i].index);
    }
    free(old);
}

void tw_map_add(struct tw_map *m, uint64_t hash, uint32_t index)
{
    TW_ASSERT(index != TW_MAP_NONE);
    if ((m->n + 1) * 4 > m->cap * 3)
        resize(m, m->cap ? m->cap * 2 : 16);
    put(m, hash, index);
    m->n++;
}

void tw_map_del(struct tw_map *m, uint64_t hash, uint32_t index)
{
    if (m->n == 0)
        return;
    size_t i = home(m, hash);
    while (m->slots[i].index != index) {
        if (m->slots[i].index == TW_MAP_NONE)
            return;
        i = (i + 1) & (m->cap - 1);
    }
    m->n--;
    /* Close the gap, so that a search never stops early: move back whatever may stand in the freed place. */
    for (size_t j = (i + 1) & (m->cap - 1); m->slots[j].index != TW_MAP_NONE; j = (j + 1) & (m->cap - 1)) {
        size_t want = home(m, m->slots[j].hash);
        if (((j - want) & (m->cap - 1)) >= ((j - i) & (m->cap - 1))) {
            m->slots[i] = m->slots[j];
            i = j;
        }
    }
    m->slots[i].index = TW_MAP_NONE;
}

void tw_map_clear(struct tw_map *m)
{
    for (size_t i = 0; i < m->cap; i++)
        m->slots[i].index = TW_MAP_NONE;
    m->n = 0;
}

void tw_map_finish(struct tw_map *m)
{
    free(m->slots);
    *m = (struct tw_map){0};
}
