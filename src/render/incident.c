/* SPDX-License-Identifier: ISC */
/* An incident as JSON: what is said of it in a list, and all of it. */
#include "render/incident.h"

#include "base/json.h"

#include <stdio.h>

static void text(struct tw_buf *b, const char *key, const char *z)
{
    tw_json_key(b, key);
    tw_json_z(b, z);
}

static void moment(struct tw_buf *b, const char *key, tw_time t)
{
    tw_json_key(b, key);
    tw_json_time(b, t);
}

static void number(struct tw_buf *b, const char *key, uint64_t n)
{
    char digits[TW_U64_TEXT];
    tw_json_key(b, key);
    tw_buf_z(b, tw_u64_text(n, digits));
}

static void flag(struct tw_buf *b, const char *key, bool on)
{
    tw_json_key(b, key);
    tw_buf_z(b, on ? "true" : "false");
}

static void length(struct tw_buf *b, const char *key, tw_dur d)
{
    int64_t ms = d.ns / 1000000;
    tw_json_key(b, key);
    tw_buf_fmt(b, "%lld.%03lld", (long long)(ms / 1000), (long long)(ms % 1000));
}

static void open_list(struct tw_buf *b, const char *key)
{
    tw_json_key(b, key);
    tw_buf_char(b, '[');
}

static void open_row(struct tw_buf *b)
{
    tw_json_next(b);
    tw_buf_char(b, '{');
}

static void conditions(const struct tw_incident *i, struct tw_buf *b)
{
    open_list(b, "conditions");
    for (size_t k = 0; k < i->alerts_n; k++) {
        size_t before = 0;
        while (before < k && strcmp(i->alerts[before].condition, i->alerts[k].condition) != 0)
            before++;
        if (before < k)
            continue;
        tw_json_next(b);
        tw_json_z(b, i->alerts[k].condition);
    }
    tw_buf_char(b, ']');
}

static void head(const struct tw_incident *i, struct tw_buf *b)
{
    const struct tw_outage_sum *o = i->outage;
    size_t open = 0;
    for (size_t k = 0; k < i->alerts_n; k++)
        open += i->alerts[k].ended.ns == INT64_MAX;
    text(b, "id", i->id);
    text(b, "pair", i->pair);
    text(b, "state", i->ended.ns == INT64_MAX ? "open" : "ended");
    moment(b, "began", i->began);
    moment(b, "ended", i->ended);
    length(b, "duration_s", i->duration);
    text(b, "severity", tw_severity_name(i->severity));
    conditions(i, b);
    number(b, "alerts_n", i->alerts_n);
    number(b, "open_n", open);
    length(b, "outage_s", o->longest);
    length(b, "outage_any_s", o->any);
    number(b, "sub_interfaces_n", o->sub_interfaces);
    open_list(b, "services");
    for (size_t k = 0; k < o->n; k++) {
        if (o->rows[k].kind != TW_OUTAGE_SERVICE)
            continue;
        tw_json_next(b);
        tw_json_z(b, o->rows[k].name);
    }
    tw_buf_char(b, ']');
    flag(b, "complete", i->complete);
}

static void alert(const struct tw_story_alert *a, struct tw_buf *b)
{
    bool open = a->ended.ns == INT64_MAX;
    open_row(b);
    text(b, "alert_id", a->id);
    text(b, "condition", a->condition);
    text(b, "severity", tw_severity_name(a->severity));
    text(b, "effect", tw_effect_name(a->effect));
    text(b, "device", a->device);
    text(b, "peer", a->peer);
    tw_json_key(b, "e_trunk");
    if (a->e_trunk > 0)
        tw_buf_fmt(b, "%u", a->e_trunk);
    else
        tw_json_z(b, NULL);
    text(b, "trunk", a->trunk);
    number(b, "sub_interfaces_n", a->sub_interfaces);
    moment(b, "since", a->since);
    moment(b, "raised", a->raised);
    moment(b, "ended", a->ended);
    if (open)
        text(b, "duration_s", NULL);
    else
        length(b, "duration_s", a->duration);
    text(b, "cleared_by", a->cleared_by);
    text(b, "confidence", tw_confidence_name(a->confidence));
    text(b, "switchover_would_help", tw_help_name(a->help));
    text(b, "feed", a->lossy ? "lossy" : "ok");
    flag(b, "acknowledged", a->acknowledged);
    flag(b, "silenced", a->silenced);
    text(b, "summary", a->summary);
    tw_buf_char(b, '}');
}

