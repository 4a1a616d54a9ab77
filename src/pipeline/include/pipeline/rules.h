/* SPDX-License-Identifier: ISC */
#ifndef TW_PIPELINE_RULES_H
#define TW_PIPELINE_RULES_H
/*
 * Everything under rules/: event rules, conditions, hints, compiled together, and their examples run. Pure:
 * the shell reads the files and hands over their text.
 */
#include "doc/doc.h"
#include "decode/log.h"
#include "model/message.h"
#include "ruleset/ruleset.h"

struct tw_rules;

struct tw_rules_text {
    const struct tw_rule_file *events, *conditions, *hints; /* sorted by name */
    size_t events_n, conditions_n, hints_n;
    struct tw_rule_file corpus; /* rules/corpus.log: lines that at most one rule may claim; empty: none */
};

/* Compiles. Returns NULL after adding errors with places. Examples are not run here. */
struct tw_rules *tw_rules_create(const struct tw_rules_text *text, struct tw_errors *errors);
void tw_rules_destroy(struct tw_rules *r);
/* Runs every example and counter-example of events, conditions and hints. Returns the number run; what fails
 * is an error with its place. */
size_t tw_rules_check(const struct tw_rules_text *text, const struct tw_rules *r, struct tw_errors *errors);
/* Overrides a condition's hold (contract 4, 5). False: no such condition. */
bool tw_rules_hold(struct tw_rules *r, struct tw_str condition, tw_dur hold);
/* Its i-th condition, NULL after the last. */
const char *tw_rules_condition(const struct tw_rules *r, size_t i);
/* Whether a message that tw_log_peek could decode has to be read; for who reads ahead of the core, on
 * whatever thread. It is what the core, which has the same rules, would find out by itself. `known`: the
 * reader's name of that message, where the answer is remembered; or NULL. */
struct tw_glance tw_rules_glance(const struct tw_rules *r, const struct tw_log *log,
                                 struct tw_log_name *known);
struct tw_rules_stats {
    size_t events, conditions, hints, examples;
    size_t patterns, patterns_jit; /* of them, those that pcre2 made machine code for */
};
struct tw_rules_stats tw_rules_stats(const struct tw_rules *r);

#endif
