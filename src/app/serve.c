/* SPDX-License-Identifier: ISC */
/* What is served: which pages there are over HTTP (contract 6), which commands at the control socket. */
#include "pages.h"

#include "api/metrics.h"
#include "base/json.h"
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

static void unknown(void *d, struct tw_http_request *r)
{
    written(d, r, tw_page_unknown);
}

static void silences(void *d, struct tw_http_request *r)
{
    written(d, r, tw_page_silences);
}

static void maintenance(void *d, struct tw_http_request *r)
{
    written(d, r, tw_page_maintenance);
}

static void healthz(void *d, struct tw_http_request *r)
{
    (void)d;
    tw_http_add(r, TW_STR("{\"status\":\"ok\"}\n"));
}

/* It is served from when the sockets are open until they are closed. */
static void readyz(void *ctx, struct tw_http_request *r)
{
    struct tw_daemon *d = ctx;
    const char *why = tw_keep_trouble(d);
    if (d->inputs_n == 0)
        tw_http_error(r, 503, "not listening");
    else if (why != NULL)
        tw_http_error(r, 503, "the store can't be written: %.200s", why);
    else
        tw_http_add(r, TW_STR("{\"status\":\"ready\"}\n"));
}

enum { ALERTS_ALL, ALERTS_FIRING, ALERTS_RESOLVED, ALERTS_UNKNOWN };

static unsigned which_alerts(const struct tw_http_request *r)
{
    const char *state = tw_http_parameter(r, "state");
    if (state == NULL)
        return ALERTS_ALL;
    if (strcmp(state, "firing") == 0)
        return ALERTS_FIRING;
    return strcmp(state, "resolved") == 0 ? ALERTS_RESOLVED : ALERTS_UNKNOWN;
}

static void alerts(void *ctx, struct tw_http_request *r)
{
    const struct tw_daemon *d = ctx;
    unsigned which = which_alerts(r);
    if (which == ALERTS_UNKNOWN) {
        tw_http_error(r, 400, "state is '%.64s', expected firing or resolved", tw_http_parameter(r, "state"));
        return;
    }
    tw_http_add(r, TW_STR("{\"alerts\":["));
    tw_board_answer(d->board, which != ALERTS_RESOLVED, which != ALERTS_FIRING, r);
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
    {"/healthz", JSON, false, NULL, healthz, NULL},
    {"/readyz", JSON, false, NULL, readyz, NULL},
    {"/metrics", TW_METRICS_TYPE, true, NULL, metrics, NULL},
    {"/api/v1/status", JSON, true, NULL, status, NULL},
    {"/api/v1/pairs", JSON, true, NULL, pairs, NULL},
    {"/api/v1/alerts", JSON, true, of_alerts, alerts, which_alerts},
    {"/api/v1/alerts/", JSON, false, NULL, alert, NULL},
    {"/api/v1/silences", JSON, true, NULL, silences, NULL},
    {"/api/v1/maintenance", JSON, true, NULL, maintenance, NULL},
    {"/api/v1/incidents", JSON, false, tw_page_of_incidents, tw_page_incidents, NULL},
    {"/api/v1/incidents/", JSON, false, NULL, tw_page_incident, NULL},
    {"/api/v1/unknown", JSON, true, NULL, unknown, NULL},
    {NULL, NULL, false, NULL, NULL, NULL},
};

static bool reload(void *ctx, const struct tw_control_request *r, struct tw_buf *b)
{
    struct tw_daemon *d = ctx;
    (void)r;
    tw_reload(d);
    tw_live_settle(d);
    if (d->reloads.last_refused) {
        tw_json_key(b, "error");
        tw_json_z(b, "refused: everything stays as it was");
    }
    tw_reload_errors_json(&d->reloads, b);
    return !d->reloads.last_refused;
}

static const struct tw_control_command commands[] = {
    {"reload", NULL, reload},
    {"test-output", tw_trial_of_output, tw_trial_begin},
    {"test-result", tw_trial_of_serial, tw_trial_result},
    {"ack", tw_people_of_alerts, tw_people_act},
    {"unack", tw_people_of_alerts, tw_people_act},
    {"silence", tw_people_of_silences, tw_people_act},
    {"unsilence", tw_people_of_alerts, tw_people_act},
    {"maintenance", tw_people_of_windows, tw_people_act},
    {"unmaintenance", tw_people_of_alerts, tw_people_act},
    {NULL, NULL, NULL},
};

static void asked(void *ctx, const struct tw_control_peer *peer, const char *command, const char *refused)
{
    (void)ctx;
    tw_log(refused == NULL ? TW_LEVEL_NOTICE : TW_LEVEL_WARNING, "control",
           refused == NULL ? "asked for" : "refused",
           TW_KVS(TW_KV("command", command != NULL ? command : "-"), TW_KV_N("uid", peer->uid),
                  TW_KV_N("gid", peer->gid), TW_KV_N("pid", peer->pid),
                  TW_KV("why", refused != NULL ? refused : "-")));
}

static bool open_control(struct tw_daemon *d)
{
    const struct tw_control_options options = {d->config->control, commands, d, asked};
    if (options.path == NULL)
        return true;
    d->control = tw_control_create(d->base, &options);
    if (d->control == NULL)
        tw_log(TW_LEVEL_ERROR, "control",
               errno == EADDRINUSE ? "somebody answers at the control socket: is another daemon running?"
                                   : "can't open the control socket",
               TW_KVS(TW_KV("path", options.path), TW_KV("error", strerror(errno))));
    return d->control != NULL;
}

/* libevent's own warnings, into our log. */
static void on_libevent(int severity, const char *text)
{
    if (severity >= EVENT_LOG_WARN)
        tw_log(TW_LEVEL_WARNING, "libevent", text, NULL);
}

static bool open_http(struct tw_daemon *d)
{
    const struct tw_config_listen *l = d->config->http;
    const struct tw_http_options options = {routes, d, tw_clock_mono_ms, tw_clock_cpu_us, 0};
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

bool tw_serve_open(struct tw_daemon *d)
{
    event_set_log_callback(on_libevent);
    return open_http(d) && open_control(d);
}

void tw_serve_close(struct tw_daemon *d)
{
    tw_control_destroy(d->control);
    tw_http_destroy(d->http);
    tw_reader_destroy(d->reader);
}
