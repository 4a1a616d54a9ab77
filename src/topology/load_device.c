/* SPDX-License-Identifier: ISC */
#include "load.h"

#include <stdlib.h>

static bool same_name(const void *ctx, uint32_t index, const void *key)
{
    const struct tw_loader *l = ctx;
    return tw_str_eq(tw_str_z(l->devices[index].name), *(const struct tw_str *)key);
}

uint32_t tw_load_find_device(const struct tw_loader *l, struct tw_str name)
{
    return tw_map_find(&l->by_name, tw_hash(name.p, name.n, 0), same_name, l, &name);
}

static void own(struct tw_owners *o, const struct tw_owner *owner, uint64_t hash)
{
    tw_map_add(&o->map, hash, (uint32_t)o->n);
    *TW_PUSH(o->at, o->n, o->cap) = *owner;
}

static void load_address(struct tw_loader *l, const struct tw_node *n, uint32_t device, struct tw_addr *out)
{
    struct tw_str text;
    char buf[TW_QUOTE_TEXT];
    if (!tw_doc_want_text(l->doc, n, "address", l->errors, &text))
        return;
    if (!tw_addr_parse(text, out)) {
        tw_doc_error(l->doc, n, l->errors, "address is %s, expected an IPv4 or IPv6 address",
                     tw_doc_quote(text, buf));
        return;
    }
    const struct tw_owner *o = tw_owner_of_address(l->x, out);
    if (o == NULL) {
        const struct tw_owner new = {device, n->line, n->column, {.address = *out}};
        own(&l->x->addresses, &new, tw_addr_hash(out));
    } else if (o->device != device) {
        tw_doc_error(
            l->doc, n, l->errors,
            "address %.*s belongs to device '%s' too (line %u, column %u), expected it on one device only",
            TW_STR_ARG(text), l->devices[o->device].name, o->line, o->column);
    }
}

static void load_addresses(struct tw_loader *l, const struct tw_node *list, uint32_t device)
{
    if (list == NULL || !tw_doc_want_list(l->doc, list, "addresses", l->errors))
        return;
    struct tw_addr *a = tw_arena_alloc(l->x->arena, list->n * sizeof *a);
    for (uint32_t i = 0; i < list->n; i++)
        load_address(l, list->items[i], device, &a[i]);
    l->devices[device].addresses = a;
    l->devices[device].addresses_n = list->n;
}

/* `what` it is a name of: "hostname", …. */
static void own_name(struct tw_loader *l, struct tw_owners *owners, const char *what, const struct tw_node *n,
                     uint32_t device, const char *name)
{
    const struct tw_owner *o = tw_owner_of_name(owners, tw_str_z(name));
    if (o == NULL) {
        const struct tw_owner new = {device, n->line, n->column, {.name = tw_str_z(name)}};
        own(owners, &new, tw_hash_lower(tw_str_z(name), 0));
    } else if (o->device != device) {
        char buf[TW_QUOTE_TEXT];
        tw_doc_error(l->doc, n, l->errors,
                     "%s %s belongs to device '%s' too (line %u, column %u), expected it on one device only",
                     what, tw_doc_quote(tw_str_z(name), buf), l->devices[o->device].name, o->line, o->column);
    }
}

static void load_hostnames(struct tw_loader *l, const struct tw_node *key, const struct tw_node *list,
                           uint32_t device)
{
    struct tw_device *d = &l->devices[device];
    if (list != NULL && !tw_doc_want_list(l->doc, list, "hostnames", l->errors))
        return;
    const size_t given = list != NULL ? list->n : 0;
    const char **hosts = tw_arena_alloc(l->x->arena, (given > 0 ? given : 1) * sizeof *hosts);
    d->hostnames = hosts;
    for (size_t i = 0; i < given; i++) {
        if (tw_load_name(l, list->items[i], "hostname", TW_NAME_MAX, &hosts[d->hostnames_n]))
            own_name(l, &l->x->hosts, "hostname", list->items[i], device, hosts[d->hostnames_n++]);
    }
    if (given == 0) {
        hosts[d->hostnames_n++] = d->name;
        own_name(l, &l->x->hosts, "hostname", key, device, d->name);
    }
}

