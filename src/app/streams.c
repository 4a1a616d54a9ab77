/* SPDX-License-Identifier: ISC */
/*
 * Syslog over TCP and TLS. Only devices and relays of the inventory may connect; over TLS a certificate can
 * say who that is, so a stranger may shake hands, and no more than a share of all connections may do so. A
 * connection that is silent between two messages is kept: its first message after hours may be the one that
 * counts, and the kernel notices when the other side is gone. One that is slow inside a message is not.
 */
#include "connection.h"

#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* What all connections together may give in a turn of the loop, so that UDP and timers get theirs; each has
 * its share. When that is used up, the others stand in line for the next turn. What is not read waits in the
 * kernel, then at the sender. A short message, or record, costs as much as one of so many bytes. */
enum {
    TURN_BYTES = 256 << 10,
    SHARE_MIN = 512,
    SHARE_MAX = 64 << 10,
    RECORDS_PER_SHARE = SHARE_MAX / TW_RECORD_LEAST,
    MESSAGE_LEAST = 64,
    ACCEPTS_PER_TURN = 16,
    TICK_MS = 1000 /* as live.c has it */
};
/* Strangers that may shake hands at a time: this part of all connections. */
enum { STRANGERS_PART = 4 };
/* At the end of the daemon: of one connection, and of all. */
enum { LAST_BYTES = 1 << 20, LAST_TOTAL = 32 << 20 };

