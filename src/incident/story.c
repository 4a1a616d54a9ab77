/* SPDX-License-Identifier: ISC */
#include "incident/story.h"

#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"

#include <stdlib.h>

/* Beside what is shown of an alert: how it was at its last transition. */
struct alert {
    struct tw_story_alert shown;
    enum tw_severity severity;
    bool open, fresh; /* fresh: nothing was heard of it before */
    char **subs;      /* sorted by bytes */
    size_t subs_n;
    char *ack, *quiet; /* who has it; what keeps it quiet. NULL: nobody, nothing */
};

struct tw_story {
    struct tw_arena *arena;
    struct tw_outages *outages;
    struct alert *alerts;
    size_t alerts_n, alerts_cap;
    struct tw_map alert_by_id; /* the last of each id */
    struct tw_story_step *steps;
    size_t steps_n, steps_cap;
    struct tw_story_act *acts;
    size_t acts_n, acts_cap;
    struct tw_evidence_line *evidence;
    size_t evidence_n, evidence_cap;
    struct tw_map evidence_by_key;
    char *pair;
    uint64_t left_out;
    bool cut;
    struct tw_story_alert *shown;
    struct tw_incident told;
};

struct tw_story *tw_story_create(void)
{
    struct tw_story *s = tw_xcalloc(1, sizeof *s);
    s->arena = tw_arena_create(16384);
    s->outages = tw_outages_create();
    return s;
}

static void forget_subs(struct alert *a)
{
    for (size_t i = 0; i < a->subs_n; i++)
        free(a->subs[i]);
    free(a->subs);
    a->subs = NULL;
    a->subs_n = 0;
}

void tw_story_destroy(struct tw_story *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->alerts_n; i++) {
        forget_subs(&s->alerts[i]);
        free(s->alerts[i].ack);
        free(s->alerts[i].quiet);
    }
    tw_map_finish(&s->alert_by_id);
    tw_map_finish(&s->evidence_by_key);
    tw_outages_destroy(s->outages);
    tw_arena_destroy(s->arena);
    free(s->alerts);
    free(s->steps);
    free(s->acts);
    free(s->evidence);
    free(s->shown);
    free(s);
}

static const char *keep(struct tw_story *s, const char *z)
{
    return z != NULL ? tw_arena_dup(s->arena, z, strlen(z)) : NULL;
}

static bool same_alert(const void *ctx, uint32_t index, const void *key)
{
    return strcmp(((const struct tw_story *)ctx)->alerts[index].shown.id, key) == 0;
}

