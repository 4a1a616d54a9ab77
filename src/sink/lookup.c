/* SPDX-License-Identifier: ISC */
#include "lookup.h"

#include "base/err.h"
#include "base/mem.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Shared by the thread and who waits; the last of both frees it. */
struct job {
    atomic_int users;
    char *host, *port;
    struct addrinfo hints, *list;
    int error, ready; /* ready: the thread's end of a pair of sockets */
};

struct tw_lookup {
    struct job *job;
    struct event *readable;
    int fd;
    tw_lookup_found *found;
    void *ctx;
};

static void release(struct job *j)
{
    if (atomic_fetch_sub(&j->users, 1) > 1)
        return;
    if (j->list != NULL)
        freeaddrinfo(j->list);
    (void)close(j->ready);
    free(j->host);
    free(j->port);
    free(j);
}

static void *look(void *arg)
{
    struct job *j = arg;
    j->error = getaddrinfo(j->host, j->port, &j->hints, &j->list);
    if (j->error != 0)
        j->list = NULL;
    (void)send(j->ready, "", 1, MSG_NOSIGNAL);
    release(j);
    return NULL;
}

static void ready(evutil_socket_t fd, short what, void *arg)
{
    struct tw_lookup *l = arg;
    char why[TW_SINK_WHY], byte;
    tw_lookup_found *found = l->found;
    void *ctx = l->ctx;
    (void)what;
    bool done = recv(fd, &byte, 1, 0) == 1; /* the thread's writes are seen now */
    struct addrinfo *list = done ? l->job->list : NULL;
    (void)snprintf(why, sizeof why, "can't find %.100s: %s", l->job->host,
                   done ? gai_strerror(l->job->error) : "");
    if (list != NULL)
        l->job->list = NULL;
    tw_lookup_cancel(l);
    found(ctx, list, list == NULL ? why : NULL);
}

/* A signal is for the daemon's own thread. */
static bool begin(struct job *j)
{
    sigset_t all, before;
    pthread_t thread;
    pthread_attr_t detached;
    (void)sigfillset(&all);
    (void)pthread_attr_init(&detached);
    (void)pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    bool ok = pthread_create(&thread, &detached, look, j) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&detached);
    return ok;
}

struct tw_lookup *tw_lookup_start(struct event_base *base, const char *host, const char *port, int type,
                                  tw_lookup_found *found, void *ctx)
{
    struct addrinfo hints = {.ai_socktype = type, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV}, *list = NULL;
    int pair[2];
    if (getaddrinfo(host, port, &hints, &list) == 0) {
        found(ctx, list, NULL);
        return NULL;
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0) {
        found(ctx, NULL, "can't look up a name: no socket");
        return NULL;
    }
    struct job *j = tw_xcalloc(1, sizeof *j);
    *j = (struct job){.users = 2,
                      .host = tw_xstrndup(host, strlen(host)),
                      .port = tw_xstrndup(port, strlen(port)),
                      .hints = {.ai_socktype = type, .ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG},
                      .ready = pair[1]};
    struct tw_lookup *l = tw_xcalloc(1, sizeof *l);
    *l = (struct tw_lookup){.job = j, .fd = pair[0], .found = found, .ctx = ctx};
    l->readable = event_new(base, l->fd, EV_READ, ready, l);
    TW_ASSERT(l->readable != NULL && event_add(l->readable, NULL) == 0);
    if (begin(j))
        return l;
    release(j);
    tw_lookup_cancel(l);
    found(ctx, NULL, "can't look up a name: no thread");
    return NULL;
}

int tw_lookup_datagrams(const struct addrinfo *list, int *error)
{
    *error = EMFILE;
    for (const struct addrinfo *a = list; a != NULL; a = a->ai_next) {
        int fd = socket(a->ai_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) == 0)
            return fd;
        *error = errno;
        if (fd >= 0)
            (void)close(fd);
    }
    return -1;
}

void tw_lookup_cancel(struct tw_lookup *l)
{
    if (l == NULL)
        return;
    event_free(l->readable);
    (void)close(l->fd);
    release(l->job);
    free(l);
}
