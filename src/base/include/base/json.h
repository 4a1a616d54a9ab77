/* SPDX-License-Identifier: ISC */
#ifndef TW_BASE_JSON_H
#define TW_BASE_JSON_H
/*
 * JSON written straight into a buffer (docs/decisions/0007). The caller opens and closes objects and lists;
 * tw_json_key and tw_json_next put the commas.
 */
#include "base/buf.h"
#include "base/time.h"

/* A string, always valid JSON: what is not UTF-8 becomes visible escapes. */
void tw_json_str(struct tw_buf *b, struct tw_str s);
/* NULL stands for null. */
void tw_json_z(struct tw_buf *b, const char *z);
/* RFC 3339; null for the two ends of time. */
void tw_json_time(struct tw_buf *b, tw_time t);
/* Before a value of a list, before a member of an object: a comma, unless it is the first. */
void tw_json_next(struct tw_buf *b);
void tw_json_key(struct tw_buf *b, const char *key);

#endif
