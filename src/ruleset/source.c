/* SPDX-License-Identifier: ISC */
#include "ruleset_internal.h"

#include "base/buf.h"
#include "oids/oids.h"

enum { SUB_MAX = TW_OID_MAX - 1 };

static struct tw_str bare_part(struct tw_str name)
{
    for (size_t i = 0; i + 1 < name.n; i++) {
        if (name.p[i] == ':' && name.p[i + 1] == ':')
            return tw_str_from(name, i + 2);
    }
    return name;
}

static void unknown_oid(const struct compiling *c, const struct tw_node *node, struct tw_str name)
{
    struct tw_nearest near = {.word = bare_part(name)};
    char quoted[TW_QUOTE_TEXT];
    size_t n;
    const struct tw_oid_name *all = tw_oid_all(&n), *best = NULL;
    for (size_t i = 0; i < n; i++) {
        struct tw_str before = near.best;
        tw_nearest_offer(&near, tw_str_z(tw_oid_bare(&all[i])));
        if (near.best.p != before.p)
            best = &all[i];
    }
    tw_doc_quote(name, quoted);
    if (best != NULL)
        tw_doc_error(c->doc, node, c->errors, "no module in mibs/ has %s, did you mean '%s'?", quoted,
                     best->name);
    else
        tw_doc_error(c->doc, node, c->errors,
                     "no module in mibs/ has %s, expected MODULE::name or numbers with dots", quoted);
}

/* ".1.2" or, at the beginning, "1.2": appends to ids. */
static bool append_numbers(struct tw_str s, uint32_t *ids, uint32_t *n)
{
    while (s.n > 0) {
        size_t dot = tw_str_find(s, '.', 0);
        uint64_t v;
        if (*n >= TW_OID_MAX || !tw_str_u64(tw_str_cut(s, dot), UINT32_MAX, &v))
            return false;
        ids[(*n)++] = (uint32_t)v;
        s = tw_str_from(s, dot == SIZE_MAX ? s.n : dot + 1);
        if (dot != SIZE_MAX && s.n == 0)
            return false;
    }
    return true;
}

bool tw_compile_oid(const struct compiling *c, const struct tw_node *node, struct tw_oid_ref *out)
{
    uint32_t ids[TW_OID_MAX], n = 0;
    struct tw_str text, rest = {0};
    if (!tw_doc_want_text(c->doc, node, "the name of an object", c->errors, &text))
        return false;
    if (tw_is_digit(text.p[0])) {
        rest = text;
    } else {
        size_t dot = tw_str_find(text, '.', 0);
        struct tw_str name = tw_str_cut(text, dot);
        const struct tw_oid_name *o = tw_oid_by_name(name);
        if (o == NULL) {
            unknown_oid(c, node, name);
            return false;
        }
        memcpy(ids, o->id, o->n * sizeof *ids);
        n = o->n;
        rest = dot == SIZE_MAX ? rest : tw_str_from(text, dot + 1);
        if (dot != SIZE_MAX && rest.n == 0)
            n = TW_OID_MAX + 1;
    }
    if (n > TW_OID_MAX || !append_numbers(rest, ids, &n)) {
        tw_doc_error(c->doc, node, c->errors, "numbers with dots between them are expected after the name");
        return false;
    }
    uint32_t *kept = tw_ruleset_alloc(c, n, sizeof *kept);
    memcpy(kept, ids, n * sizeof *kept);
    *out = (struct tw_oid_ref){kept, n};
    return true;
}

/* A scalar, or a list of them: both read as a list. */
static uint32_t items_of(const struct tw_node *node, const struct tw_node *const **items,
                         const struct tw_node **one)
{
    if (node->kind == TW_NODE_LIST) {
        *items = node->items;
        return node->n;
    }
    *one = node;
    *items = one;
    return 1;
}

static bool oid_list(struct compiling *c, const struct tw_node *node, const struct tw_oid_ref **out,
                     size_t *n)
{
    const struct tw_node *const *items, *one;
    uint32_t k = items_of(node, &items, &one);
    struct tw_oid_ref *refs = tw_ruleset_alloc(c, k, sizeof *refs);
    bool good = k > 0;
    if (k == 0)
        tw_doc_error(c->doc, node, c->errors, "the list is empty, expected names of objects");
    for (uint32_t i = 0; i < k; i++)
        good = tw_compile_oid(c, items[i], &refs[i]) && good;
    *out = refs;
    *n = k;
    return good;
}

static struct tw_key compile_key(const struct compiling *c, struct tw_str name)
{
    return (struct tw_key){tw_ruleset_keep(c, name), tw_key_tag(name)};
}

static bool key_list(struct compiling *c, const struct tw_node *node, struct tw_field_source *s)
{
    const struct tw_node *const *items, *one;
    uint32_t k = items_of(node, &items, &one);
    struct tw_key *keys = tw_ruleset_alloc(c, k, sizeof *keys);
    if (k == 0)
        tw_doc_error(c->doc, node, c->errors, "the list is empty, expected keys of the message");
    for (uint32_t i = 0; i < k; i++) {
        struct tw_str text;
        if (!tw_doc_want_text(c->doc, items[i], "key", c->errors, &text))
            return false;
        keys[i] = compile_key(c, text);
    }
    s->keys = keys;
    s->keys_n = k;
    return k > 0;
}