static void load_engine_id(struct tw_loader *l, const struct tw_node *n, uint32_t device)
{
    struct tw_str s;
    char buf[TW_QUOTE_TEXT];
    if (n == NULL || !tw_doc_want_text(l->doc, n, "engine-id", l->errors, &s))
        return;
    bool good = tw_str_istarts(s, TW_STR("0x")) && s.n % 2 == 0 && s.n >= 2 + 2 * (size_t)TW_ENGINE_ID_MIN &&
                s.n <= 2 + 2 * (size_t)TW_ENGINE_ID_MAX;
    for (size_t i = 2; good && i < s.n; i++)
        good = tw_is_digit(s.p[i]) || (tw_lower(s.p[i]) >= 'a' && tw_lower(s.p[i]) <= 'f');
    if (!good) {
        tw_doc_error(l->doc, n, l->errors,
                     "engine-id is %s, expected 0x and the hexadecimal digits of 5 to 32 bytes",
                     tw_doc_quote(s, buf));
        return;
    }
    char *id = tw_arena_dup(l->x->arena, s.p, s.n);
    for (size_t i = 0; i < s.n; i++)
        id[i] = tw_lower(id[i]);
    l->devices[device].engine_id = id;
    own_name(l, &l->x->engines, "engine-id", n, device, id);
}

static int by_index(const void *a, const void *b)
{
    uint32_t x = ((const struct tw_if_name *)a)->index, y = ((const struct tw_if_name *)b)->index;
    return (x > y) - (x < y);
}

static void load_interfaces(struct tw_loader *l, const struct tw_node *map, struct tw_device *d)
{
    if (map == NULL || !tw_doc_want_map(l->doc, map, "interfaces", l->errors))
        return;
    struct tw_if_name *names = tw_arena_alloc(l->x->arena, map->n * sizeof *names);
    for (uint32_t i = 0; i < map->n; i++) {
        uint64_t index = 0;
        uint32_t trunk, sub;
        char buf[TW_TRUNK_NAME_TEXT];
        tw_doc_want_u64(l->doc, map->keys[i], "ifIndex", 1, INT32_MAX, l->errors, &index);
        names[i].index = (uint32_t)index;
        if (tw_load_name(l, map->items[i], "interface name", TW_IF_NAME_MAX, &names[i].name) &&
            tw_trunk_name_parse(map->items[i]->text, &trunk, &sub)) {
            struct tw_str name = tw_trunk_name_text(trunk, sub, buf);
            names[i].name = tw_arena_dup(l->x->arena, name.p, name.n);
        }
    }
    if (map->n > 1)
        qsort(names, map->n, sizeof *names, by_index);
    d->interfaces = names;
    d->interfaces_n = map->n;
}

static void load_alarm_delay(struct tw_loader *l, const struct tw_node *map, struct tw_device *d)
{
    static const char *const keys[] = {"raise", "clear", NULL};
    if (map == NULL || !tw_doc_want_map(l->doc, map, "alarm-delay", l->errors))
        return;
    tw_doc_known_keys(l->doc, map, "alarm-delay", keys, l->errors);
    const struct tw_node *raise = tw_node_get(map, "raise"), *clear = tw_node_get(map, "clear");
    if (raise != NULL)
        tw_doc_want_dur(l->doc, raise, "raise", l->errors, &d->alarm_raise);
    if (clear != NULL)
        tw_doc_want_dur(l->doc, clear, "clear", l->errors, &d->alarm_clear);
    d->has_alarm_delay = true;
}

