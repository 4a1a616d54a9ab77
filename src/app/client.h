/* SPDX-License-Identifier: ISC */
#ifndef TW_APP_CLIENT_H
#define TW_APP_CLIENT_H
/*
 * For the commands that talk to a running daemon: where it is, and what it answers. Functions that return an
 * exit status have said on stderr what is wrong.
 */
#include "base/buf.h"
#include "command.h"

#include <jansson.h>

struct tw_client {
    const struct tw_command *command; /* for messages */
    char *config;                     /* file that told; NULL: --url did */
    char *host;                       /* NULL: the configuration has no listen.http */
    int port;
    char *control; /* NULL: it has no control */
    char *state;   /* no daemon is asked: this folder is looked at; NULL: it is */
};

/* By the configuration (NULL: the installed one) or, when given, by `url`. */
int tw_client_find(const struct tw_command *command, const char *config, const char *url,
                   struct tw_client *out);
/* The same, or when given, the state folder of one that runs or has ended. */
int tw_client_find_or_look(const struct tw_command *command, const char *config, const char *url,
                           const char *state, struct tw_client *out);
void tw_client_finish(struct tw_client *c);

/* The body of a page. */
int tw_client_get(const struct tw_client *c, const char *path, struct tw_buf *body);
/* The same as JSON, an object. */
int tw_client_get_json(const struct tw_client *c, const char *path, json_t **out);
/* Prints a page: as the daemon sent it, or as `show` has it for people. */
typedef void tw_client_show(const json_t *root, bool all);
int tw_client_print(const struct tw_client *c, const char *path, bool json, bool all, tw_client_show *show);
/* All of a command that shows one page: --all, --config, --json, --state, --url. */
int tw_client_view(const struct tw_command *command, int argc, char **argv, const char *path,
                   tw_client_show *show);

/* Members of an answer: "-" and 0 for what is not there. */
const char *tw_client_text(const json_t *o, const char *key);
long long tw_client_number(const json_t *o, const char *key);

/* What it answers at its control socket to {"command": NAME}. */
/* The same for a request with arguments: a line of JSON. */
int tw_client_send(const struct tw_client *c, struct tw_str request, json_t **out);
int tw_client_ask(const struct tw_client *c, const char *name, json_t **out);

#endif
