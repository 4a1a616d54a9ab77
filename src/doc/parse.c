/* SPDX-License-Identifier: ISC */
#include "doc/doc.h"

#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"

#include <stdlib.h>
#include <yaml.h>

/* Memory cut from blocks of an arena: nodes and texts are many and small. */
struct slab {
    char *p;
    size_t left;
};

struct store {
    struct tw_arena *arena;
    size_t slab;              /* bytes of one */
    struct slab cells, chars; /* nodes and lists of them; text */
    bool once;                /* it lives as long as the document */
};

struct builder {
    struct tw_doc *doc;
    struct tw_errors *errors;
    yaml_parser_t yaml;
    struct store kept, passing, *store; /* of the document; of an entry that is handed over; where to now */
    const struct tw_doc_taker *taker;
    bool asked, taking;   /* has begin been called; is its mapping open */
    size_t errors_before; /* how many the list had */
    struct frame {
        struct tw_node *node;
        size_t first; /* its children are pending[first ..]: for a map, keys and values by turns */
    } frames[TW_DOC_MAX_DEPTH];
    size_t depth;
    struct tw_node **pending;
    size_t pending_n, pending_cap;
    size_t nodes;
    bool have_document;
};

enum verdict { GO_ON, FINISHED, STOPPED };
enum { SLAB = 64 << 10, SLAB_LEAST = 1 << 10 };
enum { TAKEN_DEPTH = 2 /* open ones inside a mapping of the top-level mapping */ };

static TW_APART void *slab_more(struct store *store, struct slab *s, size_t n)
{
    if (n > store->slab / 8)
        return tw_arena_raw(store->arena, n);
    /* A document's own is touched as a whole: a daemon that reads its rules again and again then has at the
     * first time what it will ever need. What is passing has a new slab for every entry. */
    s->left = store->slab - n;
    s->p = (store->once ? tw_arena_alloc : tw_arena_raw)(store->arena, store->slab);
    s->p += n;
    return s->p - n;
}

/* Not zeroed. */
static inline void *slab_take(struct store *store, struct slab *s, size_t n)
{
    if (n > s->left)
        return slab_more(store, s, n);
    void *p = s->p;
    s->p += n;
    s->left -= n;
    return p;
}

static void *take_cells(struct builder *b, size_t n)
{
    return slab_take(b->store, &b->store->cells, n);
}

/* Room for a text and its NUL. */
static char *take_chars(struct builder *b, size_t n)
{
    return slab_take(b->store, &b->store->chars, n + 1);
}

static bool any_errors(const struct builder *b)
{
    return b->errors->n + b->errors->dropped > b->errors_before;
}

static uint32_t place(size_t from_0)
{
    return (uint32_t)from_0 + 1;
}

#define COMPLAIN(b, mark, ...)                                                                               \
    tw_errors_add((b)->errors, (b)->doc->file, place((mark).line), place((mark).column), __VA_ARGS__)

/* Adds a node as the next child of the innermost open one, or as the root. NULL: there are too many. */
static struct tw_node *add_node(struct builder *b, const yaml_mark_t *mark, enum tw_node_kind kind)
{
    if (++b->nodes > TW_DOC_MAX_NODES) {
        COMPLAIN(b, *mark, "the text has too many parts, expected at most %d", (int)TW_DOC_MAX_NODES);
        return NULL;
    }
    struct tw_node *n = take_cells(b, sizeof *n);
    *n = (struct tw_node){.line = place(mark->line), .column = place(mark->column), .kind = kind};
    if (b->depth == 0) {
        b->doc->root = n;
        return n;
    }
    const struct frame *top = &b->frames[b->depth - 1];
    bool is_key = top->node->kind == TW_NODE_MAP && (b->pending_n - top->first) % 2 == 0;
    if (is_key && kind != TW_NODE_SCALAR)
        COMPLAIN(b, *mark, "a key is a %s, expected a word or a number",
                 kind == TW_NODE_MAP ? "mapping" : "list");
    *TW_PUSH(b->pending, b->pending_n, b->pending_cap) = n;
    return n;
}

static TW_APART void refuse_extras(struct builder *b, const yaml_event_t *e, const yaml_char_t *anchor,
                                   const yaml_char_t *tag)
{
    char buf[TW_QUOTE_TEXT];
    if (anchor != NULL)
        COMPLAIN(b, e->start_mark,
                 "anchor %s is not allowed, expected the value written out where it is used",
                 tw_doc_quote(tw_str_z((const char *)anchor), buf));
    if (tag != NULL)
        COMPLAIN(b, e->start_mark, "tag %s is not allowed, expected a plain value",
                 tw_doc_quote(tw_str_z((const char *)tag), buf));
}

