/* SPDX-License-Identifier: ISC */
/*
 * Alertmanager forgets: an alert that is not sent again has ended there, and after its restart it knows none.
 * So all that is open is sent again and again, and what ended for a quarter of an hour. Each post has some
 * alerts; a post that is refused is sent once more, one alert at a time, so that only the guilty one stays
 * out.
 */
#include "curl.h"
#include "prom.h"

#include "base/err.h"
#include "base/mem.h"
#include "plat/clock.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { URLS = TW_CURL_ROWS, RESEND, SEVERITY, LABELS, LINK, PROXY };
enum { BATCH = 64, BODY_MAX = 512 << 10, RESOLVED_MS = 15 * 60 * 1000, LABELS_MAX = 32 };

enum under_way { NOTHING, ITEMS, ROUND };

struct manager {
    struct tw_sink sink; /* first */
    struct tw_curl *curl;
    struct curl_slist *headers;
    struct tw_buf body;
    struct tw_prom_options options;
    struct tw_prom known;
    struct event *tick;
    tw_dur resend;
    enum under_way under_way;
    const struct tw_item *const *items; /* that the outlet wants to be sent */
    size_t items_n;
    bool round; /* some of `known` are yet to be sent again */
    bool alone; /* one at a time */
    size_t at, in_flight, alone_until;
};

static const struct tw_setting settings[] = {
    TW_CURL_SETTINGS("10s"),
    [URLS] = {.name = "urls",
              .kind = TW_SETTING_EACH,
              .needed = true,
              .help = "Of every instance, never of a load balancer before them: http://HOST:9093."},
    [RESEND] = {.name = "resend",
                .kind = TW_SETTING_TIME,
                .preset = "30s",
                .least = 1000000000,
                .most = 60000000000,
                .help = "What is open is sent again so often; after four times as long without, it ends "
                        "there. 1s to 60s."},
    [SEVERITY] = {.name = "severity-label",
                  .kind = TW_SETTING_BOOL,
                  .preset = "false",
                  .help = "The severity is a label too; when it changes, that is another alert there."},
    [LABELS] = {.name = "labels", .kind = TW_SETTING_LIST, .help = "More labels, as \"name=value\"."},
    [LINK] = {.name = "link",
              .kind = TW_SETTING_TEXT,
              .help = "URL of alerts, for people; the alert's id is put behind it."},
    [PROXY] = TW_CURL_PROXY,
    {.name = NULL}};

static tw_time until(const struct manager *m)
{
    return tw_time_add(tw_clock_wall(), (tw_dur){4 * m->resend.ns});
}

static void add(struct manager *m, const struct tw_prom_alert *a)
{
    tw_buf_char(&m->body, m->body.n == 0 ? '[' : ',');
    tw_prom_alert_json(a, until(m), &m->body);
}

static void post(struct manager *m, enum under_way what)
{
    m->under_way = what;
    tw_buf_char(&m->body, ']');
    tw_curl_post(m->curl, m->headers, tw_buf_view(&m->body));
}

static void post_items(struct manager *m)
{
    tw_time now = tw_clock_wall();
    tw_buf_clear(&m->body);
    for (size_t i = 0; i < m->items_n; i++) {
        struct tw_prom_alert a;
        tw_prom_alert_make(&m->items[i]->t, &m->options, now, &a);
        const struct tw_prom_alert *old = tw_prom_renamed(&m->known, &a);
        if (old != NULL) {
            struct tw_prom_alert end = *old;
            end.ended = tw_later(tw_earlier(m->items[i]->t.time, now), end.starts);
            add(m, &end);
        }
        add(m, &a);
        tw_prom_alert_finish(&a);
    }
    post(m, ITEMS);
}

/* Of those that are sent again, the next: as many as go into one post. */
static void post_round(struct manager *m)
{
    tw_buf_clear(&m->body);
    size_t i = m->at, most = m->alone ? 1 : BATCH;
    for (size_t n = 0; i < m->known.n && n < most && m->body.n < BODY_MAX; i++) {
        if (m->known.alerts[i].refused)
            continue;
        add(m, &m->known.alerts[i]);
        n++;
    }
    m->in_flight = i - m->at;
    if (m->body.n > 0)
        post(m, ROUND);
    else
        m->round = false;
}

static void go_on(struct manager *m)
{
    if (m->under_way == NOTHING && m->items_n > 0)
        post_items(m);
    if (m->under_way == NOTHING && m->round)
        post_round(m);
}

static void on_tick(evutil_socket_t fd, short what, void *ctx)
{
    struct manager *m = ctx;
    (void)fd;
    (void)what;
    if (m->round)
        return; /* the last one has not ended */
    tw_prom_forget(&m->known, tw_clock_mono_ms());
    m->round = m->known.n > 0;
    m->at = 0;
    m->alone = false;
    go_on(m);
}

