/* SPDX-License-Identifier: ISC */
/*
 * Zabbix: the state of a host as the value of a trapper item, a JSON document that dependent items take
 * apart. One value a request: the answer only counts what was refused, it does not say which.
 */
#include "base/json.h"
#include "base/mem.h"
#include "exchange.h"
#include "holder.h"
#include "plat/clock.h"
#include "secure.h"
#include "zbx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    HOLDER, /* its service is the item */
    SERVER = TW_HOLDER_ROWS,
    PORT,
    SECURITY,
    CA_FILE,
    CERTIFICATE,
    KEY,
    PSK_IDENTITY,
    PSK,
    TIMEOUT
};
enum { PLAIN, BY_CERTIFICATE, BY_PSK };

struct output {
    struct tw_holder holder; /* first */
    struct tw_exchange *exchange;
    SSL_CTX *tls;
    struct tw_secure_shared shared;
    struct tw_buf request, host, item;
    bool judged; /* the present answer is whole: `sent`, and `why` unless it is OK */
    enum tw_sent sent;
    char why[TW_SINK_WHY];
};

static const char *const securities[] = {"none", "certificate", "psk", NULL};

static const struct tw_setting settings[] = {
    [HOLDER + TW_HOLDER_HOST] = TW_HOLDER_SET_HOST,
    [HOLDER + TW_HOLDER_SERVICE] = {.name = "item",
                                    .kind = TW_SETTING_TEXT,
                                    .preset = "trunkwatch.state",
                                    .help = "The key of the trapper item there, likewise."},
    [HOLDER + TW_HOLDER_TTL] = TW_HOLDER_SET_TTL,
    [HOLDER + TW_HOLDER_ALIVE] = {.name = "alive",
                                  .kind = TW_SETTING_TEXT,
                                  .help = "HOST!ITEM of a trapper item that gets the number of open alerts, "
                                          "as a sign that trunkwatch is alive."},
    [SERVER] = {.name = "server",
                .kind = TW_SETTING_TEXT,
                .needed = true,
                .help = "Name or address of the Zabbix server or proxy."},
    [PORT] = {.name = "port",
              .kind = TW_SETTING_NUMBER,
              .preset = "10051",
              .least = 1,
              .most = 65535,
              .help = "Where its trappers listen."},
    [SECURITY] = {.name = "tls",
                  .kind = TW_SETTING_WORD,
                  .preset = "none",
                  .words = securities,
                  .help = "certificate: TLS with certificates; psk: TLS with a key that both sides know."},
    [CA_FILE] = {.name = "ca-file",
                 .kind = TW_SETTING_FILE,
                 .help = "tls: certificate: authorities (PEM) whose certificates are believed, instead of "
                         "the system's."},
    [CERTIFICATE] = {.name = "certificate",
                     .kind = TW_SETTING_FILE,
                     .help = "tls: certificate: our own certificate (PEM); Zabbix asks for one."},
    [KEY] = {.name = "key", .kind = TW_SETTING_FILE, .help = "Its private key (PEM)."},
    [PSK_IDENTITY] = {.name = "psk-identity",
                      .kind = TW_SETTING_TEXT,
                      .help = "tls: psk: the name of the key, as Zabbix has it."},
    [PSK] = {.name = "psk-file",
             .kind = TW_SETTING_SECRET,
             .help = "tls: psk: the key, 32 to 512 hexadecimal digits."},
    [TIMEOUT] = {.name = "timeout",
                 .kind = TW_SETTING_TIME,
                 .preset = "10s",
                 .least = 1000000000,
                 .most = 60000000000,
                 .help = "From the look-up of the name to the end of the answer. 1s to 60s."},
    {.name = NULL}};

/* ---- what is sent ---- */

static void put_conditions(struct tw_buf *b, const struct tw_states *known, size_t object)
{
    struct tw_states_condition c[TW_STATES_CONDITIONS_MAX];
    size_t n = tw_states_conditions(known, object, c);
    tw_buf_char(b, '{');
    for (size_t i = 0; i < n; i++) {
        tw_json_key(b, c[i].name);
        tw_buf_fmt(b, "{\"level\":%d,\"open\":%zu,\"summary\":", c[i].level, c[i].open);
        tw_json_str(b, tw_states_summary(tw_str_z(c[i].text)));
        tw_buf_char(b, '}');
    }
    tw_buf_char(b, '}');
}

static void put_state(struct tw_buf *b, const struct tw_states *known, size_t object,
                      const struct tw_states_view *state)
{
    struct tw_str text = tw_buf_view(&state->text);
    tw_buf_fmt(b, "{\"level\":%d,\"open\":%zu,\"sub_interfaces\":%zu,\"conditions\":", state->level,
               state->open, state->affected);
    put_conditions(b, known, object);
    tw_json_key(b, "summary");
    tw_json_str(b, tw_states_summary(text));
    tw_json_key(b, "text");
    tw_json_str(b, text);
    tw_buf_char(b, '}');
}

