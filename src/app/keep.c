/* SPDX-License-Identifier: ISC */
/*
 * What outlives a restart: every record that changed something goes into the store, every transition leaves
 * when the store has it, every inform is answered then. A start feeds the records that were kept through the
 * same door again; what comes out and was told before is recognised.
 *
 * Without a store, and while it can't be written, all goes on from memory: alerts leave at once. Only an
 * answer to an inform is a promise that can't be kept then, and is not given (docs/decisions/0011). A disk
 * that is only slow keeps no alert waiting for long, and an answer until its record is safe.
 */
#include "daemon.h"

#include "base/mem.h"
#include "plat/log.h"
#include "render/parse.h"
#include "render/render.h"
#include "store/look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PATIENCE_MS = 1000, /* a disk that takes longer holds up no alert */
    SNAPSHOT_MS = 15 * 60000,
    SNAPSHOT_RECORDS = 500000,
    SNAPSHOT_DIGEST_BYTES = 32 << 20,
    SNAPSHOT_SLOW_US = 50000,
    SNAPSHOT_PART = 50,      /* of the time, the most that they may take when many are due */
    DIGEST_RATE = 256 << 10, /* bytes a second */
    PENDING_FULL = 16 << 20, /* what waits to be written; beyond it streams are not read */
    PENDING_LOW = 4 << 20,
    FETCH_MOST = 256,
    ENDED_SHOWN = 1000,
    OPEN_MOST = 1 << 20,
    WAITING_MAX = 1 << 16,
    ANSWERS_BYTES = 16 << 20,
};

#define END_PATIENCE TW_SECONDS(20)

/* ---- what waits ---- */

/* Moves what is still in a line to its beginning, if that is worth it. */
static void close_up(void *rows, size_t size, size_t *first, size_t *n)
{
    if (*first == 0 || *first < *n / 2)
        return;
    *n -= *first;
    memmove(rows, (char *)rows + *first * size, *n * size);
    *first = 0;
}

/* The first alert in line. */
static void leave(struct tw_daemon *d)
{
    struct tw_keep *k = &d->keep;
    struct tw_leaving *w = &k->leaving[k->leaving_first++];
    for (size_t i = 0; i < d->outputs.n; i++)
        tw_outlet_take(d->outputs.rows[i].outlet, w->item);
    tw_item_unref(w->item);
    w->item = NULL;
}

static void leave_until(struct tw_daemon *d, uint64_t batch)
{
    struct tw_keep *k = &d->keep;
    while (k->leaving_first < k->leaving_n && k->leaving[k->leaving_first].batch <= batch)
        leave(d);
}

/* A slow disk holds up no alert for long. */
static void leave_impatient(struct tw_daemon *d)
{
    struct tw_keep *k = &d->keep;
    int64_t now_ms = tw_clock_mono_ms();
    while (k->leaving_first < k->leaving_n && now_ms - k->leaving[k->leaving_first].since_ms >= PATIENCE_MS)
        leave(d);
}

static void wait_to_leave(struct tw_daemon *d, struct tw_item *item)
{
    struct tw_keep *k = &d->keep;
    if (k->leaving_n - k->leaving_first >= WAITING_MAX)
        leave(d);
    close_up(k->leaving, sizeof *k->leaving, &k->leaving_first, &k->leaving_n);
    *TW_PUSH(k->leaving, k->leaving_n, k->leaving_cap) =
        (struct tw_leaving){tw_store_batch(k->store), tw_clock_mono_ms(), item};
}

static struct tw_answering *take_answering(struct tw_keep *k)
{
    struct tw_answering *w = &k->answering[k->answering_first++];
    k->answering_bytes -= w->n;
    return w;
}

/* `safe`: their records are in the store. An answer waits for that however long it takes; without it, it is
 * not given. */
static void answer_until(struct tw_daemon *d, uint64_t batch, bool safe)
{
    struct tw_keep *k = &d->keep;
    while (k->answering_first < k->answering_n && k->answering[k->answering_first].batch <= batch) {
        struct tw_answering *w = take_answering(k);
        if (safe) {
            tw_udp_answer_later(w->in->udp, &w->to, tw_str_of(w->answer, w->n));
            d->snmp.stats.responses++;
        } else {
            k->withheld++;
        }
        free(w->answer);
    }
}

