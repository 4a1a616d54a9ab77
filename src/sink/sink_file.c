/* SPDX-License-Identifier: ISC */
#include "lines.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct output {
    struct tw_sink sink; /* first */
    struct tw_lines lines;
    char *path;
    int fd;          /* -1: could not be opened */
    struct stat was; /* what was closed; st_mode 0: nothing */
    off_t end;       /* where our last byte ended in it */
};

extern const struct tw_sink_ops tw_sink_file;

/* The file that was closed, with the beginning of a line that the disk had no room for: the rest goes there.
 */
static bool goes_on(const struct output *o)
{
    struct stat now;
    return o->fd >= 0 && S_ISREG(o->was.st_mode) && fstat(o->fd, &now) == 0 && now.st_dev == o->was.st_dev &&
           now.st_ino == o->was.st_ino && now.st_size >= o->end;
}

/* O_NONBLOCK: the path may name a pipe that nobody reads. */
static void open_file(struct output *o)
{
    o->fd = open(o->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
    if (o->fd < 0)
        tw_lines_failed(&o->sink.stats, errno);
    else if (!goes_on(o))
        tw_lines_rewind(&o->lines);
}

static void write_lines(struct output *o)
{
    if (o->fd < 0)
        return;
    tw_lines_write(&o->lines, o->fd, &o->sink.stats);
    off_t at = lseek(o->fd, 0, SEEK_CUR);
    if (at > 0) /* else nothing was written since it was opened */
        o->end = at;
}

static void close_file(struct output *o)
{
    if (o->fd < 0)
        return;
    if (fstat(o->fd, &o->was) != 0)
        o->was.st_mode = 0;
    (void)close(o->fd);
    o->fd = -1;
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
    write_lines(o);
}

static void reopen(struct tw_sink *s)
{
    struct output *o = (struct output *)s;
    write_lines(o);
    close_file(o);
    open_file(o);
    write_lines(o);
}

static void destroy(struct tw_sink *s)
{
    struct output *o = (struct output *)s;
    if (o == NULL)
        return;
    close_file(o);
    free(o->path);
    tw_lines_finish(&o->lines);
    free(o);
}

const struct tw_sink_ops tw_sink_file = {.name = "file",
                                         .needs_path = true,
                                         .create = create,
                                         .deliver = deliver,
                                         .flush = flush,
                                         .reopen = reopen,
                                         .destroy = destroy};
