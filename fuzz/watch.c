/* SPDX-License-Identifier: ISC */
#include "watch.h"

#include "render/render.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool watch_printable(struct tw_str s, bool lines)
{
    for (size_t i = 0; i < s.n;) {
        size_t n = tw_utf8_len(s, i);
        unsigned char c = (unsigned char)s.p[i];
        bool fine = n > 0 && c != 0x7f && (c >= 0x20 || (lines && (c == '\n' || c == '\t')));
        if (!fine ||
            (n == 2 && c == 0xc2 && (unsigned char)s.p[i + 1] < 0xa0)) /* U+0080 to U+009F: controls */
            return false;
        i += n;
    }
    return true;
}

static void good_text(const char *text)
{
    bool good = text != NULL && watch_printable(tw_str_z(text), false);
    if (!good)
        (void)fprintf(stderr, "not printable: %s\n", text != NULL ? text : "(null)");
    TW_ASSERT(good);
}

static void good_name(const char *text)
{
    good_text(text);
    TW_ASSERT(text[0] != '\0');
}

static bool one_of(const char *word, const char *const *words)
{
    while (*words != NULL && strcmp(*words, word) != 0)
        words++;
    return *words != NULL;
}

static void good_hints(const struct tw_transition *t)
{
    for (size_t i = 0; i < t->hints_n; i++) {
        const struct tw_hint *h = &t->hints[i];
        TW_ASSERT(h->step <= TW_STEP_UNDO);
        good_name(h->on);
        good_name(h->text);
        for (size_t k = 0; k < h->commands_n; k++) {
            good_name(h->commands[k]);
            TW_ASSERT(strchr(h->commands[k], '{') == NULL);
        }
    }
}

static void good_evidence(const struct tw_transition *t, tw_time now)
{
    for (size_t i = 0; i < t->evidence_n; i++) {
        const struct tw_evidence_line *e = &t->evidence[i];
        good_name(e->device);
        good_name(e->text);
        TW_ASSERT(strlen(e->text) <= 512 && e->rule != NULL && !tw_before(now, e->time));
        TW_ASSERT(e->source <= TW_SOURCE_INVENTORY);
    }
}

static void good_lists(const struct tw_transition *t)
{
    for (size_t i = 0; i < t->sub_interfaces_n; i++) {
        good_name(t->sub_interfaces[i]);
        TW_ASSERT(i == 0 ||
                  tw_str_natural(tw_str_z(t->sub_interfaces[i - 1]), tw_str_z(t->sub_interfaces[i])) < 0);
    }
    for (size_t i = 0; i < t->services_n; i++) {
        good_name(t->services[i]);
        for (size_t k = 0; k < i; k++)
            TW_ASSERT(strcmp(t->services[k], t->services[i]) != 0);
    }
}

static void good_fields(const struct tw_transition *t, tw_time now)
{
    static const char *const ends[] = {"recovered", "switched-over", "removed",   "restarted",
                                       "retracted", "settled",       "corrected", NULL};
    TW_ASSERT(strspn(t->alert_id, "0123456789abcdef") == TW_ALERT_ID - 1 &&
              t->alert_id[TW_ALERT_ID - 1] == '\0');
    TW_ASSERT(t->severity <= TW_SEVERITY_CRITICAL && t->confidence <= TW_CONFIDENCE_VERIFIED);
    TW_ASSERT(t->help <= TW_HELP_UNKNOWN && t->kind <= TW_CLEARED);
    good_name(t->condition);
    good_name(t->pair);
    good_name(t->summary);
    TW_ASSERT(strchr(t->summary, '{') == NULL);
    TW_ASSERT((t->device == NULL) == (t->peer == NULL) && (t->trunk == NULL || t->device != NULL));
    TW_ASSERT(t->device == NULL || strcmp(t->device, t->peer) != 0);
    TW_ASSERT(strcmp(t->condition, "no-switchover") != 0 ||
              (t->device != NULL && t->trunk != NULL && t->sub_interfaces_n > 0 && t->help != TW_HELP_NULL &&
               strncmp(t->summary, "Traffic interruption, no switchover", 35) == 0));
    TW_ASSERT(tw_time_is_finite(t->time) && tw_time_is_finite(t->since));
    TW_ASSERT(!tw_before(now, t->time) && !tw_before(now, t->since));
    TW_ASSERT((t->kind == TW_CLEARED) == (t->cleared_by != NULL));
    TW_ASSERT(t->kind != TW_CLEARED || (t->duration.ns >= 0 && one_of(t->cleared_by, ends)));
    good_lists(t);
    good_hints(t);
    good_evidence(t, now);
}