static void wait_to_answer(struct tw_input *in, const struct tw_udp_datagram *g, struct tw_str answer)
{
    struct tw_keep *k = &in->daemon->keep;
    close_up(k->answering, sizeof *k->answering, &k->answering_first, &k->answering_n);
    struct tw_answering *w = TW_PUSH(k->answering, k->answering_n, k->answering_cap);
    *w = (struct tw_answering){.batch = tw_store_batch(k->store),
                               .in = in,
                               .answer = tw_xstrndup(answer.p, answer.n),
                               .n = answer.n};
    tw_udp_keep_return(in->udp, g, &w->to);
    k->answering_bytes += answer.n;
}

/* Room for one more; those that wait already are nearer to their commit. */
static bool may_wait(const struct tw_keep *k, size_t n)
{
    return k->answering_n - k->answering_first < WAITING_MAX && k->answering_bytes + n <= ANSWERS_BYTES;
}

static void cursors(struct tw_daemon *d)
{
    for (size_t i = 0; i < d->outputs.n; i++) {
        struct tw_output_row *row = &d->outputs.rows[i];
        uint64_t seq = tw_outlet_cursor(row->outlet);
        if (seq != row->cursor || !row->cursor_known)
            tw_store_add_cursor(d->keep.store, tw_outlet_name(row->outlet), seq);
        row->cursor = seq;
        row->cursor_known = true;
    }
}

/* A stream is read as fast as it can be kept; one that can't be kept at all is read all the same. */
static void hold_back(struct tw_daemon *d, const struct tw_store_stats *s)
{
    struct tw_keep *k = &d->keep;
    bool full = s->pending_bytes >= (k->held_back ? PENDING_LOW : PENDING_FULL) && !k->failing;
    if (full != k->held_back)
        tw_streams_pause(d, full);
    k->held_back = full;
}

static void on_committed(void *ctx, uint64_t batch)
{
    struct tw_daemon *d = ctx;
    leave_until(d, batch);
    answer_until(d, batch, true);
    tw_outputs_flush(d);
    cursors(d); /* soon: what was sent is not sent again */
    struct tw_store_stats s = tw_store_stats(d->keep.store);
    hold_back(d, &s); /* nothing else may happen while streams stand still */
}

static void on_health(void *ctx, bool ok, const char *why)
{
    struct tw_daemon *d = ctx;
    d->keep.failing = !ok;
    (void)snprintf(d->keep.why, sizeof d->keep.why, "%s", ok ? "" : why);
    if (ok)
        tw_log(TW_LEVEL_WARNING, "store", "can be written again", NULL);
    else
        tw_log(
            TW_LEVEL_ERROR, "store",
            "can't be written, will be tried again: alerting goes on from memory, informs are not answered",
            TW_KVS(TW_KV("why", why)));
    tw_keep_settle(d);
}

/* ---- what is open ---- */

static uint64_t key_of(const struct tw_item *i)
{
    return tw_mix(strtoull(i->t.alert_id, NULL, 16));
}

static void open_drop(struct tw_keep *k, uint32_t at)
{
    uint32_t last = (uint32_t)k->open_n - 1;
    tw_map_del(&k->open_by_id, key_of(k->open[at]), at);
    tw_item_unref(k->open[at]);
    if (at != last) {
        tw_map_del(&k->open_by_id, key_of(k->open[last]), last);
        k->open[at] = k->open[last];
        tw_map_add(&k->open_by_id, key_of(k->open[at]), at);
    }
    k->open_n--;
}

/* The last transition of each, for outputs that begin later. */
static void open_note(struct tw_keep *k, struct tw_item *i)
{
    uint32_t at = tw_map_find(&k->open_by_id, key_of(i), NULL, NULL, NULL);
    if (at != TW_MAP_NONE)
        open_drop(k, at);
    if (i->t.kind == TW_CLEARED || k->open_n >= OPEN_MOST)
        return;
    tw_map_add(&k->open_by_id, key_of(i), (uint32_t)k->open_n);
    *TW_PUSH(k->open, k->open_n, k->open_cap) = tw_item_ref(i);
}

