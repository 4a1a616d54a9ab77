/* SPDX-License-Identifier: ISC */
#ifndef TW_API_CONTROL_H
#define TW_API_CONTROL_H
/*
 * The control socket: commands that change something, from somebody the kernel vouches for.
 *
 * A Unix stream socket, mode 0660. One request a connection: a line of JSON, {"command": "reload"}, with
 * string arguments beside it; the answer is a line of JSON, {"ok": true, …} or {"ok": false, "error": "…",
 * …}. Who may ask: root, the daemon's own user, and the members of the socket's group (SO_PEERCRED,
 * SO_PEERGROUPS); the caller is told who asked, and who is turned away is told why. What there is to ask for
 * is a table of the caller's. Nothing here waits. Limits: see the enum.
 */
#include "base/buf.h"

enum {
    TW_CONTROL_LINE_MAX = 16384,
    TW_CONTROL_CONNECTIONS_MAX = 8,
    TW_CONTROL_REQUEST_MS = 5000, /* until the request is there, and then until the answer is taken */
};

struct tw_control_peer {
    unsigned uid, gid;
    int pid; /* 0: not known in our name space */
};

/* A request that was understood. */
struct tw_control_request {
    const char *command;
    struct tw_control_peer peer; /* who asks */
    void *own;
};
/* False, and why: it is none. `out` is to be finished only after true. */
bool tw_control_parse(struct tw_str line, struct tw_control_request *out, const char **why);
void tw_control_request_finish(struct tw_control_request *r);
/* NULL: not given. */
const char *tw_control_argument(const struct tw_control_request *r, const char *name);
/* The name of an argument that is not in the list (NULL-terminated, or NULL: none), or NULL. */
const char *tw_control_unknown(const struct tw_control_request *r, const char *const *known);

struct tw_control_command {
    const char *name;             /* NULL ends the table */
    const char *const *arguments; /* NULL-terminated; NULL: none */
    /* Members of the answer's object. False: refused; "error" is among them. */
    bool (*run)(void *ctx, const struct tw_control_request *r, struct tw_buf *answer);
};

struct tw_control_options {
    const char *path;
    const struct tw_control_command *commands;
    void *ctx;
    /* Who asked for what (NULL: not understood), before it is done; `refused`: why it is not, or NULL. */
    void (*asked)(void *ctx, const struct tw_control_peer *peer, const char *command, const char *refused);
};

struct event_base;
struct tw_control;
/* A socket that nobody listens to any more is replaced. NULL: errno is set; EADDRINUSE: somebody does. */
struct tw_control *tw_control_create(struct event_base *base, const struct tw_control_options *o);
void tw_control_destroy(struct tw_control *c); /* also NULL. Removes the socket, if it is still ours */

#endif