/* What can be read back has every field, and nothing that a terminal would act on. */
static void good_renderings(const struct tw_transition *t, struct tw_str json)
{
    static const char *const fields[] = {
        "seq",        "time",           "transition", "alert_id", "condition",
        "pair",       "severity",       "e_trunk",    "device",   "peer",
        "trunk",      "sub_interfaces", "services",   "since",    "switchover_would_help",
        "hints",      "confidence",     "summary",    "feed",     "evidence",
        "duration_s", "cleared_by",     "number",     "change",   "acknowledged",
        "silenced"};
    struct tw_buf text = {0};
    json_error_t why;
    json_t *o = json_loadb(json.p, json.n, JSON_REJECT_DUPLICATES, &why);
    TW_ASSERT(o != NULL && json.n > 0 && json.p[json.n - 1] == '\n' &&
              memchr(json.p, '\n', json.n) == json.p + json.n - 1);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        TW_ASSERT(json_object_get(o, fields[i]) != NULL);
    json_decref(o);
    for (unsigned width = 0; width <= 100; width += 50) {
        tw_buf_clear(&text);
        tw_render_text(t, false, width, &text);
        TW_ASSERT(text.n > 0 && watch_printable(tw_buf_view(&text), true));
    }
    tw_buf_finish(&text);
}

static struct watch_alert *find(struct watch *w, const char *id)
{
    for (size_t i = 0; i < w->open_n; i++) {
        if (strcmp(w->open[i].id, id) == 0)
            return &w->open[i];
    }
    return NULL;
}

/* Whoever has it, whatever keeps it quiet: a change of that is an update, and says so. */
static void people(struct watch_alert *a, const struct tw_transition *t)
{
    TW_ASSERT((t->kind == TW_UPDATED) == (t->change != 0));
    TW_ASSERT((t->change >> TW_CHANGE_ACKNOWLEDGED & 1) != 0 || a->acknowledged == (t->acknowledged != NULL));
    TW_ASSERT((t->change >> TW_CHANGE_SILENCED & 1) != 0 || t->kind == TW_CLEARED ||
              a->silenced == (t->silenced != NULL));
    a->acknowledged = t->acknowledged != NULL;
    a->silenced = t->silenced != NULL;
}

static void one(struct watch *w, const struct tw_transition *t)
{
    struct watch_alert *a = find(w, t->alert_id);
    char about[sizeof a->about];
    (void)snprintf(about, sizeof about, "%s %s %u %s %s", t->condition, t->pair, t->e_trunk,
                   t->device != NULL ? t->device : "-", t->trunk != NULL ? t->trunk : "-");
    TW_ASSERT(t->seq == w->seq + 1);
    w->seq++;
    /* The same one again counts on. */
    TW_ASSERT(a != NULL ? t->number == a->number + 1 : t->kind == TW_RAISED && t->number > 0);
    if (t->kind == TW_RAISED) {
        TW_ASSERT(a == NULL && w->open_n < WATCH_OPEN_MAX);
        a = &w->open[w->open_n++];
        *a = (struct watch_alert){.since = t->since, .raised = t->time};
        memcpy(a->id, t->alert_id, sizeof a->id);
        memcpy(a->about, about, sizeof about);
        TW_ASSERT(!tw_before(t->time, t->since));
        a->number = t->number;
        a->silenced = t->silenced != NULL;
        TW_ASSERT(t->acknowledged == NULL);
        w->raised++;
        return;
    }
    TW_ASSERT(a != NULL); /* what changes or ends was raised */
    TW_ASSERT(t->since.ns == a->since.ns && !tw_before(t->time, a->raised));
    if (a->about[0] == '\0')
        memcpy(a->about, about, sizeof about);
    TW_ASSERT(strcmp(about, a->about) == 0);
    a->number++;
    people(a, t);
    if (t->kind == TW_CLEARED) {
        *a = w->open[--w->open_n];
        w->cleared++;
    }
}

