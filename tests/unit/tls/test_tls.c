/* SPDX-License-Identifier: ISC */
/* Names of certificates, and reasons of failures. Handshakes are tried with the daemon, in tests/integration.
 */
#include "tls/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

struct seen {
    char text[8192];
    unsigned n;
    const char *stop; /* at this name */
};

static bool see(void *ctx, struct tw_str name)
{
    struct seen *s = ctx;
    size_t at = strlen(s->text);
    (void)snprintf(s->text + at, sizeof s->text - at, "%.*s|", TW_STR_ARG(name));
    s->n++;
    return s->stop != NULL && tw_str_eq(name, tw_str_z(s->stop));
}

static void add(GENERAL_NAMES *list, int type, int string, const void *bytes, size_t n)
{
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_STRING *value = ASN1_STRING_type_new(string);
    assert_int_equal(ASN1_STRING_set(value, bytes, (int)n), 1);
    GENERAL_NAME_set0_value(name, type, value);
    assert_true(sk_GENERAL_NAME_push(list, name) > 0);
}

#define DNS(z) add(list, GEN_DNS, V_ASN1_IA5STRING, z, sizeof(z) - 1)
#define IP(z)  add(list, GEN_IPADD, V_ASN1_OCTET_STRING, z, sizeof(z) - 1)

static X509 *certificate(GENERAL_NAMES *alternatives, const char *common, size_t n)
{
    X509 *x = X509_new();
    if (alternatives != NULL)
        assert_int_equal(X509_add1_ext_i2d(x, NID_subject_alt_name, alternatives, 0, X509V3_ADD_DEFAULT), 1);
    if (common != NULL)
        assert_int_equal(X509_NAME_add_entry_by_NID(X509_get_subject_name(x), NID_commonName, MBSTRING_UTF8,
                                                    (const unsigned char *)common, (int)n, -1, 0),
                         1);
    GENERAL_NAMES_free(alternatives);
    return x;
}

static void the_names_are(X509 *x, const char *want)
{
    struct seen s = {.n = 0};
    assert_false(tw_tls_certificate_names(x, see, &s));
    assert_string_equal(s.text, want);
    X509_free(x);
}

static void alternatives_come_first(void **state)
{
    GENERAL_NAMES *list = GENERAL_NAMES_new();
    (void)state;
    DNS("a.example");
    add(list, GEN_EMAIL, V_ASN1_IA5STRING, "x@example", 9);
    add(list, GEN_URI, V_ASN1_IA5STRING, "syslog://b", 10);
    IP("\xc0\x00\x02\x01");
    IP("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01");
    DNS("b.example");
    X509 *x = certificate(list, "common", 6);
    struct seen s = {.stop = "192.0.2.1"};
    assert_true(tw_tls_certificate_names(x, see, &s));
    assert_string_equal(s.text, "a.example|192.0.2.1|");
    the_names_are(x, "a.example|192.0.2.1|2001:db8::1|b.example|common|");
    the_names_are(certificate(NULL, "only", 4), "only|");
    the_names_are(certificate(NULL, NULL, 0), "");
}

static void tricks_are_no_names(void **state)
{
    GENERAL_NAMES *list = GENERAL_NAMES_new();
    static char longest[TW_TLS_NAME_MAX + 1];
    (void)state;
    DNS("pe-a.example\0.evil.example");
    DNS("");
    DNS("line\nend");
    IP("\xc0\x00\x02");
    IP("\xc0\x00\x02\x01\xff\xff\xff\x00"); /* a network */
    memset(longest, 'x', sizeof longest);
    add(list, GEN_DNS, V_ASN1_IA5STRING, longest, sizeof longest);
    the_names_are(certificate(list, "pe-b.example\0x", 14), "");
}

static void there_is_an_end_of_names(void **state)
{
    GENERAL_NAMES *list = GENERAL_NAMES_new();
    struct seen s = {.n = 0};
    (void)state;
    for (int i = 0; i < 1000; i++)
        DNS("a.example");
    X509 *x = certificate(list, "common", 6);
    assert_false(tw_tls_certificate_names(x, see, &s));
    assert_int_equal(s.n, TW_TLS_NAMES_MAX);
    X509_free(x);
}

static void failures_have_reasons(void **state)
{
    static const struct {
        unsigned long lib, reason;
        enum tw_tls_failure want;
    } rows[] = {
        {ERR_LIB_SSL, SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, TW_TLS_NO_CERTIFICATE},
        {ERR_LIB_SSL, SSL_R_CERTIFICATE_VERIFY_FAILED, TW_TLS_NOT_VERIFIED},
        {ERR_LIB_SSL, SSL_R_TLSV1_ALERT_UNKNOWN_CA, TW_TLS_REJECTED},
        {ERR_LIB_SSL, SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, TW_TLS_REJECTED},
        {ERR_LIB_SSL, SSL_R_UNEXPECTED_EOF_WHILE_READING, TW_TLS_HUNG_UP},
        {ERR_LIB_SSL, SSL_R_HTTP_REQUEST, TW_TLS_PROTOCOL},
        {ERR_LIB_SSL, SSL_R_UNSUPPORTED_PROTOCOL, TW_TLS_PROTOCOL},
        {ERR_LIB_SYS, 104, TW_TLS_HUNG_UP},
    };
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    SSL *session = SSL_new(ctx);
    char why[TW_TLS_WHY];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        /* What else libevent keeps has no library. */
        const unsigned long errors[] = {5, ERR_PACK(rows[i].lib, 0, rows[i].reason), 0};
        assert_int_equal(tw_tls_failed(session, errors, 3, why), rows[i].want);
    }
    assert_int_equal(tw_tls_failed(session, NULL, 0, why), TW_TLS_HUNG_UP);
    assert_string_equal(why, "");
    for (enum tw_tls_failure f = 0; f < TW_TLS_FAILURES; f++)
        assert_true(strlen(tw_tls_failure_name(f)) > 0);
    assert_string_equal(tw_tls_failure_name(TW_TLS_FAILURES), "unknown");
    SSL_free(session);
    SSL_CTX_free(ctx);
}

static void files_that_are_none(void **state)
{
    enum tw_tls_file file = TW_TLS_CLIENT_CA;
    char why[TW_TLS_WHY];
    (void)state;
    assert_null(tw_tls_create(&(struct tw_tls_options){.certificate = "/none"}, &file, why));
    assert_int_equal(file, TW_TLS_CERTIFICATE);
    assert_string_equal(why, "No such file or directory");
    assert_null(tw_tls_create(&(struct tw_tls_options){.certificate = "/"}, &file, why));
    assert_string_equal(why, "Is a directory");
    assert_null(tw_tls_create(&(struct tw_tls_options){.certificate = "README.md"}, &file, why));
    assert_string_equal(why, "no certificate in PEM: no start line");
    assert_false(tw_tls_readable_by_all("/none"));
    tw_tls_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alternatives_come_first),  cmocka_unit_test(tricks_are_no_names),
        cmocka_unit_test(there_is_an_end_of_names), cmocka_unit_test(failures_have_reasons),
        cmocka_unit_test(files_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
