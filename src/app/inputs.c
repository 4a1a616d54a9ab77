/* SPDX-License-Identifier: ISC */
#include "daemon.h"

#include "base/buf.h"
#include "base/mem.h"
#include "decode/log.h"
#include "decode/trap.h"
#include "plat/listen_fds.h"
#include "plat/log.h"
#include "source/sockaddr.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Per turn of the loop and socket, so that timers and the other sockets get theirs. */
enum {
    BATCHES_PER_TURN = 4,
    DRAIN_BATCHES = 16384,
    PORT_SYSLOG = 514,
    PORT_SYSLOG_TCP = 601,
    PORT_SYSLOG_TLS = 6514,
    PORT_TRAP = 162
};

bool tw_inputs_knows(const struct tw_daemon *d, const struct tw_addr *from)
{
    const struct tw_topology *t = tw_pipeline_topology(d->pipeline);
    return tw_topology_by_address(t, from) != TW_NONE || tw_topology_is_relay(t, from);
}

/* By what it has proved, else by its address. */
static bool knows_sender(const struct tw_daemon *d, const struct tw_record *r)
{
    return tw_inputs_knows(d, &r->from) || tw_pipeline_prover(d->pipeline, r) != TW_NONE;
}

/* Whose account in a storm: of who is proven, the device's, wherever it sends from; of all strangers one, so
 * that they can't take anybody's place. *device: for which it is counted. */
static struct tw_shed_source account_of(const struct tw_input *in, const struct tw_record *r,
                                        uint32_t *device)
{
    const struct tw_daemon *d = in->daemon;
    const struct tw_topology *t = tw_pipeline_topology(d->pipeline);
    struct tw_shed_source s = {.who = TW_SHED_KNOWN, .input = in->index};
    *device = tw_pipeline_prover(d->pipeline, r);
    if (*device != TW_NONE && t->devices[*device].addresses_n > 0) {
        s.from = &t->devices[*device].addresses[0];
        return s;
    }
    uint32_t at = tw_topology_by_address(t, &r->from);
    if (at != TW_NONE || tw_topology_is_relay(t, &r->from))
        s.from = &r->from;
    else if (*device == TW_NONE)
        s.who = TW_SHED_STRANGER;
    *device = *device != TW_NONE ? *device : at;
    return s;
}

_Static_assert((int)TW_UNFED_SHED_NOISE + (int)TW_CLASS_OTHER == TW_UNFED_SHED_OTHER &&
                   (int)TW_UNFED_SHED_NOISE + (int)TW_CLASS_VITAL == TW_UNFED_SHED_VITAL,
               "a counter for each class, in their order");

static bool is_shed(struct tw_input *in, const struct tw_record *r)
{
    struct tw_daemon *d = in->daemon;
    if (in->now_ms == 0)
        return false;
    enum tw_class c = tw_pipeline_class(d->pipeline, r);
    uint32_t device;
    struct tw_shed_source of = account_of(in, r, &device);
    if (!tw_shed_takes(&d->shed, &of, c, in->pressure.full, in->now_ms))
        return false;
    in->shed[c]++;
    tw_unfed_of(&d->unfed, device)->counts[(int)TW_UNFED_SHED_NOISE + (int)c]++;
    return true;
}

