/* SPDX-License-Identifier: ISC */
/*
 * SNMP notifications: one at a time, the next when this one is answered, or for traps a moment later. The
 * socket is connected, so answers come from the receiver's address and port only, and its "port unreachable"
 * is heard.
 */
#include "base/err.h"
#include "base/mem.h"
#include "lookup.h"
#include "plat/clock.h"
#include "snmp_talk.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TO, VERSION, KIND, COMMUNITY, USER, AUTH, AUTH_FILE, PRIV, PRIV_FILE, LEVEL, TIMEOUT, SIZE };
enum {
    ANSWERS_PER_TURN = 16,
    HOST_MAX = 255,
    DATAGRAM_MAX = 65536,
    /* Traps are not faster than 200/s: a receiver's buffer is small, and nobody says what it lost. Who is
     * near has said by then that nobody listens. */
    TRAP_PACE_MS = 5
};

struct snmp {
    struct tw_sink sink; /* first */
    char host[HOST_MAX + 1], port[6];
    int64_t timeout_ms;
    int fd;
    struct event *readable, *timer;
    struct tw_lookup *lookup;
    bool sending;
    struct snmp_talk talk;
};

static const char *const versions[] = {"2c", "3", NULL};
static const char *const kinds[] = {"trap", "inform", NULL};

static const struct tw_setting settings[] = {
    [TO] = {.name = "to", .kind = TW_SETTING_EACH, .needed = true, .help = "Receivers: udp://HOST:PORT."},
    [VERSION] =
        {.name = "version", .kind = TW_SETTING_WORD, .needed = true, .words = versions, .help = "Of SNMP."},
    [KIND] =
        {.name = "kind",
         .kind = TW_SETTING_WORD,
         .preset = "inform",
         .words = kinds,
         .help =
             "inform: each is answered, and sent again until it is; trap: sent once, and it may be lost."},
    [COMMUNITY] = {.name = "community-file", .kind = TW_SETTING_SECRET, .help = "For version 2c."},
    [USER] = {.name = "user", .kind = TW_SETTING_TEXT, .help = "For version 3."},
    [AUTH] = {.name = "auth",
              .kind = TW_SETTING_WORD,
              .preset = "SHA-256",
              .words = tw_usm_auth_names,
              .help = "Protocol of the user's digest."},
    [AUTH_FILE] = {.name = "auth-passphrase-file",
                   .kind = TW_SETTING_SECRET,
                   .help = "The user's passphrase for it."},
    [PRIV] = {.name = "priv",
              .kind = TW_SETTING_WORD,
              .preset = "AES",
              .words = tw_usm_priv_names,
              .help = "Protocol of the user's encryption."},
    [PRIV_FILE] = {.name = "priv-passphrase-file",
                   .kind = TW_SETTING_SECRET,
                   .help = "The user's passphrase for it."},
    [LEVEL] = {.name = "level",
               .kind = TW_SETTING_WORD,
               .preset = "authPriv",
               .words = tw_usm_level_names,
               .help = "Whether messages are signed and encrypted."},
    [TIMEOUT] = {.name = "timeout",
                 .kind = TW_SETTING_TIME,
                 .preset = "5s",
                 .least = 1000000000,
                 .most = 60000000000,
                 .help = "How long an answer is waited for. 1s to 60s."},
    [SIZE] = {.name = "max-size",
              .kind = TW_SETTING_NUMBER,
              .preset = "1400",
              .least = SNMP_SIZE_LEAST,
              .most = SNMP_SIZE_MOST,
              .help = "Bytes of a message at most; lists of sub-interfaces and commands are cut to it."},
    {.name = NULL}};

/* ---- one notification ---- */

static void hang_up(struct snmp *s)
{
    tw_lookup_cancel(s->lookup);
    s->lookup = NULL;
    if (s->readable != NULL)
        event_free(s->readable);
    s->readable = NULL;
    if (s->fd >= 0)
        (void)close(s->fd);
    s->fd = -1;
}

static void finish(struct snmp *s, enum tw_sent sent, const char *why)
{
    s->sending = false;
    (void)event_del(s->timer);
    /* The name may lead elsewhere the next time. */
    if (sent == TW_SENT_AGAIN)
        hang_up(s);
    tw_sink_done(&s->sink, sent == TW_SENT_OK, sent, why);
}

static void fail_errno(struct snmp *s, int error)
{
    finish(s, TW_SENT_AGAIN, error == ECONNREFUSED ? "nobody listens there" : strerror(error));
}

