/* SPDX-License-Identifier: ISC */
#include "api/http.h"

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* What evhttp refuses itself it refuses in HTML: so it takes somewhat more than we do. */
enum { EVHTTP_HEADERS_MAX = 8 * TW_HTTP_HEADERS_MAX, EVHTTP_BODY_MAX = 16 * TW_HTTP_BODY_MAX };

enum { TICK_S = 1, ROUTES_MAX = 64, COST_SHARE = 20, OLDEST_MS = 2000 };

/* evhttp has no limit of connections and no deadline, only one of silence. So each one's bufferevent is held
 * here too: one that evhttp has let go has no callback any more. */
struct held {
    struct bufferevent *bev;
    int64_t since_ms;
    bool asked; /* its request was heard */
};

/* An answer that is to come. */
struct tw_http_later {
    struct tw_http *http;
    struct evhttp_request *request;
    const char *type;
    int64_t since_ms;
    void (*gone)(void *ctx);
    void *ctx;
};

struct last { /* answer of a costly route */
    struct tw_shared *text;
    int64_t until_ms;
};

struct tw_http {
    struct tw_http_options options;
    struct evhttp *evhttp;
    struct evconnlistener *listener;
    struct event *tick, *ended;
    struct held held[TW_HTTP_CONNECTIONS_MAX];
    size_t n;
    struct tw_http_later *later[TW_HTTP_CONNECTIONS_MAX]; /* one for a connection at most */
    size_t later_n;
    struct last last[ROUTES_MAX][TW_HTTP_VARIANTS];
    struct tw_shared
        *old[TW_HTTP_CONNECTIONS_MAX]; /* costly answers that were replaced and are being taken */
    size_t old_n;
    struct tw_http_stats stats;
};

struct tw_http_request {
    const char *rest;
    struct evkeyvalq *query;
    struct evbuffer *body;
    int status;
    struct tw_http *http;
    struct tw_http_later *later;
};

const char *tw_http_parameter(const struct tw_http_request *r, const char *name)
{
    return evhttp_find_header(r->query, name);
}

const char *tw_http_rest(const struct tw_http_request *r)
{
    return r->rest;
}

void tw_http_add(struct tw_http_request *r, struct tw_str text)
{
    TW_ASSERT(evbuffer_add(r->body, text.p, text.n) == 0);
}

static void sent(const void *p, size_t n, void *shared)
{
    (void)p;
    (void)n;
    tw_shared_unref(shared);
}

void tw_http_add_shared(struct tw_http_request *r, struct tw_shared *s)
{
    TW_ASSERT(evbuffer_add_reference(r->body, s->p, s->n, sent, tw_shared_ref(s)) == 0);
}

void tw_http_error(struct tw_http_request *r, int status, const char *fmt, ...)
{
    char why[512];
    struct tw_buf b = {0};
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    tw_buf_z(&b, "{\"error\":");
    tw_json_z(&b, why);
    tw_buf_z(&b, "}\n");
    (void)evbuffer_drain(r->body, evbuffer_get_length(r->body));
    tw_http_add(r, tw_buf_view(&b));
    r->status = status;
    tw_buf_finish(&b);
}

bool tw_http_is_loopback_name(struct tw_str host)
{
    struct tw_addr a;
    bool brackets = host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']';
    if (brackets)
        host = tw_str_of(host.p + 1, host.n - 2);
    else if (tw_str_ieq(host, TW_STR("localhost")))
        return true;
    return tw_addr_parse(host, &a) && brackets == (a.family == 6) && tw_addr_is_loopback(&a);
}

static bool is_path(const struct tw_http_route *r, const char *path)
{
    size_t n = strlen(r->path);
    return r->path[n - 1] == '/' ? strncmp(path, r->path, n) == 0 && path[n] != '\0'
                                 : strcmp(path, r->path) == 0;
}