bool tw_inputs_give(struct tw_input *in, struct tw_record *r)
{
    struct tw_daemon *d = in->daemon;
    char text[TW_ADDR_TEXT];
    if (is_shed(in, r))
        return false;
    r->rx = tw_time_is_finite(in->arrived) ? in->arrived : tw_clock_now(&d->clock);
    r->at = TW_TIME_MIN;
    r->ref = (struct tw_record_ref){in->index, in->position};
    in->fed++;
    uint64_t conflicts = tw_pipeline_counter(d->pipeline, TW_COUNT_IDENTITY_CONFLICT);
    tw_keep_feed(d, r);
    if (tw_pipeline_counter(d->pipeline, TW_COUNT_IDENTITY_CONFLICT) != conflicts)
        tw_unfed_conflict(
            d, &r->from, tw_pipeline_prover(d->pipeline, r),
            tw_topology_by_address(tw_pipeline_topology(d->pipeline), &r->from),
            "a certificate or engine ID is another device's than the address: the former counts");
    enum tw_counter became = tw_pipeline_last(d->pipeline);
    /* Most are of no interest, and of somebody known. */
    if (became != TW_COUNT_EVENTS && became != TW_COUNT_NO_RULE && r->certificate.n == 0 &&
        !knows_sender(d, r))
        tw_strangers_count(&d->strangers, in, &r->from, TW_STRANGE_DATAGRAM);
    if (became != TW_COUNT_EVENTS && tw_log_wants(TW_LEVEL_DEBUG))
        tw_log(TW_LEVEL_DEBUG, "feed", tw_counter_name(became),
               TW_KVS(TW_KV("from", tw_addr_text(&r->from, text)), TW_KV("socket", in->name),
                      TW_KV_N("bytes", r->bytes.n)));
    tw_outputs_deliver(d);
    return true;
}

bool tw_inputs_feed(struct tw_input *in, const struct tw_addr *from, struct tw_str certificate,
                    struct tw_str bytes)
{
    struct tw_record r = {.transport = in->transport,
                          .from = *from,
                          .bytes = bytes,
                          .security = certificate.n > 0 ? TW_SECURITY_CERTIFICATE : TW_SECURITY_NONE,
                          .certificate = certificate};
    return tw_inputs_give(in, &r);
}

void tw_inputs_refuse(struct tw_input *in, const struct tw_record *r, enum tw_strange why)
{
    in->refused++;
    in->refused_by[why]++;
    tw_unfed_count(in->daemon, r,
                   why >= TW_STRANGE_V3
                       ? (enum tw_unfed)((int)TW_UNFED_V3_OK + ((int)why - (int)TW_STRANGE_V3))
                       : TW_UNFED_OTHER_COMMUNITY);
}

void tw_inputs_lost(struct tw_input *in, enum tw_loss_cause cause, uint64_t count, const struct tw_addr *from,
                    struct tw_str certificate)
{
    struct tw_daemon *d = in->daemon;
    struct tw_loss l = {.cause = cause, .count = count, .certificate = certificate};
    struct tw_buf text = {0};
    if (from != NULL)
        l.from = *from;
    tw_loss_text(&l, &text);
    struct tw_record r = {.rx = tw_clock_now(&d->clock),
                          .at = TW_TIME_MIN,
                          .transport = TW_TRANSPORT_LOSS,
                          .from = l.from,
                          .ref = {in->index, in->position},
                          .bytes = tw_buf_view(&text)};
    tw_keep_feed(d, &r);
    tw_log(TW_LEVEL_WARNING, "loss", text.p, TW_KVS(TW_KV("socket", in->name)));
    tw_buf_finish(&text);
    tw_outputs_deliver(d);
}

/* `drops`: of this socket since it exists. */
static void tell_drops(struct tw_input *in, uint64_t drops)
{
    uint64_t more = drops - in->drops;
    in->drops = drops;
    if (more > 0)
        tw_inputs_lost(in, TW_LOSS_KERNEL, more, NULL, (struct tw_str){0});
}

/* After a turn: how far this socket is behind. One that was emptied is not; so it costs a call of the kernel
 * only when there is more than a turn takes. */
static void look_ahead(struct tw_input *in, size_t read)
{
    uint64_t size = 1, used = 0;
    bool before = in->pressure.behind;
    if (read == (size_t)BATCHES_PER_TURN * TW_UDP_BATCH)
        used = tw_udp_waiting(in->udp, &size);
    tw_shed_measure(&in->pressure, used, size);
    in->now_ms = in->pressure.behind && in->daemon->shed.rate > 0 ? tw_clock_mono_ms() : 0;
    if (in->pressure.behind != before)
        tw_log(TW_LEVEL_WARNING, "storm", before ? "has caught up" : "is behind",
               TW_KVS(TW_KV("socket", in->name), TW_KV_N("waiting_bytes", used)));
}

