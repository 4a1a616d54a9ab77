/* SPDX-License-Identifier: ISC */
/*
 * Syslog to a collector: RFC 5424 over UDP (RFC 5426), TCP (RFC 6587, octet counting) or TLS (RFC 5425).
 *
 * Syslog has no answers. Over TCP and TLS a message counts as sent when the other side's kernel has
 * acknowledged it (SIOCOUTQ is 0): what a receiver loses that ends before it reads is lost. A connection that
 * the other side has closed is noticed before the next message goes into it.
 */
#include "lookup.h"
#include "message.h"

#include "base/err.h"
#include "base/mem.h"
#include "secure.h"
#include "sink/sink.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BATCH = 64, HOST_MAX = 255, ACK_US = 5000 };
enum { TO, FACILITY, HOSTNAME, CA_FILE, CERTIFICATE, KEY, TIMEOUT };
enum transport { UDP, TCP, TLS };

struct output {
    struct tw_sink sink; /* first */
    enum transport transport;
    char host[HOST_MAX + 1], hostname[HOST_MAX + 1];
    char port[8];
    unsigned facility;
    uint32_t sequence;
    struct timeval timeout;
    SSL_CTX *tls;
    struct tw_lookup *lookup;
    struct addrinfo *addresses, *next; /* of a stream that is not connected yet: all, and the next to try */
    int udp;                           /* connected; -1: not */
    struct bufferevent *stream;
    bool open;           /* the stream is connected */
    struct event *timer; /* of a send: the time-out, or the next look at the kernel's queue */
    struct event *deadline;
    const struct tw_item *const *items; /* of the present send; n == 0: none */
    size_t n;
    struct tw_buf text;
};

static const char *const facilities[] = {
    "kern",   "user",     "mail",   "daemon", "auth",     "syslog",  "lpr",   "news",   "uucp",
    "cron",   "authpriv", "ftp",    "ntp",    "security", "console", "clock", "local0", "local1",
    "local2", "local3",   "local4", "local5", "local6",   "local7",  NULL};

static const struct tw_setting settings[] = {
    [TO] = {.name = "to",
            .kind = TW_SETTING_EACH,
            .needed = true,
            .help = "udp://HOST:PORT, tcp://HOST:PORT or tls://HOST:PORT."},
    [FACILITY] = {.name = "facility",
                  .kind = TW_SETTING_WORD,
                  .preset = "local7",
                  .words = facilities,
                  .help = "Of the messages."},
    [HOSTNAME] = {.name = "hostname",
                  .kind = TW_SETTING_TEXT,
                  .help = "HOSTNAME of the messages; else this machine's name."},
    [CA_FILE] = {.name = "ca-file",
                 .kind = TW_SETTING_FILE,
                 .help = "TLS: authorities (PEM) whose certificates are believed, instead of the system's."},
    [CERTIFICATE] = {.name = "certificate",
                     .kind = TW_SETTING_FILE,
                     .help = "TLS: our own certificate (PEM)."},
    [KEY] = {.name = "key", .kind = TW_SETTING_FILE, .help = "TLS: its private key (PEM)."},
    [TIMEOUT] = {.name = "timeout",
                 .kind = TW_SETTING_TIME,
                 .preset = "10s",
                 .least = INT64_C(1000000000),
                 .most = INT64_C(60000000000),
                 .help = "From the look-up of the name until the other side has what was sent."},
    {.name = NULL}};

/* ---- the end of a send ---- */

static void hang_up(struct output *o)
{
    tw_lookup_cancel(o->lookup);
    o->lookup = NULL;
    if (o->addresses != NULL)
        freeaddrinfo(o->addresses);
    o->addresses = o->next = NULL;
    if (o->stream != NULL)
        bufferevent_free(o->stream);
    o->stream = NULL;
    o->open = false;
}

static void end(struct output *o, size_t n, enum tw_sent result, const char *why)
{
    (void)event_del(o->timer);
    (void)event_del(o->deadline);
    o->items = NULL;
    o->n = 0;
    tw_sink_done(&o->sink, n, result, why);
}

static void fail(struct output *o, const char *what, const char *detail)
{
    char why[TW_SINK_WHY];
    (void)snprintf(why, sizeof why, "%s%s%s", what, detail != NULL ? ": " : "", detail != NULL ? detail : "");
    hang_up(o);
    if (o->n > 0)
        end(o, 0, TW_SENT_AGAIN, why);
}

static void on_deadline(evutil_socket_t fd, short what, void *ctx)
{
    struct output *o = ctx;
    (void)fd;
    (void)what;
    fail(o, o->open ? "the other side does not take it" : "no connection in time", NULL);
}

/* ---- messages ---- */

