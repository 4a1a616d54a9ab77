/* SPDX-License-Identifier: ISC */
/*
 * The JSON form, written straight into the buffer: a transition holds some five kilobytes of text, and
 * building a tree of it first took twenty times as long as everything else about it (docs/decisions/0007).
 */
#include "render/render.h"

#include "base/json.h"

#include <stdio.h>

static void texts(struct tw_buf *b, const char *const *list, size_t n)
{
    tw_buf_char(b, '[');
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            tw_buf_char(b, ',');
        tw_json_z(b, list[i]);
    }
    tw_buf_char(b, ']');
}

static void hint(struct tw_buf *b, const struct tw_hint *h)
{
    tw_buf_z(b, "{\"step\":");
    tw_json_z(b, tw_step_name(h->step));
    tw_buf_z(b, ",\"on\":");
    tw_json_z(b, h->on);
    tw_buf_z(b, ",\"text\":");
    tw_json_z(b, h->text);
    tw_buf_z(b, ",\"commands\":");
    texts(b, h->commands, h->commands_n);
    tw_buf_char(b, '}');
}

static void evidence(struct tw_buf *b, const struct tw_evidence_line *e)
{
    tw_buf_z(b, "{\"time\":");
    tw_json_time(b, e->time);
    tw_buf_z(b, ",\"device\":");
    tw_json_z(b, e->device);
    tw_buf_z(b, ",\"source\":");
    tw_json_z(b, tw_source_name(e->source));
    tw_buf_z(b, ",\"text\":");
    tw_json_z(b, e->text);
    tw_buf_z(b, ",\"received\":");
    tw_json_time(b, e->received);
    tw_buf_z(b, ",\"stamp\":");
    tw_json_time(b, e->stamp);
    tw_buf_char(b, '}');
}

/* Seconds with up to three decimals, and at least one. */
static void seconds(struct tw_buf *b, tw_dur d)
{
    char text[32];
    int64_t ms = d.ns / 1000000;
    int n = snprintf(text, sizeof text, "%lld.%03lld", (long long)(ms / 1000), (long long)(ms % 1000));
    while (text[n - 1] == '0' && text[n - 2] != '.')
        n--;
    tw_buf_add(b, text, (size_t)n);
}

static void fields(struct tw_buf *b, const char *const (*rows)[2], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        tw_buf_z(b, rows[i][0]);
        tw_json_z(b, rows[i][1]);
    }
}

static void lists(struct tw_buf *b, const struct tw_transition *t)
{
    tw_buf_z(b, ",\"hints\":[");
    for (size_t i = 0; i < t->hints_n; i++) {
        if (i > 0)
            tw_buf_char(b, ',');
        hint(b, &t->hints[i]);
    }
    tw_buf_z(b, "],\"evidence\":[");
    for (size_t i = 0; i < t->evidence_n; i++) {
        if (i > 0)
            tw_buf_char(b, ',');
        evidence(b, &t->evidence[i]);
    }
    tw_buf_char(b, ']');
}

/* What it was about, as a list; null when it is no update. */
static void change(struct tw_buf *b, const struct tw_transition *t)
{
    tw_buf_z(b, ",\"change\":");
    if (t->kind != TW_UPDATED) {
        tw_buf_z(b, "null");
        return;
    }
    tw_buf_char(b, '[');
    for (int c = 0; c < TW_CHANGES; c++) {
        if ((t->change >> c & 1) == 0)
            continue;
        tw_json_next(b);
        tw_json_z(b, tw_change_name((enum tw_change)c));
    }
    tw_buf_char(b, ']');
}

static void people(struct tw_buf *b, const struct tw_transition *t)
{
    const struct tw_acknowledged *a = t->acknowledged;
    const struct tw_silenced *s = t->silenced;
    tw_buf_z(b, ",\"acknowledged\":");
    if (a != NULL) {
        const char *const row[][2] = {{"{\"by\":", a->by}, {",\"why\":", a->why}};
        fields(b, row, 2);
        tw_buf_z(b, ",\"time\":");
        tw_json_time(b, a->time);
    }
    tw_buf_z(b, a != NULL ? "},\"silenced\":" : "null,\"silenced\":");
    if (s != NULL) {
        const char *const row[][2] = {{"{\"id\":", s->id},
                                      {",\"kind\":", tw_silence_kind_name(s->kind)},
                                      {",\"by\":", s->by},
                                      {",\"why\":", s->why}};
        fields(b, row, sizeof row / sizeof *row);
        tw_buf_z(b, ",\"until\":");
        tw_json_time(b, s->until);
    }
    tw_buf_z(b, s != NULL ? "}" : "null");
}

void tw_render_json(const struct tw_transition *t, struct tw_buf *out)
{
    const char *const head[][2] = {{",\"transition\":", tw_transition_name(t->kind)},
                                   {",\"alert_id\":", t->alert_id},
                                   {",\"condition\":", t->condition},
                                   {",\"severity\":", tw_severity_name(t->severity)},
                                   {",\"pair\":", t->pair}};
    const char *const place[][2] = {
        {",\"device\":", t->device}, {",\"peer\":", t->peer}, {",\"trunk\":", t->trunk}};
    const char *const verdict[][2] = {{",\"switchover_would_help\":", tw_help_name(t->help)},
                                      {",\"confidence\":", tw_confidence_name(t->confidence)},
                                      {",\"feed\":", t->lossy ? "lossy" : "ok"},
                                      {",\"summary\":", t->summary}};
    char digits[TW_U64_TEXT];
    tw_buf_z(out, "{\"seq\":");
    tw_buf_z(out, tw_u64_text(t->seq, digits));
    tw_buf_z(out, ",\"time\":");
    tw_json_time(out, t->time);
    fields(out, head, sizeof head / sizeof *head);
    tw_buf_z(out, ",\"e_trunk\":");
    tw_buf_z(out, t->e_trunk > 0 ? tw_u64_text(t->e_trunk, digits) : "null");
    fields(out, place, sizeof place / sizeof *place);
    tw_buf_z(out, ",\"sub_interfaces\":");
    texts(out, t->sub_interfaces, t->sub_interfaces_n);
    tw_buf_z(out, ",\"services\":");
    texts(out, t->services, t->services_n);
    tw_buf_z(out, ",\"since\":");
    tw_json_time(out, t->since);
    fields(out, verdict, sizeof verdict / sizeof *verdict);
    lists(out, t);
    tw_buf_z(out, ",\"duration_s\":");
    if (t->kind == TW_CLEARED)
        seconds(out, t->duration);
    else
        tw_json_z(out, NULL);
    tw_buf_z(out, ",\"cleared_by\":");
    tw_json_z(out, t->kind == TW_CLEARED ? t->cleared_by : NULL);
    tw_buf_z(out, ",\"number\":");
    tw_buf_z(out, tw_u64_text(t->number, digits));
    change(out, t);
    people(out, t);
    tw_buf_z(out, "}\n");
}
