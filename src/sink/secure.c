/* SPDX-License-Identifier: ISC */
#include "secure.h"

#include "base/err.h"
#include "model/event.h"

#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <string.h>

static SSL_CTX *new_context(void)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
    TW_ASSERT(tls != NULL);
    (void)SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
    return tls;
}

SSL_CTX *tw_secure_create(const struct tw_setting_value *ca, const struct tw_setting_value *certificate,
                          const struct tw_setting_value *key, char why[static TW_SINK_WHY])
{
    const char *wrong = NULL;
    SSL_CTX *tls = new_context();
    if (ca->given ? SSL_CTX_load_verify_locations(tls, ca->text.p, NULL) != 1
                  : SSL_CTX_set_default_verify_paths(tls) != 1)
        wrong = "ca-file holds no certificate";
    else if (certificate->given != key->given)
        wrong = "certificate and key belong together";
    else if (certificate->given && SSL_CTX_use_certificate_chain_file(tls, certificate->text.p) != 1)
        wrong = "certificate can't be used";
    else if (key->given && (SSL_CTX_use_PrivateKey_file(tls, key->text.p, SSL_FILETYPE_PEM) != 1 ||
                            SSL_CTX_check_private_key(tls) != 1))
        wrong = "key can't be used, or is not that of the certificate";
    ERR_clear_error();
    if (wrong == NULL)
        return tls;
    (void)snprintf(why, TW_SINK_WHY, "%s", wrong);
    SSL_CTX_free(tls);
    return NULL;
}

SSL *tw_secure_session(SSL_CTX *tls, const char *host)
{
    SSL *session = SSL_new(tls);
    struct tw_addr address;
    if (session == NULL)
        return NULL;
    bool ok = tw_addr_parse(tw_str_z(host), &address)
                  ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host) == 1
                  : SSL_set_tlsext_host_name(session, (char *)(uintptr_t)host) == 1 &&
                        SSL_set1_host(session, host) == 1;
    if (ok)
        return session;
    SSL_free(session); /* anybody's certificate would do */
    return NULL;
}

const char *tw_secure_why(struct bufferevent *b, char text[static TW_SINK_WHY])
{
    unsigned long code = bufferevent_get_openssl_error(b);
    SSL *session = bufferevent_openssl_get_ssl(b);
    long verified = session != NULL ? SSL_get_verify_result(session) : X509_V_OK;
    if (verified != X509_V_OK)
        return X509_verify_cert_error_string(verified);
    if (code == 0)
        return NULL;
    ERR_error_string_n(code, text, TW_SINK_WHY);
    const char *reason = ERR_reason_error_string(code);
    return reason != NULL ? reason : text;
}

/* ---- a shared key ---- */

static int digit(char c)
{
    if (tw_is_digit(c))
        return c - '0';
    c = tw_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

const char *tw_secure_shared_set(struct tw_secure_shared *s, struct tw_str identity, struct tw_str hex)
{
    if (identity.n == 0 || identity.n > TW_SECURE_IDENTITY_MAX)
        return "the identity has to have 1 to 127 bytes";
    size_t n = hex.n / 2;
    if (hex.n % 2 != 0 || n < TW_SECURE_KEY_MIN || n > TW_SECURE_KEY_MAX)
        return "the key has to have 32 to 512 hexadecimal digits";
    for (size_t i = 0; i < hex.n; i += 2) {
        int high = digit(hex.p[i]), low = digit(hex.p[i + 1]);
        if (high < 0 || low < 0)
            return "the key has to have 32 to 512 hexadecimal digits";
        s->key[i / 2] = (uint8_t)(high * 16 + low);
    }
    s->key_n = n;
    memcpy(s->identity, identity.p, identity.n);
    s->identity[identity.n] = '\0';
    return NULL;
}

static unsigned on_key(SSL *session, const char *hint, char *identity, unsigned identity_max, uint8_t *key,
                       unsigned key_max)
{
    const struct tw_secure_shared *s = SSL_CTX_get_app_data(SSL_get_SSL_CTX(session));
    size_t n = strlen(s->identity);
    (void)hint;
    if (n >= identity_max || s->key_n > key_max)
        return 0;
    memcpy(identity, s->identity, n + 1);
    memcpy(key, s->key, s->key_n);
    return (unsigned)s->key_n;
}

/* No authority is known: with a certificate nobody gets in. */
SSL_CTX *tw_secure_create_shared(struct tw_secure_shared *s)
{
    SSL_CTX *tls = new_context();
    SSL_CTX_set_app_data(tls, s);
    SSL_CTX_set_psk_client_callback(tls, on_key);
    TW_ASSERT(SSL_CTX_set_cipher_list(tls, "kECDHEPSK:kDHEPSK:kPSK:!eNULL") == 1);
    return tls;
}
