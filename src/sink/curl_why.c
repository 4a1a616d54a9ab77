/* SPDX-License-Identifier: ISC */
/* What is wrong, in words for people: settings, certificates, transfers, answers. */
#include "curl_internal.h"

#include "base/mem.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <string.h>

enum { EXCERPT = 120 };

static void say(char why[static TW_SINK_WHY], const struct tw_buf *b)
{
    (void)snprintf(why, TW_SINK_WHY, "%s", b->n > 0 ? b->p : "");
}

bool tw_curl_check_url(const char *what, struct tw_str url, const char *schemes, char why[static TW_SINK_WHY])
{
    struct tw_buf wanted = {0};
    char *scheme = NULL, *host = NULL, *user = NULL;
    CURLU *u = curl_url();
    const char *wrong = NULL;
    if (!tw_str_is_plain(url) || curl_url_set(u, CURLUPART_URL, url.p, 0) != CURLUE_OK ||
        curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK)
        wrong = "it is none";
    tw_buf_fmt(&wanted, ",%s,", schemes);
    struct tw_buf has = {0};
    tw_buf_fmt(&has, ",%s,", scheme != NULL ? scheme : "");
    if (wrong == NULL && strstr(wanted.p, has.p) == NULL)
        wrong = "its scheme is none of these";
    if (wrong == NULL && curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_OK)
        wrong = "it holds a user, whose password everybody could read";
    if (wrong != NULL)
        (void)snprintf(why, TW_SINK_WHY, "%s: %s, expected a URL (%s) with a host", what, wrong, schemes);
    curl_free(scheme);
    curl_free(host);
    curl_free(user);
    curl_url_cleanup(u);
    tw_buf_finish(&has);
    tw_buf_finish(&wanted);
    return wrong == NULL;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): OpenSSL says what it is */
static int no_passphrase(char *buf, int size, int writing, void *ctx)
{
    (void)buf;
    (void)size;
    (void)writing;
    (void)ctx;
    return 0;
}

static const char *tls_wrong(SSL_CTX *ctx, const struct tw_setting_value *values)
{
    const struct tw_setting_value *ca = &values[TW_CURL_CA_FILE], *pem = &values[TW_CURL_CERTIFICATE],
                                  *key = &values[TW_CURL_KEY];
    if (ca->given && SSL_CTX_load_verify_locations(ctx, ca->text.p, NULL) != 1)
        return "ca-file: no certificate (PEM) can be read from it";
    if (pem->given != key->given)
        return pem->given ? "certificate has no key" : "key has no certificate";
    if (!pem->given)
        return NULL;
    if (SSL_CTX_use_certificate_chain_file(ctx, pem->text.p) != 1)
        return "certificate: no certificate (PEM) can be read from it";
    if (SSL_CTX_use_PrivateKey_file(ctx, key->text.p, SSL_FILETYPE_PEM) != 1)
        return "key: no private key (PEM, without a passphrase) of this certificate can be read from it";
    return NULL;
}

bool tw_curl_check_tls(const struct tw_setting_value *values, char why[static TW_SINK_WHY])
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    const char *wrong = ctx == NULL ? "TLS can't be used" : NULL;
    if (ctx != NULL) {
        SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
        wrong = tls_wrong(ctx, values);
    }
    if (wrong == NULL && values[TW_CURL_USER].given != values[TW_CURL_PASSWORD].given)
        wrong = values[TW_CURL_USER].given ? "user has no password-file" : "password-file has no user";
    if (wrong != NULL)
        (void)snprintf(why, TW_SINK_WHY, "%s", wrong);
    ERR_clear_error();
    SSL_CTX_free(ctx);
    return wrong == NULL;
}

/* "Connection refused" in the middle of a sentence. */
static void decapitalise(char why[static TW_SINK_WHY])
{
    if (why[0] >= 'A' && why[0] <= 'Z' && why[1] >= 'a' && why[1] <= 'z')
        why[0] = tw_lower(why[0]);
}

static void explain_timeout(const struct tw_curl *c, char why[static TW_SINK_WHY])
{
    curl_off_t looked_up = 0, connected = 0, ready = 0;
    (void)curl_easy_getinfo(c->easy, CURLINFO_NAMELOOKUP_TIME_T, &looked_up);
    (void)curl_easy_getinfo(c->easy, CURLINFO_CONNECT_TIME_T, &connected);
    (void)curl_easy_getinfo(c->easy, CURLINFO_PRETRANSFER_TIME_T, &ready);
    const char *what = looked_up == 0   ? "the look-up of the host's name did not end"
                       : connected == 0 ? "no connection"
                       : ready == 0     ? "connected, but the handshake did not end"
                       : c->headers_bytes > 0 || c->body_bytes > 0 ? "the answer did not end"
                                                                   : "connected, but no answer";
    (void)snprintf(why, TW_SINK_WHY, "%s within %g s", what, (double)c->timeout_ms / 1000);
}

