/* SPDX-License-Identifier: ISC */
#include "client.h"

#include "base/mem.h"
#include "config/config.h"
#include "load.h"
#include "standard.h"
#include "state.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/util.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { HTTP_TIMEOUT_S = 15, CONTROL_TIMEOUT_S = 120, BODY_MAX = 256 << 20, ANSWER_MAX = 1 << 20 };

__attribute__((format(printf, 2, 3))) static int unreachable(const struct tw_client *c, const char *fmt, ...)
{
    va_list ap;
    (void)fprintf(stderr, "trunkwatch %s: ", c->command->name);
    va_start(ap, fmt);
    (void)vfprintf(stderr, fmt, ap);
    va_end(ap);
    (void)fputc('\n', stderr);
    return TW_EXIT_USAGE;
}

static char *copy(const char *z)
{
    return tw_xstrndup(z, strlen(z));
}

static int by_url(const char *url, struct tw_client *out)
{
    struct evhttp_uri *u = evhttp_uri_parse(url);
    const char *scheme = u != NULL ? evhttp_uri_get_scheme(u) : NULL;
    const char *host = u != NULL ? evhttp_uri_get_host(u) : NULL;
    const char *path = u != NULL ? evhttp_uri_get_path(u) : NULL;
    bool ok = scheme != NULL && strcmp(scheme, "http") == 0 && host != NULL && host[0] != '\0' &&
              (path == NULL || path[0] == '\0' || strcmp(path, "/") == 0) && evhttp_uri_get_query(u) == NULL;
    if (ok) {
        size_t n = strlen(host);
        bool brackets = host[0] == '[' && host[n - 1] == ']';
        out->host = brackets ? tw_xstrndup(host + 1, n - 2) : copy(host);
        out->port = evhttp_uri_get_port(u) > 0 ? evhttp_uri_get_port(u) : 80;
    }
    if (u != NULL)
        evhttp_uri_free(u);
    return ok ? TW_EXIT_OK
              : tw_command_usage(out->command, "'%s' is no address of a daemon, expected http://HOST:PORT",
                                 url);
}

int tw_client_find(const struct tw_command *command, const char *config, const char *url,
                   struct tw_client *out)
{
    struct tw_errors errors = {0};
    char text[TW_ADDR_TEXT], *file;
    size_t n;
    *out = (struct tw_client){.command = command};
    if (url != NULL)
        return by_url(url, out);
    if (config == NULL)
        config = TRUNKWATCH_CONFIG;
    if (!tw_load_file(config, &file, &n))
        return TW_EXIT_USAGE;
    struct tw_config *c = tw_config_doors(config, tw_str_of(file, n), &errors);
    free(file);
    tw_load_errors(&errors);
    if (c == NULL)
        return TW_EXIT_NOT_RIGHT;
    out->config = copy(config);
    if (c->control != NULL)
        out->control = copy(c->control);
    if (c->http != NULL) {
        out->host = copy(tw_addr_text(&c->http->address, text));
        out->port = c->http->port;
    }
    tw_config_destroy(c);
    return TW_EXIT_OK;
}

int tw_client_find_or_look(const struct tw_command *command, const char *config, const char *url,
                           const char *state, struct tw_client *out)
{
    if (state == NULL)
        return tw_client_find(command, config, url, out);
    *out = (struct tw_client){.command = command, .state = copy(state)};
    if (config != NULL || url != NULL)
        return tw_command_usage(command, "--state looks at a folder and asks no daemon: give no %s with it",
                                url != NULL ? "--url" : "--config");
    return TW_EXIT_OK;
}

void tw_client_finish(struct tw_client *c)
{
    free(c->config);
    free(c->host);
    free(c->control);
    free(c->state);
    *c = (struct tw_client){0};
}

struct fetch {
    struct event_base *base;
    struct tw_buf *body;
    int status;      /* 0: no answer */
    const char *why; /* not */
};

static void on_error(enum evhttp_request_error e, void *ctx)
{
    struct fetch *f = ctx;
    f->why = e == EVREQ_HTTP_TIMEOUT         ? "it does not answer in time"
             : e == EVREQ_HTTP_DATA_TOO_LONG ? "its answer is too long"
                                             : "its answer ended too early, or is no HTTP";
}

