/* SPDX-License-Identifier: ISC */
/*
 * TLS connections: libevent shakes hands; then bytes are read as those of TCP are, when it is their turn. A
 * record is decrypted as a whole: what is not taken of it waits, and no other is decrypted before it is
 * through.
 */
#include "connection.h"

#include "base/mem.h"

#include <event2/bufferevent_ssl.h>
#include <stdlib.h>

/* The longest record, and errors of a handshake that are looked at. */
enum { PIECE = 16 << 10, ERRORS_MAX = 8 };

struct naming {
    struct tw_connection *c;
    uint32_t device, other; /* of the name that counts; another one's that it has, too */
};

/* The first that is known counts. Of a certificate that is for several devices, that of the device whose
 * address it comes from does, so all names are looked at. */
static bool is_ours(void *ctx, struct tw_str name)
{
    struct naming *n = ctx;
    struct tw_connection *c = n->c;
    const struct tw_topology *t = tw_pipeline_topology(c->in->daemon->pipeline);
    uint32_t device = tw_topology_by_certificate(t, name);
    if (device == TW_NONE && !tw_topology_is_relay_certificate(t, name))
        return false;
    if (c->certificate != NULL) {
        if (n->device == TW_NONE || device == TW_NONE || device == n->device)
            return false;
        n->other = device;
        if (device != tw_topology_by_address(t, &c->from))
            return false;
        n->other = n->device;
        free(c->certificate);
    }
    n->device = device;
    c->certificate = tw_xstrndup(name.p, name.n);
    return false;
}

/* A name that is nobody's proves nothing: then the address has to do, as without a certificate. */
bool tw_secure_identify(struct tw_connection *c)
{
    struct ssl_st *session = bufferevent_openssl_get_ssl(c->secure);
    free(c->certificate);
    c->certificate = NULL;
    c->stranger = !tw_inputs_knows(c->in->daemon, &c->from);
    struct naming n = {.c = c, .device = TW_NONE, .other = TW_NONE};
    (void)tw_tls_names(session, is_ours, &n);
    if (n.other != TW_NONE)
        tw_unfed_conflict(c->in->daemon, &c->from, n.device, n.other,
                          "a certificate has the names of two devices: give each its own");
    return c->certificate != NULL || !c->stranger;
}

static void shaken(struct tw_connection *c)
{
    struct tw_connection_stats *counts = &c->in->connections;
    c->shaking = false;
    counts->handshakes_done++;
    counts->certificates += tw_tls_verified(bufferevent_openssl_get_ssl(c->secure));
    (void)bufferevent_disable(c->secure, EV_READ | EV_WRITE);
    if (tw_secure_identify(c)) {
        tw_connection_tell(c, TW_LEVEL_DEBUG, "connected");
        tw_connection_listen(c, bufferevent_getfd(c->secure));
        return;
    }
    tw_strangers_count(&c->in->daemon->strangers, c->in, &c->from, TW_STRANGE_CERTIFICATE);
    tw_connection_close(c, &counts->refused_certificate);
}

/* Why a strange one failed is told once; of ours it is worth knowing each time. */
static void failed(struct tw_connection *c)
{
    unsigned long errors[ERRORS_MAX] = {0};
    char why[TW_TLS_WHY], text[TW_ADDR_TEXT];
    for (size_t i = 0; i < ERRORS_MAX; i++)
        errors[i] = bufferevent_get_openssl_error(c->secure);
    enum tw_tls_failure f = tw_tls_failed(bufferevent_openssl_get_ssl(c->secure), errors, ERRORS_MAX, why);
    if (c->stranger)
        tw_strangers_count(&c->in->daemon->strangers, c->in, &c->from, TW_STRANGE_HANDSHAKE);
    tw_log(c->stranger ? TW_LEVEL_INFO : TW_LEVEL_WARNING, "source.tls", "handshake failed",
           TW_KVS(TW_KV("from", tw_addr_text(&c->from, text)), TW_KV("socket", c->in->name),
                  TW_KV("because", tw_tls_failure_name(f)), TW_KV("reason", why)));
    tw_connection_close(c, &c->in->connections.handshakes[f]);
}

static void on_event(struct bufferevent *secure, short what, void *ctx)
{
    (void)secure;
    if ((what & BEV_EVENT_CONNECTED) != 0)
        shaken(ctx);
    else
        failed(ctx);
}

bool tw_secure_begin(struct tw_connection *c, int fd)
{
    struct tw_daemon *d = c->in->daemon;
    struct ssl_st *session = tw_tls_session(d->tls);
    if (session == NULL)
        return false;
    /* It takes the session, also when it fails. */
    c->secure = bufferevent_openssl_socket_new(d->base, fd, session, BUFFEREVENT_SSL_ACCEPTING,
                                               BEV_OPT_CLOSE_ON_FREE);
    if (c->secure == NULL)
        return false;
    c->shaking = true;
    bufferevent_setcb(c->secure, NULL, NULL, on_event, c);
    (void)bufferevent_enable(c->secure, EV_READ);
    return true;
}

enum tw_stream_end tw_secure_read(struct tw_connection *c, size_t quota, size_t records,
                                  tw_framing_message *call, size_t *cost)
{
    char piece[PIECE];
    struct ssl_st *session = bufferevent_openssl_get_ssl(c->secure);
    enum tw_tls_state state = TW_TLS_OPEN;
    *cost = 0;
    while (quota > 0 && records-- > 0 && !c->shaking) {
        bool had = tw_tls_pending(session) > 0;
        size_t n = tw_tls_read(session, piece, quota < sizeof piece ? quota : sizeof piece, &state);
        if (n == 0)
            break;
        size_t all = n + tw_tls_pending(session);
        *cost += had ? n : all > TW_RECORD_LEAST ? all : TW_RECORD_LEAST;
        quota -= n;
        tw_stream_take(c->stream, tw_str_of(piece, n), call, c);
    }
    return state == TW_TLS_OPEN ? TW_STREAM_OPEN : tw_stream_ends(c->stream, state == TW_TLS_ENDED, call, c);
}

bool tw_secure_has_more(const struct tw_connection *c)
{
    return tw_tls_pending(bufferevent_openssl_get_ssl(c->secure)) > 0;
}

void tw_secure_end(struct tw_connection *c)
{
    tw_tls_close(bufferevent_openssl_get_ssl(c->secure));
    bufferevent_free(c->secure);
    free(c->certificate);
}
