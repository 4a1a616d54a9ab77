/* SPDX-License-Identifier: ISC */
#ifndef TW_TESTS_DOC_H
#define TW_TESTS_DOC_H
/* The groups of this program's tests: one function each, run by main. */

int run_taking(void);

#endif
