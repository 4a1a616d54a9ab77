/* SPDX-License-Identifier: ISC */
#include "doc/doc.h"

#include "base/buf.h"

#include <stdio.h>

/* Most words differ in their first letter. */
static bool is_word(struct tw_str s, const char *word)
{
    return s.n == 0 ? word[0] == '\0' : s.p[0] == word[0] && tw_str_eq(s, tw_str_z(word));
}

const struct tw_node *tw_node_get(const struct tw_node *map, const char *key)
{
    if (map == NULL || map->kind != TW_NODE_MAP)
        return NULL;
    for (uint32_t i = 0; i < map->n; i++) {
        if (is_word(map->keys[i]->text, key))
            return map->items[i];
    }
    return NULL;
}

bool tw_node_is_null(const struct tw_node *n)
{
    if (n == NULL || n->kind != TW_NODE_SCALAR || n->quoted)
        return false;
    return n->text.n == 0 || is_word(n->text, "~") || is_word(n->text, "null");
}

static const char *describe(const struct tw_node *n, char buf[static TW_QUOTE_TEXT])
{
    if (n->kind == TW_NODE_LIST)
        return "a list";
    if (n->kind == TW_NODE_MAP)
        return "a mapping";
    return tw_node_is_null(n) ? "empty" : tw_doc_quote(n->text, buf);
}

static bool refuse(const struct tw_doc *d, const struct tw_node *n, const char *what,
                   struct tw_errors *errors, const char *expected)
{
    char buf[TW_QUOTE_TEXT];
    if (n == NULL)
        tw_doc_error(d, d->root, errors, "%s is missing, expected %s", what, expected);
    else
        tw_doc_error(d, n, errors, "%s is %s, expected %s", what, describe(n, buf), expected);
    return false;
}

static bool is_text(const struct tw_node *n)
{
    return n != NULL && n->kind == TW_NODE_SCALAR && !tw_node_is_null(n);
}

bool tw_doc_want_map(const struct tw_doc *d, const struct tw_node *n, const char *what,
                     struct tw_errors *errors)
{
    return (n != NULL && n->kind == TW_NODE_MAP) || refuse(d, n, what, errors, "a mapping (key: value)");
}

bool tw_doc_want_list(const struct tw_doc *d, const struct tw_node *n, const char *what,
                      struct tw_errors *errors)
{
    return (n != NULL && n->kind == TW_NODE_LIST) || refuse(d, n, what, errors, "a list");
}

bool tw_doc_want_text(const struct tw_doc *d, const struct tw_node *n, const char *what,
                      struct tw_errors *errors, struct tw_str *out)
{
    if (!is_text(n))
        return refuse(d, n, what, errors, "a text");
    *out = n->text;
    return true;
}

bool tw_doc_want_u64(const struct tw_doc *d, const struct tw_node *n, const char *what, uint64_t min,
                     uint64_t max, struct tw_errors *errors, uint64_t *out)
{
    uint64_t v = 0;
    /* "010" is eight to one reader and ten to the next. */
    if (is_text(n) && tw_str_u64(n->text, max, &v) && v >= min && (n->text.n == 1 || n->text.p[0] != '0')) {
        *out = v;
        return true;
    }
    char expected[80];
    (void)snprintf(expected, sizeof expected, "a whole number from %llu to %llu", (unsigned long long)min,
                   (unsigned long long)max);
    return refuse(d, n, what, errors, expected);
}

bool tw_doc_want_dur(const struct tw_doc *d, const struct tw_node *n, const char *what,
                     struct tw_errors *errors, tw_dur *out)
{
    tw_dur v;
    if (!is_text(n) || !tw_dur_parse(n->text, &v))
        return refuse(d, n, what, errors, "a duration such as 500ms, 10s, 2m, 1h or 1d");
    *out = v;
    return true;
}

bool tw_doc_want_bool(const struct tw_doc *d, const struct tw_node *n, const char *what,
                      struct tw_errors *errors, bool *out)
{
    bool yes = is_text(n) && !n->quoted && tw_str_eq(n->text, TW_STR("true"));
    if (!yes && !(is_text(n) && !n->quoted && tw_str_eq(n->text, TW_STR("false"))))
        return refuse(d, n, what, errors, "true or false");
    *out = yes;
    return true;
}

static void list_words(struct tw_buf *b, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        if (i > 0)
            tw_buf_z(b, words[i + 1] != NULL ? ", " : " or ");
        tw_buf_z(b, words[i]);
    }
}

static struct tw_str nearest(struct tw_str word, const char *const *words)
{
    struct tw_nearest n = {.word = word};
    for (size_t i = 0; words[i] != NULL; i++)
        tw_nearest_offer(&n, tw_str_z(words[i]));
    return n.best;
}

bool tw_doc_want_word(const struct tw_doc *d, const struct tw_node *n, const char *what,
                      const char *const *words, struct tw_errors *errors, size_t *out)
{
    for (size_t i = 0; is_text(n) && words[i] != NULL; i++) {
        if (is_word(n->text, words[i])) {
            *out = i;
            return true;
        }
    }
    struct tw_buf expected = {0};
    list_words(&expected, words);
    struct tw_str best = is_text(n) ? nearest(n->text, words) : (struct tw_str){0};
    if (best.n > 0)
        tw_buf_fmt(&expected, "; did you mean '%.*s'?", TW_STR_ARG(best));
    refuse(d, n, what, errors, tw_buf_view(&expected).p);
    tw_buf_finish(&expected);
    return false;
}

static bool known(struct tw_str key, const char *const *keys)
{
    for (size_t i = 0; keys[i] != NULL; i++) {
        if (is_word(key, keys[i]))
            return true;
    }
    return false;
}

static void unknown_key(const struct tw_doc *d, const struct tw_node *key, const char *what,
                        const char *const *keys, struct tw_errors *errors)
{
    char buf[TW_QUOTE_TEXT];
    const char *quoted = tw_doc_quote(key->text, buf);
    struct tw_str best = nearest(key->text, keys);
    if (best.n > 0) {
        tw_doc_error(d, key, errors, "unknown key %s in %s, did you mean '%.*s'?", quoted, what,
                     TW_STR_ARG(best));
        return;
    }
    struct tw_buf expected = {0};
    list_words(&expected, keys);
    tw_doc_error(d, key, errors, "unknown key %s in %s, expected %s", quoted, what, tw_buf_view(&expected).p);
    tw_buf_finish(&expected);
}

void tw_doc_known_keys(const struct tw_doc *d, const struct tw_node *map, const char *what,
                       const char *const *keys, struct tw_errors *errors)
{
    if (map == NULL || map->kind != TW_NODE_MAP)
        return;
    for (uint32_t i = 0; i < map->n; i++) {
        if (!known(map->keys[i]->text, keys))
            unknown_key(d, map->keys[i], what, keys, errors);
    }
}