/* ---- recovery ---- */

static void know(void *ctx, uint64_t seq, struct tw_str json)
{
    struct tw_keep *k = &((struct tw_daemon *)ctx)->keep;
    struct tw_item *i = tw_item_parse(json);
    (void)seq;
    if (i == NULL)
        return;
    struct tw_known *x = TW_PUSH(k->known, k->known_n, k->known_cap);
    *x = (struct tw_known){.number = i->t.number};
    memcpy(x->id, i->t.alert_id, sizeof x->id);
    tw_item_unref(i);
}

/* One that is looked for in vain is new. */
bool tw_keep_said_before(struct tw_daemon *d, const struct tw_transition *t)
{
    struct tw_keep *k = &d->keep;
    while (k->known_at < k->known_n && k->known[k->known_at].said)
        k->known_at++; /* most come in the order in which they were said */
    for (size_t i = k->known_at; k->recovering && i < k->known_n; i++) {
        struct tw_known *x = &k->known[i];
        if (x->said || x->number != t->number || strcmp(x->id, t->alert_id) != 0)
            continue;
        x->said = true;
        k->repeated++;
        return true;
    }
    return false;
}

static void feed_again(void *ctx, const struct tw_record *r)
{
    struct tw_daemon *d = ctx;
    enum { TELL_EVERY = 1 << 16 };
    tw_pipeline_feed(d->pipeline, r);
    if (++d->keep.recovered % TELL_EVERY == 0)
        tw_notify_send(&d->notify, "EXTEND_TIMEOUT_USEC=30000000\nSTATUS=recovering");
    tw_outputs_deliver(d);
}

/* A note in the store's own time: where the hole begins. */
static void note_gap(struct tw_daemon *d, tw_time at)
{
    struct tw_loss l = {.cause = TW_LOSS_RESTART, .count = 1};
    struct tw_buf text = {0};
    tw_loss_text(&l, &text);
    struct tw_record r = {
        .rx = at, .at = TW_TIME_MIN, .transport = TW_TRANSPORT_LOSS, .bytes = tw_buf_view(&text)};
    tw_keep_feed(d, &r);
    tw_buf_finish(&text);
    tw_outputs_deliver(d);
}

static void restore(struct tw_daemon *d, struct tw_store_past *past)
{
    char why[TW_STORE_WHY] = "";
    struct tw_keep *k = &d->keep;
    uint64_t after = past->snapshot_seq;
    if (past->snapshot.n > 0 && tw_pipeline_restore(d->pipeline, tw_buf_view(&past->snapshot)) != TW_OK) {
        tw_log(TW_LEVEL_WARNING, "store", "the snapshot is of another version: all records are judged again",
               NULL);
        tw_store_forget_snapshot(k->store);
        after = 0;
    }
    k->last_seq = past->last_seq;
    k->clean = past->clean;
    (void)tw_store_transitions(k->store, after, OPEN_MOST, know, d);
    k->recovering = true;
    int64_t began = tw_clock_mono_ms();
    if (!tw_store_records(k->store, feed_again, d, why))
        tw_log(TW_LEVEL_ERROR, "store", "not all of it can be read", TW_KVS(TW_KV("why", why)));
    tw_pipeline_advance(d->pipeline, past->now);
    tw_outputs_deliver(d);
    tw_pipeline_seq_after(d->pipeline, k->last_seq);
    tw_log(TW_LEVEL_NOTICE, "store", "recovered",
           TW_KVS(TW_KV_N("records", k->recovered), TW_KV_N("snapshot_bytes", past->snapshot.n),
                  TW_KV_N("ms", tw_clock_mono_ms() - began), TW_KV("clean", past->clean ? "yes" : "no")));
}

