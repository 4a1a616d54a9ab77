/* SPDX-License-Identifier: ISC */
/* The loop thread's side: what is added, handed over, and told when it is safe. */
#include "store_internal.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { MOMENT_MS = 100, LARGE = 1 << 20, SLICE_NS = 20000000 };

static int64_t mono_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void fetch_free(struct fetch *f)
{
    tw_buf_finish(&f->text);
    free(f->ends);
    free(f);
}

static void give(struct fetch *f)
{
    struct tw_str *json = tw_xcalloc(f->n + 1, sizeof *json);
    for (size_t i = 0, at = 0; i < f->n; at = f->ends[i++])
        json[i] = tw_str_of(f->text.p + at, f->ends[i] - at);
    if (f->key != NULL)
        f->call(f->ctx, f->key, f->ok, json, f->n);
    free(json);
    fetch_free(f);
}

/* What the thread has said since the last time. */
static void listen_to(struct tw_store *s)
{
    struct fetch **answers = NULL;
    size_t n = 0;
    char why[TW_STORE_WHY];
    (void)pthread_mutex_lock(&s->mutex);
    uint64_t done = s->done;
    bool failing = s->failing;
    memcpy(why, s->why, sizeof why);
    answers = s->answered;
    n = s->answered_n;
    s->answered = NULL;
    s->answered_n = s->answered_cap = 0;
    (void)pthread_mutex_unlock(&s->mutex);
    if (failing != s->told_failing) {
        s->told_failing = failing;
        (void)snprintf(s->stats.why, sizeof s->stats.why, "%s", failing ? why : "");
        s->options.health(s->options.ctx, !failing, failing ? why : NULL);
    }
    if (done > s->stats.committed) {
        s->stats.committed = done;
        s->options.committed(s->options.ctx, done);
    }
    for (size_t i = 0; i < n; i++)
        give(answers[i]);
    free(answers);
    tw_store_go(s, s->open->rows_n > 0);
}

static void on_wake(evutil_socket_t fd, short what, void *ctx)
{
    uint64_t n;
    (void)what;
    if (read(fd, &n, sizeof n) == sizeof n)
        listen_to(ctx);
}

static bool start(struct tw_store *s)
{
    pthread_condattr_t a;
    if (s->options.base == NULL)
        return true;
    s->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    s->open = batch_new(1);
    (void)pthread_mutex_init(&s->mutex, NULL);
    (void)pthread_condattr_init(&a);
    (void)pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&s->more, &a);
    (void)pthread_condattr_destroy(&a);
    s->event = event_new(s->options.base, s->wake, EV_READ | EV_PERSIST, on_wake, s);
    return s->wake >= 0 && s->event != NULL && event_add(s->event, NULL) == 0;
}

struct tw_store *tw_store_open(const struct tw_store_options *o, char why[static TW_STORE_WHY])
{
    struct tw_store *s = tw_xcalloc(1, sizeof *s);
    struct tw_buf path = {0};
    s->options = *o;
    s->lock = s->wake = -1;
    tw_buf_fmt(&path, "%s/trunkwatch.db", o->folder);
    s->path = path.p;
    if (schema_open(s, why) && start(s))
        return s;
    tw_store_close(s);
    return NULL;
}

/* With the first hand-over: until then the start reads on this thread. */
static void need_thread(struct tw_store *s)
{
    if (s->has_thread)
        return;
    TW_ASSERT(pthread_create(&s->thread, NULL, writer_run, s) == 0);
    s->has_thread = true;
}

/* True: handed over. */
static bool hand_over(struct tw_store *s)
{
    uint64_t no = s->open->no;
    need_thread(s);
    (void)pthread_mutex_lock(&s->mutex);
    bool free_hand = s->handed == NULL;
    if (free_hand) {
        s->handed = s->open;
        (void)pthread_cond_signal(&s->more);
    }
    (void)pthread_mutex_unlock(&s->mutex);
    if (free_hand)
        s->open = batch_new(no + 1);
    return free_hand;
}

