/* SPDX-License-Identifier: ISC */
#include "load.h"

#include <stdlib.h>

static void unknown_device(struct tw_loader *l, const struct tw_node *n, const char *pair)
{
    char buf[TW_QUOTE_TEXT];
    struct tw_nearest near = {.word = n->text};
    /* Looking at all devices costs time: only for an error that is kept. */
    for (size_t i = 0; l->errors->n < TW_ERRORS_MAX && i < l->devices_n; i++)
        tw_nearest_offer(&near, tw_str_z(l->devices[i].name));
    const char *name = tw_doc_quote(n->text, buf);
    if (near.best.n > 0)
        tw_doc_error(l->doc, n, l->errors, "unknown device %s in pair '%s', did you mean '%.*s'?", name, pair,
                     TW_STR_ARG(near.best));
    else
        tw_doc_error(l->doc, n, l->errors, "unknown device %s in pair '%s', expected a name from 'devices'",
                     name, pair);
}

static bool load_sides(struct tw_loader *l, const struct tw_node *n, struct tw_pair *p)
{
    if (!tw_doc_want_list(l->doc, n, "devices", l->errors))
        return false;
    if (n->n != 2) {
        tw_doc_error(l->doc, n, l->errors, "pair '%s' has %u device%s, expected exactly two", p->name, n->n,
                     n->n == 1 ? "" : "s");
        return false;
    }
    bool good = true;
    for (uint32_t side = 0; side < 2; side++) {
        struct tw_str name;
        p->device[side] = TW_NONE;
        if (tw_doc_want_text(l->doc, n->items[side], "device", l->errors, &name)) {
            p->device[side] = tw_load_find_device(l, name);
            if (p->device[side] == TW_NONE)
                unknown_device(l, n->items[side], p->name);
        }
        good = good && p->device[side] != TW_NONE;
    }
    if (good && p->device[0] == p->device[1]) {
        tw_doc_error(l->doc, n->items[1], l->errors,
                     "pair '%s' has device '%s' twice, expected two different ones", p->name,
                     l->devices[p->device[0]].name);
        return false;
    }
    return good;
}

static void load_profile(struct tw_loader *l, const struct tw_node *key, const struct tw_node *n,
                         struct tw_profile *out)
{
    static const char *const keys[] = {"mode", "services", "rbs", "protocol", NULL};
    static const char *const modes[] = {"hot", "warm", "virtual", NULL};
    static const char *const protocols[] = {"e-trunk", "vrrp", NULL};
    size_t word = 0;
    out->name = "";
    out->line = key->line;
    out->column = key->column;
    tw_load_name(l, key, "profile", TW_NAME_MAX, &out->name);
    if (!tw_doc_want_map(l->doc, n, "profile", l->errors))
        return;
    tw_doc_known_keys(l->doc, n, "profile", keys, l->errors);
    const struct tw_node *mode = tw_node_get(n, "mode"), *services = tw_node_get(n, "services");
    const struct tw_node *rbs = tw_node_get(n, "rbs"), *protocol = tw_node_get(n, "protocol");
    if (mode != NULL && tw_doc_want_word(l->doc, mode, "mode", modes, l->errors, &word))
        out->mode = (enum tw_backup_mode)word;
    if (services != NULL)
        tw_load_services(l, services, &out->services);
    if (rbs != NULL)
        tw_load_name(l, rbs, "rbs", TW_NAME_MAX, &out->rbs);
    if (protocol != NULL && tw_doc_want_word(l->doc, protocol, "protocol", protocols, l->errors, &word))
        out->vrrp = word == 1;
}

static void load_profiles(struct tw_loader *l, const struct tw_node *map, struct tw_pair *p)
{
    if (map == NULL || !tw_doc_want_map(l->doc, map, "backup-profiles", l->errors))
        return;
    struct tw_profile *profiles = tw_arena_alloc(l->x->arena, map->n * sizeof *profiles);
    for (uint32_t i = 0; i < map->n; i++) {
        const struct tw_str name = map->keys[i]->text;
        load_profile(l, map->keys[i], map->items[i], &profiles[i]);
        tw_map_add(&l->profiles, tw_hash(name.p, name.n, 0), i);
    }
    p->profiles = profiles;
    p->profiles_n = map->n;
}

static bool same_profile(const void *ctx, uint32_t index, const void *key)
{
    const struct tw_pair *p = ctx;
    return tw_str_eq(tw_str_z(p->profiles[index].name), *(const struct tw_str *)key);
}

const struct tw_profile *tw_load_find_profile(const struct tw_loader *l, const struct tw_pair *p,
                                              struct tw_str name)
{
    uint32_t i = tw_map_find(&l->profiles, tw_hash(name.p, name.n, 0), same_profile, p, &name);
    return i != TW_MAP_NONE ? &p->profiles[i] : NULL;
}

