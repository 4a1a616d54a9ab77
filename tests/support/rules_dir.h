/* SPDX-License-Identifier: ISC */
#ifndef TW_TESTS_RULES_DIR_H
#define TW_TESTS_RULES_DIR_H
/* Reads a rules folder for tests; what is read is kept to the end of the program. Ends the program when it
 * can't. */
#include "pipeline/rules.h"

struct tw_str test_read_file(const char *path);
struct tw_rules_text test_read_rules(const char *dir);

#endif