static inline void no_extras(struct builder *b, const yaml_event_t *e, const yaml_char_t *anchor,
                             const yaml_char_t *tag)
{
    if (anchor != NULL || tag != NULL)
        refuse_extras(b, e, anchor, tag);
}

static enum verdict on_scalar(struct builder *b, const yaml_event_t *e)
{
    no_extras(b, e, e->data.scalar.anchor, e->data.scalar.tag);
    struct tw_node *n = add_node(b, &e->start_mark, TW_NODE_SCALAR);
    if (n == NULL)
        return STOPPED;
    const size_t length = e->data.scalar.length;
    if (length > 0 && memchr(e->data.scalar.value, '\0', length) != NULL)
        COMPLAIN(b, e->start_mark, "a NUL character in a value, expected text");
    char *text = take_chars(b, length);
    if (length > 0)
        memcpy(text, e->data.scalar.value, length);
    text[length] = '\0';
    n->text = tw_str_of(text, length);
    n->quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    return GO_ON;
}

/* Makes `n` the list or mapping of pending[first ..]. */
static void fill(struct builder *b, struct tw_node *n, size_t first)
{
    const size_t count = b->pending_n - first;
    const struct tw_node **items = take_cells(b, count * sizeof *items);
    n->items = items;
    if (n->kind == TW_NODE_LIST) {
        for (size_t i = 0; i < count; i++)
            items[i] = b->pending[first + i];
        n->n = (uint32_t)count;
        return;
    }
    const struct tw_node **keys = items + count / 2;
    for (size_t i = 0; i < count / 2; i++) {
        keys[i] = b->pending[first + 2 * i];
        items[i] = b->pending[first + 2 * i + 1];
    }
    n->keys = keys;
    n->n = (uint32_t)(count / 2);
}

/* A mapping of the top level has been opened: asks the taker when it is its. */
static void begin_taking(struct builder *b)
{
    struct tw_node *root = b->frames[0].node;
    if (b->asked || root->kind != TW_NODE_MAP || any_errors(b) || b->pending_n % 2 != 0 ||
        !tw_str_eq(b->pending[b->pending_n - 2]->text, tw_str_z(b->taker->key)))
        return;
    b->pending_n -= 2;
    fill(b, root, b->frames[0].first);
    b->pending_n += 2;
    b->asked = true;
    b->taking = b->taker->begin(b->taker->ctx, b->doc);
}

/* After a node of what is taken: the value of a key goes to the taker, and is forgotten. */
static void hand_over(struct builder *b)
{
    const size_t n = b->pending_n - b->frames[TAKEN_DEPTH - 1].first;
    if (n % 2 != 0) {
        b->store = &b->passing;
        return;
    }
    b->store = &b->kept;
    if (n == 0 || b->pending[b->pending_n - 1] == NULL)
        return;
    if (!any_errors(b))
        b->taker->entry(b->taker->ctx, b->pending[b->pending_n - 2], b->pending[b->pending_n - 1]);
    b->pending[b->pending_n - 1] = NULL;
    tw_arena_reset(b->passing.arena);
    b->passing.cells = b->passing.chars = (struct slab){0};
}

static enum verdict on_open(struct builder *b, const yaml_event_t *e, enum tw_node_kind kind)
{
    if (b->depth == TW_DOC_MAX_DEPTH) {
        COMPLAIN(b, e->start_mark, "nested too deeply, expected at most %d levels", (int)TW_DOC_MAX_DEPTH);
        return STOPPED;
    }
    struct tw_node *n = add_node(b, &e->start_mark, kind);
    if (n == NULL)
        return STOPPED;
    b->frames[b->depth++] = (struct frame){n, b->pending_n};
    if (b->taker != NULL && b->depth == TAKEN_DEPTH && kind == TW_NODE_MAP)
        begin_taking(b);
    return GO_ON;
}

static bool same_key(const void *ctx, uint32_t index, const void *key)
{
    const struct tw_node *map = ctx;
    return tw_str_eq(map->keys[index]->text, *(const struct tw_str *)key);
}

static uint32_t earlier_key(const struct tw_node *map, struct tw_map *seen, uint32_t i)
{
    const struct tw_str *key = &map->keys[i]->text;
    if (map->n <= 8) {
        for (uint32_t k = 0; k < i; k++) {
            if (map->keys[k]->kind == TW_NODE_SCALAR && tw_str_eq(map->keys[k]->text, *key))
                return k;
        }
        return TW_MAP_NONE;
    }
    uint64_t hash = tw_hash(key->p, key->n, 0);
    uint32_t k = tw_map_find(seen, hash, same_key, map, key);
    if (k == TW_MAP_NONE)
        tw_map_add(seen, hash, i);
    return k;
}

