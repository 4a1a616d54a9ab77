/* SPDX-License-Identifier: ISC */
#include "render/render.h"

#include "base/err.h"

#include <jansson.h>

#include <stdlib.h>

/* jansson takes UTF-8 only. The core hands out safe text; should it ever not, an escape is better than a
 * hole. */
static json_t *text(const char *z)
{
    if (z == NULL)
        return json_null();
    json_t *j = json_string(z);
    if (j == NULL) {
        struct tw_buf safe = {0};
        tw_buf_safe(&safe, tw_str_z(z));
        j = json_stringn(safe.n > 0 ? safe.p : "", safe.n);
        tw_buf_finish(&safe);
    }
    TW_ASSERT(j != NULL);
    return j;
}

static json_t *moment(tw_time t)
{
    char buf[TW_TIME_TEXT];
    return tw_time_is_finite(t) ? json_string(tw_time_text(t, buf)) : json_null();
}

static json_t *texts(const char *const *list, size_t n)
{
    json_t *a = json_array();
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(a, text(list[i]));
    return a;
}

static void put(json_t *object, const char *key, json_t *value)
{
    TW_ASSERT(json_object_set_new_nocheck(object, key, value) == 0);
}

static json_t *hints(const struct tw_transition *t)
{
    json_t *a = json_array();
    for (size_t i = 0; i < t->hints_n; i++) {
        const struct tw_hint *h = &t->hints[i];
        json_t *o = json_object();
        put(o, "step", text(tw_step_name(h->step)));
        put(o, "on", text(h->on));
        put(o, "text", text(h->text));
        put(o, "commands", texts(h->commands, h->commands_n));
        (void)json_array_append_new(a, o);
    }
    return a;
}

static json_t *evidence(const struct tw_transition *t)
{
    json_t *a = json_array();
    for (size_t i = 0; i < t->evidence_n; i++) {
        const struct tw_evidence_line *e = &t->evidence[i];
        json_t *o = json_object();
        put(o, "time", moment(e->time));
        put(o, "device", text(e->device));
        put(o, "source", text(tw_source_name(e->source)));
        put(o, "text", text(e->text));
        (void)json_array_append_new(a, o);
    }
    return a;
}

static int append(const char *p, size_t n, void *out)
{
    tw_buf_add(out, p, n);
    return 0;
}

void tw_render_json(const struct tw_transition *t, struct tw_buf *out)
{
    bool cleared = t->kind == TW_CLEARED;
    json_t *o = json_object();
    put(o, "seq", json_integer((json_int_t)t->seq));
    put(o, "time", moment(t->time));
    put(o, "transition", text(tw_transition_name(t->kind)));
    put(o, "alert_id", text(t->alert_id));
    put(o, "condition", text(t->condition));
    put(o, "severity", text(tw_severity_name(t->severity)));
    put(o, "pair", text(t->pair));
    put(o, "e_trunk", t->e_trunk > 0 ? json_integer(t->e_trunk) : json_null());
    put(o, "device", text(t->device));
    put(o, "peer", text(t->peer));
    put(o, "trunk", text(t->trunk));
    put(o, "sub_interfaces", texts(t->sub_interfaces, t->sub_interfaces_n));
    put(o, "services", texts(t->services, t->services_n));
    put(o, "since", moment(t->since));
    put(o, "switchover_would_help", text(tw_help_name(t->help)));
    put(o, "confidence", text(tw_confidence_name(t->confidence)));
    put(o, "summary", text(t->summary));
    put(o, "hints", hints(t));
    put(o, "evidence", evidence(t));
    /* Whole milliseconds: 15 digits show them exactly and without binary dust. */
    put(o, "duration_s", cleared ? json_real((double)(t->duration.ns / 1000000) / 1000.0) : json_null());
    put(o, "cleared_by", cleared ? text(t->cleared_by) : json_null());
    TW_ASSERT(json_dump_callback(o, append, out, JSON_COMPACT | JSON_REAL_PRECISION(15)) == 0);
    tw_buf_char(out, '\n');
    json_decref(o);
}
