/* SPDX-License-Identifier: ISC */
/*
 * Nagios or a relative on another machine, by the daemon of NSCA. It begins with a vector and its time; we
 * send one packet, and that nothing follows; then it has read everything when it closes the connection. What
 * it thinks of the packet it keeps to itself.
 */
#include "exchange.h"
#include "holder.h"
#include "nsca.h"
#include "plugin.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

enum { HOLDER, SERVER = TW_HOLDER_ROWS, PORT, METHOD, PASSWORD, TIMEOUT };

struct output {
    struct tw_holder holder; /* first */
    struct tw_exchange *exchange;
    enum tw_nsca_method method;
    struct tw_str password;
    struct tw_states_view state; /* what is sent; its names and text are in `text` */
    struct tw_buf text;
    bool perf, sent; /* the packet went out */
    const char *wrong;
    uint8_t packet[TW_NSCA_PACKET];
};

static const char *const methods[] = {"none", "xor", "3des", "rijndael-128", NULL};
static const enum tw_nsca_method numbers[] = {TW_NSCA_NONE, TW_NSCA_XOR, TW_NSCA_3DES, TW_NSCA_AES};

static const struct tw_setting settings[] = {
    [HOLDER + TW_HOLDER_HOST] = TW_HOLDER_SET_HOST,
    [HOLDER + TW_HOLDER_SERVICE] = TW_HOLDER_SET_SERVICE,
    [HOLDER + TW_HOLDER_TTL] = TW_HOLDER_SET_TTL,
    [HOLDER + TW_HOLDER_ALIVE] = TW_HOLDER_SET_ALIVE,
    [SERVER] = {.name = "server",
                .kind = TW_SETTING_TEXT,
                .needed = true,
                .help = "Name or address of the machine that the daemon nsca runs on."},
    [PORT] = {.name = "port",
              .kind = TW_SETTING_NUMBER,
              .preset = "5667",
              .least = 1,
              .most = 65535,
              .help = "Where it listens."},
    [METHOD] = {.name = "encryption",
                .kind = TW_SETTING_WORD,
                .preset = "xor",
                .words = methods,
                .help = "As decryption_method in nsca.cfg: none is 0 there, xor 1, 3des 3, rijndael-128 14. "
                        "xor hides nothing."},
    [PASSWORD] = {.name = "password-file",
                  .kind = TW_SETTING_SECRET,
                  .help = "The password that the daemon has; 3des and rijndael-128 need one."},
    [TIMEOUT] = {.name = "timeout",
                 .kind = TW_SETTING_TIME,
                 .preset = "10s",
                 .least = 1000000000,
                 .most = 60000000000,
                 .help = "From the look-up of the name until the daemon has what was sent. 1s to 60s."},
    {.name = NULL}};

/* The state is only needed when the daemon has spoken. */
static void post(struct tw_sink *s, size_t object, const struct tw_states_view *state)
{
    struct output *o = (struct output *)s;
    tw_buf_finish(&o->state.text);
    tw_buf_clear(&o->text);
    tw_buf_str(&o->text, state->host);
    tw_buf_str(&o->text, state->service);
    o->state = *state;
    o->state.text = (struct tw_buf){0};
    tw_buf_str(&o->state.text, tw_buf_view(&state->text));
    o->state.host = tw_str_cut(tw_buf_view(&o->text), state->host.n);
    o->state.service = tw_str_from(tw_buf_view(&o->text), state->host.n);
    o->perf = object != SIZE_MAX;
    o->sent = false;
    o->wrong = NULL;
    tw_exchange_start(o->exchange);
}

static bool received(void *ctx, struct tw_str all)
{
    struct output *o = ctx;
    if (all.n < TW_NSCA_INIT || o->sent)
        return false;
    o->wrong = tw_nsca_packet(o->packet, (const uint8_t *)all.p, o->method, o->password, &o->state, o->perf);
    if (o->wrong != NULL)
        return true;
    o->sent = true;
    tw_exchange_write(o->exchange, tw_str_of((const char *)o->packet, sizeof o->packet), true);
    return false;
}

static void ended(void *ctx, enum tw_exchange_end end, const char *why)
{
    struct output *o = ctx;
    if (o->wrong != NULL)
        tw_holder_posted(&o->holder, TW_SENT_REFUSED, o->wrong);
    else if (o->sent && end == TW_EXCHANGE_CLOSED)
        tw_holder_posted(&o->holder, TW_SENT_OK, NULL);
    else
        tw_holder_posted(&o->holder, TW_SENT_AGAIN, why);
}

static void destroy(struct tw_sink *s)
{
    struct output *o = (struct output *)s;
    tw_exchange_destroy(o->exchange);
    tw_holder_finish(&o->holder);
    tw_buf_finish(&o->text);
    tw_buf_finish(&o->state.text);
    free(o);
}

static struct tw_sink *create(const struct tw_sink_env *env, const struct tw_setting_value *v,
                              char why[static TW_SINK_WHY])
{
    struct output *o = tw_xcalloc(1, sizeof *o);
    o->method = numbers[v[METHOD].number];
    o->password = v[PASSWORD].text;
    bool bare = v[METHOD].number > 1 && o->password.n == 0;
    if (bare)
        (void)snprintf(why, TW_SINK_WHY, "encryption: %s needs a password-file", methods[v[METHOD].number]);
    else if (tw_holder_set(&o->holder, &v[HOLDER], TW_PLUGIN_BANNED, "", why)) {
        const struct tw_exchange_options x = {.base = env->base,
                                              .host = v[SERVER].text,
                                              .port = (uint16_t)v[PORT].number,
                                              .timeout_ns = v[TIMEOUT].number,
                                              .most = TW_NSCA_INIT,
                                              .ctx = o,
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

extern const struct tw_sink_ops tw_sink_nsca;
const struct tw_sink_ops tw_sink_nsca = {
    .name = "nsca",
    .help = "States of services in Nagios and its relatives on another machine, by the daemon of NSCA.",
    .settings = settings,
    .batch = 1,
    .wants_all = true,
    .certain = true,
    .create = create,
    .send = tw_holder_send,
    .destroy = destroy};
