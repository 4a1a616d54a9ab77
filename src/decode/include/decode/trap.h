/* SPDX-License-Identifier: ISC */
#ifndef TW_DECODE_TRAP_H
#define TW_DECODE_TRAP_H
/*
 * SNMP bytes -> notification, trap and inform, from memory through libsnmp (style.md 4.13): whole messages of
 * v1 and v2c, the PDU alone of v3. v1 is mapped by RFC 3584 3.1. Pure: no session, no file, no socket.
 *
 * Limits: TW_TRAP_MAX bytes, TW_VARBINDS_MAX varbinds, TW_OID_MAX sub-identifiers. The BER structure is
 * walked by our own reader first, so that libsnmp never sees a length that lies (domain.md 10, peers.md D2).
 */
#include "base/mem.h"
#include "model/message.h"

enum { TW_TRAP_MAX = 65535 };

enum tw_trap_fault {
    TW_TRAP_OK,
    TW_TRAP_BER,     /* truncated, a length that lies, trailing bytes */
    TW_TRAP_VERSION, /* not v1 or v2c */
    TW_TRAP_PDU,     /* not a notification */
    TW_TRAP_LIMIT,   /* too many varbinds, too long an OID */
    TW_TRAP_NO_OID,  /* v2c without snmpTrapOID.0 */
    TW_TRAP_DECODER, /* refused by libsnmp */
    TW_TRAP_FAULTS
};
const char *tw_trap_fault_name(enum tw_trap_fault f);

/* `out` and all it points to live in `arena`, except slices, which borrow from `bytes` or live in the arena.
 * On a fault *offset is the byte where it was seen, when known. */
enum tw_trap_fault tw_trap_decode(struct tw_str bytes, struct tw_arena *arena, struct tw_trap *out,
                                  size_t *offset);

/* The same of the PDU alone: of a v3 message what is left when the source has verified and decrypted it. */
enum tw_trap_fault tw_trap_decode_pdu(struct tw_str bytes, struct tw_arena *arena, struct tw_trap *out,
                                      size_t *offset);

/* What our own walk alone can tell of a v2c or v3 notification: all but its varbinds and the agent's address.
 * Enough for the many that no rule is about. False: it is not well-formed, or not so simple, and
 * tw_trap_decode has to say. What is told here, tw_trap_decode tells the same. */
bool tw_trap_peek(struct tw_str bytes, struct tw_arena *arena, struct tw_trap *out);
bool tw_trap_peek_pdu(struct tw_str bytes, struct tw_arena *arena, struct tw_trap *out);

#endif
