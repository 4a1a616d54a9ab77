/* SPDX-License-Identifier: ISC */
#ifndef TW_OIDS_INTERNAL_H
#define TW_OIDS_INTERNAL_H
/*
 * The table that tools/oids.py makes of mibs/ at build time.
 */
#include "oids/oids.h"

extern const struct tw_oid_name tw_oid_table[]; /* by number */
extern const size_t tw_oid_table_n;
extern const uint16_t tw_oid_by_bare_name[]; /* indices, by the name without its module, then by module */

#endif