/* Noise that was put aside would have changed nothing: only the rest is a loss. */
static void shed_note(void *ctx, uint32_t input, uint64_t count, const struct tw_addr *from)
{
    struct tw_daemon *d = ctx;
    tw_inputs_lost(&d->inputs[input], TW_LOSS_SHED, count, from, (struct tw_str){0});
}

void tw_inputs_tick(struct tw_daemon *d, bool last)
{
    for (size_t i = 0; i < d->inputs_n; i++) {
        if (d->inputs[i].udp != NULL)
            tell_drops(&d->inputs[i], tw_udp_stats(d->inputs[i].udp).kernel_drops);
    }
    tw_shed_tell(&d->shed, tw_clock_mono_ms(), last, shed_note, d);
}

static void receive(void *ctx, const struct tw_udp_datagram *datagram)
{
    struct tw_input *in = ctx;
    in->position++;
    in->arrived = in->drained ? TW_TIME_MIN : tw_earlier(datagram->stamp, tw_clock_now(&in->daemon->clock));
    if (in->transport == TW_TRANSPORT_TRAP)
        tw_snmp_receive(in, datagram);
    else
        (void)tw_inputs_feed(in, &datagram->from, (struct tw_str){0}, datagram->bytes);
}

/* What waited while nobody read, as it came: else what ended before the start would be judged as if it had
 * lasted until now. Bounded: more than that is read in its turn. */
void tw_inputs_drain(struct tw_daemon *d)
{
    for (size_t i = 0; i < d->inputs_n; i++) {
        struct tw_input *in = &d->inputs[i];
        if (in->udp == NULL)
            continue;
        for (unsigned turns = 0; turns < DRAIN_BATCHES && tw_udp_read(in->udp, 1, receive, in) > 0;)
            turns++;
        tw_udp_stamps(in->udp, false);
        in->drained = true;
    }
}

static void readable(evutil_socket_t fd, short what, void *ctx)
{
    struct tw_input *in = ctx;
    (void)fd;
    (void)what;
    if (in->tcp != NULL) {
        tw_streams_accept(in);
        return;
    }
    look_ahead(in, tw_udp_read(in->udp, BATCHES_PER_TURN, receive, in));
    tell_drops(in, tw_udp_drops(in->udp));
    if (in->daemon->shed.due)
        tw_shed_tell(&in->daemon->shed, tw_clock_mono_ms(), false, shed_note, in->daemon);
    tw_live_settle(in->daemon);
}

static const char *transport_name(enum tw_transport t)
{
    return t == TW_TRANSPORT_TRAP ? "snmp" : "syslog";
}

static size_t longest(enum tw_transport t)
{
    return t == TW_TRANSPORT_TRAP ? (size_t)TW_TRAP_MAX : (size_t)TW_LOG_MAX;
}

/* Takes the socket: one of the two. */
static void add_input(struct tw_daemon *d, struct tw_udp *udp, struct tw_tcp *tcp, bool tls,
                      enum tw_transport transport, const char *origin)
{
    struct tw_input *in = &d->inputs[d->inputs_n];
    struct tw_addr address;
    uint16_t port;
    char text[TW_ADDR_TEXT];
    if (udp != NULL && transport == TW_TRANSPORT_TRAP)
        tw_udp_answers(udp);
    *in = (struct tw_input){.daemon = d,
                            .udp = udp,
                            .tcp = tcp,
                            .tls = tls,
                            .transport = transport,
                            .arrived = TW_TIME_MIN,
                            .index = (uint32_t)d->inputs_n++};
    if (udp != NULL)
        tw_udp_stamps(udp, true);
    tw_sockaddr_local(udp != NULL ? tw_udp_fd(udp) : tw_tcp_fd(tcp), &address, &port);
    (void)snprintf(in->name, sizeof in->name, address.family == 6 ? "%s%s://[%s]:%u" : "%s%s://%s:%u",
                   transport_name(transport),
                   tls           ? "+tls"
                   : tcp != NULL ? "+tcp"
                                 : "",
                   tw_addr_text(&address, text), port);
    in->event =
        event_new(d->base, udp != NULL ? tw_udp_fd(udp) : tw_tcp_fd(tcp), EV_READ | EV_PERSIST, readable, in);
    TW_ASSERT(in->event != NULL && event_add(in->event, NULL) == 0);
    if (udp != NULL)
        tw_log(TW_LEVEL_INFO, "source", "listening",
               TW_KVS(TW_KV("socket", in->name), TW_KV("origin", origin),
                      TW_KV_N("receive_buffer", tw_udp_stats(udp).receive_buffer)));
    else
        tw_log(TW_LEVEL_INFO, "source", "listening",
               TW_KVS(TW_KV("socket", in->name), TW_KV("origin", origin)));
}

