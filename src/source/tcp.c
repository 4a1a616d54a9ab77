/* SPDX-License-Identifier: ISC */
#include "source/tcp.h"

#include "base/mem.h"
#include "source/sockaddr.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

/* Seconds of silence until the kernel asks whether the other side is there, between questions, and how many
 * go unanswered. */
enum { KEEP_IDLE = 60, KEEP_INTERVAL = 15, KEEP_PROBES = 4, PIECE = 16 << 10 };

struct tw_tcp {
    int fd;
};

struct tw_stream {
    int fd;
    uint64_t bytes;
    struct tw_framing framing;
    char message[];
};

static struct tw_tcp *create(int fd)
{
    struct tw_tcp *t = tw_xcalloc(1, sizeof *t);
    t->fd = fd;
    return t;
}

struct tw_tcp *tw_tcp_open(const struct tw_addr *address, uint16_t port)
{
    int fd = tw_sockaddr_bind(address, port, SOCK_STREAM);
    if (fd < 0)
        return NULL;
    if (listen(fd, SOMAXCONN) != 0) {
        int why = errno;
        (void)close(fd);
        errno = why;
        return NULL;
    }
    return create(fd);
}

struct tw_tcp *tw_tcp_adopt(int fd)
{
    int listens = 0;
    socklen_t n = sizeof listens;
    if (!tw_sockaddr_adopt(fd, SOCK_STREAM) || getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &n) != 0)
        return NULL;
    if (listens == 0) {
        errno = EPROTOTYPE;
        return NULL;
    }
    return create(fd);
}

void tw_tcp_destroy(struct tw_tcp *t)
{
    if (t == NULL)
        return;
    (void)close(t->fd);
    free(t);
}

int tw_tcp_fd(const struct tw_tcp *t)
{
    return t->fd;
}

/* A router that lost its power says no farewell. */
static void keep_alive(int fd)
{
    int on = 1, idle = KEEP_IDLE, interval = KEEP_INTERVAL, probes = KEEP_PROBES;
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
}

int tw_tcp_accept(struct tw_tcp *t, struct tw_addr *from)
{
    struct sockaddr_storage peer = {0};
    socklen_t n = sizeof peer;
    int fd = accept4(t->fd, (struct sockaddr *)&peer, &n, SOCK_CLOEXEC | SOCK_NONBLOCK);
    (void)tw_sockaddr_read(&peer, from);
    if (fd >= 0)
        keep_alive(fd);
    return fd;
}

struct tw_stream *tw_stream_create(int fd, size_t max_bytes)
{
    struct tw_stream *s = tw_xmalloc(sizeof *s + max_bytes);
    *s = (struct tw_stream){.fd = fd};
    tw_framing_init(&s->framing, s->message, max_bytes);
    return s;
}

void tw_stream_destroy(struct tw_stream *s)
{
    if (s == NULL)
        return;
    if (s->fd >= 0)
        (void)close(s->fd);
    free(s);
}

int tw_stream_fd(const struct tw_stream *s)
{
    return s->fd;
}

void tw_stream_take(struct tw_stream *s, struct tw_str bytes, tw_framing_message *call, void *ctx)
{
    s->bytes += bytes.n;
    tw_framing_feed(&s->framing, bytes, call, ctx);
}

enum tw_stream_end tw_stream_ends(struct tw_stream *s, bool in_order, tw_framing_message *call, void *ctx)
{
    if (in_order && tw_framing_end(&s->framing, call, ctx))
        return TW_STREAM_ENDED;
    return tw_framing_pending(&s->framing) ? TW_STREAM_UNFINISHED : TW_STREAM_ENDED;
}

enum tw_stream_end tw_stream_read(struct tw_stream *s, size_t quota, tw_framing_message *call, void *ctx)
{
    char piece[PIECE];
    while (quota > 0) {
        ssize_t n = recv(s->fd, piece, quota < sizeof piece ? quota : sizeof piece, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            break;
        if (n <= 0)
            return tw_stream_ends(s, n == 0, call, ctx);
        quota -= (size_t)n;
        tw_stream_take(s, tw_str_of(piece, (size_t)n), call, ctx);
    }
    return TW_STREAM_OPEN;
}

bool tw_stream_pending(const struct tw_stream *s)
{
    return tw_framing_pending(&s->framing);
}

bool tw_stream_untold(const struct tw_stream *s)
{
    return tw_framing_untold(&s->framing);
}

struct tw_stream_stats tw_stream_stats(const struct tw_stream *s)
{
    return (struct tw_stream_stats){s->bytes, s->framing.stats};
}
