/* SPDX-License-Identifier: ISC */
#ifndef TW_RULESET_RULESET_H
#define TW_RULESET_RULESET_H
/*
 * Event rules: rules/events/ (YAML) compiled. A rule says which messages mean which event: log form and trap
 * form side by side, each with examples. Immutable. Pure: text in memory in, rules out; pcre2 matches, with
 * JIT where it is allowed.
 *
 * Dispatch comes before any regular expression: a log form is found by (MODULE, BRIEF), case-insensitively, a
 * trap form by the value of snmpTrapOID.0. Several rules may share a key if their `text` patterns tell them
 * apart.
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

/* An object identifier as rules name it; the instance comes after. */
struct tw_oid_ref {
    const uint32_t *id;
    uint32_t n;
};

/* A key of a k=v list. Its tag is a small hash, the same for keys that differ in case only: most that are
 * another's are told apart by it. */
struct tw_key {
    struct tw_str name;
    uint32_t tag;
};
static inline uint32_t tw_key_tag(struct tw_str key)
{
    uint32_t first = key.n > 0 ? (unsigned char)key.p[0] : 0,
             last = key.n > 0 ? (unsigned char)key.p[key.n - 1] : 0;
    return (uint32_t)key.n << 16 | first << 8 | last | 0x2020;
}

/* Where a field of the event comes from. A VARBIND is the value of the first of `oids` that is there; when
 * none is, and for INSTANCE, it is the sub-identifier `sub` of the instance of the first of `instances` that
 * is there. */
struct tw_field_source {
    enum tw_event_field field;
    enum tw_from { TW_FROM_CONST, TW_FROM_KEY, TW_FROM_GROUP, TW_FROM_VARBIND, TW_FROM_INSTANCE } from;
    const struct tw_key *keys; /* KEY: the first of them that is there */
    size_t keys_n;
    uint32_t group; /* GROUP: number of the pattern's group */
    const struct tw_oid_ref *oids;
    size_t oids_n;
    const struct tw_oid_ref *instances;
    size_t instances_n;
    uint32_t sub;
    const struct tw_value_map
        *map;      /* of every WORD; of a NUMBER when the rule names one, else it is decimal */
    bool optional; /* absent, or a value that is not known, is not a mismatch: the field stays away */
    struct tw_event_value value; /* CONST */
};

/* `when`: the form is meant only for messages whose key or varbind has one of these values. */
struct tw_guard {
    struct tw_key key;     /* log */
    struct tw_oid_ref oid; /* trap */
    const struct tw_str *values;
    size_t values_n;
};

/* One message key with what to make of it. The messages of a rule share fields and pattern, each has its own
 * entry. */
struct tw_event_form {
    bool trap;
    struct tw_str module, brief; /* log */
    const uint32_t *oid;         /* trap */
    uint32_t oid_n;
    const struct tw_pattern *pattern; /* log; NULL: none */
    const struct tw_guard *guards;
    size_t guards_n;
    const struct tw_field_source *fields;
    size_t fields_n;
    bool certain; /* claims whatever has its key: no pattern, no guard, and nothing that must be there */
    const struct tw_event_rule *rule;
    const struct tw_event_form *next; /* next form with the same key */
    uint32_t index;                   /* 0..forms-1, for counters */
    uint32_t line, column;            /* where the key stands in the rule's file */
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

/* First form under a key, or NULL; follow ->next. A v1 trap that was mapped by RFC 3584 has a 0 before its
 * last number which the notification may not have: it is found all the same. */
const struct tw_event_form *tw_ruleset_log_forms(const struct tw_ruleset *r, struct tw_str module,
                                                 struct tw_str brief);
/* The same for a log whose name was cut: the only one that begins so. */
const struct tw_event_form *tw_ruleset_log_forms_cut(const struct tw_ruleset *r, struct tw_str module,
                                                     struct tw_str beginning);
const struct tw_event_form *tw_ruleset_trap_forms(const struct tw_ruleset *r, const uint32_t *oid,
                                                  uint32_t n);
uint32_t tw_ruleset_forms(const struct tw_ruleset *r);
/* How many patterns there are; *jit: for how many of them pcre2 made machine code. */
size_t tw_ruleset_patterns(const struct tw_ruleset *r, size_t *jit);
/* By index, in the order of the files. */
const struct tw_event_form *tw_ruleset_form(const struct tw_ruleset *r, uint32_t index);
/* "MODULE/BRIEF" or the name of the notification, for messages. */
enum { TW_FORM_TEXT = 160 };
const char *tw_event_form_text(const struct tw_event_form *f, char buf[static TW_FORM_TEXT]);

/* What an event of a kind must have to mean anything: at least one field of each set. A 0 ends the list. */
const uint32_t *tw_event_needs(enum tw_event_kind k);

/* Matches from the beginning of TEXT on, case ignored, the first TW_PATTERN_TEXT bytes of it; on success
 * groups[1..n) are set (0 is the whole), those that took no part are empty. limit: the match limit was hit (a
 * rule bug: count it). Anchored, so that the limit bounds the work on a hostile text whatever the pattern is.
 * Not for two threads at once. */
enum { TW_GROUPS_MAX = 16, TW_PATTERN_TEXT = 4096 };
bool tw_pattern_match(const struct tw_pattern *p, struct tw_str text, struct tw_str groups[TW_GROUPS_MAX],
                      bool *limit);
/* Maps a value as sent to a word (WORD fields) or a number. False: no such value in the map. Case and ' ',
 * '_', '-' between words do not count; a WORD field's own words need not be listed: PEER_MEMBER_DOWN,
 * peerMemberDown are "peer-member-down". */
bool tw_value_map_find(const struct tw_value_map *m, struct tw_str value, int64_t *out);
bool tw_value_same(struct tw_str a, struct tw_str b);

/* Reading of an interface's down reason, from `down-reasons` in the rule files: exact text, case and final
 * '.' ignored. */
enum tw_down_class tw_ruleset_down_class(const struct tw_ruleset *r, struct tw_str reason);

/* Examples and counter-examples as written, for the one who runs them. */
struct tw_example {
    const struct tw_event_rule *rule; /* whose it is */
    bool counter;                     /* must not be claimed by this rule */
    const char *file;
    uint32_t line, column;
    struct tw_str log;          /* a log line, or empty */
    const struct tw_trap *trap; /* or a notification, or NULL */
    struct tw_event expect;     /* kind, and the fields listed under `gives` */
    uint32_t absent;            /* bit per field listed under `absent`: must not be there */
};
const struct tw_example *tw_ruleset_examples(const struct tw_ruleset *r, size_t *n);

#endif
