/* SPDX-License-Identifier: ISC */
#ifndef TW_DECODE_BER_H
#define TW_DECODE_BER_H
/*
 * A reader of BER that latches: after the first fault every call returns nothing, and the place is kept. It
 * knows definite lengths of up to four bytes and single-byte tags, which is all that SNMP uses.
 */
#include "base/str.h"

enum {
    BER_INTEGER = 0x02,
    BER_STRING = 0x04,
    BER_NULL = 0x05,
    BER_OID = 0x06,
    BER_SEQUENCE = 0x30,
    BER_ADDRESS = 0x40,
    BER_COUNTER32 = 0x41,
    BER_GAUGE32 = 0x42,
    BER_TIMETICKS = 0x43,
    BER_OPAQUE = 0x44,
    BER_NSAP = 0x45,
    BER_COUNTER64 = 0x46,
    BER_UINTEGER32 = 0x47,
    BER_NO_SUCH_OBJECT = 0x80,
    BER_NO_SUCH_INSTANCE = 0x81,
    BER_END_OF_MIB_VIEW = 0x82,
    BER_INFORM = 0xA6,
    BER_TRAP1 = 0xA4,
    BER_TRAP2 = 0xA7
};

enum ber_state { BER_FINE, BER_BAD, BER_TOO_LONG };

struct ber {
    const uint8_t *bytes;
    size_t at, end;       /* what may be read now */
    enum ber_state state; /* the first fault; stays */
    size_t fault_at;
    bool padded; /* an object identifier was written longer than it is: its bytes are not its only form */
};

struct ber tw_ber_open(struct tw_str bytes);
void tw_ber_fail(struct ber *b, enum ber_state why, size_t at);
/* The tag that comes next, or -1. */
int tw_ber_peek(const struct ber *b);
/* The contents of the next element, which must have this tag; the reader stands behind it. */
struct tw_str tw_ber_take(struct ber *b, int tag);
/* Steps into the next element: its contents become all there is. leave() wants them used up and restores the
 * end. */
size_t tw_ber_enter(struct ber *b, int tag);
void tw_ber_leave(struct ber *b, size_t outer_end);
/* An INTEGER that fits 32 bits; a Counter32, Gauge32 or TimeTicks; a Counter64. In any length that holds the
 * value. */
int32_t tw_ber_int(struct ber *b);
uint32_t tw_ber_unsigned(struct ber *b, int tag);
void tw_ber_counter64(struct ber *b, int tag);
/* An object identifier of at most `max` sub-identifiers of 32 bits; their number, 0 for one without contents.
 */
size_t tw_ber_oid(struct ber *b, size_t max);
/* The sub-identifiers in the contents of one that tw_ber_oid has passed; room for TW_OID_MAX. Returns their
 * number. */
uint32_t tw_ber_ids(struct tw_str contents, uint32_t *ids);

#endif