bool tw_keep_open(struct tw_daemon *d)
{
    struct tw_keep *k = &d->keep;
    const struct tw_store_options o = {.folder = d->config->state,
                                       .fast = d->config->store_fast,
                                       .keep = d->config->store_keep,
                                       .keep_bytes = d->config->store_keep_bytes,
                                       .base = d->base,
                                       .ctx = d,
                                       .committed = on_committed,
                                       .health = on_health};
    struct tw_store_past past = {0};
    char *why = k->unusable;
    k->snapshot_ms = tw_clock_mono_ms();
    if (o.folder == NULL)
        return true;
    k->store = tw_store_open(&o, why);
    if (k->store != NULL && tw_store_past(k->store, &past, why)) {
        k->unusable[0] = '\0';
        if (past.any)
            restore(d, &past);
        tw_buf_finish(&past.snapshot);
        return true;
    }
    bool in_use = k->store == NULL && strstr(why, "another trunkwatchd") != NULL;
    tw_log(TW_LEVEL_ERROR, "store",
           in_use ? "can't be used" : "can't be used: nothing is kept, alerting goes on from memory",
           TW_KVS(TW_KV("folder", o.folder), TW_KV("why", why)));
    tw_store_close(k->store);
    k->store = NULL;
    tw_buf_finish(&past.snapshot);
    return !in_use;
}

/* ---- what was shown, and what was sent ---- */

struct list {
    struct tw_item **p;
    size_t n, cap;
};

static void collect(void *ctx, uint64_t seq, struct tw_str json)
{
    struct list *l = ctx;
    struct tw_item *i = tw_item_parse(json);
    (void)seq;
    if (i != NULL)
        *TW_PUSH(l->p, l->n, l->cap) = i;
}

static void show_past(struct tw_daemon *d)
{
    struct tw_keep *k = &d->keep;
    struct list open = {0}, ended = {0};
    (void)tw_store_alerts(k->store, true, OPEN_MOST, collect, &open);
    (void)tw_store_alerts(k->store, false, ENDED_SHOWN, collect, &ended);
    for (size_t i = ended.n; i-- > 0;) { /* the last to end comes last */
        tw_board_take(d->board, &ended.p[i]->t, ended.p[i]->json);
        tw_item_unref(ended.p[i]);
    }
    for (size_t i = 0; i < open.n; i++) {
        tw_board_take(d->board, &open.p[i]->t, open.p[i]->json);
        open_note(k, open.p[i]);
        tw_item_unref(open.p[i]);
    }
    /* What was said since is in line only. */
    for (size_t i = k->leaving_first; i < k->leaving_n; i++) {
        tw_board_take(d->board, &k->leaving[i].item->t, k->leaving[i].item->json);
        open_note(k, k->leaving[i].item);
    }
    free(open.p);
    free(ended.p);
}

/* An alert that was open, of which the core knows nothing: what it was about is not in the inventory any
 * more, or not in the rules. */
static void end_orphan(struct tw_daemon *d, const struct tw_item *i)
{
    struct tw_transition t = i->t;
    tw_time now = tw_clock_now(&d->clock);
    struct tw_buf summary = {0};
    size_t title = strcspn(t.summary, ":");
    tw_pipeline_seq_after(d->pipeline, tw_pipeline_last_seq(d->pipeline) + 1);
    t.seq = tw_pipeline_last_seq(d->pipeline);
    t.kind = TW_CLEARED;
    t.number++;
    t.change = 0;
    t.time = now;
    t.duration = tw_time_sub(now, t.since);
    t.cleared_by = "removed";
    t.hints_n = 0;
    tw_buf_fmt(&summary, "%.*s: over (removed): %s%s%s is not watched any more", (int)title, t.summary,
               t.device != NULL ? t.device
               : t.pair != NULL ? t.pair
                                : "it",
               t.trunk != NULL ? " " : "", t.trunk != NULL ? t.trunk : "");
    t.summary = summary.p;
    tw_outputs_emit(d, &t);
    tw_buf_finish(&summary);
}

static void end_orphans(struct tw_daemon *d)
{
    struct tw_keep *k = &d->keep;
    for (size_t i = k->open_n; i-- > 0;) {
        if (i >= k->open_n || tw_pipeline_is_open(d->pipeline, k->open[i]->t.alert_id))
            continue;
        struct tw_item *item = tw_item_ref(k->open[i]);
        end_orphan(d, item);
        tw_item_unref(item);
    }
}

/* Of an output that the configuration does not have any more: nothing would ever move it, and all since then
 * would be kept for it. */