/* They were taken: from now on they are sent again. What is made up (seq 0) ends by itself. */
static void keep_items(struct manager *m)
{
    tw_time now = tw_clock_wall();
    int64_t forget_ms = tw_clock_mono_ms() + RESOLVED_MS;
    for (size_t i = 0; i < m->items_n; i++) {
        struct tw_prom_alert a;
        if (m->items[i]->t.seq == 0)
            continue;
        tw_prom_alert_make(&m->items[i]->t, &m->options, now, &a);
        a.forget_ms = forget_ms;
        struct tw_prom_alert *old = tw_prom_renamed(&m->known, &a);
        if (old != NULL) {
            old->ended = tw_later(tw_earlier(m->items[i]->t.time, now), old->starts);
            old->forget_ms = forget_ms;
        }
        (void)tw_prom_put(&m->known, &a);
    }
}

static void items_done(struct manager *m, enum tw_sent sent, const char *why)
{
    size_t n = m->items_n;
    if (sent == TW_SENT_OK)
        keep_items(m);
    m->items = NULL;
    m->items_n = 0;
    tw_sink_done(&m->sink, sent == TW_SENT_OK ? n : 0, sent, why);
}

static void round_done(struct manager *m, enum tw_sent sent, const char *why)
{
    tw_sink_health(&m->sink, why);
    if (sent == TW_SENT_REFUSED && m->in_flight > 1 && !m->alone) {
        m->alone = true;
        m->alone_until = m->at + m->in_flight;
        return;
    }
    if (sent == TW_SENT_REFUSED)
        m->known.alerts[m->at + m->in_flight - 1].refused = true;
    m->at += m->in_flight;
    if (m->alone && m->at >= m->alone_until)
        m->alone = false;
    if (sent == TW_SENT_AGAIN || m->at >= m->known.n)
        m->round = false; /* the next tick begins anew */
}

static void done(void *ctx, const struct tw_curl_answer *a)
{
    struct manager *m = ctx;
    char why[TW_SINK_WHY];
    enum tw_sent sent = tw_curl_judge(m->curl, a, why);
    enum under_way was = m->under_way;
    m->under_way = NOTHING;
    if (was == ITEMS)
        items_done(m, sent, sent == TW_SENT_OK ? NULL : why);
    else
        round_done(m, sent, sent == TW_SENT_OK ? NULL : why);
    go_on(m);
}

static void send_items(struct tw_sink *s, const struct tw_item *const *items, size_t n)
{
    struct manager *m = (struct manager *)s;
    m->items = items;
    m->items_n = n;
    go_on(m);
}

static void destroy(struct tw_sink *s)
{
    struct manager *m = (struct manager *)s;
    tw_curl_destroy(m->curl);
    curl_slist_free_all(m->headers);
    if (m->tick != NULL)
        event_free(m->tick);
    tw_prom_finish(&m->known);
    tw_buf_finish(&m->body);
    free(m);
}

static bool check_values(const struct tw_setting_value *v, char why[static TW_SINK_WHY])
{
    const char *wrong = v[LABELS].list_n > LABELS_MAX ? "too many labels" : NULL;
    for (size_t i = 0; wrong == NULL && i < v[LABELS].list_n; i++)
        wrong = tw_prom_check_label(v[LABELS].list[i]);
    if (wrong != NULL)
        (void)snprintf(why, TW_SINK_WHY, "labels: %s", wrong);
    return wrong == NULL && (!v[LINK].given || tw_curl_check_url("link", v[LINK].text, "http,https", why));
}

static bool set_url(struct manager *m, const struct tw_setting_value *values, char why[static TW_SINK_WHY])
{
    struct tw_buf url = {0};
    struct tw_str given = values[URLS].text;
    while (given.n > 0 && given.p[given.n - 1] == '/')
        given.n--;
    tw_buf_str(&url, given);
    tw_buf_z(&url, "/api/v2/alerts");
    bool ok = tw_curl_http(m->curl, tw_buf_view(&url), &values[PROXY], why);
    tw_buf_finish(&url);
    return ok;
}

static struct tw_sink *create(const struct tw_sink_env *env, const struct tw_setting_value *values,
                              char why[static TW_SINK_WHY])
{
    if (!check_values(values, why))
        return NULL;
    struct manager *m = tw_xcalloc(1, sizeof *m);
    m->options = (struct tw_prom_options){.labels = values[LABELS].list,
                                          .labels_n = values[LABELS].list_n,
                                          .severity = values[SEVERITY].number == 1,
                                          .silenced = env->silenced,
                                          .link = values[LINK].text};
    m->resend.ns = values[RESEND].number;
    m->curl = tw_curl_create(env, values, done, m, why);
    if (m->curl == NULL || !set_url(m, values, why)) {
        destroy(&m->sink);
        return NULL;
    }
    tw_curl_header(&m->headers, "Content-Type", "application/json");
    tw_curl_header(&m->headers, "Expect", "");
    m->tick = event_new(env->base, -1, EV_PERSIST, on_tick, m);
    TW_ASSERT(m->tick != NULL);
    struct timeval tv = {m->resend.ns / 1000000000, m->resend.ns % 1000000000 / 1000};
    (void)event_add(m->tick, &tv);
    return &m->sink;
}

extern const struct tw_sink_ops tw_sink_alertmanager;
const struct tw_sink_ops tw_sink_alertmanager = {.name = "alertmanager",
                                                 .help = "Prometheus' Alertmanager, by its API v2.",
                                                 .settings = settings,
                                                 .batch = BATCH,
                                                 .wants_all = true,
                                                 .create = create,
                                                 .send = send_items,
                                                 .destroy = destroy};
