/* SPDX-License-Identifier: ISC */
#include "policy_internal.h"

static const char *const severities[] = {"warning", "minor", "major", "critical", NULL};
static const char *const helps[] = {"no", "yes", "unknown", NULL};
static const char *const scopes[] = {"sub-interface", "member", "e-trunk", "rbs", "profile", NULL};
static const char *const names_words[] = {"side", "last-master", "nobody", NULL};

/* {word: expression, …}, where the expression `true` means "otherwise" and must come last. */
static size_t cases(struct loader *l, const struct tw_node *n, const char *what, const char *const *words,
                    unsigned scope, const struct tw_case **out)
{
    if (!tw_doc_want_map(l->doc, n, what, l->errors))
        return 0;
    struct tw_case *list = tw_arena_alloc(l->arena, n->n * sizeof *list);
    for (size_t i = 0; i < n->n; i++) {
        size_t value = 0;
        if (words != NULL && !tw_doc_want_word(l->doc, n->keys[i], what, words, l->errors, &value))
            continue;
        list[i].word = n->keys[i]->text.p;
        list[i].value = (int)value;
        if (n->items[i]->kind == TW_NODE_SCALAR && tw_str_eq(n->items[i]->text, TW_STR("otherwise"))) {
            if (i + 1 < n->n)
                tw_doc_error(l->doc, n->items[i], l->errors,
                             "'otherwise' before the last case, expected it at the end");
            continue;
        }
        list[i].expr = tw_expr_parse(l->doc, n->items[i], scope, l->arena, l->errors);
    }
    *out = list;
    return n->n;
}

static unsigned scope_bits(struct loader *l, const struct tw_node *n)
{
    size_t word;
    if (n->kind == TW_NODE_LIST)
        return policy_bits(l, n, "scope", scopes);
    return tw_doc_want_word(l->doc, n, "scope", scopes, l->errors, &word) ? 1u << word : 0;
}

static void severity(struct loader *l, const struct tw_node *n, struct tw_condition *c)
{
    if (n != NULL && n->kind == TW_NODE_SCALAR) {
        size_t value = 0;
        struct tw_case *one = tw_arena_alloc(l->arena, sizeof *one);
        if (tw_doc_want_word(l->doc, n, "severity", severities, l->errors, &value)) {
            one->word = severities[value];
            one->value = (int)value;
        }
        c->severity = one;
        c->severity_n = 1;
        return;
    }
    c->severity_n = cases(l, n, "severity", severities, c->scopes, &c->severity);
    if (c->severity_n > 0 && c->severity[c->severity_n - 1].expr != NULL)
        tw_doc_error(l->doc, n, l->errors, "the last severity has a condition, expected 'otherwise'");
}

static void examples(struct loader *l, const struct tw_node *n, bool counter, struct tw_condition *c)
{
    static const char *const keys[] = {"name", "inventory", "events", "alerts", NULL};
    if (n == NULL)
        return;
    if (!tw_doc_want_list(l->doc, n, "the list of examples", l->errors))
        return;
    struct tw_condition_example *all = tw_arena_alloc(l->arena, (c->examples_n + n->n) * sizeof *all);
    if (c->examples_n > 0)
        memcpy(all, c->examples, c->examples_n * sizeof *all);
    for (size_t i = 0; i < n->n; i++) {
        struct tw_condition_example *e = &all[c->examples_n++];
        const struct tw_node *m = n->items[i], *inventory = tw_node_get(m, "inventory");
        struct tw_str name = {0};
        *e = (struct tw_condition_example){.line = m->line, .column = m->column, .name = ""};
        if (!tw_doc_want_map(l->doc, m, "an example", l->errors))
            continue;
        tw_doc_known_keys(l->doc, m, "an example", keys, l->errors);
        if (tw_doc_want_text(l->doc, tw_node_get(m, "name") ? tw_node_get(m, "name") : m,
                             "the example's name", l->errors, &name))
            e->name = name.p;
        if (inventory != NULL)
            (void)tw_doc_want_text(l->doc, inventory, "inventory", l->errors, &e->inventory);
        e->events = tw_node_get(m, "events");
        e->alerts = tw_node_get(m, "alerts");
        if (e->events == NULL || !tw_doc_want_list(l->doc, e->events, "events", l->errors)) {
            tw_doc_error(l->doc, m, l->errors,
                         "an example without 'events', expected a list of what happens");
            e->events = NULL;
        }
        if (!counter && (e->alerts == NULL || !tw_doc_want_list(l->doc, e->alerts, "alerts", l->errors)))
            tw_doc_error(l->doc, m, l->errors,
                         "an example without 'alerts', expected a list of what comes out");
        if (counter && e->alerts != NULL)
            tw_doc_error(l->doc, e->alerts, l->errors,
                         "'alerts' in a counter-example, expected none: nothing may come out");
    }
    c->examples = all;
}

static void timing(struct loader *l, const struct tw_node *root, struct tw_condition *c)
{
    const struct tw_node *n;
    if ((n = tw_node_get(root, "hold")) != NULL)
        (void)tw_doc_want_dur(l->doc, n, "hold", l->errors, &c->hold);
    if ((n = tw_node_get(root, "after-main-return")) != NULL)
        (void)tw_doc_want_bool(l->doc, n, "after-main-return", l->errors, &c->after_main_return);
    if ((n = tw_node_get(root, "ends-after")) != NULL)
        (void)tw_doc_want_dur(l->doc, n, "ends-after", l->errors, &c->ends_after);
    if (n != NULL && c->scopes != 1u << TW_SCOPE_SUB)
        tw_doc_error(l->doc, n, l->errors,
                     "'ends-after' in another scope, expected it with scope: sub-interface");
}

