/* SPDX-License-Identifier: ISC */
/* Any bytes as a YAML document: a tree whose places and links hold, or errors with their places. */
#include "doc/doc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* NOLINTNEXTLINE(misc-no-recursion): asserted below */
static size_t check_node(const struct tw_node *n, size_t depth)
{
    size_t nodes = 1;
    if (n == NULL) /* taken */
        return 0;
    TW_ASSERT(depth <= TW_DOC_MAX_DEPTH && n->line > 0 && n->column > 0);
    if (n->kind == TW_NODE_SCALAR) {
        TW_ASSERT(n->n == 0 && strlen(n->text.p) == n->text.n);
        return nodes;
    }
    for (uint32_t i = 0; i < n->n; i++) {
        if (n->kind == TW_NODE_MAP) {
            TW_ASSERT(n->keys[i]->kind == TW_NODE_SCALAR);
            /* No key twice, and none longer than a message can hold as a C string. */
            TW_ASSERT(tw_node_get(n, n->keys[i]->text.p) == n->items[i]);
            nodes += check_node(n->keys[i], depth + 1);
        }
        nodes += check_node(n->items[i], depth + 1);
    }
    return nodes;
}

static void want_everything(const struct tw_doc *d, const struct tw_node *n, struct tw_errors *errors)
{
    static const char *const words[] = {"services", "profile", "arp", NULL};
    struct tw_str text;
    uint64_t number;
    tw_dur dur;
    size_t word;
    bool flag;
    tw_doc_want_map(d, n, "it", errors);
    tw_doc_want_list(d, n, "it", errors);
    tw_doc_want_text(d, n, "it", errors, &text);
    tw_doc_want_u64(d, n, "it", 1, UINT32_MAX, errors, &number);
    tw_doc_want_dur(d, n, "it", errors, &dur);
    tw_doc_want_bool(d, n, "it", errors, &flag);
    tw_doc_want_word(d, n, "it", words, errors, &word);
    tw_doc_known_keys(d, n, "it", words, errors);
}

static bool begin(void *ctx, const struct tw_doc *d)
{
    (void)check_node(d->root, 0);
    return *(size_t *)ctx == 0;
}

static void entry(void *ctx, const struct tw_node *key, const struct tw_node *value)
{
    TW_ASSERT(key->kind == TW_NODE_SCALAR);
    *(size_t *)ctx += check_node(value, 2);
}

/* Taken in pieces it is the same document. */
static void take_first_mapping(struct tw_str text, const struct tw_node *root)
{
    for (uint32_t i = 0; root->kind == TW_NODE_MAP && i < root->n; i++) {
        if (root->items[i]->kind != TW_NODE_MAP)
            continue;
        size_t taken = 0;
        struct tw_errors errors = {0};
        const struct tw_doc_taker taker = {root->keys[i]->text.p, &taken, begin, entry};
        struct tw_doc *d = tw_doc_parse_taking("f", text, &taker, &errors);
        TW_ASSERT(d != NULL && errors.n == 0);
        TW_ASSERT(check_node(d->root, 0) + taken == check_node(root, 0));
        TW_ASSERT(root->items[i]->n == 0 || taken > 0);
        tw_doc_destroy(d);
        return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tw_errors errors = {0};
    struct tw_doc *d = tw_doc_parse("f", tw_str_of((const char *)data, size), &errors);
    TW_ASSERT((d != NULL) == (errors.n == 0));
    if (d != NULL && d->root != NULL) {
        /* Containers nest TW_DOC_MAX_DEPTH deep, and the innermost holds scalars. */
        /* "?" alone is a mapping, an empty key and an empty value. */
        TW_ASSERT(check_node(d->root, 0) <= 4 * size + 1);
        take_first_mapping(tw_str_of((const char *)data, size), d->root);
        want_everything(d, d->root, &errors);
        for (uint32_t i = 0; d->root->kind != TW_NODE_SCALAR && i < d->root->n; i++)
            want_everything(d, d->root->items[i], &errors);
    }
    for (size_t i = 0; i < errors.n; i++)
        TW_ASSERT(strncmp(errors.text[i], "f:", 2) == 0 && strchr(errors.text[i], '\n') == NULL);
    tw_doc_destroy(d);
    tw_errors_finish(&errors);
    return 0;
}
