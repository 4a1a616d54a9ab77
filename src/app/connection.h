/* SPDX-License-Identifier: ISC */
#ifndef TW_APP_CONNECTION_H
#define TW_APP_CONNECTION_H
/*
 * A connection, TCP or TLS: what streams.c, which keeps them, and secure.c, which knows TLS, share.
 */
#include "daemon.h"

#include "plat/log.h"

#include <event2/bufferevent.h>

struct tw_connection {
    struct tw_input *in;
    struct tw_stream *stream;
    struct event *event;        /* TCP, else NULL */
    struct bufferevent *secure; /* TLS, else NULL */
    struct event *more;         /* TLS: what is decrypted and was not taken, in the next turn; else NULL */
    bool shaking;               /* TLS: the handshake is not done */
    bool stranger;              /* its address is unknown: a certificate must say who it is */
    bool ended, in_order;       /* TLS: no more bytes come; the sender has said so */
    char *certificate;          /* the name in it that is a device's or relay's; NULL: none */
    struct tw_addr from;
    size_t row;
    uint64_t messages; /* when it was last looked at */
    uint64_t errors;
    int64_t begun_ms; /* of the message that is not finished; 0: none */
    int64_t heard_ms; /* of the last byte; before one, of the connection */
};

/* streams.c. `counter` is the one of the input that says why. */
void tw_connection_close(struct tw_connection *c, uint64_t *counter);
void tw_connection_tell(const struct tw_connection *c, enum tw_level level, const char *message);
/* There are bytes, or it has ended. The connection may be gone afterwards. */
void tw_connection_readable(struct tw_connection *c);

/* secure.c. False: no memory; the socket stays the caller's. */
bool tw_secure_begin(struct tw_connection *c, int fd);
/* What is decrypted, at most `quota` bytes of it: the rest comes in the next turn, before more is decrypted.
 */
enum tw_stream_end tw_secure_read(struct tw_connection *c, size_t quota, tw_framing_message *call);
/* The last ones, `quota` with what is still in the kernel, without the loop. */
enum tw_stream_end tw_secure_read_last(struct tw_connection *c, size_t quota, tw_framing_message *call);
void tw_secure_end(struct tw_connection *c);
/* Finds out, from what its certificate says, who a connection is of. False: nobody we know. */
bool tw_secure_identify(struct tw_connection *c);

#endif
