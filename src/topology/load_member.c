/* SPDX-License-Identifier: ISC */
#include "load.h"

#include <stdlib.h>

/* Notes that an Eth-Trunk of a device is in this member; it can't be in two. */
static void claim_trunk(struct tw_loader *l, const struct tw_node *n, uint32_t device, uint32_t trunk,
                        uint32_t packed)
{
    const uint64_t place = tw_place_key(device, trunk);
    uint32_t other = tw_map_find(&l->x->trunks, place, NULL, NULL, NULL);
    if (other == TW_MAP_NONE) {
        tw_map_add(&l->x->trunks, place, packed);
        return;
    }
    const struct tw_spot *at = &l->trunk_spots[other];
    tw_doc_error(
        l->doc, n, l->errors,
        "Eth-Trunk%u of device '%s' is in an E-Trunk already (line %u, column %u), expected every trunk once",
        trunk, l->devices[device].name, at->line, at->column);
}

static void load_trunk(struct tw_loader *l, const struct tw_node *n, uint32_t device, int side,
                       struct tw_member *m)
{
    struct tw_str text;
    uint32_t sub = 0;
    char buf[TW_QUOTE_TEXT], name[TW_TRUNK_NAME_TEXT];
    l->trunk_spots[2 * l->members_n + (size_t)side] = (struct tw_spot){n->line, n->column};
    if (!tw_doc_want_text(l->doc, n, "trunk", l->errors, &text))
        return;
    if (!tw_trunk_name_parse(text, &m->trunk[side], &sub) || sub != 0) {
        tw_doc_error(l->doc, n, l->errors,
                     "trunk is %s, expected Eth-Trunk and a number from 0 to 65535, as Eth-Trunk10",
                     tw_doc_quote(text, buf));
        return;
    }
    struct tw_str canonical = tw_trunk_name_text(m->trunk[side], 0, name);
    m->trunk_name[side] = tw_arena_dup(l->x->arena, canonical.p, canonical.n);
    claim_trunk(l, n, device, m->trunk[side], (uint32_t)l->members_n * 2 + (uint32_t)side);
}

static void load_trunks(struct tw_loader *l, const struct tw_node *n, const struct tw_pair *p,
                        struct tw_member *m)
{
    const char *const names[] = {l->devices[p->device[0]].name, l->devices[p->device[1]].name, NULL};
    if (!tw_doc_want_map(l->doc, n, "trunks", l->errors))
        return;
    tw_doc_known_keys(l->doc, n, "trunks", names, l->errors);
    for (int side = 0; side < 2; side++) {
        const struct tw_node *trunk = tw_node_get(n, names[side]);
        if (trunk != NULL)
            load_trunk(l, trunk, p->device[side], side, m);
        else
            tw_doc_error(l->doc, n, l->errors,
                         "trunks has no trunk of device '%s', expected one each of '%s' and '%s'",
                         names[side], names[0], names[1]);
    }
}

static void load_profile_name(struct tw_loader *l, const struct tw_node *n, const struct tw_pair *p,
                              const struct tw_profile **out)
{
    struct tw_str name;
    char buf[TW_QUOTE_TEXT];
    if (!tw_doc_want_text(l->doc, n, "profile", l->errors, &name))
        return;
    *out = tw_load_find_profile(l, p, name);
    if (*out != NULL)
        return;
    struct tw_nearest near = {.word = name};
    for (size_t i = 0; l->errors->n < TW_ERRORS_MAX && i < p->profiles_n; i++)
        tw_nearest_offer(&near, tw_str_z(p->profiles[i].name));
    if (near.best.n > 0)
        tw_doc_error(l->doc, n, l->errors, "unknown profile %s in pair '%s', did you mean '%.*s'?",
                     tw_doc_quote(name, buf), p->name, TW_STR_ARG(near.best));
    else
        tw_doc_error(l->doc, n, l->errors,
                     "unknown profile %s in pair '%s', expected a name from its 'backup-profiles'",
                     tw_doc_quote(name, buf), p->name);
}