void tw_store_go(struct tw_store *s, bool urgent)
{
    if (!s->open->empty && (urgent || s->open->bytes >= LARGE || mono_ms() - s->open->since_ms >= MOMENT_MS))
        (void)hand_over(s);
}

/* The end has to wait for the thread: in slices, as there is only one condition to wait for. */
static bool wait_for(struct tw_store *s, uint64_t no, int64_t until_ms)
{
    for (;;) {
        (void)pthread_mutex_lock(&s->mutex);
        bool done = s->done >= no, failing = s->failing;
        (void)pthread_mutex_unlock(&s->mutex);
        if (done || failing || mono_ms() >= until_ms)
            return done;
        (void)nanosleep(&(struct timespec){.tv_nsec = SLICE_NS}, NULL);
    }
}

bool tw_store_wait(struct tw_store *s, tw_dur patience)
{
    int64_t until = mono_ms() + patience.ns / 1000000;
    uint64_t no = s->open->no;
    if (s->open->empty)
        return wait_for(s, no - 1, until);
    return (hand_over(s) || (wait_for(s, no - 1, until) && hand_over(s))) && wait_for(s, no, until);
}

static void stop(struct tw_store *s)
{
    (void)pthread_mutex_lock(&s->mutex);
    s->stop = true;
    (void)pthread_cond_signal(&s->more);
    (void)pthread_mutex_unlock(&s->mutex);
    if (s->has_thread)
        (void)pthread_join(s->thread, NULL);
    (void)pthread_mutex_destroy(&s->mutex);
    (void)pthread_cond_destroy(&s->more);
}

void tw_store_close(struct tw_store *s)
{
    if (s == NULL)
        return;
    if (s->open != NULL)
        stop(s);
    if (s->event != NULL)
        event_free(s->event);
    if (s->wake >= 0)
        (void)close(s->wake);
    batch_free(s->open);
    batch_free(s->handed);
    for (size_t i = 0; i < s->asked_n; i++)
        fetch_free(s->asked[i]);
    for (size_t i = 0; i < s->answered_n; i++)
        fetch_free(s->answered[i]);
    free(s->asked);
    free(s->answered);
    schema_close(s);
    free(s->path);
    free(s);
}

/* Room for n more bytes; without it, what the next snapshot makes good is given up. */
static struct batch *grown(struct tw_store *s, size_t n)
{
    struct batch *b = s->open;
    if (b->empty)
        b->since_ms = mono_ms();
    b->empty = false;
    if (b->bytes + n > TW_STORE_PENDING_MAX) {
        s->stats.given_up_records += batch_thin(b);
        s->stats.needs_snapshot = true;
    }
    b->bytes += n;
    s->stats.bytes += n;
    return b;
}

static void add_digest(struct tw_store *s, const struct tw_record *r)
{
    struct tw_buf bytes = {0};
    tw_record_encode(r, &bytes);
    struct batch *b = grown(s, bytes.n);
    *TW_PUSH(b->digests, b->digests_n, b->digests_cap) = (struct digest){s->at, bytes};
    s->stats.digests++;
    s->stats.digest_bytes_since += bytes.n;
}

void tw_store_add_record(struct tw_store *s, const struct tw_record *r)
{
    if (r->transport == TW_TRANSPORT_DIGEST) {
        add_digest(s, r);
        return;
    }
    struct batch *b = grown(s, 0);
    size_t before = b->journal.n;
    if (b->journal_n == 0) {
        b->journal_at = s->at;
        b->journal_first = r->rx;
    }
    tw_record_encode(r, &b->journal);
    b->journal_last = r->rx;
    b->journal_n++;
    s->at++;
    s->stats.records++;
    s->stats.since_snapshot++;
    (void)grown(s, b->journal.n - before);
}

static char *copy(const char *z)
{
    return z != NULL ? tw_xstrndup(z, strlen(z)) : NULL;
}

