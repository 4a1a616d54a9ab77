/* SPDX-License-Identifier: ISC */
#include "policy_internal.h"

#include "policy/services.h"

static const char *const steps[] = {"check", "repair", "switch-over", "verify", "undo", NULL};
static const char *const helps[] = {"null", "no", "yes", "unknown", NULL};
static const char *const services[] = {TW_POLICY_SERVICES, NULL};
static const char *const places[] = {"this", "peer", "both", NULL};

uint32_t policy_bits(struct loader *l, const struct tw_node *n, const char *what, const char *const *words)
{
    uint32_t bits = 0;
    if (!tw_doc_want_list(l->doc, n, what, l->errors))
        return 0;
    for (size_t i = 0; i < n->n; i++) {
        size_t word;
        if (tw_doc_want_word(l->doc, n->items[i], what, words, l->errors, &word))
            bits |= 1u << word;
    }
    return bits;
}

static void conditions(struct loader *l, const struct tw_node *n, struct tw_hint_rule *h)
{
    if (!tw_doc_want_list(l->doc, n, "for", l->errors))
        return;
    const char **list = tw_arena_alloc(l->arena, (n->n + 1) * sizeof *list);
    for (size_t i = 0; i < n->n; i++) {
        struct tw_str name;
        if (!tw_doc_want_text(l->doc, n->items[i], "a condition's name", l->errors, &name))
            continue;
        if (tw_policy_find(l->policy, name) == l->policy->conditions_n)
            tw_doc_error(l->doc, n->items[i], l->errors,
                         "unknown condition '%s', expected one of rules/conditions", name.p);
        list[i] = name.p;
    }
    h->conditions = list;
}

static void example(struct loader *l, const struct tw_node *m, bool counter, struct tw_hint_example *e)
{
    static const char *const keys[] = {"condition", "services", "help", "rbs", "commands", NULL};
    const struct tw_node *n;
    struct tw_str text;
    size_t word;
    e->line = m->line;
    e->column = m->column;
    e->condition = "";
    if (!tw_doc_want_map(l->doc, m, "an example", l->errors))
        return;
    tw_doc_known_keys(l->doc, m, "an example", keys, l->errors);
    if ((n = tw_node_get(m, "condition")) != NULL &&
        tw_doc_want_text(l->doc, n, "condition", l->errors, &text))
        e->condition = text.p;
    if ((n = tw_node_get(m, "services")) != NULL)
        e->services = policy_bits(l, n, "services", services);
    if ((n = tw_node_get(m, "help")) != NULL && tw_doc_want_word(l->doc, n, "help", helps, l->errors, &word))
        e->help = (enum tw_help)word;
    if ((n = tw_node_get(m, "rbs")) != NULL)
        (void)tw_doc_want_bool(l->doc, n, "rbs", l->errors, &e->rbs);
    n = tw_node_get(m, "commands");
    if (counter && n != NULL)
        tw_doc_error(l->doc, n, l->errors,
                     "'commands' in a counter-example, expected none: the hint must not appear");
    else if (!counter && (n == NULL || !tw_doc_want_list(l->doc, n, "commands", l->errors)))
        tw_doc_error(l->doc, m, l->errors, "an example without 'commands', expected the list that comes out");
    e->commands = counter ? NULL : n;
}

static void examples(struct loader *l, const struct tw_node *node, struct tw_hint_rule *h)
{
    static const char *const keys[] = {"examples", "counter-examples"};
    size_t n = 0;
    for (int k = 0; k < 2; k++) {
        const struct tw_node *list = tw_node_get(node, keys[k]);
        if (list == NULL)
            tw_doc_error(l->doc, node, l->errors, "a hint without '%s', expected at least one", keys[k]);
        else if (tw_doc_want_list(l->doc, list, keys[k], l->errors))
            n += list->n;
    }
    struct tw_hint_example *all = tw_arena_alloc(l->arena, n * sizeof *all);
    for (int k = 0; k < 2; k++) {
        const struct tw_node *list = tw_node_get(node, keys[k]);
        for (size_t i = 0; list != NULL && list->kind == TW_NODE_LIST && i < list->n; i++)
            example(l, list->items[i], k == 1, &all[h->examples_n++]);
    }
    h->examples = all;
}

static void commands(struct loader *l, const struct tw_node *n, struct tw_hint_rule *h)
{
    if (n == NULL || !tw_doc_want_list(l->doc, n, "commands", l->errors))
        return;
    struct tw_template *list = tw_arena_alloc(l->arena, n->n * sizeof *list);
    for (size_t i = 0; i < n->n; i++)
        list[i] = policy_template(l, n->items[i], "a command", &h->needs_rbs);
    h->commands = list;
    h->commands_n = n->n;
}

void policy_hint(struct loader *l, const struct tw_node *node, struct tw_hint_rule *h)
{
    static const char *const keys[] = {
        "hint",     "for",      "services",         "help", "step", "on", "each", "text",
        "commands", "examples", "counter-examples", NULL};
    static const char *const needed[] = {"hint", "for", "step", "text"};
    const struct tw_node *n;
    struct tw_str text = TW_STR("");
    size_t word = 0;
    if (!tw_doc_want_map(l->doc, node, "a hint", l->errors))
        return;
    tw_doc_known_keys(l->doc, node, "a hint", keys, l->errors);
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        if (tw_node_get(node, needed[i]) == NULL)
            tw_doc_error(l->doc, node, l->errors, "no '%s' in the hint, expected one", needed[i]);
    }
    h->file = l->file;
    h->line = node->line;
    if ((n = tw_node_get(node, "hint")) != NULL)
        (void)tw_doc_want_text(l->doc, n, "the hint's name", l->errors, &text);
    h->name = text.p;
    if ((n = tw_node_get(node, "for")) != NULL)
        conditions(l, n, h);
    if ((n = tw_node_get(node, "services")) != NULL)
        h->services = policy_bits(l, n, "services", services);
    if ((n = tw_node_get(node, "help")) != NULL)
        h->help = policy_bits(l, n, "help", helps);
    if ((n = tw_node_get(node, "step")) != NULL &&
        tw_doc_want_word(l->doc, n, "step", steps, l->errors, &word))
        h->step = (enum tw_step)word;
    h->on_this = true;
    if ((n = tw_node_get(node, "on")) != NULL &&
        tw_doc_want_word(l->doc, n, "on", places, l->errors, &word)) {
        h->on_this = word != 1;
        h->on_peer = word != 0;
    }
    if ((n = tw_node_get(node, "each")) != NULL)
        (void)tw_doc_want_bool(l->doc, n, "each", l->errors, &h->each);
    if ((n = tw_node_get(node, "text")) != NULL)
        h->text = policy_template(l, n, "text", &h->needs_rbs);
    commands(l, tw_node_get(node, "commands"), h);
    examples(l, node, h);
}
