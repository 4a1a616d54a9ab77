/* SPDX-License-Identifier: ISC */
#ifndef TW_USM_SEAL_H
#define TW_USM_SEAL_H
/*
 * The last step of writing an SNMPv3 message (RFC 3412 7.1, RFC 3414 3.1): what stands around a scoped
 * PDU, its encryption, its digest.
 */
#include "usm/key.h"
#include "usm/message.h"

struct usm_envelope {
    int32_t id;
    bool reportable;
    bool priv;            /* encrypted; the key can do so */
    struct tw_str engine; /* the authoritative one, and where its clock stands */
    int32_t boots, time;
    struct tw_str user;
    struct usm_key *key; /* NULL: neither digest nor encryption */
    uint64_t *salt;      /* goes on by one for each message that is encrypted */
};

/* Around the scoped PDU that was written to `o`, up to its end. `scratch` has room for that PDU and 8 bytes
 * more. Empty: no room. */
struct tw_str usm_seal(struct usm_out *o, const struct usm_envelope *e, uint8_t *scratch);

#endif