/* For a person who looks at one input: WATCH_SHOW=1 fuzz_pipeline INPUT. */
static void show(const struct tw_transition *t, tw_time now)
{
    struct tw_buf json = {0};
    char time[TW_TIME_TEXT];
    tw_render_json(t, &json);
    (void)fprintf(stderr, "%s %.*s ... %s", tw_time_text(now, time), (int)strcspn(json.p, "[") + 900, json.p,
                  strstr(json.p, "\"duration_s\":"));
    tw_buf_finish(&json);
}

void watch_collect(struct watch *w, struct tw_pipeline *p, tw_time now, bool renamed)
{
    size_t n;
    for (size_t i = 0; renamed && i < w->open_n; i++)
        w->open[i].about[0] = '\0';
    const struct tw_transition *const *t = tw_pipeline_transitions(p, &n);
    for (size_t i = 0; i < n; i++) {
        size_t from = w->json.n;
        if (getenv("WATCH_SHOW") != NULL)
            show(t[i], now);
        good_fields(t[i], now);
        one(w, t[i]);
        tw_render_json(t[i], &w->json);
        good_renderings(t[i], tw_str_from(tw_buf_view(&w->json), from));
    }
    tw_pipeline_effects_clear(p);
    (void)tw_pipeline_transitions(p, &n);
    TW_ASSERT(n == 0);
}

void watch_counters(const struct watch *w, const struct tw_pipeline *p)
{
    uint64_t sum = 0;
    for (int c = TW_COUNT_RECEIVED + 1; c < TW_COUNT_BECAME; c++)
        sum += tw_pipeline_counter(p, (enum tw_counter)c);
    TW_ASSERT(sum == tw_pipeline_counter(p, TW_COUNT_RECEIVED));
    const uint64_t *nobody = tw_pipeline_nobody(p);
    uint64_t of_all = tw_counts_accepted(nobody) + tw_counts_dropped(nobody);
    for (uint32_t d = 0; d < tw_pipeline_topology(p)->devices_n; d++) {
        const struct tw_device_stats *s = tw_pipeline_device_stats(p, d);
        TW_ASSERT(s->records == tw_counts_accepted(s->counts) + tw_counts_dropped(s->counts));
        of_all += s->records;
    }
    TW_ASSERT(of_all == sum);
    TW_ASSERT(tw_pipeline_counter(p, TW_COUNT_RAISED) == w->raised);
    TW_ASSERT(tw_pipeline_counter(p, TW_COUNT_CLEARED) == w->cleared);
    TW_ASSERT(w->raised - w->cleared == w->open_n);
}

void watch_unknown(struct watch *w, struct tw_pipeline *p)
{
    struct tw_signatures all = tw_pipeline_signatures(p);
    uint64_t sum = all.unlisted;
    size_t from = w->json.n;
    for (size_t i = 0; i < all.n; i++) {
        good_name(all.rows[i].name);
        good_text(all.rows[i].sample);
        sum += all.rows[i].count;
    }
    TW_ASSERT(sum == all.messages);
    tw_render_unknown_json(&all, &w->json);
    struct tw_str json = tw_str_from(tw_buf_view(&w->json), from);
    json_t *o = json_loadb(json.p, json.n, JSON_REJECT_DUPLICATES, NULL);
    TW_ASSERT(json_array_size(json_object_get(o, "unknown")) == all.n);
    json_decref(o);
}

void watch_finish(struct watch *w)
{
    tw_buf_finish(&w->json);
}
