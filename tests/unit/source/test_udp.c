/* SPDX-License-Identifier: ISC */
#include "source/community.h"
#include "source/sockaddr.h"
#include "source/udp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

struct seen {
    size_t n, bytes, longest;
    struct tw_addr last;
};

static void count(void *ctx, const struct tw_udp_datagram *d)
{
    struct seen *s = ctx;
    s->n++;
    s->bytes += d->bytes.n;
    s->longest = d->bytes.n > s->longest ? d->bytes.n : s->longest;
    s->last = d->from;
}

static struct tw_addr address(const char *text)
{
    struct tw_addr a;
    assert_true(tw_addr_parse(tw_str_z(text), &a));
    return a;
}

static struct tw_udp *open_at(const char *text, size_t max_bytes, uint16_t *port)
{
    struct tw_addr a = address(text), local;
    struct tw_udp *u = tw_udp_open(&a, 0, max_bytes);
    assert_non_null(u);
    tw_sockaddr_local(tw_udp_fd(u), &local, port);
    assert_true(tw_addr_eq(&a, &local) && *port > 0);
    return u;
}

static void send_from(const char *source, uint16_t port, const void *bytes, size_t n, unsigned times)
{
    struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET, .sin_port = htons(port)};
    assert_int_equal(inet_pton(AF_INET, source, &from.sin_addr), 1);
    assert_int_equal(inet_pton(AF_INET, "127.0.0.1", &to.sin_addr), 1);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof from), 0);
    while (times-- > 0)
        (void)sendto(fd, bytes, n, 0, (struct sockaddr *)&to, sizeof to);
    (void)close(fd);
}

static void datagrams_and_their_senders(void **state)
{
    static char big[2000];
    uint16_t port;
    struct seen s = {0};
    struct tw_udp *u = open_at("127.0.0.1", 1000, &port);
    (void)state;
    assert_int_equal(tw_udp_read(u, 4, count, &s), 0);
    send_from("127.0.3.4", port, "abc", 3, 1);
    send_from("127.0.3.5", port, "", 0, 1);
    send_from("127.0.3.6", port, big, sizeof big, 1);
    assert_int_equal(tw_udp_read(u, 4, count, &s), 3);
    struct tw_addr last = address("127.0.3.6");
    assert_true(tw_addr_eq(&s.last, &last));
    assert_int_equal(s.longest, 1000);
    struct tw_udp_stats stats = tw_udp_stats(u);
    assert_int_equal(stats.received, 3);
    assert_int_equal(stats.cut, 1);
    assert_int_equal(stats.bytes, 1003);
    assert_int_equal(stats.kernel_drops, 0);
    assert_true(stats.receive_buffer > 0);
    tw_udp_destroy(u);
}

static void batches_are_bounded(void **state)
{
    uint16_t port;
    struct seen s = {0};
    struct tw_udp *u = open_at("127.0.0.1", 100, &port);
    (void)state;
    send_from("127.0.0.1", port, "x", 1, 3 * TW_UDP_BATCH);
    assert_int_equal(tw_udp_read(u, 1, count, &s), TW_UDP_BATCH);
    assert_int_equal(tw_udp_read(u, 100, count, &s), 2 * TW_UDP_BATCH);
    assert_int_equal(s.n, 3 * TW_UDP_BATCH);
    tw_udp_destroy(u);
}

/* Everything that was sent is received or counted as dropped, also drops after the last datagram that was
 * read. */