static void drop_if_gone(void *ctx, const char *output, uint64_t seq)
{
    struct tw_daemon *d = ctx;
    (void)seq;
    for (size_t i = 0; i < d->config->outputs_n; i++) {
        if (strcmp(d->config->outputs[i].name, output) == 0)
            return;
    }
    tw_log(TW_LEVEL_NOTICE, "store", "an output is not configured any more: where it was is forgotten",
           TW_KVS(TW_KV("output", output)));
    tw_store_drop_cursor(d->keep.store, output);
}

/* How far each output is, read while the store has no thread yet. */
static void read_cursors(struct tw_daemon *d)
{
    struct tw_keep *k = &d->keep;
    const struct tw_config *c = d->config;
    k->cursors = tw_xcalloc(c->outputs_n + 1, sizeof *k->cursors);
    for (size_t i = 0; i < c->outputs_n; i++) {
        struct tw_kept_cursor *x = &k->cursors[k->cursors_n];
        if (!tw_store_cursor(k->store, c->outputs[i].name, &x->seq))
            continue;
        x->output = tw_xstrndup(c->outputs[i].name, strlen(c->outputs[i].name));
        k->cursors_n++;
    }
    (void)tw_store_cursors(k->store, drop_if_gone, d);
}

/* Nothing was in flight, and what came meanwhile waits in sockets that somebody else held open. */
static bool is_seamless(const struct tw_daemon *d)
{
    return d->keep.clean && d->inputs_passed;
}

void tw_keep_past(struct tw_daemon *d)
{
    if (d->keep.store == NULL)
        return;
    read_cursors(d);
    show_past(d);
    if (!d->keep.recovering)
        return;
    if (!is_seamless(d)) /* at the moment from which nothing is known any more: no timer runs out by it */
        note_gap(d, TW_TIME_MIN);
}

void tw_keep_recovered(struct tw_daemon *d)
{
    struct tw_keep *k = &d->keep;
    if (k->store == NULL)
        return;
    if (k->recovering && !is_seamless(d))
        note_gap(d, tw_clock_now(&d->clock));
    if (k->recovering)
        end_orphans(d);
    k->recovering = false;
    free(k->known);
    k->known = NULL;
    k->known_n = k->known_cap = k->known_at = 0;
    tw_keep_snapshot(d);
    tw_keep_settle(d);
}

static void know_told(void *outlet, uint64_t seq, struct tw_str json)
{
    struct tw_item *i = tw_item_parse(json);
    (void)seq;
    if (i != NULL)
        tw_outlet_know(outlet, i);
    tw_item_unref(i);
}

/* What an output was told before: of what was silenced or became better since, and of what ended when it
 * could not be reached, the last transition does not show it. By another connection: the store may have its
 * thread. */
static void know_past(struct tw_daemon *d, struct tw_outlet *o, uint64_t seq)
{
    char why[TW_STORE_WHY] = "";
    struct tw_store *s = tw_store_open(&(struct tw_store_options){.folder = d->config->state}, why);
    if (s != NULL && !tw_store_told(s, seq, OPEN_MOST, know_told, o))
        tw_store_why(s, why);
    if (why[0] != '\0')
        tw_log(TW_LEVEL_ERROR, "store",
               "what an output was told can't be read: ends of alerts may not reach it",
               TW_KVS(TW_KV("output", tw_outlet_name(o)), TW_KV("why", why)));
    tw_store_close(s);
}

void tw_keep_start(struct tw_daemon *d, struct tw_outlet *o)
{
    struct tw_keep *k = &d->keep;
    uint64_t last = tw_pipeline_last_seq(d->pipeline), seq = last;
    bool known = false;
    for (size_t i = 0; i < k->cursors_n && !known; i++) {
        known = k->cursors[i].output != NULL && strcmp(k->cursors[i].output, tw_outlet_name(o)) == 0;
        if (known) {
            seq = k->cursors[i].seq;
            free(k->cursors[i].output); /* once: after a reload it is where it is */
            k->cursors[i].output = NULL;
        }
    }
    if (known)
        know_past(d, o, seq);
    for (size_t i = 0; i < k->open_n; i++) {
        if (k->open[i]->t.seq <= seq)
            tw_outlet_know(o, k->open[i]);
    }
    /* One that is new begins with what comes: in the store before that. */
    if (k->store != NULL && !known)
        tw_store_add_cursor(k->store, tw_outlet_name(o), seq);
    tw_outlet_start(o, seq, known && seq < last);
}

