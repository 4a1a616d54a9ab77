/* SPDX-License-Identifier: ISC */
#include "lines.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct output {
    struct tw_sink sink; /* first */
    struct tw_lines lines;
    char *path;
    int fd; /* -1: could not be opened */
};

extern const struct tw_sink_ops tw_sink_file;

/* O_NONBLOCK: the path may name a pipe that nobody reads. */
static void open_file(struct output *o)
{
    o->fd = open(o->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
    if (o->fd < 0)
        tw_lines_failed(&o->sink.stats, errno);
}

static void close_file(struct output *o)
{
    if (o->fd >= 0)
        (void)close(o->fd);
    o->fd = -1;
    tw_lines_rewind(&o->lines);
}

static struct tw_sink *create(const char *path)
{
    struct output *o = tw_xcalloc(1, sizeof *o);
    o->sink.ops = &tw_sink_file;
    o->path = tw_xstrndup(path, strlen(path));
    open_file(o);
    return &o->sink;
}

static void deliver(struct tw_sink *s, const struct tw_transition *t, struct tw_str text)
{
    (void)t;
    tw_lines_add(&((struct output *)s)->lines, text, &s->stats);
}

static void flush(struct tw_sink *s)
{
    struct output *o = (struct output *)s;
    if (o->fd < 0 || s->stats.failing) {
        close_file(o);
        open_file(o);
    }
    tw_lines_write(&o->lines, o->fd, &s->stats);
}

static void reopen(struct tw_sink *s)
{
    struct output *o = (struct output *)s;
    if (o->fd >= 0)
        tw_lines_write(&o->lines, o->fd, &s->stats);
    close_file(o);
    open_file(o);
    tw_lines_write(&o->lines, o->fd, &s->stats);
}

static void destroy(struct tw_sink *s)
{
    struct output *o = (struct output *)s;
    if (o == NULL)
        return;
    close_file(o);
    free(o->path);
    tw_buf_finish(&o->lines.text);
    free(o);
}

const struct tw_sink_ops tw_sink_file = {.name = "file",
                                         .needs_path = true,
                                         .create = create,
                                         .deliver = deliver,
                                         .flush = flush,
                                         .reopen = reopen,
                                         .destroy = destroy};
