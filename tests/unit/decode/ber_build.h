/* SPDX-License-Identifier: ISC */
#ifndef TW_TESTS_BER_BUILD_H
#define TW_TESTS_BER_BUILD_H
/*
 * A small BER writer for tests: values by value, so that messages are written as one nested expression.
 */
#include "base/str.h"

enum { BUILD_MAX = 16384 };
struct built {
    size_t n;
    uint8_t p[BUILD_MAX];
};

/* Adds an element with these contents. */
void put(struct built *b, int tag, const void *contents, size_t n);
void put_all(struct built *b, int tag, const struct built *contents);
void put_number(struct built *b, int tag, int64_t v);
/* Dotted text; "" writes an identifier without contents. */
void put_oid(struct built *b, int tag, const char *dotted);
/* An identifier of `n` sub-identifiers: 1.3.1.1.1… */
void put_long_oid(struct built *b, size_t n);

/* A varbind with a value already encoded, and one with an INTEGER. */
void put_varbind(struct built *list, const char *name, const struct built *value);
void put_int_varbind(struct built *list, const char *name, int64_t v);
/* The two varbinds that every v2 notification has. */
void put_v2_start(struct built *list, uint32_t uptime, const char *trap);

/* Whole messages, community "public". */
struct built v2_message(int version, int pdu, const struct built *list);
struct built v1_message(const char *enterprise, int generic, int64_t specific, const struct built *list);

struct tw_str built_str(const struct built *b);
struct built from_hex(const char *hex);

#endif
