/* SPDX-License-Identifier: ISC */
#include "config/config.h"

#include "base/buf.h"
#include "base/mem.h"
#include "read.h"

#include <stdlib.h>

enum use { USE_RELOADED, USE_RESTART, USE_UNUSED };

static const struct row {
    const char *key;
    enum option_type type;
    const char *preset;
    enum use use;
    const char *help;
} rows[] = {
#define TW_OPTION(id, key, type, preset, use, help) {key, OPTION_##type, preset, USE_##use, help},
#include "config/options.def"
#undef TW_OPTION
};

struct tw_config_private {
    struct tw_doc *doc, *presets[TW_OPTIONS];
    const struct tw_node *nodes[TW_OPTIONS]; /* as given, else the default; NULL: neither */
    struct tw_arena *arena;
    struct tw_str *secrets;
    size_t secrets_n, secrets_cap;
};

const char *tw_option_key(enum tw_option o)
{
    return rows[o].key;
}

bool tw_option_reloaded(enum tw_option o)
{
    return rows[o].use == USE_RELOADED;
}

/* "listen.syslog" -> its group "listen" and its name in there; a key without a dot has the group "". */
static struct tw_str group_of(enum tw_option o)
{
    struct tw_str key = tw_str_z(rows[o].key);
    size_t dot = tw_str_find(key, '.', 0);
    return dot != SIZE_MAX ? tw_str_cut(key, dot) : (struct tw_str){0};
}

static const char *name_of(enum tw_option o)
{
    size_t n = group_of(o).n;
    return rows[o].key + (n > 0 ? n + 1 : 0);
}

static bool first_of_group(enum tw_option o)
{
    for (enum tw_option k = 0; k < o; k++) {
        if (tw_str_eq(group_of(k), group_of(o)))
            return false;
    }
    return group_of(o).n > 0;
}

static const char *group_name(struct reader *r, enum tw_option o)
{
    struct tw_str group = group_of(o);
    return tw_arena_dup(r->arena, group.p, group.n);
}

/* The keys of one group, or (for an empty one) of the whole file. */
static void known_keys(struct reader *r, const struct tw_node *map, struct tw_str group)
{
    const char *keys[TW_OPTIONS + 1];
    size_t n = 0;
    for (enum tw_option o = 0; o < TW_OPTIONS; o++) {
        if (tw_str_eq(group_of(o), group))
            keys[n++] = name_of(o);
        else if (group.n == 0 && first_of_group(o))
            keys[n++] = group_name(r, o);
    }
    keys[n] = NULL;
    tw_doc_known_keys(r->doc, map,
                      group.n > 0 ? tw_arena_dup(r->arena, group.p, group.n) : "the configuration", keys,
                      r->errors);
}

static void check_keys(struct reader *r, const struct tw_node *root)
{
    known_keys(r, root, (struct tw_str){0});
    for (enum tw_option o = 0; o < TW_OPTIONS; o++) {
        const struct tw_node *map = first_of_group(o) ? tw_node_get(root, group_name(r, o)) : NULL;
        if (map != NULL && tw_doc_want_map(r->doc, map, group_name(r, o), r->errors))
            known_keys(r, map, group_of(o));
    }
}

static const struct tw_node *given(struct reader *r, const struct tw_node *root, enum tw_option o)
{
    return tw_node_get(group_of(o).n > 0 ? tw_node_get(root, group_name(r, o)) : root, name_of(o));
}

static bool is_door(enum tw_option o)
{
    return o == TW_OPTION_LISTEN_HTTP || o == TW_OPTION_CONTROL;
}

static void read_all(struct reader *r, struct tw_config_private *own, bool doors)
{
    for (enum tw_option o = 0; o < TW_OPTIONS; o++) {
        if (doors && !is_door(o))
            continue;
        r->doc = own->doc;
        r->key = rows[o].key;
        own->nodes[o] = given(r, own->doc->root, o);
        if (own->nodes[o] == NULL && rows[o].preset[0] != '\0') {
            r->doc = own->presets[o] = tw_doc_parse("default", tw_str_z(rows[o].preset), r->errors);
            own->nodes[o] = r->doc->root;
        }
        if (own->nodes[o] != NULL)
            read_option(r, o, rows[o].type, own->nodes[o]);
    }
    if (!doors && own->nodes[TW_OPTION_INVENTORY] == NULL)
        tw_doc_error(own->doc, own->doc->root, r->errors, "inventory is missing, expected inventory: PATH");
    r->doc = own->doc;
    check_tls(r, own->presets[TW_OPTION_LISTEN_SYSLOG] == NULL ? own->nodes[TW_OPTION_LISTEN_SYSLOG] : NULL);
}

