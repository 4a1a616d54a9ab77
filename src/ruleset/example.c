/* SPDX-License-Identifier: ISC */
#include "ruleset_internal.h"

static bool is_integer(const struct tw_node *node, int64_t *out)
{
    uint64_t v;
    bool minus = node->text.n > 1 && node->text.p[0] == '-';
    if (node->quoted || !tw_str_u64(tw_str_from(node->text, minus ? 1 : 0), INT64_MAX, &v))
        return false;
    *out = minus ? -(int64_t)v : (int64_t)v;
    return true;
}

static void add_varbind(const struct compiling *c, const struct tw_node *name, const struct tw_node *value,
                        struct tw_varbind *vb)
{
    struct tw_oid_ref ref;
    struct tw_str text;
    if (!tw_compile_oid(c, name, &ref) ||
        !tw_doc_want_text(c->doc, value, "the value of a varbind", c->errors, &text))
        return;
    vb->oid = ref.id;
    vb->oid_n = ref.n;
    vb->type = is_integer(value, &vb->number) ? TW_VB_INTEGER : TW_VB_STRING;
    vb->bytes = tw_ruleset_keep(c, text);
}

static const struct tw_trap *example_trap(const struct compiling *c, const struct tw_node *node)
{
    static const char *const keys[] = {"notification", "varbinds", NULL};
    struct tw_oid_ref oid;
    if (!tw_doc_want_map(c->doc, node, "the trap of an example", c->errors))
        return NULL;
    tw_doc_known_keys(c->doc, node, "the trap of an example", keys, c->errors);
    const struct tw_node *name = tw_node_get(node, "notification"), *list = tw_node_get(node, "varbinds");
    if (name == NULL) {
        tw_doc_error(c->doc, node, c->errors, "notification is missing, expected its name");
        return NULL;
    }
    if (!tw_compile_oid(c, name, &oid) ||
        (list != NULL && !tw_doc_want_map(c->doc, list, "varbinds", c->errors)))
        return NULL;
    uint32_t n = list != NULL ? list->n : 0;
    struct tw_varbind *vbs = tw_ruleset_alloc(c, n, sizeof *vbs);
    for (uint32_t i = 0; i < n; i++)
        add_varbind(c, list->keys[i], list->items[i], &vbs[i]);
    struct tw_trap *trap = tw_ruleset_alloc(c, 1, sizeof *trap);
    *trap = (struct tw_trap){.version = 2, .oid = oid.id, .oid_n = oid.n, .varbinds = vbs, .varbinds_n = n};
    if (n > TW_VARBINDS_MAX) {
        tw_doc_error(c->doc, list, c->errors, "%u varbinds, at most %d are expected", n, TW_VARBINDS_MAX);
        return NULL;
    }
    return trap;
}

static void expected_fields(const struct compiling *c, const struct tw_node *node, struct tw_event *e)
{
    if (node == NULL || !tw_doc_want_map(c->doc, node, "gives", c->errors))
        return;
    for (uint32_t i = 0; i < node->n; i++) {
        enum tw_event_field f;
        if (tw_compile_field_name(c, node->keys[i], &f) &&
            tw_compile_value(c, node->items[i], f, &e->field[f]))
            e->present |= 1u << f;
    }
}

static uint32_t absent_fields(const struct compiling *c, const struct tw_node *node)
{
    uint32_t bits = 0;
    if (node == NULL || !tw_doc_want_list(c->doc, node, "absent", c->errors))
        return 0;
    for (uint32_t i = 0; i < node->n; i++) {
        enum tw_event_field f;
        struct tw_str text;
        if (tw_doc_want_text(c->doc, node->items[i], "absent", c->errors, &text) &&
            tw_compile_field_name(c, node->items[i], &f))
            bits |= 1u << f;
    }
    return bits;
}

static void compile_example(struct compiling *c, const struct tw_node *node, struct tw_example *x)
{
    static const char *const keys[] = {"log", "trap", "gives", "absent", NULL};
    static const char *const counter_keys[] = {"log", "trap", NULL};
    if (!tw_doc_want_map(c->doc, node, "an example", c->errors))
        return;
    tw_doc_known_keys(c->doc, node, x->counter ? "a counter-example" : "an example",
                      x->counter ? counter_keys : keys, c->errors);
    const struct tw_node *log = tw_node_get(node, "log"), *trap = tw_node_get(node, "trap");
    x->file = c->file;
    x->line = node->line;
    x->column = node->column;
    x->expect.kind = x->rule->kind;
    if ((log != NULL) == (trap != NULL)) {
        tw_doc_error(c->doc, node, c->errors, "either log or trap is expected");
        return;
    }
    if (log != NULL && tw_doc_want_text(c->doc, log, "log", c->errors, &x->log))
        x->log = tw_ruleset_keep(c, x->log);
    if (trap != NULL)
        x->trap = example_trap(c, trap);
    expected_fields(c, tw_node_get(node, "gives"), &x->expect);
    x->absent = absent_fields(c, tw_node_get(node, "absent"));
}

void tw_compile_examples(struct compiling *c, const struct tw_node *node, const struct tw_event_rule *rule,
                         bool counter)
{
    if (node == NULL || !tw_doc_want_list(c->doc, node, counter ? "counter-examples" : "examples", c->errors))
        return;
    for (uint32_t i = 0; i < node->n; i++) {
        struct tw_example *x = TW_PUSH(c->rs->examples, c->rs->examples_n, c->rs->examples_cap);
        x->rule = rule;
        x->counter = counter;
        compile_example(c, node->items[i], x);
    }
}
