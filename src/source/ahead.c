/* SPDX-License-Identifier: ISC */
#include "ahead.h"

#include "base/err.h"
#include "base/mem.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

/* Windows by turns: window k is in slot k % SLOTS. */
enum { SLOTS = 4 };

struct ahead {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct reader *reader;
    struct window *slot[SLOTS]; /* the first is not ours */
    size_t filled;              /* windows read so far */
    size_t taken;               /* windows that are done with; the one in use is number `taken` */
    bool stop;
};

static void *read_on(void *ctx)
{
    struct ahead *a = ctx;
    bool more = true;
    while (more) {
        (void)pthread_mutex_lock(&a->lock);
        while (!a->stop && a->filled - a->taken == SLOTS)
            (void)pthread_cond_wait(&a->changed, &a->lock);
        bool stop = a->stop;
        size_t k = a->filled;
        (void)pthread_mutex_unlock(&a->lock);
        if (stop)
            break;
        reader_fill(a->reader, a->slot[k % SLOTS], a->slot[(k + SLOTS - 1) % SLOTS]);
        more = a->slot[k % SLOTS]->lines_n > 0;
        (void)pthread_mutex_lock(&a->lock);
        a->filled++;
        (void)pthread_cond_signal(&a->changed);
        (void)pthread_mutex_unlock(&a->lock);
    }
    return NULL;
}

/* Signals are for the thread that was there before. */
static bool start(struct ahead *a)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    bool ok = pthread_create(&a->thread, NULL, read_on, a) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return ok;
}

static void release(struct ahead *a)
{
    (void)pthread_cond_destroy(&a->changed);
    (void)pthread_mutex_destroy(&a->lock);
    for (size_t i = 1; i < SLOTS; i++)
        window_destroy(a->slot[i]);
    free(a);
}

struct ahead *ahead_create(struct reader *r, struct window *first)
{
    struct ahead *a = tw_xcalloc(1, sizeof *a);
    a->reader = r;
    a->filled = 1;
    a->slot[0] = first;
    for (size_t i = 1; i < SLOTS; i++)
        a->slot[i] = window_create();
    TW_ASSERT(pthread_mutex_init(&a->lock, NULL) == 0 && pthread_cond_init(&a->changed, NULL) == 0);
    if (start(a))
        return a;
    release(a);
    return NULL;
}

struct window *ahead_next(struct ahead *a)
{
    (void)pthread_mutex_lock(&a->lock);
    a->taken++;
    (void)pthread_cond_signal(&a->changed);
    while (a->filled == a->taken)
        (void)pthread_cond_wait(&a->changed, &a->lock);
    struct window *w = a->slot[a->taken % SLOTS];
    (void)pthread_mutex_unlock(&a->lock);
    return w;
}

void ahead_destroy(struct ahead *a)
{
    if (a == NULL)
        return;
    (void)pthread_mutex_lock(&a->lock);
    a->stop = true;
    (void)pthread_cond_signal(&a->changed);
    (void)pthread_mutex_unlock(&a->lock);
    (void)pthread_join(a->thread, NULL);
    release(a);
}
