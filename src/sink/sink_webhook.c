/* SPDX-License-Identifier: ISC */
#include "curl.h"

#include "base/json.h"
#include "base/mem.h"
#include "number.h"
#include "plat/clock.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { URL = TW_CURL_ROWS, URL_FILE, BODY, SECRET, BEARER, HEADERS, SOURCE, PROXY };
enum { HEADERS_MAX = 32 };

struct webhook {
    struct tw_sink sink; /* first */
    struct tw_curl *curl;
    struct curl_slist *headers;
    struct tw_buf body;
    bool cloudevents;
    const struct tw_setting_value *values;
};

static const char *const bodies[] = {"json", "cloudevents", NULL};

static const struct tw_setting settings[] = {
    TW_CURL_SETTINGS("10s"),
    [URL] = {.name = "url", .kind = TW_SETTING_TEXT, .help = "Where to, http or https."},
    [URL_FILE] = {.name = "url-file",
                  .kind = TW_SETTING_SECRET,
                  .help = "The same, for one that nobody else may know."},
    [BODY] = {.name = "body",
              .kind = TW_SETTING_WORD,
              .preset = "json",
              .words = bodies,
              .help = "The transition as it is, or inside a CloudEvent (1.0)."},
    [SECRET] = {.name = "secret-file",
                .kind = TW_SETTING_SECRET,
                .help = "Signs each request: X-Trunkwatch-Signature is sha256= and the HMAC-SHA256, in "
                        "hexadecimal digits, of X-Trunkwatch-Timestamp, a full stop and the body."},
    [BEARER] = {.name = "bearer-file", .kind = TW_SETTING_SECRET, .help = "A token: Authorization: Bearer."},
    [HEADERS] = {.name = "headers", .kind = TW_SETTING_LIST, .help = "More headers, as \"Name: value\"."},
    [SOURCE] = {.name = "source",
                .kind = TW_SETTING_TEXT,
                .preset = "/trunkwatch",
                .help = "The source of CloudEvents."},
    [PROXY] = TW_CURL_PROXY,
    {.name = NULL}};

/* Those that a request has of its own, or that would say where it ends. */
static bool is_ours(struct tw_str name)
{
    static const char *const ours[] = {"Content-Type", "Content-Length", "Transfer-Encoding", "Expect",
                                       "Idempotency-Key"};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        if (tw_str_ieq(name, tw_str_z(ours[i])))
            return true;
    }
    return tw_str_istarts(name, TW_STR("X-Trunkwatch-"));
}

static const char *header_wrong(struct tw_str line)
{
    size_t colon = tw_str_find(line, ':', 0);
    struct tw_str name = tw_str_cut(line, colon);
    if (!tw_str_is_plain(line) || colon == SIZE_MAX || name.n == 0)
        return "expected \"Name: value\" of printable ASCII";
    for (size_t i = 0; i < name.n; i++) {
        if (!tw_is_alnum(name.p[i]) && name.p[i] != '-' && name.p[i] != '_')
            return "its name is none";
    }
    return is_ours(name) ? "it is made by trunkwatch" : NULL;
}

static bool check_values(const struct tw_setting_value *v, char why[static TW_SINK_WHY])
{
    const char *wrong = NULL;
    if (v[URL].given == v[URL_FILE].given)
        wrong = v[URL].given ? "expected one of url and url-file, not both" : "it has no url";
    if (wrong == NULL && v[BEARER].given && v[TW_CURL_USER].given)
        wrong = "expected one of user and bearer-file, not both";
    if (wrong == NULL && v[BEARER].given && !tw_str_is_plain(v[BEARER].text))
        wrong = "bearer-file: expected one line of printable ASCII";
    if (wrong == NULL && v[HEADERS].list_n > HEADERS_MAX)
        wrong = "too many headers";
    for (size_t i = 0; wrong == NULL && i < v[HEADERS].list_n; i++)
        wrong = header_wrong(v[HEADERS].list[i]);
    if (wrong != NULL)
        (void)snprintf(why, TW_SINK_WHY, "%s", wrong);
    return wrong == NULL;
}

static void add_event(struct webhook *w, const struct tw_item *i, struct tw_str json)
{
    char text[64];
    struct tw_buf *b = &w->body;
    tw_buf_z(b, "{\"specversion\":\"1.0\",\"id\":");
    (void)snprintf(text, sizeof text, "%s.%" PRIu64, i->t.alert_id, tw_item_number(i));
    tw_json_z(b, text);
    tw_buf_z(b, ",\"source\":");
    tw_json_str(b, w->values[SOURCE].text);
    (void)snprintf(text, sizeof text, "trunkwatch.alert.%s", tw_transition_name(i->t.kind));
    tw_buf_z(b, ",\"type\":");
    tw_json_z(b, text);
    if (i->t.pair != NULL) {
        tw_buf_z(b, ",\"subject\":");
        tw_json_z(b, i->t.pair);
    }
    tw_buf_z(b, ",\"time\":");
    tw_json_time(b, i->t.time);
    tw_buf_z(b, ",\"datacontenttype\":\"application/json\",\"data\":");
    tw_buf_str(b, json);
    tw_buf_char(b, '}');
}

