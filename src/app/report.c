/* SPDX-License-Identifier: ISC */
/* What was counted, told: to the log, and in a line to the service manager. */
#include "daemon.h"

#include "base/buf.h"
#include "plat/log.h"

#include <inttypes.h>

/* received = fed + other_community + every v3_… */
static void report_udp(const struct tw_input *in)
{
    struct tw_udp_stats s = tw_udp_stats(in->udp);
    struct tw_log_kv kvs[TW_USM_VERDICTS + 16] = {
        TW_KV_N("arrived", s.received + s.kernel_drops),
        TW_KV_N("received", s.received),
        TW_KV_N("fed", in->fed),
        TW_KV_N("other_community", in->refused_by[TW_STRANGE_COMMUNITY]),
        TW_KV_N("shed_noise", in->shed[TW_CLASS_NOISE]),
        TW_KV_N("shed_other", in->shed[TW_CLASS_OTHER]),
        TW_KV_N("shed_vital", in->shed[TW_CLASS_VITAL]),
        TW_KV_N("cut", s.cut),
        TW_KV_N("kernel_drops", s.kernel_drops),
        TW_KV_N("errors", s.errors),
        TW_KV_N("bytes", s.bytes)};
    size_t n = 11;
    if (in->transport == TW_TRANSPORT_TRAP) {
        kvs[n++] = (struct tw_log_kv)TW_KV_N("answered", s.answered);
        kvs[n++] = (struct tw_log_kv)TW_KV_N("unanswered", s.unanswered);
    }
    for (int w = TW_STRANGE_V3; w < TW_STRANGE; w++) {
        if (in->refused_by[w] > 0)
            kvs[n++] = (struct tw_log_kv)TW_KV_N(tw_strange_name((enum tw_strange)w), in->refused_by[w]);
    }
    tw_log(TW_LEVEL_NOTICE, "report.socket", in->name, kvs);
}

static void report_tcp(const struct tw_input *in)
{
    const struct tw_connection_stats *c = &in->connections;
    uint64_t open;
    struct tw_stream_stats s = tw_streams_stats(in, &open);
    tw_log(TW_LEVEL_NOTICE, "report.socket", in->name,
           TW_KVS(TW_KV_N("arrived", s.framing.messages + c->lost), TW_KV_N("received", s.framing.messages),
                  TW_KV_N("fed", in->fed), TW_KV_N("lost", c->lost), TW_KV_N("cut", s.framing.cut),
                  TW_KV_N("framing_errors", s.framing.errors), TW_KV_N("skipped_bytes", s.framing.skipped),
                  TW_KV_N("bytes", s.bytes), TW_KV_N("accepted", c->accepted), TW_KV_N("open", open),
                  TW_KV_N("ended", c->ended), TW_KV_N("unfinished", c->unfinished), TW_KV_N("slow", c->slow),
                  TW_KV_N("idle", c->idle), TW_KV_N("gone", c->gone), TW_KV_N("failed", tw_streams_failed(c)),
                  TW_KV_N("refused_certificate", c->refused_certificate),
                  TW_KV_N("refused_source", c->refused_source), TW_KV_N("refused_total", c->refused_total),
                  TW_KV_N("refused_per_source", c->refused_per_source), TW_KV_N("errors", c->errors)));
}

static void report_tls(const struct tw_input *in)
{
    const struct tw_connection_stats *c = &in->connections;
    const uint64_t *f = c->handshakes;
    if (in->tls)
        tw_log(TW_LEVEL_NOTICE, "report.tls", in->name,
               TW_KVS(TW_KV_N("done", c->handshakes_done), TW_KV_N("certificates", c->certificates),
                      TW_KV_N("no_certificate", f[TW_TLS_NO_CERTIFICATE]),
                      TW_KV_N("not_verified", f[TW_TLS_NOT_VERIFIED]),
                      TW_KV_N("rejected", f[TW_TLS_REJECTED]), TW_KV_N("hung_up", f[TW_TLS_HUNG_UP]),
                      TW_KV_N("protocol", f[TW_TLS_PROTOCOL]), TW_KV_N("timed_out", f[TW_TLS_TIMED_OUT])));
}

