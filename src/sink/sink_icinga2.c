/* SPDX-License-Identifier: ISC */
/*
 * Icinga has objects with a state, we have alerts: an object is as bad as the worst open alert that belongs
 * to it. What is bad is sent again before its time to live is over, what has become good for a quarter of an
 * hour; an object of our own tells that we are alive.
 */
#include "curl.h"
#include "icinga.h"

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "plat/clock.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { URL = TW_CURL_ROWS, HOST, SERVICE, TTL, ALIVE, PROXY };
enum { REFRESHES = 3, OK_MS = 15 * 60 * 1000 };

enum under_way { NOTHING, ITEM, ALIVE_SIGN, ROUND };

struct icinga {
    struct tw_sink sink; /* first */
    struct tw_curl *curl;
    struct curl_slist *headers;
    struct tw_buf body;
    struct tw_icinga known;
    struct tw_str alive; /* empty: none */
    struct event *tick;
    int64_t ttl_s;
    enum under_way under_way;
    const struct tw_item *item; /* that the outlet wants to be sent */
    bool alive_due, round;
    size_t at;
};

static const struct tw_setting settings[] = {
    TW_CURL_SETTINGS("10s"),
    [URL] = {.name = "url",
             .kind = TW_SETTING_TEXT,
             .needed = true,
             .help = "Of the API, https://HOST:5665."},
    [HOST] = {.name = "host",
              .kind = TW_SETTING_TEXT,
              .preset = "\"{pair}\"",
              .help = "The host object of an alert; {pair}, {condition}, {device}, {peer}, {trunk} and "
                      "{e-trunk} stand for the alert's own."},
    [SERVICE] = {.name = "service",
                 .kind = TW_SETTING_TEXT,
                 .preset = "\"{condition}\"",
                 .help = "Its service object, likewise."},
    [TTL] = {.name = "ttl",
             .kind = TW_SETTING_TIME,
             .preset = "5m",
             .least = 3000000000,
             .most = 86400000000000,
             .help =
                 "How long a problem, and the sign of life, counts without being sent again; they are sent "
                 "three times as often. 3s to 1d."},
    [ALIVE] = {.name = "alive",
               .kind = TW_SETTING_TEXT,
               .help = "HOST!SERVICE of an object that says: trunkwatch is alive."},
    [PROXY] = TW_CURL_PROXY,
    {.name = NULL}};

static void begin(struct icinga *c, struct tw_str name, int state)
{
    struct tw_buf *b = &c->body;
    tw_buf_clear(b);
    tw_buf_z(b, "{\"type\":\"Service\",\"service\":");
    tw_json_str(b, name);
    tw_buf_fmt(b, ",\"exit_status\":%d,\"check_source\":\"trunkwatch\"", state);
    tw_buf_z(b, ",\"plugin_output\":");
}

static void post(struct icinga *c, enum under_way what, bool lives)
{
    if (lives)
        tw_buf_fmt(&c->body, ",\"ttl\":%lld", (long long)c->ttl_s);
    tw_buf_char(&c->body, '}');
    c->under_way = what;
    tw_curl_post(c->curl, c->headers, tw_buf_view(&c->body));
}

static void post_object(struct icinga *c, enum under_way what, size_t at)
{
    struct tw_buf output = {0};
    size_t open = 0, affected = 0;
    int state = tw_icinga_state(&c->known, at, &output, &open, &affected);
    begin(c, tw_str_z(c->known.objects[at].name), state);
    tw_json_str(&c->body, tw_buf_view(&output));
    tw_buf_fmt(&c->body, ",\"performance_data\":[\"open=%zu;;;0\",\"sub_interfaces=%zu;;;0\"]", open,
               affected);
    tw_buf_finish(&output);
    post(c, what, state != 0);
}

static void post_alive(struct icinga *c)
{
    char text[96];
    (void)snprintf(text, sizeof text, "trunkwatch %s is alive, open alerts: %zu",
                   c->sink.env.version != NULL ? c->sink.env.version : "", c->known.alerts_n);
    c->alive_due = false;
    begin(c, c->alive, 0);
    tw_json_z(&c->body, text);
    post(c, ALIVE_SIGN, true);
}

static void go_on(struct icinga *c)
{
    if (c->under_way == NOTHING && c->item != NULL)
        post_object(c, ITEM, tw_icinga_take(&c->known, &c->item->t, tw_clock_mono_ms() + OK_MS));
    if (c->under_way == NOTHING && c->alive_due)
        post_alive(c);
    if (c->under_way != NOTHING || !c->round)
        return;
    if (c->at < c->known.objects_n)
        post_object(c, ROUND, c->at);
    else
        c->round = false;
}