static void explain_certificate(const struct tw_curl *c, char why[static TW_SINK_WHY])
{
    long verified = 0;
    (void)curl_easy_getinfo(c->easy, CURLINFO_SSL_VERIFYRESULT, &verified);
    if (verified > X509_V_ERR_UNSPECIFIED)
        (void)snprintf(why, TW_SINK_WHY, "its certificate: %s", X509_verify_cert_error_string(verified));
    else
        (void)snprintf(why, TW_SINK_WHY, "its certificate is for another name");
}

/* libcurl's own words; names and banners of the other side may stand in them. */
static void explain_otherwise(const struct tw_curl *c, CURLcode code, char why[static TW_SINK_WHY])
{
    struct tw_buf b = {0};
    tw_buf_safe(&b, tw_str_z(c->error[0] != '\0' ? c->error : curl_easy_strerror(code)));
    tw_buf_shorten(&b, TW_SINK_WHY - 1);
    say(why, &b);
    tw_buf_finish(&b);
}

void tw_curl_explain(const struct tw_curl *c, CURLcode code, char why[static TW_SINK_WHY])
{
    long number = 0;
    (void)curl_easy_getinfo(c->easy, CURLINFO_OS_ERRNO, &number);
    if (code == CURLE_OPERATION_TIMEDOUT)
        explain_timeout(c, why);
    else if (code == CURLE_PEER_FAILED_VERIFICATION)
        explain_certificate(c, why);
    else if (code == CURLE_COULDNT_CONNECT && number != 0)
        (void)snprintf(why, TW_SINK_WHY, "%s", strerror((int)number));
    else if (code == CURLE_COULDNT_RESOLVE_HOST)
        (void)snprintf(why, TW_SINK_WHY, "the host's name has no address");
    else if (code == CURLE_COULDNT_RESOLVE_PROXY)
        (void)snprintf(why, TW_SINK_WHY, "the proxy's name has no address");
    else if (code == CURLE_GOT_NOTHING)
        (void)snprintf(why, TW_SINK_WHY, "closed without an answer");
    else if (code == CURLE_PARTIAL_FILE)
        (void)snprintf(why, TW_SINK_WHY, "closed in the middle of the answer");
    else if (strstr(c->error, "alert certificate required") != NULL)
        (void)snprintf(why, TW_SINK_WHY, "it wants a certificate of ours, and none is configured");
    else if (code == CURLE_SEND_ERROR)
        (void)snprintf(why, TW_SINK_WHY, "closed while the request was sent");
    else if (code == CURLE_WRITE_ERROR)
        (void)snprintf(why, TW_SINK_WHY, "the answer is too long");
    else
        explain_otherwise(c, code, why);
    decapitalise(why);
}

static const char *reason(long status)
{
    static const struct {
        long status;
        const char *text;
    } rows[] = {{400, " Bad Request"},
                {401, " Unauthorized"},
                {403, " Forbidden"},
                {404, " Not Found"},
                {405, " Method Not Allowed"},
                {407, " Proxy Authentication Required"},
                {408, " Request Timeout"},
                {409, " Conflict"},
                {413, " Content Too Large"},
                {415, " Unsupported Media Type"},
                {422, " Unprocessable Content"},
                {429, " Too Many Requests"},
                {500, " Internal Server Error"},
                {502, " Bad Gateway"},
                {503, " Service Unavailable"},
                {504, " Gateway Timeout"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].status == status)
            return rows[i].text;
    }
    return "";
}

/* Its host alone: the rest may hold what is nobody's business. */
static void add_target(const struct tw_curl *c, struct tw_buf *b)
{
    const char *url = NULL;
    char *host = NULL;
    CURLU *u = curl_url();
    (void)curl_easy_getinfo(c->easy, CURLINFO_REDIRECT_URL, &url);
    tw_buf_z(b, ": a redirect ");
    if (url != NULL && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
        curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
        tw_buf_z(b, "to ");
        tw_buf_safe(b, tw_str_z(host));
    }
    tw_buf_z(b, host != NULL ? ", which is not followed" : "is not followed");
    curl_free(host);
    curl_url_cleanup(u);
}

enum tw_sent tw_curl_judge(const struct tw_curl *c, const struct tw_curl_answer *a,
                           char why[static TW_SINK_WHY])
{
    struct tw_buf b = {0};
    enum tw_sent sent = TW_SENT_AGAIN;
    if (a->why != NULL) {
        tw_buf_z(&b, a->why);
    } else if (a->status >= 200 && a->status <= 299) {
        sent = TW_SENT_OK;
    } else {
        tw_buf_fmt(&b, "HTTP %ld%s", a->status, reason(a->status));
        if (a->status >= 300 && a->status <= 399)
            add_target(c, &b);
    }
    if (a->why == NULL && (a->status == 400 || a->status == 413 || a->status == 415 || a->status == 422)) {
        sent = TW_SENT_REFUSED;
        struct tw_str said = tw_str_trim(tw_str_cut(a->body, EXCERPT));
        tw_buf_z(&b, said.n > 0 ? ": " : "");
        tw_buf_safe(&b, said);
    }
    tw_buf_shorten(&b, TW_SINK_WHY - 1);
    say(why, &b);
    tw_buf_finish(&b);
    return sent;
}
