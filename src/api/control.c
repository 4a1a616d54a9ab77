/* SPDX-License-Identifier: ISC */
#include "api/control.h"

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 16, MODE = 0660, GROUPS_MAX = 1024, LOCK_TRIES = 100, LOCK_WAIT_MS = 10 };

struct connection {
    struct tw_control *control;
    struct bufferevent *bev;
    struct event *deadline;
    struct tw_control_peer peer;
    size_t row;
};

struct tw_control {
    struct tw_control_options options;
    struct event_base *base;
    struct evconnlistener *listener;
    struct event *again; /* after a connection could not be taken */
    struct connection *rows[TW_CONTROL_CONNECTIONS_MAX];
    size_t n;
    struct stat is; /* the socket, as we made it */
    char *path;
};

static void close_connection(struct connection *c)
{
    struct tw_control *all = c->control;
    all->rows[c->row] = all->rows[--all->n];
    all->rows[c->row]->row = c->row;
    event_free(c->deadline);
    bufferevent_free(c->bev);
    free(c);
}

static void on_late(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    close_connection(ctx);
}

static void set_deadline(struct connection *c)
{
    struct timeval tv = {TW_CONTROL_REQUEST_MS / 1000, (suseconds_t)(TW_CONTROL_REQUEST_MS % 1000) * 1000};
    TW_ASSERT(event_add(c->deadline, &tv) == 0);
}

static void on_written(struct bufferevent *bev, void *ctx)
{
    if (evbuffer_get_length(bufferevent_get_output(bev)) == 0)
        close_connection(ctx);
}

static void on_end(struct bufferevent *bev, short what, void *ctx)
{
    (void)bev;
    (void)what;
    close_connection(ctx);
}

/* `members` without braces; the connection is closed once they are taken. */
static void answer(struct connection *c, bool ok, struct tw_str members)
{
    struct evbuffer *out = bufferevent_get_output(c->bev);
    (void)bufferevent_disable(c->bev, EV_READ);
    bufferevent_setcb(c->bev, NULL, on_written, on_end, c);
    TW_ASSERT(evbuffer_add_printf(out, "{\"ok\":%s%s", ok ? "true" : "false", members.n > 0 ? "," : "") > 0);
    TW_ASSERT(evbuffer_add(out, members.p, members.n) == 0 && evbuffer_add(out, "}\n", 2) == 0);
    set_deadline(c);
}

static void refuse(struct connection *c, const char *command, const char *why)
{
    struct tw_buf b = {0};
    c->control->options.asked(c->control->options.ctx, &c->peer, command, why);
    tw_json_key(&b, "error");
    tw_json_z(&b, why);
    answer(c, false, tw_buf_view(&b));
    tw_buf_finish(&b);
}

static void run(struct connection *c, const struct tw_control_request *r)
{
    const struct tw_control_options *o = &c->control->options;
    const struct tw_control_command *command = o->commands;
    struct tw_buf b = {0};
    while (command->name != NULL && strcmp(command->name, r->command) != 0)
        command++;
    if (command->name == NULL) {
        refuse(c, r->command, "there is no such command");
    } else if (tw_control_unknown(r, command->arguments) != NULL) {
        refuse(c, r->command, "the command has no such argument");
    } else {
        o->asked(o->ctx, &c->peer, r->command, NULL);
        bool ok = command->run(o->ctx, r, &b);
        answer(c, ok, tw_buf_view(&b));
    }
    tw_buf_finish(&b);
}

static void on_readable(struct bufferevent *bev, void *ctx)
{
    struct connection *c = ctx;
    struct evbuffer *in = bufferevent_get_input(bev);
    struct tw_control_request r;
    const char *why;
    size_t n;
    char *line = evbuffer_readln(in, &n, EVBUFFER_EOL_LF);
    if (line == NULL) {
        if (evbuffer_get_length(in) > TW_CONTROL_LINE_MAX)
            refuse(c, NULL, "the request is too long");
        return;
    }
    if (n > TW_CONTROL_LINE_MAX) {
        refuse(c, NULL, "the request is too long");
    } else if (!tw_control_parse(tw_str_of(line, n), &r, &why)) {
        refuse(c, NULL, why);
    } else {
        r.peer = c->peer;
        run(c, &r);
        tw_control_request_finish(&r);
    }
    free(line);
}

static bool in_groups(int fd, gid_t group)
{
    gid_t groups[GROUPS_MAX];
    socklen_t n = sizeof groups;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &n) != 0)
        return false;
    for (size_t i = 0; i < n / sizeof *groups; i++) {
        if (groups[i] == group)
            return true;
    }
    return false;
}

/* Whom there is no place for: the answer is in the kernel's hands before the connection is closed, and there
 * it waits for who asks, whenever he writes and reads. */
static void turn_away(const struct tw_control *all, int fd, const struct tw_control_peer *peer,
                      const char *why)
{
    struct tw_buf b = {0};
    all->options.asked(all->options.ctx, peer, NULL, why);
    tw_buf_z(&b, "{\"ok\":false,\"error\":");
    tw_json_z(&b, why);
    tw_buf_z(&b, "}\n");
    (void)send(fd, b.p, b.n, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)close(fd);
    tw_buf_finish(&b);
}

/* The mode of the socket has let him in already; but modes are changed by hand, and directories are shared.
 */