static void on_tick(evutil_socket_t fd, short what, void *ctx)
{
    struct icinga *c = ctx;
    struct timeval tv = {c->ttl_s / REFRESHES, 0};
    (void)fd;
    (void)what;
    (void)event_add(c->tick, &tv);
    c->alive_due = c->alive.n > 0;
    if (!c->round) {
        tw_icinga_forget(&c->known, tw_clock_mono_ms());
        c->at = 0;
        c->round = true;
    }
    go_on(c);
}

static void done(void *ctx, const struct tw_curl_answer *a)
{
    struct icinga *c = ctx;
    char why[TW_SINK_WHY];
    enum tw_sent sent = tw_icinga_judge(c->curl, a, why);
    enum under_way was = c->under_way;
    c->under_way = NOTHING;
    if (was == ITEM) {
        c->item = NULL;
        tw_sink_done(&c->sink, sent == TW_SENT_OK, sent, sent == TW_SENT_OK ? NULL : why);
    } else {
        tw_sink_health(&c->sink, sent == TW_SENT_OK ? NULL : why);
    }
    if (was == ROUND) {
        c->at++;
        c->round = sent != TW_SENT_AGAIN;
    }
    go_on(c);
}

static void send_one(struct tw_sink *s, const struct tw_item *const *items, size_t n)
{
    struct icinga *c = (struct icinga *)s;
    (void)n;
    c->item = items[0];
    go_on(c);
}

static void destroy(struct tw_sink *s)
{
    struct icinga *c = (struct icinga *)s;
    tw_curl_destroy(c->curl);
    curl_slist_free_all(c->headers);
    if (c->tick != NULL)
        event_free(c->tick);
    tw_icinga_finish(&c->known);
    tw_buf_finish(&c->body);
    free(c);
}

static bool set_url(struct icinga *c, const struct tw_setting_value *values, char why[static TW_SINK_WHY])
{
    struct tw_buf url = {0};
    struct tw_str given = values[URL].text;
    while (given.n > 0 && given.p[given.n - 1] == '/')
        given.n--;
    tw_buf_str(&url, given);
    tw_buf_z(&url, "/v1/actions/process-check-result");
    bool ok = tw_curl_http(c->curl, tw_buf_view(&url), &values[PROXY], why);
    tw_buf_finish(&url);
    return ok;
}

static bool check_values(const struct tw_setting_value *v, char why[static TW_SINK_WHY])
{
    const char *wrong = tw_icinga_check_template(v[HOST].text);
    const char *what = "host";
    if (wrong == NULL) {
        what = "service";
        wrong = tw_icinga_check_template(v[SERVICE].text);
    }
    size_t at = tw_str_find(v[ALIVE].text, '!', 0);
    if (wrong == NULL && v[ALIVE].given && (at == SIZE_MAX || at == 0 || at + 1 == v[ALIVE].text.n)) {
        what = "alive";
        wrong = "expected HOST!SERVICE";
    }
    if (wrong != NULL)
        (void)snprintf(why, TW_SINK_WHY, "%s: %s", what, wrong);
    return wrong == NULL;
}

static struct tw_sink *create(const struct tw_sink_env *env, const struct tw_setting_value *values,
                              char why[static TW_SINK_WHY])
{
    if (!check_values(values, why))
        return NULL;
    struct icinga *c = tw_xcalloc(1, sizeof *c);
    c->known.host = values[HOST].text;
    c->known.service = values[SERVICE].text;
    c->alive = values[ALIVE].text;
    c->ttl_s = values[TTL].number / 1000000000;
    c->curl = tw_curl_create(env, values, done, c, why);
    if (c->curl == NULL || !set_url(c, values, why)) {
        destroy(&c->sink);
        return NULL;
    }
    tw_curl_header(&c->headers, "Content-Type", "application/json");
    tw_curl_header(&c->headers, "Accept", "application/json");
    tw_curl_header(&c->headers, "Expect", "");
    c->tick = evtimer_new(env->base, on_tick, c);
    TW_ASSERT(c->tick != NULL);
    struct timeval at_once = {0, 0};
    (void)event_add(c->tick, &at_once);
    return &c->sink;
}

extern const struct tw_sink_ops tw_sink_icinga2;
const struct tw_sink_ops tw_sink_icinga2 = {.name = "icinga2",
                                            .help = "States of service objects in Icinga 2, by its API.",
                                            .settings = settings,
                                            .batch = 1,
                                            .wants_all = true,
                                            .create = create,
                                            .send = send_one,
                                            .destroy = destroy};
