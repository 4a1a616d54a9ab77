/* SPDX-License-Identifier: ISC */
#include "render/parse.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

enum { LIST_MAX = 1 << 20 };

struct reader {
    struct tw_arena *arena;
    bool bad;
};

/* A member that is a string, or null. */
static const char *text(struct reader *r, const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    if (json_is_string(v))
        return tw_arena_dup(r->arena, json_string_value(v), json_string_length(v));
    r->bad = r->bad || (v != NULL && !json_is_null(v));
    return NULL;
}

static const char *needed(struct reader *r, const json_t *o, const char *key)
{
    const char *s = text(r, o, key);
    r->bad = r->bad || s == NULL;
    return s != NULL ? s : "";
}

static bool digits(const char *s, size_t n, int *out)
{
    *out = 0;
    for (size_t i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9')
            return false;
        *out = *out * 10 + (s[i] - '0');
    }
    return true;
}

/* The one form of all output: 2026-08-08T18:07:40.000Z. */
static tw_time time_of(struct reader *r, const json_t *o, const char *key, tw_time none)
{
    const json_t *v = json_object_get(o, key);
    const char *s = json_string_value(v);
    struct tw_civil c = {0};
    int ms;
    if (v == NULL || json_is_null(v))
        return none;
    if (s == NULL || json_string_length(v) != 24 || !digits(s, 4, &c.year) || !digits(s + 5, 2, &c.month) ||
        !digits(s + 8, 2, &c.day) || !digits(s + 11, 2, &c.hour) || !digits(s + 14, 2, &c.minute) ||
        !digits(s + 17, 2, &c.second) || !digits(s + 20, 3, &ms) || s[4] != '-' || s[7] != '-' ||
        s[10] != 'T' || s[13] != ':' || s[16] != ':' || s[19] != '.' || s[23] != 'Z' || c.month < 1 ||
        c.month > 12 || c.day < 1 || c.day > 31 || c.hour > 23 || c.minute > 59 || c.second > 60) {
        r->bad = true;
        return none;
    }
    c.nanosecond = ms * 1000000;
    return tw_time_from_civil(&c);
}

/* Which of the names it is. NULL is a name that stands for null. */
static int word(struct reader *r, const json_t *o, const char *key, const char *(*name)(int), int n)
{
    const char *s = json_string_value(json_object_get(o, key));
    for (int i = 0; i < n; i++) {
        const char *candidate = name(i);
        if (candidate == NULL ? s == NULL : s != NULL && strcmp(candidate, s) == 0)
            return i;
    }
    r->bad = true;
    return 0;
}

static const char *kind_name(int i)
{
    return tw_transition_name((enum tw_transition_kind)i);
}

static const char *severity_name(int i)
{
    return tw_severity_name((enum tw_severity)i);
}

static const char *confidence_name(int i)
{
    return tw_confidence_name((enum tw_confidence)i);
}

static const char *help_name(int i)
{
    return tw_help_name((enum tw_help)i);
}

static const char *step_name(int i)
{
    return tw_step_name((enum tw_step)i);
}

static const char *source_name(int i)
{
    return tw_source_name((enum tw_source)i);
}

static const char *silence_name(int i)
{
    return tw_silence_kind_name((enum tw_silence_kind)i);
}

static const json_t *list(struct reader *r, const json_t *o, const char *key, size_t *n)
{
    const json_t *v = json_object_get(o, key);
    *n = json_array_size(v);
    if (!json_is_array(v) || *n > LIST_MAX) {
        r->bad = true;
        *n = 0;
    }
    return v;
}

static const char *const *texts(struct reader *r, const json_t *o, const char *key, size_t *n)
{
    const json_t *v = list(r, o, key, n);
    const char **out = tw_arena_alloc(r->arena, (*n + 1) * sizeof *out);
    for (size_t i = 0; i < *n; i++) {
        const json_t *s = json_array_get(v, i);
        r->bad = r->bad || !json_is_string(s);
        out[i] = json_is_string(s) ? tw_arena_dup(r->arena, json_string_value(s), json_string_length(s)) : "";
    }
    return out;
}

static void hints(struct reader *r, const json_t *o, struct tw_transition *t)
{
    const json_t *v = list(r, o, "hints", &t->hints_n);
    struct tw_hint *out = tw_arena_alloc(r->arena, (t->hints_n + 1) * sizeof *out);
    for (size_t i = 0; i < t->hints_n; i++) {
        const json_t *h = json_array_get(v, i);
        out[i].step = (enum tw_step)word(r, h, "step", step_name, TW_STEP_UNDO + 1);
        out[i].on = text(r, h, "on");
        out[i].text = needed(r, h, "text");
        out[i].commands = texts(r, h, "commands", &out[i].commands_n);
    }
    t->hints = out;
}

