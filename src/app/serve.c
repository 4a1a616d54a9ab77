/* SPDX-License-Identifier: ISC */
/* The HTTP API (contract 6): which pages there are. */
#include "pages.h"

#include "api/metrics.h"
#include "plat/log.h"
#include "source/sockaddr.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 128 };
#define JSON "application/json"

static void written(struct tw_daemon *d, struct tw_http_request *r,
                    void (*page)(struct tw_daemon *d, struct tw_buf *b))
{
    struct tw_buf b = {0};
    page(d, &b);
    tw_http_add(r, tw_buf_view(&b));
    tw_buf_finish(&b);
}

static void metrics(void *d, struct tw_http_request *r)
{
    written(d, r, tw_page_metrics);
}

static void status(void *d, struct tw_http_request *r)
{
    written(d, r, tw_page_status);
}

static void pairs(void *d, struct tw_http_request *r)
{
    written(d, r, tw_page_pairs);
}

static void healthz(void *d, struct tw_http_request *r)
{
    (void)d;
    tw_http_add(r, TW_STR("{\"status\":\"ok\"}\n"));
}

/* It is served from when the sockets are open until they are closed. */
static void readyz(void *d, struct tw_http_request *r)
{
    if (((struct tw_daemon *)d)->inputs_n > 0)
        tw_http_add(r, TW_STR("{\"status\":\"ready\"}\n"));
    else
        tw_http_error(r, 503, "not listening");
}

static void alerts(void *ctx, struct tw_http_request *r)
{
    const struct tw_daemon *d = ctx;
    const char *state = tw_http_parameter(r, "state");
    bool firing = state == NULL || strcmp(state, "firing") == 0;
    bool resolved = state == NULL || strcmp(state, "resolved") == 0;
    if (!firing && !resolved) {
        tw_http_error(r, 400, "state is '%.64s', expected firing or resolved", state);
        return;
    }
    tw_http_add(r, TW_STR("{\"alerts\":["));
    tw_board_answer(d->board, firing, resolved, r);
    tw_http_add(r, TW_STR("]}\n"));
}

static void alert(void *ctx, struct tw_http_request *r)
{
    struct tw_shared *json = tw_board_find(((struct tw_daemon *)ctx)->board, tw_http_rest(r));
    if (json == NULL) {
        tw_http_error(r, 404, "no alert '%.64s'", tw_http_rest(r));
        return;
    }
    tw_http_add_shared(r, json);
    tw_http_add(r, TW_STR("\n"));
}

static const char *const of_alerts[] = {"state", NULL};
static const struct tw_http_route routes[] = {
    {"/healthz", JSON, false, NULL, healthz},           {"/readyz", JSON, false, NULL, readyz},
    {"/metrics", TW_METRICS_TYPE, true, NULL, metrics}, {"/api/v1/status", JSON, true, NULL, status},
    {"/api/v1/pairs", JSON, true, NULL, pairs},         {"/api/v1/alerts", JSON, false, of_alerts, alerts},
    {"/api/v1/alerts/", JSON, false, NULL, alert},      {NULL, NULL, false, NULL, NULL},
};

/* libevent's own warnings, into our log. */
static void on_libevent(int severity, const char *text)
{
    if (severity >= EVENT_LOG_WARN)
        tw_log(TW_LEVEL_WARNING, "libevent", text, NULL);
}

bool tw_serve_open(struct tw_daemon *d)
{
    const struct tw_config_listen *l = d->config->http;
    const struct tw_http_options options = {routes, d, tw_clock_mono_ms};
    event_set_log_callback(on_libevent);
    if (l == NULL)
        return true;
    int fd = tw_sockaddr_bind(&l->address, l->port, SOCK_STREAM);
    if (fd < 0 || listen(fd, BACKLOG) != 0) {
        tw_log(TW_LEVEL_ERROR, "http", "can't listen for HTTP",
               TW_KVS(TW_KV("address", l->text), TW_KV("error", strerror(errno))));
        if (fd >= 0)
            (void)close(fd);
        return false;
    }
    d->http = tw_http_create(d->base, fd, &options);
    tw_log(TW_LEVEL_INFO, "http", "listening", TW_KVS(TW_KV("address", l->text)));
    return true;
}
