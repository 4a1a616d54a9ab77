/* SPDX-License-Identifier: ISC */
/* The engines that have proved a key: who they are, and where their boots and time stand. */
#include "usm_internal.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

enum { MS = 1000 };

static struct tw_str id_str(const struct tw_usm_id *id)
{
    return tw_str_of((const char *)id->bytes, id->n);
}

static bool same_id(const void *ctx, uint32_t index, const void *key)
{
    const struct tw_usm_engine *rows = ctx;
    return tw_str_eq(id_str(&rows[index].id), *(const struct tw_str *)key);
}

static struct tw_usm_engine *row_of(struct tw_usm *u, struct tw_str id)
{
    uint32_t i = tw_map_find(&u->by_id, tw_hash(id.p, id.n, 0), same_id, u->engines, &id);
    return i != TW_MAP_NONE ? &u->engines[i] : NULL;
}

uint32_t usm_engine_index(const struct tw_usm *u, const struct tw_usm_engine *e)
{
    return (uint32_t)(e - u->engines);
}

static bool is_known(const struct tw_usm *u, struct tw_str id)
{
    for (size_t i = 0; i < u->users_n; i++) {
        if (u->users[i].engine.n > 0 && tw_str_eq(id_str(&u->users[i].engine), id))
            return true;
    }
    return u->topology != NULL && tw_topology_by_engine_id(u->topology, id) != TW_NONE;
}

/* The device at this address, if an engine may be learnt for it: the inventory names none. */
static uint32_t open_device(const struct tw_usm *u, const struct tw_addr *from)
{
    if (u->learn == TW_LEARN_NO || u->topology == NULL)
        return TW_NONE;
    uint32_t device = tw_topology_by_address(u->topology, from);
    return device != TW_NONE && u->topology->devices[device].engine_id == NULL ? device : TW_NONE;
}

bool usm_engine_find(struct tw_usm *u, struct tw_str id, const struct tw_addr *from, struct usm_place *out)
{
    *out = (struct usm_place){row_of(u, id), TW_NONE};
    if (out->row != NULL && (out->row->state == TW_ENGINE_KNOWN || out->row->sender != 0))
        return true;
    if (out->row == NULL && is_known(u, id))
        return true;
    /* What may be reported on takes us for the engine: an inform with another receiver's ID. */
    if ((u->header.flags & USM_FLAG_REPORTABLE) == 0)
        out->device = open_device(u, from);
    return out->device != TW_NONE;
}

static struct tw_usm_engine *append(struct tw_usm *u, const struct tw_usm_engine *e)
{
    struct tw_str id = id_str(&e->id);
    tw_map_add(&u->by_id, tw_hash(id.p, id.n, 0), (uint32_t)u->engines_n);
    struct tw_usm_engine *row = TW_PUSH(u->engines, u->engines_n, u->engines_cap);
    *row = *e;
    u->listed += e->state != TW_ENGINE_KNOWN;
    return row;
}

/* How many are listed for a device, and whether one of them speaks for it. */
static int listed_for(const struct tw_usm *u, const char *device, bool *has_one)
{
    int n = 0;
    *has_one = false;
    for (size_t i = 0; i < u->engines_n; i++) {
        const struct tw_usm_engine *e = &u->engines[i];
        if (e->state == TW_ENGINE_KNOWN || strcmp(e->device, device) != 0)
            continue;
        n++;
        *has_one = *has_one || e->state == TW_ENGINE_LEARNT;
    }
    return n;
}

/* A device has one engine; a few others may be listed for it. */
static bool list(struct tw_usm *u, struct tw_usm_engine *e, uint32_t device)
{
    const char *name = u->topology->devices[device].name;
    bool has_one;
    if (listed_for(u, name, &has_one) >= USM_LISTED_PER_DEVICE || u->listed >= TW_USM_LISTED_MAX)
        return false;
    e->state = u->learn == TW_LEARN_YES && !has_one ? TW_ENGINE_LEARNT : TW_ENGINE_ASKED;
    e->sender = e->state == TW_ENGINE_LEARNT ? 1 + device : 0;
    (void)snprintf(e->device, sizeof e->device, "%s", name);
    return true;
}

