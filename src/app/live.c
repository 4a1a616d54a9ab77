/* SPDX-License-Identifier: ISC */
/*
 * The live driver: datagrams and the clock into the core, what comes out to the sinks. Replay is the other
 * driver over the same two calls.
 */
#include "daemon.h"

#include "base/buf.h"
#include "base/mem.h"
#include "command.h"
#include "plat/log.h"
#include "setup.h"

#include <signal.h>
#include <stdlib.h>

enum { TICK_S = 1, STATUS_TICKS = 5, TIMER_MAX_S = 3600 };

/* The core fires what is due strictly before now: hence the microsecond. */
static void arm(struct tw_daemon *d)
{
    tw_time deadline = tw_pipeline_next_deadline(d->pipeline);
    if (deadline.ns == d->armed.ns)
        return;
    d->armed = deadline;
    if (!tw_time_is_finite(deadline)) {
        (void)event_del(d->timer);
        return;
    }
    int64_t us = tw_time_sub(deadline, tw_clock_now(&d->clock)).ns / 1000 + 1;
    if (us > (int64_t)TIMER_MAX_S * 1000000)
        us = (int64_t)TIMER_MAX_S * 1000000;
    struct timeval tv = {us > 0 ? us / 1000000 : 0, us > 0 ? us % 1000000 : 0};
    (void)event_add(d->timer, &tv);
}

void tw_live_settle(struct tw_daemon *d)
{
    tw_outputs_deliver(d);
    tw_keep_settle(d);
    tw_outputs_flush(d);
    arm(d);
}

static void advance(struct tw_daemon *d)
{
    d->armed = TW_TIME_MIN; /* whatever it was set for: the wall clock may have moved */
    tw_pipeline_advance(d->pipeline, tw_clock_now(&d->clock));
    tw_live_settle(d);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    advance(ctx);
}

static void on_tick(evutil_socket_t fd, short what, void *ctx)
{
    struct tw_daemon *d = ctx;
    (void)fd;
    (void)what;
    tw_inputs_tick(d, false);
    advance(d);
    tw_streams_tick(d);
    tw_snmp_tick(d);
    tw_keep_tick(d);
    if (++d->ticks % STATUS_TICKS == 0)
        tw_report_status(d, NULL);
}

static void on_watchdog(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    tw_notify_send(&((struct tw_daemon *)ctx)->notify, TW_NOTIFY_WATCHDOG);
}

static void on_reload(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    tw_reload(ctx);
    tw_live_settle(ctx);
}

static void on_signal(evutil_socket_t number, short what, void *ctx)
{
    struct tw_daemon *d = ctx;
    (void)what;
    if (number == SIGHUP) {
        /* Later in the loop: a hundred of them are one reload, and do not keep the others waiting. */
        struct timeval now = {0, 0};
        (void)event_add(d->reload, &now);
    } else if (number == SIGUSR1) {
        tw_report_all(d);
    } else {
        (void)event_base_loopbreak(d->base);
    }
}

/* Once it ends it ends in order: a second signal would cut that short. */
static void ignore_signals(void)
{
    (void)signal(SIGTERM, SIG_IGN);
    (void)signal(SIGINT, SIG_IGN);
    (void)signal(SIGHUP, SIG_IGN);
}

/* Until it hears them: a start may take a while, and they would end it. */
static void hold_signals(int how)
{
    sigset_t some;
    (void)sigemptyset(&some);
    (void)sigaddset(&some, SIGHUP);
    (void)sigaddset(&some, SIGUSR1);
    (void)pthread_sigmask(how, &some, NULL);
}

static struct event *repeat(struct tw_daemon *d, tw_dur period, event_callback_fn call)
{
    struct timeval tv = {period.ns / 1000000000, period.ns % 1000000000 / 1000};
    struct event *e = event_new(d->base, -1, EV_PERSIST, call, d);
    TW_ASSERT(e != NULL && event_add(e, &tv) == 0);
    return e;
}

static void loop(struct tw_daemon *d)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1};
    enum { SIGNALS = sizeof signals / sizeof *signals };
    struct event *events[SIGNALS + 2] = {NULL};
    for (size_t i = 0; i < SIGNALS; i++) {
        events[i] = evsignal_new(d->base, signals[i], on_signal, d);
        TW_ASSERT(events[i] != NULL && event_add(events[i], NULL) == 0);
    }
    hold_signals(SIG_UNBLOCK);
    events[SIGNALS] = repeat(d, TW_SECONDS(TICK_S), on_tick);
    if (d->notify.watchdog.ns > 0)
        events[SIGNALS + 1] = repeat(d, d->notify.watchdog, on_watchdog);
    tw_report_status(d, TW_NOTIFY_READY);
    tw_log(TW_LEVEL_NOTICE, "live", "ready",
           TW_KVS(TW_KV_N("sockets", d->inputs_n), TW_KV_N("outputs", d->outputs.n)));
    (void)event_base_dispatch(d->base);
    for (size_t i = 0; i < SIGNALS + 2; i++) {
        if (events[i] != NULL)
            event_free(events[i]);
    }
}

