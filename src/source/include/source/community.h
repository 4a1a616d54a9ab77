/* SPDX-License-Identifier: ISC */
#ifndef TW_SOURCE_COMMUNITY_H
#define TW_SOURCE_COMMUNITY_H
/*
 * The community of an SNMP v1 or v2c message, without decoding the rest: it is checked before anything else
 * is done with a datagram of a stranger.
 */
#include "base/str.h"

/* False: not the beginning of a v1 or v2c message, as far as one can tell here. *out borrows from the bytes.
 */
bool tw_community_peek(struct tw_str bytes, struct tw_str *out);

#endif
