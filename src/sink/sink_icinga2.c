/* SPDX-License-Identifier: ISC */
/* States of service objects, by Icinga's API: what is bad has a time to live. */
#include "curl.h"
#include "holder.h"
#include "icinga.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>

enum { URL = TW_CURL_ROWS, HOLDER, PROXY = HOLDER + TW_HOLDER_ROWS };

struct icinga {
    struct tw_holder holder; /* first */
    struct tw_curl *curl;
    struct curl_slist *headers;
    struct tw_buf body;
};

static const struct tw_setting settings[] = {TW_CURL_SETTINGS("10s"),
                                             [URL] = {.name = "url",
                                                      .kind = TW_SETTING_TEXT,
                                                      .needed = true,
                                                      .help = "Of the API, https://HOST:5665."},
                                             [HOLDER + TW_HOLDER_HOST] = TW_HOLDER_SET_HOST,
                                             [HOLDER + TW_HOLDER_SERVICE] = TW_HOLDER_SET_SERVICE,
                                             [HOLDER + TW_HOLDER_TTL] = TW_HOLDER_SET_TTL,
                                             [HOLDER + TW_HOLDER_ALIVE] = TW_HOLDER_SET_ALIVE,
                                             [PROXY] = TW_CURL_PROXY,
                                             {.name = NULL}};

static void post(struct tw_sink *s, size_t object, const struct tw_states_view *state)
{
    struct icinga *c = (struct icinga *)s;
    struct tw_buf *b = &c->body, name = {0};
    bool alive = object == SIZE_MAX;
    tw_buf_str(&name, state->host);
    tw_buf_char(&name, '!');
    tw_buf_str(&name, state->service);
    tw_buf_clear(b);
    tw_buf_z(b, "{\"type\":\"Service\",\"service\":");
    tw_json_str(b, tw_buf_view(&name));
    tw_buf_fmt(b, ",\"exit_status\":%d,\"check_source\":\"trunkwatch\"", tw_states_exit(state));
    tw_buf_z(b, ",\"plugin_output\":");
    tw_json_str(b, tw_buf_view(&state->text));
    if (!alive)
        tw_buf_fmt(b, ",\"performance_data\":[\"open=%zu;;;0\",\"sub_interfaces=%zu;;;0\"]", state->open,
                   state->affected);
    if (alive || state->level > 0)
        tw_buf_fmt(b, ",\"ttl\":%lld", (long long)c->holder.ttl_s);
    tw_buf_char(b, '}');
    tw_buf_finish(&name);
    tw_curl_post(c->curl, c->headers, tw_buf_view(b));
}

static void done(void *ctx, const struct tw_curl_answer *a)
{
    struct icinga *c = ctx;
    char why[TW_SINK_WHY];
    enum tw_sent sent = tw_icinga_judge(c->curl, a, why);
    tw_holder_posted(&c->holder, sent, why);
}

static void destroy(struct tw_sink *s)
{
    struct icinga *c = (struct icinga *)s;
    tw_curl_destroy(c->curl);
    curl_slist_free_all(c->headers);
    tw_holder_finish(&c->holder);
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

static struct tw_sink *create(const struct tw_sink_env *env, const struct tw_setting_value *values,
                              char why[static TW_SINK_WHY])
{
    struct icinga *c = tw_xcalloc(1, sizeof *c);
    bool ok = tw_holder_set(&c->holder, &values[HOLDER], "", "", why);
    c->curl = ok ? tw_curl_create(env, values, done, c, why) : NULL;
    if (c->curl == NULL || !set_url(c, values, why)) {
        destroy(&c->holder.sink);
        return NULL;
    }
    tw_curl_header(&c->headers, "Content-Type", "application/json");
    tw_curl_header(&c->headers, "Accept", "application/json");
    tw_curl_header(&c->headers, "Expect", "");
    return tw_holder_start(&c->holder, env->base, post);
}

extern const struct tw_sink_ops tw_sink_icinga2;
const struct tw_sink_ops tw_sink_icinga2 = {.name = "icinga2",
                                            .help = "States of service objects in Icinga 2, by its API.",
                                            .settings = settings,
                                            .batch = 1,
                                            .wants_all = true,
                                            .create = create,
                                            .send = tw_holder_send,
                                            .destroy = destroy};