/* The name of a parameter that the route does not have, or NULL. */
static const char *unknown_parameter(const struct tw_http_route *route, const struct evkeyvalq *query)
{
    for (const struct evkeyval *kv = query->tqh_first; kv != NULL; kv = kv->next.tqe_next) {
        const char *const *known = route->parameters;
        while (known != NULL && *known != NULL && strcmp(*known, kv->key) != 0)
            known++;
        if (known == NULL || *known == NULL)
            return kv->key;
    }
    return NULL;
}

/* What older answers hold that are still being taken. */
static size_t old_bytes(struct tw_http *h)
{
    size_t sum = 0;
    for (size_t i = h->old_n; i-- > 0;) {
        sum += h->old[i]->n;
        if (h->old[i]->refs > 1)
            continue;
        sum -= h->old[i]->n;
        tw_shared_unref(h->old[i]);
        h->old[i] = h->old[--h->old_n];
    }
    return sum;
}

/* Each old one has a connection that takes it, so there is room for it. */
static void replace(struct tw_http *h, struct last *last, struct tw_shared *text)
{
    struct tw_shared *old = last->text;
    last->text = text;
    if (old != NULL && old->refs > 1 && h->old_n < TW_HTTP_CONNECTIONS_MAX)
        h->old[h->old_n++] = old;
    else
        tw_shared_unref(old);
}

/* The body as one text: the last one, when it says the same. */
static void share(struct tw_http *h, struct last *last, struct tw_http_request *r)
{
    struct tw_buf copy = {0};
    size_t n = evbuffer_get_length(r->body);
    tw_buf_reserve(&copy, n);
    TW_ASSERT(evbuffer_copyout(r->body, copy.p, n) == (ev_ssize_t)n);
    copy.n = n;
    (void)evbuffer_drain(r->body, n);
    if (last->text == NULL || !tw_str_eq(tw_buf_view(&copy), tw_str_of(last->text->p, last->text->n)))
        replace(h, last, tw_shared_take(&copy));
    tw_http_add_shared(r, last->text);
    tw_buf_finish(&copy);
}

static void answer_costly(struct tw_http *h, const struct tw_http_route *route, struct tw_http_request *r)
{
    unsigned variant = route->variant != NULL ? route->variant(r) : 0;
    TW_ASSERT(variant < TW_HTTP_VARIANTS);
    struct last *last = &h->last[route - h->options.routes][variant];
    int64_t now = h->options.now_ms(), began = h->options.cpu_us();
    if (last->text != NULL && now < last->until_ms) {
        tw_http_add_shared(r, last->text);
        return;
    }
    if (old_bytes(h) > (h->options.old_max > 0 ? h->options.old_max : TW_HTTP_OLD_MAX)) {
        tw_http_error(r, 503, "too much is being sent, and is not taken: ask again");
        return;
    }
    route->answer(h->options.ctx, r);
    if (r->status == 200)
        share(h, last, r);
    else
        replace(h, last, NULL);
    int64_t rest = (h->options.cpu_us() - began) * COST_SHARE / 1000;
    last->until_ms = now + (rest < OLDEST_MS ? rest : OLDEST_MS);
}

/* With the path, a colon and a blank, and the ends of lines. */
static size_t headers_size(struct evhttp_request *e)
{
    size_t n = strlen(evhttp_request_get_uri(e));
    for (const struct evkeyval *kv = evhttp_request_get_input_headers(e)->tqh_first; kv != NULL;
         kv = kv->next.tqe_next)
        n += strlen(kv->key) + strlen(kv->value) + 4;
    return n;
}

static bool is_small(struct evhttp_request *e, struct tw_http_request *r)
{
    if (headers_size(e) > TW_HTTP_HEADERS_MAX)
        tw_http_error(r, 431, "the headers are too long, expected at most %d bytes", TW_HTTP_HEADERS_MAX);
    else if (evbuffer_get_length(evhttp_request_get_input_buffer(e)) > TW_HTTP_BODY_MAX)
        tw_http_error(r, 413, "the body is too long, expected none");
    return r->status == 200;
}