void tw_report_counters(struct tw_daemon *d)
{
    struct tw_log_kv kvs[TW_COUNTERS + 1] = {{0}};
    for (int i = 0; i < TW_COUNTERS; i++)
        kvs[i] = (struct tw_log_kv)TW_KV_N(tw_counter_name((enum tw_counter)i),
                                           tw_pipeline_counter(d->pipeline, (enum tw_counter)i));
    tw_log(TW_LEVEL_NOTICE, "report", "counters", kvs);
    for (size_t i = 0; i < d->inputs_n; i++)
        (d->inputs[i].tcp != NULL ? report_tcp : report_udp)(&d->inputs[i]);
    for (size_t i = 0; i < d->inputs_n; i++)
        report_tls(&d->inputs[i]);
    for (size_t i = 0; i < d->outputs.n; i++) {
        const struct tw_outlet *o = d->outputs.rows[i].outlet;
        const struct tw_outlet_stats *s = tw_outlet_stats(o);
        tw_log(TW_LEVEL_NOTICE, "report.output", tw_outlet_name(o),
               TW_KVS(TW_KV_N("delivered", s->delivered), TW_KV_N("filtered", s->filtered),
                      TW_KV_N("repeated", s->repeated), TW_KV_N("refused", s->refused),
                      TW_KV_N("lost", s->lost), TW_KV_N("errors", s->errors), TW_KV_N("waiting", s->waiting),
                      TW_KV_N("waiting_bytes", s->waiting_bytes)));
    }
}

enum { REASONS = TW_COUNT_BECAME + TW_UNFEDS };

/* The reasons that there were, after `n` rows that are there. */
static void reasons(struct tw_log_kv *kvs, size_t n, const uint64_t *counts, const struct tw_unfed_row *unfed)
{
    for (int c = TW_COUNT_DROPPED; c < TW_COUNT_BECAME; c++) {
        if (counts[c] > 0)
            kvs[n++] = (struct tw_log_kv)TW_KV_N(tw_counter_name((enum tw_counter)c), counts[c]);
    }
    for (int u = 0; u < TW_UNFEDS; u++) {
        if (unfed->counts[u] > 0)
            kvs[n++] = (struct tw_log_kv)TW_KV_N(tw_unfed_name((enum tw_unfed)u), unfed->counts[u]);
    }
    kvs[n] = (struct tw_log_kv){0};
}

static void report_device(struct tw_daemon *d, uint32_t i)
{
    const char *name = tw_pipeline_topology(d->pipeline)->devices[i].name;
    const struct tw_device_stats *s = tw_pipeline_device_stats(d->pipeline, i);
    const struct tw_unfed_row *unfed = tw_unfed_of(&d->unfed, i);
    uint64_t before = tw_unfed_sum(unfed);
    char heard[TW_TIME_TEXT];
    bool ever = tw_time_is_finite(s->last_heard);
    struct tw_log_kv kvs[REASONS + 9] = {
        TW_KV_N("received", s->records + before),
        TW_KV_N("records", s->records),
        TW_KV_N("accepted", tw_counts_accepted(s->counts)),
        TW_KV_N("dropped", tw_counts_dropped(s->counts) + before),
        TW_KV_N("events", s->events),
        TW_KV_N("skew_ms", s->skew.ns / 1000000),
        TW_KV("last_heard", ever ? tw_time_text(s->last_heard, heard) : "never"),
    };
    size_t n = 7;
    if (unfed->conflicts > 0)
        kvs[n++] = (struct tw_log_kv)TW_KV_N("identity_conflicts", unfed->conflicts);
    reasons(kvs, n, s->counts, unfed);
    tw_log(TW_LEVEL_NOTICE, "report.device", name, kvs);
    struct tw_clock_state c = tw_pipeline_device_clock(d->pipeline, i);
    if (c.doubt != TW_CLOCK_FINE)
        tw_log(TW_LEVEL_NOTICE, "report.clock", name,
               TW_KVS(TW_KV("doubt", tw_clock_doubt_name(c.doubt)), TW_KV_N("skew_ms", c.skew.ns / 1000000),
                      TW_KV_N("offset_s", c.offset_s), TW_KV_N("samples", c.samples),
                      TW_KV("advice", tw_clock_advice(c.doubt))));
}

static void report_devices(struct tw_daemon *d)
{
    const uint64_t *nobody = tw_pipeline_nobody(d->pipeline);
    const struct tw_unfed_row *unfed = tw_unfed_of(&d->unfed, TW_NONE);
    uint64_t before = tw_unfed_sum(unfed), accepted = tw_counts_accepted(nobody),
             dropped = tw_counts_dropped(nobody);
    struct tw_log_kv kvs[REASONS + 8] = {
        TW_KV_N("received", accepted + dropped + before),
        TW_KV_N("records", accepted + dropped),
        TW_KV_N("accepted", accepted),
        TW_KV_N("dropped", dropped + before),
    };
    for (uint32_t i = 0; i < tw_pipeline_topology(d->pipeline)->devices_n; i++)
        report_device(d, i);
    reasons(kvs, 4, nobody, unfed);
    tw_log(TW_LEVEL_NOTICE, "report.nobody", "of no device", kvs);
}

