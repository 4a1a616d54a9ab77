/* SPDX-License-Identifier: ISC */
#include "usm/key.h"

#include "base/err.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <string.h>

/* What a passphrase is stretched to (RFC 3414 A.2). */
enum { STRETCHED = 1048576, BLOCK = 64, DES_BLOCK = 8 };

static const struct {
    const char *name;
    uint8_t mac; /* bytes in a message */
} auths[TW_AUTHS] = {
    [TW_AUTH_MD5] = {"MD5", 12},         [TW_AUTH_SHA] = {"SHA1", 12},
    [TW_AUTH_SHA224] = {"SHA2-224", 16}, [TW_AUTH_SHA256] = {"SHA2-256", 24},
    [TW_AUTH_SHA384] = {"SHA2-384", 32}, [TW_AUTH_SHA512] = {"SHA2-512", 48},
};
/* DES alone is not in OpenSSL's default provider; DES-EDE3 with three times the same key is DES. */
static const struct {
    const char *name;
    uint8_t key; /* bytes */
} privs[TW_PRIVS] = {
    [TW_PRIV_DES] = {"DES-EDE3-CBC", 16},     [TW_PRIV_AES] = {"AES-128-CFB", 16},
    [TW_PRIV_AES192] = {"AES-192-CFB", 24},   [TW_PRIV_AES256] = {"AES-256-CFB", 32},
    [TW_PRIV_AES192_C] = {"AES-192-CFB", 24}, [TW_PRIV_AES256_C] = {"AES-256-CFB", 32},
};

void usm_crypto_init(struct usm_crypto *c)
{
    c->hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    TW_ASSERT(c->hmac != NULL);
    /* What a hardened machine does not offer is NULL. */
    for (int i = 1; i < TW_AUTHS; i++)
        c->digests[i] = EVP_MD_fetch(NULL, auths[i].name, NULL);
    for (int i = 1; i < TW_PRIVS; i++)
        c->ciphers[i] = EVP_CIPHER_fetch(NULL, privs[i].name, NULL);
}

void usm_crypto_finish(struct usm_crypto *c)
{
    EVP_MAC_free(c->hmac);
    for (int i = 1; i < TW_AUTHS; i++)
        EVP_MD_free(c->digests[i]);
    for (int i = 1; i < TW_PRIVS; i++)
        EVP_CIPHER_free(c->ciphers[i]);
}

size_t usm_mac_length(enum tw_usm_auth a)
{
    return auths[a].mac;
}

/* ---- keys ---- */

static size_t finished(EVP_MD_CTX *ctx, uint8_t *out)
{
    unsigned n = 0;
    TW_ASSERT(EVP_DigestFinal_ex(ctx, out, &n) == 1);
    EVP_MD_CTX_free(ctx);
    return n;
}

static EVP_MD_CTX *started(const EVP_MD *md)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    TW_ASSERT(ctx != NULL && EVP_DigestInit_ex(ctx, md, NULL) == 1);
    return ctx;
}

/* RFC 3414 A.2: the passphrase over and over, a megabyte of it, hashed. */
static size_t stretch(const EVP_MD *md, struct tw_str phrase, uint8_t out[static USM_KEY_MAX])
{
    EVP_MD_CTX *ctx = started(md);
    uint8_t block[BLOCK];
    size_t at = 0;
    for (size_t done = 0; done < STRETCHED; done += sizeof block) {
        for (size_t i = 0; i < sizeof block; i++, at++)
            block[i] = (uint8_t)phrase.p[at % phrase.n];
        TW_ASSERT(EVP_DigestUpdate(ctx, block, sizeof block) == 1);
    }
    OPENSSL_cleanse(block, sizeof block);
    return finished(ctx, out);
}

size_t usm_localise(const EVP_MD *md, const uint8_t *ku, struct tw_str engine,
                    uint8_t out[static USM_KEY_MAX])
{
    EVP_MD_CTX *ctx = started(md);
    size_t n = (size_t)EVP_MD_get_size(md);
    TW_ASSERT(EVP_DigestUpdate(ctx, ku, n) == 1 && EVP_DigestUpdate(ctx, engine.p, engine.n) == 1 &&
              EVP_DigestUpdate(ctx, ku, n) == 1);
    return finished(ctx, out);
}

