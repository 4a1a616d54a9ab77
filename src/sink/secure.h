/* SPDX-License-Identifier: ISC */
#ifndef TW_SINK_SECURE_H
#define TW_SINK_SECURE_H
/* TLS of the outputs that have sockets of their own. The other side is verified, always. */
#include "sink/sink.h"

#include <openssl/ssl.h>

struct bufferevent;

/* TLS 1.2 or later; the system's authorities, unless `ca` is given. NULL after writing why. */
SSL_CTX *tw_secure_create(const struct tw_setting_value *ca, const struct tw_setting_value *certificate,
                          const struct tw_setting_value *key, char why[static TW_SINK_WHY]);
/* For one connection to this host, whose name or address the certificate has. */
SSL *tw_secure_session(SSL_CTX *tls, const char *host);
/* What went wrong; NULL: nothing of TLS. The text stands in `text`, or for ever. */
const char *tw_secure_why(struct bufferevent *b, char text[static TW_SINK_WHY]);

/* A key that both sides know, instead of certificates; none is accepted then. */
enum { TW_SECURE_KEY_MIN = 16, TW_SECURE_KEY_MAX = 256, TW_SECURE_IDENTITY_MAX = 127 };
struct tw_secure_shared {
    char identity[TW_SECURE_IDENTITY_MAX + 1];
    uint8_t key[TW_SECURE_KEY_MAX];
    size_t key_n;
};
/* `hex`: the key in hexadecimal digits. NULL, or what is wrong. */
const char *tw_secure_shared_set(struct tw_secure_shared *s, struct tw_str identity, struct tw_str hex);
/* `s` lives as long as what is returned. */
SSL_CTX *tw_secure_create_shared(struct tw_secure_shared *s);

#endif