/* They are what all is done for: only many times as many bytes as for everything else end them. */
void tw_store_add_transition(struct tw_store *s, const struct tw_transition *t, struct tw_str json)
{
    struct batch *b = grown(s, json.n);
    if (b->bytes > 2 * (size_t)TW_STORE_PENDING_MAX) {
        s->stats.given_up_transitions++;
        b->bytes -= json.n;
        return;
    }
    size_t n = json.n > 0 && json.p[json.n - 1] == '\n' ? json.n - 1 : json.n;
    struct row *r = TW_PUSH(b->rows, b->rows_n, b->rows_cap);
    *r = (struct row){.seq = t->seq,
                      .time = t->time,
                      .since = t->since,
                      .kind = t->kind,
                      .severity = t->severity,
                      .standing = t->device == NULL,
                      .condition = copy(t->condition),
                      .pair = copy(t->pair),
                      .json = tw_xstrndup(json.p, n)};
    memcpy(r->id, t->alert_id, sizeof r->id);
    s->stats.transitions++;
}

void tw_store_add_cursor(struct tw_store *s, const char *output, uint64_t seq)
{
    struct batch *b = grown(s, 0);
    for (size_t i = 0; i < b->cursors_n; i++) {
        if (strcmp(b->cursors[i].output, output) == 0) {
            b->cursors[i].seq = seq;
            return;
        }
    }
    *TW_PUSH(b->cursors, b->cursors_n, b->cursors_cap) = (struct cursor){copy(output), seq};
}

void tw_store_drop_cursor(struct tw_store *s, const char *output)
{
    tw_store_add_cursor(s, output, CURSOR_GONE);
}

void tw_store_add_snapshot(struct tw_store *s, struct tw_buf *bytes, uint64_t seq)
{
    struct batch *b = grown(s, 0);
    tw_buf_finish(&b->snapshot);
    batch_drop_digests(b);
    b->snapshot = *bytes;
    b->snapshot_at = s->at;
    b->snapshot_seq = seq;
    *bytes = (struct tw_buf){0};
    s->stats.snapshots++;
    s->stats.needs_snapshot = false;
    s->stats.since_snapshot = s->stats.digest_bytes_since = 0;
}

void tw_store_now(struct tw_store *s, tw_time now)
{
    s->open->now = now;
}

void tw_store_add_clean(struct tw_store *s)
{
    grown(s, 0)->clean = true;
}

uint64_t tw_store_batch(const struct tw_store *s)
{
    return s->open->no;
}

bool tw_store_needs_snapshot(const struct tw_store *s)
{
    return s->stats.needs_snapshot;
}

void tw_store_fetch(struct tw_store *s, uint64_t after, size_t most, tw_store_fetched *call, void *ctx,
                    void *key)
{
    struct fetch *f = tw_xcalloc(1, sizeof *f);
    *f = (struct fetch){.after = after, .most = most, .call = call, .ctx = ctx, .key = key};
    need_thread(s);
    (void)pthread_mutex_lock(&s->mutex);
    *TW_PUSH(s->asked, s->asked_n, s->asked_cap) = f;
    (void)pthread_cond_signal(&s->more);
    (void)pthread_mutex_unlock(&s->mutex);
}

static void cancel(struct fetch **list, size_t n, const void *key)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i]->key == key)
            list[i]->key = NULL;
    }
}

void tw_store_fetch_cancel(struct tw_store *s, const void *key)
{
    (void)pthread_mutex_lock(&s->mutex);
    cancel(s->asked, s->asked_n, key);
    cancel(s->answered, s->answered_n, key);
    if (s->reading != NULL && s->reading->key == key)
        s->reading->key = NULL;
    (void)pthread_mutex_unlock(&s->mutex);
}

struct tw_store_stats tw_store_stats(struct tw_store *s)
{
    struct tw_store_stats out = s->stats;
    (void)pthread_mutex_lock(&s->mutex);
    out.failing = s->failing;
    out.commits = s->commits;
    out.errors = s->errors;
    out.commit_us_last = s->us_last;
    out.commit_us_most = s->us_most;
    out.file_bytes = s->file_bytes;
    out.pending_bytes = s->open->bytes + (s->handed != NULL ? s->handed->bytes : 0);
    (void)pthread_mutex_unlock(&s->mutex);
    return out;
}
