/* SPDX-License-Identifier: ISC */
#ifndef TW_RULESET_INTERNAL_H
#define TW_RULESET_INTERNAL_H
/*
 * How rules are held, and the passes that compile them: file.c (a file, its maps and reasons), rule.c (a rule
 * and its forms), source.c (fields and guards of a form), example.c, pattern.c.
 *
 * Everything that lives as long as the rule set is in its arena; documents are gone after tw_ruleset_create.
 */
#include "base/map.h"
#include "base/mem.h"
#include "ruleset/ruleset.h"

struct tw_value_map {
    enum tw_event_field field;
    const struct value_entry {
        struct tw_str value; /* as sent */
        char initial;        /* its first letter that counts */
        int64_t number;
    } * entries;
    size_t n;
};

/* The forms of one message, in the order of the files. */
struct form_key {
    struct tw_event_form *first, *last;
};

struct down_reason {
    struct tw_str text;
    enum tw_down_class class;
    const char *file;
    uint32_t line;
};

enum { LOOKS = 256 };

struct tw_ruleset {
    struct tw_arena *arena;
    struct tw_event_rule **rules;
    size_t rules_n, rules_cap;
    struct tw_event_form **forms;
    size_t forms_n, forms_cap;
    struct form_key *keys;
    size_t keys_n, keys_cap;
    struct tw_map key_map;      /* log and trap keys; a form says which it is */
    uint64_t trap_looks[LOOKS]; /* likewise of the others (see trap_look) */
    uint64_t looks[LOOKS];      /* of log keys: a bit for each (see log_look) that there is */
    struct down_reason *reasons;
    size_t reasons_n, reasons_cap;
    struct tw_map reason_map;
    struct tw_pattern **patterns;
    size_t patterns_n, patterns_cap;
    struct tw_example *examples;
    size_t examples_n, examples_cap;
};

/* A map as declared: read when a field uses it, because only the field says which words it may hold. */
struct map_decl {
    const struct tw_node *name, *map;
    bool used;
};

/* The file that is being compiled. */
struct compiling {
    struct tw_ruleset *rs;
    const struct tw_doc *doc;
    const char *file; /* in the arena */
    struct tw_errors *errors;
    struct map_decl *maps;
    size_t maps_n, maps_cap;
};

void *tw_ruleset_alloc(const struct compiling *c, size_t n, size_t size);
struct tw_str tw_ruleset_keep(const struct compiling *c, struct tw_str s);
void tw_ruleset_add_form(struct tw_ruleset *rs, struct tw_event_form *f);

void tw_compile_file(struct tw_ruleset *rs, const struct tw_doc *doc, struct tw_errors *errors);
void tw_compile_rule(struct compiling *c, const struct tw_node *node);
void tw_compile_examples(struct compiling *c, const struct tw_node *node, const struct tw_event_rule *rule,
                         bool counter);

/* The side of a rule that is being compiled. */
struct side {
    const struct tw_event_rule *rule;
    bool trap;
    const struct tw_pattern *pattern;
};
/* Fields of a form; `node` may be NULL. Sets f->fields. */
void tw_compile_fields(struct compiling *c, const struct tw_node *node, const struct side *side,
                       struct tw_event_form *f);
void tw_compile_guards(struct compiling *c, const struct tw_node *node, bool trap, struct tw_event_form *f);
/* "IF-MIB::ifIndex", "IF-MIB::ifIndex.37" or "1.3.6.1…". */
bool tw_compile_oid(const struct compiling *c, const struct tw_node *node, struct tw_oid_ref *out);
/* The map of that name for a field; NULL after an error. `name` NULL: only the field's own words. */
const struct tw_value_map *tw_compile_map(struct compiling *c, const struct tw_node *name,
                                          enum tw_event_field field);
/* A word or number or text as written in a rule file. */
bool tw_compile_value(const struct compiling *c, const struct tw_node *node, enum tw_event_field field,
                      struct tw_event_value *out);
bool tw_compile_field_name(const struct compiling *c, const struct tw_node *node, enum tw_event_field *out);

/* NULL after an error at `node`. */
struct tw_pattern *tw_pattern_create(const struct compiling *c, const struct tw_node *node);
void tw_pattern_destroy(struct tw_pattern *p);
bool tw_pattern_is_jit(const struct tw_pattern *p);
/* Number of a named group, 0: there is none. */
uint32_t tw_pattern_group(const struct tw_pattern *p, const char *name);

/* Fields that an event of a kind may have. */
uint32_t tw_event_may(enum tw_event_kind k);

/* Both sides of a comparison of down reasons: blanks around and a final '.' do not count. */
struct tw_str tw_reason_core(struct tw_str s);
struct down_reason *tw_ruleset_reason(struct tw_ruleset *rs, struct tw_str core);
void tw_ruleset_add_reason(struct tw_ruleset *rs, const struct down_reason *reason);

#endif