static bool may_ask(const struct tw_control *all, int fd, struct tw_control_peer *peer)
{
    struct ucred who = {0};
    socklen_t n = sizeof who;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) != 0)
        return false;
    *peer = (struct tw_control_peer){who.uid, who.gid, who.pid};
    return who.uid == 0 || who.uid == geteuid() || who.gid == all->is.st_gid || in_groups(fd, all->is.st_gid);
}

static void on_connection(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from, int n,
                          void *ctx)
{
    struct tw_control *all = ctx;
    struct tw_control_peer peer = {0};
    (void)listener;
    (void)from;
    (void)n;
    bool may = may_ask(all, fd, &peer), room = all->n < TW_CONTROL_CONNECTIONS_MAX;
    if (!may || !room) {
        turn_away(
            all, fd, &peer,
            may ? "too many connections"
                : "not allowed: who asks is neither root, nor the daemon's user, nor in the group of its "
                  "control socket");
        return;
    }
    struct connection *c = tw_xcalloc(1, sizeof *c);
    *c = (struct connection){.control = all, .peer = peer, .row = all->n};
    c->bev = bufferevent_socket_new(all->base, fd, BEV_OPT_CLOSE_ON_FREE);
    c->deadline = evtimer_new(all->base, on_late, c);
    TW_ASSERT(c->bev != NULL && c->deadline != NULL);
    all->rows[all->n++] = c;
    bufferevent_setcb(c->bev, on_readable, NULL, on_end, c);
    set_deadline(c);
    TW_ASSERT(bufferevent_enable(c->bev, EV_READ | EV_WRITE) == 0);
}

static void on_again(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    (void)evconnlistener_enable(((struct tw_control *)ctx)->listener);
}

static void on_accept_error(struct evconnlistener *listener, void *ctx)
{
    struct timeval second = {1, 0};
    (void)evconnlistener_disable(listener);
    (void)event_add(((struct tw_control *)ctx)->again, &second);
}

static int new_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* Left behind by a daemon that was killed: a socket, and nobody answers. */
static bool is_stale(const struct sockaddr_un *to)
{
    struct stat st;
    int fd = new_socket();
    bool stale = fd >= 0 && lstat(to->sun_path, &st) == 0 && S_ISSOCK(st.st_mode) &&
                 connect(fd, (const struct sockaddr *)to, sizeof *to) != 0 && errno == ECONNREFUSED;
    if (fd >= 0)
        (void)close(fd);
    return stale;
}

/* Of those who begin at the same moment one after the other may look, and bind: between bind and listen a
 * socket looks like a stale one. The directory's lock leaves no file behind, and ends with its holder. -1:
 * errno is set. */
static int lock_directory(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *directory = slash == NULL   ? tw_xstrndup(".", 1)
                      : slash == path ? tw_xstrndup("/", 1)
                                      : tw_xstrndup(path, (size_t)(slash - path));
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC), tries = LOCK_TRIES;
    free(directory);
    while (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK || --tries == 0) {
            (void)close(fd);
            errno = EADDRINUSE;
            return -1;
        }
        (void)poll(NULL, 0, LOCK_WAIT_MS);
    }
    return fd;
}

/* False: errno is set. */
static bool bind_and_listen(int fd, const struct sockaddr_un *to, struct stat *is)
{
    if (bind(fd, (const struct sockaddr *)to, sizeof *to) != 0) {
        if (errno != EADDRINUSE)
            return false;
        if (!is_stale(to) || unlink(to->sun_path) != 0) {
            errno = EADDRINUSE;
            return false;
        }
        if (bind(fd, (const struct sockaddr *)to, sizeof *to) != 0)
            return false;
    }
    return chmod(to->sun_path, MODE) == 0 && lstat(to->sun_path, is) == 0 && listen(fd, BACKLOG) == 0;
}

/* -1: errno is set. */
static int listen_at(const char *path, struct stat *is)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof to.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(to.sun_path, path, strlen(path));
    int lock = lock_directory(path), fd = lock < 0 ? -1 : new_socket();
    bool ok = fd >= 0 && bind_and_listen(fd, &to, is);
    int why = errno;
    if (lock >= 0)
        (void)close(lock);
    if (!ok && fd >= 0)
        (void)close(fd);
    errno = why;
    return ok ? fd : -1;
}

struct tw_control *tw_control_create(struct event_base *base, const struct tw_control_options *o)
{
    struct stat is;
    int fd = listen_at(o->path, &is);
    if (fd < 0)
        return NULL;
    struct tw_control *all = tw_xcalloc(1, sizeof *all);
    all->options = *o;
    all->base = base;
    all->is = is;
    all->path = tw_xstrndup(o->path, strlen(o->path));
    all->listener =
        evconnlistener_new(base, on_connection, all, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
    all->again = evtimer_new(base, on_again, all);
    TW_ASSERT(all->listener != NULL && all->again != NULL);
    evconnlistener_set_error_cb(all->listener, on_accept_error);
    return all;
}

void tw_control_destroy(struct tw_control *all)
{
    struct stat now;
    if (all == NULL)
        return;
    for (size_t i = all->n; i-- > 0;)
        close_connection(all->rows[i]);
    if (lstat(all->path, &now) == 0 && now.st_dev == all->is.st_dev && now.st_ino == all->is.st_ino)
        (void)unlink(all->path);
    evconnlistener_free(all->listener);
    event_free(all->again);
    free(all->path);
    free(all);
}
