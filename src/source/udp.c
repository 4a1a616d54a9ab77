/* SPDX-License-Identifier: ISC */
#include "source/udp.h"

#include "base/mem.h"
#include "source/sockaddr.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/*
 * Where one buffer ends the next begins a little later than it had to: at distances of a power of two the
 * heads of all would be in the same few lines of the processor's cache, and drive each other out of it.
 */
enum { CONTROL_BYTES = 96, STAGGER = 9 * 64 };

struct tw_udp {
    int fd;
    size_t max_bytes;
    char *bytes; /* TW_UDP_BATCH times max_bytes and STAGGER; pages nobody fills cost nothing */
    struct mmsghdr headers[TW_UDP_BATCH];
    struct iovec vectors[TW_UDP_BATCH];
    struct sockaddr_storage from[TW_UDP_BATCH];
    struct {
        _Alignas(max_align_t) char bytes[CONTROL_BYTES];
    } control[TW_UDP_BATCH];
    uint32_t drops; /* as last read: the kernel's counter is 32 bits wide */
    struct tw_udp_stats stats;
};

/* A passed socket has the buffer that its unit asks for: it is only ever made larger. */
static void set_options(struct tw_udp *u, bool passed)
{
    int wish = TW_UDP_RECEIVE_BUFFER, on = 1, got = 0;
    socklen_t n = sizeof got;
    /* The kernel keeps, and tells, twice what is asked for. */
    bool enough = getsockopt(u->fd, SOL_SOCKET, SO_RCVBUF, &got, &n) == 0 && got >= 2 * wish;
    if (!enough && setsockopt(u->fd, SOL_SOCKET, SO_RCVBUFFORCE, &wish, sizeof wish) != 0 && !passed)
        (void)setsockopt(u->fd, SOL_SOCKET, SO_RCVBUF, &wish, sizeof wish);
    n = sizeof got;
    if (getsockopt(u->fd, SOL_SOCKET, SO_RCVBUF, &got, &n) == 0 && got > 0)
        u->stats.receive_buffer = (uint64_t)got;
    (void)setsockopt(u->fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
}

static struct tw_udp *create(int fd, size_t max_bytes, bool passed)
{
    struct tw_udp *u = tw_xcalloc(1, sizeof *u);
    u->fd = fd;
    u->max_bytes = max_bytes;
    const size_t stride = (max_bytes + 63) / 64 * 64 + STAGGER;
    u->bytes = tw_xmalloc(TW_UDP_BATCH * stride);
    for (size_t i = 0; i < TW_UDP_BATCH; i++) {
        u->vectors[i] = (struct iovec){u->bytes + i * stride, max_bytes};
        u->headers[i].msg_hdr.msg_iov = &u->vectors[i];
        u->headers[i].msg_hdr.msg_iovlen = 1;
        u->headers[i].msg_hdr.msg_name = &u->from[i];
        u->headers[i].msg_hdr.msg_control = u->control[i].bytes;
    }
    set_options(u, passed);
    return u;
}

struct tw_udp *tw_udp_open(const struct tw_addr *address, uint16_t port, size_t max_bytes)
{
    int fd = tw_sockaddr_bind(address, port, SOCK_DGRAM);
    return fd >= 0 ? create(fd, max_bytes, false) : NULL;
}

struct tw_udp *tw_udp_adopt(int fd, size_t max_bytes)
{
    return tw_sockaddr_adopt(fd, SOCK_DGRAM) ? create(fd, max_bytes, true) : NULL;
}

void tw_udp_limit(struct tw_udp *u, size_t max_bytes)
{
    for (size_t i = 0; i < TW_UDP_BATCH && max_bytes < u->max_bytes; i++)
        u->vectors[i].iov_len = max_bytes;
}

void tw_udp_destroy(struct tw_udp *u)
{
    if (u == NULL)
        return;
    (void)close(u->fd);
    free(u->bytes);
    free(u);
}

int tw_udp_fd(const struct tw_udp *u)
{
    return u->fd;
}

/* The kernel's counter only grows, and wraps. A datagram tells how it stood when it was put into the buffer:
 * that may be before we asked last. */
static void count_drops(struct tw_udp *u, uint32_t now)
{
    uint32_t more = now - u->drops;
    if (more > UINT32_MAX / 2)
        return;
    u->stats.kernel_drops += more;
    u->drops = now;
}

static void read_control(struct tw_udp *u, struct msghdr *h, tw_time *stamp)
{
    struct timespec t;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c != NULL; c = CMSG_NXTHDR(h, c)) {
        uint32_t drops;
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL &&
            c->cmsg_len >= CMSG_LEN(sizeof drops)) {
            memcpy(&drops, CMSG_DATA(c), sizeof drops);
            count_drops(u, drops);
        } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS &&
                   c->cmsg_len >= CMSG_LEN(sizeof t)) {
            memcpy(&t, CMSG_DATA(c), sizeof t);
            stamp->ns = (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
        }
    }
}

static int read_batch(struct tw_udp *u)
{
    for (size_t i = 0; i < TW_UDP_BATCH; i++) {
        u->headers[i].msg_hdr.msg_namelen = sizeof u->from[i];
        u->headers[i].msg_hdr.msg_controllen = sizeof u->control[i].bytes;
    }
    int n = recvmmsg(u->fd, u->headers, TW_UDP_BATCH, MSG_DONTWAIT, NULL);
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        u->stats.errors++;
    return n;
}

