/* SPDX-License-Identifier: ISC */
#include "daemon.h"

#include "base/buf.h"
#include "base/mem.h"
#include "plat/log.h"
#include "render/render.h"

#include <stdlib.h>

enum { TEXT_WIDTH = 100 };

/* The row of `old` that writes the same to the same place, taken out of it; else a new one. */
static struct tw_output_row row_for(struct tw_output_list *old, const struct tw_config_output *o)
{
    const struct tw_sink_ops *ops = tw_sink_registry[o->type];
    struct tw_buf name = {0};
    tw_buf_fmt(&name, o->path != NULL ? "%s:%s" : "%s", ops->name, o->path);
    for (size_t i = 0; i < old->n; i++) {
        struct tw_output_row row = old->rows[i];
        if (row.text != o->text || strcmp(row.name, name.p) != 0)
            continue;
        old->rows[i] = old->rows[--old->n];
        tw_buf_finish(&name);
        row.sink->ops->reopen(row.sink);
        return row;
    }
    return (struct tw_output_row){.sink = ops->create(o->path), .text = o->text, .name = name.p};
}

void tw_outputs_open(struct tw_output_list *l, const struct tw_config *c)
{
    struct tw_output_list old = *l;
    l->rows = tw_xcalloc(c->outputs_n, sizeof *l->rows);
    l->n = c->outputs_n;
    for (size_t i = 0; i < l->n; i++)
        l->rows[i] = row_for(&old, &c->outputs[i]);
    tw_outputs_close(&old);
}

/* One line for each transition, so that the journal alone tells the story. */
static void log_transition(const struct tw_transition *t)
{
    char time[TW_TIME_TEXT], since[TW_TIME_TEXT];
    bool cleared = t->kind == TW_CLEARED;
    tw_log(TW_LEVEL_NOTICE, "alert", t->summary,
           TW_KVS(TW_KV("transition", tw_transition_name(t->kind)), TW_KV("condition", t->condition),
                  TW_KV("severity", tw_severity_name(t->severity)),
                  TW_KV("pair", t->pair != NULL ? t->pair : "-"),
                  TW_KV("device", t->device != NULL ? t->device : "-"),
                  TW_KV("trunk", t->trunk != NULL ? t->trunk : "-"),
                  TW_KV_N("sub_interfaces", t->sub_interfaces_n), TW_KV("id", t->alert_id),
                  TW_KV("confidence", tw_confidence_name(t->confidence)),
                  TW_KV("since", tw_time_text(t->since, since)), TW_KV("time", tw_time_text(t->time, time)),
                  TW_KV("cleared_by", cleared ? t->cleared_by : "-"), TW_KV_N("records", t->evidence_n)));
}

static void deliver_one(struct tw_daemon *d, const struct tw_transition *t)
{
    tw_buf_clear(&d->line);
    if (d->http != NULL) {
        tw_render_json(t, &d->line);
        tw_board_take(d->board, t, tw_buf_view(&d->line));
    }
    for (int text = 0; text < 2; text++) {
        if (text == 1)
            tw_buf_clear(&d->line);
        for (size_t i = 0; i < d->outputs.n; i++) {
            const struct tw_output_row *row = &d->outputs.rows[i];
            if (row->text != (text == 1))
                continue;
            if (d->line.n == 0 && text == 1)
                tw_render_text(t, false, TEXT_WIDTH, &d->line);
            else if (d->line.n == 0)
                tw_render_json(t, &d->line);
            row->sink->ops->deliver(row->sink, t, tw_buf_view(&d->line));
        }
    }
}

void tw_outputs_deliver(struct tw_daemon *d)
{
    size_t n;
    const struct tw_transition *const *t = tw_pipeline_transitions(d->pipeline, &n);
    for (size_t i = 0; i < n; i++) {
        log_transition(t[i]);
        deliver_one(d, t[i]);
    }
    if (n > 0)
        tw_pipeline_effects_clear(d->pipeline);
}

static void tell(struct tw_output_row *row)
{
    const struct tw_sink_stats *s = &row->sink->stats;
    if (s->failing && !row->told)
        tw_log(TW_LEVEL_ERROR, "output", "can't be written, will be tried again",
               TW_KVS(TW_KV("output", row->name), TW_KV("why", strerror(s->why)),
                      TW_KV_N("waiting_bytes", s->waiting)));
    if (!s->failing && row->told)
        tw_log(TW_LEVEL_WARNING, "output", "can be written again",
               TW_KVS(TW_KV("output", row->name), TW_KV_N("waiting_bytes", s->waiting)));
    if (s->lost > row->lost)
        tw_log(TW_LEVEL_ERROR, "output", "alert transitions were lost: too many wait to be written",
               TW_KVS(TW_KV("output", row->name), TW_KV_N("lost", s->lost)));
    row->told = s->failing;
    row->lost = s->lost;
}

void tw_outputs_flush(struct tw_output_list *l)
{
    for (size_t i = 0; i < l->n; i++) {
        struct tw_sink *s = l->rows[i].sink;
        if (s->stats.waiting > 0 || s->stats.failing)
            s->ops->flush(s);
        tell(&l->rows[i]);
    }
}

void tw_outputs_reopen(struct tw_output_list *l)
{
    for (size_t i = 0; i < l->n; i++) {
        l->rows[i].sink->ops->reopen(l->rows[i].sink);
        tell(&l->rows[i]);
    }
}

void tw_outputs_close(struct tw_output_list *l)
{
    tw_outputs_flush(l);
    for (size_t i = 0; i < l->n; i++) {
        const struct tw_sink_stats *s = &l->rows[i].sink->stats;
        if (s->waiting > 0)
            tw_log(TW_LEVEL_ERROR, "output", "ends with transitions not written",
                   TW_KVS(TW_KV("output", l->rows[i].name), TW_KV_N("bytes", s->waiting)));
        l->rows[i].sink->ops->destroy(l->rows[i].sink);
        free(l->rows[i].name);
    }
    free(l->rows);
    *l = (struct tw_output_list){0};
}
