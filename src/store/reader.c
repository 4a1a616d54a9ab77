/* SPDX-License-Identifier: ISC */
#include "store/reader.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

#include <event2/event.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct question {
    struct tw_reader_question q;
    atomic_bool stop;
    bool asked; /* the thread has it, or has had it */
    bool answered;
};

struct tw_reader {
    char *folder;
    struct event *event;
    int wake; /* eventfd, to the loop thread */
    bool has_thread;
    pthread_t thread;
    pthread_mutex_t mutex; /* of all below */
    pthread_cond_t more;
    struct question *rows[TW_READER_WAITING_MAX]; /* in their order */
    size_t n;
    bool end;
};

static void read_one(const struct tw_reader *r, struct question *x)
{
    const struct tw_store_options o = {.folder = r->folder};
    char why[TW_STORE_WHY] = "";
    struct tw_store *s = tw_store_open(&o, why);
    if (s != NULL)
        tw_store_bound(s, TW_READER_PATIENCE, &x->stop);
    x->q.work(x->q.ctx, s, why);
    tw_store_close(s);
}

static void wake(const struct tw_reader *r)
{
    uint64_t one = 1;
    if (write(r->wake, &one, sizeof one) != sizeof one)
        return; /* it is awake */
}

/* With the mutex. */
static struct question *next(const struct tw_reader *r)
{
    for (size_t i = 0; i < r->n; i++) {
        if (!r->rows[i]->asked)
            return r->rows[i];
    }
    return NULL;
}

static void *reader_run(void *reader)
{
    struct tw_reader *r = reader;
    (void)pthread_mutex_lock(&r->mutex);
    while (!r->end) {
        struct question *x = next(r);
        if (x == NULL) {
            (void)pthread_cond_wait(&r->more, &r->mutex);
            continue;
        }
        x->asked = true;
        (void)pthread_mutex_unlock(&r->mutex);
        read_one(r, x);
        (void)pthread_mutex_lock(&r->mutex);
        x->answered = true;
        wake(r);
    }
    (void)pthread_mutex_unlock(&r->mutex);
    return NULL;
}

/* One that is answered, taken out; NULL: none. */
static struct question *take_answered(struct tw_reader *r)
{
    struct question *x = NULL;
    (void)pthread_mutex_lock(&r->mutex);
    for (size_t i = 0; i < r->n && x == NULL; i++) {
        if (!r->rows[i]->answered)
            continue;
        x = r->rows[i];
        r->n--;
        memmove(r->rows + i, r->rows + i + 1, (r->n - i) * sizeof(struct question *));
    }
    (void)pthread_mutex_unlock(&r->mutex);
    return x;
}

static void finish(struct question *x)
{
    x->q.done(x->q.ctx);
    free(x);
}

static void on_wake(evutil_socket_t fd, short what, void *ctx)
{
    uint64_t n;
    (void)what;
    if (read(fd, &n, sizeof n) != sizeof n)
        return;
    for (struct question *x; (x = take_answered(ctx)) != NULL;)
        finish(x);
}

struct tw_reader *tw_reader_create(const char *folder, struct event_base *base)
{
    struct tw_reader *r = tw_xcalloc(1, sizeof *r);
    r->folder = tw_xstrndup(folder, strlen(folder));
    (void)pthread_mutex_init(&r->mutex, NULL);
    (void)pthread_cond_init(&r->more, NULL);
    r->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    TW_ASSERT(r->wake >= 0);
    r->event = event_new(base, r->wake, EV_READ | EV_PERSIST, on_wake, r);
    TW_ASSERT(r->event != NULL && event_add(r->event, NULL) == 0);
    return r;
}

void tw_reader_destroy(struct tw_reader *r)
{
    if (r == NULL)
        return;
    (void)pthread_mutex_lock(&r->mutex);
    r->end = true;
    for (size_t i = 0; i < r->n; i++)
        atomic_store(&r->rows[i]->stop, true);
    (void)pthread_cond_signal(&r->more);
    (void)pthread_mutex_unlock(&r->mutex);
    if (r->has_thread)
        (void)pthread_join(r->thread, NULL);
    for (size_t i = 0; i < r->n; i++)
        finish(r->rows[i]);
    event_free(r->event);
    (void)close(r->wake);
    (void)pthread_mutex_destroy(&r->mutex);
    (void)pthread_cond_destroy(&r->more);
    free(r->folder);
    free(r);
}

bool tw_reader_ask(struct tw_reader *r, const struct tw_reader_question *q)
{
    if (!r->has_thread && pthread_create(&r->thread, NULL, reader_run, r) != 0)
        return false;
    r->has_thread = true;
    (void)pthread_mutex_lock(&r->mutex);
    bool room = r->n < TW_READER_WAITING_MAX;
    if (room) {
        struct question *x = tw_xcalloc(1, sizeof *x);
        x->q = *q;
        r->rows[r->n++] = x;
        (void)pthread_cond_signal(&r->more);
    }
    (void)pthread_mutex_unlock(&r->mutex);
    return room;
}

void tw_reader_stop(struct tw_reader *r, const void *ctx)
{
    (void)pthread_mutex_lock(&r->mutex);
    for (size_t i = 0; i < r->n; i++) {
        if (r->rows[i]->q.ctx == ctx)
            atomic_store(&r->rows[i]->stop, true);
    }
    (void)pthread_mutex_unlock(&r->mutex);
}