/* Everything that is wrong with a request but its path. False: the answer says so. */
static bool may_ask(struct evhttp_request *e, struct tw_http_request *r)
{
    if (!is_small(e, r))
        return false;
    enum evhttp_cmd_type method = evhttp_request_get_command(e);
    const char *host = evhttp_request_get_host(e);
    if (method != EVHTTP_REQ_GET && method != EVHTTP_REQ_HEAD) {
        (void)evhttp_add_header(evhttp_request_get_output_headers(e), "Allow", "GET, HEAD");
        tw_http_error(r, 405, "this method is not served, expected GET or HEAD");
        return false;
    }
    if (host == NULL || tw_http_is_loopback_name(tw_str_z(host)))
        return true;
    tw_http_error(r, 403,
                  "the request is for another host, expected localhost or a loopback address as Host");
    return false;
}

static void dispatch(struct tw_http *h, struct evhttp_request *e, struct tw_http_request *r,
                     const char **type)
{
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(e);
    const char *path = evhttp_uri_get_path(uri), *query = evhttp_uri_get_query(uri), *unknown;
    const struct tw_http_route *route = h->options.routes;
    if (!may_ask(e, r))
        return;
    while (route->path != NULL && (path == NULL || !is_path(route, path)))
        route++;
    if (route->path == NULL) {
        tw_http_error(r, 404, "there is nothing here");
        return;
    }
    if (query != NULL && evhttp_parse_query_str(query, r->query) != 0) {
        tw_http_error(r, 400, "the query is not understood");
        return;
    }
    if ((unknown = unknown_parameter(route, r->query)) != NULL) {
        tw_http_error(r, 400, "unknown parameter '%.64s'", unknown);
        return;
    }
    size_t n = strlen(route->path);
    r->rest = route->path[n - 1] == '/' ? path + n : "";
    if (route->costly)
        answer_costly(h, route, r);
    else
        route->answer(h->options.ctx, r);
    TW_ASSERT(r->later == NULL || !route->costly);
    if (r->status == 200)
        *type = route->type;
}

static void mark_asked(struct tw_http *h, struct evhttp_request *e)
{
    const struct bufferevent *bev = evhttp_connection_get_bufferevent(evhttp_request_get_connection(e));
    for (size_t i = 0; i < h->n; i++) {
        if (h->held[i].bev == bev)
            h->held[i].asked = true;
    }
}

static void on_complete(struct evhttp_request *e, void *ctx)
{
    (void)e;
    event_active(((struct tw_http *)ctx)->ended, EV_TIMEOUT, 0);
}