bool tw_compile_value(const struct compiling *c, const struct tw_node *node, enum tw_event_field field,
                      struct tw_event_value *out)
{
    uint64_t number = 0;
    size_t word = 0;
    bool good = false;
    switch (tw_event_field_type(field)) {
    case TW_FIELD_TEXT:
        good = tw_doc_want_text(c->doc, node, tw_event_field_name(field), c->errors, &out->text);
        if (good)
            out->text = tw_ruleset_keep(c, out->text);
        return good;
    case TW_FIELD_NUMBER:
        good = tw_doc_want_u64(c->doc, node, tw_event_field_name(field), 0, UINT32_MAX, c->errors, &number);
        out->number = (int64_t)number;
        return good;
    case TW_FIELD_WORD:
        good = tw_doc_want_word(c->doc, node, tw_event_field_name(field), tw_event_field_words(field),
                                c->errors, &word);
        out->number = (int64_t)word + 1;
        return good;
    }
    return false;
}

static void names_of(enum tw_event_kind kind, struct tw_buf *out)
{
    for (int f = 0; f < TW_EVENT_FIELDS; f++) {
        if ((tw_event_may(kind) >> f & 1) != 0)
            tw_buf_fmt(out, "%s%s", out->n > 0 ? ", " : "", tw_event_field_name((enum tw_event_field)f));
    }
}

bool tw_compile_field_name(const struct compiling *c, const struct tw_node *node, enum tw_event_field *out)
{
    char quoted[TW_QUOTE_TEXT];
    *out = tw_event_field_find(node->text);
    if (*out < TW_EVENT_FIELDS)
        return true;
    struct tw_nearest near = {.word = node->text};
    for (int f = 0; f < TW_EVENT_FIELDS; f++)
        tw_nearest_offer(&near, tw_str_z(tw_event_field_name((enum tw_event_field)f)));
    tw_doc_quote(node->text, quoted);
    if (near.best.n > 0)
        tw_doc_error(c->doc, node, c->errors, "there is no event field %s, did you mean '%.*s'?", quoted,
                     TW_STR_ARG(near.best));
    else
        tw_doc_error(c->doc, node, c->errors, "there is no event field %s", quoted);
    return false;
}

static bool group_source(struct compiling *c, const struct tw_node *node, const struct side *side,
                         struct tw_field_source *s)
{
    struct tw_str name;
    char quoted[TW_QUOTE_TEXT];
    if (!tw_doc_want_text(c->doc, node, "group", c->errors, &name))
        return false;
    s->group = side->pattern != NULL ? tw_pattern_group(side->pattern, name.p) : 0;
    if (s->group > 0)
        return true;
    tw_doc_error(c->doc, node, c->errors, "the pattern of this form has no group %s",
                 tw_doc_quote(name, quoted));
    return false;
}

/* Where the value comes from; exactly one of the sources, but for a varbind with an instance to fall back on.
 */
static bool source_of(struct compiling *c, const struct tw_node *node, const struct side *side,
                      struct tw_field_source *s)
{
    const struct tw_node *constant = tw_node_get(node, "const"), *key = tw_node_get(node, "key"),
                         *group = tw_node_get(node, "group"), *varbind = tw_node_get(node, "varbind"),
                         *instance = tw_node_get(node, "instance");
    int n = (constant != NULL) + (key != NULL) + (group != NULL) + (varbind != NULL || instance != NULL);
    if (n != 1) {
        tw_doc_error(c->doc, node, c->errors, "exactly one source is expected: %s",
                     side->trap ? "varbind and/or instance, or const" : "key, group or const");
        return false;
    }
    if (constant != NULL) {
        s->from = TW_FROM_CONST;
        return tw_compile_value(c, constant, s->field, &s->value);
    }
    if (side->trap == (key != NULL || group != NULL)) {
        tw_doc_error(c->doc, node, c->errors, "a %s has no such source, expected %s",
                     side->trap ? "trap" : "log",
                     side->trap ? "varbind, instance or const" : "key, group or const");
        return false;
    }
    if (key != NULL || group != NULL) {
        s->from = key != NULL ? TW_FROM_KEY : TW_FROM_GROUP;
        return key != NULL ? key_list(c, key, s) : group_source(c, group, side, s);
    }
    s->from = varbind != NULL ? TW_FROM_VARBIND : TW_FROM_INSTANCE;
    bool good = varbind == NULL || oid_list(c, varbind, &s->oids, &s->oids_n);
    return (instance == NULL || oid_list(c, instance, &s->instances, &s->instances_n)) && good;
}

