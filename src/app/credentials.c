/* SPDX-License-Identifier: ISC */
/* The files of the daemon's side of TLS, and what is doubtful about them. */
#include "setup.h"

#include "base/buf.h"
#include "tls/tls.h"

enum { DAYS_FEW = 14 };

void tw_setup_load_tls(struct tw_setup *s, struct tw_errors *errors)
{
    static const char *const keys[] = {[TW_TLS_CERTIFICATE] = "tls.certificate",
                                       [TW_TLS_KEY] = "tls.key",
                                       [TW_TLS_CLIENT_CA] = "tls.client-ca"};
    const struct tw_config_tls *t = &s->config->tls;
    const struct tw_config_file *files[] = {&t->certificate, &t->key, &t->client_ca};
    const struct tw_tls_options o = {.certificate = t->certificate.path,
                                     .key = t->key.path,
                                     .client_ca = t->client_ca.path,
                                     .client_required = !t->clients_optional,
                                     .least_1_3 = t->least_1_3};
    enum tw_tls_file wrong = TW_TLS_CERTIFICATE;
    char why[TW_TLS_WHY];
    if (o.certificate == NULL)
        return;
    s->tls = tw_tls_create(&o, &wrong, why);
    if (s->tls == NULL)
        tw_errors_add(errors, s->config->file, files[wrong]->at.line, files[wrong]->at.column, "%s '%s': %s",
                      keys[wrong], files[wrong]->path, why);
}

void tw_setup_doubt_tls(const struct tw_config *c, const struct tw_tls *tls, tw_setup_doubt *call, void *ctx)
{
    struct tw_buf b = {0};
    if (tls == NULL || c->tls.certificate.path == NULL)
        return; /* none; or kept from a configuration before */
    if (tw_tls_readable_by_all(c->tls.key.path)) {
        tw_buf_fmt(&b, "tls.key '%s' is readable by everybody on this host", c->tls.key.path);
        call(ctx, b.p);
    }
    int days = tw_tls_days_left(tls);
    b.n = 0;
    if (days < 0)
        tw_buf_fmt(&b, "tls.certificate '%s' has expired", c->tls.certificate.path);
    else if (days < DAYS_FEW)
        tw_buf_fmt(&b, "tls.certificate '%s' expires in %d days", c->tls.certificate.path, days);
    if (b.n > 0)
        call(ctx, b.p);
    tw_buf_finish(&b);
}
