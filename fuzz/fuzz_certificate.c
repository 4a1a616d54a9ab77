/* SPDX-License-Identifier: ISC */
#include "base/err.h"
#include "tls/tls.h"

#include <openssl/x509.h>

/* The names in a certificate, whatever stands there: bounded in number and length, without control
 * characters, and the one at which the caller stops is the last. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    unsigned n, stop_at;
};

static bool see(void *ctx, struct tw_str name)
{
    struct seen *s = ctx;
    TW_ASSERT(name.n > 0 && name.n <= TW_TLS_NAME_MAX);
    for (size_t i = 0; i < name.n; i++)
        TW_ASSERT((unsigned char)name.p[i] >= 0x20 && name.p[i] != 0x7f);
    return ++s->n == s->stop_at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const unsigned char *p = data;
    X509 *x = d2i_X509(NULL, &p, (long)size);
    struct seen all = {0}, some = {.stop_at = 2};
    if (x == NULL)
        return 0;
    TW_ASSERT(!tw_tls_certificate_names(x, see, &all) && all.n <= TW_TLS_NAMES_MAX);
    TW_ASSERT(tw_tls_certificate_names(x, see, &some) == (all.n >= 2));
    TW_ASSERT(some.n == (all.n < 2 ? all.n : 2));
    X509_free(x);
    return 0;
}
