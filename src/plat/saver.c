/* SPDX-License-Identifier: ISC */
#include "plat/saver.h"

#include "base/err.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct tw_saver {
    char *path, *beside, *folder;
    bool has_thread;
    pthread_t thread;
    pthread_mutex_t mutex; /* of all below */
    pthread_cond_t changed;
    struct tw_buf next; /* what waits */
    bool waits, at_work, end;
    int error; /* of the last that was written */
};

static int write_to(int fd, const struct tw_buf *b)
{
    for (size_t at = 0; at < b->n;) {
        ssize_t n = write(fd, b->p + at, b->n - at);
        if (n < 0 && errno != EINTR)
            return errno;
        if (n == 0)
            return EIO;
        at += n > 0 ? (size_t)n : 0;
    }
    return fsync(fd) == 0 ? 0 : errno;
}

/* So that the new name survives a loss of power too. */
static void sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    (void)close(fd);
}

static int write_whole(const struct tw_saver *s, const struct tw_buf *b)
{
    int fd = open(s->beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (fd < 0)
        return errno;
    int error = write_to(fd, b);
    if (close(fd) != 0 && error == 0)
        error = errno;
    if (error == 0 && rename(s->beside, s->path) != 0)
        error = errno;
    if (error == 0)
        sync_folder(s->folder);
    return error;
}

static void *saver_run(void *saver)
{
    struct tw_saver *s = saver;
    (void)pthread_mutex_lock(&s->mutex);
    while (s->waits || !s->end) {
        if (!s->waits) {
            (void)pthread_cond_wait(&s->changed, &s->mutex);
            continue;
        }
        struct tw_buf text = s->next;
        s->next = (struct tw_buf){0};
        s->waits = false;
        s->at_work = true;
        (void)pthread_mutex_unlock(&s->mutex);
        int error = write_whole(s, &text);
        tw_buf_finish(&text);
        (void)pthread_mutex_lock(&s->mutex);
        s->at_work = false;
        s->error = error;
        (void)pthread_cond_broadcast(&s->changed);
    }
    (void)pthread_mutex_unlock(&s->mutex);
    return NULL;
}

struct tw_saver *tw_saver_create(const char *path)
{
    struct tw_saver *s = tw_xcalloc(1, sizeof *s);
    struct tw_buf beside = {0};
    const char *slash = strrchr(path, '/');
    tw_buf_fmt(&beside, "%s.new", path);
    s->path = tw_xstrndup(path, strlen(path));
    s->beside = beside.p;
    s->folder = slash != NULL ? tw_xstrndup(path, (size_t)(slash - path) + 1) : tw_xstrndup(".", 1);
    (void)pthread_mutex_init(&s->mutex, NULL);
    (void)pthread_cond_init(&s->changed, NULL);
    return s;
}

void tw_saver_destroy(struct tw_saver *s)
{
    if (s == NULL)
        return;
    (void)pthread_mutex_lock(&s->mutex);
    s->end = true;
    (void)pthread_cond_broadcast(&s->changed);
    (void)pthread_mutex_unlock(&s->mutex);
    if (s->has_thread)
        (void)pthread_join(s->thread, NULL);
    (void)pthread_mutex_destroy(&s->mutex);
    (void)pthread_cond_destroy(&s->changed);
    tw_buf_finish(&s->next);
    free(s->path);
    free(s->beside);
    free(s->folder);
    free(s);
}

void tw_saver_put(struct tw_saver *s, struct tw_buf *text)
{
    (void)pthread_mutex_lock(&s->mutex);
    tw_buf_finish(&s->next);
    s->next = *text;
    s->waits = true;
    (void)pthread_cond_broadcast(&s->changed);
    (void)pthread_mutex_unlock(&s->mutex);
    *text = (struct tw_buf){0};
    if (s->has_thread)
        return;
    TW_ASSERT(pthread_create(&s->thread, NULL, saver_run, s) == 0);
    s->has_thread = true;
}

bool tw_saver_busy(struct tw_saver *s, int *error)
{
    (void)pthread_mutex_lock(&s->mutex);
    bool busy = s->waits || s->at_work;
    *error = s->error;
    (void)pthread_mutex_unlock(&s->mutex);
    return busy;
}

int tw_saver_wait(struct tw_saver *s)
{
    (void)pthread_mutex_lock(&s->mutex);
    while (s->waits || s->at_work)
        (void)pthread_cond_wait(&s->changed, &s->mutex);
    int error = s->error;
    (void)pthread_mutex_unlock(&s->mutex);
    return error;
}
