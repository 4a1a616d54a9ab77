/* SPDX-License-Identifier: ISC */
#include "policy/policy.h"

#include "base/mem.h"

enum {
    S = 1 << TW_SCOPE_SUB,
    M = 1 << TW_SCOPE_MEMBER,
    E = 1 << TW_SCOPE_E_TRUNK,
    R = 1 << TW_SCOPE_RBS,
    P = 1 << TW_SCOPE_PROFILE
};

static const struct {
    const char *name;
    unsigned scopes;
} attrs[] = {
#define TW_ATTR(id, name, scopes) {name, scopes},
#include "policy/attr.def"
#undef TW_ATTR
};

const char *tw_attr_name(enum tw_attr a)
{
    return attrs[a].name;
}

/* Recursive descent; depth is bounded, since the text is an operator's, but may be a fuzzer's. */
struct parser {
    const struct tw_doc *doc;
    const struct tw_node *node;
    unsigned scopes;
    struct tw_arena *arena;
    struct tw_errors *errors;
    struct tw_str text;
    size_t at;
    unsigned depth, terms;
};
enum { MAX_DEPTH = 32, MAX_TERMS = 256 };

static const struct tw_expr *parse_or(struct parser *p);

static void skip(struct parser *p)
{
    while (p->at < p->text.n && (tw_is_space(p->text.p[p->at]) || p->text.p[p->at] == '\n'))
        p->at++;
}

static struct tw_str peek_word(struct parser *p)
{
    skip(p);
    size_t n = p->at;
    while (n < p->text.n && (tw_is_alnum(p->text.p[n]) || p->text.p[n] == '-' || p->text.p[n] == '.'))
        n++;
    return tw_str_of(p->text.p + p->at, n - p->at);
}

static bool take(struct parser *p, struct tw_str token)
{
    skip(p);
    if (!tw_str_starts(tw_str_from(p->text, p->at), token))
        return false;
    p->at += token.n;
    return true;
}

static bool take_word(struct parser *p, struct tw_str word)
{
    struct tw_str w = peek_word(p);
    if (!tw_str_eq(w, word))
        return false;
    p->at += w.n;
    return true;
}

static struct tw_expr *expr_new(struct parser *p, enum tw_op op, size_t from)
{
    struct tw_expr *e = tw_arena_alloc(p->arena, sizeof *e);
    e->op = op;
    e->text = tw_str_trim(tw_str_of(p->text.p + from, p->at - from));
    return e;
}

static const struct tw_expr *fail(struct parser *p, const char *what, struct tw_str found)
{
    if (found.n == 0 && p->at < p->text.n)
        found = tw_str_cut(tw_str_from(p->text, p->at), 1);
    tw_doc_error(p->doc, p->node, p->errors, "'%.*s' at character %zu of the expression, expected %s",
                 TW_STR_ARG(found), p->at + 1, what);
    return NULL;
}

static const struct tw_expr *parse_attr(struct parser *p)
{
    size_t from = p->at;
    struct tw_str word = peek_word(p);
    bool peer = tw_str_starts(word, TW_STR("peer."));
    struct tw_str name = peer ? tw_str_from(word, 5) : word;
    size_t a = 0;
    while (a < TW_ATTRS && !tw_str_eq(name, tw_str_z(attrs[a].name)))
        a++;
    if (a == TW_ATTRS)
        return fail(p, "a fact (docs/rules.md lists the words)", word);
    if ((attrs[a].scopes & p->scopes) == 0)
        return fail(p, "a fact of this condition's scope", word);
    skip(p);
    p->at += word.n;
    struct tw_expr *e = expr_new(p, TW_OP_ATTR, from);
    e->attr = (enum tw_attr)a;
    e->peer = peer;
    if (e->attr != TW_ATTR_OWN_DOWNS)
        return e;
    uint64_t n;
    if (!take(p, TW_STR(">=")))
        return fail(p, "'>= NUMBER' after a number", (struct tw_str){0});
    struct tw_str digits = peek_word(p);
    if (!tw_str_u64(digits, 5, &n))
        return fail(p, "a number up to 5", digits);
    p->at += digits.n;
    e->op = TW_OP_AT_LEAST;
    e->number = (uint32_t)n;
    e->text = tw_str_trim(tw_str_of(p->text.p + from, p->at - from));
    return e;
}

/* NOLINTNEXTLINE(misc-no-recursion): bounded by MAX_DEPTH */
static const struct tw_expr *parse_unary(struct parser *p)
{
    skip(p);
    size_t from = p->at;
    if (++p->depth > MAX_DEPTH)
        return fail(p, "fewer levels", (struct tw_str){0});
    if (++p->terms > MAX_TERMS)
        return fail(p, "fewer terms", (struct tw_str){0});
    const struct tw_expr *inner;
    if (take_word(p, TW_STR("not"))) {
        inner = parse_unary(p);
        if (inner != NULL) {
            struct tw_expr *e = expr_new(p, TW_OP_NOT, from);
            e->a = inner;
            inner = e;
        }
    } else if (take(p, TW_STR("("))) {
        inner = parse_or(p);
        if (inner != NULL && !take(p, TW_STR(")")))
            inner = fail(p, "')'", (struct tw_str){0});
    } else {
        inner = parse_attr(p);
    }
    p->depth--;
    return inner;
}

/* NOLINTNEXTLINE(misc-no-recursion): bounded by MAX_DEPTH */
static const struct tw_expr *parse_chain(struct parser *p, enum tw_op op)
{
    skip(p);
    size_t from = p->at;
    const struct tw_expr *e = op == TW_OP_AND ? parse_unary(p) : parse_chain(p, TW_OP_AND);
    while (e != NULL && take_word(p, op == TW_OP_AND ? TW_STR("and") : TW_STR("or"))) {
        const struct tw_expr *b = op == TW_OP_AND ? parse_unary(p) : parse_chain(p, TW_OP_AND);
        if (b == NULL)
            return NULL;
        struct tw_expr *both = expr_new(p, op, from);
        both->a = e;
        both->b = b;
        e = both;
    }
    return e;
}

/* NOLINTNEXTLINE(misc-no-recursion): bounded by MAX_DEPTH */
static const struct tw_expr *parse_or(struct parser *p)
{
    return parse_chain(p, TW_OP_OR);
}

const struct tw_expr *tw_expr_parse(const struct tw_doc *d, const struct tw_node *at, unsigned scopes,
                                    struct tw_arena *arena, struct tw_errors *errors)
{
    struct parser p = {.doc = d, .node = at, .scopes = scopes, .arena = arena, .errors = errors};
    if (!tw_doc_want_text(d, at, "an expression over facts", errors, &p.text))
        return NULL;
    const struct tw_expr *e = parse_or(&p);
    skip(&p);
    if (e != NULL && p.at < p.text.n)
        return fail(&p, "'and', 'or' or the end", peek_word(&p));
    return e;
}
