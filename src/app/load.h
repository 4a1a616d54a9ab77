/* SPDX-License-Identifier: ISC */
#ifndef TW_APP_LOAD_H
#define TW_APP_LOAD_H
/*
 * Files into memory, for the parts that only know text: inventory and rules.
 *
 * Three ends: fine; a file can't be read (a sentence on stderr, TW_EXIT_USAGE); a file is not right (its
 * errors with their places on stderr, TW_EXIT_NOT_RIGHT).
 */
#include "pipeline/rules.h"
#include "topology/topology.h"

/* Whole file. False: a sentence on stderr. */
bool tw_load_file(const char *path, char **text, size_t *n);

/* A rules directory: events/, conditions/, hints/ (*.yaml, by name) and corpus.log. */
struct tw_rules_files {
    struct tw_rules_text text;
    struct tw_rule_file *lists[3];
    char *corpus;
};
bool tw_load_rules_files(const char *dir, struct tw_rules_files *out);
void tw_rules_files_finish(struct tw_rules_files *f);
/* The directory used when none is named: that of the source tree when the program runs from its build folder,
 * else the installed one. Lives for ever. */
const char *tw_load_rules_dir(void);

int tw_load_inventory(const char *path, const struct tw_topology **out);
/* `dir` may be NULL. `check`: run all examples too; *examples is their number. */
int tw_load_rules(const char *dir, bool check, size_t *examples, struct tw_rules **out);
/* Prints errors and forgets them. */
void tw_load_errors(struct tw_errors *e);

#endif
