/* SPDX-License-Identifier: ISC */
#ifndef TW_POLICY_INTERNAL_H
#define TW_POLICY_INTERNAL_H
#include "base/mem.h"
#include "policy/policy.h"

/* What the readers of one file share. */
struct loader {
    const char *file;
    const struct tw_doc *doc;
    struct tw_arena *arena;
    struct tw_errors *errors;
    struct tw_policy *policy;
};

/* Compiled; empty after an error. */
struct tw_template policy_template(struct loader *l, const struct tw_node *n, const char *what,
                                   bool *has_rbs);
/* Word list -> bits; `words` is NULL-terminated. */
uint32_t policy_bits(struct loader *l, const struct tw_node *n, const char *what, const char *const *words);
void policy_condition(struct loader *l, struct tw_condition *c);
void policy_hint(struct loader *l, const struct tw_node *n, struct tw_hint_rule *h);

#endif
