/* SPDX-License-Identifier: ISC */
#include "source/sockaddr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <unistd.h>

socklen_t tw_sockaddr_make(const struct tw_addr *a, uint16_t port, struct sockaddr_storage *out)
{
    *out = (struct sockaddr_storage){0};
    if (a->family == 4) {
        struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
        memcpy(&in.sin_addr, a->bytes, 4);
        memcpy(out, &in, sizeof in);
        return sizeof in;
    }
    struct sockaddr_in6 in = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    memcpy(&in.sin6_addr, a->bytes, 16);
    memcpy(out, &in, sizeof in);
    return sizeof in;
}

uint16_t tw_sockaddr_read(const struct sockaddr_storage *s, struct tw_addr *out)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    *out = (struct tw_addr){0};
    if (s->ss_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, s, sizeof in);
        out->family = 4;
        memcpy(out->bytes, &in.sin_addr, 4);
        return ntohs(in.sin_port);
    }
    if (s->ss_family != AF_INET6)
        return 0;
    struct sockaddr_in6 in;
    memcpy(&in, s, sizeof in);
    bool is_mapped = memcmp(&in.sin6_addr, mapped, sizeof mapped) == 0;
    out->family = is_mapped ? 4 : 6;
    memcpy(out->bytes, (const uint8_t *)&in.sin6_addr + (is_mapped ? 12 : 0), is_mapped ? 4 : 16);
    return ntohs(in.sin6_port);
}

void tw_sockaddr_local(int fd, struct tw_addr *address, uint16_t *port)
{
    struct sockaddr_storage local = {0};
    socklen_t n = sizeof local;
    *port = 0;
    *address = (struct tw_addr){0};
    if (getsockname(fd, (struct sockaddr *)&local, &n) == 0)
        *port = tw_sockaddr_read(&local, address);
}

int tw_sockaddr_bind(const struct tw_addr *address, uint16_t port, int type)
{
    struct sockaddr_storage to;
    socklen_t n = tw_sockaddr_make(address, port, &to);
    int on = 1, fd = socket(to.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    /* "[::]" and "0.0.0.0" may both be listed. After a restart TCP connections of before still hold the port.
     */
    if ((to.ss_family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0) ||
        (type == SOCK_STREAM && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) ||
        bind(fd, (struct sockaddr *)&to, n) != 0) {
        int why = errno;
        (void)close(fd);
        errno = why;
        return -1;
    }
    return fd;
}

bool tw_sockaddr_adopt(int fd, int type)
{
    int is = 0, flags;
    struct sockaddr_storage local = {0};
    socklen_t n = sizeof is, local_n = sizeof local;
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &is, &n) != 0 ||
        getsockname(fd, (struct sockaddr *)&local, &local_n) != 0)
        return false;
    if (is != type || (local.ss_family != AF_INET && local.ss_family != AF_INET6)) {
        errno = EPROTOTYPE;
        return false;
    }
    flags = fcntl(fd, F_GETFL);
    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}
