/* SPDX-License-Identifier: ISC */
/*
 * TLS connections: libevent shakes hands and decrypts, and hands the bytes over in pieces that are bounded by
 * a mark. Beyond that mark nothing is read: the rest waits in the kernel, then at the sender. Of what is
 * decrypted a connection has its share of a turn of the loop, and no more is decrypted until it is through.
 */
#include "connection.h"

#include "base/mem.h"

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <stdlib.h>

/* What may lie decrypted, and what is decrypted at once: with a record (16 KiB) more at the most. */
enum { MARK = 32 << 10, PIECE = 16 << 10, ERRORS_MAX = 8 };

static bool is_ours(void *ctx, struct tw_str name)
{
    struct tw_connection *c = ctx;
    const struct tw_topology *t = tw_pipeline_topology(c->in->daemon->pipeline);
    if (tw_topology_by_certificate(t, name) == TW_NONE && !tw_topology_is_relay_certificate(t, name))
        return false;
    c->certificate = tw_xstrndup(name.p, name.n);
    return true;
}

/* A name that is nobody's proves nothing: then the address has to do, as without a certificate. */
bool tw_secure_identify(struct tw_connection *c)
{
    struct ssl_st *session = bufferevent_openssl_get_ssl(c->secure);
    free(c->certificate);
    c->certificate = NULL;
    c->stranger = !tw_inputs_knows(c->in->daemon, &c->from);
    return tw_tls_names(session, is_ours, c) || !c->stranger;
}

static void shaken(struct tw_connection *c)
{
    struct tw_connection_stats *counts = &c->in->connections;
    c->shaking = false;
    counts->handshakes_done++;
    counts->certificates += tw_tls_verified(bufferevent_openssl_get_ssl(c->secure));
    if (tw_secure_identify(c)) {
        tw_connection_tell(c, TW_LEVEL_DEBUG, "connected");
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

static void on_read(struct bufferevent *secure, void *ctx)
{
    (void)secure;
    tw_connection_readable(ctx);
}

static void on_more(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    tw_connection_readable(ctx);
}

static void on_event(struct bufferevent *secure, short what, void *ctx)
{
    struct tw_connection *c = ctx;
    (void)secure;
    if ((what & BEV_EVENT_CONNECTED) != 0) {
        shaken(c);
    } else if (c->shaking) {
        failed(c);
    } else {
        c->ended = true;
        c->in_order = (what & BEV_EVENT_EOF) != 0;
        tw_connection_readable(c);
    }
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
    c->more = evtimer_new(d->base, on_more, c);
    TW_ASSERT(c->more != NULL);
    c->shaking = true;
    bufferevent_setcb(c->secure, on_read, NULL, on_event, c);
    bufferevent_setwatermark(c->secure, EV_READ, 0, MARK);
    (void)bufferevent_set_max_single_read(c->secure, PIECE);
    (void)bufferevent_enable(c->secure, EV_READ);
    return true;
}

/* Returns what it took. */
static size_t take_decrypted(struct tw_connection *c, size_t quota, tw_framing_message *call)
{
    struct evbuffer *in = bufferevent_get_input(c->secure);
    struct evbuffer_iovec piece;
    size_t took = 0;
    while (took < quota && evbuffer_peek(in, 1, NULL, &piece, 1) > 0 && piece.iov_len > 0) {
        size_t n = piece.iov_len < quota - took ? piece.iov_len : quota - took;
        tw_stream_take(c->stream, tw_str_of(piece.iov_base, n), call, c);
        (void)evbuffer_drain(in, n);
        took += n;
    }
    return took;
}

enum tw_stream_end tw_secure_read(struct tw_connection *c, size_t quota, tw_framing_message *call)
{
    static const struct timeval now = {0, 0};
    (void)take_decrypted(c, quota, call);
    if (evbuffer_get_length(bufferevent_get_input(c->secure)) > 0) {
        (void)bufferevent_disable(c->secure, EV_READ);
        (void)event_add(c->more, &now);
        return TW_STREAM_OPEN;
    }
    if (c->ended)
        return tw_stream_ends(c->stream, c->in_order, call, c);
    if ((bufferevent_get_enabled(c->secure) & EV_READ) == 0)
        (void)bufferevent_enable(c->secure, EV_READ);
    return TW_STREAM_OPEN;
}

enum tw_stream_end tw_secure_read_last(struct tw_connection *c, size_t quota, tw_framing_message *call)
{
    static char piece[PIECE];
    struct ssl_st *session = bufferevent_openssl_get_ssl(c->secure);
    if (c->shaking)
        return TW_STREAM_OPEN;
    (void)bufferevent_disable(c->secure, EV_READ);
    quota -= take_decrypted(c, quota, call);
    for (size_t n; !c->ended && quota > 0; quota -= n) {
        n = tw_tls_read(session, piece, quota < sizeof piece ? quota : sizeof piece);
        if (n == 0)
            break;
        tw_stream_take(c->stream, tw_str_of(piece, n), call, c);
    }
    bool all = evbuffer_get_length(bufferevent_get_input(c->secure)) == 0;
    return c->ended && all ? tw_stream_ends(c->stream, c->in_order, call, c) : TW_STREAM_OPEN;
}

void tw_secure_end(struct tw_connection *c)
{
    tw_tls_close(bufferevent_openssl_get_ssl(c->secure));
    bufferevent_free(c->secure);
    event_free(c->more);
    free(c->certificate);
}
