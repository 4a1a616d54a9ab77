/* SPDX-License-Identifier: ISC */
#include "load.h"

#include <stdlib.h>

bool tw_load_name(struct tw_loader *l, const struct tw_node *n, const char *what, size_t max,
                  const char **out)
{
    struct tw_str s;
    char buf[TW_QUOTE_TEXT];
    if (!tw_doc_want_text(l->doc, n, what, l->errors, &s))
        return false;
    bool good = s.n > 0 && s.n <= max;
    for (size_t i = 0; good && i < s.n; i++)
        good = (unsigned char)s.p[i] >= 0x20 && s.p[i] != 0x7f;
    if (!good) {
        tw_doc_error(l->doc, n, l->errors,
                     "%s is %s, expected 1 to %zu characters, none of them a control character", what,
                     tw_doc_quote(s, buf), max);
        return false;
    }
    *out = tw_arena_dup(l->x->arena, s.p, s.n);
    return true;
}

void tw_load_services(struct tw_loader *l, const struct tw_node *n, uint32_t *out)
{
    static const char *const words[] = {TW_SERVICE_WORDS, NULL};
    *out = 0;
    if (!tw_doc_want_list(l->doc, n, "services", l->errors))
        return;
    for (uint32_t i = 0; i < n->n; i++) {
        size_t word = 0;
        if (tw_doc_want_word(l->doc, n->items[i], "service", words, l->errors, &word))
            *out |= UINT32_C(1) << word;
    }
}

struct relays { /* of the snapshot, while they can still be written */
    struct tw_topology *t;
    struct tw_addr *addresses;
    struct tw_str *certificates;
};

static void load_relay_address(struct tw_loader *l, const struct tw_node *n, struct relays *r)
{
    struct tw_str text;
    struct tw_addr a;
    char buf[TW_QUOTE_TEXT];
    if (!tw_doc_want_text(l->doc, n, "relay", l->errors, &text))
        return;
    if (!tw_addr_parse(text, &a)) {
        tw_doc_error(l->doc, n, l->errors, "relay is %s, expected an IPv4 or IPv6 address",
                     tw_doc_quote(text, buf));
        return;
    }
    const struct tw_owner *o = tw_owner_of_address(l->x, &a);
    if (o != NULL) {
        tw_doc_error(
            l->doc, n, l->errors,
            "relay %.*s is an address of device '%s' (line %u, column %u), expected a collector's own",
            TW_STR_ARG(text), l->devices[o->device].name, o->line, o->column);
    } else if (!tw_topology_is_relay(r->t, &a)) {
        tw_map_add(&l->x->relays, tw_addr_hash(&a), (uint32_t)r->t->relays_n);
        r->addresses[r->t->relays_n++] = a;
    }
}

static void load_relay_certificate(struct tw_loader *l, const struct tw_node *n, struct relays *r)
{
    const char *z = NULL;
    char buf[TW_QUOTE_TEXT];
    if (!tw_load_name(l, n, "certificate", TW_NAME_MAX, &z))
        return;
    const struct tw_str name = tw_str_z(z);
    const struct tw_owner *o = tw_owner_of_name(&l->x->certificates, name);
    if (o != NULL) {
        tw_doc_error(l->doc, n, l->errors,
                     "certificate %s belongs to device '%s' too (line %u, column %u), expected it once",
                     tw_doc_quote(name, buf), l->devices[o->device].name, o->line, o->column);
    } else if (!tw_topology_is_relay_certificate(r->t, name)) {
        tw_map_add(&l->x->relay_certificates, tw_hash_lower(name, 0), (uint32_t)r->t->relay_certificates_n);
        r->certificates[r->t->relay_certificates_n++] = name;
    }
}

/* An address, or {address: …, certificate: …} with at least one of the two. */
static void load_relay(struct tw_loader *l, const struct tw_node *n, struct relays *r)
{
    static const char *const keys[] = {"address", "certificate", NULL};
    if (n->kind != TW_NODE_MAP) {
        load_relay_address(l, n, r);
        return;
    }
    tw_doc_known_keys(l->doc, n, "relay", keys, l->errors);
    const struct tw_node *address = tw_node_get(n, keys[0]), *certificate = tw_node_get(n, keys[1]);
    if (address == NULL && certificate == NULL)
        tw_doc_error(l->doc, n, l->errors, "relay has neither address nor certificate, expected one of them");
    if (address != NULL)
        load_relay_address(l, address, r);
    if (certificate != NULL)
        load_relay_certificate(l, certificate, r);
}

