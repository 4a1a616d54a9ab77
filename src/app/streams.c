/* SPDX-License-Identifier: ISC */
/*
 * Syslog over TCP. Only devices and relays of the inventory may connect. A connection that is silent between
 * two messages is kept: its first message after hours may be the one that counts, and the kernel notices when
 * the other side is gone. One that is slow inside a message is not.
 */
#include "daemon.h"

#include "base/mem.h"
#include "decode/log.h"
#include "plat/log.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* What all connections together may give in a turn of the loop, so that UDP and timers get theirs; each has
 * its share. What is not read waits in the kernel, then at the sender. */
enum { TURN_BYTES = 256 << 10, SHARE_MIN = 512, SHARE_MAX = 64 << 10, ACCEPTS_PER_TURN = 16 };
/* From the first byte of a message to its last. Long enough for some repeats of a lost segment. */
enum { MESSAGE_MS = 20000 };
/* At the end of the daemon: of one connection, and of all. */
enum { LAST_BYTES = 1 << 20, LAST_TOTAL = 32 << 20 };

struct tw_connection {
    struct tw_input *in;
    struct tw_stream *stream;
    struct event *event;
    struct tw_addr from;
    size_t row;
    uint64_t messages; /* when it was last looked at */
    uint64_t errors;
    int64_t begun_ms; /* of the message that is not finished */
};

static void tell(const struct tw_connection *c, enum tw_level level, const char *message)
{
    char text[TW_ADDR_TEXT];
    tw_log(level, "source.tcp", message,
           TW_KVS(TW_KV("from", tw_addr_text(&c->from, text)), TW_KV("socket", c->in->name),
                  TW_KV_N("messages", tw_stream_stats(c->stream).framing.messages)));
}

static void add_stats(struct tw_stream_stats *sum, struct tw_stream_stats s)
{
    sum->bytes += s.bytes;
    sum->framing.messages += s.framing.messages;
    sum->framing.cut += s.framing.cut;
    sum->framing.errors += s.framing.errors;
    sum->framing.skipped += s.framing.skipped;
}

/* `counter` is the one of the input that says why. */
static void close_connection(struct tw_connection *c, uint64_t *counter)
{
    struct tw_streams *all = &c->in->daemon->streams;
    (*counter)++;
    c->in->connections.lost += tw_stream_pending(c->stream);
    add_stats(&c->in->connections.read, tw_stream_stats(c->stream));
    all->rows[c->row] = all->rows[--all->n];
    all->rows[c->row]->row = c->row;
    event_free(c->event);
    tw_stream_destroy(c->stream);
    free(c);
}

static void on_message(void *ctx, struct tw_str bytes)
{
    const struct tw_connection *c = ctx;
    c->in->position++;
    tw_inputs_feed(c->in, &c->from, bytes);
}

/* Reads, and closes what has ended. Returns the bytes. */
static size_t read_some(struct tw_connection *c, size_t quota)
{
    struct tw_connection_stats *counts = &c->in->connections;
    uint64_t before = tw_stream_stats(c->stream).bytes;
    enum tw_stream_end end = tw_stream_read(c->stream, quota, on_message, c);
    struct tw_stream_stats s = tw_stream_stats(c->stream);
    if (s.framing.errors > 0 && c->errors == 0)
        tell(c, TW_LEVEL_WARNING, "a message's length is not right, looking for the next");
    c->errors = s.framing.errors;
    if (end == TW_STREAM_OPEN) {
        if (c->begun_ms == 0 || s.framing.messages != c->messages)
            c->begun_ms = tw_clock_mono_ms();
        if (!tw_stream_pending(c->stream))
            c->begun_ms = 0;
        c->messages = s.framing.messages;
        return (size_t)(s.bytes - before);
    }
    bool whole = end == TW_STREAM_ENDED;
    tell(c, whole ? TW_LEVEL_DEBUG : TW_LEVEL_WARNING, whole ? "disconnected" : "ended inside a message");
    close_connection(c, whole ? &counts->ended : &counts->unfinished);
    return (size_t)(s.bytes - before);
}

static void readable(evutil_socket_t fd, short what, void *ctx)
{
    struct tw_connection *c = ctx;
    struct tw_daemon *d = c->in->daemon;
    size_t share = TURN_BYTES / d->streams.n;
    (void)fd;
    (void)what;
    (void)read_some(c, share < SHARE_MIN ? SHARE_MIN : share > SHARE_MAX ? SHARE_MAX : share);
    tw_live_settle(d);
}

static void add_connection(struct tw_input *in, int fd, const struct tw_addr *from)
{
    struct tw_daemon *d = in->daemon;
    struct tw_connection *c = tw_xcalloc(1, sizeof *c);
    c->in = in;
    c->from = *from;
    c->stream = tw_stream_create(fd, TW_LOG_MAX);
    c->event = event_new(d->base, fd, EV_READ | EV_PERSIST, readable, c);
    TW_ASSERT(c->event != NULL && event_add(c->event, NULL) == 0);
    c->row = d->streams.n++;
    d->streams.rows[c->row] = c;
    in->connections.accepted++;
    tell(c, TW_LEVEL_DEBUG, "connected");
}