static void compile_source(struct compiling *c, const struct tw_node *node, const struct side *side,
                           struct tw_field_source *s)
{
    static const char *const keys[] = {"const", "key", "group",    "varbind", "instance",
                                       "sub",   "map", "optional", NULL};
    if (!tw_doc_want_map(c->doc, node, tw_event_field_name(s->field), c->errors))
        return;
    tw_doc_known_keys(c->doc, node, "a field", keys, c->errors);
    const struct tw_node *sub = tw_node_get(node, "sub"), *map = tw_node_get(node, "map"),
                         *optional = tw_node_get(node, "optional");
    uint64_t number = 0;
    if (!source_of(c, node, side, s))
        return;
    if (optional != NULL)
        (void)tw_doc_want_bool(c->doc, optional, "optional", c->errors, &s->optional);
    if (sub != NULL && s->instances_n == 0)
        tw_doc_error(c->doc, sub, c->errors, "sub counts in an instance, and this field has none");
    if (sub != NULL && tw_doc_want_u64(c->doc, sub, "sub", 0, SUB_MAX, c->errors, &number))
        s->sub = (uint32_t)number;
    if (s->from == TW_FROM_CONST && map != NULL)
        tw_doc_error(c->doc, map, c->errors, "a const takes no map");
    else if (s->from != TW_FROM_CONST && (map != NULL || tw_event_field_type(s->field) == TW_FIELD_WORD))
        s->map = tw_compile_map(c, map, s->field);
}

/* Bits of the fields that were named, rightly or not. */
static uint32_t each_field(struct compiling *c, const struct tw_node *node, const struct side *side,
                           struct tw_field_source *s, size_t *n)
{
    uint32_t named = 0;
    for (uint32_t i = 0; i < node->n; i++) {
        struct tw_field_source *one = &s[*n];
        if (!tw_compile_field_name(c, node->keys[i], &one->field))
            continue;
        if ((tw_event_may(side->rule->kind) >> one->field & 1) == 0) {
            struct tw_buf known = {0};
            names_of(side->rule->kind, &known);
            tw_doc_error(c->doc, node->keys[i], c->errors, "an event %s has no field '%s', it has: %s",
                         tw_event_kind_name(side->rule->kind), tw_event_field_name(one->field),
                         known.n > 0 ? known.p : "none");
            tw_buf_finish(&known);
            continue;
        }
        named |= 1u << one->field;
        compile_source(c, node->items[i], side, one);
        (*n)++;
    }
    return named;
}

void tw_compile_fields(struct compiling *c, const struct tw_node *node, const struct side *side,
                       struct tw_event_form *f)
{
    uint32_t named = 0;
    if (node != NULL && tw_doc_want_map(c->doc, node, "fields", c->errors)) {
        struct tw_field_source *s = tw_ruleset_alloc(c, node->n, sizeof *s);
        named = each_field(c, node, side, s, &f->fields_n);
        f->fields = s;
    }
    for (const uint32_t *need = tw_event_needs(side->rule->kind); *need != 0; need++) {
        if ((named & *need) != 0)
            continue;
        struct tw_buf names = {0};
        for (int k = 0; k < TW_EVENT_FIELDS; k++) {
            if ((*need >> k & 1) != 0)
                tw_buf_fmt(&names, "%s'%s'", names.n > 0 ? " or " : "",
                           tw_event_field_name((enum tw_event_field)k));
        }
        tw_errors_add(c->errors, c->file, f->line, f->column,
                      "the %s form of '%s' lacks %s, which an event %s needs", side->trap ? "trap" : "log",
                      side->rule->name, names.p, tw_event_kind_name(side->rule->kind));
        tw_buf_finish(&names);
    }
}

static bool guard_values(struct compiling *c, const struct tw_node *node, struct tw_guard *g)
{
    const struct tw_node *const *items, *one;
    uint32_t k = items_of(node, &items, &one);
    struct tw_str *values = tw_ruleset_alloc(c, k, sizeof *values);
    if (k == 0)
        tw_doc_error(c->doc, node, c->errors, "the list is empty, expected values");
    for (uint32_t i = 0; i < k; i++) {
        if (!tw_doc_want_text(c->doc, items[i], "a value", c->errors, &values[i]))
            return false;
        values[i] = tw_ruleset_keep(c, values[i]);
    }
    g->values = values;
    g->values_n = k;
    return k > 0;
}

void tw_compile_guards(struct compiling *c, const struct tw_node *node, bool trap, struct tw_event_form *f)
{
    if (node == NULL || !tw_doc_want_map(c->doc, node, "when", c->errors))
        return;
    struct tw_guard *guards = tw_ruleset_alloc(c, node->n, sizeof *guards);
    for (uint32_t i = 0; i < node->n; i++) {
        struct tw_guard *g = &guards[f->guards_n];
        if (trap && !tw_compile_oid(c, node->keys[i], &g->oid))
            continue;
        if (!trap)
            g->key = compile_key(c, node->keys[i]->text);
        if (guard_values(c, node->items[i], g))
            f->guards_n++;
    }
    f->guards = guards;
}
