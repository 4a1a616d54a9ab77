/* SPDX-License-Identifier: ISC */
#ifndef TW_TESTS_USM_MAKE_H
#define TW_TESTS_USM_MAKE_H
/*
 * Makes SNMPv3 messages of a user of an engine, for tests, fuzzing and measurements.
 */
#include "usm/key.h"
#include "usm/message.h"

struct usm_maker {
    struct usm_crypto crypto;
    struct tw_usm_user user;
    struct tw_usm_id engine;
    struct usm_key key;
    uint64_t salt;
};
/* Passphrases "authentic-words" and "private-words". */
void usm_maker_init(struct usm_maker *m, const char *name, enum tw_usm_auth auth, enum tw_usm_priv priv,
                    const char *engine);
void usm_maker_finish(struct usm_maker *m);

/* Room for the message; it stands at its end. Empty: it does not fit. `flags` without the maker's keys: the
 * level is what they say, the rest is left out. */
struct tw_str usm_make(struct usm_maker *m, int32_t boots, int32_t time, uint8_t flags, struct tw_str scoped,
                       uint8_t *out, size_t room);
/* A scoped PDU: linkDown, sysUpTime 500.00 s. `tag`: its PDU's. */
struct tw_str usm_make_scoped(int tag, uint8_t out[static 256]);

#endif