/* Most long mappings are in order, by length and letters: then no key is there twice. */
static bool in_order(const struct tw_node *map)
{
    for (uint32_t i = 0; i < map->n; i++) {
        const struct tw_node *key = map->keys[i];
        if (key->kind != TW_NODE_SCALAR)
            return false;
        if (i == 0)
            continue;
        const struct tw_str before = map->keys[i - 1]->text;
        if (before.n > key->text.n ||
            (before.n == key->text.n && (before.n == 0 || memcmp(before.p, key->text.p, before.n) >= 0)))
            return false;
    }
    return true;
}

static void refuse_repeated_keys(struct builder *b, const struct tw_node *map)
{
    if (in_order(map))
        return;
    struct tw_map seen = {0};
    char buf[TW_QUOTE_TEXT];
    for (uint32_t i = 0; i < map->n; i++) {
        const struct tw_node *key = map->keys[i];
        uint32_t k = key->kind == TW_NODE_SCALAR ? earlier_key(map, &seen, i) : TW_MAP_NONE;
        if (k != TW_MAP_NONE)
            tw_doc_error(b->doc, key, b->errors,
                         "key %s is given twice (first at line %u, column %u), expected it once",
                         tw_doc_quote(key->text, buf), map->keys[k]->line, map->keys[k]->column);
    }
    tw_map_finish(&seen);
}

static enum verdict on_close(struct builder *b)
{
    const struct frame f = b->frames[--b->depth];
    fill(b, f.node, f.first);
    b->pending_n = f.first;
    b->taking = b->taking && b->depth >= TAKEN_DEPTH;
    if (f.node->kind == TW_NODE_MAP)
        refuse_repeated_keys(b, f.node);
    return GO_ON;
}

static enum verdict on_event(struct builder *b, const yaml_event_t *e)
{
    switch (e->type) {
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_END_EVENT: return GO_ON;
    case YAML_STREAM_END_EVENT: return FINISHED;
    case YAML_DOCUMENT_START_EVENT:
        if (b->have_document) {
            COMPLAIN(b, e->start_mark, "a second document begins, expected only one");
            return STOPPED;
        }
        b->have_document = true;
        return GO_ON;
    case YAML_ALIAS_EVENT: {
        char buf[TW_QUOTE_TEXT];
        COMPLAIN(b, e->start_mark, "alias %s is not allowed, expected the value written out",
                 tw_doc_quote(tw_str_z((const char *)e->data.alias.anchor), buf));
        struct tw_node *stand_in = add_node(b, &e->start_mark, TW_NODE_SCALAR);
        if (stand_in == NULL)
            return STOPPED;
        stand_in->text = TW_STR("");
        return GO_ON;
    }
    case YAML_SCALAR_EVENT: return on_scalar(b, e);
    case YAML_SEQUENCE_START_EVENT:
        no_extras(b, e, e->data.sequence_start.anchor, e->data.sequence_start.tag);
        return on_open(b, e, TW_NODE_LIST);
    case YAML_MAPPING_START_EVENT:
        no_extras(b, e, e->data.mapping_start.anchor, e->data.mapping_start.tag);
        return on_open(b, e, TW_NODE_MAP);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: return on_close(b);
    }
    return STOPPED;
}

/* Bytes of the line break at s.p[i] as YAML 1.1 knows them, 0 when there is none. */
static size_t line_break(struct tw_str s, size_t i)
{
    const struct tw_str rest = tw_str_from(s, i);
    if (tw_str_starts(rest, TW_STR("\r\n")) || tw_str_starts(rest, TW_STR("\xc2\x85")))
        return 2;
    if (tw_str_starts(rest, TW_STR("\xe2\x80\xa8")) || tw_str_starts(rest, TW_STR("\xe2\x80\xa9")))
        return 3;
    return s.p[i] == '\n' || s.p[i] == '\r' ? 1 : 0;
}