static void format(struct output *o, const struct tw_item *i, size_t most, struct tw_buf *out)
{
    o->sequence = o->sequence % INT32_MAX + 1;
    const struct tw_message_options m = {.facility = o->facility,
                                         .hostname = o->hostname,
                                         .version = o->sink.env.version,
                                         .sequence = o->sequence,
                                         .most = most};
    tw_message_format(i, &m, out);
}

static void send_datagrams(struct output *o)
{
    for (size_t i = 0; i < o->n; i++) {
        tw_buf_clear(&o->text);
        format(o, o->items[i], TW_MESSAGE_DATAGRAM, &o->text);
        if (send(o->udp, o->text.p, o->text.n, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
            continue;
        char why[TW_SINK_WHY];
        (void)snprintf(why, sizeof why, "%s", strerror(errno));
        (void)close(o->udp); /* its name may lead elsewhere next time */
        o->udp = -1;
        end(o, i, TW_SENT_AGAIN, why);
        return;
    }
    end(o, o->n, TW_SENT_OK, NULL);
}

static void send_stream(struct output *o)
{
    struct evbuffer *out = bufferevent_get_output(o->stream);
    for (size_t i = 0; i < o->n; i++) {
        tw_buf_clear(&o->text);
        format(o, o->items[i], 0, &o->text);
        (void)evbuffer_add_printf(out, "%zu ", o->text.n);
        (void)evbuffer_add(out, o->text.p, o->text.n);
    }
}

/* Whether the other side's kernel has everything. */
static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
    static const struct timeval moment = {0, ACK_US};
    struct output *o = ctx;
    int left = 0;
    (void)fd;
    (void)what;
    if (o->n == 0 || o->stream == NULL)
        return;
    if (ioctl(bufferevent_getfd(o->stream), SIOCOUTQ, &left) == 0 && left > 0) {
        (void)event_add(o->timer, &moment);
        return;
    }
    end(o, o->n, TW_SENT_OK, NULL);
}

static void on_written(struct bufferevent *b, void *ctx)
{
    struct output *o = ctx;
    if (o->open && o->n > 0 && evbuffer_get_length(bufferevent_get_output(b)) == 0)
        on_timer(-1, 0, o);
}

/* A receiver has nothing to say. */
static void on_read(struct bufferevent *b, void *ctx)
{
    struct evbuffer *in = bufferevent_get_input(b);
    (void)ctx;
    (void)evbuffer_drain(in, evbuffer_get_length(in));
}

/* ---- connections ---- */

static struct bufferevent *new_stream(struct output *o)
{
    if (o->tls == NULL)
        return bufferevent_socket_new(o->sink.env.base, -1, BEV_OPT_CLOSE_ON_FREE);
    SSL *session = tw_secure_session(o->tls, o->host);
    if (session == NULL)
        return NULL;
    return bufferevent_openssl_socket_new(o->sink.env.base, -1, session, BUFFEREVENT_SSL_CONNECTING,
                                          BEV_OPT_CLOSE_ON_FREE);
}

static void on_event(struct bufferevent *b, short what, void *ctx);

/* To the next of its addresses. */
static void connect_stream(struct output *o)
{
    int error = 0;
    while (o->next != NULL) {
        const struct addrinfo *a = o->next;
        o->next = a->ai_next;
        if (o->stream != NULL)
            bufferevent_free(o->stream);
        o->stream = new_stream(o);
        if (o->stream == NULL)
            break;
        bufferevent_setcb(o->stream, on_read, on_written, on_event, o);
        (void)bufferevent_enable(o->stream, EV_READ | EV_WRITE);
        if (bufferevent_socket_connect(o->stream, a->ai_addr, (int)a->ai_addrlen) == 0)
            return;
        error = errno;
    }
    fail(o, o->stream != NULL ? strerror(error) : "no memory for a connection", NULL);
}

static void on_event(struct bufferevent *b, short what, void *ctx)
{
    struct output *o = ctx;
    char text[TW_SINK_WHY];
    if ((what & BEV_EVENT_CONNECTED) != 0) {
        o->open = true;
        send_stream(o);
        return;
    }
    int error = EVUTIL_SOCKET_ERROR();
    const char *tls = o->tls != NULL ? tw_secure_why(b, text) : NULL;
    if (!o->open && tls == NULL && o->next != NULL)
        connect_stream(o);
    else if (tls != NULL)
        fail(o, "TLS", tls);
    else if ((what & BEV_EVENT_EOF) != 0)
        fail(o, "the other side has closed the connection", NULL);
    else
        fail(o, error != 0 ? strerror(error) : "the connection broke", NULL);
}

static void connect_udp(struct output *o)
{
    int error = 0;
    o->udp = tw_lookup_datagrams(o->addresses, &error);
    if (o->udp >= 0)
        send_datagrams(o);
    else
        fail(o, strerror(error), NULL);
}

static void on_found(void *ctx, struct addrinfo *list, const char *why)
{
    struct output *o = ctx;
    o->lookup = NULL;
    o->addresses = o->next = list;
    if (list == NULL)
        fail(o, why, NULL);
    else if (o->transport == UDP)
        connect_udp(o);
    else
        connect_stream(o);
}

static void look_up(struct output *o)
{
    int type = o->transport == UDP ? SOCK_DGRAM : SOCK_STREAM;
    hang_up(o);
    o->lookup = tw_lookup_start(o->sink.env.base, o->host, o->port, type, on_found, o);
}

static void send_items(struct tw_sink *s, const struct tw_item *const *items, size_t n)
{
    struct output *o = (struct output *)s;
    o->items = items;
    o->n = n;
    (void)event_add(o->deadline, &o->timeout);
    if (o->transport == UDP && o->udp >= 0)
        send_datagrams(o);
    else if (o->stream != NULL && o->open)
        send_stream(o);
    else
        look_up(o);
}

/* ---- its life ---- */

static bool parse_to(struct output *o, struct tw_str to)
{
    static const char *const schemes[] = {"udp://", "tcp://", "tls://"};
    size_t k = 0, colon;
    uint64_t port;
    while (k < 3 && !tw_str_starts(to, tw_str_z(schemes[k])))
        k++;
    if (k == 3)
        return false;
    o->transport = (enum transport)k;
    to = tw_str_from(to, 6);
    for (colon = to.n; colon > 0 && to.p[colon - 1] != ':';)
        colon--;
    struct tw_str host = colon > 1 ? tw_str_cut(to, colon - 1) : (struct tw_str){0};
    if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
        host = tw_str_of(host.p + 1, host.n - 2);
    if (host.n == 0 || host.n > HOST_MAX || !tw_str_u64(tw_str_from(to, colon), 65535, &port) || port == 0)
        return false;
    memcpy(o->host, host.p, host.n);
    (void)snprintf(o->port, sizeof o->port, "%u", (unsigned)port);
    return true;
}

/* PRINTUSASCII of RFC 5424. */
static bool is_hostname(struct tw_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] <= ' ' || s.p[i] > '~')
            return false;
    }
    return s.n > 0 && s.n <= HOST_MAX;
}

