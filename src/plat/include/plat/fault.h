/* SPDX-License-Identifier: ISC */
#ifndef TW_PLAT_FAULT_H
#define TW_PLAT_FAULT_H
/*
 * The last word of a program that ends by a fault of its own, or without memory: one line on stderr that says
 * where.
 */

/* `program` begins the line; it must live for ever. */
void tw_fault_tell(const char *program);

#endif
