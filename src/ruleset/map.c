/* SPDX-License-Identifier: ISC */
#include "ruleset_internal.h"

static bool separates(char c)
{
    return c == ' ' || c == '_' || c == '-';
}

/* Position of the next letter that counts. A '-' at the very beginning does: it makes a number another
 * number. */
static size_t next_letter(struct tw_str s, size_t i)
{
    while (i < s.n && separates(s.p[i]) && !(i == 0 && s.p[i] == '-'))
        i++;
    return i;
}

bool tw_value_same(struct tw_str a, struct tw_str b)
{
    if (a.n > 0 && tw_str_ieq(a, b)) /* letter by letter, as nearly all that are the same */
        return true;
    size_t i = next_letter(a, 0), j = next_letter(b, 0);
    while (i < a.n && j < b.n && tw_lower(a.p[i]) == tw_lower(b.p[j])) {
        i = next_letter(a, i + 1);
        j = next_letter(b, j + 1);
    }
    return i >= a.n && j >= b.n && (a.n > 0) == (b.n > 0);
}

/* The first letter that counts, small; '\0': none. Where these differ, so do the values. */
static char initial(struct tw_str s)
{
    size_t i = next_letter(s, 0);
    return i < s.n ? tw_lower(s.p[i]) : '\0';
}

static bool own_word(enum tw_event_field field, struct tw_str value, int64_t *out)
{
    const char *const *words = tw_event_field_words(field);
    const char first = initial(value);
    for (int i = 0; words != NULL && words[i] != NULL; i++) {
        if (words[i][0] == first && tw_value_same(value, tw_str_z(words[i]))) {
            *out = i + 1;
            return true;
        }
    }
    return false;
}

bool tw_value_map_find(const struct tw_value_map *m, struct tw_str value, int64_t *out)
{
    value = tw_str_trim(value);
    const char first = initial(value);
    for (size_t i = 0; i < m->n; i++) {
        if (m->entries[i].initial == first && tw_value_same(value, m->entries[i].value)) {
            *out = m->entries[i].number;
            return true;
        }
    }
    return own_word(m->field, value, out);
}

static struct map_decl *find_decl(struct compiling *c, const struct tw_node *name)
{
    struct tw_nearest near = {.word = name->text};
    char quoted[TW_QUOTE_TEXT];
    for (size_t i = 0; i < c->maps_n; i++) {
        if (tw_str_eq(c->maps[i].name->text, name->text))
            return &c->maps[i];
        tw_nearest_offer(&near, c->maps[i].name->text);
    }
    tw_doc_quote(name->text, quoted);
    if (near.best.n > 0)
        tw_doc_error(c->doc, name, c->errors, "there is no map %s in this file; did you mean '%.*s'?", quoted,
                     TW_STR_ARG(near.best));
    else
        tw_doc_error(c->doc, name, c->errors, "there is no map %s in this file", quoted);
    return NULL;
}

/* Two values that read the same would make the second one dead. */
static bool listed_before(const struct tw_node *map, uint32_t i)
{
    for (uint32_t k = 0; k < i; k++) {
        if (tw_value_same(map->keys[k]->text, map->keys[i]->text))
            return true;
    }
    return false;
}

static const struct tw_value_map *fill(struct compiling *c, const struct tw_node *map, struct tw_value_map *m)
{
    struct value_entry *entries = tw_ruleset_alloc(c, map->n, sizeof *entries);
    bool good = true;
    for (uint32_t i = 0; i < map->n; i++) {
        struct tw_event_value v = {0};
        if (listed_before(map, i)) {
            tw_doc_error(c->doc, map->keys[i], c->errors, "'%.*s' reads like a value above it",
                         TW_STR_ARG(tw_str_cut(map->keys[i]->text, 40)));
            good = false;
        }
        good = tw_compile_value(c, map->items[i], m->field, &v) && good;
        struct tw_str value = tw_ruleset_keep(c, tw_str_trim(map->keys[i]->text));
        entries[i] = (struct value_entry){value, initial(value), v.number};
    }
    m->entries = entries;
    m->n = map->n;
    return good ? m : NULL;
}

const struct tw_value_map *tw_compile_map(struct compiling *c, const struct tw_node *name,
                                          enum tw_event_field field)
{
    struct tw_value_map *m = tw_ruleset_alloc(c, 1, sizeof *m);
    struct tw_str text;
    m->field = field;
    if (name == NULL)
        return m;
    if (!tw_doc_want_text(c->doc, name, "map", c->errors, &text))
        return NULL;
    struct map_decl *decl = find_decl(c, name);
    if (decl == NULL)
        return NULL;
    decl->used = true;
    if (tw_event_field_type(field) == TW_FIELD_TEXT) {
        tw_doc_error(c->doc, name, c->errors, "%s is a text, it takes no map", tw_event_field_name(field));
        return NULL;
    }
    if (decl->map->kind != TW_NODE_MAP)
        return NULL; /* was told where the map stands */
    return fill(c, decl->map, m);
}