size_t tw_udp_read(struct tw_udp *u, unsigned batches, tw_udp_receive *receive, void *ctx)
{
    size_t total = 0;
    while (batches-- > 0) {
        int n = read_batch(u);
        for (int i = 0; i < n; i++) {
            struct tw_udp_datagram d = {.bytes = tw_str_of(u->vectors[i].iov_base, u->headers[i].msg_len)};
            d.slot = (uint32_t)i;
            d.stamp = TW_TIME_MIN;
            (void)tw_sockaddr_read(&u->from[i], &d.from);
            read_control(u, &u->headers[i].msg_hdr, &d.stamp);
            u->stats.received++;
            u->stats.bytes += d.bytes.n;
            u->stats.cut += (u->headers[i].msg_hdr.msg_flags & MSG_TRUNC) != 0;
            receive(ctx, &d);
        }
        total += n > 0 ? (size_t)n : 0;
        if (n < TW_UDP_BATCH)
            break;
    }
    return total;
}

uint64_t tw_udp_drops(const struct tw_udp *u)
{
    return u->stats.kernel_drops;
}

void tw_udp_answers(struct tw_udp *u)
{
    int on = 1;
    /* One of the two is refused, by the other family. */
    (void)setsockopt(u->fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
    (void)setsockopt(u->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
}

/* The address that a datagram came to becomes the one that the answer comes from. */
static void answer_from(struct msghdr *received, struct msghdr *m)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(received); c != NULL; c = CMSG_NXTHDR(received, c)) {
        bool v4 = c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO;
        if (!v4 && !(c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO))
            continue;
        struct in_pktinfo four;
        struct in6_pktinfo six;
        m->msg_controllen = v4 ? CMSG_SPACE(sizeof four) : CMSG_SPACE(sizeof six);
        struct cmsghdr *out = CMSG_FIRSTHDR(m);
        out->cmsg_level = c->cmsg_level;
        out->cmsg_type = c->cmsg_type;
        out->cmsg_len = v4 ? CMSG_LEN(sizeof four) : CMSG_LEN(sizeof six);
        if (v4) { /* by whatever way leads there */
            memcpy(&four, CMSG_DATA(c), sizeof four);
            four.ipi_ifindex = 0;
            memcpy(CMSG_DATA(out), &four, sizeof four);
        } else {
            memcpy(&six, CMSG_DATA(c), sizeof six);
            if (!IN6_IS_ADDR_LINKLOCAL(&six.ipi6_addr))
                six.ipi6_ifindex = 0;
            memcpy(CMSG_DATA(out), &six, sizeof six);
        }
        return;
    }
}

/* What a return is made of. */
struct way_back {
    struct sockaddr_storage to;
    socklen_t to_n;
    size_t control_n;
    _Alignas(max_align_t) char control[CONTROL_BYTES];
};
_Static_assert(sizeof(struct way_back) <= TW_UDP_RETURN, "a return has room for it");

static void way_of(const struct tw_udp *u, const struct tw_udp_datagram *d, struct way_back *out)
{
    struct msghdr received = u->headers[d->slot].msg_hdr;
    *out = (struct way_back){.to = u->from[d->slot], .to_n = received.msg_namelen};
    struct msghdr m = {.msg_control = out->control, .msg_controllen = sizeof out->control};
    answer_from(&received, &m);
    out->control_n = m.msg_controllen < sizeof out->control ? m.msg_controllen : 0;
}

static void send_back(struct tw_udp *u, struct way_back *way, struct tw_str bytes)
{
    struct iovec v = {(void *)(uintptr_t)bytes.p, bytes.n};
    struct msghdr m = {.msg_name = &way->to,
                       .msg_namelen = way->to_n,
                       .msg_iov = &v,
                       .msg_iovlen = 1,
                       .msg_control = way->control_n > 0 ? way->control : NULL,
                       .msg_controllen = way->control_n};
    bool sent = sendmsg(u->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
    u->stats.answered += sent;
    u->stats.unanswered += !sent;
}

void tw_udp_answer(struct tw_udp *u, const struct tw_udp_datagram *d, struct tw_str bytes)
{
    struct way_back way;
    way_of(u, d, &way);
    send_back(u, &way, bytes);
}

void tw_udp_keep_return(const struct tw_udp *u, const struct tw_udp_datagram *d, struct tw_udp_return *out)
{
    struct way_back way;
    way_of(u, d, &way);
    memcpy(out->bytes, &way, sizeof way);
}

void tw_udp_answer_later(struct tw_udp *u, const struct tw_udp_return *to, struct tw_str bytes)
{
    struct way_back way;
    memcpy(&way, to->bytes, sizeof way);
    send_back(u, &way, bytes);
}

void tw_udp_stamps(struct tw_udp *u, bool on)
{
    int value = on;
    (void)setsockopt(u->fd, SOL_SOCKET, SO_TIMESTAMPNS, &value, sizeof value);
}

uint64_t tw_udp_waiting(const struct tw_udp *u, uint64_t *size)
{
    uint32_t info[SK_MEMINFO_VARS] = {0};
    socklen_t n = sizeof info;
    if (getsockopt(u->fd, SOL_SOCKET, SO_MEMINFO, info, &n) != 0 || n <= SK_MEMINFO_RCVBUF * sizeof *info)
        memset(info, 0, sizeof info);
    *size = info[SK_MEMINFO_RCVBUF];
    return info[SK_MEMINFO_RMEM_ALLOC];
}

struct tw_udp_stats tw_udp_stats(struct tw_udp *u)
{
    uint32_t info[SK_MEMINFO_VARS] = {0};
    socklen_t n = sizeof info;
    if (getsockopt(u->fd, SOL_SOCKET, SO_MEMINFO, info, &n) == 0 && n > SK_MEMINFO_DROPS * sizeof *info)
        count_drops(u, info[SK_MEMINFO_DROPS]);
    return u->stats;
}
