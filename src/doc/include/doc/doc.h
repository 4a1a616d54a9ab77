/* SPDX-License-Identifier: ISC */
#ifndef TW_DOC_DOC_H
#define TW_DOC_DOC_H
/*
 * A YAML document as a tree that remembers where everything stands, and a list of errors with places.
 *
 * Role: what inventory, rules and configuration are read through. Pure: text in memory in, tree out (libyaml
 * parses). Limits: TW_DOC_MAX_BYTES of text, TW_DOC_MAX_DEPTH levels, TW_DOC_MAX_NODES nodes; no aliases, no
 * tags, one document, no key twice in one mapping. All of these are errors with their place. Ownership: the
 * document owns its nodes and a copy of all text; nodes and slices live until tw_doc_destroy.
 */
#include "base/err.h"
#include "base/str.h"
#include "base/time.h"

struct tw_arena; /* base/mem.h */

enum {
    TW_DOC_MAX_BYTES = 256 << 20,
    TW_DOC_MAX_DEPTH = 32,
    TW_DOC_MAX_NODES = 16 << 20,
    TW_ERRORS_MAX = 100
};

/* Errors: "file:line:column: what, and what was expected". At most TW_ERRORS_MAX are kept; the rest is
 * counted. Control bytes of foreign text are shown as escapes. */
struct tw_errors {
    char **text;
    size_t n, cap, dropped;
};
__attribute__((format(printf, 5, 6))) void tw_errors_add(struct tw_errors *e, const char *file, uint32_t line,
                                                         uint32_t column, const char *fmt, ...);
/* Adds the errors of `from` behind those of `to`; `from` is empty then. */
void tw_errors_move(struct tw_errors *to, struct tw_errors *from);
void tw_errors_finish(struct tw_errors *e);

enum tw_node_kind { TW_NODE_SCALAR, TW_NODE_LIST, TW_NODE_MAP };
/* Kept small, a large inventory has millions: look at `kind` first, `text` shares its place with `items` and
 * `keys`. */
struct tw_node {
    uint32_t line, column; /* from 1 */
    uint32_t n;            /* list, map: number of items; scalar: 0 */
    enum tw_node_kind kind : 8;
    bool quoted; /* scalar: written in quotes or as a block */
    union {
        struct tw_str text; /* scalar: its value, NUL-terminated */
        struct {
            const struct tw_node *const *items; /* list: elements; map: values */
            const struct tw_node *const *keys;  /* map: scalars, in the order of the file; list: NULL */
        };
    };
};

struct tw_doc {
    char *file;                 /* for messages */
    const struct tw_node *root; /* NULL when the text holds nothing */
    struct tw_arena *arena;
};

/* Parses `text`. Returns NULL after adding at least one error. */
struct tw_doc *tw_doc_parse(const char *file, struct tw_str text, struct tw_errors *errors);
void tw_doc_destroy(struct tw_doc *d);

/* Takes the entries of one top-level mapping while the text is still being read, so that a large one is never
 * held as a whole. What is taken may turn out to be part of a wrong document: only when tw_doc_parse_taking
 * returns one was it right to the end. */
struct tw_doc_taker {
    const char *key; /* of the mapping */
    void *ctx;
    /* The mapping begins (called at most once); d->root has the entries before it, and no more. False: it
     * stays in the tree. */
    bool (*begin)(void *ctx, const struct tw_doc *d);
    /* An entry without errors. `value` and all below it are gone after this call; in the finished tree its
     * place is NULL. The key stays. */
    void (*entry)(void *ctx, const struct tw_node *key, const struct tw_node *value);
};
struct tw_doc *tw_doc_parse_taking(const char *file, struct tw_str text, const struct tw_doc_taker *taker,
                                   struct tw_errors *errors);

/* An error at a node. */
__attribute__((format(printf, 4, 5))) void tw_doc_error(const struct tw_doc *d, const struct tw_node *at,
                                                        struct tw_errors *errors, const char *fmt, ...);

/* Value of a key, or NULL. `map` may be NULL or no map: NULL. */
const struct tw_node *tw_node_get(const struct tw_node *map, const char *key);
/* Each adds an error and returns false when the node is not what was expected. `what` names it in the
 * message. */
bool tw_doc_want_map(const struct tw_doc *d, const struct tw_node *n, const char *what,
                     struct tw_errors *errors);
bool tw_doc_want_list(const struct tw_doc *d, const struct tw_node *n, const char *what,
                      struct tw_errors *errors);
bool tw_doc_want_text(const struct tw_doc *d, const struct tw_node *n, const char *what,
                      struct tw_errors *errors, struct tw_str *out);
bool tw_doc_want_u64(const struct tw_doc *d, const struct tw_node *n, const char *what, uint64_t min,
                     uint64_t max, struct tw_errors *errors, uint64_t *out);
bool tw_doc_want_dur(const struct tw_doc *d, const struct tw_node *n, const char *what,
                     struct tw_errors *errors, tw_dur *out);
/* true|false (yes|no are refused: YAML 1.2). */
bool tw_doc_want_bool(const struct tw_doc *d, const struct tw_node *n, const char *what,
                      struct tw_errors *errors, bool *out);
/* One of a NULL-terminated list of words; *out is its index. The error lists them, and names the nearest. */
bool tw_doc_want_word(const struct tw_doc *d, const struct tw_node *n, const char *what,
                      const char *const *words, struct tw_errors *errors, size_t *out);
/* A value left out: an empty plain scalar, "~" or "null". */
bool tw_node_is_null(const struct tw_node *n);
/* An error for every key of `map` that is not in the NULL-terminated list; it names the nearest known key. */
void tw_doc_known_keys(const struct tw_doc *d, const struct tw_node *map, const char *what,
                       const char *const *keys, struct tw_errors *errors);

/* Finds the known word nearest to a wrong one, for "did you mean". Start with {.word = …}, offer all known
 * words; `best` stays empty when none is near: within two changes of letters, or one begins with the other.
 */
struct tw_nearest {
    struct tw_str word, best;
    unsigned distance;
};
void tw_nearest_offer(struct tw_nearest *n, struct tw_str candidate);

/* A word of the file as messages quote it: in quotes, cut when it is long. */
enum { TW_QUOTE_TEXT = 72 };
const char *tw_doc_quote(struct tw_str word, char buf[static TW_QUOTE_TEXT]);

#endif