static void send_answer(struct evhttp_request *e, struct tw_http_request *r, const char *type)
{
    static const char *const fixed[][2] = {
        {"Cache-Control", "no-store"},
        {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox"},
        {"X-Content-Type-Options", "nosniff"},
        {"Connection", "close"},
    };
    struct evkeyvalq *headers = evhttp_request_get_output_headers(e);
    bool head = evhttp_request_get_command(e) == EVHTTP_REQ_HEAD;
    char length[32];
    (void)snprintf(length, sizeof length, "%zu", evbuffer_get_length(r->body));
    (void)evhttp_add_header(headers, "Content-Type", type);
    (void)evhttp_add_header(headers, "Content-Length", length);
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        (void)evhttp_add_header(headers, fixed[i][0], fixed[i][1]);
    evhttp_send_reply(e, r->status, NULL, head ? NULL : r->body);
}

static void respond(struct tw_http *h, struct evhttp_request *e, struct tw_http_request *r, const char *type)
{
    if (r->status == 200)
        h->stats.ok++;
    else
        h->stats.refused++;
    evhttp_request_set_on_complete_cb(e, on_complete, h);
    send_answer(e, r, type);
}

struct tw_http_later *tw_http_later(struct tw_http_request *r, void (*gone)(void *ctx), void *ctx)
{
    TW_ASSERT(r->later == NULL && r->http->later_n < TW_HTTP_CONNECTIONS_MAX);
    struct tw_http_later *l = r->later = tw_xcalloc(1, sizeof *l);
    *l = (struct tw_http_later){
        .http = r->http, .since_ms = r->http->options.now_ms(), .gone = gone, .ctx = ctx};
    return l;
}

/* Takes it out of the list, and frees it. */
static struct evhttp_request *later_end(struct tw_http_later *l)
{
    struct tw_http *h = l->http;
    struct evhttp_request *e = l->request;
    for (size_t i = 0; i < h->later_n; i++) {
        if (h->later[i] != l)
            continue;
        h->later[i] = h->later[--h->later_n];
        break;
    }
    evhttp_connection_set_closecb(evhttp_request_get_connection(e), NULL, NULL);
    free(l);
    return e;
}

static void later_give(struct tw_http_later *l, int status, struct tw_str text, const char *why)
{
    struct tw_http *h = l->http;
    const char *type = status == 200 ? l->type : "application/json";
    struct evhttp_request *e = later_end(l);
    struct tw_http_request r = {.body = evbuffer_new(), .status = status};
    TW_ASSERT(r.body != NULL);
    if (status == 200)
        tw_http_add(&r, text);
    else
        tw_http_error(&r, status, "%s", why);
    respond(h, e, &r, type);
    evbuffer_free(r.body);
}

void tw_http_later_answer(struct tw_http_later *l, struct tw_str text)
{
    later_give(l, 200, text, NULL);
}

void tw_http_later_error(struct tw_http_later *l, int status, const char *why)
{
    later_give(l, status, (struct tw_str){0}, why);
}

/* The connection goes, and its request with it. */
static void on_closed(struct evhttp_connection *connection, void *ctx)
{
    struct tw_http_later *l = ctx;
    (void)connection;
    l->gone(l->ctx);
    (void)later_end(l);
}

static void wait_for_answer(struct tw_http *h, struct evhttp_request *e, struct tw_http_later *l,
                            const char *type)
{
    l->request = e;
    l->type = type;
    h->later[h->later_n++] = l;
    evhttp_connection_set_closecb(evhttp_request_get_connection(e), on_closed, l);
}

/* Who has shut its side only may still read; a connection that was reset is of no use to anybody. */
static bool is_reset(const struct tw_http_later *l)
{
    struct evhttp_connection *c = evhttp_request_get_connection(l->request);
    struct pollfd p = {.fd = bufferevent_getfd(evhttp_connection_get_bufferevent(c))};
    return poll(&p, 1, 0) == 1 && (p.revents & (POLLERR | POLLHUP)) != 0;
}

static void later_tick(struct tw_http *h, int64_t now)
{
    for (size_t i = h->later_n; i-- > 0;) {
        struct tw_http_later *l = h->later[i];
        bool late = now - l->since_ms >= TW_HTTP_LATER_MS;
        if (!late && !is_reset(l))
            continue;
        h->stats.late += late;
        l->gone(l->ctx);
        tw_http_later_error(l, 503, "it took too long: ask again");
    }
}

static void on_request(struct evhttp_request *e, void *ctx)
{
    struct tw_http *h = ctx;
    struct evkeyvalq query = {0};
    struct tw_http_request r = {
        .rest = "", .query = &query, .body = evbuffer_new(), .status = 200, .http = h};
    const char *type = "application/json";
    TW_ASSERT(r.body != NULL);
    query.tqh_last = &query.tqh_first;
    h->stats.requests++;
    mark_asked(h, e);
    dispatch(h, e, &r, &type);
    if (r.later != NULL)
        wait_for_answer(h, e, r.later, type);
    else
        respond(h, e, &r, type);
    evhttp_clear_headers(&query);
    evbuffer_free(r.body);
}

/* Lets go what evhttp has let go. */
static void sweep(struct tw_http *h)
{
    for (size_t i = h->n; i-- > 0;) {
        bufferevent_event_cb alive;
        bufferevent_getcb(h->held[i].bev, NULL, NULL, &alive, NULL);
        if (alive != NULL)
            continue;
        (void)bufferevent_decref(h->held[i].bev);
        h->held[i] = h->held[--h->n];
    }
    if (h->n < TW_HTTP_CONNECTIONS_MAX)
        (void)evconnlistener_enable(h->listener);
}

static void on_ended(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    sweep(ctx);
}

static void on_tick(evutil_socket_t fd, short what, void *ctx)
{
    struct tw_http *h = ctx;
    int64_t now = h->options.now_ms();
    (void)fd;
    (void)what;
    sweep(h);
    later_tick(h, now);
    for (size_t i = 0; i < h->n; i++) {
        struct held *c = &h->held[i];
        if (now - c->since_ms < (c->asked ? TW_HTTP_ANSWER_MS : TW_HTTP_REQUEST_MS))
            continue;
        /* To evhttp the other side has gone: it closes. */
        (void)shutdown(bufferevent_getfd(c->bev), SHUT_RDWR);
        h->stats.late++;
        c->since_ms = now;
    }
}

static struct bufferevent *on_connection(struct event_base *base, void *ctx)
{
    struct tw_http *h = ctx;
    /* The descriptor lives as long as our reference: closed earlier, its number could be another connection's
     * while libevent still has this one's events for it. */
    struct bufferevent *bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    TW_ASSERT(bev != NULL && h->n < TW_HTTP_CONNECTIONS_MAX);
    h->stats.connections++;
    bufferevent_incref(bev);
    h->held[h->n++] = (struct held){bev, h->options.now_ms(), false};
    if (h->n == TW_HTTP_CONNECTIONS_MAX)
        (void)evconnlistener_disable(h->listener);
    return bev;
}

/* No descriptor is left, say: the next one would fail at once, too. The tick tries again. */
static void on_accept_error(struct evconnlistener *listener, void *ctx)
{
    ((struct tw_http *)ctx)->stats.errors++;
    (void)evconnlistener_disable(listener);
}

struct tw_http *tw_http_create(struct event_base *base, int fd, const struct tw_http_options *o)
{
    struct tw_http *h = tw_xcalloc(1, sizeof *h);
    struct timeval second = {TICK_S, 0};
    size_t n = 0;
    while (o->routes[n].path != NULL)
        n++;
    TW_ASSERT(n <= ROUTES_MAX);
    h->options = *o;
    h->evhttp = evhttp_new(base);
    h->listener = evconnlistener_new(base, NULL, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
    TW_ASSERT(h->evhttp != NULL && h->listener != NULL &&
              evhttp_bind_listener(h->evhttp, h->listener) != NULL);
    evconnlistener_set_error_cb(h->listener, on_accept_error);
    evhttp_set_max_headers_size(h->evhttp, EVHTTP_HEADERS_MAX);
    evhttp_set_max_body_size(h->evhttp, EVHTTP_BODY_MAX);
    evhttp_set_timeout(h->evhttp, TW_HTTP_IDLE_S);
    evhttp_set_allowed_methods(h->evhttp, UINT16_MAX); /* what is not served is refused here, in our words */
    evhttp_set_bevcb(h->evhttp, on_connection, h);
    evhttp_set_gencb(h->evhttp, on_request, h);
    h->tick = event_new(base, -1, EV_PERSIST, on_tick, h);
    h->ended = event_new(base, -1, 0, on_ended, h);
    TW_ASSERT(h->tick != NULL && h->ended != NULL && event_add(h->tick, &second) == 0);
    return h;
}

void tw_http_destroy(struct tw_http *h)
{
    if (h == NULL)
        return;
    while (h->later_n > 0) {
        struct tw_http_later *l = h->later[h->later_n - 1];
        l->gone(l->ctx);
        (void)later_end(l);
    }
    evhttp_free(h->evhttp);
    for (size_t i = 0; i < h->n; i++)
        (void)bufferevent_decref(h->held[i].bev);
    for (size_t i = 0; i < (size_t)ROUTES_MAX * TW_HTTP_VARIANTS; i++)
        tw_shared_unref(h->last[i / TW_HTTP_VARIANTS][i % TW_HTTP_VARIANTS].text);
    for (size_t i = 0; i < h->old_n; i++)
        tw_shared_unref(h->old[i]);
    event_free(h->tick);
    event_free(h->ended);
    free(h);
}

struct tw_http_stats tw_http_stats(const struct tw_http *h)
{
    struct tw_http_stats s = h->stats;
    s.open = h->n;
    return s;
}