/* Slower, not wrong: somebody who hardens the unit further should know. */
static void tell_patterns(const struct tw_rules *rules)
{
    struct tw_rules_stats s = tw_rules_stats(rules);
    bool all = s.patterns_jit == s.patterns;
    tw_log(all ? TW_LEVEL_INFO : TW_LEVEL_WARNING, "live",
           all ? "patterns are compiled" : "patterns are interpreted: memory may not be both written and run",
           TW_KVS(TW_KV_N("patterns", s.patterns), TW_KV_N("compiled", s.patterns_jit)));
}

/* Takes what it needs from the setup. */
static void begin(struct tw_daemon *d, struct tw_setup *s)
{
    tell_patterns(s->rules);
    d->config = s->config;
    d->tls = s->tls;
    s->tls = NULL;
    tw_shed_limit(&d->shed, d->config->storm_rate, d->config->storm_burst);
    d->pipeline = tw_pipeline_create(s->topology, s->rules, NULL);
    tw_unfed_begin(d);
    d->base = event_base_new();
    TW_ASSERT(d->base != NULL);
    d->timer = evtimer_new(d->base, on_timer, d);
    d->reload = evtimer_new(d->base, on_reload, d);
    tw_streams_begin(d);
    TW_ASSERT(d->timer != NULL && d->reload != NULL);
    d->armed = TW_TIME_MAX;
    d->board = tw_board_create();
    d->started = tw_clock_now(&d->clock);
    s->config = NULL;
}

/* The core as the last run left it. What the inventory and the rules say that is new is judged at the moment
 * where that run ended, or now, and not with the first record. */
static bool recover(struct tw_daemon *d, struct tw_setup *s)
{
    struct tw_rules *rules = s->rules;
    s->rules = NULL; /* taken when the core was created */
    if (!tw_keep_open(d))
        return false;
    tw_pipeline_swap(d->pipeline, s->topology, rules,
                     d->keep.recovering ? TW_TIME_MIN : tw_clock_now(&d->clock));
    return true;
}

/* What waited for the start is heard before the clock goes on: what ended meanwhile raises nothing. */
static void catch_up(struct tw_daemon *d)
{
    tw_inputs_drain(d);
    advance(d);
    tw_keep_recovered(d);
    tw_live_settle(d);
}

static void finish(struct tw_daemon *d)
{
    tw_serve_close(d);
    tw_keep_close(d);
    tw_inputs_close(d);
    tw_snmp_finish(d);
    tw_outputs_close(d);
    tw_board_destroy(d->board);
    tw_errors_finish(&d->reloads.errors);
    event_free(d->timer);
    event_free(d->reload);
    event_free(d->streams.turn);
    event_base_free(d->base);
    tw_pipeline_destroy(d->pipeline);
    tw_config_destroy(d->config);
    tw_tls_destroy(d->tls);
    tw_strangers_finish(&d->strangers);
    tw_unfed_finish(d);
    tw_shed_finish(&d->shed);
    tw_buf_finish(&d->line);
    tw_notify_finish(&d->notify);
}

int tw_live_run(const char *config_path)
{
    struct tw_setup s;
    struct tw_errors errors = {0};
    hold_signals(SIG_BLOCK);
    int status = tw_setup_load(config_path, &s, &errors);
    tw_log_errors("config", &errors);
    tw_log_warnings("config", &s);
    tw_errors_finish(&errors);
    if (status != TW_EXIT_OK)
        return status;
    struct tw_daemon *d = tw_xcalloc(1, sizeof *d);
    d->config_path = config_path;
    tw_notify_init(&d->notify);
    tw_log_unused(s.config);
    begin(d, &s);
    status = TW_EXIT_NOT_RIGHT;
    bool begun = recover(d, &s) && tw_snmp_begin(d, &s);
    tw_setup_finish(&s);
    if (begun && tw_inputs_open(d) && tw_serve_open(d)) {
        tw_keep_past(d);
        tw_outputs_open(d, d->config);
        catch_up(d);
        loop(d);
        ignore_signals();
        tw_notify_send(&d->notify, TW_NOTIFY_STOPPING);
        tw_streams_finish(d);
        tw_inputs_tick(d, true);
        advance(d);
        tw_keep_end(d);
        tw_report_counters(d);
        tw_log(TW_LEVEL_NOTICE, "live", "stopped", NULL);
        status = TW_EXIT_OK;
    }
    finish(d);
    free(d);
    return status;
}