void tw_connection_tell(const struct tw_connection *c, enum tw_level level, const char *message)
{
    char text[TW_ADDR_TEXT];
    tw_log(level, c->in->tls ? "source.tls" : "source.tcp", message,
           TW_KVS(TW_KV("from", tw_addr_text(&c->from, text)), TW_KV("socket", c->in->name),
                  TW_KV("certificate", c->certificate != NULL ? c->certificate : ""),
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

static struct tw_str certificate_of(const struct tw_connection *c)
{
    return tw_str_z(c->certificate != NULL ? c->certificate : "");
}

/* What was begun and will not be finished: it was received all the same. */
static void count_unfinished(const struct tw_connection *c)
{
    const struct tw_record r = {.from = c->from, .certificate = certificate_of(c)};
    c->in->connections.lost++;
    tw_unfed_count(c->in->daemon, &r, TW_UNFED_UNFINISHED);
}

static void lost(const struct tw_connection *c, enum tw_loss_cause cause, uint64_t count)
{
    tw_inputs_lost(c->in, cause, count, &c->from, certificate_of(c));
}

/* ---- the line ---- */

static void join_line(struct tw_connection *c)
{
    struct tw_streams *all = &c->in->daemon->streams;
    c->waits = true;
    c->before = all->last;
    c->behind = NULL;
    *(all->last != NULL ? &all->last->behind : &all->first) = c;
    all->last = c;
}

static void leave_line(struct tw_connection *c)
{
    struct tw_streams *all = &c->in->daemon->streams;
    *(c->before != NULL ? &c->before->behind : &all->first) = c->behind;
    *(c->behind != NULL ? &c->behind->before : &all->last) = c->before;
    c->waits = false;
}

/* Never anew when it is due already: libevent would put it off, each time somebody joins. */
static void arm_turn(struct tw_daemon *d)
{
    static const struct timeval at_once = {0, 0};
    if (d->streams.first != NULL && event_pending(d->streams.turn, EV_TIMEOUT, NULL) == 0)
        (void)event_add(d->streams.turn, &at_once);
}

/* ---- connections ---- */

/* `counter` is the one of the input that says why. */
void tw_connection_close(struct tw_connection *c, uint64_t *counter)
{
    struct tw_streams *all = &c->in->daemon->streams;
    (*counter)++;
    if (tw_stream_untold(c->stream)) {
        count_unfinished(c);
        lost(c, TW_LOSS_DISCONNECT, 1);
    }
    add_stats(&c->in->connections.read, tw_stream_stats(c->stream));
    all->rows[c->row] = all->rows[--all->n];
    all->rows[c->row]->row = c->row;
    if (c->waits)
        leave_line(c);
    if (c->event != NULL)
        event_free(c->event);
    if (c->secure != NULL)
        tw_secure_end(c);
    tw_stream_destroy(c->stream);
    free(c);
}

static void on_message(void *ctx, struct tw_str bytes)
{
    const struct tw_connection *c = ctx;
    c->in->position++;
    (void)tw_inputs_feed(c->in, &c->from, certificate_of(c), bytes);
}

struct took {
    size_t bytes, cost; /* what it costs of a turn */
    bool open;          /* the connection is still there */
};

/* Reads, and closes what has ended. */
static struct took read_some(struct tw_connection *c, size_t quota, size_t records)
{
    struct tw_connection_stats *counts = &c->in->connections;
    struct tw_stream_stats before = tw_stream_stats(c->stream);
    struct took took = {.open = true};
    enum tw_stream_end end = c->secure == NULL ? tw_stream_read(c->stream, quota, on_message, c)
                                               : tw_secure_read(c, quota, records, on_message, &took.cost);
    struct tw_stream_stats s = tw_stream_stats(c->stream);
    size_t messages = (size_t)(s.framing.messages - before.framing.messages);
    took.bytes = (size_t)(s.bytes - before.bytes);
    took.cost = took.bytes > took.cost ? took.bytes : took.cost;
    took.cost = messages * MESSAGE_LEAST > took.cost ? messages * MESSAGE_LEAST : took.cost;
    if (s.framing.errors > 0 && c->errors == 0)
        tw_connection_tell(c, TW_LEVEL_WARNING, "a message's length is not right, looking for the next");
    if (s.framing.errors > c->errors)
        lost(c, TW_LOSS_FRAMING, s.framing.errors - c->errors);
    c->errors = s.framing.errors;
    if (took.bytes > 0)
        c->heard_ms = tw_clock_mono_ms();
    if (end == TW_STREAM_OPEN) {
        if (c->begun_ms == 0 || s.framing.messages != c->messages)
            c->begun_ms = tw_clock_mono_ms();
        if (!tw_stream_pending(c->stream))
            c->begun_ms = 0;
        c->messages = s.framing.messages;
        return took;
    }
    bool whole = end == TW_STREAM_ENDED;
    tw_connection_tell(c, whole ? TW_LEVEL_DEBUG : TW_LEVEL_WARNING,
                       whole ? "disconnected" : "ended inside a message");
    tw_connection_close(c, whole ? &counts->ended : &counts->unfinished);
    took.open = false;
    return took;
}

static size_t fair_share(const struct tw_daemon *d)
{
    size_t share = TURN_BYTES / d->streams.n;
    return share < SHARE_MIN ? SHARE_MIN : share > SHARE_MAX ? SHARE_MAX : share;
}

/* One that has its whole share has more, or nearly always: it goes to the end of the line. */
static void serve(struct tw_connection *c, bool from_line)
{
    struct tw_streams *all = &c->in->daemon->streams;
    size_t share = fair_share(c->in->daemon);
    struct took took = read_some(c, share, RECORDS_PER_SHARE);
    all->left -= took.cost < all->left ? took.cost : all->left;
    if (!took.open)
        return;
    bool more = took.bytes == share || (c->secure != NULL && tw_secure_has_more(c));
    if (more && !from_line)
        (void)event_del(c->event);
    else if (!more && from_line)
        (void)event_add(c->event, NULL);
    if (more)
        join_line(c);
}

static void readable(evutil_socket_t fd, short what, void *ctx)
{
    struct tw_connection *c = ctx;
    struct tw_daemon *d = c->in->daemon;
    (void)fd;
    (void)what;
    bool now = d->streams.first == NULL && d->streams.left > 0;
    if (now) {
        serve(c, false);
    } else {
        (void)event_del(c->event);
        join_line(c);
    }
    arm_turn(d);
    if (now)
        tw_live_settle(d);
}

static void on_turn(evutil_socket_t fd, short what, void *ctx)
{
    struct tw_daemon *d = ctx;
    struct tw_connection *last = d->streams.last;
    (void)fd;
    (void)what;
    d->streams.left = TURN_BYTES;
    for (bool all = false; !all && d->streams.first != NULL && d->streams.left > 0;) {
        struct tw_connection *c = d->streams.first;
        all = c == last;
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): nobody is before the first */
        leave_line(c);
        serve(c, true);
    }
    arm_turn(d);
    tw_live_settle(d);
}

void tw_streams_begin(struct tw_daemon *d)
{
    d->streams.turn = evtimer_new(d->base, on_turn, d);
    TW_ASSERT(d->streams.turn != NULL);
    d->streams.left = TURN_BYTES;
    d->streams.ticked_ms = tw_clock_mono_ms();
}

void tw_connection_listen(struct tw_connection *c, int fd)
{
    struct tw_daemon *d = c->in->daemon;
    c->event = event_new(d->base, fd, EV_READ | EV_PERSIST, readable, c);
    TW_ASSERT(c->event != NULL && (d->keep.held_back || event_add(c->event, NULL) == 0));
}

/* A handshake goes on: it hands over nothing. */
void tw_streams_pause(struct tw_daemon *d, bool on)
{
    for (size_t i = 0; i < d->streams.n; i++) {
        struct tw_connection *c = d->streams.rows[i];
        if (c->event != NULL && !c->waits)
            (void)(on ? event_del(c->event) : event_add(c->event, NULL));
    }
    if (on)
        (void)event_del(d->streams.turn);
    else
        arm_turn(d);
}

static void add_connection(struct tw_input *in, int fd, const struct tw_addr *from, bool stranger)
{
    struct tw_daemon *d = in->daemon;
    struct tw_connection *c = tw_xcalloc(1, sizeof *c);
    c->in = in;
    c->from = *from;
    c->stranger = stranger;
    c->heard_ms = tw_clock_mono_ms();
    c->stream = tw_stream_create(in->tls ? -1 : fd, d->config->streams.message_bytes);
    if (in->tls)
        TW_ASSERT(tw_secure_begin(c, fd));
    else
        tw_connection_listen(c, fd);
    c->row = d->streams.n++;
    d->streams.rows[c->row] = c;
    in->connections.accepted++;
    if (!in->tls)
        tw_connection_tell(c, TW_LEVEL_DEBUG, "connected");
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

/* Strangers can't keep those out whose address is known. */
static bool has_room(const struct tw_daemon *d, bool stranger)
{
    const struct tw_config_streams *limits = &d->config->streams;
    size_t shaking = 0;
    for (size_t i = 0; i < d->streams.n && stranger; i++)
        shaking += d->streams.rows[i]->stranger && d->streams.rows[i]->shaking;
    return d->streams.n < limits->connections && shaking * STRANGERS_PART < limits->connections;
}

static bool may_connect(struct tw_input *in, const struct tw_addr *from, bool stranger)
{
    struct tw_daemon *d = in->daemon;
    const struct tw_config_streams *limits = &d->config->streams;
    if (stranger && (!in->tls || !tw_tls_asks(d->tls))) {
        in->connections.refused_source++;
        tw_strangers_count(&d->strangers, in, from, TW_STRANGE_CONNECTION);
        return false;
    }
    if (!has_room(d, stranger)) {
        in->connections.refused_total++;
        refuse(in, from, "too many connections, refused", limits->connections);
        return false;
    }
    if (count_of(d, from) >= limits->per_source) {
        in->connections.refused_per_source++;
        refuse(in, from, "too many connections of one source, refused", limits->per_source);
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
        bool stranger = !tw_inputs_knows(in->daemon, &from);
        if (may_connect(in, &from, stranger))
            add_connection(in, fd, &from, stranger);
        else
            (void)close(fd);
    }
}

static bool is_over(int64_t since_ms, tw_dur limit, int64_t now_ms)
{
    return now_ms - since_ms >= limit.ns / 1000000;
}

static void check_times(struct tw_connection *c, int64_t now)
{
    const struct tw_config_streams *limits = &c->in->daemon->config->streams;
    struct tw_connection_stats *counts = &c->in->connections;
    if (c->shaking && is_over(c->heard_ms, limits->handshake_time, now)) {
        tw_connection_tell(c, TW_LEVEL_WARNING, "a handshake was not finished in time, disconnected");
        if (c->stranger)
            tw_strangers_count(&c->in->daemon->strangers, c->in, &c->from, TW_STRANGE_HANDSHAKE);
        tw_connection_close(c, &counts->handshakes[TW_TLS_TIMED_OUT]);
    } else if (c->begun_ms != 0 && is_over(c->begun_ms, limits->message_time, now)) {
        tw_connection_tell(c, TW_LEVEL_WARNING, "a message was not finished in time, disconnected");
        tw_connection_close(c, &counts->slow);
    } else if (!c->shaking && limits->idle_time.ns > 0 && is_over(c->heard_ms, limits->idle_time, now)) {
        tw_connection_tell(c, TW_LEVEL_NOTICE, "not a byte for too long, disconnected");
        tw_connection_close(c, &counts->idle);
    }
}

/* The time in which nothing was read, or in which the daemon itself stood still, is not the senders'. */
static void give_back_time(struct tw_daemon *d, int64_t now)
{
    int64_t passed = now - d->streams.ticked_ms, late = passed > TICK_MS ? passed - TICK_MS : 0;
    d->streams.ticked_ms = now;
    for (size_t i = 0; i < d->streams.n; i++) {
        struct tw_connection *c = d->streams.rows[i];
        int64_t ours = d->keep.held_back && !c->shaking ? passed : late;
        c->heard_ms += ours;
        c->begun_ms += c->begun_ms != 0 ? ours : 0;
    }
}

void tw_streams_tick(struct tw_daemon *d)
{
    int64_t now = tw_clock_mono_ms();
    give_back_time(d, now);
    for (size_t i = d->streams.n; i-- > 0;)
        check_times(d->streams.rows[i], now);
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
        bool stranger = !tw_inputs_knows(d, &c->from);
        if (c->secure == NULL ? !stranger : c->shaking || tw_secure_identify(c))
            continue;
        tw_connection_tell(c, TW_LEVEL_NOTICE, "no longer in the inventory, disconnected");
        tw_connection_close(c, &c->in->connections.gone);
    }
}

void tw_streams_finish(struct tw_daemon *d)
{
    size_t total = LAST_TOTAL;
    for (size_t i = d->streams.n; i-- > 0;) {
        struct tw_connection *c = d->streams.rows[i];
        struct tw_connection_stats *counts = &c->in->connections;
        struct took took = read_some(c, total < LAST_BYTES ? total : LAST_BYTES, SIZE_MAX);
        total -= took.bytes;
        if (took.open) /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): then it is not gone */
            tw_connection_close(c, tw_stream_pending(c->stream) ? &counts->unfinished : &counts->gone);
    }
}

uint64_t tw_streams_failed(const struct tw_connection_stats *c)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < TW_TLS_FAILURES; i++)
        sum += c->handshakes[i];
    return sum;
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