/* ---- while it runs ---- */

void tw_keep_feed(struct tw_daemon *d, const struct tw_record *r)
{
    tw_pipeline_feed(d->pipeline, r);
    if (d->keep.store != NULL && tw_pipeline_kept(d->pipeline))
        tw_store_add_record(d->keep.store, r);
}

uint64_t tw_keep_number(struct tw_daemon *d, uint64_t seq)
{
    struct tw_keep *k = &d->keep;
    if (!k->recovering || seq > k->last_seq)
        return seq;
    tw_pipeline_seq_after(d->pipeline, ++k->last_seq);
    return k->last_seq;
}

void tw_keep_transition(struct tw_daemon *d, const struct tw_transition *t, struct tw_str json)
{
    struct tw_keep *k = &d->keep;
    struct tw_item *item = tw_item_create(t, json);
    open_note(k, item);
    if (k->store == NULL) {
        for (size_t i = 0; i < d->outputs.n; i++)
            tw_outlet_take(d->outputs.rows[i].outlet, item);
        tw_item_unref(item);
        return;
    }
    tw_store_add_transition(k->store, t, json);
    wait_to_leave(d, item);
}

void tw_keep_answer(struct tw_input *in, const struct tw_udp_datagram *g, bool fed, struct tw_str answer)
{
    struct tw_daemon *d = in->daemon;
    if (d->keep.store == NULL || !fed || !tw_pipeline_kept(d->pipeline)) {
        tw_udp_answer(in->udp, g, answer);
        d->snmp.stats.responses++;
        return;
    }
    /* Its record may have been given up. */
    if (tw_store_needs_snapshot(d->keep.store) || !may_wait(&d->keep, answer.n))
        d->keep.withheld++;
    else
        wait_to_answer(in, g, answer);
}

void tw_keep_snapshot(struct tw_daemon *d)
{
    struct tw_keep *k = &d->keep;
    struct tw_buf bytes = {0};
    if (k->store == NULL)
        return;
    int64_t began = tw_clock_cpu_us();
    tw_pipeline_snapshot(d->pipeline, &bytes);
    k->snapshot_us = tw_clock_cpu_us() - began;
    k->snapshot_ms = tw_clock_mono_ms();
    tw_log(k->snapshot_us > SNAPSHOT_SLOW_US ? TW_LEVEL_NOTICE : TW_LEVEL_DEBUG, "store", "snapshot",
           TW_KVS(TW_KV_N("bytes", bytes.n), TW_KV_N("us", k->snapshot_us)));
    tw_store_add_snapshot(k->store, &bytes, tw_pipeline_last_seq(d->pipeline));
}

static bool snapshot_due(const struct tw_keep *k, const struct tw_store_stats *s)
{
    int64_t age = tw_clock_mono_ms() - k->snapshot_ms;
    if (k->failing || age * 1000 < k->snapshot_us * SNAPSHOT_PART)
        return false;
    return s->needs_snapshot || s->since_snapshot >= SNAPSHOT_RECORDS ||
           s->digest_bytes_since >= SNAPSHOT_DIGEST_BYTES ||
           /* one that takes long is taken rarely: at most a thousandth of the time */
           (age >= SNAPSHOT_MS && age >= k->snapshot_us && s->since_snapshot + s->digest_bytes_since > 0);
}

/* Of thousands of routers it is large: then it is rare. */
static void digest(struct tw_daemon *d)
{
    struct tw_buf bytes = {0};
    int64_t now = tw_clock_mono_ms();
    if (now < d->keep.digest_ms)
        return;
    if (tw_pipeline_digest(d->pipeline, &bytes)) {
        struct tw_record r = {.rx = tw_clock_now(&d->clock),
                              .at = TW_TIME_MIN,
                              .transport = TW_TRANSPORT_DIGEST,
                              .bytes = tw_buf_view(&bytes)};
        tw_store_add_record(d->keep.store, &r);
    }
    d->keep.digest_ms = now + (int64_t)(bytes.n * 1000 / DIGEST_RATE);
    tw_buf_finish(&bytes);
}