static void wait_ms(struct snmp *s, int64_t ms)
{
    struct timeval tv = {ms / 1000, ms % 1000 * 1000};
    TW_ASSERT(event_add(s->timer, &tv) == 0);
}

static void say(struct snmp *s)
{
    struct tw_str message = snmp_talk_message(&s->talk, tw_clock_mono_ms());
    if (message.n == 0) {
        finish(s, TW_SENT_REFUSED, "it does not fit into max-size");
        return;
    }
    /* An error that waits is of what was sent before: then it is told by the first of two. */
    for (int i = 0; i < 2; i++) {
        if (send(s->fd, message.p, message.n, MSG_NOSIGNAL) >= 0) {
            wait_ms(s, s->talk.options.inform ? s->timeout_ms : TRAP_PACE_MS);
            return;
        }
        if (errno != ECONNREFUSED)
            break;
    }
    fail_errno(s, errno);
}

static void take_answer(struct snmp *s, struct tw_str bytes)
{
    const char *why = NULL;
    switch (snmp_talk_answer(&s->talk, bytes, tw_clock_mono_ms(), &why)) {
    case SNMP_SAID_NOTHING: break;
    case SNMP_SAID_MORE: say(s); break;
    case SNMP_SAID_OK: finish(s, TW_SENT_OK, NULL); break;
    case SNMP_SAID_NO: finish(s, TW_SENT_AGAIN, why); break;
    case SNMP_SAID_NEVER: finish(s, TW_SENT_REFUSED, why); break;
    }
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
    static char bytes[DATAGRAM_MAX];
    struct snmp *s = ctx;
    (void)what;
    for (int i = 0; i < ANSWERS_PER_TURN && s->fd == fd; i++) {
        ssize_t n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
        if (n >= 0 && s->sending)
            take_answer(s, tw_str_of(bytes, (size_t)n));
        else if (n < 0 && errno != EAGAIN && errno != EINTR && s->sending)
            fail_errno(s, errno);
        else if (n < 0)
            break;
    }
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
    struct snmp *s = ctx;
    char why[TW_SINK_WHY];
    (void)fd;
    (void)what;
    if (s->fd >= 0 && !s->talk.options.inform) {
        finish(s, TW_SENT_OK, NULL);
        return;
    }
    (void)snprintf(why, sizeof why, "no answer within %lld s", (long long)(s->timeout_ms / 1000));
    finish(s, TW_SENT_AGAIN, why);
}

static void found(void *ctx, struct addrinfo *list, const char *why)
{
    struct snmp *s = ctx;
    int error = 0;
    s->lookup = NULL;
    if (list == NULL) {
        finish(s, TW_SENT_AGAIN, why);
        return;
    }
    s->fd = tw_lookup_datagrams(list, &error);
    freeaddrinfo(list);
    if (s->fd < 0) {
        fail_errno(s, error);
        return;
    }
    s->readable = event_new(s->sink.env.base, s->fd, EV_READ | EV_PERSIST, on_readable, s);
    TW_ASSERT(s->readable != NULL && event_add(s->readable, NULL) == 0);
    say(s);
}

static void send_one(struct tw_sink *sink, const struct tw_item *const *items, size_t n)
{
    struct snmp *s = (struct snmp *)sink;
    const struct tw_transition *t = &items[0]->t;
    (void)n;
    s->sending = true;
    /* The same whenever it is sent. */
    snmp_talk_begin(&s->talk, t, (int32_t)(t->seq & INT32_MAX));
    if (s->fd >= 0) {
        say(s);
        return;
    }
    wait_ms(s, s->timeout_ms);
    s->lookup = tw_lookup_start(s->sink.env.base, s->host, s->port, SOCK_DGRAM, found, s);
}

/* ---- its life ---- */

static const char *read_to(struct snmp *s, struct tw_str to)
{
    static const char *const wrong = "to: expected udp://HOST:PORT";
    uint64_t port = 0;
    if (!tw_str_istarts(to, TW_STR("udp://")) || !tw_str_is_plain(to))
        return wrong;
    struct tw_str rest = tw_str_from(to, strlen("udp://"));
    bool bracket = rest.n > 0 && rest.p[0] == '[';
    size_t close = bracket ? tw_str_find(rest, ']', 0) : 0;
    if (close == SIZE_MAX)
        return wrong;
    size_t colon = tw_str_find(rest, ':', close);
    if (colon == SIZE_MAX || !tw_str_u64(tw_str_from(rest, colon + 1), 65535, &port) || port == 0)
        return wrong;
    if (bracket && colon != close + 1)
        return wrong;
    struct tw_str host = bracket ? tw_str_of(rest.p + 1, close - 1) : tw_str_cut(rest, colon);
    if (host.n == 0 || host.n > HOST_MAX)
        return wrong;
    memcpy(s->host, host.p, host.n);
    (void)snprintf(s->port, sizeof s->port, "%u", (unsigned)port);
    return NULL;
}