void usm_extend(const EVP_MD *md, bool reeder, struct tw_str engine, uint8_t key[static 2 * USM_KEY_MAX],
                size_t have, size_t want)
{
    uint8_t more[USM_KEY_MAX], ku[USM_KEY_MAX];
    while (have < want) {
        size_t n;
        if (reeder) {
            (void)stretch(md, tw_str_of((const char *)key, have), ku);
            n = usm_localise(md, ku, engine, more);
        } else {
            EVP_MD_CTX *ctx = started(md);
            TW_ASSERT(EVP_DigestUpdate(ctx, key, have) == 1);
            n = finished(ctx, more);
        }
        memcpy(key + have, more, n); /* have < 32, n <= 64 */
        have += n;
    }
    OPENSSL_cleanse(more, sizeof more);
    OPENSSL_cleanse(ku, sizeof ku);
}

bool tw_usm_user_keys(struct tw_usm_user *u, struct tw_str auth, struct tw_str priv)
{
    struct usm_crypto c = {0};
    usm_crypto_init(&c);
    bool ok = (u->auth == TW_AUTH_NONE || c.digests[u->auth] != NULL) &&
              (u->priv == TW_PRIV_NONE || c.ciphers[u->priv] != NULL);
    if (ok && u->auth != TW_AUTH_NONE)
        (void)stretch(c.digests[u->auth], auth, u->ku_auth);
    if (ok && u->priv != TW_PRIV_NONE)
        (void)stretch(c.digests[u->auth], priv, u->ku_priv);
    usm_crypto_finish(&c);
    return ok;
}

void tw_usm_users_finish(struct tw_usm_user *u, size_t n)
{
    if (u != NULL)
        OPENSSL_cleanse(u, n * sizeof *u);
}

void usm_key_auth(struct usm_key *k, const struct usm_crypto *c, const struct tw_usm_user *u,
                  struct tw_str engine)
{
    uint8_t key[USM_KEY_MAX];
    char name[16];
    *k = (struct usm_key){.auth = u->auth, .priv = u->priv};
    if (u->auth == TW_AUTH_NONE)
        return;
    size_t n = usm_localise(c->digests[u->auth], u->ku_auth, engine, key);
    memcpy(name, auths[u->auth].name, strlen(auths[u->auth].name) + 1);
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                           OSSL_PARAM_construct_end()};
    k->mac = EVP_MAC_CTX_new(c->hmac);
    TW_ASSERT(k->mac != NULL && EVP_MAC_init(k->mac, key, n, params) == 1);
    OPENSSL_cleanse(key, sizeof key);
}

void usm_key_priv(struct usm_key *k, const struct usm_crypto *c, const struct tw_usm_user *u,
                  struct tw_str engine)
{
    uint8_t key[2 * USM_KEY_MAX];
    const EVP_MD *md = c->digests[u->auth];
    bool reeder = u->priv == TW_PRIV_AES192_C || u->priv == TW_PRIV_AES256_C;
    size_t n = usm_localise(md, u->ku_priv, engine, key);
    usm_extend(md, reeder, engine, key, n, privs[u->priv].key);
    if (u->priv == TW_PRIV_DES) { /* 8 bytes of key, 8 of what the salt is added to */
        memcpy(k->pre_iv, key + DES_BLOCK, DES_BLOCK);
        memcpy(key + DES_BLOCK, key, DES_BLOCK);
        memcpy(key + 2 * (size_t)DES_BLOCK, key, DES_BLOCK);
    }
    k->decrypt = EVP_CIPHER_CTX_new();
    k->encrypt = EVP_CIPHER_CTX_new();
    TW_ASSERT(k->decrypt != NULL && k->encrypt != NULL &&
              EVP_DecryptInit_ex2(k->decrypt, c->ciphers[u->priv], key, NULL, NULL) == 1 &&
              EVP_EncryptInit_ex2(k->encrypt, c->ciphers[u->priv], key, NULL, NULL) == 1 &&
              EVP_CIPHER_CTX_set_padding(k->decrypt, 0) == 1 &&
              EVP_CIPHER_CTX_set_padding(k->encrypt, 0) == 1);
    OPENSSL_cleanse(key, sizeof key);
    k->has_priv = true;
}

