/* SPDX-License-Identifier: ISC */
#ifndef TW_OIDS_OIDS_H
#define TW_OIDS_OIDS_H
/*
 * Names of object identifiers, from our own modules in mibs/. The table is made at build time; no MIB is read
 * at run time. Pure.
 */
#include "base/str.h"

struct tw_oid_label {
    int64_t number;
    const char *name;
};
struct tw_oid_name {
    const char *name;   /* "IF-MIB::ifIndex" */
    const uint32_t *id; /* without instance */
    uint32_t n;
    const struct tw_oid_label *labels; /* of an enumeration, "up" for 1; NULL: none */
    uint32_t labels_n;
};

/* By "MODULE::name", or by a name alone when only one module has it. NULL: unknown. */
const struct tw_oid_name *tw_oid_by_name(struct tw_str name);
/* The longest known prefix of an OID; the rest is the instance. NULL: none. */
const struct tw_oid_name *tw_oid_by_prefix(const uint32_t *id, uint32_t n);
/* What follows "::" in its name. */
const char *tw_oid_bare(const struct tw_oid_name *o);
/* What an enumeration calls a number, or NULL. */
const char *tw_oid_label(const struct tw_oid_name *o, int64_t number);
/* All of them, in the order of the numbers. */
const struct tw_oid_name *tw_oid_all(size_t *n);

#endif
