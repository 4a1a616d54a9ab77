/* SPDX-License-Identifier: ISC */
#include "exchange.h"

#include "base/err.h"
#include "base/mem.h"
#include "lookup.h"
#include "secure.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct tw_exchange {
    struct tw_exchange_options options;
    char host[TW_EXCHANGE_HOST_MAX + 1], port[8];
    struct timeval timeout;
    struct event *deadline;
    struct tw_lookup *looking;
    struct addrinfo *list; /* all addresses, and the next to try */
    const struct addrinfo *next;
    struct bufferevent *stream;
    bool open, last; /* connected; nothing follows what is to be written */
};

static void hang_up(struct tw_exchange *x)
{
    tw_lookup_cancel(x->looking);
    x->looking = NULL;
    if (x->stream != NULL)
        bufferevent_free(x->stream);
    x->stream = NULL;
    if (x->list != NULL)
        freeaddrinfo(x->list);
    x->list = NULL;
    x->next = NULL;
    x->open = x->last = false;
    (void)event_del(x->deadline);
}

static void end(struct tw_exchange *x, enum tw_exchange_end how, const char *why, const char *detail)
{
    char text[TW_SINK_WHY];
    (void)snprintf(text, sizeof text, "%s%s%s", why != NULL ? why : "", detail != NULL ? ": " : "",
                   detail != NULL ? detail : "");
    hang_up(x);
    x->options.ended(x->options.ctx, how, why != NULL ? text : NULL);
}

static void on_deadline(evutil_socket_t fd, short what, void *ctx)
{
    struct tw_exchange *x = ctx;
    (void)fd;
    (void)what;
    end(x, TW_EXCHANGE_FAILED, x->open ? "no answer in time" : "no connection in time", NULL);
}

static void on_read(struct bufferevent *b, void *ctx)
{
    struct tw_exchange *x = ctx;
    struct evbuffer *in = bufferevent_get_input(b);
    size_t n = evbuffer_get_length(in);
    if (n > x->options.most) {
        end(x, TW_EXCHANGE_FAILED, "the answer is too long", NULL);
        return;
    }
    struct tw_str all = tw_str_of((const char *)evbuffer_pullup(in, -1), n);
    if (x->options.received(x->options.ctx, all))
        end(x, TW_EXCHANGE_ENOUGH, NULL, NULL);
}

static void on_written(struct bufferevent *b, void *ctx)
{
    struct tw_exchange *x = ctx;
    if (x->open && x->last && evbuffer_get_length(bufferevent_get_output(b)) == 0)
        (void)shutdown(bufferevent_getfd(b), SHUT_WR);
}

static bool connect_next(struct tw_exchange *x);

static void on_event(struct bufferevent *b, short what, void *ctx)
{
    struct tw_exchange *x = ctx;
    char text[TW_SINK_WHY];
    int error = EVUTIL_SOCKET_ERROR();
    if ((what & BEV_EVENT_CONNECTED) != 0) {
        x->open = true;
        if (x->options.connected != NULL)
            x->options.connected(x->options.ctx);
        return;
    }
    const char *tls = x->options.tls != NULL ? tw_secure_why(b, text) : NULL;
    const char *why = error != 0 ? strerror(error) : "the connection broke";
    if (!x->open && connect_next(x))
        return;
    if (tls != NULL)
        end(x, TW_EXCHANGE_FAILED, "TLS", tls);
    else if ((what & BEV_EVENT_EOF) != 0)
        end(x, TW_EXCHANGE_CLOSED, "the other side closed the connection", NULL);
    else
        end(x, TW_EXCHANGE_FAILED, why, NULL);
}

static struct bufferevent *new_stream(struct tw_exchange *x)
{
    if (x->options.tls == NULL)
        return bufferevent_socket_new(x->options.base, -1, BEV_OPT_CLOSE_ON_FREE);
    SSL *session = tw_secure_session(x->options.tls, x->host);
    return session == NULL
               ? NULL
               : bufferevent_openssl_socket_new(x->options.base, -1, session, BUFFEREVENT_SSL_CONNECTING,
                                                BEV_OPT_CLOSE_ON_FREE);
}

/* To the next address that is not refused at once. */
static bool connect_next(struct tw_exchange *x)
{
    while (x->next != NULL) {
        const struct addrinfo *a = x->next;
        x->next = a->ai_next;
        if (x->stream != NULL)
            bufferevent_free(x->stream);
        x->stream = new_stream(x);
        if (x->stream == NULL)
            return false;
        bufferevent_setcb(x->stream, on_read, on_written, on_event, x);
        bufferevent_setwatermark(x->stream, EV_READ, 0, x->options.most + 1);
        (void)bufferevent_enable(x->stream, EV_READ | EV_WRITE);
        if (bufferevent_socket_connect(x->stream, a->ai_addr, (int)a->ai_addrlen) == 0)
            return true;
    }
    return false;
}

static void on_found(void *ctx, struct addrinfo *list, const char *why)
{
    struct tw_exchange *x = ctx;
    x->looking = NULL;
    if (list == NULL) {
        end(x, TW_EXCHANGE_FAILED, why, NULL);
        return;
    }
    x->list = list;
    x->next = list;
    if (!connect_next(x))
        end(x, TW_EXCHANGE_FAILED, strerror(errno), NULL);
}

void tw_exchange_start(struct tw_exchange *x)
{
    (void)event_add(x->deadline, &x->timeout);
    struct tw_lookup *l = tw_lookup_start(x->options.base, x->host, x->port, SOCK_STREAM, on_found, x);
    if (l != NULL)
        x->looking = l;
}

void tw_exchange_write(struct tw_exchange *x, struct tw_str bytes, bool last)
{
    TW_ASSERT(x->open);
    x->last = last;
    (void)bufferevent_write(x->stream, bytes.p, bytes.n);
}

struct tw_exchange *tw_exchange_create(const struct tw_exchange_options *o, char why[static TW_SINK_WHY])
{
    if (o->host.n == 0 || o->host.n > TW_EXCHANGE_HOST_MAX || memchr(o->host.p, '\0', o->host.n) != NULL) {
        (void)snprintf(why, TW_SINK_WHY, "expected the name or the address of a host");
        return NULL;
    }
    struct tw_exchange *x = tw_xcalloc(1, sizeof *x);
    x->options = *o;
    memcpy(x->host, o->host.p, o->host.n);
    (void)snprintf(x->port, sizeof x->port, "%u", (unsigned)o->port);
    x->timeout = (struct timeval){o->timeout_ns / 1000000000, o->timeout_ns % 1000000000 / 1000};
    x->deadline = evtimer_new(o->base, on_deadline, x);
    TW_ASSERT(x->deadline != NULL);
    return x;
}

void tw_exchange_destroy(struct tw_exchange *x)
{
    if (x == NULL)
        return;
    hang_up(x);
    event_free(x->deadline);
    free(x);
}