static const char *read_community(struct snmp_talk_options *o, const struct tw_setting_value *v)
{
    if (!v[COMMUNITY].given)
        return "version 2c wants a community-file";
    if (v[USER].given || v[AUTH_FILE].given || v[PRIV_FILE].given)
        return "user and passphrases are of version 3";
    if (v[COMMUNITY].text.n == 0 || v[COMMUNITY].text.n > SNMP_COMMUNITY_MAX)
        return "community-file: expected 1 to 255 bytes";
    o->community = v[COMMUNITY].text;
    return NULL;
}

static const char *read_user(struct snmp_talk_options *o, const struct tw_setting_value *v)
{
    bool auth, priv;
    struct tw_usm_user *u = &o->user;
    if (v[COMMUNITY].given)
        return "community-file is of version 2c";
    if (!v[USER].given || v[USER].text.n == 0 || v[USER].text.n > TW_USM_NAME_MAX)
        return "version 3 wants a user, of 1 to 32 bytes";
    o->level = (enum tw_security)(TW_SECURITY_NO_AUTH_NO_PRIV + (int)v[LEVEL].number);
    auth = o->level >= TW_SECURITY_AUTH_NO_PRIV;
    priv = o->level >= TW_SECURITY_AUTH_PRIV;
    if (auth != v[AUTH_FILE].given || priv != v[PRIV_FILE].given)
        return "authPriv wants both passphrases, authNoPriv that of auth only, noAuthNoPriv none";
    if ((auth && v[AUTH_FILE].text.n < TW_USM_PASSPHRASE_MIN) ||
        (priv && v[PRIV_FILE].text.n < TW_USM_PASSPHRASE_MIN))
        return "a passphrase has at least 8 bytes";
    memcpy(u->name, v[USER].text.p, v[USER].text.n);
    u->auth = auth ? (enum tw_usm_auth)(v[AUTH].number + 1) : TW_AUTH_NONE;
    u->priv = priv ? (enum tw_usm_priv)(v[PRIV].number + 1) : TW_PRIV_NONE;
    u->level = o->level;
    return tw_usm_user_keys(u, v[AUTH_FILE].text, v[PRIV_FILE].text)
               ? NULL
               : "this machine's OpenSSL refuses one of the protocols";
}

static void destroy(struct tw_sink *sink)
{
    struct snmp *s = (struct snmp *)sink;
    hang_up(s);
    event_free(s->timer);
    snmp_talk_finish(&s->talk);
    free(s);
}

static struct tw_sink *create(const struct tw_sink_env *env, const struct tw_setting_value *v,
                              char why[static TW_SINK_WHY])
{
    struct snmp_talk_options o = {.v3 = v[VERSION].number == 1,
                                  .inform = v[KIND].number == 1,
                                  .size = (size_t)v[SIZE].number,
                                  .boots = env->engine.boots,
                                  .start_ms = env->engine.start_ms};
    struct snmp *s = tw_xcalloc(1, sizeof *s);
    if (env->engine.id_n > 0)
        memcpy(o.self.bytes, env->engine.id, env->engine.id_n);
    o.self.n = (uint8_t)env->engine.id_n;
    const char *wrong = read_to(s, v[TO].text);
    if (wrong == NULL)
        wrong = o.v3 ? read_user(&o, v) : read_community(&o, v);
    if (wrong != NULL) {
        (void)snprintf(why, TW_SINK_WHY, "%s", wrong);
        tw_usm_users_finish(&o.user, 1);
        free(s);
        return NULL;
    }
    s->fd = -1;
    s->timeout_ms = v[TIMEOUT].number / 1000000;
    s->sink.env = *env;
    s->timer = event_new(env->base, -1, 0, on_timer, s);
    TW_ASSERT(s->timer != NULL);
    snmp_talk_init(&s->talk, &o);
    tw_usm_users_finish(&o.user, 1);
    return &s->sink;
}

extern const struct tw_sink_ops tw_sink_snmp;
const struct tw_sink_ops tw_sink_snmp = {.name = "snmp",
                                         .help = "SNMP notifications of TRUNKWATCH-MIB: traps or informs.",
                                         .settings = settings,
                                         .batch = 1,
                                         .create = create,
                                         .send = send_one,
                                         .destroy = destroy};