/* The one that goes on; else a new one. */
static struct alert *alert_of(struct tw_story *s, const struct tw_transition *t)
{
    uint64_t hash = tw_hash(t->alert_id, strlen(t->alert_id), 0);
    uint32_t i = tw_map_find(&s->alert_by_id, hash, same_alert, s, t->alert_id);
    if (i != TW_MAP_NONE && s->alerts[i].open)
        return &s->alerts[i];
    if (i != TW_MAP_NONE)
        tw_map_del(&s->alert_by_id, hash, i);
    tw_map_add(&s->alert_by_id, hash, (uint32_t)s->alerts_n);
    struct alert *a = TW_PUSH(s->alerts, s->alerts_n, s->alerts_cap);
    memcpy(a->shown.id, t->alert_id, sizeof a->shown.id);
    a->shown.condition = keep(s, t->condition);
    a->shown.device = keep(s, t->device);
    a->shown.peer = keep(s, t->peer);
    a->shown.trunk = keep(s, t->trunk);
    a->shown.e_trunk = t->e_trunk;
    a->shown.since = t->since;
    a->shown.raised = t->kind == TW_RAISED ? t->time : TW_TIME_MIN;
    a->shown.ended = TW_TIME_MAX;
    a->shown.summary = keep(s, t->summary);
    a->severity = t->severity;
    a->open = a->fresh = true;
    return a;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names in a, sorted, that b, sorted too, does not have: the first few, and how many. */
static size_t only_in(char *const *a, size_t n, char *const *b, size_t m, struct tw_buf *names)
{
    enum { SHOWN = 5 };
    size_t j = 0, only = 0;
    for (size_t i = 0; i < n; i++) {
        while (j < m && strcmp(b[j], a[i]) < 0)
            j++;
        if (j < m && strcmp(b[j], a[i]) == 0)
            continue;
        if (++only <= SHOWN)
            tw_buf_fmt(names, "%s%s", only > 1 ? ", " : "", a[i]);
    }
    if (only > SHOWN)
        tw_buf_fmt(names, " and %zu more", only - SHOWN);
    return only;
}

static void say(struct tw_buf *b, const char *what, const char *detail)
{
    tw_buf_fmt(b, "%s%s%s", b->n > 0 ? "; " : "", what, detail);
}

/* Who is in it now; what has changed about that, in words. */
static void take_subs(struct alert *a, const struct tw_transition *t, struct tw_buf *text)
{
    struct tw_buf names = {0};
    size_t n = t->sub_interfaces_n;
    char **now = tw_xcalloc(n + 1, sizeof *now);
    for (size_t i = 0; i < n; i++)
        now[i] = tw_xstrndup(t->sub_interfaces[i], strlen(t->sub_interfaces[i]));
    if (n > 1)
        qsort(now, n, sizeof *now, by_bytes);
    if (only_in(now, n, a->subs, a->subs_n, &names) > 0 && !a->fresh)
        say(text, "joined: ", names.p);
    tw_buf_clear(&names);
    if (only_in(a->subs, a->subs_n, now, n, &names) > 0)
        say(text, "left: ", names.p);
    forget_subs(a);
    a->subs = now;
    a->subs_n = n;
    if (n > a->shown.sub_interfaces)
        a->shown.sub_interfaces = (uint32_t)n;
    tw_buf_finish(&names);
}

static void act(struct tw_story *s, const struct tw_transition *t, const struct tw_story_act *what)
{
    if (s->acts_n >= TW_STORY_ACTS_MAX) {
        s->left_out++;
        return;
    }
    struct tw_story_act *to = TW_PUSH(s->acts, s->acts_n, s->acts_cap);
    *to = *what;
    to->by = keep(s, what->by);
    to->why = keep(s, what->why);
    memcpy(to->alert_id, t->alert_id, sizeof to->alert_id);
}

static bool replace(char **have, const char *now)
{
    bool same = *have == NULL || now == NULL ? (*have == NULL) == (now == NULL) : strcmp(*have, now) == 0;
    if (same)
        return false;
    free(*have);
    *have = now != NULL ? tw_xstrndup(now, strlen(now)) : NULL;
    return true;
}

static void take_ack(struct tw_story *s, struct alert *a, const struct tw_transition *t, struct tw_buf *text)
{
    const struct tw_acknowledged *k = t->acknowledged;
    struct tw_buf key = {0};
    if (k != NULL)
        tw_buf_fmt(&key, "%lld %s", (long long)k->time.ns, k->by);
    if (replace(&a->ack, key.p) && k != NULL) {
        act(s, t, &(struct tw_story_act){k->time, "", "acknowledged", k->by, k->why, TW_TIME_MIN});
        say(text, "acknowledged by ", k->by);
    } else if (k == NULL && a->shown.acknowledged) {
        act(s, t, &(struct tw_story_act){t->time, "", "unacknowledged", NULL, NULL, TW_TIME_MIN});
        say(text, "no longer acknowledged", "");
    }
    a->shown.acknowledged = k != NULL;
    tw_buf_finish(&key);
}

static void take_quiet(struct tw_story *s, struct alert *a, const struct tw_transition *t,
                       struct tw_buf *text)
{
    const struct tw_silenced *q = t->silenced;
    char until[TW_TIME_TEXT];
    if (replace(&a->quiet, q != NULL ? q->id : NULL) && q != NULL) {
        act(s, t,
            &(struct tw_story_act){t->time, "", tw_silence_kind_name(q->kind), q->by, q->why, q->until});
        say(text, "quiet until ", tw_time_text(q->until, until));
        tw_buf_fmt(text, " (%s by %s)", tw_silence_kind_name(q->kind), q->by);
    } else if (q == NULL && a->shown.silenced) {
        act(s, t, &(struct tw_story_act){t->time, "", "unsilenced", NULL, NULL, TW_TIME_MIN});
        say(text, "no longer quiet", "");
    }
    a->shown.silenced = q != NULL;
}

/* What is known of it now, and what of that is new, in words. */
static void take(struct tw_story *s, struct alert *a, const struct tw_transition *t, struct tw_buf *text)
{
    struct tw_story_alert *x = &a->shown;
    bool first = a->fresh;
    enum tw_effect effect = tw_effect_of(t->condition, t->severity);
    const char *help = tw_help_name(t->help);
    take_subs(a, t, text);
    if (!first && t->severity != a->severity)
        say(text, "severity is now ", tw_severity_name(t->severity));
    if (!first && t->confidence != x->confidence)
        say(text, "confidence is now ", tw_confidence_name(t->confidence));
    if (!first && t->help != x->help)
        say(text, "would a switchover help: ", help != NULL ? help : "does not apply");
    if (!first && t->lossy && !x->lossy)
        say(text, "messages of this pair were lost: not all that happened may be known", "");
    take_ack(s, a, t, text);
    take_quiet(s, a, t, text);
    if (t->severity > x->severity)
        x->severity = t->severity;
    if (effect > x->effect)
        x->effect = effect;
    a->severity = t->severity;
    x->confidence = t->confidence;
    x->help = t->help;
    x->lossy = t->lossy;
    x->since = tw_earlier(x->since, t->since);
    a->fresh = false;
}

static bool same_evidence(const void *ctx, uint32_t index, const void *key)
{
    const struct tw_evidence_line *a = &((const struct tw_story *)ctx)->evidence[index], *b = key;
    return a->time.ns == b->time.ns && a->source == b->source && strcmp(a->text, b->text) == 0 &&
           (a->device == NULL || b->device == NULL ? a->device == b->device
                                                   : strcmp(a->device, b->device) == 0);
}

static void take_evidence(struct tw_story *s, const struct tw_evidence_line *e)
{
    uint64_t hash = tw_hash(e->text, strlen(e->text), (uint64_t)e->time.ns);
    if (tw_map_find(&s->evidence_by_key, hash, same_evidence, s, e) != TW_MAP_NONE)
        return;
    if (s->evidence_n >= TW_STORY_EVIDENCE_MAX) {
        s->left_out++;
        return;
    }
    tw_map_add(&s->evidence_by_key, hash, (uint32_t)s->evidence_n);
    *TW_PUSH(s->evidence, s->evidence_n, s->evidence_cap) =
        (struct tw_evidence_line){.time = e->time,
                                  .received = e->received,
                                  .stamp = e->stamp,
                                  .device = keep(s, e->device),
                                  .source = e->source,
                                  .text = keep(s, e->text),
                                  .rule = ""};
}

static void step(struct tw_story *s, const struct tw_transition *t, const struct tw_buf *news)
{
    if (s->steps_n >= TW_STORY_STEPS_MAX) {
        s->left_out++;
        return;
    }
    struct tw_story_step *x = TW_PUSH(s->steps, s->steps_n, s->steps_cap);
    *x = (struct tw_story_step){.time = t->time,
                                .seq = t->seq,
                                .condition = keep(s, t->condition),
                                .kind = t->kind,
                                .severity = t->severity};
    memcpy(x->alert_id, t->alert_id, sizeof x->alert_id);
    x->text = keep(s, t->kind != TW_UPDATED ? t->summary
                      : news->n > 0         ? news->p
                                            : "nothing else than before");
}

void tw_story_add(struct tw_story *s, const struct tw_transition *t)
{
    struct alert *a = alert_of(s, t);
    struct tw_buf text = {0};
    if (s->pair == NULL && t->pair != NULL)
        s->pair = tw_arena_dup(s->arena, t->pair, strlen(t->pair));
    s->cut = s->cut || !tw_time_is_finite(a->shown.raised);
    take(s, a, t, &text);
    step(s, t, &text);
    for (size_t i = 0; i < t->evidence_n; i++)
        take_evidence(s, &t->evidence[i]);
    if (t->kind == TW_CLEARED) {
        a->open = false;
        a->shown.ended = t->time;
        a->shown.duration = t->duration;
        a->shown.cleared_by = keep(s, t->cleared_by);
    }
    tw_outages_add(s->outages, t);
    tw_buf_finish(&text);
}

void tw_story_cut(struct tw_story *s)
{
    s->cut = true;
}

static int by_moment(const void *a, const void *b)
{
    const struct tw_evidence_line *x = a, *y = b;
    if (x->time.ns != y->time.ns)
        return x->time.ns < y->time.ns ? -1 : 1;
    return strcmp(x->text, y->text);
}

const struct tw_incident *tw_story_tell(struct tw_story *s, tw_time now)
{
    struct tw_incident *i = &s->told;
    *i = (struct tw_incident){.id = s->alerts_n > 0 ? s->alerts[0].shown.id : "",
                              .pair = s->pair,
                              .began = TW_TIME_MAX,
                              .ended = TW_TIME_MIN,
                              .alerts_n = s->alerts_n,
                              .steps = s->steps,
                              .steps_n = s->steps_n,
                              .acts = s->acts,
                              .acts_n = s->acts_n,
                              .evidence_n = s->evidence_n,
                              .outage = tw_outages_sum(s->outages, now)};
    free(s->shown);
    s->shown = tw_xcalloc(s->alerts_n + 1, sizeof *s->shown);
    for (size_t k = 0; k < s->alerts_n; k++) {
        const struct tw_story_alert *a = &s->alerts[k].shown;
        s->shown[k] = *a;
        i->began = tw_earlier(i->began, a->since);
        i->ended = tw_later(i->ended, a->ended);
        i->severity = a->severity > i->severity ? a->severity : i->severity;
    }
    i->alerts = s->shown;
    if (s->evidence_n > 1) {
        qsort(s->evidence, s->evidence_n, sizeof *s->evidence, by_moment);
        tw_map_clear(&s->evidence_by_key); /* what is added afterwards may come twice */
    }
    i->evidence = s->evidence;
    if (s->alerts_n > 0)
        i->duration = tw_time_sub(tw_later(i->ended.ns == INT64_MAX ? now : i->ended, i->began), i->began);
    i->left_out = s->left_out + i->outage->more;
    i->complete = !s->cut && i->left_out == 0;
    return i;
}