static void on_answer(struct evhttp_request *r, void *ctx)
{
    struct fetch *f = ctx;
    if (r != NULL && evhttp_request_get_response_code(r) != 0) {
        struct evbuffer *in = evhttp_request_get_input_buffer(r);
        size_t n = evbuffer_get_length(in);
        f->status = evhttp_request_get_response_code(r);
        tw_buf_reserve(f->body, n);
        f->body->n = (size_t)evbuffer_remove(in, f->body->p, n);
        f->body->p[f->body->n] = '\0';
    }
    (void)event_base_loopbreak(f->base);
}

static void fetch(const struct tw_client *c, const char *path, struct fetch *f)
{
    struct tw_buf host = {0};
    struct event_base *base = f->base = event_base_new();
    TW_ASSERT(base != NULL);
    struct evhttp_connection *connection =
        evhttp_connection_base_new(base, NULL, c->host, (unsigned short)c->port);
    struct evhttp_request *r = evhttp_request_new(on_answer, f);
    TW_ASSERT(connection != NULL && r != NULL);
    tw_buf_fmt(&host, strchr(c->host, ':') != NULL ? "[%s]:%d" : "%s:%d", c->host, c->port);
    (void)evhttp_add_header(evhttp_request_get_output_headers(r), "Host", host.p);
    (void)evhttp_add_header(evhttp_request_get_output_headers(r), "Connection", "close");
    evhttp_request_set_error_cb(r, on_error);
    evhttp_connection_set_timeout(connection, HTTP_TIMEOUT_S);
    evhttp_connection_set_max_body_size(connection, BODY_MAX);
    if (evhttp_make_request(connection, r, EVHTTP_REQ_GET, path) == 0)
        (void)event_base_dispatch(base);
    evhttp_connection_free(connection);
    event_base_free(base);
    tw_buf_finish(&host);
}

/* {"error": "…"} said in words; NULL: it is something else. To be freed. */
static char *error_of(const struct tw_buf *body)
{
    json_t *root = json_loadb(body->n > 0 ? body->p : "", body->n, 0, NULL);
    const char *said = json_string_value(json_object_get(root, "error"));
    struct tw_buf safe = {0};
    if (said != NULL)
        tw_buf_safe(&safe, tw_str_z(said));
    json_decref(root);
    return safe.p;
}

int tw_client_get(const struct tw_client *c, const char *path, struct tw_buf *body)
{
    struct fetch f = {.body = body, .why = "nobody takes the connection"};
    if (c->state != NULL)
        return tw_state_get(c, path, body);
    if (c->host == NULL)
        return unreachable(c,
                           "%s has no listen.http, so the daemon says nothing: expected as\nlisten:\n  http: "
                           "\"127.0.0.1:9116\"",
                           c->config);
    fetch(c, path, &f);
    if (f.status == 0)
        return unreachable(c,
                           "can't reach the daemon at %s port %d: %s\nIs trunkwatchd running, and does it "
                           "listen there (listen.http)?",
                           c->host, c->port, f.why);
    if (f.status == 200)
        return TW_EXIT_OK;
    char *said = error_of(body);
    int status = unreachable(c, "%s port %d answers %d to %s%s%s", c->host, c->port, f.status, path,
                             said != NULL ? ": " : "", said != NULL ? said : "");
    free(said);
    /* Of what was asked for there is none. */
    return f.status == 404 && said != NULL ? TW_EXIT_NOT_RIGHT : status;
}

int tw_client_get_json(const struct tw_client *c, const char *path, json_t **out)
{
    struct tw_buf body = {0};
    int status = tw_client_get(c, path, &body);
    *out = NULL;
    if (status == TW_EXIT_OK) {
        *out = json_loadb(body.n > 0 ? body.p : "", body.n, 0, NULL);
        if (!json_is_object(*out)) {
            json_decref(*out);
            *out = NULL;
            status = unreachable(c, "%s port %d answers, but not as a trunkwatchd", c->host, c->port);
        }
    }
    tw_buf_finish(&body);
    return status;
}

int tw_client_print(const struct tw_client *c, const char *path, bool json, bool all, tw_client_show *show)
{
    struct tw_buf body = {0};
    json_t *root = NULL;
    int status = json ? tw_client_get(c, path, &body) : tw_client_get_json(c, path, &root);
    if (status == TW_EXIT_OK && json)
        (void)fwrite(body.p, 1, body.n, stdout);
    else if (status == TW_EXIT_OK)
        show(root, all);
    tw_buf_finish(&body);
    json_decref(root);
    return status != TW_EXIT_OK ? status : tw_standard_close();
}

