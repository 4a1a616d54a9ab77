/* SPDX-License-Identifier: ISC */
#ifndef TW_SINK_EXCHANGE_H
#define TW_SINK_EXCHANGE_H
/*
 * A short talk with a receiver over a connection of its own, TCP or TLS: the name is looked up, its addresses
 * are tried one after the other, something is written, something is read, and all of that within a time.
 */
#include "sink/sink.h"

#include <openssl/ssl.h>

enum { TW_EXCHANGE_HOST_MAX = 255 };

enum tw_exchange_end {
    TW_EXCHANGE_ENOUGH, /* `received` has said so */
    TW_EXCHANGE_CLOSED, /* the other side has closed it */
    TW_EXCHANGE_FAILED,
};

struct tw_exchange_options {
    struct event_base *base;
    struct tw_str host;
    uint16_t port;
    SSL_CTX *tls; /* NULL: without */
    int64_t timeout_ns;
    size_t most; /* so many bytes are read, more is a failure */
    void *ctx;
    /* NULL: nothing is to be done. */
    void (*connected)(void *ctx);
    /* Everything that was read so far. True: enough. */
    bool (*received)(void *ctx, struct tw_str all);
    /* `why`: for people; NULL for ENOUGH. The next exchange may begin in it. */
    void (*ended)(void *ctx, enum tw_exchange_end end, const char *why);
};

struct tw_exchange;

/* NULL after writing why. `host` is copied. */
struct tw_exchange *tw_exchange_create(const struct tw_exchange_options *o, char why[static TW_SINK_WHY]);
/* It may end before this returns. */
void tw_exchange_start(struct tw_exchange *x);
/* `last`: the other side is told that nothing follows. */
void tw_exchange_write(struct tw_exchange *x, struct tw_str bytes, bool last);
/* Also in the middle: nothing is called any more. Also NULL. */
void tw_exchange_destroy(struct tw_exchange *x);

#endif
