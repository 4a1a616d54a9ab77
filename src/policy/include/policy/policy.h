/* SPDX-License-Identifier: ISC */
#ifndef TW_POLICY_POLICY_H
#define TW_POLICY_POLICY_H
/*
 * Conditions and hints, compiled from rules/conditions/ and rules/hints/. Immutable but for holds. Pure.
 *
 * A condition is an expression over facts of a scope (a sub-interface on one side, a member, …), held for a
 * time from when it became true. What ends an alert is a list of expressions of its own: an interruption is
 * not over when its condition stops being true, but when the service can flow.
 */
#include "doc/doc.h"
#include "model/transition.h"

/* Templates: "{name}" is replaced. The words a template may use: */
enum tw_placeholder {
#define TW_PLACEHOLDER(id, name) TW_PH_##id,
#include "policy/placeholder.def"
#undef TW_PLACEHOLDER
    TW_PLACEHOLDERS
};
/* Compiled: words, and the placeholder behind them, by turns. */
struct tw_template {
    const struct tw_template_piece {
        struct tw_str words;
        enum tw_placeholder placeholder; /* TW_PLACEHOLDERS: none, in the last one */
    } * pieces;
    size_t n;
};
/* What looks like a placeholder and is none stays as it is, and its place is in *wrong (SIZE_MAX: there is
 * none). The template borrows the text. */
struct tw_arena;
struct tw_template tw_template_parse(struct tw_str text, struct tw_arena *arena, size_t *wrong);

enum tw_scope { TW_SCOPE_SUB, TW_SCOPE_MEMBER, TW_SCOPE_E_TRUNK, TW_SCOPE_RBS, TW_SCOPE_PROFILE, TW_SCOPES };

enum tw_attr {
#define TW_ATTR(id, name, scopes) TW_ATTR_##id,
#include "policy/attr.def"
#undef TW_ATTR
    TW_ATTRS
};
const char *tw_attr_name(enum tw_attr a);

enum tw_op { TW_OP_ATTR, TW_OP_AT_LEAST, TW_OP_NOT, TW_OP_AND, TW_OP_OR };
struct tw_expr {
    enum tw_op op;
    enum tw_attr attr; /* ATTR, AT_LEAST */
    bool peer;
    uint32_t number; /* AT_LEAST */
    const struct tw_expr *a, *b;
    struct tw_str text; /* as written */
};

/* Parses "a and not (b or peer.c) and d >= 5". Errors are placed at the node. NULL after an error. */
const struct tw_expr *tw_expr_parse(const struct tw_doc *d, const struct tw_node *at, unsigned scopes,
                                    struct tw_arena *arena, struct tw_errors *errors);

struct tw_case { /* a word and when it holds; expr NULL: otherwise */
    const char *word;
    int value;
    const struct tw_expr *expr;
};

struct tw_condition_example {
    uint32_t line, column;
    const char *name;
    struct tw_str inventory;      /* YAML; empty: the standard one of pipeline/examples.c */
    const struct tw_node *events; /* list of texts */
    const struct tw_node *alerts; /* list of texts; n 0: a counter-example */
};

/* What is to be seen of one side of a sub-interface at a glance. It decides most attributes, and with them
 * which conditions can be true at all. */
enum tw_sub_state {
    TW_SUB_IDLE,    /* up or unknown, and no downs are counted: as nearly all are */
    TW_SUB_COUNTED, /* up or unknown, but it was down of late */
    TW_SUB_OWN,     /* down, and why */
    TW_SUB_INHERITED,
    TW_SUB_SHUT,
    TW_SUB_DELETED,
    TW_SUB_DOWN, /* for no known cause */
    TW_SUB_STATES
};
/* As a bit of tw_condition.may_hold: of the side a condition is judged for, and its peer. */
static inline uint64_t tw_sub_states(enum tw_sub_state own, enum tw_sub_state peer)
{
    return UINT64_C(1) << (TW_SUB_STATES * own + peer);
}

struct tw_condition {
    const char *name;
    const char *file;
    uint32_t line;
    unsigned scopes; /* bit per tw_scope; an attribute without a meaning in an item's scope is false */
    tw_dur hold;
    bool after_main_return; /* the hold runs at least revert-delay + hold from when a main interface came back
                             */
    tw_dur ends_after;      /* > 0: ends this long after the last own-fault down, and by nothing else */
    const struct tw_expr *when;
    uint64_t may_hold; /* `when` can be true of a sub-interface with these states, whatever else is so:
                          follows from it */
    const struct tw_case *severity; /* the first whose expression holds */
    size_t severity_n;
    const struct tw_case *ends; /* word: cleared_by */
    size_t ends_n;
    const struct tw_case *help; /* switchover_would_help; 0 cases: null */
    size_t help_n;
    bool names_last_master; /* the alert's device is the side that became master last */
    bool names_nobody;      /* device is null */
    struct tw_template summary;
    const struct tw_condition_example *examples;
    size_t examples_n;
};

struct tw_hint_example {
    uint32_t line, column;
    const char *condition;
    uint32_t services; /* bits of topology's service words */
    enum tw_help help;
    bool rbs;                       /* an RBS is known */
    const struct tw_node *commands; /* list of texts, or NULL: the hint must not appear */
};

struct tw_hint_rule {
    const char *name;
    const char *file;
    uint32_t line;
    const char *const *conditions; /* NULL-terminated */
    uint32_t services;             /* 0: any */
    uint32_t help;                 /* bit per tw_help; 0: any */
    bool needs_rbs;                /* only when the inventory names the RBS: follows from {rbs} in its text */
    bool each;                     /* commands are repeated per sub-interface */
    enum tw_step step;
    bool on_this, on_peer;
    struct tw_template text;
    const struct tw_template *commands;
    size_t commands_n;
    const struct tw_hint_example *examples;
    size_t examples_n;
};

struct tw_policy {
    struct tw_condition *conditions; /* in the order of files, by name */
    size_t conditions_n;
    struct tw_scoped {
        const uint32_t *conditions; /* indices, in the same order */
        size_t n;
    } scoped[TW_SCOPES];
    uint64_t sub_may_hold;            /* of any condition */
    const struct tw_hint_rule *hints; /* in the order of steps, then of files */
    size_t hints_n;
    struct tw_arena *arena;
    struct tw_doc **docs;
    size_t docs_n;
};

struct tw_policy_file {
    const char *name;
    struct tw_str text;
};
struct tw_policy *tw_policy_create(const struct tw_policy_file *conditions, size_t conditions_n,
                                   const struct tw_policy_file *hints, size_t hints_n,
                                   struct tw_errors *errors);
void tw_policy_destroy(struct tw_policy *p);
/* Index of a condition, or conditions_n. */
size_t tw_policy_find(const struct tw_policy *p, struct tw_str name);

#endif
