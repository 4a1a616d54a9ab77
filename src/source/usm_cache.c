/* SPDX-License-Identifier: ISC */
/* Localised keys of those who have proved them. */
#include "usm_internal.h"

#include "base/mem.h"

static uint64_t pair_of(uint32_t engine, uint32_t user)
{
    return (uint64_t)engine << 32 | user;
}

struct usm_key *usm_cache_find(struct tw_usm *u, uint32_t engine, uint32_t user)
{
    uint32_t i = tw_map_find(&u->by_pair, tw_mix(pair_of(engine, user)), NULL, NULL, NULL);
    return i != TW_MAP_NONE ? &u->slots[i].key : NULL;
}

struct usm_key *usm_cache_add(struct tw_usm *u, uint32_t engine, uint32_t user, struct usm_key *k)
{
    struct usm_slot *s;
    if (u->slots_n < TW_USM_KEYS_MAX) {
        s = TW_PUSH(u->slots, u->slots_n, u->slots_cap);
    } else {
        s = &u->slots[u->hand];
        tw_map_del(&u->by_pair, tw_mix(pair_of(s->engine, s->user)), (uint32_t)u->hand);
        u->hand = (u->hand + 1) % TW_USM_KEYS_MAX;
        usm_key_finish(&s->key);
    }
    *s = (struct usm_slot){engine, user, *k};
    *k = (struct usm_key){0};
    tw_map_add(&u->by_pair, tw_mix(pair_of(engine, user)), (uint32_t)(s - u->slots));
    return &s->key;
}

void usm_cache_clear(struct tw_usm *u)
{
    for (size_t i = 0; i < u->slots_n; i++)
        usm_key_finish(&u->slots[i].key);
    u->slots_n = u->hand = 0;
    tw_map_clear(&u->by_pair);
}
