/* SPDX-License-Identifier: ISC */
#ifndef TW_USM_KEY_H
#define TW_USM_KEY_H
/*
 * The cryptography of SNMPv3's user-based security, by OpenSSL's libcrypto: keys of passphrases, keys of an
 * engine, the digest of a message, its decryption.
 *
 * A localised key keeps its contexts, so that a message costs no derivation, no key schedule and no
 * allocation.
 */
#include "usm/user.h"

#include <openssl/evp.h>

enum { USM_MAC_MAX = 48, USM_SALT = 8, USM_KEY_MAX = 64 };

/* What is fetched once. */
struct usm_crypto {
    EVP_MAC *hmac;
    EVP_MD *digests[TW_AUTHS];
    EVP_CIPHER *ciphers[TW_PRIVS];
};
void usm_crypto_init(struct usm_crypto *c);
void usm_crypto_finish(struct usm_crypto *c);

/* Bytes of the digest in a message: RFC 3414 6 and 7, RFC 7860 4. */
size_t usm_mac_length(enum tw_usm_auth a);

/* A user's keys for one engine. */
struct usm_key {
    enum tw_usm_auth auth;
    enum tw_usm_priv priv;
    EVP_MAC_CTX *mac;
    EVP_CIPHER_CTX *decrypt, *encrypt;
    uint8_t pre_iv[USM_SALT]; /* DES */
    bool has_priv;            /* made when it is first needed: a forged message must not cost it */
};
void usm_key_auth(struct usm_key *k, const struct usm_crypto *c, const struct tw_usm_user *u,
                  struct tw_str engine);
void usm_key_priv(struct usm_key *k, const struct usm_crypto *c, const struct tw_usm_user *u,
                  struct tw_str engine);
void usm_key_finish(struct usm_key *k);

/* The digest of a message with these bytes of it taken as zeros (where the digest stands). */
void usm_mac(struct usm_key *k, struct tw_str message, size_t at, uint8_t out[static USM_MAC_MAX]);
bool usm_mac_fits(struct usm_key *k, struct tw_str message, size_t at);

/* `out` has room for `in`, and 8 bytes more. False: not a whole number of blocks, or no 8 bytes of salt. */
bool usm_decrypt(struct usm_key *k, int32_t boots, int32_t time, struct tw_str salt, struct tw_str in,
                 uint8_t *out);
/* Returns the bytes written: DES fills its last block up. */
size_t usm_encrypt(struct usm_key *k, int32_t boots, int32_t time, const uint8_t salt[static USM_SALT],
                   struct tw_str in, uint8_t *out);

/* Exported for tests: Ku of a passphrase, and the localised key; both as long as the digest (returned). */
size_t usm_localise(const EVP_MD *md, const uint8_t *ku, struct tw_str engine,
                    uint8_t out[static USM_KEY_MAX]);
/* Makes it `want` bytes long (draft-blumenthal-aes-usm-04 3.1.2.1, draft-reeder-snmpv3-usm-3desede 2.1). */
void usm_extend(const EVP_MD *md, bool reeder, struct tw_str engine, uint8_t key[static 2 * USM_KEY_MAX],
                size_t have, size_t want);

#endif
