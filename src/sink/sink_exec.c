/* SPDX-License-Identifier: ISC */
/*
 * A program of the user's for each transition: its JSON on standard input. Never a shell: the list is what is
 * run. One at a time; one that takes too long is ended, with all that it has begun.
 */
#include "base/err.h"
#include "base/mem.h"
#include "sink/sink.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { COMMAND, TIMEOUT };
enum { SAID_MAX = 200, GRACE_MS = 2000 };

struct output {
    struct tw_sink sink; /* first */
    char **argv;
    struct timeval timeout;
    pid_t pid; /* 0: none runs */
    int pidfd, in, err;
    struct event *ended, *writable, *readable, *late;
    struct tw_str rest;      /* of the item, not yet written */
    char said[SAID_MAX + 1]; /* the first line of its standard error */
    size_t said_n;
    bool line, killed;
};

static const struct tw_setting settings[] = {
    [COMMAND] = {.name = "command",
                 .kind = TW_SETTING_LIST,
                 .needed = true,
                 .help = "The program, with its path, and its arguments: no shell looks at them."},
    [TIMEOUT] = {.name = "timeout",
                 .kind = TW_SETTING_TIME,
                 .preset = "30s",
                 .least = INT64_C(1000000000),
                 .most = INT64_C(600000000000),
                 .help = "Then it gets SIGTERM, and two seconds later SIGKILL."},
    {.name = NULL}};

static void drop(struct event **e)
{
    if (*e != NULL)
        event_free(*e);
    *e = NULL;
}

static void shut(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

static void let_go(struct output *o)
{
    drop(&o->ended);
    drop(&o->writable);
    drop(&o->readable);
    drop(&o->late);
    shut(&o->in);
    shut(&o->err);
    shut(&o->pidfd);
    o->pid = 0;
}

static void fail(struct output *o, const char *what)
{
    char why[TW_SINK_WHY];
    (void)snprintf(why, sizeof why, "%s%s%s", what, o->said_n > 0 ? ": " : "", o->said);
    let_go(o);
    tw_sink_done(&o->sink, 0, TW_SENT_AGAIN, why);
}

/* What it says first is why. */
static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
    struct output *o = ctx;
    char piece[512];
    ssize_t n = read(fd, piece, sizeof piece);
    (void)what;
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        drop(&o->readable);
        shut(&o->err);
        return;
    }
    for (ssize_t i = 0; i < n && !o->line; i++) {
        o->line = piece[i] == '\n' && o->said_n > 0;
        if (!o->line && piece[i] != '\n' && o->said_n < SAID_MAX)
            o->said[o->said_n++] = piece[i] >= ' ' && piece[i] <= '~' ? piece[i] : '?';
    }
}

/* It need not read everything, or anything. */
static void on_writable(evutil_socket_t fd, short what, void *ctx)
{
    struct output *o = ctx;
    ssize_t n = o->rest.n > 0 ? write(fd, o->rest.p, o->rest.n) : 0;
    (void)what;
    if (n > 0)
        o->rest = tw_str_from(o->rest, (size_t)n);
    if (o->rest.n > 0 && (n > 0 || errno == EAGAIN || errno == EINTR))
        return;
    drop(&o->writable);
    shut(&o->in);
}

static void on_ended(evutil_socket_t fd, short what, void *ctx)
{
    struct output *o = ctx;
    int status = 0;
    char text[64];
    (void)fd;
    (void)what;
    if (waitpid(o->pid, &status, WNOHANG) != o->pid)
        return;
    if (o->readable != NULL)
        on_readable(o->err, 0, o);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        let_go(o);
        tw_sink_done(&o->sink, 1, TW_SENT_OK, NULL);
        return;
    }
    if (o->killed)
        (void)snprintf(text, sizeof text, "it took too long and was ended");
    else if (WIFEXITED(status))
        (void)snprintf(text, sizeof text, "exit status %d", WEXITSTATUS(status));
    else
        (void)snprintf(text, sizeof text, "ended by signal %d", WTERMSIG(status));
    fail(o, text);
}

static void on_late(evutil_socket_t fd, short what, void *ctx)
{
    static const struct timeval grace = {GRACE_MS / 1000, 0};
    struct output *o = ctx;
    (void)fd;
    (void)what;
    (void)kill(-o->pid, o->killed ? SIGKILL : SIGTERM); /* its process group */
    o->killed = true;
    (void)event_add(o->late, &grace);
}

/* What a program may rely on, and nothing else of the daemon's environment. */
static char **environment(const struct tw_item *i, struct tw_buf *b, char *list[static 16])
{
    const struct {
        const char *name, *text;
    } rows[] = {{"PATH", getenv("PATH") != NULL ? getenv("PATH")
                                                : "/usr/bin:/bin"}, /* NOLINT(concurrency-mt-unsafe) */
                {"LANG", "C.UTF-8"},
                {"TRUNKWATCH_ALERT_ID", i->t.alert_id},
                {"TRUNKWATCH_TRANSITION", tw_transition_name(i->t.kind)},
                {"TRUNKWATCH_CONDITION", i->t.condition},
                {"TRUNKWATCH_SEVERITY", tw_severity_name(i->t.severity)},
                {"TRUNKWATCH_PAIR", i->t.pair},
                {"TRUNKWATCH_DEVICE", i->t.device},
                {"TRUNKWATCH_TRUNK", i->t.trunk},
                {"TRUNKWATCH_SUMMARY", i->t.summary}};
    enum { ROWS = sizeof rows / sizeof *rows };
    size_t at[ROWS], n = 0;
    for (size_t k = 0; k < ROWS; k++) {
        at[k] = b->n;
        tw_buf_fmt(b, "%s=%s", rows[k].name, rows[k].text != NULL ? rows[k].text : "");
        tw_buf_char(b, '\0');
    }
    tw_buf_fmt(b, "TRUNKWATCH_NUMBER=%u", i->t.number);
    for (size_t k = 0; k < ROWS; k++)
        list[n++] = b->p + at[k];
    list[n++] = b->p + at[ROWS - 1] + strlen(b->p + at[ROWS - 1]) + 1;
    list[n] = NULL;
    return list;
}

