/* SPDX-License-Identifier: ISC */
#ifndef TW_TLS_TLS_H
#define TW_TLS_TLS_H
/*
 * The server's side of TLS: files into a context that connections are made from, what a peer's certificate
 * says, and why a handshake failed. Who reads and writes, and when, is the caller's business.
 *
 * A session keeps what it needs of the context: that one may be destroyed, or replaced, at any time.
 */
#include "base/str.h"

struct ssl_st;  /* OpenSSL's SSL */
struct x509_st; /* OpenSSL's X509 */
struct tw_tls;

struct tw_tls_options {
    const char *certificate; /* PEM, with the authorities between it and the root behind it */
    const char *key;         /* PEM, without a passphrase */
    const char
        *client_ca;       /* PEM: whose signature a client's certificate must have; NULL: none is asked for */
    bool client_required; /* a client without a certificate is refused; else only one with a wrong one */
    bool least_1_3;       /* TLS 1.3 and later; else 1.2 and later */
};

/* What a failure is about. */
enum tw_tls_file { TW_TLS_CERTIFICATE, TW_TLS_KEY, TW_TLS_CLIENT_CA };
enum { TW_TLS_WHY = 256, TW_TLS_NAMES_MAX = 64, TW_TLS_NAME_MAX = 255 };

/* NULL: `why` is the reason, and *file is what it is about. */
struct tw_tls *tw_tls_create(const struct tw_tls_options *o, enum tw_tls_file *file,
                             char why[static TW_TLS_WHY]);
void tw_tls_destroy(struct tw_tls *t);
/* Clients are asked for a certificate. */
bool tw_tls_asks(const struct tw_tls *t);
/* Days until the certificate is no longer valid; negative: since then. */
int tw_tls_days_left(const struct tw_tls *t);
/* Everybody on this host may read the file. */
bool tw_tls_readable_by_all(const char *path);

/* A new server's session, without a socket yet. NULL: no memory. */
struct ssl_st *tw_tls_session(const struct tw_tls *t);
/* The peer has shown a certificate, and it was verified. */
bool tw_tls_verified(struct ssl_st *session);
/* The names of a certificate: subjectAltName's DNS names and addresses first, then the common name; at most
 * TW_TLS_NAMES_MAX of 1 to TW_TLS_NAME_MAX bytes without control characters, others are passed over. True as
 * soon as `call` returns true. Of a session: of the peer's, when it was verified. */
typedef bool tw_tls_name(void *ctx, struct tw_str name);
bool tw_tls_certificate_names(const struct x509_st *certificate, tw_tls_name *call, void *ctx);
bool tw_tls_names(struct ssl_st *session, tw_tls_name *call, void *ctx);
/* What has arrived, without waiting, of one record. 0: nothing more for now, when *state is TW_TLS_OPEN. */
enum tw_tls_state {
    TW_TLS_OPEN,
    TW_TLS_ENDED, /* the peer has said so */
    TW_TLS_TORN   /* it has not, or does not keep to TLS */
};
size_t tw_tls_read(struct ssl_st *session, char *out, size_t max, enum tw_tls_state *state);
/* Bytes of a record that is decrypted, and was not taken as a whole. */
size_t tw_tls_pending(const struct ssl_st *session);
/* Says farewell, as far as that is possible without waiting. */
void tw_tls_close(struct ssl_st *session);

enum tw_tls_failure {
    TW_TLS_NO_CERTIFICATE, /* the client has none */
    TW_TLS_NOT_VERIFIED,   /* of another authority, expired, not for clients … */
    TW_TLS_REJECTED,       /* by the client: it does not trust us, or knows no common version */
    TW_TLS_HUNG_UP,        /* the client ended it half way */
    TW_TLS_PROTOCOL,       /* no TLS, or none that we speak */
    TW_TLS_TIMED_OUT,      /* not told by tw_tls_failed: the caller has the clock */
    TW_TLS_FAILURES
};
const char *tw_tls_failure_name(enum tw_tls_failure f);
/* `errors`: what OpenSSL put into its queue, in any order, with zeros. `why` is the reason for people. */
enum tw_tls_failure tw_tls_failed(struct ssl_st *session, const unsigned long *errors, size_t n,
                                  char why[static TW_TLS_WHY]);

#endif
