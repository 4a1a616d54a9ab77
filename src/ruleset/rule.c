/* SPDX-License-Identifier: ISC */
#include "ruleset_internal.h"

#include "base/buf.h"

static enum tw_event_kind event_kind(const struct compiling *c, const struct tw_node *node,
                                     const struct tw_node *rule)
{
    const char *words[TW_EVENT_KINDS];
    size_t k = 0;
    for (int i = 1; i < TW_EVENT_KINDS; i++)
        words[i - 1] = tw_event_kind_name((enum tw_event_kind)i);
    words[TW_EVENT_KINDS - 1] = NULL;
    if (node == NULL)
        tw_doc_error(c->doc, rule, c->errors, "event is missing, expected the kind of event the rule makes");
    else if (tw_doc_want_word(c->doc, node, "event", words, c->errors, &k))
        return (enum tw_event_kind)(k + 1);
    return TW_EVENT_NONE;
}

static bool unique(const struct compiling *c, const struct tw_node *node, struct tw_str name)
{
    char quoted[TW_QUOTE_TEXT];
    for (size_t i = 0; i < c->rs->rules_n; i++) {
        const struct tw_event_rule *r = c->rs->rules[i];
        if (!tw_str_eq(name, tw_str_z(r->name)))
            continue;
        tw_doc_error(c->doc, node, c->errors, "there is a rule %s already, at %s:%u",
                     tw_doc_quote(name, quoted), r->file, r->line);
        return false;
    }
    return true;
}

static bool split_message(const struct compiling *c, const struct tw_node *node, struct tw_event_form *f)
{
    struct tw_str text;
    char quoted[TW_QUOTE_TEXT];
    if (!tw_doc_want_text(c->doc, node, "a message", c->errors, &text))
        return false;
    size_t slash = tw_str_find(text, '/', 0);
    if (slash == SIZE_MAX || slash == 0 || slash + 1 >= text.n ||
        tw_str_find(text, '/', slash + 1) != SIZE_MAX) {
        tw_doc_error(c->doc, node, c->errors, "the message is %s, expected MODULE/BRIEF without the severity",
                     tw_doc_quote(text, quoted));
        return false;
    }
    f->module = tw_ruleset_keep(c, tw_str_cut(text, slash));
    f->brief = tw_ruleset_keep(c, tw_str_from(text, slash + 1));
    return true;
}

static bool key_of(const struct compiling *c, const struct tw_node *node, struct tw_event_form *f)
{
    struct tw_oid_ref ref;
    if (!f->trap)
        return split_message(c, node, f);
    if (!tw_compile_oid(c, node, &ref))
        return false;
    f->oid = ref.id;
    f->oid_n = ref.n;
    return true;
}

static bool repeated(const struct tw_event_form *f, const struct tw_event_rule *rule)
{
    for (; f != NULL; f = f->next) {
        if (f->rule == rule)
            return true;
    }
    return false;
}

/* An entry for each message of the form. */
static void add_keys(struct compiling *c, const struct tw_node *list, const struct tw_event_form *shared)
{
    if (list->n == 0)
        tw_doc_error(c->doc, list, c->errors, "the list of %s is empty, the rule could never match",
                     shared->trap ? "notifications" : "messages");
    for (uint32_t i = 0; i < list->n; i++) {
        struct tw_event_form *f = tw_ruleset_alloc(c, 1, sizeof *f);
        *f = *shared;
        f->line = list->items[i]->line;
        f->column = list->items[i]->column;
        if (!key_of(c, list->items[i], f))
            continue;
        const struct tw_event_form *others = f->trap ? tw_ruleset_trap_forms(c->rs, f->oid, f->oid_n)
                                                     : tw_ruleset_log_forms(c->rs, f->module, f->brief);
        if (repeated(others, f->rule))
            tw_doc_error(c->doc, list->items[i], c->errors, "this rule names the message twice");
        else
            tw_ruleset_add_form(c->rs, f);
    }
}

/* See struct tw_event_form. */
static bool is_certain(const struct tw_event_form *f)
{
    for (size_t i = 0; i < f->fields_n; i++) {
        if (!f->fields[i].optional && f->fields[i].from != TW_FROM_CONST)
            return false;
    }
    return f->pattern == NULL && f->guards_n == 0 && *tw_event_needs(f->rule->kind) == 0;
}

