/* SPDX-License-Identifier: ISC */
#ifndef TW_USM_USER_H
#define TW_USM_USER_H
/*
 * Who signs SNMPv3 messages (RFC 3414): engine IDs, and users with the keys of their passphrases. For who
 * receives notifications (source/usm.h) and who sends them.
 */
#include "base/str.h"
#include "model/record.h"
#include "model/usm.h"
#include "topology/topology.h"

enum { TW_USM_NAME_MAX = 32, TW_USM_KU_MAX = 64, TW_USM_WINDOW_S = 150, TW_USM_PASSPHRASE_MIN = 8 };

/* An engine ID as bytes. */
struct tw_usm_id {
    uint8_t n;
    uint8_t bytes[TW_ENGINE_ID_MAX];
};
bool tw_usm_id_parse(struct tw_str hex, struct tw_usm_id *out); /* 0x and 5 to 32 bytes */
enum { TW_USM_ID_TEXT = 2 * TW_ENGINE_ID_MAX + 3 };
const char *tw_usm_id_text(const struct tw_usm_id *id, char buf[static TW_USM_ID_TEXT]);

struct tw_usm_user {
    char name[TW_USM_NAME_MAX + 1];
    enum tw_usm_auth auth;
    enum tw_usm_priv priv;
    enum tw_security level;  /* at least */
    struct tw_usm_id engine; /* n = 0: of any */
    uint8_t ku_auth[TW_USM_KU_MAX], ku_priv[TW_USM_KU_MAX];
};
/* Makes the keys of the passphrases. False: this machine's OpenSSL refuses one of the protocols. */
bool tw_usm_user_keys(struct tw_usm_user *u, struct tw_str auth, struct tw_str priv);
/* Wipes the keys; the caller frees. */
void tw_usm_users_finish(struct tw_usm_user *u, size_t n);

#endif
