/* SPDX-License-Identifier: ISC */
#ifndef TW_TESTS_TRAP_CHECK_H
#define TW_TESTS_TRAP_CHECK_H
/*
 * Decoding for the tests of traps: a message in, one line of text out.
 */
#include "ber_build.h"
#include "decode/trap.h"

enum { TEXT = 4096 };

/* As captured, in hex: a member's change to master, and an interface that went down. */
extern const char member_trap[], link_trap[];

extern struct tw_arena *arena;
int trap_setup(void **state);
int trap_teardown(void **state);

/* The bytes are given in a block of their own size, so that a read past them is seen; small arena blocks do
 * the same. */
enum tw_trap_fault decode(const void *p, size_t n, struct tw_trap *out, size_t *offset);
/* How often a glance (tw_trap_peek) said something; each time it was compared with the decoder. */
extern size_t trap_glances;
/* "v2[!] request community OID uptime agent|name=value|…", or the name of the fault. */
void expect(const struct built *b, const char *want);

#endif