static struct tw_config *create(const char *file, struct tw_str text,
                                const struct tw_config_output_type *types, bool doors,
                                struct tw_errors *errors)
{
    size_t before = errors->n + errors->dropped;
    struct tw_doc *doc = tw_doc_parse(file, text, errors);
    if (doc == NULL)
        return NULL;
    struct tw_config *c = tw_xcalloc(1, sizeof *c);
    c->own = tw_xcalloc(1, sizeof *c->own);
    c->own->doc = doc;
    c->own->arena = tw_arena_create(4096);
    c->file = tw_arena_dup(c->own->arena, file, strlen(file));
    struct reader r = {.doc = doc, .errors = errors, .config = c, .arena = c->own->arena, .types = types};
    if (doc->root == NULL || tw_doc_want_map(doc, doc->root, "the configuration", errors)) {
        if (!doors)
            check_keys(&r, doc->root);
        read_all(&r, c->own, doors);
    }
    if (errors->n + errors->dropped == before)
        return c;
    tw_config_destroy(c);
    return NULL;
}

struct tw_config *tw_config_create(const char *file, struct tw_str text,
                                   const struct tw_config_output_type *types, struct tw_errors *errors)
{
    return create(file, text, types, false, errors);
}

struct tw_config *tw_config_doors(const char *file, struct tw_str text, struct tw_errors *errors)
{
    return create(file, text, NULL, true, errors);
}

void tw_config_destroy(struct tw_config *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; i < TW_OPTIONS; i++)
        tw_doc_destroy(c->own->presets[i]);
    tw_doc_destroy(c->own->doc);
    for (size_t i = 0; i < c->own->secrets_n; i++)
        explicit_bzero((void *)(uintptr_t)c->own->secrets[i].p, c->own->secrets[i].n);
    free(c->own->secrets);
    tw_arena_destroy(c->own->arena);
    free(c->own);
    free(c);
}

void tw_config_secret(struct tw_config *c, const struct tw_setting_value *v, struct tw_str secret)
{
    struct tw_setting_value *value = (struct tw_setting_value *)(uintptr_t)v; /* ours */
    value->text = tw_str_of(tw_arena_dup(c->own->arena, secret.p, secret.n), secret.n);
    *TW_PUSH(c->own->secrets, c->own->secrets_n, c->own->secrets_cap) = value->text;
}

bool tw_config_given(const struct tw_config *c, enum tw_option o)
{
    return c->own->nodes[o] != NULL && c->own->presets[o] == NULL;
}

bool tw_config_unused(const struct tw_config *c, enum tw_option o)
{
    return rows[o].use == USE_UNUSED && tw_config_given(c, o);
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as a document (TW_DOC_MAX_DEPTH) */
static bool same_node(const struct tw_node *a, const struct tw_node *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    if (a->kind != b->kind || a->n != b->n)
        return false;
    if (a->kind == TW_NODE_SCALAR)
        return tw_str_eq(a->text, b->text);
    for (uint32_t i = 0; i < a->n; i++) {
        if (!same_node(a->items[i], b->items[i]) ||
            (a->kind == TW_NODE_MAP && !tw_str_eq(a->keys[i]->text, b->keys[i]->text)))
            return false;
    }
    return true;
}

bool tw_config_same(const struct tw_config *a, const struct tw_config *b, enum tw_option o)
{
    return same_node(a->own->nodes[o], b->own->nodes[o]);
}

static const char *use_text(enum use use)
{
    switch (use) {
    case USE_RELOADED: return "Read again on SIGHUP.";
    case USE_RESTART: return "Read at start.";
    case USE_UNUSED: return "Accepted, not used by this version.";
    }
    return "";
}

void tw_config_help(const struct tw_config_output_type *types, struct tw_buf *out)
{
    for (size_t i = 0; i < TW_OPTIONS; i++) {
        tw_buf_fmt(out, "%s%s%s%s\n    %s %s\n", rows[i].key, rows[i].preset[0] != '\0' ? " (default " : "",
                   rows[i].preset, rows[i].preset[0] != '\0' ? ")" : "", rows[i].help, use_text(rows[i].use));
    }
    help_outputs(types, out);
}
