/* SPDX-License-Identifier: ISC */
#include "plat/notify.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE_MS = 100 };

static int connect_to(const char *path)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t n = strlen(path);
    if ((path[0] != '/' && path[0] != '@') || n < 2 || n >= sizeof to.sun_path)
        return -1;
    memcpy(to.sun_path, path, n);
    if (path[0] == '@')
        to.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&to, size) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static tw_dur watchdog_period(void)
{
    const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    uint64_t n, p;
    if (usec == NULL || !tw_str_u64(tw_str_z(usec), INT64_MAX / 1000, &n))
        return (tw_dur){0};
    if (pid != NULL && (!tw_str_u64(tw_str_z(pid), INT32_MAX, &p) || p != (uint64_t)getpid()))
        return (tw_dur){0};
    return (tw_dur){(int64_t)n * 1000 / 2};
}

void tw_notify_init(struct tw_notify *n)
{
    const char *path = getenv("NOTIFY_SOCKET");
    n->fd = path != NULL ? connect_to(path) : -1;
    n->watchdog = n->fd >= 0 ? watchdog_period() : (tw_dur){0};
}

void tw_notify_send(const struct tw_notify *n, const char *lines)
{
    if (n->fd < 0 || send(n->fd, lines, strlen(lines), MSG_NOSIGNAL | MSG_DONTWAIT) >= 0 || errno != EAGAIN)
        return;
    /* The manager's queue is short. A READY that is lost would make it think that we never came up. */
    struct pollfd p = {.fd = n->fd, .events = POLLOUT};
    (void)poll(&p, 1, PATIENCE_MS);
    (void)send(n->fd, lines, strlen(lines), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void tw_notify_finish(struct tw_notify *n)
{
    if (n->fd >= 0)
        (void)close(n->fd);
    n->fd = -1;
}
