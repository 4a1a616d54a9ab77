/* SPDX-License-Identifier: ISC */
#include "tls/tls.h"

#include "base/err.h"
#include "base/mem.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Authorities between a client and the root, and bytes of all their certificates. */
enum { DEPTH_MAX = 8, CHAIN_BYTES_MAX = 64 << 10 };

struct tw_tls {
    SSL_CTX *ctx;
};

/* Never from a terminal. */
/* NOLINTNEXTLINE(readability-non-const-parameter): the type is OpenSSL's */
static int no_passphrase(char *buf, int size, int rwflag, void *ctx)
{
    (void)buf;
    (void)size;
    (void)rwflag;
    (void)ctx;
    return 0;
}

/* The first error is the nearest to the cause. */
static bool refuse(const char *fallback, char why[static TW_TLS_WHY])
{
    unsigned long e = ERR_peek_error();
    const char *reason = e != 0 ? ERR_reason_error_string(e) : NULL;
    (void)snprintf(why, TW_TLS_WHY, "%s%s%s", fallback, reason != NULL ? ": " : "",
                   reason != NULL ? reason : "");
    ERR_clear_error();
    return false;
}

static bool readable(const char *path, char why[static TW_TLS_WHY])
{
    struct stat st;
    if (access(path, R_OK) == 0 && stat(path, &st) == 0 && !S_ISDIR(st.st_mode))
        return true;
    (void)snprintf(why, TW_TLS_WHY, "%s", strerror(errno != 0 ? errno : EISDIR));
    return false;
}

static bool load_own(SSL_CTX *ctx, const struct tw_tls_options *o, enum tw_tls_file *file,
                     char why[static TW_TLS_WHY])
{
    *file = TW_TLS_CERTIFICATE;
    errno = 0;
    if (!readable(o->certificate, why))
        return false;
    if (SSL_CTX_use_certificate_chain_file(ctx, o->certificate) != 1)
        return refuse("no certificate in PEM", why);
    *file = TW_TLS_KEY;
    errno = 0;
    if (!readable(o->key, why))
        return false;
    if (SSL_CTX_use_PrivateKey_file(ctx, o->key, SSL_FILETYPE_PEM) != 1)
        return refuse("no key in PEM without a passphrase that fits the certificate", why);
    return SSL_CTX_check_private_key(ctx) == 1 || refuse("does not fit the certificate", why);
}

static bool load_clients(SSL_CTX *ctx, const struct tw_tls_options *o, enum tw_tls_file *file,
                         char why[static TW_TLS_WHY])
{
    *file = TW_TLS_CLIENT_CA;
    errno = 0;
    if (!readable(o->client_ca, why))
        return false;
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(o->client_ca);
    if (names == NULL || SSL_CTX_load_verify_file(ctx, o->client_ca) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return refuse("no certificates in PEM", why);
    }
    SSL_CTX_set_client_CA_list(ctx, names); /* takes them */
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | (o->client_required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                       NULL);
    return true;
}

/* Nothing is kept of a session that has ended: a certificate is looked at each time. */
static void harden(SSL_CTX *ctx, const struct tw_tls_options *o)
{
    (void)SSL_CTX_set_min_proto_version(ctx, o->least_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
    (void)SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
                                       SSL_OP_CIPHER_SERVER_PREFERENCE);
    (void)SSL_CTX_set_num_tickets(ctx, 0);
    (void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    (void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_verify_depth(ctx, DEPTH_MAX);
    SSL_CTX_set_max_cert_list(ctx, CHAIN_BYTES_MAX);
    SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
}

struct tw_tls *tw_tls_create(const struct tw_tls_options *o, enum tw_tls_file *file,
                             char why[static TW_TLS_WHY])
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    TW_ASSERT(ctx != NULL);
    harden(ctx, o);
    if (!load_own(ctx, o, file, why) || (o->client_ca != NULL && !load_clients(ctx, o, file, why))) {
        SSL_CTX_free(ctx);
        return NULL;
    }
    struct tw_tls *t = tw_xcalloc(1, sizeof *t);
    t->ctx = ctx;
    return t;
}

void tw_tls_destroy(struct tw_tls *t)
{
    if (t == NULL)
        return;
    SSL_CTX_free(t->ctx);
    free(t);
}

bool tw_tls_asks(const struct tw_tls *t)
{
    return SSL_CTX_get_verify_mode(t->ctx) != SSL_VERIFY_NONE;
}

int tw_tls_days_left(const struct tw_tls *t)
{
    int days = 0, seconds = 0;
    const X509 *own = SSL_CTX_get0_certificate(t->ctx);
    if (own == NULL || ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(own)) != 1)
        return 0;
    return seconds < 0 ? days - 1 : days;
}

bool tw_tls_readable_by_all(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && (st.st_mode & S_IROTH) != 0;
}

struct ssl_st *tw_tls_session(const struct tw_tls *t)
{
    SSL *s = SSL_new(t->ctx);
    if (s != NULL)
        SSL_set_accept_state(s);
    return s;
}

/* It may have to write too (a key's update): who leaves no room for that, where nothing else is written, does
 * not want to go on. */
size_t tw_tls_read(struct ssl_st *session, char *out, size_t max, enum tw_tls_state *state)
{
    ERR_clear_error();
    int n = SSL_read(session, out, max < INT32_MAX ? (int)max : INT32_MAX);
    int why = n > 0 ? SSL_ERROR_NONE : SSL_get_error(session, n);
    *state = why == SSL_ERROR_NONE || why == SSL_ERROR_WANT_READ ? TW_TLS_OPEN
             : why == SSL_ERROR_ZERO_RETURN                      ? TW_TLS_ENDED
                                                                 : TW_TLS_TORN;
    ERR_clear_error();
    return n > 0 ? (size_t)n : 0;
}

size_t tw_tls_pending(const struct ssl_st *session)
{
    int n = SSL_pending(session);
    return n > 0 ? (size_t)n : 0;
}

void tw_tls_close(struct ssl_st *session)
{
    if (SSL_is_init_finished(session))
        (void)SSL_shutdown(session);
    ERR_clear_error();
}
