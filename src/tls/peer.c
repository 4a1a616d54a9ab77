/* SPDX-License-Identifier: ISC */
/* What a client's certificate says, and why a handshake failed. */
#include "tls/tls.h"

#include "model/record.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>

struct names {
    tw_tls_name *call;
    void *ctx;
    unsigned n;
};

/* A name with a NUL or a line end in it is a trick. */
static bool offer(struct names *o, const unsigned char *p, int n)
{
    if (n <= 0 || n > TW_TLS_NAME_MAX || o->n >= TW_TLS_NAMES_MAX)
        return false;
    for (int i = 0; i < n; i++) {
        if (p[i] < 0x20 || p[i] == 0x7f)
            return false;
    }
    o->n++;
    return o->call(o->ctx, tw_str_of((const char *)p, (size_t)n));
}

static bool offer_address(struct names *o, const ASN1_OCTET_STRING *ip)
{
    char text[TW_ADDR_TEXT];
    struct tw_addr a = {0};
    int n = ASN1_STRING_length(ip);
    if (n != 4 && n != 16)
        return false;
    a.family = n == 4 ? 4 : 6;
    memcpy(a.bytes, ASN1_STRING_get0_data(ip), (size_t)n);
    const char *z = tw_addr_text(&a, text);
    return offer(o, (const unsigned char *)z, (int)strlen(z));
}

static bool offer_alternatives(struct names *o, const X509 *certificate)
{
    bool found = false;
    GENERAL_NAMES *list = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; list != NULL && i < sk_GENERAL_NAME_num(list) && !found; i++) {
        const GENERAL_NAME *g = sk_GENERAL_NAME_value(list, i);
        if (g->type == GEN_DNS)
            found = offer(o, ASN1_STRING_get0_data(g->d.dNSName), ASN1_STRING_length(g->d.dNSName));
        else if (g->type == GEN_IPADD)
            found = offer_address(o, g->d.iPAddress);
    }
    GENERAL_NAMES_free(list);
    return found;
}

static bool offer_common_names(struct names *o, const X509 *certificate)
{
    const X509_NAME *subject = X509_get_subject_name(certificate);
    bool found = false;
    for (int i = -1; !found && (i = X509_NAME_get_index_by_NID(subject, NID_commonName, i)) >= 0;) {
        unsigned char *text = NULL;
        int n = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, i)));
        found = n > 0 && offer(o, text, n);
        OPENSSL_free(text);
    }
    return found;
}

bool tw_tls_verified(struct ssl_st *session)
{
    return SSL_get0_peer_certificate(session) != NULL && SSL_get_verify_result(session) == X509_V_OK;
}

bool tw_tls_names(struct ssl_st *session, tw_tls_name *call, void *ctx)
{
    return tw_tls_verified(session) &&
           tw_tls_certificate_names(SSL_get0_peer_certificate(session), call, ctx);
}

bool tw_tls_certificate_names(const struct x509_st *certificate, tw_tls_name *call, void *ctx)
{
    struct names o = {call, ctx, 0};
    bool found = offer_alternatives(&o, certificate) || offer_common_names(&o, certificate);
    ERR_clear_error();
    return found;
}

const char *tw_tls_failure_name(enum tw_tls_failure f)
{
    static const char *const names[] = {
        "the client has no certificate", "the client's certificate is not good",
        "the client rejects it",         "the client hung up",
        "no TLS that is spoken here",    "not finished in time"};
    _Static_assert(sizeof names / sizeof *names == TW_TLS_FAILURES, "a name for each failure");
    return f < TW_TLS_FAILURES ? names[f] : "unknown";
}

static enum tw_tls_failure kind_of(int reason)
{
    if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE)
        return TW_TLS_NO_CERTIFICATE;
    if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED)
        return TW_TLS_NOT_VERIFIED;
    if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING)
        return TW_TLS_HUNG_UP;
    return reason >= SSL_AD_REASON_OFFSET ? TW_TLS_REJECTED : TW_TLS_PROTOCOL; /* an alert that came in */
}

enum tw_tls_failure tw_tls_failed(struct ssl_st *session, const unsigned long *errors, size_t n,
                                  char why[static TW_TLS_WHY])
{
    enum tw_tls_failure kind = TW_TLS_HUNG_UP;
    const char *text = "";
    for (size_t i = 0; i < n && kind == TW_TLS_HUNG_UP; i++) {
        if (ERR_GET_LIB(errors[i]) != ERR_LIB_SSL)
            continue;
        kind = kind_of(ERR_GET_REASON(errors[i]));
        text = ERR_reason_error_string(errors[i]);
    }
    if (kind == TW_TLS_NOT_VERIFIED)
        text = X509_verify_cert_error_string(SSL_get_verify_result(session));
    (void)snprintf(why, TW_TLS_WHY, "%s", text != NULL ? text : "");
    return kind;
}