/* libyaml gives a byte offset, and no line, for what it can't read as characters. */
static void unreadable(struct builder *b, struct tw_str text)
{
    const size_t at = b->yaml.problem_offset < text.n ? b->yaml.problem_offset : text.n;
    yaml_mark_t mark = {0};
    for (size_t i = 0; i < at;) {
        size_t n = line_break(text, i);
        if (n > 0) {
            mark.line++;
            mark.column = 0;
        } else {
            n = tw_utf8_len(text, i);
            mark.column++;
        }
        i += n > 0 ? n : 1;
    }
    unsigned c = at < text.n ? (unsigned char)text.p[at] : 0;
    if (at < text.n && c == 0)
        COMPLAIN(b, mark, "a NUL byte, expected text");
    else if (at < text.n && tw_utf8_len(text, at) > 0)
        COMPLAIN(b, mark, "a control character (byte 0x%02x), expected text", c);
    else
        COMPLAIN(b, mark, "invalid UTF-8 (byte 0x%02x), expected UTF-8 text", c);
}

static void syntax_error(struct builder *b, struct tw_str text)
{
    const yaml_parser_t *y = &b->yaml;
    TW_ASSERT(y->error != YAML_MEMORY_ERROR);
    if (y->error == YAML_READER_ERROR) {
        unreadable(b, text);
        return;
    }
    const char *problem = y->problem != NULL ? y->problem : "expected YAML";
    if (y->context != NULL)
        COMPLAIN(b, y->problem_mark, "not valid YAML %s that begins at line %u, column %u, %s", y->context,
                 place(y->context_mark.line), place(y->context_mark.column), problem);
    else
        COMPLAIN(b, y->problem_mark, "not valid YAML, %s", problem);
}

static void build(struct builder *b, struct tw_str text)
{
    enum verdict v = GO_ON;
    TW_ASSERT(yaml_parser_initialize(&b->yaml) == 1);
    yaml_parser_set_encoding(&b->yaml, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&b->yaml, (const unsigned char *)(text.n > 0 ? text.p : ""), text.n);
    while (v == GO_ON) {
        yaml_event_t e;
        if (yaml_parser_parse(&b->yaml, &e) != 1) {
            syntax_error(b, text);
            break;
        }
        v = on_event(b, &e);
        if (b->taking && b->depth == TAKEN_DEPTH)
            hand_over(b);
        yaml_event_delete(&e);
    }
    yaml_parser_delete(&b->yaml);
}

static size_t within(size_t n, size_t least, size_t most)
{
    return n < least ? least : n < most ? n : most;
}

/* The tree of a text takes about four times its bytes. Rules are many small files that stay: memory that
 * nothing needs would be most of what a short command waits for. Large blocks go back to the system when the
 * document is destroyed. */
static size_t arena_block(size_t text)
{
    return within(text, within(4 * text, (size_t)SLAB_LEAST * 4, SLAB), 1 << 20);
}

struct tw_doc *tw_doc_parse_taking(const char *file, struct tw_str text, const struct tw_doc_taker *taker,
                                   struct tw_errors *errors)
{
    if (text.n > TW_DOC_MAX_BYTES) {
        tw_errors_add(errors, file, 1, 1, "the text has %zu bytes, expected at most %d", text.n,
                      (int)TW_DOC_MAX_BYTES);
        return NULL;
    }
    /* A byte order mark is no character of the text. */
    if (tw_str_starts(text, TW_STR("\xef\xbb\xbf")))
        text = tw_str_from(text, 3);
    struct builder *b = tw_xcalloc(1, sizeof *b);
    b->errors = errors;
    b->errors_before = errors->n + errors->dropped;
    b->taker = taker;
    b->doc = tw_xcalloc(1, sizeof *b->doc);
    b->doc->file = tw_xstrndup(file, strlen(file));
    b->doc->arena = tw_arena_create(arena_block(text.n));
    b->kept = (struct store){.arena = b->doc->arena, .slab = within(text.n, SLAB_LEAST, SLAB), .once = true};
    b->passing = (struct store){.arena = taker != NULL ? tw_arena_create(SLAB) : NULL, .slab = SLAB};
    b->store = &b->kept;
    build(b, text);
    struct tw_doc *doc = b->doc;
    bool good = !any_errors(b);
    tw_arena_destroy(b->passing.arena);
    free(b->pending);
    free(b);
    if (!good) {
        tw_doc_destroy(doc);
        return NULL;
    }
    if (tw_node_is_null(doc->root))
        doc->root = NULL;
    return doc;
}

struct tw_doc *tw_doc_parse(const char *file, struct tw_str text, struct tw_errors *errors)
{
    return tw_doc_parse_taking(file, text, NULL, errors);
}

void tw_doc_destroy(struct tw_doc *d)
{
    if (d == NULL)
        return;
    tw_arena_destroy(d->arena);
    free(d->file);
    free(d);
}
