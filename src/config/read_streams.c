/* SPDX-License-Identifier: ISC */
/* The options of TCP and TLS. */
#include "read.h"

void read_file(struct reader *r, enum tw_option o, const struct tw_node *n)
{
    struct tw_config_tls *t = &r->config->tls;
    struct tw_config_file *f = o == TW_OPTION_TLS_CERTIFICATE ? &t->certificate
                               : o == TW_OPTION_TLS_KEY       ? &t->key
                                                              : &t->client_ca;
    *f = (struct tw_config_file){read_secret_path(r, n, r->key), place_of(n)};
}

void read_clients(struct reader *r, const struct tw_node *n)
{
    static const char *const words[] = {"required", "optional", NULL};
    size_t word = 0;
    if (tw_doc_want_word(r->doc, n, r->key, words, r->errors, &word))
        r->config->tls.clients_optional = word == 1;
}

void read_version(struct reader *r, const struct tw_node *n)
{
    static const char *const words[] = {"1.2", "1.3", NULL};
    size_t word = 0;
    if (tw_doc_want_word(r->doc, n, r->key, words, r->errors, &word))
        r->config->tls.least_1_3 = word == 1;
}

void read_number(struct reader *r, enum tw_option o, const struct tw_node *n)
{
    struct tw_config_streams *s = &r->config->streams;
    bool bytes = o == TW_OPTION_STREAMS_BYTES;
    uint64_t number = 0;
    if (!tw_doc_want_u64(r->doc, n, r->key, bytes ? 1024 : 1, bytes ? 16384 : TW_CONFIG_CONNECTIONS_MAX,
                         r->errors, &number))
        return;
    *(bytes                           ? &s->message_bytes
      : o == TW_OPTION_STREAMS_SOURCE ? &s->per_source
                                      : &s->connections) = (uint32_t)number;
}

void read_time(struct reader *r, enum tw_option o, const struct tw_node *n)
{
    struct tw_config_streams *s = &r->config->streams;
    bool never = o == TW_OPTION_STREAMS_IDLE;
    tw_dur time = {0};
    char buf[TW_QUOTE_TEXT];
    if (!tw_doc_want_dur(r->doc, n, r->key, r->errors, &time))
        return;
    if ((time.ns != 0 || !never) && (time.ns < TW_SECONDS(1).ns || (!never && time.ns > TW_SECONDS(3600).ns)))
        tw_doc_error(r->doc, n, r->errors, "%s is %s, expected %s", r->key, tw_doc_quote(n->text, buf),
                     never ? "0s or at least 1s" : "1s to 1h");
    *(never                              ? &s->idle_time
      : o == TW_OPTION_STREAMS_HANDSHAKE ? &s->handshake_time
                                         : &s->message_time) = time;
}

/* `listen`: the list as given, or NULL. */
void check_tls(struct reader *r, const struct tw_node *listen)
{
    const struct tw_config_tls *t = &r->config->tls;
    const struct tw_config_file *files[] = {&t->certificate, &t->key, &t->client_ca};
    static const char *const keys[] = {"tls.certificate", "tls.key", "tls.client-ca"};
    const struct tw_config *c = r->config;
    const struct tw_node *why = NULL;
    for (size_t i = 0; i < c->syslog_n; i++) {
        if (c->syslog[i].tls)
            why = listen;
    }
    if (r->errors->n + r->errors->dropped > 0)
        return; /* a key with a fault is not missing */
    struct tw_config_place at = why != NULL ? place_of(why) : (struct tw_config_place){0};
    for (size_t i = 0; i < 3 && why == NULL && at.line == 0; i++)
        at = files[i]->path != NULL ? files[i]->at : at;
    for (size_t i = 0; i < 3 && at.line > 0; i++) {
        if ((i < 2 || !t->clients_optional) && files[i]->path == NULL)
            tw_errors_add(r->errors, c->file, at.line, at.column, "%s is missing, expected it with %s",
                          keys[i], why != NULL ? "a tls:// address" : "the other files of tls");
    }
}