static void post(struct tw_sink *s, size_t object, const struct tw_states_view *state)
{
    struct output *o = (struct output *)s;
    struct tw_buf value = {0};
    if (object == SIZE_MAX)
        tw_buf_fmt(&value, "%zu", state->open);
    else
        put_state(&value, &o->holder.known, object, state);
    tw_buf_clear(&o->host);
    tw_buf_str(&o->host, state->host);
    tw_buf_clear(&o->item);
    tw_buf_str(&o->item, state->service);
    tw_buf_clear(&o->request);
    tw_zbx_request(&o->request, state->host, state->service, tw_buf_view(&value), tw_clock_wall());
    tw_buf_finish(&value);
    o->judged = false;
    tw_exchange_start(o->exchange);
}

static void connected(void *ctx)
{
    struct output *o = ctx;
    tw_exchange_write(o->exchange, tw_buf_view(&o->request), false);
}

/* ---- what is answered ---- */

static bool received(void *ctx, struct tw_str all)
{
    struct output *o = ctx;
    struct tw_str text;
    const char *why;
    enum tw_zbx_form form = tw_zbx_answer(all, &text, &why);
    if (form == TW_ZBX_MORE)
        return false;
    o->judged = true;
    o->sent = TW_SENT_AGAIN;
    if (form == TW_ZBX_WHOLE)
        o->sent = tw_zbx_judge(text, tw_buf_view(&o->host), tw_buf_view(&o->item), o->why);
    else
        (void)snprintf(o->why, sizeof o->why, "%s", why);
    return true;
}

static void ended(void *ctx, enum tw_exchange_end end, const char *why)
{
    struct output *o = ctx;
    if (o->judged)
        tw_holder_posted(&o->holder, o->sent, o->why);
    else
        tw_holder_posted(&o->holder, TW_SENT_AGAIN,
                         end == TW_EXCHANGE_CLOSED ? "the other side closed the connection without an answer"
                                                   : why);
}

/* ---- its life ---- */

static void destroy(struct tw_sink *s)
{
    struct output *o = (struct output *)s;
    tw_exchange_destroy(o->exchange);
    tw_holder_finish(&o->holder);
    SSL_CTX_free(o->tls);
    tw_buf_finish(&o->request);
    tw_buf_finish(&o->host);
    tw_buf_finish(&o->item);
    explicit_bzero(&o->shared, sizeof o->shared);
    free(o);
}

static bool set_tls(struct output *o, const struct tw_setting_value *v, char why[static TW_SINK_WHY])
{
    const char *wrong = NULL;
    bool by_certificate = v[SECURITY].number == BY_CERTIFICATE, by_psk = v[SECURITY].number == BY_PSK;
    if (!by_certificate && (v[CA_FILE].given || v[CERTIFICATE].given || v[KEY].given))
        wrong = "ca-file, certificate and key belong to tls: certificate";
    else if (by_psk != v[PSK].given || by_psk != v[PSK_IDENTITY].given)
        wrong = "tls: psk, psk-identity and psk-file belong together";
    else if (by_psk)
        wrong = tw_secure_shared_set(&o->shared, v[PSK_IDENTITY].text, v[PSK].text);
    if (wrong != NULL)
        (void)snprintf(why, TW_SINK_WHY, "%s", wrong);
    else if (by_psk)
        o->tls = tw_secure_create_shared(&o->shared);
    else if (by_certificate)
        o->tls = tw_secure_create(&v[CA_FILE], &v[CERTIFICATE], &v[KEY], why);
    return wrong == NULL && (o->tls != NULL) == (by_certificate || by_psk);
}

static struct tw_sink *create(const struct tw_sink_env *env, const struct tw_setting_value *v,
                              char why[static TW_SINK_WHY])
{
    struct output *o = tw_xcalloc(1, sizeof *o);
    if (tw_holder_set(&o->holder, &v[HOLDER], "", "\"\\,[]", why) && set_tls(o, v, why)) {
        const struct tw_exchange_options x = {.base = env->base,
                                              .host = v[SERVER].text,
                                              .port = (uint16_t)v[PORT].number,
                                              .tls = o->tls,
                                              .timeout_ns = v[TIMEOUT].number,
                                              .most = TW_ZBX_HEADER + TW_ZBX_ANSWER_MAX,
                                              .ctx = o,
                                              .connected = connected,
                                              .received = received,
                                              .ended = ended};
        o->exchange = tw_exchange_create(&x, why);
    }
    if (o->exchange == NULL) {
        destroy(&o->holder.sink);
        return NULL;
    }
    return tw_holder_start(&o->holder, env->base, post);
}

extern const struct tw_sink_ops tw_sink_zabbix;
const struct tw_sink_ops tw_sink_zabbix = {.name = "zabbix",
                                           .help = "States of hosts in Zabbix, as values of trapper items.",
                                           .settings = settings,
                                           .batch = 1,
                                           .wants_all = true,
                                           .certain = true,
                                           .create = create,
                                           .send = tw_holder_send,
                                           .destroy = destroy};