static void outage_row(const struct tw_outage *o, struct tw_buf *b)
{
    open_row(b);
    if (o->kind == TW_OUTAGE_SERVICE) {
        text(b, "service", o->name);
    } else {
        text(b, "device", o->device);
        text(b, o->kind == TW_OUTAGE_TRUNK ? "trunk" : "sub_interface", o->name);
    }
    length(b, "outage_s", o->interrupted);
    length(b, "partial_s", o->partial);
    number(b, "times", o->times);
    moment(b, "from", o->from);
    moment(b, "until", o->until);
    flag(b, "estimated", o->estimated);
    tw_buf_char(b, '}');
}

static void outage(const struct tw_outage_sum *o, struct tw_buf *b)
{
    static const struct {
        enum tw_outage_kind kind;
        const char *key;
    } lists[] = {{TW_OUTAGE_SUB_INTERFACE, "sub_interfaces"},
                 {TW_OUTAGE_TRUNK, "trunks"},
                 {TW_OUTAGE_SERVICE, "services"}};
    tw_json_key(b, "outage");
    tw_buf_char(b, '{');
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
        open_list(b, lists[k].key);
        for (size_t i = 0; i < o->n; i++) {
            if (o->rows[i].kind == lists[k].kind)
                outage_row(&o->rows[i], b);
        }
        tw_buf_char(b, ']');
    }
    tw_buf_char(b, '}');
}

static void timeline(const struct tw_incident *i, struct tw_buf *b)
{
    open_list(b, "timeline");
    for (size_t k = 0; k < i->steps_n; k++) {
        const struct tw_story_step *s = &i->steps[k];
        open_row(b);
        moment(b, "time", s->time);
        number(b, "seq", s->seq);
        text(b, "transition", tw_transition_name(s->kind));
        text(b, "alert_id", s->alert_id);
        text(b, "condition", s->condition);
        text(b, "severity", tw_severity_name(s->severity));
        text(b, "text", s->text);
        tw_buf_char(b, '}');
    }
    tw_buf_char(b, ']');
}

static void people(const struct tw_incident *i, struct tw_buf *b)
{
    open_list(b, "people");
    for (size_t k = 0; k < i->acts_n; k++) {
        const struct tw_story_act *a = &i->acts[k];
        open_row(b);
        moment(b, "time", a->time);
        text(b, "alert_id", a->alert_id);
        text(b, "what", a->what);
        text(b, "by", a->by);
        text(b, "why", a->why);
        moment(b, "until", a->until);
        tw_buf_char(b, '}');
    }
    tw_buf_char(b, ']');
}

static void evidence(const struct tw_incident *i, struct tw_buf *b)
{
    open_list(b, "evidence");
    for (size_t k = 0; k < i->evidence_n; k++) {
        const struct tw_evidence_line *e = &i->evidence[k];
        open_row(b);
        moment(b, "time", e->time);
        text(b, "device", e->device);
        text(b, "source", tw_source_name(e->source));
        text(b, "text", e->text);
        moment(b, "received", e->received);
        moment(b, "stamp", e->stamp);
        tw_buf_char(b, '}');
    }
    tw_buf_char(b, ']');
}

void tw_render_incident_head(const struct tw_incident *i, struct tw_buf *out)
{
    tw_buf_char(out, '{');
    head(i, out);
    tw_buf_char(out, '}');
}

void tw_render_incident(const struct tw_incident *i, tw_time now, struct tw_buf *out)
{
    tw_buf_char(out, '{');
    moment(out, "as_of", now);
    head(i, out);
    open_list(out, "alerts");
    for (size_t k = 0; k < i->alerts_n; k++)
        alert(&i->alerts[k], out);
    tw_buf_char(out, ']');
    outage(i->outage, out);
    timeline(i, out);
    people(i, out);
    evidence(i, out);
    number(out, "left_out", i->left_out);
    tw_buf_z(out, "}\n");
}
