/* SPDX-License-Identifier: ISC */
#include "topology_internal.h"

#include <stdlib.h>

const struct tw_topology *tw_topology_ref(const struct tw_topology *t)
{
    t->index->refs++;
    return t;
}

static void finish(struct tw_owners *o)
{
    free(o->at);
    tw_map_finish(&o->map);
}

void tw_topology_unref(const struct tw_topology *t)
{
    if (t == NULL || --t->index->refs > 0)
        return;
    /* The snapshot itself stands in its arena. */
    struct tw_topology_index *x = t->index;
    finish(&x->addresses);
    finish(&x->hosts);
    finish(&x->certificates);
    finish(&x->engines);
    tw_map_finish(&x->relays);
    tw_map_finish(&x->relay_certificates);
    tw_map_finish(&x->trunks);
    tw_map_finish(&x->e_trunks);
    tw_arena_destroy(x->arena);
    free(x);
}

uint64_t tw_addr_hash(const struct tw_addr *a)
{
    return tw_hash(a->bytes, sizeof a->bytes, a->family);
}

static bool same_address(const void *ctx, uint32_t index, const void *key)
{
    const struct tw_owner *at = ctx;
    return tw_addr_eq(&at[index].address, key);
}

const struct tw_owner *tw_owner_of_address(const struct tw_topology_index *x, const struct tw_addr *a)
{
    uint32_t i = tw_map_find(&x->addresses.map, tw_addr_hash(a), same_address, x->addresses.at, a);
    return i == TW_MAP_NONE ? NULL : &x->addresses.at[i];
}

static bool same_name(const void *ctx, uint32_t index, const void *key)
{
    const struct tw_owner *at = ctx;
    return tw_str_ieq(at[index].name, *(const struct tw_str *)key);
}

const struct tw_owner *tw_owner_of_name(const struct tw_owners *o, struct tw_str name)
{
    uint32_t i = tw_map_find(&o->map, tw_hash_lower(name, 0), same_name, o->at, &name);
    return i == TW_MAP_NONE ? NULL : &o->at[i];
}

uint32_t tw_topology_by_address(const struct tw_topology *t, const struct tw_addr *a)
{
    const struct tw_owner *o = tw_owner_of_address(t->index, a);
    return o != NULL ? o->device : TW_NONE;
}

uint32_t tw_topology_by_hostname(const struct tw_topology *t, struct tw_str host)
{
    const struct tw_owner *o = tw_owner_of_name(&t->index->hosts, host);
    return o != NULL ? o->device : TW_NONE;
}

uint32_t tw_topology_by_name(const struct tw_topology *t, struct tw_str host)
{
    struct tw_addr a;
    if (host.n == 0)
        return TW_NONE;
    uint32_t device = tw_topology_by_hostname(t, host);
    return device == TW_NONE && tw_addr_parse(host, &a) ? tw_topology_by_address(t, &a) : device;
}

uint32_t tw_topology_by_certificate(const struct tw_topology *t, struct tw_str name)
{
    const struct tw_owner *o = tw_owner_of_name(&t->index->certificates, name);
    return o != NULL ? o->device : TW_NONE;
}

uint32_t tw_topology_by_engine_id(const struct tw_topology *t, struct tw_str id)
{
    static const char digits[] = "0123456789abcdef";
    char text[2 + 2 * TW_ENGINE_ID_MAX] = "0x";
    if (id.n > TW_ENGINE_ID_MAX)
        return TW_NONE;
    for (size_t i = 0; i < id.n; i++) {
        text[2 + 2 * i] = digits[(unsigned char)id.p[i] >> 4];
        text[3 + 2 * i] = digits[(unsigned char)id.p[i] & 15];
    }
    const struct tw_owner *o = tw_owner_of_name(&t->index->engines, tw_str_of(text, 2 + 2 * id.n));
    return o != NULL ? o->device : TW_NONE;
}

static bool same_relay(const void *ctx, uint32_t index, const void *key)
{
    const struct tw_addr *relays = ctx;
    return tw_addr_eq(&relays[index], key);
}

bool tw_topology_is_relay(const struct tw_topology *t, const struct tw_addr *a)
{
    return tw_map_find(&t->index->relays, tw_addr_hash(a), same_relay, t->relays, a) != TW_MAP_NONE;
}

static bool same_relay_certificate(const void *ctx, uint32_t index, const void *key)
{
    const struct tw_str *names = ctx;
    return tw_str_ieq(names[index], *(const struct tw_str *)key);
}

bool tw_topology_is_relay_certificate(const struct tw_topology *t, struct tw_str name)
{
    return name.n > 0 && tw_map_find(&t->index->relay_certificates, tw_hash_lower(name, 0),
                                     same_relay_certificate, t->relay_certificates, &name) != TW_MAP_NONE;
}

static int by_if_index(const void *key, const void *element)
{
    uint32_t a = *(const uint32_t *)key, b = ((const struct tw_if_name *)element)->index;
    return (a > b) - (a < b);
}

const char *tw_topology_if_name(const struct tw_topology *t, uint32_t device, uint32_t if_index)
{
    if (device >= t->devices_n || t->devices[device].interfaces_n == 0)
        return NULL;
    const struct tw_device *d = &t->devices[device];
    const struct tw_if_name *i =
        bsearch(&if_index, d->interfaces, d->interfaces_n, sizeof *d->interfaces, by_if_index);
    return i != NULL ? i->name : NULL;
}

/* Takes apart what the maps hold: index * 2 + side. */
static uint32_t unpack(uint32_t packed, int *side)
{
    if (packed == TW_NONE)
        return TW_NONE;
    *side = (int)(packed & 1);
    return packed >> 1;
}

uint32_t tw_topology_member(const struct tw_topology *t, uint32_t device, uint32_t trunk, int *side)
{
    return unpack(tw_map_find(&t->index->trunks, tw_place_key(device, trunk), NULL, NULL, NULL), side);
}

uint32_t tw_topology_e_trunk(const struct tw_topology *t, uint32_t device, uint32_t id, int *side)
{
    return unpack(tw_map_find(&t->index->e_trunks, tw_place_key(device, id), NULL, NULL, NULL), side);
}

uint32_t tw_topology_pair_of(const struct tw_topology *t, uint32_t device, int *side)
{
    return device < t->devices_n ? unpack(t->index->first_pair[device], side) : TW_NONE;
}

static int by_number(const void *key, const void *element)
{
    uint32_t a = *(const uint32_t *)key, b = ((const struct tw_sub *)element)->number;
    return (a > b) - (a < b);
}

const struct tw_sub *tw_member_sub(const struct tw_member *m, uint32_t number)
{
    return m->subs_n > 0 ? bsearch(&number, m->subs, m->subs_n, sizeof *m->subs, by_number) : NULL;
}

bool tw_profile_fits(const struct tw_profile *p)
{
    switch (p->mode) {
    case TW_BACKUP_HOT: return true;
    case TW_BACKUP_WARM: return false;
    case TW_BACKUP_VIRTUAL: return (p->services & ~(1u << TW_SERVICE_BRAS)) == 0;
    }
    return false;
}
