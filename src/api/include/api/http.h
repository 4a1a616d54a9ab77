/* SPDX-License-Identifier: ISC */
#ifndef TW_API_HTTP_H
#define TW_API_HTTP_H
/*
 * A small HTTP server on libevent's evhttp: reads only, on loopback, for people's tools and Prometheus.
 *
 * Role: routes -> answers. What they say is the caller's business (a route's `answer`). GET and HEAD; one
 * request a connection. The program ignores SIGPIPE. Nothing here waits, and nothing here can hold the loop
 * up: a route that is `costly` is worked out anew only so often that it takes a twentieth of the time, in
 * between the last answer is sent again, for at most two seconds. Who is sent the same costly answer shares
 * it; while TW_HTTP_OLD_MAX bytes of older ones are still being taken there is no new one, but 503.
 * A route that has to ask elsewhere answers later (tw_http_later).
 * Limits: see the enum; a request must be
 * there within TW_HTTP_REQUEST_MS, its answer must have been taken within TW_HTTP_ANSWER_MS, a later one
 * given within TW_HTTP_LATER_MS. While TW_HTTP_CONNECTIONS_MAX are open, others wait in the kernel. A browser
 * that was led here under another name (DNS rebinding) is refused by the Host it sends.
 */
#include "base/buf.h"
#include "model/record.h"

enum {
    TW_HTTP_CONNECTIONS_MAX = 32,
    TW_HTTP_HEADERS_MAX = 8192, /* with the path; from eight times that on evhttp refuses it, in HTML */
    TW_HTTP_BODY_MAX = 4096, /* nobody needs one: it is read to be refused; from 16 times that on as above */
    TW_HTTP_REQUEST_MS = 5000,
    TW_HTTP_ANSWER_MS = 60000,
    TW_HTTP_LATER_MS = 20000,
    TW_HTTP_IDLE_S = 10,  /* while an answer is taken */
    TW_HTTP_VARIANTS = 4, /* of a costly route */
    TW_HTTP_OLD_MAX = 128 << 20
};

struct event_base;
struct tw_http;

/* Text that several may hold: an alert and the answers that are being sent. The loop thread only. */
struct tw_shared {
    unsigned refs;
    size_t n;
    char *p;
};
/* Takes what is in the buffer, which is empty then. One reference. */
struct tw_shared *tw_shared_take(struct tw_buf *b);
struct tw_shared *tw_shared_ref(struct tw_shared *s);
void tw_shared_unref(struct tw_shared *s); /* NULL: nothing happens */

struct tw_http_request;
/* A parameter of the query, one of the route's; NULL: not given. */
const char *tw_http_parameter(const struct tw_http_request *r, const char *name);
/* What follows the path of a route that ends with "/"; else "". */
const char *tw_http_rest(const struct tw_http_request *r);
/* The answer, in pieces. */
void tw_http_add(struct tw_http_request *r, struct tw_str text);
void tw_http_add_shared(struct tw_http_request *r, struct tw_shared *s);
/* Instead of an answer: {"error": …} with a status. */
__attribute__((format(printf, 3, 4))) void tw_http_error(struct tw_http_request *r, int status,
                                                         const char *fmt, ...);

/* Instead of an answer now, by a route that is not costly: it is given with one of the two below, once,
 * unless `gone` is called first. Then nobody wants it any more (who asked has gone, it took too long, the
 * server ends), and the handle is not to be used again. */
struct tw_http_later;
struct tw_http_later *tw_http_later(struct tw_http_request *r, void (*gone)(void *ctx), void *ctx);
void tw_http_later_answer(struct tw_http_later *l, struct tw_str text);
void tw_http_later_error(struct tw_http_later *l, int status, const char *why);

struct tw_http_route {
    const char *path; /* one that ends with "/": and whatever follows */
    const char *type;
    bool costly;
    const char *const *parameters; /* NULL-terminated; NULL: none */
    void (*answer)(void *ctx, struct tw_http_request *r);
    /* Costly ones with parameters: which of TW_HTTP_VARIANTS answers is asked for. Else NULL. */
    unsigned (*variant)(const struct tw_http_request *r);
};

struct tw_http_options {
    const struct tw_http_route *routes; /* path NULL ends them */
    void *ctx;
    int64_t (*now_ms)(void); /* only ever goes on */
    int64_t (*cpu_us)(void); /* that was spent so far */
    size_t old_max;          /* 0: TW_HTTP_OLD_MAX */
};

struct tw_http_stats {
    uint64_t connections, requests;
    uint64_t ok, refused; /* requests by answer: 200, anything else */
    uint64_t late;        /* connections that were closed: too slow; answers that were not given in time */
    uint64_t errors;      /* connections that could not be taken */
    uint64_t open;
};

/* Takes a listening socket. */
struct tw_http *tw_http_create(struct event_base *base, int fd, const struct tw_http_options *o);
void tw_http_destroy(struct tw_http *h); /* also NULL */
struct tw_http_stats tw_http_stats(const struct tw_http *h);

/* Whether a Host (without its port) names this machine itself: localhost, or a loopback address. */
bool tw_http_is_loopback_name(struct tw_str host);

#endif
