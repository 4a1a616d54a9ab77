/* SPDX-License-Identifier: ISC */
#ifndef TW_DECODE_STAMP_H
#define TW_DECODE_STAMP_H
/*
 * Time stamps of syslog headers (domain.md 2.2), in every shape a router or a relay writes.
 */
#include "decode/log.h"

/*
 * Reads one stamp at the start of `s`, with its zone. Returns the bytes taken, 0 when there is no stamp here.
 * A stamp whose shape is right and whose value is not (February 30) is taken and marked absent; so is a count
 * since boot.
 */
size_t tw_stamp_read(struct tw_str s, struct tw_log_reader *reader, struct tw_stamp *out);

/* 1..12 when the three letters name a month, else 0. */
int tw_stamp_month(const char *p);

#endif