static void needed(struct loader *l, const struct tw_node *root)
{
    static const char *const all[] = {"condition", "severity", "scope",    "when",
                                      "ends",      "summary",  "examples", "counter-examples"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (tw_node_get(root, all[i]) == NULL && !(i == 4 && tw_node_get(root, "ends-after") != NULL))
            tw_doc_error(l->doc, root, l->errors, "no '%s' in the condition, expected one", all[i]);
    }
}

/* It can't be true without a down that was counted. */
/* NOLINTNEXTLINE(misc-no-recursion): as deep as an expression (policy/expr.c: MAX_DEPTH) */
static bool counts_downs(const struct tw_expr *e)
{
    if (e->op == TW_OP_AT_LEAST)
        return e->number > 0 && !e->peer;
    if (e->op == TW_OP_AND)
        return counts_downs(e->a) || counts_downs(e->b);
    return e->op == TW_OP_OR && counts_downs(e->a) && counts_downs(e->b);
}

/* What states alone say of an expression. */
enum verdict { NO, MAYBE, YES };

static enum verdict yes_no(bool yes)
{
    return yes ? YES : NO;
}

static enum verdict attr_of(enum tw_attr attr, enum tw_sub_state s)
{
    bool down = s > TW_SUB_COUNTED;
    switch ((int)attr) {
    case TW_ATTR_UP: return down ? NO : MAYBE;
    case TW_ATTR_OWN_FAULT: return yes_no(s == TW_SUB_OWN);
    case TW_ATTR_INHERITED: return yes_no(s == TW_SUB_INHERITED);
    case TW_ATTR_SHUT: return yes_no(s == TW_SUB_SHUT);
    case TW_ATTR_DELETED: return yes_no(s == TW_SUB_DELETED);
    case TW_ATTR_FAULTY: return yes_no(down && s != TW_SUB_INHERITED);
    default: return MAYBE;
    }
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as an expression (policy/expr.c: MAX_DEPTH) */
static enum verdict by_states(const struct tw_expr *e, enum tw_sub_state own, enum tw_sub_state peer)
{
    enum tw_sub_state s = e->peer ? peer : own;
    enum verdict a, b;
    switch (e->op) {
    case TW_OP_ATTR: return attr_of(e->attr, s);
    case TW_OP_AT_LEAST: return e->number == 0 ? YES : s == TW_SUB_IDLE ? NO : MAYBE;
    case TW_OP_NOT: return (enum verdict)(YES - by_states(e->a, own, peer));
    case TW_OP_AND:
    case TW_OP_OR: break;
    }
    a = by_states(e->a, own, peer);
    b = by_states(e->b, own, peer);
    return (e->op == TW_OP_AND) == (a < b) ? a : b;
}

static uint64_t may_hold(const struct tw_expr *e)
{
    uint64_t all = 0;
    for (int own = 0; own < TW_SUB_STATES; own++) {
        for (int peer = 0; peer < TW_SUB_STATES; peer++) {
            if (by_states(e, (enum tw_sub_state)own, (enum tw_sub_state)peer) != NO)
                all |= tw_sub_states((enum tw_sub_state)own, (enum tw_sub_state)peer);
        }
    }
    return all;
}

void policy_condition(struct loader *l, struct tw_condition *c)
{
    static const char *const keys[] = {"condition",  "about",
                                       "severity",   "scope",
                                       "hold",       "after-main-return",
                                       "ends-after", "when",
                                       "ends",       "switchover-would-help",
                                       "names",      "summary",
                                       "examples",   "counter-examples",
                                       NULL};
    const struct tw_node *root = l->doc->root, *n;
    struct tw_str name = TW_STR("");
    size_t word = 0;
    if (!tw_doc_want_map(l->doc, root, "a condition", l->errors))
        return;
    tw_doc_known_keys(l->doc, root, "a condition", keys, l->errors);
    needed(l, root);
    c->file = l->file;
    c->line = root->line;
    if ((n = tw_node_get(root, "condition")) != NULL)
        (void)tw_doc_want_text(l->doc, n, "the condition's name", l->errors, &name);
    c->name = name.p;
    if ((n = tw_node_get(root, "scope")) != NULL)
        c->scopes = scope_bits(l, n);
    timing(l, root, c);
    if ((n = tw_node_get(root, "when")) != NULL)
        c->when = tw_expr_parse(l->doc, n, c->scopes, l->arena, l->errors);
    c->may_hold = c->when != NULL ? may_hold(c->when) : 0;
    if (c->ends_after.ns > 0 && c->when != NULL && !counts_downs(c->when))
        tw_doc_error(l->doc, root, l->errors,
                     "'ends-after' without 'own-downs' in 'when', expected that it counts downs");
    if ((n = tw_node_get(root, "severity")) != NULL)
        severity(l, n, c);
    if ((n = tw_node_get(root, "ends")) != NULL)
        c->ends_n = cases(l, n, "ends", NULL, c->scopes, &c->ends);
    if ((n = tw_node_get(root, "switchover-would-help")) != NULL) {
        c->help_n = cases(l, n, "switchover-would-help", helps, c->scopes, &c->help);
    }
    if ((n = tw_node_get(root, "names")) != NULL &&
        tw_doc_want_word(l->doc, n, "names", names_words, l->errors, &word)) {
        c->names_last_master = word == 1;
        c->names_nobody = word == 2;
    }
    if ((n = tw_node_get(root, "summary")) != NULL)
        c->summary = policy_template(l, n, "summary", NULL);
    examples(l, tw_node_get(root, "examples"), false, c);
    examples(l, tw_node_get(root, "counter-examples"), true, c);
}