static void evidence(struct reader *r, const json_t *o, struct tw_transition *t)
{
    const json_t *v = list(r, o, "evidence", &t->evidence_n);
    struct tw_evidence_line *out = tw_arena_alloc(r->arena, (t->evidence_n + 1) * sizeof *out);
    for (size_t i = 0; i < t->evidence_n; i++) {
        const json_t *e = json_array_get(v, i);
        out[i].time = time_of(r, e, "time", TW_TIME_MIN);
        out[i].received = time_of(r, e, "received", TW_TIME_MIN);
        out[i].stamp = time_of(r, e, "stamp", TW_TIME_MIN);
        out[i].device = text(r, e, "device");
        out[i].source = (enum tw_source)word(r, e, "source", source_name, TW_SOURCES);
        out[i].text = needed(r, e, "text");
        out[i].rule = "";
    }
    t->evidence = out;
}

static uint64_t number(struct reader *r, const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    if (json_is_integer(v) && json_integer_value(v) >= 0)
        return (uint64_t)json_integer_value(v);
    r->bad = r->bad || (v != NULL && !json_is_null(v));
    return 0;
}

static void people(struct reader *r, const json_t *o, struct tw_transition *t)
{
    const json_t *acknowledged = json_object_get(o, "acknowledged"),
                 *silenced = json_object_get(o, "silenced");
    if (json_is_object(acknowledged)) {
        struct tw_acknowledged *a = tw_arena_alloc(r->arena, sizeof *a);
        a->by = needed(r, acknowledged, "by");
        a->why = needed(r, acknowledged, "why");
        a->time = time_of(r, acknowledged, "time", TW_TIME_MIN);
        t->acknowledged = a;
    }
    if (json_is_object(silenced)) {
        struct tw_silenced *s = tw_arena_alloc(r->arena, sizeof *s);
        s->id = needed(r, silenced, "id");
        s->kind = (enum tw_silence_kind)word(r, silenced, "kind", silence_name, TW_MAINTENANCE + 1);
        s->by = needed(r, silenced, "by");
        s->why = needed(r, silenced, "why");
        s->until = time_of(r, silenced, "until", TW_TIME_MAX);
        t->silenced = s;
    }
}

/* Names of changes that are not known are passed over: a later version may have more. */
static void change(const json_t *o, struct tw_transition *t)
{
    const json_t *v = json_object_get(o, "change");
    for (size_t i = 0; i < json_array_size(v); i++) {
        const char *s = json_string_value(json_array_get(v, i));
        for (int c = 0; c < TW_CHANGES; c++) {
            if (s != NULL && strcmp(s, tw_change_name((enum tw_change)c)) == 0)
                t->change |= 1u << c;
        }
    }
}

static void fill_in(struct reader *r, const json_t *o, struct tw_transition *t)
{
    const char *id = needed(r, o, "alert_id");
    double seconds = json_number_value(json_object_get(o, "duration_s"));
    t->seq = number(r, o, "seq");
    t->time = time_of(r, o, "time", TW_TIME_MIN);
    t->kind = (enum tw_transition_kind)word(r, o, "transition", kind_name, TW_CLEARED + 1);
    r->bad = r->bad || strlen(id) >= TW_ALERT_ID;
    memcpy(t->alert_id, id, strnlen(id, TW_ALERT_ID - 1));
    t->condition = needed(r, o, "condition");
    t->severity = (enum tw_severity)word(r, o, "severity", severity_name, TW_SEVERITY_CRITICAL + 1);
    t->pair = text(r, o, "pair");
    t->e_trunk = (uint32_t)number(r, o, "e_trunk");
    t->device = text(r, o, "device");
    t->peer = text(r, o, "peer");
    t->trunk = text(r, o, "trunk");
    t->sub_interfaces = texts(r, o, "sub_interfaces", &t->sub_interfaces_n);
    t->services = texts(r, o, "services", &t->services_n);
    t->since = time_of(r, o, "since", TW_TIME_MIN);
    t->help = (enum tw_help)word(r, o, "switchover_would_help", help_name, TW_HELP_UNKNOWN + 1);
    t->confidence = (enum tw_confidence)word(r, o, "confidence", confidence_name, TW_CONFIDENCE_VERIFIED + 1);
    const char *feed = text(r, o, "feed");
    t->lossy = feed != NULL && strcmp(feed, "lossy") == 0;
    t->summary = needed(r, o, "summary");
    t->duration.ns = seconds >= 0 && seconds < 9e9 ? llround(seconds * 1000) * 1000000 : 0;
    t->cleared_by = text(r, o, "cleared_by");
    t->number = (uint32_t)number(r, o, "number");
    change(o, t);
    people(r, o, t);
    hints(r, o, t);
    evidence(r, o, t);
}

bool tw_render_parse(struct tw_str json, struct tw_arena *arena, struct tw_transition *out)
{
    struct reader r = {.arena = arena};
    json_t *o = json_loadb(json.p, json.n, 0, NULL);
    *out = (struct tw_transition){0};
    r.bad = !json_is_object(o);
    if (!r.bad)
        fill_in(&r, o, out);
    json_decref(o);
    return !r.bad;
}
