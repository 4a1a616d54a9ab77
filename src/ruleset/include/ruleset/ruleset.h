/* SPDX-License-Identifier: ISC */
#ifndef TW_RULESET_RULESET_H
#define TW_RULESET_RULESET_H
/*
 * Event rules: rules/events/ (YAML) compiled. A rule says which messages mean which event: log form and trap form side by
 * side, each with examples. Immutable. Pure: text in memory in, rules out; pcre2 matches, with JIT where it is allowed.
 *
 * Dispatch comes before any regular expression: a log form is found by (MODULE, BRIEF), case-insensitively, a trap form by
 * the value of snmpTrapOID.0. Several rules may share a key if their `text` patterns tell them apart.
 */
#include "doc/doc.h"
#include "model/event.h"
#include "model/message.h"

struct tw_rule_file {
    const char *name; /* for messages, "rules/events/ifnet.yaml" */
    struct tw_str text;
};

struct tw_pattern; /* a compiled regular expression with match limits */
struct tw_value_map;

/* Where a field of the event comes from. Exactly one of the sources. */
struct tw_field_source {
    enum tw_event_field field;
    enum tw_from { TW_FROM_CONST, TW_FROM_KEY, TW_FROM_GROUP, TW_FROM_VARBIND, TW_FROM_INSTANCE } from;
    const char *const *keys;      /* KEY: names in the k=v list, any of them; NULL-terminated */
    uint32_t group;               /* GROUP: number of the pattern's group */
    const uint32_t *const *oids;  /* VARBIND: value of, INSTANCE: sub-identifier `sub` after, any of these; NULL-terminated */
    const uint32_t *oids_n;
    uint32_t sub;
    const struct tw_value_map *map; /* NULL: a NUMBER must be decimal, a WORD one of its words */
    bool optional;                /* absent is not a mismatch */
    struct tw_event_value value;  /* CONST */
};

struct tw_event_form {
    bool trap;
    const uint32_t *oid; /* trap */
    uint32_t oid_n;
    const struct tw_pattern *pattern; /* log; NULL: none */
    const struct tw_field_source *fields;
    size_t fields_n;
    const struct tw_event_rule *rule;
    const struct tw_event_form *next; /* next form with the same key */
    uint32_t index;                   /* 0..forms-1, for counters */
};

struct tw_event_rule {
    const char *name;
    enum tw_event_kind kind;
    bool alarm;
    const char *file;
    uint32_t line;
};

struct tw_ruleset;
/* Compiles rules/events/ files. Adds errors with places; NULL when there was one. Examples are run by
 * tw_normalise_examples, which needs a decoder. */
struct tw_ruleset *tw_ruleset_create(const struct tw_rule_file *files, size_t n, struct tw_errors *errors);
void tw_ruleset_destroy(struct tw_ruleset *r);

/* First form under a key, or NULL; follow ->next. */
const struct tw_event_form *tw_ruleset_log_forms(const struct tw_ruleset *r, struct tw_str module, struct tw_str brief);
const struct tw_event_form *tw_ruleset_trap_forms(const struct tw_ruleset *r, const uint32_t *oid, uint32_t n);
uint32_t tw_ruleset_forms(const struct tw_ruleset *r);

/* Matches; on success groups[1..n) are set (0 is the whole). limit: the match limit was hit (a rule bug: count it). */
enum { TW_GROUPS_MAX = 16 };
bool tw_pattern_match(const struct tw_pattern *p, struct tw_str text, struct tw_str groups[TW_GROUPS_MAX], bool *limit);
/* Maps a value as sent to a word (WORD fields) or a number. False: no such value in the map. */
bool tw_value_map_find(const struct tw_value_map *m, struct tw_str value, int64_t *out);

/* Reading of an interface's down reason, from `down-reasons` in the rule files: exact text, case and final '.' ignored. */
enum tw_down_class tw_ruleset_down_class(const struct tw_ruleset *r, struct tw_str reason);

/* Examples and counter-examples as written, for the one who runs them. */
struct tw_example {
    const struct tw_event_rule *rule; /* whose it is */
    bool counter;                     /* must not be claimed by this rule */
    const char *file;
    uint32_t line, column;
    struct tw_str log;                /* a log line, or empty */
    const struct tw_trap *trap;       /* or a notification, or NULL */
    struct tw_event expect;           /* the fields listed under `gives` */
};
const struct tw_example *tw_ruleset_examples(const struct tw_ruleset *r, size_t *n);

#endif