static void destroy(struct tw_sink *s)
{
    struct output *o = (struct output *)s;
    o->n = 0;
    hang_up(o);
    if (o->udp >= 0)
        (void)close(o->udp);
    if (o->timer != NULL)
        event_free(o->timer);
    if (o->deadline != NULL)
        event_free(o->deadline);
    SSL_CTX_free(o->tls);
    tw_buf_finish(&o->text);
    free(o);
}

static struct tw_sink *create(const struct tw_sink_env *env, const struct tw_setting_value *v,
                              char why[static TW_SINK_WHY])
{
    struct output *o = tw_xcalloc(1, sizeof *o);
    const char *wrong = NULL;
    o->udp = -1;
    o->facility = (unsigned)v[FACILITY].number;
    o->timeout = (struct timeval){v[TIMEOUT].number / 1000000000, v[TIMEOUT].number % 1000000000 / 1000};
    if (v[HOSTNAME].given && is_hostname(v[HOSTNAME].text))
        memcpy(o->hostname, v[HOSTNAME].text.p, v[HOSTNAME].text.n);
    else if (v[HOSTNAME].given)
        wrong = "hostname is not one, expected printable letters without a space";
    else if (gethostname(o->hostname, HOST_MAX) != 0 || !is_hostname(tw_str_z(o->hostname)))
        (void)snprintf(o->hostname, sizeof o->hostname, "-");
    if (!parse_to(o, v[TO].text))
        wrong = "to is no udp://HOST:PORT, tcp://HOST:PORT or tls://HOST:PORT";
    if (wrong == NULL && o->transport == TLS)
        o->tls = tw_secure_create(&v[CA_FILE], &v[CERTIFICATE], &v[KEY], why);
    bool ok = wrong == NULL && (o->transport != TLS || o->tls != NULL);
    if (wrong != NULL)
        (void)snprintf(why, TW_SINK_WHY, "%s", wrong);
    o->timer = evtimer_new(env->base, on_timer, o);
    o->deadline = evtimer_new(env->base, on_deadline, o);
    TW_ASSERT(o->timer != NULL && o->deadline != NULL);
    if (ok)
        return &o->sink;
    destroy(&o->sink);
    return NULL;
}

const struct tw_sink_ops tw_sink_syslog = {
    .name = "syslog",
    .help = "Syslog (RFC 5424, with structured data) over UDP, TCP or TLS.",
    .settings = settings,
    .batch = BATCH,
    .create = create,
    .send = send_items,
    .destroy = destroy};
