/* SPDX-License-Identifier: ISC */
#ifndef TW_SOURCE_TCP_H
#define TW_SOURCE_TCP_H
/*
 * Syslog over TCP: a listening socket, bound here or passed in, and the connections that it gives. Nothing
 * here waits.
 *
 * Who may connect, how many, and for how long is the caller's business. Memory: one message of max_bytes a
 * connection, from its first byte to its end; nothing is allocated for a message.
 */
#include "model/record.h"
#include "source/framing.h"

struct tw_tcp;

/* Binds and listens. NULL: errno is set. */
struct tw_tcp *tw_tcp_open(const struct tw_addr *address, uint16_t port);
/* Takes a listening stream socket over. NULL: it is none (the caller keeps it); errno is set. */
struct tw_tcp *tw_tcp_adopt(int fd);
void tw_tcp_destroy(struct tw_tcp *t);
int tw_tcp_fd(const struct tw_tcp *t);
/* The next connection, close-on-exec, as a socket that is the caller's. The kernel will find out by itself
 * when the other side is gone. -1: errno is set; EAGAIN: none waits. */
int tw_tcp_accept(struct tw_tcp *t, struct tw_addr *from);

struct tw_stream;

enum tw_stream_end {
    TW_STREAM_OPEN,
    TW_STREAM_ENDED,      /* by the sender, after its last message */
    TW_STREAM_UNFINISHED, /* by the sender or the network, inside a message, which is not handed out */
};
struct tw_stream_stats {
    uint64_t bytes;
    struct tw_framing_stats framing;
};

/* Takes the socket; -1: the bytes come by tw_stream_take. */
struct tw_stream *tw_stream_create(int fd, size_t max_bytes);
void tw_stream_destroy(struct tw_stream *s);
int tw_stream_fd(const struct tw_stream *s);
/* Hands over the messages in what is there, at most `quota` bytes of it. After another end than OPEN only
 * destroy is allowed. */
enum tw_stream_end tw_stream_read(struct tw_stream *s, size_t quota, tw_framing_message *call, void *ctx);
/* Hands over the messages in bytes that somebody else has read. */
void tw_stream_take(struct tw_stream *s, struct tw_str bytes, tw_framing_message *call, void *ctx);
/* No more bytes. in_order: the sender has said so; then what is without an end is the last message. */
enum tw_stream_end tw_stream_ends(struct tw_stream *s, bool in_order, tw_framing_message *call, void *ctx);
/* A message is begun and not finished. */
bool tw_stream_pending(const struct tw_stream *s);
/* … and is lost, unless more comes: see tw_framing_untold. */
bool tw_stream_untold(const struct tw_stream *s);
struct tw_stream_stats tw_stream_stats(const struct tw_stream *s);

#endif