void usm_key_finish(struct usm_key *k)
{
    EVP_MAC_CTX_free(k->mac);
    EVP_CIPHER_CTX_free(k->decrypt);
    EVP_CIPHER_CTX_free(k->encrypt);
    *k = (struct usm_key){0};
}

/* ---- a message ---- */

void usm_mac(struct usm_key *k, struct tw_str message, size_t at, uint8_t out[static USM_MAC_MAX])
{
    static const uint8_t zeros[USM_MAC_MAX];
    uint8_t whole[EVP_MAX_MD_SIZE];
    size_t n = auths[k->auth].mac, got = 0;
    const uint8_t *p = (const uint8_t *)message.p;
    TW_ASSERT(at + n <= message.n);
    TW_ASSERT(EVP_MAC_init(k->mac, NULL, 0, NULL) == 1 && EVP_MAC_update(k->mac, p, at) == 1 &&
              EVP_MAC_update(k->mac, zeros, n) == 1 &&
              EVP_MAC_update(k->mac, p + at + n, message.n - at - n) == 1 &&
              EVP_MAC_final(k->mac, whole, &got, sizeof whole) == 1 && got >= n);
    memcpy(out, whole, n);
}

bool usm_mac_fits(struct usm_key *k, struct tw_str message, size_t at)
{
    uint8_t want[USM_MAC_MAX];
    usm_mac(k, message, at, want);
    return CRYPTO_memcmp(want, message.p + at, auths[k->auth].mac) == 0;
}

static void put_u32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* RFC 3414 8.1.1.1, RFC 3826 3.1.2.1. */
static void make_iv(const struct usm_key *k, int32_t boots, int32_t time, const uint8_t *salt,
                    uint8_t iv[static 16])
{
    if (k->priv == TW_PRIV_DES) {
        for (int i = 0; i < USM_SALT; i++)
            iv[i] = k->pre_iv[i] ^ salt[i];
        return;
    }
    put_u32(iv, (uint32_t)boots);
    put_u32(iv + 4, (uint32_t)time);
    memcpy(iv + 8, salt, USM_SALT);
}

bool usm_decrypt(struct usm_key *k, int32_t boots, int32_t time, struct tw_str salt, struct tw_str in,
                 uint8_t *out)
{
    uint8_t iv[16];
    int n = 0;
    if (salt.n != USM_SALT || in.n == 0 || (k->priv == TW_PRIV_DES && in.n % DES_BLOCK != 0))
        return false;
    make_iv(k, boots, time, (const uint8_t *)salt.p, iv);
    return EVP_DecryptInit_ex2(k->decrypt, NULL, NULL, iv, NULL) == 1 &&
           EVP_DecryptUpdate(k->decrypt, out, &n, (const uint8_t *)in.p, (int)in.n) == 1 && (size_t)n == in.n;
}

size_t usm_encrypt(struct usm_key *k, int32_t boots, int32_t time, const uint8_t salt[static USM_SALT],
                   struct tw_str in, uint8_t *out)
{
    static const uint8_t fill[DES_BLOCK];
    uint8_t iv[16];
    int n = 0, more = 0;
    size_t rest = k->priv == TW_PRIV_DES ? (DES_BLOCK - in.n % DES_BLOCK) % DES_BLOCK : 0;
    make_iv(k, boots, time, salt, iv);
    TW_ASSERT(EVP_EncryptInit_ex2(k->encrypt, NULL, NULL, iv, NULL) == 1 &&
              EVP_EncryptUpdate(k->encrypt, out, &n, (const uint8_t *)in.p, (int)in.n) == 1);
    if (rest > 0)
        TW_ASSERT(EVP_EncryptUpdate(k->encrypt, out + n, &more, fill, (int)rest) == 1);
    return (size_t)n + (size_t)more;
}
