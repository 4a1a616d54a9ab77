/* SPDX-License-Identifier: ISC */
#include "policy_internal.h"

#include <stdlib.h>

size_t tw_policy_find(const struct tw_policy *p, struct tw_str name)
{
    size_t i = 0;
    while (i < p->conditions_n && !tw_str_eq(name, tw_str_z(p->conditions[i].name)))
        i++;
    return i;
}

static struct tw_doc *open_file(struct tw_policy *p, const struct tw_policy_file *f, struct tw_errors *errors)
{
    struct tw_doc *d = tw_doc_parse(f->name, f->text, errors);
    p->docs[p->docs_n++] = d;
    if (d != NULL && d->root == NULL) {
        tw_errors_add(errors, f->name, 1, 1, "nothing in the file, expected a rule");
        return NULL;
    }
    return d;
}

static void load_conditions(struct tw_policy *p, const struct tw_policy_file *files, size_t n,
                            struct tw_errors *errors)
{
    p->conditions = tw_arena_alloc(p->arena, n * sizeof *p->conditions);
    for (size_t i = 0; i < n; i++) {
        struct tw_doc *d = open_file(p, &files[i], errors);
        if (d == NULL)
            continue;
        struct loader l = {.file = d->file, .doc = d, .arena = p->arena, .errors = errors, .policy = p};
        struct tw_condition *c = &p->conditions[p->conditions_n];
        c->name = "";
        policy_condition(&l, c);
        size_t twin = tw_policy_find(p, tw_str_z(c->name));
        if (twin < p->conditions_n)
            tw_doc_error(d, d->root, errors, "condition '%s' again, expected another name: %s has it",
                         c->name, p->conditions[twin].file);
        p->conditions_n++;
    }
}

static void sort_by_scope(struct tw_policy *p)
{
    for (unsigned s = 0; s < TW_SCOPES; s++) {
        uint32_t *list = tw_arena_alloc(p->arena, p->conditions_n * sizeof *list + 1);
        size_t n = 0;
        for (uint32_t c = 0; c < p->conditions_n; c++) {
            if ((p->conditions[c].scopes >> s & 1) == 0)
                continue;
            list[n++] = c;
            p->sub_may_hold |= s == TW_SCOPE_SUB ? p->conditions[c].may_hold : 0;
        }
        p->scoped[s] = (struct tw_scoped){list, n};
    }
}

static void load_hints(struct tw_policy *p, const struct tw_policy_file *files, size_t n,
                       struct tw_errors *errors)
{
    static const char *const keys[] = {"hints", NULL};
    struct tw_hint_rule *all = NULL;
    size_t count = 0, cap = 0;
    for (size_t i = 0; i < n; i++) {
        struct tw_doc *d = open_file(p, &files[i], errors);
        if (d == NULL || !tw_doc_want_map(d, d->root, "a file of hints", errors))
            continue;
        struct loader l = {.file = d->file, .doc = d, .arena = p->arena, .errors = errors, .policy = p};
        tw_doc_known_keys(d, d->root, "a file of hints", keys, errors);
        const struct tw_node *list = tw_node_get(d->root, "hints");
        if (list == NULL || !tw_doc_want_list(d, list, "hints", errors))
            continue;
        for (size_t k = 0; k < list->n; k++)
            policy_hint(&l, list->items[k], TW_PUSH(all, count, cap));
    }
    struct tw_hint_rule *sorted = tw_arena_alloc(p->arena, count * sizeof *sorted);
    for (int step = TW_STEP_CHECK; step <= TW_STEP_UNDO; step++) {
        for (size_t i = 0; i < count; i++) {
            if ((int)all[i].step == step)
                sorted[p->hints_n++] = all[i];
        }
    }
    free(all);
    p->hints = sorted;
}

struct tw_policy *tw_policy_create(const struct tw_policy_file *conditions, size_t conditions_n,
                                   const struct tw_policy_file *hints, size_t hints_n,
                                   struct tw_errors *errors)
{
    size_t before = errors->n + errors->dropped;
    struct tw_policy *p = tw_xcalloc(1, sizeof *p);
    p->arena = tw_arena_create(65536);
    p->docs = tw_xcalloc(conditions_n + hints_n, sizeof *p->docs);
    load_conditions(p, conditions, conditions_n, errors);
    sort_by_scope(p);
    load_hints(p, hints, hints_n, errors);
    if (errors->n + errors->dropped != before) {
        tw_policy_destroy(p);
        return NULL;
    }
    return p;
}

void tw_policy_destroy(struct tw_policy *p)
{
    if (p == NULL)
        return;
    for (size_t i = 0; i < p->docs_n; i++)
        tw_doc_destroy(p->docs[i]);
    free(p->docs);
    tw_arena_destroy(p->arena);
    free(p);
}