static void kernel_drops_are_counted(void **state)
{
    static char bytes[1000];
    uint16_t port;
    struct seen s = {0};
    struct tw_udp *u = open_at("127.0.0.1", sizeof bytes, &port);
    int small = 4096;
    (void)state;
    assert_int_equal(setsockopt(tw_udp_fd(u), SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
    send_from("127.0.0.1", port, bytes, sizeof bytes, 500);
    (void)tw_udp_read(u, 100, count, &s);
    struct tw_udp_stats stats = tw_udp_stats(u);
    assert_true(stats.kernel_drops > 0);
    assert_int_equal(stats.received + stats.kernel_drops, 500);
    send_from("127.0.0.1", port, bytes, sizeof bytes, 500);
    (void)tw_udp_read(u, 100, count, &s);
    stats = tw_udp_stats(u);
    assert_int_equal(stats.received + stats.kernel_drops, 1000);
    assert_int_equal(stats.received, s.n);
    tw_udp_destroy(u);
}

/* What waits tells an older number of drops than the socket itself, which was asked in between. */
static void drops_are_not_counted_again_by_older_datagrams(void **state)
{
    static char bytes[1000];
    uint16_t port;
    struct seen s = {0};
    struct tw_udp *u = open_at("127.0.0.1", sizeof bytes, &port);
    int small = 4096;
    (void)state;
    assert_int_equal(setsockopt(tw_udp_fd(u), SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
    send_from("127.0.0.1", port, bytes, sizeof bytes, 500);
    (void)tw_udp_read(u, 100, count, &s);
    size_t before = s.n;
    /* Each that finds room tells of the first drops. */
    send_from("127.0.0.1", port, bytes, sizeof bytes, 500);
    uint64_t drops = tw_udp_stats(u).kernel_drops;
    assert_true(drops > 0);
    (void)tw_udp_read(u, 100, count, &s);
    assert_true(s.n > before);
    assert_int_equal(tw_udp_drops(u), drops);
    assert_int_equal(tw_udp_stats(u).kernel_drops, drops);
    assert_int_equal(s.n + drops, 1000);
    tw_udp_destroy(u);
}

static void ipv6_and_mapped_addresses(void **state)
{
    struct sockaddr_in6 any = {.sin6_family = AF_INET6};
    struct seen s = {0};
    struct tw_addr local;
    uint16_t port;
    int off = 0, fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    (void)state;
    if (fd < 0 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) != 0 ||
        bind(fd, (struct sockaddr *)&any, sizeof any) != 0)
        skip(); /* a machine without IPv6 */
    struct tw_udp *u = tw_udp_adopt(fd, 100);
    assert_non_null(u);
    tw_sockaddr_local(tw_udp_fd(u), &local, &port);
    send_from("127.0.3.4", port, "abc", 3, 1);
    assert_int_equal(tw_udp_read(u, 1, count, &s), 1);
    struct tw_addr want = address("127.0.3.4");
    assert_true(tw_addr_eq(&s.last, &want));
    tw_udp_destroy(u);
}

static void only_udp_sockets_are_taken(void **state)
{
    struct tw_addr nowhere = address("192.0.2.1");
    int stream = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
        local = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    (void)state;
    assert_null(tw_udp_adopt(stream, 100));
    assert_int_equal(errno, EPROTOTYPE);
    assert_null(tw_udp_adopt(local, 100));
    assert_null(tw_udp_adopt(-1, 100));
    assert_null(tw_udp_open(&nowhere, 5514, 100));
    assert_int_equal(errno, EADDRNOTAVAIL);
    assert_int_equal(close(stream), 0); /* still the caller's */
    assert_int_equal(close(local), 0);
}

static void communities(void **state)
{
#define BYTES(s)                                                                                             \
    {                                                                                                        \
        s, sizeof(s) - 1                                                                                     \
    }
    static const struct {
        struct tw_str bytes;
        const char *want; /* NULL: none */
    } rows[] = {
        {BYTES("\x30\x0b\x02\x01\x01\x04\x06public"), "public"},
        {BYTES("\x30\x0b\x02\x01\x00\x04\x06public"), "public"},
        {BYTES("\x30\x81\x0d\x02\x01\x01\x04\x82\x00\x06public"), "public"},
        {BYTES("\x30\x05\x02\x01\x01\x04\x00"), ""},
        {BYTES("\x30\x0c\x02\x02\x00\x01\x04\x06public"), "public"},
        {BYTES("\x30\x0b\x02\x01\x03\x04\x06public"), NULL}, /* v3 */
        {BYTES("\x30\x0b\x02\x01\x01\x04\x07public"), NULL}, /* a length that lies */
        {BYTES("\x30\x0c\x02\x01\x01\x04\x06public"), NULL},
        {BYTES("\x30\x80\x02\x01\x01\x04\x06public"), NULL}, /* indefinite form */
        {BYTES("\x30\x85\x00\x00\x00\x00\x0b\x02\x01\x01\x04\x06public"), NULL},
        {BYTES("\x30\x84\xff\xff\xff\xff\x02\x01\x01"), NULL},
        {BYTES("\x30\x04\x02\x00\x04\x00"), NULL},
        {BYTES("\x30"), NULL},
        {BYTES("\x30\x84"), NULL},
        {BYTES(""), NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tw_str got = {0};
        assert_int_equal(tw_community_peek(rows[i].bytes, &got), rows[i].want != NULL);
        if (rows[i].want != NULL)
            assert_true(tw_str_eq(got, tw_str_z(rows[i].want)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(datagrams_and_their_senders),
        cmocka_unit_test(batches_are_bounded),
        cmocka_unit_test(kernel_drops_are_counted),
        cmocka_unit_test(drops_are_not_counted_again_by_older_datagrams),
        cmocka_unit_test(ipv6_and_mapped_addresses),
        cmocka_unit_test(only_udp_sockets_are_taken),
        cmocka_unit_test(communities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