static void load_relays(struct tw_loader *l, const struct tw_node *list, struct tw_topology *t)
{
    if (list == NULL || !tw_doc_want_list(l->doc, list, "relays", l->errors))
        return;
    struct relays r = {t, tw_arena_alloc(l->x->arena, list->n * sizeof *r.addresses),
                       tw_arena_alloc(l->x->arena, list->n * sizeof *r.certificates)};
    t->relays = r.addresses;
    t->relay_certificates = r.certificates;
    for (uint32_t i = 0; i < list->n; i++)
        load_relay(l, list->items[i], &r);
}

static bool any_devices(const struct tw_node *devices)
{
    return devices != NULL && !tw_node_is_null(devices) && !(devices->kind == TW_NODE_MAP && devices->n == 0);
}

/* The pairs begin. */
static bool begin_pairs(void *ctx, const struct tw_doc *doc)
{
    struct tw_loader *l = ctx;
    const struct tw_node *devices = tw_node_get(doc->root, "devices");
    if (!any_devices(devices) || devices->kind != TW_NODE_MAP)
        return false;
    l->ahead = true;
    l->doc = doc;
    l->errors = &l->of_devices;
    tw_load_devices(l, devices);
    l->errors = &l->of_pairs;
    return true;
}

static void take_pair(void *ctx, const struct tw_node *key, const struct tw_node *n)
{
    tw_load_pair(ctx, key, n);
}

static void load(struct tw_loader *l, struct tw_topology *t)
{
    static const char *const keys[] = {"devices", "pairs", "relays", NULL};
    const struct tw_node *root = l->doc->root;
    if (root == NULL) {
        tw_doc_error(l->doc, NULL, l->errors, "the inventory is empty, expected devices");
        return;
    }
    if (!tw_doc_want_map(l->doc, root, "the inventory", l->errors))
        return;
    tw_doc_known_keys(l->doc, root, "the inventory", keys, l->errors);
    const struct tw_node *devices = tw_node_get(root, "devices"), *pairs = tw_node_get(root, "pairs");
    if (!any_devices(devices)) {
        tw_doc_error(l->doc, devices != NULL ? devices : root, l->errors,
                     "the inventory has no devices, expected at least one");
        return;
    }
    if (!tw_doc_want_map(l->doc, devices, "devices", l->errors))
        return;
    if (l->ahead)
        tw_errors_move(l->errors, &l->of_devices);
    else
        tw_load_devices(l, devices);
    load_relays(l, tw_node_get(root, "relays"), t);
    tw_errors_move(l->errors, &l->of_pairs);
    if (l->ahead || pairs == NULL || !tw_doc_want_map(l->doc, pairs, "pairs", l->errors))
        return;
    for (uint32_t i = 0; i < pairs->n; i++)
        tw_load_pair(l, pairs->keys[i], pairs->items[i]);
}

static void *keep(struct tw_loader *l, const void *p, size_t n)
{
    return n > 0 ? memcpy(tw_arena_alloc(l->x->arena, n), p, n) : NULL;
}

/* Moves what was collected into the snapshot, and drops what only reading needed. */
static void settle(struct tw_loader *l, struct tw_topology *t)
{
    t->devices = l->devices;
    t->devices_n = l->devices_n;
    t->pairs = keep(l, l->pairs, l->pairs_n * sizeof *l->pairs);
    t->pairs_n = l->pairs_n;
    t->e_trunks = keep(l, l->e_trunks, l->e_trunks_n * sizeof *l->e_trunks);
    t->e_trunks_n = l->e_trunks_n;
    t->members = keep(l, l->members, l->members_n * sizeof *l->members);
    t->members_n = l->members_n;
    free(l->pairs);
    free(l->e_trunks);
    free(l->members);
    free(l->e_trunk_spots);
    free(l->trunk_spots);
    tw_map_finish(&l->by_name);
    tw_errors_finish(&l->of_devices);
    tw_errors_finish(&l->of_pairs);
}

const struct tw_topology *tw_topology_create(const char *file, struct tw_str text, struct tw_errors *errors)
{
    const size_t before = errors->n + errors->dropped;
    const size_t least = 16 << 10, most = 1 << 20;
    struct tw_topology_index *x = tw_xcalloc(1, sizeof *x);
    x->refs = 1;
    x->arena = tw_arena_create(text.n < least ? least : text.n < most ? text.n : most);
    struct tw_topology *t = tw_arena_alloc(x->arena, sizeof *t);
    t->file = tw_arena_dup(x->arena, file, strlen(file));
    t->index = x;
    struct tw_loader l = {.x = x};
    const struct tw_doc_taker taker = {"pairs", &l, begin_pairs, take_pair};
    struct tw_doc *doc = tw_doc_parse_taking(file, text, &taker, errors);
    l.doc = doc;
    l.errors = errors;
    if (doc != NULL)
        load(&l, t);
    settle(&l, t);
    tw_doc_destroy(doc);
    if (errors->n + errors->dropped > before) {
        tw_topology_unref(t);
        return NULL;
    }
    return t;
}