static void sign(struct webhook *w)
{
    const struct tw_setting_value *secret = &w->values[SECRET];
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    char stamp[32], text[16 + 2 * EVP_MAX_MD_SIZE] = "sha256=";
    struct tw_buf all = {0};
    (void)snprintf(stamp, sizeof stamp, "%lld", (long long)(tw_clock_wall().ns / 1000000000));
    tw_buf_fmt(&all, "%s.", stamp);
    tw_buf_str(&all, tw_buf_view(&w->body));
    (void)HMAC(EVP_sha256(), secret->text.p, (int)secret->text.n, (const unsigned char *)all.p, all.n, mac,
               &n);
    for (size_t i = 0; i < n; i++)
        (void)snprintf(text + strlen("sha256=") + 2 * i, 3, "%02x", mac[i]);
    tw_curl_header(&w->headers, "X-Trunkwatch-Timestamp", stamp);
    tw_curl_header(&w->headers, "X-Trunkwatch-Signature", text);
    tw_buf_finish(&all);
}

static void forget_request(struct webhook *w)
{
    curl_slist_free_all(w->headers);
    w->headers = NULL;
    tw_buf_clear(&w->body);
}

static void add_bearer(struct webhook *w)
{
    struct tw_buf value = {0};
    tw_buf_z(&value, "Bearer ");
    tw_buf_str(&value, w->values[BEARER].text);
    tw_curl_header(&w->headers, "Authorization", value.p);
    explicit_bzero(value.p, value.n);
    tw_buf_finish(&value);
}

static void send_one(struct tw_sink *s, const struct tw_item *const *items, size_t n)
{
    struct webhook *w = (struct webhook *)s;
    const struct tw_item *i = items[0];
    struct tw_str json = tw_str_trim(i->json);
    char key[64];
    (void)n;
    (void)snprintf(key, sizeof key, "%s.%" PRIu64, i->t.alert_id, tw_item_number(i));
    forget_request(w);
    if (w->cloudevents)
        add_event(w, i, json);
    else
        tw_buf_str(&w->body, json);
    tw_curl_header(&w->headers, "Content-Type",
                   w->cloudevents ? "application/cloudevents+json; charset=utf-8" : "application/json");
    tw_curl_header(&w->headers, "Idempotency-Key", key);
    tw_curl_header(&w->headers, "Expect", ""); /* a long body waits for no permission */
    if (w->values[SECRET].given)
        sign(w);
    if (w->values[BEARER].given)
        add_bearer(w);
    for (size_t k = 0; k < w->values[HEADERS].list_n; k++)
        w->headers = curl_slist_append(w->headers, w->values[HEADERS].list[k].p);
    tw_curl_post(w->curl, w->headers, tw_buf_view(&w->body));
}

static void done(void *ctx, const struct tw_curl_answer *a)
{
    struct webhook *w = ctx;
    char why[TW_SINK_WHY];
    enum tw_sent sent = tw_curl_judge(w->curl, a, why);
    forget_request(w);
    tw_sink_done(&w->sink, sent == TW_SENT_OK, sent, sent == TW_SENT_OK ? NULL : why);
}

static void destroy(struct tw_sink *s)
{
    struct webhook *w = (struct webhook *)s;
    tw_curl_destroy(w->curl);
    forget_request(w);
    tw_buf_finish(&w->body);
    free(w);
}

static struct tw_sink *create(const struct tw_sink_env *env, const struct tw_setting_value *values,
                              char why[static TW_SINK_WHY])
{
    if (!check_values(values, why))
        return NULL;
    struct webhook *w = tw_xcalloc(1, sizeof *w);
    w->values = values;
    w->cloudevents = values[BODY].number == 1;
    w->curl = tw_curl_create(env, values, done, w, why);
    struct tw_str url = values[values[URL].given ? URL : URL_FILE].text;
    if (w->curl != NULL && values[BEARER].given)
        tw_curl_secret(w->curl);
    if (w->curl != NULL && tw_curl_http(w->curl, url, &values[PROXY], why))
        return &w->sink;
    destroy(&w->sink);
    return NULL;
}

extern const struct tw_sink_ops tw_sink_webhook;
const struct tw_sink_ops tw_sink_webhook = {.name = "webhook",
                                            .help = "An HTTP POST of each transition.",
                                            .settings = settings,
                                            .batch = 1,
                                            .create = create,
                                            .send = send_one,
                                            .destroy = destroy};