static void load_poll(struct tw_loader *l, const struct tw_node *map, struct tw_poll *p)
{
    static const char *const keys[] = {"version", "user", "community-file", "port", "timeout",
                                       "retries", NULL};
    static const char *const versions[] = {"1", "2c", "3", NULL};
    size_t version = 0;
    uint64_t number = 0;
    if (map == NULL || !tw_doc_want_map(l->doc, map, "poll", l->errors))
        return;
    tw_doc_known_keys(l->doc, map, "poll", keys, l->errors);
    const struct tw_node *n = tw_node_get(map, "user");
    if (n != NULL)
        tw_load_name(l, n, "user", TW_NAME_MAX, &p->user);
    p->version = n != NULL ? 3 : 2;
    n = tw_node_get(map, "version");
    if (n != NULL && tw_doc_want_word(l->doc, n, "version", versions, l->errors, &version))
        p->version = (int)version + 1;
    if (p->version == 3 && tw_node_get(map, "user") == NULL)
        tw_doc_error(l->doc, map, l->errors, "poll has version 3 and no user, expected a 'user'");
    n = tw_node_get(map, "community-file");
    if (n != NULL)
        tw_load_name(l, n, "community-file", 4095, &p->community_file);
    n = tw_node_get(map, "port");
    if (n != NULL && tw_doc_want_u64(l->doc, n, "port", 1, UINT16_MAX, l->errors, &number))
        p->port = (uint32_t)number;
    n = tw_node_get(map, "timeout");
    if (n != NULL)
        tw_doc_want_dur(l->doc, n, "timeout", l->errors, &p->timeout);
    n = tw_node_get(map, "retries");
    if (n != NULL && tw_doc_want_u64(l->doc, n, "retries", 0, 10, l->errors, &number))
        p->retries = (int)number;
}

static void load_device(struct tw_loader *l, const struct tw_node *key, const struct tw_node *n,
                        uint32_t device)
{
    static const char *const keys[] = {"addresses",   "hostnames",  "engine-id",
                                       "certificate", "interfaces", "stamp-offset",
                                       "alarm-delay", "poll",       NULL};
    static const char *const offsets[] = {"local", "utc", NULL};
    struct tw_device *d = &l->devices[device];
    if (!tw_doc_want_map(l->doc, n, "device", l->errors))
        return;
    tw_doc_known_keys(l->doc, n, "device", keys, l->errors);
    load_addresses(l, tw_node_get(n, "addresses"), device);
    load_hostnames(l, key, tw_node_get(n, "hostnames"), device);
    load_engine_id(l, tw_node_get(n, "engine-id"), device);
    const struct tw_node *certificate = tw_node_get(n, "certificate"),
                         *offset = tw_node_get(n, "stamp-offset");
    if (certificate != NULL && tw_load_name(l, certificate, "certificate", TW_NAME_MAX, &d->certificate))
        own_name(l, &l->x->certificates, "certificate", certificate, device, d->certificate);
    size_t word = 0;
    if (offset != NULL && tw_doc_want_word(l->doc, offset, "stamp-offset", offsets, l->errors, &word))
        d->stamp_offset_utc = word == 1;
    load_interfaces(l, tw_node_get(n, "interfaces"), d);
    load_alarm_delay(l, tw_node_get(n, "alarm-delay"), d);
    d->poll = (struct tw_poll){.port = 161, .retries = -1};
    load_poll(l, tw_node_get(n, "poll"), &d->poll);
}

void tw_load_devices(struct tw_loader *l, const struct tw_node *map)
{
    l->devices = tw_arena_alloc(l->x->arena, map->n * sizeof *l->devices);
    l->devices_n = map->n;
    l->x->first_pair = tw_arena_alloc(l->x->arena, map->n * sizeof *l->x->first_pair);
    for (uint32_t i = 0; i < map->n; i++) {
        const struct tw_str key = map->keys[i]->text;
        l->x->first_pair[i] = TW_NONE;
        l->devices[i].name = "";
        if (!tw_load_name(l, map->keys[i], "device", TW_NAME_MAX, &l->devices[i].name))
            continue;
        tw_map_add(&l->by_name, tw_hash(key.p, key.n, 0), i);
        load_device(l, map->keys[i], map->items[i], i);
    }
}
