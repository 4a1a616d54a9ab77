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
    struct event *event;                   /* there are bytes; TLS: NULL until the handshake is done */
    struct bufferevent *secure;            /* TLS, else NULL: for the handshake */
    bool shaking;                          /* TLS: the handshake is not done */
    bool stranger;                         /* its address is unknown: a certificate must say who it is */
    bool waits;                            /* in line, for a turn that has room; its event is not asked for */
    struct tw_connection *before, *behind; /* in line */
    char *certificate;                     /* the name in it that is a device's or relay's; NULL: none */
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
/* From now on it is read. */
void tw_connection_listen(struct tw_connection *c, int fd);

/* secure.c. False: no memory; the socket stays the caller's. */
bool tw_secure_begin(struct tw_connection *c, int fd);
/* At most `quota` bytes, of at most `records` records. *cost: the bytes that were decrypted for it or, when
 * they had been before, taken; a short record costs as much as one of TW_RECORD_LEAST. */
enum { TW_RECORD_LEAST = 512 };
enum tw_stream_end tw_secure_read(struct tw_connection *c, size_t quota, size_t records,
                                  tw_framing_message *call, size_t *cost);
/* Bytes are decrypted and were not taken: no event will tell of them. */
bool tw_secure_has_more(const struct tw_connection *c);
void tw_secure_end(struct tw_connection *c);
/* Finds out, from what its certificate says, who a connection is of. False: nobody we know. */
bool tw_secure_identify(struct tw_connection *c);

#endif
