/* SPDX-License-Identifier: ISC */
#ifndef TW_TESTS_TOPOLOGY_H
#define TW_TESTS_TOPOLOGY_H
/* The groups of this program's tests: one function each, run by main. */

int run_errors(void);
int run_names(void);
int run_order(void);

#endif