bool usm_engine_promote(struct tw_usm *u, const struct usm_place *p)
{
    struct tw_usm_engine *e = p->row;
    bool has_one;
    if (u->learn != TW_LEARN_YES || e == NULL || e->state != TW_ENGINE_ASKED || p->device == TW_NONE ||
        strcmp(e->device, u->topology->devices[p->device].name) != 0)
        return false;
    (void)listed_for(u, e->device, &has_one);
    if (has_one)
        return false;
    e->state = TW_ENGINE_LEARNT;
    e->sender = 1 + p->device;
    u->changes++;
    return true;
}

struct tw_usm_engine *usm_engine_add(struct tw_usm *u, const struct usm_place *p,
                                     const struct tw_usm_user *user, const struct tw_addr *from)
{
    struct tw_usm_engine e = {.state = TW_ENGINE_KNOWN, .from = *from};
    if (u->engines_n >= TW_USM_ENGINES_MAX)
        return NULL;
    e.id.n = (uint8_t)u->header.engine.n;
    memcpy(e.id.bytes, u->header.engine.p, e.id.n);
    (void)snprintf(e.user, sizeof e.user, "%s", user->name);
    if (p->device != TW_NONE && !list(u, &e, p->device))
        return NULL;
    return append(u, &e);
}

bool usm_engine_in_time(struct tw_usm *u, struct tw_usm_engine *e, bool is_new, int64_t now_ms)
{
    const struct usm_header *h = &u->header;
    /* Clocks differ: a thousandth is allowed, or one that was silent for weeks would be refused for ever. */
    int64_t passed = (now_ms - e->at_ms) / MS, expected = e->time + passed - passed / 1000;
    if (h->boots == INT32_MAX || h->boots < e->boots)
        return false;
    if (!is_new && h->boots == e->boots && h->time < expected - TW_USM_WINDOW_S)
        return false;
    u->changes += is_new || h->boots > e->boots;
    if (is_new || h->boots > e->boots || h->time > e->time) {
        e->boots = h->boots;
        e->time = h->time;
        e->at_ms = now_ms;
    }
    return true;
}

static uint32_t device_named(const struct tw_topology *t, const char *name)
{
    uint32_t i = 0;
    while (t != NULL && i < t->devices_n && strcmp(t->devices[i].name, name) != 0)
        i++;
    return t != NULL && i < t->devices_n ? i : TW_NONE;
}

void usm_engines_review(struct tw_usm *u)
{
    size_t n = u->engines_n;
    struct tw_usm_engine *old = u->engines;
    u->engines = NULL;
    u->engines_n = u->engines_cap = u->listed = 0;
    tw_map_clear(&u->by_id);
    for (size_t i = 0; i < n; i++) {
        struct tw_usm_engine e = old[i];
        if (is_known(u, id_str(&e.id))) {
            e.state = TW_ENGINE_KNOWN;
            e.sender = 0;
            e.device[0] = '\0';
        } else {
            uint32_t device = e.state == TW_ENGINE_KNOWN ? TW_NONE : device_named(u->topology, e.device);
            if (u->learn == TW_LEARN_NO || device == TW_NONE ||
                u->topology->devices[device].engine_id != NULL) {
                u->changes++;
                continue;
            }
            e.sender = e.state == TW_ENGINE_LEARNT ? 1 + device : 0;
        }
        (void)append(u, &e);
    }
    free(old);
}

const struct tw_usm_engine *tw_usm_engines(const struct tw_usm *u, size_t *n, uint64_t *changes)
{
    *n = u->engines_n;
    *changes = u->changes;
    return u->engines;
}

bool tw_usm_restore(struct tw_usm *u, const struct tw_usm_engine *e, int64_t now_ms)
{
    if (u->engines_n >= TW_USM_ENGINES_MAX || row_of(u, id_str(&e->id)) != NULL ||
        (e->state != TW_ENGINE_KNOWN && u->listed >= TW_USM_LISTED_MAX))
        return false;
    append(u, e)->at_ms = now_ms;
    return true;
}