static bool open_one(struct tw_daemon *d, const struct tw_config_listen *l, enum tw_transport transport)
{
    struct tw_udp *udp = l->tcp ? NULL : tw_udp_open(&l->address, l->port, longest(transport));
    struct tw_tcp *tcp = l->tcp ? tw_tcp_open(&l->address, l->port) : NULL;
    if (udp != NULL || tcp != NULL) {
        add_input(d, udp, tcp, l->tls, transport, "configuration");
        return true;
    }
    const char *advice = errno == EACCES ? "; ports below 1024 come from systemd (trunkwatchd-syslog.socket, "
                                           "trunkwatchd-syslog-tcp.socket, trunkwatchd-trap.socket, "
                                           "trunkwatchd-syslog-tls.socket), else take one above, "
                                           "as 5514, 5601 and 5162"
                                         : "";
    struct tw_buf why = {0};
    tw_buf_fmt(&why, "can't listen on %s: %s%s", l->text, strerror(errno), advice);
    tw_log(TW_LEVEL_ERROR, "source", why.p, NULL);
    tw_buf_finish(&why);
    return false;
}

static const struct tw_config_listen *at_port(const struct tw_config_listen *l, size_t n, uint16_t port,
                                              bool tcp)
{
    while (n > 0 && (l[n - 1].port != port || l[n - 1].tcp != tcp))
        n--;
    return n > 0 ? &l[n - 1] : NULL;
}

/* What a passed socket is for, by its name, else by its port. False: can't be told, or nothing we serve. */
static bool purpose(const struct tw_daemon *d, const char *name, uint16_t port, bool tcp,
                    enum tw_transport *out)
{
    const struct tw_config *c = d->config;
    bool snmp = strstr(name, "snmp") != NULL || strstr(name, "trap") != NULL;
    bool syslog = strstr(name, "syslog") != NULL;
    if (!snmp && !syslog) {
        snmp = !tcp && (port == PORT_TRAP || at_port(c->snmp, c->snmp_n, port, false) != NULL);
        syslog = port == PORT_SYSLOG || (tcp && (port == PORT_SYSLOG_TCP || port == PORT_SYSLOG_TLS)) ||
                 at_port(c->syslog, c->syslog_n, port, tcp) != NULL;
    }
    *out = snmp ? TW_TRANSPORT_TRAP : TW_TRANSPORT_SYSLOG;
    return snmp != syslog && !(tcp && snmp) && (tcp || strstr(name, "tls") == NULL);
}

/* A passed TCP socket for syslog is for TLS: by its name, or, when that says only syslog or nothing, by its
 * port. */
static bool is_tls(const struct tw_daemon *d, const char *name, uint16_t port)
{
    if (strstr(name, "tls") != NULL || strstr(name, "tcp") != NULL)
        return strstr(name, "tls") != NULL;
    const struct tw_config_listen *l = at_port(d->config->syslog, d->config->syslog_n, port, true);
    return l != NULL ? l->tls : port == PORT_SYSLOG_TLS;
}