static void load_sub(struct tw_loader *l, const struct tw_node *n, const struct tw_pair *p, struct tw_sub *s)
{
    static const char *const keys[] = {"services", "profile", "description", "protection", NULL};
    static const char *const protections[] = {"e-trunk", "vrrp", "none", NULL};
    size_t word = 0;
    /* "100:" and nothing else: listed, and no more is known. */
    if (tw_node_is_null(n) || !tw_doc_want_map(l->doc, n, "sub-interface", l->errors))
        return;
    tw_doc_known_keys(l->doc, n, "sub-interface", keys, l->errors);
    const struct tw_node *services = tw_node_get(n, "services"), *profile = tw_node_get(n, "profile");
    const struct tw_node *description = tw_node_get(n, "description"),
                         *protection = tw_node_get(n, "protection");
    if (profile != NULL)
        load_profile_name(l, profile, p, &s->profile);
    if (services != NULL)
        tw_load_services(l, services, &s->services);
    else if (s->profile != NULL)
        s->services = s->profile->services;
    struct tw_str text;
    if (description != NULL && tw_doc_want_text(l->doc, description, "description", l->errors, &text))
        s->description = tw_arena_dup(l->x->arena, text.p, text.n);
    if (s->profile != NULL && s->profile->vrrp)
        s->protection = TW_PROTECTION_VRRP;
    if (protection != NULL &&
        tw_doc_want_word(l->doc, protection, "protection", protections, l->errors, &word))
        s->protection = (enum tw_protection)word;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = ((const struct tw_sub *)a)->number, y = ((const struct tw_sub *)b)->number;
    return (x > y) - (x < y);
}

static void load_subs(struct tw_loader *l, const struct tw_node *map, const struct tw_pair *p,
                      struct tw_member *m)
{
    if (map == NULL || !tw_doc_want_map(l->doc, map, "sub-interfaces", l->errors))
        return;
    struct tw_sub *subs = tw_arena_alloc(l->x->arena, map->n * sizeof *subs);
    bool sorted = true;
    for (uint32_t i = 0; i < map->n; i++) {
        uint64_t number = 0;
        tw_doc_want_u64(l->doc, map->keys[i], "sub-interface number", 1, UINT32_MAX - 1, l->errors, &number);
        subs[i].number = (uint32_t)number;
        load_sub(l, map->items[i], p, &subs[i]);
        sorted = sorted && (i == 0 || subs[i - 1].number < subs[i].number);
    }
    if (!sorted)
        qsort(subs, map->n, sizeof *subs, by_number);
    m->subs = subs;
    m->subs_n = map->n;
}

void tw_load_member(struct tw_loader *l, const struct tw_node *n, uint32_t e_trunk)
{
    static const char *const keys[] = {"trunks", "mode", "master", "unlisted", "sub-interfaces", NULL};
    static const char *const modes[] = {"auto", "active-active", NULL};
    static const char *const unlisted_words[] = {"watch", "ignore", NULL};
    const struct tw_pair *p = &l->pairs[l->e_trunks[e_trunk].pair];
    const char *const names[] = {l->devices[p->device[0]].name, l->devices[p->device[1]].name, NULL};
    struct tw_member m = {.e_trunk = e_trunk, .trunk_name = {"", ""}, .master = -1};
    size_t word = 0;
    if (!tw_doc_want_map(l->doc, n, "member", l->errors))
        return;
    tw_doc_known_keys(l->doc, n, "member", keys, l->errors);
    *TW_PUSH(l->trunk_spots, l->trunk_spots_n, l->trunk_spots_cap) = (struct tw_spot){0};
    *TW_PUSH(l->trunk_spots, l->trunk_spots_n, l->trunk_spots_cap) = (struct tw_spot){0};
    const struct tw_node *trunks = tw_node_get(n, "trunks"), *mode = tw_node_get(n, "mode");
    const struct tw_node *master = tw_node_get(n, "master"), *unlisted = tw_node_get(n, "unlisted");
    if (trunks != NULL)
        load_trunks(l, trunks, p, &m);
    else
        tw_doc_error(l->doc, n, l->errors, "member has no trunks, expected one each of '%s' and '%s'",
                     names[0], names[1]);
    if (mode != NULL && tw_doc_want_word(l->doc, mode, "mode", modes, l->errors, &word))
        m.active_active = word == 1;
    if (master != NULL && tw_doc_want_word(l->doc, master, "master", names, l->errors, &word))
        m.master = (int)word;
    if (unlisted != NULL && tw_doc_want_word(l->doc, unlisted, "unlisted", unlisted_words, l->errors, &word))
        m.ignore_unlisted = word == 1;
    load_subs(l, tw_node_get(n, "sub-interfaces"), p, &m);
    *TW_PUSH(l->members, l->members_n, l->members_cap) = m;
}
