/* SPDX-License-Identifier: ISC */
/* The files of the daemon's side of TLS, and what is doubtful about them. */
#include "setup.h"

#include "tls/tls.h"

enum { DAYS_FEW = 14 };

/* What works, and should not be so. */
static void doubt(struct tw_setup *s)
{
    const struct tw_config_file *key = &s->config->tls.key, *own = &s->config->tls.certificate;
    int days = tw_tls_days_left(s->tls);
    if (tw_tls_readable_by_all(key->path))
        tw_errors_add(&s->warnings, s->config->file, key->at.line, key->at.column,
                      "tls.key '%s' is readable by everybody on this host", key->path);
    if (days < 0)
        tw_errors_add(&s->warnings, s->config->file, own->at.line, own->at.column,
                      "tls.certificate '%s' has expired", own->path);
    else if (days < DAYS_FEW)
        tw_errors_add(&s->warnings, s->config->file, own->at.line, own->at.column,
                      "tls.certificate '%s' expires in %d days", own->path, days);
}

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
    if (s->tls != NULL)
        doubt(s);
    else
        tw_errors_add(errors, s->config->file, files[wrong]->at.line, files[wrong]->at.column, "%s '%s': %s",
                      keys[wrong], files[wrong]->path, why);
}