static bool adopt_one(struct tw_daemon *d, const struct tw_listen_fd *passed)
{
    enum tw_transport transport = TW_TRANSPORT_TRAP;
    struct tw_addr address;
    uint16_t port;
    /* Room for the longest before it is known what it is for. */
    struct tw_udp *udp = tw_udp_adopt(passed->fd, TW_TRAP_MAX);
    struct tw_tcp *tcp = udp == NULL ? tw_tcp_adopt(passed->fd) : NULL;
    if (udp == NULL && tcp == NULL) {
        tw_log(TW_LEVEL_WARNING, "source",
               "passed socket is no UDP socket and no listening TCP socket (Accept=no), ignored",
               TW_KVS(TW_KV("name", passed->name)));
        (void)close(passed->fd);
        return true;
    }
    tw_sockaddr_local(passed->fd, &address, &port);
    if (!purpose(d, passed->name, port, tcp != NULL, &transport)) {
        tw_log(TW_LEVEL_ERROR, "source",
               tcp != NULL
                   ? "can't tell what a passed TCP socket is for, expected FileDescriptorName=syslog"
                   : "can't tell what a passed socket is for, expected FileDescriptorName=syslog or snmp",
               TW_KVS(TW_KV("name", passed->name), TW_KV_N("port", port)));
        tw_udp_destroy(udp);
        tw_tcp_destroy(tcp);
        return false;
    }
    bool tls = tcp != NULL && is_tls(d, passed->name, port);
    if (tls && d->tls == NULL) {
        tw_log(TW_LEVEL_ERROR, "source", "a socket for TLS was passed, and tls is not configured",
               TW_KVS(TW_KV("name", passed->name), TW_KV_N("port", port)));
        tw_tcp_destroy(tcp);
        return false;
    }
    if (udp != NULL)
        tw_udp_limit(udp, longest(transport));
    add_input(d, udp, tcp, tls, transport, "systemd");
    return true;
}

static bool adopt_all(struct tw_daemon *d, const struct tw_listen_fd *passed, size_t n)
{
    bool ok = true;
    if (tw_config_given(d->config, TW_OPTION_LISTEN_SYSLOG) ||
        tw_config_given(d->config, TW_OPTION_LISTEN_SNMP))
        tw_log(TW_LEVEL_WARNING, "source",
               "sockets come from systemd: the listen addresses of the configuration are ignored",
               TW_KVS(TW_KV_N("sockets", n)));
    for (size_t i = 0; i < n; i++)
        ok = adopt_one(d, &passed[i]) && ok;
    return ok;
}

static bool open_all(struct tw_daemon *d)
{
    const struct tw_config *c = d->config;
    bool ok = true;
    for (size_t i = 0; i < c->syslog_n; i++)
        ok = open_one(d, &c->syslog[i], TW_TRANSPORT_SYSLOG) && ok;
    for (size_t i = 0; i < c->snmp_n; i++)
        ok = open_one(d, &c->snmp[i], TW_TRANSPORT_TRAP) && ok;
    return ok;
}

static void warn_of_missing(const struct tw_daemon *d)
{
    for (enum tw_transport t = TW_TRANSPORT_SYSLOG; t <= TW_TRANSPORT_TRAP; t++) {
        size_t i = 0;
        while (i < d->inputs_n && d->inputs[i].transport != t)
            i++;
        if (i == d->inputs_n)
            tw_log(TW_LEVEL_WARNING, "source", "nothing listens for this",
                   TW_KVS(TW_KV("transport", transport_name(t))));
    }
}

bool tw_inputs_open(struct tw_daemon *d)
{
    struct tw_listen_fd passed[TW_LISTEN_FDS_MAX];
    size_t n = tw_listen_fds(passed);
    d->inputs_passed = n > 0;
    d->inputs = tw_xcalloc(n > 0 ? n : d->config->syslog_n + d->config->snmp_n, sizeof *d->inputs);
    bool ok = n > 0 ? adopt_all(d, passed, n) : open_all(d);
    if (ok && d->inputs_n == 0) {
        tw_log(TW_LEVEL_ERROR, "source", "no socket to listen on, expected listen.syslog or listen.snmp",
               NULL);
        ok = false;
    }
    if (ok)
        warn_of_missing(d);
    return ok;
}

void tw_inputs_close(struct tw_daemon *d)
{
    for (size_t i = 0; i < d->inputs_n; i++) {
        event_free(d->inputs[i].event);
        tw_udp_destroy(d->inputs[i].udp);
        tw_tcp_destroy(d->inputs[i].tcp);
    }
    free(d->inputs);
}
