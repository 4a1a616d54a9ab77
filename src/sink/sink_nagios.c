/* SPDX-License-Identifier: ISC */
/*
 * Nagios on this machine, by its external command file, a named pipe: a passive check result of a service is
 * a line. The pipe is opened for each: Nagios makes another one when it starts. Nothing ever waits for it.
 */
#include "holder.h"
#include "plugin.h"

#include "base/mem.h"
#include "plat/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HOLDER, COMMAND_FILE = TW_HOLDER_ROWS };

struct output {
    struct tw_holder holder; /* first */
    struct tw_str path;      /* NUL-terminated */
    struct tw_buf line;
};

static const struct tw_setting settings[] = {
    [HOLDER + TW_HOLDER_HOST] = TW_HOLDER_SET_HOST,
    [HOLDER + TW_HOLDER_SERVICE] = TW_HOLDER_SET_SERVICE,
    [HOLDER + TW_HOLDER_TTL] = TW_HOLDER_SET_TTL,
    [HOLDER + TW_HOLDER_ALIVE] = TW_HOLDER_SET_ALIVE,
    [COMMAND_FILE] = {.name = "command-file",
                      .kind = TW_SETTING_PATH,
                      .needed = true,
                      .help = "The external command file, a named pipe that Nagios makes."},
    {.name = NULL}};

/* NULL, or what is wrong. What goes into a pipe at once arrives in one piece, or not at all. */
static const char *write_line(const struct output *o)
{
    struct stat st;
    const char *why = NULL;
    int fd = open(o->path.p, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return errno == ENXIO ? "nobody reads the command file: does Nagios run?" : strerror(errno);
    if (fstat(fd, &st) != 0 || !S_ISFIFO(st.st_mode))
        why = "the command file is no pipe";
    else if (write(fd, o->line.p, o->line.n) != (ssize_t)o->line.n)
        why = errno == EAGAIN ? "Nagios does not read its command file, which is full" : strerror(errno);
    (void)close(fd);
    return why;
}

static void post(struct tw_sink *s, size_t object, const struct tw_states_view *state)
{
    struct output *o = (struct output *)s;
    tw_buf_clear(&o->line);
    tw_plugin_command(&o->line, state, object != SIZE_MAX, tw_clock_wall());
    const char *why = write_line(o);
    tw_holder_posted(&o->holder, why == NULL ? TW_SENT_OK : TW_SENT_AGAIN, why);
}

static void destroy(struct tw_sink *s)
{
    struct output *o = (struct output *)s;
    tw_holder_finish(&o->holder);
    tw_buf_finish(&o->line);
    free(o);
}

static struct tw_sink *create(const struct tw_sink_env *env, const struct tw_setting_value *v,
                              char why[static TW_SINK_WHY])
{
    struct output *o = tw_xcalloc(1, sizeof *o);
    o->path = v[COMMAND_FILE].text;
    if (!tw_holder_set(&o->holder, &v[HOLDER], TW_PLUGIN_BANNED, "", why)) {
        destroy(&o->holder.sink);
        return NULL;
    }
    return tw_holder_start(&o->holder, env->base, post);
}

extern const struct tw_sink_ops tw_sink_nagios;
const struct tw_sink_ops tw_sink_nagios = {
    .name = "nagios",
    .help = "States of services in Nagios on this machine, by its external command file.",
    .settings = settings,
    .batch = 1,
    .wants_all = true,
    .create = create,
    .send = tw_holder_send,
    .destroy = destroy};
