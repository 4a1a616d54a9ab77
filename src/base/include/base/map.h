/* SPDX-License-Identifier: ISC */
#ifndef TW_BASE_MAP_H
#define TW_BASE_MAP_H
/*
 * Map from a 64-bit hash plus the caller's own comparison to a 32-bit index into an array of the caller's.
 *
 * The array is what is iterated, so the order of hashing can never be observed. Open addressing; tw_map_del
 * keeps it exact. Hash 0 is allowed. An index of TW_MAP_NONE is never stored.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TW_MAP_NONE UINT32_MAX

struct tw_map {
    struct tw_map_slot {
        uint64_t hash;
        uint32_t index; /* TW_MAP_NONE: free */
    } * slots;
    size_t n, cap;
};

typedef bool tw_map_same(const void *ctx, uint32_t index, const void *key);

/* The index stored under (hash, key), or TW_MAP_NONE. `same` may be NULL when equal hashes mean equal keys.
 */
uint32_t tw_map_find(const struct tw_map *m, uint64_t hash, tw_map_same *same, const void *ctx,
                     const void *key);
/* The caller knows that the key is not there yet. */
void tw_map_add(struct tw_map *m, uint64_t hash, uint32_t index);
void tw_map_del(struct tw_map *m, uint64_t hash, uint32_t index);
void tw_map_clear(struct tw_map *m);
void tw_map_finish(struct tw_map *m);

/* Mixes a number into a well-spread hash, for keys that are numbers. */
uint64_t tw_mix(uint64_t x);

#endif