static void compile_side(struct compiling *c, const struct tw_node *node, struct side *side)
{
    static const char *const log_keys[] = {"messages", "text", "when", "fields", NULL};
    static const char *const trap_keys[] = {"notifications", "when", "fields", NULL};
    const char *what = side->trap ? "trap" : "log", *list = side->trap ? "notifications" : "messages";
    struct tw_event_form form = {
        .trap = side->trap, .rule = side->rule, .line = node->line, .column = node->column};
    if (!tw_doc_want_map(c->doc, node, what, c->errors))
        return;
    tw_doc_known_keys(c->doc, node, what, side->trap ? trap_keys : log_keys, c->errors);
    const struct tw_node *text = side->trap ? NULL : tw_node_get(node, "text");
    struct tw_str pattern;
    if (text != NULL) {
        struct tw_pattern *p =
            tw_doc_want_text(c->doc, text, "text", c->errors, &pattern) ? tw_pattern_create(c, text) : NULL;
        if (p == NULL)
            return; /* its groups would only bring more of the same */
        *TW_PUSH(c->rs->patterns, c->rs->patterns_n, c->rs->patterns_cap) = p;
        side->pattern = form.pattern = p;
    }
    tw_compile_guards(c, tw_node_get(node, "when"), side->trap, &form);
    tw_compile_fields(c, tw_node_get(node, "fields"), side, &form);
    form.certain = is_certain(&form);
    const struct tw_node *keys = tw_node_get(node, list);
    if (keys == NULL)
        tw_doc_error(c->doc, node, c->errors, "%s is missing, expected a list", list);
    else if (tw_doc_want_list(c->doc, keys, list, c->errors))
        add_keys(c, keys, &form);
}

static bool has_example(const struct tw_node *examples, const char *side)
{
    for (uint32_t i = 0; examples != NULL && examples->kind == TW_NODE_LIST && i < examples->n; i++) {
        if (tw_node_get(examples->items[i], side) != NULL)
            return true;
    }
    return false;
}

static void compile_sides(struct compiling *c, const struct tw_node *node, const struct tw_event_rule *rule)
{
    static const char *const names[] = {"log", "trap"};
    const struct tw_node *examples = tw_node_get(node, "examples");
    int sides = 0;
    for (int i = 0; i < 2; i++) {
        const struct tw_node *form = tw_node_get(node, names[i]);
        struct side side = {.rule = rule, .trap = i == 1};
        if (form == NULL)
            continue;
        sides++;
        compile_side(c, form, &side);
        if (!has_example(examples, names[i]))
            tw_doc_error(c->doc, form, c->errors, "the %s form of '%s' has no example", names[i], rule->name);
    }
    if (sides == 0)
        tw_doc_error(c->doc, node, c->errors, "rule '%s' has neither a log nor a trap form", rule->name);
}

void tw_compile_rule(struct compiling *c, const struct tw_node *node)
{
    static const char *const keys[] = {
        "rule", "event", "alarm", "log", "trap", "examples", "counter-examples", NULL};
    struct tw_str name;
    if (!tw_doc_want_map(c->doc, node, "a rule", c->errors))
        return;
    tw_doc_known_keys(c->doc, node, "a rule", keys, c->errors);
    const struct tw_node *name_node = tw_node_get(node, "rule"), *alarm = tw_node_get(node, "alarm");
    if (name_node == NULL) {
        tw_doc_error(c->doc, node, c->errors, "rule is missing, expected the rule's name");
        return;
    }
    if (!tw_doc_want_text(c->doc, name_node, "rule", c->errors, &name) || !unique(c, name_node, name))
        return;
    struct tw_event_rule *rule = tw_ruleset_alloc(c, 1, sizeof *rule);
    *rule = (struct tw_event_rule){.name = tw_ruleset_keep(c, name).p,
                                   .kind = event_kind(c, tw_node_get(node, "event"), node),
                                   .file = c->file,
                                   .line = name_node->line};
    *TW_PUSH(c->rs->rules, c->rs->rules_n, c->rs->rules_cap) = rule;
    if (alarm != NULL)
        (void)tw_doc_want_bool(c->doc, alarm, "alarm", c->errors, &rule->alarm);
    if (rule->kind == TW_EVENT_NONE)
        return;
    compile_sides(c, node, rule);
    tw_compile_examples(c, tw_node_get(node, "examples"), rule, false);
    tw_compile_examples(c, tw_node_get(node, "counter-examples"), rule, true);
}