static size_t count_of(const struct tw_daemon *d, const struct tw_addr *from)
{
    size_t n = 0;
    for (size_t i = 0; i < d->streams.n; i++)
        n += tw_addr_eq(&d->streams.rows[i]->from, from);
    return n;
}

static void refuse(const struct tw_input *in, const struct tw_addr *from, const char *why, int64_t limit)
{
    char text[TW_ADDR_TEXT];
    tw_log(
        TW_LEVEL_WARNING, "source.tcp", why,
        TW_KVS(TW_KV("from", tw_addr_text(from, text)), TW_KV("socket", in->name), TW_KV_N("limit", limit)));
}

static bool may_connect(struct tw_input *in, const struct tw_addr *from)
{
    struct tw_daemon *d = in->daemon;
    if (!tw_inputs_knows(d, from)) {
        in->connections.refused_source++;
        tw_strangers_count(&d->strangers, in, from, TW_STRANGE_CONNECTION);
        return false;
    }
    if (d->streams.n == TW_CONNECTIONS_MAX) {
        in->connections.refused_total++;
        refuse(in, from, "too many connections, refused", TW_CONNECTIONS_MAX);
        return false;
    }
    if (count_of(d, from) >= TW_CONNECTIONS_PER_SOURCE) {
        in->connections.refused_per_source++;
        refuse(in, from, "too many connections of one source, refused", TW_CONNECTIONS_PER_SOURCE);
        return false;
    }
    return true;
}

/* Of the network: the connection has gone again. Of ours: the next one would fail the same way, at once. */
static bool passes(int error)
{
    return error == EAGAIN || error == EINTR || error == ECONNABORTED || error == EPROTO;
}

void tw_streams_accept(struct tw_input *in)
{
    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        struct tw_addr from;
        int fd = tw_tcp_accept(in->tcp, &from);
        if (fd < 0 && passes(errno))
            return;
        if (fd < 0) {
            in->connections.errors++;
            tw_log(TW_LEVEL_ERROR, "source.tcp", "can't take a connection, will be tried again",
                   TW_KVS(TW_KV("socket", in->name), TW_KV("error", strerror(errno))));
            in->resting = event_del(in->event) == 0;
            return;
        }
        if (may_connect(in, &from))
            add_connection(in, fd, &from);
        else
            (void)close(fd);
    }
}

void tw_streams_tick(struct tw_daemon *d)
{
    int64_t now = tw_clock_mono_ms();
    for (size_t i = d->streams.n; i-- > 0;) {
        struct tw_connection *c = d->streams.rows[i];
        if (c->begun_ms == 0 || now - c->begun_ms < MESSAGE_MS)
            continue;
        tell(c, TW_LEVEL_WARNING, "a message was not finished in time, disconnected");
        close_connection(c, &c->in->connections.slow);
    }
    for (size_t i = 0; i < d->inputs_n; i++) {
        struct tw_input *in = &d->inputs[i];
        if (in->resting)
            in->resting = event_add(in->event, NULL) != 0;
    }
}

void tw_streams_recheck(struct tw_daemon *d)
{
    for (size_t i = d->streams.n; i-- > 0;) {
        struct tw_connection *c = d->streams.rows[i];
        if (tw_inputs_knows(d, &c->from))
            continue;
        tell(c, TW_LEVEL_NOTICE, "no longer in the inventory, disconnected");
        close_connection(c, &c->in->connections.gone);
    }
}

void tw_streams_finish(struct tw_daemon *d)
{
    size_t total = LAST_TOTAL;
    for (size_t i = d->streams.n; i-- > 0;) {
        struct tw_connection *c = d->streams.rows[i];
        struct tw_connection_stats *counts = &c->in->connections;
        size_t open = d->streams.n;
        total -= read_some(c, total < LAST_BYTES ? total : LAST_BYTES);
        if (d->streams.n < open)
            continue; /* it ended while it was read, and is gone */
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): else one less would be open */
        close_connection(c, tw_stream_pending(c->stream) ? &counts->unfinished : &counts->gone);
    }
}

struct tw_stream_stats tw_streams_stats(const struct tw_input *in, uint64_t *open)
{
    const struct tw_streams *all = &in->daemon->streams;
    struct tw_stream_stats sum = in->connections.read;
    *open = 0;
    for (size_t i = 0; i < all->n; i++) {
        if (all->rows[i]->in != in)
            continue;
        add_stats(&sum, tw_stream_stats(all->rows[i]->stream));
        (*open)++;
    }
    return sum;
}