void tw_keep_tick(struct tw_daemon *d)
{
    struct tw_keep *k = &d->keep;
    if (k->store == NULL)
        return;
    digest(d);
    cursors(d);
    struct tw_store_stats s = tw_store_stats(k->store);
    if (snapshot_due(k, &s))
        tw_keep_snapshot(d);
    tw_keep_settle(d);
}

void tw_keep_settle(struct tw_daemon *d)
{
    struct tw_keep *k = &d->keep;
    if (k->store == NULL)
        return;
    tw_store_now(k->store, tw_clock_now(&d->clock));
    tw_store_go(k->store, k->leaving_first < k->leaving_n || k->answering_first < k->answering_n);
    leave_impatient(d);
    struct tw_store_stats s = tw_store_stats(k->store);
    if (k->failing || s.given_up_records != k->given_up) { /* what they wait for will be in a later batch */
        leave_until(d, UINT64_MAX);
        answer_until(d, UINT64_MAX, false);
    }
    k->given_up = s.given_up_records;
    hold_back(d, &s);
}

static void on_fetched(void *ctx, void *key, bool ok, const struct tw_str *json, size_t n)
{
    struct tw_item **items = tw_xcalloc(n + 1, sizeof(struct tw_item *));
    size_t good = 0;
    (void)ctx;
    for (size_t i = 0; i < n; i++) {
        items[good] = tw_item_parse(json[i]);
        good += items[good] != NULL;
    }
    tw_outlet_fetched(key, items, good, ok);
    for (size_t i = 0; i < good; i++)
        tw_item_unref(items[i]);
    free(items);
}

void tw_keep_fetch(void *ctx, struct tw_outlet *o, uint64_t seq)
{
    struct tw_daemon *d = ctx;
    tw_store_fetch(d->keep.store, seq, FETCH_MOST, on_fetched, d, o);
}

void tw_keep_drop(struct tw_daemon *d, const struct tw_outlet *o)
{
    if (d->keep.store != NULL)
        tw_store_drop_cursor(d->keep.store, tw_outlet_name(o));
}

void tw_keep_forget(struct tw_daemon *d, const struct tw_outlet *o)
{
    if (d->keep.store != NULL)
        tw_store_fetch_cancel(d->keep.store, o);
}

const char *tw_keep_trouble(struct tw_daemon *d)
{
    const struct tw_keep *k = &d->keep;
    if (d->config->state == NULL)
        return NULL;
    return k->store == NULL ? k->unusable : k->failing ? k->why : NULL;
}

void tw_keep_end(struct tw_daemon *d)
{
    struct tw_keep *k = &d->keep;
    if (k->store == NULL)
        return;
    digest(d);
    tw_keep_snapshot(d);
    tw_store_now(k->store, tw_clock_now(&d->clock));
    bool safe = tw_store_wait(k->store, END_PATIENCE);
    leave_until(d, UINT64_MAX);
    answer_until(d, UINT64_MAX, safe);
    tw_outputs_flush(d);
    cursors(d);
    tw_store_now(k->store, tw_clock_now(&d->clock));
    tw_store_add_clean(k->store);
    if (!tw_store_wait(k->store, END_PATIENCE) || !safe)
        tw_log(TW_LEVEL_ERROR, "store", "not everything could be written", NULL);
}

void tw_keep_close(struct tw_daemon *d)
{
    struct tw_keep *k = &d->keep;
    tw_store_close(k->store);
    k->store = NULL;
    while (k->leaving_first < k->leaving_n)
        tw_item_unref(k->leaving[k->leaving_first++].item);
    while (k->answering_first < k->answering_n)
        free(take_answering(k)->answer);
    while (k->open_n > 0)
        open_drop(k, (uint32_t)k->open_n - 1);
    for (size_t i = 0; i < k->cursors_n; i++)
        free(k->cursors[i].output);
    free(k->cursors);
    free(k->open);
    tw_map_finish(&k->open_by_id);
    free(k->leaving);
    free(k->answering);
    free(k->known);
    *k = (struct tw_keep){0};
}