static void report_pairs(struct tw_daemon *d)
{
    const struct tw_topology *t = tw_pipeline_topology(d->pipeline);
    char since[TW_TIME_TEXT], last[TW_TIME_TEXT];
    for (uint32_t i = 0; i < t->pairs_n; i++) {
        struct tw_feed f = tw_pipeline_pair_feed(d->pipeline, i);
        bool ever = tw_time_is_finite(f.last);
        struct tw_log_kv kvs[TW_LOSSES + 4] = {
            TW_KV("feed", f.lossy ? "lossy" : "ok"),
            TW_KV("lossy_since", ever ? tw_time_text(f.since, since) : "never"),
            TW_KV("last_loss", ever ? tw_time_text(f.last, last) : "never"),
        };
        for (int c = 0; c < TW_LOSSES; c++)
            kvs[3 + c] = (struct tw_log_kv)TW_KV_N(tw_loss_name((enum tw_loss_cause)c), f.lost[c]);
        tw_log(TW_LEVEL_NOTICE, "report.pair", t->pairs[i].name, kvs);
    }
}

/* The most frequent; all of them are too many for a log. */
static void report_unknown(struct tw_daemon *d)
{
    enum { SHOWN = 20 };
    struct tw_signatures all = tw_pipeline_signatures(d->pipeline);
    char first[TW_TIME_TEXT], last[TW_TIME_TEXT];
    for (size_t i = 0; i < all.n && i < SHOWN; i++) {
        const struct tw_signature *s = &all.rows[i];
        tw_log(TW_LEVEL_NOTICE, "report.unknown", s->name,
               TW_KVS(TW_KV("reason", tw_counter_name(s->reason)), TW_KV_N("count", s->count),
                      TW_KV_N("devices", s->devices), TW_KV("first", tw_time_text(s->first, first)),
                      TW_KV("last", tw_time_text(s->last, last)),
                      TW_KV("device", s->device != NULL ? s->device : "-"), TW_KV("sample", s->sample)));
    }
    tw_log(TW_LEVEL_NOTICE, "report.unknown", "all",
           TW_KVS(TW_KV_N("messages", all.messages), TW_KV_N("kinds", all.n),
                  TW_KV_N("unlisted", all.unlisted)));
}

static void report_shed_row(const struct tw_shed_row *r, const char *of)
{
    if (r->shed[TW_CLASS_NOISE] + r->shed[TW_CLASS_OTHER] + r->shed[TW_CLASS_VITAL] > 0)
        tw_log(TW_LEVEL_NOTICE, "report.storm", of,
               TW_KVS(TW_KV_N("noise", r->shed[TW_CLASS_NOISE]), TW_KV_N("other", r->shed[TW_CLASS_OTHER]),
                      TW_KV_N("vital", r->shed[TW_CLASS_VITAL])));
}

static void report_shed(const struct tw_shed *s)
{
    char text[TW_ADDR_TEXT];
    for (uint32_t i = 0; i < s->n; i++)
        report_shed_row(&s->rows[i], tw_addr_text(&s->rows[i].from, text));
    report_shed_row(&s->others, "others");
    report_shed_row(&s->strangers, "strangers");
}

void tw_report_all(struct tw_daemon *d)
{
    tw_report_counters(d);
    report_devices(d);
    report_pairs(d);
    report_shed(&d->shed);
    report_unknown(d);
    tw_snmp_report(d);
    tw_strangers_report(&d->strangers);
    tw_log(TW_LEVEL_NOTICE, "report.log", "lines", TW_KVS(TW_KV_N("suppressed", tw_log_lost())));
}

void tw_report_status(struct tw_daemon *d, const char *first)
{
    const struct tw_topology *t = tw_pipeline_topology(d->pipeline);
    uint64_t raised = tw_pipeline_counter(d->pipeline, TW_COUNT_RAISED), drops = 0;
    uint64_t cleared = tw_pipeline_counter(d->pipeline, TW_COUNT_CLEARED);
    struct tw_buf b = {0};
    for (size_t i = 0; i < d->inputs_n; i++)
        drops += d->inputs[i].udp != NULL ? tw_udp_stats(d->inputs[i].udp).kernel_drops : 0;
    tw_buf_fmt(&b,
               "%s%sSTATUS=%zu devices, %zu pairs; received=%" PRIu64 " events=%" PRIu64
               " kernel_drops=%" PRIu64 " firing=%" PRIu64,
               first != NULL ? first : "", first != NULL ? "\n" : "", t->devices_n, t->pairs_n,
               tw_pipeline_counter(d->pipeline, TW_COUNT_RECEIVED),
               tw_pipeline_counter(d->pipeline, TW_COUNT_EVENTS), drops, raised - cleared);
    tw_notify_send(&d->notify, b.p);
    tw_buf_finish(&b);
}