/* Standard output goes where standard error goes: it may be all that a program says. */
static int spawn(struct output *o, const struct tw_item *i, int in, int err)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t none, all;
    struct tw_buf text = {0};
    char *list[16];
    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    (void)posix_spawn_file_actions_init(&files);
    (void)posix_spawnattr_init(&how);
    (void)posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
    (void)posix_spawn_file_actions_adddup2(&files, err, STDOUT_FILENO);
    (void)posix_spawn_file_actions_adddup2(&files, err, STDERR_FILENO);
    (void)posix_spawnattr_setflags(&how,
                                   POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    (void)posix_spawnattr_setpgroup(&how, 0);
    (void)posix_spawnattr_setsigmask(&how, &none);
    (void)posix_spawnattr_setsigdefault(&how, &all);
    int error = posix_spawn(&o->pid, o->argv[0], &files, &how, o->argv, environment(i, &text, list));
    (void)posix_spawn_file_actions_destroy(&files);
    (void)posix_spawnattr_destroy(&how);
    tw_buf_finish(&text);
    if (error != 0)
        o->pid = 0;
    return error;
}

static bool watch(struct output *o)
{
    struct event_base *base = o->sink.env.base;
    o->pidfd = (int)syscall(SYS_pidfd_open, o->pid, 0);
    if (o->pidfd < 0)
        return false;
    (void)fcntl(o->in, F_SETFL, O_NONBLOCK);
    (void)fcntl(o->err, F_SETFL, O_NONBLOCK);
    o->ended = event_new(base, o->pidfd, EV_READ | EV_PERSIST, on_ended, o);
    o->writable = event_new(base, o->in, EV_WRITE | EV_PERSIST, on_writable, o);
    o->readable = event_new(base, o->err, EV_READ | EV_PERSIST, on_readable, o);
    o->late = evtimer_new(base, on_late, o);
    TW_ASSERT(o->ended != NULL && o->writable != NULL && o->readable != NULL && o->late != NULL);
    return event_add(o->ended, NULL) == 0 && event_add(o->writable, NULL) == 0 &&
           event_add(o->readable, NULL) == 0 && event_add(o->late, &o->timeout) == 0;
}

/* It is ours no longer: it ends, and nobody is left behind. */
static void put_down(struct output *o)
{
    if (o->pid == 0)
        return;
    (void)kill(-o->pid, SIGKILL);
    (void)waitpid(o->pid, NULL, 0);
}

static void send_item(struct tw_sink *s, const struct tw_item *const *items, size_t n)
{
    struct output *o = (struct output *)s;
    int in[2] = {-1, -1}, err[2] = {-1, -1};
    (void)n;
    o->said_n = 0;
    memset(o->said, 0, sizeof o->said);
    o->line = o->killed = false;
    o->rest = items[0]->json;
    int error = pipe2(in, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0 ? errno : 0;
    if (error == 0)
        error = spawn(o, items[0], in[0], err[1]);
    shut(&in[0]);
    shut(&err[1]);
    o->in = in[1];
    o->err = err[0];
    if (error == 0 && watch(o))
        return;
    error = error != 0 ? error : errno;
    put_down(o);
    fail(o, strerror(error));
}

static void destroy(struct tw_sink *s)
{
    struct output *o = (struct output *)s;
    put_down(o);
    let_go(o);
    for (size_t i = 0; o->argv[i] != NULL; i++)
        free(o->argv[i]);
    free(o->argv);
    free(o);
}

static struct tw_sink *create(const struct tw_sink_env *env, const struct tw_setting_value *v,
                              char why[static TW_SINK_WHY])
{
    struct tw_str program = v[COMMAND].list[0];
    char *path = tw_xstrndup(program.p, program.n);
    bool usable = program.n > 0 && path[0] == '/' && access(path, X_OK) == 0;
    (void)env;
    if (!usable)
        (void)snprintf(why, TW_SINK_WHY, "command: %s",
                       path[0] != '/' ? "the path of the program must begin with /" : strerror(errno));
    free(path);
    if (!usable)
        return NULL;
    struct output *o = tw_xcalloc(1, sizeof *o);
    o->pidfd = o->in = o->err = -1;
    o->timeout = (struct timeval){v[TIMEOUT].number / 1000000000, v[TIMEOUT].number % 1000000000 / 1000};
    o->argv = tw_xcalloc(v[COMMAND].list_n + 1, sizeof(char *));
    for (size_t i = 0; i < v[COMMAND].list_n; i++)
        o->argv[i] = tw_xstrndup(v[COMMAND].list[i].p, v[COMMAND].list[i].n);
    return &o->sink;
}

const struct tw_sink_ops tw_sink_exec = {
    .name = "exec",
    .help = "A program, run for each transition with its JSON on standard input.",
    .settings = settings,
    .batch = 1,
    .create = create,
    .send = send_item,
    .destroy = destroy};
