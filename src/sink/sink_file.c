/* SPDX-License-Identifier: ISC */
#include "lines.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BATCH = 256, PAUSE_MS = 1000 };
enum { PATH, FORMAT };

struct output {
    struct tw_sink sink; /* first */
    struct tw_lines lines;
    char *path;
    int fd;          /* -1: not open */
    struct stat was; /* what was closed; st_mode 0: nothing */
    off_t end;       /* where our last byte ended in it */
};

static const struct tw_setting settings[] = {
    [PATH] = {.name = "path",
              .kind = TW_SETTING_PATH,
              .needed = true,
              .help = "The file. It is appended to, and opened anew on SIGHUP."},
    [FORMAT] = TW_LINES_FORMAT,
    {.name = NULL}};

/* The file that was closed, with the beginning of a line that the disk had no room for: the rest goes there.
 */
static bool goes_on(const struct output *o)
{
    struct stat now;
    return S_ISREG(o->was.st_mode) && fstat(o->fd, &now) == 0 && now.st_dev == o->was.st_dev &&
           now.st_ino == o->was.st_ino && now.st_size >= o->end;
}

/* A run that was killed in the middle of a line left it so: what comes now is a line of its own. */
static bool end_line(const struct output *o)
{
    struct stat now;
    char last = '\n';
    if (fstat(o->fd, &now) != 0 || !S_ISREG(now.st_mode) || now.st_size == 0)
        return true;
    int fd = open(o->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return true; /* it may be written only */
    bool torn = pread(fd, &last, 1, now.st_size - 1) == 1 && last != '\n';
    (void)close(fd);
    return !torn || write(o->fd, "\n", 1) == 1;
}

/* O_NONBLOCK: the path may name a pipe that nobody reads. */
static bool open_file(struct output *o)
{
    o->fd = open(o->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
    if (o->fd < 0)
        return false;
    if (!goes_on(o))
        o->lines.torn = 0;
    if (o->lines.torn > 0 || end_line(o))
        return true;
    int error = errno;
    (void)close(o->fd);
    o->fd = -1;
    errno = error;
    return false;
}

static void close_file(struct output *o)
{
    if (o->fd < 0)
        return;
    if (fstat(o->fd, &o->was) != 0)
        o->was.st_mode = 0;
    off_t at = lseek(o->fd, 0, SEEK_CUR);
    if (at > 0) /* else nothing was written since it was opened */
        o->end = at;
    (void)close(o->fd);
    o->fd = -1;
}

/* NOLINTBEGIN(readability-non-const-parameter): others write why */
static struct tw_sink *create(const struct tw_sink_env *env, const struct tw_setting_value *values,
                              char why[static TW_SINK_WHY])
{
    struct output *o = tw_xcalloc(1, sizeof *o);
    (void)env;
    (void)why;
    o->path = tw_xstrndup(values[PATH].text.p, values[PATH].text.n);
    o->lines = (struct tw_lines){.sink = &o->sink, .as_text = values[FORMAT].number == 1};
    o->fd = -1;
    return &o->sink;
}
/* NOLINTEND(readability-non-const-parameter) */

static void send_lines(struct tw_sink *s, const struct tw_item *const *items, size_t n)
{
    struct output *o = (struct output *)s;
    if (o->lines.failed)
        close_file(o); /* the path may lead elsewhere now */
    if (o->fd < 0 && !open_file(o)) {
        tw_sink_done(s, 0, TW_SENT_AGAIN, strerror(errno));
        return;
    }
    tw_lines_send(&o->lines, o->fd, items, n);
}

static const char *reopen(struct tw_sink *s)
{
    struct output *o = (struct output *)s;
    tw_lines_stop(&o->lines, "opened anew");
    close_file(o);
    return open_file(o) ? NULL : strerror(errno);
}

static void destroy(struct tw_sink *s)
{
    struct output *o = (struct output *)s;
    tw_lines_finish(&o->lines);
    close_file(o);
    free(o->path);
    free(o);
}

const struct tw_sink_ops tw_sink_file = {.name = "file",
                                         .help = "A file, or a named pipe that somebody reads.",
                                         .settings = settings,
                                         .batch = BATCH,
                                         .is_log = true,
                                         .pause_max_ms = PAUSE_MS,
                                         .create = create,
                                         .send = send_lines,
                                         .reopen = reopen,
                                         .destroy = destroy};