/* Makes the E-Trunk known on both its devices, unless another pair has this id there. */
static void claim_id(struct tw_loader *l, const struct tw_node *key, const struct tw_e_trunk *e)
{
    const struct tw_pair *p = &l->pairs[e->pair];
    for (uint32_t side = 0; side < 2; side++) {
        const uint64_t place = tw_place_key(p->device[side], e->id);
        uint32_t other = tw_map_find(&l->x->e_trunks, place, NULL, NULL, NULL);
        if (other == TW_MAP_NONE) {
            tw_map_add(&l->x->e_trunks, place, (uint32_t)l->e_trunks_n * 2 + side);
            continue;
        }
        const struct tw_spot *at = &l->e_trunk_spots[other / 2];
        tw_doc_error(l->doc, key, l->errors,
                     "E-Trunk %u of device '%s' is in pair '%s' too (line %u, column %u), expected it in one "
                     "pair only",
                     e->id, l->devices[p->device[side]].name, l->pairs[l->e_trunks[other / 2].pair].name,
                     at->line, at->column);
    }
}

static void load_timers(struct tw_loader *l, const struct tw_node *n, struct tw_e_trunk *e)
{
    const struct tw_node *revert = tw_node_get(n, "revert-delay"), *hello = tw_node_get(n, "hello");
    const struct tw_node *multiplier = tw_node_get(n, "hold-on-failure-multiplier");
    uint64_t number = 0;
    e->revert_delay = TW_SECONDS(120);
    if (revert != NULL)
        tw_doc_want_dur(l->doc, revert, "revert-delay", l->errors, &e->revert_delay);
    if (hello != NULL)
        tw_doc_want_dur(l->doc, hello, "hello", l->errors, &e->hello);
    if (multiplier != NULL &&
        tw_doc_want_u64(l->doc, multiplier, "hold-on-failure-multiplier", 3, 300, l->errors, &number))
        e->hold_multiplier = (uint32_t)number;
}

static void load_e_trunk(struct tw_loader *l, const struct tw_node *key, const struct tw_node *n,
                         uint32_t pair)
{
    static const char *const keys[] = {"revert-delay", "hello", "hold-on-failure-multiplier", "members",
                                       NULL};
    uint64_t id = 0;
    struct tw_e_trunk e = {.pair = pair, .member0 = (uint32_t)l->members_n};
    if (!tw_doc_want_u64(l->doc, key, "E-Trunk id", 1, 128, l->errors, &id) ||
        !tw_doc_want_map(l->doc, n, "E-Trunk", l->errors))
        return;
    e.id = (uint32_t)id;
    claim_id(l, key, &e);
    tw_doc_known_keys(l->doc, n, "E-Trunk", keys, l->errors);
    load_timers(l, n, &e);
    const uint32_t index = (uint32_t)l->e_trunks_n;
    *TW_PUSH(l->e_trunks, l->e_trunks_n, l->e_trunks_cap) = e;
    *TW_PUSH(l->e_trunk_spots, l->e_trunk_spots_n, l->e_trunk_spots_cap) =
        (struct tw_spot){key->line, key->column};
    const struct tw_node *members = tw_node_get(n, "members");
    if (members == NULL || !tw_doc_want_list(l->doc, members, "members", l->errors))
        return;
    for (uint32_t i = 0; i < members->n; i++)
        tw_load_member(l, members->items[i], index);
    l->e_trunks[index].members_n = (uint32_t)l->members_n - e.member0;
}

static void load_pair(struct tw_loader *l, const struct tw_node *key, const struct tw_node *n, uint32_t pair)
{
    static const char *const keys[] = {"devices", "backup-profiles", "e-trunks", NULL};
    struct tw_pair *p = &l->pairs[pair];
    p->name = "";
    p->e_trunk0 = (uint32_t)l->e_trunks_n;
    if (!tw_load_name(l, key, "pair", TW_NAME_MAX, &p->name) ||
        !tw_doc_want_map(l->doc, n, "pair", l->errors))
        return;
    tw_doc_known_keys(l->doc, n, "pair", keys, l->errors);
    load_profiles(l, tw_node_get(n, "backup-profiles"), p);
    const struct tw_node *devices = tw_node_get(n, "devices"), *e_trunks = tw_node_get(n, "e-trunks");
    if (devices == NULL) {
        tw_doc_error(l->doc, key, l->errors, "pair '%s' has no devices, expected exactly two", p->name);
        return;
    }
    if (!load_sides(l, devices, p))
        return;
    for (uint32_t side = 0; side < 2; side++) {
        if (l->x->first_pair[p->device[side]] == TW_NONE)
            l->x->first_pair[p->device[side]] = pair * 2 + side;
    }
    if (e_trunks == NULL || !tw_doc_want_map(l->doc, e_trunks, "e-trunks", l->errors))
        return;
    for (uint32_t i = 0; i < e_trunks->n; i++)
        load_e_trunk(l, e_trunks->keys[i], e_trunks->items[i], pair);
    p->e_trunks_n = (uint32_t)l->e_trunks_n - p->e_trunk0;
}

void tw_load_pair(struct tw_loader *l, const struct tw_node *key, const struct tw_node *n)
{
    const uint32_t pair = (uint32_t)l->pairs_n;
    struct tw_pair *p = TW_PUSH(l->pairs, l->pairs_n, l->pairs_cap);
    if (pair > 0)
        p->profile0 = p[-1].profile0 + (uint32_t)p[-1].profiles_n;
    load_pair(l, key, n, pair);
    tw_map_finish(&l->profiles);
}