int tw_client_view(const struct tw_command *command, int argc, char **argv, const char *path,
                   tw_client_show *show)
{
    enum { OPT_JSON = 256, OPT_STATE, OPT_URL };
    static const struct option options[] = {
        {"all", no_argument, NULL, 'a'},           {"config", required_argument, NULL, 'c'},
        {"json", no_argument, NULL, OPT_JSON},     {"state", required_argument, NULL, OPT_STATE},
        {"url", required_argument, NULL, OPT_URL}, TW_COMMAND_OPTIONS};
    const char *config = NULL, *url = NULL, *state = NULL;
    bool json = false, all = false;
    for (int o; (o = getopt_long(argc, argv, "ac:hV", options, NULL)) != -1;) {
        switch (o) {
        case 'a': all = true; break;
        case 'c': config = optarg; break;
        case OPT_JSON: json = true; break;
        case OPT_STATE: state = optarg; break;
        case OPT_URL: url = optarg; break;
        default: return tw_command_other(command, o);
        }
    }
    if (optind < argc)
        return tw_command_usage(command, "'%s' is not an option", argv[optind]);
    struct tw_client client;
    int status = tw_client_find_or_look(command, config, url, state, &client);
    if (status == TW_EXIT_OK)
        status = tw_client_print(&client, path, json, all, show);
    tw_client_finish(&client);
    return status;
}

const char *tw_client_text(const json_t *o, const char *key)
{
    const char *z = json_string_value(json_object_get(o, key));
    return z != NULL ? z : "-";
}

long long tw_client_number(const json_t *o, const char *key)
{
    return json_integer_value(json_object_get(o, key));
}

/* Who is turned away is answered before he has asked: then there is nobody to write to, but there is an
 * answer. False: errno is set. */
static bool exchange(int fd, const struct sockaddr_un *to, struct tw_str request, struct tw_buf *answer)
{
    char piece[4096];
    ssize_t n;
    if (connect(fd, (const struct sockaddr *)to, sizeof *to) != 0)
        return false;
    int unsent = send(fd, request.p, request.n, MSG_NOSIGNAL) == (ssize_t)request.n ? 0 : errno;
    if (unsent != 0 && unsent != EPIPE && unsent != ECONNRESET)
        return false;
    while ((n = recv(fd, piece, sizeof piece, 0)) > 0 && answer->n < ANSWER_MAX)
        tw_buf_add(answer, piece, (size_t)n);
    if (answer->n > 0 && answer->p[answer->n - 1] == '\n')
        return true;
    if (n >= 0)
        errno = unsent;
    return n >= 0 && unsent == 0;
}

int tw_client_send(const struct tw_client *c, struct tw_str request, json_t **out)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    struct timeval patience = {CONTROL_TIMEOUT_S, 0};
    struct tw_buf answer = {0};
    *out = NULL;
    if (c->control == NULL)
        return unreachable(c, "%s has no control socket: expected as\ncontrol: /run/trunkwatch/control.sock",
                           c->config);
    if (strlen(c->control) >= sizeof to.sun_path)
        return unreachable(c, "the path of the control socket is too long: %s", c->control);
    memcpy(to.sun_path, c->control, strlen(c->control));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), status = TW_EXIT_OK;
    TW_ASSERT(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
              setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0);
    bool ok = exchange(fd, &to, request, &answer);
    int why = errno;
    (void)close(fd);
    *out = ok ? json_loadb(answer.n > 0 ? answer.p : "", answer.n, 0, NULL) : NULL;
    if (!ok)
        status = unreachable(c, "can't reach the daemon at %s: %s%s", c->control, strerror(why),
                             why == EACCES ? "\nOnly root, the daemon's user and its group may ask"
                                           : "\nIs trunkwatchd running?");
    else if (!json_is_object(*out))
        status = unreachable(c, "the daemon at %s did not answer: its log may say why", c->control);
    tw_buf_finish(&answer);
    return status;
}

int tw_client_ask(const struct tw_client *c, const char *name, json_t **out)
{
    struct tw_buf request = {0};
    tw_buf_fmt(&request, "{\"command\":\"%s\"}\n", name);
    int status = tw_client_send(c, tw_buf_view(&request), out);
    tw_buf_finish(&request);
    return status;
}
